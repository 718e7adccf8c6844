"""The acts on a report that need a last look: accept, return, comment, mark, take the mark off, set the light. One page for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for

from tracker.db import expect_version
from tracker.errors import Invalid, Stale
from tracker.messages import Message, say
from tracker.policy import Action
from tracker.reports import actions
from tracker.reports import content as shape
from tracker.reports.lights import LIGHTS, Light
from tracker.reports.models import Report
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes
from tracker.web.longform import attach
from tracker.web.proposals.blueprint import seen_version
from tracker.web.reports.blueprint import ONE, address, bp, load, refuse_unless
from tracker.web.reports.forms import ActForm, LightForm
from tracker.web.told import told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from wtforms import Form


@dataclass(frozen=True, slots=True)
class Act:
    """One act: what follows from it, how its remark is called, and what is said when it is done."""

    action: Action
    follows: tuple[Message, ...]
    remark: Message
    hint: Message
    done: Message


OPTIONAL = say("Optional. It is kept with the record.")
ACTS: Mapping[str, Act] = {
    "accept": Act(
        Action.ACCEPT,
        (say("The report is accepted. From now on everyone signed in can read it."), say("It is not changed any more.")),
        say("Remark"),
        OPTIONAL,
        say("The report is accepted."),
    ),
    "return": Act(
        Action.RETURN,
        (
            say("The lead unit changes the report and hands it in again as a new version. The present version stays on record."),
            say("Whether it was in time is judged by the first version; coming back has a due day of its own."),
        ),
        say("Remark: what is to be changed"),
        say("Name what is missing or unclear. The lead unit sees this remark at the top of its page."),
        say("The report is returned to its lead unit."),
    ),
    "comment": Act(
        Action.COMMENT,
        (say("The comment stands on the page of the quarter, for the units on the project and the committee's officers. It cannot be taken back."),),
        say("Comment"),
        say("It changes neither the report nor its light."),
        say("The comment is kept."),
    ),
    "flag": Act(
        Action.FLAG,
        (say("The quarter is marked for discussion and stands before the others on the programme's page."),),
        say("Remark"),
        OPTIONAL,
        say("The quarter is marked for discussion."),
    ),
    "unflag": Act(
        Action.UNFLAG,
        (say("The quarter is not marked for discussion any more. That it was stays on record."),),
        say("Remark"),
        OPTIONAL,
        say("The mark is taken off."),
    ),
    "override": Act(
        Action.OVERRIDE,
        (say("Your light is the official one of this quarter; the project's own is shown beside it. Other quarters keep theirs."),),
        say("Reason"),
        say("It is told to the units on the project, and kept with the record."),
        say("The light is set."),
    ),
}
OWN = say("The project's own light")


def _do(action: Action, report: Report, form: Form) -> Any:  # noqa: ANN401 - what the verb returns is not looked at
    note, actor = form.note.data or "", the_actor()
    match action:
        case Action.ACCEPT:
            return actions.accept(report, actor=actor, note=note)
        case Action.RETURN:
            return actions.return_(report, actor=actor, note=note)
        case Action.COMMENT:
            return actions.comment(report, actor=actor, note=note)
        case Action.FLAG:
            return actions.flag(report, actor=actor, note=note)
        case Action.UNFLAG:
            return actions.unflag(report, actor=actor, note=note)
        case _:
            return actions.override(report, form.light.data or "", actor=actor, note=note)


@bp.route(f"{ONE}/<any(accept, return, comment, flag, unflag, override):verb>", methods=["GET", "POST"])
@writes
def act(id: int, quarter: str, verb: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what the act means and whom it is told to; a POST does it."""
    report, chosen = load(id, quarter), ACTS[verb]
    refuse_unless(chosen.action, report)
    kind = LightForm if chosen.action is Action.OVERRIDE else ActForm
    if request.method == "GET":
        return _page(kind(version=str(report.version), light=report.override or ""), report, chosen)
    form = kind()
    try:
        expect_version(seen_version(form.version.data), report.version)
        _do(chosen.action, report, form)
    except Invalid as error:
        attach(form, error.fields)
        return _page(form, report, chosen), 422
    except Stale as error:
        form.version.data = str(report.version)
        return _page(form, report, chosen, why=error.message), 409
    flash(translated(chosen.done), "good")
    return redirect(url_for("reports.show", **address(report)), 303)


def _page(form: Form, report: Report, chosen: Act, *, why: Message | None = None) -> str:
    form.note.label.text = chosen.remark
    form.note.flags.required = report.rules[chosen.action].reason
    if "light" in form:
        form.light.choices = [("", translated(OWN)), *((code, translated(label)) for code, label in shape.OWN_LIGHTS.items())]
    return render_template(
        "reports/act.html",
        form=form,
        report=report,
        project=report.obligation.project,
        own=LIGHTS[report.own_light or Light.GREY],
        act=chosen,
        label=report.rules[chosen.action].label,
        limit=shape.NOTE_ZI,
        why=why,
        told=told(report, chosen.action, the_actor()),
    )
