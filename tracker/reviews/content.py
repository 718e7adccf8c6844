"""What an expert writes: scores, opinion, conclusion, and a note for the secretariat; read from what was typed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracker.entry import Reader
from tracker.fields import Field, Kind
from tracker.messages import Message, say
from tracker.reviews.rubric import Rubric
from tracker.reviews.summary import CONCLUSIONS, Conclusion

OPINION = Field(
    "opinion",
    say("Opinion"),
    Kind.TEXT,
    1500,
    hint=say("What speaks for it, what against it, what should be changed. It is kept as you write it."),
)
NOTE = Field("note", say("Note for the secretariat and the chair"), Kind.TEXT, 500, owed=False, hint=say("Optional. Nobody else reads it."))
CONCLUSION = Field("conclusion", say("Conclusion"), Kind.CODE, codes={str(code): label for code, label in CONCLUSIONS.items()})
REASON_ZI = 500
SCORE = "score_"

Content = Mapping[str, Any]


def empty() -> dict[str, Any]:
    """Return the content of a review of which nothing is written yet."""
    return {"scores": {}, "opinion": "", "note": "", "conclusion": ""}


def read(typed: Mapping[str, Any], rubric: Rubric) -> dict[str, Any]:
    """Read a whole form; anything may be empty, scores stand under ``score_<code>``. Raises Invalid with every field that will not do."""
    reader = Reader()
    texts = {field.name: reader.value(field.name, typed.get(field.name) or "", field) for field in (OPINION, NOTE, CONCLUSION)}
    steps = {str(step): step for step in rubric.steps}
    scores: dict[str, int] = {}
    for category in rubric.categories:
        given = typed.get(f"{SCORE}{category.code}") or ""
        if given in steps:
            scores[category.code] = steps[given]
        elif given:
            reader.note(f"{SCORE}{category.code}", say("Choose one of the scores from {first} to {last}.", first=rubric.highest, last=rubric.lowest))
    reader.finish()
    return {"scores": scores, **texts}


def read_reason(typed: str) -> str:
    """Read why somebody is conflicted, declines or is taken off. Raises Invalid for the field "note"."""
    reader = Reader()
    reason = reader.value("note", typed, Field("note", say("Reason"), Kind.TEXT, REASON_ZI))
    reader.finish()
    return str(reason)


def missing(content: Content, rubric: Rubric) -> dict[str, Message]:
    """Return what handing in still owes, by field; who abstains owes the reason alone."""
    found: dict[str, Message] = {}
    abstains = content["conclusion"] == Conclusion.ABSTAIN
    if not abstains:
        for category in rubric.categories:
            if category.code not in content["scores"]:
                found[f"{SCORE}{category.code}"] = say("{category}: no score yet.", category=category)
    if not content["conclusion"]:
        found["conclusion"] = say("Choose a conclusion.")
    if not content["opinion"]:
        found["opinion"] = say("Say in the opinion why you abstain.") if abstains else say("Write your opinion.")
    return found


def is_blank(content: Content) -> bool:
    """Say whether nothing is written yet."""
    return not any(content.get(name) for name in empty())
