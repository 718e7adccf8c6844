"""`tracker demo`: a demonstration year in a database of its own."""

from tracker.cli.demo.command import demo

__all__ = ["demo"]
