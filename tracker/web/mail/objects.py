"""What notices are about, as people speak of it: a comment belongs to its proposal, a report to its project."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from tracker.changes.models import ChangeRequest
from tracker.comments.models import Remark
from tracker.db import session
from tracker.notifications.models import Mailing, Notice
from tracker.projects.models import Objection, Obligation, Project
from tracker.proposals.models import Proposal
from tracker.reports.models import Report
from tracker.reviews.models import Review
from tracker.voting.models import Ballot
from tracker.web.formats import title_text
from tracker.web.mail.sight import PARTING

Key = tuple[str, int]
_OF_REPORTS = sa.select(Report.id, Obligation.project_id).join(Obligation, Obligation.id == Report.obligation_id)
PARTS: Mapping[str, tuple[str, sa.Select[int, int], Any, Any]] = {
    "remark": ("proposal", sa.select(Remark.id, Remark.proposal_id), Remark.id, Remark.proposal_id),
    "review": ("proposal", sa.select(Review.id, Review.proposal_id), Review.id, Review.proposal_id),
    "objection": ("project", sa.select(Objection.id, Objection.project_id), Objection.id, Objection.project_id),
    "change_request": ("project", sa.select(ChangeRequest.id, ChangeRequest.project_id), ChangeRequest.id, ChangeRequest.project_id),
    "report": ("project", _OF_REPORTS, Report.id, Obligation.project_id),
}
"""What belongs to something greater: to what, how the two are selected together, and the key of each."""
TITLED: Mapping[str, type[Proposal | Ballot | Project]] = {"proposal": Proposal, "ballot": Ballot, "project": Project}
LISTED = frozenset({*TITLED, "report"})
"""Kinds of objects that have a list of the e-mails about them."""


@dataclass(frozen=True, slots=True)
class Heading:
    """An object as a heading names it; what notices of no such object stand under is None instead."""

    number: str
    title: str
    path: str


def gathered(notices: Iterable[Notice]) -> list[tuple[Heading | None, list[Notice]]]:
    """Return notices by the object they belong to, in the order of the first of each, those of none that their reader may open last."""
    told = list(notices)
    owners = _owners({(notice.subject_kind, notice.subject_id) for notice in told})
    found = headings(owners.values())
    groups: dict[Heading | None, list[Notice]] = defaultdict(list)
    for notice in told:
        owner = owners.get((notice.subject_kind, notice.subject_id)) if notice.action not in PARTING else None
        groups[found.get(owner) if owner else None].append(notice)
    loose = groups.pop(None, [])
    return [*groups.items(), *([(None, loose)] if loose else [])]


def headings(keys: Iterable[Key]) -> dict[Key, Heading]:
    """Return how proposals, ballots and projects are named in the reader's language; one that is gone is left out."""
    wanted, found = _by_kind(keys), dict[Key, Heading]()
    for kind, model in TITLED.items():
        rows = session().execute(sa.select(model.id, model.number, model.title_zh, model.title_en).where(model.id.in_(wanted[kind]))) if wanted[kind] else ()
        found |= {(kind, row.id): Heading(row.number, title_text(row), f"/{kind}s/{row.id}") for row in rows}
    return found


def _owners(keys: Iterable[Key]) -> dict[Key, Key]:
    wanted = _by_kind(keys)
    owners = {(kind, number): (kind, number) for kind in TITLED for number in wanted[kind]}
    for part, (whole, both, own, _whose) in PARTS.items():
        rows = session().execute(both.where(own.in_(wanted[part]))) if wanted[part] else ()
        owners |= {(part, number): (whole, owner) for number, owner in rows}
    return owners


def _by_kind(keys: Iterable[Key]) -> dict[str, set[int]]:
    wanted: dict[str, set[int]] = defaultdict(set)
    for kind, number in keys:
        wanted[kind].add(number)
    return wanted


def named(about: str) -> Key | None:
    """Return the object that a text like ``proposal-7`` names; None where it names nothing that has a list of its e-mails."""
    kind, _, number = about.partition("-")
    digits = number.isascii() and number.isdigit() and len(number) < 10  # noqa: PLR2004 - digits that fit a column
    return (kind, int(number)) if kind in LISTED and digits else None


def mails_about(key: Key) -> sa.Select[int | None]:
    """The ids of the e-mails that tell of an object or of what belongs to it."""
    kind, number = key
    its_own = [sa.and_(Notice.subject_kind == kind, Notice.subject_id == number)]
    for part, (whole, both, own, whose) in PARTS.items():
        if whole == kind:
            its_own.append(sa.and_(Notice.subject_kind == part, Notice.subject_id.in_(both.with_only_columns(own).where(whose == number))))
    return sa.select(Mailing.mail_id).join(Notice, Notice.id == Mailing.notice_id).where(sa.or_(*its_own), Mailing.mail_id.is_not(None))
