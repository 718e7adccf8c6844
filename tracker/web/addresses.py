"""Addresses inside the site, built once: a list names a hundred, the frame of every page thirty."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import flask
from flask import has_request_context, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

KEPT = 8192
_PLAIN = (int, str)


def remembering(app: Flask) -> Callable[..., str]:
    """Return a ``url_for`` that remembers what it built for values that are plain numbers and texts."""

    @lru_cache(maxsize=KEPT)
    def built(_root: str, endpoint: str, values: tuple[tuple[str, Any], ...]) -> str:
        return app.url_for(endpoint, **dict(values))

    def url_for(endpoint: str, **values: object) -> str:
        """Return the address of an endpoint."""
        if (
            not has_request_context()
            or endpoint.startswith(".")
            or not all(type(value) in _PLAIN and not name.startswith("_") for name, value in values.items())
        ):
            return flask.url_for(endpoint, **values)  # type: ignore[arg-type] # Flask's own names its options
        return built(request.root_path, endpoint, tuple(values.items()))

    return url_for


def register(app: Flask) -> None:
    """Let templates build addresses this way."""
    app.jinja_env.globals["url_for"] = remembering(app)
