"""Lists as people like to see them: filters, sort and columns under a name; one verb for several."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.proposals.build import add
from tracker.db import session, writing
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.saved_views.models import MOST, SavedView

ClientOf = Callable[..., FlaskClient]
QUERY = "state=submitted&col=number&col=area&sort=title"


def save(client: FlaskClient, name: str = "待审查", query: str = QUERY, of: str = "proposals") -> str:
    answer = client.post("/saved-views", data={"list": of, "name": name, "query": query})
    return f"{answer.status_code} {answer.headers.get('Location', '')}"


def ids_of(app: Flask) -> list[int]:
    with app.app_context():
        return list(session().scalars(sa.select(SavedView.id)))


def links(page: str) -> dict[str, str]:
    return {name: unescape(address) for address, name in re.findall(r'<a href="(/proposals\?[^"]+)"(?: aria-current="page")?>([^<]+)</a>', page)}


def test_a_saved_view_leads_to_the_list_as_it_was(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    assert save(client) == f"303 /proposals?{QUERY}"
    page = client.get(f"/proposals?{QUERY}").text
    assert (links(page)["待审查"], 'aria-current="page">待审查' in page) == (f"/proposals?{QUERY}", True)


def test_the_same_name_again_replaces_the_view(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    save(client)
    save(client, query="sort=number&page=7")
    assert (len(ids_of(app)), links(client.get("/proposals").text)["待审查"]) == (1, "/proposals?sort=number")


def test_views_are_seen_and_removed_by_their_owner_only(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    save(client_of(cast.secretariat))
    (key,) = ids_of(app)
    other = client_of(cast.huawei)
    assert ("待审查" in other.get("/proposals").text, other.post(f"/saved-views/{key}/remove").status_code, len(ids_of(app))) == (False, 404, 1)
    assert (client_of(cast.secretariat).post(f"/saved-views/{key}/remove").status_code, ids_of(app)) == (303, [])


@pytest.mark.parametrize(("name", "query"), [("", QUERY), ("x" * 41, QUERY), ("a\u202eb", QUERY), ("long", "q=" + "x" * 1001)])
def test_what_cannot_be_saved_is_refused_with_the_reason_and_the_list_stays(app: Flask, cast: Cast, client_of: ClientOf, name: str, query: str) -> None:
    client = client_of(cast.secretariat)
    assert (save(client, name, query).startswith("303 /proposals?"), ids_of(app)) == (True, [])
    assert "notice bad" in client.get("/proposals").text or "bad" in client.get("/proposals").text


def test_there_is_an_end_to_what_one_person_saves(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.secretariat)
    for number in range(MOST + 1):
        save(client, f"view {number}")
    assert len(ids_of(app)) == MOST


@pytest.mark.parametrize("of", ["evil", "", "//evil.example"])
def test_a_list_that_is_none_is_no_address(cast: Cast, client_of: ClientOf, of: str) -> None:
    assert save(client_of(cast.secretariat), of=of).startswith("404")


def test_chosen_columns_are_shown_and_exported(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    with app.app_context(), writing() as current:
        add(current, cast)
    client = client_of(cast.huawei)
    heads = re.findall(r"<th[^>]*>(?:<a[^>]*>)?([^<]+)", client.get("/proposals?col=area&col=number&col=evil").text)
    assert [head.strip() for head in heads] == ["Number", "Title", "Topic area"]
    first = client.get("/proposals/export.csv?col=area&col=number").data.decode("utf-8-sig").splitlines()[0]
    assert first == "Number,Year,Title in Chinese,Title in English,Topic area"


def submitted(app: Flask, cast: Cast, *states: ProposalState) -> list[int]:
    with app.app_context(), writing() as current:
        return [add(current, cast, serial=place, state=state).id for place, state in enumerate(states, 1)]


def states_of(app: Flask) -> list[str]:
    with app.app_context():
        return [str(state) for state in session().scalars(sa.select(Proposal.state).order_by(Proposal.id))]


S = ProposalState


def test_several_proposals_are_named_before_they_pass_together(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    ids = submitted(app, cast, S.SUBMITTED, S.SUBMITTED)
    client = client_of(cast.secretariat)
    page = client.get("/proposals/bulk", query_string={"verb": "accept", "id": ids}).text
    assert ("2021-P01" in page, "2021-P02" in page, states_of(app)) == (True, True, ["submitted", "submitted"])
    assert (client.post("/proposals/bulk", data={"verb": "accept", "id": ids}).status_code, states_of(app)) == (303, ["screened", "screened"])


def test_what_cannot_be_done_is_said_beforehand_and_stops_the_whole(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    ids = submitted(app, cast, S.SUBMITTED, S.SCREENED)
    client = client_of(cast.secretariat)
    page = client.get("/proposals/bulk", query_string={"verb": "accept", "id": ids})
    assert (page.status_code, "cannot be done to 1" in page.text) == (200, True)
    assert (client.post("/proposals/bulk", data={"verb": "accept", "id": ids}).status_code, states_of(app)) == (409, ["submitted", "screened"])


def test_a_reason_that_is_owed_is_asked_for_once_and_kept(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    ids = submitted(app, cast, S.SUBMITTED, S.SUBMITTED)
    client = client_of(cast.secretariat)
    assert client.post("/proposals/bulk", data={"verb": "not-accept", "id": ids, "note": " "}).status_code == 422
    assert client.post("/proposals/bulk", data={"verb": "not-accept", "id": ids, "note": "超出指南范围。"}).status_code == 303
    assert states_of(app) == ["not_accepted", "not_accepted"]


def test_only_the_secretariat_acts_on_several(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    ids = submitted(app, cast, S.SUBMITTED)
    for who in (cast.huawei, cast.chair, cast.expert):
        client = client_of(who)
        assert client.post("/proposals/bulk", data={"verb": "accept", "id": ids}).status_code == 404
        assert "With those ticked" not in client.get("/proposals").text
    assert states_of(app) == ["submitted"]


@pytest.mark.parametrize("query", [{}, {"verb": "accept"}, {"verb": "accept", "id": "x"}, {"verb": "evil", "id": "1"}, {"verb": "accept", "id": "9" * 30}])
def test_odd_addresses_are_none(app: Flask, cast: Cast, client_of: ClientOf, query: dict[str, str]) -> None:
    submitted(app, cast, S.SUBMITTED)
    assert client_of(cast.secretariat).get("/proposals/bulk", query_string=query).status_code == 404
