"""A unit votes for another: by written proxy, where the year allows it, once for each, never over the unit's own vote."""

from __future__ import annotations

import io
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.cast import NOW, VOTING, Cast, Member
from tests.decisions.placing import place
from tests.product import Statements
from tracker import clock
from tracker.audit.models import Event
from tracker.db import JSONDict, db, writing
from tracker.errors import Invalid, NotFound, Refused
from tracker.files.disk import Stored
from tracker.files.models import StoredFile
from tracker.notifications.models import Notice
from tracker.policy import Action, Actor
from tracker.programmes.models import Programme
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Choice, Mark, Plan, Question, Written
from tracker.voting.models import Ballot, Item, Proxy, Strike, Vote
from tracker.voting.presets import PRESETS
from tracker.voting.record import Secrecy
from tracker.voting.rules import BallotKind, Channel
from tracker.voting.tally import Position
from tracker.web.formats import translated

CLOSES = NOW + timedelta(days=2)
YES, NO = Choice(Position.YES), Choice(Position.NO, "marker-of-a-proxy")
RANKING: JSONDict = {"method": "approve", "slots": 1}
Counting = Callable[[], AbstractContextManager[Statements]]
SignIn = Callable[[Member], FlaskClient]


@pytest.fixture
def opened(app: Flask, cast: Cast) -> int:
    """An open ballot on topics of CAICT and Huawei, in a year that allows proxies."""
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in ("caict", "huawei")]
    plan = Plan(cast.programme_id, keys, "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES, options=dict(VOTING))
    with app.app_context(), writing() as session:
        session.get_one(Programme, cast.programme_id).voting = {**VOTING, "proxies": True}
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


def another(
    cast: Cast, secrecy: Secrecy = Secrecy.RECORDED, kind: BallotKind = BallotKind.POSITION, rule: JSONDict | None = None, *, rehearsal: bool = False
) -> int:
    """Open a further ballot in the writing transaction of the caller, on questions of its own."""
    questions = [Question(f"事项 {number}", f"Matter {number}") for number in (1, 2)]
    plan = Plan(
        cast.programme_id,
        [],
        "表决",
        "Vote",
        rule or dict(PRESETS["majority"].rule),
        CLOSES,
        questions=questions,
        secrecy=secrecy,
        kind=kind,
        rehearsal=rehearsal,
    )
    return actions.open_ballot(plan, actor=cast.secretariat.actor).id


def grant(app: Flask, cast: Cast, ballot: int, giver: str = "bytedance", holder: str = "huawei", actor: Actor | None = None) -> int:
    scan = Stored("委托书.pdf", f"{secrets.token_hex(16)}.pdf", 10, "b" * 64)
    with app.app_context(), writing():
        return actions.grant(ballot, cast.units[giver], cast.units[holder], scan, actor=actor or cast.secretariat.actor).id


def by_proxy(app: Flask, ballot: int, actor: Actor, number: int = 1, choice: Choice = NO) -> None:
    with app.app_context(), writing():
        actions.cast_by_proxy(ballot, {number: choice}, actor=actor)


def own(app: Flask, ballot: int, actor: Actor, choice: Choice = YES) -> None:
    with app.app_context(), writing():
        actions.cast(ballot, {1: choice}, actor=actor)


def votes(app: Flask, unit: int) -> list[tuple[int, Position | None, Channel]]:
    with app.app_context():
        rows = db.session.execute(sa.select(Item.number, Vote.position, Vote.channel).join(Vote.item).where(Vote.unit_id == unit))
        return [(number, position, channel) for number, position, channel in rows]


def told(app: Flask, person_id: int) -> str:
    with app.app_context():
        return list(db.session.scalars(sa.select(Notice.msgid).where(Notice.person_id == person_id).order_by(Notice.id)))[-1]


def spoken(person_id: int) -> str:
    """Return the last notice of a person in words."""
    return translated(db.session.scalars(sa.select(Notice).where(Notice.person_id == person_id).order_by(Notice.id.desc())).first().message)


def test_the_holder_votes_for_the_giver(app: Flask, cast: Cast, opened: int) -> None:
    grant(app, cast, opened)
    assert "by proxy" in told(app, cast.bytedance.person_id)
    by_proxy(app, opened, cast.huawei_alternate.actor)
    assert votes(app, cast.units["bytedance"]) == [(1, Position.NO, Channel.PROXY)]
    assert votes(app, cast.units["huawei"]) == []
    assert "stands" in told(app, cast.bytedance.person_id)


def test_both_units_are_told_what_was_cast_for_whom_and_by_whom(app: Flask, cast: Cast, opened: int) -> None:
    grant(app, cast, opened)
    own(app, opened, cast.huawei.actor)
    by_proxy(app, opened, cast.huawei_alternate.actor)
    with app.app_context(), app.test_request_context(headers={"Accept-Language": "en"}):
        last = {who: spoken(cast.people[who].person_id) for who in ("bytedance", "huawei", "huawei_alternate")}
        facts = db.session.scalars(sa.select(Event.facts).where(Event.action == Action.CAST).order_by(Event.place.desc())).first()
    assert "Your unit's vote" in last["bytedance"]
    assert "was cast by proxy and stands: item 1 “互联网企业反垄断合规规则适用”: Against. Cast by Huawei alternate of Huawei on" in last["bytedance"]
    for who in ("huawei", "huawei_alternate"):
        assert "your unit cast the vote of ByteDance by proxy: item 1 “互联网企业反垄断合规规则适用”: Against. Cast by Huawei alternate on" in last[who]
    assert facts is not None
    assert len(facts.pop("salt")) == 32
    assert facts == {"unit": "bytedance", "votes": {"1": "no"}, "channel": "proxy", "holder": "huawei"}


def test_the_page_of_what_stands_names_the_way_it_came(app: Flask, cast: Cast, client_of: SignIn, opened: int) -> None:
    grant(app, cast, opened)
    by_proxy(app, opened, cast.huawei.actor)
    with app.app_context(), writing():
        entered = actions.enter(opened, Written(cast.units["meituan"], Channel.PAPER, {1: Mark(YES)}, "第 2 页"), None, actor=cast.secretariat.actor).id
    with app.app_context(), writing():
        actions.confirm(opened, entered, actor=cast.director.actor)
    said = {who: client_of(cast.people[who]).get(f"/ballots/{opened}/confirmation").text for who in ("bytedance", "meituan")}
    assert "by proxy, by Huawei representative of Huawei" in said["bytedance"]
    assert "on paper, entered by Secretariat, confirmed by Director" in said["meituan"]
    own(app, opened, cast.bytedance.actor)
    assert "online, by ByteDance representative" in client_of(cast.bytedance).get(f"/ballots/{opened}/confirmation").text


@pytest.mark.parametrize("choice", [YES, NO])
def test_the_givers_own_vote_stands_even_when_it_says_the_same(app: Flask, cast: Cast, opened: int, choice: Choice) -> None:
    grant(app, cast, opened)
    by_proxy(app, opened, cast.huawei.actor)
    own(app, opened, cast.bytedance.actor, choice)
    assert votes(app, cast.units["bytedance"]) == [(1, choice.position, Channel.ONLINE)]
    assert "replaced" in told(app, cast.huawei.person_id)
    with pytest.raises(Invalid, match="itself"):
        by_proxy(app, opened, cast.huawei.actor)


def test_the_recusals_of_both_apply(app: Flask, cast: Cast, opened: int) -> None:
    grant(app, cast, opened, giver="caict", holder="huawei")
    with pytest.raises(Invalid, match="recused"):
        by_proxy(app, opened, cast.huawei.actor, 1)
    with pytest.raises(Invalid, match="your own unit is recused"):
        by_proxy(app, opened, cast.huawei.actor, 2)


@pytest.mark.parametrize("pair", [("bytedance", "meituan"), ("meituan", "huawei"), ("huawei", "meituan"), ("meituan", "bytedance")])
def test_each_unit_takes_part_in_one_proxy(app: Flask, cast: Cast, opened: int, pair: tuple[str, str]) -> None:
    first = grant(app, cast, opened)
    assert grant(app, cast, opened) == first
    with pytest.raises(Invalid, match="already"):
        grant(app, cast, opened, *pair)


@pytest.mark.parametrize("pair", [("member-1", "huawei"), ("huawei", "member-1"), ("huawei", "huawei")])
def test_a_proxy_is_between_two_units_on_the_roll(app: Flask, cast: Cast, opened: int, pair: tuple[str, str]) -> None:
    with pytest.raises(Invalid):
        grant(app, cast, opened, *pair)


def test_what_the_year_says_at_the_opening_is_frozen_with_the_ballot(app: Flask, cast: Cast, opened: int) -> None:
    with app.app_context(), writing() as session:
        session.get_one(Programme, cast.programme_id).voting = dict(VOTING)
        forbidden = another(cast)
        session.get_one(Programme, cast.programme_id).voting = {**VOTING, "proxies": True}
    with pytest.raises(Refused, match="did not allow"):
        grant(app, cast, forbidden)
    with app.app_context(), writing() as session:
        session.get_one(Programme, cast.programme_id).voting = dict(VOTING)
        assert [one.frozen["options"]["proxies"] for one in session.scalars(sa.select(Ballot).order_by(Ballot.id))] == [True, False]
    grant(app, cast, opened)
    by_proxy(app, opened, cast.huawei.actor)
    assert len(votes(app, cast.units["bytedance"])) == 1


def test_a_secret_ballot_and_a_ranking_take_none_whatever_the_year_says(app: Flask, cast: Cast, opened: int) -> None:  # noqa: ARG001 - opened in a year that allows them
    for secrecy, kind, rule in ((Secrecy.SECRET, BallotKind.POSITION, None), (Secrecy.RECORDED, BallotKind.PRIORITY, RANKING)):
        with app.app_context(), writing():
            other = another(cast, secrecy, kind, rule)
        with pytest.raises(Refused, match="Only a recorded ballot on positions"):
            grant(app, cast, other)


def test_it_is_taken_back_before_use_only(app: Flask, cast: Cast, opened: int) -> None:
    first = grant(app, cast, opened)
    with app.app_context(), writing():
        actions.revoke(opened, first, actor=cast.secretariat.actor)
    with pytest.raises(NotFound):
        by_proxy(app, opened, cast.huawei.actor)
    second = grant(app, cast, opened)
    by_proxy(app, opened, cast.huawei.actor)
    with pytest.raises(Refused, match="has been used"), app.app_context(), writing():
        actions.revoke(opened, second, actor=cast.secretariat.actor)


def test_the_holder_finds_it_under_my_work_until_all_is_voted_on(app: Flask, cast: Cast, client_of: SignIn, queries: Counting, opened: int) -> None:
    holder, giver = client_of(cast.huawei), client_of(cast.bytedance)
    assert "holds the proxy" not in holder.get("/").text
    grant(app, cast, opened)
    with queries() as seen:
        page = holder.get("/").text
    assert len(seen) <= 8
    assert "Your unit holds the proxy of ByteDance in ballot 2021-B01. Items without its vote: 1." in page, "on its own topic Huawei votes for nobody"
    assert f'href="/ballots/{opened}/by-proxy"' in page
    with queries() as seen:
        assert "Huawei holds your unit's proxy" in giver.get(f"/ballots/{opened}").text
    assert len(seen) <= 8
    for nobody in (cast.bytedance, cast.meituan, cast.secretariat, cast.huawei_contributor):
        assert "holds the proxy" not in client_of(nobody).get("/").text
    by_proxy(app, opened, cast.huawei.actor)
    assert "holds the proxy" not in holder.get("/").text


def test_what_is_taken_back_leaves_no_scan_behind(app: Flask, cast: Cast, opened: int) -> None:
    kept = grant(app, cast, opened, "meituan", "iflytek")
    mistaken = grant(app, cast, opened)
    with app.app_context(), writing():
        actions.revoke(opened, mistaken, actor=cast.secretariat.actor)
    with app.app_context():
        assert list(db.session.scalars(sa.select(StoredFile.id))) == list(db.session.scalars(sa.select(Proxy.scan_id).where(Proxy.id == kept)))
        facts = db.session.scalars(sa.select(Event.facts).where(Event.action == Action.GRANT)).all()
    assert [fact["scan"] for fact in facts] == ["b" * 64] * 2


def test_a_rehearsal_takes_its_scans_with_it(app: Flask, cast: Cast, opened: int) -> None:
    grant(app, cast, opened)
    with app.app_context(), writing():
        rehearsal = another(cast, rehearsal=True)
    grant(app, cast, rehearsal)
    with app.app_context(), writing():
        scan = Stored("票.pdf", f"{secrets.token_hex(16)}.pdf", 10, "b" * 64)
        actions.enter(rehearsal, Written(cast.units["meituan"], Channel.PAPER, {1: Mark(YES)}), scan, actor=cast.secretariat.actor)
    with app.app_context(), writing():
        actions.discard(rehearsal, actor=cast.secretariat.actor)
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(StoredFile.id))) == 1


def test_a_holder_that_was_struck_votes_for_nobody(app: Flask, cast: Cast, opened: int) -> None:
    grant(app, cast, opened)
    with app.app_context(), writing() as session:
        session.add(Strike(ballot_id=opened, unit_id=cast.units["huawei"], reason="left", person_id=cast.secretariat.person_id, at=NOW))
    with pytest.raises(Refused, match="struck"):
        by_proxy(app, opened, cast.huawei.actor)
    assert votes(app, cast.units["bytedance"]) == []


@pytest.mark.parametrize("who", ["chair", "director", "huawei", "bytedance"])
def test_only_the_secretariat_records_and_only_the_holder_votes(app: Flask, cast: Cast, opened: int, who: str) -> None:
    with pytest.raises(Refused):
        grant(app, cast, opened, actor=getattr(cast, who).actor)
    grant(app, cast, opened, holder="meituan")
    with pytest.raises(NotFound):
        by_proxy(app, opened, getattr(cast, who).actor)
    with pytest.raises(NotFound):
        by_proxy(app, opened, cast.huawei_contributor.actor)


def test_nothing_after_the_close(app: Flask, cast: Cast, opened: int) -> None:
    grant(app, cast, opened)
    with clock.standing_at(CLOSES):
        with pytest.raises(Refused, match="closed"):
            grant(app, cast, opened, "meituan", "iflytek")
        with pytest.raises(Refused, match="closed"):
            by_proxy(app, opened, cast.huawei.actor)


def send(client: FlaskClient, ballot: int, giver: int, holder: int, scan: bytes = b"%PDF-1.7 x") -> TestResponse:
    boundary, body = encode_multipart({"giver": str(giver), "holder": str(holder), "scan": FileStorage(io.BytesIO(scan), "委托书.pdf")})
    return client.post(f"/ballots/{ballot}/proxies", data=body, content_type=f"multipart/form-data; boundary={boundary}")


def test_the_pages_record_it_and_switch_between_the_units(app: Flask, cast: Cast, client_of: SignIn, opened: int) -> None:
    desk, holder = client_of(cast.secretariat), client_of(cast.huawei)
    assert "Proxies" in desk.get(f"/ballots/{opened}").text
    assert send(desk, opened, cast.units["bytedance"], cast.units["bytedance"]).status_code == 422
    assert send(desk, opened, cast.units["bytedance"], cast.units["huawei"], b"x").status_code == 422
    assert send(desk, opened, 0, cast.units["huawei"]).text.count("Choose a unit.") == 2
    assert send(desk, opened, cast.units["bytedance"], cast.units["huawei"]).status_code == 303
    with app.app_context():
        key = db.session.scalars(sa.select(Proxy.id)).one()
    with desk.get(f"/ballots/{opened}/proxies/{key}/scan", buffered=True) as scan:
        assert scan.data == b"%PDF-1.7 x"
    assert holder.get(f"/ballots/{opened}/proxies/{key}/scan").status_code == 403
    assert f"/proxies/{key}/revoke" in desk.get(f"/ballots/{opened}/proxies").text
    assert "You also vote for ByteDance, by proxy" in holder.get(f"/ballots/{opened}").text
    address = f"/ballots/{opened}/by-proxy"
    page = holder.get(address).text
    assert ("No vote of ByteDance yet" in page, "your unit" in page.partition("<form method")[2]) == (True, False)
    assert holder.post(address, data={"position-1": "no"}).status_code == 422
    assert holder.post(address, data={"position-1": "no", "reason-1": "marker-of-a-proxy"}).status_code == 303
    assert "marker-of-a-proxy" in holder.get(address).text
    page = desk.get(f"/ballots/{opened}/proxies").text
    assert ("/revoke" in page, "used" in page) == (False, True), "what would be refused is not offered"
    for other in (cast.bytedance, cast.meituan, cast.secretariat, cast.chair):
        assert client_of(other).get(address).status_code == 404
    for other in (cast.meituan, cast.secretariat, cast.chair):
        assert "marker-of-a-proxy" not in client_of(other).get(f"/ballots/{opened}").text
    client_of(cast.bytedance).post(f"/ballots/{opened}", data={"position-1": "abstain", "reason-1": "own-words"})
    assert "own-words" not in holder.get(address).text
    assert desk.post(f"/ballots/{opened}/proxies/{key}/revoke").status_code == 303
