"""The notice: one message for one person; the e-mail that carries notices, and how people want to be written to."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from tracker.db import Base, JSONDict, choice
from tracker.messages import Message
from tracker.notifications.rules import MailState, NoticeKind, Pace


class Notice(Base):
    """A message to one person about one object; ``msgid`` is translated when it is read."""

    __tablename__ = "notice"
    __table_args__ = (sa.Index("ix_notice_person_id_read_at", "person_id", "read_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"))
    action: Mapped[str] = mapped_column(sa.String(32))
    subject_kind: Mapped[str] = mapped_column(sa.String(32))
    subject_id: Mapped[int]
    msgid: Mapped[str] = mapped_column(sa.Text)
    params: Mapped[JSONDict]
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    @property
    def message(self) -> Message:
        """What it says, ready to be translated."""
        return Message(self.msgid, {name: thaw(value) for name, value in self.params.items()})


class MailChoice(Base):
    """How one person wants one kind of notice by e-mail; no row: the default of the kind."""

    __tablename__ = "mail_choice"

    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(choice(NoticeKind), primary_key=True)
    pace: Mapped[Pace] = mapped_column(choice(Pace))


class Mail(Base):
    """One e-mail to one person, from before it is sent until it is on record, with its text as sent.

    ``message_id`` is its own for good, so that a second attempt is the same e-mail. ``leased_until`` is until when one worker has it in
    hand. ``standing`` is where it is, ``kind`` None for a digest or a test.
    """

    __tablename__ = "mail"
    __table_args__ = (sa.Index("ix_mail_standing_due_at", "standing", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id"), index=True)
    kind: Mapped[NoticeKind | None] = mapped_column(choice(NoticeKind))
    message_id: Mapped[str] = mapped_column(sa.String(200), unique=True)
    standing: Mapped[MailState] = mapped_column(choice(MailState), default=MailState.WAITING)
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(sa.String(254), default="")
    subject: Mapped[str] = mapped_column(sa.Text, default="")
    text: Mapped[str] = mapped_column(sa.Text, default="")
    trouble: Mapped[str] = mapped_column(sa.Text, default="")


class Mailing(Base):
    """That a notice is to go out by e-mail too, and in which e-mail it does; no row: its reader wants none of its kind."""

    __tablename__ = "mailing"
    __table_args__ = (sa.Index("ix_mailing_mail_id", "mail_id"),)

    notice_id: Mapped[int] = mapped_column(sa.ForeignKey("notice.id"), primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(choice(NoticeKind))
    pace: Mapped[Pace] = mapped_column(choice(Pace))
    mail_id: Mapped[int | None] = mapped_column(sa.ForeignKey("mail.id"))


class Bilingual:
    """A name kept in both languages; either may be empty."""

    def __init__(self, name_zh: str, name_en: str) -> None:
        self.name_zh, self.name_en = name_zh, name_en

    def __str__(self) -> str:
        """Give the English name, else the Chinese one, for logs."""
        return self.name_en or self.name_zh


def freeze(value: object) -> object:
    """Turn a message's parameter into JSON: names keep both languages, instants their zone, days stay days, a message its source and values."""
    if isinstance(value, Message):
        return {"say": value.msgid, "params": {name: freeze(item) for name, item in value.params.items()}}
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if hasattr(value, "name_zh"):
        return {"zh": value.name_zh, "en": getattr(value, "name_en", "")}
    return value


def thaw(value: object) -> object:
    """Undo ``freeze``."""
    if isinstance(value, dict) and "say" in value:
        return Message(value["say"], {name: thaw(item) for name, item in value["params"].items()})
    if isinstance(value, dict) and "at" in value:
        return datetime.fromisoformat(value["at"])
    if isinstance(value, dict) and "day" in value:
        return date.fromisoformat(value["day"])
    if isinstance(value, dict) and "zh" in value:
        return Bilingual(value["zh"], value["en"])
    return value
