"""The program in the ZIP holds every vote against the events: what leaves all numbers equal is found too."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

import tracker.voting.alone
from tests.cast import NOW, Cast, Member
from tests.decisions.placing import place
from tracker.db import writing
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Choice, Mark, Plan, Written
from tracker.voting.presets import PRESETS
from tracker.voting.rules import BallotKind, Channel
from tracker.voting.tally import Position

SignIn = Callable[[Member], FlaskClient]
StandingAt = Callable[[datetime], AbstractContextManager[None]]
Alter = Callable[[list[dict[str, Any]]], object]
SCRIPT = Path(tracker.voting.alone.__file__).with_name("recount.py")
CLOSES = NOW + timedelta(days=2)
AFTER = CLOSES + timedelta(minutes=1)
RANKING = {"method": "approve", "k": 2, "slots": 1}


def do(app: Flask, act: Callable[[], object]) -> None:
    with app.app_context(), writing():
        act()


def opened(app: Flask, cast: Cast, rule: dict[str, object], kind: BallotKind) -> int:
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in ("caict", "sogou")]
    with app.app_context(), writing():
        return actions.open_ballot(Plan(cast.programme_id, keys, "表决", "Vote", dict(rule), CLOSES, kind=kind), actor=cast.secretariat.actor).id


@pytest.fixture
def positions(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> dict[str, Any]:
    """Return the record of a ballot in which votes were changed, came on paper, were struck and fell to a recusal."""
    ballot = opened(app, cast, PRESETS["majority"].rule, BallotKind.POSITION)
    yes, no = Choice(Position.YES), Choice(Position.NO, "reason")
    for member, choices in (
        (cast.huawei, {1: yes, 2: yes}),
        (cast.bytedance, {1: no, 2: yes}),
        (cast.huawei, {1: no}),
        (cast.huawei, {1: yes}),
        (cast.people["unit_17"], {1: no, 2: no}),
        (cast.people["unit_18"], {1: yes, 2: no}),
    ):
        do(app, lambda member=member, choices=choices: actions.cast(ballot, choices, actor=member.actor))
    paper = Written(cast.units["unit-16"], Channel.RAISED_HAND, {1: Mark(choice=no), 2: Mark()}, note="counted")
    with app.app_context(), writing():
        entry = actions.enter(ballot, paper, None, actor=cast.secretariat.actor).id
    do(app, lambda: actions.confirm(ballot, entry, actor=cast.director.actor))
    do(app, lambda: actions.recuse(ballot, 2, reason="a relative", actor=cast.people["unit_17"].actor))
    do(app, lambda: actions.strike(ballot, cast.units["unit-18"], reason="left", actor=cast.secretariat.actor))
    with at(AFTER):
        do(app, lambda: actions.seal(ballot))
        record: dict[str, Any] = json.loads(client_of(cast.chair).get(f"/ballots/{ballot}/record.json").data)
    return record


@pytest.fixture
def ranking(app: Flask, cast: Cast, client_of: SignIn, at: StandingAt) -> dict[str, Any]:
    """Return the record of a ranking in which a choice was changed."""
    ballot = opened(app, cast, RANKING, BallotKind.PRIORITY)
    for member, numbers in ((cast.huawei, [2]), (cast.bytedance, [2]), (cast.huawei, [1])):
        do(app, lambda member=member, numbers=numbers: actions.cast_scores(ballot, dict.fromkeys(numbers, 1), actor=member.actor))
    with at(AFTER):
        do(app, lambda: actions.seal(ballot))
        record: dict[str, Any] = json.loads(client_of(cast.chair).get(f"/ballots/{ballot}/record.json").data)
    return record


def recounted(record: dict[str, Any], folder: Path) -> tuple[int, str]:
    (folder / "record.json").write_text(json.dumps(record), encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", "-S", str(SCRIPT), str(folder / "record.json")], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def swap(votes: list[dict[str, Any]]) -> None:
    """Exchange the units of the votes of Huawei and ByteDance."""
    other = {"huawei": "bytedance", "bytedance": "huawei"}
    for vote in votes:
        vote["unit"] = other.get(vote["unit"], vote["unit"])


def test_all_votes_are_as_the_events_tell(positions: dict[str, Any], tmp_path: Path) -> None:
    found, said = recounted(positions, tmp_path)

    assert (found, "votes: 6, each as the events tell" in said) == (0, True), said
    assert [len(item["votes"]) for item in positions["items"]] == [4, 2], "struck and recused votes and an invalid paper are left out"


def test_choices_of_a_ranking_are_as_the_events_tell(ranking: dict[str, Any], tmp_path: Path) -> None:
    found, said = recounted(ranking, tmp_path)

    assert (found, "votes: 4, each as the events tell" in said) == (0, True), said


def test_two_votes_that_were_swapped_are_found_though_all_numbers_stay(positions: dict[str, Any], tmp_path: Path) -> None:
    swap(positions["items"][0]["votes"])

    found, said = recounted(positions, tmp_path)

    assert (found, said.count("agrees with the stored result")) == (1, 2)
    assert 'votes: DIFFERS: item 1, unit bytedance: recorded "yes", by the events "no"' in said
    assert 'votes: DIFFERS: item 1, unit huawei: recorded "no", by the events "yes"' in said


def test_two_choices_of_a_ranking_that_were_swapped_are_found(ranking: dict[str, Any], tmp_path: Path) -> None:
    for item in ranking["items"]:
        swap(item["votes"])

    found, said = recounted(ranking, tmp_path)

    assert (found, said.count("agrees with the stored result")) == (1, 3)
    assert "votes: DIFFERS: item 1, unit huawei: recorded 0, by the events 1" in said


ALTERATIONS: dict[str, tuple[Alter, str]] = {
    "removed": (lambda votes: votes.remove(next(vote for vote in votes if vote["unit"] == "huawei")), 'unit huawei: recorded no vote, by the events "yes"'),
    "added": (lambda votes: votes.append({"unit": "unit-14", "position": "yes"}), 'unit unit-14: recorded "yes", by the events no vote'),
    "struck one counted": (lambda votes: votes.append({"unit": "unit-18", "position": "yes"}), 'unit unit-18: recorded "yes", by the events no vote'),
    "earlier one kept": (lambda votes: next(v for v in votes if v["unit"] == "huawei").update(position="no"), 'recorded "no", by the events "yes"'),
    "paper one changed": (lambda votes: next(v for v in votes if v["unit"] == "unit-16").update(position="yes"), 'recorded "yes", by the events "no"'),
}


@pytest.mark.parametrize("name", ALTERATIONS)
def test_an_altered_vote_is_named_with_both(positions: dict[str, Any], tmp_path: Path, name: str) -> None:
    alter, expected = ALTERATIONS[name]
    alter(positions["items"][0]["votes"])

    found, said = recounted(positions, tmp_path)

    assert (found, expected in said) == (1, True), said


def without_casts(record: dict[str, Any]) -> None:
    record["chain"]["events"] = [event for event in record["chain"]["events"] if event["action"] not in {"cast", "confirm"}]


RECORDS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "no event of a vote": (without_casts, 'votes: DIFFERS: item 1, unit huawei: recorded "yes", by the events no vote'),
    "no event at all": (lambda record: record["chain"].update(events=[]), "events: DIFFERS: the first does not tell of the opening"),
    "no event of the opening": (lambda record: record["chain"]["events"].pop(0), "events: DIFFERS: the first does not tell of the opening"),
    "nothing frozen": (lambda record: record["chain"].pop("frozen"), "frozen: DIFFERS: nothing in this record"),
    "frozen anew": (lambda record: record["chain"]["frozen"]["rule"].update(tie="chair"), "frozen: DIFFERS: what opening froze has another hash"),
    "rule": (lambda record: record["rule"].update(tie="chair"), "rule: DIFFERS"),
    "unit on the roll": (
        lambda record: record["roll"].append({"unit": "friend", "weight": "1"}),
        'roll, unit friend: DIFFERS: recorded "1", by the events null',
    ),
    "weight": (lambda record: record["roll"][0].update(weight="2"), 'roll, unit bytedance: DIFFERS: recorded "2", by the events "1"'),
    "unit off the roll": (lambda record: record["roll"].pop(), 'roll, unit unit-18: DIFFERS: recorded null, by the events "1"'),
    "recusal": (lambda record: record["items"][0]["recused"].append("unit-14"), "item 1, recused: DIFFERS"),
    "recusal lifted": (lambda record: record["items"][1]["recused"].remove("unit-17"), "item 2, recused: DIFFERS"),
    "channel": (lambda record: record["items"][0]["votes"][0].update(channel="paper"), 'channel: recorded "paper", by the events "online"'),
    "commitment": (lambda record: record["items"][0]["votes"][0].update(commit=True), "commit: recorded true, by the events false"),
    "invalid paper": (lambda record: record["items"][1].update(invalid=0), "item 2, invalid papers: recorded 0, by the events 1"),
    "strike hidden": (lambda record: record["items"][0].pop("struck"), 'struck: DIFFERS: item 1, unit unit-18: recorded no vote, by the events "yes"'),
    "item left out": (lambda record: record["items"].pop(), "items: DIFFERS: recorded [1], by the events [1, 2]"),
    "title": (lambda record: record["items"][0].update(title="another"), "item 1, title: DIFFERS"),
    "version": (lambda record: record["items"][0].update(version_sha256="1" * 64), "item 1, version: DIFFERS"),
    "number": (lambda record: record["ballot"].update(number="2021-B09"), "number: DIFFERS"),
    "close": (lambda record: record["ballot"].update(closed_at="2021-01-09T00:00:00Z"), "closed_at: DIFFERS"),
    "opening": (lambda record: record["ballot"].update(opened_at="2021-01-01T00:00:00Z"), "opened_at: DIFFERS"),
}


@pytest.mark.parametrize("name", RECORDS)
def test_whatever_else_is_altered_is_named_though_the_stored_result_was_made_to_fit(positions: dict[str, Any], tmp_path: Path, name: str) -> None:
    alter, expected = RECORDS[name]
    alter(positions)
    for item in positions["items"]:
        del item["result"]

    found, said = recounted(positions, tmp_path)

    assert (found, expected in said) == (1, True), said


@pytest.mark.parametrize("facts", [None, [], {"unit": 1}, {"unit": "huawei"}, {"unit": "huawei", "votes": []}, {"unit": "huawei", "votes": {"x": {}}}])
def test_odd_facts_of_an_event_end_in_a_difference_and_never_in_a_crash(positions: dict[str, Any], tmp_path: Path, facts: object) -> None:
    for event in positions["chain"]["events"]:
        if event["action"] == "cast":
            event["facts"] = facts

    found, said = recounted(positions, tmp_path)

    assert (found, "events: DIFFERS" in said) == (1, True)
