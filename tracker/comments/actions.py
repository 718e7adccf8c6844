"""The verbs of a comment: write, answer, edit, retract, resolve, reopen. None commits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import sqlalchemy as sa

from tracker import clock
from tracker.comments import queries
from tracker.comments.models import Remark
from tracker.comments.rules import RemarkState, Scope
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.members.models import Person
from tracker.members.queries import active_units, holders
from tracker.messages import say
from tracker.notifications.actions import tell
from tracker.policy import Action, Actor, Role, check
from tracker.proposals.entry import read_note
from tracker.proposals.models import Proposal
from tracker.transitions import perform


def write(proposal: Proposal, scope: Scope, text: str, *, key: int, actor: Actor, thread: Remark | None = None) -> Remark:
    """Say something on a proposal, or answer a thread in its scope; the same form sent twice is one comment.

    Neither the record nor a notice repeats the words: what is retracted later stands nowhere.

    ``key`` is the id that the form was given. Raises Refused, and Invalid for no text, too much of it, or the mention of somebody who
    does not read the scope.
    """
    already = session().get(Remark, key)
    if actor.person_id is None or (already is not None and (already.person_id != actor.person_id or already.proposal_id != proposal.id)):
        raise NotFound
    if already is not None:
        return already
    remark = Remark(
        id=key,
        proposal_id=proposal.id,
        proposal=proposal,
        thread_id=thread.id if thread else None,
        thread=thread,
        scope=scope,
        state=RemarkState.OPEN,
        person_id=actor.person_id,
        role=actor.role,
        unit_id=actor.unit_id,
        made_at=clock.now(),
        earlier=[],
    )
    queries.know(remark)
    _refuse(Action.COMMENT, remark, actor)
    remark.text = _words(text)
    remark.told = _concerned(remark)  # type: ignore[misc] # a mark on the instance, not a column
    perform(Action.COMMENT, remark, actor=actor)
    session().add(remark)
    return remark


def _refuse(action: Action, remark: Remark, actor: Actor) -> None:
    denial = check(action, remark, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)


def _concerned(remark: Remark) -> frozenset[int]:
    """Return who is told: the secretariat, those spoken to by the scope, those in the thread, those mentioned; only who reads it. Raises Invalid."""
    readers = queries.readers(remark.scope, remark.proposal, remark.experts)
    people = {*holders(Role.SECRETARIAT), *_mentioned(remark.text, readers)}
    if remark.scope is Scope.APPLICANTS:
        people |= set(remark.proposal.people("on_it"))
    if remark.scope is Scope.EXPERTS:
        people |= remark.experts
    if remark.thread_id is not None:
        people |= set(session().scalars(queries.authors(remark.thread_id)))
    return readers & people


def _mentioned(text: str, readers: frozenset[int]) -> set[int]:
    """Return the persons meant by each @ in a text. Raises Invalid naming whoever does not read it."""
    text = text.replace("\uff20", "@")
    if "@" not in text:
        return set()
    known, found = _names(), set()
    for name in named(text, known):
        meant = known[name] & readers
        if not meant:
            raise Invalid({"note": [say("{name} does not read comments of this scope, so they cannot be mentioned here.", name=name)]})
        found |= meant
    return found


def named(text: str, known: Mapping[str, object]) -> Iterator[str]:
    """Give the longest known name after each @ of a text; an @ before anything else is just a character."""
    for part in text.split("@")[1:]:
        fits = [name for name in known if part.startswith(name)]
        if fits:
            yield max(fits, key=len)


def _names() -> dict[str, set[int]]:
    """Return the persons behind each name that can be mentioned: people, and units by their short and long names."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for person in session().execute(sa.select(Person.id, Person.name_zh, Person.name_en)):
        for name in (person.name_zh, person.name_en):
            found[name].add(person.id)
    seated = queries.people_by_unit()
    for unit in session().scalars(active_units()):
        for name in (unit.short_zh, unit.short_en, unit.name_zh, unit.name_en):
            found[name] |= seated[unit.id]
    found.pop("", None)
    return found


def _words(typed: str) -> str:
    """Read what somebody says. Raises Invalid for nothing, too much, or what cannot be kept."""
    words = read_note(typed)
    if not words:
        raise Invalid({"note": [say("Write something.")]})
    return words


def _mentioned_before(text: str, readers: frozenset[int]) -> set[int]:
    """Return whom the words that stood there mentioned; a name that reads it no more is nobody."""
    known = _names()
    return {person for name in named(text.replace("\uff20", "@"), known) for person in known[name] & readers}


def edit(remark: Remark, text: str, *, actor: Actor) -> None:
    """Put other words in the place of one's own; the earlier ones are kept, and whoever is mentioned only now is told. Raises Refused or Invalid."""
    _refuse(Action.EDIT, remark, actor)
    words = _words(text)
    if words == remark.text:
        return
    readers = queries.readers(remark.scope, remark.proposal, remark.experts)
    newly = _mentioned(words, readers) - _mentioned_before(remark.text, readers)
    perform(Action.EDIT, remark, actor=actor)
    news = say("You are mentioned in a comment on {number} “{title}”.", **remark.names())
    tell({person: "concerned" for person in newly if person != actor.person_id}, about=remark, action=Action.EDIT.value, message=news, at=clock.now())
    remark.earlier = [*remark.earlier, {"text": remark.text, "until": clock.now().isoformat()}]
    remark.text, remark.edited_at = words, clock.now()


def retract(remark: Remark, reason: str, *, actor: Actor) -> None:
    """Take a comment back, with a reason that is shown in its place. Raises Refused or Invalid."""
    remark.told = queries.readers(remark.scope, remark.proposal, remark.experts) & set(session().scalars(queries.authors(remark.thread_id or remark.id)))  # type: ignore[misc] # a mark on the instance, not a column
    why = read_note(reason)
    perform(Action.RETRACT, remark, actor=actor, note=why)
    remark.why_retracted = why


def settle(remark: Remark, action: Action, *, actor: Actor) -> None:
    """Resolve or reopen a thread. Raises Refused."""
    perform(action, remark, actor=actor)
