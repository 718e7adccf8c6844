"""What people type: counted, cleaned, recognised."""

import re
from pathlib import Path

import pytest

from tracker.text import RUN, clean_line, clean_text, count_zi, has_han, language_of

APP_JS = Path(__file__).parent.parent / "tracker" / "static" / "app.js"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AI2021年，GPT-4", 6),
        ("", 0),
        (" \n\t\u3000", 0),
        ("知识产权", 4),
        ("知 识\n产 权", 4),
        ("anti-monopoly compliance", 4),
        ("《著作权法》（2020年修正）", 12),
        ("café naïve", 2),
        ("cafe\u0301", 1),
        ("ＡＩ２０２１", 1),
        ("𠮷野家", 3),
        ("100%", 2),
    ],
)
def test_count_zi(text: str, expected: int) -> None:
    assert count_zi(text) == expected


def test_count_zi_in_the_browser_uses_the_same_characters() -> None:
    match = re.search(r'const RUN = "([^"]+)"', APP_JS.read_text(encoding="utf-8"))

    assert match is not None
    assert match.group(1).encode("ascii").decode("unicode_escape") == RUN


def test_clean_text_composes_and_keeps_lines() -> None:
    assert clean_text("\ufeff cafe\u0301\r\n第二行\r第三行\u2028第四行 ") == "café\n第二行\n第三行\n第四行"


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\ud800"])
def test_clean_text_refuses_what_cannot_be_seen(character: str) -> None:
    with pytest.raises(ValueError, match=f"U\\+{ord(character):04X}"):
        clean_text(f"课题{character}名称")


def test_clean_text_keeps_tab_and_newline() -> None:
    assert clean_text("a\tb\nc") == "a\tb\nc"


def test_clean_line_makes_spaces_single() -> None:
    assert clean_line("  Data \t portability\u3000研究 ") == "Data portability 研究"


@pytest.mark.parametrize("text", ["第一行\n第二行", "name\u200fx", "Huawei \u05d0\u05d1"])
def test_clean_line_refuses_lines_and_mixed_directions(text: str) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        clean_line(text)


@pytest.mark.parametrize(("text", "expected"), [("研究 AI", True), ("research", False), ("〇", True), ("ひらがな", False), ("", False)])
def test_has_han(text: str, *, expected: bool) -> None:
    assert has_han(text) is expected


@pytest.mark.parametrize(("text", "expected"), [("AI研究", "zh"), ("AI", "en"), ("2021", None), ("", None)])
def test_language_of(text: str, expected: str | None) -> None:
    assert language_of(text) == expected
