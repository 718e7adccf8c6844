"""Rights end at once, wherever they end; nobody can name themselves another; what is hidden leaves no trace."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.cast import NOW, Cast
from tests.product import Year, sign_in_as
from tracker import clock
from tracker.comments.models import Remark
from tracker.db import Base, begin_writing, db, session, writing
from tracker.members import actions
from tracker.members.models import Person, Seat, SignInSession, Unit
from tracker.members.rules import PersonState
from tracker.notifications.models import Notice
from tracker.policy import Role
from tracker.proposals.models import Partner, Proposal, Version
from tracker.proposals.states import ProposalState
from tracker.web import identity

Clients = Callable[..., FlaskClient]
UNIT = {"code": "late-unit", "name_en": "Late unit", "name_zh": "", "short_en": "", "short_zh": "", "kind": "member"}


def end_seat(current: Session, cast: Cast) -> None:
    current.get_one(Seat, cast.secretariat.actor.seat_id).until_at = clock.now()


def end_session(current: Session, cast: Cast) -> None:
    mine = sa.update(SignInSession).where(SignInSession.person_id == cast.secretariat.person_id)
    current.execute(mine.values(ended_at=clock.now()))


def suspend(current: Session, cast: Cast) -> None:
    current.execute(sa.update(Person).where(Person.id == cast.secretariat.person_id).values(state=PersonState.SUSPENDED))


ENDS = [end_seat, end_session, suspend]


def at_the_lock(monkeypatch: pytest.MonkeyPatch, cast: Cast, happening: Callable[[Session, Cast], None]) -> None:
    """Let ``happening`` come between the moment a request looked up its visitor and the moment it holds the lock."""
    happened: list[bool] = []

    def late() -> Session:
        if not happened:
            happened.append(True)
            current = begin_writing()
            happening(current, cast)
            current.commit()
        return begin_writing()

    monkeypatch.setattr(identity, "begin_writing", late)


def units_called_late(app: Flask) -> int:
    with app.app_context():
        found = session().scalar(sa.select(sa.func.count()).select_from(Unit).where(Unit.code == "late-unit"))
        db.session.remove()
    return found or 0


@pytest.mark.parametrize("happening", ENDS)
def test_rights_that_end_before_the_lock_write_nothing(
    app: Flask, client_of: Clients, cast: Cast, monkeypatch: pytest.MonkeyPatch, happening: Callable[[Session, Cast], None]
) -> None:
    client = client_of(cast.secretariat)
    at_the_lock(monkeypatch, cast, happening)
    assert client.post("/members/units/new", data=UNIT).status_code == 403
    assert units_called_late(app) == 0


@pytest.mark.parametrize("happening", ENDS)
def test_without_the_second_look_they_would_write(
    app: Flask, client_of: Clients, cast: Cast, monkeypatch: pytest.MonkeyPatch, happening: Callable[[Session, Cast], None]
) -> None:
    client = client_of(cast.secretariat)
    at_the_lock(monkeypatch, cast, happening)
    monkeypatch.setattr(identity, "_check_again", lambda: None)
    assert client.post("/members/units/new", data=UNIT).status_code == 303
    assert units_called_late(app) == 1


@pytest.mark.parametrize(("happening", "status"), [(end_seat, 403), (end_session, 303), (suspend, 303)])
def test_rights_are_gone_on_the_next_request(app: Flask, client_of: Clients, cast: Cast, happening: Callable[[Session, Cast], None], status: int) -> None:
    client = client_of(cast.secretariat)
    assert client.get("/members/units/new").status_code == 200
    with app.app_context(), writing() as current:
        happening(current, cast)
    assert client.get("/members/units/new").status_code == status
    assert client.post("/members/units/new", data=UNIT).status_code == (403 if status == 403 else 401)
    assert units_called_late(app) == 0


def test_suspension_ends_every_session_for_good(app: Flask, client_of: Clients, cast: Cast) -> None:
    client = client_of(cast.huawei)
    with app.app_context(), writing() as current:
        actions.suspend(current.get_one(Person, cast.huawei.person_id), note="left", actor=cast.secretariat.actor)
    assert client.get("/").status_code == 303
    with app.app_context(), writing() as current:
        current.execute(sa.update(Person).where(Person.id == cast.huawei.person_id).values(state=PersonState.ACTIVE))
    assert client.get("/").status_code == 303


def placed(app: Flask, client: FlaskClient, *, remembered: bool) -> None:
    with app.app_context(), writing() as current:
        current.execute(sa.update(SignInSession).values(remembered=remembered, expires_at=NOW + timedelta(days=7)))
    assert client.get("/profile").status_code == 200


@pytest.mark.parametrize(("remembered", "idle"), [(False, timedelta(minutes=30)), (True, timedelta(hours=12))])
def test_idle_sessions_end_to_the_second(app: Flask, client_of: Clients, cast: Cast, remembered: bool, idle: timedelta) -> None:  # noqa: FBT001 - the case itself
    client = client_of(cast.huawei)
    placed(app, client, remembered=remembered)
    with clock.standing_at(NOW + idle):
        assert client.get("/profile").status_code == 303
    with clock.standing_at(NOW + idle - timedelta(seconds=1)):
        assert client.get("/profile").status_code == 200
    with clock.standing_at(NOW + 2 * idle - timedelta(seconds=2)):
        assert client.get("/profile").status_code == 200


def test_no_session_lives_past_its_seventh_day(app: Flask, client_of: Clients, cast: Cast) -> None:
    client = client_of(cast.huawei)
    placed(app, client, remembered=True)
    end = NOW + timedelta(days=7)
    with app.app_context(), writing() as current:
        current.execute(sa.update(SignInSession).values(seen_at=end - timedelta(minutes=1)))
    for moment, status in ((end - timedelta(seconds=1), 200), (end, 303)):
        with clock.standing_at(moment):
            assert client.get("/profile").status_code == status


@pytest.mark.parametrize("token", ["", "x", "0" * 64, "1", "\x00", "字" * 100, None])
def test_made_up_tokens_open_nothing(app: Flask, visitor: FlaskClient, token: object) -> None:
    with visitor.session_transaction() as cookie:
        cookie["_user_id"] = token
    assert visitor.get("/profile").status_code == 303
    assert app.test_client().get("/profile", headers={"Cookie": "session=made.up.cookie"}).status_code == 303


def test_a_page_stays_up_while_nothing_can_be_written(client_of: Clients, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(cast.huawei)

    tried: list[bool] = []

    def busy() -> AbstractContextManager[Session]:
        tried.append(True)
        raise OperationalError("BEGIN IMMEDIATE", None, RuntimeError("database is locked"))

    monkeypatch.setattr(identity, "writing", busy)
    with clock.standing_at(NOW + timedelta(minutes=5)):
        assert client.get("/profile").status_code == 200
    assert tried == [True]


def test_nobody_takes_the_seat_of_another(app: Flask, client_of: Clients, cast: Cast) -> None:
    client = client_of(cast.huawei)
    for foreign in (cast.secretariat, cast.chair, cast.caict):
        assert client.post("/seat", data={"seat": foreign.actor.seat_id}).status_code == 404
        client.post("/language", data={"locale": "en", "seat": foreign.actor.seat_id, "person_id": foreign.person_id})
    assert client.get("/members/units/new").status_code == 403
    with app.app_context():
        assert session().scalars(sa.select(SignInSession.seat_id)).all() == [cast.huawei.actor.seat_id]


FORGED = {
    "role": "secretariat", "person_id": "1", "started_by": "1", "state": "approved", "lead_unit": "1", "lead_unit_id": "1", "owner": "1", "number": "2021-P99",
    "programme_id": "99", "serial": "99", "submitted_at": "2021-01-01", "screened_at": "2021-01-01", "decided_at": "2021-01-01", "ballot_outcome": "passed", "id": "77",
}  # fmt: skip


def test_fields_that_no_form_has_are_ignored(app: Flask, client_of: Clients, cast: Cast) -> None:
    client = client_of(cast.huawei)
    made = client.post("/proposals/new", data={**FORGED, "unit_id": str(cast.units["caict"]), "title_en": "A title", "version": "7"})
    assert made.status_code == 303
    assert client.post(made.headers["Location"], data={**FORGED, "title_en": "Another title", "version": "1"}).status_code in {303, 422}
    with app.app_context():
        kept = session().scalars(sa.select(Proposal)).one()
        assert (kept.state, kept.lead_unit_id, kept.started_by) == (ProposalState.DRAFT, cast.units["huawei"], cast.huawei.person_id)
        assert (kept.id, kept.number, kept.submitted_at, kept.screened_at, kept.decided_at, kept.ballot_outcome) == (1, "2021-P01", None, None, None, None)


def test_a_unit_that_changes_itself_is_refused(app: Flask, client_of: Clients, cast: Cast) -> None:
    entry = {**UNIT, "state": "active", "version": "1", "role": "secretariat", "seat": str(cast.secretariat.actor.seat_id)}
    assert client_of(cast.huawei).post(f"/members/units/{cast.units['huawei']}/change", data=entry).status_code == 403
    give = {"role": "secretariat", "unit_id": "", "from_on": "", "until_on": ""}
    assert client_of(cast.huawei).post(f"/members/people/{cast.huawei.person_id}/seat", data=give).status_code == 403
    with app.app_context():
        assert session().scalars(sa.select(Seat.role).where(Seat.person_id == cast.huawei.person_id)).all() == [Role.REPRESENTATIVE]


LISTS = [
    *(
        "/",
        "/programme",
        "/programmes",
        "/programmes/2021",
        "/proposals",
        "/ballots",
        "/members",
        "/members/people",
        "/notices",
        "/profile",
        "/ballots/1",
        "/ballots/2",
    ),
    *(f"/proposals?{asked}" for asked in ("state=draft", "state=returned", "mine=1", "q=2021-P", "q=draft", "sort=title", "sort=-state", "sort=budget&page=2")),
]


def read(client: FlaskClient, paths: list[str]) -> list[str]:
    """Return the pages, without the tokens that differ each time."""
    return [re.sub(r'(csrf[-_]token"[^>]*=")[^"]*', r"\1", client.get(path).text) for path in paths]


def take_away(current: Session, unseen: list[int]) -> None:
    """Take the hidden proposals out of the world, with everything that hangs on them but the chain."""
    for table in (Remark, Partner, Version):
        current.execute(sa.delete(table).where(table.proposal_id.in_(unseen)))
    current.execute(sa.delete(Proposal).where(Proposal.id.in_(unseen)))


def hidden_from(current: Session, unit: int | None) -> list[Proposal]:
    theirs = sa.exists().where(Partner.proposal_id == Proposal.id, Partner.unit_id == unit)
    wanted = sa.select(Proposal).where(Proposal.screened_at.is_(None), ~theirs)
    return list(current.scalars(wanted.where(Proposal.lead_unit_id != unit) if unit is not None else wanted).unique())


@pytest.mark.parametrize("who", ["sogou", "chair", "expert"])
def test_what_is_hidden_leaves_no_trace(in_the_year: Flask, year_template: Year, who: str) -> None:
    stranger = sign_in_as(in_the_year, year_template.people[who])
    with in_the_year.app_context():
        found = hidden_from(db.session(), year_template.people[who].actor.unit_id)
        unseen = [(proposal.id, proposal.title_zh or proposal.title_en, proposal.lead_unit_id, proposal.area_id, proposal.number) for proposal in found]
        db.session.remove()
    assert unseen
    asked = [*LISTS, *(f"/proposals?{name}={row[place]}" for row in unseen for place, name in ((1, "q"), (2, "unit"), (3, "area"), (4, "q")) if row[place])]
    asked += [f"/members/units/{row[2]}" for row in unseen]
    addresses = [
        f"/proposals/{row[0]}{part}" for row in unseen for part in ("", "/edit", "/versions/1", "/submit", "/decide", "/declare-conflict", "/withdraw")
    ]
    assert {stranger.get(path).status_code for path in addresses} == {404}
    secretariat = sign_in_as(in_the_year, year_template.people["secretariat"])
    with_them, seen_by_all = read(stranger, asked), read(secretariat, ["/proposals"])
    with in_the_year.app_context(), writing() as current:
        take_away(current, [row[0] for row in unseen])
    without = read(stranger, asked)
    assert [path for path, before, after in zip(asked, with_them, without, strict=True) if before != after] == []
    assert read(secretariat, ["/proposals"]) != seen_by_all


def test_a_year_in_preparation_leaves_no_trace(in_the_year: Flask, year_template: Year) -> None:
    people = {who: sign_in_as(in_the_year, year_template.people[who]) for who in ("huawei", "chair", "expert", "secretariat")}
    asked = ["/", "/programme", "/programmes", "/programmes/2021", "/proposals", "/proposals?year=2022", "/notices"]
    before = {who: read(client, asked) for who, client in people.items()}
    assert people["secretariat"].post("/programmes/2021/copy").status_code == 303
    after = {who: read(client, asked) for who, client in people.items()}
    assert [who for who in people if before[who] != after[who]] == ["secretariat"]
    for who in ("huawei", "chair", "expert"):
        paths = ("", "/edit", "/edit/files", "/files/1", "/files/1/remove", "/publish", "/copy")
        assert {people[who].get(f"/programmes/2022{path}").status_code for path in paths} == {404}
        assert people[who].get("/proposals/new?year=2022").status_code != 200


def test_notices_and_sessions_of_others_stay_theirs(in_the_year: Flask, year_template: Year) -> None:
    mine, other = (sign_in_as(in_the_year, year_template.people[who]) for who in ("sogou", "huawei"))
    with in_the_year.app_context():
        counted = sa.select(sa.func.count()).select_from(Notice).where(Notice.person_id == year_template.people["huawei"].person_id, Notice.read_at.is_(None))
        before = db.session.scalar(counted)
        sessions = db.session.scalars(sa.select(SignInSession.id).where(SignInSession.person_id == year_template.people["huawei"].person_id)).all()
        db.session.remove()
    assert before
    assert mine.post("/notices/read", data={"person_id": year_template.people["huawei"].person_id}).status_code == 303
    assert {mine.post(f"/profile/sessions/{key}/end").status_code for key in sessions} == {404}
    assert other.get("/profile").status_code == 200
    with in_the_year.app_context():
        assert db.session.scalar(counted) == before
        assert {table.name for table in Base.metadata.sorted_tables} >= {"notice", "sign_in_session"}
        db.session.remove()
