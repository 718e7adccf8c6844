"""The committee's first year, from its facts."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import Cast
from tracker.audit.models import Event
from tracker.db import db, session, writing
from tracker.members.models import Person, Unit, UnitKind
from tracker.programmes.loading import load_year
from tracker.programmes.models import Phase, Programme, TopicArea
from tracker.programmes.rules import ProgrammeState


@pytest.fixture
def bare(app: Flask) -> Flask:
    """The program without any year or seat of a unit."""
    with app.app_context(), writing() as current:
        for table in ("phase", "topic_area", "programme"):
            current.execute(sa.delete(db.metadata.tables[table]))
        current.execute(sa.text("DELETE FROM seat WHERE unit_id IS NOT NULL"))
        current.execute(sa.delete(db.metadata.tables["unit"]))
    return app


def load(app: Flask, cast: Cast, *source: Path) -> None:
    with app.app_context(), writing():
        load_year(*source, actor=cast.secretariat.actor)


def counts(app: Flask) -> list[int | None]:
    with app.app_context():
        return [session().scalar(sa.select(sa.func.count()).select_from(model)) for model in (Unit, Person, Programme, TopicArea, Phase, Event)]


def test_load_year_makes_what_the_source_names_and_no_more(bare: Flask, cast: Cast) -> None:
    people = counts(bare)[1]
    load(bare, cast)
    with bare.app_context():
        programme = session().scalars(sa.select(Programme)).one()
        kinds = dict(session().execute(sa.select(Unit.kind, sa.func.count()).group_by(Unit.kind)).all())
    assert (programme.year, programme.name_zh, programme.name_en, programme.state) == (
        2021,
        "2021 年度科研课题",
        "2021 research programme",
        ProgrammeState.PUBLISHED,
    )
    assert kinds == {UnitKind.VICE_CHAIR: 7, UnitKind.EXPERT_AFFILIATION: 3}
    assert counts(bare)[1:5] == [people, 1, 3, 0]


def test_load_year_puts_the_topics_under_their_areas_as_guidance(bare: Flask, cast: Cast) -> None:
    load(bare, cast)
    with bare.app_context():
        areas = list(session().scalars(sa.select(TopicArea).order_by(TopicArea.position)))
    assert [(area.name_zh, area.name_en) for area in areas] == [
        ("反垄断合规", "Anti-monopoly compliance"),
        ("版权", "Copyright"),
        ("人工智能", "Artificial intelligence"),
    ]
    assert areas[2].guidance_en == (
        "Intellectual property protection of algorithm innovation in artificial intelligence\n\n"
        "Intellectual property protection of technological algorithm innovation in the field of artificial intelligence."
    )
    assert areas[2].guidance_zh.startswith("人工智能领域技术算法创新的知识产权保护研究\n\n")


def test_load_year_a_second_time_changes_nothing(bare: Flask, cast: Cast) -> None:
    load(bare, cast)
    before = counts(bare)
    load(bare, cast)
    assert counts(bare) == before


def test_load_year_leaves_a_year_that_is_there(app: Flask, cast: Cast) -> None:
    load(app, cast)
    with app.app_context():
        assert session().scalar(sa.select(sa.func.count()).select_from(Phase)) == 4


def test_load_year_puts_two_topics_of_one_area_together(bare: Flask, cast: Cast, tmp_path: Path) -> None:
    source = tmp_path / "facts.toml"
    topic = '[[topics]]\narea_zh = "版权"\narea_en = "Copyright"\ntitle_zh = "{0}"\ntitle_en = "{0}"\n'
    source.write_text('units = []\n[programme]\nyear = 2030\nname_zh = "甲"\nname_en = "A"\n' + topic.format("T1") + topic.format("T2"), encoding="utf-8")
    load(bare, cast, source)
    with bare.app_context():
        assert [(area.name_zh, area.guidance_zh) for area in session().scalars(sa.select(TopicArea))] == [("版权", "T1\n\nT2")]
