"""What the formal check of a year looks at (形式审查要点): its points, with those a Chinese office would expect at first. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tracker.errors import Invalid
from tracker.messages import Message, say
from tracker.text import clean_line, count_zi

MOST_POINTS = 30
POINT_ZI = 100
MOST_PARTNERS = 10


@dataclass(frozen=True, slots=True)
class Point:
    """One point; ``code`` keeps what was marked under it while its words are changed in the other language."""

    code: str
    name_zh: str
    name_en: str


DEFAULTS = (
    Point("in_time", "在规定期限内提交，或者持有迟交许可", "It was submitted in time, or with leave to be late"),
    Point("eligible", "牵头单位为本委员会成员单位，符合申报资格", "The lead unit is a member of the committee and may propose"),
    Point("investigator", "课题负责人及团队信息完整，符合申报条件", "Principal investigator and team are named in full and meet the conditions"),
    Point("area", "选题符合年度计划的选题方向", "The topic lies within the areas of this year's call"),
    Point("title", "题目规范，与研究内容一致", "The title is well formed and says what the content says"),
    Point("complete", "申报书填写完整，各栏内容符合填写要求", "The form is complete, and each field holds what it asks for"),
    Point("partners", "合作单位及分工明确，合作单位知情并同意参加", "Partner units and their shares are clear, and they know and agree"),
    Point("results", "预期成果与进度安排明确，可以检查", "Results and schedule are definite enough to be checked"),
    Point("budget", "经费预算科目合规、计算准确、依据充分", "The budget keeps to the kinds allowed, adds up and gives its basis"),
    Point("undertaking", "已作出承诺，盖章件与提交版本一致", "The undertaking is given, and the stamped scan matches the version submitted"),
    Point("new", "与本年度及往年课题不重复", "It repeats no topic of this or an earlier year"),
)


def points_of(settings: Mapping[str, Any] | None) -> tuple[Point, ...]:
    """Return the points that a programme's settings name, the default ones where they name none."""
    kept = (settings or {}).get("points")
    return tuple(Point(**point) for point in kept) if kept else DEFAULTS


def wants_scan(settings: Mapping[str, Any] | None) -> bool:
    """Say whether a proposal passes the formal check only with the stamped scan of the version that is checked."""
    return bool((settings or {}).get("scan"))


def partners_needed(settings: Mapping[str, Any] | None) -> int:
    """Return how many partner units must have confirmed their share of the work before a proposal passes; 0 asks for none."""
    return int((settings or {}).get("partners", 0))


def as_settings(points: Sequence[Point], *, scan: bool, partners: int = 0) -> dict[str, Any]:
    """Return the points, whether the stamped scan is owed, and how many partner units must have confirmed, as the settings keep them."""
    return {"points": [asdict(point) for point in points], "scan": scan, "partners": partners}


def read_partners(typed: str) -> int:
    """Read how many partner units must have confirmed; nothing typed is none. Raises Invalid."""
    text = typed.strip() or "0"
    if text.isascii() and text.isdigit() and len(text) < 10 and int(text) <= MOST_PARTNERS:  # noqa: PLR2004 - digits that cost nothing to read
        return int(text)
    raise Invalid({"partners": [say("Give a whole number from 0 to {most}.", most=MOST_PARTNERS)]})


def read_points(typed_zh: str, typed_en: str, present: Sequence[Point]) -> tuple[Point, ...]:
    """Read the points, one to a line in each language, in the same order; a line that stood there before keeps its code. Raises Invalid."""
    wrong: dict[str, list[Message]] = {}
    chinese, english = _lines("points_zh", typed_zh, wrong), _lines("points_en", typed_en, wrong)
    if not wrong and len(chinese) != len(english):
        wrong["points_en"] = [say("There are {zh} lines in Chinese and {en} in English: give each point in both.", zh=len(chinese), en=len(english))]
    if wrong:
        raise Invalid(wrong)
    known = {text: point.code for point in present for text in (point.name_zh, point.name_en)}
    points: list[Point] = []
    for zh, en in zip(chinese, english, strict=True):
        code = known.get(zh) or known.get(en)
        taken = {point.code for point in points} | set(known.values())
        points.append(Point(code if code and code not in {point.code for point in points} else _new_code(taken), zh, en))
    return tuple(points)


def _new_code(taken: set[str]) -> str:
    return next(code for code in (f"p{number}" for number in range(1, 10_000)) if code not in taken)


def _lines(key: str, typed: str, wrong: dict[str, list[Message]]) -> list[str]:
    try:
        lines = [line for part in typed.splitlines() if (line := clean_line(part))]
    except ValueError:
        wrong[key] = [say("Remove control characters, line breaks in names, and characters that turn the direction of writing.")]
        return []
    longest = max((max(count_zi(line), len(line) // 4) for line in lines), default=0)
    if not 1 <= len(lines) <= MOST_POINTS:
        wrong[key] = [say("Give 1 to {limit} points, one to a line.", limit=MOST_POINTS)]
    elif len(set(lines)) != len(lines):
        wrong[key] = [say("Each point stands here once only.")]
    elif longest > POINT_ZI:
        wrong[key] = [say("A point has at most {limit} characters (字).", limit=POINT_ZI)]
    return lines
