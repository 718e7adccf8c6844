"""Late passes: the secretariat gives one to a unit and takes it back; how they are found. None of this commits."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from tracker import clock
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members.models import Unit
from tracker.members.queries import active_units
from tracker.members.tokens import hash_token, make_token
from tracker.messages import say
from tracker.policy import Action, Actor, Denial, check
from tracker.programmes.content import Entry, Wrong, tidy
from tracker.programmes.models import LatePass, Programme
from tracker.programmes.rules import Grant, PassState, PhaseKind
from tracker.transitions import REASON_OWED, perform

MOST_USES = 20
REASON = {"note": Entry(300, 2000, long=True)}


def may_grant(programme: Programme, *, actor: Actor) -> Denial | None:
    """Return why ``actor`` may not give a late pass for this year, or None."""
    return check(Action.GRANT, Grant(programme), actor=actor, now=clock.now())


def grant(programme: Programme, *, unit_id: int | None, until: datetime | None, uses: int | None, note: str, actor: Actor) -> tuple[LatePass, str]:
    """Give a unit a pass, tell its people, and return it with the token of its link, which is kept nowhere. ``programme`` is locked.

    Raises Refused; Invalid for a unit that is no member, an end that has passed or lies within the window, a number of uses out of
    range, a missing reason, and for the very same pass once more (a second click).
    """
    denial = may_grant(programme, actor=actor)
    if denial is not None:
        raise Refused(denial)
    wrong: Wrong = {}
    reason = tidy({"note": note}, REASON, wrong)["note"]
    unit = session().scalars(active_units().where(Unit.id == unit_id)).one_or_none()
    _note_faults(programme, unit, until, uses, wrong)
    if not reason:
        wrong.setdefault("note", [REASON_OWED])
    if wrong or unit is None or until is None or uses is None:
        raise Invalid(wrong)
    token = make_token()
    late = LatePass(
        programme=programme,
        unit=unit,
        unit_id=unit.id,
        state=PassState.VALID,
        token_hash=hash_token(token),
        expires_at=until,
        uses=uses,
        used=0,
        reason=reason,
        granted_at=clock.now(),
    )
    session().add(late)
    session().flush()
    perform(Action.GRANT, late, actor=actor, note=note, facts={"unit": unit.id, "until": until.isoformat(), "uses": uses})
    programme.passes_until = max(until, programme.passes_until or until)
    return late, token


def _note_faults(programme: Programme, unit: Unit | None, until: datetime | None, uses: int | None, wrong: Wrong) -> None:
    window = programme.phase(PhaseKind.SUBMISSION)
    if unit is None:
        wrong["unit"] = [say("Choose one of the list.")]
    elif any(late.expires_at == until and late.state is PassState.VALID for late in programme.passes_of(unit.id)):
        wrong["unit"] = [say("{unit} has a late pass until this very time already.", unit=unit)]
    if until is None:
        wrong["until"] = [say("Give a date and a time of day, like 2021-01-15 18:00.")]
    elif until <= clock.now():
        wrong["until"] = [say("This lies in the past.")]
    elif window is not None and until <= window.closes_at:
        wrong["until"] = [say("Submission is open to all until {at}: choose a later time.", at=window.closes_at)]
    if uses is None or not 1 <= uses <= MOST_USES:
        wrong["uses"] = [say("Give a number from {first} to {last}.", first=1, last=MOST_USES)]


def revoke(late: LatePass, *, note: str, actor: Actor) -> None:
    """Take a pass back: what was submitted by it stays submitted. ``late`` is locked. Raises Refused, Invalid without a reason."""
    wrong: Wrong = {}
    tidy({"note": note}, REASON, wrong)
    if wrong:
        raise Invalid(wrong)
    perform(Action.REVOKE, late, actor=actor, note=note)


def find(pass_id: int, *, actor: Actor, lock: bool = False) -> LatePass:
    """Return a pass, its row locked and read anew if asked; raises NotFound, also for whoever may not know of it."""
    wanted = _whole().where(LatePass.id == pass_id)
    if lock:
        wanted = wanted.with_for_update(of=LatePass).execution_options(populate_existing=True)
    return _seen(wanted, actor)


def behind(token: str, *, actor: Actor) -> LatePass:
    """Return the pass whose link holds ``token``; raises NotFound for an unknown one, and for whoever is not of its unit."""
    return _seen(_whole().where(LatePass.token_hash == hash_token(token)), actor)


def unit_behind(token: str) -> int | None:
    """Return the id of the unit whose pass this link opens, for those to be told who serve it in another seat; None for an unknown one."""
    return session().scalar(sa.select(LatePass.unit_id).where(LatePass.token_hash == hash_token(token)))


def _whole() -> sa.Select[LatePass]:
    return sa.select(LatePass).join(LatePass.programme).options(joinedload(LatePass.programme).joinedload(Programme.phases))


def _seen(wanted: sa.Select[LatePass], actor: Actor) -> LatePass:
    late = session().scalars(wanted).unique().one_or_none()
    if late is None or check(Action.VIEW, late, actor=actor, now=clock.now()) is not None:
        raise NotFound
    return late


def locked(programme_id: int, unit_id: int) -> sa.Select[LatePass]:
    """The passes of a unit for a year, the first to end first, their rows locked and read anew: for one of them to be used."""
    wanted = sa.select(LatePass).where(LatePass.programme_id == programme_id, LatePass.unit_id == unit_id)
    return wanted.order_by(LatePass.expires_at, LatePass.id).with_for_update(of=LatePass).execution_options(populate_existing=True)
