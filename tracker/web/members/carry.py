"""What somebody typed into a form whose session was over: taken along through the sign-in and sent again from a page of its own.

Only fields that came from a page of this site are taken, or another site could make somebody send what they never typed.
Passwords and tokens are left out, files cannot be taken.
"""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from flask import current_app, request

from tracker.web.protection import safe_next

LARGEST = 400_000
MOST_FIELDS = 2000
AGAIN = ("after_sign_in", "restore")
"""The field of a form that, sent again, is to be shown with all that was typed rather than carried out."""
PROOF_HEADER = "Sec-Fetch-Site"


def from_our_page() -> bool:
    """Say whether the browser vouches that the request was sent by a page of this site."""
    said = request.headers.get(PROOF_HEADER)
    if said is not None:
        return said == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host


def gather() -> str:
    """Return the fields of this request as text for a hidden field; "" when there are none, too many, or none that may be taken."""
    if not from_our_page():
        return ""
    kept = [[name, value] for name, value in request.form.items(multi=True) if _may_go(name)]
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    return text if kept and len(kept) <= MOST_FIELDS and len(text) <= LARGEST else ""


def fields(text: str | None) -> list[tuple[str, str]]:
    """Read what ``gather`` wrote; anything else gives nothing."""
    if not text or len(text) > LARGEST:
        return []
    try:
        pairs = json.loads(text)
    except (ValueError, RecursionError):
        return []
    if not isinstance(pairs, list) or len(pairs) > MOST_FIELDS:
        return []
    sound = [(pair[0], pair[1]) for pair in pairs if _is_pair(pair)]
    return [(name, value) for name, value in sound if _may_go(name)]


def _is_pair(pair: object) -> bool:
    return isinstance(pair, list) and [type(part) for part in pair] == [str, str]


def _may_go(name: str) -> bool:
    return "password" not in name.lower() and "csrf" not in name.lower()


def way_back() -> str:
    """Return the page to show after the sign-in: this address if it can be read, else the page the form stood on, else ""."""
    adapter = current_app.create_url_adapter(request)
    if adapter is not None and adapter.test(request.path, "GET"):
        return safe_next(request.full_path.rstrip("?"), "")
    came_from = urlsplit(request.referrer or "")
    return safe_next(came_from.path, "") if came_from.netloc == request.host else ""
