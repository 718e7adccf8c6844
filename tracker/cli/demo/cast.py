"""Who is in the demonstration: officers by role only, every unit's representative, unnamed seats by their number."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from tracker import clock
from tracker.members import actions, passwords, seats, sign_in
from tracker.members.actions import PersonEntry, UnitEntry
from tracker.members.models import Person, Unit, UnitKind
from tracker.policy import Actor, Role

SEATS_OF_VICE_CHAIRS = 18
OFFICERS = (
    ("chair", Role.CHAIR, "主任委员", "Chair"),
    ("director", Role.DIRECTOR, "执行主任", "Executive director"),
    ("expert", Role.EXPERT, "专家顾问", "Expert consultant"),
)
MORE_EXPERTS = tuple((f"expert-{number}", Role.EXPERT, f"专家顾问 {number}", f"Expert consultant {number}") for number in (2, 3))
COLLEAGUES = (("alternate", Role.ALTERNATE, "替补代表", "alternate"), ("contributor", Role.CONTRIBUTOR, "单位成员", "contributor"))
WITH_COLLEAGUES = "huawei"


@dataclass(slots=True)
class Cast:
    """Everybody's actor by key ("chair", "huawei", "huawei.alternate" …), and the units by code."""

    actors: dict[str, Actor]
    units: dict[str, Unit]


def seat_everyone(units: list[Unit], secretariat: Actor) -> Cast:
    """Add the unnamed vice-chair units, invite everyone, and let each set a password that nobody knows."""
    cast = Cast({"secretariat": secretariat}, {unit.code: unit for unit in units})
    vice_chairs = [unit for unit in units if unit.kind is UnitKind.VICE_CHAIR]
    for number in range(len(vice_chairs) + 1, SEATS_OF_VICE_CHAIRS + 1):
        entry = UnitEntry(f"unit-{number:02}", f"副主任委员单位 {number}", f"Vice-chair unit {number}", "", "", UnitKind.VICE_CHAIR)
        unit = actions.create_unit(entry, actor=secretariat)
        cast.units[unit.code] = unit
        vice_chairs.append(unit)
    password_hash = passwords.make_hash(secrets.token_urlsafe(16))
    for key, role, name_zh, name_en in OFFICERS:
        cast.actors[key] = _seat(PersonEntry(name_zh, name_en, f"{key}@example.org"), role, None, secretariat, password_hash)
    for unit in vice_chairs:
        for key, role, name_zh, name_en in _people_of(unit):
            cast.actors[key] = _seat(PersonEntry(name_zh, name_en, f"{key}@example.org"), role, unit, secretariat, password_hash)
    for key, role, name_zh, name_en in MORE_EXPERTS:
        cast.actors[key] = _seat(PersonEntry(name_zh, name_en, f"{key}@example.org"), role, None, secretariat, password_hash)
    return cast


def _people_of(unit: Unit) -> list[tuple[str, Role, str, str]]:
    short_zh, short_en = unit.short_zh or unit.name_zh, unit.short_en or unit.name_en
    people = [(unit.code, Role.REPRESENTATIVE, f"{short_zh}代表", f"{short_en} representative")]
    if unit.code == WITH_COLLEAGUES:
        people += [(f"{unit.code}.{key}", role, f"{short_zh}{zh}", f"{short_en} {en}") for key, role, zh, en in COLLEAGUES]
    return people


def _seat(entry: PersonEntry, role: Role, unit: Unit | None, secretariat: Actor, password_hash: str) -> Actor:
    person = actions.create_person(entry, actor=secretariat)
    seat = seats.give(person, role, unit, from_at=clock.now(), until_at=None, actor=secretariat)
    sign_in.set_password(actions.invite(person, actor=secretariat), password_hash)
    return Actor(person.id, role, unit.id if unit else None, seat.id, person.name_zh, person.name_en)


def first_secretariat() -> Actor:
    """Make the first secretariat account by its one-time link and return its actor."""
    token = actions.first_link()
    if token is None:
        raise RuntimeError("The demonstration needs an empty database.")
    person: Person = sign_in.set_password(token, passwords.make_hash(secrets.token_urlsafe(16)))
    return Actor(person.id, Role.SECRETARIAT, name_zh=person.name_zh, name_en=person.name_en)
