"""Votes on paper and by raised hand: entered by one, confirmed by another, never silently over an online vote, never after the close."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import joinedload

from tests.cast import NOW, VOTING, Cast
from tests.decisions.placing import place
from tests.racing import Overtaken, Race
from tracker import clock
from tracker.audit.models import Event
from tracker.db import db, writing
from tracker.errors import Invalid, NotFound, Refused
from tracker.files.disk import Stored
from tracker.notifications.models import Notice
from tracker.policy import Action, Actor
from tracker.proposals.states import ProposalState
from tracker.voting import actions, counting, queries
from tracker.voting.actions import Choice, Commitment, Mark, Plan, Written
from tracker.voting.models import Ballot, Item, Recusal, RollEntry, Strike, Vote, VoteEntry
from tracker.voting.presets import PRESETS
from tracker.voting.record import Secrecy
from tracker.voting.rules import Channel, RecusedAs
from tracker.voting.tally import Position

CLOSES = NOW + timedelta(days=2)
YES, NO, INVALID = Mark(Choice(Position.YES, "", (Commitment.DATA,))), Mark(Choice(Position.NO, "not yet")), Mark(None)
SCAN = Stored("票.pdf", "a" * 32 + ".pdf", 10, "b" * 64)
BROKEN = -1
"""The database's own wall had to stop it."""
At = Callable[[datetime], AbstractContextManager[None]]


@pytest.fixture
def opened(app: Flask, cast: Cast) -> int:
    """An open ballot of the 18 vice-chair units on a topic of CAICT and one of Huawei."""
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in ("caict", "huawei")]
    plan = Plan(cast.programme_id, keys, "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES, options=dict(VOTING))
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


def written(cast: Cast, *, unit: str = "bytedance", channel: Channel = Channel.PAPER, note: str = "", replaces: bool = False, **marks: Mark) -> Written:
    numbered = {int(name[1:]): mark for name, mark in marks.items()} or {1: YES, 2: NO}
    return Written(cast.units[unit], channel, numbered, note, replaces)


def enter(app: Flask, ballot: int, entered: Written, actor: Actor, scan: Stored | None = SCAN) -> int:
    with app.app_context(), writing():
        own = scan and replace(scan, stored_as=f"{secrets.token_hex(16)}.pdf")
        return actions.enter(ballot, entered, own, actor=actor).id


def confirm(app: Flask, ballot: int, entry: int, actor: Actor) -> bool:
    with app.app_context(), writing():
        return actions.confirm(ballot, entry, actor=actor)


def retract(app: Flask, ballot: int, entry: int, actor: Actor) -> bool:
    with app.app_context(), writing():
        return actions.retract(ballot, entry, actor=actor)


def votes(app: Flask) -> list[tuple[int, Position | None, Channel, int | None]]:
    with app.app_context():
        rows = db.session.execute(sa.select(Item.number, Vote.position, Vote.channel, Vote.entry_id).join(Vote.item).order_by(Item.number))
        return [(number, position, channel, entry) for number, position, channel, entry in rows]


def voted(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count(RollEntry.id)).where(RollEntry.voted)) or 0


def told(app: Flask, person_id: int) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Notice.msgid).where(Notice.person_id == person_id).order_by(Notice.id)))


def test_nothing_counts_before_a_second_person_confirms_it(app: Flask, cast: Cast, opened: int) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)

    assert (votes(app), voted(app)) == ([], 0)
    assert "second person" in told(app, cast.director.person_id)[-1]
    assert confirm(app, opened, entry, cast.director.actor)
    assert votes(app) == [(1, Position.YES, Channel.PAPER, entry), (2, Position.NO, Channel.PAPER, entry)]
    assert voted(app) == 1
    assert "Entered by" in told(app, cast.bytedance.person_id)[-1]
    with app.app_context():
        facts = db.session.scalars(sa.select(Event.facts).where(Event.action == Action.CONFIRM, Event.subject_kind == "ballot")).one()
    assert len(facts.pop("salt")) == 32
    assert facts == {"votes": {"1": "yes", "2": "no"}, "unit": "bytedance", "channel": "paper", "entry": entry, "commitments": {"1": ["data"]}}


def test_whoever_entered_it_neither_confirms_it_nor_sends_it_back(app: Flask, cast: Cast, opened: int) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)
    same = Actor(cast.secretariat.person_id, cast.chair.actor.role)
    for actor in (cast.secretariat.actor, same):
        with pytest.raises(Refused, match="second person"):
            confirm(app, opened, entry, actor)
        with pytest.raises(Refused, match="second person"), app.app_context(), writing():
            actions.send_back(opened, entry, "no", actor=actor)


def test_whoever_entered_it_takes_it_back_while_it_waits(app: Flask, cast: Cast, opened: int) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)
    other = Actor(cast.chair.person_id, cast.secretariat.actor.role)
    for actor in (cast.director.actor, cast.bytedance.actor, other):
        with pytest.raises(Refused):
            retract(app, opened, entry, actor)
    assert retract(app, opened, entry, cast.secretariat.actor)
    assert not retract(app, opened, entry, cast.secretariat.actor)
    with pytest.raises(Refused, match="taken it back"):
        confirm(app, opened, entry, cast.director.actor)
    second = enter(app, opened, written(cast), cast.secretariat.actor)
    assert confirm(app, opened, second, cast.director.actor)
    with pytest.raises(Refused, match="settled already"):
        retract(app, opened, second, cast.secretariat.actor)


def test_nothing_is_confirmed_sent_back_or_taken_back_after_the_close(app: Flask, cast: Cast, opened: int) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)
    with clock.standing_at(CLOSES):
        with pytest.raises(Refused, match="closed"):
            confirm(app, opened, entry, cast.director.actor)
        with pytest.raises(Refused, match="closed"):
            retract(app, opened, entry, cast.secretariat.actor)
        with pytest.raises(Refused, match="closed"), app.app_context(), writing():
            actions.send_back(opened, entry, "no", actor=cast.director.actor)
    assert votes(app) == []


def test_a_confirmation_counts_once(app: Flask, cast: Cast, opened: int) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)
    assert confirm(app, opened, entry, cast.director.actor)
    assert not confirm(app, opened, entry, cast.director.actor)
    with pytest.raises(Refused, match="settled already"), app.app_context(), writing():
        actions.send_back(opened, entry, "no", actor=cast.chair.actor)


def test_an_entry_that_was_sent_back_never_counts(app: Flask, cast: Cast, opened: int) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)
    with pytest.raises(Invalid), app.app_context(), writing():
        actions.send_back(opened, entry, " ", actor=cast.chair.actor)
    with app.app_context(), writing():
        actions.send_back(opened, entry, "Item 2 says yes.", actor=cast.chair.actor)

    assert "sent back" in told(app, cast.secretariat.person_id)[-1]
    with pytest.raises(Refused, match="sent back"):
        confirm(app, opened, entry, cast.director.actor)
    assert votes(app) == []
    assert enter(app, opened, written(cast, p1=YES, p2=YES), cast.secretariat.actor) != entry


def test_the_same_entry_twice_is_one_and_another_waits_its_turn(app: Flask, cast: Cast, opened: int) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)
    assert enter(app, opened, written(cast), cast.secretariat.actor) == entry
    with pytest.raises(Invalid, match="waits already"):
        enter(app, opened, written(cast, p1=NO), cast.secretariat.actor)


def test_a_vote_on_paper_never_goes_silently_over_one_cast_online(app: Flask, cast: Cast, opened: int) -> None:
    _cast(app, opened, cast.bytedance.actor)
    with pytest.raises(Invalid, match="voted already"):
        enter(app, opened, written(cast), cast.secretariat.actor)
    with clock.standing_at(NOW + timedelta(hours=1)):
        entry = enter(app, opened, written(cast, replaces=True), cast.secretariat.actor)
        assert confirm(app, opened, entry, cast.director.actor)
    assert votes(app)[0] == (1, Position.YES, Channel.PAPER, entry)
    assert "replaces what was cast before" in told(app, cast.bytedance.person_id)[-1]


@pytest.mark.parametrize("replaces", [True, False])
def test_a_vote_cast_online_after_the_entry_keeps_it_from_being_confirmed(app: Flask, cast: Cast, opened: int, *, replaces: bool) -> None:
    entry = enter(app, opened, written(cast, replaces=replaces), cast.secretariat.actor)
    with clock.standing_at(NOW + timedelta(hours=1)):
        _cast(app, opened, cast.bytedance.actor)
        with pytest.raises(Refused, match="voted since"):
            confirm(app, opened, entry, cast.director.actor)
    assert votes(app) == [(1, Position.NO, Channel.ONLINE, None)]


def test_an_online_vote_after_a_confirmed_one_is_the_last_valid_vote(app: Flask, cast: Cast, opened: int) -> None:
    confirm(app, opened, enter(app, opened, written(cast), cast.secretariat.actor), cast.director.actor)
    _cast(app, opened, cast.bytedance.actor)
    assert votes(app)[0] == (1, Position.NO, Channel.ONLINE, None)
    assert "was changed" in told(app, cast.bytedance.person_id)[-1]
    with app.app_context():
        acts = list(db.session.scalars(sa.select(Event.action).where(Event.subject_kind == "ballot").order_by(Event.place)))
    assert acts[-3:] == [Action.ENTER, Action.CONFIRM, Action.CAST]


def _cast(app: Flask, ballot: int, actor: Actor) -> None:
    with app.app_context(), writing():
        actions.cast(ballot, {1: Choice(Position.NO, "online")}, actor=actor)


@pytest.mark.parametrize(
    ("change", "scan", "field"),
    [
        ({"unit": "member-1"}, SCAN, "unit"),
        ({"channel": Channel.ONLINE}, SCAN, "channel"),
        ({"channel": Channel.PROXY}, SCAN, "channel"),
        ({}, None, "scan"),
        ({"note": "a\x00"}, SCAN, "note"),
        ({"note": "字" * 501}, SCAN, "note"),
        ({"p9": YES}, SCAN, "position"),
        ({"unit": "huawei", "p2": YES}, SCAN, "position-2"),
        ({"p1": Mark(Choice(Position.NO))}, SCAN, "reason-1"),
        ({"p1": Mark(Choice(Position.DISCUSS, "why"))}, SCAN, "position-1"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_by_field(app: Flask, cast: Cast, opened: int, change: dict[str, object], scan: Stored | None, field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        enter(app, opened, written(cast, **change), cast.secretariat.actor, scan)  # type: ignore[arg-type] # a table of changes
    assert set(wrong.value.fields) == {field}


def test_an_empty_entry_is_refused(app: Flask, cast: Cast, opened: int) -> None:
    with pytest.raises(Invalid, match="at least one"):
        enter(app, opened, Written(cast.units["bytedance"], Channel.PAPER, {}, "page 3"), cast.secretariat.actor)


@pytest.mark.parametrize("who", ["chair", "director", "huawei", "expert", "huawei_contributor"])
def test_only_the_secretariat_enters(app: Flask, cast: Cast, opened: int, who: str) -> None:
    with pytest.raises(Refused):
        enter(app, opened, written(cast), getattr(cast, who).actor)


@pytest.mark.parametrize("who", ["huawei", "bytedance", "expert"])
def test_only_officers_confirm(app: Flask, cast: Cast, opened: int, who: str) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)
    with pytest.raises(Refused):
        confirm(app, opened, entry, getattr(cast, who).actor)


def test_after_the_close_nothing_is_entered_or_confirmed(app: Flask, cast: Cast, opened: int, at: At) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)
    with at(CLOSES):
        with pytest.raises(Refused, match="closed"):
            enter(app, opened, written(cast, unit="meituan"), cast.secretariat.actor)
        with pytest.raises(Refused, match="closed"):
            confirm(app, opened, entry, cast.director.actor)
    with at(CLOSES - timedelta(microseconds=1)):
        assert confirm(app, opened, entry, cast.director.actor)


def test_an_invalid_paper_vote_is_returned_and_not_valid(app: Flask, cast: Cast, opened: int) -> None:
    confirm(app, opened, enter(app, opened, written(cast, p1=INVALID), cast.secretariat.actor), cast.director.actor)
    with app.app_context():
        ballot = db.session.scalars(queries.whole(opened)).unique().one()
        counts = counting.counts(ballot)[1]
    assert (counts.returned, counts.valid, counts.invalid) == (1, 0, 1)


def test_a_unit_recused_or_struck_since_is_not_confirmed(app: Flask, cast: Cast, opened: int) -> None:
    entries = [enter(app, opened, written(cast, unit=unit), cast.secretariat.actor) for unit in ("bytedance", "meituan")]
    with app.app_context(), writing() as session:
        item = session.scalars(sa.select(Item.id).where(Item.number == 1)).one()
        session.add(Recusal(item_id=item, unit_id=cast.units["bytedance"], why=RecusedAs.DECLARED))
        session.add(Strike(ballot_id=opened, unit_id=cast.units["meituan"], reason="left", person_id=cast.secretariat.person_id, at=NOW))
    for entry, why in zip(entries, ("recused", "struck"), strict=True):
        with pytest.raises(Refused, match=why):
            confirm(app, opened, entry, cast.director.actor)


def test_a_ballot_is_not_closed_early_over_an_entry_that_waits(app: Flask, cast: Cast, opened: int) -> None:
    with app.app_context(), writing() as session:
        recused = {(one.item.number, one.unit_id) for one in session.scalars(sa.select(Recusal).options(joinedload(Recusal.item)))}
    for unit in (unit for code, unit in cast.units.items() if code != "member-1"):
        choices = {number: Choice(Position.YES) for number in (1, 2) if (number, unit) not in recused}
        with app.app_context(), writing():
            actions.cast(opened, choices, actor=Actor(cast.huawei.person_id, cast.huawei.actor.role, unit))
    entry = enter(app, opened, written(cast, replaces=True), cast.secretariat.actor)
    with pytest.raises(Refused, match="waits for a second person"), app.app_context(), writing():
        actions.close_early(opened, actor=cast.secretariat.actor)
    with clock.standing_at(NOW + timedelta(hours=1)):
        confirm(app, opened, entry, cast.director.actor)
        with app.app_context(), writing():
            actions.close_early(opened, actor=cast.secretariat.actor)
    assert [channel for _number, _position, channel, key in votes(app) if key == entry] == [Channel.PAPER] * 2


def test_a_secret_ballot_takes_no_entries(app: Flask, cast: Cast) -> None:
    key = place(app, cast, ProposalState.SCREENED)
    plan = Plan(cast.programme_id, [key], "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES, secrecy=Secrecy.SECRET)
    with app.app_context(), writing():
        ballot = actions.open_ballot(plan, actor=cast.secretariat.actor).id
    with pytest.raises(Refused, match="secret"):
        enter(app, ballot, written(cast, p1=YES), cast.secretariat.actor)


def test_an_entry_of_another_ballot_is_not_found(app: Flask, cast: Cast, opened: int) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)
    key = place(app, cast, ProposalState.SCREENED, lead="meituan")
    plan = Plan(cast.programme_id, [key], "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES)
    with app.app_context(), writing():
        other = actions.open_ballot(plan, actor=cast.secretariat.actor).id
    with pytest.raises(NotFound):
        confirm(app, other, entry, cast.director.actor)


def _try(app: Flask, act: Callable[[], object]) -> int:
    """Do it in a context of its own: 1 where it was done, 0 where it was refused or done already."""
    with app.app_context():
        try:
            with writing():
                return int(act() is not False)
        except (Invalid, Refused):
            return 0
        except sa.exc.DBAPIError:
            return BROKEN


def _confirmations(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count(Event.place)).where(Event.action == Action.CONFIRM, Event.subject_kind == "ballot")) or 0


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_two_confirmations_at_once_count_once_and_collide_without_the_lock(app: Flask, cast: Cast, opened: int, *, locked: bool) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)
    race = Race(("INSERT INTO vote ",), locked=locked, lock="FOR UPDATE")
    both = [partial(_try, app, partial(actions.confirm, opened, entry, actor=actor)) for actor in (cast.director.actor, cast.chair.actor)]

    done = race.run(app, *both)

    assert (sorted(done), _confirmations(app)) == ([0, 1] if locked else [BROKEN, 1], 1)


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_an_online_vote_and_a_confirmation_at_once_never_both_think_they_came_first(app: Flask, cast: Cast, opened: int, *, locked: bool) -> None:
    entry = enter(app, opened, written(cast, p1=YES), cast.secretariat.actor)
    settle = partial(_try, app, partial(actions.confirm, opened, entry, actor=cast.director.actor))
    online = partial(_try, app, partial(actions.cast, opened, {1: Choice(Position.NO, "online")}, actor=cast.bytedance.actor))
    with clock.standing_at(NOW + timedelta(hours=1)):
        done = Overtaken(("UPDATE roll_entry ", "INSERT INTO vote "), locked=locked).over(app, settle, online)
    with app.app_context():
        acts = list(db.session.scalars(sa.select(Event.action).where(Event.action.in_((Action.CONFIRM, Action.CAST))).order_by(Event.place)))
    assert (done, acts) == (([1, 1], [Action.CONFIRM, Action.CAST]) if locked else ([BROKEN, 1], [Action.CAST]))
    assert votes(app) == [(1, Position.NO, Channel.ONLINE, None)]


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_an_entry_taken_back_while_it_is_confirmed_is_one_or_the_other(app: Flask, cast: Cast, opened: int, *, locked: bool) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)
    back = partial(_try, app, partial(actions.retract, opened, entry, actor=cast.secretariat.actor))
    settle = partial(_try, app, partial(actions.confirm, opened, entry, actor=cast.director.actor))

    done = Overtaken(("UPDATE vote_entry ",), locked=locked).over(app, back, settle)

    assert (done, len(votes(app))) == (([1, 0], 0) if locked else ([1, 1], 2))


@pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])
def test_two_entries_for_one_unit_at_once_leave_one_that_waits(app: Flask, cast: Cast, opened: int, *, locked: bool) -> None:
    other = Actor(cast.chair.person_id, cast.secretariat.actor.role)
    both = [
        partial(_try, app, partial(actions.enter, opened, written(cast, note="第 2 页", p1=mark), None, actor=actor))
        for mark, actor in ((YES, cast.secretariat.actor), (NO, other))
    ]

    done = Overtaken(("INSERT INTO vote_entry ",), locked=locked).over(app, *both)

    with app.app_context():
        waiting = db.session.scalar(sa.select(sa.func.count(VoteEntry.id)))
    assert (done, waiting) == (([1, 0], 1) if locked else ([1, 1], 2))


def test_a_confirmation_against_the_close_is_counted_or_refused(app: Flask, cast: Cast, opened: int) -> None:
    entry = enter(app, opened, written(cast), cast.secretariat.actor)
    start = Barrier(2, timeout=10)

    def close() -> bool:
        start.wait()
        with writing() as session:
            ballot = session.get_one(Ballot, opened, with_for_update=True)
            ballot.closes_at = clock.now()
            session.flush()
            return actions.seal(opened)

    def settle() -> bool:
        start.wait()
        with writing():
            return actions.confirm(opened, entry, actor=cast.director.actor)

    with clock.standing_at(NOW + timedelta(hours=1)):
        done = Race().run(app, partial(_bare, app, close), partial(_bare, app, settle))
    with app.app_context():
        result = db.session.scalars(sa.select(Item.result).where(Item.number == 1)).one()
        kept = db.session.get_one(VoteEntry, entry).accepted
    assert done[0] == 1
    assert ((result or {})["numerator"], kept) == (("1", True) if done[1] else ("0", None))


def _bare(app: Flask, act: Callable[[], bool]) -> int:
    with app.app_context():
        try:
            return int(act())
        except Refused:
            return 0
