"""Fills a migrated database with years of proposals, ballots, projects and reports: inserted row by row, without the acts that would lead there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.cast import FOUNDED, NOW, VOTING, Cast, build
from tracker.db import Base
from tracker.digest import sha256_hex
from tracker.members.models import SignInSession
from tracker.members.tokens import hash_token
from tracker.programmes.models import Programme, TopicArea
from tracker.programmes.rules import ProgrammeState
from tracker.projects.models import Obligation, Project, Round
from tracker.projects.obligations import ObligationKind
from tracker.projects.rules import ProjectState
from tracker.proposals import content as shape
from tracker.proposals.models import Partner, Proposal, Version
from tracker.proposals.states import ProposalState
from tracker.proposals.words import names_in, words_of
from tracker.reports.lights import Light
from tracker.reports.models import Report
from tracker.reports.rules import ReportState
from tracker.search.actions import Found
from tracker.search.models import Kind, Readers, SearchText
from tracker.voting.models import Ballot, Item, Recusal, RollEntry, Vote
from tracker.voting.presets import PRESETS
from tracker.voting.rules import BallotState, RecusedAs
from tracker.voting.tally import Position

YEARS = tuple(range(2012, 2022))
SHEET = 18
LEAST = 30
"""A year has a full ballot and a dozen others, whatever the size of the whole."""

SUBJECTS = ("平台经济反垄断", "生成内容版权归属", "短视频二次创作", "数据知识产权登记", "开源许可证合规", "算法推荐责任", "商业秘密保护", "标准必要专利许可")
ENDINGS = ("规则适用研究", "典型案例研究", "自律机制研究", "国际比较研究", "治理路径研究")
S = ProposalState
HERE = (S.SCREENED, S.SUBMITTED, S.DRAFT, S.APPROVED, S.RETURNED, S.APPROVED, S.BALLOTED, S.APPROVED, S.REJECTED, S.WITHDRAWN)
BEFORE = (S.APPROVED, S.REJECTED, S.APPROVED, S.REJECTED, S.DEFERRED, S.APPROVED, S.WITHDRAWN, S.REJECTED, S.NOT_ACCEPTED, S.REJECTED)
UNSCREENED = frozenset({S.DRAFT, S.SUBMITTED, S.RETURNED, S.NOT_ACCEPTED, S.WITHDRAWN})
VOTED_ON = frozenset({S.IN_BALLOT, S.BALLOTED, S.APPROVED, S.REJECTED})
TOKENS = {"huawei": "t" * 43, "secretariat": "s" * 43}
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Seeded:
    """What the requests are made to."""

    draft_id: int
    item_id: int
    ballot_id: int
    year: int


def seed(session: Session, count: int) -> Seeded:
    """Insert the cast, ``count`` proposals (at least 30 of them this year's) and what follows from them. Does not commit."""
    cast = build(session)
    _sign_in(session, cast)
    programmes = _programmes(session, cast)
    proposals = list(_proposals(cast, programmes, count))
    _insert(session, Proposal, proposals)
    _insert(session, Version, [_version(row) for row in proposals if row["state"] is not S.DRAFT])
    _insert(session, Partner, [_partner(row, cast) for row in proposals if row["id"] % 3])
    _insert(session, SearchText, [_found(row) for row in proposals])
    ballot_id = _ballots(session, cast, proposals)
    _projects_and_reports(session, proposals)
    draft = next(row["id"] for row in proposals if row["state"] is S.DRAFT)
    item = next(row["id"] for row in proposals if row["state"] is S.IN_BALLOT)
    _set_sequences(session)
    return Seeded(draft, item, ballot_id, YEARS[-1])


def _insert(session: Session, model: type[Base], rows: Rows) -> None:
    if rows:
        session.execute(sa.insert(model), rows)


def _sign_in(session: Session, cast: Cast) -> None:
    later = NOW + timedelta(days=300)
    for name, token in TOKENS.items():
        who = cast.people[name]
        session.add(
            SignInSession(
                token_hash=hash_token(token),
                person_id=who.person_id,
                seat_id=who.actor.seat_id,
                device="bench",
                remembered=True,
                created_at=NOW,
                seen_at=NOW,
                expires_at=later,
            )
        )
    session.flush()


def _programmes(session: Session, cast: Cast) -> list[tuple[int, int, Sequence[int]]]:
    """Make the earlier years and return id, year and areas of all, this year first."""
    made: list[tuple[int, int, Sequence[int]]] = [(cast.programme_id, YEARS[-1], cast.areas)]
    for year in YEARS[:-1]:
        programme = Programme(
            year=year, name_zh=f"{year} 年度科研课题", name_en=f"{year} research programme", state=ProgrammeState.PUBLISHED, voting=VOTING, phases=[], files=[]
        )
        programme.areas = [TopicArea(position=n, name_zh=f"方向 {n}", name_en=f"Area {n}") for n in (1, 2, 3)]
        session.add(programme)
        session.flush()
        made.append((programme.id, year, [area.id for area in programme.areas]))
    return made


def _proposals(cast: Cast, programmes: Sequence[tuple[int, int, Sequence[int]]], count: int) -> Iterator[dict[str, Any]]:
    """Give this year's proposals, then those of the years before in turn."""
    this_year = max(LEAST, count // len(YEARS))
    leads = [unit for code, unit in cast.units.items() if code not in {"huawei", "member-1"}]
    for place in range(count):
        here = place < this_year
        programme_id, year, areas = programmes[0] if here else programmes[1 + place % (len(programmes) - 1)]
        state = (S.IN_BALLOT if place < SHEET else HERE[place % len(HERE)]) if here else BEFORE[place // len(programmes) % len(BEFORE)]
        lead = cast.units["huawei"] if state is S.DRAFT else leads[place % len(leads)]
        yield _proposal(place + 1, year, state) | {
            "programme_id": programme_id,
            "area_id": areas[place % len(areas)],
            "lead_unit_id": lead,
            "started_by": cast.people["huawei"].person_id,
        }


def _proposal(key: int, year: int, state: ProposalState) -> dict[str, Any]:
    at = datetime(year, 1, 4, tzinfo=UTC) + timedelta(seconds=key)
    subject, ending = SUBJECTS[key % len(SUBJECTS)], ENDINGS[key % len(ENDINGS)]
    return {
        "id": key,
        "serial": key,
        "number": f"{year}-P{key:02}",
        "state": state,
        "title_zh": f"{subject}{ending}（{key}）",
        "title_en": f"Study {key} of intellectual property in the internet industry",
        "budget_total": 15_000_000,
        "content": dict(shape.empty()) | {"keywords": [subject], "background": f"{subject}的规则陆续发布。" * 40, "content": f"梳理要点，{ending}。" * 40},
        "started_at": at,
        "changed_at": at,
        "submitted_at": None if state is S.DRAFT else at,
        "screened_at": None if state in UNSCREENED else at,
        "decided_at": at if state in {S.APPROVED, S.REJECTED, S.DEFERRED} else None,
        "ballot_closes_at": NOW + timedelta(days=5) if state is S.IN_BALLOT else None,
        "ballot_outcome": None,
        "chair_conflict_at": None,
        "version": 1,
    }


def _version(row: dict[str, Any]) -> dict[str, Any]:
    lead = {"code": "caict", "name_zh": "中国信息通信研究院", "name_en": "China Academy of Information and Communications Technology"}
    names = {name: row[name] for name in ("title_zh", "title_en")}
    content = row["content"] | names | {"proposal": row["number"], "version": 1, "area": None, "lead": lead, "partners": []}
    digest = sha256_hex(content)
    return {
        "id": row["id"],
        "proposal_id": row["id"],
        "number": 1,
        "content": content,
        "sha256": digest,
        "submitted_at": row["submitted_at"],
        "submitted_by": row["started_by"],
    }


def _found(row: dict[str, Any]) -> dict[str, Any]:
    """Index a proposal as the session does when a row is written through it."""
    content = row["content"] | {"title_zh": row["title_zh"], "title_en": row["title_en"], "proposal": row["number"]}
    readers = Readers.WORKING if row["state"] is S.DRAFT else Readers.ALL
    return Found(Kind.PROPOSAL, row["id"], words_of(content), names_in(content), readers).row()


def _partner(row: dict[str, Any], cast: Cast) -> dict[str, Any]:
    unit = cast.units["unit-08"] if row["lead_unit_id"] != cast.units["unit-08"] else cast.units["unit-09"]
    return {"proposal_id": row["id"], "unit_id": unit, "position": 0, "share": "案例收集"}


def _ballots(session: Session, cast: Cast, proposals: Rows) -> int:
    """Put every proposal that was voted on into a ballot of its year, 18 to a sheet; return the open one's id."""
    sheets: list[Rows] = []
    for year in {row["programme_id"]: None for row in proposals}:
        for still_open in (True, False):
            asked = [row for row in proposals if row["programme_id"] == year and row["state"] in VOTED_ON and (row["state"] is S.IN_BALLOT) == still_open]
            sheets += [asked[start : start + SHEET] for start in range(0, len(asked), SHEET)]
    roll = [unit for code, unit in cast.units.items() if code != "member-1"]
    voter = cast.people["huawei"].person_id
    for key, sheet in enumerate(sheets, 1):
        _insert(session, Ballot, [_ballot(key, sheet[0])])
        _insert(session, RollEntry, [{"ballot_id": key, "unit_id": unit, "voted": True} for unit in roll])
        _insert(session, Item, [_item(key, place, row) for place, row in enumerate(sheet, 1)])
        _insert(session, Recusal, [{"item_id": row["id"], "unit_id": row["lead_unit_id"], "why": RecusedAs.LEAD} for row in sheet])
        _insert(session, Vote, [_vote(row, unit, voter) for row in sheet for unit in roll if unit != row["lead_unit_id"]])
        session.execute(
            sa.update(Ballot).where(Ballot.id == key).values(frozen_sha256="0" * 64, sealed_at=None if sheet[0]["state"] is S.IN_BALLOT else FOUNDED)
        )
    return 1


def _ballot(key: int, row: dict[str, Any]) -> dict[str, Any]:
    running = row["state"] is S.IN_BALLOT
    opened = NOW - timedelta(days=1) if running else row["started_at"]
    closes = NOW + timedelta(days=5) if running else opened + timedelta(hours=30)
    return {
        "id": key,
        "programme_id": row["programme_id"],
        "serial": key,
        "number": f"{row['number'][:4]}-B{key:02}",
        "title_zh": f"课题投票 {key}",
        "title_en": f"Vote on topics {key}",
        "state": BallotState.OPEN if running else BallotState.CLOSED,
        "rule": dict(PRESETS["majority"].rule),
        "options": {"recuse_partners": False, "no_needs_reason": True, "allow_discuss": False},
        "opens_at": opened,
        "closes_at": closes,
        "frozen": {},
    }


def _item(ballot_id: int, number: int, row: dict[str, Any]) -> dict[str, Any]:
    titles = {"title_zh": row["title_zh"], "title_en": row["title_en"]}
    return titles | {
        "id": row["id"],
        "ballot_id": ballot_id,
        "number": number,
        "proposal_id": row["id"],
        "version_id": row["id"],
        "version_sha256": _version(row)["sha256"],
        "result": None,
    }


def _vote(row: dict[str, Any], unit: int, person: int) -> dict[str, Any]:
    position = Position.NO if row["state"] is S.REJECTED else Position.YES
    return {"item_id": row["id"], "unit_id": unit, "position": position, "reason": "", "commitments": [], "person_id": person, "cast_at": FOUNDED}


def _projects_and_reports(session: Session, proposals: Rows) -> None:
    """Make a running project of every approved proposal, with the year's four quarters; those of years gone by are reported."""
    approved = [row for row in proposals if row["state"] is S.APPROVED]
    _insert(session, Project, [_project(row) for row in approved])
    years = {row["programme_id"]: int(row["number"][:4]) for row in approved}
    _insert(session, Round, [_round(programme_id, year, quarter) for programme_id, year in years.items() for quarter in range(4)])
    quarters = [(row, quarter) for row in approved for quarter in range(4)]
    _insert(session, Obligation, [_obligation(row, quarter) for row, quarter in quarters])
    _insert(session, Report, [_report(row, quarter) for row, quarter in quarters if int(row["number"][:4]) < YEARS[-1]])


def _project(row: dict[str, Any]) -> dict[str, Any]:
    year = int(row["number"][:4])
    same = {name: row[name] for name in ("id", "programme_id", "serial", "lead_unit_id", "title_zh", "title_en")}
    return same | {
        "proposal_id": row["id"],
        "version_id": row["id"],
        "number": f"IPWC-{year}-{row['id']}",
        "state": ProjectState.RUNNING,
        "start_on": date(year, 1, 1),
        "end_on": date(year, 12, 31),
        "established_at": row["decided_at"],
        "started_at": row["decided_at"],
    }


def _round(programme_id: int, year: int, quarter: int) -> dict[str, Any]:
    opens = date(year + quarter // 3, (quarter * 3 + 3) % 12 + 1, 1)
    days = {"opens_on": opens, "due_on": opens + timedelta(days=14), "grace_until_on": opens + timedelta(days=21)}
    return days | {"programme_id": programme_id, "quarter": f"{year}Q{quarter + 1}", "published_at": FOUNDED}


def _obligation(row: dict[str, Any], quarter: int) -> dict[str, Any]:
    year = int(row["number"][:4])
    return {
        "id": row["id"] * 4 + quarter,
        "project_id": row["id"],
        "quarter": f"{year}Q{quarter + 1}",
        "kind": ObligationKind.FINAL if quarter == 3 else ObligationKind.QUARTERLY,
        "period_from": date(year, quarter * 3 + 1, 1),
        "period_to": date(year, quarter * 3 + 3, 30),
        "touched": year < YEARS[-1],
        "flagged": False,
    }


def _report(row: dict[str, Any], quarter: int) -> dict[str, Any]:
    at = datetime(int(row["number"][:4]) + quarter // 3, (quarter * 3 + 3) % 12 + 1, 5, tzinfo=UTC)
    return {
        "obligation_id": row["id"] * 4 + quarter,
        "state": ReportState.ACCEPTED,
        "content": {},
        "first_submitted_at": at,
        "submitted_at": at,
        "accepted_at": at,
        "own_light": (Light.GREEN, Light.YELLOW)[row["id"] % 5 == 0],
    }


def _set_sequences(session: Session) -> None:
    """Let PostgreSQL go on numbering after the ids that were given; SQLite does so by itself."""
    if session.connection().dialect.name != "postgresql":
        return
    for table in ("proposal", "version", "ballot", "ballot_item", "project", "obligation"):
        session.execute(sa.text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT coalesce(max(id), 1) FROM {table}))"))
