"""One client with one kept-alive connection, and the forms it finds on a page."""

from __future__ import annotations

import time
from dataclasses import dataclass
from html.parser import HTMLParser
from http.client import HTTPConnection
from urllib.parse import urlencode

Fields = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, and after how many seconds."""

    status: int
    text: str
    seconds: float


class Client:
    """Asks one server, keeping its one cookie."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.connection, self.cookie = HTTPConnection("127.0.0.1", port, timeout=60), cookie

    def ask(self, path: str, form: Fields | None = None) -> Answer:
        """Get a page, or post a form to it."""
        body = None if form is None else urlencode(form)
        headers = {"Cookie": self.cookie} | ({} if body is None else {"Content-Type": "application/x-www-form-urlencoded"})
        start = time.perf_counter()
        self.connection.request("GET" if body is None else "POST", path, body, headers)
        response = self.connection.getresponse()
        text = response.read()
        kept = response.getheader("Set-Cookie")
        self.cookie = kept.partition(";")[0] if kept else self.cookie
        return Answer(response.status, text.decode(), time.perf_counter() - start)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


class _Forms(HTMLParser):
    """Collects what a browser would send of the form that posts and is the largest of the page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Fields] = []
        self.inside = False
        self.select, self.area = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = given.get("method", "").lower() == "post"
            self.forms += [[]] if self.inside else []
        if not self.inside:
            return
        name = given.get("name", "")
        unchecked = given.get("type") in {"radio", "checkbox"} and "checked" not in given
        if tag == "input" and name and not unchecked:
            self.forms[-1].append((name, given.get("value", "")))
        elif tag == "textarea":
            self.area = name
            self.forms[-1].append((name, ""))
        elif tag == "select":
            self.select = name
            self.forms[-1].append((name, ""))
        elif tag == "option" and "selected" in given and self.select:
            self.forms[-1][-1] = (self.select, given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.inside and self.area:
            name, value = self.forms[-1][-1]
            self.forms[-1][-1] = (name, value + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            self.area = ""
        elif tag == "select":
            self.select = ""


def form_on(page: str) -> Fields:
    """Return the fields of the page's main form as a browser would send them untouched."""
    parser = _Forms()
    parser.feed(page)
    return max(parser.forms, key=len)


def changed(form: Fields, name: str, value: str) -> Fields:
    """Return the form with one field filled in otherwise."""
    return [(key, kept) for key, kept in form if key != name] + [(name, value)]
