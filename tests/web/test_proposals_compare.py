"""Comparing versions of a proposal: any two, by those who may read them, with who, when and why."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.web.test_proposals_writing import full, start

ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[Any]]
REMARK = "请写明专家访谈。"
SAID = "补充了专家访谈，调整了经费。"


def marks(page: str) -> list[tuple[str, str]]:
    """Return what a page marks as put in and taken out, without the words for those who do not see the marks, legend aside."""
    plain = re.sub(r'<span class="visually-hidden">[^<]*</span>', "", page.rsplit('class="stack"', maxsplit=1)[-1])
    return [(kind, text) for kind, text in re.findall(r"<(ins|del)>(.*?)</\1>", plain) if text not in {"put in", "taken out"}]


def twice_submitted(client_of: ClientOf, cast: Cast) -> str:
    """Submit, have it returned, change a sentence, an amount and the contact, submit again; return its address."""
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    assert secretariat.post(f"{url}/return", data={"version": "3", "note": REMARK}).status_code == 303
    changed = {"method": "比较研究、案例分析与专家访谈。", "budget-1-amount": "90000", "budget_total": "190000.50", "contact_name": "新联系人"}
    assert huawei.post(f"{url}/edit", data=full(cast, 4, **changed)).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "5", "undertaking": "y", "note": SAID}).status_code == 303
    return url


def test_two_versions_are_compared_by_character_and_by_row(cast: Cast, client_of: ClientOf) -> None:
    url = twice_submitted(client_of, cast)
    page = client_of(cast.huawei_contributor).get(f"{url}/compare").text
    assert ("ins", "与专家访谈") in marks(page)
    assert ("del", "¥80,000") in marks(page)
    assert ("ins", "¥90,000") in marks(page)
    assert REMARK in page
    assert SAID in page
    assert "4 fields differ" in page
    assert "Rationale" not in page
    assert "[added:" in page


def test_a_resubmission_leads_the_secretariat_to_what_changed(cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    url = twice_submitted(client_of, cast)
    assert f'href="{url}/compare?from=1&amp;to=2"' in secretariat.get(url).text
    assert f'href="{url}/compare?from=1&amp;to=2"' in secretariat.get(f"{url}/versions/2").text
    secretariat.post(f"{url}/accept", data={"version": "6"})
    assert "What changed since version 1" not in secretariat.get(url).text


def test_swapped_sides_turn_the_marks_and_all_fields_can_be_shown(cast: Cast, client_of: ClientOf) -> None:
    url = twice_submitted(client_of, cast)
    page = client_of(cast.secretariat).get(f"{url}/compare?from=2&to=1&all=1").text
    assert ("del", "与专家访谈") in marks(page)
    assert "互联网企业需要可操作的合规规则解读。" in page


def test_nothing_differs_between_a_version_and_itself(cast: Cast, client_of: ClientOf) -> None:
    page = client_of(cast.secretariat).get(f"{twice_submitted(client_of, cast)}/compare?from=1&to=1").text
    assert "Nothing differs between the two." in page
    assert marks(page) == []


def test_the_working_copy_is_compared_by_those_who_may_read_it(cast: Cast, client_of: ClientOf) -> None:
    url = twice_submitted(client_of, cast)
    client_of(cast.secretariat).post(f"{url}/return", data={"version": "6", "note": "再改。"})
    huawei = client_of(cast.huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 7, method="问卷调查。")).status_code == 303
    for member in (cast.huawei, cast.meituan, cast.secretariat):
        page = client_of(member).get(f"{url}/compare?from=2&to=working")
        assert (page.status_code, "问卷调查" in page.text, "再改。" in page.text) == (200, True, True)
    submit = huawei.get(f"{url}/submit").text
    assert "What changed since version 2" in submit
    assert "问卷调查" in submit


def test_once_submitted_there_is_no_working_copy_and_strangers_see_nothing(cast: Cast, client_of: ClientOf) -> None:
    url = twice_submitted(client_of, cast)
    assert client_of(cast.huawei).get(f"{url}/compare?from=2&to=working").status_code == 404
    assert client_of(cast.bytedance).get(f"{url}/compare").status_code == 404
    client_of(cast.secretariat).post(f"{url}/accept", data={"version": "6"})
    page = client_of(cast.bytedance).get(f"{url}/compare")
    assert page.status_code == 200
    assert "新联系人" not in page.text
    assert "新联系人" in client_of(cast.huawei).get(f"{url}/compare").text


@pytest.mark.parametrize(
    "asked", ["from=1", "from=1&to=9", "from=x&to=2", "from=1&to=2%00", "from=-1&to=1", "from=1&to=99999999999999999999", "to=working&from=1"]
)
def test_a_version_that_is_not_there_is_not_found(cast: Cast, client_of: ClientOf, asked: str) -> None:
    assert client_of(cast.secretariat).get(f"{twice_submitted(client_of, cast)}/compare?{asked}").status_code == 404


def test_with_one_text_the_page_says_so_and_the_versions_list_does_not_lead_there(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.huawei)
    url = start(client)
    assert "There are no two texts to compare yet." in client.get(f"{url}/compare").text
    assert "/compare" not in client.get(url).text
    assert client.post(f"{url}/compare").status_code == 405


def test_hostile_text_stays_text(cast: Cast, client_of: ClientOf) -> None:
    client = client_of(cast.huawei)
    url = twice_submitted(client_of, cast)
    client_of(cast.secretariat).post(f"{url}/return", data={"version": "6", "note": "<script>1</script>"})
    client.post(f"{url}/edit", data=full(cast, 7, **{"method": "<img src=x onerror=alert(1)>\n\n</ins>", "team-0-name": "<b>x</b>"}))
    page = client.get(f"{url}/compare").text
    assert not re.search(r"<img|<script>1|<b>x", page)
    assert "&lt;b&gt;x" in page


def test_two_wholly_different_long_texts_are_compared_in_time_and_in_few_queries(cast: Cast, client_of: ClientOf, queries: Queries) -> None:
    client = client_of(cast.huawei)
    url = twice_submitted(client_of, cast)
    counts = []
    for turn in range(2):
        client_of(cast.secretariat).post(f"{url}/return", data={"version": str(6 + 3 * turn), "note": "改。"})
        text = "".join(chr(0x4E00 + (number * (7 + turn) * 7919) % 5000) for number in range(1500))
        assert client.post(f"{url}/edit", data=full(cast, 7 + 3 * turn, background=text, method=text[::-1])).status_code == 303
        with queries() as seen:
            assert client.get(f"{url}/compare").status_code == 200
        counts.append(len(seen))
        assert client.post(f"{url}/submit", data={"version": str(8 + 3 * turn), "undertaking": "y"}).status_code == 303
    assert counts[0] == counts[1] <= 8
