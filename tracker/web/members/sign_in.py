"""Coming in and going out: sign-in, links, forgotten passwords, the demonstration's clicks, seat and language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_login import current_user

from tracker import clock
from tracker.db import get, session, writing
from tracker.errors import NotFound, Refused
from tracker.members import passwords, queries
from tracker.members import sign_in as entry
from tracker.members.models import Person, Purpose
from tracker.policy import COMMITTEE_ROLES
from tracker.web.formats import translated
from tracker.web.identity import public, remember, writes
from tracker.web.locale import LANGUAGES, gettext
from tracker.web.members import carry
from tracker.web.members.blueprint import bp
from tracker.web.members.devices import device_name
from tracker.web.members.forms import ForgotForm, NewPasswordForm, SignInForm
from tracker.web.protection import safe_next

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


def _home() -> str:
    return url_for("work.index")


def _device() -> str:
    return device_name(request.headers.get("User-Agent", ""))


def _session_id() -> int | None:
    return current_user.session_id if current_user.is_authenticated else None


def _cast() -> list[Person]:
    """Return the people that the demonstration offers: the committee's own seats first, then the units'."""
    if not current_app.extensions["settings"].demo:
        return []
    now = clock.now()
    people = session().scalars(queries.signed_in_by_click(now)).all()
    return sorted(people, key=lambda person: (not any(seat.held_at(now) and seat.role in COMMITTEE_ROLES for seat in person.seats), person.id))


def _page(form: SignInForm, *, over: bool = False) -> str:
    return render_template("members/sign_in.html", form=form, over=over, cast=_cast(), kept=bool(form.carry.data))


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> ResponseReturnValue:
    """Ask for e-mail and password; the comparison runs outside any transaction and costs the same for unknown accounts."""
    form = SignInForm()
    if request.method != "POST":
        if current_user.is_authenticated:
            return redirect(safe_next(request.args.get("next"), _home()), 303)
        form.next.data = safe_next(request.args.get("next"), "")
        return _page(form)
    if not form.validate_on_submit():
        return _page(form), 422
    newcomer = _come_in(form)
    if newcomer is None:
        form.form_errors.append(gettext("E-mail and password do not belong together, or the account is not open. Look at both, or ask for a new password."))
        return _page(form), 422
    return _onward(form, newcomer)


def _come_in(form: SignInForm) -> int | None:
    """Compare the password and open a session; return the person's id, None where they were not let in."""
    replaced = _session_id()
    proof = entry.prove(form.email.data or "", form.password.data or "")
    if proof is None:
        return None
    try:
        with writing():
            token, person = entry.open_session(proof, device=_device(), remembered=form.remembered.data, instead_of=replaced)
    except (NotFound, Refused):
        return None
    remember(token, language=person.language or cookie.get("language"))
    return person.id


def _onward(form: SignInForm, newcomer: int) -> ResponseReturnValue:
    """Go where the person wanted to go; with words that they, and nobody else, typed into a form whose session was over, to a page that sends them again."""
    target = safe_next(form.next.data, _home())
    typed, carry_to = carry.fields(form.carry.data), safe_next(form.carry_to.data, "")
    if typed and carry_to and form.carry_for.data in {"", None, str(newcomer)}:
        return render_template("members/continue.html", typed=typed, carry_to=carry_to, target=target, again=carry.AGAIN in typed)
    return redirect(target, 303)


@bp.get("/session-over")
@public
def session_over() -> ResponseReturnValue:
    """Answer a POST whose session is over: say so and offer the sign-in, taking along what was typed."""
    if request.endpoint == "members.session_over":
        return redirect(url_for("members.sign_in"), 303)
    form = SignInForm(formdata=None)
    form.next.data = carry.way_back()
    form.carry.data = carry.gather()
    form.carry_to.data = request.full_path.rstrip("?") if form.carry.data else ""
    form.carry_for.data = str(session().scalar(queries.typed_by(cookie.get("_user_id", ""))) or "")
    return _page(form, over=True), 401


@bp.post("/sign-in/as/<int:person_id>")
@public
def demo_sign_in(person_id: int) -> ResponseReturnValue:
    """Sign in as one of the cast by one click: in the demonstration only, nowhere else."""
    chosen = next((person for person in _cast() if person.id == person_id), None)
    if chosen is None:
        abort(404)
    replaced = _session_id()
    with writing():
        person = get(Person, person_id, lock=True)
        token = entry.enter(person, device=_device(), remembered=True, instead_of=replaced)
    remember(token, language=person.language or cookie.get("language"))
    return _onward(SignInForm(), person_id)


@bp.post("/sign-out")
@writes
def sign_out() -> ResponseReturnValue:
    """End this session."""
    entry.leave(get(Person, current_user.person_id), current_user.session_id)
    language = cookie.get("language")
    cookie.clear()
    if language in LANGUAGES:
        cookie["language"] = language
    flash(gettext("You are signed out."), "good")
    return redirect(url_for("members.sign_in"), 303)


@bp.route("/forgot", methods=["GET", "POST"])
@public
@writes
def forgot() -> ResponseReturnValue:
    """Take the wish for a new password; the answer is the same for every address."""
    form = ForgotForm()
    if request.method != "POST":
        return render_template("members/forgot.html", form=form, asked="asked" in request.args)
    if not form.validate_on_submit():
        return render_template("members/forgot.html", form=form, asked=False), 422
    entry.request_reset(form.email.data or "")
    return redirect(url_for("members.forgot", asked=1), 303)


@bp.route("/join/<token>", methods=["GET", "POST"])
@public
def join(token: str) -> ResponseReturnValue:
    """Set a password by an invitation or reset link and come in; the hash is made outside any transaction."""
    link = entry.usable_link(token)
    person, first = link.person, link.purpose is Purpose.INVITATION
    own = (person.email, person.email.partition("@")[0], person.name_zh, person.name_en)
    form = NewPasswordForm()
    if request.method != "POST":
        return render_template("members/join.html", form=form, person=person, first=first, until=link.expires_at)
    objection = passwords.objection(form.password.data or "", own) if form.validate_on_submit() else None
    if form.errors or objection is not None:
        if objection is not None:
            form.password.errors = [translated(objection)]
        return render_template("members/join.html", form=form, person=person, first=first, until=link.expires_at), 422
    replaced = _session_id()
    session().rollback()
    hashed = passwords.make_hash(form.password.data or "")
    with writing():
        owner = entry.set_password(token, hashed)
        opened = entry.enter(owner, device=_device(), remembered=False, instead_of=replaced)
    remember(opened, language=owner.language or cookie.get("language"))
    flash(gettext("Your password is set and you are signed in."), "good")
    return redirect(_home(), 303)


@bp.post("/seat")
@writes
def switch_seat() -> ResponseReturnValue:
    """Act in another of one's own seats from now on."""
    chosen = next((seat for seat in current_user.seats if str(seat.id) == request.form.get("seat")), None)
    if chosen is None:
        abort(404)
    entry.switch_seat(current_user.session_id, person_id=current_user.person_id, seat_id=chosen.id)
    return redirect(safe_next(request.form.get("next"), _home()), 303)


@bp.post("/language")
@public
@writes
def set_language() -> ResponseReturnValue:
    """Keep the language chosen: in the cookie, and with the person when signed in."""
    chosen = request.form.get("locale")
    if chosen not in LANGUAGES:
        abort(400)
    cookie["language"] = chosen
    if current_user.is_authenticated:
        get(Person, current_user.person_id).language = chosen
    return redirect(safe_next(request.form.get("next"), _home()), 303)
