"""The outbox: e-mails made from notices, taken in hand by one worker at a time, and what became of each.

Nothing here sends. A worker gathers what is due into e-mails, claims a few under a lease, sends them outside any transaction and then
marks them: an e-mail whose worker died in between is sent again under the same Message-ID, so none is lost.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa

from tracker.db import session
from tracker.notifications.models import Mail, Mailing, Notice
from tracker.notifications.rules import MailState, NoticeKind, Pace

LEASE = timedelta(minutes=10)
AT_ONCE = 20
GATHERED = 500
TOO_OLD = timedelta(days=14)
"""Notices older than this are not sent any more: a program whose e-mail was never set up must not flood people on the day it is."""
WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360, 720, 1440, 1440, 1440, 1440))
"""How long to wait after each attempt that failed for the time being; after the last the e-mail is given up: about a week."""


def gather(now: datetime, *, digest_before: datetime, domain: str) -> int:
    """Make e-mails of the notices that are due: one for each that goes out at once, one a day for each person of the others.

    ``digest_before`` is the instant of the last digest. What its reader has read in the meantime is left out of digests. Two workers at
    once make no e-mail twice: the rows are locked. Runs in the caller's writing transaction.
    """
    due = sa.or_(Mailing.pace == Pace.INSTANT, sa.and_(Mailing.pace == Pace.DIGEST, Notice.created_at < digest_before, Notice.read_at.is_(None)))
    wanted = (
        sa.select(Mailing, Notice.person_id)
        .join(Notice, Notice.id == Mailing.notice_id)
        .where(Mailing.mail_id.is_(None), due, Notice.created_at > now - TOO_OLD)
        .order_by(Mailing.notice_id)
        .limit(GATHERED)
        .with_for_update(of=Mailing, skip_locked=True)
    )
    digests: dict[int, list[Mailing]] = defaultdict(list)
    made: list[tuple[Mail, list[Mailing]]] = []
    for mailing, person in session().execute(wanted):
        if mailing.pace is Pace.INSTANT:
            made.append((new_mail(person, now, kind=mailing.kind, domain=domain), [mailing]))
        else:
            digests[person].append(mailing)
    made += [(new_mail(person, now, kind=None, domain=domain), mailings) for person, mailings in digests.items()]
    session().add_all(mail for mail, _mailings in made)
    session().flush()
    for mail, mailings in made:
        for mailing in mailings:
            mailing.mail_id = mail.id
    return len(made)


def new_mail(person_id: int, now: datetime, *, kind: NoticeKind | None, domain: str) -> Mail:
    """Return a new e-mail, due now, with a Message-ID that it keeps through all attempts."""
    return Mail(person_id=person_id, kind=kind, message_id=f"<{secrets.token_hex(16)}@{domain}>", made_at=now, due_at=now)


def claim(now: datetime) -> list[int]:
    """Take a few e-mails in hand until the lease runs out and return their ids; no two workers hold the same one."""
    free = sa.or_(Mail.leased_until.is_(None), Mail.leased_until <= now)
    wanted = (
        sa.select(Mail)
        .where(Mail.standing == MailState.WAITING, Mail.due_at <= now, free)
        .order_by(Mail.due_at, Mail.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    taken = list(session().scalars(wanted))
    for mail in taken:
        mail.leased_until = now + LEASE
    return [mail.id for mail in taken]


def notices_in(mail_ids: Iterable[int]) -> sa.Select[int | None, Notice]:
    """The notices that each of these e-mails tells of, with the e-mail's id, in order."""
    return sa.select(Mailing.mail_id, Notice).join(Notice, Notice.id == Mailing.notice_id).where(Mailing.mail_id.in_(list(mail_ids))).order_by(Notice.id)


def keep(mail_id: int, *, held_until: datetime, now: datetime, address: str, subject: str, text: str) -> bool:
    """Keep the words of an e-mail that is about to be sent and hold it anew; False where its lease ran out and another worker may have it."""
    mine = sa.update(Mail).where(Mail.id == mail_id, Mail.standing == MailState.WAITING, Mail.leased_until == held_until)
    kept = mine.values(address=address, subject=subject, text=text, leased_until=now + LEASE).returning(Mail.id)
    return session().scalar(kept) is not None


def finish(mail_id: int, standing: MailState, now: datetime, *, trouble: str = "") -> None:
    """Write down what became of an e-mail for good."""
    mail = _held(mail_id)
    mail.standing, mail.leased_until, mail.trouble = standing, None, trouble
    mail.attempts += standing is not MailState.DROPPED
    mail.sent_at = now if standing is MailState.SENT else None


def put_off(mail_id: int, now: datetime, *, trouble: str) -> None:
    """Try again later, each time after a longer wait, and give up after the last."""
    mail = _held(mail_id)
    mail.attempts += 1
    mail.trouble, mail.leased_until = trouble, None
    if mail.attempts > len(WAITS):
        mail.standing = MailState.FAILED
    else:
        mail.due_at = now + WAITS[mail.attempts - 1]


def send_again(mail: Mail, now: datetime) -> None:
    """Put an e-mail that did not go out back among those that wait, as the same e-mail."""
    mail.standing, mail.due_at, mail.attempts, mail.leased_until = MailState.WAITING, now, 0, None


def _held(mail_id: int) -> Mail:
    return session().get_one(Mail, mail_id, with_for_update=True, populate_existing=True)
