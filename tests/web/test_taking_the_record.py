"""The record to take away: after the close only, and counted again by what lies beside it."""

import hashlib
import json
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

from tests.cast import Cast
from tests.decisions.placing import place
from tests.web.test_ballots import AFTER, FORM, VOTE, SignIn, StandingAt
from tracker.proposals.states import ProposalState


@pytest.fixture
def opened(app: Flask, cast: Cast, client_of: SignIn) -> int:
    """Open a ballot on one proposal through the page and return its id."""
    answer = client_of(cast.secretariat).post("/ballots/new", data={**FORM, "proposals": place(app, cast, ProposalState.SCREENED), "step": "open"})
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def test_the_zip_waits_for_the_close(cast: Cast, client_of: SignIn, opened: int) -> None:
    assert client_of(cast.huawei).get(f"/ballots/{opened}/record.zip").status_code == 409


def test_nobody_finds_the_zip_of_a_ballot_that_is_none(cast: Cast, client_of: SignIn) -> None:
    assert client_of(cast.huawei).get("/ballots/999/record.zip").status_code == 404


def test_the_zip_counts_itself_again(cast: Cast, client_of: SignIn, opened: int, at: StandingAt, tmp_path: Path) -> None:
    client_of(cast.huawei).post(f"/ballots/{opened}", data=VOTE)
    with at(AFTER):
        answer = client_of(cast.bytedance).get(f"/ballots/{opened}/record.zip")
        again = client_of(cast.huawei).get(f"/ballots/{opened}/record.zip")
        plain = client_of(cast.huawei).get(f"/ballots/{opened}/record.json").data
    assert (answer.mimetype, answer.headers["Content-Disposition"]) == ("application/zip", 'attachment; filename="2021-B01-record.zip"')
    with zipfile.ZipFile(BytesIO(answer.data)) as archive:
        archive.extractall(tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text())["files"]
    assert {one["name"]: one["sha256"] for one in manifest} == {
        name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("record.json", "recount.py", "README.txt")
    }
    assert (tmp_path / "record.json").read_bytes() == plain
    assert again.data == answer.data

    done = subprocess.run([sys.executable, "-I", "-S", "recount.py", "record.json"], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert "item 1: no_quorum" in done.stdout
    assert "each with its right hash" in done.stdout
