"""`tracker <group> <verb>`."""

from tracker.cli.main import main

__all__ = ["main"]
