"""Proposals in expert review with reviews in every state, for tests of what comes after."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from flask import Flask

from tests.cast import FOUNDED, NOW, Cast, Member
from tests.decisions.placing import place
from tracker.db import session, writing
from tracker.members.models import Person, Seat
from tracker.members.rules import PersonState
from tracker.notifications.models import Notice
from tracker.policy import Actor, Role
from tracker.programmes.models import Phase, Programme
from tracker.programmes.rules import PhaseKind
from tracker.programmes.stages import Order
from tracker.proposals.content import empty
from tracker.proposals.models import Proposal, Version
from tracker.proposals.states import ProposalState
from tracker.reviews import actions
from tracker.reviews import content as shape
from tracker.reviews.models import Review
from tracker.reviews.settings import ReviewRules

DUE = NOW.replace(day=13)
SCORES = {"topic": 9, "argument": 8, "basis": 7}
WRITTEN = {"scores": SCORES, "opinion": "选题重要，建议补充案例。", "note": "经费偏高。", "conclusion": "approve"}
TEXT = empty() | {
    "title_zh": "搜狗输入法数据合规研究",
    "title_en": "Data compliance of Sogou input",
    "lead": {"code": "sogou", "name_zh": "搜狗", "name_en": "Sogou"},
    "partners": [{"unit": {"code": "meituan", "name_zh": "美团", "name_en": "Meituan"}, "share": "美团提供案例"}],
    "area": {"name_zh": "版权", "name_en": "Copyright"},
    "keywords": ["合规"],
    "background": "搜狗与美团的数据，欧阳明负责，邮箱 ouyang@sogou.example。",
    "content": "研究内容若干。",
    "investigator_name": "欧阳明",
    "investigator_unit": "搜狗",
    "contact_name": "李联系",
    "contact_email": "li@sogou.example",
    "team": [{"name": "王成员", "unit": "美团", "title": "研究员", "role": "执笔"}],
    "budget_total": 18_000_000,
}
SECRETS = ("搜狗", "Sogou", "美团", "Meituan", "欧阳明", "李联系", "王成员", "sogou.example", "2021-P01")


def switch_on(app: Flask, cast: Cast, **changes: object) -> None:
    """Let the programme have its proposals reviewed, with a window until the 13th."""
    with app.app_context(), writing() as current:
        programme = current.get_one(Programme, cast.programme_id)
        given: dict[str, Any] = {"order": Order.REVIEW_FIRST, **changes}
        programme.review = ReviewRules(**given).to_json()
        present = sa.select(Phase).where(Phase.programme_id == cast.programme_id, Phase.kind == PhaseKind.REVIEW)
        if current.scalars(present).one_or_none() is None:
            current.add(Phase(programme_id=cast.programme_id, kind=PhaseKind.REVIEW, opens_at=NOW.replace(day=5), closes_at=DUE))


def more_experts(app: Flask, count: int = 2) -> list[Member]:
    """Seat further experts, named by number."""
    made = []
    with app.app_context(), writing() as current:
        for number in range(2, count + 2):
            name_zh, name_en = f"专家顾问{number}", f"Expert {number}"
            person = Person(name_zh=name_zh, name_en=name_en, email=f"expert{number}@example.org", state=PersonState.ACTIVE, created_at=FOUNDED)
            current.add(person)
            current.flush()
            seat = Seat(person_id=person.id, unit_id=None, role=Role.EXPERT, from_at=FOUNDED)
            current.add(seat)
            current.flush()
            made.append(Member(f"expert_{number}", person.id, Actor(person.id, Role.EXPERT, None, seat.id, name_zh, name_en)))
    return made


def screened(app: Flask, cast: Cast, state: ProposalState = ProposalState.SCREENED, **kwargs: object) -> int:
    """Insert a checked proposal of Sogou with Meituan, complete with names, and return its id."""
    given: dict[str, Any] = {"lead": "sogou", "partner": "meituan", "title": str(TEXT["title_zh"]), **kwargs}
    key = place(app, cast, state, **given)
    with app.app_context(), writing() as current:
        version = current.scalars(sa.select(Version).where(Version.proposal_id == key)).one()
        version.content = TEXT | {"proposal": f"2021-P{key:02}", "version": 1}
        current.get_one(Proposal, key).content = {name: TEXT[name] for name in empty()}
    return key


def in_review(app: Flask, cast: Cast, *experts: Member, **kwargs: object) -> tuple[int, list[int]]:
    """Begin the review of a proposal, ask these experts, and return the ids of the proposal and of the reviews."""
    key = screened(app, cast, **kwargs)  # type: ignore[arg-type] # the state may be among them
    with app.app_context(), writing() as current:
        [proposal] = current.scalars(actions.locked([key], programme_id=cast.programme_id)).unique()
        actions.begin([proposal], actor=cast.secretariat.actor)
        return key, [actions.assign(proposal, one.person_id, actor=cast.secretariat.actor).id for one in experts]


def acting(app: Flask, review_id: int, act: Callable[[Review], Any]) -> Any:  # noqa: ANN401 - what the act returns
    """Do something to a review in a writing transaction."""
    with app.app_context(), writing():
        return act(actions.load(review_id, lock=True))


def written(app: Flask, review_id: int, expert: Member, content: Mapping[str, Any] = WRITTEN) -> None:
    """Let an expert declare no conflict and write a review."""
    acting(app, review_id, lambda review: actions.declare_none(review, actor=expert.actor))
    acting(app, review_id, lambda review: actions.edit(review, {**shape.empty(), **content}, actor=expert.actor, seen_version=review.version))


def handed_in(app: Flask, review_id: int, expert: Member, **changes: object) -> None:
    """Let an expert write a review and hand it in."""
    written(app, review_id, expert, {**WRITTEN, **changes})
    acting(app, review_id, lambda review: actions.submit(review, actor=expert.actor, seen_version=review.version))


def ended(app: Flask, cast: Cast, key: int) -> None:
    """End the review of a proposal."""
    with app.app_context(), writing() as current:
        [proposal] = current.scalars(actions.locked([key], programme_id=cast.programme_id)).unique()
        actions.end(proposal, actor=cast.secretariat.actor)


def new_version(app: Flask, cast: Cast, key: int, number: int = 2, **changes: object) -> None:
    """Give a proposal a further version, as a resubmission does."""
    with app.app_context(), writing() as current:
        content = TEXT | {"version": number, **changes}
        current.add(Version(proposal_id=key, number=number, content=content, sha256=str(number) * 64, submitted_at=NOW, submitted_by=cast.sogou.person_id))


def state_of(app: Flask, review_id: int) -> str:
    """Return the stored state of a review."""
    with app.app_context():
        return session().get_one(Review, review_id).state.value


def told(app: Flask, review_id: int, action: str) -> set[int]:
    """Return who was told of an act on a review."""
    with app.app_context():
        return set(
            session().scalars(sa.select(Notice.person_id).where(Notice.subject_kind == "review", Notice.subject_id == review_id, Notice.action == action))
        )
