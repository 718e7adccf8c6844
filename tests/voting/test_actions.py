"""What follows when a fact changes around a ballot: the table of the same name in the documentation on voting, row by row."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import joinedload

from tests.cast import NOW, VOTING, Cast, Member
from tests.decisions.placing import place, state_of
from tracker import clock
from tracker.cli.recount import recount
from tracker.db import db, writing
from tracker.digest import sha256_hex
from tracker.errors import Invalid, Refused
from tracker.members import seats
from tracker.members.models import Person, Seat, Unit, UnitKind
from tracker.members.rules import PersonState, UnitState
from tracker.notifications.models import Notice
from tracker.policy import Action, Actor, Role, check
from tracker.proposals import queries as proposals
from tracker.proposals.models import Version
from tracker.proposals.states import ProposalState
from tracker.voting import actions, counting, queries
from tracker.voting.actions import Choice, Confirmation, Plan
from tracker.voting.freezing import frozen
from tracker.voting.models import Ballot, Item, RollEntry, Vote
from tracker.voting.presets import PRESETS
from tracker.voting.tally import Position

CLOSES = NOW + timedelta(days=2)
YES, NO = Choice(Position.YES), Choice(Position.NO, "not yet")
At = Callable[[datetime], AbstractContextManager[None]]


def _open(app: Flask, cast: Cast, proposals: list[int], closes_at: datetime = CLOSES) -> int:
    plan = Plan(cast.programme_id, proposals, "表决", "Vote", dict(PRESETS["majority"].rule), closes_at, options=dict(VOTING))
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


@pytest.fixture
def topic(app: Flask, cast: Cast) -> int:
    """A proposal of CAICT that passed the formal check."""
    return place(app, cast, ProposalState.SCREENED)


@pytest.fixture
def opened(app: Flask, cast: Cast, topic: int) -> int:
    """An open ballot of all vice-chair units on ``topic``."""
    return _open(app, cast, [topic])


def _cast(app: Flask, ballot: int, actor: Actor, choice: Choice = YES) -> Confirmation:
    with app.app_context(), writing():
        return actions.cast(ballot, {1: choice}, actor=actor)


def _votes(app: Flask) -> list[tuple[int, Position, int]]:
    with app.app_context():
        rows = db.session.execute(sa.select(Vote.unit_id, Vote.position, Vote.person_id).order_by(Vote.unit_id))
        return [(unit, position, person) for unit, position, person in rows]


def _everyone_votes(app: Flask, cast: Cast, ballot: int, *, no: int = 0) -> None:
    voters = [cast.people[code.replace("-", "_")] for code in cast.units if code not in {"caict", "member-1"}]
    for position, voter in enumerate(voters):
        _cast(app, ballot, voter.actor, NO if position < no else YES)


def _seal(app: Flask, ballot: int) -> bool:
    with app.app_context(), writing():
        return actions.seal(ballot)


def test_a_unit_that_joins_after_opening_is_not_on_the_roll(app: Flask, cast: Cast, opened: int) -> None:
    with app.app_context(), writing() as session:
        late = Unit(code="late", name_zh="新单位", name_en="Late unit", short_zh="", short_en="", kind=UnitKind.VICE_CHAIR)
        session.add(late)
        session.flush()
        newcomer = Actor(cast.member_1.person_id, Role.REPRESENTATIVE, late.id)
    with pytest.raises(Refused, match="not on the roll"):
        _cast(app, opened, newcomer)
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(RollEntry.id))) == 18


def test_a_unit_that_leaves_after_opening_keeps_its_vote_and_place(app: Flask, cast: Cast, opened: int) -> None:
    _cast(app, opened, cast.huawei.actor)
    with app.app_context(), writing() as session:
        session.execute(sa.update(Unit).where(Unit.id == cast.units["huawei"]).values(state=UnitState.LEFT))
        session.execute(sa.update(Seat).where(Seat.unit_id == cast.units["huawei"]).values(until_at=clock.now()))
    with app.app_context():
        counted = counting.counts(db.session.scalars(queries.whole(opened)).unique().one())[1]
    assert (counted.roll, counted.yes) == (18, 1)


def test_a_replaced_representative_is_refused_at_once_and_the_successor_may_change_the_vote(
    app: Flask, cast: Cast, opened: int, client_of: Callable[[Member], object]
) -> None:
    predecessor = client_of(cast.huawei)
    _cast(app, opened, cast.huawei.actor)
    with app.app_context(), writing() as session:
        seat = session.scalars(sa.select(Seat).options(joinedload(Seat.person), joinedload(Seat.unit)).where(Seat.id == cast.huawei.actor.seat_id)).one()
        seats.end(seat, until_at=None, actor=cast.secretariat.actor)
        heir = Person(name_zh="华为新代表", name_en="Huawei successor", email="huawei.successor@example.org", state=PersonState.ACTIVE, created_at=NOW)
        session.add(heir)
        session.flush()
        heir_id = heir.id
    assert predecessor.post(f"/ballots/{opened}", data={"position-1": "no", "reason-1": "x"}).status_code == 403  # type: ignore[attr-defined] # a test client
    assert _votes(app) == [(cast.units["huawei"], Position.YES, cast.huawei.person_id)]
    _cast(app, opened, Actor(heir_id, Role.REPRESENTATIVE, cast.units["huawei"]), NO)
    assert _votes(app) == [(cast.units["huawei"], Position.NO, heir_id)]


def test_the_last_vote_of_a_unit_counts_and_everyone_who_votes_for_it_is_told_of_both(app: Flask, cast: Cast, opened: int) -> None:
    _cast(app, opened, cast.huawei.actor)
    _cast(app, opened, cast.huawei_alternate.actor, NO)
    assert _votes(app) == [(cast.units["huawei"], Position.NO, cast.huawei_alternate.person_id)]
    with app.app_context():
        told = db.session.scalars(sa.select(Notice).where(Notice.action == Action.CAST.value).order_by(Notice.id)).all()
        kept = db.session.scalars(queries.last_acts(opened, cast.units["huawei"])).all()
    assert [notice.person_id for notice in told] == [cast.huawei.person_id, cast.huawei_alternate.person_id] * 2
    assert ["was changed" in notice.msgid for notice in told] == [False, False, True, True]
    assert len(kept) == 2


def test_the_same_vote_twice_is_one_vote(app: Flask, cast: Cast, opened: int) -> None:
    first, second = _cast(app, opened, cast.huawei.actor), _cast(app, opened, cast.huawei.actor)
    assert (first.recorded, first.unchanged) == ((1,), ())
    assert (second.recorded, second.unchanged) == ((), (1,))
    with app.app_context():
        assert len(db.session.scalars(queries.last_acts(opened, cast.units["huawei"])).all()) == 1


def test_a_vote_at_the_closing_instant_is_refused_and_one_just_before_counts(app: Flask, cast: Cast, opened: int, at: At) -> None:
    with at(CLOSES - timedelta(microseconds=1)):
        _cast(app, opened, cast.huawei.actor)
    with at(CLOSES), pytest.raises(Refused, match="closed at"):
        _cast(app, opened, cast.meituan.actor)
    assert [unit for unit, _position, _person in _votes(app)] == [cast.units["huawei"]]


def test_a_recused_unit_and_a_contributor_cannot_vote(app: Flask, cast: Cast, opened: int) -> None:
    with pytest.raises(Invalid):
        _cast(app, opened, cast.caict.actor)
    with pytest.raises(Refused):
        _cast(app, opened, cast.huawei_contributor.actor)
    assert _votes(app) == []


def test_closing_before_the_time_is_refused_and_twice_is_one_tally(app: Flask, cast: Cast, opened: int, topic: int, at: At) -> None:
    _everyone_votes(app, cast, opened, no=5)
    with pytest.raises(Refused):
        _seal(app, opened)
    with at(CLOSES):
        assert [_seal(app, opened), _seal(app, opened)] == [True, False]
    assert state_of(app, topic) is ProposalState.BALLOTED


def test_without_a_quorum_the_proposal_may_be_put_to_the_vote_again(app: Flask, cast: Cast, opened: int, topic: int, at: At) -> None:
    _cast(app, opened, cast.huawei.actor)
    with at(CLOSES):
        _seal(app, opened)
        assert state_of(app, topic) is ProposalState.SCREENED
        again = _open(app, cast, [topic], CLOSES + timedelta(days=1))
    assert state_of(app, topic) is ProposalState.IN_BALLOT
    assert [unit for unit, _position, _person in _votes(app)] == [cast.units["huawei"]]
    assert again != opened


def test_the_proposal_cannot_be_edited_while_open(app: Flask, cast: Cast, opened: int, topic: int) -> None:
    with app.app_context():
        proposal = db.session.scalars(proposals.one(topic)).unique().one()
        assert check(Action.EDIT, proposal, actor=cast.caict.actor, now=clock.now()) is not None
        bound, kept = db.session.execute(sa.select(Item.version_sha256, Version.sha256).join(Item.version).where(Item.ballot_id == opened)).one()
    assert bound == kept


def test_what_was_frozen_hashes_to_the_stored_hash(app: Flask, opened: int) -> None:
    with app.app_context():
        ballot = db.session.scalars(queries.frozen(opened)).unique().one()
        assert ballot.frozen == frozen(ballot)
        assert sha256_hex(frozen(ballot)) == ballot.frozen_sha256
        assert sha256_hex({**frozen(ballot), "roll": frozen(ballot)["roll"][1:]}) != ballot.frozen_sha256


def test_the_downloaded_record_recounts_and_sealing_writes_what_was_derived(
    app: Flask, cast: Cast, opened: int, client_of: Callable[[Member], object], at: At
) -> None:
    _everyone_votes(app, cast, opened, no=5)
    with at(CLOSES):
        file = client_of(cast.expert).get(f"/ballots/{opened}/record.json")  # type: ignore[attr-defined] # a test client
        with app.app_context():
            derived = counting.results(db.session.scalars(queries.whole(opened)).unique().one())[1].as_full_data()
        _seal(app, opened)
    assert file.headers["Content-Disposition"] == 'attachment; filename="2021-B01-record.json"'
    assert CliRunner().invoke(recount, ["-"], input=file.data).exit_code == 0
    assert CliRunner().invoke(recount, ["-"], input=file.data.replace(b'"numerator":"12"', b'"numerator":"11"')).exit_code == 1
    with app.app_context():
        assert db.session.scalars(sa.select(Item.result).where(Item.ballot_id == opened)).one() == derived
        assert db.session.get_one(Ballot, opened).sealed_at == CLOSES
