"""One round of the worker: gather, take in hand, write, send, mark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, time, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from tracker import clock
from tracker.config import Settings
from tracker.db import session, writing
from tracker.members.models import Person
from tracker.notifications import outbox
from tracker.notifications.models import Mail, Notice
from tracker.notifications.post import Answer, Handed
from tracker.notifications.rules import MailState
from tracker.web.mail.composing import Letter, compose, deliverable
from tracker.web.mail.sight import reachable, still_seen

Send = Callable[[EmailMessage], Handed]
NO_ADDRESS = Handed(Answer.REFUSED, "553 5.6.7 The address has letters that e-mail does not carry")


def last_digest(now: datetime, settings: Settings) -> datetime:
    """Return when the last digest was due: today's hour in the committee's zone, or yesterday's before it."""
    local = now.astimezone(ZoneInfo(settings.committee.zone))
    due = datetime.combine(local.date(), time(settings.digest_hour), local.tzinfo)
    return due if due <= local else due - timedelta(days=1)


def deliver(settings: Settings, send: Send) -> int:
    """Send what is due now and return how many e-mails were taken in hand.

    Every step is a transaction of its own and none is open while the mail server is spoken to. A worker that dies between sending and
    marking leaves a lease that runs out; the e-mail then goes out once more under the same Message-ID. One that is so slow that the lease
    of a later e-mail runs out leaves that one alone: another has it by then.
    """
    now = clock.now()
    with writing():
        outbox.gather(now, digest_before=last_digest(now, settings), domain=settings.host.split(":")[0])
    with writing():
        taken = outbox.claim(now)
    for mail_id, letter in _written(taken):
        if letter is None:
            with writing():
                outbox.finish(mail_id, MailState.DROPPED, clock.now())
        elif isinstance(letter, Handed):
            _mark(mail_id, letter)
        elif _keep(mail_id, letter, now + outbox.LEASE):
            _mark(mail_id, send(letter.message))
    return len(taken)


def _written(taken: list[int]) -> list[tuple[int, Letter | Handed | None]]:
    """Write the e-mails in hand: None for one that its reader may not be sent any more, a refusal where no e-mail reaches the address."""
    mails = list(session().scalars(sa.select(Mail).where(Mail.id.in_(taken)).order_by(Mail.id)))
    told: dict[int | None, list[Notice]] = defaultdict(list)
    for mail_id, notice in session().execute(outbox.notices_in(taken)):
        told[mail_id].append(notice)
    people = reachable({mail.person_id for mail in mails})
    written = [(mail.id, _letter(mail, people.get(mail.person_id), told[mail.id])) for mail in mails]
    session().rollback()
    return written


def _letter(mail: Mail, person: Person | None, told: list[Notice]) -> Letter | Handed | None:
    seen = still_seen(mail.person_id, told)
    if person is None or (told and not seen):
        return None
    address = deliverable(person.email)
    return compose(mail, person, address, seen) if address else NO_ADDRESS


def _keep(mail_id: int, letter: Letter, held_until: datetime) -> bool:
    with writing():
        return outbox.keep(mail_id, held_until=held_until, now=clock.now(), address=letter.address, subject=letter.subject, text=letter.text)


def _mark(mail_id: int, handed: Handed) -> None:
    with writing():
        if handed.answer is Answer.LATER:
            outbox.put_off(mail_id, clock.now(), trouble=handed.words)
        else:
            outbox.finish(mail_id, MailState.SENT if handed.answer is Answer.TAKEN else MailState.BOUNCED, clock.now(), trouble=handed.words)
