"""Profile and security: language, password, and where one is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask import session as cookie
from flask_login import current_user

from tracker import clock
from tracker.db import get, session
from tracker.errors import NotFound
from tracker.members import passwords, queries
from tracker.members import sign_in as entry
from tracker.members.models import Person
from tracker.policy import SECRETARIAT
from tracker.web.formats import translated
from tracker.web.identity import IDLE, IDLE_REMEMBERED, the_actor, writes, writing_as_asked
from tracker.web.locale import gettext, ngettext
from tracker.web.members.blueprint import bp
from tracker.web.members.forms import ChangePasswordForm

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


def _page(form: ChangePasswordForm) -> str:
    now = clock.now()
    opened = session().scalars(queries.sessions_of(current_user.person_id, now)).all()
    live = [one for one in opened if now - one.seen_at < (IDLE_REMEMBERED if one.remembered else IDLE)]
    live.sort(key=lambda one: one.id != current_user.session_id)
    return render_template("members/profile.html", form=form, sessions=live, sees_mails=SECRETARIAT.test(the_actor(), None))


@bp.get("/profile")
def profile() -> ResponseReturnValue:
    """Show what is kept about oneself."""
    return _page(ChangePasswordForm(formdata=None))


@bp.post("/profile/password")
def change_password() -> ResponseReturnValue:
    """Change the password; asks for the old one, and ends every other session."""
    form = ChangePasswordForm()
    proof = None
    if form.validate_on_submit():
        proof = entry.prove(current_user.email, form.old.data or "")
        if proof is None:
            form.old.errors = [gettext("This is not your present password.")]
        objection = passwords.objection(
            form.password.data or "", (current_user.email, current_user.email.partition("@")[0], current_user.name_zh, current_user.name_en)
        )
        if objection is not None:
            form.password.errors = [translated(objection)]
    if proof is None or form.errors:
        return _page(form), 422
    hashed = passwords.make_hash(form.password.data or "")
    try:
        with writing_as_asked():
            entry.change_password(proof, hashed, keep=current_user.session_id)
    except NotFound:
        form.old.errors = [gettext("The password was changed a moment ago. Nothing was saved now.")]
        return _page(form), 409
    flash(gettext("Your password is changed. Other devices are signed out."), "good")
    return redirect(url_for("members.profile"), 303)


@bp.post("/profile/sessions/<int:session_id>/end")
@writes
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign one of one's own devices out."""
    entry.end_session(get(Person, current_user.person_id), session_id)
    if session_id == current_user.session_id:
        cookie.pop("_user_id", None)
        return redirect(url_for("members.sign_in"), 303)
    flash(gettext("That device is signed out."), "good")
    return redirect(url_for("members.profile"), 303)


@bp.post("/profile/sessions/end-others")
@writes
def end_other_sessions() -> ResponseReturnValue:
    """Sign all other devices out."""
    ended = entry.end_other_sessions(get(Person, current_user.person_id), but=current_user.session_id)
    flash(ngettext("%(num)s other device is signed out.", "%(num)s other devices are signed out.", ended), "good")
    return redirect(url_for("members.profile"), 303)
