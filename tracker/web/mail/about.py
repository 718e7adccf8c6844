"""Where the e-mails about an object are listed."""

from __future__ import annotations

from typing import Protocol

from flask import url_for

from tracker.policy import SECRETARIAT
from tracker.web.identity import the_actor


class Told(Protocol):
    """What notices are about."""

    id: int
    subject_kind: str


def mails_about(subject: Told) -> str | None:
    """Return the address of the e-mails about it, None for whoever may not read them."""
    return url_for("mail.index", about=f"{subject.subject_kind}-{subject.id}") if SECRETARIAT.test(the_actor(), subject) else None
