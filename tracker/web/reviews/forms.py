"""The forms of a review, made from the rubric of its programme."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, RadioField, SelectField, TextAreaField

from tracker.messages import say
from tracker.reviews import content as shape
from tracker.reviews.models import Review
from tracker.reviews.rubric import Category, Rubric
from tracker.reviews.summary import CONCLUSIONS
from tracker.web.formats import locale_code, name_text, translated
from tracker.web.forms import TextForm
from tracker.web.longform import Owed, control


class ActForm(TextForm):
    """A reason or remark, the version that was looked at, and who is asked instead where somebody is taken off."""

    version = HiddenField()
    note = TextAreaField(say("Reason"))
    instead = SelectField(say("Ask instead"), choices=[], validate_choice=False)


class DeclareForm(TextForm):
    """What ties the expert to the proposal, if anything does."""

    version = HiddenField()
    note = TextAreaField(say("What the conflict is"))


class HandInForm(TextForm):
    """The version that was checked."""

    version = HiddenField()


class ChooseForm(TextForm):
    """What is ticked is read from the request: the choices are the page's own."""


def review_form(review: Review, **given: Any) -> Any:  # noqa: ANN401 - a class whose fields are made from the rubric
    """Return the form of a review: a choice for each category, the conclusion, the opinion and the note."""
    rubric = review.settings.rubric
    choices = {f"{shape.SCORE}{category.code}": _steps(rubric, category) for category in rubric.categories}
    fields: dict[str, Any] = {"version": HiddenField(), "base": HiddenField()}
    for category in rubric.categories:
        fields[f"{shape.SCORE}{category.code}"] = RadioField(name_text(category), [Owed()], description=_about(rubric, category), validate_choice=False)
    fields["conclusion"] = RadioField(shape.CONCLUSION.label, [Owed()], validate_choice=False)
    fields["opinion"], fields["note"] = control(shape.OPINION), control(shape.NOTE)
    form = type("ReviewForm", (TextForm,), fields)(**given)
    choices["conclusion"] = [(str(code), translated(label)) for code, label in CONCLUSIONS.items()]
    for name, offered in choices.items():
        form[name].choices = offered
    return form


def _steps(rubric: Rubric, category: Category) -> list[tuple[str, str]]:
    return [(str(step), f"{step}　{rubric.anchor(category, step, locale_code())}".strip()) for step in rubric.steps]


def _about(rubric: Rubric, category: Category) -> str:
    about = (category.about_en or category.about_zh) if locale_code() == "en" else (category.about_zh or category.about_en)
    weight = translated(say("Weight {weight} of {sum}.", weight=category.weight, sum=rubric.weights))
    return f"{weight} {about}".strip() if locale_code() == "en" else f"{weight}{about}"


def filled(review: Review) -> dict[str, Any]:
    """Return the working copy as the form shows it."""
    content, categories = review.content, review.settings.rubric.categories
    scores = {f"{shape.SCORE}{category.code}": str(content["scores"].get(category.code, "")) for category in categories}
    return {"version": str(review.version), **scores, **{name: content[name] for name in ("conclusion", "opinion", "note")}}
