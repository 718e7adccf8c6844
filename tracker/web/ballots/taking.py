"""The record of a closed ballot to take away: as JSON, or as a ZIP with a program that counts it again."""

from __future__ import annotations

import hashlib
import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response

from tracker import clock
from tracker.db import session
from tracker.errors import NotFound, Refused
from tracker.messages import say
from tracker.policy import Action, Denial, Kind, check
from tracker.voting import alone, counting, evidence, queries
from tracker.voting.models import Ballot
from tracker.voting.record import Secrecy
from tracker.voting.record_text import record_text
from tracker.voting.veil import is_veiled
from tracker.web.ballots import voting
from tracker.web.ballots.blueprint import ONE, bp
from tracker.web.identity import the_actor

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

FOLDER = Path(alone.__file__).parent
HANDED_OUT = ("recount.py", "README.txt")
LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time written beside each file, so that one state of a ballot gives one ZIP, byte for byte."""


@bp.get(f"{ONE}/record.json")
def record(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Give the record of a closed ballot as a file that anyone can recount."""
    number, text = _record(id)
    return _file(f"{number}-record.json", text, "application/json")


@bp.get(f"{ONE}/record.zip")
def record_zip(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Give the record with the program that recounts it, how to run it, and a manifest; packed after the read transaction."""
    number, text = _record(id)
    return _file(f"{number}-record.zip", packed(text), "application/zip")


def packed(record_json: bytes) -> bytes:
    """Return the ZIP for a record."""
    parts = {"record.json": record_json, **{name: (FOLDER / name).read_bytes() for name in HANDED_OUT}}
    listed = [{"name": name, "size": len(holds), "sha256": hashlib.sha256(holds).hexdigest()} for name, holds in parts.items()]
    parts["manifest.json"] = json.dumps({"files": listed}, indent=1).encode()
    spool = BytesIO()
    with zipfile.ZipFile(spool, "w") as archive:
        for name, holds in parts.items():
            archive.writestr(zipfile.ZipInfo(name, LONG_AGO), holds, zipfile.ZIP_DEFLATED)
    return spool.getvalue()


def _record(ballot_id: int) -> tuple[str, bytes]:
    """Return number and record of a closed ballot, the transaction over. Raises NotFound; Refused before the close, or where it would lift the veil."""
    ballot = session().get(Ballot, ballot_id)
    if ballot is None:
        raise NotFound
    denial = check(Action.DOWNLOAD, ballot, actor=the_actor(), now=clock.now())
    if denial is not None:
        raise Refused(denial)
    ballot = voting.one(queries.whole(ballot_id, ballot.secrecy))
    if ballot.secrecy is Secrecy.SECRET and any(is_veiled(counted) for counted in counting.counts(ballot).values()):
        raise Refused(Denial(Kind.WRONG_STATE, say("There is no record to download: on an item with fewer than three votes it would tell who voted how.")))
    found = ballot.number, evidence.with_events(ballot)
    session().rollback()
    return found[0], record_text(found[1])


def _file(name: str, data: bytes, mimetype: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(data, mimetype=mimetype, headers=headers)
