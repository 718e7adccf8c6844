"""By what experts score: weighted categories, the steps of the scale, and what each step means. Pure.

A rubric is data in two languages, kept with the programme: another committee brings its own. The score of a review is
``sum(weight * score) / sum(weights)``; the weights add up to 10 or to 100, so that it is an exact decimal.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tracker.messages import Message, say
from tracker.text import clean_line, clean_text, count_zi

SOURCE = Path(__file__).parent / "data" / "rubric.toml"
SUMS = (10, 100)
MOST_CATEGORIES = 10
LARGEST_SCORE = 100
MOST_STEPS = 11
NAME_ZI, ABOUT_ZI, ANCHOR_ZI = 20, 120, 60
CHARACTERS_PER_ZI = 10
LANGUAGES = ("zh", "en")

Wrong = dict[str, list[Message]]


@dataclass(frozen=True, slots=True)
class Category:
    """One thing that is judged; ``anchors`` say what each step of the scale means, the highest first, or nothing."""

    code: str
    weight: int
    name_zh: str = ""
    name_en: str = ""
    about_zh: str = ""
    about_en: str = ""
    anchors_zh: tuple[str, ...] = ()
    anchors_en: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rubric:
    """The scale, whole steps from ``highest`` down to ``lowest``, and the categories in their order."""

    categories: tuple[Category, ...]
    highest: int
    lowest: int

    @property
    def steps(self) -> range:
        """The scores there are, the highest first."""
        return range(self.highest, self.lowest - 1, -1)

    @property
    def weights(self) -> int:
        """What the weights add up to."""
        return sum(category.weight for category in self.categories)

    def total(self, scores: Mapping[str, int | None]) -> Decimal | None:
        """Return the weighted score, exactly; None as long as a category has no score."""
        given = [(category.weight, scores.get(category.code)) for category in self.categories]
        points = [weight * score for weight, score in given if score is not None]
        return Decimal(sum(points)) / self.weights if len(points) == len(given) else None

    def anchor(self, category: Category, score: int, language: str) -> str:
        """Return what a score means in a category, in a language or else in the other; "" where nothing is said."""
        place = self.highest - score
        texts = (category.anchors_en, category.anchors_zh) if language == "en" else (category.anchors_zh, category.anchors_en)
        return next((anchors[place] for anchors in texts if 0 <= place < len(anchors)), "")

    def to_json(self) -> dict[str, Any]:
        """Return it as it is kept."""
        rows = [
            {**asdict(category), **{f"anchors_{tongue}": list(getattr(category, f"anchors_{tongue}")) for tongue in LANGUAGES}} for category in self.categories
        ]
        return {"highest": self.highest, "lowest": self.lowest, "categories": rows}


def from_json(data: Mapping[str, Any]) -> Rubric:
    """Return the rubric that was kept."""
    rows = [{**row, **{f"anchors_{tongue}": tuple(row.get(f"anchors_{tongue}", ())) for tongue in LANGUAGES}} for row in data["categories"]]
    return Rubric(tuple(Category(**row) for row in rows), data["highest"], data["lowest"])


def default() -> Rubric:
    """Return the three categories that research offices use: topic 3, argument 5, research basis 2, on 10 to 3."""
    return from_json(tomllib.loads(SOURCE.read_text(encoding="utf-8")))


def faults(rubric: Rubric) -> Wrong:
    """Return what is wrong with a rubric, by the names of the form's fields; empty when it can be used."""
    wrong: Wrong = {}
    if not 1 <= rubric.highest <= LARGEST_SCORE:
        wrong["highest"] = [say("Give a whole number from {first} to {last}.", first=1, last=LARGEST_SCORE)]
    elif not max(0, rubric.highest - MOST_STEPS + 1) <= rubric.lowest < rubric.highest:
        wrong["lowest"] = [say("The lowest score lies below the highest, and there are at most {limit} steps.", limit=MOST_STEPS)]
    if not 1 <= len(rubric.categories) <= MOST_CATEGORIES:
        wrong["categories"] = [say("From 1 to {limit} categories.", limit=MOST_CATEGORIES)]
    for place, category in enumerate(rubric.categories):
        _check(category, rubric, f"categories-{place}-", wrong)
    if rubric.categories and not wrong and rubric.weights not in SUMS:
        wrong["categories"] = [say("The weights must add up to 10 or to 100; these add up to {sum}.", sum=rubric.weights)]
    if not wrong:
        _need_different(rubric.categories, wrong)
    return wrong


def _check(category: Category, rubric: Rubric, prefix: str, wrong: Wrong) -> None:
    if not 1 <= category.weight <= max(SUMS):
        wrong[f"{prefix}weight"] = [say("Give a whole number from {first} to {last}.", first=1, last=max(SUMS))]
    if not category.name_zh and not category.name_en:
        wrong[f"{prefix}name_zh"] = [say("Give a name in Chinese or in English.")]
    for tongue in LANGUAGES:
        for stem, limit in (("name", NAME_ZI), ("about", ABOUT_ZI)):
            _measure(f"{prefix}{stem}_{tongue}", getattr(category, f"{stem}_{tongue}"), limit, wrong)
        anchors = getattr(category, f"anchors_{tongue}")
        for anchor in anchors:
            _measure(f"{prefix}anchors_{tongue}", anchor, ANCHOR_ZI, wrong)
        if anchors and len(anchors) != len(rubric.steps) and f"{prefix}anchors_{tongue}" not in wrong:
            words = say(
                "One line for each score from the highest to the lowest: {wanted} lines; these are {count}.", wanted=len(rubric.steps), count=len(anchors)
            )
            wrong[f"{prefix}anchors_{tongue}"] = [words]


def _measure(key: str, text: str, limit: int, wrong: Wrong) -> None:
    try:
        clean_text(text)
    except ValueError:
        wrong[key] = [say("This holds characters that cannot be kept: control characters or direction marks.")]
        return
    count = count_zi(text)
    if count > limit or len(text) > limit * CHARACTERS_PER_ZI:
        wrong[key] = [say("At most {limit} characters; these are {count}.", limit=limit, count=count)]


def _need_different(categories: Sequence[Category], wrong: Wrong) -> None:
    seen: set[str] = set()
    for place, category in enumerate(categories):
        for name in filter(None, (category.name_zh, category.name_en)):
            if name.casefold() in seen:
                wrong[f"categories-{place}-name_zh"] = [say("Another category has this name already.")]
        seen |= {name.casefold() for name in (category.name_zh, category.name_en) if name}


def read_category(code: str, typed: Mapping[str, str], weight: int | None) -> Category:
    """Return a category from what was typed: texts tidied where they can be, anchors by line, a weight that is none as 0."""
    texts = {name: _tidy(typed.get(name, "")) for name in ("name_zh", "name_en", "about_zh", "about_en")}
    return Category(code, weight or 0, **texts, anchors_zh=_lines(typed.get("anchors_zh", "")), anchors_en=_lines(typed.get("anchors_en", "")))


def _tidy(text: str) -> str:
    try:
        return clean_line(text)
    except ValueError:
        return text


def _lines(text: str) -> tuple[str, ...]:
    return tuple(_tidy(line) for line in text.splitlines() if line.strip())
