"""The acts on a proposal that need a last look: withdraw, take up again, pass, return, ask partner units, answer as one. One page for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for

from tracker import clock
from tracker.db import expect_version, session
from tracker.errors import Invalid, Stale
from tracker.messages import Message, say
from tracker.policy import Action
from tracker.programmes.windows import NotATime, read_local
from tracker.proposals import actions, capping, checking, merging, partnering, queries
from tracker.proposals.content import NOTE_ZI
from tracker.proposals.models import Partner, Proposal
from tracker.proposals.partners import partner_of, to_ask
from tracker.proposals.screening import LABELS, Mark
from tracker.proposals.states import ProposalState
from tracker.reviews import actions as reviews
from tracker.web.formats import committee_zone, name_text, translated
from tracker.web.identity import the_actor, writes
from tracker.web.longform import attach
from tracker.web.proposals.blueprint import ONE, bp, load, refuse_unless, seen_version
from tracker.web.proposals.forms import ActForm, MergeForm, ReturnForm
from tracker.web.told import told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@dataclass(frozen=True, slots=True)
class Act:
    """One act: what does it, what follows from it, how its remark is called, and what is said when it is done."""

    action: Action
    do: Callable[..., Any]
    follows: tuple[Message, ...]
    remark: Message
    hint: Message
    done: Message
    grave: bool = False


NUMBER = 20
CHECKS = frozenset({Action.ACCEPT, Action.RETURN, Action.NOT_ACCEPT})
FORMS = {Action.RETURN: ReturnForm, Action.MERGE: MergeForm}
ANSWERS = frozenset({Action.CONFIRM, Action.DECLINE})
OPTIONAL = say("Optional. It is kept with the record.")
ACTS: Mapping[str, Act] = {
    "withdraw": Act(
        Action.WITHDRAW,
        actions.withdraw,
        (say("The proposal leaves the procedure. What was submitted stays on record."), say("Your unit can take it up again while submission is open.")),
        say("Reason"),
        say("It is told to those on it and to the secretariat, and kept with the record."),
        say("{number} is withdrawn."),
        grave=True,
    ),
    "revive": Act(
        Action.REVIVE,
        actions.revive,
        (say("The proposal becomes a draft again. Only the units on it and the secretariat see it until it passes the formal check anew."),),
        say("Remark"),
        OPTIONAL,
        say("{number} is a draft again."),
    ),
    "accept": Act(
        Action.ACCEPT,
        checking.accept,
        (say("The proposal passes the formal check and can be put to the vote."), say("From now on everyone signed in can read it.")),
        say("Remark"),
        OPTIONAL,
        say("{number} passed the formal check."),
    ),
    "return": Act(
        Action.RETURN,
        checking.return_,
        (
            say("The lead unit can edit the proposal and submit it again as a new version, also after submission has closed."),
            say("The present version stays on record."),
        ),
        say("Remark: what is to be changed"),
        say("The lead unit sees this remark at the top of its page, and the remarks on fields beside each field of its form."),
        say("{number} is returned to its lead unit."),
    ),
    "not-accept": Act(
        Action.NOT_ACCEPT,
        checking.not_accept,
        (say("The proposal ends here. It cannot be submitted again."),),
        say("Reason"),
        say("It is told to the people of the units on it, and kept with the record."),
        say("{number} is not accepted."),
        grave=True,
    ),
    "merge": Act(
        Action.MERGE,
        merging.merge,
        (
            say("This proposal ends here; the other one goes on. Each page links to the other."),
            say("The units on the other proposal do not change: its lead unit names partners in its own form."),
        ),
        say("Reason"),
        say("It is told to the people of the units on both, and kept with the record."),
        say("{number} is merged."),
        grave=True,
    ),
    "ask": Act(
        Action.ASK,
        partnering.ask,
        (
            say("Each unit named below is asked to confirm its share of the work in its own account. It can decline with a reason."),
            say("Whoever has not been asked when you submit is asked then. A change of a share asks its unit again."),
        ),
        say("Remark"),
        OPTIONAL,
        say("The partner units of {number} are asked."),
    ),
    "confirm": Act(
        Action.CONFIRM,
        partnering.confirm,
        (
            say("Your unit takes part with the share of the work below, in these words. If they change, your unit is asked again."),
            say("Until the ballot your unit can take it back, with a reason."),
        ),
        say("Remark"),
        OPTIONAL,
        say("Your unit's part in {number} is confirmed."),
    ),
    "decline": Act(
        Action.DECLINE,
        partnering.decline,
        (say("The lead unit is told that your unit does not take part. It can name another unit or change the share and ask again."),),
        say("Reason"),
        say("It is told to the people of the lead unit, and kept with the record."),
        say("Your unit declined to take part in {number}."),
        grave=True,
    ),
    "exempt": Act(
        Action.EXEMPT,
        capping.exempt,
        (
            say("The unit can submit this proposal although a cap of the year keeps it out. No other proposal is let in by it."),
            say("You can take it back until it is submitted."),
        ),
        say("Reason"),
        say("It is told to the people of the units on it, and kept with the record."),
        say("{number} may be submitted over the caps."),
    ),
    "end-exemption": Act(
        Action.END_EXEMPTION,
        capping.end_exemption,
        (say("The caps of the year hold for this proposal again."),),
        say("Reason"),
        say("It is told to the people of the units on it, and kept with the record."),
        say("{number} is no exception any more."),
        grave=True,
    ),
}


@bp.route(f"{ONE}/<any(withdraw, revive, accept, return, 'not-accept', merge, ask, confirm, decline, exempt, 'end-exemption'):verb>", methods=["GET", "POST"])
@writes
def act(id: int, verb: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what the act means and whom it is told to; a POST does it."""
    proposal, chosen = load(id), ACTS[verb]
    refuse_unless(chosen.action, proposal)
    if request.method == "GET":
        return _page(_fresh(proposal, chosen), proposal, chosen)
    form = FORMS.get(chosen.action, ActForm)()
    try:
        expect_version(seen_version(form.version.data), proposal.version)
        _do(chosen, proposal, form)
    except Invalid as error:
        attach(form, error.fields)
        return _page(form, proposal, chosen), 422
    except Stale as error:
        form.version.data = str(proposal.version)
        return _page(form, proposal, chosen, why=error.message), 409
    flash(translated(Message(chosen.done.msgid, {"number": proposal.number})), "good")
    return redirect(url_for("proposals.show", id=id), 303)


def _fresh(proposal: Proposal, chosen: Act) -> ActForm:
    """Return the form as the working sheet of the formal check fills it: its remark, and for a return a deadline a week ahead."""
    remark = _found(proposal, chosen) if chosen.action in CHECKS else ""
    if chosen.action is Action.MERGE:
        return MergeForm(version=str(proposal.version), into=request.args.get("into", "")[:NUMBER])
    if chosen.action is not Action.RETURN:
        return ActForm(version=str(proposal.version), note=remark)
    due = clock.now().astimezone(committee_zone()).replace(hour=18, minute=0, tzinfo=None) + timedelta(days=7)
    return ReturnForm(version=str(proposal.version), note=remark, due=due.strftime("%Y-%m-%dT%H:%M"))


def _found(proposal: Proposal, chosen: Act) -> str:
    """Return what the formal check offers as the remark of its outcome: the overall remark, else, where it does not pass, what was said of each point."""
    sheet = checking.sheet_now(proposal)
    said = [f"{name_text(line)}{translated(say(': '))}{line.remark}" for line in sheet.lines if line.mark == Mark.FAIL]
    return sheet.overall or ("" if chosen.action is Action.ACCEPT else "\n".join(said))


def _more(form: ActForm, proposal: Proposal) -> dict[str, datetime | Proposal | None]:
    """Return what an act asks beside the remark: the deadline of a return, as typed on the committee's clock (None: none), or what to merge into.

    Raises Invalid for a deadline that is no time.
    """
    if isinstance(form, MergeForm):
        return {"into": session().scalars(queries.numbered((form.into.data or "").strip()[:NUMBER])).unique().one_or_none()}
    if not isinstance(form, ReturnForm):
        return {}
    typed = form.due.data or ""
    try:
        return {"due": read_local(typed, zone=committee_zone().key, year=proposal.programme.year) if typed.strip() else None}
    except NotATime as error:
        raise Invalid({"due": [error.message]}) from error


def _do(chosen: Act, proposal: Proposal, form: ActForm) -> None:
    """Do it; whom a proposal leaves in the middle of their review is told too."""
    reviewed = proposal.state is ProposalState.IN_REVIEW
    chosen.do(proposal, actor=the_actor(), note=form.note.data or "", **_more(form, proposal))
    if reviewed:
        reviews.call_off(proposal, action=chosen.action)


def _shares(proposal: Proposal, chosen: Act) -> list[Partner]:
    """Return the partner units that the act is about: those who are asked, or the one that answers."""
    if chosen.action is Action.ASK:
        return to_ask(proposal.partners)
    own = partner_of(proposal, the_actor()) if chosen.action in ANSWERS else None
    return [own] if own is not None else []


def _page(form: ActForm, proposal: Proposal, chosen: Act, *, why: Message | None = None) -> str:
    form.note.label.text = chosen.remark
    form.note.flags.required = proposal.rules[chosen.action].reason
    return render_template(
        "proposals/act.html",
        form=form,
        proposal=proposal,
        act=chosen,
        label=proposal.rules[chosen.action].label,
        limit=NOTE_ZI,
        why=why,
        sheet=checking.sheet_now(proposal) if chosen.action in CHECKS else None,
        labels=LABELS,
        shares=_shares(proposal, chosen),
        told=told(proposal, chosen.action, the_actor()) + ([say("the experts who review it")] if proposal.state is ProposalState.IN_REVIEW else []),
    )
