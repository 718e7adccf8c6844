"""Coming in and going out: links, passwords, sign-in sessions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from tracker import clock
from tracker.db import session
from tracker.errors import NotFound, Refused
from tracker.members import passwords, queries
from tracker.members.models import Link, Person, Purpose, Seat, SignInSession
from tracker.members.rules import PersonState
from tracker.members.tokens import hash_token, make_token
from tracker.messages import say
from tracker.policy import Action, Actor, Denial, Kind, Role
from tracker.transitions import perform

LIFETIMES = {Purpose.INVITATION: timedelta(days=7), Purpose.RESET: timedelta(hours=24)}
ABSOLUTE = timedelta(days=7)
ASKED_AGAIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Proof:
    """That somebody knows the password whose hash was ``password_hash`` when it was compared."""

    person_id: int
    password_hash: str = field(repr=False)


def themselves(person: Person) -> Actor:
    """Return the person as an actor without a seat, for what they do to their own account."""
    return Actor(person.id, Role.GUEST, name_zh=person.name_zh, name_en=person.name_en)


def prove(email: str, password: str) -> Proof | None:
    """Compare a password, outside any transaction; None for a wrong one, an unknown address, and an account that is not open alike."""
    known = sa.select(Person.id, Person.password_hash).where(Person.email == queries.as_address(email), Person.state == PersonState.ACTIVE)
    row = session().execute(known).one_or_none()
    session().rollback()
    stored = row.password_hash if row is not None else None
    if not passwords.matches(stored, password) or row is None or stored is None:
        return None
    return Proof(row.id, stored)


def open_session(proof: Proof, *, device: str, remembered: bool, instead_of: int | None = None) -> tuple[str, Person]:
    """Open a sign-in session and return its token, which is kept nowhere, and the person; ends the session ``instead_of``.

    Raises Refused when the account was closed, and NotFound when the password was changed, since it was compared.
    """
    person = session().scalars(queries.person_with_seats(proof.person_id).with_for_update(of=Person)).one()
    if person.password_hash != proof.password_hash:
        raise NotFound
    return enter(person, device=device, remembered=remembered, instead_of=instead_of), person


def enter(person: Person, *, device: str, remembered: bool, instead_of: int | None = None) -> str:
    """Open a session for a person whose identity is beyond doubt and return its token."""
    now, token = clock.now(), make_token()
    perform(Action.SIGN_IN, person, actor=themselves(person), facts={"device": device[:200]})
    if instead_of is not None:
        _end(SignInSession.id == instead_of, SignInSession.person_id == person.id)
    opened = SignInSession(
        token_hash=hash_token(token), person_id=person.id, device=device[:200], remembered=remembered, created_at=now, seen_at=now, expires_at=now + ABSOLUTE
    )
    session().add(opened)
    return token


def leave(person: Person, session_id: int) -> None:
    """Sign out: end the one session."""
    perform(Action.SIGN_OUT, person, actor=themselves(person))
    _end(SignInSession.id == session_id, SignInSession.person_id == person.id)


def end_session(person: Person, session_id: int) -> None:
    """End one of the person's own sessions; raises NotFound when it is not theirs or has ended."""
    perform(Action.END_SESSION, person, actor=themselves(person))
    if not _end(SignInSession.id == session_id, SignInSession.person_id == person.id):
        raise NotFound


def end_sessions(person: Person, *, but: int | None = None) -> int:
    """End all sessions of a person, ``but`` one if named, at once; return how many ended."""
    conditions = [SignInSession.person_id == person.id]
    if but is not None:
        conditions.append(SignInSession.id != but)
    return _end(*conditions)


def end_other_sessions(person: Person, *, but: int) -> int:
    """End the person's other sessions because they say so; return how many ended."""
    perform(Action.END_SESSION, person, actor=themselves(person))
    return end_sessions(person, but=but)


def _end(*conditions: sa.ColumnElement[bool]) -> int:
    open_ones = sa.update(SignInSession).where(SignInSession.ended_at.is_(None), *conditions).values(ended_at=clock.now())
    return len(session().scalars(open_ones.returning(SignInSession.id)).all())


def switch_seat(session_id: int, *, person_id: int, seat_id: int) -> None:
    """Let this session act in another seat that its person holds now; raises NotFound for any other seat."""
    seat = session().scalars(sa.select(Seat).where(Seat.id == seat_id, Seat.person_id == person_id, queries.held(clock.now()))).one_or_none()
    if seat is None:
        raise NotFound
    session().execute(sa.update(SignInSession).where(SignInSession.id == session_id).values(seat_id=seat.id))


def make_link(person: Person, purpose: Purpose) -> str:
    """Make a single-use link and return its token, which is kept nowhere; earlier links of the person stop working."""
    void_links(person)
    token = make_token()
    session().add(Link(person_id=person.id, purpose=purpose, token_hash=hash_token(token), expires_at=clock.now() + LIFETIMES[purpose]))
    return token


def void_links(person: Person) -> None:
    """Make every unused link of a person useless."""
    session().execute(sa.update(Link).where(Link.person_id == person.id, Link.used_at.is_(None)).values(used_at=clock.now()))


def usable_link(token: str, *, lock: bool = False) -> Link:
    """Return the link behind a token with its person; raises NotFound for an unknown one, Refused for one used, run out or no longer in place."""
    wanted = queries.link_behind(token)
    link = session().scalars(wanted.with_for_update(of=Link) if lock else wanted).one_or_none()
    if link is None:
        raise NotFound(say("This link is not known here. Look whether it was copied whole, or ask the secretariat for a new one."))
    denial = _objection(link, clock.now())
    if denial is not None:
        raise Refused(denial)
    return link


def _objection(link: Link, now: datetime) -> Denial | None:
    if link.person.state is PersonState.SUSPENDED:
        return Denial(Kind.WRONG_STATE, say("This account is suspended. Ask the secretariat."))
    if link.used_at is not None:
        return Denial(Kind.WRONG_STATE, say("This link was used already or replaced by a newer one. Sign in, or ask the secretariat for a new one."))
    if link.expires_at <= now:
        return Denial(Kind.WRONG_STATE, say("This link was good until {at}. Ask the secretariat for a new one.", at=link.expires_at))
    return None


def set_password(token: str, password_hash: str) -> Person:
    """Use a link up to set a password, given as its hash; every session of the person ends. Raises as ``usable_link``."""
    link = usable_link(token, lock=True)
    person = link.person
    verb = Action.JOIN if person.state is PersonState.INVITED else Action.CHANGE_PASSWORD
    perform(verb, person, actor=themselves(person), facts={"by": link.purpose.value})
    void_links(person)
    _keep_password(person, password_hash)
    return person


def change_password(proof: Proof, password_hash: str, *, keep: int) -> Person:
    """Change a password for one who has just proved to know the old one; ends every session but ``keep``. Raises NotFound if it changed meanwhile."""
    person = session().scalars(sa.select(Person).where(Person.id == proof.person_id).with_for_update().execution_options(populate_existing=True)).one()
    if person.password_hash != proof.password_hash:
        raise NotFound
    perform(Action.CHANGE_PASSWORD, person, actor=themselves(person), facts={"by": "old password"})
    void_links(person)
    _keep_password(person, password_hash, keep=keep)
    return person


def _keep_password(person: Person, password_hash: str, *, keep: int | None = None) -> None:
    person.password_hash = password_hash
    person.reset_requested_at = None
    end_sessions(person, but=keep)


def request_reset(email: str) -> None:
    """Note that somebody asked for a new password and tell the secretariat, at most once a day; says nothing about who is known."""
    person = session().scalars(queries.person_by_email(email).with_for_update()).one_or_none()
    now = clock.now()
    if person is None or person.state is PersonState.SUSPENDED:
        return
    if person.reset_requested_at is not None and now - person.reset_requested_at < ASKED_AGAIN:
        return
    person.reset_requested_at = now
    perform(Action.REQUEST_RESET, person, actor=Actor(None, Role.GUEST))
