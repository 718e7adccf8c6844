"""The blueprint of the pages of quarterly reports, and how a page finds the report it is about."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

from tracker import clock
from tracker.errors import NotFound, Refused
from tracker.policy import Action, Actor, Denial, Kind, Offer, check
from tracker.reports import actions
from tracker.reports.models import Report
from tracker.reports.rules import may_follow
from tracker.web.formats import committee_zone
from tracker.web.identity import SAFE, the_actor

bp = Blueprint("reports", __name__)
KEY = "int(max=2147483647)"
ONE = f"/projects/<{KEY}:id>/reports/<string(length=6):quarter>"
ACTS = (Action.ACCEPT, Action.RETURN, Action.COMMENT, Action.FLAG, Action.UNFLAG, Action.OVERRIDE)


def load(project_id: int, quarter: str) -> Report:
    """Return the report with all that its rules ask for, begun or not; raises NotFound, also when it is hidden.

    When the request writes, what is owed for the quarter is locked first.
    """
    report = actions.loaded(project_id, quarter, zone=committee_zone(), lock=request.method not in SAFE)
    if not may_follow(the_actor(), report):
        _only_if_accepted(report)
    return report


def _only_if_accepted(report: Report) -> None:
    denial = check(Action.VIEW, report, actor=the_actor(), now=clock.now())
    if denial is not None and denial.kind is Kind.HIDDEN:
        raise NotFound


def refuse_unless(action: Action, report: Report) -> None:
    """Raise Refused when the person signed in may not do ``action`` to the report now."""
    denial = check(action, report, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)


def address(report: Report) -> dict[str, Any]:
    """Return the values of the report's addresses."""
    return {"id": report.obligation.project_id, "quarter": report.obligation.quarter}


def act_urls(report: Report) -> dict[Action, str]:
    """Return where the buttons of this area lead, by verb."""
    at = address(report)
    acts = {action: url_for("reports.act", verb=action.value, **at) for action in ACTS}
    return {Action.EDIT: url_for("reports.edit", **at), Action.SUBMIT: url_for("reports.submit", **at), **acts}


def worth_saying(offer: Offer, report: Report, actor: Actor) -> bool:
    """Say whether a verb that is refused for now is worth a line: those of a unit until the report is accepted."""
    denial: Denial | None = offer.denial
    if denial is None:
        return True
    return offer.action in {Action.EDIT, Action.SUBMIT} and actor.serves(report.lead_unit_id) and report.accepted_at is None
