"""The dossier of a proposal: all that is on record about it in one ZIP, with a manifest by which anybody can check that nothing changed."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from flask import Response

from tracker import clock
from tracker.audit.models import Event
from tracker.db import session
from tracker.decisions.models import Decision
from tracker.decisions.queries import decisions_on, items_on
from tracker.digest import canonical
from tracker.files import disk
from tracker.policy import Action, can
from tracker.programmes.models import FormVersion
from tracker.proposals import queries
from tracker.proposals.models import Attachment, Proposal
from tracker.reviews import queries as reviews
from tracker.reviews.models import Review
from tracker.web import uploads
from tracker.web.formats import translated
from tracker.web.identity import the_actor
from tracker.web.proposals.blueprint import ONE, bp, look
from tracker.web.proposals.files import enclosures

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

MANIFEST = "manifest.json"
PIECE = 64 * 1024
Part = tuple[str, bytes | Path]
"""A file of the dossier: its name in it, and what it holds or where that lies on disk."""


@bp.get(f"{ONE}/dossier.zip")
def dossier(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Send all versions, reviews, decisions, results, events and files of a proposal; the read transaction is over before it is packed."""
    proposal = look(id, Action.COLLECT)
    number, parts = proposal.number, [*_records(proposal), *_files(proposal)]
    session().rollback()
    headers = {"Content-Disposition": f'attachment; filename="{number}.zip"', "Cache-Control": "no-store"}
    return Response(_packed(number, parts), mimetype="application/zip", headers=headers)


def _packed(number: str, parts: Sequence[Part]) -> Iterator[bytes]:
    """Pack the parts and give the ZIP piece by piece; the spool is made when the first piece is asked for, and gone after the last."""
    with TemporaryFile() as spool:
        with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as packed:
            listed = [_add(packed, name, holds) for name, holds in parts]
            told = {"proposal": number, "made_at": clock.now().isoformat(), "files": listed}
            packed.writestr(MANIFEST, json.dumps(told, ensure_ascii=False, indent=1))
        spool.seek(0)
        while piece := spool.read(PIECE):
            yield piece


def _add(packed: zipfile.ZipFile, name: str, holds: bytes | Path) -> dict[str, object]:
    """Put a file into the ZIP and return its line of the manifest: name, size in bytes, SHA-256."""
    if isinstance(holds, Path):
        packed.write(holds, name)
        return {"name": name, "size": holds.stat().st_size, "sha256": _digest(holds)}
    packed.writestr(name, holds)
    return {"name": name, "size": len(holds), "sha256": hashlib.sha256(holds).hexdigest()}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _records(proposal: Proposal) -> Iterator[Part]:
    """Give what is kept as rows: each version, and each form that one was written with, in the very bytes its hash is made over, the rest as lists."""
    now = clock.now()
    forms: dict[int, FormVersion] = {}
    for version, _person in session().execute(queries.versions(proposal.id)):
        yield f"versions/{version.number}.json", canonical(version.content)
        if version.form_version is not None:
            forms[version.form_version.number] = version.form_version
    for number, form in forms.items():
        yield f"forms/{number}.json", canonical(form.body)
    yield "reviews.json", _json([_review(one) for one in _reviews(proposal)])
    yield (
        "results.json",
        _json(
            [{"ballot": item.ballot.number, "item": item.number, "result": item.result} for item, _roll, _out in session().execute(items_on(proposal.id, now))]
        ),
    )
    yield "decisions.json", _json([_decision(one) for one in session().scalars(decisions_on(proposal.id))])
    chosen = (Event.subject_kind == Proposal.subject_kind, Event.subject_id == proposal.id)
    events = session().query(Event).where(*chosen).order_by(Event.place)
    yield "events.json", _json([{**event.content(), "previous": event.previous, "hash": event.hash} for event in events])


def _json(rows: list[Any]) -> bytes:
    return json.dumps(rows, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _reviews(proposal: Proposal) -> list[Review]:
    """Return the reviews that were handed in and that the reader may see."""
    found = reviews.together(list(session().scalars(reviews.of_proposal(proposal.id)).unique()), proposal)
    return [one for one in found if one.submissions and can(Action.VIEW, one, actor=the_actor(), now=clock.now())]


def _review(review: Review) -> dict[str, object]:
    handed_in = [{"number": one.number, "sha256": one.sha256, "at": one.submitted_at.isoformat(), "review": one.content} for one in review.submissions]
    return {"expert": translated(review.person), "version": review.judged.number, "state": review.state, "handed_in": handed_in}


def _decision(one: Decision) -> dict[str, object]:
    own = {"kind": one.kind, "opinion": one.opinion, "reason": one.reason, "against_vote": one.against_vote, "ballot_outcome": one.ballot_outcome}
    return own | {"by": translated(one.person), "role": one.role, "at": one.decided_at.isoformat()}


def _files(proposal: Proposal) -> Iterator[Part]:
    """Give the files that the reader may read, whose bytes are what they were; each under its id, since names may be alike."""
    for attachment, _person in enclosures(proposal).all:
        yield _name(attachment), disk.verified(uploads.folder(), attachment.file.stored_as, sha256=attachment.file.sha256)


def _name(attachment: Attachment) -> str:
    """Return the name in the ZIP: no path that somebody gave a file leads out of its folder."""
    plain = attachment.file.name.replace("/", "_").replace("\\", "_")
    return f"files/{attachment.id}-{plain}"
