"""The files of a proposal: attach, remove, download, and file the stamped scan of a version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for

from tracker.config import MB
from tracker.db import session
from tracker.errors import Invalid, NotFound
from tracker.files import disk
from tracker.members.models import Person
from tracker.messages import Message, say
from tracker.policy import Action
from tracker.proposals import attaching, queries
from tracker.proposals.enclosures import SCANS, TAKEN, AttachmentKind, may_read
from tracker.proposals.models import Attachment, Proposal
from tracker.web import uploads
from tracker.web.formats import translated
from tracker.web.identity import SAFE, the_actor, writing_as_asked
from tracker.web.locale import ngettext
from tracker.web.proposals.blueprint import KEY, ONE, bp, load, look, seen_version
from tracker.web.told import told

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

SAID = 5
Enclosed = tuple[Attachment, Person]


@dataclass(frozen=True, slots=True)
class Enclosures:
    """The files of a proposal that the reader may read."""

    all: Sequence[Enclosed]

    @property
    def present(self) -> list[Enclosed]:
        """Those of the working copy."""
        return [row for row in self.all if row[0].kind is AttachmentKind.ATTACHMENT and row[0].removed_at is None]

    @property
    def removed(self) -> list[Enclosed]:
        """Those that only earlier versions carry."""
        return [row for row in self.all if row[0].removed_at is not None]

    def of(self, content: dict[str, object]) -> list[Enclosed]:
        """Return those that a version carries, by its frozen text."""
        bound = content.get("files")
        ids = {one["id"] for one in bound} if isinstance(bound, list) else set()
        return [row for row in self.all if row[0].id in ids]

    def scans(self, number: int | None = None) -> list[Enclosed]:
        """Return the stamped scans, newest first: of one version, or of all."""
        found = [row for row in self.all if row[0].kind is AttachmentKind.SCAN and number in {None, row[0].version_number}]
        return found[::-1]


def enclosures(proposal: Proposal) -> Enclosures:
    """Return the files of the proposal that the person signed in may read."""
    actor = the_actor()
    return Enclosures([(one, person) for one, person in session().execute(queries.files(proposal.id)) if may_read(actor, one, proposal)])


@bp.route(f"{ONE}/files", methods=["GET", "POST"])
@uploads.takes_files
def files(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show the files of the working copy; a POST adds those that were chosen."""
    proposal = look(id, Action.ATTACH)
    if request.method in SAFE:
        return _files_page(proposal)
    session().rollback()
    received, wrong = uploads.receive("files", kinds=TAKEN)
    kept: set[str] = set()
    try:
        with writing_as_asked():
            added = attaching.attach(load(id), received, actor=the_actor(), limits=uploads.limits()) if received else []
        kept = {one.file.stored_as for one in added}
    except Invalid as error:
        wrong = [*wrong, *error.fields["files"]]
        received, added = [*received], []
    finally:
        uploads.discard(received, kept=kept)
    if wrong and not added:
        return _files_page(look(id, Action.ATTACH), wrong), 422
    _say(len(added), wrong)
    return redirect(url_for("proposals.files", id=id), 303)


def _say(added: int, wrong: Sequence[Message]) -> None:
    if added:
        flash(ngettext("%(num)s file was added.", "%(num)s files were added.", added), "good")
    elif not wrong:
        flash(translated(say("This file is there already.")), "message")
    for message in wrong[:SAID]:
        flash(translated(message), "bad")


def _files_page(proposal: Proposal, wrong: Sequence[Message] = ()) -> str:
    limits = uploads.limits()
    enclosed = enclosures(proposal)
    return render_template(
        "proposals/files.html",
        proposal=proposal,
        enclosed=enclosed,
        wrong=wrong[:SAID],
        kinds=TAKEN,
        each=limits.each // MB,
        count=limits.count,
        together=limits.together // MB,
        used=sum(one.file.size for one, _person in enclosed.present),
    )


@bp.get(f"{ONE}/files/<{KEY}:file_id>")
def download(id: int, file_id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Give one file of the proposal to those who may read it."""
    found = _one(load(id), file_id)
    row = found.file
    session().rollback()
    return uploads.give(name=row.name, stored_as=row.stored_as, sha256=row.sha256)


def _one(proposal: Proposal, file_id: int) -> Attachment:
    found = next((one for one, _person in enclosures(proposal).all if one.id == file_id), None)
    if found is None:
        raise NotFound
    return found


@bp.route(f"{ONE}/files/<{KEY}:file_id>/detach", methods=["GET", "POST"])
def detach(id: int, file_id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show what removing a file means; a POST does it."""
    proposal = look(id, Action.DETACH)
    if request.method in SAFE:
        found = _one(proposal, file_id)
        if found.kind is not AttachmentKind.ATTACHMENT or found.removed_at is not None:
            raise NotFound
        return render_template("proposals/detach.html", proposal=proposal, attachment=found)
    session().rollback()
    with writing_as_asked():
        gone = attaching.detach(load(id), file_id, actor=the_actor())
    if gone is not None:
        disk.discard(uploads.folder(), gone)
    flash(translated(say("The file is removed.")), "good")
    return redirect(url_for("proposals.files", id=id), 303)


@bp.route(f"{ONE}/scan", methods=["GET", "POST"])
@uploads.takes_files
def scan(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Show the stamped scans filed so far; a POST files one for the version chosen."""
    proposal = look(id, Action.FILE_SCAN)
    if request.method in SAFE:
        return _scan_page(proposal)
    session().rollback()
    number = seen_version(request.form.get("number"))
    received, wrong = uploads.receive("file", kinds=SCANS)
    kept: set[str] = set()
    try:
        if received:
            with writing_as_asked():
                filed = attaching.file_scan(load(id), received[0], number=number, actor=the_actor(), limits=uploads.limits())
            kept = {filed.file.stored_as}
    except Invalid as error:
        wrong = [error.message]
    finally:
        uploads.discard(received, kept=kept)
    if wrong:
        return _scan_page(look(id, Action.FILE_SCAN), wrong, number), 422
    flash(translated(say("The stamped scan of version {number} is filed.", number=number)), "good")
    return redirect(url_for("proposals.show", id=id), 303)


def _scan_page(proposal: Proposal, wrong: Sequence[Message] = (), number: int | None = None) -> str:
    versions = [version for version, _person in session().execute(queries.versions(proposal.id))]
    return render_template(
        "proposals/scan.html",
        proposal=proposal,
        versions=versions,
        chosen=number or versions[0].number,
        enclosed=enclosures(proposal),
        wrong=wrong,
        kinds=SCANS,
        each=uploads.limits().each // MB,
        told=told(proposal, Action.FILE_SCAN, the_actor()),
    )
