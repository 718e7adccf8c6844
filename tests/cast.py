"""One cast of people, used everywhere: a committee of 18 vice-chair units with its officers, named by role and unit."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from tracker.members.models import Person, Seat, Unit, UnitKind
from tracker.members.rules import PersonState
from tracker.policy import Actor, Role
from tracker.programmes.models import Phase, Programme, TopicArea
from tracker.programmes.rules import PhaseKind, ProgrammeState

FOUNDED = datetime(2020, 12, 30, 1, 0, tzinfo=UTC)
NOW = datetime(2021, 1, 6, 2, 0, tzinfo=UTC)
"""Where the clock stands in tests: 6 January 2021, 10:00 in Beijing, inside the submission window."""

NAMED = (
    ("caict", "中国信息通信研究院", "China Academy of Information and Communications Technology", "中国信通院", "CAICT"),
    ("huawei", "华为", "Huawei", "华为", "Huawei"),
    ("sogou", "搜狗", "Sogou", "搜狗", "Sogou"),
    ("bytedance", "字节跳动", "ByteDance", "字节跳动", "ByteDance"),
    ("china-search", "中国搜索", "China Search", "中国搜索", "China Search"),
    ("iflytek", "科大讯飞", "iFLYTEK", "科大讯飞", "iFLYTEK"),
    ("meituan", "美团", "Meituan", "美团", "Meituan"),
)
WINDOWS = (
    (PhaseKind.SUBMISSION, (2021, 1, 1), (2021, 1, 9)),
    (PhaseKind.SCREENING, (2021, 1, 4), (2021, 1, 11)),
    (PhaseKind.VOTING, (2021, 1, 11), (2021, 1, 16)),
    (PhaseKind.DECISION, (2021, 1, 15), (2021, 1, 30)),
)
VOTING = {"preset": "majority", "recuse_partners": False, "no_needs_reason": True, "allow_discuss": False, "remind_hours": [], "proxies": False}


@dataclass(frozen=True, slots=True)
class Member:
    """One of the cast, signed in or not."""

    name: str
    person_id: int
    actor: Actor


@dataclass(slots=True)
class Cast:
    """Everybody by name, and the units and programme they work in."""

    people: dict[str, Member] = field(default_factory=dict)
    units: dict[str, int] = field(default_factory=dict)
    areas: list[int] = field(default_factory=list)
    programme_id: int = 0

    def __getattr__(self, name: str) -> Member:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None


def units() -> list[Unit]:
    """Return the 18 vice-chair units: the seven that the source names, and eleven by number."""
    named = [Unit(code=c, name_zh=z, name_en=e, short_zh=sz, short_en=se, kind=UnitKind.VICE_CHAIR) for c, z, e, sz, se in NAMED]
    numbered = [
        Unit(
            code=f"unit-{n:02}",
            name_zh=f"副主任委员单位 {n}",
            name_en=f"Vice-chair unit {n}",
            short_zh=f"副主任委员单位 {n}",
            short_en=f"Vice-chair unit {n}",
            kind=UnitKind.VICE_CHAIR,
        )
        for n in range(8, 19)
    ]
    member = Unit(code="member-1", name_zh="成员单位 1", name_en="Member unit 1", short_zh="成员单位 1", short_en="Member unit 1", kind=UnitKind.MEMBER)
    return [*named, *numbered, member]


def build(session: Session) -> Cast:
    """Insert the cast and the 2021 programme and return who is who. Flushes; does not commit."""
    cast = Cast()
    rows = units()
    session.add_all(rows)
    session.flush()
    cast.units = {unit.code: unit.id for unit in rows}
    for key, role in (("secretariat", Role.SECRETARIAT), ("chair", Role.CHAIR), ("director", Role.DIRECTOR), ("expert", Role.EXPERT)):
        _seat(
            session, cast, key, role, None, {"chair": "主任委员", "director": "执行主任", "secretariat": "秘书处", "expert": "专家顾问"}[key], key.capitalize()
        )
    for unit in rows:
        key = unit.code.replace("-", "_")
        _seat(session, cast, key, Role.REPRESENTATIVE, unit, f"{unit.short_zh}代表", f"{unit.short_en} representative")
    huawei = rows[1]
    _seat(session, cast, "huawei_alternate", Role.ALTERNATE, huawei, "华为替补代表", "Huawei alternate")
    _seat(session, cast, "huawei_contributor", Role.CONTRIBUTOR, huawei, "华为单位成员", "Huawei contributor")
    _seat(session, cast, "suspended", Role.CONTRIBUTOR, huawei, "已停用成员", "Suspended member", state=PersonState.SUSPENDED)
    _programme(session, cast)
    return cast


def _seat(
    session: Session, cast: Cast, key: str, role: Role, unit: Unit | None, name_zh: str, name_en: str, *, state: PersonState = PersonState.ACTIVE
) -> None:
    person = Person(name_zh=name_zh, name_en=name_en, email=f"{key.replace('_', '.')}@example.org", state=state, created_at=FOUNDED)
    session.add(person)
    session.flush()
    seat = Seat(person_id=person.id, unit_id=unit.id if unit else None, role=role, from_at=FOUNDED)
    session.add(seat)
    session.flush()
    actor = Actor(person.id, role, unit.id if unit else None, seat.id, name_zh, name_en)
    cast.people[key] = Member(key, person.id, actor)


def _programme(session: Session, cast: Cast) -> None:
    programme = Programme(year=2021, name_zh="2021 年度科研课题", name_en="2021 research programme", state=ProgrammeState.PUBLISHED, voting=VOTING)
    programme.areas = [
        TopicArea(position=1, name_zh="反垄断合规", name_en="Anti-monopoly compliance"),
        TopicArea(position=2, name_zh="版权", name_en="Copyright"),
        TopicArea(position=3, name_zh="人工智能", name_en="Artificial intelligence"),
    ]
    programme.phases = [
        Phase(kind=kind, opens_at=datetime(*opens, 1, 0, tzinfo=UTC), closes_at=datetime(*closes, 10, 0, tzinfo=UTC)) for kind, opens, closes in WINDOWS
    ]
    session.add(programme)
    session.flush()
    cast.programme_id, cast.areas = programme.id, [area.id for area in programme.areas]
