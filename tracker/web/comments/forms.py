"""The forms in which comments are written."""

from __future__ import annotations

import secrets

from wtforms import BooleanField, HiddenField, RadioField, TextAreaField

from tracker.messages import say
from tracker.web.forms import TextForm


class NoteForm(TextForm):
    """Words; ``key`` is the id that a comment sent twice has both times."""

    key = HiddenField()
    note = TextAreaField(say("Your comment"))
    confirmed = BooleanField(say("Write to the applicants"))

    def the_key(self) -> int:
        """Return the id that the form was given, a new one where it holds none that can be used."""
        typed = self.key.data or ""
        good = typed.isascii() and typed.isdigit() and len(typed) <= 10 and 0 < int(typed) < 2**31  # noqa: PLR2004 - digits that fit a column
        return int(typed) if good else new_key()


class StartForm(NoteForm):
    """The first words of a thread, and before whom they are said."""

    scope = RadioField(say("Who reads it"), validate_choice=False)


def new_key() -> int:
    """Draw an id by lot: nobody can count others' comments by it."""
    return secrets.randbelow(2**31 - 1) + 1
