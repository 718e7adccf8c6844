"""The life of a quarterly report, and what the chair may say of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from tracker.messages import Message, say
from tracker.policy import CHAIR, COMMITTEE_ROLES, DIRECTOR, SECRETARIAT, UNIT_ROLES, Action, Actor, Denial, Kind, Role, Rule, Who

if TYPE_CHECKING:
    from tracker.reports.models import Report


class ReportState(StrEnum):
    """Where a report is. Being late is not a state: it is computed (``timeliness``)."""

    NOT_STARTED = "not_started"
    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"


S = ReportState
REPORT_STATES: Mapping[ReportState, Message] = {
    S.NOT_STARTED: say("Not started"),
    S.DRAFT: say("Draft"),
    S.SUBMITTED: say("Handed in"),
    S.RETURNED: say("Returned for changes"),
    S.ACCEPTED: say("Accepted"),
}


class Followed(Protocol):
    """What decides who may follow a quarter: a report, or an obligation on which there is none yet."""

    @property
    def unit_ids(self) -> frozenset[int]:
        """The lead unit and its partners."""


def on_it(actor: Actor, report: Followed) -> bool:
    """Say whether the actor's unit leads the project or takes part."""
    return actor.role in UNIT_ROLES and actor.unit_id in report.unit_ids


def may_follow(actor: Actor, report: Followed) -> bool:
    """Say whether the actor may see where the report stands before it is accepted: the committee's officers and the units on it."""
    return actor.role in COMMITTEE_ROLES or actor.role is Role.SYSTEM or on_it(actor, report)


def may_view(actor: Actor, report: Report) -> bool:
    """Say whether the actor may read it: whoever may follow it, and everyone signed in once it is accepted."""
    return report.state is S.ACCEPTED or may_follow(actor, report)


LEAD = Who(lambda actor, report: actor.serves(report.lead_unit_id), say("people of the lead unit"))
LEAD_VOICE = Who(lambda actor, report: actor.votes_for(report.lead_unit_id), say("the lead unit's representative or alternate"))
VIEWERS = Who(may_view, say("whoever may see it"))


def owed(_actor: Actor, report: Report, _now: datetime) -> Denial | None:
    """Nothing is reported for a quarter in which the project owes nothing."""
    if report.is_owed:
        return None
    return Denial(Kind.WRONG_STATE, say("The project owes no report for {quarter}.", quarter=report.quarter))


def round_open(_actor: Actor, report: Report, now: datetime) -> Denial | None:
    """Before its round opens a report can be neither written nor handed in; after that at any time, however late."""
    opens_at = report.opens_at
    if opens_at is None:
        return Denial(Kind.WRONG_STATE, say("The dates of the reports for {quarter} are not published yet.", quarter=report.quarter))
    if now < opens_at:
        return Denial(Kind.WRONG_STATE, say("Reports for {quarter} are taken from {at}.", quarter=report.quarter, at=opens_at), opens_at)
    return None


def not_flagged(_actor: Actor, report: Report, _now: datetime) -> Denial | None:
    """Refuse to flag twice."""
    return None if report.flagged_at is None else Denial(Kind.WRONG_STATE, say("It is marked for discussion since {at}.", at=report.flagged_at))


def flagged(_actor: Actor, report: Report, _now: datetime) -> Denial | None:
    """Refuse to take off a mark that is not there."""
    return Denial(Kind.WRONG_STATE, say("It is not marked for discussion.")) if report.flagged_at is None else None


def rated(_actor: Actor, report: Report, _now: datetime) -> Denial | None:
    """Refuse to override a light that is grey whatever anybody says: that of a report that was never handed in."""
    if report.first_submitted_at is not None:
        return None
    return Denial(Kind.WRONG_STATE, say("No report was handed in: the quarter is not rated until one is."))


OFFICERS = (CHAIR, DIRECTOR)
REPORT: Mapping[Action, Rule] = {
    Action.VIEW: Rule(say("View"), (VIEWERS,)),
    Action.EDIT: Rule(say("Write the report"), (LEAD,), frozenset({S.NOT_STARTED, S.DRAFT, S.RETURNED}), when=(owed, round_open)),
    Action.SUBMIT: Rule(
        say("Hand in"),
        (LEAD_VOICE,),
        frozenset({S.DRAFT, S.RETURNED}),
        S.SUBMITTED,
        when=(owed, round_open),
        tells=("on_it", "secretariat"),
        news=say("The report for {quarter} on {number} “{title}” was handed in."),
    ),
    Action.ACCEPT: Rule(
        say("Accept the report"),
        (SECRETARIAT,),
        frozenset({S.SUBMITTED}),
        S.ACCEPTED,
        tells=("on_it", "deciders"),
        news=say("The report for {quarter} on {number} “{title}” was accepted."),
    ),
    Action.RETURN: Rule(
        say("Return for changes"),
        (SECRETARIAT,),
        frozenset({S.SUBMITTED}),
        S.RETURNED,
        tells=("on_it",),
        reason=True,
        news=say("The report for {quarter} on {number} “{title}” was returned for changes: {note}"),
    ),
    Action.COMMENT: Rule(
        say("Comment"),
        OFFICERS,
        reason=True,
        tells=("on_it", "secretariat"),
        news=say("A comment on {quarter} of {number} “{title}”: {note}"),
    ),
    Action.FLAG: Rule(
        say("Mark for discussion"),
        OFFICERS,
        when=(not_flagged,),
        tells=("secretariat",),
        news=say("{quarter} of {number} “{title}” was marked for discussion."),
    ),
    Action.UNFLAG: Rule(say("Take off the mark for discussion"), OFFICERS, when=(flagged,)),
    Action.OVERRIDE: Rule(
        say("Set the light"),
        OFFICERS,
        when=(rated,),
        reason=True,
        tells=("on_it", "secretariat"),
        news=say("The light of {quarter} of {number} “{title}” was set to {light}: {note}"),
    ),
}
