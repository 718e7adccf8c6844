"""Hostile input at every door: nothing breaks, and nothing that somebody typed ever becomes part of a page's own code."""

from __future__ import annotations

import gc
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from urllib.parse import quote, urlencode

import pytest
import sqlalchemy as sa
from flask import Flask, request
from flask.testing import FlaskClient
from jinja2 import pass_context
from markupsafe import Markup
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.product import TODAY, Year, sign_in_as
from tests.security.amending import place_changes
from tests.security.calling import place_calls
from tests.security.channels import place_channels, place_secret_ballot
from tests.security.doors import Door, doors, find_samples
from tests.security.late import place_pass
from tests.security.newer import place_form
from tests.security.quarters import place_change, place_reports
from tests.security.reading import Page, dangers
from tests.unguarded import FROZEN, drop_guards
from tracker.changes.models import ChangeRequest
from tracker.db import Base, db, writing
from tracker.decisions.models import HeldDecision
from tracker.decisions.rules import DecisionKind
from tracker.notifications.models import Mail
from tracker.notifications.rules import MailState
from tracker.policy import Role
from tracker.programmes.models import Programme
from tracker.projects.models import CalendarDay
from tracker.projects.rules import DayState
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.reports.models import Comment, Report
from tracker.reports.rules import ReportState
from tracker.reviews.models import Review
from tracker.saved_views.models import SavedView
from tracker.web import forms
from tracker.web.formats import title_text
from tracker.web.identity import public

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # a request cut off half-way leaves its upload to the collector
WORDS = [
    *("", "-1", "0", "abc", "1" + "0" * 30, "2147483648", "9223372036854775808", "evil", "\x00", "a\x00b", "%", "_", "'", '"', "\\", "²", "٣", "1e309", "NaN"),
    *("Infinity", "'; DROP TABLE person;--", "x" * 10_000, "😀" * 50, "\u202eevil", "\ud800", "{{7*7}}", "{x}", "%(x)s", "{", "a%", "null", "[]", "2021"),
    *("2021-02-30", "0001-01-01", "9999-12-31", "0001-01-01T00:00", "9999-12-31T23:59", "2021-01-14T25:99", "\r\nSet-Cookie: a=b", "<script>x()</script>"),
]
LONG = ["x" * 100_000, "字" * 100_000, "\u0301" * 5000, "9" * 5000]
RAW = ["%ff", "%c3%28", "%00", "%ed%a0%80", "%", "%zz", "&", "=", "page=1&page=-1", "+"]
ASKED = [
    "page",
    "sort",
    "state",
    "year",
    "q",
    "kind",
    "role",
    "area",
    "unit",
    "mine",
    "next",
    "asked",
    "endpoint",
    "_external",
    "_scheme",
    "_method",
    "id",
    "self",
]
SENT = [
    *(
        "version",
        "note",
        "kind",
        "name",
        "file",
        "seat",
        "locale",
        "next",
        "carry",
        "carry_to",
        "carry_for",
        "restore",
        "remind_hours",
        "state",
        "unit_id",
        "add",
        "up",
        "remove",
        "save",
        "seen",
    ),
    *(
        "add-team",
        "remove-team-0",
        "team-99999-name",
        "areas-5000-key",
        "position-1",
        "reason-1",
        "step",
        "proposals",
        "email",
        "password",
        "year",
        "closes_at",
    ),
]
FILE_NAMES = ["a.pdf", "../../etc/passwd.pdf", "a\r\nX: y.pdf", "字" * 255 + ".pdf", "a\u202efdp.txt", "x.svg", "nul\x00.pdf", "a.PDF", "x.csv"]
BODIES = [b"{", b"[1,2]", b'{"note": {"a": 1}}', b"\xff\xfe", b"a=%ff%00&b", b"--x\r\n", b"[" * 5000]
KINDS_OF_BODY = [
    *("application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "", "application/xml", "\u00ff"),
    *("application/x-www-form-urlencoded; charset=utf-16", "application/x-www-form-urlencoded; charset=evil"),
]
METHODS = ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "HEAD", "FOO"]
PEOPLE = ["secretariat", "chair", "huawei"]
Sending = dict[str, object]


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """Let what broken requests left behind go while this module's own tests run."""
    yield
    gc.collect()


def multipart(fields: Mapping[str, object]) -> Sending:
    boundary, data = encode_multipart(fields)
    return {"data": data, "content_type": f"multipart/form-data; boundary={boundary}"}


@dataclass
class Attacker:
    """Somebody signed in who sends nonsense, always the same for the same seed, and notes what broke."""

    app: Flask
    year: Year
    who: str
    random: random.Random
    broken: list[str] = field(default_factory=list)
    sent: int = 0

    def __post_init__(self) -> None:
        self.app.testing = self.app.config["PROPAGATE_EXCEPTIONS"] = False
        self.client = self.enter()

    def enter(self) -> FlaskClient:
        return sign_in_as(self.app, self.year.people[self.who])

    def send(self, path: str, method: str = "GET", **body: object) -> TestResponse:
        answer = self.client.open(path, method=method, **body)  # type: ignore[arg-type] # a client takes any keyword of a request
        self.sent += 1
        if answer.status_code >= 500 or b"Traceback" in answer.data:
            self.broken.append(f"{method} {path[:200]} {str(body)[:200]} answered {answer.status_code}")
        if answer.mimetype == "text/html":
            self.broken += [f"{method} {path[:200]} {str(body)[:200]} shows {danger}" for danger in dangers(Page(answer.text))]
        if answer.status_code >= 400 and method != "HEAD" and not re.search(r"<h1[^>]*>\s*\S", answer.text):
            self.broken.append(f"{method} {path[:200]} answered {answer.status_code} without a page")
        if method != "GET" and answer.status_code in {302, 303}:
            self.client = self.enter()
        return answer

    def ask(self, path: str) -> None:
        names = self.random.sample(ASKED, self.random.randint(1, 4))
        pairs = [f"{name}={self.word() if self.random.random() < 0.8 else self.random.choice(RAW)}" for name in names]
        self.send(f"{path}?{'&'.join(pairs)}")

    def word(self) -> str:
        return quote(self.random.choice(WORDS).encode("utf-8", "surrogatepass"))

    def fields(self, path: str) -> dict[str, str]:
        """Return the fields of the form that stands at ``path``, one or all of them spoilt, or fields of other forms."""
        page = Page(self.client.get(path).text)
        found = {name: value for form in page.forms if form.method == "post" and form.action in {"", path} for name, value in form.fields.items()}
        if not found or self.random.random() < 0.3:
            found = dict.fromkeys(self.random.sample(SENT, 8), "")
        spoilt = [self.random.choice(list(found))] if self.random.random() < 0.6 else list(found)
        found |= {name: self.random.choice(WORDS + LONG) for name in spoilt}
        if self.random.random() < 0.2:
            found.pop(self.random.choice(list(found)))
        return found

    def typed(self, path: str) -> Sending:
        pairs = [(name, value.encode("utf-8", "surrogatepass")) for name, value in self.fields(path).items()]
        pairs += [(self.random.choice(pairs)[0], b"twice")] if pairs else []
        return {"data": urlencode(pairs), "content_type": "application/x-www-form-urlencoded"}

    def uploaded(self, path: str) -> Sending:
        fields: Sending = {name: value.encode("utf-8", "replace").decode() for name, value in self.fields(path).items()}
        name = self.random.choice([*fields, "file"])
        fields[name] = FileStorage(BytesIO(self.random.choice([b"", b"x", b"%PDF-1", b"\0" * 100])), self.random.choice(FILE_NAMES))
        return multipart(fields)

    def garbled(self, _path: str) -> Sending:
        return {"data": self.random.choice(BODIES), "content_type": self.random.choice(KINDS_OF_BODY)}

    def nothing(self, _path: str) -> Sending:
        return {}

    def force(self, path: str) -> None:
        shape: Callable[[str], Sending] = self.random.choices([self.typed, self.uploaded, self.garbled, self.nothing], [5, 2, 3, 1])[0]
        self.send(path, "POST", **shape(path))


def paths(app: Flask) -> list[tuple[Door, str]]:
    with app.app_context():
        samples = find_samples(db.session())
        db.session.remove()
    with app.test_request_context():
        return [(door, app.url_for(door.endpoint, **door.values)) for door in doors(app, samples)]


@pytest.mark.slow
@pytest.mark.parametrize("who", PEOPLE)
def test_no_door_breaks_under_nonsense(in_the_year: Flask, year_template: Year, who: str) -> None:
    attacker = Attacker(in_the_year, year_template, who, random.Random(f"nonsense of {who}"))
    for door, path in paths(in_the_year):
        for _ in range(3):
            attacker.ask(path) if door.method == "GET" else attacker.force(path)
        attacker.send(path, attacker.random.choice(METHODS))
    assert attacker.broken == []
    assert attacker.sent > 400


def test_the_attacker_notices_a_door_that_breaks_and_one_that_repeats(in_the_year: Flask, year_template: Year) -> None:
    in_the_year.add_url_rule("/control/breaks", "breaks", public(lambda: str(int(request.args["page"]))))
    in_the_year.add_url_rule("/control/repeats", "repeats", public(lambda: request.args["q"]))
    attacker = Attacker(in_the_year, year_template, "chair", random.Random(0))
    assert attacker.send("/control/breaks?page=1").text == "1"
    assert attacker.broken == []
    attacker.send("/control/breaks?page=abc")
    attacker.send("/control/repeats?q=<b onclick=x()>")
    assert [line.rpartition(" ")[2] for line in attacker.broken] == ["500", "onclick>"]


@pytest.mark.parametrize("number", ["0", "-1", "2147483648", "9223372036854775808", "1" + "0" * 40, "abc", "%ff", "1.5", "٣", "1;drop"])
def test_ids_that_nothing_has(in_the_year: Flask, year_template: Year, number: str) -> None:
    attacker = Attacker(in_the_year, year_template, "secretariat", random.Random(0))
    rules = [rule.rule for rule in in_the_year.url_map.iter_rules() if "<" in rule.rule and "path:" not in rule.rule and "token" not in rule.rule]
    asked = {(re.sub("<[^>]*>", number, rule.replace("<any(withdraw, revive, accept, return, 'not-accept', merge):verb>", "accept"))) for rule in rules}
    statuses = {attacker.send(path, method).status_code for path in asked for method in ("GET", "POST")}
    assert attacker.broken == []
    assert statuses <= {404, 405}


def test_more_than_a_form_can_hold(in_the_year: Flask, year_template: Year) -> None:
    attacker = Attacker(in_the_year, year_template, "secretariat", random.Random(0))
    many = {f"field-{number}": "x" for number in range(2100)}
    assert attacker.send("/members/units/new", "POST", **multipart(many)).status_code == 413
    assert attacker.send("/members/units/new", "POST", **multipart({"code": "x" * 3_000_000})).status_code == 413
    assert attacker.send("/members/units/new", "POST", data=b"code=" + b"x" * 13_000_000, content_type="application/x-www-form-urlencoded").status_code == 413
    huge = {"file": FileStorage(BytesIO(b"%PDF-" + b"x" * 13 * 1024 * 1024), "a.pdf")}
    assert attacker.send("/programmes/2021/edit/files", "POST", **multipart(huge)).status_code == 413
    assert attacker.send("/members/units/new", "POST", data=b"[" * 1_000_000, content_type="application/json").status_code == 422
    assert attacker.broken == []


def test_files_and_json_never_reach_a_field_that_expects_text(in_the_year: Flask) -> None:
    def received(form: type[forms.FlaskForm], **body: object) -> list[str]:
        with in_the_year.test_request_context("/", method="POST", **body):  # type: ignore[arg-type] # any keyword of a request
            return list(form().meta.wrap_formdata(form(), forms._Auto))

    sent = {"file": (BytesIO(b"x"), "a.txt"), "note": "typed"}
    assert received(forms.TextForm, data=sent) == ["note"]
    assert received(forms.TextForm, json={"note": "typed"}) == []
    assert received(forms.FlaskForm, json={"note": "typed"}) == ["note"]


PAYLOADS = [
    *("<script>x()</script>", "<ScRiPt src=//x.example>", '"><img src=x onerror=x()>', "'><svg/onload=x()>", "<svg><a xlink:href=javascript:x()>"),
    *("</textarea><svg/onload=x()>", "</title><svg/onload=x()>", "<b style=color:red>x</b>", "[a](javascript:x())", "<a href=javascript:x()>a</a>"),
    *("<!--><svg/onload=x()>", '" onfocus=x() a="', "' onfocus=x() a='", "<iframe srcdoc=x>", "<base href=//x.example>", "<form action=javascript:x()>"),
    *("<j:a>{{7*7}}<i onclick=x()>", "](x) <javascript:x()>", "<math><style><img onerror=x()>", "&lt;script&gt;<object data=data:a>"),
]
CODE = re.compile(r"[a-z0-9_.+-]+|20\d\d.*|\d.*", re.IGNORECASE)
KEPT = {"event", "audit_head", "sign_in_session", "link", "form_version"}
KEPT_COLUMNS = {
    "voting",
    "weight",
    "frozen",
    "rule",
    "options",
    "result",
    "commitments",
    "language",
    "ballot_outcome",
    "msgid",
    "action",
    "subject_kind",
    "password_hash",
    "email",
    "device",
    "project_prefix",
    "quarter",
    "list",
    "query",
    "zone",
    "investigator_key",
    "message_id",
}
WITHOUT_TEXTS = {"follow", "mail_choice", "secret_vote", "suspension"}
NOT_SHOWN = {"search_text.words", "ballot_item.title_en"} | {
    f"notice.params.{part}" for part in ("person.zh", "person.en", "seat.params.unit.zh", "seat.params.unit.en", "expert.zh")
}
NOT_SHOWN |= {"review.content.opinion", "version.content.files.name", "remark.why_retracted", "proposal.screening.lines.name_zh", "partner.asked_share"}
NOT_SHOWN |= {"proposal.screening.lines.before", "proposal.screening.asked.background", "proposal.screening.asked.budget", "programme.public_notice.zone"}
NOT_SHOWN |= {"notice.params.unit.zh", "notice.params.unit.en", "comment.text", "report.override_reason", "notice.params.votes.params.title.zh"}
"""The items of a ballot show the title in the reader's language, and so do the secretariat's sheets and notices, which it reads in English; of
their own new seats others are told than the three who look. A review and a version are read as handed in, and no comment was retracted;
the words that a partner unit was asked about are only compared with those of its share. What an officer says of a quarter is read from
the event of it, and tried on the pages of reports (tests/web/test_reports_page.py); what was asked of a form that came back stands in its
unit's form."""


OF_A_VOTE = "notice.params.votes."
"""What stands as a unit's vote, told to its own voices alone, item within item: the three who look are voices of one unit, in English."""


@dataclass
class Poison:
    """Payloads, each with the number of the column it was put into."""

    columns: list[str] = field(default_factory=list)
    turn: int = 0
    empty: set[str] = field(default_factory=set)

    def drop(self, column: str, longest: int | None) -> str:
        if column not in self.columns:
            self.columns.append(column)
        self.turn += 1
        mark = f"~{self.columns.index(column)}~"
        fitting = [payload for payload in PAYLOADS if longest is None or len(payload) + len(mark) <= longest]
        return mark + fitting[self.turn % len(fitting)]

    def into(self, column: str, value: object) -> object:
        """Return a JSON value with every text in it replaced that is no code, instant or source string."""
        if isinstance(value, dict):
            return {key: item if key in {"say", "at"} else self.into(f"{column}.{key}", item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.into(column, item) for item in value]
        return self.drop(column, None) if isinstance(value, str) and value and not CODE.fullmatch(value) else value

    def spread(self, session: sa.orm.Session) -> None:
        """Replace every text that people write, in every row of every table that may be changed."""
        for table in Base.metadata.sorted_tables:
            texts = [column for column in table.columns if isinstance(column.type, sa.String | sa.JSON) and not isinstance(column.type, sa.Enum)]
            chosen = [column for column in texts if not column.unique and column.name not in KEPT_COLUMNS and "sha256" not in column.name]
            if table.name in KEPT or not chosen:
                continue
            keys = list(table.primary_key.columns)
            for row in session.execute(sa.select(table)).mappings().all():
                values = {column.name: self._new(table.name, column, row[column.name]) for column in chosen}
                session.execute(sa.update(table).where(*(key == row[key.name] for key in keys)).values(values))

    def _new(self, table: str, column: sa.Column[object], value: object) -> object:
        if isinstance(column.type, sa.JSON):
            return self.into(f"{table}.{column.name}", value)
        return self.drop(f"{table}.{column.name}", column.type.length if isinstance(column.type, sa.String) else None)


def place_the_rest(session: sa.orm.Session, year: Year) -> None:
    """Insert what the demonstration year does not hold on this day: a report in every state, a saved view, changes asked for, a held decision."""
    place_reports(session, year.people, lead="huawei", partner="unit-14")
    place_changes(session)
    place_pass(session, year.people, holder="sogou")
    place_calls(session, year.people)
    place_change(session, year.people, lead="huawei")
    place_secret_ballot(year.people)
    place_channels(session, year.people, holder="huawei")
    proposal = session.scalars(sa.select(Proposal).where(Proposal.state == ProposalState.BALLOTED)).first()
    assert proposal is not None
    session.execute(sa.update(Programme).values(release_together=True))
    chair = year.people["chair"]
    told = {"kind": DecisionKind.APPROVE_WITH_CHANGES, "opinion": "x", "reason": "x", "changes": "x", "decided_at": TODAY, "role": Role.CHAIR}
    session.add(HeldDecision(proposal_id=proposal.id, programme_id=proposal.programme_id, person_id=chair.person_id, seat_id=chair.actor.seat_id, **told))
    report = session.scalars(sa.select(Report.id).where(Report.state == ReportState.SUBMITTED)).first()
    session.add(Comment(report_id=report, person_id=chair.person_id, role=Role.CHAIR, text="x", made_at=TODAY))
    place_form(session, year.people)
    session.add(CalendarDay(day=date(2021, 2, 3), state=DayState.OFF, reason="x", person_id=chair.person_id, decided_at=TODAY))
    for who in PEOPLE:
        post = {"standing": MailState.BOUNCED, "made_at": TODAY, "due_at": TODAY, "subject": "x", "text": "x", "trouble": "x"}
        session.add(Mail(id=PEOPLE.index(who) + 1, person_id=year.people[who].person_id, message_id=f"<{who}@localhost>", **post))
        session.add(SavedView(person_id=year.people[who].person_id, list="proposals", name="x", query="q=x"))


def poisoned(app: Flask, year: Year) -> tuple[Poison, str]:
    """Let every text of the year be a payload: by the product's own forms where the record keeps it, else in the rows. With the address of the note."""
    client = sign_in_as(app, year.people["secretariat"])
    with app.app_context():
        submitted = db.session.scalars(sa.select(Proposal).where(Proposal.state == "submitted")).first()
        assert submitted is not None
        key, version = submitted.id, submitted.version
        db.session.remove()
    note = "~note~" + "".join(PAYLOADS)
    assert client.post(f"/proposals/{key}/return", data={"note": note, "version": version}).status_code == 303
    upload = {"file": (BytesIO(b"text"), "<img src=x onerror=x()>.txt")}
    assert client.post("/programmes/2021/edit/files", data=upload, content_type="multipart/form-data").status_code == 303
    poison = Poison()
    with app.app_context(), writing() as session:
        place_the_rest(session, year)
        session.flush()
        drop_guards(session, *FROZEN)
        poison.spread(session)
        poison.empty = {name for name, table in Base.metadata.tables.items() if session.scalar(sa.select(sa.func.count()).select_from(table)) == 0}
    return poison, f"/proposals/{key}"


def crawl(app: Flask, year: Year, *more: str) -> Iterator[tuple[str, str]]:
    """Read every page there is as three people, in their language."""
    for who, language in zip(PEOPLE, ("en", "zh", "en"), strict=True):
        client = sign_in_as(app, year.people[who], language)
        for path in (*more, *(path for door, path in paths(app) if door.method == "GET")):
            answer = client.get(path)
            if answer.mimetype == "text/html":
                yield f"{who} {path}", answer.text
            answer.close()


def beside(app: Flask) -> list[str]:
    """Return the pages of what is said, judged and asked for beside each proposal and project: the crawl reads them of one only."""
    with app.app_context():
        proposals = [f"/proposals/{key}{part}" for key in db.session.scalars(sa.select(Proposal.id)) for part in ("/screen", "/comments", "/reviews")]
        reviews = [f"/reviews/{key}" for key in db.session.scalars(sa.select(Review.id))]
        changes = [f"/projects/{key}/changes/{number}" for key, number in db.session.execute(sa.select(ChangeRequest.project_id, ChangeRequest.number))]
        db.session.remove()
    return [*proposals, *reviews, *changes]


@pytest.mark.slow
def test_nothing_typed_becomes_part_of_a_page(in_the_year: Flask, year_template: Year) -> None:
    poison, returned = poisoned(in_the_year, year_template)
    pages = dict(crawl(in_the_year, year_template, returned, *beside(in_the_year)))
    assert [f"{where}: {danger}" for where, text in pages.items() for danger in dangers(Page(text))] == []
    whole = "".join(pages.values())
    assert "~note~" in whole
    unseen = {column for number, column in enumerate(poison.columns) if f"~{number}~" not in whole} - NOT_SHOWN
    assert sorted(column for column in unseen if not column.startswith(OF_A_VOTE)) == []
    assert any(column.startswith(OF_A_VOTE) and f"~{number}~" in whole for number, column in enumerate(poison.columns))
    assert poison.empty <= WITHOUT_TEXTS, "a new table has its rows placed here"


@pytest.mark.slow
def test_the_crawl_finds_a_text_that_is_trusted(in_the_year: Flask, year_template: Year) -> None:
    in_the_year.jinja_env.filters["title_of"] = pass_context(lambda _context, thing: Markup(title_text(thing)))
    poisoned(in_the_year, year_template)
    assert [danger for _where, text in crawl(in_the_year, year_template) for danger in dangers(Page(text))]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_markdown_of_a_call_runs_nothing(in_the_year: Flask, payload: str) -> None:
    rendered = str(
        in_the_year.jinja_env.filters["markdown"](None, f"# {payload}\n\n{payload}\n\n[a]({payload})\n\n![a]({payload})\n\n<{payload}>\n\n- {payload}")
    )
    assert list(dangers(Page(rendered))) == []
