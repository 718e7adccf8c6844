"""Before the close nothing depends on how units vote: two worlds in which the same units cast other votes at the same instants are the same to all others.

Every address of the whole route list is asked by officers, by a voter of another unit, by a unit that has not voted, by an expert and by a
visitor; answers are compared byte by byte with their headers, and so is what each asks of the database. Only what is drawn at random is
left out, by name. The hash of the last event does depend on the votes, and is drawn at random too: each vote's event holds a salt.
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import pytest
import sqlalchemy as sa
from flask import Flask, Response
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.product import TODAY, Year, counting, make_app, sign_in_as
from tests.security.doors import doors, find_samples
from tracker import clock
from tracker.audit.chain import link
from tracker.audit.models import Event
from tracker.db import db, writing
from tracker.files.disk import FOLDER
from tracker.notifications.models import Mail, Notice
from tracker.policy import Action
from tracker.voting import actions, casting
from tracker.voting.actions import Plan, Question
from tracker.voting.models import Item, Vote
from tracker.voting.presets import PRESETS
from tracker.voting.record import Secrecy
from tracker.voting.rules import BallotKind
from tracker.voting.tally import Position

CLOSES = TODAY + timedelta(days=2)
LOOK = TODAY + timedelta(hours=3)
VOTERS = ("bytedance", "huawei", "china-search", "iflytek", "meituan", *(f"unit-{number:02}" for number in range(8, 16)))
ONLOOKERS = ("visitor", "secretariat", "chair", "director", "expert", "caict", "sogou")
"""CAICT casts the same in both worlds; Sogou has not voted."""
WORLDS: Mapping[str, tuple[str, ...]] = {"approved": ("yes",) * 10 + ("no",) * 3, "rejected": ("yes",) * 3 + ("no",) * 10}
REASON = "同一理由"
AT_RANDOM = (
    (re.compile(rb'nonce[-=]"?[\w+/=-]+'), "what lets a script run once"),
    (re.compile(rb'name="csrf_token"[^>]*>'), "the token of a form"),
    (re.compile(rb'name="key" type="hidden" value="\d+"'), "the number by which a comment is sent once"),
    (re.compile(rb"\b[0-9a-f]{64}\b"), "hashes over salted events"),
)
UNCOMPARED = {"Set-Cookie", "X-Request-Id", "Date", "Expires", "Content-Length"}
"""Headers that tell the session, the real clock, or the length of a text that is compared itself."""
QUESTIONS = [Question("议题一", "Question one"), Question("议题二", "Question two")]
SECRET = {"receipt": "list", "recuse_partners": False, "no_needs_reason": False, "allow_discuss": False}
Answer = tuple[int, bytes, tuple[tuple[str, str], ...], tuple[str, ...]]


@dataclass
class World:
    """What everybody saw in one world: the answers by who asked for what, the mails and notices, the lines of the log."""

    answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    told: list[tuple[object, ...]] = field(default_factory=list)
    logged: list[str] = field(default_factory=list)


def open_three(app: Flask, year: Year) -> tuple[int, int, int]:
    """Open a recorded ballot, a ranking and a secret ballot on questions; return their ids."""
    rule, ranking = dict(PRESETS["majority"].rule), {"method": "approve", "k": 1, "slots": 1}
    plans = (
        Plan(1, [], "表决", "Vote", rule, CLOSES, questions=QUESTIONS, options={"no_needs_reason": True}),
        Plan(1, [], "优先级", "Ranking", ranking, CLOSES, questions=QUESTIONS, kind=BallotKind.PRIORITY),
        Plan(1, [], "推选", "Secret", rule, CLOSES, questions=QUESTIONS, options=dict(SECRET), secrecy=Secrecy.SECRET),
    )
    found = []
    for plan in plans:
        with app.app_context(), writing():
            found.append(actions.open_ballot(plan, actor=year.people["secretariat"].actor).id)
    return found[0], found[1], found[2]


def vote(app: Flask, year: Year, ballots: tuple[int, int, int], positions: tuple[str, ...]) -> None:
    """Let the units vote one after the other through the pages, a minute apart, each in the same words whatever it says."""
    recorded, ranking, secret = ballots
    for place, (name, position) in enumerate([("caict", "yes"), *zip(VOTERS, positions, strict=True)]):
        other = "no" if position == "yes" else "yes"
        with clock.standing_at(TODAY + timedelta(minutes=1 + place)):
            client = sign_in_as(app, year.people[name])
            both = {"position-1": position, "position-2": other, "reason-1": REASON, "reason-2": REASON}
            assert client.post(f"/ballots/{recorded}", data=both).status_code == 303
            assert client.post(f"/ballots/{ranking}", data={"kind": "priority", "approve": 1 if position == "yes" else 2}).status_code == 303
            said = {"kind": "secret", "position-1": position, "position-2": other}
            assert client.post(f"/ballots/{secret}", data=said).status_code == 200


def plain(data: bytes) -> bytes:
    """Return an answer without what is drawn at random; of an archive what it holds, file by file, for random text packs into a random length."""
    if is_zipfile(BytesIO(data)):
        with ZipFile(BytesIO(data)) as archive:
            return b"\n".join(name.encode() + plain(archive.read(name)) for name in archive.namelist())
    for pattern, _why in AT_RANDOM:
        data = pattern.sub(b"*", data)
    return data


def addresses(app: Flask, ballots: tuple[int, int, int]) -> Iterator[tuple[str, str]]:
    """Every door that reads, on the objects of the year and on the three ballots; and whatever an officer may send about them that is refused or changes no vote."""
    with app.app_context():
        samples = find_samples(db.session())
        db.session.remove()
    for number, sample in enumerate([samples.ballots, *({"open": one} for one in ballots)]):
        only = "" if number == 0 else "ballots."
        object.__setattr__(samples, "ballots", sample)
        for door in doors(app, samples):
            if door.method == "GET" and door.endpoint.startswith(only):
                with app.test_request_context():
                    yield "GET", app.url_for(door.endpoint, **door.values)
    for ballot in ballots:
        for act in ("close-early", "strike", "extend", "remind", "retally", "votes.csv", "turnout"):
            yield "POST", f"/ballots/{ballot}/{act}"
        yield "GET", f"/ballots?q={ballot}"
    for way in ("?sort=title", "?sort=-closes", "?state=open", "/export.json?state=open", "?q=赞成", "?q=同一理由"):
        yield "GET", f"/ballots{way}"
    yield "GET", "/search?q=同一理由"


def look(app: Flask, year: Year, ballots: tuple[int, int, int], world: World, *, near: bool) -> None:
    """Let everybody ask for everything, or only for the list and the ballots themselves where that is ``near`` enough."""
    clients: dict[str, FlaskClient] = {name: app.test_client() if name == "visitor" else sign_in_as(app, year.people[name]) for name in ONLOOKERS}
    wide = [] if near else list(addresses(app, ballots))
    close_by = [("GET", address) for address in ("/ballots", *(f"/ballots/{ballot}" for ballot in ballots))]
    for method, address in dict.fromkeys([*wide, *close_by]):
        for name, client in clients.items():
            with counting(app) as sent:
                answer = client.open(address, method=method)
            data_read = plain(answer.data)
            answer.close()
            headers = tuple(sorted((key, plain(value.encode()).decode()) for key, value in answer.headers if key not in UNCOMPARED))
            world.answers[name, f"{method} {address}"] = (answer.status_code, data_read, headers, tuple(sent.all))


def told(app: Flask, year: Year) -> list[tuple[object, ...]]:
    """Return every notice and mail to whoever does not vote for one of the units that voted differently."""
    own = {year.people[name].person_id for name in VOTERS}
    with app.app_context():
        notices = db.session.scalars(sa.select(Notice).where(Notice.person_id.not_in(own)).order_by(Notice.id)).all()
        mails = db.session.execute(sa.select(Mail.person_id, Mail.kind, Mail.made_at).where(Mail.person_id.not_in(own)).order_by(Mail.id)).all()
        return [(one.person_id, one.action, one.msgid, plain(repr(one.params).encode())) for one in notices] + [tuple(mail) for mail in mails]


@pytest.fixture
def live(year_template: Year, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Callable[..., World]]:
    """Return a function that lives one world to its third hour and tells what everybody saw."""
    caplog.set_level(logging.DEBUG, "tracker")
    with ExitStack() as stack:

        def one(name: str, *, leaking: Callable[[Flask], None] | None = None) -> World:
            caplog.clear()
            url = stack.enter_context(year_template.databases.copy(year_template.name))
            folder = tmp_path / "one"
            shutil.copytree(year_template.files, folder / FOLDER, dirs_exist_ok=True)
            app, world = make_app(url, folder), World()
            with clock.standing_at(TODAY):
                ballots = open_three(app, year_template)
            vote(app, year_template, ballots, WORLDS[name])
            if leaking is not None:
                leaking(app)
            with clock.standing_at(LOOK):
                look(app, year_template, ballots, world, near=leaking is not None)
            world.told = told(app, year_template)
            world.logged = [plain(record.getMessage().encode()).decode() for record in caplog.records if record.name.startswith("tracker")]
            with app.app_context():
                db.session.remove()
                db.engine.dispose()
            return world

        yield one


def differences(one: World, other: World) -> list[str]:
    """Name whatever is not the same in both worlds."""
    assert one.answers.keys() == other.answers.keys()
    parts = ("status", "text", "headers", "statements")
    return [
        f"{name} {asked}: {part}"
        for (name, asked), answer in one.answers.items()
        for part, mine, theirs in zip(parts, answer, other.answers[name, asked], strict=True)
        if mine != theirs
    ]


@pytest.mark.slow
def test_no_answer_to_anybody_depends_on_the_votes_of_others(live: Callable[..., World]) -> None:
    approved, rejected = live("approved"), live("rejected")
    assert differences(approved, rejected) == []
    assert approved.told == rejected.told
    assert approved.logged == rejected.logged
    answered = [answer[0] for answer in approved.answers.values()]
    assert answered.count(200) > 300, "the walk came far enough"
    assert max(answered) < 500


def _yes() -> int:
    """How many approve item 1 of any ballot: so many in one world, seven fewer in the other."""
    return db.session.scalar(sa.select(sa.func.count(Vote.id)).join(Vote.item).where(Vote.position == Position.YES, Item.number == 1)) or 0


def _a_length(app: Flask) -> None:
    """Let every page be longer the more approve."""

    def longer(answer: Response) -> Response:
        answer.data += b" " * _yes()
        return answer

    app.after_request_funcs[None].append(longer)


def _a_statement(app: Flask) -> None:
    """Let a page look once more where an odd number approve."""

    def look_again() -> None:
        if _yes() % 2:
            db.session.scalar(sa.select(sa.func.count(Vote.id)))

    app.before_request_funcs[None].append(look_again)


def _a_header(app: Flask) -> None:
    """Let an answer name its version by the votes."""

    def tagged(answer: Response) -> Response:
        answer.headers["ETag"] = f'"{_yes()}"'
        return answer

    app.after_request_funcs[None].append(tagged)


def _a_notice(app: Flask) -> None:
    """Tell the secretariat."""
    with app.app_context(), writing() as session:
        session.add(Notice(person_id=1, action="cast", subject_kind="ballot", subject_id=1, msgid="{count}", params={"count": _yes()}, created_at=TODAY))


@pytest.mark.slow
@pytest.mark.parametrize("leak", [_a_length, _a_statement, _a_header, _a_notice])
def test_control_each_kind_of_leak_is_found(live: Callable[..., World], leak: Callable[[Flask], None]) -> None:
    approved, rejected = live("approved", leaking=leak), live("rejected", leaking=leak)
    assert bool(differences(approved, rejected)) is (leak is not _a_notice)
    assert (approved.told != rejected.told) is (leak is _a_notice)


@pytest.mark.parametrize("salted", [True, False], ids=["salted", "control"])
def test_the_head_of_the_chain_gives_no_vote_away_to_whoever_tries_them_all(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, *, salted: bool) -> None:
    if not salted:
        monkeypatch.setattr(casting, "salted", dict)
    plan = Plan(cast.programme_id, [], "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES, questions=QUESTIONS[:1])
    with app.app_context(), writing():
        ballot = actions.open_ballot(plan, actor=cast.secretariat.actor).id
    with app.app_context(), writing():
        actions.cast(ballot, {1: actions.Choice(Position.NO, REASON)}, actor=cast.huawei.actor)
    with app.app_context():
        event = db.session.scalars(sa.select(Event).where(Event.action == Action.CAST)).one()
        tried = {position: link(event.previous, event.content() | {"facts": {"unit": "huawei", "votes": {"1": position.value}}}) for position in Position}
    found = [position for position, digest in tried.items() if digest == event.hash]
    assert found == ([] if salted else [Position.NO])
