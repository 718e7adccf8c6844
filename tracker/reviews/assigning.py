"""What the secretariat does about reviews: begin, assign, share out, take off, remind, end; and the year's settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from tracker import clock
from tracker.db import JSONDict, expect_version, session
from tracker.digest import sha256_hex
from tracker.errors import Invalid, NotFound, Refused
from tracker.members.models import Person
from tracker.messages import Message, say
from tracker.notifications.actions import tell
from tracker.notifications.models import Bilingual
from tracker.policy import Action, Actor, check
from tracker.programmes.models import Programme
from tracker.proposals.models import Proposal, Version
from tracker.proposals.states import ProposalState
from tracker.reviews import content as shape
from tracker.reviews import queries
from tracker.reviews.balance import Need, share_out
from tracker.reviews.conflicts import Conflict, computed
from tracker.reviews.models import Review, judge_of, matter_of
from tracker.reviews.rules import LIVE, OPEN, ReviewState
from tracker.reviews.settings import ReviewRules, broken_promises, faults, rules_of
from tracker.reviews.summary import Summary, summarise
from tracker.transitions import perform

REMIND_AFTER = timedelta(hours=1)
"""A reminder within this time of the last one is a second click."""


def begin(proposals: Iterable[Proposal], *, actor: Actor) -> int:
    """Begin the expert review of locked proposals; returns how many. Raises Refused."""
    begun = 0
    for proposal in proposals:
        perform(Action.BEGIN_REVIEW, proposal, actor=actor)
        proposal.review_begun_at = clock.now()
        proposal.version += 1
        begun += 1
    return begun


@dataclass(frozen=True, slots=True)
class Candidate:
    """An expert who could be asked: what they carry already, why they cannot be, and the review they have already."""

    person: Person
    load: int
    conflicts: tuple[Conflict, ...]
    review: Review | None

    @property
    def is_able(self) -> bool:
        """Whether they can be asked now."""
        return not self.conflicts and (self.review is None or self.review.state in {ReviewState.DECLINED, ReviewState.REMOVED})


def candidates(proposal: Proposal, version: Version, experts: Sequence[Person], reviews: Sequence[Review]) -> list[Candidate]:
    """Return every expert as a candidate for a proposal; ``reviews`` are all of the programme. The least loaded first."""
    matter, load = matter_of(proposal, version), loads(reviews)
    own = {review.person_id: review for review in reviews if review.proposal_id == proposal.id}
    found = [Candidate(person, load[person.id], computed(judge_of(person), matter), own.get(person.id)) for person in experts]
    return sorted(found, key=lambda one: (not one.is_able, one.load, one.person.id))


def loads(reviews: Iterable[Review]) -> Counter[int]:
    """Count what each expert carries: the reviews they were asked for and have not left."""
    return Counter(review.person_id for review in reviews if review.state in LIVE)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A share of the reviews before it is made: who is proposed for which proposal, and where experts are lacking."""

    proposals: Sequence[Proposal]
    pairs: Sequence[tuple[Proposal, Person]]
    lacking: Sequence[tuple[Proposal, int]]
    before: Mapping[int, int]
    after: Mapping[int, int]
    experts: Sequence[Person]


def proposed(programme: Programme) -> Proposed:
    """Work out who should review what, so that every proposal in review gets its number and loads are even. Writes nothing."""
    proposals = list(session().scalars(queries.in_state(programme.id, ProposalState.IN_REVIEW)).unique())
    versions = {version.proposal_id: version for version in session().scalars(queries.newest_versions([one.id for one in proposals]))}
    experts = list(session().scalars(queries.experts()).unique())
    reviews = list(session().scalars(queries.of_programme(programme.id)))
    wanted, load = rules_of(programme.review).per_proposal, loads(reviews)
    live = Counter(review.proposal_id for review in reviews if review.state in LIVE)
    asked = {(review.proposal_id, review.person_id) for review in reviews}
    able = {one.id: _able(one, versions[one.id], experts, asked) for one in proposals if one.id in versions}
    needs = [Need(key, wanted - live[key], able[key]) for key in able if live[key] < wanted]
    share = share_out(needs, load)
    by_id, people = {one.id: one for one in proposals}, {person.id: person for person in experts}
    return Proposed(
        proposals,
        [(by_id[proposal], people[person]) for proposal, person in share.pairs],
        [(by_id[proposal], lack) for proposal, lack in share.lacking.items()],
        load,
        load + Counter(person for _proposal, person in share.pairs),
        experts,
    )


def _able(proposal: Proposal, version: Version, experts: Iterable[Person], asked: Collection[tuple[int, int]]) -> frozenset[int]:
    """Return who can be asked: nobody with a conflict, and nobody who was asked for this proposal before, whatever they answered."""
    matter = matter_of(proposal, version)
    return frozenset(person.id for person in experts if (proposal.id, person.id) not in asked and not computed(judge_of(person), matter))


def assign(proposal: Proposal, person_id: int, *, actor: Actor) -> Review:
    """Ask an expert to review a locked proposal in its newest version, and tell them.

    One who is asked already (a second click) stays asked. Raises Refused, also for a conflict; NotFound for nobody who is an expert now.
    """
    person = session().scalars(queries.experts().where(Person.id == person_id)).unique().one_or_none()
    version = session().scalars(queries.newest_versions([proposal.id])).one_or_none()
    if person is None or version is None:
        raise NotFound
    known = queries.together(session().scalars(queries.of_proposal(proposal.id).where(Review.person_id == person_id)).all(), proposal)
    if known and known[0].state in LIVE:
        return known[0]
    review = known[0] if known else _new(proposal, person)
    review.judged, review.version_id = version, version.id
    denial = check(Action.ASSIGN, review, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    review.assigned_at = review.changed_at = clock.now()
    review.ended_at = review.submitted_at = review.reminded_at = None
    review.reason, review.content = "", shape.empty()
    session().add(review)
    session().flush()
    perform(Action.ASSIGN, review, actor=actor, facts={"proposal": proposal.id, "expert": person.id, "version": version.number}, news=_asked(review))
    review.version += 1
    return review


def _new(proposal: Proposal, person: Person) -> Review:
    return Review(proposal=proposal, proposal_id=proposal.id, person=person, person_id=person.id, state=ReviewState.ASKED, submissions=[], version=0)


def _asked(review: Review) -> Message | None:
    return say("You are asked to review {number} “{title}” by {due}.", due=review.due) if review.due else None


def remove(review: Review, *, note: str, actor: Actor, instead: int | None = None) -> Review | None:
    """Take an expert off with a reason, told to them; ask ``instead`` at once where one is named. Raises Refused, Invalid, NotFound."""
    perform(Action.REMOVE, review, actor=actor, note=shape.read_reason(note))
    review.ended_at, review.reason = clock.now(), shape.read_reason(note)
    review.version += 1
    session().flush()
    return assign(review.proposal, instead, actor=actor) if instead is not None else None


def to_remind(reviews: Iterable[Review]) -> list[Review]:
    """Return the reviews that are awaited and whose experts were not reminded just now."""
    now = clock.now()
    return [one for one in reviews if one.state in OPEN and (one.reminded_at is None or now - one.reminded_at >= REMIND_AFTER)]


def remind(reviews: Iterable[Review], *, actor: Actor) -> int:
    """Remind the experts of awaited reviews; returns how many notices were sent. Raises Refused."""
    awaited = to_remind(reviews)
    for review in awaited:
        news = say("Your review of {number} “{title}” is awaited; it was due {due}.", due=review.due) if review.is_late(clock.now()) else _until(review)
        perform(Action.REMIND, review, actor=actor, news=news)
        review.reminded_at = clock.now()
    return len(awaited)


def _until(review: Review) -> Message | None:
    return say("Your review of {number} “{title}” is awaited by {due}.", due=review.due) if review.due else None


def summary_of(reviews: Iterable[Review]) -> Summary:
    """Put the reviews of one proposal together as they stand; what was handed in must be loaded."""
    found = list(reviews)
    return summarise(
        [review.last.judgement for review in found if review.counts and review.last],
        not_done=sum(review.state in OPEN and not review.counts for review in found),
        conflicted=sum(review.state is ReviewState.CONFLICTED for review in found),
    )


def end(proposal: Proposal, *, actor: Actor) -> None:
    """End the expert review of a locked proposal and keep what it came to: it goes on to the vote, or, voted on before, awaits the decision.

    Raises Refused.
    """
    reviews = queries.together(session().scalars(queries.of_proposal(proposal.id)).unique().all(), proposal)
    summary = summary_of(reviews).to_json()
    after = ProposalState.BALLOTED if proposal.ballot_outcome is not None else None
    facts = {name: summary[name] for name in ("done", "abstained", "not_done", "conflicted")}
    perform(Action.END_REVIEW, proposal, actor=actor, facts=facts, to=after)
    proposal.reviewed_at, proposal.review_summary = clock.now(), summary
    proposal.version += 1
    thanks = say("The expert review of {number} “{title}” is over. Your review counts. Thank you.")
    _tell_experts((one for one in reviews if one.counts), thanks, Action.END_REVIEW)
    over = say("The expert review of {number} “{title}” is over. Nothing more is asked of you.")
    _tell_experts((one for one in reviews if one.state in OPEN and not one.counts), over, Action.END_REVIEW)


def call_off(proposal: Proposal, *, action: Action) -> None:
    """Tell the experts that a locked proposal has left the review before its end, as withdrawn or returned; what they wrote stays."""
    reviews = queries.together(session().scalars(queries.of_proposal(proposal.id)).unique().all(), proposal)
    news = say("{number} “{title}” is not in expert review now: {state}. What you wrote is kept.", state=proposal.state_label(proposal.state))
    _tell_experts((one for one in reviews if one.state in LIVE), news, action)


def _tell_experts(reviews: Iterable[Review], news: Message, action: Action) -> None:
    """Tell each expert of their own review, under the number and title by which they know it."""
    for review in reviews:
        tell({review.person_id: "expert"}, about=review, action=action.value, message=Message(news.msgid, {**review.names(), **news.params}), at=clock.now())


def frozen_since(programme: Programme) -> bool:
    """Say whether experts or units rely on the settings already: a review has begun, or a ballot was opened."""
    return programme.last_ballot > 0 or session().scalar(queries.begun_in(programme.id)) is not None


def set_review(programme: Programme, rules: ReviewRules, *, seen: int, actor: Actor) -> None:
    """Set how this year's proposals are reviewed. Raises Refused, Stale, or Invalid by the names of the fields.

    Once a review has begun or a ballot was opened, only how many experts each proposal gets may change.
    """
    denial = check(Action.CHANGE, programme, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
    expect_version(seen, programme.version)
    before, wrong = rules_of(programme.review), faults(rules)
    if wrong:
        raise Invalid(wrong)
    if broken_promises(before, rules) and frozen_since(programme):
        words = say(
            "A review or a vote of this year has begun: from then on only the number of experts can change. Experts write, and units vote, under the rest."
        )
        raise Invalid({"": [words]})
    if before == rules and programme.review:
        return
    kept: JSONDict = rules.to_json()
    facts = {name: value for name, value in kept.items() if name != "rubric"} | {"rubric_sha256": sha256_hex(kept["rubric"])}
    perform(Action.CHANGE, programme, actor=actor, facts={"section": "review", **facts})
    programme.review = kept
    programme.version += 1


def expert_name(review: Review) -> Bilingual:
    """Return the expert's name as the value of a message."""
    return Bilingual(review.person.name_zh, review.person.name_en)


def locked(proposal_ids: Collection[int], *, programme_id: int) -> sa.Select[Proposal]:
    """These proposals of a programme, their rows locked and read anew, with all that beginning and ending ask for."""
    wanted = queries.in_state(programme_id, *ProposalState).where(Proposal.id.in_(proposal_ids))
    return wanted.with_for_update(of=Proposal).execution_options(populate_existing=True)
