"""Finding on a real database: Chinese in the middle of a sentence, pinyin, Latin beginnings, and only what the reader may see."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import NOW, Cast, Member
from tests.proposals.build import add
from tracker.db import session, writing
from tracker.members.models import Unit
from tracker.proposals.listing import Listing, Wanted
from tracker.proposals.models import Version
from tracker.proposals.queries import findable
from tracker.proposals.states import ProposalState
from tracker.search.actions import rebuild
from tracker.search.models import PLACES, SearchText


@pytest.fixture(name="library")
def filling(app: Flask, cast: Cast) -> Iterable[Cast]:
    """Put three proposals: screened, a draft of Huawei with Meituan, and one whose working copy has moved on since its version."""
    with app.app_context():
        with writing() as current:
            screened = add(current, cast, serial=1, title_zh="平台经济反垄断合规研究", title_en="Antitrust compliance", lead="bytedance")
            screened.content = {**screened.content, "background": "规则陆续发布，AI算法推荐须备案。", "investigator_name": "王小明", "contact_name": "密不可寻"}
            add(current, cast, serial=2, title_zh="商业秘密保护", title_en="", state=ProposalState.DRAFT, partner="meituan")
            moved = add(current, cast, serial=3, title_zh="数据登记", title_en="", lead="caict")
            current.add(_version(screened.id, screened.content, cast, "平台经济反垄断合规研究"))
            current.add(_version(moved.id, moved.content, cast, "数据登记"))
            current.flush()
            moved.title_zh = "数据登记与流通"
        yield cast


def _version(proposal_id: int, content: dict[str, object], cast: Cast, title: str) -> Version:
    whole = {**content, "proposal": f"2021-P{proposal_id:02}", "title_zh": title, "title_en": ""}
    return Version(proposal_id=proposal_id, number=1, content=whole, sha256="0" * 64, submitted_at=NOW, submitted_by=cast.huawei.person_id)


def found(who: Member, text: str) -> list[str]:
    lines = Listing(who.actor, Wanted(text=text, sort="number"), NOW, "zh").lines()
    return [line.number[-2:] for line in lines]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("垄断", ["01"]),
        ("经济反垄", ["01"]),
        ("陆续发布", ["01"]),
        ("AI算法", ["01"]),
        ("ai", ["01"]),
        ("算法 平台", ["01"]),
        ("算法 登记", []),
        ("垄经", []),
        ("布", ["01"]),
        ("wxm", ["01"]),
        ("wangxiao", ["01"]),
        ("字节", ["01"]),
        ("zjtd", ["01"]),
        ("bytedance 反垄断", ["01"]),
        ("2021-P03", ["03"]),
        ("密不可寻", []),
        ("white_paper", []),
        ("登记与", []),
        ("商业秘密", []),
    ],
)
def test_a_stranger_finds_what_the_versions_say(library: Cast, text: str, numbers: list[str]) -> None:
    assert found(library.expert, text) == numbers


def test_a_draft_is_found_by_those_on_it_and_the_secretariat_only(library: Cast) -> None:
    assert [found(who, "商业秘密") for who in (library.huawei, library.meituan, library.secretariat, library.bytedance, library.chair)] == [
        ["02"],
        ["02"],
        ["02"],
        [],
        [],
    ]


def test_words_written_since_the_last_version_are_found_by_those_on_it_only(library: Cast) -> None:
    assert [found(who, "登记与流通") for who in (library.caict, library.secretariat, library.huawei)] == [["03"], ["03"], []]


def test_a_renamed_unit_is_found_by_its_new_name(library: Cast) -> None:
    unit = session().get_one(Unit, library.units["bytedance"])
    with writing():
        session().add(unit)
        unit.short_zh = "抖音集团"
    assert (found(library.huawei, "抖音"), found(library.huawei, "dyjt")) == (["01"], ["01"])


def test_the_index_made_anew_is_the_index_that_was_kept(library: Cast) -> None:
    wanted = sa.select(SearchText.id, SearchText.words).where(SearchText.id % PLACES > 1)
    kept = set(session().execute(wanted).all())
    with writing():
        rebuild(findable())
    assert (set(session().execute(wanted).all()), found(library.huawei, "垄断")) == (kept, ["01"])


def test_control_without_the_index_nothing_is_found(library: Cast) -> None:
    with writing():
        rebuild([])
    assert found(library.secretariat, "垄断") == []


def test_a_thing_is_put_only_when_its_words_change(library: Cast) -> None:
    quiet = SimpleNamespace(before=session().scalar(sa.select(sa.func.count()).select_from(SearchText)))
    with writing():
        unit = session().get_one(Unit, library.units["huawei"])
        unit.version += 1
        session().flush()
        session().execute(sa.delete(SearchText))
        unit.version += 1
    assert (quiet.before > 0, session().scalar(sa.select(sa.func.count()).select_from(SearchText))) == (True, 0)
