"""Attachments and stamped scans of a proposal through their pages: who may, how much, what is bound to which version."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.cast import Cast
from tests.web.test_proposals_writing import full, start, submitted
from tracker import clock
from tracker.config import FileLimits
from tracker.db import session, writing
from tracker.files import disk
from tracker.files.models import StoredFile
from tracker.members.models import SignInSession
from tracker.messages import Message
from tracker.notifications.models import Notice
from tracker.proposals.models import Attachment, Proposal, Version
from tracker.proposals.states import ProposalState
from tracker.web import uploads

ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[Any]]
PDF = b"%PDF-1.7 letter of support"
NAME = "合作单位支持函（盖章版）.pdf"


def send(client: FlaskClient, url: str, *files: tuple[str, bytes], field: str = "files", **data: str) -> TestResponse:
    """Send files as a browser does."""
    boundary, body = encode_multipart({**data, field: [FileStorage(io.BytesIO(content), name) for name, content in files]})
    return client.post(url, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def got(client: FlaskClient, url: str, **headers: str) -> TestResponse:
    """Fetch an address, read it whole and let go of the file behind it."""
    with client.get(url, headers=headers, buffered=True) as answer:
        return answer


def attachments(app: Flask) -> list[Attachment]:
    with app.app_context():
        return list(session().scalars(sa.select(Attachment).options(sa.orm.joinedload(Attachment.file)).order_by(Attachment.id)))


def on_disk(app: Flask) -> list[Path]:
    return sorted(path for path in (app.extensions["settings"].instance / "files").rglob("*") if path.is_file())


def limit(app: Flask, **changes: int) -> None:
    app.extensions["settings"] = replace(app.extensions["settings"], files=replace(FileLimits(), **changes))


def bound(app: Flask) -> list[list[str]]:
    """The names of the files that each version carries."""
    with app.app_context():
        return [[one["name"] for one in content["files"]] for content in session().scalars(sa.select(Version.content).order_by(Version.number))]


def returned(client: FlaskClient, url: str, version: int) -> None:
    assert client.post(f"{url}/return", data={"version": str(version), "note": "请换附件。"}).status_code == 303


def test_several_files_are_attached_at_once_and_downloaded_under_their_own_names(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    answer = send(huawei, f"{url}/files", (NAME, PDF), ("图1.png", b"\x89PNG\r\n\x1a\n1"))
    assert (answer.status_code, answer.location) == (303, f"{url}/files")
    first, second = attachments(app)
    assert (first.file.name, first.file.size, first.file.sha256) == (NAME, len(PDF), hashlib.sha256(PDF).hexdigest())
    assert [path.name for path in on_disk(app)] == sorted([first.file.stored_as, second.file.stored_as])
    given = got(huawei, f"{url}/files/{first.id}")
    assert (given.status_code, given.data, given.mimetype) == (200, PDF, "application/pdf")
    assert given.headers["Content-Disposition"].endswith("filename*=UTF-8''" + quote(NAME))
    assert given.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert given.headers["X-Content-Type-Options"] == "nosniff"
    assert NAME in huawei.get(url).text


def test_a_part_of_a_file_can_be_asked_for(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    send(huawei, f"{url}/files", (NAME, PDF))
    part = got(huawei, f"{url}/files/{attachments(app)[0].id}", Range="bytes=0-3")
    assert (part.status_code, part.data, part.headers["Content-Security-Policy"]) == (206, b"%PDF", "sandbox; default-src 'none'")


def test_a_submission_binds_the_files_and_a_removed_one_stays_with_its_version(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    send(huawei, f"{url}/files", ("a.pdf", PDF))
    assert huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 409
    assert huawei.post(f"{url}/submit", data={"version": "3", "undertaking": "y"}).status_code == 303
    assert send(huawei, f"{url}/files", ("b.pdf", PDF + b"b")).status_code == 409
    (first,) = attachments(app)
    assert huawei.post(f"{url}/files/{first.id}/detach").status_code == 409
    returned(secretariat, url, 4)
    assert "Submitted versions keep it" in huawei.get(f"{url}/files/{first.id}/detach").text
    assert huawei.post(f"{url}/files/{first.id}/detach").status_code == 303
    assert send(huawei, f"{url}/files", ("b.pdf", PDF + b"b")).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "7", "undertaking": "y"}).status_code == 303
    assert bound(app) == [["a.pdf"], ["b.pdf"]]
    assert got(secretariat, f"{url}/files/{first.id}").data == PDF
    assert "a.pdf" in secretariat.get(f"{url}/versions/1").text
    assert "a.pdf" not in secretariat.get(f"{url}/versions/2").text
    assert len(on_disk(app)) == 2


def test_a_file_that_no_version_carries_is_gone_when_it_is_removed(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    send(huawei, f"{url}/files", ("a.pdf", PDF))
    (first,) = attachments(app)
    assert "it is deleted" in huawei.get(f"{url}/files/{first.id}/detach").text
    assert huawei.post(f"{url}/files/{first.id}/detach").status_code == 303
    assert (attachments(app), on_disk(app)) == ([], [])
    assert [huawei.post(f"{url}/files/{first.id}/detach").status_code, got(huawei, f"{url}/files/{first.id}").status_code] == [404, 404]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.html", b"<script>"),
        ("a.pdf", b"<svg onload=alert(1)>"),
        ("a.svg", b"<svg>"),
        ("a.pdf.exe", PDF),
        ("a.zip", b"PK\x03\x04"),
        ("a.pdf", b""),
        ("a.pdf", b"GIF89a%PDF-"),
        ("a\u202efdp.pdf", PDF),
        ("\u8bfe" * 252 + ".pdf", PDF),
        ("pdf", PDF),
    ],
)
def test_what_is_not_let_in_leaves_nothing(app: Flask, cast: Cast, client_of: ClientOf, name: str, content: bytes) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    answer = send(huawei, f"{url}/files", (name, content))
    assert (answer.status_code, "Not added" in answer.text) == (422, True)
    assert (attachments(app), on_disk(app)) == ([], [])


HTML_TOO = b"%PDF-1.7\n<html><script>alert(document.cookie)</script></html>"
BOMB = b"PK\x03\x04" + b"\x00" * 1000  # what claims to be an archive is never unpacked here


@pytest.mark.parametrize(
    ("name", "content"), [("也是网页.pdf", HTML_TOO), ("压缩.docx", BOMB), ("图也是网页.png", b"\x89PNG\r\n\x1a\n<script>alert(1)</script>")]
)
def test_a_file_that_is_two_things_is_only_ever_downloaded(cast: Cast, client_of: ClientOf, name: str, content: bytes) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    assert send(huawei, f"{url}/files", (name, content), version="1", kind="other").status_code == 303
    found = re.search(rf'href="({url}/files/\d+)"', huawei.get(f"{url}/files").text)
    assert found is not None
    answer = got(huawei, found[1])
    assert answer.data == content
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "html" not in answer.headers["Content-Type"]


@pytest.mark.parametrize("name", ["\u8bfe" * 251 + ".pdf", "../../etc/支持函.pdf"])
def test_long_names_are_kept_without_their_path(app: Flask, cast: Cast, client_of: ClientOf, name: str) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    assert send(huawei, f"{url}/files", (name, PDF)).status_code == 303
    (one,) = attachments(app)
    assert one.file.name == re.split(r"[/\\]", name)[-1]
    assert got(huawei, f"{url}/files/{one.id}").status_code == 200


def test_the_good_files_are_taken_and_the_bad_ones_named(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    assert send(huawei, f"{url}/files", ("a.pdf", PDF), ("b.exe", b"MZ")).status_code == 303
    assert "b.exe: Files of this kind are not taken." in huawei.get(f"{url}/files").text
    assert [one.file.name for one in attachments(app)] == ["a.pdf"]


def test_the_same_file_twice_is_kept_once(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    assert [send(huawei, f"{url}/files", ("a.pdf", PDF)).status_code for _ in range(2)] == [303, 303]
    assert (len(attachments(app)), len(on_disk(app))) == (1, 1)


def test_too_many_too_large_and_too_much_are_refused_whole(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    limit(app, count=3, each=1024, together=2000)
    huawei = client_of(cast.huawei)
    url = start(huawei)
    many = [(f"{number}.pdf", PDF + b"%d" % number) for number in range(1000)]
    assert send(huawei, f"{url}/files", *many).status_code == 422
    assert send(huawei, f"{url}/files", ("a.pdf", PDF + bytes(1024))).status_code == 422
    assert send(huawei, f"{url}/files", *[(f"{number}.pdf", PDF + bytes(900) + b"%d" % number) for number in range(3)]).status_code == 422
    assert (attachments(app), on_disk(app)) == ([], [])


def test_a_huge_request_is_refused_with_a_page(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    limit(app, together=1024)
    huawei = client_of(cast.huawei)
    url = start(huawei)
    answer = send(huawei, f"{url}/files", ("a.pdf", PDF + bytes(1_200_000)))
    assert (answer.status_code, "send fewer or smaller files" in answer.text, on_disk(app)) == (413, True, [])


def test_only_uploads_may_be_larger_than_other_requests(cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    assert send(huawei, f"{url}/files", ("a.pdf", PDF + bytes(13_000_000))).status_code == 303
    assert send(huawei, f"{url}/edit", ("a.pdf", PDF + bytes(13_000_000))).status_code == 413


def test_uploads_at_once_do_not_pass_the_limit_together(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    limit(app, count=3)
    url = start(client_of(cast.huawei))
    clients = [client_of(member) for member in (cast.huawei, cast.huawei_alternate, cast.huawei_contributor) * 2]
    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(send, client, f"{url}/files", (f"{place}.pdf", PDF + b"%d" % place)) for place, client in enumerate(clients)]
        statuses = sorted(job.result().status_code for job in jobs)
    assert statuses == [303, 303, 303, 422, 422, 422]
    assert (len(attachments(app)), len(on_disk(app))) == (3, 3)


def test_a_session_that_ended_while_the_file_came_in_leaves_nothing(app: Flask, cast: Cast, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    receive = uploads.receive

    def interrupted(field: str, *, kinds: Collection[str]) -> tuple[list[disk.Stored], list[Message]]:
        found = receive(field, kinds=kinds)
        with writing() as current:
            current.execute(sa.update(SignInSession).values(ended_at=clock.now()))
        return found

    monkeypatch.setattr(uploads, "receive", interrupted)
    assert send(huawei, f"{url}/files", ("a.pdf", PDF)).status_code == 403
    assert (attachments(app), on_disk(app)) == ([], [])


def test_damaged_bytes_are_not_given_out(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    send(huawei, f"{url}/files", ("a.pdf", PDF))
    on_disk(app)[0].write_bytes(PDF.replace(b"support", b"refusal"))
    assert got(huawei, f"{url}/files/{attachments(app)[0].id}").status_code == 500
    on_disk(app)[0].unlink()
    assert got(huawei, f"{url}/files/{attachments(app)[0].id}").status_code == 404


def test_files_of_a_draft_are_for_those_on_it_and_go_with_no_other_proposal(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei, meituan, stranger = client_of(cast.huawei), client_of(cast.meituan), client_of(cast.bytedance)
    url, other = start(huawei), start(stranger, "另一课题")
    assert huawei.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    send(huawei, f"{url}/files", ("a.pdf", PDF))
    (one,) = attachments(app)
    assert [got(client, f"{url}/files/{one.id}").status_code for client in (huawei, meituan, client_of(cast.secretariat))] == [200, 200, 200]
    assert [got(client, f"{url}/files/{one.id}").status_code for client in (stranger, client_of(cast.expert), client_of(cast.chair))] == [404, 404, 404]
    assert got(stranger, f"{other}/files/{one.id}").status_code == 404
    assert stranger.post(f"{other}/files/{one.id}/detach").status_code == 404
    assert [send(client, f"{url}/files", ("b.pdf", PDF)).status_code for client in (meituan, client_of(cast.secretariat), stranger)] == [403, 403, 404]
    assert huawei.delete(f"{url}/files/{one.id}").status_code == 405


def test_a_new_file_of_a_returned_proposal_is_not_yet_for_everyone(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei, stranger = client_of(cast.huawei), client_of(cast.bytedance)
    url = start(huawei)
    send(huawei, f"{url}/files", ("a.pdf", PDF), ("b.pdf", PDF + b"b"))
    with app.app_context(), writing() as current:
        current.execute(sa.update(Proposal).values(screened_at=clock.now(), submitted_at=clock.now(), state=ProposalState.RETURNED))
        current.execute(sa.update(Attachment).where(Attachment.id == sa.select(sa.func.min(Attachment.id)).scalar_subquery()).values(first_version=1))
    carried, new = attachments(app)
    assert [got(stranger, f"{url}/files/{one.id}").status_code for one in (carried, new)] == [200, 404]
    assert [got(huawei, f"{url}/files/{one.id}").status_code for one in (carried, new)] == [200, 200]


def test_a_stamped_scan_comes_days_later_and_an_earlier_one_stays_listed(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = submitted(huawei, cast)
    assert "missing for the newest version" in secretariat.get(url).text
    assert "2021-P01" in secretariat.get("/proposals?scan=missing").text
    assert send(huawei, f"{url}/scan", ("扫描件.docx", b"PK\x03\x04"), field="file", number="1").status_code == 422
    assert send(huawei, f"{url}/scan", ("扫描件.pdf", PDF), field="file", number="9").status_code == 422
    assert send(huawei, f"{url}/scan", field="file", number="1").status_code == 422
    assert on_disk(app) == []
    assert send(huawei, f"{url}/scan", ("扫描件.pdf", PDF), field="file", number="1").status_code == 303
    assert send(huawei, f"{url}/scan", ("扫描件.pdf", PDF), field="file", number="1").status_code == 303
    assert send(huawei, f"{url}/scan", ("扫描件（清晰）.pdf", PDF + b"2"), field="file", number="1").status_code == 303
    page = secretariat.get(url).text
    assert ("missing for the newest version" in page, page.index("扫描件（清晰）.pdf") < page.index("扫描件.pdf")) == (False, True)
    assert "2021-P01" not in secretariat.get("/proposals?scan=missing").text.partition("<table")[2]
    assert len(on_disk(app)) == 2
    with app.app_context():
        told = set(session().scalars(sa.select(Notice.person_id).where(Notice.action == "file_scan")))
    assert {cast.secretariat.person_id, cast.meituan.person_id} <= told


def test_a_new_version_lacks_a_scan_again_and_the_filter_is_the_officers(cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = submitted(huawei, cast)
    send(huawei, f"{url}/scan", ("扫描件.pdf", PDF), field="file", number="1")
    returned(secretariat, url, 3)
    assert huawei.post(f"{url}/submit", data={"version": "4", "undertaking": "y"}).status_code == 303
    assert "2021-P01" in secretariat.get("/proposals?scan=missing").text
    assert "扫描件.pdf" in secretariat.get(f"{url}/versions/1").text
    assert "扫描件.pdf" not in secretariat.get(f"{url}/versions/2").text
    assert "Stamped scan missing" not in huawei.get("/proposals").text


def test_a_stamped_scan_is_for_the_units_on_it_and_the_officers(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat, stranger = client_of(cast.huawei), client_of(cast.secretariat), client_of(cast.bytedance)
    url = submitted(huawei, cast)
    assert send(client_of(cast.meituan), f"{url}/scan", ("a.pdf", PDF), field="file", number="1").status_code == 403
    assert send(secretariat, f"{url}/scan", ("a.pdf", PDF), field="file", number="1").status_code == 303
    assert secretariat.post(f"{url}/accept", data={"version": "3"}).status_code == 303
    (one,) = attachments(app)
    allowed = (huawei, client_of(cast.meituan), secretariat, client_of(cast.chair), client_of(cast.director))
    assert [got(client, f"{url}/files/{one.id}").status_code for client in allowed] == [200] * 5
    assert [got(client, f"{url}/files/{one.id}").status_code for client in (stranger, client_of(cast.expert))] == [404, 404]
    assert "a.pdf" not in stranger.get(url).text
    assert send(stranger, f"{url}/scan", ("a.pdf", PDF), field="file", number="1").status_code == 403


def test_a_draft_takes_no_scan(cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    assert send(huawei, f"{url}/scan", ("a.pdf", PDF), field="file", number="1").status_code == 409


@pytest.mark.parametrize("path", ["", "/files"])
def test_pages_cost_the_same_for_one_file_and_for_three(cast: Cast, client_of: ClientOf, queries: Queries, path: str) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    counts = []
    for batch in (("a",), ("b", "c")):
        send(huawei, f"{url}/files", *[(f"{name}.pdf", PDF + name.encode()) for name in batch])
        huawei.get(url)
        with queries() as seen:
            assert huawei.get(url + path).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8


def test_the_list_of_missing_scans_costs_no_more_queries(cast: Cast, client_of: ClientOf, queries: Queries) -> None:
    submitted(client_of(cast.huawei), cast)
    secretariat = client_of(cast.secretariat)
    with queries() as seen:
        assert secretariat.get("/proposals?scan=missing").status_code == 200
    assert len(seen) <= 8


def test_files_can_be_attached_from_the_form_without_losing_what_was_typed(cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    answer = huawei.post(f"{url}/edit", data=full(cast, 1, save="files", method="逐字稿分析。"))
    assert (answer.status_code, answer.location) == (303, f"{url}/files")
    assert "逐字稿分析。" in huawei.get(f"{url}/edit").text


def test_stored_rows_stand_for_files_that_exist(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    send(huawei, f"{url}/files", ("a.pdf", PDF))
    with app.app_context():
        assert set(session().scalars(sa.select(StoredFile.stored_as))) == {path.name for path in on_disk(app)}


def test_a_comparison_shows_which_files_came_went_and_were_replaced(cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    send(huawei, f"{url}/files", ("same.pdf", PDF), ("gone.pdf", PDF + b"g"))
    assert huawei.post(f"{url}/submit", data={"version": "3", "undertaking": "y"}).status_code == 303
    returned(secretariat, url, 4)
    page = huawei.get(f"{url}/compare?from=1&to=working").text
    assert "gone.pdf" not in page
    first, second = re.findall(rf"{url}/files/(\d+)/detach", huawei.get(f"{url}/files").text)
    assert huawei.post(f"{url}/files/{second}/detach").status_code == 303
    assert huawei.post(f"{url}/files/{first}/detach").status_code == 303
    send(huawei, f"{url}/files", ("same.pdf", PDF + b"new"), ("fresh.pdf", PDF + b"f"))
    page = huawei.get(f"{url}/compare?from=1&to=working").text
    assert all(name in page for name in ("gone.pdf", "fresh.pdf", "same.pdf"))
    assert hashlib.sha256(PDF + b"new").hexdigest()[:12] in page
    assert "gone.pdf" in secretariat.get(f"{url}/compare?from=1&to=working").text


def test_a_year_may_want_the_scan_before_a_proposal_passes(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    page = secretariat.get("/programmes/2021/edit/screening").text
    typed = {name: re.search(rf'name="{name}"[^>]*>([^<]*)<', page)[1] for name in ("points_zh", "points_en")}  # type: ignore[index] # they are there
    version = re.search(r'name="version"[^>]*value="(\d+)"', page)[1]  # type: ignore[index] # it is there
    assert secretariat.post("/programmes/2021/edit/screening", data={**typed, "version": version, "scan": "y"}).status_code == 303
    url = submitted(huawei, cast)
    assert "File the scan" in huawei.get("/").text
    refused = secretariat.post(f"{url}/accept", data={"version": "3"})
    assert refused.status_code == 422
    assert "That of version 1 is missing: ask the lead unit." in refused.text
    assert send(huawei, f"{url}/scan", ("scan.pdf", PDF), field="file", number="1").status_code == 303
    assert "File the scan" not in huawei.get("/").text
    assert secretariat.post(f"{url}/accept", data={"version": "3"}).status_code == 303
    with app.app_context():
        assert session().scalars(sa.select(Proposal)).one().state is ProposalState.SCREENED


def test_a_small_file_is_counted_in_kb(cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    send(huawei, f"{url}/files", (NAME, PDF))
    assert "now 1 KB." in huawei.get(f"{url}/files").text
