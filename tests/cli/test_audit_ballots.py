"""`tracker audit verify` holds every ballot against its events: rows that an officer changed in the database are named, on either database."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask

from tests.cast import NOW, Cast
from tests.databases import ON_POSTGRES
from tests.decisions.placing import place
from tracker import config
from tracker.cli.audit import verify
from tracker.db import db, session, writing
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Choice, Commitment, Mark, Plan, Written
from tracker.voting.presets import PRESETS
from tracker.voting.rules import Channel, Presence
from tracker.voting.tally import Position

StandingAt = Callable[[datetime], AbstractContextManager[None]]
CLOSES = NOW + timedelta(days=2)
AFTER = CLOSES + timedelta(minutes=1)
YES, NO = Choice(Position.YES, commitments=(Commitment.DATA,)), Choice(Position.NO, "reason")


def do(app: Flask, act: Callable[[], object]) -> None:
    with app.app_context(), writing():
        act()


@pytest.fixture
def voted(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> int:
    """Return a ballot at a meeting with votes online, on paper, struck and recused; the command finds its database."""
    with app.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("TRACKER_DATABASE_URL", url)
    monkeypatch.setenv("TRACKER_INSTANCE", str(tmp_path))
    monkeypatch.setenv("TRACKER_MODE", "test")
    config.make_secret_key(tmp_path / "secret_key")
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in ("caict", "sogou")]
    plan = Plan(cast.programme_id, keys, "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES, options={"meeting": True, "allow_discuss": True})
    with app.app_context(), writing():
        ballot = actions.open_ballot(plan, actor=cast.secretariat.actor).id
    for member, choices in (
        (cast.huawei, {1: YES, 2: YES}),
        (cast.bytedance, {1: NO, 2: Choice(Position.DISCUSS, "unclear")}),
        (cast.people["unit_17"], {1: YES, 2: NO}),
        (cast.people["unit_18"], {1: YES, 2: NO}),
    ):
        do(app, lambda member=member, choices=choices: actions.cast(ballot, choices, actor=member.actor))
    paper = Written(cast.units["unit-16"], Channel.PAPER, {1: Mark(choice=NO), 2: Mark()}, note="counted")
    with app.app_context(), writing():
        entry = actions.enter(ballot, paper, None, actor=cast.secretariat.actor).id
    do(app, lambda: actions.confirm(ballot, entry, actor=cast.director.actor))
    do(app, lambda: actions.note_present(ballot, cast.units["unit-14"], Presence.ON_SITE, actor=cast.secretariat.actor))
    do(app, lambda: actions.recuse(ballot, 2, reason="a relative", actor=cast.people["unit_17"].actor))
    do(app, lambda: actions.strike(ballot, cast.units["unit-18"], reason="left", actor=cast.secretariat.actor))
    return ballot


def alter(app: Flask, *changes: str) -> None:
    """Do what the database refuses, as whoever owns it can."""
    with app.app_context(), writing() as current:
        if ON_POSTGRES:
            current.execute(sa.text("SET LOCAL session_replication_role = replica"))
        else:
            for guard in current.scalars(sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                current.execute(sa.text(f"DROP TRIGGER {guard}"))
        for change in changes:
            assert current.execute(sa.text(change)).rowcount, change  # type: ignore[attr-defined]  # every statement here has one


def verified() -> Result:
    return CliRunner().invoke(verify, catch_exceptions=False)


UNIT = "(SELECT id FROM unit WHERE code = '{}')"
ITEM = "(SELECT id FROM ballot_item WHERE number = {})"


def of(unit: str, item: int = 1) -> str:
    return f"WHERE unit_id = {UNIT.format(unit)} AND item_id = {ITEM.format(item)}"


ALTERATIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "a position": ((f"UPDATE vote SET position = 'no' {of('huawei')}",), 'unit huawei: recorded "no", by the events "yes"'),
    "two votes exchanged": (
        (f"UPDATE vote SET position = 'no' {of('huawei')}", f"UPDATE vote SET position = 'yes' {of('bytedance')}"),
        'unit bytedance: recorded "yes", by the events "no"',
    ),
    "a vote removed": ((f"DELETE FROM vote {of('huawei')}",), 'unit huawei: recorded no vote, by the events "yes"'),
    "a vote moved to a silent unit": (
        (f"UPDATE vote SET unit_id = {UNIT.format('unit-13')} {of('huawei')}",),
        'unit unit-13: recorded "yes", by the events no vote',
    ),
    "a commitment": ((f"UPDATE vote SET commitments = '[]' {of('huawei')}",), "commit: recorded false, by the events true"),
    "a channel": ((f"UPDATE vote SET channel = 'online' {of('unit-16')}",), 'channel: recorded "online", by the events "paper"'),
    "an invalid paper made valid": ((f"UPDATE vote SET position = 'yes' {of('unit-16', 2)}",), "invalid papers: recorded 0, by the events 1"),
    "a call for discussion cleared": ((f"UPDATE vote SET cleared = 'cleared' {of('bytedance', 2)}",), "cleared: recorded true, by the events false"),
    "a recusal lifted": ((f"DELETE FROM recusal {of('unit-17', 2)}",), "item 2, recused: DIFFERS"),
    "a recusal added": (
        (f"INSERT INTO recusal (item_id, unit_id, why) VALUES ({ITEM.format(1)}, {UNIT.format('unit-13')}, 'declared')",),
        "item 1, recused: DIFFERS",
    ),
    "a recusal moved": (
        (f"UPDATE recusal SET unit_id = {UNIT.format('unit-13')} {of('unit-17', 2)}",),
        "item 2, recused: DIFFERS",
    ),
    "a strike removed": (("DELETE FROM strike",), 'unit unit-18: recorded "yes", by the events no vote'),
    "a unit off the roll": ((f"DELETE FROM roll_entry WHERE unit_id = {UNIT.format('unit-13')}",), "roll, unit unit-13: DIFFERS"),
    "a weight": (
        (f"UPDATE roll_entry SET weight = '3' WHERE unit_id = {UNIT.format('huawei')}",),
        'roll, unit huawei: DIFFERS: recorded "3", by the events "1"',
    ),
    "a presence": ((f"UPDATE roll_entry SET present = NULL WHERE unit_id = {UNIT.format('unit-14')}",), "item 1, present: DIFFERS"),
    "the close": (("UPDATE ballot SET closes_at = '2021-01-08 01:00:00.000000'",), "closed_at: DIFFERS"),
    "the opening": (("UPDATE ballot SET opens_at = '2021-01-05 01:00:00.000000'",), "opened_at: DIFFERS"),
    "the number": (("UPDATE ballot SET number = '2021-B07'",), "ballot 2021-B07: number: DIFFERS"),
    "the bound version": ((f"UPDATE ballot_item SET version_sha256 = '{'1' * 64}' WHERE number = 1",), "item 1, version: DIFFERS"),
    "the title of an item": (("UPDATE ballot_item SET title_zh = 'X' WHERE number = 1",), "item 1, title: DIFFERS"),
    "the rule": (("""UPDATE ballot SET rule = '{"yes_min": 1}'""",), "rule: DIFFERS"),
    "what was frozen": (("""UPDATE ballot SET frozen = '{"rule": {}}'""",), "frozen: DIFFERS"),
    "the stored result": (("UPDATE ballot_item SET result = '{}' WHERE number = 1",), "item 1: DIFFERS: the stored result"),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_a_row_altered_in_the_database_is_named(app: Flask, voted: int, at: StandingAt, name: str) -> None:
    changes, expected = ALTERATIONS[name]
    with at(AFTER):
        do(app, lambda: actions.seal(voted))
        alter(app, *changes)
        found = verified()

    assert (found.exit_code, expected in found.output, "The chain is whole" in found.output) == (1, True, True), found.output


def test_unaltered_ballots_agree_with_their_events(app: Flask, voted: int, at: StandingAt) -> None:
    before = verified()
    with at(AFTER):
        do(app, lambda: actions.seal(voted))
        after = verified()

    assert (before.exit_code, after.exit_code) == (0, 0), before.output + after.output
    assert "Ballots: 1, each as its events tell" in before.output


@pytest.mark.usefixtures("voted")
def test_before_the_close_it_names_the_ballot_and_no_vote(app: Flask) -> None:
    alter(app, f"UPDATE vote SET position = 'no' {of('huawei')}")

    found = verified()

    assert (found.exit_code, "where is said after the close" in found.output) == (1, True)
    assert "huawei" not in found.output


def test_all_cast_events_of_one_unit_gone_break_the_chain(app: Flask, cast: Cast, voted: int, at: StandingAt) -> None:
    with at(AFTER):
        do(app, lambda: actions.seal(voted))
        with app.app_context():
            assert session().scalar(sa.text("SELECT count(*) FROM event WHERE action = 'cast'")) == 4
        alter(app, f"DELETE FROM event WHERE action = 'cast' AND unit_id = {cast.units['huawei']}")
        found = verified()

    assert (found.exit_code, "BROKEN at event" in found.output) == (1, True)


def test_the_demonstration_year_agrees_with_its_events(in_the_year: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with in_the_year.app_context():
        url = db.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("TRACKER_DATABASE_URL", url)
    monkeypatch.setenv("TRACKER_INSTANCE", str(tmp_path))
    monkeypatch.setenv("TRACKER_MODE", "test")
    config.make_secret_key(tmp_path / "secret_key")

    found = verified()

    assert found.exit_code == 0, found.output
