"""Whose proposal it is cannot be read from what a blind review shows, however the names are written."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.proposals.content import empty
from tracker.reviews.redaction import COVER, covered, redacted, telling

UNIT = SimpleNamespace(code="caict", name_zh="中国信息通信研究院", name_en="China Academy of ICT", short_zh="中国信通院", short_en="CAICT")
CONTENT = empty() | {
    "proposal": "2021-P07",
    "version": 2,
    "title_zh": "中国信通院数据合规研究（2021-2022）",
    "title_en": "Data compliance at CAICT",
    "lead": {"code": "caict", "name_zh": "中国信息通信研究院", "name_en": "China Academy of ICT"},
    "partners": [{"unit": {"code": "huawei", "name_zh": "华为", "name_en": "Huawei"}, "share": "案例"}],
    "keywords": ["合规", "华为"],
    "background": "由中国信通院的欧阳明牵头，联系 ouyang@caict.ac.cn 或 010-6230 4567，见 https://www.caict.ac.cn/x。",
    "prior_work": "Ｈｕａｗｅｉ 与 huawei cloud；编号 2021-P07；2019 至 2020 年共 3 项，经费 180000 元。",
    "investigator_name": "欧阳明",
    "investigator_unit": "中国信息通信研究院",
    "contact_name": "李四",
    "contact_email": "li@caict.ac.cn",
    "contact_phone": "13800001111",
    "team": [{"name": "王 五", "unit": "清华大学", "title": "教授", "role": "执笔"}],
    "results": [{"name": "华 为案例集", "form": "report", "quarter": "2021Q3", "use": "由王五汇编"}],
    "attachments": [{"name": "华为.pdf"}],
}
NAMES = telling(CONTENT, [UNIT])
SECRETS = (
    "信通院",
    "CAICT",
    "caict",
    "华为",
    "华 为",
    "uawei",
    "Ｈｕａ",
    "欧阳",
    "李四",
    "王五",
    "王 五",
    "清华",
    "P07",
    "138000",
    "6230",
    "China Academy",
    "@",
)


def leaks(text: str) -> list[str]:
    return [secret for secret in SECRETS if secret.casefold() in text.casefold()]


def test_nothing_of_a_redacted_version_tells_whose_it_is() -> None:
    assert leaks(json.dumps(redacted(CONTENT, NAMES), ensure_ascii=False)) == []


def test_control_the_version_itself_leaks_every_name() -> None:
    assert set(leaks(json.dumps(CONTENT, ensure_ascii=False))) == set(SECRETS) - {"王五"} | {"王五"}


def test_what_does_not_tell_stays_readable_and_in_shape() -> None:
    found = redacted(CONTENT, NAMES)
    assert set(found) == set(CONTENT)
    assert found["title_zh"] == f"{COVER}数据合规研究（2021-2022）"
    assert "共 3 项，经费 180000 元" in found["prior_work"]
    assert (found["version"], found["team"], found["partners"], found["investigator_name"]) == (2, [], [], "")
    assert found["results"][0]["quarter"] == "2021Q3"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("CAICT报告", f"{COVER}报告"),
        ("the scaictX word", "the scaictX word"),
        ("ＣＡＩＣＴ", COVER),
        ("中 国 信 通 院", COVER),
        ("中国信息通信研究院", COVER),
        ("中国信息", "中国信息"),
    ],
)
def test_names_are_covered_however_they_are_written(text: str, shown: str) -> None:
    names = {"中国信息通信研究院", "中国信通院", "ICT5"} | ({"CAICT"} if "scaict" not in text else {"ICT"})
    assert covered(text, names) == shown


NAME = st.text(st.characters(categories=("Lo", "Lu", "Ll", "Nd")), min_size=5, max_size=8)


@given(name=NAME, before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_name_never_survives_in_any_surroundings(name: str, before: str, after: str) -> None:
    assert name not in covered(f"{before}{name}{after}", {name})
