"""The paper of a proposal as DOCX and PDF: what was submitted is in the file, field by field; who may have it; what it is called."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from docx import Document
from docx.oxml.ns import qn
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.pdf_text import body, pages, squeezed
from tests.web.test_proposals_writing import full, start, submitted
from tracker.db import session
from tracker.proposals import content as shape
from tracker.proposals.models import Version
from tracker.web import locale
from tracker.web.formats import translated
from tracker.web.proposals.paper import NUMERALS

ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[Any]]
KINDS = ("docx", "pdf")
FULL = {
    "method": "比较研究；案例分析 *重点*。\n\n第二段：#eval(1) 与 $x^2$，龘😀。",
    "novelty": "提出“合规成熟度”模型。",
    "prior_work": "已有白皮书两部；CO₂ 与 5G、ＡＩ。",
    "references": "《国务院反垄断委员会关于平台经济领域的反垄断指南》，2021年。\nR. Whish, Competition Law, 9th ed.",
    "topic_class": "key",
    "investigator_title": "高级工程师",
    "contact_phone": "010-12345678",
    "budget-1-basis": "专家咨询费，第一行\n第二行",
}


def text_of(made: bytes, kind: str) -> str:
    """Everything the body of a file says, without white space."""
    if kind == "pdf":
        return body(made)
    return squeezed("".join(element.text or "" for element in Document(io.BytesIO(made)).element.body.iter(qn("w:t"))))


def written(content: object) -> Iterator[str]:
    """Every text in a snapshot that people typed, and the names of units."""
    if isinstance(content, dict):
        for key, value in content.items():
            if key not in {"schema", "code", "name_en", "form", "kind", "topic_class", "quarter", "period_from", "period_to", "files"}:
                yield from written(value)
    elif isinstance(content, list):
        for item in content:
            yield from written(item)
    elif isinstance(content, str) and content:
        yield from content.split("\n")


def frozen(app: Flask, number: int = 1) -> Version:
    with app.app_context():
        return session().scalars(sa.select(Version).where(Version.number == number)).one()


def complete(client: FlaskClient, cast: Cast) -> str:
    """Submit a proposal in which every field is filled."""
    url = start(client)
    assert client.post(f"{url}/edit", data=full(cast, 1, **FULL)).status_code == 303
    assert client.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    return url


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_everything_that_was_submitted_is_in_the_file(app: Flask, cast: Cast, client_of: ClientOf, kind: str, language: str) -> None:
    huawei = client_of(cast.huawei)
    url = complete(huawei, cast)
    answer = huawei.get(f"{url}/versions/1/paper.{kind}?language={language}")
    found = text_of(answer.data, kind)
    version = frozen(app)
    shown = {"龘😀": "[U+9F98][U+1F600]", "₂": "2"} if kind == "pdf" else {}
    missing = []
    for text in written(version.content):
        expected = squeezed(text)
        for typed, instead in shown.items():
            expected = expected.replace(typed, instead)
        if expected not in found and not (language == "en" and text in {"华为", "美团", "反垄断", "互联网企业反垄断合规"}):
            missing.append(text)
    assert missing == []
    assert squeezed("重点课题" if language == "zh" else "Key topic") in found
    for amount in ("¥100,000.50", "¥80,000", "¥180,000.50"):
        assert amount in found
    quarters = ("2021年第一季度", "2021年第三季度", "2021年1月", "2021年12月") if language == "zh" else ("2021Q1", "2021Q3", "January2021", "December2021")
    for time in quarters:
        assert time in found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_section_field_and_table_of_the_form_has_its_label_in_the_file(app: Flask, cast: Cast, client_of: ClientOf, kind: str, language: str) -> None:
    huawei = client_of(cast.huawei)
    found = text_of(huawei.get(f"{submitted(huawei, cast)}/versions/1/paper.{kind}?language={language}").data, kind)
    with app.test_request_context(), locale.speaking(language):
        labels = [
            *(translated(field.label) for field in (*shape.TITLES, *shape.FIELDS)),
            *(translated(table.label) for table in (shape.PARTNERS, *shape.TABLES)),
            *(translated(column.label) for table in (shape.PARTNERS, *shape.TABLES) for column in table.columns),
            *(
                f"{NUMERALS[place]}、{translated(section.label)}" if language == "zh" else translated(section.label)
                for place, section in enumerate(shape.SECTIONS)
            ),
        ]
    assert [label for label in labels if squeezed(label) not in found] == []
    wanted = ["承诺与签章", "课题负责人（签字）：", "申请单位意见：华为", "参与单位意见：美团", "单位负责人（签字）：", "（盖章）", "年月日"]
    if language == "en":
        wanted = ["Undertaking and consent", "Opinion of the lead unit: Huawei", "Opinion of the partner unit: Meituan", "(seal)", "Date:", "(signature):"]
    assert [text for text in wanted if squeezed(text) not in found] == []


def test_the_hash_of_the_version_is_on_every_page(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = submitted(huawei, cast)
    digest = frozen(app).sha256
    made = pages(huawei.get(f"{url}/versions/1/paper.pdf").data)
    assert [f"SHA-256{digest}" in page.around for page in made] == [True] * len(made)
    for section in Document(io.BytesIO(huawei.get(f"{url}/versions/1/paper.docx").data)).sections:
        assert section.footer.paragraphs[-1].text.endswith(f"SHA-256 {digest}")


@pytest.mark.parametrize(("kind", "media"), [("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"), ("pdf", "application/pdf")])
def test_file_is_a_download_named_in_the_language_of_its_labels(cast: Cast, client_of: ClientOf, kind: str, media: str) -> None:
    huawei = client_of(cast.huawei)
    url = submitted(huawei, cast)
    answer = huawei.get(f"{url}/versions/1/paper.{kind}?language=zh")
    named = quote(f"课题申报书_2021-P01_第1版.{kind}")
    assert answer.headers["Content-Disposition"] == f"attachment; filename=\"proposal_2021-P01_v1.{kind}\"; filename*=UTF-8''{named}"
    assert answer.mimetype == media
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Cache-Control"] == "private, no-store"
    english = huawei.get(f"{url}/versions/1/paper.{kind}?language=en")
    assert quote(f"Proposal_2021-P01_version 1.{kind}") in english.headers["Content-Disposition"]
    assert huawei.get(f"{url}/versions/1/paper.{kind}?language=xx").status_code == 200


def test_an_old_version_stays_what_it_was(cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = submitted(huawei, cast)
    before = huawei.get(f"{url}/versions/1/paper.pdf").data
    assert secretariat.post(f"{url}/return", data={"version": "3", "note": "请补充。"}).status_code == 303
    assert huawei.post(f"{url}/edit", data=full(cast, 4, method="新的方法。")).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "5", "undertaking": "y"}).status_code == 303
    assert huawei.get(f"{url}/versions/1/paper.pdf").data == before
    assert "新的方法。" in body(huawei.get(f"{url}/versions/2/paper.pdf").data)
    assert huawei.get(f"{url}/versions/3/paper.pdf").status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_draft_is_for_those_on_it_and_marked_on_every_page(cast: Cast, client_of: ClientOf, kind: str) -> None:
    huawei, secretariat, bytedance = client_of(cast.huawei), client_of(cast.secretariat), client_of(cast.bytedance)
    url = start(huawei)
    answer = huawei.get(f"{url}/draft/paper.{kind}?language=zh")
    assert answer.status_code == 200
    assert quote("课题申报书_2021-P01_草稿") in answer.headers["Content-Disposition"]
    if kind == "pdf":
        made = pages(answer.data)
        assert ["草稿" in page.around for page in made] == [True] * len(made)
        assert "SHA-256" not in "".join(page.around for page in made)
    assert "（未填写）" in text_of(answer.data, kind)
    assert (secretariat.get(f"{url}/draft/paper.{kind}").status_code, bytedance.get(f"{url}/draft/paper.{kind}").status_code) == (200, 404)


def test_once_submitted_there_is_no_draft_to_download(cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = submitted(huawei, cast)
    assert huawei.get(f"{url}/draft/paper.pdf").status_code == 404


def test_file_is_seen_by_whom_the_page_of_the_version_is_seen(cast: Cast, client_of: ClientOf, visitor: FlaskClient) -> None:
    url = submitted(client_of(cast.huawei), cast)
    for person in (cast.huawei, cast.meituan, cast.bytedance, cast.secretariat, cast.chair, cast.expert):
        client = client_of(person)
        page = client.get(f"{url}/versions/1").status_code
        assert [client.get(f"{url}/versions/1/paper.{kind}").status_code for kind in KINDS] == [page, page]
    assert visitor.get(f"{url}/versions/1/paper.pdf").status_code == 303
    assert client_of(cast.huawei).post(f"{url}/versions/1/paper.pdf").status_code == 405
    assert client_of(cast.huawei).get(f"{url}/versions/1/paper.exe").status_code == 404


@pytest.mark.parametrize("kind", KINDS)
def test_how_to_reach_the_contact_is_only_in_the_files_of_those_who_see_it(cast: Cast, client_of: ClientOf, kind: str) -> None:
    huawei, secretariat, bytedance = client_of(cast.huawei), client_of(cast.secretariat), client_of(cast.bytedance)
    url = submitted(huawei, cast)
    assert secretariat.post(f"{url}/accept", data={"version": "3"}).status_code == 303
    address = "huawei.contributor@example.org"
    assert address in text_of(huawei.get(f"{url}/versions/1/paper.{kind}").data, kind)
    stranger = text_of(bytedance.get(f"{url}/versions/1/paper.{kind}").data, kind)
    assert (address in stranger, "梳理指南要点" in stranger) == (False, True)


def test_the_pages_lead_to_the_files(cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    for kind in KINDS:
        assert f'href="{url}/draft/paper.{kind}"' in huawei.get(url).text
    assert huawei.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    for kind in KINDS:
        assert f'href="{url}/versions/1/paper.{kind}"' in huawei.get(url).text
        assert f'href="{url}/versions/1/paper.{kind}?language=' in huawei.get(f"{url}/versions/1").text
    assert "/draft/paper" not in huawei.get(url).text


def test_a_file_asks_the_database_little(cast: Cast, client_of: ClientOf, queries: Queries) -> None:
    huawei = client_of(cast.huawei)
    url = submitted(huawei, cast)
    huawei.get(f"{url}/versions/1/paper.pdf")
    with queries() as seen:
        huawei.get(f"{url}/versions/1/paper.pdf")
    assert len(seen) <= 6
