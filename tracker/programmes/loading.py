"""A year from its facts: what a TOML file says of the committee's units and the topics it discussed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tracker.db import session
from tracker.errors import NotFound
from tracker.members.models import Unit, UnitKind
from tracker.members.rules import UnitState
from tracker.policy import Action, Actor
from tracker.programmes import actions, queries
from tracker.programmes.content import Area
from tracker.programmes.models import Programme
from tracker.transitions import perform

FACTS_2021 = Path(__file__).parent / "data" / "programme-2021.toml"
Facts = Mapping[str, Any]


def load_year(source: Path = FACTS_2021, *, actor: Actor) -> Programme:
    """Load the units and the year that ``source`` tells of, and publish it without dates, which the secretariat sets.

    ``actor`` holds a seat of the secretariat. Only what the source names is made: no seat it leaves unnamed, no account. What is
    there already is left as it is, so that a second run changes nothing. Does not commit.
    """
    facts = tomllib.loads(source.read_text(encoding="utf-8"))
    load_units(facts["units"], actor=actor)
    year: int = facts["programme"]["year"]
    try:
        return queries.find(year, actor=actor)
    except NotFound:
        return _load_programme(facts, actor)


def load_units(entries: Iterable[Facts], *, actor: Actor) -> None:
    """Make every unit whose code is not there yet."""
    known = set(session().scalars(sa.select(Unit.code)))
    for entry in entries:
        if code_of(entry) not in known:
            _add_unit(entry, actor)
    session().flush()


def code_of(entry: Facts) -> str:
    """Return the stable code of a unit: its short English name in small letters and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", str(entry.get("short_en", entry["name_en"])).lower()).strip("-")


def _add_unit(entry: Facts, actor: Actor) -> None:
    unit = Unit(
        code=code_of(entry),
        name_zh=entry["name_zh"],
        name_en=entry["name_en"],
        short_zh=entry.get("short_zh", ""),
        short_en=entry.get("short_en", ""),
        kind=UnitKind(entry["kind"]),
        state=UnitState.ACTIVE,
        version=1,
        seats=[],
    )
    perform(Action.CREATE, unit, actor=actor)
    session().add(unit)


def _load_programme(facts: Facts, actor: Actor) -> Programme:
    told = facts["programme"]
    programme = actions.create(told["year"], {"name_zh": told["name_zh"], "name_en": told["name_en"]}, actor=actor)
    actions.set_areas(programme, _areas(facts["topics"]), used=(), seen=programme.version, actor=actor)
    actions.publish(programme, actor=actor)
    session().flush()
    return programme


def _areas(topics: Iterable[Facts]) -> list[Area]:
    """Return the areas in the order of the source, each with its topics as guidance."""
    guidance: dict[tuple[str, str], list[Facts]] = {}
    for topic in topics:
        guidance.setdefault((topic["area_zh"], topic["area_en"]), []).append(topic)
    return [Area(None, zh, en, _guidance(found, "zh"), _guidance(found, "en")) for (zh, en), found in guidance.items()]


def _guidance(topics: Iterable[Facts], language: str) -> str:
    return "\n\n".join(topic[f"{part}_{language}"] for topic in topics for part in ("title", "facts") if topic.get(f"{part}_{language}"))
