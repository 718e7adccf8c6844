"""The tokenizer: what texts are found by and what queries ask for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.search.tokens import Term, document, for_postgres, for_sqlite, pinyin, terms, tokens


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("平台经济", ["平台", "台经", "经济"]),
        ("AI算法，GPT-4", ["ai", "算法", "gpt", "4"]),
        ("字", ["字"]),
        ("ＡＢＣ　１２", ["abc", "12"]),
        ("2021-P07", ["2021", "p07"]),
        ("Überprüfung", ["überprüfung"]),
        ("a_b", ["a", "b"]),
        ("𠮷野家", ["𠮷野", "野家"]),
        ("，。！ ", []),
    ],
)
def test_han_runs_become_pairs_and_words_stay_whole(text: str, found: list[str]) -> None:
    assert tokens(text) == found


def test_a_document_ends_with_the_last_characters_of_its_runs_and_the_pinyin_of_its_names() -> None:
    assert document(["版权交易"], ["华为"]).split() == ["版权", "权交", "交易", "易", "hw", "huawei"]


@pytest.mark.parametrize(("name", "read"), [("华为", ["hw", "huawei"]), ("Huawei", []), ("", []), ("中国信通院", ["zgxty", "zhongguoxintongyuan"])])
def test_a_name_is_read_in_initials_and_in_full(name: str, read: list[str]) -> None:
    assert pinyin(name) == read


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("平台", [Term(("平台",), open=False)]),
        ("台", [Term(("台",), open=True)]),
        ("copyr", [Term(("copyr",), open=True)]),
        ("AI算法", [Term(("ai", "算法"), open=False)]),
        ("算法AI", [Term(("算法", "ai"), open=True)]),
        ("版权 huaw", [Term(("版权",), open=False), Term(("huaw",), open=True)]),
        ('" OR * NEAR(', [Term(("or",), open=True), Term(("near",), open=True)]),
        ("%_'", []),
    ],
)
def test_a_query_is_made_of_tokens_and_nothing_else(query: str, asked: list[Term]) -> None:
    assert terms(query) == asked


@given(st.text(max_size=60))
def test_whatever_is_typed_gives_no_operator_to_either_database(query: str) -> None:
    for term in terms(query):
        for token in term.tokens:
            assert token.isalnum() or all(sign.isalnum() or not sign.isascii() for sign in token)
            assert not set(token) & set("\"'\\<>|&!:*() \t\n")
        assert for_sqlite(term).count('"') == 2 * len(term.tokens)
        assert for_postgres(term).count("'") == 2 * len(term.tokens)


@given(st.text(alphabet="平台经济规则适用研究", min_size=1, max_size=12), st.data())
def test_every_two_neighbouring_characters_of_a_text_are_a_token_of_it(text: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, max(len(text) - 2, 0)))
    assert text[at : at + 2] in document([text]).split()
