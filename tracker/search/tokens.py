"""The one tokenizer: what a text is found by, and what a query asks for. Pure.

Text is folded (NFKC, lower case). A run of Han characters becomes its overlapping pairs, so that any two neighbouring characters
are a word and longer words are phrases of pairs; a run of letters or digits stays whole. Both databases are given these tokens,
parted by spaces, and never raw text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pypinyin import Style, lazy_pinyin

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_RUN = re.compile(rf"(?P<han>[{HAN}]+)|(?P<word>[^\W_{HAN}]+)")
LONGEST_WORD = 64
MOST_TERMS = 8
LONGEST_TERM = 40
"""The most tokens of one term that are looked for; a longer query is cut."""


def fold(text: str) -> str:
    """Return text as it is compared: compatibility forms made plain, lower case."""
    return unicodedata.normalize("NFKC", text).lower()


def tokens(text: str) -> list[str]:
    """Return the tokens of a text, in their order."""
    return [token for _han, token in _tokens(fold(text))]


def _tokens(folded: str) -> Iterator[tuple[bool, str]]:
    for match in _RUN.finditer(folded):
        run = match["han"]
        if run is None:
            yield False, match["word"][:LONGEST_WORD]
        elif len(run) == 1:
            yield True, run
        else:
            yield from ((True, run[at : at + 2]) for at in range(len(run) - 1))


def document(texts: Iterable[str], names: Iterable[str] = ()) -> str:
    """Return what is stored of a text: its tokens, then what single characters and the pinyin of ``names`` find.

    The last character of each Han run stands alone once more, at the end, since no pair begins with it.
    """
    folded = [fold(text) for text in texts]
    found = [token for text in folded for _han, token in _tokens(text)]
    last = {match["han"][-1] for text in folded for match in _RUN.finditer(text) if match["han"] and len(match["han"]) > 1}
    return " ".join([*found, *sorted(last), *(word for name in names for word in pinyin(name))])


def pinyin(name: str) -> list[str]:
    """Return what a Chinese name is found by in Latin letters: its initials and its whole reading ("hw", "huawei"); [] for none."""
    han = "".join(match["han"] for match in _RUN.finditer(fold(name)) if match["han"])
    if not han:
        return []
    read = [part for part in lazy_pinyin(han, style=Style.NORMAL, errors="ignore") if part]
    return ["".join(part[0] for part in read), "".join(read)[:LONGEST_WORD]] if read else []


@dataclass(frozen=True, slots=True)
class Term:
    """Tokens that must follow each other; ``open`` says that the last one may go on."""

    tokens: tuple[str, ...]
    open: bool


def terms(query: str) -> list[Term]:
    """Return what a query asks for, each part (between spaces) a term that must be found; [] when it asks for nothing that can be found.

    A Latin word finds those that begin with it. A single Han character finds words that hold it; beside other tokens it is left out.
    """
    return [term for part in fold(query).split() if (term := _term(list(_tokens(part)))) is not None][:MOST_TERMS]


def _term(found: list[tuple[bool, str]]) -> Term | None:
    if not found:
        return None
    if len(found) == 1:
        han, token = found[0]
        return Term((token,), open=not han or len(token) == 1)
    kept = [(han, token) for han, token in found if not (han and len(token) == 1)][:LONGEST_TERM]
    return Term(tuple(token for _han, token in kept), open=not kept[-1][0]) if kept else None


def for_sqlite(term: Term) -> str:
    """Return a term as FTS5 asks for it."""
    return " + ".join(f'"{token}"' for token in term.tokens) + (" *" if term.open else "")


def for_postgres(term: Term) -> str:
    """Return a term as ``to_tsquery`` asks for it."""
    return " <-> ".join(f"'{token}'" for token in term.tokens) + (":*" if term.open else "")
