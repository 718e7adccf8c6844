"""How values are written for the reader: dates, money, names, messages, user text. Filters of the templates.

Everything follows the language of the request. Chinese dates and money need no catalogue: their forms are tables here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache, wraps
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.units import format_unit
from flask import Flask, current_app
from flask_babel import LazyString
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from tracker.config import MB
from tracker.members.rules import ROLES
from tracker.messages import Message, say
from tracker.policy import Role
from tracker.text import count_zi, language_of
from tracker.web.locale import gettext, language
from tracker.web.prose import breaks, markdown, paragraphs

LANGUAGES = {"zh": ("zh-CN", "中文"), "en": ("en", "English")}
"""Per locale: the tag for ``lang``, and the language's own name, which is written alike in both."""

DATE = {"zh": "y年M月d日", "en": "d MMMM y"}
SHORT_DAY = {"zh": "M月d日", "en": "d MMM"}
DAY = {"zh": "M月d日（EEE）", "en": "EEE d MMM"}
FULL_DAY = {"zh": "y年M月d日（EEE）", "en": "EEE d MMM y"}
WEEKDAY = {"zh": "EEEEE", "en": "EEE"}
MONTH = {"zh": "y年M月", "en": "MMMM y"}
AT = {"zh": "y年M月d日 HH:mm", "en": "d MMM y, HH:mm"}
AT_DAY = {"zh": "y年M月d日（EEE）HH:mm", "en": "EEE d MMM y, HH:mm"}
IN_ZONE = {"zh": "{at}（{zone}）", "en": "{at} ({zone})"}
QUARTER = {"zh": "{year}年第{number}季度", "en": "{year} Q{number}"}
QUARTER_DIGITS = {"zh": "〇一二三四", "en": "01234"}
ZONE_NAMES = {"Asia/Shanghai": say("Beijing")}
AMBER_WITHIN = timedelta(days=7)
FEN = 100
WAN = 10_000
_MONTH = re.compile(r"([1-9]\d{3})-(0[1-9]|1[0-2])", re.ASCII)
_QUARTER = re.compile(r"(\d{4})-?Q([1-4])")


def locale_code() -> str:
    """Return "zh" or "en": the language of this request, Chinese outside one."""
    return language()


def committee_zone() -> ZoneInfo:
    """Return the time zone in which the committee's times are written."""
    return ZoneInfo(current_app.config.get("COMMITTEE_ZONE", "Asia/Shanghai"))


@lru_cache(maxsize=4096)
def _day_in(pattern: str, code: str, day: date) -> str:
    return format_date(day, pattern, locale=code)


@lru_cache(maxsize=4096)
def _instant_in(pattern: str, code: str, at: datetime) -> str:
    return format_datetime(at, pattern, locale=code)


def zone_name() -> str:
    """Return what people call the committee's time zone."""
    key = committee_zone().key
    return translated(ZONE_NAMES[key]) if key in ZONE_NAMES else key.rpartition("/")[2].replace("_", " ")


def _day_of(value: date | datetime) -> date:
    return value.astimezone(committee_zone()).date() if isinstance(value, datetime) else value


def _with_table(value: date | datetime | None, table: Mapping[str, str]) -> str:
    return "" if value is None else _day_in(table[locale_code()], locale_code(), _day_of(value))


def date_text(value: date | datetime | None) -> str:
    """Write a day: 2021年3月31日 / 31 March 2021."""
    return _with_table(value, DATE)


def day_text(value: date | datetime | None) -> str:
    """Write a day of a year known from around it: 1月15日（周五） / Fri 15 Jan."""
    return _with_table(value, DAY)


def short_day_text(value: date | datetime | None) -> str:
    """Write a day in as few signs as can be, where the year is known: 7月14日 / 14 Jul."""
    return _with_table(value, SHORT_DAY)


def weekday_text(value: date | datetime | None) -> str:
    """Write the weekday of a day as the head of a calendar does: 一 / Mon."""
    return _with_table(value, WEEKDAY)


def full_day_text(value: date | datetime | None) -> str:
    """Write a day with its year and weekday: 2021年1月15日（周五） / Fri 15 Jan 2021."""
    return _with_table(value, FULL_DAY)


def _instant(value: datetime, table: Mapping[str, str]) -> str:
    locale = locale_code()
    written = _instant_in(table[locale], locale, value.astimezone(committee_zone()).replace(tzinfo=None))
    return IN_ZONE[locale].format(at=written, zone=zone_name())


def at_text(value: datetime | None) -> str:
    """Write an instant with its zone: 2021年1月15日 18:00（北京时间） / 15 Jan 2021, 18:00 (Beijing)."""
    return "" if value is None else _instant(value, AT)


def at_day_text(value: datetime | None) -> str:
    """Write an instant with weekday and zone, as a deadline needs."""
    return "" if value is None else _instant(value, AT_DAY)


def clock_text(value: datetime | None) -> str:
    """Write the hour and minute alone, for "saved 10:32"."""
    return "" if value is None else f"{value.astimezone(committee_zone()):%H:%M}"


def day_of(text: str | None) -> date | None:
    """Return the day that a content keeps as text; None for none."""
    return date.fromisoformat(text) if text else None


def iso_text(value: date | datetime | None) -> str:
    """Write a day or an instant for machines, as ``<time datetime>`` wants it."""
    return "" if value is None else value.isoformat()


def _unit(number: int, unit: str) -> str:
    locale = locale_code()  # The long Chinese forms are missing from CLDR; its short ones are the full words.
    written = str(format_unit(number, f"duration-{unit}", length="long" if locale == "en" else "short", locale=locale))
    return written if locale == "en" else written.replace(" ", "")


def span_text(span: timedelta) -> str:
    """Write a length of time in its two largest units, in words: 1天4小时 / 1 day 4 hours."""
    minutes = max(int(span.total_seconds() // 60), 0)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days >= AMBER_WITHIN.days or (days and not hours):
        shown = [(days, "day")]
    elif days:
        shown = [(days, "day"), (hours, "hour")]
    elif hours:
        shown = [(hours, "hour"), (rest, "minute")] if rest else [(hours, "hour")]
    else:
        shown = [(rest, "minute")]
    return ("" if locale_code() == "zh" else " ").join(_unit(*part) for part in shown)


def left_text(at: datetime, now: datetime) -> str:
    """Say how long is left until ``at``, or how long ago it was."""
    if abs(at - now) < timedelta(minutes=1):
        return str(gettext("less than a minute left") if at > now else gettext("just now"))
    if at > now:
        return str(gettext("%(span)s left", span=span_text(at - now)))
    return str(gettext("%(span)s ago", span=span_text(now - at)))


def deadline_tone(at: datetime, now: datetime) -> str:
    """Return the tone of a deadline: bad when past, warn within a week, idle before."""
    if at <= now:
        return "bad"
    return "warn" if at - now <= AMBER_WITHIN else "idle"


def quarter_text(value: str) -> str:
    """Write a quarter kept as "2021Q1": 2021年第一季度 / 2021 Q1. Anything else is given back as it is."""
    match = _QUARTER.fullmatch(value or "")
    if match is None:
        return value or ""
    locale = locale_code()
    return QUARTER[locale].format(year=match[1], number=QUARTER_DIGITS[locale][int(match[2])])


def month_text(value: str) -> str:
    """Write a month kept as "2021-03": 2021年3月 / March 2021. Anything else is given back as it is."""
    match = _MONTH.fullmatch(value or "")
    return format_date(date(int(match[1]), int(match[2]), 1), MONTH[locale_code()], locale=locale_code()) if match else value or ""


def money_text(fen: int | None) -> str:
    """Write an amount kept in 分: ¥180,000, with 分 only when there are any."""
    if fen is None:
        return ""
    yuan, rest = divmod(abs(fen), FEN)
    return f"{'−' if fen < 0 else ''}¥{yuan:,}{f'.{rest:02}' if rest else ''}"


def wan_text(fen: int | None) -> str:
    """Write an amount kept in 分 in 万元, exactly: 18 万元. English has no such unit and gets the whole amount."""
    if fen is None or locale_code() == "en":
        return money_text(fen)
    return f"{(Decimal(fen) / (FEN * WAN)).normalize():,f} 万元"


def _bilingual(thing: object, stem: str) -> str:
    first, second = ("en", "zh") if locale_code() == "en" else ("zh", "en")
    for each in (first, second):
        text = getattr(thing, f"{stem}_{each}", "")
        if text:
            return str(text)
    return ""


def name_text(thing: object) -> str:
    """Return the name in the reader's language, else in the other one; "" for None."""
    return _bilingual(thing, "name")


def short_text(thing: object) -> str:
    """Return the short name in the reader's language, else the full one in it, else whatever the other language has."""
    own = locale_code()
    return str(getattr(thing, f"short_{own}", "") or getattr(thing, f"name_{own}", "") or _bilingual(thing, "short") or name_text(thing))


def title_text(thing: object) -> str:
    """Return the title in the reader's language, else in the other one; "" for None."""
    return _bilingual(thing, "title")


def other_title_text(thing: object) -> str:
    """Return the title in the other language when both are there, else ""."""
    shown, other = title_text(thing), getattr(thing, f"title_{'zh' if locale_code() == 'en' else 'en'}", "")
    return str(other) if other and other != shown else ""


def lang_tag(text: object) -> str:
    """Return the ``lang`` for text that is not in the page's language, else ""."""
    language = language_of(str(text))
    return "" if language is None or language == locale_code() else LANGUAGES[language][0]


def role_text(role: object) -> str:
    """Return the name of a seat's role."""
    return translated(ROLES[Role(str(role))]) if str(role) in set(Role) else str(role)


def translated(value: object) -> str:
    """Write a Message, or anything a Message may carry, in the reader's language; text is given back as it is."""
    if isinstance(value, Message):
        pattern = str(gettext(value.msgid))
        return pattern.format_map({key: translated(item) for key, item in value.params.items()}) if value.params else pattern
    if value is None or isinstance(value, Markup):
        return value or ""
    writer = next((write for kind, write in WRITERS if isinstance(value, kind)), _translated_thing)
    return writer(value)


def _translated_thing(value: object) -> str:
    message = getattr(value, "message", None) or getattr(value, "label", None)
    if isinstance(message, Message):
        return translated(message)
    named = title_text(value) or name_text(value)
    if named:
        return named
    if isinstance(value, Iterable) and not hasattr(value, "__html__"):
        return listed(value)
    return str(value)


WRITERS: tuple[tuple[type | tuple[type, ...], Callable[..., str]], ...] = (
    (Role, role_text),
    ((str, LazyString, int, Decimal), str),
    (datetime, at_text),
    (date, date_text),
    (timedelta, span_text),
)
"""How a value inside a message is written, by its type; the first that fits."""


def listed(values: Iterable[object]) -> str:
    """Join several things in words: 甲、乙和丙 / a, b and c."""
    return format_list([translated(value) for value in values], style="standard", locale="en_GB" if locale_code() == "en" else "zh")


def size_text(size: int) -> str:
    """Write a number of bytes in KB, from 1 MB on in MB with one digit, both rounded up."""
    if size < MB:
        return translated(say("{size} KB", size=-(-size // 1024)))
    return translated(say("{size} MB", size=f"{-(-size * 10 // MB) / 10:.1f}"))


FILTERS: dict[str, Callable[..., object]] = {
    "date": date_text,
    "day": day_text,
    "short_day": short_day_text,
    "full_day": full_day_text,
    "weekday": weekday_text,
    "at": at_text,
    "at_day": at_day_text,
    "clock": clock_text,
    "iso": iso_text,
    "iso_day": day_of,
    "size": size_text,
    "span": span_text,
    "left": left_text,
    "deadline_tone": deadline_tone,
    "month": month_text,
    "quarter": quarter_text,
    "money": money_text,
    "wan": wan_text,
    "name": name_text,
    "short": short_text,
    "title_of": title_text,
    "other_title": other_title_text,
    "lang_tag": lang_tag,
    "role": role_text,
    "t": translated,
    "listed": listed,
    "count_zi": count_zi,
    "breaks": breaks,
    "paragraphs": paragraphs,
    "markdown": markdown,
}


def _per_request(function: Callable[..., object]) -> Callable[..., object]:
    """Keep the template compiler from working a filter out once for all readers, as it does with literals."""

    @pass_context
    @wraps(function)
    def filtered(_context: Context, *args: object) -> object:
        return function(*args)

    return filtered


def register(app: Flask) -> None:
    """Give the templates their filters and the languages there are."""
    app.jinja_env.filters.update({name: _per_request(function) for name, function in FILTERS.items()})
    app.jinja_env.globals["languages"] = LANGUAGES
