"""“Can I vote?” for every kind of person, before, during and after a ballot, in step with what a cast would be told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask

from tests.cast import NOW, VOTING, Cast
from tests.decisions.placing import place
from tracker.db import db, writing
from tracker.policy import Action, Actor, Role, check
from tracker.proposals.states import ProposalState
from tracker.voting import actions, queries
from tracker.voting.actions import Plan
from tracker.voting.confirming import Named
from tracker.voting.eligibility import Answer, Verdict, may_vote
from tracker.voting.presets import PRESETS

OPENS, CLOSES = NOW + timedelta(days=1), NOW + timedelta(days=2)
BEFORE, DURING, AFTER = NOW, OPENS, CLOSES
NAMES = [Named("华为代表", "Huawei representative")]


@pytest.fixture
def ballot(app: Flask, cast: Cast) -> int:
    """A ballot of the vice-chair units on a topic of CAICT's and one of Meituan's, which opens tomorrow."""
    keys = [place(app, cast, ProposalState.SCREENED), place(app, cast, ProposalState.SCREENED, lead="meituan")]
    plan = Plan(cast.programme_id, keys, "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES, options=dict(VOTING), opens_at=OPENS)
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


def _ask(app: Flask, ballot: int, actor: Actor, now: datetime, **known: object) -> tuple[Answer, bool]:
    """Return the answer, and whether a cast would be let in."""
    with app.app_context():
        found = db.session.scalars(queries.frozen(ballot)).unique().one()
        answer = may_vote(found, actor=actor, now=now, **known)  # type: ignore[arg-type] # what the case knows
        return answer, check(Action.CAST, found, actor=actor, now=now) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("secretariat", "The secretariat runs the ballot"),
        ("chair", "The chair decides once the result is out"),
        ("director", "The executive director has no vote"),
        ("expert", "Expert consultants give their opinion in the review"),
        ("member_1", "Your unit is not on the roll"),
        ("huawei_contributor", "Your unit votes through its representative or alternate"),
    ],
)
@pytest.mark.parametrize("now", [BEFORE, DURING])
def test_who_cannot_vote_is_told_why_before_and_during(app: Flask, cast: Cast, ballot: int, name: str, words: str, now: datetime) -> None:
    answer, would = _ask(app, ballot, cast.people[name].actor, now)
    assert (answer.verdict, would) == (Verdict.NO, False)
    assert answer.why.msgid.startswith(("Units vote.", "Your unit"))
    assert words in answer.why.msgid


@pytest.mark.parametrize(
    ("now", "verdict", "words"), [(BEFORE, Verdict.LATER, "from {opens}"), (DURING, Verdict.YES, "You vote for your unit"), (AFTER, Verdict.NO, "closed at")]
)
@pytest.mark.parametrize("name", ["huawei", "huawei_alternate"])
def test_a_voice_of_a_unit_on_the_roll(app: Flask, cast: Cast, ballot: int, name: str, now: datetime, verdict: Verdict, words: str) -> None:
    answer, would = _ask(app, ballot, cast.people[name].actor, now)
    assert (answer.verdict, would, answer.recused) == (verdict, verdict is Verdict.YES, {})
    assert words in answer.why.msgid


def test_a_lead_unit_votes_on_the_other_items_and_is_told_which_not(app: Flask, cast: Cast, ballot: int) -> None:
    answer, would = _ask(app, ballot, cast.caict.actor, DURING)
    assert (answer.verdict, would) == (Verdict.YES, True)
    assert (answer.why.params["count"], answer.why.params["total"]) == (1, 2)
    assert {number: why.msgid for number, why in answer.recused.items()} == {1: "leads this proposal"}


def test_a_unit_recused_on_every_item_is_told_so(app: Flask, cast: Cast, at_one_topic: int) -> None:
    answer, _would = _ask(app, at_one_topic, cast.caict.actor, DURING)
    assert (answer.verdict, answer.why.msgid) == (Verdict.NO, "Your unit is recused on every item of this ballot.")


@pytest.fixture
def at_one_topic(app: Flask, cast: Cast) -> int:
    """A ballot on one topic of CAICT's."""
    plan = Plan(cast.programme_id, [place(app, cast, ProposalState.SCREENED)], "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES)
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


def test_a_contributor_is_told_who_votes_and_somebody_without_a_seat_that_units_do(app: Flask, cast: Cast, ballot: int) -> None:
    told, _would = _ask(app, ballot, cast.huawei_contributor.actor, DURING, voices=NAMES)
    assert told.why.params["names"] == NAMES
    guest, _would = _ask(app, ballot, Actor(cast.huawei.person_id, Role.GUEST), DURING)
    assert "You hold no seat for a unit now" in guest.why.msgid


def test_another_seat_that_votes_is_pointed_out_until_the_close(app: Flask, cast: Cast, ballot: int) -> None:
    others = {cast.units["huawei"]: NAMES[0], cast.units["member-1"]: NAMES[0]}
    hints = [_ask(app, ballot, cast.secretariat.actor, now, others=others)[0].hint for now in (BEFORE, DURING, AFTER)]
    assert [hint.params["units"] if hint else None for hint in hints] == [[NAMES[0]], [NAMES[0]], None]
    assert _ask(app, ballot, cast.huawei.actor, DURING, others=others)[0].hint is None


def test_the_answer_and_the_cast_agree_for_the_whole_cast(app: Flask, cast: Cast, ballot: int) -> None:
    for person in cast.people.values():
        for now in (BEFORE, DURING, AFTER):
            answer, would = _ask(app, ballot, person.actor, now)
            assert (answer.verdict is Verdict.YES) == would, (person.name, now)
