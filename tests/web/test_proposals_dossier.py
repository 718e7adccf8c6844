"""The dossier: all that is on record about a proposal, for the committee's officers, with hashes by which anybody can check it."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.decisions.placing import balloted
from tests.web.test_proposals_writing import submitted
from tracker.digest import sha256_hex

ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[Any]]
PDF = b"%PDF-1.7\n%%EOF"


def packed(client: FlaskClient, url: str) -> zipfile.ZipFile:
    answer = client.get(f"{url}/dossier.zip")
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, "application/zip", "no-store")
    return zipfile.ZipFile(io.BytesIO(answer.data))


def written(cast: Cast, client_of: ClientOf) -> str:
    """Submit a proposal of Huawei with a file whose name tries to leave its folder."""
    client = client_of(cast.huawei)
    url = submitted(client, cast)
    client_of(cast.secretariat).post(f"{url}/return", data={"version": "3", "note": "补充附件"})
    client.post(f"{url}/files", data={"files": (io.BytesIO(PDF), "支持函.pdf")})
    client.post(f"{url}/submit", data={"version": "5", "undertaking": "y"})
    return url


def test_it_holds_versions_records_and_files_and_a_manifest_that_fits(cast: Cast, client_of: ClientOf) -> None:
    found = packed(client_of(cast.secretariat), written(cast, client_of))
    manifest = json.loads(found.read("manifest.json"))
    named = {line["name"]: line["sha256"] for line in manifest["files"]}
    assert {"versions/1.json", "reviews.json", "results.json", "decisions.json", "events.json"} <= set(named)
    assert {name: hashlib.sha256(found.read(name)).hexdigest() for name in named} == named
    assert sorted(found.namelist()) == sorted([*named, "manifest.json"])


def test_a_version_in_it_has_the_hash_that_the_page_shows(cast: Cast, client_of: ClientOf) -> None:
    url = written(cast, client_of)
    client = client_of(cast.secretariat)
    content = json.loads(packed(client, url).read("versions/1.json"))
    assert sha256_hex(content)[:12] in client.get(url).text


def test_files_keep_their_names_and_their_bytes(cast: Cast, client_of: ClientOf) -> None:
    found = packed(client_of(cast.secretariat), written(cast, client_of))
    files = [name for name in found.namelist() if name.startswith("files/")]
    assert ([name.partition("-")[2] for name in files], [found.read(name) for name in files]) == (["支持函.pdf"], [PDF])


def test_events_are_those_of_the_chain(cast: Cast, client_of: ClientOf) -> None:
    events = json.loads(packed(client_of(cast.secretariat), written(cast, client_of)).read("events.json"))
    assert ([event["action"] for event in events][:2], all(len(event["hash"]) == 64 for event in events)) == (["start", "edit"], True)


def test_result_and_decision_are_in_it(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = balloted(app, cast)
    client_of(cast.chair).post(f"/proposals/{key}/decide", data={"kind": "approve", "opinion": "同意", "version": "1"})
    found = packed(client_of(cast.director), f"/proposals/{key}")
    assert len(json.loads(found.read("results.json"))) == 1


@pytest.mark.parametrize(("who", "status"), [("huawei", 403), ("meituan", 403), ("expert", 404), ("caict", 404)])
def test_only_the_officers_get_it(cast: Cast, client_of: ClientOf, who: str, status: int) -> None:
    url = written(cast, client_of)
    assert client_of(cast.people[who]).get(f"{url}/dossier.zip").status_code == status
    assert "dossier.zip" not in client_of(cast.huawei).get(url).text


def test_a_visitor_signs_in_first_and_nothing_else_is_found(cast: Cast, client_of: ClientOf, visitor: FlaskClient) -> None:
    url = written(cast, client_of)
    secretariat = client_of(cast.secretariat)
    answers = (
        visitor.get(f"{url}/dossier.zip").status_code,
        secretariat.post(f"{url}/dossier.zip").status_code,
        secretariat.get("/proposals/999/dossier.zip").status_code,
    )
    assert answers == (303, 405, 404)


def test_it_asks_as_much_for_two_versions_as_for_one(cast: Cast, client_of: ClientOf, queries: Queries) -> None:
    client, spent = client_of(cast.secretariat), []
    huawei = client_of(cast.huawei)
    once = submitted(huawei, cast)
    for url in (once, written(cast, client_of)):
        with queries() as seen:
            packed(client, url)
        spent.append(len(seen))
    assert (spent[0] == spent[1], max(spent) <= 14) == (True, True), spent
