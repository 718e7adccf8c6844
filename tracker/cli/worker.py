"""`tracker worker`: what is to happen by itself, in a short loop: e-mails and reminders go out, ballots whose time is over are sealed, rehearsals deleted."""

from __future__ import annotations

import signal
import threading
from functools import partial

import click
from flask import Flask

from tracker import clock, config
from tracker.db import writing
from tracker.notifications.post import hand_over
from tracker.voting.actions import discard_old, remind_due, seal_due
from tracker.web.mail.delivery import deliver

PAUSE = 10.0


def run(app: Flask, *, once: bool) -> int:
    """Work until told to stop, or until nothing is left to do now; return how many e-mails were taken in hand."""
    stop, handled = threading.Event(), 0
    if not once:
        for told in (signal.SIGTERM, signal.SIGINT):
            signal.signal(told, lambda *_: stop.set())
    while not stop.is_set():
        taken = turn(app)
        handled += taken
        if not taken and once:
            break
        if not taken:
            stop.wait(PAUSE)
    return handled


def turn(app: Flask) -> int:
    """Do one round; without a mail server e-mails wait and the rest is done."""
    settings: config.Settings = app.extensions["settings"]
    with app.app_context():
        with writing():
            seal_due(clock.now())
            discard_old(clock.now())
        with writing():
            remind_due(clock.now())
        return deliver(settings, partial(hand_over, server=settings.mail)) if settings.mail else 0


def report(settings: config.Settings) -> None:
    """Say on which mail server it relies, or that there is none."""
    if settings.mail is None:
        click.echo("No mail server is set (TRACKER_SMTP_HOST): notices stay in the program, no e-mail is sent.")
    else:
        click.echo(f"E-mail goes out by {settings.mail.host}:{settings.mail.port}.")
