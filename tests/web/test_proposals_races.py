"""Two people act on one proposal at the same moment: one act counts, the other is told what happened; with a control that lets both count."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.racing import Race
from tests.web.test_proposals_writing import full, start, submitted
from tracker.audit.models import Event
from tracker.db import session, writing
from tracker.proposals.models import Proposal, Version

ClientOf = Callable[..., FlaskClient]
BETWEEN = ("UPDATE proposal", "INSERT INTO version")
NOTES = {"withdraw": "改报另一课题", "accept": "", "return": "请补充研究方法。", "not-accept": "不属于征集范围。", "merge": "内容重复。"}


def events(app: Flask, key: int, *actions: str) -> list[str]:
    """Return which of these acts are on record for the proposal."""
    with app.app_context():
        wanted = sa.select(Event.action).where(Event.subject_kind == "proposal", Event.subject_id == key, Event.action.in_(actions)).order_by(Event.place)
        return list(session().scalars(wanted))


def act(client: FlaskClient, url: str, verb: str, version: int, **more: str) -> int:
    return client.post(f"{url}/{verb}", data={"version": str(version), "note": NOTES[verb], **more}).status_code


def at_once(app: Flask, cast: Cast, client_of: ClientOf, verbs: tuple[str, str], *, locked: bool) -> tuple[list[int], list[str]]:
    """Let the unit and the secretariat act on a submitted proposal at once; return how they were answered and what counts."""
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    submitted(client_of(cast.sogou), cast)
    url = submitted(huawei, cast)
    who = [huawei if verb == "withdraw" else client_of(cast.secretariat) for verb in verbs]
    race = Race(BETWEEN, locked)
    tasks = [lambda client=client, verb=verb: act(client, url, verb, 3, into="2021-P01") for client, verb in zip(who, verbs, strict=True)]
    found = sorted(race.run(app, *tasks))
    assert secretariat.get(url).status_code == 200
    return found, events(app, int(url.rpartition("/")[2]), *(verb.replace("-", "_") for verb in verbs))


@pytest.mark.parametrize(
    "verbs", [("withdraw", "accept"), ("withdraw", "return"), ("accept", "return"), ("merge", "withdraw"), ("accept", "not-accept"), ("accept", "accept")]
)
def test_of_two_acts_at_once_one_counts(app: Flask, cast: Cast, client_of: ClientOf, verbs: tuple[str, str]) -> None:
    found, counted = at_once(app, cast, client_of, verbs, locked=True)
    assert (found, len(counted)) == ([303, 409], 1)


def test_control_without_the_lock_both_count(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    found, counted = at_once(app, cast, client_of, ("withdraw", "accept"), locked=False)
    assert (found, sorted(counted)) == ([303, 303], ["accept", "withdraw"])


def test_of_two_submissions_of_one_proposal_one_makes_a_version(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei, colleague = client_of(cast.huawei), client_of(cast.huawei_alternate)
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1)).status_code == 303

    def submit(client: FlaskClient) -> int:
        return client.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code

    assert sorted(Race(BETWEEN).run(app, lambda: submit(huawei), lambda: submit(colleague))) == [303, 409]
    with app.app_context():
        assert list(session().scalars(sa.select(Version.number))) == [1]


def test_a_form_sent_back_is_ended_or_comes_in_again_never_both(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = submitted(huawei, cast)
    key = int(url.rpartition("/")[2])
    assert act(secretariat, url, "return", 3) == 303
    with app.app_context(), writing() as current:
        proposal = current.get_one(Proposal, key)
        proposal.return_due_at = proposal.submitted_at

    def submit() -> int:
        return huawei.post(f"{url}/submit", data={"version": "4", "undertaking": "y"}).status_code

    found = Race(BETWEEN).run(app, submit, lambda: act(secretariat, url, "not-accept", 4))
    assert sorted(found) == [303, 409]
    assert len(events(app, key, "submit", "not_accept")) == 2, "the first submission, and one of the two"
