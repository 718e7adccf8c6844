"""The words that a proposal is found by: all that was written, but nobody's address. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.fields import Kind
from tracker.proposals.content import CONTACT, FIELDS, INVESTIGATOR, TABLES, TEAM, TITLES, Content

_READ = frozenset({Kind.LINE, Kind.TEXT})
_HIDDEN = frozenset(field.name for field in CONTACT)


def words_of(content: Content) -> Iterator[str]:
    """Give the texts of a working copy or a version: its number, titles, keywords, fields and the written cells of its tables."""
    yield str(content.get("proposal", ""))
    yield from content.get("keywords", ())
    for field in (*TITLES, *FIELDS):
        if field.kind in _READ and field.name not in _HIDDEN:
            yield str(content.get(field.name) or "")
    for table in TABLES:
        written = [column.name for column in table.columns if column.kind in _READ]
        yield from (str(row.get(name) or "") for row in content.get(table.name, ()) for name in written)


def names_in(content: Content) -> list[str]:
    """Return the names of people in it, which are found by their pinyin too."""
    people = [str(row.get("name") or "") for row in content.get(TEAM.name, ())]
    return [str(content.get(INVESTIGATOR[0].name) or ""), *people]
