"""Nothing of a ranking is told before it closes, on no page of the product, to nobody but the unit that chose."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast, Member
from tests.decisions.placing import place
from tests.voting.test_leaks import ONLOOKERS, _addresses, _text
from tracker.db import writing
from tracker.proposals.content import empty
from tracker.proposals.models import Version
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Plan
from tracker.voting.rules import BallotKind

SignIn = Callable[[Member], FlaskClient]
StandingAt = Callable[[datetime], AbstractContextManager[None]]
CLOSES = NOW + timedelta(days=2)
TELLING = ("Selected at place", "selected it", "did not select", "Below the line", "approve it (", "does not approve it", "&#34;scores&#34;")


@pytest.fixture
def voted(app: Flask, cast: Cast) -> int:
    """A ranking of two proposals in which Huawei approves the first."""
    keys = [place(app, cast, ProposalState.SCREENED, lead=lead) for lead in ("caict", "sogou")]
    unit = {"id": cast.units["caict"], "name_zh": "中国信通院", "name_en": "CAICT", "short_zh": "中国信通院", "short_en": "CAICT"}
    with app.app_context(), writing() as session:
        for version in session.scalars(sa.select(Version)):
            version.content = {**empty(), "proposal": "2021-P01", "version": 1, "title_zh": "课题", "title_en": "", "area": None, "lead": unit, "partners": []}
    plan = Plan(cast.programme_id, keys, "优先级", "Priorities", {"method": "approve", "slots": 1}, CLOSES, kind=BallotKind.PRIORITY)
    with app.app_context(), writing():
        ballot = actions.open_ballot(plan, actor=cast.secretariat.actor).id
    with app.app_context(), writing():
        actions.cast_scores(ballot, {1: 1}, actor=cast.huawei.actor)
    return ballot


def _telling(app: Flask, client: FlaskClient) -> list[str]:
    return [address for address in _addresses(app) if any(word in _text(client, address) for word in TELLING)]


@pytest.mark.usefixtures("voted")
@pytest.mark.parametrize("name", ONLOOKERS)
def test_nobody_else_sees_a_choice_before_the_close(app: Flask, cast: Cast, client_of: SignIn, name: str) -> None:
    assert _telling(app, client_of(getattr(cast, name))) == []


def test_control_the_unit_sees_its_own_choice_and_everybody_after_the_close(app: Flask, cast: Cast, client_of: SignIn, voted: int, at: StandingAt) -> None:
    assert _telling(app, client_of(cast.huawei)) == ["/", f"/ballots/{voted}/confirmation", "/notices"]
    with at(CLOSES):
        assert f"/ballots/{voted}" in _telling(app, client_of(cast.meituan))
