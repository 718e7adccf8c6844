"""What is on a paper, in order, as words in the reader's language: the one description from which every kind of file is made. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a part; ``fresh`` when the part begins on a new page."""

    text: str
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """A ruled table of labels and values; a row holds one pair, or two short ones beside each other; labels are so many cm wide."""

    rows: tuple[tuple[Pair, ...], ...]
    labels: float = 3.6


@dataclass(frozen=True, slots=True)
class Prose:
    """A long text under its label, by paragraphs."""

    label: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its head, its share of the width, and whether it holds amounts."""

    label: str
    width: int
    amounts: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of rows under its label ("" for none), whose head repeats on every page."""

    label: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Consent:
    """A box to be signed and sealed: whose opinion it is, what is to be written by hand, and the line for the date."""

    title: str
    lines: tuple[str, ...]
    day: str
    seal: str = ""


@dataclass(frozen=True, slots=True)
class Signatures:
    """A table to be signed by several: who signs, where, and the date."""

    heads: tuple[str, str, str]
    signers: tuple[str, ...]
    day: str


Block = Heading | Facts | Prose | Grid | Consent | Signatures


@dataclass(frozen=True, slots=True)
class Cover:
    """What stands first: the body, the name of the paper, the title in one or two languages, and the facts; on a page of its own or over the text."""

    over: str
    name: str
    titles: tuple[str, ...]
    facts: tuple[Pair, ...] = ()
    own_page: bool = True


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper: its cover, its blocks, and what every page carries.

    ``language`` is that of the labels, "zh" or "en"; ``subject`` is what the file calls itself, ``running`` stands over every page; ``page`` counts with ``{page}`` and ``{pages}``, a cover on its own page aside; ``foot`` ties the
    paper to what it was made from; ``mark`` stands across every page of what is no final text, "" for none; ``lacking`` tells what
    signs in brackets mean where a file has no letter for a character; ``at`` is the time the text is of.
    """

    language: str
    cover: Cover
    blocks: tuple[Block, ...]
    subject: str
    running: str
    page: str
    foot: str
    mark: str
    lacking: str
    at: datetime
