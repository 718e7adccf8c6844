"""The counter under a field and the limit on the server count 字 alike, whatever is typed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page

from tracker.config import ROOT
from tracker.text import clean_text, count_zi

pytestmark = pytest.mark.browser
PIECES = (
    "AI2021年，GPT-4",
    "😀",
    "👨‍👩‍👧‍👦",
    "🇨🇳",
    "e\u0301",
    "\u0301",
    "한",
    "\u1112\u1161\u11ab",
    "\U00020000",
    "\U000323af",
    "ﬁ",
    "Ⅷ",
    "㎏",
    "ＡＢ１２",
    "ß",
    "ſ",
    "İ",
    "\r\n",
    "\r",
    "\n",
    "\t",
    "\u00a0",
    "\u3000",
    "\u200b",
    "\u200d",
    "\u2028",
    "\u180e",
    "\ufeff",
    "\ufe0f",
    "a\ufeffb",
    "—",
    "……",
    "عربي",
    "ไทย",
)
TYPED = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4), st.characters(exclude_categories=("Cs", "Cc"))), max_size=12).map("".join)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page with the product's own script, and nothing else."""
    found = browser.new_page()
    found.add_script_tag(content=(ROOT / "tracker" / "static" / "app.js").read_text(encoding="utf-8"))
    yield found
    found.close()


def kept(typed: str) -> str | None:
    """Return a text as the server keeps it, None where it refuses it."""
    try:
        return clean_text(typed)
    except ValueError:
        return None


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(TYPED, min_size=1, max_size=8))
def test_browser_and_server_count_alike(page: Page, texts: list[str]) -> None:
    taken = [(typed, clean) for typed in texts if (clean := kept(typed)) is not None]
    counted = page.evaluate("texts => texts.map(countZi)", [typed for typed, _clean in taken])
    assert dict(zip((typed for typed, _clean in taken), counted, strict=True)) == {typed: count_zi(clean) for typed, clean in taken}


def test_every_piece_counts_alike_and_a_naive_count_would_not(page: Page) -> None:
    counted = page.evaluate("texts => texts.map(countZi)", list(PIECES))
    assert counted == [count_zi(clean_text(piece)) for piece in PIECES]
    assert counted != page.evaluate("texts => texts.map((text) => text.length)", list(PIECES))


def test_a_byte_order_mark_inside_a_word_counts_nothing(page: Page) -> None:
    assert (page.evaluate("countZi('a\\ufeffb')"), count_zi(clean_text("a\ufeffb"))) == (1, 1)


def test_half_a_character_is_refused_by_the_server(page: Page) -> None:
    assert page.evaluate("countZi('\\ud83d')") == 1
    assert kept("\ud83d") is None
