"""The settings of a year's form: every field on, off, required and limited by the secretariat, in versions that never change."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import pytest
import sqlalchemy as sa
from docx import Document
from docx.oxml.ns import qn
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.web.test_proposals_importing import ROW, confirm, send, table
from tests.web.test_proposals_writing import full, start
from tracker.audit.models import Event
from tracker.db import session
from tracker.digest import sha256_hex
from tracker.members.queries import seated_in_units
from tracker.notifications.models import Notice
from tracker.policy import Action
from tracker.programmes.models import FormVersion, Programme
from tracker.proposals.form import ITEMS, from_body, shipped
from tracker.proposals.models import Proposal, Version

ClientOf = Callable[..., FlaskClient]
Queries = Callable[[], AbstractContextManager[Any]]
PAGE = "/programmes/2021/edit/form"


def as_sent(seen: int = 1, **changes: str) -> dict[str, str]:
    """Return the settings of the shipped form as a browser sends them, with changes."""
    sent = {"version": str(seen), "undertaking_zh": "", "undertaking_en": "", "note": "按会议决定调整。"}
    for one in shipped().settings:
        sent |= {f"hint_zh_{one.name}": "", f"hint_en_{one.name}": ""}
        if not ITEMS[one.name].fixed:
            sent[f"use_{one.name}"] = one.use.value
        if ITEMS[one.name].measure is not None:
            sent[f"limit_{one.name}"] = str(one.limit)
    return sent | changes


def kept(app: Flask, model: type[Any]) -> list[Any]:
    with app.app_context():
        return list(session().scalars(sa.select(model).order_by(model.id)))


def told(client: FlaskClient, url: str, *, language: str = "zh") -> str:
    """Return all text of the paper of the first version."""
    paper = Document(io.BytesIO(client.get(f"{url}/versions/1/paper.docx?language={language}").data))
    return "\n".join(element.text or "" for element in paper.element.body.iter(qn("w:t")))


def test_settings_become_a_version_with_its_hash_and_an_event(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    sent = as_sent(use_novelty="required", limit_novelty="300", hint_zh_novelty="与已有成果比较。", use_team="off", undertaking_zh="本单位承诺。")
    answer = secretariat.post(PAGE, data=sent)
    assert (answer.status_code, answer.location) == (303, PAGE)
    (saved,) = kept(app, FormVersion)
    assert (saved.number, saved.made_by, saved.reason, saved.sha256) == (2, cast.secretariat.person_id, "按会议决定调整。", sha256_hex(saved.body))
    form = from_body(saved.body)
    assert (form.owes("novelty"), form.fields["novelty"].zi, form.has("team")) == (True, 300, False)
    with app.app_context():
        event = session().scalars(sa.select(Event).where(Event.action == Action.CHANGE)).one()
        assert event.facts == {"section": "form", "number": 2, "sha256": saved.sha256, "changed": ["team", "novelty"]}
        assert session().get(Programme, cast.programme_id).form_number == 2
    page = secretariat.get(PAGE).text
    assert "与已有成果比较。" in page
    assert "按会议决定调整。" in page


def test_saving_what_is_there_makes_no_version(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    assert client_of(cast.secretariat).post(PAGE, data=as_sent(note="")).status_code == 303
    assert kept(app, FormVersion) == []


def test_a_change_after_the_call_is_out_owes_a_reason(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.secretariat).post(PAGE, data=as_sent(use_team="off", note=""))
    assert answer.status_code == 422
    assert 'id="note-error"' in answer.text
    assert kept(app, FormVersion) == []


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("use_team", "sometimes"),
        ("use_team", ""),
        ("limit_background", "0"),
        ("limit_background", "5001"),
        ("limit_background", "-5"),
        ("limit_background", "²"),
        ("limit_background", "9" * 400),
        ("limit_background", "many"),
        ("limit_keywords", "11"),
        ("limit_team", "51"),
        ("hint_zh_background", "字" * 101),
        ("hint_en_background", "a" * 601),
        ("hint_zh_background", "a\x00b"),
        ("hint_zh_background", "a\u202eb"),
        ("undertaking_zh", "字" * 601),
        ("note", "字" * 1001),
    ],
)
def test_a_setting_that_will_not_do_is_named_beside_its_field_and_stays_typed(app: Flask, cast: Cast, client_of: ClientOf, name: str, typed: str) -> None:
    answer = client_of(cast.secretariat).post(PAGE, data=as_sent(**{"hint_zh_method": "留下的文字", name: typed}))
    assert answer.status_code == 422
    assert f'id="{name}-error"' in answer.text
    assert "留下的文字" in answer.text
    assert kept(app, FormVersion) == []


def test_a_request_without_the_fields_changes_nothing(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    assert client_of(cast.secretariat).post(PAGE, data={"version": "1"}).status_code == 303
    assert kept(app, FormVersion) == []


def test_nothing_typed_is_run_as_markup(cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    mark = "<script>alert(1)</script>{{ 7*7 }} {name}"
    assert secretariat.post(PAGE, data=as_sent(hint_zh_background=mark, hint_en_background=mark, undertaking_zh=mark, note=mark)).status_code == 303
    huawei = client_of(cast.huawei)
    url = start(huawei)
    for answer in (secretariat.get(PAGE), huawei.get(f"{url}/edit"), secretariat.post(PAGE, data=as_sent(2, hint_zh_background=mark, preview="1"))):
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "{{ 7*7 }} {name}" in answer.text


def test_preview_shows_the_form_and_what_is_different_and_saves_nothing(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.secretariat).post(PAGE, data=as_sent(use_team="off", limit_background="700", preview="1"))
    assert answer.status_code == 200
    assert 'id="background"' in answer.text
    assert 'data-limit="700"' in answer.text
    assert 'id="team"' not in answer.text
    assert kept(app, FormVersion) == []


def test_the_second_of_two_secretaries_sees_both_and_nothing_is_overwritten(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    first, second = client_of(cast.secretariat), client_of(cast.secretariat)
    assert first.post(PAGE, data=as_sent(1, limit_background="700")).status_code == 303
    answer = second.post(PAGE, data=as_sent(1, limit_background="900"))
    assert answer.status_code == 409
    assert ">700<" in answer.text.replace("<p>", "").replace("</p>", "")
    assert ">900<" in answer.text.replace("<p>", "").replace("</p>", "")
    assert [one.number for one in kept(app, FormVersion)] == [2]


def test_of_two_saves_at_once_one_is_kept(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    clients = [client_of(cast.secretariat) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        codes = list(pool.map(lambda pair: pair[1].post(PAGE, data=as_sent(1, limit_background=str(700 + pair[0]))).status_code, enumerate(clients)))
    assert sorted(codes) == [303, 409, 409, 409]
    assert [one.number for one in kept(app, FormVersion)] == [2]


@pytest.mark.parametrize("who", ["huawei", "chair", "director", "expert"])
def test_nobody_else_sees_or_saves_the_settings(app: Flask, cast: Cast, client_of: ClientOf, who: str) -> None:
    client = client_of(getattr(cast, who))
    assert client.get(PAGE).status_code == 403
    assert client.post(PAGE, data=as_sent(use_team="off")).status_code == 403
    assert client.put(PAGE).status_code == 405
    assert kept(app, FormVersion) == []


def test_visitor_signs_in_first(visitor: FlaskClient) -> None:
    assert visitor.get(PAGE).status_code == 303
    assert visitor.post(PAGE, data=as_sent()).status_code == 401


def test_queries_do_not_grow_with_versions(cast: Cast, client_of: ClientOf, queries: Queries) -> None:
    secretariat = client_of(cast.secretariat)
    counts = []
    for seen, limit in ((1, "701"), (2, "702"), (3, "703")):
        assert secretariat.post(PAGE, data=as_sent(seen, limit_background=limit)).status_code == 303
        with queries() as counted:
            assert secretariat.get(PAGE).status_code == 200
        counts.append(len(counted))
    assert counts[0] == counts[2]
    assert counts[0] <= 8


def test_draft_keeps_its_form_until_its_unit_moves_it_and_loses_nothing(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1, novelty="原有的创新之处")).status_code == 303
    assert huawei.get(f"{url}/move-form").status_code == 409
    assert secretariat.post(PAGE, data=as_sent(use_novelty="off", use_references="required", limit_background="10")).status_code == 303

    assert f"{url}/move-form" in huawei.get(url).text
    edit = huawei.get(f"{url}/edit").text
    assert (f"{url}/move-form" in edit, "原有的创新之处" in edit) == (True, True)
    look = huawei.get(f"{url}/move-form")
    assert (look.status_code, "Novelty is no longer asked for." in look.text) == (200, True)
    assert huawei.post(f"{url}/move-form", data={"version": "1"}).status_code == 409
    assert huawei.post(f"{url}/move-form", data={"version": "2"}).status_code == 303
    assert huawei.post(f"{url}/move-form", data={"version": "3"}).status_code == 409

    (proposal,) = kept(app, Proposal)
    assert proposal.content["novelty"] == "原有的创新之处"
    edit = huawei.get(f"{url}/edit").text
    assert ("原有的创新之处" in edit, f"{url}/move-form" in edit) == (False, False)
    owed = huawei.get(f"{url}/submit").text
    assert f"{url}/edit#references" in owed
    assert f"{url}/edit#background" in owed
    assert huawei.post(f"{url}/submit", data={"version": "3", "undertaking": "y"}).status_code == 422

    changes = full(cast, 3, background="新的背景。", references="指南，2021。")
    assert huawei.post(f"{url}/edit", data=changes).status_code == 303
    (proposal,) = kept(app, Proposal)
    assert proposal.content["novelty"] == "原有的创新之处"
    assert huawei.post(f"{url}/submit", data={"version": "4", "undertaking": "y"}).status_code == 303
    (version,) = kept(app, Version)
    assert (version.content["novelty"], version.content["references"], version.content["form"]) == ("", "指南，2021。", 2)
    (saved,) = kept(app, FormVersion)
    assert version.form_version_id == saved.id


def test_submitted_version_keeps_its_form_for_ever(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    assert secretariat.post(PAGE, data=as_sent(undertaking_zh="第一份承诺。", undertaking_en="First.")).status_code == 303
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    assert "First." in huawei.get(f"{url}/submit").text
    assert huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    before = told(huawei, url)
    assert "第一份承诺。" in before
    assert secretariat.post(PAGE, data=as_sent(2, undertaking_zh="第二份承诺。", use_method="off")).status_code == 303
    assert told(huawei, url) == before
    (version,) = kept(app, Version)
    assert version.content["method"]
    assert kept(app, FormVersion)[0].id == version.form_version_id


@pytest.mark.parametrize(("who", "code"), [("meituan", 403), ("bytedance", 404), ("secretariat", 403), ("huawei", 200)])
def test_only_the_lead_unit_moves_its_draft(cast: Cast, client_of: ClientOf, who: str, code: int) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    assert client_of(cast.secretariat).post(PAGE, data=as_sent(use_team="off")).status_code == 303
    client = client_of(getattr(cast, who))
    assert client.get(f"{url}/move-form").status_code == code
    assert client.post(f"{url}/move-form", data={"version": "2"}).status_code == {200: 303}.get(code, code)


def test_partner_units_stay_when_the_form_stops_asking_for_them(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1)).status_code == 303
    assert client_of(cast.secretariat).post(PAGE, data=as_sent(use_partners="off")).status_code == 303
    assert huawei.post(f"{url}/move-form", data={"version": "2"}).status_code == 303
    assert 'id="partners"' in huawei.get(f"{url}/edit").text
    assert huawei.post(f"{url}/edit", data=full(cast, 3, method="别的方法。")).status_code == 303
    with app.app_context():
        assert [partner.unit_id for partner in session().scalars(sa.select(Proposal)).one().partners] == [cast.units["meituan"]]


def test_next_year_begins_with_the_form_of_this_one(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    assert secretariat.post(PAGE, data=as_sent(use_team="off")).status_code == 303
    assert secretariat.post("/programmes/2021/copy").status_code == 303
    first, second = kept(app, FormVersion)
    assert (second.number, second.body, second.sha256) == (1, first.body, first.sha256)
    page = secretariat.get("/programmes/2022/edit/form").text
    assert '<option selected value="off">' in page


def test_page_of_a_draft_stays_in_its_budget_of_queries(cast: Cast, client_of: ClientOf, queries: Queries) -> None:
    huawei = client_of(cast.huawei)
    assert client_of(cast.secretariat).post(PAGE, data=as_sent(use_team="off")).status_code == 303
    url = start(huawei)
    for path in (url, f"{url}/edit"):
        with queries() as counted:
            assert huawei.get(path).status_code == 200
        assert len(counted) <= 8, path


def test_file_of_proposals_is_read_with_the_form_of_the_year(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    secretariat = client_of(cast.secretariat)
    assert secretariat.post(PAGE, data=as_sent(use_method="off", limit_background="5")).status_code == 303
    page = send(secretariat, table(ROW)).text
    assert "The form of the year does not ask for this." in page
    assert "At most 5 characters" in page
    short = {**ROW, "method": "", "background": "背景"}
    assert confirm(secretariat, send(secretariat, table(short))).status_code == 303
    assert [one.form_version_id for one in kept(app, Proposal)] == [one.id for one in kept(app, FormVersion)]


def test_everything_about_a_version_goes_by_its_form(cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    assert secretariat.post(PAGE, data=as_sent(use_novelty="off", undertaking_en="We shall do it.")).status_code == 303
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1, novelty="没有问到")).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    page = huawei.get(f"{url}/versions/1").text
    assert ("We shall do it." in page, "Form 2" in page, "没有问到" in page) == (True, True, False)
    check = secretariat.get(f"{url}/screen").text
    assert ('id="field_method"' in check, 'id="field_novelty"' in check) == (True, False)
    packed = zipfile.ZipFile(io.BytesIO(secretariat.get(f"{url}/dossier.zip").data))
    assert hashlib.sha256(packed.read("forms/2.json")).hexdigest() in secretariat.get(PAGE).text
    paper = told(huawei, url, language="en")
    assert ("We shall do it." in paper, "Novelty" in paper, "Method" in paper) == (True, False, True)


def test_comparing_versions_of_two_forms_shows_what_left_and_what_came(cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1, novelty="旧的创新")).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    assert secretariat.post(f"{url}/return", data={"version": "3", "note": "请改用新表单。"}).status_code == 303
    assert secretariat.post(PAGE, data=as_sent(use_novelty="off")).status_code == 303
    assert huawei.post(f"{url}/move-form", data={"version": "4"}).status_code == 303
    assert huawei.post(f"{url}/edit", data=full(cast, 5, references="新的文献")).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "6", "undertaking": "y"}).status_code == 303
    page = huawei.get(f"{url}/compare?from=1&to=2").text
    assert ("旧的创新" in page, "新的文献" in page) == (True, True)
    assert "旧的创新" in huawei.get(f"{url}/versions/1").text
    assert "旧的创新" not in huawei.get(f"{url}/versions/2").text


def test_total_without_lines_is_what_the_proposal_asks_for(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei = client_of(cast.huawei)
    assert client_of(cast.secretariat).post(PAGE, data=as_sent(use_budget="off")).status_code == 303
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1, budget_total="5万")).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    (proposal,) = kept(app, Proposal)
    assert proposal.budget_total == 5_000_000


def test_smallest_form_is_still_written_submitted_checked_and_printed(cast: Cast, client_of: ClientOf) -> None:
    huawei, secretariat = client_of(cast.huawei), client_of(cast.secretariat)
    off = {f"use_{name}": "off" for name, item in ITEMS.items() if not item.fixed}
    assert secretariat.post(PAGE, data=as_sent(**off)).status_code == 303
    url = start(huawei)
    assert huawei.get(f"{url}/edit").status_code == 200
    assert huawei.post(f"{url}/edit", data={"title_zh": "题目", "area": str(cast.areas[0]), "version": "1"}).status_code == 303
    assert huawei.post(f"{url}/submit", data={"version": "2", "undertaking": "y"}).status_code == 303
    for path in (url, f"{url}/versions/1", f"{url}/versions/1/paper.docx", f"{url}/versions/1/paper.pdf"):
        assert huawei.get(path).status_code == 200, path
    assert secretariat.post(f"{url}/accept", data={"version": "3"}).status_code == 303
    assert secretariat.post(PAGE, data=as_sent(2, **off, preview="1")).status_code == 200


def test_units_that_are_writing_are_told_and_nobody_else(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    start(client_of(cast.huawei))
    before = {notice.id for notice in kept(app, Notice)}
    assert client_of(cast.secretariat).post(PAGE, data=as_sent(use_team="off")).status_code == 303
    with app.app_context():
        writers = sorted(seated_in_units({cast.units["huawei"]}))
    assert sorted(notice.person_id for notice in kept(app, Notice) if notice.id not in before) == writers
    assert "has changed. Your drafts keep theirs" in client_of(cast.huawei).get("/notices").text


def test_what_a_colleague_types_on_the_page_of_the_earlier_form_is_kept(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    huawei, contributor = client_of(cast.huawei), client_of(cast.huawei_contributor)
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1, references="已有文献")).status_code == 303
    page = contributor.get(f"{url}/edit").text
    base = re.search(r'name="base"[^>]*value="([^"]*)"', page)
    assert base is not None
    assert 'name="form_number" type="hidden" value="1"' in page
    assert client_of(cast.secretariat).post(PAGE, data=as_sent(use_novelty="off")).status_code == 303
    assert huawei.post(f"{url}/move-form", data={"version": "2"}).status_code == 303
    sent = full(cast, 2, references="已有文献", novelty="在旧页面上写的", base=base[1], form_number="1")
    assert contributor.post(f"{url}/edit", data=sent).status_code == 303
    (proposal,) = kept(app, Proposal)
    assert (proposal.content["novelty"], proposal.content["references"]) == ("在旧页面上写的", "已有文献")
    assert "在旧页面上写的" not in contributor.get(f"{url}/edit").text


@pytest.mark.parametrize("number", ["", "0", "99", "-1", "²", "9" * 40, "x"])
def test_a_form_number_that_is_none_counts_for_nothing(cast: Cast, client_of: ClientOf, number: str) -> None:
    huawei = client_of(cast.huawei)
    url = start(huawei)
    assert huawei.post(f"{url}/edit", data=full(cast, 1, form_number=number)).status_code == 303
