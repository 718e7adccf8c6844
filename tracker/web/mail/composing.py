"""Writing an e-mail in its reader's language, as text and as HTML, when it goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from flask import current_app, render_template

from tracker import clock
from tracker.config import Settings
from tracker.db import session
from tracker.members.models import Person
from tracker.notifications.models import Mail, Notice
from tracker.notifications.rules import NoticeKind
from tracker.policy import Action
from tracker.voting.models import Ballot
from tracker.web.calendars import calendar_of
from tracker.web.formats import translated
from tracker.web.locale import LANGUAGES, gettext, ngettext, speaking
from tracker.web.mail.objects import gathered
from tracker.web.mail.sight import PARTING
from tracker.web.notices.views import links_of

LONGEST_SUBJECT = 120
LONGEST_LINE = 2000


@dataclass(frozen=True, slots=True)
class Line:
    """One notice in an e-mail: what it says, and the whole address of what it is about."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Group:
    """Notices of one object under its name and address; both empty for one notice alone and for those of no object."""

    title: str
    url: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail as written: what is sent, and what is kept of it."""

    message: EmailMessage
    address: str
    subject: str
    text: str


def compose(mail: Mail, person: Person, address: str, notices: Sequence[Notice]) -> Letter:
    """Write ``mail`` to ``person`` at ``address`` of ``notices``; without any it is the test of the mail server. Reads the addresses of its objects."""
    settings: Settings = current_app.extensions["settings"]
    code = person.language if person.language in LANGUAGES else LANGUAGES[0]
    with current_app.test_request_context(base_url="http://localhost"), speaking(code):
        groups = grouped(notices, settings.public_url)
        subject = _subject(mail.kind, groups)
        text, html = render(person, groups, settings.public_url, subject=subject, digest=mail.kind is None)
    message = _message(mail, address, settings, subject=subject, text=text, html=html)
    _attach_calendar(message, notices)
    return Letter(message, person.email, subject, text)


def _attach_calendar(message: EmailMessage, notices: Sequence[Notice]) -> None:
    """Attach the close of a ballot to the e-mail that announces it, to no other."""
    for notice in notices:
        ballot = session().get(Ballot, notice.subject_id) if (notice.subject_kind, notice.action) == (Ballot.subject_kind, Action.OPEN) else None
        if ballot is not None:
            name, file = f"{ballot.number}.ics", calendar_of(ballot).encode()
            message.add_attachment(file, "text", "calendar", filename=name, params={"charset": "utf-8", "method": "PUBLISH"})


def grouped(notices: Sequence[Notice], base: str) -> list[Group]:
    """Return what an e-mail tells, by object; ``base`` is put before every address."""
    paths = links_of(notice for notice in notices if notice.action not in PARTING)
    found = []
    for heading, told in gathered(notices):
        lines = [Line(one_line(translated(notice.message), LONGEST_LINE), base + paths.get(notice.id, "/notices")) for notice in told]
        title = one_line(f"{heading.number} {heading.title}", LONGEST_SUBJECT) if heading else ""
        found.append(Group(title, base + heading.path if heading else "", lines))
    return found


def render(person: Person, groups: Sequence[Group], base: str, *, subject: str, digest: bool) -> tuple[str, str]:
    """Return an e-mail as text and as HTML, in the language spoken just now."""
    words = {"groups": groups, "digest": digest and bool(groups), "person": person, "base": base, "subject": subject}
    return render_template("email/notices.txt", **words), render_template("email/notices.html", **words)


def deliverable(email: str) -> str | None:
    """Return an address as e-mail carries it, its host in ASCII; None for one that has other letters before the @."""
    name, _, host = email.rpartition("@")
    try:
        return Address(addr_spec=f"{name}@{host.encode('idna').decode('ascii')}").addr_spec
    except (ValueError, IndexError, HeaderParseError):  # all that the header parser makes of what is no address
        return None


def _subject(kind: NoticeKind | None, groups: Sequence[Group]) -> str:
    if not groups:
        return gettext("Test of the e-mail")
    if kind is not None:
        return one_line(groups[0].lines[0].text, LONGEST_SUBJECT)
    return ngettext("%(num)s notice of the day", "%(num)s notices of the day", sum(len(group.lines) for group in groups))


def one_line(text: str, longest: int) -> str:
    """Return a text that is safe in a header: in one line, without control characters, cut where it is too long."""
    tidy = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return tidy if len(tidy) <= longest else tidy[: longest - 1] + "…"


def _message(mail: Mail, address: str, settings: Settings, *, subject: str, text: str, html: str) -> EmailMessage:
    message = EmailMessage()
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(clock.now())
    server = settings.mail
    message["From"] = Address(settings.committee.short_zh, addr_spec=parseaddr(server.sender)[1] if server else f"tracker@{settings.host.split(':')[0]}")
    message["To"] = Address(addr_spec=address)
    message["Subject"] = subject
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{settings.public_url}/profile/mail>"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message
