"""What the secretariat enters for units: drafts out of a file, and proposals that came on paper."""

from __future__ import annotations

import sqlalchemy as sa

from tracker import clock
from tracker.db import session
from tracker.digest import sha256_hex
from tracker.errors import Invalid, NotFound, Refused
from tracker.fields import names
from tracker.members.models import Unit
from tracker.messages import say
from tracker.policy import Action, Actor, Denial, check
from tracker.programmes.models import Programme
from tracker.proposals import capping
from tracker.proposals import content as shape
from tracker.proposals.actions import new_draft, owed, snapshot
from tracker.proposals.entry import Draft
from tracker.proposals.models import Proposal, Version
from tracker.proposals.rules import Start
from tracker.proposals.states import ProposalState
from tracker.transitions import perform

COLUMNS = (*names(*shape.TITLES), "area", "keywords", *names(*shape.FIELDS))
"""The fields of the form that stand in a table with one row for each proposal."""


def may_enter(programme: Programme, *, actor: Actor) -> Denial | None:
    """Return why ``actor`` may not enter proposals of this programme for units, or None."""
    return check(Action.ENTER, Start(programme, None), actor=actor, now=clock.now())


def enter(draft: Draft, programme: Programme, unit: Unit, *, actor: Actor, paper: str = "", over: str = "") -> Proposal:
    """Enter a proposal for its lead unit as a draft; with ``paper`` (what was received, when) as submitted, since it came on paper.

    ``programme`` is locked. ``over`` is why a proposal on paper may exceed the caps of the year, "" for not. What came on paper owes every field that a table has a column for, the rest is on the paper. Raises
    Refused; Invalid for what is owed, an area of another programme, and a title under which the unit has a proposal already.
    """
    denial = may_enter(programme, actor=actor)
    if denial is not None:
        raise Refused(denial)
    if actor.person_id is None:
        raise NotFound
    _refuse_double(draft, programme.id, unit)
    proposal = new_draft(draft, programme, lead_unit_id=unit.id, person_id=actor.person_id)
    proposal.lead_unit = unit
    session().add(proposal)
    session().flush()
    if not paper:
        perform(Action.ENTER, proposal, actor=actor, facts={"number": proposal.number})
        return proposal
    _refuse_over_caps(proposal, over, actor)
    _submit_on_paper(proposal, paper, actor)
    return proposal


def _refuse_over_caps(proposal: Proposal, over: str, actor: Actor) -> None:
    """Let it take its place among those of the year; where a cap keeps it out it becomes an exception for the reason given. Raises Invalid without one."""
    capping.take_place(proposal)
    if not proposal.over_caps:
        return
    if not over:
        raise Invalid({"": [*proposal.over_caps]})
    capping.exempt(proposal, actor=actor, note=over)


def _refuse_double(draft: Draft, programme_id: int, unit: Unit) -> None:
    titles = [column == text for column, text in ((Proposal.title_zh, draft.title_zh), (Proposal.title_en, draft.title_en)) if text]
    if not titles:
        raise Invalid({"title_zh": [say("Give a title in Chinese or in English.")]})
    there = sa.select(Proposal.number).where(Proposal.programme_id == programme_id, Proposal.lead_unit_id == unit.id, sa.or_(*titles)).limit(1)
    number = session().scalar(there)
    if number is not None:
        raise Invalid({"title_zh": [say("{unit} has a proposal under this title already: {number}.", unit=unit, number=number)]})


def _submit_on_paper(proposal: Proposal, paper: str, actor: Actor) -> None:
    lacking = {name: [message] for name, message in owed(proposal).items() if name in COLUMNS}
    if lacking:
        raise Invalid(lacking)
    frozen = {**snapshot(proposal, 1), "undertaking": False, "on_paper": paper, "form": proposal.form_number, "files": []}
    digest = sha256_hex(frozen)
    news = say("The secretariat entered {number} “{title}” as submitted by the lead unit on paper: {note}")
    facts = {"number": proposal.number, "version": 1, "sha256": digest}
    perform(Action.ENTER, proposal, actor=actor, note=paper, facts=facts, to=ProposalState.SUBMITTED, news=news)
    proposal.submitted_at = clock.now()
    proposal.budget_total = proposal.content[shape.TOTAL.name] or 0
    session().add(
        Version(
            proposal_id=proposal.id,
            number=1,
            content=frozen,
            sha256=digest,
            submitted_at=clock.now(),
            submitted_by=actor.person_id,
            form_version=proposal.form_version,
        )
    )
