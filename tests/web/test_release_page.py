"""What a held decision leaves untouched, what overtakes it, and the page on which it is released."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast
from tests.decisions.placing import decisions_on, state_of
from tests.product import counting
from tests.web.test_release import PAGE, decide, held, planned, release
from tracker import clock
from tracker.audit.models import Event
from tracker.db import Base, session, writing
from tracker.notifications.models import Notice
from tracker.programmes.models import Programme
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState as S

ClientOf = Callable[..., FlaskClient]
OF_THE_VISIT = {"sign_in_session", "held_decision"}
"""What every visit touches, and where a decision is held."""


@pytest.fixture
def together(app: Flask, cast: Cast) -> None:
    """The year releases its decisions together."""
    set_together(app, cast, together=True)


def set_together(app: Flask, cast: Cast, *, together: bool) -> None:
    with app.app_context(), writing() as current:
        current.get_one(Programme, cast.programme_id).release_together = together


def change(app: Flask, key: int, **facts: object) -> None:
    with app.app_context(), writing() as current:
        for name, value in facts.items():
            setattr(current.get_one(Proposal, key), name, value)


def stored(app: Flask) -> dict[str, list[str]]:
    """Return every row of every table but those of the visit itself."""
    with app.app_context():
        rows = {name: session().execute(sa.select(table)).all() for name, table in Base.metadata.tables.items() if name not in OF_THE_VISIT}
        return {name: sorted(map(repr, found)) for name, found in rows.items()}


def touched(app: Flask, client: FlaskClient, keys: list[int], held_as: int | str) -> set[str]:
    """Let the chair decide, each time otherwise, and return which tables differ by it."""
    before = stored(app)
    for key, kind in zip(keys, ("approve", "approve_with_changes", "defer", "reject"), strict=True):
        assert decide(client, key, kind, held=held_as, opinion="绝密意见", reason="绝密理由", changes="绝密要求") == 303
    after = stored(app)
    return {name for name in before if before[name] != after[name]}


@pytest.mark.usefixtures("together")
def test_holding_and_changing_and_taking_back_touch_nothing_but_what_is_held(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    keys, chair = [planned(app, cast) for _ in range(4)], client_of(cast.chair)
    assert touched(app, chair, keys, 0) == set()
    assert touched(app, chair, keys[::-1], 1) == set()
    before = stored(app)
    assert [decide(chair, key, "take_back", held=2) for key in keys] == [303] * 4
    assert stored(app) == before


def test_control_a_decision_taken_at_once_touches_what_others_read(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    keys = [planned(app, cast) for _ in range(4)]
    assert touched(app, client_of(cast.chair), keys, "") >= {"proposal", "decision", "event", "notice", "project", "programme"}


@pytest.mark.usefixtures("together")
def test_the_page_takes_as_many_queries_for_three_as_for_one(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    chair, sent = client_of(cast.chair), []
    for _ in range(3):
        keys = [planned(app, cast) for _ in range(3)]
        decide(chair, keys[0])
        decide(chair, keys[1])
        assert release(chair, **{f"p{keys[0]}": 1})[0] == 303
        with counting(app) as seen:
            assert chair.get(PAGE).status_code == 200
        sent.append(len(seen))
        with counting(app) as of_the_proposal:
            chair.get(f"/proposals/{keys[1]}")
        assert len(of_the_proposal) <= 8
    assert sent[0] == sent[2] <= 8


@pytest.mark.usefixtures("together")
def test_a_second_vote_or_a_later_review_overtakes_what_is_held(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    voted, reviewed = planned(app, cast), planned(app, cast)
    chair, secretariat, later = client_of(cast.chair), client_of(cast.secretariat), NOW + timedelta(hours=1)
    assert decide(chair, voted) == decide(chair, reviewed) == 303
    change(app, voted, ballot_closes_at=later)
    change(app, reviewed, reviewed_at=later)
    with clock.standing_at(NOW + timedelta(hours=2)):
        page = secretariat.get(PAGE).text
        assert "The units voted on it again, until" in page
        assert "Its expert review ended at" in page
        assert [release(secretariat, **{f"p{key}": 1})[0] for key in (voted, reviewed)] == [409, 409]
        assert "It is decided anew or taken back." in chair.get(f"/proposals/{voted}/decide").text
        assert decide(chair, voted, held=1) == 303
        assert release(secretariat, **{f"p{voted}": 2})[0] == 303
    assert (state_of(app, voted), state_of(app, reviewed)) == (S.APPROVED, S.BALLOTED)


@pytest.mark.usefixtures("together")
@pytest.mark.parametrize("state", [S.IN_BALLOT, S.IN_REVIEW, S.REVIEWED])
def test_what_is_held_on_a_proposal_that_moved_can_still_be_taken_back(app: Flask, cast: Cast, client_of: ClientOf, state: S) -> None:
    key, chair = planned(app, cast), client_of(cast.chair)
    assert decide(chair, key, "defer") == 303
    change(app, key, state=state, ballot_closes_at=NOW + timedelta(days=3))
    page = chair.get(f"/proposals/{key}/decide")
    assert (page.status_code, 'value="take_back"' in page.text, 'value="approve"' in page.text) == (200, True, False)
    assert client_of(cast.secretariat).get(f"/proposals/{key}/decide").status_code == 403
    assert "Held until the release" in client_of(cast.secretariat).get(f"/proposals/{key}").text
    assert decide(client_of(cast.director), key, "take_back", held=1) == 403
    assert decide(chair, key, "take_back", held=1) == 303
    assert held(app) == {}
    assert decide(chair, key, "take_back", held=0) == 409, "nothing is held"


@pytest.mark.usefixtures("together")
def test_a_decision_that_was_to_be_held_does_not_come_into_force_because_the_setting_changed(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, chair = planned(app, cast), client_of(cast.chair)
    assert 'name="held" type="hidden" value="0"' in chair.get(f"/proposals/{key}/decide").text
    set_together(app, cast, together=False)
    answer = chair.post(f"/proposals/{key}/decide", data={"kind": "approve", "seen": "0", "held": "0", "opinion": "好题目"})
    assert (answer.status_code, "this one would not be held" in answer.text, "好题目" in answer.text) == (409, True, True)
    assert (state_of(app, key), decisions_on(app, key)) == (S.BALLOTED, [])
    assert decide(chair, key, held="") == 303
    assert state_of(app, key) is S.APPROVED


@pytest.mark.usefixtures("together")
def test_one_notice_tells_everybody_else_of_the_whole_release(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    keys = [planned(app, cast) for _ in range(3)]
    for key, kind in zip(keys, ("approve", "defer", "approve"), strict=True):
        decide(client_of(cast.chair), key, kind)
    assert release(client_of(cast.secretariat), **{f"p{key}": 1 for key in keys})[0] == 303
    with app.app_context():
        told = session().execute(sa.select(Notice.subject_kind, Notice.action).where(Notice.person_id == cast.huawei.person_id)).all()
        asked = session().scalars(sa.select(Notice.person_id).where(Notice.subject_kind == "proposal", Notice.action == "approve")).all()
        facts = session().scalars(sa.select(Event.facts).where(Event.action == "defer")).one()
    assert told == [("programme", "release")]
    assert set(asked) == {cast.caict.person_id}, "the unit on it"
    assert "2 approved, 0 approved with changes, 1 deferred, 0 not approved" in client_of(cast.huawei).get("/notices").text
    assert "2 approved, 0 approved with changes" in client_of(cast.chair).get("/notices").text
    assert facts["released_by"] == cast.secretariat.person_id, "the record knows people by number"


@pytest.mark.usefixtures("together")
def test_the_page_names_what_follows_and_afterwards_what_was_released(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    keys, chair = [planned(app, cast) for _ in range(3)], client_of(cast.chair)
    with app.app_context(), writing() as current:
        current.get_one(Programme, cast.programme_id).review = {"order": "review_first", "applicants": "scores"}
    for key in keys[:2]:
        decide(chair, key)
    page = chair.get(PAGE).text
    assert "With it the units on a proposal can read of its expert review: Opinions and scores." in page
    assert f'href="/proposals/{keys[0]}/decide"' in page, "the chair changes it from here"
    assert f'href="/proposals/{keys[0]}/decide"' not in client_of(cast.secretariat).get(PAGE).text
    assert release(chair, **{f"p{key}": 1 for key in keys[:2]})[0] == 303
    after = chair.get(PAGE).text.partition('id="released"')[2]
    assert after.index("IPWC-2021-01") < after.index("IPWC-2021-02")
    assert {decisions_on(app, key)[0].released_at for key in keys[:2]} == {NOW}, "one release, one moment"
    assert "No decision is held." in chair.get(PAGE).text


@pytest.mark.usefixtures("together")
@pytest.mark.parametrize("sent", ["9" * 30, "-1", "0", "x", "2147483647", "\x00", "字" * 10_000, "1.5"])
def test_what_is_no_proposal_releases_nothing(app: Flask, cast: Cast, client_of: ClientOf, sent: str) -> None:
    key, chair = planned(app, cast), client_of(cast.chair)
    decide(chair, key)
    assert chair.post(PAGE, data={"proposal": [str(key), sent], f"seen-{key}": "1", f"seen-{sent}": sent}).status_code in {404, 409, 422}
    assert chair.post(PAGE, data={"proposal": str(key), f"seen-{key}": sent}).status_code == 409
    assert held(app) == {key: ("approve", 1)}
