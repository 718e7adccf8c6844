"""The verbs of the unit that writes a proposal: start, edit, submit, withdraw, revive.

Each takes an object loaded by ``queries.locked``, checks, writes the event and the notices through ``perform``, and does not commit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tracker import clock
from tracker.audit.sittings import already_told
from tracker.db import expect_version, session
from tracker.digest import sha256_hex
from tracker.errors import Invalid, NotFound, Refused
from tracker.members.models import Unit
from tracker.members.queries import active_units
from tracker.messages import Message, say
from tracker.policy import Action, Actor, Denial, Kind, check
from tracker.programmes.models import Programme, TopicArea
from tracker.proposals import capping, lateness, queries
from tracker.proposals import content as shape
from tracker.proposals.attaching import bind_files
from tracker.proposals.entry import Draft, read_note
from tracker.proposals.form import Form
from tracker.proposals.forming import form_of, newest
from tracker.proposals.models import Partner, Proposal, Version
from tracker.proposals.owing import missing
from tracker.proposals.partnering import ask, tell_left_out
from tracker.proposals.partners import to_ask
from tracker.proposals.rules import Start
from tracker.proposals.states import ProposalState
from tracker.transitions import perform


def may_start(programme: Programme | None, *, actor: Actor) -> Denial | None:
    """Return why ``actor`` may not start a proposal in this programme (None: no call is out) for their own unit, or None."""
    if programme is None:
        return Denial(Kind.WRONG_STATE, say("No call for proposals is out yet."))
    return check(Action.START, Start(programme, actor.unit_id), actor=actor, now=clock.now())


def start(draft: Draft, *, programme_id: int, actor: Actor) -> Proposal:
    """Start a draft led by the actor's unit and give it the programme's next number, under a lock on the programme.

    The same person starting under the same titles again (a second click) gets the draft that is there already.
    Raises Refused, and Invalid for an area of another programme.
    """
    programme = session().scalars(queries.programme_locked(programme_id)).unique().one_or_none()
    denial = may_start(programme, actor=actor)
    if denial is not None:
        raise Refused(denial)
    if programme is None or actor.unit_id is None or actor.person_id is None:
        raise NotFound
    _active_unit(actor.unit_id)
    already = session().scalars(queries.same_draft(programme.id, actor.unit_id, actor.person_id, draft.title_zh, draft.title_en)).first()
    if already is not None:
        return already
    proposal = new_draft(draft, programme, lead_unit_id=actor.unit_id, person_id=actor.person_id)
    session().add(proposal)
    session().flush()
    perform(Action.START, proposal, actor=actor, facts={"number": proposal.number})
    return proposal


def new_draft(draft: Draft, programme: Programme, *, lead_unit_id: int, person_id: int) -> Proposal:
    """Return a draft under the programme's next number, not yet added; the programme is locked. Raises Invalid for an area of another programme."""
    now = clock.now()
    area, kept = _area(draft.area_id, programme.areas), newest(programme)
    form = form_of(kept)
    programme.last_proposal += 1
    serial = programme.last_proposal
    return Proposal(
        programme=programme,
        serial=serial,
        number=f"{programme.year}-P{serial:02}",
        lead_unit_id=lead_unit_id,
        area_id=area.id if area else None,
        title_zh=draft.title_zh,
        title_en=draft.title_en,
        budget_total=_amount(form, draft.content),
        content=draft.content,
        form_version=kept,
        started_by=person_id,
        started_at=now,
        changed_at=now,
        partners=[],
    )


def _amount(form: Form, content: Mapping[str, Any]) -> int:
    """Return what the proposal asks for in 分: the sum of its lines, or the stated total where the form asks for no lines."""
    asked = form.kept(content)
    return shape.budget_sum(asked) if form.has(shape.BUDGET.name) else asked[shape.TOTAL.name] or 0


def _active_unit(unit_id: int) -> None:
    if session().scalar(active_units().where(Unit.id == unit_id)) is None:
        raise Refused(Denial(Kind.WRONG_PERSON, say("Your unit is no longer a member.")))


def _area(area_id: int | None, areas: Sequence[TopicArea]) -> TopicArea | None:
    """Return the chosen area of the programme, None when none is chosen; raises Invalid for any other."""
    if area_id is None:
        return None
    found = next((area for area in areas if area.id == area_id), None)
    if found is None:
        raise Invalid({"area": [say("Choose one of the list.")]})
    return found


def edit(proposal: Proposal, draft: Draft, *, actor: Actor, seen_version: int) -> bool:
    """Replace the working copy by ``draft``; says whether anything changed (nothing is written when not).

    The event may be one that an earlier save of the same sitting wrote (``audit.sittings``).

    Raises Refused, Stale when ``seen_version`` is no longer the stored one, and Invalid for an area of another programme or a
    partner unit that is the lead unit, named twice, or no longer a member.
    """
    refuse_now(Action.EDIT, proposal, actor)
    expect_version(seen_version, proposal.version)
    area = _area(draft.area_id, list(session().scalars(queries.areas(proposal.programme_id))))
    units = _partner_units(proposal, draft)
    changed = _changed(proposal, draft)
    if not changed:
        return False
    if not already_told(Action.EDIT, proposal, actor=actor, changed=changed):
        perform(Action.EDIT, proposal, actor=actor, facts={"changed": changed})
    _take_over_partners(proposal, draft, units, actor=actor)
    proposal.title_zh, proposal.title_en, proposal.area = draft.title_zh, draft.title_en, area
    proposal.content, proposal.budget_total = draft.content, _amount(proposal.form, draft.content)
    touch(proposal)
    return True


def refuse_now(action: Action, proposal: Proposal, actor: Actor) -> None:
    """Raise Refused at once, so that a wrong state is told before a stale form is."""
    denial = check(action, proposal, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)


def touch(proposal: Proposal) -> None:
    """Say that the proposal was changed now, so that a form drawn before is stale."""
    proposal.changed_at = clock.now()
    proposal.version += 1


def _changed(proposal: Proposal, draft: Draft) -> list[str]:
    """Return the names of what ``draft`` changes, for the event."""
    before = {**shape.empty(), **proposal.content, "title_zh": proposal.title_zh, "title_en": proposal.title_en, "area": proposal.area_id}
    after = {**draft.content, "title_zh": draft.title_zh, "title_en": draft.title_en, "area": draft.area_id}
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    partners = tuple((partner.unit_id, partner.share) for partner in proposal.partners)
    return changed if partners == draft.partners else [*changed, shape.PARTNERS.name]


def _partner_units(proposal: Proposal, draft: Draft) -> dict[int, Unit]:
    """Return the partner units by id; raises Invalid naming the row of each that cannot take part."""
    wanted = {unit_id for unit_id, _share in draft.partners if unit_id is not None}
    units = {unit.id: unit for unit in session().scalars(active_units().where(Unit.id.in_(wanted)))} if wanted else {}
    wrong: dict[str, list[Message]] = {}
    seen: set[int] = set()
    for place, (unit_id, _share) in enumerate(draft.partners):
        reason = _partner_fault(unit_id, proposal, units, seen)
        if reason is not None:
            wrong[f"partners-{place}-unit"] = [reason]
        seen |= {unit_id} if unit_id is not None else set()
    if wrong:
        raise Invalid(wrong)
    return units


def _partner_fault(unit_id: int | None, proposal: Proposal, units: dict[int, Unit], seen: set[int]) -> Message | None:
    if unit_id is None:
        return say("Choose the unit, or clear the row.")
    if unit_id == proposal.lead_unit_id:
        return say("The lead unit cannot be a partner of itself.")
    if unit_id in seen:
        return say("This unit is named twice.")
    if unit_id not in units:
        return say("This unit is not a member now.")
    return None


def _take_over_partners(proposal: Proposal, draft: Draft, units: dict[int, Unit], *, actor: Actor) -> None:
    """Keep the rows of units that stay, so that no unit stands twice for a moment; who was asked and does not stay is told."""
    rows = {partner.unit_id: partner for partner in proposal.partners}
    kept = []
    for place, (unit_id, share) in enumerate(draft.partners):
        if unit_id is None:
            continue
        row = rows.get(unit_id) or Partner(unit=units[unit_id], unit_id=unit_id)
        row.position, row.share = place, share
        kept.append(row)
    tell_left_out(proposal, kept, actor=actor)
    proposal.partners = kept


def snapshot(proposal: Proposal, number: int | None = None) -> dict[str, Any]:
    """Return the proposal as it reads now, complete in itself: units and area by name, so that a version reads the same; ``number`` None: the working copy."""
    area = proposal.area
    return {
        **proposal.form.kept(proposal.content),
        "proposal": proposal.number,
        "version": number,
        "title_zh": proposal.title_zh,
        "title_en": proposal.title_en,
        "area": {"name_zh": area.name_zh, "name_en": area.name_en} if area else None,
        "lead": _unit(proposal.lead_unit),
        "partners": [{"unit": _unit(partner.unit), "share": partner.share} for partner in proposal.partners],
        **({"late": True} if proposal.late_pass_id is not None else {}),
    }


def _unit(unit: Unit) -> dict[str, str]:
    return {"code": unit.code, "name_zh": unit.name_zh, "name_en": unit.name_en}


def owed(proposal: Proposal) -> dict[str, Message]:
    """Return what a submission of the working copy still owes, by field."""
    partners = [{"unit": partner.unit_id, "share": partner.share} for partner in proposal.partners]
    return missing(proposal.form, proposal.content, titles=(proposal.title_zh, proposal.title_en), area=proposal.area_id is not None, partners=partners)


def submission_of(proposal: Proposal) -> Action:
    """Return by which verb its unit hands the working copy in: submitted for the formal check, or sent in with the changes that an approval asks for."""
    return Action.AMEND if proposal.state is ProposalState.APPROVED_WITH_CHANGES else Action.SUBMIT


def submit(proposal: Proposal, *, actor: Actor, seen_version: int, undertaking: bool, note: str = "") -> Version:
    """Freeze the working copy as the next version and hand it to the secretariat, with a note of what changed, if the unit gives one.

    What was approved with changes stays so, and its changes are sent in with the version.

    Partner units that were not asked about their present share of the work are asked with it.

    Raises Refused (a second submission finds the state changed), Stale when the text is no longer the one that was checked, Invalid
    for what is missing, the undertaking among it.
    """
    action = submission_of(proposal)
    refuse_now(action, proposal, actor)
    expect_version(seen_version, proposal.version)
    lacking = {name: [message] for name, message in owed(proposal).items()}
    if not undertaking:
        lacking["undertaking"] = [say("Tick the undertaking.")]
    if lacking:
        raise Invalid(lacking)
    if action is Action.SUBMIT:
        capping.take_place(proposal)
        refuse_now(action, proposal, actor)
        lateness.take_use(proposal)
    if to_ask(proposal.partners):
        ask(proposal, actor=actor)
    number = (session().scalar(queries.last_version_number(proposal.id)) or 0) + 1
    frozen = {**snapshot(proposal, number), "undertaking": True, "form": proposal.form_number, "files": bind_files(proposal.id, number)}
    digest = sha256_hex(frozen)
    perform(action, proposal, actor=actor, note=read_note(note), facts={"version": number, "sha256": digest})
    proposal.submitted_at, proposal.return_due_at = clock.now(), None
    if proposal.amending is not None:
        proposal.owes = replace(proposal.amending, sent_in=number).kept()
    touch(proposal)
    version = Version(
        proposal_id=proposal.id,
        number=number,
        content=frozen,
        sha256=digest,
        submitted_at=clock.now(),
        submitted_by=actor.person_id,
        form_version=proposal.form_version,
    )
    session().add(version)
    return version


def withdraw(proposal: Proposal, *, actor: Actor, note: str) -> None:
    """Take the proposal back, with the reason that is told to those on it. Raises Refused or Invalid."""
    perform(Action.WITHDRAW, proposal, actor=actor, note=read_note(note))
    touch(proposal)


def revive(proposal: Proposal, *, actor: Actor, note: str = "") -> None:
    """Make a withdrawn proposal a draft again: hidden from others once more until it passes the formal check anew."""
    perform(Action.REVIVE, proposal, actor=actor, note=read_note(note))
    proposal.screened_at = proposal.reviewed_at = proposal.review_summary = proposal.return_due_at = None
    touch(proposal)
