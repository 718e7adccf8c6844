"""With a thousand proposals, and in the full life of the demonstration year, every page that a reader comes to by links stays within the counts of queries and bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from tests.bench.seed import seed
from tests.cast import NOW, Member
from tests.product import Template, Year, counting, make_app, sign_in_as
from tests.security.reading import Page
from tracker import clock, migrations
from tracker.db import db
from tracker.members.models import Person, Seat
from tracker.policy import Actor

PEOPLE = ("huawei", "secretariat", "expert", "chair")
TODAY_START = ("/", "/programmes/2021")
START = ("/", "/proposals?q=开源许可证", "/proposals?year=2012&sort=title", "/projects?year=2020", "/programmes/2020")
QUERIES = 8
MORE = {"programmes.show": 10, "ballots.record": 9, "proposals.dossier": 11}
"""The quarter grid, and the two files that hold everything of their object."""
BYTES = 60_000
REFUSED = {"programmes.copy"}
"""A year that has a next one already says so when it is to be copied."""
EACH = 2
"""So many addresses of one kind are opened: the others are the same page with other rows."""


@dataclass(frozen=True)
class Seen:
    """What one page cost."""

    endpoint: str
    path: str
    status: int
    queries: int
    bytes: int


@pytest.fixture(scope="module")
def many(template: Template, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application on ten years with a thousand proposals, their ballots, projects and reports."""
    url = template.databases.make_template(migrations.upgrade)
    engine = sa.create_engine(url)
    with Session(engine) as session:
        seed(session, 1000)
        session.commit()
    engine.dispose()
    with clock.standing_at(NOW):
        app = make_app(url, tmp_path_factory.mktemp("many"))
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _member(app: Flask, name: str) -> Member:
    with app.app_context():
        seat = db.session.scalars(sa.select(Seat).join(Person).where(Person.email.startswith(f"{name}@"))).first()
        assert seat is not None
        person = db.session.get(Person, seat.person_id)
        assert person is not None
        return Member(name, person.id, Actor(person.id, seat.role, seat.unit_id, seat.id, person.name_zh, person.name_en))


def _endpoint(app: Flask, path: str) -> str:
    try:
        return str(app.url_map.bind("localhost").match(urlsplit(path).path, "GET")[0])
    except HTTPException:
        return ""


def _walk(app: Flask, client: FlaskClient, start: Sequence[str] = START, each: int = EACH) -> Iterator[Seen]:
    """Open pages by their links, ``each`` of one endpoint and shape of query, each once."""
    waiting, known, opened = list(start), set(start), dict[str, int]()
    while waiting:
        path = waiting.pop(0)
        endpoint = _endpoint(app, path)
        kind = f"{endpoint} {sorted(part.partition('=')[0] for part in urlsplit(path).query.split('&'))}"
        if not endpoint or endpoint == "assets.file" or opened.setdefault(kind, 0) >= each:
            continue
        opened[kind] += 1
        with counting(app) as sent, client.get(path) as answer:
            html = answer.mimetype == "text/html"
            text = answer.text if html else ""
        yield Seen(endpoint, path, answer.status_code, len(sent), len(text.encode()))
        for link in _links(text, path):
            if link not in known:
                known.add(link)
                waiting.append(link)


def _links(text: str, path: str) -> Iterator[str]:
    for tag, given in Page(text).elements:
        if tag == "a" and (url := urlsplit(urldefrag(urljoin(f"http://localhost{path}", given.get("href", ""))).url)).netloc == "localhost":
            yield url.path + (f"?{url.query}" if url.query else "")


def _within(page: Seen) -> bool:
    answered = page.status in {200, 302} or page.endpoint in REFUSED
    return answered and page.queries <= MORE.get(page.endpoint, QUERIES) and page.bytes <= BYTES


@pytest.mark.parametrize("name", PEOPLE)
def test_every_page_stays_within_its_counts(many: Flask, name: str) -> None:
    with clock.standing_at(NOW):
        seen = list(_walk(many, sign_in_as(many, _member(many, name))))
    over = [page for page in seen if not _within(page)]
    assert over == [], "\n".join(map(str, over))
    assert {"work.index", "proposals.index", "proposals.show", "projects.index", "programmes.show"} <= {page.endpoint for page in seen}


@pytest.mark.parametrize("name", ["huawei", "caict", *PEOPLE[1:], "director"])
def test_every_page_of_the_demonstration_year_stays_within_its_counts(in_the_year: Flask, year_template: Year, name: str) -> None:
    seen = list(_walk(in_the_year, sign_in_as(in_the_year, year_template.people[name]), TODAY_START, each=30))
    over = [page for page in seen if not _within(page)]
    assert over == [], "\n".join(map(str, over))
