"""Before the close nobody sees a position, a reason or a count of votes of another unit, on any address."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from io import BytesIO
from zipfile import ZipFile, is_zipfile

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast, Member
from tests.decisions.placing import place
from tests.pdf_text import body
from tracker.db import writing
from tracker.proposals.content import empty
from tracker.proposals.models import Version
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Choice, Plan
from tracker.voting.presets import PRESETS
from tracker.voting.tally import Position

MARKER = "marker-of-a-reason-only-one-unit-knows"
TOLD = "stands: item 1 “"
"""How the notice to the unit's own voices begins its list of votes."""
ONLOOKERS = ("secretariat", "chair", "director", "expert", "caict", "bytedance", "meituan")
NUMBERED = {"id", "number", "ballot_id", "proposal_id", "person_id", "unit_id", "seat_id"}
EXAMPLES = frozenset({"/ballots/new", "/ballots/rule", "/programmes/2021/edit/voting"})
"""Pages that show what a rule would make of made-up votes."""
SPELLED = {"year": 2021}
SignIn = Callable[[Member], FlaskClient]
StandingAt = Callable[[datetime], AbstractContextManager[None]]


def _proposal(app: Flask, cast: Cast) -> int:
    """Place a proposal with a snapshot that its pages can show."""
    key = place(app, cast, ProposalState.SCREENED)
    unit = {"id": cast.units["caict"], "name_zh": "中国信通院", "name_en": "CAICT", "short_zh": "中国信通院", "short_en": "CAICT"}
    with app.app_context(), writing() as session:
        version = session.scalars(sa.select(Version).where(Version.proposal_id == key)).one()
        version.content = {**empty(), "proposal": "2021-P01", "version": 1, "title_zh": "课题", "title_en": "", "area": None, "lead": unit, "partners": []}
    return key


@pytest.fixture
def voted(app: Flask, cast: Cast) -> int:
    """A ballot in which Huawei has rejected the one item, with a reason that cannot be mistaken."""
    key = _proposal(app, cast)
    plan = Plan(cast.programme_id, [key], "表决", "Vote", dict(PRESETS["majority"].rule), NOW + timedelta(days=2))
    with app.app_context(), writing():
        ballot = actions.open_ballot(plan, actor=cast.secretariat.actor).id
    with app.app_context(), writing():
        actions.cast(ballot, {1: Choice(Position.NO, MARKER)}, actor=cast.huawei.actor)
    return ballot


def _addresses(app: Flask) -> list[str]:
    """Every address that answers a GET, with the number 1 wherever one is asked for."""
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.arguments <= NUMBERED | set(SPELLED)]
    found = [app.url_map.bind("localhost").build(rule.endpoint, {name: SPELLED.get(name, 1) for name in rule.arguments}) for rule in rules]
    return sorted(set(found))


def _text(client: FlaskClient, address: str) -> str:
    """All that an answer says: the page, or what its archive holds (a DOCX is one too), or what a PDF shows."""
    data = client.get(address).data
    if data.startswith(b"%PDF"):
        return body(data)
    if is_zipfile(BytesIO(data)):
        with ZipFile(BytesIO(data)) as archive:
            data = b"\n".join(archive.read(name) for name in archive.namelist())
    return data.decode(errors="replace")


def _leaks(app: Flask, client: FlaskClient) -> list[str]:
    """Return the addresses whose answer holds the reason, or a word that only a result says."""
    said = {address: _text(client, address) for address in _addresses(app)}
    telling = {address: text for address, text in said.items() if MARKER in text or address not in EXAMPLES}
    return [address for address, text in telling.items() if any(word in text for word in (MARKER, TOLD, "did not vote", "No quorum", "&#34;votes&#34;"))]


@pytest.mark.parametrize("name", ONLOOKERS)
def test_nobody_else_sees_a_vote_before_the_close(app: Flask, cast: Cast, client_of: SignIn, voted: int, name: str) -> None:
    assert "1 of 18" in client_of(getattr(cast, name)).get(f"/ballots/{voted}").text
    assert _leaks(app, client_of(getattr(cast, name))) == []


def test_the_unit_sees_its_own_vote(app: Flask, cast: Cast, client_of: SignIn, voted: int) -> None:
    assert _leaks(app, client_of(cast.huawei)) == ["/", f"/ballots/{voted}", f"/ballots/{voted}/confirmation", "/notices"]


def test_control_the_same_crawl_finds_it_after_the_close(app: Flask, cast: Cast, client_of: SignIn, voted: int, at: StandingAt) -> None:
    with at(NOW + timedelta(days=2)):
        found = _leaks(app, client_of(cast.chair))
    assert f"/ballots/{voted}" in found
