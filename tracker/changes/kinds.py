"""What can be changed in a project, which facts that alters, whose word it needs, and which limits are soft. Pure.

The facts stand under the names and in the shapes of the proposal (``tracker.proposals.content``); days, milestones and the lead unit
are of the project itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from tracker.fields import Field, Kind, Table
from tracker.messages import Message, say
from tracker.proposals import content as plan


class ChangeKind(StrEnum):
    """What a request asks to change."""

    INVESTIGATOR = "investigator"
    LEAD_UNIT = "lead_unit"
    TEAM = "team"
    TITLE = "title"
    CONTENT = "content"
    RESULTS = "results"
    EXTENSION = "extension"
    MILESTONES = "milestones"
    BUDGET = "budget"
    SUSPENSION = "suspension"
    RESUMPTION = "resumption"
    TERMINATION = "termination"


C = ChangeKind


class Tier(StrEnum):
    """Whose word a change needs: nobody's, it is noted (备案); the secretariat's; the chair's."""

    NOTE = "note"
    SECRETARIAT = "secretariat"
    CHAIR = "chair"


TIERS: Mapping[Tier, Message] = {
    Tier.NOTE: say("noted only"),
    Tier.SECRETARIAT: say("decided by the secretariat"),
    Tier.CHAIR: say("decided by the chair or the executive director"),
}


class Limit(StrEnum):
    """A limit that an extension goes beyond: whoever decides can let it, with a reason."""

    SHORT_NOTICE = "short_notice"
    TOO_OFTEN = "too_often"
    TOO_LONG = "too_long"


ASK_DAYS_AHEAD, MOST_EXTENSIONS, MOST_DAYS_IN_ALL = 30, 2, 366
LIMITS: Mapping[Limit, Message] = {
    Limit.SHORT_NOTICE: say("It was asked less than {days} days before the end.", days=ASK_DAYS_AHEAD),
    Limit.TOO_OFTEN: say("The project has been extended {times} times already.", times=MOST_EXTENSIONS),
    Limit.TOO_LONG: say("With it the project is extended by more than a year in all."),
}

END_ON = Field("end_on", say("New last day"), Kind.DAY)
FROM_ON = Field("from_on", say("Suspended from"), Kind.DAY)
RESUMED_ON = Field("resumed_on", say("Work goes on from"), Kind.DAY)
LEAD_UNIT = Field("lead_unit", say("New lead unit"), Kind.UNIT)
MILESTONES = Table(
    "milestones",
    say("Milestones"),
    (Field("title", say("Milestone"), Kind.TEXT, 300), Field("baseline_on", say("Due on"), Kind.DAY)),
    12,
    hint=say("Change the days that are to move. What was planned at first stays on record."),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One kind: what it is called, what it alters, whose word it needs by default, and in which states of the project it can be asked for."""

    label: Message
    facts: tuple[Field | Table, ...]
    tier: Tier
    from_states: frozenset[str]
    follows: Message


BOTH, RUNNING, SUSPENDED = frozenset({"running", "suspended"}), frozenset({"running"}), frozenset({"suspended"})
CHANGES: Mapping[ChangeKind, Change] = {
    C.INVESTIGATOR: Change(
        say("Principal investigator"), plan.INVESTIGATOR, Tier.CHAIR, BOTH, say("The new name stands on the project and on its papers from then on.")
    ),
    C.LEAD_UNIT: Change(
        say("Lead unit"), (LEAD_UNIT,), Tier.CHAIR, BOTH, say("The new lead unit writes the reports that are not handed in yet; the former one no longer can.")
    ),
    C.TEAM: Change(say("Team"), (plan.TEAM,), Tier.NOTE, BOTH, say("The team stands as it is given here.")),
    C.TITLE: Change(say("Title"), plan.TITLES, Tier.CHAIR, BOTH, say("The project bears the new title; its number stays.")),
    C.CONTENT: Change(
        say("Research content"), (plan.RESEARCH, plan.METHOD), Tier.CHAIR, BOTH, say("The plan says this from then on; the approved version stays on record.")
    ),
    C.RESULTS: Change(say("Results and their form"), (plan.RESULTS,), Tier.SECRETARIAT, BOTH, say("Reports speak of these results from then on.")),
    C.EXTENSION: Change(say("Extension"), (END_ON,), Tier.CHAIR, BOTH, say("Reports are owed until the new last day; the last one is the final report.")),
    C.MILESTONES: Change(
        say("Days of milestones"),
        (MILESTONES,),
        Tier.SECRETARIAT,
        BOTH,
        say("What was overdue by the former days is measured by the new ones; the first days stay on record."),
    ),
    C.BUDGET: Change(say("Budget lines"), (plan.BUDGET, plan.TOTAL), Tier.SECRETARIAT, BOTH, say("Spending is measured by the new lines.")),
    C.SUSPENSION: Change(say("Suspension"), (FROM_ON,), Tier.CHAIR, RUNNING, say("Quarters without a working day owe no report until work goes on.")),
    C.RESUMPTION: Change(say("Resumption"), (RESUMED_ON,), Tier.SECRETARIAT, SUSPENDED, say("Reports are owed again from that day on.")),
    C.TERMINATION: Change(
        say("Termination"),
        (),
        Tier.CHAIR,
        BOTH,
        say("The project ends on the day of the decision and owes a final report of its own; it cannot be taken up again."),
    ),
}
TOTAL_OWED = frozenset({C.BUDGET})


def tiers(kept: Mapping[str, str] | None) -> dict[ChangeKind, Tier]:
    """Return whose word each kind needs: as the programme has it, else by default."""
    found = kept or {}
    return {kind: Tier(found[kind]) if found.get(kind) in set(Tier) else change.tier for kind, change in CHANGES.items()}


def beyond(*, asked_on: date, end_on: date, new_end_on: date, extended_from: Sequence[date]) -> Iterator[Limit]:
    """Give the soft limits that an extension goes beyond; ``extended_from`` holds the last days that earlier ones replaced, the first one first."""
    if (end_on - asked_on).days < ASK_DAYS_AHEAD:
        yield Limit.SHORT_NOTICE
    if len(extended_from) >= MOST_EXTENSIONS:
        yield Limit.TOO_OFTEN
    first = extended_from[0] if extended_from else end_on
    if new_end_on - first > timedelta(days=MOST_DAYS_IN_ALL):
        yield Limit.TOO_LONG
