"""The demonstration year, lived through the product's own verbs under a set clock, so that its record is true."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tracker import clock
from tracker.cli.demo.cast import Cast, first_secretariat, seat_everyone
from tracker.db import session, writing
from tracker.decisions import actions as decisions
from tracker.decisions.rules import DecisionKind
from tracker.members.models import Unit
from tracker.policy import Actor
from tracker.programmes import actions as programmes
from tracker.programmes.loading import load_year
from tracker.programmes.models import Programme
from tracker.proposals import actions as proposals
from tracker.proposals import queries as proposal_queries
from tracker.proposals.entry import read
from tracker.proposals.models import Proposal
from tracker.voting import actions as voting
from tracker.voting.actions import Choice, Commitment, Plan
from tracker.voting.presets import DEFAULT_PRESET, PRESETS
from tracker.voting.tally import Position

TOPICS = Path(__file__).parent / "topics.toml"
YEAR = 2021
WINDOWS = {
    "submission_opens": "2021-01-01 09:00",
    "submission_closes": "2021-01-22 18:00",
    "screening_opens": "2021-01-04 09:00",
    "screening_closes": "2021-01-25 18:00",
    "voting_opens": "2021-01-08 09:00",
    "voting_closes": "2021-01-29 18:00",
    "decision_opens": "2021-01-13 18:00",
    "decision_closes": "2021-02-05 18:00",
}
CALL = {
    "call_zh": "面向各成员单位征集 2021 年度研究课题。\n\n- 每家单位可牵头或参与课题；\n- 申报书须写明研究内容、预期成果、季度安排和经费测算；\n- 通过形式审查的课题提交副主任委员单位投票表决，由主任委员审批。",
    "call_en": (
        "Member units are invited to propose research topics for 2021.\n\n- A unit may lead a topic or take part in one.\n- A proposal states its content, expected "
        "results, schedule by quarter and budget.\n- Topics that pass the formal check are put to the vote of the vice-chair units; the chair decides."
    ),
}
METHOD = "文献与规则梳理；面向成员单位的访谈与问卷；专家论证会两次；形成征求意见稿后公开听取意见。"
RATIONALE = "该问题在成员单位中普遍存在，尚无统一做法；本课题的成果可以直接用于行业自律与政策建议。"

FIRST_BALLOT = ("compliance", "sharing", "filtering", "standards", "crawling")
SECOND_BALLOT = ("algorithms", "secrets", "delivery")
SILENT_IN_FIRST = frozenset({"unit-17", "unit-18"})
YET_TO_VOTE = frozenset({"huawei", "sogou", "unit-14", "unit-16", "unit-18"})
AGAINST = {
    "filtering": ("caict", "huawei", "sogou", "china-search", "iflytek", "meituan", "unit-09", "unit-12", "unit-13"),
    "crawling": ("caict", "huawei", "sogou", "bytedance", "iflytek", "meituan", "unit-08", "unit-09", "unit-13", "unit-14"),
    "standards": ("unit-12", "unit-13"),
    "sharing": ("unit-10",),
    "delivery": ("unit-08", "unit-09"),
}
ABSTAINING = {"compliance": ("unit-16",), "sharing": ("unit-13", "unit-14"), "filtering": ("unit-15", "unit-16"), "secrets": ("unit-12",)}
TAKING_PART = {"compliance": ("huawei", "meituan"), "sharing": ("iflytek",), "algorithms": ("meituan",)}
OBJECTIONS = {"filtering": "与已有课题重复，建议合并。", "crawling": "范围过大，一年内难以完成。"}
OBJECTION = "经费测算依据不足。"


@dataclass(slots=True)
class Story:
    """Where the telling stands: who is who, and the proposals by key."""

    zone: str
    cast: Cast
    proposals: dict[str, int] = field(default_factory=dict)
    topics: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def actor(self, key: str) -> Actor:
        """Return the person of the cast called ``key``."""
        return self.cast.actors[key]

    @contextmanager
    def on(self, day: int, hour: int, minute: int = 0) -> Iterator[datetime]:
        """Let it be this time of January 2021 in the committee's zone, in one writing transaction."""
        at = clock.at_local(date(YEAR, 1, day), hour, minute, self.zone)
        with clock.standing_at(at), writing():
            yield at

    def locked(self, key: str) -> Proposal:
        """Return a proposal, locked for a verb."""
        return session().scalars(proposal_queries.locked(self.proposals[key])).unique().one()


def tell(*, zone: str, until: datetime) -> None:
    """Live the year up to ``until`` in the empty database of this application context: every chapter that is over by then."""
    story = _found(zone)
    chapters = ((8, _first_proposals), (8, _later_proposals), (12, _first_ballot), (13, _second_ballot), (14, _decisions))
    for day, chapter in chapters:
        if clock.at_local(date(YEAR, 1, day), 0, 0, zone) <= until:
            chapter(story)


def _found(zone: str) -> Story:
    """Seat everyone and publish the year, on 31 December 2020."""
    with clock.standing_at(clock.at_local(date(YEAR - 1, 12, 31), 10, 0, zone)), writing():
        secretariat = first_secretariat()
        programme = load_year(actor=secretariat)
        cast = seat_everyone(list(session().scalars(sa.select(Unit).order_by(Unit.id))), secretariat)
        session().flush()
        programmes.set_phases(programme, WINDOWS, zone=zone, seen=programme.version, actor=secretariat)
        programmes.change(programme, {"name_zh": programme.name_zh, "name_en": programme.name_en, **CALL}, seen=programme.version, actor=secretariat)
    story = Story(zone, cast)
    story.topics = {topic["key"]: topic for topic in tomllib.loads(TOPICS.read_text(encoding="utf-8"))["topics"]}
    return story


def _first_proposals(story: Story) -> None:
    """From 4 January: the first eight topics are written, submitted and pass the formal check; one of them at the second attempt."""
    early = (*FIRST_BALLOT, *SECOND_BALLOT)
    for minute, key in enumerate(early):
        _write(story, key, day=4, hour=10, minute=minute * 5)
    for minute, key in enumerate(early):
        _submit(story, key, day=5, hour=9, minute=minute * 5)
    with story.on(5, 15):
        proposals.return_(story.locked("standards"), actor=story.actor("secretariat"), note="请补充经费测算依据，并写明与已有研究的区别。")
    with story.on(6, 10):
        _rewrite(story, "standards", background="许可费率的计算方法直接影响产业链上下游的谈判。已有研究多以通信行业为例，本课题面向互联网行业。")
    _submit(story, "standards", day=6, hour=11)
    for minute, key in enumerate(early):
        with story.on(7, 14, minute * 5):
            proposals.accept(story.locked(key), actor=story.actor("secretariat"))


def _later_proposals(story: Story) -> None:
    """From 6 January: what is still being written, checked, returned, withdrawn or was not accepted."""
    for minute, key in enumerate(("music", "search", "evidence", "training", "opensource", "patents", "trademarks", "chips")):
        _write(story, key, day=6, hour=13, minute=minute * 5)
    for minute, key in enumerate(("music", "search", "evidence", "training", "opensource", "trademarks", "chips")):
        _submit(story, key, day=7, hour=9, minute=minute * 5)
    with story.on(7, 16):
        for key in ("music", "search"):
            proposals.accept(story.locked(key), actor=story.actor("secretariat"))
        proposals.return_(story.locked("opensource"), actor=story.actor("secretariat"), note="参与单位的分工请写得更具体；培训课程请说明课时。")
        proposals.not_accept(story.locked("trademarks"), actor=story.actor("secretariat"), note="与年度选题方向不符。")
    with story.on(7, 17):
        proposals.withdraw(story.locked("chips"), actor=story.actor("unit-16"), note="本单位今年人手不足。")


def _first_ballot(story: Story) -> None:
    """8 to 13 January: the first ballot is opened, voted on, and closes by its clock."""
    ballot = _open(
        story, FIRST_BALLOT, day=8, hour=9, closes_day=13, title_zh="2021 年课题立项表决（第一批）", title_en="Project initiation: first 2021 topics"
    )
    _vote(story, ballot, FIRST_BALLOT, silent=SILENT_IN_FIRST, day=11, hour=10)


def _second_ballot(story: Story) -> None:
    """From 11 January: the second ballot, still open on the 14th, with five units yet to vote."""
    ballot = _open(
        story, SECOND_BALLOT, day=11, hour=15, closes_day=15, title_zh="2021 年课题立项表决（第二批）", title_en="Project initiation: second 2021 topics"
    )
    _vote(story, ballot, SECOND_BALLOT, silent=YET_TO_VOTE, day=12, hour=10)


def _decisions(story: Story) -> None:
    """On the evening of 13 January: the first ballot is sealed and the chair decides on three of its five topics."""
    with story.on(13, 18, 5) as at:
        voting.seal_due(at)
    for minute, (key, kind, opinion) in enumerate(
        (
            ("compliance", DecisionKind.APPROVE, "同意立项，请于一季度完成指南解读报告。"),
            ("standards", DecisionKind.DEFER, "请先与标准化工作组沟通，避免重复。"),
            ("crawling", DecisionKind.REJECT, "尊重表决结果，不予立项。"),
        )
    ):
        with story.on(13, 20, minute * 5):
            decisions.decide(story.locked(key), kind, opinion=opinion, reason="", actor=story.actor("chair"))


def _write(story: Story, key: str, *, day: int, hour: int, minute: int) -> None:
    """Let the lead unit start the proposal and fill in its form."""
    topic = story.topics[key]
    with story.on(day, hour, minute):
        programme = session().scalars(sa.select(Programme).where(Programme.year == YEAR)).one()
        draft = read({"title_zh": topic["title_zh"], "title_en": topic["title_en"]}, year=YEAR)
        proposal = proposals.start(draft, programme_id=programme.id, actor=story.actor(topic["lead"]))
        story.proposals[key] = proposal.id
    with story.on(day, hour, minute + 2):
        _rewrite(story, key)


def _rewrite(story: Story, key: str, **changes: str) -> None:
    """Save the form of a proposal as its lead unit typed it."""
    topic = story.topics[key]
    proposal = story.locked(key)
    typed = {**_typed(story, topic, proposal), **changes}
    proposals.edit(proposal, read(typed, year=YEAR), actor=story.actor(topic["lead"]), seen_version=proposal.version)


def _typed(story: Story, topic: Mapping[str, Any], proposal: Proposal) -> dict[str, Any]:
    """Return the form's fields as text, the way a browser sends them."""
    areas = list(session().scalars(proposal_queries.areas(proposal.programme_id)))
    lead = story.cast.units[topic["lead"]]
    budget = topic["budget"]
    lines = [("operations", budget * 6 // 10, "调研、会议与资料费"), ("labour", budget * 4 // 10, "研究助理与专家劳务")] if budget else []
    return {
        "title_zh": topic["title_zh"],
        "title_en": topic["title_en"],
        "area": str(areas[topic["area"] - 1].id),
        "keywords": topic["keywords"],
        "background": topic["background"],
        "rationale": RATIONALE,
        "content": topic["content"],
        "method": METHOD,
        "investigator_name": f"{lead.short_zh or lead.name_zh}课题负责人",
        "investigator_unit": lead.name_zh,
        "contact_name": f"{lead.short_zh or lead.name_zh}代表",
        "contact_email": f"{lead.code}@example.org",
        "period_from": "2021-01",
        "period_to": "2021-12",
        "budget_total": str(budget) if budget else "",
        "team": [{"name": "课题组成员甲", "unit": lead.name_zh, "title": "", "role": "执笔"}],
        "results": [{"name": name, "form": form, "quarter": quarter, "use": "供成员单位使用"} for name, form, quarter in topic["results"]],
        "schedule": [{"quarter": f"2021Q{n}", "work": work} for n, work in enumerate(("规则梳理与调研", "案例分析", "形成初稿并征求意见", "定稿与发布"), 1)],
        "budget": [{"kind": kind, "amount": str(amount), "basis": basis} for kind, amount, basis in lines],
        "partners": [{"unit": str(story.cast.units[code].id), "share": "提供案例与数据"} for code in topic.get("partners", ())],
    }


def _submit(story: Story, key: str, *, day: int, hour: int, minute: int = 0) -> None:
    with story.on(day, hour, minute):
        proposal = story.locked(key)
        proposals.submit(proposal, actor=story.actor(story.topics[key]["lead"]), seen_version=proposal.version, undertaking=True)


def _open(story: Story, keys: tuple[str, ...], *, day: int, hour: int, closes_day: int, title_zh: str, title_en: str) -> int:
    """Let the secretariat open a ballot on these topics for the vice-chair units; returns its id."""
    with story.on(day, hour):
        plan = Plan(
            programme_id=session().scalars(sa.select(Programme.id).where(Programme.year == YEAR)).one(),
            proposal_ids=[story.proposals[key] for key in keys],
            title_zh=title_zh,
            title_en=title_en,
            rule=dict(PRESETS[DEFAULT_PRESET].rule),
            closes_at=clock.at_local(date(YEAR, 1, closes_day), 18, 0, story.zone),
            options={"recuse_partners": False, "no_needs_reason": True, "allow_discuss": False},
        )
        return voting.open_ballot(plan, actor=story.actor("secretariat")).id


def _vote(story: Story, ballot_id: int, keys: tuple[str, ...], *, silent: frozenset[str], day: int, hour: int) -> None:
    """Let every unit on the roll vote, one after the other, but for those that stay silent."""
    voters = [code for code in story.cast.units if code in story.cast.actors and code not in silent]
    for minute, code in enumerate(voters):
        numbered = sorted(keys, key=lambda key: story.proposals[key])
        choices = {number: _choice(key, code) for number, key in enumerate(numbered, 1) if story.topics[key]["lead"] != code}
        with story.on(day, hour, minute * 3):
            voting.cast(ballot_id, choices, actor=story.actor(code))


def _choice(key: str, code: str) -> Choice:
    """Return what a unit says on a topic."""
    if code in AGAINST.get(key, ()):
        return Choice(Position.NO, OBJECTIONS.get(key, OBJECTION))
    if code in ABSTAINING.get(key, ()):
        return Choice(Position.ABSTAIN)
    taking_part = (Commitment.EXPERTS,) if code in TAKING_PART.get(key, ()) else ()
    return Choice(Position.YES, commitments=taking_part)
