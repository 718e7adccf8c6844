"""The calendar file of a ballot: read back as RFC 5545 says, on its page, and with the e-mail that announces the opening alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, VOTING, Cast, Member
from tests.decisions.placing import place
from tests.post_office import PostOffice, open_post_office
from tracker.cli import worker
from tracker.db import writing
from tracker.proposals.states import ProposalState
from tracker.voting import actions
from tracker.voting.actions import Choice, Plan
from tracker.voting.models import Ballot
from tracker.voting.presets import PRESETS
from tracker.voting.tally import Position
from tracker.web.calendars import Entry, calendar_text

SignIn = Callable[[Member], FlaskClient]
CLOSES = NOW + timedelta(days=2)
ENTRY = Entry(
    uid="ballot-1@example.org",
    sequence=3,
    begins=datetime(2021, 1, 15, 9, 30, tzinfo=UTC),
    ends=datetime(2021, 1, 15, 10, 0, tzinfo=UTC),
    written=NOW,
    summary="表决 2021-B01；标题，with; commas, back\\slash\r\nBEGIN:VEVENT",
    description="长" * 200 + "\n𠀀" * 60,
    url="https://example.org/ballots/1",
)


def _read(text: str) -> list[tuple[str, str]]:
    """Unfold a file and return its lines as name and value."""
    lines = text.replace("\r\n ", "").split("\r\n")
    assert lines.pop() == ""
    return [(name, value) for name, _, value in (line.partition(":") for line in lines)]


def test_no_line_is_longer_than_75_octets_and_unfolding_gives_every_letter_back() -> None:
    text = calendar_text(ENTRY)
    assert max(len(line.encode()) for line in text.split("\r\n")) <= 75
    assert "\n" not in text.replace("\r\n", "")
    read = dict(_read(text))
    assert read["SUMMARY"] == "表决 2021-B01；标题，with\\; commas\\, back\\\\slash\\nBEGIN:VEVENT"
    assert read["DESCRIPTION"] == "表决 2021-B01；标题，with\\; commas\\, back\\\\slash\\nBEGIN:VEVENT"  # the alarm's, which comes last
    assert ("DESCRIPTION", ENTRY.description.replace("\n", "\\n")) in _read(text)
    assert [value for name, value in _read(text) if name == "BEGIN"] == ["VCALENDAR", "VEVENT", "VALARM"]


@pytest.fixture
def ballot(app: Flask, cast: Cast) -> int:
    """An open ballot."""
    keys = [place(app, cast, ProposalState.SCREENED)]
    plan = Plan(cast.programme_id, keys, "表决", "Vote", dict(PRESETS["majority"].rule), CLOSES, options=dict(VOTING))
    with app.app_context(), writing():
        return actions.open_ballot(plan, actor=cast.secretariat.actor).id


def test_the_file_says_when_the_vote_ends_in_both_languages_with_an_alarm_a_day_before(cast: Cast, client_of: SignIn, ballot: int) -> None:
    client = client_of(cast.huawei)
    answer = client.get(f"/ballots/{ballot}/calendar.ics")
    assert answer.content_type == "text/calendar; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="2021-B01.ics"'
    read = dict(_read(answer.get_data(as_text=True)))
    assert (read["DTSTART"], read["DTEND"]) == ("20210108T013000Z", "20210108T020000Z")
    assert (read["UID"], read["SEQUENCE"], read["TRIGGER;RELATED=END"]) == (f"ballot-{ballot}@localhost", "0", "-P1D")
    assert "表决" in read["SUMMARY"]
    assert "closes: Vote" in read["SUMMARY"]
    assert f'href="/ballots/{ballot}/calendar.ics"' in client.get(f"/ballots/{ballot}").text


def test_a_later_close_raises_the_sequence_under_the_same_uid(app: Flask, cast: Cast, client_of: SignIn, ballot: int) -> None:
    before = dict(_read(client_of(cast.huawei).get(f"/ballots/{ballot}/calendar.ics").get_data(as_text=True)))
    with app.app_context(), writing() as session:
        session.execute(sa.update(Ballot).values(closes_at=CLOSES + timedelta(hours=1)))
    after = dict(_read(client_of(cast.huawei).get(f"/ballots/{ballot}/calendar.ics").get_data(as_text=True)))
    assert after["UID"] == before["UID"]
    assert int(after["SEQUENCE"]) > int(before["SEQUENCE"])
    assert after["DTEND"] == "20210108T030000Z"


def test_a_stranger_is_sent_to_sign_in_and_an_unknown_ballot_is_not_found(cast: Cast, client_of: SignIn, visitor: FlaskClient, ballot: int) -> None:
    assert visitor.get(f"/ballots/{ballot}/calendar.ics").status_code == 303
    assert client_of(cast.huawei).get("/ballots/999/calendar.ics").status_code == 404


@pytest.fixture
def office(app: Flask) -> Iterator[PostOffice]:
    """A mail server that the program is told of."""
    with open_post_office() as opened:
        app.extensions["settings"] = replace(app.extensions["settings"], mail=opened.server)
        yield opened


def test_the_mail_that_announces_the_opening_carries_it_and_no_other_does(app: Flask, cast: Cast, office: PostOffice, ballot: int) -> None:
    worker.run(app, once=True)
    announced = list(office.taken)
    with app.app_context(), writing():
        actions.cast(ballot, {1: Choice(Position.YES)}, actor=cast.huawei.actor)
    worker.run(app, once=True)
    others = office.taken[len(announced) :]
    assert len(announced) == 19
    assert len(others) == 2
    for message in announced:
        (part,) = message.iter_attachments()
        assert (part.get_content_type(), part.get_filename(), part.get_param("method")) == ("text/calendar", "2021-B01.ics", "PUBLISH")
        assert dict(_read(part.get_content().replace("\r\n", "\n").replace("\n", "\r\n")))["DTEND"] == "20210108T020000Z"
    assert [list(message.iter_attachments()) for message in others] == [[], []]
