"""What the lists of projects, ballots, units and people have in common: columns by choice, views kept, files of what is shown."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import NOW, Cast
from tests.decisions.placing import ballot, place
from tests.projects.placing import Planned, project
from tests.proposals.build import add
from tracker.audit.models import Event
from tracker.db import session, writing
from tracker.members.models import Person
from tracker.programmes.models import Programme
from tracker.proposals.models import Proposal, Version
from tracker.proposals.states import ProposalState

ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[Any]]
LISTS = {"projects": "/projects", "ballots": "/ballots", "units": "/members", "people": "/members/people"}
FILES = {"projects": "/projects/export", "ballots": "/ballots/export", "units": "/members/export", "people": "/members/people/export"}


@pytest.fixture(name="filled")
def filling(app: Flask, cast: Cast) -> Cast:
    """Put a project of Huawei with Meituan, another of CAICT, and a ballot that runs."""
    project(app, cast, Planned(lead="huawei", partner="meituan", title="版权保护"))
    project(app, cast, Planned(lead="caict", title="反垄断"))
    ballot(app, cast, [place(app, cast, ProposalState.IN_BALLOT)], closes_at=NOW + timedelta(days=1), yes=3)
    return cast


def heads(page: str) -> list[str]:
    """Return the heads of the columns."""
    return [unescape(head).strip() for head in re.findall(r"<th[^>]*>(?:<a[^>]*>)?([^<]+)", page)]


def lines(client: FlaskClient, of: str, query: str = "") -> list[dict[str, str]]:
    """Return the rows of the list as CSV."""
    answer = client.get(f"{FILES[of]}.csv?{query}")
    assert (answer.status_code, answer.data[:3]) == (200, b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.mark.parametrize("of", LISTS)
def test_a_view_of_any_list_is_saved_and_leads_back(filled: Cast, client_of: ClientOf, of: str) -> None:
    client = client_of(filled.secretariat)
    answer = client.post("/saved-views", data={"list": of, "name": "常用", "query": "sort=evil"})
    assert (answer.status_code, answer.location) == (303, f"{LISTS[of]}?sort=evil")
    assert f'href="{LISTS[of]}?sort=evil">常用' in client.get(LISTS[of]).text
    assert "常用" not in client_of(filled.huawei).get(LISTS[of]).text


@pytest.mark.parametrize(
    ("of", "chosen", "shown"),
    [
        ("projects", "col=start&col=number&col=evil", ["Number", "Title", "Starts on"]),
        ("ballots", "col=opens", ["Ballot", "Opens"]),
        ("units", "col=code", ["Unit", "Code"]),
        ("people", "col=since&col=email", ["Name", "E-mail", "Added on"]),
        ("projects", "", ["Number", "Title", "Lead unit", "State", "Ends on", "Last report"]),
        ("ballots", "", ["Number", "Ballot", "State", "Closes", "Units that voted"]),
        ("units", "", ["Unit", "Kind", "People", "Code"]),
        ("people", "", ["Name", "Seats", "E-mail", "Account"]),
    ],
)
def test_the_columns_chosen_are_shown_and_stay_in_every_address(filled: Cast, client_of: ClientOf, of: str, chosen: str, shown: list[str]) -> None:
    page = client_of(filled.secretariat).get(f"{LISTS[of]}?{chosen}").text
    assert heads(page) == shown
    kept = re.search(r'href="([^"]*export\.csv[^"]*)"', page)
    assert kept is not None
    assert [pair for pair in chosen.split("&") if pair and "evil" not in pair and pair not in unescape(kept[1])] == []


def test_the_files_hold_what_the_lists_show(filled: Cast, client_of: ClientOf) -> None:
    client = client_of(filled.secretariat)
    assert [line["Lead unit"] for line in lines(client, "projects", "sort=number")] == ["Huawei", "China Academy of Information and Communications Technology"]
    (vote,) = lines(client, "ballots")
    assert (vote["State"], vote["Units that voted"], vote["Units on the roll"], vote["Items"]) == ("Open", "3", "18", "1")
    assert [line["Code"] for line in lines(client, "units", "q=华为")] == ["huawei"]
    (person,) = lines(client, "people", "q=华为替补")
    assert (person["Seats"], person["E-mail"], person["Account"]) == ("Alternate, Huawei", "huawei.alternate@example.org", "active")


@pytest.mark.parametrize("kind", ["xlsx", "json"])
@pytest.mark.parametrize("of", FILES)
def test_each_is_given_in_every_kind_of_file(filled: Cast, client_of: ClientOf, of: str, kind: str) -> None:
    answer = client_of(filled.huawei).get(f"{FILES[of]}.{kind}")
    assert (answer.status_code, len(answer.data) > 100) == (200, True)
    assert client_of(filled.huawei).get(f"{FILES[of]}.exe").status_code == 404


def test_addresses_and_accounts_are_for_the_secretariat_alone(app: Flask, filled: Cast, client_of: ClientOf) -> None:
    for who in (filled.huawei, filled.chair, filled.expert):
        client = client_of(who)
        assert list(lines(client, "people", "col=email&col=state&col=since")[0]) == ["Name in Chinese", "Name in English", "Seats"]
        data = client.get(f"{FILES['people']}.json").get_data(as_text=True)
        assert ("example.org" in data, "active" in data) == (False, False)
        assert heads(client.get(f"{LISTS['people']}?col=email").text) == ["Name", "Seats"]
    with app.app_context():
        everybody = session().scalar(sa.select(sa.func.count(Person.id)))
    assert len(lines(client_of(filled.secretariat), "people")) == everybody
    assert "suspended" in client_of(filled.secretariat).get(f"{FILES['people']}.json?state=suspended").get_data(as_text=True)


def test_a_formula_in_a_name_is_no_formula_in_the_file(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    with app.app_context(), writing() as current:
        current.execute(sa.update(Person).where(Person.id == cast.expert.person_id).values(name_en="=HYPERLINK(1)"))
    assert "'=HYPERLINK(1)" in [line["Name in English"] for line in lines(client_of(cast.secretariat), "people")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("版权", ["01"]),
        ("hw", ["01"]),
        ("美团", ["01"]),
        ("mt", ["01"]),
        ("反垄断", ["02"]),
        ("信通", ["02"]),
        ("2021-02", ["02"]),
        ("版权 美团", ["01"]),
        ("版权 信通", []),
        ("%", []),
        ("\x00", ["02", "01"]),
    ],
)
def test_projects_are_found_by_words_units_and_pinyin(filled: Cast, client_of: ClientOf, text: str, found: list[str]) -> None:
    answer = client_of(filled.huawei).get("/projects", query_string={"q": text})
    assert re.findall(r"IPWC-2021-(\d+)</td>", answer.text) == found


def test_projects_are_found_by_the_people_of_their_approved_topic(app: Flask, filled: Cast, client_of: ClientOf) -> None:
    with app.app_context(), writing() as current:
        proposal = current.scalars(sa.select(Proposal).where(Proposal.title_zh == "反垄断")).one()
        text = {**proposal.content, "title_zh": "反垄断", "investigator_name": "欧阳文静"}
        current.add(Version(proposal_id=proposal.id, number=2, content=text, sha256="0" * 64, submitted_at=NOW, submitted_by=filled.caict.person_id))
    for typed in ("欧阳", "oywj"):
        assert re.findall(r"IPWC-2021-(\d+)</td>", client_of(filled.huawei).get("/projects", query_string={"q": typed}).text) == ["02"]


@pytest.mark.parametrize("of", LISTS)
def test_no_list_costs_more_than_eight_queries(filled: Cast, client_of: ClientOf, queries: Queries, of: str) -> None:
    client = client_of(filled.secretariat)
    with queries() as seen:
        client.get(f"{LISTS[of]}?q=华为")
    assert len(seen) <= 8


def test_several_reviews_begin_at_once_where_the_programme_has_them(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    with app.app_context(), writing() as current:
        ids = [add(current, cast, serial=serial).id for serial in (1, 2)]
    secretariat = client_of(cast.secretariat)
    query = {"verb": "begin-review", "id": ids}
    assert "With those ticked" not in secretariat.get("/proposals").text
    assert "The programme has no expert review." in secretariat.get("/proposals/bulk", query_string=query).text
    assert secretariat.post("/proposals/bulk", data=query).status_code == 409
    with app.app_context(), writing() as current:
        current.execute(sa.update(Programme).values(review={"order": "review_first"}))
    assert 'value="begin-review"' in secretariat.get("/proposals").text
    page = secretariat.get("/proposals/bulk", query_string=query).text
    assert ('name="note"' in page, "Topic 1" in page) == (False, True)
    assert client_of(cast.huawei).post("/proposals/bulk", data=query).status_code == 404
    assert [secretariat.post("/proposals/bulk", data=query).status_code for _ in range(2)] == [303, 409]
    with app.app_context():
        begun = session().execute(sa.select(Proposal.state, Proposal.review_begun_at.is_not(None))).all()
        told = session().scalar(sa.select(sa.func.count(Event.place)).where(Event.action == "begin_review"))
    assert ([tuple(row) for row in begun], told) == ([(ProposalState.IN_REVIEW, True)] * 2, 2)
