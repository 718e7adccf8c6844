"""What of many saves is written down: each field once per person and sitting, and nothing is left out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast, Member
from tests.web.test_proposals_writing import full, start
from tracker import clock
from tracker.audit import chain
from tracker.audit.models import Event
from tracker.db import session
from tracker.proposals.models import Proposal

ClientOf = Callable[..., FlaskClient]


def told(app: Flask) -> list[Any]:
    """Return who changed what, as the record has it."""
    with app.app_context():
        assert chain.first_broken_link() is None
        return [(event.person_id, event.facts["changed"]) for event in session().scalars(sa.select(Event).where(Event.action == "edit").order_by(Event.place))]


def save(client: FlaskClient, cast: Cast, app: Flask, **changes: str) -> None:
    """Save the draft once more on top of what is stored."""
    with app.app_context():
        version = session().scalars(sa.select(Proposal.version)).one()
    answer = client.post("/proposals/1/edit", data=full(cast, version, save="auto", **changes))
    assert (answer.status_code, answer.json["fields"]["version"] if answer.json else "") == (200, str(version + 1))


def begun(client_of: ClientOf, app: Flask, cast: Cast, member: Member) -> FlaskClient:
    """Start a draft, fill it in, and let that sitting pass."""
    client = client_of(member)
    start(client)
    save(client, cast, app)
    return client


def test_saves_of_one_sitting_name_each_field_once(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = begun(client_of, app, cast, cast.huawei)
    before = len(told(app))
    with clock.standing_at(NOW + timedelta(hours=1)):
        for number in range(20):
            save(client, cast, app, background=f"背景{number}")
        save(client, cast, app, background="背景", method="方法")
        save(client, cast, app, background="背景一", method="方法一")
    assert told(app)[before:] == [(cast.huawei.person_id, ["background"]), (cast.huawei.person_id, ["background", "method"])]


def test_a_new_sitting_and_another_person_are_told_anew(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client, colleague = begun(client_of, app, cast, cast.huawei), client_of(cast.huawei_contributor)
    before = len(told(app))
    with clock.standing_at(NOW + timedelta(hours=1)):
        save(client, cast, app, background="一")
    with clock.standing_at(NOW + timedelta(hours=1, minutes=9)):
        save(client, cast, app, background="二")
    with clock.standing_at(NOW + timedelta(hours=1, minutes=10)):
        save(client, cast, app, background="三")
        save(colleague, cast, app, background="四")
        save(client, cast, app, background="五")
    mine, theirs = (cast.huawei.person_id, ["background"]), (cast.huawei_contributor.person_id, ["background"])
    assert told(app)[before:] == [mine, mine, theirs, mine]
