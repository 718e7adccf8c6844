"""Which characters the typeface of the PDF files has letters for, and what stands for the others."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pdf_text import body, pages, squeezed
from tests.web.paper_samples import paper_with
from tracker.web.papers import pdf
from tracker.web.papers.lettering import FONTS, has_letter, is_lacking, lettered

TABLE = (FONTS / "table-8105.txt").read_text(encoding="utf-8").strip()
SIGNS = "，。、；：？！…—·“”‘’（）《》〈〉【】〔〕「」『』￥％＋－＝／＆＃＠＊～ＡＺａｚ０９①⑳㈠㎡℃‰±×÷≤≥≠∞∑√∫αΩЖяéüñāǎ→■●▲○✓〇"


def test_the_national_table_has_8105_characters_and_each_has_a_letter_in_both_typefaces() -> None:
    assert (len(TABLE), len(set(TABLE)), "".join(sorted(TABLE))) == (8105, 8105, TABLE)
    assert [character for character in TABLE + SIGNS if not has_letter(character)] == []


def test_every_character_of_the_table_is_drawn_as_itself_and_none_as_an_empty_box() -> None:
    made = pdf.render(paper_with(prose=TABLE, heading=TABLE[:2000] + TABLE[-400:]))
    assert sum(page.empty_boxes for page in pages(made)) == 0
    assert TABLE in body(made)
    assert TABLE[:2000] + TABLE[-400:] in body(made)


def test_common_signs_are_drawn_as_themselves() -> None:
    made = pdf.render(paper_with(prose=SIGNS))
    assert squeezed(SIGNS) in body(made)
    assert sum(page.empty_boxes for page in pages(made)) == 0


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("龘", "[U+9F98]"),
        ("😀", "[U+1F600]"),
        ("👩\u200d💻", "[U+1F469][U+1F4BB]"),
        ("❤\ufe0f", "♥"),
        ("☑甲☐乙", "✓甲□乙"),
        ("\u0627\u0644", "[U+0627][U+0644]"),
        ("ef\ufb01cient", "efficient"),
        ("a\u200fb\u200b\u00adc", "abc"),
        ("a\tb", "a   b"),
        ("嚴、龍、臺", "嚴、龍、臺"),
    ],
)
def test_a_character_without_a_letter_is_shown_by_its_like_or_by_its_number(typed: str, shown: str) -> None:
    assert lettered(typed) == shown
    made = pdf.render(paper_with(prose=f"前{typed}后"))
    assert squeezed(f"前{shown}后") in body(made)
    assert ("LACKING" in body(made)) is is_lacking(typed)
    assert sum(page.empty_boxes for page in pages(made)) == 0


def test_an_endless_word_is_broken_where_the_line_ends() -> None:
    assert lettered("x" * 30) == "x" * 12 + "\u200b" + "x" * 12 + "\u200b" + "x" * 6
    assert lettered("https://example.org") == "https://example.org"
    assert "x" * 10_000 in body(pdf.render(paper_with(prose="x" * 10_000)))


def test_the_typefaces_bear_names_of_their_own_beside_their_licence() -> None:
    licence = (FONTS / "OFL.txt").read_text(encoding="utf-8")
    assert "SIL OPEN FONT LICENSE Version 1.1" in licence
    assert "Reserved Font Name 'Source'" in licence
    for font in sorted(FONTS.glob("*.otf")):
        named = font.read_bytes()
        assert "Tracker".encode("utf-16-be") in named
        assert re.search("(Noto|Source) ?(Sans|Serif)".encode("utf-16-be").replace(b"\x00", b"\x00?"), named) is None, font
    assert sum(path.stat().st_size for path in Path(FONTS).iterdir()) < 6_000_000
