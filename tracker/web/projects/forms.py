"""The forms of projects, and how a day is read from one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.widgets import DateInput

from tracker.errors import Invalid
from tracker.messages import Message, say
from tracker.web.formats import translated
from tracker.web.forms import TextForm

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MOST_DIGITS = 9


class DayField(StringField):
    """A day, kept as it was typed, so that a bad one comes back for mending."""

    widget = DateInput()

    def day(self) -> date | None:
        """Return the day; None for nothing; raises Invalid naming this field for anything that is no day like 2021-01-31."""
        text = (self.data or "").strip()
        if not text:
            return None
        try:
            return date.fromisoformat(text if ISO_DAY.fullmatch(text) else "")
        except ValueError:
            raise Invalid({self.name: [say("Give a day like 2021-01-31.")]}) from None


class StartForm(TextForm):
    """The days of a project, with the version of it that the page was made from."""

    version = HiddenField()
    start_on = DayField(_l("First day"))
    end_on = DayField(_l("Last day"))

    def days(self) -> tuple[date | None, date | None]:
        """Return both days; raises Invalid for one that is none."""
        return self.start_on.day(), self.end_on.day()


def seen(text: str | None) -> int:
    """Return the version that a form says it was made from, -1 (never stored) for anything that is none."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else -1


def attach(form: TextForm, wrong: Mapping[str, Sequence[Message]]) -> None:
    """Put each message beside its field; one that belongs to no field goes above the form."""
    for name, messages in wrong.items():
        texts = [translated(message) for message in messages]
        if name in form:
            form[name].errors = [*form[name].errors, *texts]
        else:
            form.form_errors = [*form.form_errors, *texts]
