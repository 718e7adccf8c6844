"""Units, people and seats on web pages."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast
from tracker import clock
from tracker.audit.models import Event
from tracker.db import session, writing
from tracker.members.models import Person, Seat, Unit, UnitKind
from tracker.members.rules import PersonState, UnitState
from tracker.notifications.models import Notice
from tracker.policy import Role

Clients = Callable[..., FlaskClient]
UNIT = {"code": "new-unit", "name_zh": "新单位", "name_en": "New unit", "short_zh": "", "short_en": "", "kind": "member"}
PERSON = {"name_zh": "新代表", "name_en": "", "email": "New.One@example.org", "role": "representative", "from_on": "", "until_on": ""}
LONG_ID = "9" * 30


@pytest.fixture
def secretariat(client_of: Clients, cast: Cast) -> FlaskClient:
    """The secretariat's browser, in English."""
    return client_of(cast.secretariat)


def find(app: Flask, model: type, **where: object) -> object:
    """Return the one row as stored now."""
    with app.app_context():
        return session().scalars(sa.select(model).filter_by(**where)).one()


def test_units_are_found_by_two_characters_in_the_middle(client_of: Clients, cast: Cast) -> None:
    page = client_of(cast.huawei).get("/members?q=信息").text
    assert re.findall(r'class="title" href="/members/units/(\d+)"', page) == [str(cast.units["caict"])]


@pytest.mark.parametrize(
    "query", ["q=%25", "q=_", "page=0", "page=abc", "page=" + LONG_ID, "sort=evil", "kind=evil", "state=%00", "q=%00", "role=x", "q=" + "长" * 3000]
)
def test_lists_answer_any_address(secretariat: FlaskClient, query: str) -> None:
    assert [secretariat.get(f"{url}?{query}").status_code for url in ("/members", "/members/people")] == [200, 200]


def test_units_are_filtered_sorted_and_counted(secretariat: FlaskClient, cast: Cast) -> None:
    page = secretariat.get("/members?kind=vice_chair&sort=-people").text
    shown = re.findall(r'class="title" href="/members/units/(\d+)"', page)
    assert (len(shown), shown[0]) == (18, str(cast.units["huawei"]))
    assert "No unit matches." in secretariat.get("/members?q=nothing-like-it").text


def test_people_are_paged(secretariat: FlaskClient) -> None:
    first, second = (re.findall(r'class="title" href="/members/people/(\d+)"', secretariat.get(f"/members/people?page={page}").text) for page in (1, 99))
    assert (len(first), len(second), set(first) & set(second)) == (25, 1, set())


@pytest.mark.parametrize("url", ["/members", "/members/people", "/members/units/{unit}", "/members/people/{person}"])
def test_addresses_are_for_the_secretariat_and_oneself(client_of: Clients, cast: Cast, visitor: FlaskClient, url: str) -> None:
    at = url.format(unit=cast.units["huawei"], person=cast.huawei.person_id)
    stranger, own, office = (client_of(member).get(at).text for member in (cast.caict, cast.huawei, cast.secretariat))
    mine = "people/" in url
    assert ("@example.org" in stranger, "huawei@example.org" in own, "huawei@example.org" in office) == (False, mine, "people" in url)
    assert visitor.get(at).status_code == 303


GUARDED = ["/members/units/new", "/members/units/{unit}/change", "/members/people/new"] + [
    f"/members/people/{{person}}/{verb}" for verb in ("change", "seat", "suspend", "reset", "invite", "reinstate")
]


@pytest.mark.parametrize("url", [*GUARDED, "/members/seats/{seat}/end"])
def test_only_the_secretariat_changes_anything(app: Flask, client_of: Clients, cast: Cast, visitor: FlaskClient, url: str) -> None:
    at = url.format(unit=cast.units["huawei"], person=cast.huawei.person_id, seat=cast.huawei.actor.seat_id)
    for member in (cast.huawei, cast.chair, cast.expert):
        client = client_of(member)
        assert (client.get(at).status_code, client.post(at, data={**UNIT, **PERSON, "note": "x"}).status_code) == (403, 403)
    assert (visitor.get(at).status_code, visitor.post(at).status_code, client_of(cast.secretariat).delete(at).status_code) == (303, 401, 405)
    with app.app_context():
        assert session().scalar(sa.select(sa.func.count()).select_from(Event)) == 0


@pytest.mark.parametrize(
    "url",
    ["/members/units/{}", "/members/units/{}/change", "/members/people/{}", "/members/people/{}/suspend", "/members/seats/{}/end", "/members/people/{}/seat"],
)
@pytest.mark.parametrize("number", ["0", "4711", LONG_ID])
def test_unknown_things_are_not_found(secretariat: FlaskClient, url: str, number: str) -> None:
    assert secretariat.get(url.format(number)).status_code == 404


def test_unit_is_added_and_recorded(app: Flask, secretariat: FlaskClient) -> None:
    answer = secretariat.post("/members/units/new", data=UNIT)
    made = find(app, Unit, code="new-unit")
    assert (answer.status_code, answer.location) == (303, f"/members/units/{made.id}")
    assert (made.short_zh, made.kind, made.state) == ("新单位", UnitKind.MEMBER, UnitState.ACTIVE)
    assert find(app, Event, subject_kind="unit").action == "create"
    again = secretariat.post("/members/units/new", data={**UNIT, "name_en": "Typed text"})
    assert (again.status_code, "Another unit has this code." in again.text, 'value="Typed text"' in again.text) == (422, True, True)


@pytest.mark.parametrize(
    "fields",
    [
        {"code": ""},
        {"code": "Ä b"},
        {"code": "x" * 41},
        {"name_zh": "", "name_en": ""},
        {"name_zh": "长" * 121},
        {"name_en": "a\x07b"},
        {"name_en": "a\u202eb"},
        {"name_en": "a\nb"},
        {"kind": "x"},
    ],
)
def test_unit_form_comes_back_with_what_is_wrong(secretariat: FlaskClient, fields: dict[str, str]) -> None:
    answer = secretariat.post("/members/units/new", data={**UNIT, **fields})
    assert (answer.status_code, 'id="errors"' in answer.text) == (422, True)


def test_unit_changes_once_per_version(app: Flask, secretariat: FlaskClient, cast: Cast) -> None:
    url = f"/members/units/{cast.units['member-1']}/change"
    entry = {**UNIT, "state": "left", "version": "1"}
    assert secretariat.post(url, data=entry).status_code == 303
    assert find(app, Unit, id=cast.units["member-1"]).state is UnitState.LEFT
    assert secretariat.post(url, data=entry).status_code == 409


def test_person_is_added_with_a_seat_and_a_link_shown_once(app: Flask, secretariat: FlaskClient, cast: Cast, visitor: FlaskClient) -> None:
    answer = secretariat.post("/members/people/new", data={**PERSON, "unit_id": str(cast.units["meituan"])})
    made = find(app, Person, email="new.one@example.org")
    assert (answer.location, made.state) == (f"/members/people/{made.id}/link", PersonState.INVITED)
    link = re.search(r"http://localhost(/join/[\w-]+)", secretariat.get(answer.location).text)[1]
    assert "/join/" not in secretariat.get(answer.location).text
    assert visitor.get(link).status_code == 200
    assert find(app, Seat, person_id=made.id).role is Role.REPRESENTATIVE


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"email": "HUAWEI@example.org"}, "Somebody here has this e-mail address already."),
        ({"email": "no address"}, "This is not an e-mail address"),
        ({"email": "x" * 300 + "@example.org"}, "at most 254 characters"),
        ({"name_zh": ""}, "Enter a name in Chinese or in English."),
        ({"unit_id": ""}, "This seat belongs to a unit"),
        ({"role": "chair"}, "This seat belongs to the committee itself"),
        ({"role": "system"}, "Choose one of the seats."),
        ({"role": "emperor"}, "Choose one of the seats."),
        ({"unit_id": LONG_ID}, "Not a valid choice"),
        ({"from_on": "2021-02-30"}, "Not a valid date value"),
        ({"until_on": "9999-12-31"}, "Choose a day between 2000 and 2100."),
        ({"from_on": "2021-03-02", "until_on": "2021-03-01"}, "The last day must not be before the first."),
    ],
)
def test_person_form_comes_back_with_what_is_wrong(app: Flask, secretariat: FlaskClient, cast: Cast, fields: dict[str, str], says: str) -> None:
    typed = {**PERSON, "name_en": "Typed name" if "name_zh" not in fields else "", "unit_id": str(cast.units["meituan"]), **fields}
    answer = secretariat.post("/members/people/new", data=typed)
    assert (answer.status_code, says in answer.text) == (422, True)
    assert ('value="Typed name"' in answer.text) is bool(typed["name_en"])
    with app.app_context():
        assert session().scalar(sa.select(sa.func.count()).select_from(Person)) == len(cast.people)


def test_seat_is_given_by_days_and_told(app: Flask, secretariat: FlaskClient, cast: Cast) -> None:
    url = f"/members/people/{cast.huawei.person_id}/seat"
    fields = {"role": "expert", "unit_id": "", "from_on": "2021-02-01", "until_on": "2021-02-28"}
    assert secretariat.post(url, data=fields).status_code == 303
    seat = find(app, Seat, person_id=cast.huawei.person_id, role=Role.EXPERT)
    assert (seat.from_at, seat.until_at) == (datetime(2021, 1, 31, 16, tzinfo=UTC), datetime(2021, 2, 28, 16, tzinfo=UTC))
    assert "28 February 2021" in secretariat.get(f"/members/people/{cast.huawei.person_id}").text
    with app.app_context():
        assert str(session().scalars(sa.select(Notice)).one().message) == "You now hold a seat: Expert."
    again = secretariat.post(url, data={**fields, "from_on": "2021-02-28"})
    assert (again.status_code, "holds this seat already" in again.text) == (422, True)


def test_seat_ends_its_rights_at_once(secretariat: FlaskClient, client_of: Clients, cast: Cast) -> None:
    url = f"/members/seats/{cast.huawei.actor.seat_id}/end"
    assert secretariat.post(url, data={"until_on": "2021-01-01"}).status_code == 422
    assert secretariat.post(url, data={}).status_code == 303
    assert "You hold no seat at present" in client_of(cast.huawei).get("/profile").text
    assert secretariat.post(url, data={}).status_code == 409


def test_last_secretariat_stays(app: Flask, secretariat: FlaskClient, cast: Cast) -> None:
    office = cast.secretariat
    for url in (f"/members/seats/{office.actor.seat_id}/end", f"/members/people/{office.person_id}/suspend"):
        answer = secretariat.post(url, data={"note": "a reason"})
        assert (answer.status_code, "This is the only person who can sign in as the secretariat" in answer.text) == (409, True)
    with app.app_context(), writing() as current:
        current.add(Seat(person_id=cast.expert.person_id, role=Role.SECRETARIAT, from_at=NOW))
    assert secretariat.post(f"/members/seats/{office.actor.seat_id}/end", data={}).status_code == 303
    assert secretariat.get("/members/units/new").status_code == 403


def test_suspension_ends_everything_at_once_and_can_be_lifted(app: Flask, secretariat: FlaskClient, client_of: Clients, cast: Cast) -> None:
    theirs, at = client_of(cast.huawei), f"/members/people/{cast.huawei.person_id}"
    assert secretariat.post(f"{at}/suspend", data={"note": "  "}).status_code == 422
    assert secretariat.post(f"{at}/suspend", data={"note": "left the company"}).status_code == 303
    assert theirs.get("/profile").status_code == 303
    assert [secretariat.post(f"{at}/{verb}", data={"note": "x"}).status_code for verb in ("suspend", "reset", "invite", "seat")] == [409] * 4
    assert find(app, Event, action="suspend").note == "left the company"
    assert secretariat.post(f"{at}/reinstate").status_code == 303
    assert find(app, Person, id=cast.huawei.person_id).state is PersonState.INVITED
    assert secretariat.post(f"{at}/reinstate").status_code == 409


def test_reset_request_shows_until_the_link_is_made(secretariat: FlaskClient, visitor: FlaskClient, cast: Cast) -> None:
    at = f"/members/people/{cast.huawei.person_id}"
    visitor.post("/forgot", data={"email": "huawei@example.org"})
    assert "Asked for a new password" in secretariat.get(at).text
    assert secretariat.post(f"{at}/reset").location == f"{at}/link"
    assert "Asked for a new password" not in secretariat.get(at).text
    assert secretariat.post(f"{at}/invite").status_code == 409


def test_person_changes_once_per_version(app: Flask, secretariat: FlaskClient, cast: Cast) -> None:
    url = f"/members/people/{cast.huawei.person_id}/change"
    entry = {"name_zh": "华为新代表", "name_en": "", "email": "rep@example.org", "version": "1", "state": "suspended"}
    assert secretariat.post(url, data=entry).status_code == 303
    person = find(app, Person, id=cast.huawei.person_id)
    assert (person.email, person.state, person.version) == ("rep@example.org", PersonState.ACTIVE, 2)
    assert secretariat.post(url, data=entry).status_code == 409


@pytest.mark.parametrize(("url", "most"), [("/members", 5), ("/members/people", 6), ("/members/units/{unit}", 5), ("/members/people/{person}", 6)])
def test_pages_cost_the_same_for_one_row_and_three(
    app: Flask, secretariat: FlaskClient, cast: Cast, queries: Callable[[], object], url: str, most: int
) -> None:
    counts = []
    for more in (0, 2):
        with app.app_context(), writing() as current:
            for number in range(more):
                current.add(Unit(code=f"more-{number}", name_zh="又一", name_en="", short_zh="", short_en="", kind=UnitKind.MEMBER))
                current.add(Seat(person_id=cast.meituan.person_id, unit_id=cast.units["meituan"], role=Role.CONTRIBUTOR, from_at=NOW - timedelta(days=number)))
        with clock.standing_at(NOW), queries() as seen:
            secretariat.get(url.format(unit=cast.units["meituan"], person=cast.meituan.person_id))
        counts.append(len(seen))
    assert (counts[0], counts[0] <= most) == (counts[1], True)
