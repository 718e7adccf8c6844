"""Tables that people send: what is read, and what is refused in time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

import pytest
import xlsxwriter

from tracker import sheets
from tracker.errors import Invalid

TABLE = [["code", "name_zh"], ["huawei", "华为"], ["", ""], ["caict", "中国信通院"]]
READ = (("code", "name_zh"), ((2, ("huawei", "华为")), (4, ("caict", "中国信通院"))))


def xlsx(rows: Sequence[Sequence[object]]) -> bytes:
    spool = io.BytesIO()
    with xlsxwriter.Workbook(spool, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for line, row in enumerate(rows):
            for place, value in enumerate(row):
                sheet.write(line, place, value)
    return spool.getvalue()


def text(rows: Sequence[Sequence[object]], parting: str = ",") -> str:
    return "\r\n".join(parting.join(str(value) for value in row) for row in rows)


def refused(data: bytes) -> str:
    with pytest.raises(Invalid) as wrong:
        sheets.read(data)
    return wrong.value.fields["file"][0].msgid


@pytest.mark.parametrize(
    "data",
    [
        xlsx(TABLE),
        text(TABLE).encode("utf-8-sig"),
        text(TABLE).encode(),
        text(TABLE).encode("gb18030"),
        text(TABLE, ";").encode(),
        text(TABLE, "\t").encode("utf-8"),
    ],
    ids=["xlsx", "utf-8 with mark", "utf-8", "gb18030", "semicolons", "tabs"],
)
def test_the_same_table_is_read_from_every_kind_of_file(data: bytes) -> None:
    sheet = sheets.read(data)
    assert (sheet.head, sheet.rows) == READ


def test_short_rows_are_filled_and_long_ones_cut_to_the_head() -> None:
    assert sheets.read(b"a,b\n1\n1,2,3\n").rows == ((2, ("1", "")), (3, ("1", "2")))


def test_a_formula_is_read_as_what_it_shows_and_never_run() -> None:
    spool = io.BytesIO()
    with xlsxwriter.Workbook(spool, {"in_memory": True}) as book:
        book.add_worksheet().write_formula("A1", "=1+1", value=2)
    assert sheets.read(spool.getvalue()).head == ("2",)


def bomb() -> bytes:
    spool = io.BytesIO()
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * (sheets.MOST_UNPACKED + 1))
    return spool.getvalue()


def with_entities() -> bytes:
    book = zipfile.ZipFile(io.BytesIO(xlsx(TABLE)))
    spool = io.BytesIO()
    with zipfile.ZipFile(spool, "w") as packed:
        for name in book.namelist():
            body = book.read(name)
            if name == "xl/workbook.xml":
                body = body.replace(b"<workbook", b'<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><workbook', 1)
            packed.writestr(name, body)
    return spool.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "The file is empty."),
        (b"\n\n,,\n", "The file is empty."),
        (b"PK\x03\x04 nothing else", "This is no table that can be read. Send an XLSX or a CSV file."),
        (b"\x00\x01\x02", "Line {line}: a cell holds a character that cannot be kept, such as a control character."),
        (b"a\n" * (sheets.MOST_ROWS + 2), "At most {limit} rows at once."),
        (b"a\n" + b"x" * (sheets.LONGEST_CELL + 1), "Line {line}: a cell has more than {limit} characters."),
        (b"a" * (sheets.MOST_BYTES + 1), "The file is too large: at most {limit} MB."),
        (b"\xff\xfe\xff\xff\xff", "The characters of this file cannot be read. Save it as XLSX, or as CSV in UTF-8."),
        (bomb(), "This file unpacks to more than can be read."),
        (with_entities(), "This is no table that can be read. Send an XLSX or a CSV file."),
    ],
)
def test_what_cannot_or_must_not_be_read_is_refused_with_the_reason(data: bytes, why: str) -> None:
    assert refused(data) == why


def test_control_without_the_entities_the_same_file_is_read() -> None:
    assert sheets.read(xlsx(TABLE)).head == ("code", "name_zh")
