"""The settings of a year's expert review: its place, its rubric, who reads what."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, FormField, HiddenField, RadioField, StringField, TextAreaField
from wtforms import Form as PlainForm

from tracker.errors import Invalid, Stale
from tracker.programmes.models import Programme
from tracker.programmes.stages import ORDERS, Order
from tracker.reviews import actions
from tracker.reviews.rubric import MOST_CATEGORIES, Category, Rubric, read_category
from tracker.reviews.settings import SEES, ReviewRules, Sees, rules_of
from tracker.web.formats import translated
from tracker.web.identity import the_actor, writes
from tracker.web.programmes import forms
from tracker.web.programmes.blueprint import bp
from tracker.web.programmes.edit import opened, page, saved, stale

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

CODE = re.compile("[a-z][a-z0-9_]{0,19}")
TEXTS = ("name_zh", "name_en", "about_zh", "about_en", "anchors_zh", "anchors_en")


class CategoryForm(PlainForm):
    """One category of the rubric; its anchors one to a line."""

    code = HiddenField()
    name_zh = StringField(_l("Name in Chinese"))
    name_en = StringField(_l("Name in English"))
    weight = StringField(_l("Weight"), render_kw=forms.NUMERIC)
    about_zh = TextAreaField(_l("What is judged, in Chinese"))
    about_en = TextAreaField(_l("What is judged, in English"))
    anchors_zh = TextAreaField(_l("What each score means, in Chinese"))
    anchors_en = TextAreaField(_l("What each score means, in English"))

    def category(self, code: str) -> Category:
        """Return what was typed as the domain takes it."""
        return read_category(code, {name: self[name].data or "" for name in TEXTS}, forms.read_number(self.weight.data))


class ReviewForm(forms.SectionForm):
    """The settings of the year's expert review. One category more than is allowed is read, so that the domain can say so."""

    order = RadioField(_l("Place among the stages"), validate_choice=False)
    per_proposal = StringField(_l("Experts for each proposal"), render_kw=forms.NUMERIC)
    blind = BooleanField(_l("Blind review: experts do not learn whose proposal it is"))
    peers = BooleanField(_l("Experts read the others' reviews after handing in their own"))
    applicants = RadioField(_l("What the units on a proposal read, together with the decision"), validate_choice=False)
    units = RadioField(_l("What all other units read, once the review is over"), validate_choice=False)
    names = BooleanField(_l("These readers see the experts' names"))
    highest = StringField(_l("Highest score"), render_kw=forms.NUMERIC)
    lowest = StringField(_l("Lowest score"), render_kw=forms.NUMERIC)
    categories = forms.Rows(FormField(CategoryForm), _l("Categories"), max_entries=MOST_CATEGORIES + 1)

    def rules(self) -> ReviewRules:
        """Return what was typed as the domain takes it; a choice that is not offered is none."""
        codes = _codes([entry.form.code.data or "" for entry in self.categories])
        rows = tuple(entry.form.category(code) for entry, code in zip(self.categories, codes, strict=True))
        return ReviewRules(
            order=Order(self.order.data) if self.order.data in set(Order) else Order.OFF,
            per_proposal=forms.whole_number(self.per_proposal.data),
            blind=bool(self.blind.data),
            peers=bool(self.peers.data),
            applicants=_sees(self.applicants.data),
            units=_sees(self.units.data),
            names=bool(self.names.data),
            rubric=Rubric(rows, forms.whole_number(self.highest.data), forms.read_number(self.lowest.data) or 0),
        )


def _sees(given: str | None) -> Sees:
    return Sees(given) if given in set(Sees) else Sees.NOTHING


def _codes(given: Sequence[str]) -> list[str]:
    """Return a code of its own for every category: the one it had, else a new one."""
    kept: list[str] = []
    for place, code in enumerate(given, start=1):
        usable = CODE.fullmatch(code) is not None and code not in kept
        kept.append(code if usable else next(new for new in (f"c{place}{'x' * more}" for more in range(20)) if new not in {*kept, *given}))
    return kept


def review_form(rules: ReviewRules, version: object, *, fresh: bool = False) -> ReviewForm:
    """Return the form of these settings; ``fresh`` leaves out what was typed."""
    rubric = rules.rubric
    rows = [_row(category) for category in rubric.categories]
    data: dict[str, Any] = {
        **{name: getattr(rules, name) for name in ("order", "blind", "peers", "applicants", "units", "names")},
        "per_proposal": str(rules.per_proposal),
        "highest": str(rubric.highest),
        "lowest": str(rubric.lowest),
        "categories": rows,
        "version": version,
    }
    form = ReviewForm(formdata=None, data=data) if fresh else ReviewForm(data=data)
    form.order.choices = [(code.value, translated(label)) for code, label in ORDERS.items()]
    for name in ("applicants", "units"):
        form[name].choices = [(code.value, translated(label)) for code, label in SEES.items()]
    return form


def _row(category: Category) -> dict[str, object]:
    texts = {name: getattr(category, name) for name in ("code", "name_zh", "name_en", "about_zh", "about_en")}
    weight = str(category.weight) if category.weight else ""
    return {**texts, "weight": weight, "anchors_zh": "\n".join(category.anchors_zh), "anchors_en": "\n".join(category.anchors_en)}


def _rearranged(form: ReviewForm) -> ReviewForm | None:
    """Return the form as the row button that was pressed wants it, or None when it is to be saved."""
    rules = form.rules()
    rows = list(rules.rubric.categories)
    if "add" in request.form:
        rows.append(Category("", 0))
    elif "remove" in request.form:
        place = forms.whole_number(request.form["remove"])
        rows = [row for number, row in enumerate(rows, start=1) if number != place]
    else:
        return None
    moved = Rubric(tuple(rows), rules.rubric.highest, rules.rubric.lowest)
    return review_form(ReviewRules(**{**{name: getattr(rules, name) for name in ReviewRules.__slots__}, "rubric": moved}), form.version.data, fresh=True)


@bp.route("/programmes/<int:year>/edit/review", methods=["GET", "POST"])
@writes
def change_review(year: int) -> ResponseReturnValue:
    """Show and save how this year's proposals are reviewed; the buttons of a category only rearrange the page."""
    programme = opened(year)
    form = review_form(rules_of(programme.review), programme.version)
    if request.method == "GET":
        return _page(programme, form)
    moved = _rearranged(form)
    if moved is not None:
        return _page(programme, moved, unsaved=True)
    try:
        actions.set_review(programme, form.rules(), seen=form.seen(), actor=the_actor())
    except Invalid as wrong:
        forms.show(form, Invalid({"" if name == "categories" else name: messages for name, messages in wrong.fields.items()}))
        return _page(programme, form), 422
    except Stale:
        return stale(programme, form, review_form(rules_of(programme.review), programme.version, fresh=True))
    return saved(programme, "programmes.change_review")


def _page(programme: Programme, form: ReviewForm, *, unsaved: bool = False) -> str:
    return page("review", programme, form, unsaved=unsaved, frozen=actions.frozen_since(programme))
