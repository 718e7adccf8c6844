"""Two people at one form: what each changed since the form was drawn, and the choice where both changed the same.

A form carries, beside the version it was drawn from, a mark of every value it then showed (``base``). When somebody saved meanwhile,
what only they changed is taken over, what only this person changed is kept, and where both changed the same field nothing is saved
until this person has chosen: the form comes back with both texts and a choice per field. Without marks every difference is such a field.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from werkzeug.datastructures import MultiDict
from wtforms import Field as Control
from wtforms import Form, SelectField, TextAreaField

from tracker import differences
from tracker.db import session
from tracker.digest import sha256_hex
from tracker.members.queries import last_act
from tracker.messages import Message, say
from tracker.policy import Actor
from tracker.web.differing import Diff, FieldDiff, table_diff
from tracker.web.formats import name_text
from tracker.web.longform import Rows, typed

THEIRS, MINE, BOTH = "theirs", "mine", "both"
VERSION, BASE = "version", "base"
_MARK = re.compile(r"([a-z_]{1,40})-([0-9a-f]{8})")
Values = Mapping[str, Any]


class Saved(Protocol):
    """Something that several people write on."""

    id: int
    subject_kind: str

    @property
    def changed_at(self) -> datetime | None:
        """When it was last saved."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """What came of two people's saving: the fields on which they collide, those taken over from the other one, and whether to show the form."""

    collided: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    undecided: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class Clash:
    """One field that both changed: what is stored, what would become of it, the choice made so far, and whether both texts can be joined."""

    name: str
    stored: str
    diff: Diff
    chosen: str
    joins: bool


def marks(values: Values) -> str:
    """Return the marks of what a form shows, as it carries them."""
    return " ".join(f"{name}-{_mark(value)}" for name, value in values.items() if name != VERSION)


def _mark(value: Any) -> str:  # noqa: ANN401 - text or rows of text
    return sha256_hex(_plain(value))[:8]


def _plain(value: Any) -> Any:  # noqa: ANN401 - text or rows of text
    return [list(row.values()) for row in value] if isinstance(value, list) else (value or "").replace("\r\n", "\n").strip()


def meet(form: Form, stored: Values, *, fresh: bool, asked: MultiDict[str, str]) -> Meeting:
    """Bring the form together with what is stored now; ``fresh`` says that it comes from that very version.

    A fresh form may carry choices made on the page of a collision: they are put into its fields. Of the other fields those that only the
    others changed are taken over, and those that both changed are named. A fresh form is compared too, by the marks it has: after a save
    by the script, the browser may still show what was there before a colleague's save.
    """
    wanted = {name: asked.get(f"take-{name}") for name in asked.getlist("collided") if name in stored and name in form} if fresh else {}
    if not all(choice in {THEIRS, MINE, BOTH} for choice in wanted.values()):
        return Meeting(tuple(wanted), undecided=True)
    for name, choice in wanted.items():
        _choose(form, name, choice, stored[name])
    return replace(_compare(form, stored, fresh=fresh, but=wanted), again=BOTH in wanted.values())


def _choose(form: Form, name: str, choice: str | None, theirs: Any) -> None:  # noqa: ANN401 - text or rows of text
    if choice == THEIRS:
        _put(form, name, theirs)
    elif choice == BOTH and isinstance(form[name], TextAreaField):
        _put(form, name, f"{theirs}\n\n{form[name].data or ''}")


def _compare(form: Form, stored: Values, *, fresh: bool, but: Collection[str]) -> Meeting:
    known, now = _read(form), typed(form)
    names = [name for name in stored if name != VERSION and name in form and name not in but and (name in known or not fresh)]
    theirs = [name for name in names if known.get(name) != _mark(stored[name]) and _plain(now[name]) != _plain(stored[name])]
    taken = tuple(name for name in theirs if known.get(name) == _mark(now[name]))
    for name in taken:
        _put(form, name, stored[name])
    return Meeting(tuple(name for name in theirs if name not in taken), taken)


def _read(form: Form) -> dict[str, str]:
    return dict(_MARK.findall(form[BASE].data or ""))


def _put(form: Form, name: str, value: Any) -> None:  # noqa: ANN401 - text or rows of text
    field = form[name]
    if not isinstance(field, Rows):
        field.data = value
        return
    field.entries.clear()
    field.last_index = -1
    for row in value:
        field.append_entry(row)


def redraw(form: Form, stored: Values, *, hidden: Sequence[str] = ()) -> str:
    """Return the marks of the form as it stands: those of what is stored where it shows that, else those that it came with.

    ``hidden`` names the fields whose stored text this browser has not been shown.
    """
    known, now = _read(form), typed(form)
    agreed = {name for name in stored if name in now and name not in hidden and _plain(now[name]) == _plain(stored[name])}
    return " ".join(f"{name}-{mark}" for name in stored if name != VERSION and (mark := _mark(stored[name]) if name in agreed else known.get(name)))


def clashes(form: Form, stored: Values, names: Sequence[str], asked: Mapping[str, str], translate: Callable[[object], str]) -> list[Clash]:
    """Return the collided fields as the page shows them; the choices of the form must be filled in."""
    return [_clash(form[name], stored[name], asked.get(f"take-{name}", ""), translate) for name in names]


def _clash(field: Control, stored: Any, chosen: str, translate: Callable[[object], str]) -> Clash:  # noqa: ANN401 - text or rows of text
    name, label = field.short_name, field.label.text
    if isinstance(field, Rows) and field.table is not None:
        labels = _labels(field, translate)
        old, new = ([[labels[key].get(text, text) for key, text in row.items()] for row in rows] for rows in (stored, typed_rows(field)))
        return Clash(name, "", table_diff(field.table, old, new), chosen, joins=False)
    if isinstance(field, SelectField):
        words = {str(code): str(word) for code, word in field.choices or []}
        old_word, new_word = words.get(stored, ""), words.get(field.data or "", "")
        return Clash(name, old_word, FieldDiff(name, label, differences.whole(old_word, new_word)), chosen, joins=False)
    text = (field.data or "").replace("\r\n", "\n")
    return Clash(name, stored, FieldDiff(name, label, differences.text(stored, text)), chosen, joins=isinstance(field, TextAreaField))


def typed_rows(field: Rows) -> list[dict[str, str]]:
    """Return the rows of a table as typed."""
    return [{name: str(value or "") for name, value in entry.data.items()} for entry in field.entries]


def _labels(rows: Rows, translate: Callable[[object], str]) -> Mapping[str, Mapping[str, str]]:
    """Return what the values of each column are called: by the choices of the first row, else by the table's own codes."""
    columns = rows.table.columns if rows.table else ()
    labels = {column.name: {code: translate(label) for code, label in (column.codes or {}).items()} for column in columns}
    for entry in rows.entries[:1]:
        labels |= {each.short_name: dict(each.choices) for each in entry.form if isinstance(each, SelectField) and each.choices}
    return labels


def who_saved(subject: Saved, actor: Actor) -> Message:
    """Say who saved last and when."""
    at, last = subject.changed_at, session().execute(last_act(subject.subject_kind, subject.id)).first()
    if last is None or last.Person is None:
        return say("Somebody saved this at {at}, after you opened it.", at=at)
    if last.Person.id == actor.person_id:
        return say("You saved this yourself at {at}, in another window.", at=at)
    if last.Unit is None:
        return say("{person} saved this at {at}, after you opened it.", person=name_text(last.Person), at=at)
    return say("{person} ({unit}) saved this at {at}, after you opened it.", person=name_text(last.Person), unit=name_text(last.Unit), at=at)


def named(form: Form, names: Sequence[str]) -> list[Message]:
    """Return the labels of fields."""
    return [form[name].label.text for name in names]
