"""Lists of proposals: what narrows them, what they are sorted by, and the few columns that a line shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from tracker.db import session
from tracker.members.models import Unit
from tracker.messages import Message
from tracker.policy import Actor, Role
from tracker.programmes.models import Programme, TopicArea
from tracker.proposals import queries
from tracker.proposals.content import CLASSES, TOPIC_CLASS, TopicClass
from tracker.proposals.models import Partner, Proposal
from tracker.proposals.queries import NOTHING_SETTLED, Settled, effective_state, on_it, visible_to
from tracker.proposals.states import STATES, ProposalState
from tracker.search.models import Kind, Readers
from tracker.search.queries import Hits
from tracker.search.tokens import Term, terms

NEWEST_FIRST = "-changed"
SORTS = ("number", "title", "unit", "changed", "state", "budget", "class")
_topic_class = Proposal.content[TOPIC_CLASS.name].as_string()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list of proposals is narrowed to and sorted by ("key", or "-key" for the other way); None and "" mean: any."""

    year: int | None = None
    state: str = ""
    area_id: int | None = None
    unit_id: int | None = None
    topic_class: str = ""
    mine: bool = False
    lacks_scan: bool = False
    late: bool = False
    text: str = ""
    sort: str = NEWEST_FIRST


@dataclass(frozen=True, slots=True)
class Named:
    """A name in both languages, short where there is a short one."""

    name_zh: str
    name_en: str
    short_zh: str = ""
    short_en: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One proposal as a list shows it; ``state`` is that at the time asked about, the budget in 分."""

    id: int
    number: str
    year: int
    title_zh: str
    title_en: str
    area: Named | None
    lead: Named
    state: ProposalState
    budget_total: int
    submitted_at: datetime | None
    changed_at: datetime
    late: bool
    topic_class: str

    @property
    def class_label(self) -> Message | None:
        """The class of the topic in words, None where none is chosen."""
        return CLASSES.get(self.topic_class)

    @property
    def label(self) -> Message:
        """The state in words."""
        return STATES[self.state]


@dataclass(frozen=True, slots=True)
class Listing:
    """What an actor wants to see of the proposals at an instant; ``settled`` as in ``queries.effective_state``."""

    actor: Actor
    wanted: Wanted
    now: datetime
    language: str
    settled: Settled = field(default_factory=lambda: NOTHING_SETTLED)

    def lines(self) -> list[Line]:
        """Return all lines in their order; one query."""
        return self._read(self._sorted(sa.select(Proposal.id)))[0]

    def page(self, *, limit: int, offset: int) -> tuple[list[Line], int | None]:
        """Return ``limit`` lines after ``offset`` and how many match, None where counting is better left to ``count``; one query.

        What a text is found in is worked out once for both; without a text the lines come straight from an index.
        """
        total = sa.func.count().over() if self.wanted.text else sa.null()
        return self._read(self._sorted(sa.select(Proposal.id)).add_columns(total.label("total")).limit(limit).offset(offset))

    def _read(self, chosen: sa.Select[*tuple[Any, ...]]) -> tuple[list[Line], int | None]:
        few = chosen.subquery()  # so that only ids are sorted, not whole rows
        found = _columns(effective_state(self.now, self.settled)).join(few, few.c.id == Proposal.id)
        rows = session().execute(found.add_columns(few.c.total if "total" in few.c else sa.null()).order_by(*self._order())).all()
        return [_line(row) for row in rows], rows[0][-1] if rows else None

    def count(self, at_most: int | None) -> int:
        """Return how many match, but no more than ``at_most`` + 1 (None: all of them); one query."""
        matching = sa.select(sa.literal(1)).select_from(Proposal).where(*self._conditions())
        limited = matching if at_most is None else matching.limit(at_most + 1)
        return session().scalar(sa.select(sa.func.count()).select_from(limited.subquery())) or 0

    def ids(self) -> sa.Select[int]:
        """The ids of all that match, unsorted: for other selections."""
        return sa.select(Proposal.id).where(*self._conditions())

    def _sorted(self, found: sa.Select[int]) -> sa.Select[int]:
        if self.wanted.sort.lstrip("-") == "unit":
            found = found.join(Unit, Unit.id == Proposal.lead_unit_id)
        if self.wanted.sort.lstrip("-") == "number":
            found = found.join(Programme, Programme.id == Proposal.programme_id)
        return found.where(*self._conditions()).order_by(*self._order())

    def _conditions(self) -> list[sa.ColumnElement[bool]]:
        wanted, mine = self.wanted, self.actor.unit_id
        asked: list[sa.ColumnElement[bool] | None] = [
            visible_to(self.actor),
            None if wanted.year is None else Proposal.programme_id.in_(sa.select(Programme.id).where(Programme.year == wanted.year)),
            *self._in_state(),
            None if wanted.area_id is None else Proposal.area_id == wanted.area_id,
            None if wanted.unit_id is None else on_it(wanted.unit_id),
            _topic_class == wanted.topic_class if wanted.topic_class else None,
            (on_it(mine) if mine is not None else Proposal.started_by == self.actor.person_id) if wanted.mine else None,
            queries.lacks_scan() if wanted.lacks_scan else None,
            Proposal.late_pass_id.is_not(None) if wanted.late else None,
            *(self._holds(term) for term in self._terms()),
        ]
        return [condition for condition in asked if condition is not None]

    def _in_state(self) -> list[sa.ColumnElement[bool]]:
        """The condition on the state at the time; the stored one narrows it first, since only a ballot's end tells them apart."""
        if not self.wanted.state:
            return []
        stored = {self.wanted.state, ProposalState.IN_BALLOT.value}
        return [Proposal.state.in_(sorted(stored)), effective_state(self.now, self.settled) == self.wanted.state]

    def _terms(self) -> Sequence[Term | None]:
        """Return the terms looked for; a text without a single letter or digit finds nothing."""
        return (terms(self.wanted.text) or [None]) if self.wanted.text else []

    def _holds(self, term: Term | None) -> sa.ColumnElement[bool]:
        """The condition that a proposal, as its reader knows it, or the name of a unit on it holds ``term``."""
        if term is None:
            return sa.false()
        hits = Hits(term)
        taking_part = sa.select(Partner.proposal_id).where(Partner.unit_id.in_(hits.of(Kind.UNIT)))
        places = [Proposal.id.in_(hits.of(Kind.PROPOSAL)), Proposal.lead_unit_id.in_(hits.of(Kind.UNIT)), Proposal.id.in_(taking_part)]
        return sa.or_(*places, *self._in_copies(hits))

    def _in_copies(self, hits: Hits) -> list[sa.ColumnElement[bool]]:
        """The condition that the working copy holds it and the reader may see that; none for those who see no working copy."""
        copy = Proposal.id.in_(hits.of(Kind.PROPOSAL, Readers.WORKING))
        if self.actor.role in {Role.SECRETARIAT, Role.SYSTEM}:
            return [copy]
        return [] if self.actor.unit_id is None else [sa.and_(copy, on_it(self.actor.unit_id))]

    def _order(self) -> list[sa.ColumnElement[Any]]:
        english = self.language == "en"
        first, second = (Proposal.title_en, Proposal.title_zh) if english else (Proposal.title_zh, Proposal.title_en)
        life = sa.case(
            {state.value: place for place, state in enumerate(ProposalState)}, value=effective_state(self.now, self.settled), else_=len(ProposalState)
        )
        keys: Mapping[str, tuple[sa.SQLColumnExpression[Any], ...]] = {
            "number": (Programme.year, Proposal.serial),
            "title": (sa.func.lower(sa.func.coalesce(sa.func.nullif(first, ""), second)),),
            "unit": (Unit.short_en if english else Unit.short_zh,),
            "changed": (Proposal.changed_at,),
            "state": (life,),
            "budget": (Proposal.budget_total,),
            "class": (sa.case({code.value: place for place, code in enumerate(TopicClass)}, value=_topic_class, else_=len(TopicClass)),),
        }
        chosen = (*keys[self.wanted.sort.lstrip("-")], Proposal.id)
        return [key.desc() if self.wanted.sort.startswith("-") else key.asc() for key in chosen]


def _columns(state: sa.ColumnElement[str]) -> sa.Select[*tuple[Any, ...]]:
    area, unit = (TopicArea.name_zh, TopicArea.name_en), (Unit.name_zh, Unit.name_en, Unit.short_zh, Unit.short_en)
    own = (Proposal.id, Proposal.number, Programme.year, Proposal.title_zh, Proposal.title_en)
    facts = (state, Proposal.budget_total, Proposal.submitted_at, Proposal.changed_at)
    joined = sa.select(*own, *facts, Proposal.area_id, *area, *unit, Proposal.late_pass_id, _topic_class).join(Programme, Programme.id == Proposal.programme_id)
    return joined.join(Unit, Unit.id == Proposal.lead_unit_id).outerjoin(TopicArea, TopicArea.id == Proposal.area_id)


def _line(row: sa.Row[*tuple[Any, ...]]) -> Line:
    area = None if row[9] is None else Named(row[10], row[11])
    lead = Named(row[12], row[13], row[14], row[15])
    return Line(row[0], row[1], row[2], row[3], row[4], area, lead, ProposalState(row[5]), row[6], row[7], row[8], row[16] is not None, row[17] or "")
