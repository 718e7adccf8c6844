"""E-mails stand on the object they are about, and the daily one is gathered by object."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast
from tests.decisions.placing import ballot, place
from tests.post_office import open_post_office
from tests.proposals.build import add
from tests.reports.filing import OPEN, reporting, written
from tests.reviews.placing import screened
from tracker import clock
from tracker.comments.models import Remark
from tracker.comments.rules import Scope
from tracker.db import db, writing
from tracker.messages import say
from tracker.notifications.actions import tell
from tracker.notifications.models import Mail, Mailing, Notice
from tracker.notifications.post import hand_over
from tracker.policy import Action, Role
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.web.mail.delivery import deliver

Clients = Callable[..., FlaskClient]
HOSTILE = "<img src=x onerror=alert(1)>\"'\r\nBcc: all@example.org"


def _proposal(app: Flask, cast: Cast) -> tuple[str, str]:
    key = screened(app, cast)
    return f"proposal-{key}", f"/proposals/{key}"


def _ballot(app: Flask, cast: Cast) -> tuple[str, str]:
    key = ballot(app, cast, [place(app, cast, ProposalState.IN_BALLOT)], closes_at=NOW.replace(month=2))
    return f"ballot-{key}", f"/ballots/{key}"


def _project(app: Flask, cast: Cast) -> tuple[str, str]:
    key = reporting(app, cast)
    return f"project-{key}", f"/projects/{key}"


def _report(app: Flask, cast: Cast) -> tuple[str, str]:
    key = reporting(app, cast)
    report = written(app, key, cast.caict)
    return f"report-{report.id}", f"/projects/{key}/reports/2021Q1"


@pytest.mark.parametrize("made", [_proposal, _ballot, _project, _report])
def test_the_secretariat_finds_the_mails_on_the_object_and_nobody_else_does(
    app: Flask, client_of: Clients, cast: Cast, made: Callable[[Flask, Cast], tuple[str, str]]
) -> None:
    about, page = made(app, cast)
    with clock.standing_at(OPEN):
        shown = {name: f"/mail?about={about}" in client_of(cast.people[name]).get(page).text for name in ("secretariat", "chair", "caict", "expert")}
        assert shown == {"secretariat": True, "chair": False, "caict": False, "expert": False}
        assert client_of(cast.secretariat).get(f"/mail?about={about}").status_code == 200
        assert client_of(cast.caict).get(f"/mail?about={about}").status_code == 403


def _tell(cast: Cast, about: object, *names: str) -> None:
    told = {cast.people[name].person_id: "on_it" for name in names}
    tell(told, about=about, action="submit", message=say("{title} was returned.", title=HOSTILE), at=NOW)  # type: ignore[arg-type] # any object


def _mailed(app: Flask, cast: Cast, language: str = "en") -> list[Mail]:
    """Tell Huawei of two proposals in turn, of a comment on the first and of its seat, and send the daily e-mail."""
    with app.app_context(), writing() as current:
        first, second = (add(current, cast, serial=serial, title_en=HOSTILE) for serial in (1, 2))
        remark = Remark(id=7, proposal_id=first.id, scope=Scope.APPLICANTS, person_id=cast.caict.person_id, text="x", made_at=NOW, role=Role.REPRESENTATIVE)
        current.add(remark)
        current.flush()
        for one in (first, second, remark, first):
            _tell(cast, one, "huawei")
        current.execute(sa.text("UPDATE mailing SET pace = 'digest'"))
        current.execute(sa.text("UPDATE person SET language = :language"), {"language": language})
    with open_post_office() as office, clock.standing_at(NOW.replace(day=NOW.day + 1)), app.app_context():
        deliver(app.extensions["settings"], lambda message: hand_over(message, office.server))
        mails = list(db.session.scalars(sa.select(Mail)))
        db.session.remove()
    (message,) = office.taken
    html = message.get_body(("html",))
    assert html is not None
    assert ("<img" in html.get_content(), message["Bcc"]) == (False, None)
    return mails


@pytest.mark.parametrize(("language", "heading"), [("en", "[2021-P01 <img src=x onerror=alert(1)>\"' Bcc: all@example.org]"), ("zh", "【2021-P01 课题 1】")])
def test_the_daily_mail_is_gathered_by_object_in_its_readers_language(app: Flask, cast: Cast, language: str, heading: str) -> None:
    (mail,) = _mailed(app, cast, language)
    lines = mail.text.splitlines()
    assert lines.index(heading) < lines.index(heading.replace("P01", "P02").replace("课题 1", "课题 2"))
    assert [line.rpartition("localhost")[2] for line in lines if line.startswith("http")] == ["/proposals/1", "/comments/7", "/proposals/2"]


def test_mails_about_comments_stand_on_the_proposal(app: Flask, client_of: Clients, cast: Cast) -> None:
    (mail,) = _mailed(app, cast)
    with app.app_context(), writing() as current:
        keep = sa.select(Notice.id).where(Notice.subject_kind == "remark")
        current.execute(sa.delete(Mailing).where(Mailing.notice_id.not_in(keep)))
        keys = list(current.scalars(sa.select(Proposal.id).order_by(Proposal.id)))
    pages = [client_of(cast.secretariat).get(f"/mail?about=proposal-{key}").text for key in keys]
    assert [page.count(f"/mail/{mail.id}") for page in pages] == [1, 0]
    assert "2021-P01" in pages[0]


@pytest.mark.parametrize("kind", ["own", "digest"])
def test_who_was_left_out_is_told_so_without_a_link_that_leads_nowhere(app: Flask, cast: Cast, kind: str) -> None:
    with app.app_context(), writing() as current:
        draft = add(current, cast, state=ProposalState.DRAFT, lead="huawei")
        about = {cast.sogou.person_id: "left_out"}
        tell(about, about=draft, action=Action.REMOVE, message=say("{title} was returned.", title="x"), at=NOW)
        current.execute(sa.text("UPDATE mailing SET pace = :pace"), {"pace": "digest" if kind == "digest" else "instant"})
    with open_post_office() as office, clock.standing_at(NOW.replace(day=NOW.day + 1)), app.app_context():
        deliver(app.extensions["settings"], lambda message: hand_over(message, office.server))
        text = db.session.scalars(sa.select(Mail.text)).one()
        db.session.remove()
    assert (len(office.taken), "/proposals/" in text, "http://localhost/notices" in text) == (1, False, True)
