"""The production server."""

from __future__ import annotations

from granian import Granian
from granian.constants import Interfaces


def serve(*, address: str, port: int, workers: int, app: str = "tracker:create_app") -> None:
    """Answer requests until told to stop; requests in flight are finished first. ``app`` names what makes the application."""
    Granian(
        app,
        factory=True,
        interface=Interfaces.WSGI,
        address=address,
        port=port,
        workers=workers,
        blocking_threads=4,
        log_access=False,
        websockets=False,
    ).serve()
