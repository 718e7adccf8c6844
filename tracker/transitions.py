"""The one place where an object changes state."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from tracker import clock
from tracker.audit import chain
from tracker.db import JSONDict
from tracker.errors import Invalid, Refused
from tracker.messages import Message, say
from tracker.notifications.actions import tell
from tracker.policy import Action, Actor, Rule, check

REASON_OWED = say("Give a reason: it is kept with the record and told to those concerned.")


class Changing(Protocol):
    """A subject with a stored state."""

    id: int
    subject_kind: str
    state: Any

    @property
    def rules(self) -> Mapping[Action, Rule]:
        """The table of its verbs."""

    def state_at(self, now: datetime) -> str:
        """Its state at an instant."""

    def people(self, audience: str) -> Iterable[int]:
        """The ids of the persons whom an audience means."""

    def names(self) -> Mapping[str, object]:
        """The values its notices speak of."""


def perform(
    action: Action,
    subject: Changing,
    *,
    actor: Actor,
    note: str = "",
    facts: JSONDict | None = None,
    to: str | None = None,
    news: Message | None = None,
    told_else: Container[str] = (),
) -> None:
    """Do ``action``: check it, write the new state, queue the event and the notices, all in the caller's transaction.

    ``to`` overrides the row's state where the outcome decides it; ``news`` the row's message; ``told_else`` are audiences that
    learn of it by another notice. Raises Refused or Invalid before
    anything is written. Does not commit.
    """
    at = clock.now()
    denial = check(action, subject, actor=actor, now=at)
    if denial is not None:
        raise Refused(denial)
    rule = subject.rules[action]
    if rule.reason and not note.strip():
        raise Invalid({"note": [REASON_OWED]})
    before, after = subject.state, to or rule.to
    if after is not None:
        subject.state = after
    chain.record(chain.Pending(action, subject, actor, at, before, after or before, note.strip(), facts or {}))
    audiences = [audience for audience in rule.tells if audience not in told_else]
    _tell(action, subject, audiences, actor=actor, note=note.strip(), news=news or rule.news)


def _tell(action: Action, subject: Changing, audiences: Sequence[str], *, actor: Actor, note: str, news: Message | None) -> None:
    if news is None or not audiences:
        return
    people: dict[int, str] = {}
    for audience in audiences:
        for person in subject.people(audience):
            people.setdefault(person, audience)  # each is told once, as what they are first
    people = {person: audience for person, audience in people.items() if person != actor.person_id}
    message = Message(news.msgid, {**subject.names(), "note": note, **news.params})
    tell(people, about=subject, action=action.value, message=message, at=clock.now())
