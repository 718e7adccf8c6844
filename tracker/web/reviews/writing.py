"""What the expert does: answer the question of conflicts, read, write, hand in, revise; and their list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext

from tracker.db import expect_version, session
from tracker.errors import Invalid, NotFound, Refused, Stale
from tracker.messages import Message, say
from tracker.policy import Action, Denial, Kind, Role
from tracker.proposals import content as proposal_shape
from tracker.reviews import actions, queries
from tracker.reviews import content as shape
from tracker.reviews.conflicts import CONFLICTS
from tracker.reviews.models import Review
from tracker.reviews.redaction import redacted
from tracker.reviews.rules import is_mine
from tracker.reviews.summary import CONCLUSIONS
from tracker.web import autosave
from tracker.web.collisions import Meeting, clashes, marks, meet, named, redraw, who_saved
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes
from tracker.web.longform import attach
from tracker.web.proposals.blueprint import seen_version
from tracker.web.proposals.show import readable
from tracker.web.reviews.blueprint import ONE, bp, load, refuse_unless
from tracker.web.reviews.forms import ActForm, DeclareForm, HandInForm, filled, review_form
from tracker.web.told import told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from wtforms import Form

MOST = 200
"""How many reviews the list of one expert shows."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act: what follows from it, how its remark is called, and what is said when it is done."""

    follows: tuple[Message, ...]
    remark: Message | None
    done: Message
    grave: bool = False


ACTS: Mapping[str, Act] = {
    "reopen": Act(
        (
            say("You can change scores, opinion and conclusion and hand the review in again, for the newest version of the proposal."),
            say("Until then what you handed in counts. It stays on record."),
        ),
        None,
        say("The review is open again."),
    ),
    "confirm": Act(
        (say("Your review goes on for the newest version of the proposal; if it was handed in, it is handed in for that version as it stands."),),
        None,
        say("The review is of the newest version now."),
    ),
    "decline": Act(
        (say("You do not review this proposal. The secretariat is told why and asks somebody else."),),
        say("Reason"),
        say("You declined the review."),
        grave=True,
    ),
    "remove": Act(
        (say("The expert does not review this proposal any more and is told why. What they handed in stays on record and does not count."),),
        say("Reason"),
        say("The expert is taken off."),
        grave=True,
    ),
}
VERBS = {Action.REOPEN: actions.reopen, Action.CONFIRM: actions.confirm}


@bp.get("/reviews")
def index() -> ResponseReturnValue:
    """List the reviews that the expert was asked for, those that wait first."""
    actor = the_actor()
    if actor.role is not Role.EXPERT or actor.person_id is None:
        raise Refused(Denial(Kind.WRONG_PERSON, say("This list is for experts who act in that seat.")))
    reviews = list(session().scalars(queries.of_person(actor.person_id).limit(MOST)).unique())
    return render_template("reviews/index.html", reviews=reviews)


def mine(review: Review) -> Review:
    """Return the review if it is the reader's own; whoever reads it without writing it is told so."""
    if not is_mine(the_actor(), review):
        raise Refused(Denial(Kind.WRONG_PERSON, say("Only the assigned expert can do this.")))
    return review


def text_of(review: Review) -> Any:  # noqa: ANN401 - a snapshot of any shape
    """Return the version judged as the reader may read it: covered in a blind review for everyone who judges."""
    content = review.judged.content
    return readable(redacted(content, review.hidden_names) if review.is_blind else content)


@bp.route(f"{ONE}/declare", methods=["GET", "POST"])
@writes
def declare(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Ask about conflicts before anything else; a POST answers that there is none, or which."""
    review = mine(load(id))
    refuse_unless(Action.DECLARE_CONFLICT, review)
    form = DeclareForm()
    if request.method == "GET":
        form.version.data = str(review.version)
        return _declare_page(form, review)
    try:
        expect_version(seen_version(form.version.data), review.version)
        if request.form.get("answer") == "none":
            actions.declare_none(review, actor=the_actor())
            flash(gettext("You declared that there is no conflict of interest. You can read and review it now."), "good")
            return redirect(url_for("reviews.show", id=id), 303)
        actions.declare_conflict(review, note=form.note.data or "", actor=the_actor())
    except Invalid as error:
        attach(form, error.fields)
        return _declare_page(form, review), 422
    except Stale as error:
        form.version.data = str(review.version)
        return _declare_page(form, review, why=error.message), 409
    flash(gettext("Your conflict of interest is on record, and the secretariat is told. Thank you."), "good")
    return redirect(url_for("reviews.show", id=id), 303)


def _declare_page(form: DeclareForm, review: Review, *, why: Message | None = None) -> str:
    return render_template(
        "reviews/declare.html",
        form=form,
        review=review,
        text=text_of(review),
        found=[CONFLICTS[one] for one in review.conflicts],
        limit=shape.REASON_ZI,
        told=told(review, Action.DECLARE_CONFLICT, the_actor()),
        why=why,
    )


@bp.route(f"{ONE}/edit", methods=["GET", "POST"])
@writes
def edit(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Write the review beside the version it is of; a POST saves it, and "check" goes on to handing in.

    Text that the browser kept only shows the form again; the script saves at the same address and is answered in JSON.
    """
    review = mine(load(id))
    if request.method == "GET" and review.state == "asked":
        return redirect(url_for("reviews.declare", id=id), 303)
    refuse_unless(Action.EDIT, review)
    if request.method == "GET":
        stored = filled(review)
        return _edit_page(review_form(review, data={**stored, "base": marks(stored)}), review)
    form = review_form(review)
    return _edit_page(form, review) if "restore" in request.form else _save(form, review)


def _save(form: Form, review: Review) -> ResponseReturnValue:
    met = meet(form, filled(review), fresh=seen_version(form.version.data) == review.version, asked=request.form)
    who = who_saved(review, the_actor()) if met.collided or met.taken else None
    if met.collided or met.again:
        return _not_yet(form, review, met, who)
    try:
        content = shape.read({field.name: field.data for field in form}, review.settings.rubric)
        actions.edit(review, content, actor=the_actor(), seen_version=review.version)
    except Invalid as error:
        attach(form, error.fields)
        return autosave.wrong(form) if autosave.asked() else (_edit_page(form, review), 422)
    if autosave.asked():
        base = redraw(form, filled(review), hidden=met.taken)
        return autosave.kept(review.changed_at, version=review.version, base=base, taken=named(form, met.taken), who=who)
    if request.form.get("save") == "check":
        return redirect(url_for("reviews.submit", id=review.id), 303)
    flash(gettext("The draft is saved."), "good")
    return redirect(url_for("reviews.edit", id=review.id), 303)


def _not_yet(form: Form, review: Review, met: Meeting, who: Message | None) -> ResponseReturnValue:
    """Show the form as typed: with both texts where two windows changed the same, or with what was put together for editing."""
    if autosave.asked():
        return autosave.collided(who or say("Choose which text is to stay."))
    if met.again:
        return _edit_page(form, review)
    form.version.data, form.base.data = str(review.version), redraw(form, filled(review))
    return _edit_page(form, review, met=met, who=who), 409


def _edit_page(form: Form, review: Review, *, met: Meeting | None = None, who: Message | None = None) -> str:
    return render_template(
        "reviews/edit.html",
        form=form,
        review=review,
        text=text_of(review),
        shape=proposal_shape,
        categories=[f"{shape.SCORE}{category.code}" for category in review.settings.rubric.categories],
        limits={"opinion": shape.OPINION.zi, "note": shape.NOTE.zi},
        met=met,
        who=who,
        clashes=clashes(form, filled(review), met.collided, request.form, translated) if met else [],
        taken=named(form, met.taken) if met else [],
        sees_contact=False,
    )


@bp.route(f"{ONE}/submit", methods=["GET", "POST"])
@writes
def submit(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what is missing, what is handed in and who is told; a POST hands it in."""
    review = mine(load(id))
    refuse_unless(Action.SUBMIT, review)
    if request.method == "GET":
        return _submit_page(HandInForm(version=str(review.version)), review)
    form = HandInForm()
    try:
        actions.submit(review, actor=the_actor(), seen_version=seen_version(form.version.data))
    except Invalid:
        return _submit_page(form, review), 422
    except Stale as error:
        form.version.data = str(review.version)
        return _submit_page(form, review, why=error.message), 409
    flash(gettext("Your review is handed in. You can revise it until the expert review ends."), "good")
    return redirect(url_for("reviews.show", id=id), 303)


def _submit_page(form: HandInForm, review: Review, *, why: Message | None = None) -> str:
    rubric = review.settings.rubric
    owed = [(url_for("reviews.edit", id=review.id, _anchor=name), message) for name, message in shape.missing(review.content, rubric).items()]
    return render_template(
        "reviews/submit.html",
        form=form,
        review=review,
        rubric=rubric,
        owed=owed,
        why=why,
        total=rubric.total(review.content["scores"]),
        conclusion=CONCLUSIONS.get(review.content["conclusion"]),
        told=told(review, Action.SUBMIT, the_actor()),
    )


@bp.route(f"{ONE}/<any(reopen, confirm, decline, remove):verb>", methods=["GET", "POST"])
@writes
def act(id: int, verb: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what the act means and whom it is told to; a POST does it."""
    review, action = load(id), Action(verb)
    refuse_unless(action, review)
    if request.method == "GET":
        return _act_page(ActForm(version=str(review.version)), review, action)
    form = ActForm()
    try:
        expect_version(seen_version(form.version.data), review.version)
        _do(action, review, form)
    except Invalid as error:
        attach(form, error.fields)
        return _act_page(form, review, action), 422
    except Stale as error:
        form.version.data = str(review.version)
        return _act_page(form, review, action, why=error.message), 409
    flash(translated(ACTS[verb].done), "good")
    return redirect(_after(action, review), 303)


def _do(action: Action, review: Review, form: ActForm) -> None:
    actor, note = the_actor(), form.note.data or ""
    if action is Action.REMOVE:
        actions.remove(review, note=note, actor=actor, instead=_instead(form.instead.data))
    elif action is Action.DECLINE:
        actions.decline(review, note=note, actor=actor)
    else:
        VERBS[action](review, actor=actor)


def _instead(given: str | None) -> int | None:
    if not given:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 10):  # noqa: PLR2004 - digits that fit a column
        raise NotFound
    return int(given)


def _after(action: Action, review: Review) -> str:
    if action is Action.REMOVE:
        return url_for("reviews.of_proposal", id=review.proposal_id)
    return url_for("reviews.edit" if action is Action.REOPEN else "reviews.show", id=review.id)


def _act_page(form: ActForm, review: Review, action: Action, *, why: Message | None = None) -> str:
    if action is Action.REMOVE:
        form.instead.choices = [("", gettext("nobody")), *_others(review)]
    return render_template(
        "reviews/act.html",
        form=form,
        review=review,
        act=ACTS[action.value],
        label=review.rules[action].label,
        limit=shape.REASON_ZI,
        why=why,
        told=told(review, action, the_actor()),
        back=url_for("reviews.show", id=review.id),
    )


def _others(review: Review) -> list[tuple[str, str]]:
    """Return the experts who could be asked instead, the least loaded first."""
    experts = list(session().scalars(queries.experts()).unique())
    reviews = list(session().scalars(queries.of_programme(review.proposal.programme_id)))
    found = actions.candidates(review.proposal, review.judged, experts, reviews)
    return [(str(one.person.id), translated(say("{expert} ({count})", expert=one.person, count=one.load))) for one in found if one.is_able]
