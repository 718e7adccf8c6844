"""Two versions of a proposal side by side in one text: what was put in, what was taken out, who did it, when and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import render_template, request

from tracker.audit.models import Event
from tracker.db import session
from tracker.errors import NotFound
from tracker.fields import Field, Kind, Table
from tracker.members.queries import last_act
from tracker.messages import Message, say
from tracker.policy import Action
from tracker.proposals import actions, queries
from tracker.proposals import content as shape
from tracker.proposals.content import GRIDS, SCALARS
from tracker.proposals.models import Proposal, Version
from tracker.web.differing import Diff, field_diff, joined, table_diff, value_text
from tracker.web.formats import name_text, size_text
from tracker.web.identity import the_actor
from tracker.web.proposals.blueprint import ONE, bp, load
from tracker.web.proposals.show import readable, reads_draft, sees_contact

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

WORKING = "working"
FILES = Table("files", say("Attachments"), (Field("name", say("File")), Field("size", say("Size"), Kind.CODE), Field("sha256", say("SHA-256"), Kind.CODE)), 0)
CONTACT = frozenset(field.name for field in shape.CONTACT)


@dataclass(frozen=True, slots=True)
class Side:
    """One of the texts: its name in the address, its content, who made it when, what had been asked and what was said with it."""

    key: str
    content: Mapping[str, Any]
    at: datetime
    person: object | None
    asked: str = ""
    note: str = ""

    @property
    def label(self) -> Message:
        """What it is called."""
        return say("Working copy") if self.key == WORKING else say("Version {number}", number=self.key)


@bp.get(f"{ONE}/compare")
def compare(id: int) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """Compare any two versions; those who read the working copy, that too. Without an address of its own: the last two texts."""
    proposal = load(id)
    sides = sides_of(proposal)
    first, second = _asked(sides)
    everything = request.args.get("all") == "1"
    sections = sections_between(first.content, second.content, contact=sees_contact(the_actor(), proposal)) if first and second else []
    shown = [(label, [diff for diff in diffs if diff.changed or everything]) for label, diffs in sections]
    return render_template(
        "proposals/compare.html",
        proposal=proposal,
        sides=sides,
        first=first,
        second=second,
        sections=[(label, diffs) for label, diffs in shown if diffs],
        changed=sum(diff.changed for _label, diffs in sections for diff in diffs),
        everything=everything,
    )


def sides_of(proposal: Proposal) -> list[Side]:
    """Return all texts of a proposal that the reader may read, oldest first."""
    turns = list(session().scalars(queries.turns(proposal.id)))
    found = [
        Side(str(version.number), version.content, version.submitted_at, person, *_why(version.number, turns))
        for version, person in session().execute(queries.versions(proposal.id))
    ][::-1]
    if reads_draft(the_actor(), proposal):
        last = session().execute(last_act(proposal.subject_kind, proposal.id)).first()
        found.append(Side(WORKING, working_copy(proposal), proposal.changed_at, last.Person if last else None, _open_remark(turns)))
    return found


def working_copy(proposal: Proposal) -> dict[str, Any]:
    """Return the text as it reads now, with its files."""
    files = [{"name": one.file.name, "size": one.file.size, "sha256": one.file.sha256} for one in session().scalars(queries.present_files(proposal.id))]
    return {**actions.snapshot(proposal), "files": files}


def _why(number: int, turns: Sequence[Event]) -> tuple[str, str]:
    """Return the remark of the return that asked for a version, and what was said with its submission; "" for none."""
    asked = ""
    for event in turns:
        if event.action == Action.RETURN:
            asked = event.note
        elif event.facts.get("version") == number:
            return asked, event.note
        else:
            asked = ""
    return "", ""


def _open_remark(turns: Sequence[Event]) -> str:
    """Return the remark that the working copy answers, "" when nothing was returned last."""
    return turns[-1].note if turns and turns[-1].action == Action.RETURN else ""


def _asked(sides: Sequence[Side]) -> tuple[Side, Side] | tuple[None, None]:
    """Return the two texts that the address names, by default the last two, (None, None) where there are no two; raises NotFound."""
    by_key = {side.key: side for side in sides}
    if "from" not in request.args and "to" not in request.args:
        return (sides[-2], sides[-1]) if len(sides) > 1 else (None, None)
    first, second = (by_key.get(request.args.get(name, "")) for name in ("from", "to"))
    if first is None or second is None:
        raise NotFound
    return first, second


def sections_between(old: Mapping[str, Any], new: Mapping[str, Any], *, contact: bool) -> list[tuple[Message, list[Diff]]]:
    """Compare two snapshots in the order of the form; the contact's address only where the reader sees it, and nothing that is empty in both."""
    sections = [(section.label, list(_diffs(section.names, old, new, contact=contact))) for section in shape.SECTIONS]
    files: list[Diff] = [table_diff(FILES, _files(old), _files(new))] if old.get("files") or new.get("files") else []
    return [*sections, (FILES.label, files)]


def _files(content: Mapping[str, Any]) -> list[list[str]]:
    """Return the files of a text as rows, by name: replaced is what has the name and other bytes."""
    return [[one["name"], size_text(one["size"]), one["sha256"][:12]] for one in sorted(content.get("files") or [], key=lambda one: str(one["name"]))]


def _diffs(names: Sequence[str], old: Mapping[str, Any], new: Mapping[str, Any], *, contact: bool) -> Iterator[Diff]:
    for name in names:
        if (name in CONTACT and not contact) or not (old.get(name) or new.get(name)):
            continue
        if name in GRIDS:
            yield table_diff(GRIDS[name], _rows(name, old), _rows(name, new))
        else:
            yield field_diff(_field(name), _text(name, old), _text(name, new))


def _field(name: str) -> Field:
    return SCALARS.get(name) or Field(name, {"area": shape.AREA, "keywords": shape.KEYWORDS_LABEL}[name])


def _text(name: str, content: Mapping[str, Any]) -> str:
    value = content.get(name)
    if name == "area":
        return name_text(readable(value))
    return joined(value or []) if name == "keywords" else value_text(SCALARS[name], value)


def _rows(name: str, content: Mapping[str, Any]) -> list[list[str]]:
    if name == shape.PARTNERS.name:
        return [[name_text(readable(row["unit"])), row["share"]] for row in content.get(name) or []]
    return [[value_text(column, row.get(column.name)) for column in GRIDS[name].columns] for row in content.get(name) or []]


def changed_since(version: Version, proposal: Proposal) -> list[Diff]:
    """Return what the working copy changed since a version, for those who write it."""
    sections = sections_between(version.content, working_copy(proposal), contact=True)
    return [diff for _label, diffs in sections for diff in diffs if diff.changed]
