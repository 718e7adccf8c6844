"""E-mails: written from notices, sent by a worker over real SMTP, marked, kept; and the pages about them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast
from tests.post_office import PostOffice, open_post_office
from tests.product import Statements, Year, sign_in_as
from tests.proposals.build import add
from tracker import clock
from tracker.cli import worker
from tracker.db import db, writing
from tracker.members.models import Person
from tracker.members.rules import PersonState
from tracker.messages import say
from tracker.notifications import outbox
from tracker.notifications.actions import tell
from tracker.notifications.models import Mail, MailChoice
from tracker.notifications.outbox import LEASE, WAITS
from tracker.notifications.post import Handed, hand_over
from tracker.notifications.rules import BINDING, MailState, NoticeKind, Pace
from tracker.proposals.models import Partner, Proposal
from tracker.proposals.states import ProposalState
from tracker.web.mail.delivery import deliver

Clients = Callable[..., FlaskClient]
TITLE = "互联网企业\r\nBcc: all@example.org"


@pytest.fixture
def office(app: Flask) -> Iterator[PostOffice]:
    """A mail server that the program is told of."""
    with open_post_office() as opened:
        app.extensions["settings"] = replace(app.extensions["settings"], mail=opened.server)
        yield opened


def _told(app: Flask, cast: Cast, *people: str, action: str = "return", audience: str = "on_it", state: ProposalState = ProposalState.DRAFT) -> int:
    """Tell people something about a proposal of Huawei and Sogou, and return it."""
    with app.app_context(), writing() as current:
        serial = (current.scalar(sa.select(sa.func.max(Proposal.serial))) or 0) + 1
        proposal = add(current, cast, serial=serial, state=state, partner="sogou")
        told = {cast.people[name].person_id: audience for name in people}
        tell(told, about=proposal, action=action, message=say("{title} was returned.", title=TITLE), at=clock.now())
        return proposal.id


def _mails(app: Flask) -> list[Mail]:
    with app.app_context():
        found = list(db.session.scalars(sa.select(Mail).order_by(Mail.id)))
        db.session.remove()
        return found


def _standings(app: Flask) -> list[MailState]:
    return [mail.standing for mail in _mails(app)]


def test_a_binding_notice_goes_out_at_once_and_once(app: Flask, cast: Cast, office: PostOffice) -> None:
    proposal = _told(app, cast, "huawei")
    assert [worker.run(app, once=True) for _ in range(2)] == [1, 0]
    (mail,), (message,) = _mails(app), office.taken
    assert (mail.standing, mail.address, mail.sent_at, message["Message-ID"]) == (MailState.SENT, "huawei@example.org", NOW, mail.message_id)
    assert (message["Auto-Submitted"], message["List-Unsubscribe"]) == ("auto-generated", "<http://localhost/profile/mail>")
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert f"http://localhost/proposals/{proposal}" in text.get_content()
    assert "prefers-color-scheme: dark" in html.get_content()
    assert not {"src=", "@import", "url("} & set(html.get_content().split())


def test_no_title_makes_a_header_of_its_own(app: Flask, cast: Cast, office: PostOffice) -> None:
    _told(app, cast, "huawei")
    worker.run(app, once=True)
    (message,) = office.taken
    assert (message["Bcc"], str(message["Subject"]).startswith("互联网企业 Bcc: all@example.org")) == (None, True)


@pytest.mark.parametrize(("pace", "at_once", "next_day"), [(Pace.INSTANT, 1, 1), (Pace.DIGEST, 0, 1), (Pace.OFF, 0, 0), (None, 0, 1)])
def test_each_kind_comes_as_its_reader_chose(app: Flask, cast: Cast, office: PostOffice, pace: Pace | None, at_once: int, next_day: int) -> None:
    if pace is not None:
        with app.app_context(), writing() as current:
            current.add(MailChoice(person_id=cast.huawei.person_id, kind=NoticeKind.OWN, pace=pace))
    for _ in range(2):
        _told(app, cast, "huawei", action="submit")
    worker.run(app, once=True)
    assert len(office.taken) == at_once * 2
    with clock.standing_at(NOW + timedelta(days=1)):
        worker.run(app, once=True)
    assert len(office.taken) == (2 if at_once else next_day)


def test_what_was_read_meanwhile_is_left_out_of_the_daily_mail(app: Flask, client_of: Clients, cast: Cast, office: PostOffice) -> None:
    _told(app, cast, "huawei", "sogou", action="submit")
    client_of(cast.huawei).post("/notices/read")
    with clock.standing_at(NOW + timedelta(days=1)):
        worker.run(app, once=True)
    assert [str(message["To"]) for message in office.taken] == ["sogou@example.org"]


def _take_off(app: Flask, _cast: Cast) -> None:
    with app.app_context(), writing() as current:
        current.execute(sa.delete(Partner))


def _leave(app: Flask, cast: Cast) -> None:
    with app.app_context(), writing() as current:
        current.get_one(Person, cast.sogou.person_id).password_hash = None
        current.execute(sa.update(Person).where(Person.id == cast.sogou.person_id).values({"state": PersonState.SUSPENDED}))


def _nothing(_app: Flask, _cast: Cast) -> None:
    """Change nothing: the control."""


@pytest.mark.parametrize(("happening", "standing"), [(_take_off, MailState.DROPPED), (_leave, MailState.DROPPED), (_nothing, MailState.SENT)])
def test_nobody_is_written_to_of_what_they_may_not_see(
    app: Flask, cast: Cast, office: PostOffice, happening: Callable[[Flask, Cast], None], standing: MailState
) -> None:
    _told(app, cast, "sogou")
    happening(app, cast)
    worker.run(app, once=True)
    assert (_standings(app), len(office.taken)) == ([standing], int(standing is MailState.SENT))


def test_a_recipient_who_is_refused_is_recorded(app: Flask, client_of: Clients, cast: Cast, office: PostOffice) -> None:
    office.refusing = {"huawei@example.org"}
    _told(app, cast, "huawei", "sogou")
    worker.run(app, once=True)
    first, second = _mails(app)
    assert (first.standing, "nobody of that name" in first.trouble, second.standing) == (MailState.BOUNCED, True, MailState.SENT)
    secretariat = client_of(cast.secretariat)
    assert "nobody of that name" in secretariat.get(f"/mail/{first.id}").text
    office.refusing = set()
    assert secretariat.post(f"/mail/{first.id}/again").status_code == 303
    worker.run(app, once=True)
    assert _standings(app) == [MailState.SENT, MailState.SENT]


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("张伟@example.org", ""),
        ("a\r\nBcc: all@example.org", ""),
        ("nobody", ""),
        ("a@例子.中国", "a@xn--fsqu00a.xn--fiqs8s"),
        ("o'brien@example.org", "o'brien@example.org"),
        ('"a, b"@example.org', '"a, b"@example.org'),
    ],
)
def test_an_address_that_e_mail_does_not_carry_holds_up_nobody_else(app: Flask, cast: Cast, office: PostOffice, address: str, to: str) -> None:
    with app.app_context(), writing() as current:
        current.get_one(Person, cast.huawei.person_id).email = address
    _told(app, cast, "huawei", "sogou")
    worker.run(app, once=True)
    first, second = _mails(app)
    assert (first.standing, second.standing) == (MailState.SENT if to else MailState.BOUNCED, MailState.SENT)
    assert [str(message["To"]) for message in office.taken] == ([to] if to else []) + ["sogou@example.org"]
    assert all(message["Bcc"] is None for message in office.taken)


def test_a_slow_worker_leaves_what_another_has_in_hand(app: Flask, cast: Cast, office: PostOffice) -> None:
    def slowly(message: EmailMessage) -> Handed:
        clock.stand_at(clock.now() + LEASE)
        with writing():
            assert len(outbox.claim(clock.now())) == 2  # the other worker, of what was left in hand
        return hand_over(message, office.server)

    _told(app, cast, "huawei", "sogou")
    with app.app_context():
        deliver(app.extensions["settings"], slowly)
    assert (len(office.taken), _standings(app)) == (1, [MailState.SENT, MailState.WAITING])


def test_a_server_that_is_away_is_asked_again_and_given_up_at_last(app: Flask, cast: Cast, office: PostOffice) -> None:
    office.busy = True
    _told(app, cast, "huawei")
    at = NOW
    for wait in WAITS:
        with clock.standing_at(at):
            worker.run(app, once=True)
        (mail,) = _mails(app)
        assert (mail.standing, mail.due_at) == (MailState.WAITING, at + wait)
        at += wait
    with clock.standing_at(at):
        worker.run(app, once=True)
    assert (_standings(app), office.taken) == ([MailState.FAILED], [])


def test_nobody_at_the_port_is_a_server_that_is_away(app: Flask, cast: Cast, office: PostOffice) -> None:
    office.shutdown()
    office.server_close()
    _told(app, cast, "huawei")
    worker.run(app, once=True)
    assert _standings(app) == [MailState.WAITING]


class Killed(BaseException):
    """What ends a worker in the middle."""


def test_killed_between_sending_and_marking_it_is_the_same_mail_again(app: Flask, cast: Cast, office: PostOffice) -> None:
    def send_and_die(message: object) -> Handed:
        hand_over(message, office.server)  # type: ignore[arg-type] # the message of the worker
        raise Killed

    _told(app, cast, "huawei")
    with app.app_context(), pytest.raises(Killed):
        deliver(app.extensions["settings"], send_and_die)
    worker.run(app, once=True)
    assert (len(office.taken), _standings(app)) == (1, [MailState.WAITING])  # the lease still stands
    with clock.standing_at(NOW + LEASE):
        worker.run(app, once=True)
    assert (len(office.taken), len(set(office.ids)), _standings(app)) == (2, 1, [MailState.SENT])


def test_two_workers_at_once_send_each_mail_once(app: Flask, cast: Cast, office: PostOffice) -> None:
    names = [name for name, member in cast.people.items() if member.actor.unit_id and name != "suspended"]
    for _ in range(2):
        _told(app, cast, *names, state=ProposalState.SCREENED)
    threads = [threading.Thread(target=worker.run, args=(app,), kwargs={"once": True}) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker.run(app, once=True)
    assert (len(office.ids), set(office.ids)) == (2 * len(names), {mail.message_id for mail in _mails(app)})


def test_without_a_mail_server_notices_stay_in_the_program(app: Flask, client_of: Clients, cast: Cast) -> None:
    _told(app, cast, "huawei")
    assert (worker.run(app, once=True), _mails(app)) == (0, [])
    client = client_of(cast.huawei)
    assert "was returned." in client.get("/notices").text
    assert "No e-mail is sent at present" in client.get("/profile/mail").text


def test_telling_fifty_costs_as_much_as_telling_one(app: Flask, cast: Cast, queries: Callable[[], AbstractContextManager[Statements]]) -> None:
    names, counts = [name for name in cast.people if name != "suspended"], []
    for some in (names[:1], names):
        with queries() as seen:
            _told(app, cast, *some, action="submit")
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_what_is_binding_cannot_be_turned_off(app: Flask, client_of: Clients, cast: Cast) -> None:
    client = client_of(cast.huawei)
    assert client.post("/profile/mail", data={**dict.fromkeys(NoticeKind, "off"), "own": "hourly"}).status_code == 303
    with app.app_context():
        kept = {choice.kind: choice.pace for choice in db.session.scalars(sa.select(MailChoice))}
    assert kept == {kind: Pace.OFF for kind in NoticeKind if kind not in BINDING | {NoticeKind.OWN}}
    page = client.get("/profile/mail").text
    assert (page.count("<select"), page.count("At once</span>")) == (len(NoticeKind) - len(BINDING), len(BINDING))


def test_mails_are_read_by_their_reader_and_the_secretariat_alone(app: Flask, client_of: Clients, cast: Cast, office: PostOffice) -> None:
    proposal = _told(app, cast, "huawei")
    worker.run(app, once=True)
    assert len(office.taken) == 1
    (mail,) = _mails(app)
    answers = {name: client_of(cast.people[name]).get(f"/mail/{mail.id}").status_code for name in ("huawei", "secretariat", "sogou", "chair")}
    assert answers == {"huawei": 200, "secretariat": 200, "sogou": 404, "chair": 404}
    mine = client_of(cast.huawei)
    assert (mine.get("/mail").status_code, mine.post("/mail/test").status_code, mine.post(f"/mail/{mail.id}/again").status_code) == (403, 403, 403)
    listed = [client_of(cast.people[name]).get("/profile/mail/received").text.count(f"/mail/{mail.id}") for name in ("huawei", "sogou")]
    about = [client_of(cast.secretariat).get(f"/mail?about=proposal-{number}").text.count(f"/mail/{mail.id}") for number in (proposal, proposal + 1)]
    assert (listed, about) == ([1, 0], [1, 0])


def test_a_mail_about_a_units_vote_is_for_its_reader_alone(app: Flask, client_of: Clients, cast: Cast, office: PostOffice) -> None:
    _told(app, cast, "huawei")
    with app.app_context(), writing() as current:
        current.execute(sa.text("UPDATE notice SET subject_kind = 'ballot', action = 'cast'"))
    worker.run(app, once=True)
    assert len(office.taken) == 1
    (mail,) = _mails(app)
    assert [client_of(cast.people[name]).get(f"/mail/{mail.id}").status_code for name in ("huawei", "secretariat")] == [200, 404]
    assert f"/mail/{mail.id}" not in client_of(cast.secretariat).get("/mail").text
    assert client_of(cast.secretariat).post(f"/mail/{mail.id}/again").status_code == 404


@pytest.mark.parametrize(
    "about", ["proposal-0", "proposal-9999999999", "proposal--1", "proposal-٣", "person-1", "proposal", "-", "x" * 9000, "proposal-1' OR 1=1", "\x00"]
)
def test_a_strange_object_shows_the_outbox_or_nothing(client_of: Clients, cast: Cast, about: str) -> None:
    assert client_of(cast.secretariat).get("/mail", query_string={"about": about, "state": "'", "page": "1"}).status_code == 200


@pytest.mark.parametrize("number", ["0", "999999999", "99999999999999999999999", "-1", "1.0", "x"])
def test_no_number_of_a_mail_is_an_error(client_of: Clients, cast: Cast, number: str) -> None:
    client = client_of(cast.secretariat)
    assert (client.get(f"/mail/{number}").status_code, client.post(f"/mail/{number}/again").status_code) == (404, 404)


def test_nobody_chooses_for_another(app: Flask, client_of: Clients, cast: Cast) -> None:
    forged = {"own": "off", "person_id": cast.sogou.person_id, "person": "sogou", "comments": "x" * 10_000, "own\x00": "off", "account": "off"}
    assert client_of(cast.huawei).post("/profile/mail", data=forged).status_code == 303
    with app.app_context():
        kept = [(choice.person_id, choice.kind, choice.pace) for choice in db.session.scalars(sa.select(MailChoice))]
    assert kept == [(cast.huawei.person_id, NoticeKind.OWN, Pace.OFF)]


def test_a_visitor_is_asked_to_sign_in_before_anything_is_looked_up(visitor: FlaskClient) -> None:
    answers = [visitor.get(path).headers.get("Location", "") for path in ("/mail", "/mail/1", "/profile/mail", "/profile/mail/received")]
    assert all(answer.startswith("/sign-in?next=") for answer in answers)
    assert [visitor.post(path).status_code for path in ("/mail/test", "/mail/1/again", "/profile/mail")] == [401, 401, 401]


def test_the_secretariat_writes_itself_a_test(app: Flask, client_of: Clients, cast: Cast, office: PostOffice) -> None:
    assert client_of(cast.secretariat).post("/mail/test").status_code == 303
    worker.run(app, once=True)
    assert [str(message["To"]) for message in office.taken] == ["secretariat@example.org"]


def test_the_outbox_costs_the_same_for_one_and_three(
    app: Flask, client_of: Clients, cast: Cast, office: PostOffice, queries: Callable[[], AbstractContextManager[Statements]]
) -> None:
    client, counts = client_of(cast.secretariat), []
    for names in (["huawei"], ["huawei", "sogou"]):
        _told(app, cast, *names)
        worker.run(app, once=True)
        with queries() as seen:
            client.get("/mail")
        counts.append(len(seen))
    assert (counts, len(office.taken)) == ([3, 3], 3)


def test_the_secretariat_finds_the_mails_on_their_object(in_the_year: Flask, year_template: Year) -> None:
    secretariat, chair = (sign_in_as(in_the_year, year_template.people[name]) for name in ("secretariat", "chair"))
    for page, about in (("/proposals/1", "proposal-1"), ("/ballots/1", "ballot-1"), ("/ballots/2", "ballot-2"), ("/projects/1", "project-1")):
        assert f"/mail?about={about}" in secretariat.get(page).text, page
        assert "/mail?about=" not in chair.get(page).text, page
