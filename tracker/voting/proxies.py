"""A unit's written leave for another unit to vote for it in one ballot: recorded with its scan, used by the holder, taken back before use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from tracker import clock
from tracker.db import get, session
from tracker.errors import Invalid, NotFound, Refused
from tracker.files.disk import Stored
from tracker.files.models import StoredFile, row_of
from tracker.members import queries as members
from tracker.members.models import Person, Unit
from tracker.messages import Message, say
from tracker.notifications.actions import tell
from tracker.policy import Action, Actor, Denial, Kind, Role, check
from tracker.transitions import perform
from tracker.voting.casting import Choice, Confirmation, cast
from tracker.voting.confirming import ByProxy, Named
from tracker.voting.models import Ballot, Item, Proxy, Recusal, RollEntry, Strike, Vote
from tracker.voting.rules import Channel

Holder = aliased(Unit)


@dataclass(frozen=True, slots=True)
class Held:
    """A proxy as the holder's people see it: for whom, and the items that they may not vote on for it, each with why."""

    giver: Unit
    barred: Mapping[int, Message]


@dataclass(frozen=True, slots=True)
class Standing:
    """The proxy in which a unit takes part: it gives its own, or it holds the other's."""

    other: Unit
    holds: bool


def allowed(ballot: Ballot) -> bool:
    """Say whether units may vote for each other in a ballot: as its year allowed it when it opened, whatever the year says since."""
    return bool(ballot.options.get("proxies"))


def grant(ballot_id: int, giver_id: int, holder_id: int, scan: Stored, *, actor: Actor) -> Proxy:
    """Record that one unit may vote for another; the same again gives the one that stands. ``scan`` lies on disk already.

    Locks the ballot. Raises NotFound, Refused, and Invalid (fields giver, holder) where a unit is off the roll or takes part in another proxy.
    """
    ballot = get(Ballot, ballot_id, lock=True)
    _refuse(check(Action.GRANT, ballot, actor=actor, now=clock.now()) or _not_allowed(ballot))
    standing = list(session().scalars(sa.select(Proxy).where(Proxy.ballot_id == ballot_id)))
    same = next((one for one in standing if (one.unit_id, one.holder_id) == (giver_id, holder_id)), None)
    if same is not None:
        return same
    _check(ballot_id, giver_id, holder_id, standing)
    if actor.person_id is None:
        raise NotFound
    at = clock.now()
    file = row_of(scan, person_id=actor.person_id, at=at)
    session().add(file)
    session().flush()
    proxy = Proxy(ballot_id=ballot_id, unit_id=giver_id, holder_id=holder_id, scan_id=file.id, entered_by_id=actor.person_id, entered_at=at)
    session().add(proxy)
    session().flush()
    _record(Action.GRANT, ballot, proxy, actor, scan.sha256)
    _tell(Action.GRANT, ballot, proxy, say("In ballot {number} “{title}”, {holder} may vote for {unit} by proxy. A vote that {unit} casts itself stands."))
    return proxy


def revoke(ballot_id: int, proxy_id: int, *, actor: Actor) -> None:
    """Take back a proxy that was not used yet, and its scan; the record keeps the scan's hash. Locks the ballot. Raises NotFound, Refused."""
    ballot = get(Ballot, ballot_id, lock=True)
    _refuse(check(Action.REVOKE, ballot, actor=actor, now=clock.now()))
    proxy = get(Proxy, proxy_id, lock=True)
    if proxy.ballot_id != ballot_id:
        raise NotFound
    if proxy.unit_id in set(session().scalars(_givers_of_used(ballot_id))):
        raise Refused(Denial(Kind.WRONG_STATE, say("This proxy has been used. The unit can still cast its vote itself: the last vote stands.")))
    _record(Action.REVOKE, ballot, proxy, actor, None)
    _tell(Action.REVOKE, ballot, proxy, say("In ballot {number} “{title}”, {holder} no longer votes for {unit}: the proxy was taken back."))
    session().execute(sa.delete(Proxy).where(Proxy.id == proxy_id))
    session().execute(sa.delete(StoredFile).where(StoredFile.id == proxy.scan_id))
    session().expunge(proxy)


def cast_by_proxy(ballot_id: int, choices: Mapping[int, Choice], *, actor: Actor) -> Confirmation:
    """Cast the vote of the unit that gave the actor's unit its proxy; raises what ``cast`` raises, NotFound without a proxy, Refused for a holder that was struck.

    What is asked is the giver's: its place on the roll, its recusals. Nobody votes by proxy on an item on which the holder itself is recused,
    nor over a vote that the giver gave itself.
    """
    get(Ballot, ballot_id, lock=True)
    held = held_by(ballot_id, actor)
    if held is None:
        raise NotFound
    struck = session().scalars(sa.select(Strike).where(Strike.ballot_id == ballot_id, Strike.unit_id == actor.unit_id)).one_or_none()
    if struck is not None:
        raise Refused(Denial(Kind.WRONG_PERSON, say("Your unit's vote in this ballot was struck: {reason}", reason=struck.reason)))
    wrong = {f"position-{number}": [why] for number, why in held.barred.items() if number in choices}
    if wrong:
        raise Invalid(wrong)
    return cast(ballot_id, choices, actor=replace(actor, unit_id=held.giver.id), proxy=_proxy(held, actor))


def _proxy(held: Held, actor: Actor) -> ByProxy:
    holder = get(Unit, actor.unit_id or 0)
    people = members.seated_in_units({holder.id}, Role.REPRESENTATIVE, Role.ALTERNATE)
    return ByProxy(_named(held.giver), _named(holder), holder.code, frozenset(people))


def held_by(ballot_id: int, actor: Actor) -> Held | None:
    """Return the proxy that the actor's unit holds in a ballot; None for whoever does not vote for a unit, or holds none."""
    if actor.role not in {Role.REPRESENTATIVE, Role.ALTERNATE} or actor.unit_id is None:
        return None
    wanted = sa.select(Unit).join(Proxy, Proxy.unit_id == Unit.id).where(Proxy.ballot_id == ballot_id, Proxy.holder_id == actor.unit_id)
    giver = session().scalars(wanted).one_or_none()
    if giver is None:
        return None
    recused = sa.select(Item.number).join(Recusal, Recusal.item_id == Item.id).where(Item.ballot_id == ballot_id, Recusal.unit_id == actor.unit_id)
    voted = sa.select(Item.number).join(Vote, Vote.item_id == Item.id)
    voted = voted.where(Item.ballot_id == ballot_id, Vote.unit_id == giver.id, Vote.channel != Channel.PROXY)
    barred = dict.fromkeys(session().scalars(voted), say("the unit has voted on this item itself"))
    barred |= dict.fromkeys(session().scalars(recused), say("your own unit is recused on this item"))
    return Held(giver, barred)


def standing_of(ballot_id: int, unit_id: int | None) -> Standing | None:
    """Return the proxy in which a unit takes part in a ballot, None where it takes part in none; one query."""
    wanted = sa.select(Proxy.holder_id, Unit, Holder).join(Unit, Unit.id == Proxy.unit_id).join(Holder, Holder.id == Proxy.holder_id)
    mine = sa.or_(Proxy.unit_id == unit_id, Proxy.holder_id == unit_id)
    found = session().execute(wanted.where(Proxy.ballot_id == ballot_id, mine)).one_or_none()
    if found is None:
        return None
    holder_id, giver, holder = found
    return Standing(giver, holds=True) if holder_id == unit_id else Standing(holder, holds=False)


def _givers_of_used(ballot_id: int) -> sa.Select[int]:
    """The units for which a vote by proxy stands: such a proxy is no longer taken back."""
    return sa.select(Vote.unit_id).join(Vote.item).where(Item.ballot_id == ballot_id, Vote.channel == Channel.PROXY)


def proxies_of(ballot_id: int) -> sa.Select[Proxy, Unit, Unit, StoredFile, Person, bool]:
    """The proxies of a ballot, each with giver, holder, scan, who recorded it, and whether it has been used."""
    return (
        sa.select(Proxy, Unit, Holder, StoredFile, Person, Proxy.unit_id.in_(_givers_of_used(ballot_id)))
        .join(Unit, Unit.id == Proxy.unit_id)
        .join(Holder, Holder.id == Proxy.holder_id)
        .join(StoredFile, StoredFile.id == Proxy.scan_id)
        .join(Person, Person.id == Proxy.entered_by_id)
        .where(Proxy.ballot_id == ballot_id)
        .order_by(Proxy.id)
    )


def _not_allowed(ballot: Ballot) -> Denial | None:
    if allowed(ballot):
        return None
    return Denial(Kind.WRONG_STATE, say("When this ballot opened, the voting settings of its year did not allow that a unit votes for another."))


def _check(ballot_id: int, giver_id: int, holder_id: int, standing: list[Proxy]) -> None:
    roll = set(session().scalars(sa.select(RollEntry.unit_id).where(RollEntry.ballot_id == ballot_id)))
    roll -= set(session().scalars(sa.select(Strike.unit_id).where(Strike.ballot_id == ballot_id)))
    taken = {one.unit_id for one in standing} | {one.holder_id for one in standing}
    wrong: dict[str, list[Message]] = {}
    for name, unit_id in (("giver", giver_id), ("holder", holder_id)):
        if unit_id not in roll:
            wrong[name] = [say("This unit is not on the roll, or was struck from it.")]
        elif unit_id in taken:
            wrong[name] = [say("This unit gives or holds a proxy in this ballot already: each takes part in one at most.")]
    if giver_id == holder_id and not wrong:
        wrong["holder"] = [say("A unit does not hold its own proxy.")]
    if wrong:
        raise Invalid(wrong)


def _record(action: Action, ballot: Ballot, proxy: Proxy, actor: Actor, sha256: str | None) -> None:
    facts = {"unit": get(Unit, proxy.unit_id).code, "holder": get(Unit, proxy.holder_id).code, "scan": sha256}
    if not ballot.rehearsal:
        perform(action, ballot, actor=actor, facts=facts)


def _tell(action: Action, ballot: Ballot, proxy: Proxy, said: Message) -> None:
    giver, holder = get(Unit, proxy.unit_id), get(Unit, proxy.holder_id)
    message = Message(said.msgid, {**ballot.names(), "unit": _named(giver), "holder": _named(holder)})
    people = members.seated_in_units({giver.id, holder.id}, Role.REPRESENTATIVE, Role.ALTERNATE)
    tell(dict.fromkeys(people, "unit"), about=ballot, action=action.value, message=message, at=clock.now())


def _named(unit: Unit) -> Named:
    return Named(unit.short_zh or unit.name_zh, unit.short_en or unit.name_en)


def _refuse(denial: Denial | None) -> None:
    if denial is not None:
        raise Refused(denial)
