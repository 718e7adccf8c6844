"""The verbs of a form: the secretariat shapes that of a programme, a unit moves a draft to it.

A form that was saved never changes: each save is a version of its own, and a proposal keeps the one it was written with until its unit
moves it. Neither verb commits.
"""

from __future__ import annotations

from tracker import clock
from tracker.db import expect_version, session
from tracker.digest import sha256_hex
from tracker.errors import Invalid, Refused
from tracker.members.queries import seated_in_units
from tracker.messages import say
from tracker.notifications.actions import tell
from tracker.policy import Action, Actor, check
from tracker.programmes import queries
from tracker.programmes.models import FormVersion, Programme
from tracker.programmes.rules import ProgrammeState
from tracker.proposals.entry import read_note
from tracker.proposals.form import FIRST, Form, from_body
from tracker.proposals.models import Proposal
from tracker.proposals.queries import form_of_number, working_units
from tracker.transitions import perform


def newest(programme: Programme) -> FormVersion | None:
    """Return the newest form of a programme, None while it is the one that the program ships."""
    return session().scalars(queries.newest_form(programme)).one_or_none()


def form_of(kept: FormVersion | None) -> Form:
    """Return a stored form as it is read; None is the one that the program ships."""
    return from_body(kept.body if kept else None)


def form_numbered(programme_id: int, number: int) -> Form | None:
    """Return the form of a programme by its number, None when there is none."""
    kept = session().scalars(form_of_number(programme_id, number)).one_or_none()
    return form_of(kept) if kept or number == FIRST else None


def set_form(programme: Programme, form: Form, *, note: str, seen: int, actor: Actor) -> FormVersion | None:
    """Keep ``form`` as the next version of the programme's form and return it; None when nothing in it is new.

    The units that are writing are told. Raises Refused, Stale, or Invalid: once the call is out, a new form owes a reason.
    """
    denial = check(Action.CHANGE, programme, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen, programme.version)
    before, reason = form_of(newest(programme)), read_note(note)
    if form == before:
        return None
    if not reason and programme.state is not ProgrammeState.DRAFT:
        raise Invalid({"note": [say("The call is out: say why the form changes.")]})
    number, body = programme.form_number + 1, form.body()
    kept = FormVersion(
        programme_id=programme.id, number=number, body=body, sha256=sha256_hex(body), made_at=clock.now(), made_by=actor.person_id, reason=reason
    )
    changed = [one.name for one in form.settings if one != before.setting(one.name)]
    perform(Action.CHANGE, programme, actor=actor, note=reason, facts={"section": "form", "number": number, "sha256": kept.sha256, "changed": changed})
    programme.form_number = number
    programme.version += 1
    session().add(kept)
    session().flush()
    _tell_writers(programme, actor)
    return kept


def _tell_writers(programme: Programme, actor: Actor) -> None:
    """Tell the people of the units that are writing: their drafts keep the form they were begun with until they move them."""
    units = set(session().scalars(working_units(programme.id)))
    people = set(seated_in_units(units)) - {actor.person_id} if units else set()
    news = say("The form of {programme} has changed. Your drafts keep theirs; their pages show what is different.", **programme.names())
    tell(dict.fromkeys(people, "on_it"), about=programme, action=Action.CHANGE.value, message=news, at=clock.now())


def move_form(proposal: Proposal, *, actor: Actor, seen_version: int) -> None:
    """Move a working copy to the newest form of its programme; nothing of what is written is lost.

    Raises Refused, also when it is on the newest form already, and Stale when somebody saved meanwhile.
    """
    denial = check(Action.MOVE_FORM, proposal, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen_version, proposal.version)
    perform(Action.MOVE_FORM, proposal, actor=actor, facts={"from": proposal.form_number, "to": proposal.programme.form_number})
    proposal.form_version = newest(proposal.programme)
    proposal.changed_at = clock.now()
    proposal.version += 1
