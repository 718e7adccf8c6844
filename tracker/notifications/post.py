"""Handing an e-mail to the mail server, and what it answers."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from enum import StrEnum

from tracker.config import MailServer, Security

PATIENCE = 20.0
PERMANENT = range(500, 600)
LONGEST_ANSWER = 300


class Answer(StrEnum):
    """What came of it: taken, refused for good, or not to be had now."""

    TAKEN = "taken"
    REFUSED = "refused"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Handed:
    """The answer, and the server's words where it is no yes."""

    answer: Answer
    words: str = ""


def hand_over(message: EmailMessage, server: MailServer) -> Handed:
    """Give one e-mail to the server; never raises for what a server, a network or a recipient can do."""
    try:
        _give(message, server)
    except smtplib.SMTPRecipientsRefused as refused:
        code, words = next(iter(refused.recipients.values()))
        return Handed(Answer.REFUSED if code in PERMANENT else Answer.LATER, _said(code, words))
    except smtplib.SMTPAuthenticationError as wrong:
        return Handed(Answer.LATER, _said(wrong.smtp_code, wrong.smtp_error))  # the settings are at fault, not the e-mail
    except smtplib.SMTPResponseException as answer:
        return Handed(
            Answer.REFUSED if isinstance(answer, smtplib.SMTPDataError) and answer.smtp_code in PERMANENT else Answer.LATER,
            _said(answer.smtp_code, answer.smtp_error),
        )
    except UnicodeError:  # its words would hold a letter of the password
        return Handed(Answer.LATER, "TRACKER_SMTP_USER and its password may have ASCII letters only")
    except (OSError, smtplib.SMTPException) as trouble:
        return Handed(Answer.LATER, f"{type(trouble).__name__}: {trouble}"[:LONGEST_ANSWER])
    return Handed(Answer.TAKEN)


def _give(message: EmailMessage, server: MailServer) -> None:
    """Hand it over; once the server has taken it, nothing that happens while taking leave counts."""
    line = _connect(server)
    try:
        line.send_message(message)
        with suppress(OSError, smtplib.SMTPException):
            line.quit()
    finally:
        line.close()


def _connect(server: MailServer) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if server.security is Security.TLS:
        line: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE, context=context)
    else:
        line = smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
    try:
        if server.security is Security.STARTTLS:
            line.starttls(context=context)
        if server.user:
            line.login(server.user, server.password)
    except BaseException:
        line.close()
        raise
    return line


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {text}"[:LONGEST_ANSWER]
