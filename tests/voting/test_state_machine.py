"""A ballot from its opening to its recount under any order of acts, beside a model that a child could follow; and fourteen faults it must find.

The model knows one rule by heart, two thirds return a vote and more than half of the votes returned are yes, and keeps votes in a dictionary.
The machine does the same acts with the product's own actions on the database and compares after each step.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy.orm import joinedload

from tests.cast import NOW, Cast, Member
from tests.decisions.placing import place
from tests.product import sign_in_as
from tracker import clock
from tracker.db import db, session, writing
from tracker.digest import canonical, sha256_hex
from tracker.errors import Invalid, Refused
from tracker.members import seats
from tracker.members.models import Person, Seat
from tracker.members.rules import PersonState
from tracker.policy import Action, Actor, Role
from tracker.proposals.states import ProposalState
from tracker.voting import actions, casting, counting, extending, queries, retallying, striking
from tracker.voting import rules as law
from tracker.voting.actions import Choice, Plan
from tracker.voting.grammar import Threshold
from tracker.voting.models import Ballot, Item, Recusal, Vote
from tracker.voting.presets import PRESETS
from tracker.voting.record import CastVote, Record, parse_record, recount
from tracker.voting.record_text import record_data
from tracker.voting.rules import RecusedAs
from tracker.voting.tally import Counts, Position

LATER = NOW + timedelta(hours=1)
ROLL = 5
UNITS = st.integers(0, ROLL - 1)
POSITIONS = st.sampled_from([Position.YES, Position.NO, *Position])


class Machine(RuleBasedStateMachine):
    """One ballot of five units, the first of which leads the proposal."""

    app: ClassVar[Flask]
    cast: ClassVar[Cast]

    @initialize(positions=st.lists(POSITIONS, min_size=ROLL - 1, max_size=ROLL - 1))
    def open(self, positions: list[Position]) -> None:
        """Open the ballot for five chosen units, and let the four that may vote do so once."""
        self.took_back: set[int] = set()
        codes = ["caict", "huawei", "bytedance", "meituan", "sogou"]
        self.members: list[Member] = [self.cast.people[code.replace("-", "_")] for code in codes]
        self.units = [member.actor.unit_id or 0 for member in self.members]
        self.votes: dict[int, Position] = {}
        self.struck: set[int] = set()
        self.recused = {0}
        self.closes, self.closed = NOW + timedelta(days=1), False
        proposal = place(self.app, self.cast, ProposalState.SCREENED)
        plan = Plan(
            self.cast.programme_id,
            [proposal],
            "表决",
            "Vote",
            dict(PRESETS["majority"].rule),
            self.closes,
            "chosen",
            {"allow_discuss": True},
            weights=dict.fromkeys(self.units, "1"),
        )
        self.ballot = self._act(NOW, lambda: actions.open_ballot(plan, actor=self.cast.secretariat.actor).id)
        for unit, position in enumerate(positions, 1):
            self.vote(unit, position)

    def _act(self, at: datetime, act: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the act gives
        with clock.standing_at(at), self.app.app_context(), writing():
            return act()

    def _may(self, at: datetime, act: Callable[[], Any], *, allowed: bool) -> bool:
        """Do an act and say whether it was done; it must be exactly when the model allows it."""
        try:
            self._act(at, act)
        except (Refused, Invalid):
            assert not allowed, "refused though allowed"
            return False
        assert allowed, "done though not allowed"
        return True

    @rule(unit=UNITS, position=POSITIONS)
    def vote(self, unit: int, position: Position) -> None:
        """Cast or change the vote of a unit."""
        self._vote(unit, position, LATER, allowed=not self.closed)

    @rule(unit=UNITS, position=POSITIONS)
    def vote_at_the_closing_instant(self, unit: int, position: Position) -> None:
        """Vote when the clock shows the close itself: too late."""
        self._vote(unit, position, self.closes, allowed=False)

    @precondition(lambda self: self.struck)
    @rule(position=POSITIONS)
    def vote_of_a_struck_unit(self, position: Position) -> None:
        """Let a unit whose vote was struck try again."""
        self._vote(min(self.struck), position, LATER, allowed=False)

    def _vote(self, unit: int, position: Position, at: datetime, *, allowed: bool) -> None:
        choice = Choice(position, "because")
        act = partial(actions.cast, self.ballot, {1: choice}, actor=self.members[unit].actor)
        if self._may(at, act, allowed=allowed and unit not in self.recused | self.struck):
            self.votes[unit] = position

    @rule(unit=UNITS)
    def strike(self, unit: int) -> None:
        """Strike the vote of a unit that has voted, before or after the close."""
        act = partial(actions.strike, self.ballot, self.units[unit], reason="left", actor=self.cast.secretariat.actor)
        if self._may(self.closes if self.closed else LATER, act, allowed=self._has_voted(unit) and unit not in self.struck):
            self.struck.add(unit)

    def _has_voted(self, unit: int) -> bool:
        """Say whether the unit has ever voted: one that declared a conflict afterwards has."""
        return unit in self.votes or unit in self.took_back

    @rule(unit=UNITS)
    def recuse(self, unit: int) -> None:
        """Declare a conflict of interest."""
        act = partial(actions.recuse, self.ballot, 1, reason="ours", actor=self.members[unit].actor)
        if self._may(self.closes if self.closed else LATER, act, allowed=not self.closed and unit not in self.recused):
            self.recused.add(unit)
            if self.votes.pop(unit, None) is not None:
                self.took_back.add(unit)

    @rule(unit=UNITS, position=POSITIONS)
    def replace_the_representative(self, unit: int, position: Position) -> None:
        """Seat a successor; whoever represented the unit, still signed in, sends another vote from the page that is open."""
        at = self.closes if self.closed else LATER
        with clock.standing_at(at):
            browser = sign_in_as(self.app, self.members[unit])
            self.members[unit] = self._act(at, lambda: self._succeed(self.members[unit]))
            answer = browser.post(f"/ballots/{self.ballot}", data={"position-1": position.value, "reason-1": "because"})
        assert answer.status_code == 403, "whose seat has ended was let in"

    def _succeed(self, member: Member) -> Member:
        seat = session().scalars(sa.select(Seat).options(joinedload(Seat.person), joinedload(Seat.unit)).where(Seat.id == member.actor.seat_id)).one()
        seats.end(seat, until_at=None, actor=self.cast.secretariat.actor)
        nth = session().scalar(sa.select(sa.func.count(Person.id)))
        heir = Person(name_zh="继任代表", name_en="Successor", email=f"successor-{nth}@example.org", state=PersonState.ACTIVE, created_at=NOW)
        heir.seats.append(Seat(role=Role.REPRESENTATIVE, unit_id=seat.unit_id, from_at=clock.now()))
        session().add(heir)
        session().flush()
        return Member(member.name, heir.id, Actor(heir.id, Role.REPRESENTATIVE, seat.unit_id, heir.seats[0].id))

    def teardown(self) -> None:
        """Give the seats back to the cast: the next ballot begins with them."""
        kept = {member.actor.seat_id for member in self.cast.people.values()}
        with self.app.app_context(), writing() as current:
            current.execute(sa.update(Seat).where(Seat.id.in_(kept)).values(until_at=None))
            current.execute(sa.update(Seat).where(Seat.id.not_in(kept), Seat.until_at.is_(None)).values(until_at=NOW + timedelta(days=9)))

    @rule(hours=st.integers(-2, 5))
    def extend(self, hours: int) -> None:
        """Move the close, which is only ever later."""
        wanted = self.closes + timedelta(hours=hours)
        act = partial(actions.extend, self.ballot, wanted, reason="asked", actor=self.cast.secretariat.actor)
        if self._may(self.closes if self.closed else LATER, act, allowed=not self.closed and hours > 0):
            self.closes = wanted

    @precondition(lambda self: not self.closed)
    @rule()
    def close(self) -> None:
        """Let the time pass and seal."""
        self._act(self.closes, lambda: actions.seal(self.ballot))
        self.closed = True

    @invariant()
    def one_vote_for_each_unit_and_none_for_the_recused(self) -> None:
        """The rows are what the model holds."""
        if not hasattr(self, "ballot"):
            return
        with self.app.app_context():
            rows = db.session.execute(sa.select(Vote.unit_id, Vote.position).join(Item, Item.id == Vote.item_id).where(Item.ballot_id == self.ballot)).all()
        assert sorted(rows) == sorted((self.units[unit], position) for unit, position in self.votes.items())

    @invariant()
    def what_was_frozen_hashes_to_its_hash_and_nothing_is_told_before_the_close(self) -> None:
        """No result before sealing; the frozen facts never move."""
        if not hasattr(self, "ballot"):
            return
        with self.app.app_context():
            ballot = db.session.get_one(Ballot, self.ballot)
            result = db.session.scalars(sa.select(Item.result).where(Item.ballot_id == self.ballot)).one()
        assert sha256_hex(ballot.frozen) == ballot.frozen_sha256
        assert ballot.frozen["rule"] == ballot.rule
        assert ballot.closes_at == self.closes
        assert (result is None) is not self.closed

    @invariant()
    def the_result_is_the_models_and_recounts(self) -> None:
        """After the close: stored, modelled and recounted results are one."""
        if not getattr(self, "closed", False):
            return
        with self.app.app_context():
            whole = session().scalars(queries.whole(self.ballot)).unique().one()
            stored = whole.items[0].result or {}
            downloaded = json.loads(canonical(record_data(counting.record_of(whole))))
        assert {name: stored[name] for name in ("outcome", "numerator", "denominator")} == self._modelled()
        assert [one.differences for one in recount(parse_record(downloaded))] == [()]

    def _modelled(self) -> dict[str, str]:
        counted = [position for unit, position in self.votes.items() if unit not in self.struck]
        yes, returned, entitled = counted.count(Position.YES), len(counted), ROLL - len(self.recused)
        if entitled == 0:
            outcome = "not_carried"
        elif returned * 3 < entitled * 2:
            outcome = "no_quorum"
        else:
            outcome = "carried" if yes * 2 > returned else "not_carried"
        return {"outcome": outcome, "numerator": str(yes), "denominator": str(returned)}


def _run(app: Flask, cast: Cast, *, examples: int, steps: int = 14) -> None:
    Machine.app, Machine.cast = app, cast
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=chosen)  # type: ignore[no-untyped-call] # hypothesis leaves it untyped


@pytest.mark.slow
def test_any_order_of_acts_leads_to_what_the_model_says(app: Flask, cast: Cast) -> None:
    _run(app, cast, examples=20, steps=10)


@pytest.mark.long
def test_any_order_of_acts_leads_to_what_the_model_says_at_length(app: Flask, cast: Cast) -> None:
    _run(app, cast, examples=600, steps=30)


def _rewritten(action: Action, *left_out: object) -> tuple[Mapping[Action, Any], Action, Any]:
    found = law.BALLOT[action]
    return law.BALLOT, action, replace(found, when=tuple(condition for condition in found.when if condition not in left_out))


def _recuse_only(ballot_id: int, number: int, *, reason: str, actor: Any, unit_id: int | None = None) -> None:  # noqa: ANN401, ARG001 - the signature of recuse
    item = session().scalars(sa.select(Item).where(Item.ballot_id == ballot_id, Item.number == number)).one()
    session().add(Recusal(item_id=item.id, unit_id=actor.unit_id, why=RecusedAs.DECLARED))


def _first_vote_only(news: Mapping[Item, Any], *, actor: Any, at: datetime, write: Callable[..., None]) -> None:  # noqa: ANN401 - the signature of _write
    there = set(session().scalars(sa.select(Vote.item_id).where(Vote.unit_id == actor.unit_id)))
    new = {item: choice for item, choice in news.items() if item.id not in there}
    if new:
        write(new, actor=actor, at=at)


def _discuss_as_yes(votes: Any, codes: Mapping[int, str], *, unit_votes: Callable[..., tuple[CastVote, ...]]) -> tuple[CastVote, ...]:  # noqa: ANN401 - votes
    return tuple(replace(vote, position=Position.YES) if vote.position is Position.DISCUSS else vote for vote in unit_votes(votes, codes))


def _any_close(ballot_id: int, closes_at: datetime, *, reason: str, actor: Any) -> None:  # noqa: ANN401, ARG001 - the signature of extend
    ballot = retallying.lock_to_change(ballot_id)
    if clock.now() < ballot.closes_at:
        ballot.closes_at = closes_at


PATCHES: Mapping[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the quorum is taken of the roll instead of those entitled": lambda patch: patch.setattr(Counts, "entitled", property(lambda counts: counts.roll)),
    "more than half is read as half or more": lambda patch: patch.setattr(
        Threshold, "met", lambda part, count, *, base: count * part.share.denominator >= base * part.share.numerator
    ),
    "a recused unit's vote stays": lambda patch: patch.setattr(actions, "recuse", _recuse_only),
    "abstentions are not counted as returned": lambda patch: patch.setattr(Counts, "valid", property(lambda counts: counts.expressed)),
    "the first vote is kept when it is changed": lambda patch: patch.setattr(
        casting,
        "_write",
        partial(_first_vote_only, write=casting._write),
    ),
    "a struck vote is still counted": lambda patch: patch.setattr(counting, "_struck", lambda _ballot, *, struck: frozenset()),  # noqa: ARG005 - its signature
    "a vote is taken at the closing instant": lambda patch: patch.setitem(*_rewritten(Action.CAST, law.still_open)),
    "a strike after the close is not tallied again": lambda patch: patch.setattr(striking, "retally", lambda _ballot: None),
    "a call for discussion counts as a vote in favour": lambda patch: patch.setattr(
        counting, "unit_votes", partial(_discuss_as_yes, unit_votes=counting.unit_votes)
    ),
    "an extension is told but not made": lambda patch: patch.setattr(extending, "_move", lambda _ballot, _closes_at: None),
    "a struck unit may vote again": lambda patch: patch.setitem(*_rewritten(Action.CAST, law.not_struck)),
    "a ballot can be shortened": lambda patch: patch.setattr(actions, "extend", _any_close),
    "a seat that ends keeps its rights until the morning": lambda patch: patch.setattr(
        seats,
        "end",
        lambda seat, *, until_at, actor: setattr(seat, "until_at", clock.now() + timedelta(hours=12)),  # noqa: ARG005 - its signature
    ),
    "every vote is counted as one in favour": lambda patch: patch.setattr(
        Record, "counts", lambda _record, item: Counts(roll=ROLL, recused=len(item.recused), yes=len(item.votes))
    ),
}
"""What each fault changes in the product."""


@pytest.mark.slow
@pytest.mark.parametrize("fault", PATCHES)
def test_the_machine_finds_that(app: Flask, cast: Cast, fault: str) -> None:
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Exception):  # noqa: B017, PT011 - a broken invariant, or an error page for a voter
        PATCHES[fault](patch)
        _run(app, cast, examples=30, steps=8)
