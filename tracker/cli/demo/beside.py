"""What is handed in and said beside the text of a topic: files, stamped scans, comments, and the sheet of the formal check."""

from __future__ import annotations

from io import BytesIO

from flask import current_app

from tracker.cli.demo.story import Fact, Story
from tracker.comments import actions as comments
from tracker.comments import queries as remarks
from tracker.comments.rules import Scope
from tracker.config import Settings
from tracker.db import session
from tracker.files import disk
from tracker.policy import Action
from tracker.proposals import attaching, checking
from tracker.proposals.enclosures import SCANS

PAGE = "BT /F1 {size} Tf 72 {height} Td ({line}) Tj ET"
FIRST_REMARK = 1001
LINES = ((18, 720, "Demonstration"), (12, 690, "This file is invented. It bears no seal and no signature."))


def sheet_of_paper() -> bytes:
    """Return a PDF of one page that says it is invented."""
    drawn = "\n".join(PAGE.format(size=size, height=height, line=line) for size, height, line in LINES)
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(drawn)} >>\nstream\n{drawn}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    body, places = "%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(body))
        body += f"{number} 0 obj\n{each}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    tail = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF\n"
    return (body + tail).encode("ascii")


def _stored(name: str, kinds: tuple[str, ...] = ("pdf",)) -> disk.Stored:
    settings: Settings = current_app.extensions["settings"]
    return disk.store(settings.instance / disk.FOLDER, name=name, stream=BytesIO(sheet_of_paper()), kinds=kinds)


def attach(story: Story, key: str, fact: Fact) -> None:
    """Let the lead unit attach files of these names."""
    limits = current_app.extensions["settings"].files
    attaching.attach(story.locked(key), [_stored(name) for name in fact["names"]], actor=story.lead(key), limits=limits)


def scan(story: Story, key: str, fact: Fact) -> None:
    """Let the lead unit file the stamped scan of a version."""
    limits = current_app.extensions["settings"].files
    attaching.file_scan(story.locked(key), _stored(fact["name"], SCANS), number=fact["version"], actor=story.lead(key), limits=limits)


def check(story: Story, key: str, fact: Fact) -> None:
    """Let the secretariat fill in the sheet: all points pass but those that ``failed`` names with a remark; ``fields`` are its remarks on fields."""
    proposal = story.locked(key)
    sheet = checking.sheet_now(proposal)
    failed = fact.get("failed", {})
    typed = {f"mark_{line.code}": "fail" if line.code in failed else "pass" for line in sheet.lines}
    typed |= {f"remark_{code}": remark for code, remark in failed.items()} | {f"field_{name}": remark for name, remark in fact.get("fields", {}).items()}
    checking.screen(proposal, typed, seen_edition=sheet.edition, actor=story.actor("secretariat"))


def comment(story: Story, key: str, fact: Fact) -> None:
    """Let somebody begin a thread, or answer the one that ``to`` names."""
    thread = session().scalars(remarks.locked(story.remarks[fact["to"]])).unique().one() if "to" in fact else None
    number = FIRST_REMARK + len(story.remarks)
    scope = thread.scope if thread else Scope(fact["scope"])
    comments.write(story.locked(key), scope, fact["text"], key=number, actor=story.actor(fact["by"]), thread=thread)
    story.remarks[fact.get("name", f"{number}")] = number


def resolve(story: Story, _key: str, fact: Fact) -> None:
    """Let somebody mark a thread as resolved."""
    remark = remarks.know(session().scalars(remarks.locked(story.remarks[fact["to"]])).unique().one())
    comments.settle(remark, Action.RESOLVE, actor=story.actor(fact["by"]))
