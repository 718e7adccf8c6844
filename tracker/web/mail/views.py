"""How one wants to be written to, the e-mails one got, and the outbox of the secretariat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user

from tracker import clock
from tracker.db import get, session
from tracker.errors import NotFound, Refused
from tracker.members.models import Person
from tracker.messages import say
from tracker.notifications import outbox
from tracker.notifications.actions import choose_paces
from tracker.notifications.models import Mail, Mailing, Notice
from tracker.notifications.queries import paces_of
from tracker.notifications.rules import BINDING, KINDS, MAIL_STATES, PACES, MailState, NoticeKind, Pace
from tracker.policy import Action, Denial, Kind, Role
from tracker.web.identity import the_actor, writes
from tracker.web.lists import View, paged
from tracker.web.locale import gettext
from tracker.web.mail.objects import Heading, headings, mails_about, named

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

bp = Blueprint("mail", __name__)
ONLY_SECRETARIAT = Denial(Kind.WRONG_PERSON, say("Only the secretariat sees the outbox."))
TONES = {MailState.SENT: "good", MailState.BOUNCED: "bad", MailState.FAILED: "bad", MailState.WAITING: "brand", MailState.DROPPED: "idle"}
AGAIN = frozenset({MailState.BOUNCED, MailState.FAILED})
WORDS = {"kinds": KINDS, "states": MAIL_STATES, "tones": TONES, "again": AGAIN}


def _set_up() -> bool:
    return current_app.extensions["settings"].mail is not None


@bp.get("/profile/mail")
def choices() -> ResponseReturnValue:
    """Show how each kind of notice reaches one by e-mail; what is binding cannot be changed."""
    chosen = paces_of(current_user.person_id)
    settings = current_app.extensions["settings"]
    return render_template("mail/choices.html", chosen=chosen, paces=PACES, binding=BINDING, set_up=_set_up(), hour=settings.digest_hour, kinds=KINDS)


@bp.post("/profile/mail")
@writes
def choose() -> ResponseReturnValue:
    """Keep how one wants to be written to; what was not understood, and what is binding, stays as it is."""
    wanted = {kind: Pace(typed) for kind in NoticeKind if (typed := request.form.get(kind.value, "")) in set(Pace)}
    choose_paces(current_user.person_id, wanted)
    flash(gettext("Your choice is saved."), "good")
    return redirect(url_for("mail.choices"), 303)


@bp.get("/profile/mail/received")
def received() -> ResponseReturnValue:
    """List the e-mails that were written to oneself."""
    return _listed(_mails().where(Mail.person_id == current_user.person_id), own=True)


@bp.get("/mail")
def index() -> ResponseReturnValue:
    """Show the secretariat all e-mails, or those in one state, or those about one object."""
    _refuse_others()
    wanted, state, about = _mails().where(Mail.id.not_in(_of_votes())), request.args.get("state", ""), request.args.get("about", "")
    if state in set(MailState):
        wanted = wanted.where(Mail.standing == MailState(state))
    key = named(about)
    if key is not None:
        wanted = wanted.where(Mail.id.in_(mails_about(key)))
    return _listed(wanted, own=False, object=headings([key]).get(key) if key else None, about=about)


@bp.get("/mail/<int:id>")
def show(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show one e-mail as it was sent: to its reader, and to the secretariat unless it speaks of a unit's vote."""
    mail = session().scalars(_visible(id)).one_or_none()
    if mail is None:
        raise NotFound
    return render_template("mail/show.html", mail=mail, person=get(Person, mail.person_id), manages=the_actor().role is Role.SECRETARIAT, **WORDS)


@bp.post("/mail/<int:id>/again")
@writes
def again(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Put an e-mail that did not go out back among those that wait."""
    _refuse_others()
    mail = session().scalars(_visible(id).with_for_update()).one_or_none()
    if mail is None:
        raise NotFound
    if mail.standing in AGAIN:
        outbox.send_again(mail, clock.now())
        flash(gettext("The e-mail waits to be sent again."), "good")
    else:
        flash(gettext("Only an e-mail that was refused or given up can be sent again."), "bad")
    return redirect(url_for("mail.show", id=id), 303)


@bp.post("/mail/test")
@writes
def test() -> ResponseReturnValue:
    """Write a test to oneself."""
    _refuse_others()
    session().add(outbox.new_mail(current_user.person_id, clock.now(), kind=None, domain=current_app.extensions["settings"].host.split(":")[0]))
    flash(gettext("A test is on its way to %(address)s.", address=current_user.email), "good")
    return redirect(url_for("mail.index"), 303)


def _visible(mail_id: int) -> sa.Select[Mail]:
    """One e-mail, if it is the reader's own, or for the secretariat unless it speaks of a unit's vote."""
    own = Mail.person_id == current_user.person_id
    return sa.select(Mail).where(Mail.id == mail_id, sa.or_(own, Mail.id.not_in(_of_votes())) if the_actor().role is Role.SECRETARIAT else own)


def _refuse_others() -> None:
    if the_actor().role is not Role.SECRETARIAT:
        raise Refused(ONLY_SECRETARIAT)


def _of_votes() -> sa.Select[int | None]:
    """The e-mails that speak of a unit's own vote: those nobody but their reader sees."""
    return (
        sa.select(Mailing.mail_id)
        .join(Notice, Notice.id == Mailing.notice_id)
        .where(Notice.subject_kind == "ballot", Notice.action == Action.CAST.value, Mailing.mail_id.is_not(None))
    )


def _mails() -> sa.Select[Mail, Person]:
    return sa.select(Mail, Person).join(Person, Person.id == Mail.person_id)


def _listed(wanted: sa.Select[Mail, Person], *, own: bool, object: Heading | None = None, about: str = "") -> str:  # noqa: A002 - its name in the template
    states = {"state": request.args.get("state", ""), "about": request.args.get("about", "")}
    view = View({name: [value] for name, value in states.items() if value and not own}, "-newest")
    page = paged(wanted, view=view, orders={"newest": (Mail.id,)}, stable=Mail.id)
    return render_template("mail/index.html", page=page, own=own, set_up=_set_up(), state=states["state"], object=object, about=about, **WORDS)
