"""What the expert does: say whether there is a conflict, write, hand in, revise, confirm."""

from __future__ import annotations

from typing import Any

from tracker import clock
from tracker.db import expect_version, session
from tracker.digest import sha256_hex
from tracker.errors import Invalid, NotFound, Refused
from tracker.messages import Message, say
from tracker.policy import SYSTEM, Action, Actor, check
from tracker.proposals import queries as proposals
from tracker.proposals.models import Titled, Version
from tracker.reviews import content as shape
from tracker.reviews import queries
from tracker.reviews.assigning import expert_name
from tracker.reviews.models import Review, Submission
from tracker.reviews.rules import ReviewState, unconflicted
from tracker.reviews.summary import Conclusion
from tracker.transitions import perform


def load(review_id: int, *, actor: Actor = SYSTEM, lock: bool = False) -> Review:
    """Return a review with its proposal, its siblings and all that its rules ask for; raises NotFound, also when it is hidden.

    With ``lock`` the proposal's row is locked first: whoever ends the review takes the same.
    """
    owner = queries.proposal_of(review_id)
    proposal = session().scalars(proposals.locked(owner) if lock else proposals.one(owner)).unique().one_or_none()
    if proposal is None:
        raise NotFound
    reviews = queries.together(session().scalars(queries.of_proposal(proposal.id)).unique().all(), proposal)
    found = next((review for review in reviews if review.id == review_id), None)
    if found is None or check(Action.VIEW, found, actor=actor, now=clock.now()) is not None:
        raise NotFound
    return found


def _refuse(action: Action, review: Review, actor: Actor) -> None:
    """Raise Refused at once, so that a wrong state is told before a stale form is."""
    denial = check(action, review, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)


def _touch(review: Review) -> None:
    review.changed_at = clock.now()
    review.version += 1


def _for_the_secretariat(review: Review) -> dict[str, object]:
    """Return what notices to the secretariat speak of: the proposal by its own number and title, and the expert."""
    proposal = review.proposal
    return {"number": proposal.number, "title": Titled(proposal.title_zh, proposal.title_en), "expert": expert_name(review)}


def declare_none(review: Review, *, actor: Actor) -> None:
    """Say that nothing ties the expert to the proposal: from now on they can write. Raises Refused where the program finds a conflict."""
    perform(Action.DECLARE_NONE, review, actor=actor)
    _touch(review)


def declare_conflict(review: Review, *, note: str, actor: Actor) -> None:
    """Say what ties the expert to the proposal: their part ends, and the secretariat is told. Raises Refused or Invalid."""
    news = say("{expert} declared a conflict of interest on {number} “{title}” and does not review it: {note}", **_for_the_secretariat(review))
    _leave(Action.DECLARE_CONFLICT, review, note=note, actor=actor, news=news)


def decline(review: Review, *, note: str, actor: Actor) -> None:
    """Say that the expert will not review it, and why: their part ends, and the secretariat is told. Raises Refused or Invalid."""
    news = say("{expert} declined to review {number} “{title}”: {note}", **_for_the_secretariat(review))
    _leave(Action.DECLINE, review, note=note, actor=actor, news=news)


def _leave(action: Action, review: Review, *, note: str, actor: Actor, news: Message) -> None:
    reason = shape.read_reason(note)
    perform(action, review, actor=actor, note=reason, news=news)
    review.ended_at, review.reason = clock.now(), reason
    _touch(review)


def edit(review: Review, content: dict[str, Any], *, actor: Actor, seen_version: int) -> bool:
    """Replace the working copy; says whether anything changed (nothing is written when not). Raises Refused or Stale."""
    _refuse(Action.EDIT, review, actor)
    expect_version(seen_version, review.version)
    if review.content == content:
        return False
    changed = sorted(name for name in content if review.content.get(name) != content[name])
    perform(Action.EDIT, review, actor=actor, facts={"changed": changed})
    review.content = content
    _touch(review)
    return True


def submit(review: Review, *, actor: Actor, seen_version: int) -> Submission:
    """Freeze the working copy and hand it in; the secretariat is told. Raises Refused, Stale, or Invalid for what is missing."""
    _refuse(Action.SUBMIT, review, actor)
    expect_version(seen_version, review.version)
    lacking = shape.missing(review.content, review.settings.rubric)
    if lacking:
        raise Invalid({name: [message] for name, message in lacking.items()})
    made = _frozen(review, review.judged, review.content)
    news = say("{expert} handed in the review of {number} “{title}”.", **_for_the_secretariat(review))
    perform(Action.SUBMIT, review, actor=actor, facts={"submission": made.number, "version": review.judged.number, "sha256": made.sha256}, news=news)
    _keep(review, made)
    return made


def _frozen(review: Review, version: Version, content: dict[str, Any]) -> Submission:
    """Return what is handed in, complete in itself: bound by hash to the version judged and to the rubric."""
    rubric = review.settings.rubric
    abstains = content["conclusion"] == Conclusion.ABSTAIN
    total = None if abstains else rubric.total(content["scores"])
    number = (session().scalar(queries.last_number(review.id)) or 0) + 1
    frozen = {
        **content,
        "scores": {} if abstains else content["scores"],
        "total": None if total is None else f"{total:f}",
        "proposal": review.proposal.number,
        "version": version.number,
        "version_sha256": version.sha256,
        "rubric_sha256": sha256_hex(rubric.to_json()),
        "submission": number,
    }
    return Submission(review_id=review.id, number=number, version_id=version.id, content=frozen, sha256=sha256_hex(frozen), submitted_at=clock.now())


def _keep(review: Review, made: Submission) -> None:
    session().add(made)
    review.submitted_at = made.submitted_at
    _touch(review)


def reopen(review: Review, *, actor: Actor) -> None:
    """Take a review up again, for the newest version; what was handed in counts until it is handed in anew. Raises Refused."""
    newest = _newest(review)
    perform(Action.REOPEN, review, actor=actor, facts={"version": newest.number})
    review.judged = newest
    _refuse_newly_conflicted(review, actor)
    _touch(review)


def confirm(review: Review, *, actor: Actor) -> None:
    """Let a review stand for the newest version: what was handed in is handed in again for it; a draft goes on for it.

    Raises Refused, also where the newest version itself ties the expert to the proposal.
    """
    newest = _newest(review)
    made = _frozen(review, newest, review.content) if review.state is ReviewState.SUBMITTED else None
    facts = {"version": newest.number} | ({"submission": made.number, "sha256": made.sha256} if made else {})
    perform(Action.CONFIRM, review, actor=actor, facts=facts)
    review.judged = newest
    _refuse_newly_conflicted(review, actor)
    if made is not None:
        _keep(review, made)
    else:
        _touch(review)


def _refuse_newly_conflicted(review: Review, actor: Actor) -> None:
    denial = unconflicted(actor, review, clock.now())
    if denial is not None:
        raise Refused(denial)


def _newest(review: Review) -> Version:
    return session().scalars(queries.newest_versions([review.proposal_id])).one()
