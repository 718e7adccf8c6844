"""What a working copy still owes before it can be submitted under its form. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tracker.fields import Field, Kind, Table, yuan
from tracker.messages import Message, say
from tracker.proposals import content as shape
from tracker.proposals.content import Content
from tracker.proposals.form import Form
from tracker.text import count_zi

Owed = Iterator[tuple[str, Message]]
EMPTY = ("", None)


def missing(form: Form, content: Content, *, titles: tuple[str, str], area: bool, partners: Sequence[Content] = ()) -> dict[str, Message]:
    """Return what a submission still owes: field (as the browser's form names it) to what is to be done. Empty when nothing is.

    What is longer than the form allows is among it, since a draft may have been moved to a form with other limits.
    """
    whole = {**form.kept(content), "title_zh": titles[0], "title_en": titles[1], shape.PARTNERS.name: list(partners)}
    return dict(_owed(form, whole, area=area))


def _owed(form: Form, whole: Content, *, area: bool) -> Owed:
    if not any(whole[title.name] for title in shape.TITLES):
        yield shape.TITLES[0].name, say("Give a title in Chinese or in English.")
    if not area:
        yield "area", say("Choose the topic area.")
    yield from _keywords(form, whole["keywords"])
    for field in form.fields.values():
        yield from _field(field, whole[field.name])
    yield from _contact(form, whole)
    for table in form.tables.values():
        yield from _rows(table, whole[table.name])
    yield from _unequal(whole)


def _keywords(form: Form, words: Sequence[str]) -> Owed:
    limit = form.setting("keywords").limit
    if form.owes("keywords") and not words:
        yield "keywords", say("Give at least one keyword.")
    if len(words) > limit:
        yield "keywords", say("At most {limit} keywords; these are {count}.", limit=limit, count=len(words))


def _field(field: Field, value: object) -> Owed:
    if field.owed and value in EMPTY:
        yield field.name, say("{field}: not filled in yet.", field=field.label)
    if field.kind in {Kind.LINE, Kind.TEXT} and (count := count_zi(str(value or ""))) > field.zi:
        yield field.name, say("{field}: at most {limit} characters; these are {count}.", field=field.label, limit=field.zi, count=count)


def _contact(form: Form, whole: Content) -> Owed:
    """One way to reach the contact is enough where the form asks for both and insists on neither."""
    ways = ("contact_email", "contact_phone")
    named = form.owes("contact_name") or whole["contact_name"]
    if named and form.offers_either(*ways) and not any(whole[way] for way in ways):
        yield ways[0], say("Give an e-mail address or a telephone number of the contact.")


def _rows(table: Table, rows: Sequence[Content]) -> Owed:
    if len(rows) < table.least:
        yield table.name, say("{table}: enter at least one row.", table=table.label)
    if len(rows) > table.most:
        yield table.name, say("{table}: at most {limit} rows; these are {count}.", table=table.label, limit=table.most, count=len(rows))
    for place, row in enumerate(rows):
        for column in table.columns:
            if column.owed and row.get(column.name) in EMPTY:
                yield (
                    f"{table.name}-{place}-{column.name}",
                    say("{table}, row {number}: {field} is not filled in yet.", table=table.label, number=place + 1, field=column.label),
                )


def _unequal(whole: Content) -> Owed:
    """The total is checked where there are lines to add up."""
    stated, summed = whole["budget_total"], shape.budget_sum(whole)
    if stated is not None and whole["budget"] and stated != summed:
        yield shape.TOTAL.name, say("The stated total is {stated} yuan, but the lines add up to {summed} yuan.", stated=yuan(stated), summed=yuan(summed))
