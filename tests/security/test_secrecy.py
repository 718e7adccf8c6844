"""Nobody who asks the database anything in SQL links a voter to a secret vote better than by chance; the naive way is linked every time.

Who copies its files between two casts sees what changed, and can: that is said to voters (templates/ballots/_secrecy.html) and not tested away.

The attacker knows more than the database tells: the true order in which the units cast. Every order in which the database can give the lines
of a ballot (each column, no order at all, row numbers, places on disk, transaction numbers) is laid beside every order of the units, and
what would be guessed that way is compared with the truth, over 20 ballots of 18 units.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from math import sqrt

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast, Member
from tests.product import Statements
from tests.racing import Race
from tracker import clock
from tracker.audit.models import Event
from tracker.db import Base, db, is_sqlite, writing
from tracker.errors import Refused
from tracker.notifications.models import Notice
from tracker.voting import actions, secret
from tracker.voting.actions import Plan, Question
from tracker.voting.models import Ballot, Item, RollEntry, SecretVote
from tracker.voting.presets import PRESETS
from tracker.voting.record import Secrecy
from tracker.voting.tally import Position

BALLOTS, UNITS = 20, 18
BROKEN = -1
"""The database's own wall had to stop it."""
CHANCE = 4.5
"""Standard deviations: of some two dozen guesses over 360 votes, pure chance exceeds it once in several thousand runs."""
CLOSES = NOW + timedelta(days=2)
SignIn = Callable[[Member], FlaskClient]
At = Callable[[datetime], AbstractContextManager[None]]


@dataclass(frozen=True)
class Truth:
    """One ballot: its item, the units in the order in which they cast, and what each said."""

    ballot: int
    order: list[int]
    said: dict[int, str]


def _open(app: Flask, cast: Cast, *, receipt: str = "list", questions: int = 1) -> int:
    plan = Plan(
        cast.programme_id,
        [],
        "选举",
        "Election",
        dict(PRESETS["majority"].rule),
        CLOSES,
        options={"receipt": receipt},
        questions=[Question("选举组长", "Elect a head")] * questions,
        secrecy=Secrecy.SECRET,
    )
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


def _voters(cast: Cast) -> list[Member]:
    return [cast.people[code.replace("-", "_")] for code in cast.units if code != "member-1"]


def _hold(app: Flask, cast: Cast, client_of: SignIn) -> list[Truth]:
    """Hold all ballots through the real route, in an order and with positions that chance decides."""
    chance, voters = random.Random(7), _voters(cast)
    clients = {voter.actor.unit_id or 0: client_of(voter) for voter in voters}
    found = []
    for _ in range(BALLOTS):
        ballot, order = _open(app, cast), chance.sample(list(clients), UNITS)
        said = {unit: chance.choice(("yes", "no")) for unit in order}
        for unit in order:
            answer = clients[unit].post(f"/ballots/{ballot}", data={"kind": "secret", "position-1": said[unit]})
            assert answer.status_code == 200, answer.text
        found.append(Truth(ballot, order, said))
    return found


def _columns(table: str) -> list[str]:
    named = list(Base.metadata.tables[table].columns.keys())
    return [*named, *(["rowid"] if is_sqlite() else ["ctid", "xmin::text::bigint", "xmax::text::bigint", "cmin::text::bigint"])]


def _orders(table: str, chosen: str, where: str, ballot: int) -> dict[str, list[object]]:
    """Return ``chosen`` of the rows in every order that the database knows, forwards; backwards is the same guess turned round."""
    found = {}
    for column in ["", *_columns(table)]:
        by = f" ORDER BY {column}" if column else ""
        try:
            rows = db.session.execute(sa.text(f"SELECT {chosen} FROM {table} WHERE {where}{by}"), {"ballot": ballot}).scalars().all()
        except sa.exc.DBAPIError:  # no row numbers in this table
            db.session.rollback()
            continue
        found[f"{table} by {column or 'nothing'}"] = list(rows)
    return found


def _guesses(truth: Truth) -> dict[tuple[str, str], int]:
    """Return how many votes each pair of orders puts to the right unit."""
    units = _orders("roll_entry", "unit_id", "ballot_id = :ballot", truth.ballot) | {"the true order": list(truth.order)}
    mine = "item_id = (SELECT id FROM ballot_item WHERE ballot_id = :ballot)"
    votes = _orders("secret_vote", "position", mine, truth.ballot)
    found = {}
    for (unit_name, some), (vote_name, lines) in product(units.items(), votes.items()):
        found[unit_name, vote_name] = sum(truth.said[int(str(unit))] == line for unit, line in zip(some, lines, strict=True))
        found[unit_name, vote_name + " turned round"] = sum(truth.said[int(str(unit))] == line for unit, line in zip(some, reversed(lines), strict=True))
    return found


def _above_chance(truths: Sequence[Truth]) -> dict[tuple[str, str], float]:
    """Return by how many standard deviations each strategy beats a random matching, over all ballots."""
    right: Counter[tuple[str, str]] = Counter()
    mean = variance = 0.0
    for truth in truths:
        right.update(_guesses(truth))
        counts = Counter(truth.said.values())
        squares = sum(count * count for count in counts.values())
        mean += squares / UNITS
        yes, no = counts["yes"], counts["no"]
        variance += (2 * yes * no) ** 2 / (UNITS * UNITS * (UNITS - 1)) if yes and no else 0
    return {guess: (count - mean) / sqrt(variance) for guess, count in right.items()}


@pytest.mark.slow
def test_no_order_that_the_database_knows_links_voters_to_votes(app: Flask, cast: Cast, client_of: SignIn, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        truths = _hold(app, cast, client_of)
    with app.app_context():
        scores = _above_chance(truths)
        tried = {name for guess in scores for name in guess}
        assert "secret_vote by code" in tried
        assert is_sqlite() or {"roll_entry by ctid", "secret_vote by ctid", "roll_entry by xmin::text::bigint", "secret_vote by xmin::text::bigint"} <= tried
        linked = {guess: score for guess, score in scores.items() if score > CHANCE}
        assert linked == {}
        codes = {code.hex() for code in db.session.scalars(sa.select(SecretVote.code))}
        assert len(codes) == BALLOTS * UNITS
        elsewhere = [
            name for name, table in Base.metadata.tables.items() if name != "secret_vote" for row in db.session.execute(sa.select(table)) if _holds(row, codes)
        ]
        events = db.session.scalars(sa.select(Event.action).where(Event.subject_kind == "ballot")).all()
        notices = db.session.scalars(sa.select(Notice.action).where(Notice.subject_kind == "ballot")).all()
    assert elsewhere == []
    assert {*events, *notices} == {"open"}
    assert not any(code in caplog.text for code in codes)
    assert "position-1" not in caplog.text


def _holds(row: Sequence[object], codes: set[str]) -> bool:
    text = " ".join(value.hex() if isinstance(value, bytes) else str(value) for value in row)
    return any(code in text for code in codes)


def _naively(ballot: Ballot, new: list[dict[str, object]], unit_id: int | None) -> None:
    """What the product must not do: add the new lines, and mark the one unit."""
    db.session.execute(sa.insert(SecretVote), new)
    db.session.execute(sa.update(RollEntry).where(RollEntry.ballot_id == ballot.id, RollEntry.unit_id == unit_id).values(voted=True))


@pytest.mark.slow
def test_control_lines_that_are_only_added_are_linked_every_time(app: Flask, cast: Cast, client_of: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(secret, "_rewrite", _naively)
    with app.app_context(), writing() as session:
        if is_sqlite():  # with row numbers, as tables have them by default
            session.execute(sa.text("DROP TABLE secret_vote"))
            session.execute(sa.text("CREATE TABLE secret_vote (code BLOB PRIMARY KEY, item_id INTEGER, position TEXT)"))
    truths = _hold(app, cast, client_of)
    with app.app_context():
        best = [max(_guesses(truth).values()) for truth in truths]
    assert best == [UNITS] * BALLOTS


def test_the_statistic_of_a_random_matching_is_near_nothing() -> None:
    """The measure itself: its mean and spread are those of random matchings."""
    chance, said = random.Random(1), ["yes"] * 11 + ["no"] * 7
    scores = [sum(a == b for a, b in zip(said, chance.sample(said, UNITS), strict=True)) for _ in range(4000)]
    mean, variance = (11 * 11 + 7 * 7) / UNITS, (2 * 11 * 7) ** 2 / (UNITS * UNITS * (UNITS - 1))
    found = sum(scores) / len(scores)
    assert abs(found - mean) < 0.15
    assert abs(sum((score - found) ** 2 for score in scores) / len(scores) - variance) < 0.4


def _cast_at_once(app: Flask, ballot: int, voter: Member) -> object:
    with app.app_context():
        try:
            with writing():
                return actions.cast_secretly(ballot, {1: Position.YES}, actor=voter.actor)
        except Refused as refused:
            return refused


def test_casts_at_once_are_all_counted_and_none_twice(app: Flask, cast: Cast) -> None:
    """Every unit twice at the same time: each has one line, and each second cast is refused."""
    ballot = _open(app, cast)
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(partial(_cast_at_once, app, ballot), [voter for voter in _voters(cast) for _ in range(2)]))
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SecretVote)) == UNITS
        assert db.session.scalar(sa.select(sa.func.count()).select_from(RollEntry).where(RollEntry.voted)) == UNITS
    assert sum(isinstance(one, Refused) for one in done) == UNITS


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_a_secret_cast_against_the_close_is_counted_or_refused(app: Flask, cast: Cast, *, locked: bool) -> None:
    """The sealed count is that of the lines that are there, and of the units that have voted; without the locks it is not."""
    ballot = _open(app, cast)
    early, late = _voters(cast)[:4], _voters(cast)[4]
    for voter in early:
        _cast_at_once(app, ballot, voter)

    def vote() -> int:
        try:
            return int(not isinstance(_cast_at_once(app, ballot, late), Refused))
        except sa.exc.DBAPIError:
            return BROKEN

    def close() -> int:
        try:
            with app.app_context():
                with writing() as session:
                    session.execute(sa.update(Ballot).where(Ballot.id == ballot).values(closes_at=clock.now()))
                with writing():
                    return int(actions.seal(ballot))
        except sa.exc.DBAPIError:
            return BROKEN

    with clock.standing_at(NOW + timedelta(hours=1)):
        voted, sealed = Race(("INSERT INTO secret_vote", "UPDATE ballot_item SET result"), locked=locked).run(app, vote, close)

    with app.app_context():
        lines = db.session.scalar(sa.select(sa.func.count()).select_from(SecretVote)) or 0
        units = db.session.scalar(sa.select(sa.func.count()).select_from(RollEntry).where(RollEntry.voted)) or 0
        result = db.session.scalars(sa.select(Item.result)).one()
    whole = BROKEN not in (voted, sealed) and result is not None and lines == units == len(early) + voted == int(result["denominator"])
    assert whole is locked


# What a voter sees


def test_a_secret_vote_is_cast_once_with_codes_that_are_published(app: Flask, cast: Cast, client_of: SignIn, at: At) -> None:
    ballot = _open(app, cast)
    client = client_of(cast.huawei)
    page = client.get(f"/ballots/{ballot}").text
    assert "cannot be changed or looked up after it is cast" in page
    assert "data-ballot" not in page, "the browser keeps nothing of it"
    done = client.post(f"/ballots/{ballot}", data={"kind": "secret", "position-1": "no"})
    assert (done.status_code, done.headers["Cache-Control"]) == (200, "no-store")
    with app.app_context():
        code = db.session.scalars(sa.select(SecretVote.code)).one().hex()
    assert code in done.text
    again = client.post(f"/ballots/{ballot}", data={"kind": "secret", "position-1": "yes"})
    assert (again.status_code, "cannot be changed" in again.text) == (409, True)
    assert code not in client.get(f"/ballots/{ballot}").text
    assert client_of(cast.huawei_alternate).post(f"/ballots/{ballot}", data={"kind": "secret", "position-1": "yes"}).status_code == 409
    for voter in _voters(cast)[:3]:
        if voter.actor.unit_id != cast.huawei.actor.unit_id:
            client_of(voter).post(f"/ballots/{ballot}", data={"kind": "secret", "position-1": "yes"})
    client_of(_voters(cast)[5]).post(f"/ballots/{ballot}", data={"kind": "secret", "position-1": "abstain"})
    with at(CLOSES):
        page = client_of(cast.chair).get(f"/ballots/{ballot}").text
        assert code in page
        assert "Votes by unit" not in page
        assert client_of(cast.chair).get(f"/ballots/{ballot}/record.json").status_code == 200


def test_a_secret_cast_asks_the_database_the_same_for_the_first_unit_and_the_last_and_for_one_item_and_three(
    app: Flask, cast: Cast, client_of: SignIn, queries: Callable[[], AbstractContextManager[Statements]]
) -> None:
    seen = []
    for questions in (1, 3):
        ballot = _open(app, cast, questions=questions)
        chosen = {f"position-{number}": "yes" for number in range(1, questions + 1)}
        voters = _voters(cast)
        for nth, voter in enumerate(voters):
            client = client_of(voter)
            if nth in {0, len(voters) - 1}:
                with queries() as statements:
                    assert client.post(f"/ballots/{ballot}", data={"kind": "secret", **chosen}).status_code == 200
                seen.append(len(statements))
            else:
                client.post(f"/ballots/{ballot}", data={"kind": "secret", **chosen})
    assert len(set(seen)) == 1, seen
    assert seen[0] <= 14, seen


@pytest.mark.parametrize("data", [{}, {"position-1": "discuss"}, {"position-1": "x"}, {"position-1": "yes", "position-2": "yes"}, {"position-9" * 9: "yes"}])
def test_a_vote_that_is_not_whole_is_refused_and_kept_on_the_page(cast: Cast, client_of: SignIn, app: Flask, data: dict[str, str]) -> None:
    ballot = _open(app, cast)
    answer = client_of(cast.huawei).post(f"/ballots/{ballot}", data={"kind": "secret", **data})
    assert (answer.status_code, answer.headers["Cache-Control"]) == (422, "no-store")
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(SecretVote)) == 0


def test_a_recorded_cast_finds_no_secret_ballot_and_a_late_one_is_told(app: Flask, cast: Cast, client_of: SignIn, at: At) -> None:
    ballot = _open(app, cast)
    assert client_of(cast.huawei).post(f"/ballots/{ballot}", data={"position-1": "yes"}).status_code == 404
    with at(CLOSES):
        late = client_of(cast.huawei).post(f"/ballots/{ballot}", data={"kind": "secret", "position-1": "yes"})
        assert (late.status_code, "The ballot closed at" in late.text, "In favour" in late.text) == (409, True, True)


def test_fewer_than_three_votes_are_told_by_their_outcome_only(app: Flask, cast: Cast, client_of: SignIn, at: At) -> None:
    ballot = _open(app, cast)
    for voter in _voters(cast)[:2]:
        client_of(voter).post(f"/ballots/{ballot}", data={"kind": "secret", "position-1": "yes"})
    with at(CLOSES):
        page = client_of(cast.chair).get(f"/ballots/{ballot}")
        assert "Fewer than three votes" in page.text
        assert "100.00" not in page.text
        assert "2 of 2" not in page.text
        refused = client_of(cast.chair).get(f"/ballots/{ballot}/record.json")
        assert refused.status_code == 409
        with app.app_context(), writing():
            actions.seal(ballot)
            stored = db.session.get_one(Ballot, ballot)
            results = [item.result for item in db.session.execute(sa.text("SELECT result FROM ballot_item")).all()]
            assert stored.sealed_at is not None
    assert all('"numerator": null' in str(result) or "'numerator': None" in str(result) for result in results)


def test_everybody_of_one_mind_is_warned_of(app: Flask, cast: Cast, client_of: SignIn, at: At) -> None:
    ballot = _open(app, cast, receipt="none")
    for voter in _voters(cast):
        answer = client_of(voter).post(f"/ballots/{ballot}", data={"kind": "secret", "position-1": "yes"})
    assert "This ballot gives no receipts" in answer.text
    with at(CLOSES):
        page = client_of(cast.chair).get(f"/ballots/{ballot}").text
    assert "All votes are the same" in page
    assert "All votes by their codes" not in page
