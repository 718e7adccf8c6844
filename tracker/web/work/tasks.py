"""What needs a person, seat by seat: one task with one button each, the first due first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import url_for

from tracker.db import JSONDict, session
from tracker.decisions import queries as decisions
from tracker.decisions.standing import settle
from tracker.decisions.vote import in_words
from tracker.messages import Message, say
from tracker.policy import Action, Actor, check
from tracker.programmes.models import Programme
from tracker.programmes.rules import PhaseKind
from tracker.programmes.stages import Order, order_of
from tracker.proposals.closing import late_pass_of
from tracker.proposals.models import Proposal
from tracker.proposals.partners import Standing, partner_of
from tracker.proposals.rules import Start
from tracker.proposals.states import ProposalState
from tracker.text import count_zi
from tracker.voting.due import DueResult
from tracker.web.work import reading

FAR = datetime.max.replace(tzinfo=UTC)
REMARK_LIMIT = 80
NAMED = 6


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: ``title`` is text or a thing with a name, ``due`` None where no date is set, ``rank`` parts what is due at once."""

    title: object
    url: str
    why: Message
    button: Message
    button_url: str
    due: datetime | None = None
    glyph: str = "○"
    tone: str = "brand"
    rank: int = 0


def in_order(tasks: Iterable[Task]) -> list[Task]:
    """Sort by due date, what has none last; then by rank, and as they came."""
    return sorted(tasks, key=lambda task: (task.due or FAR, task.rank))


def due_of(programme: Programme, kind: PhaseKind) -> datetime | None:
    """Return when this phase of the year ends, or None where it has no dates."""
    phase = programme.phase(kind)
    return phase.closes_at if phase else None


def titled(proposal: Proposal) -> Message:
    """Name a proposal by number and title."""
    return say("{number} {title}", **proposal.names())


def votes_due(ballots: Iterable[reading.OpenBallot]) -> Iterator[Task]:
    """Ballots in which the unit has not voted on everything it may vote on."""
    for ballot in ballots:
        if ballot.missing:
            url = url_for("ballots.show", id=ballot.id)
            why = say(
                "Your unit has not voted on {missing} of {total} topics in ballot {number}.",
                missing=ballot.missing,
                total=ballot.entitled,
                number=ballot.number,
            )
            yield Task(ballot, url, why, say("Vote"), url, ballot.closes_at, glyph="▲", tone="warn")


def drafts_due(rows: Iterable[tuple[Proposal, str | None]], actor: Actor, now: datetime) -> Iterator[Task]:
    """Drafts and returned proposals of the unit that this seat can work on now."""
    for proposal, remark in rows:
        if check(Action.EDIT, proposal, actor=actor, now=now) is not None:
            continue
        returned = proposal.state in {ProposalState.RETURNED, ProposalState.APPROVED_WITH_CHANGES}
        yield Task(
            titled(proposal),
            url_for("proposals.show", id=proposal.id),
            _why_draft(actor, proposal, remark),
            say("Complete it"),
            url_for("proposals.edit", id=proposal.id),
            _draft_due(proposal, now),
            glyph="▲" if returned else "○",
            tone="warn" if returned else "brand",
            rank=0 if returned else 1,
        )


def partnerships_due(rows: Iterable[tuple[Proposal, str | None]], actor: Actor, now: datetime) -> Iterator[Task]:
    """The proposals that ask the unit, which this seat may bind, to confirm its share of the work, and await its answer."""
    for proposal, _remark in rows:
        partner = partner_of(proposal, actor)
        if partner is None or partner.standing is not Standing.ASKED or check(Action.CONFIRM, proposal, actor=actor, now=now) is not None:
            continue
        yield Task(
            titled(proposal),
            url_for("proposals.show", id=proposal.id),
            say("Asked to take part as a partner unit: {share}", share=short(partner.share)),
            say("Confirm or decline"),
            url_for("proposals.act", id=proposal.id, verb=Action.CONFIRM),
            due_of(proposal.programme, PhaseKind.VOTING) if proposal.screened_at else due_of(proposal.programme, PhaseKind.SCREENING),
            glyph="▲",
            tone="warn",
        )


def passes_due(years: Iterable[Programme], actor: Actor, now: datetime) -> Iterator[Task]:
    """The late passes by which the unit can still submit a proposal after the close."""
    for year in years:
        late = late_pass_of(Start(year, actor.unit_id), now)
        if late is not None:
            yield Task(
                say("Late pass for {programme}", programme=year),
                url_for("programmes.late_pass", pass_id=late.id),
                say("Submission has closed, but your unit can still submit (used {used} of {uses}).", used=late.used, uses=late.uses),
                say("Start a proposal"),
                url_for("proposals.new", year=year.year),
                late.expires_at,
                rank=2,
            )


def _why_draft(actor: Actor, proposal: Proposal, remark: str | None) -> Message:
    if proposal.amending is not None:
        return say("Approved with changes: {changes}", changes=short(proposal.amending.remark or proposal.amending.wanted))
    if proposal.state is ProposalState.RETURNED:
        return say("Returned for changes: {remark}", remark=short(remark or ""))
    if actor.votes_for(actor.unit_id):
        return say("A draft: finish it and submit it.")
    return say("A draft: complete it; your unit's representative or alternate submits it.")


def short(text: str) -> str:
    """Return a remark on one line, cut where it is long."""
    line = " ".join(text.split())
    if count_zi(line) <= REMARK_LIMIT:
        return line
    while count_zi(line) > REMARK_LIMIT:
        line = line[:-10]
    return f"{line}…"


def _draft_due(proposal: Proposal, now: datetime) -> datetime | None:
    """Return the end of the submission window or of the unit's late pass, and for what came back after it the end of the formal check."""
    late = late_pass_of(proposal, now) if proposal.state is ProposalState.DRAFT else None
    if late is not None:
        return late.expires_at
    if proposal.amending is not None:
        return proposal.amending.due_at
    due = due_of(proposal.programme, PhaseKind.SUBMISSION)
    if proposal.return_due_at is not None:
        return proposal.return_due_at
    if proposal.state is ProposalState.RETURNED and due is not None and due <= now:
        return due_of(proposal.programme, PhaseKind.SCREENING) or due
    return due


def checks_due(proposals: Iterable[Proposal]) -> Iterator[Task]:
    """Submitted proposals that the secretariat has to check, the oldest first."""
    submitted = [proposal for proposal in proposals if proposal.state is ProposalState.SUBMITTED]
    for place, proposal in enumerate(submitted[: reading.AT_MOST]):
        url, check_url = url_for("proposals.show", id=proposal.id), url_for("proposals.screen", id=proposal.id)
        why = say("{unit} submitted it at {at}: check the form.", unit=proposal.lead_unit, at=proposal.submitted_at)
        if (proposal.screening or {}).get("outcome") == Action.RETURN:
            why = say("{unit} sent it again after changes at {at}: check what failed before.", unit=proposal.lead_unit, at=proposal.submitted_at)
        yield Task(titled(proposal), url, why, say("Check"), check_url, due_of(proposal.programme, PhaseKind.SCREENING), rank=place)


def returns_overdue(proposals: Iterable[Proposal]) -> Iterator[Task]:
    """Returned proposals that their units did not send back in time."""
    late = [proposal for proposal in proposals if proposal.state is ProposalState.RETURNED]
    for place, proposal in enumerate(late[: reading.AT_MOST]):
        url = url_for("proposals.show", id=proposal.id)
        why = say("{unit} has not sent it back in time: ask, wait, or end it without acceptance.", unit=proposal.lead_unit)
        yield Task(titled(proposal), url, why, say("See to it"), url, proposal.return_due_at, rank=place)


def changes_due(proposals: Iterable[Proposal]) -> Iterator[Task]:
    """Proposals approved with changes whose units have sent the changes in."""
    for proposal in proposals:
        if proposal.amending is not None and proposal.amending.sent_in is not None:
            url, judge_url = url_for("proposals.show", id=proposal.id), url_for("proposals.changes", id=proposal.id)
            why = say("{unit} sent in the changes that the approval asks for: version {number}.", unit=proposal.lead_unit, number=proposal.amending.sent_in)
            yield Task(titled(proposal), url, why, say("Judge the changes"), judge_url)


def scans_due(missing: int) -> Iterator[Task]:
    """One line for all stamped scans that the secretariat still waits for."""
    if missing:
        url = url_for("proposals.index", scan="missing")
        yield Task(say("Stamped scans"), url, say("Missing for the newest version: {count}.", count=missing), say("See which"), url, rank=reading.AT_MOST)


def scans_owed(rows: Iterable[tuple[Proposal, bool]], actor: Actor, now: datetime) -> Iterator[Task]:
    """Proposals that the unit leads and whose newest version has no stamped scan yet, where this seat can file it."""
    for proposal, lacks in rows:
        if lacks and proposal.lead_unit_id == actor.unit_id and check(Action.FILE_SCAN, proposal, actor=actor, now=now) is None:
            why = say("The stamped scan of the newest version is not filed yet.")
            url = url_for("proposals.show", id=proposal.id)
            yield Task(titled(proposal), url, why, say("File the scan"), url_for("proposals.scan", id=proposal.id), rank=reading.AT_MOST)


def _first_numbers(proposals: Sequence[Proposal]) -> list[str]:
    """Return the numbers of the first few, with an ellipsis where there are more."""
    return [one.number for one in proposals[:NAMED]] + ["…"] * (len(proposals) > NAMED)


def ballots_due(proposals: Iterable[Proposal]) -> Iterator[Task]:
    """One task for each year with proposals whose next stage is the vote and that stand in no ballot."""
    waiting: dict[int, list[Proposal]] = {}
    for proposal in proposals:
        if _waits_for_a_ballot(proposal):
            waiting.setdefault(proposal.programme_id, []).append(proposal)
    for ready in waiting.values():
        programme = ready[0].programme
        why = say("Ready for the vote and not yet in a ballot: {count} ({numbers}).", count=len(ready), numbers=_first_numbers(ready))
        url = url_for("ballots.new")
        yield Task(
            say("Put proposals to the vote: {programme}", programme=programme),
            url,
            why,
            say("Open a ballot"),
            url,
            due_of(programme, PhaseKind.VOTING),
            rank=reading.AT_MOST,
        )


def _waits_for_a_ballot(proposal: Proposal) -> bool:
    return proposal.state is ProposalState.REVIEWED or (
        proposal.state is ProposalState.SCREENED and order_of(proposal.programme.review) is not Order.REVIEW_FIRST
    )


def links_due() -> Iterator[Task]:
    """People who asked for a new password."""
    for person in reading.people_without_password():
        url = url_for("members.person", person_id=person.id)
        why = say("Cannot sign in and asked for a new password at {at}.", at=person.reset_requested_at)
        yield Task(person, url, why, say("Make a link"), url)


def dated(programme: Programme) -> list[PhaseKind]:
    """Return the phases that this year has: expert review only where it is switched on."""
    return [kind for kind in PhaseKind if kind is not PhaseKind.REVIEW or order_of(programme.review) is not Order.OFF]


def dates_due(years: Iterable[Programme]) -> Iterator[Task]:
    """The newest year, where some phase has no dates."""
    for programme in list(years)[:1]:
        if any(programme.phase(kind) is None for kind in dated(programme)):
            url = url_for("programmes.change_dates", year=programme.year)
            yield Task(programme, url, say("Not every phase of the year has its dates yet."), say("Set the dates"), url)


def held_in(years: Iterable[Programme]) -> dict[int, int]:
    """Return the proposals on which a decision is held, each with its year; no query where no year releases them together."""
    together = [year.id for year in years if year.release_together]
    return {row[0]: row[1] for row in session().execute(decisions.held_in(together))} if together else {}


def releases_due(years: Iterable[Programme], held: Mapping[int, int]) -> Iterator[Task]:
    """One line for each year with decisions that are held."""
    for year in years:
        count = list(held.values()).count(year.id)
        if count:
            url = url_for("decisions.release", year=year.year)
            why = say("Decisions held until they are released together: {count}.", count=count)
            yield Task(say("Release the decisions: {programme}", programme=year), url, why, say("Look and release"), url, due_of(year, PhaseKind.DECISION))


def decisions_due(
    actor: Actor, now: datetime, programme_id: int | None = None, candidates: reading.Candidates | None = None, held: Mapping[int, int] | None = None
) -> list[Task]:
    """Return the proposals that await a decision which this seat can take at ``now``, with what the vote said of each; none of those ``held``.

    Of one year where ``programme_id`` is given; of ``candidates`` where the caller has already read them. Needs the years loaded
    (``reading.programmes``). Makes two queries at most, whatever the number of proposals.
    """
    if candidates is None:
        wanted = decisions.awaiting(now)
        rows = session().execute(wanted if programme_id is None else wanted.where(Proposal.programme_id == programme_id))
        candidates = [(row[0], row[1]) for row in rows]
    unsealed = settle((proposal for proposal, _result in candidates), now)
    mine = [(one, result) for one, result in candidates if one.id not in (held or {}) and check(Action.DEFER, one, actor=actor, now=now) is None]
    return in_order(
        Task(
            titled(proposal),
            url_for("proposals.show", id=proposal.id),
            _vote_on(proposal, unsealed.get(proposal.id), sealed),
            say("Decide"),
            url_for("decisions.decide", id=proposal.id),
            due_of(proposal.programme, PhaseKind.DECISION),
            rank=place,
        )
        for place, (proposal, sealed) in enumerate(mine[: reading.AT_MOST])
    )


def _vote_on(proposal: Proposal, unsealed: DueResult | None, sealed: JSONDict | None) -> Message:
    if unsealed is not None:
        return in_words(unsealed.outcome, unsealed.result.as_data())
    return in_words(proposal.ballot_outcome, sealed)
