"""What the browser is told to forbid, and which requests are refused before any view."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import abort, current_app, request
from flask_wtf import CSRFProtect

if TYPE_CHECKING:
    from flask import Flask, Response

csrf = CSRFProtect()
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def safe_next(target: str | None, otherwise: str) -> str:
    """Return ``target`` if it is a path of this site, else ``otherwise``: no host, no scheme, no backslash, no control character."""
    if not target or not target.startswith("/") or target.startswith("//"):
        return otherwise
    if "\\" in target or any(ord(sign) < 0x21 or ord(sign) == 0x7F for sign in target):  # noqa: PLR2004 - the ASCII borders
        return otherwise
    parts = urlsplit(target)
    return otherwise if parts.scheme or parts.netloc else target


def refuse_cross_site() -> None:
    """Refuse a write that the browser itself says comes from another site."""
    if request.method not in {"GET", "HEAD", "OPTIONS"} and request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        abort(403)


def add_headers(response: Response) -> Response:
    """Add the security headers to every answer; what does not ask to be stored by caches never is."""
    response.headers.setdefault("Content-Security-Policy", POLICY)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
    if current_app.extensions["settings"].secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def register(app: Flask) -> None:
    """Hang CSRF protection, the cross-site check and the headers on ``app``."""
    csrf.init_app(app)
    app.before_request(refuse_cross_site)
    app.after_request(add_headers)
