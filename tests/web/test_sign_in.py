"""Coming in and going out, as a browser sees it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast, Member
from tests.product import make_app
from tracker import clock
from tracker.audit.models import Event
from tracker.db import session, writing
from tracker.members import actions, passwords, sign_in
from tracker.members.models import Link, Person, Purpose, Seat, SignInSession
from tracker.members.rules import PersonState
from tracker.members.tokens import link_address
from tracker.notifications.models import Notice
from tracker.policy import SYSTEM, Role
from tracker.web.identity import IDLE, IDLE_REMEMBERED

SECRET = "a long and quiet sentence"
EMAIL = "huawei@example.org"
WRONG = "E-mail and password do not belong together"
Clients = Callable[..., FlaskClient]


@pytest.fixture
def known(app: Flask, cast: Cast) -> Member:
    """Huawei's representative, with a password."""
    with app.app_context(), writing() as current:
        current.get_one(Person, cast.huawei.person_id).password_hash = passwords.make_hash(SECRET)
    return cast.huawei


def read(app: Flask, person: int) -> Person:
    """Return a person as stored now."""
    with app.app_context():
        return session().get_one(Person, person)


def link_for(app: Flask, person: int, purpose: Purpose) -> str:
    """Make a link and return its path."""
    with app.app_context(), writing() as current:
        return f"/join/{sign_in.make_link(current.get_one(Person, person), purpose)}"


def enter(client: FlaskClient, **fields: str) -> object:
    """Send the sign-in form."""
    return client.post("/sign-in", data={"email": EMAIL, "password": SECRET, **fields}, headers={"Accept-Language": "en"})


def test_sign_in_with_the_right_password(visitor: FlaskClient, known: Member, app: Flask) -> None:
    answer = enter(visitor, email=" HUAWEI@example.org ")
    assert (answer.status_code, answer.location) == (303, "/")
    assert visitor.get("/profile").status_code == 200
    with app.app_context():
        assert session().scalars(sa.select(Event.action).where(Event.person_id == known.person_id)).all() == ["sign_in"]


@pytest.mark.usefixtures("known")
def test_sign_in_goes_back_to_the_page_asked_for(visitor: FlaskClient) -> None:
    asked = visitor.get("/members?q=美团")
    assert asked.status_code == 303
    page = visitor.get(asked.location)
    back = html.unescape(re.search(r'name="next"[^>]*value="([^"]*)"', page.text.split('action="/sign-in"')[1])[1])
    assert back == "/members?q=美团"
    assert enter(visitor, next=back).location == "/members?q=%E7%BE%8E%E5%9B%A2"


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "evil"])
@pytest.mark.usefixtures("known")
def test_sign_in_never_leaves_the_site(visitor: FlaskClient, target: str) -> None:
    assert enter(visitor, next=target).location == "/"


@pytest.mark.parametrize(
    "fields", [{"password": "not the sentence"}, {"email": "nobody@example.org"}, {"email": "suspended@example.org"}, {"email": "chair@example.org"}]
)
@pytest.mark.usefixtures("known")
def test_sign_in_answers_alike_for_wrong_and_unknown(visitor: FlaskClient, app: Flask, cast: Cast, fields: dict[str, str]) -> None:
    with app.app_context(), writing() as current:
        current.get_one(Person, cast.suspended.person_id).password_hash = passwords.make_hash(SECRET)
    answer = enter(visitor, **fields)
    assert answer.status_code == 422
    assert WRONG in answer.text
    assert fields.get("email", EMAIL) in answer.text
    assert SECRET not in answer.text


@pytest.mark.usefixtures("known")
def test_sign_in_compares_once_for_everyone(monkeypatch: pytest.MonkeyPatch, visitor: FlaskClient) -> None:
    compared = []
    monkeypatch.setattr(passwords, "_HASHER", type("Counting", (), {"verify": lambda _self, stored, _given: compared.append(stored) or True})())
    for email in (EMAIL, "nobody@example.org", "chair@example.org"):
        enter(visitor, email=email)
    assert [stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$") for stored in compared] == [True, True, True]


@pytest.mark.usefixtures("known")
def test_sign_in_holds_no_transaction_while_it_compares(monkeypatch: pytest.MonkeyPatch, visitor: FlaskClient) -> None:
    inside = []
    real = passwords.matches
    monkeypatch.setattr(passwords, "matches", lambda *given: inside.append(session().in_transaction()) or real(*given))
    enter(visitor)
    assert inside == [False]


@pytest.mark.parametrize(
    "fields", [{"email": ""}, {"password": ""}, {"email": "x" * 300}, {"password": "\x00" * 500}, {"email": "\x00"}, {"carry": "{", "carry_to": "x"}]
)
@pytest.mark.usefixtures("known")
def test_sign_in_takes_any_nonsense(visitor: FlaskClient, fields: dict[str, str]) -> None:
    assert enter(visitor, **fields).status_code in {303, 422}


def test_sign_in_page_when_already_signed_in(client_of: Clients, cast: Cast) -> None:
    assert client_of(cast.huawei).get("/sign-in?next=/profile").location == "/profile"


@pytest.mark.usefixtures("known")
def test_sign_in_ends_the_session_it_replaces(app: Flask, visitor: FlaskClient) -> None:
    enter(visitor)
    enter(visitor)
    with app.app_context():
        ends = session().scalars(sa.select(SignInSession.ended_at).order_by(SignInSession.id)).all()
    assert ends == [NOW, None]


@pytest.mark.parametrize(("ticked", "idle"), [("", IDLE), ("y", IDLE_REMEMBERED)])
@pytest.mark.usefixtures("known")
def test_session_runs_out_without_use(visitor: FlaskClient, ticked: str, idle: timedelta) -> None:
    enter(visitor, **({"remembered": ticked} if ticked else {}))
    with clock.standing_at(NOW + idle - timedelta(seconds=50)):
        assert visitor.get("/profile").status_code == 200
    with clock.standing_at(NOW + 2 * idle):
        assert visitor.get("/profile").location.startswith("/sign-in?next=")


@pytest.mark.usefixtures("known")
def test_session_is_over_after_seven_days_of_use(visitor: FlaskClient) -> None:
    enter(visitor, remembered="y")
    for hours in range(6, 7 * 24, 6):
        with clock.standing_at(NOW + timedelta(hours=hours)):
            assert visitor.get("/profile").status_code == 200
    with clock.standing_at(NOW + timedelta(days=7)):
        assert visitor.get("/profile").status_code == 303


def test_sign_out_ends_the_session(client_of: Clients, cast: Cast) -> None:
    client = client_of(cast.huawei)
    with client.session_transaction() as cookie:
        token = cookie["_user_id"]
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").location == "/sign-in"
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert client.get("/profile").status_code == 303


@pytest.mark.usefixtures("known")
def test_session_over_keeps_what_was_typed(visitor: FlaskClient) -> None:
    url = "/members/people/1/change"
    typed = {"name_zh": '新名字"<b>', "tag": ["one", "two"], "password": "hidden", "csrf_token": "old"}
    over = visitor.post(url, data=typed, headers={"Origin": "http://localhost", "Accept-Language": "en"})
    assert over.status_code == 401
    assert "Nothing was saved by your last click" in over.text
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="(next|carry|carry_to)"[^>]*value="([^"]*)"', over.text)}
    assert fields["carry_to"] == fields["next"] == url
    again = enter(visitor, **fields, password="wrong one at first")
    assert again.status_code == 422
    assert fields["carry"] in html.unescape(again.text)
    onward = enter(visitor, **fields)
    assert onward.status_code == 200
    sent = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', onward.text.split(f'action="{url}"')[1])
    assert [(name, html.unescape(value)) for name, value in sent if name != "csrf_token"] == [("name_zh", '新名字"<b>'), ("tag", "one"), ("tag", "two")]


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}])
def test_session_over_carries_nothing_of_another_site(visitor: FlaskClient, headers: dict[str, str]) -> None:
    over = visitor.post("/profile/password", data={"x": "forged-words"}, headers=headers)
    assert over.status_code in {401, 403}
    assert "forged-words" not in over.text


def test_session_over_carries_nothing_too_large(visitor: FlaskClient) -> None:
    over = visitor.post("/members/people/1/change", data={"x": "y" * 500_000}, headers={"Origin": "http://localhost"})
    assert (over.status_code, "yyyy" in over.text) == (401, False)


def test_session_over_page_itself_leads_to_sign_in(visitor: FlaskClient) -> None:
    assert visitor.get("/session-over").location == "/sign-in"


@pytest.mark.usefixtures("known")
def test_continue_works_with_csrf_protection(app: Flask, visitor: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    over = visitor.post("/language", data={"locale": "en"}, headers={"Origin": "http://localhost"})
    assert over.status_code == 400
    over = visitor.post("/profile/password", data={"old": "x"}, headers={"Origin": "http://localhost"})
    fields = {
        name: html.unescape(value)
        for name, value in re.findall(r'name="(next|carry|carry_to|csrf_token)"[^>]*value="([^"]*)"', over.text.split('action="/sign-in"')[1])
    }
    onward = enter(visitor, **fields)
    token = re.search(r'action="/profile/password">\s*<input type="hidden" name="csrf_token" value="([^"]+)"', onward.text)[1]
    assert visitor.post("/profile/password", data={"csrf_token": token, "old": "x"}).status_code == 422
    assert visitor.post("/profile/password", data={"csrf_token": "none", "old": "x"}).status_code == 400


def test_join_by_invitation(app: Flask, visitor: FlaskClient, cast: Cast) -> None:
    with app.app_context(), writing() as current:
        current.get_one(Person, cast.expert.person_id).state = PersonState.INVITED
    path = link_for(app, cast.expert.person_id, Purpose.INVITATION)
    assert "expert@example.org" in visitor.get(path).text
    answer = visitor.post(path, data={"password": SECRET, "again": SECRET})
    assert (answer.status_code, visitor.get("/profile").status_code) == (303, 200)
    assert read(app, cast.expert.person_id).state is PersonState.ACTIVE
    again = app.test_client().post(path, data={"password": SECRET, "again": SECRET}, headers={"Accept-Language": "en"})
    assert again.status_code == 409
    assert "This link was used already" in again.text


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("short", "short", "Use at least 10 characters"),
        ("x" * 201, "x" * 201, "Use at most 200 characters"),
        ("1234567890", "1234567890", "among the first that anyone would try"),
        ("aaaaaaaaaaaa", "aaaaaaaaaaaa", "among the first that anyone would try"),
        (EMAIL.upper(), EMAIL.upper(), "must not be your name"),
        (SECRET, "another sentence", "The two entries are not the same"),
        ("", "", "Enter something here"),
    ],
)
def test_join_refuses_weak_passwords(app: Flask, visitor: FlaskClient, known: Member, password: str, again: str, says: str) -> None:
    path = link_for(app, known.person_id, Purpose.RESET)
    answer = visitor.post(path, data={"password": password, "again": again}, headers={"Accept-Language": "en"})
    assert (answer.status_code, says in answer.text) == (422, True)
    assert visitor.get(path).status_code == 200


@pytest.mark.parametrize(("purpose", "lifetime"), [(Purpose.INVITATION, timedelta(days=7)), (Purpose.RESET, timedelta(hours=24))])
def test_link_is_good_until_its_last_moment(app: Flask, visitor: FlaskClient, cast: Cast, purpose: Purpose, lifetime: timedelta) -> None:
    path = link_for(app, cast.expert.person_id, purpose)
    with clock.standing_at(NOW + lifetime - timedelta(seconds=1)):
        assert visitor.get(path).status_code == 200
    with clock.standing_at(NOW + lifetime):
        assert visitor.get(path).status_code == 409
        assert visitor.post(path, data={"password": SECRET, "again": SECRET}).status_code == 409


def test_link_stops_when_a_newer_one_is_made_or_the_account_is_suspended(app: Flask, visitor: FlaskClient, cast: Cast) -> None:
    first, second = (link_for(app, cast.expert.person_id, Purpose.RESET) for _ in range(2))
    assert (visitor.get(first).status_code, visitor.get(second).status_code) == (409, 200)
    with app.app_context(), writing() as current:
        current.get_one(Person, cast.expert.person_id).state = PersonState.SUSPENDED
    assert visitor.get(second).status_code == 409
    assert visitor.get("/join/unknown").status_code == 404


def test_link_keeps_only_a_hash_and_the_configured_host(app: Flask, cast: Cast) -> None:
    path = link_for(app, cast.expert.person_id, Purpose.RESET)
    token = path.rpartition("/")[2]
    with app.app_context():
        assert token not in session().scalars(sa.select(Link.token_hash)).one()
    assert link_address("https://ipwc.example", token) == f"https://ipwc.example{path}"


def test_reset_signs_every_device_out(app: Flask, visitor: FlaskClient, client_of: Clients, known: Member) -> None:
    other = client_of(known)
    assert visitor.post(link_for(app, known.person_id, Purpose.RESET), data={"password": SECRET + "!", "again": SECRET + "!"}).status_code == 303
    assert (other.get("/profile").status_code, visitor.get("/profile").status_code) == (303, 200)


def test_forgot_answers_alike_and_tells_the_secretariat_once(app: Flask, visitor: FlaskClient, known: Member, cast: Cast) -> None:
    answers = [visitor.post("/forgot", data={"email": email}) for email in (EMAIL, EMAIL, "nobody@example.org", "suspended@example.org")]
    assert {(answer.status_code, answer.location, answer.text) for answer in answers} == {(303, "/forgot?asked=1", answers[0].text)}
    with app.app_context():
        told = session().execute(sa.select(Notice.person_id, Notice.subject_id)).all()
    assert told == [(cast.secretariat.person_id, known.person_id)]
    assert read(app, known.person_id).reset_requested_at == NOW
    assert visitor.post("/forgot", data={"email": "no address"}).status_code == 422
    assert "sends no mail" in visitor.get("/forgot?asked=1", headers={"Accept-Language": "en"}).text


def test_seat_switch_changes_whom_one_acts_for(app: Flask, client_of: Clients, cast: Cast) -> None:
    with app.app_context(), writing() as current:
        seat = Seat(person_id=cast.huawei.person_id, role=Role.EXPERT, from_at=NOW)
        current.add(seat)
        current.flush()
        second, foreign = seat.id, cast.caict.actor.seat_id
    client = client_of(cast.huawei)
    assert client.post("/seat", data={"seat": second, "next": "/profile"}).location == "/profile"
    with app.app_context():
        assert session().scalars(sa.select(SignInSession.seat_id)).one() == second
    assert [client.post("/seat", data={"seat": wrong}).status_code for wrong in (foreign, "x", "9" * 40, "")] == [404] * 4
    assert client.get("/seat").status_code == 405


def test_seat_ends_at_its_instant(app: Flask, client_of: Clients, cast: Cast) -> None:
    with app.app_context(), writing() as current:
        current.get_one(Seat, cast.secretariat.actor.seat_id).until_at = NOW + timedelta(minutes=5)
    client = client_of(cast.secretariat)
    with clock.standing_at(NOW + timedelta(minutes=5) - timedelta(seconds=1)):
        assert client.get("/members/units/new").status_code == 200
    with clock.standing_at(NOW + timedelta(minutes=5)):
        assert client.get("/members/units/new").status_code == 403
        assert "You hold no seat at present" in client.get("/profile").text


def test_language_is_kept_signed_out_and_signed_in(app: Flask, visitor: FlaskClient, client_of: Clients, cast: Cast) -> None:
    assert visitor.post("/language", data={"locale": "en", "next": "/forgot"}).location == "/forgot"
    assert '<html lang="en"' in visitor.get("/forgot").text
    assert visitor.post("/language", data={"locale": "fr"}).status_code == 400
    client = client_of(cast.huawei, "zh")
    client.post("/language", data={"locale": "en", "next": "//evil.example"})
    assert read(app, cast.huawei.person_id).language == "en"
    assert '<html lang="en"' in client.get("/profile").text


def test_demo_offers_its_cast_by_one_click(app: Flask, cast: Cast) -> None:
    demo = make_app(app.config["SQLALCHEMY_DATABASE_URI"], app.extensions["settings"].instance, "demo")
    client = demo.test_client()
    page = client.get("/sign-in", headers={"Accept-Language": "en"}).text
    assert page.count("/sign-in/as/") == len(cast.people) - 1
    assert f"/sign-in/as/{cast.suspended.person_id}" not in page
    assert client.post(f"/sign-in/as/{cast.suspended.person_id}").status_code == 404
    assert client.post(f"/sign-in/as/{cast.chair.person_id}", data={"next": "/profile"}).location == "/profile"
    assert client.get("/profile").status_code == 200
    with demo.app_context():
        session().get_bind().dispose()


def test_what_was_typed_goes_along_with_a_click_too(app: Flask, cast: Cast) -> None:
    demo = make_app(app.config["SQLALCHEMY_DATABASE_URI"], app.extensions["settings"].instance, "demo")
    client = demo.test_client()
    typed = {"carry": '[["method","改过的研究方法"]]', "carry_to": "/proposals/1/edit", "next": "/proposals/1/edit"}

    page = client.post(f"/sign-in/as/{cast.huawei.person_id}", data=typed)

    assert page.status_code == 200
    assert 'action="/proposals/1/edit"' in page.text
    assert 'name="method" value="改过的研究方法"' in page.text
    assert 'action="/sign-out"' in page.text
    with demo.app_context():
        session().get_bind().dispose()


@pytest.mark.parametrize("mode", ["production", "test"])
def test_no_click_signs_anyone_in_outside_the_demonstration(app: Flask, cast: Cast, mode: str) -> None:
    other = make_app(app.config["SQLALCHEMY_DATABASE_URI"], app.extensions["settings"].instance, mode)
    client = other.test_client()
    assert "/sign-in/as/" not in client.get("/sign-in").text
    assert client.post(f"/sign-in/as/{cast.chair.person_id}").status_code == 404
    with other.app_context():
        session().get_bind().dispose()


def test_profile_changes_the_password_and_ends_the_others(client_of: Clients, known: Member) -> None:
    here, elsewhere = client_of(known), client_of(known)
    new = {"password": SECRET + " two", "again": SECRET + " two"}
    refused = here.post("/profile/password", data={"old": "wrong", **new})
    assert (refused.status_code, "This is not your present password" in refused.text) == (422, True)
    assert here.post("/profile/password", data={"old": SECRET, **new}).location == "/profile"
    assert (here.get("/profile").status_code, elsewhere.get("/profile").status_code) == (200, 303)
    assert here.get("/profile/password").status_code == 405


def test_profile_lists_and_ends_own_sessions(app: Flask, client_of: Clients, cast: Cast) -> None:
    here, second, third, stranger = client_of(cast.huawei), client_of(cast.huawei), client_of(cast.huawei), client_of(cast.caict)
    with app.app_context():
        ids = session().scalars(sa.select(SignInSession.id).order_by(SignInSession.id)).all()
    page = here.get("/profile").text
    assert [f"/profile/sessions/{key}/end" in page for key in ids] == [True, True, True, False]
    assert stranger.post(f"/profile/sessions/{ids[1]}/end").status_code == 404
    assert here.post(f"/profile/sessions/{ids[1]}/end").location == "/profile"
    assert here.post(f"/profile/sessions/{ids[1]}/end").status_code == 404
    assert (second.get("/profile").status_code, third.get("/profile").status_code) == (303, 200)
    assert here.post("/profile/sessions/end-others").status_code == 303
    assert (third.get("/profile").status_code, here.get("/profile").status_code, stranger.get("/profile").status_code) == (303, 200, 200)
    assert here.post(f"/profile/sessions/{ids[0]}/end").location == "/sign-in"
    assert here.get("/profile").status_code == 303


def test_profile_costs_the_same_for_one_session_and_three(client_of: Clients, cast: Cast, queries: Callable[[], object]) -> None:
    counts = []
    for more in (1, 2):
        clients = [client_of(cast.huawei) for _ in range(more)]
        with queries() as seen:
            clients[0].get("/profile")
        counts.append(len(seen))
    assert counts == [2, 2]


def test_first_link_lets_the_first_secretariat_in(app: Flask, visitor: FlaskClient, cast: Cast) -> None:
    with app.app_context(), writing() as current:
        assert actions.first_link() is None
        current.get_one(Seat, cast.secretariat.actor.seat_id).until_at = NOW
    with app.app_context(), writing() as current:
        lost = actions.first_link(email="first@example.org")
    with app.app_context(), writing() as current:
        token = actions.first_link(email="first@example.org")
    assert visitor.get(f"/join/{lost}").status_code == 409
    assert visitor.post(f"/join/{token}", data={"password": SECRET, "again": SECRET}).status_code == 303
    assert visitor.get("/members/units/new").status_code == 200
    with app.app_context(), writing() as current:
        assert actions.first_link() is None
        events = current.execute(sa.select(Event.role, Event.action).order_by(Event.place)).all()
    assert events == [(SYSTEM.role, "create"), (SYSTEM.role, "seat"), (SYSTEM.role, "invite"), (SYSTEM.role, "invite"), ("guest", "join"), ("guest", "sign_in")]
