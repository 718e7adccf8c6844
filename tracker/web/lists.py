"""Lists: filters, sort and page, all in the address.

Whatever an address says, the answer is a page of the list; only a number that no column holds is the address of nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlencode

import sqlalchemy as sa
from flask import request, url_for

from tracker.db import session
from tracker.errors import NotFound
from tracker.messages import Message

if TYPE_CHECKING:
    from tracker.web.exports import Column

Choice = TypeVar("Choice", bound=StrEnum)
PER_PAGE = 25
LISTS = {"proposals": "proposals.index", "projects": "projects.index", "units": "members.index", "people": "members.people", "ballots": "ballots.index"}
"""The lists of which views can be saved, and their endpoints."""
LONGEST_TEXT = 100
MOST_DIGITS = 6
DEEPEST = 50
LARGEST = 2**31 - 1


def text_asked(name: str) -> str:
    """Return what is looked for, without anything that is not printable, cut to a sensible length."""
    return "".join(sign for sign in request.args.get(name, "")[: 4 * LONGEST_TEXT] if sign.isprintable()).strip()[:LONGEST_TEXT]


def choice_asked(name: str, among: Iterable[Choice]) -> Choice | None:
    """Return the member of a closed set that is asked for, or None for any other word."""
    return {member.value: member for member in among}.get(request.args.get(name, ""))


def number_asked(name: str) -> int | None:
    """Return a number of the address, None when it is not given; raises NotFound for anything but a number a column holds."""
    text = request.args.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST)) and int(text) <= LARGEST):
        raise NotFound
    return int(text)


def page_asked() -> int:
    """Return the number of the page asked for; 1 for anything that is none."""
    given = request.args.get("page", "")
    return max(int(given), 1) if given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS else 1


def depth_asked() -> int:
    """Return how many lengths of a history are asked for ("older" in the address); 1 for anything that is no number of them."""
    given = request.args.get("older", "")
    return min(max(int(given), 1), DEEPEST) if given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS else 1


def last_page(total: int) -> int:
    """Return how many pages ``total`` rows fill, at least one."""
    return max(-(-total // PER_PAGE), 1)


def before(number: int) -> int:
    """Return how many rows come before a page."""
    return (number - 1) * PER_PAGE


@dataclass(frozen=True, slots=True)
class Choosable:
    """The columns that a reader can choose, by their codes in the order of the list, and those of who has chosen none."""

    labels: Mapping[str, Message]
    usual: tuple[str, ...]

    def shown(self) -> tuple[str, ...]:
        """Return the columns asked for; the usual ones when none is."""
        asked = set(request.args.getlist("col"))
        return tuple(name for name in self.labels if name in asked) or self.usual

    def in_address(self) -> Sequence[str]:
        """Return what of it stands in the address: nothing for the usual ones."""
        shown = self.shown()
        return "" if shown == self.usual else shown

    def of_file(self, columns: Sequence[Column]) -> list[Column]:
        """Return the columns of a file: all, or with a choice those that belong to a column of the list only if that is chosen."""
        shown = self.shown()
        return [column for column in columns if not request.args.getlist("col") or not column.within or column.within in shown]


@dataclass(frozen=True, slots=True)
class View:
    """How a list is shown: the filters that are set, the columns chosen, and the sort ("key", or "-key" for downwards).

    ``export`` is the endpoint that gives it as a file, "" for that of its area.
    """

    set: Mapping[str, str | Sequence[str]]
    sort: str
    export: str = ""

    @property
    def query(self) -> str:
        """All of it as it stands in the address."""
        return urlencode([(name, value) for name, value in {**self.set, "sort": self.sort}.items() if value], doseq=True)

    @property
    def narrowed(self) -> bool:
        """Whether a filter may leave rows out."""
        return any(value for name, value in self.set.items() if name != "col")

    def sort_url(self, key: str) -> str:
        """Return the address at which the list is sorted by ``key``, the other way round if it is already."""
        return self._url(sort=f"-{key}" if self.sort == key else key)

    def page_url(self, number: int) -> str:
        """Return the address of a page."""
        return self._url(sort=self.sort, page=str(number))

    def export_url(self, kind: str) -> str:
        """Return the address of all rows as a file."""
        return self._url(self.export or f"{request.blueprint}.export", sort=self.sort, kind=kind)

    def _url(self, endpoint: str = "", **more: str) -> str:
        where: dict[str, Any] = {**(request.view_args or {}), **{name: value for name, value in self.set.items() if value}, **more}
        return url_for(endpoint or request.endpoint or "", **where)


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, and where it stands in the whole; ``more`` says that there are more rows than the ``total`` counted."""

    rows: Sequence[Any]
    number: int
    total: int
    view: View
    more: bool = False

    @property
    def pages(self) -> int:
        """How many pages there are, at least one; of a list that goes on, those counted or the one after this."""
        counted = last_page(self.total)
        return max(counted, self.number + 1) if self.more and len(self.rows) == PER_PAGE else max(counted, self.number)

    @property
    def first(self) -> int:
        """The position of the first row shown, 0 when there is none."""
        return before(self.number) + 1 if self.total else 0

    @property
    def last(self) -> int:
        """The position of the last row shown."""
        return before(self.number) + len(self.rows)

    def url(self, number: int) -> str:
        """Return the address of another page."""
        return self.view.page_url(number)

    def export_url(self, kind: str) -> str:
        """Return the address of all rows as a file."""
        return self.view.export_url(kind)

    @property
    def sort(self) -> str:
        """How the list is sorted."""
        return self.view.sort

    def sort_url(self, key: str) -> str:
        """Return the address at which the list is sorted by ``key``."""
        return self.view.sort_url(key)


Orders = Mapping[str, Sequence[sa.SQLColumnExpression[Any]]]


def sort_asked(orders: Collection[str], otherwise: str) -> str:
    """Return the sort asked for if the list knows it, else ``otherwise``."""
    asked = request.args.get("sort", otherwise)
    return asked if asked.removeprefix("-") in orders else otherwise


def sorted_by(view: View, orders: Orders, stable: Any) -> list[sa.ColumnElement[Any]]:  # noqa: ANN401 - any column
    """Return the columns that a list is sorted by, the last of which no two rows share."""
    down = view.sort.startswith("-")
    return [*(column.desc() if down else column.asc() for column in orders[view.sort.removeprefix("-")]), stable]


COUNTED = 1000
"""Up to how many rows a list counts exactly; beyond, it says "more than" and costs no more for it."""


def paged(
    wanted: sa.Select[*tuple[Any, ...]],
    *,
    view: View,
    orders: Orders,
    stable: Any,  # noqa: ANN401 - any column
    scalars: bool = False,
    ids: sa.Select[int] | None = None,
) -> Page:
    """Read one page in SQL, in a stable order; a number past the end gives the last page. Two queries, and those of loader options.

    ``ids`` selects what ``wanted`` then shows, for a list whose rows are dear: they are made for one page only.
    """
    matching = (wanted if ids is None else ids).order_by(None)
    total = session().scalar(sa.select(sa.func.count()).select_from(matching.limit(COUNTED + 1).subquery())) or 0
    number = page_asked()
    if before(number) >= total:
        total = session().scalar(sa.select(sa.func.count()).select_from(matching.subquery())) or 0 if total > COUNTED else total
        number = min(number, last_page(total))
    keys = sorted_by(view, orders, stable)
    chosen = matching.order_by(*keys).limit(PER_PAGE).offset(before(number))
    if ids is not None:
        few = chosen.subquery()
        chosen = wanted.join(few, few.c[0] == stable).order_by(*keys)
    rows = session().scalars(chosen).all() if scalars else session().execute(chosen).all()
    return Page(rows, number, min(total, COUNTED), view, more=total > COUNTED)
