"""What the browser is told on every answer, and what a request from elsewhere cannot do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.product import Year, make_app, settings_for, sign_in_as
from tests.security.doors import doors, find_samples
from tests.security.reading import Page, dangers
from tracker import clock, create_app
from tracker.db import Base, db, writing
from tracker.members.models import Seat
from tracker.policy import Role
from tracker.web.protection import POLICY

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
SEEN_AT = {"sign_in_session"}


def paths(app: Flask, method: str) -> list[str]:
    with app.app_context():
        samples = find_samples(db.session())
        db.session.remove()
    with app.test_request_context():
        return [app.url_for(door.endpoint, **door.values) for door in doors(app, samples) if door.method == method]


def lacking(headers: dict[str, str], *, page: bool) -> Iterator[str]:
    """Name the rules that an answer does not tell the browser."""
    policy = headers.get("Content-Security-Policy", "")
    if policy != POLICY and not policy.startswith("sandbox; default-src 'none'"):
        yield f"policy {policy!r}"
    yield from (name for name, value in ALWAYS.items() if headers.get(name) != value)
    if page and "no-store" not in headers.get("Cache-Control", ""):
        yield "no-store"
    if "Strict-Transport-Security" in headers:
        yield "promises TLS where there is none"


def contents(app: Flask) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, but for when sessions were last seen."""
    with app.app_context():
        found = {table.name: [tuple(row) for row in db.session.execute(sa.select(table))] for table in Base.metadata.sorted_tables if table.name not in SEEN_AT}
        db.session.remove()
    return found


def test_the_policy_allows_nothing_written_into_a_page() -> None:
    rules = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))
    assert "unsafe" not in POLICY
    assert "*" not in POLICY
    assert (rules["default-src"], rules["script-src"], rules["style-src"]) == ("'none'", "'self'", "'self'")
    assert (rules["frame-ancestors"], rules["base-uri"], rules["form-action"]) == ("'none'", "'none'", "'self'")


def test_every_answer_carries_the_rules(in_the_year: Flask, year_template: Year) -> None:
    people = [sign_in_as(in_the_year, year_template.people[who]) for who in ("secretariat", "huawei")] + [in_the_year.test_client()]
    people[0].post("/programmes/2021/edit/files", data={"file": (BytesIO(b"text"), "call.txt")}, content_type="multipart/form-data")
    asset = re.search(r'href="(/static/[^"]+\.css)"', people[0].get("/").text)
    assert asset is not None
    tried = [*paths(in_the_year, "GET"), "/nothing-here", asset[1], "/static/nothing.css", "//", "/members/../x"]
    wrong, met = [], set()
    for client in people:
        for path in tried:
            for method in ("GET", "DELETE"):
                answer = client.open(path, method=method)
                met.add(answer.status_code)
                wrong += [f"{method} {path}: {rule}" for rule in lacking(dict(answer.headers), page=answer.mimetype == "text/html")]
                wrong += [f"{method} {path}: {danger}" for danger in dangers(Page(answer.text if answer.mimetype == "text/html" else ""))]
                answer.close()
    assert wrong == []
    assert {200, 303, 403, 404, 405} <= met


def test_an_answer_without_rules_is_noticed(in_the_year: Flask) -> None:
    in_the_year.after_request_funcs[None] = [given for given in in_the_year.after_request_funcs[None] if given.__name__ != "add_headers"]
    answer = in_the_year.test_client().get("/sign-in")
    assert len(list(lacking(dict(answer.headers), page=True))) == len(ALWAYS) + 2


def test_an_error_of_the_program_carries_the_rules_and_no_traceback(in_the_year: Flask) -> None:
    in_the_year.testing = in_the_year.config["PROPAGATE_EXCEPTIONS"] = False

    def broken() -> str:
        raise RuntimeError("inner secret")

    broken.is_public = True  # type: ignore[attr-defined] # as a view is marked
    in_the_year.view_functions["members.forgot"] = broken
    answer = in_the_year.test_client().get("/forgot")
    assert answer.status_code == 500
    assert list(lacking(dict(answer.headers), page=True)) == []
    assert "inner secret" not in answer.text
    assert "Traceback" not in answer.text


@contextmanager
def under_tls(app: Flask, folder: Path) -> Iterator[Flask]:
    settings = replace(settings_for(app.config["SQLALCHEMY_DATABASE_URI"], folder), public_url="https://committee.example.org")
    secure = create_app(settings)
    yield secure
    with secure.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("tls", [True, False])
def test_cookies_and_strict_transport(app: Flask, tmp_path: Path, tls: bool) -> None:  # noqa: FBT001 - the case itself
    with under_tls(app, tmp_path) as secure:
        base = "https://committee.example.org" if tls else "http://localhost"
        answer = (secure if tls else app).test_client().post("/language", data={"locale": "en"}, base_url=base)
        if tls:
            assert answer.status_code == 400
            answer = secure.test_client().get("/sign-in", base_url=base)
        cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) is tls
    assert ("Strict-Transport-Security" in answer.headers) is tls


def test_no_write_without_a_token(in_the_year: Flask, year_template: Year) -> None:
    in_the_year.config["WTF_CSRF_ENABLED"] = True
    tried = [path for path in paths(in_the_year, "POST") if "/sign-in/as/" not in path]
    clients = [sign_in_as(in_the_year, year_template.people[who]) for who in ("secretariat", "huawei")]
    before = contents(in_the_year)
    fields = {"locale": "zh", "note": "x", "csrf_token": "made up", "email": "huawei@example.org"}
    assert {path: client.post(path, data=fields).status_code for client in clients for path in tried if client.post(path, data=fields).status_code != 400} == {}
    stranger = in_the_year.test_client()
    assert {stranger.post(path, data=fields).status_code for path in tried} == {400, 401}
    assert contents(in_the_year) == before


def test_a_token_of_another_browser_opens_nothing(in_the_year: Flask, year_template: Year) -> None:
    in_the_year.config["WTF_CSRF_ENABLED"] = True
    own, other = (sign_in_as(in_the_year, year_template.people[who]) for who in ("secretariat", "huawei"))
    tokens = [re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get("/profile").text) for client in (own, other)]
    assert [token is not None for token in tokens] == [True, True]
    statuses = [own.post("/language", data={"locale": "zh", "csrf_token": token[1]}).status_code for token in reversed(tokens) if token]
    assert statuses == [400, 303]


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything else"])
def test_no_write_that_the_browser_says_comes_from_elsewhere(in_the_year: Flask, year_template: Year, site: str) -> None:
    client = sign_in_as(in_the_year, year_template.people["secretariat"])
    before = contents(in_the_year)
    sent = {"data": {"locale": "zh", "note": "x"}, "headers": {"Sec-Fetch-Site": site}}
    assert {client.post(path, **sent).status_code for path in paths(in_the_year, "POST")} == {403}  # type: ignore[arg-type] # keywords of a request
    assert contents(in_the_year) == before
    assert client.post("/language", data={"locale": "zh"}, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert contents(in_the_year) != before


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.example:80", "localhost:80@evil.example", "evil.example#localhost", "[::1]", "a b", ""]
)
def test_no_answer_under_another_name(app: Flask, host: str) -> None:
    for path in ("/sign-in", "/", "/nothing-here", "/static/app.css"):
        answer = app.test_client().get(path, headers={"Host": host})
        assert answer.status_code == 400
        assert list(lacking(dict(answer.headers), page=True)) == []
        assert "evil" not in answer.text + answer.headers.get("Location", "")
    assert app.test_client().get("/sign-in", headers={"Host": "localhost", "X-Forwarded-Host": "evil.example"}).status_code == 200
    assert "evil" not in app.test_client().get("/", headers={"X-Forwarded-Host": "evil.example"}).headers["Location"]


ELSEWHERE = [
    *("https://evil.example", "http://evil.example/", "HTTPS://evil.example", "//evil.example", "///evil.example", "////evil.example", "https:evil.example"),
    *("https:/evil.example", "https:///evil.example", "/\\evil.example", "\\/evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example"),
    *("/\r/evil.example", "\t//evil.example", " //evil.example", "/\x00/evil.example", "\x00//evil.example", "/ /evil.example", "javascript:alert(1)"),
    *(
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "evil.example",
        "@evil.example",
        "ftp://evil.example",
        "//localhost@evil.example",
    ),
    *(
        "http://localhost@evil.example",
        "http://localhost.evil.example",
        "//evil.example/%2f..",
        "/\\/evil.example",
        "/\x7f/evil.example",
        "\u2028//evil.example",
    ),
]


def leaves(location: str) -> bool:
    """Say whether a browser on this site that is sent to ``location`` would leave it, reading it as browsers do."""
    read = re.sub(r"[\t\r\n]", "", location.strip("".join(map(chr, range(0x21))))).replace("\\", "/")
    return not read.startswith("/") or read.startswith("//")


def test_the_check_of_spellings_knows_them() -> None:
    assert len(ELSEWHERE) >= 32
    assert [target for target in ELSEWHERE if not leaves(target)] == ["/\x00/evil.example", "/ /evil.example", "/\x7f/evil.example"]
    assert not leaves("/profile")


@pytest.fixture
def going_somewhere(app: Flask, cast: Cast) -> tuple[FlaskClient, int, int]:
    """A person with two seats, and the ids of the second and of the person."""
    with app.app_context(), writing() as session:
        seat = Seat(person_id=cast.huawei.person_id, role=Role.EXPERT, from_at=clock.now())
        session.add(seat)
        session.flush()
        key = seat.id
    return sign_in_as(app, cast.huawei), key, cast.huawei.person_id


def test_next_never_leaves_the_site(app: Flask, going_somewhere: tuple[FlaskClient, int, int]) -> None:
    client, seat, person = going_somewhere
    demo = make_app(app.config["SQLALCHEMY_DATABASE_URI"], app.extensions["settings"].instance, "demo")
    clicks = demo.test_client()

    def ways(target: str) -> Iterator[str]:
        yield client.get("/sign-in", query_string={"next": target}).headers["Location"]
        yield client.post("/seat", data={"seat": seat, "next": target}).headers["Location"]
        yield client.post("/language", data={"locale": "en", "next": target}).headers["Location"]
        yield clicks.post(f"/sign-in/as/{person}", data={"next": target}).headers["Location"]
        offered = app.test_client().get("/sign-in", query_string={"next": target})
        yield next(form.fields["next"] or "/" for form in Page(offered.text).forms if "email" in form.fields)

    assert [list(ways(target)) for target in ELSEWHERE] == [["/"] * 5] * len(ELSEWHERE)
    assert list(ways("/profile?a=1")) == ["/profile?a=1"] * 5
    with demo.app_context():
        db.session.remove()
        db.engine.dispose()
