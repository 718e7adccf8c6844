"""Files on disk."""

from __future__ import annotations

import io
import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tracker.errors import Invalid, NotFound
from tracker.files import disk as files

PDF = b"%PDF-1.7 call"


def refusal(folder: Path, name: str, content: bytes) -> str:
    with pytest.raises(Invalid) as caught:
        files.store(folder, name=name, stream=io.BytesIO(content))
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    return str(caught.value.fields["file"][0])


def test_store_keeps_the_chinese_name_as_text_and_a_random_one_on_disk(tmp_path: Path) -> None:
    stored = files.store(tmp_path / "files", name="C:\\通知\\2021年课题申报通知.PDF", stream=io.BytesIO(PDF))
    path = files.path_of(tmp_path / "files", stored.stored_as)
    assert (stored.name, stored.size, path.read_bytes()) == ("2021年课题申报通知.PDF", len(PDF), PDF)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "通知" not in stored.stored_as


def test_store_gives_the_same_file_two_places(tmp_path: Path) -> None:
    names = {files.store(tmp_path, name="call.pdf", stream=io.BytesIO(PDF)).stored_as for _ in range(2)}
    assert len(names) == 2


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: x=1.pdf", "a\x00.pdf", "a\u202efdp.exe.pdf", "\u2066a.pdf", "", "课" * 252 + ".pdf"])
def test_store_refuses_dangerous_names(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path, name, PDF).startswith("The name of the file")


@pytest.mark.parametrize("name", ["call.html", "call.svg", "call.pdf.exe", "pdf", "call.", "call.js"])
def test_store_refuses_other_kinds(tmp_path: Path, name: str) -> None:
    assert refusal(tmp_path, name, PDF).startswith("Files of this kind are not taken.")


def test_store_refuses_content_that_is_not_what_the_name_says(tmp_path: Path) -> None:
    assert refusal(tmp_path, "call.pdf", b"<script>") == "What is in the file is not what its ending (pdf) says."
    assert refusal(tmp_path, "call.txt", b"a\x00b") == "What is in the file is not what its ending (txt) says."


def test_store_refuses_empty_and_oversized_files(tmp_path: Path) -> None:
    assert refusal(tmp_path, "call.pdf", b"") == "The file is empty."
    assert refusal(tmp_path, "call.pdf", PDF + bytes(files.MOST_BYTES)) == "The file is larger than 10 MB."


@pytest.mark.parametrize("stored_as", ["../tracker.db", "0" * 32 + ".pdf", "/etc/passwd", ""])
def test_path_of_knows_only_its_own_names(tmp_path: Path, stored_as: str) -> None:
    (tmp_path / "tracker.db").touch()
    with pytest.raises(NotFound):
        files.path_of(tmp_path / "files", stored_as)


def test_discard_twice_is_no_error(tmp_path: Path) -> None:
    stored = files.store(tmp_path, name="call.pdf", stream=io.BytesIO(PDF))
    files.discard(tmp_path, stored.stored_as)
    files.discard(tmp_path, stored.stored_as)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_damaged_bytes_are_found_out(tmp_path: Path) -> None:
    stored = files.store(tmp_path, name="call.pdf", stream=io.BytesIO(PDF))
    assert files.verified(tmp_path, stored.stored_as, sha256=stored.sha256).read_bytes() == PDF
    files.path_of(tmp_path, stored.stored_as).write_bytes(PDF + b"x")
    with pytest.raises(files.Damaged):
        files.verified(tmp_path, stored.stored_as, sha256=stored.sha256)


def test_orphans_are_old_files_that_nothing_names(tmp_path: Path) -> None:
    known, orphan, fresh = (files.store(tmp_path, name="call.pdf", stream=io.BytesIO(PDF)) for _ in range(3))
    for stored in (known, orphan):
        os.utime(files.path_of(tmp_path, stored.stored_as), (0, 0))
    (tmp_path / "tracker.db").touch()
    (tmp_path / known.stored_as[:2] / "notes.txt").touch()
    os.utime(tmp_path / known.stored_as[:2] / "notes.txt", (0, 0))
    before = datetime(2021, 1, 1, tzinfo=UTC)
    assert [path.name for path in files.orphans(tmp_path, known={known.stored_as}, before=before)] == [orphan.stored_as]
    assert fresh.stored_as != orphan.stored_as
