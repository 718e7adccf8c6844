"""Named selections of programmes."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from tracker import clock
from tracker.db import session
from tracker.errors import NotFound
from tracker.policy import SECRETARIAT, Action, Actor, check
from tracker.programmes.content import is_year
from tracker.programmes.models import FormVersion, Programme
from tracker.programmes.rules import ProgrammeState
from tracker.programmes.stages import Order


def visible_to(actor: Actor) -> sa.ColumnElement[bool]:
    """The condition that this person may see a programme: published, or any for the secretariat (twin of the rule for VIEW)."""
    return sa.true() if SECRETARIAT.test(actor, None) else Programme.state == ProgrammeState.PUBLISHED


def years(actor: Actor) -> sa.Select[Programme]:
    """The programmes this person may see, newest first, with their dated windows."""
    return sa.select(Programme).options(selectinload(Programme.phases)).where(visible_to(actor)).order_by(Programme.year.desc())


def newest_year(actor: Actor) -> sa.Select[tuple[int | None]]:
    """The newest year that is published; for the secretariat, where none is, the newest in preparation."""
    out = sa.select(sa.func.max(Programme.year)).where(Programme.state == ProgrammeState.PUBLISHED).scalar_subquery()
    seen = sa.select(sa.func.max(Programme.year)).where(visible_to(actor)).scalar_subquery()
    return sa.select(sa.func.coalesce(out, seen))


def of_year(year: int) -> sa.Select[Programme]:
    """One year with its windows, areas and files."""
    return sa.select(Programme).options(joinedload(Programme.phases), joinedload(Programme.files), selectinload(Programme.areas)).where(Programme.year == year)


def newest_form(programme: Programme) -> sa.Select[FormVersion]:
    """The newest form of a programme, none while it is the one that the program ships."""
    return sa.select(FormVersion).where(FormVersion.programme_id == programme.id, FormVersion.number == programme.form_number)


def exists(year: int) -> bool:
    """Say whether there is a programme of this year, published or not."""
    return session().scalar(sa.select(Programme.id).where(Programme.year == year)) is not None


def with_review() -> sa.Select[int]:
    """The id of a programme that has its proposals reviewed by experts, if there is any."""
    return sa.select(Programme.id).where(Programme.review["order"].as_string() != Order.OFF.value).limit(1)


def find(year: int, *, actor: Actor, lock: bool = False) -> Programme:
    """Return the programme of a year with all that belongs to it; raises NotFound when this person may not know of one."""
    if not is_year(year):
        raise NotFound
    wanted = of_year(year)
    if lock:
        wanted = wanted.with_for_update(of=Programme).execution_options(populate_existing=True)
    programme = session().scalars(wanted).unique().one_or_none()
    if programme is None or check(Action.VIEW, programme, actor=actor, now=clock.now()) is not None:
        raise NotFound
    return programme
