"""No page of anybody else so much as asks for what is held: nothing that it shows, counts, exports or finds can depend on it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.product import Year, counting, sign_in_as
from tests.web.test_a_thousand_proposals import TODAY_START, _walk
from tests.web.test_release import PAGE, decide
from tracker.db import writing
from tracker.programmes.models import Programme
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState

START = (*TODAY_START, "/proposals", "/proposals?q=研究", "/search?q=研究", "/notices", "/projects", "/ballots", "/members", "/profile")
OTHERS = ("huawei", "huawei.contributor", "expert")
EACH = 2
"""So many addresses of one kind are opened."""


def hold_all(app: Flask, year: Year) -> list[int]:
    """Let the chair decide on everything that waits; return the proposals."""
    with app.app_context(), writing() as current:
        current.execute(sa.update(Programme).values(release_together=True))
        keys = list(current.scalars(sa.select(Proposal.id).where(Proposal.state == ProposalState.BALLOTED)))
    chair = sign_in_as(app, year.people["chair"])
    assert [decide(chair, key, "defer", opinion="绝密意见") for key in keys] == [303] * len(keys)
    return keys


def asking(app: Flask, year: Year, name: str, keys: list[int]) -> tuple[int, set[str]]:
    """Return how many pages somebody opened, by links and by guessing, and the statements among them that read what is held."""
    guesses = [f"/proposals/{key}{part}" for key in keys for part in ("", "/decide", "/reviews", "/comments", "/changes", "/dossier.zip", "/declare-conflict")]
    with counting(app) as sent:
        pages = list(_walk(app, sign_in_as(app, year.people[name]), [*START, PAGE, *guesses], each=EACH))
    return len(pages), {statement for statement in sent.all if "held_decision" in statement}


@pytest.mark.parametrize("name", OTHERS)
def test_no_page_of_others_asks_for_what_is_held(in_the_year: Flask, year_template: Year, name: str) -> None:
    opened, found = asking(in_the_year, year_template, name, hold_all(in_the_year, year_template))
    assert found == set()
    assert opened > 30, "the walk came far enough"


def test_control_the_pages_of_an_officer_ask(in_the_year: Flask, year_template: Year) -> None:
    _opened, found = asking(in_the_year, year_template, "secretariat", hold_all(in_the_year, year_template))
    assert len(found) > 2
