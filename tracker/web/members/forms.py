"""The forms of members."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, EmailField, HiddenField, IntegerField, PasswordField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import HiddenInput

from tracker.members.models import Unit, UnitKind
from tracker.members.rules import ROLES as ROLE_WORDS
from tracker.members.rules import UNIT_STATES, UnitState
from tracker.members.seats import ROLES
from tracker.messages import Message, say
from tracker.text import clean_line, clean_text
from tracker.web.formats import name_text, translated
from tracker.web.forms import TextForm
from tracker.web.locale import gettext

if TYPE_CHECKING:
    from tracker.errors import Invalid

KINDS: dict[UnitKind, Message] = {
    UnitKind.VICE_CHAIR: say("Vice-chair unit"),
    UnitKind.MEMBER: say("Member unit"),
    UnitKind.EXPERT_AFFILIATION: say("Affiliation of experts"),
}
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
LONGEST_NOTE = 2000
_CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def required() -> InputRequired:
    """Return the check that something was entered."""
    return InputRequired(_l("Enter something here."))


def at_most(count: int) -> Length:
    """Return the check of a length in characters."""
    return Length(max=count, message=_l("This is too long: at most %(count)s characters.", count=count))


def one_line(_form: TextForm, field: StringField) -> None:
    """Clean a name; refuse line breaks, control characters and text that runs both ways."""
    try:
        field.data = clean_line(field.data or "")
    except ValueError:
        raise ValidationError(
            gettext("This has a character that names cannot have, such as a line break, a control character or a change of writing direction.")
        ) from None


def some_text(_form: TextForm, field: TextAreaField) -> None:
    """Clean a longer text; refuse control characters."""
    try:
        field.data = clean_text(field.data or "")
    except ValueError:
        raise ValidationError(gettext("This has a character that cannot be kept, such as a control character or a change of writing direction.")) from None


def an_address(_form: TextForm, field: StringField) -> None:
    """Check the form of an e-mail address."""
    try:
        field.data = validate_email(field.data or "", check_deliverability=False, allow_smtputf8=False).normalized.lower()
    except EmailNotValidError:
        raise ValidationError(gettext("This is not an e-mail address: it looks like name@example.org.")) from None


def a_sensible_day(_form: TextForm, field: DateField) -> None:
    """Refuse days outside this century."""
    if field.data is not None and not EARLIEST <= field.data <= LATEST:
        raise ValidationError(gettext("Choose a day between 2000 and 2100."))


def show(form: TextForm, wrong: Invalid) -> None:
    """Put what the domain found wrong beside the fields it names, the rest at the top."""
    for name, messages in wrong.fields.items():
        texts = [translated(message) for message in messages]
        if name in form:
            form[name].errors = [*form[name].errors, *texts]
        else:
            form.form_errors.extend(texts)


class SignInForm(TextForm):
    """E-mail and password; ``carry`` holds what was typed into a form whose session was over, ``carry_to`` where it was sent, ``carry_for`` by whom."""

    email = EmailField(_l("E-mail"), [required(), at_most(254)], render_kw={"autocomplete": "username", "autocapitalize": "off"})
    password = PasswordField(_l("Password"), [required()], render_kw={"autocomplete": "current-password"})
    remembered = BooleanField(_l("This is my own device"), description=_l("You stay signed in for 12 hours without use instead of 30 minutes."))
    next = HiddenField()
    carry = HiddenField()
    carry_to = HiddenField()
    carry_for = HiddenField()


class ForgotForm(TextForm):
    """The address whose password was forgotten."""

    email = EmailField(_l("E-mail"), [required(), at_most(254), an_address], render_kw={"autocomplete": "username", "autocapitalize": "off"})


class NewPasswordForm(TextForm):
    """A new password, twice."""

    password = PasswordField(
        _l("New password"), [required()], description=_l("At least 10 characters of any kind."), render_kw={"autocomplete": "new-password"}
    )
    again = PasswordField(_l("The same once more"), [required()], render_kw={"autocomplete": "new-password"})

    def validate_again(self, field: PasswordField) -> None:
        """Refuse two different texts."""
        if field.data != self.password.data:
            raise ValidationError(gettext("The two entries are not the same."))


class ChangePasswordForm(NewPasswordForm):
    """A new password for one who knows the old."""

    old = PasswordField(_l("Present password"), [required()], render_kw={"autocomplete": "current-password"})


class PlainForm(TextForm):
    """Nothing to enter: the click is the act."""


class ReasonForm(TextForm):
    """The reason of a binding act."""

    note = TextAreaField(_l("Reason"), [InputRequired(_l("Give a reason: it is kept with the record.")), at_most(LONGEST_NOTE), some_text])


class _VersionForm(TextForm):
    version = IntegerField(widget=HiddenInput(), default=0)


class UnitForm(_VersionForm):
    """A unit's entry."""

    code = StringField(_l("Code"), [required(), at_most(40)], description=_l("Small letters, digits and hyphens, for example huawei. It appears in exports."))
    name_zh = StringField(_l("Name in Chinese"), [at_most(120), one_line])
    name_en = StringField(_l("Name in English"), [at_most(160), one_line])
    short_zh = StringField(_l("Short name in Chinese"), [at_most(40), one_line], description=_l("Empty: the full name."))
    short_en = StringField(_l("Short name in English"), [at_most(60), one_line], description=_l("Empty: the full name."))
    kind = SelectField(_l("Kind"), coerce=str)
    state = SelectField(_l("Membership"), coerce=str)

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - WTForms' own arguments
        super().__init__(*args, **kwargs)
        self.kind.choices = [(kind.value, translated(words)) for kind, words in KINDS.items()]
        self.state.choices = [(state.value, translated(UNIT_STATES[state])) for state in UnitState]

    def validate_code(self, field: StringField) -> None:
        """Refuse anything but small letters, digits and single hyphens."""
        field.data = (field.data or "").strip()
        if not _CODE.fullmatch(field.data):
            raise ValidationError(gettext("Use small letters, digits and hyphens only."))

    def validate_name_en(self, field: StringField) -> None:
        """Ask for a name in one of the languages at least."""
        if not (field.data or "").strip() and not (self.name_zh.data or "").strip():
            raise ValidationError(gettext("Enter a name in Chinese or in English."))


class PersonForm(_VersionForm):
    """A person's entry."""

    name_zh = StringField(_l("Name in Chinese"), [at_most(80), one_line])
    name_en = StringField(_l("Name in English"), [at_most(120), one_line])
    email = EmailField(
        _l("E-mail"), [required(), at_most(254), an_address], description=_l("The person signs in with it. Only the secretariat and the person see it.")
    )

    validate_name_en = UnitForm.validate_name_en


class _SeatFields(TextForm):
    role = SelectField(_l("Seat"), coerce=str, validate_choice=False)
    unit_id = SelectField(_l("Unit"), coerce=str, description=_l("For representatives, alternates and contributors; empty for seats of the committee itself."))
    from_on = DateField(_l("First day"), [Optional(), a_sensible_day], description=_l("Empty: from now on."))
    until_on = DateField(_l("Last day"), [Optional(), a_sensible_day], description=_l("Empty: without an end."))

    def offer(self, units: Iterable[Unit]) -> None:
        """Fill the choices."""
        self.role.choices = [("", gettext("Choose a seat")), *((role.value, translated(ROLE_WORDS[role])) for role in ROLES)]
        self.unit_id.choices = [("", gettext("No unit")), *((str(unit.id), name_text(unit)) for unit in units)]

    def validate_role(self, field: SelectField) -> None:
        """Refuse any word that is no seat."""
        if field.data not in set(ROLES):
            raise ValidationError(gettext("Choose one of the seats."))


class SeatForm(_SeatFields):
    """A seat to be given."""


class NewPersonForm(PersonForm, _SeatFields):
    """A new person with their first seat."""


class EndSeatForm(TextForm):
    """When a seat ends."""

    until_on = DateField(_l("Last day"), [Optional(), a_sensible_day], description=_l("Empty: the seat ends now."))
