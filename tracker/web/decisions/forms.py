"""The forms of a decision and of a declared conflict."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField, TextAreaField
from wtforms.validators import ValidationError
from wtforms.widgets import DateTimeLocalInput

from tracker.messages import say
from tracker.text import clean_text, count_zi
from tracker.web.formats import translated
from tracker.web.forms import TextForm

OPINION_LIMIT = 500
REASON_LIMIT = 500
KEY_LIMIT = 2**31 - 1


class Prose:
    """Clean a text and refuse one that is longer than ``limit`` 字 or holds characters that nobody can see."""

    def __init__(self, limit: int) -> None:
        self.limit = limit

    def __call__(self, _form: TextForm, field: TextAreaField) -> None:
        """Replace the field's text by its clean form; raises ValidationError and keeps what was typed."""
        try:
            cleaned = clean_text(field.data or "")
        except ValueError:
            raise ValidationError(translated(say("This text holds invisible control characters. Type it again or paste it as plain text."))) from None
        count = count_zi(cleaned)
        if count > self.limit:
            raise ValidationError(translated(say("This is {count} characters long; at most {limit} fit.", count=count, limit=self.limit)))
        field.data = cleaned


def number_in(typed: str | None) -> int:
    """Return a key or version as the page sent it back; 0 for anything that is none."""
    text = (typed or "").strip()
    return min(int(text), KEY_LIMIT) if text.isascii() and text.isdigit() and len(text) <= len(str(KEY_LIMIT)) else 0


class DecisionForm(TextForm):
    """The chair's opinion, the changes an approval asks for, the reason owed against the vote, and the newest decision and the held one that the page knew of."""

    opinion = TextAreaField(_l("Opinion"), validators=[Prose(OPINION_LIMIT)])
    reason = TextAreaField(_l("Reason for deciding against the vote"), validators=[Prose(REASON_LIMIT)])
    changes = TextAreaField(_l("Changes wanted"), validators=[Prose(REASON_LIMIT)])
    due = StringField(_l("Changes wanted by"), widget=DateTimeLocalInput(), description=_l("On the committee's clock; leave it empty for none."))
    seen = HiddenField()
    held = HiddenField()

    def seen_id(self) -> int:
        """Return the id of the newest decision that the page showed; 0 for none, and for anything that is no id."""
        return number_in(self.seen.data)

    def seen_held(self) -> int | None:
        """Return the version of the held decision that the page showed; 0 for none, None where the page did not say that decisions are held."""
        return number_in(self.held.data) if (self.held.data or "").strip() else None


class ConflictForm(TextForm):
    """What the chair's conflict is."""

    reason = TextAreaField(_l("What the conflict is"), validators=[Prose(REASON_LIMIT)])
