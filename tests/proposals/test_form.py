"""The form of a programme: one definition that the controls, the counters, the check, the list of what is missing and the paper go by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.digest import canonical
from tracker.errors import Invalid
from tracker.proposals import content as shape
from tracker.proposals.entry import read
from tracker.proposals.form import FIXED, ITEMS, Form, Measure, Use, differences, from_body, shipped
from tracker.proposals.owing import missing
from tracker.text import count_zi
from tracker.web.proposals.forms import limits_of, proposal_form

SWITCHED = [name for name in ITEMS if name not in FIXED]
ROW: dict[str, dict[str, Any]] = {
    "team": {"name": "某"},
    "results": {"name": "报告", "form": "report", "quarter": "2021Q1"},
    "schedule": {"quarter": "2021Q1", "work": "调研"},
    "budget": {"kind": "labour", "amount": "1"},
}


def with_setting(name: str, form: Form | None = None, **changes: object) -> Form:
    base = form or shipped()
    return replace(base, settings=tuple(replace(one, **changes) if one.name == name else one for one in base.settings))


def owed(form: Form, content: dict[str, Any]) -> list[str]:
    return list(missing(form, content, titles=("题", ""), area=True))


def refused(form: Form, typed: dict[str, Any]) -> list[str]:
    try:
        read(typed, year=2021, form=form)
    except Invalid as error:
        return list(error.fields)
    return []


def test_every_entry_of_the_catalogue_can_be_set_once() -> None:
    assert [name for section in shape.SECTIONS for name in section.names] == list(ITEMS)
    assert set(ITEMS) == {*shape.SCALARS, *shape.GRIDS, "area", "keywords"}


def test_shipped_form_is_the_catalogue() -> None:
    form = shipped()
    assert form.fields == shape.SCALARS
    assert form.tables == shape.GRIDS
    assert form.sections == shape.SECTIONS
    assert form.undertaking == shape.UNDERTAKING


def test_stored_form_reads_back_as_it_was() -> None:
    form = replace(with_setting("method", use=Use.OFF, limit=7, hint_zh="提示"), undertaking_zh="承诺")
    assert from_body(form.body()) == form
    assert canonical(form.body()) == canonical(from_body(form.body()).body())


def test_an_entry_that_came_after_a_form_was_stored_is_not_asked_for() -> None:
    body = shipped().body()
    body["fields"] = [row for row in body["fields"] if row["name"] not in {"references", "area"}]
    form = from_body(body)
    assert (form.has("references"), form.has("area")) == (False, True)


@pytest.mark.parametrize("name", SWITCHED)
def test_what_is_switched_off_is_not_drawn_not_owed_not_read_and_not_submitted_but_kept(name: str) -> None:
    form = with_setting(name, use=Use.OFF)
    kept = {**shape.empty(), name: "written before"}
    assert name not in [each for section in form.sections for each in section.names]
    assert name not in proposal_form(form).__dict__
    assert name not in limits_of(form)
    assert name not in owed(form, shape.empty())
    typed = [{"name": "某"}] if name in shape.GRIDS else "typed now"
    read_now = read({name: typed}, year=2021, form=form, kept=kept)
    assert read_now.content[name] == "written before"
    assert form.kept(kept).get(name) == shape.empty().get(name)


@pytest.mark.parametrize("name", [name for name in SWITCHED if name != "partners"])
def test_what_is_required_is_owed_and_what_is_optional_is_not(name: str) -> None:
    assert name in owed(with_setting(name, use=Use.REQUIRED), shape.empty())
    optional = owed(with_setting(name, use=Use.OPTIONAL), shape.empty())
    assert (name in optional) == (name == "contact_email")


def test_partners_are_owed_where_the_form_wants_one() -> None:
    form = with_setting("partners", use=Use.REQUIRED)
    assert "partners" in missing(form, shape.empty(), titles=("题", ""), area=True)
    assert "partners" not in missing(form, shape.empty(), titles=("题", ""), area=True, partners=[{"unit": 1, "share": "案例"}])


def test_a_way_to_reach_the_contact_is_owed_only_where_both_are_asked_for() -> None:
    named = {**shape.empty(), "contact_name": "某"}
    assert "contact_email" in owed(shipped(), named)
    assert "contact_email" not in owed(shipped(), {**named, "contact_phone": "010-1"})
    assert "contact_email" not in owed(with_setting("contact_phone", use=Use.OFF), named)
    assert "contact_email" not in owed(with_setting("contact_name", use=Use.OFF), shape.empty())
    assert owed(with_setting("contact_phone", use=Use.REQUIRED), named).count("contact_email") == 0


def test_total_is_compared_only_where_there_are_lines() -> None:
    content = {**shape.empty(), "budget": [{"kind": "labour", "amount": 100, "basis": ""}], "budget_total": 101}
    assert "budget_total" in owed(shipped(), content)
    assert "budget_total" not in owed(with_setting("budget", use=Use.OFF), content)
    assert with_setting("budget", use=Use.OFF).hint("budget_total") is None


@given(
    name=st.sampled_from([item.name for item in ITEMS.values() if item.measure is Measure.ZI and item.name not in FIXED]),
    limit=st.integers(1, 40),
    text=st.text(st.sampled_from("研究AI 2021，。x"), max_size=60),
)
def test_counter_check_and_what_is_missing_agree_on_a_limit(name: str, limit: int, text: str) -> None:
    form = with_setting(name, use=Use.OPTIONAL, limit=limit)
    over = count_zi(text) > limit
    shown = limits_of(form).get(name)
    assert shown in {None, limit}
    assert (name in owed(form, {**shape.empty(), name: text.strip()})) is over
    assert (name in refused(form, {name: text})) is over


@given(name=st.sampled_from(sorted(ROW)), limit=st.integers(1, 12), count=st.integers(0, 14))
def test_check_and_what_is_missing_agree_on_rows(name: str, limit: int, count: int) -> None:
    form = with_setting(name, use=Use.OPTIONAL, limit=limit)
    typed = [ROW[name]] * count
    content = {**shape.empty(), name: read({name: typed}, year=2021, form=with_setting(name, limit=50)).content[name]}
    assert (name in owed(form, content)) is (count > limit)
    assert (name in refused(form, {name: typed})) is (count > limit)


@given(limit=st.integers(1, 10), count=st.integers(0, 12))
def test_check_and_what_is_missing_agree_on_keywords(limit: int, count: int) -> None:
    form = with_setting("keywords", use=Use.OPTIONAL, limit=limit)
    words = [f"词{number}" for number in range(count)]
    assert ("keywords" in owed(form, {**shape.empty(), "keywords": words})) is (count > limit)
    assert ("keywords" in refused(form, {"keywords": "、".join(words)})) is (count > limit)


def test_shipped_hint_names_the_limit_of_the_form() -> None:
    assert str(with_setting("keywords", limit=7).hint("keywords")) == "At most 7, parted by commas."
    assert "At most 30 " in str(with_setting("title_zh", limit=30).fields["title_zh"].hint)
    assert str(with_setting("keywords", hint_en="Three will do.").hint("keywords")) == "Three will do."


def test_differences_are_told_in_words_in_the_order_of_the_form() -> None:
    new = with_setting("method", form=with_setting("title_zh", limit=30), use=Use.OFF)
    new = replace(with_setting("novelty", form=new, use=Use.REQUIRED, hint_en="New"), undertaking_en="We do.")
    assert [str(message) for message in differences(shipped(), new)] == [
        "Title in Chinese: at most 30 characters, before 40.",
        "Method is no longer asked for. What is written there is kept, but not submitted.",
        "Novelty is required.",
        "Novelty: the hint reads differently.",
        "The undertaking reads differently.",
    ]
    assert differences(new, new) == []
