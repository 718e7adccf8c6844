"""The forms in which a year is shaped. What may be entered is decided by ``tracker.programmes``; these only hold what was typed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask import current_app
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Field, FieldList, FileField, FormField, HiddenField, RadioField, StringField, TextAreaField
from wtforms import Form as PlainForm
from wtforms.widgets import DateTimeLocalInput

from tracker.errors import Invalid
from tracker.messages import say
from tracker.programmes import windows
from tracker.programmes.content import AREA, EARLIEST_REMINDER, MOST_AREAS, MOST_REMINDERS, Area, Voting, read_hours
from tracker.programmes.models import Programme
from tracker.programmes.rules import PHASES, PhaseKind
from tracker.projects.actions import LIMITS
from tracker.projects.rounds import RoundRules
from tracker.web.formats import translated
from tracker.web.forms import TextForm
from tracker.web.locale import gettext

MOST_DIGITS = 9
NUMERIC = {"inputmode": "numeric", "maxlength": 4}


def read_number(text: object) -> int | None:
    """Return a number of at most nine digits, None for anything else."""
    given = str(text or "").strip()
    return int(given) if given.isascii() and given.isdigit() and len(given) <= MOST_DIGITS else None


def whole_number(text: object) -> int:
    """Return a number of at most nine digits, or 0 for anything else."""
    return read_number(text) or 0


class SectionForm(TextForm):
    """A part of the year, with the version of the programme that the page was made from."""

    version = HiddenField()

    def seen(self) -> int:
        """Return the version that the page was made from; 0 for anything that is none."""
        return whole_number(self.version.data)


class CallForm(SectionForm):
    """The names of the year and the text of its call."""

    name_zh = StringField(_l("Name in Chinese"))
    name_en = StringField(_l("Name in English"))
    call_zh = TextAreaField(_l("Call text in Chinese"))
    call_en = TextAreaField(_l("Call text in English"))

    def texts(self) -> dict[str, str]:
        """Return what was typed, under the names of the domain."""
        return {name: self[name].data or "" for name in ("name_zh", "name_en", "call_zh", "call_en")}


class StartForm(CallForm):
    """A new year."""

    year = StringField(_l("Year"), render_kw={"inputmode": "numeric", "maxlength": 4})


class _DatesForm(SectionForm):
    """Two times for each kind of phase; their fields are made from the kinds below."""

    def typed(self) -> dict[str, str]:
        """Return what was typed for every end of a window."""
        return {name: self[name].data or "" for name in end_names()}


def end_names() -> Iterator[str]:
    """Name the two ends of each window as the domain reads them."""
    return (f"{kind.value}_{end}" for kind in PhaseKind for end in windows.ENDS)


def _end_label(kind: PhaseKind, end: str) -> LazyString:
    """Name one end of a window in the reader's language, when it is read."""
    return LazyString(lambda: f"{translated(PHASES[kind])} · {gettext('Opens') if end == windows.ENDS[0] else gettext('Closes')}")


DatesForm = type(
    "DatesForm",
    (_DatesForm,),
    {f"{kind.value}_{end}": StringField(_end_label(kind, end), widget=DateTimeLocalInput()) for kind in PhaseKind for end in windows.ENDS},
)


class AreaForm(PlainForm):
    """One topic area."""

    key = HiddenField()
    name_zh = StringField(_l("Name in Chinese"))
    name_en = StringField(_l("Name in English"))
    guidance_zh = TextAreaField(_l("Guidance in Chinese"))
    guidance_en = TextAreaField(_l("Guidance in English"))

    def area(self) -> Area:
        """Return what was typed as the domain takes it."""
        return Area(whole_number(self.key.data) or None, **{name: self[name].data or "" for name in AREA})


class Rows(FieldList):
    """A list of forms that takes no notice of row numbers no page of ours would send."""

    def _extract_indices(self, prefix: str, formdata: Mapping[str, Any]) -> Iterator[int]:
        for name in formdata:
            number = name.removeprefix(f"{prefix}-").partition("-")[0]
            if name.startswith(f"{prefix}-") and number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS:
                yield int(number)


class AreasForm(SectionForm):
    """All topic areas in their order. One more than are allowed is read, so that the domain can say so."""

    areas = Rows(FormField(AreaForm), _l("Topic areas"), max_entries=MOST_AREAS + 1)

    def wanted(self) -> list[Area]:
        """Return what was typed as the domain takes it."""
        return [entry.form.area() for entry in self.areas]


class VotingForm(SectionForm):
    """How this year's ballots start out."""

    preset = RadioField(_l("Rule"), validate_choice=False)
    recuse_partners = BooleanField(_l("Partner units do not vote either"))
    no_needs_reason = BooleanField(_l("A vote against needs a reason"))
    allow_discuss = BooleanField(_l("“Discuss further” may be chosen"))
    proxies = BooleanField(_l("A unit may vote for another that gave it a written proxy"))
    remind_hours = StringField(_l("Reminders to units that have not voted, in hours before the close"), render_kw={"maxlength": 60})

    def voting(self, rule: Mapping[str, Any] | None = None) -> Voting:
        """Return the choice as the domain takes it, with the rule it says if that is an own one; a rule that is not offered as none."""
        offered = {code for code, _label in self.preset.choices or ()}
        preset = self.preset.data if self.preset.data in offered else ""
        return Voting(preset, self.recuse_partners.data, self.no_needs_reason.data, self.allow_discuss.data, rule, self._hours(), self.proxies.data)

    def _hours(self) -> list[int]:
        """Return the hours; raises Invalid for what are none."""
        try:
            return read_hours(self.remind_hours.data or "")
        except ValueError:
            fault = say(
                "Write up to {most} numbers from 1 to {earliest}, such as 72, 24; leave it empty for no reminders.",
                most=MOST_REMINDERS,
                earliest=EARLIEST_REMINDER,
            )
            raise Invalid({"remind_hours": [fault]}) from None


class ReportingForm(SectionForm):
    """How this year's projects are numbered, and by which numbers their reports are due."""

    prefix = StringField(_l("Prefix of project numbers"), render_kw={"maxlength": 12})
    opens_days = StringField(_l("Days before the quarter's end from which reports are taken"), render_kw=NUMERIC)
    due_working_days = StringField(_l("Working days after the quarter's end until which they are due"), render_kw=NUMERIC)
    grace_working_days = StringField(_l("Working days of grace before a report counts as missing"), render_kw=NUMERIC)
    min_active_days = StringField(_l("Active days from which a quarter owes a report of its own"), render_kw=NUMERIC)
    return_days = StringField(_l("Working days to mend a returned report"), render_kw=NUMERIC)
    due_soon_days = StringField(_l("Working days left at which a report is due soon"), render_kw=NUMERIC)

    def numbers(self) -> dict[str, int | None]:
        """Return the numbers as the domain takes them; None for anything that is no whole number."""
        return {name: read_number(self[name].data) for name in LIMITS}


class UploadForm(TextForm):
    """A file for the call."""

    file = FileField(_l("File"))


def call_form(programme: Programme, form: type[CallForm] = CallForm, *, fresh: bool = False) -> CallForm:
    """Return the form of the names and the call; ``fresh`` leaves out what was typed."""
    data = {name: getattr(programme, name) for name in ("name_zh", "name_en", "call_zh", "call_en")}
    made: CallForm = _made(form, {**data, "version": programme.version}, fresh=fresh)
    return made


def dates_form(programme: Programme, *, fresh: bool = False) -> Any:  # noqa: ANN401 - a class whose fields are made from the kinds
    """Return the form of the windows, in the committee's zone."""
    zone = current_app.config["COMMITTEE_ZONE"]
    data: dict[str, object] = {"version": programme.version}
    for phase in programme.phases:
        data |= {f"{phase.kind.value}_{end}": windows.write_local(getattr(phase, f"{end}_at"), zone=zone) for end in windows.ENDS}
    return _made(DatesForm, data, fresh=fresh)


def areas_form(programme: Programme, *, fresh: bool = False) -> AreasForm:
    """Return the form of the topic areas."""
    data = [{"key": area.id, **{name: getattr(area, name) for name in AREA}} for area in programme.areas]
    made: AreasForm = _made(AreasForm, {"areas": data, "version": programme.version}, fresh=fresh)
    return made


def rearranged(form: AreasForm, areas: Sequence[Area]) -> AreasForm:
    """Return a form with these areas instead, and the version that the page had; nothing is saved by it."""
    data = [{"key": area.id or "", **area.texts()} for area in areas]
    return AreasForm(formdata=None, data={"areas": data, "version": form.version.data})


def voting_form(programme: Programme, presets: Sequence[tuple[str, str]], *, fresh: bool = False) -> VotingForm:
    """Return the form of the voting rule with these presets to choose from."""
    form: VotingForm = _made(
        VotingForm,
        {**programme.voting, "remind_hours": ", ".join(str(hour) for hour in programme.voting.get("remind_hours", [])), "version": programme.version},
        fresh=fresh,
    )
    form.preset.choices = list(presets)
    return form


def reporting_form(programme: Programme, *, fresh: bool = False) -> ReportingForm:
    """Return the form of the prefix and the numbers of reporting."""
    numbers = {name: str(number) for name, number in RoundRules.from_json(programme.reporting).to_json().items()}
    made: ReportingForm = _made(ReportingForm, {**numbers, "prefix": programme.project_prefix, "version": programme.version}, fresh=fresh)
    return made


def _made(form: type[Any], data: dict[str, object], *, fresh: bool) -> Any:  # noqa: ANN401 - whichever form was asked for
    return form(formdata=None, data=data) if fresh else form(data=data)


def show(form: TextForm, wrong: Invalid) -> None:
    """Put what the domain found beside the fields it means; what belongs to none goes above the form."""
    for name, messages in wrong.fields.items():
        field = _field(form, name)
        texts = [translated(message) for message in messages]
        if field is None:
            form.form_errors = [*form.form_errors, *texts]
        else:
            field.errors = [*field.errors, *texts]
    for field in form:
        if isinstance(field, FieldList):
            field.errors = [entry.errors for entry in field if entry.errors]


def _field(form: TextForm, name: str) -> Field | None:
    parent, _, rest = name.partition("-")
    if not rest:
        return next((field for field in form if field.name == name), None)
    index, _, part = rest.partition("-")
    return form[parent][int(index)].form[part]


def flat(form: TextForm | PlainForm, before: str = "") -> list[tuple[str, str]]:
    """Return every entry of a form with its label, as a reader would compare two of them."""
    rows: list[tuple[str, str]] = []
    for field in form:
        if isinstance(field, FieldList):
            for number, entry in enumerate(field, start=1):
                rows += flat(entry.form, f"{field.label.text} {number} · ")
        elif field.type not in {"HiddenField", "CSRFTokenField", "FileField"}:
            rows.append((f"{before}{translated(field.label.text)}", _value(field)))
    return rows


def _value(field: Field) -> str:
    if field.type == "BooleanField":
        return str(gettext("yes") if field.data else gettext("no"))
    if field.type in {"RadioField", "SelectField"}:
        return next((str(label) for code, label in field.choices or () if code == field.data), "")
    text: str = field.data or ""
    return text.replace("T", " ") if str(field.name).endswith(windows.ENDS) else text
