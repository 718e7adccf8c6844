"""The form with which the secretariat opens a ballot."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectMultipleField, StringField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, ListWidget

TITLE_LENGTH = 120


class OpenForm(FlaskForm):
    """What is chosen for a ballot. Choices are set by the view; ``confirmed`` says that the last page has been seen."""

    title_zh = StringField(_l("Title in Chinese"), [Length(max=TITLE_LENGTH, message=_l("At most 120 characters."))])
    title_en = StringField(_l("Title in English"), [Length(max=TITLE_LENGTH, message=_l("At most 120 characters."))])
    proposals = SelectMultipleField(_l("Proposals"), coerce=int, option_widget=CheckboxInput(), widget=ListWidget(prefix_label=False), validate_choice=False)
    electorate = RadioField(_l("Who votes"), validate_choice=False)
    preset = RadioField(_l("Rule"), validate_choice=False)
    recuse_partners = BooleanField(_l("Partner units do not vote either"), description=_l("The lead unit never votes on its own proposal."))
    no_needs_reason = BooleanField(_l("A rejection needs a reason"))
    allow_discuss = BooleanField(_l("Offer “needs discussion”"), description=_l("Counts as an abstention; a reason is always needed."))
    closes_at = StringField(_l("Closes at"), description=_l("On the committee's clock. A ballot closes by itself, and never earlier."))
    confirmed = HiddenField()
