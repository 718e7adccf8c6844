"""Writing an e-mail in its reader's language, as text and as HTML, when it goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr

from flask import current_app, render_template

from tracker import clock
from tracker.config import Settings
from tracker.members.models import Person
from tracker.notifications.models import Mail, Notice
from tracker.web.formats import translated
from tracker.web.locale import LANGUAGES, gettext, ngettext, speaking
from tracker.web.notices.views import links_of

LONGEST_SUBJECT = 120


@dataclass(frozen=True, slots=True)
class Line:
    """One notice in an e-mail: what it says, and the whole address of what it is about, if it has one."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail as written: what is sent, and what is kept of it."""

    message: EmailMessage
    address: str
    subject: str
    text: str


def compose(mail: Mail, person: Person, notices: Sequence[Notice]) -> Letter:
    """Write ``mail`` to ``person`` of ``notices``; without any it is the test of the mail server. Reads the addresses of its objects."""
    settings: Settings = current_app.extensions["settings"]
    code = person.language if person.language in LANGUAGES else LANGUAGES[0]
    with current_app.test_request_context(base_url="http://localhost"), speaking(code):
        addresses = links_of(notices)
        lines = [Line(one_line(translated(notice.message), 2000), settings.public_url + addresses.get(notice.id, "/notices")) for notice in notices]
        subject = _subject(mail, lines)
        words = {"lines": lines, "digest": mail.kind is None and bool(lines), "person": person, "base": settings.public_url, "subject": subject}
        text = render_template("email/notices.txt", **words)
        html = render_template("email/notices.html", **words)
    return Letter(_message(mail, person, settings, subject=subject, text=text, html=html), person.email, subject, text)


def _subject(mail: Mail, lines: Sequence[Line]) -> str:
    if not lines:
        return gettext("Test of the e-mail")
    if mail.kind is None:
        return ngettext("%(num)s notice of the day", "%(num)s notices of the day", len(lines))
    return one_line(lines[0].text, LONGEST_SUBJECT)


def one_line(text: str, longest: int) -> str:
    """Return a text that is safe in a header: in one line, without control characters, cut where it is too long."""
    tidy = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return tidy if len(tidy) <= longest else tidy[: longest - 1] + "…"


def _message(mail: Mail, person: Person, settings: Settings, *, subject: str, text: str, html: str) -> EmailMessage:
    message = EmailMessage()
    message["Message-ID"] = mail.message_id
    message["Date"] = format_datetime(clock.now())
    server = settings.mail
    message["From"] = Address(settings.committee.short_zh, addr_spec=parseaddr(server.sender)[1] if server else f"tracker@{settings.host.split(':')[0]}")
    message["To"] = Address(addr_spec=person.email)
    message["Subject"] = subject
    message["Auto-Submitted"] = "auto-generated"
    message["List-Unsubscribe"] = f"<{settings.public_url}/profile/mail>"
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    return message
