"""Dates, money, names, messages and user text as a reader of Chinese or English sees them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from flask import Flask, render_template_string
from flask_babel import lazy_gettext
from markupsafe import Markup

from tracker.messages import say
from tracker.policy import Role
from tracker.web import formats, locale, templating

CLOSES = datetime(2021, 1, 15, 10, tzinfo=UTC)
WORDS = {
    "Beijing": "北京时间",
    "%(span)s left": "还剩%(span)s",
    "%(span)s ago": "%(span)s前",
    "Chair": "主任委员",
    "The ballot closed at {at}.": "投票已于{at}截止。",
    "{unit} leads {title}: {why}": "{unit}牵头{title}：{why}",
    "Why {number}": "原因{number}",
}
Write = Callable[..., str]


@dataclass
class Thing:
    name_zh: str = ""
    name_en: str = ""
    title_zh: str = ""
    title_en: str = ""


@pytest.fixture(name="write", scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory) -> Write:
    folder = tmp_path_factory.mktemp("translations")
    (folder / "zh" / "LC_MESSAGES").mkdir(parents=True)
    catalogue = Catalog(locale="zh")
    for english, chinese in WORDS.items():
        catalogue.add(english, chinese)
    with (folder / "zh" / "LC_MESSAGES" / "messages.mo").open("wb") as file:
        write_mo(file, catalogue)
    return _writer(_app(folder))


def _app(folder: Path) -> Flask:
    app = Flask("formats")
    app.config.update(BABEL_TRANSLATION_DIRECTORIES=str(folder), COMMITTEE_ZONE="Asia/Shanghai")
    locale.register(app)
    templating.register(app)
    formats.register(app)
    return app


def _writer(app: Flask) -> Write:
    def write(template: str, language: str, **values: object) -> str:
        with app.test_request_context(headers={"Accept-Language": language}):
            return render_template_string(template, **values)

    return write


@pytest.mark.parametrize(
    ("template", "chinese", "english"),
    [
        ("{{ v|date }}", "2021年1月15日", "15 January 2021"),
        ("{{ v|day }}", "1月15日（周五）", "Fri 15 Jan"),
        ("{{ v|full_day }}", "2021年1月15日（周五）", "Fri 15 Jan 2021"),
        ("{{ v|at }}", "2021年1月15日 18:00（北京时间）", "15 Jan 2021, 18:00 (Beijing)"),
        ("{{ v|at_day }}", "2021年1月15日（周五）18:00（北京时间）", "Fri 15 Jan 2021, 18:00 (Beijing)"),
        ("{{ v|clock }}", "18:00", "18:00"),
        ("{{ v|iso }}", "2021-01-15T10:00:00+00:00", "2021-01-15T10:00:00+00:00"),
        ("{{ v|t }}", "2021年1月15日 18:00（北京时间）", "15 Jan 2021, 18:00 (Beijing)"),
    ],
)
def test_an_instant_is_written_in_the_committee_zone(write: Write, template: str, chinese: str, english: str) -> None:
    assert (write(template, "zh", v=CLOSES), write(template, "en", v=CLOSES)) == (chinese, english)


def test_an_instant_late_in_the_day_belongs_to_the_committee_day(write: Write) -> None:
    assert write("{{ v|date }}", "en", v=datetime(2021, 3, 30, 16, tzinfo=UTC)) == "31 March 2021"


@pytest.mark.parametrize("name", ["date", "day", "at", "at_day", "clock", "iso", "money", "wan", "t", "name", "title_of", "paragraphs", "markdown"])
def test_nothing_is_written_as_nothing(write: Write, name: str) -> None:
    assert write("{{ v|" + name + " }}", "zh", v=None) == ""


@pytest.mark.parametrize(
    ("span", "chinese", "english"),
    [
        (timedelta(days=1, hours=4, minutes=5), "还剩1天4小时", "1 day 4 hours left"),
        (timedelta(days=40, hours=3), "还剩40天", "40 days left"),
        (timedelta(days=2, minutes=5), "还剩2天", "2 days left"),
        (timedelta(hours=3, minutes=20), "还剩3小时20分钟", "3 hours 20 minutes left"),
        (timedelta(minutes=1), "还剩1分钟", "1 minute left"),
        (-timedelta(days=3), "3天前", "3 days ago"),
    ],
)
def test_left_in_two_units_at_most(write: Write, span: timedelta, chinese: str, english: str) -> None:
    template, now = "{{ v|left(now) }}", CLOSES - span

    assert (write(template, "zh", v=CLOSES, now=now), write(template, "en", v=CLOSES, now=now)) == (chinese, english)


@pytest.mark.parametrize(
    ("before", "tone"),
    [(timedelta(days=8), "idle"), (timedelta(days=7), "warn"), (timedelta(seconds=1), "warn"), (timedelta(0), "bad"), (-timedelta(days=1), "bad")],
)
def test_deadline_tone(before: timedelta, tone: str) -> None:
    assert formats.deadline_tone(CLOSES, CLOSES - before) == tone


@pytest.mark.parametrize(
    ("template", "chinese", "english"),
    [
        ('{{ "2021Q1"|quarter }}', "2021年第一季度", "2021 Q1"),
        ('{{ "2021-Q4"|quarter }}', "2021年第四季度", "2021 Q4"),
        ('{{ "later"|quarter }}', "later", "later"),
        ("{{ 18000000|money }}", "¥180,000", "¥180,000"),
        ("{{ 18000050|money }}", "¥180,000.50", "¥180,000.50"),
        ("{{ (-500)|money }}", "−¥5", "−¥5"),
        ("{{ 18000000|wan }}", "18 万元", "¥180,000"),
        ("{{ 18050000|wan }}", "18.05 万元", "¥180,500"),
        ("{{ 0|wan }}", "0 万元", "¥0"),
        ("{{ 10000000000|wan }}", "10,000 万元", "¥100,000,000"),
    ],
)
def test_literals_follow_the_reader_too(write: Write, template: str, chinese: str, english: str) -> None:
    assert (write(template, "zh"), write(template, "en")) == (chinese, english)


def test_names_and_titles_fall_back_to_the_other_language(write: Write) -> None:
    unit, topic = Thing(name_zh="华为"), Thing(title_zh="数据", title_en="Data")
    template = "{{ unit|name }} {{ topic|title_of }} {{ topic|other_title }} {{ (topic|other_title)|lang_tag }}"

    assert write(template, "en", unit=unit, topic=topic) == "华为 Data 数据 zh-CN"
    assert write(template, "zh", unit=unit, topic=topic) == "华为 数据 Data en"


def test_message_formats_its_values_by_type(write: Write) -> None:
    message = say("{unit} leads {title}: {why}", unit=Thing("华为", "Huawei"), title=Thing(title_zh="数据"), why=say("Why {number}", number=2021))

    assert write("{{ m|t }}", "zh", m=message) == "华为牵头数据：原因2021"
    assert write("{{ m|t }}", "en", m=message) == "Huawei leads 数据: Why 2021"


def test_message_writes_instants_and_days(write: Write) -> None:
    message = say("The ballot closed at {at}.", at=CLOSES)

    assert write("{{ m|t }}", "zh", m=message) == "投票已于2021年1月15日 18:00（北京时间）截止。"
    assert write("{{ m|t }}", "en", m=say("{on}", on=date(2021, 3, 31))) == "31 March 2021"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a<b", "a&lt;b"),
        (Markup("<b>a</b>"), "<b>a</b>"),
        (lazy_gettext("Chair"), "主任委员"),
        (Role.CHAIR, "主任委员"),
        (3, "3"),
        (Decimal("1.50"), "1.50"),
        (timedelta(hours=2), "2小时"),
        ([Thing("甲"), Thing("乙"), "丙"], "甲、乙和丙"),
    ],
)
def test_t_writes_what_a_message_may_carry(write: Write, value: object, expected: str) -> None:
    assert write("{{ v|t }}", "zh", v=value) == expected


def test_values_of_a_message_are_escaped_and_never_patterns(write: Write) -> None:
    assert write("{{ m|t }}", "en", m=say("{name} is late.", name="<i>{0.__class__}</i>")) == "&lt;i&gt;{0.__class__}&lt;/i&gt; is late."


def test_paragraphs_escape_and_keep_lines(write: Write) -> None:
    assert write("{{ v|paragraphs }}", "zh", v="甲<script>\r\n乙\n \n丙") == "<p>甲&lt;script&gt;<br>乙</p>\n<p>丙</p>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# 标题", "<h3>标题</h3>\n"),
        ("**a** <b>x</b>", "<p><strong>a</strong> &lt;b&gt;x&lt;/b&gt;</p>\n"),
        ("![x](https://e.example/p.png)", '<p>!<a href="https://e.example/p.png" rel="noopener nofollow">x</a></p>\n'),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>\n"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
    ],
)
def test_markdown_can_do_no_harm(write: Write, text: str, expected: str) -> None:
    assert write("{{ v|markdown }}", "zh", v=text) == expected


def test_vendored_files_are_those_of_the_list() -> None:
    folder = Path(formats.__file__).parent.parent / "static" / "vendor"
    listed = re.search(r"`htmx\.min\.js` .*`([0-9a-f]{64})`", (folder / "README.md").read_text(encoding="utf-8"))

    assert listed is not None
    assert hashlib.sha256((folder / "htmx.min.js").read_bytes()).hexdigest() == listed.group(1)


def test_style_sheet_stays_small() -> None:
    assert (Path(formats.__file__).parent.parent / "static" / "app.css").stat().st_size <= 20 * 1024
