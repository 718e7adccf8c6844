"""The verbs of what is handed in beside the text: attach, detach, file the stamped scan.

The files lie on disk already (``files.disk.store``); each takes a proposal loaded by ``queries.locked``, so that two uploads at once
cannot pass the limits together, checks, writes the event through ``perform``, and does not commit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tracker import clock
from tracker.config import MB, FileLimits
from tracker.db import session
from tracker.errors import Invalid, NotFound, Refused
from tracker.files.disk import Stored
from tracker.files.models import row_of
from tracker.messages import say
from tracker.policy import Action, Actor, check
from tracker.proposals import queries
from tracker.proposals.enclosures import AttachmentKind
from tracker.proposals.models import Attachment, Proposal, Version
from tracker.transitions import perform


def attach(proposal: Proposal, received: Sequence[Stored], *, actor: Actor, limits: FileLimits) -> list[Attachment]:
    """Add files to the working copy and return them; one that is there already, by name and content, is left out.

    Raises Refused, and Invalid where they would be too many or too large together; then none of them is added.
    """
    _refuse(Action.ATTACH, proposal, actor)
    present = list(session().scalars(queries.present_files(proposal.id)))
    there = {(one.file.name, one.file.sha256) for one in present}
    fresh = list({(one.name, one.sha256): one for one in received if (one.name, one.sha256) not in there}.values())
    _within(limits, count=len(present) + len(fresh), size=sum(one.file.size for one in present) + sum(one.size for one in fresh))
    if not fresh:
        return []
    perform(Action.ATTACH, proposal, actor=actor, facts={"sha256": [one.sha256 for one in fresh]})
    proposal.changed_at, proposal.version = clock.now(), proposal.version + 1
    return [_add(proposal, one, AttachmentKind.ATTACHMENT, actor) for one in fresh]


def detach(proposal: Proposal, attachment_id: int, *, actor: Actor) -> str | None:
    """Take a file out of the working copy. Versions that carry it keep it; else it is gone, and the name to discard on disk is returned.

    Raises Refused, and NotFound for a file that is not in the working copy.
    """
    _refuse(Action.DETACH, proposal, actor)
    found = next((one for one in session().scalars(queries.present_files(proposal.id)) if one.id == attachment_id), None)
    if found is None:
        raise NotFound
    perform(Action.DETACH, proposal, actor=actor, facts={"sha256": found.file.sha256})
    proposal.changed_at, proposal.version = clock.now(), proposal.version + 1
    if found.first_version is not None:
        found.removed_at = clock.now()
        return None
    session().delete(found)
    session().flush()
    session().delete(found.file)
    return found.file.stored_as


def file_scan(proposal: Proposal, received: Stored, *, number: int, actor: Actor, limits: FileLimits) -> Attachment:
    """Keep the stamped scan of version ``number``; an earlier scan of it stays listed. Raises Refused, and Invalid for another version."""
    _refuse(Action.FILE_SCAN, proposal, actor)
    version = session().execute(queries.version(proposal.id, number)).first()
    if version is None:
        raise Invalid({"number": [say("Choose one of the list.")]})
    scans = [one for one, _person in session().execute(queries.files(proposal.id)) if one.kind is AttachmentKind.SCAN]
    same = next((one for one in scans if one.version_number == number and one.file.sha256 == received.sha256), None)
    if same is not None:
        return same
    _within(limits, count=len(scans) + 1, size=sum(one.file.size for one in scans) + received.size)
    frozen: Version = version[0]
    perform(Action.FILE_SCAN, proposal, actor=actor, facts={"sha256": received.sha256, "version": number, "of": frozen.sha256})
    return _add(proposal, received, AttachmentKind.SCAN, actor, number)


def bind_files(proposal_id: int, number: int) -> list[dict[str, Any]]:
    """Return the files of the working copy as version ``number`` keeps them, and note in each that a version carries it."""
    bound = []
    for one in session().scalars(queries.present_files(proposal_id)):
        one.first_version = one.first_version or number
        bound.append({"id": one.id, "name": one.file.name, "size": one.file.size, "sha256": one.file.sha256})
    return bound


def _add(proposal: Proposal, received: Stored, kind: AttachmentKind, actor: Actor, number: int | None = None) -> Attachment:
    if actor.person_id is None:
        raise NotFound
    row = row_of(received, person_id=actor.person_id, at=clock.now())
    added = Attachment(proposal_id=proposal.id, file=row, kind=kind, version_number=number)
    session().add(added)
    session().flush()
    return added


def _within(limits: FileLimits, *, count: int, size: int) -> None:
    if count > limits.count:
        raise Invalid({"files": [say("At most {limit} files; these would be {count}.", limit=limits.count, count=count)]})
    if size > limits.together:
        raise Invalid({"files": [say("The files together may have {limit} MB; these would have {size} MB.", limit=limits.together // MB, size=-(-size // MB))]})


def _refuse(action: Action, proposal: Proposal, actor: Actor) -> None:
    denial = check(action, proposal, actor=actor, now=clock.now())
    if denial is not None:
        raise Refused(denial)
