"""The pages on which a decision is taken and a conflict is declared."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import FOUNDED, NOW, Cast, Member
from tests.decisions.placing import ballot, balloted, decisions_on, place, state_of, told
from tracker.db import writing
from tracker.decisions.rules import DecisionKind
from tracker.members.models import Seat
from tracker.policy import Role
from tracker.proposals.states import ProposalState

ClientOf = Callable[..., FlaskClient]


def words(page: str) -> str:
    """Return the visible words of a page on one line."""
    main = page.partition("<main")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


def url(key: int, verb: str = "decide") -> str:
    return f"/proposals/{key}/{verb}"


def test_decide_page_shows_the_vote_and_who_is_told(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = balloted(app, cast)
    answer = client_of(cast.chair).get(url(key))
    text = words(answer.text)
    assert answer.status_code == 200
    assert "The vote carried it: 12 of 17 in favour (70.59 %), 9 needed." in text
    assert "Rule 18 units, 0 recused; 12 must vote; passes with more than half of the votes returned." in text
    assert "Who is told the people of all member units and the secretariat" in text
    assert "互联网企业反垄断合规规则适用" in text
    assert [kind for kind in DecisionKind if f'name="kind" value="{kind.value}"' in answer.text] == list(DecisionKind)


def test_decide_page_asks_a_reason_only_for_what_departs_from_the_vote(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    chair = client_of(cast.chair)
    carried, failed, tie = balloted(app, cast), balloted(app, cast, "not_carried"), balloted(app, cast, "tie_chair_decides")
    assert "Owed only when you decide otherwise than the vote: Do not approve." in words(chair.get(url(carried)).text)
    assert "Owed only when you decide otherwise than the vote: Approve and Approve with changes." in words(chair.get(url(failed)).text)
    assert 'name="reason"' not in chair.get(url(tie)).text


def test_approve_takes_one_press_and_returns_to_the_proposal(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = balloted(app, cast)
    answer = client_of(cast.chair).post(url(key), data={"kind": "approve", "opinion": "选题重要。", "seen": "0"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/proposals/{key}")
    assert (state_of(app, key), decisions_on(app, key)[0].opinion) == (ProposalState.APPROVED, "选题重要。")


def test_against_the_vote_without_a_reason_keeps_what_was_typed(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = balloted(app, cast, "not_carried")
    answer = client_of(cast.chair).post(url(key), data={"kind": "approve", "opinion": "国家急需 <b>", "reason": "", "seen": "0"})
    assert answer.status_code == 422
    assert "The vote did not carry this proposal. Give a reason for deciding against the vote" in words(answer.text)
    assert "国家急需 &lt;b&gt;</textarea>" in answer.text
    assert state_of(app, key) is ProposalState.BALLOTED


def test_against_the_vote_with_a_reason_is_recorded_as_such(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = balloted(app, cast, "not_carried")
    answer = client_of(cast.chair).post(url(key), data={"kind": "approve", "reason": "国家急需。", "seen": "0"})
    [decision] = decisions_on(app, key)
    assert (answer.status_code, decision.against_vote, decision.reason) == (303, True, "国家急需。")


def test_deferred_then_approved_shows_the_earlier_decision(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, chair = balloted(app, cast), client_of(cast.chair)
    chair.post(url(key), data={"kind": "defer", "opinion": "待预算明确。", "seen": "0"})
    page = chair.get(url(key))
    assert "Deferred Decided by Chair · Chair Decided at 6 Jan 2021, 10:00 (Beijing) Opinion 待预算明确。" in words(page.text)
    assert 'value="defer"' not in page.text
    [seen] = re.findall(r'name="seen"[^>]*value="(\d+)"', page.text)
    assert chair.post(url(key), data={"kind": "approve", "seen": seen}).status_code == 303
    assert state_of(app, key) is ProposalState.APPROVED


def test_second_decider_is_told_by_whom_and_when_and_keeps_the_text(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, first, second = balloted(app, cast), client_of(cast.chair), client_of(cast.chair)
    first.post(url(key), data={"kind": "approve", "seen": "0"})
    answer = second.post(url(key), data={"kind": "reject", "reason": "重复立项", "opinion": "不妥", "seen": "0"})
    assert answer.status_code == 409
    assert "This proposal has been decided: approved, by Chair (Chair), at 6 Jan 2021, 10:00 (Beijing)." in words(answer.text)
    assert "不妥</textarea>" in answer.text
    assert "重复立项</textarea>" in answer.text
    assert 'name="kind"' not in answer.text


def test_decide_page_of_a_decided_proposal_says_by_whom(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, chair = balloted(app, cast), client_of(cast.chair)
    chair.post(url(key), data={"kind": "approve", "seen": "0"})
    answer = chair.get(url(key))
    assert answer.status_code == 409
    assert "This proposal has been decided: approved, by Chair (Chair), at 6 Jan 2021, 10:00 (Beijing)." in words(answer.text)


def test_second_press_of_the_same_button_decides_nothing_twice(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, chair = balloted(app, cast), client_of(cast.chair)
    answers = [chair.post(url(key), data={"kind": "approve", "seen": "0"}).status_code for _ in range(2)]
    assert (answers, len(decisions_on(app, key))) == ([303, 409], 1)


@pytest.mark.parametrize("verb", ["decide", "declare-conflict"])
@pytest.mark.parametrize(("who", "status"), [("secretariat", 403), ("director", 403), ("caict", 403), ("huawei_contributor", 403), ("expert", 403)])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_colleagues_are_refused(app: Flask, cast: Cast, client_of: ClientOf, who: str, status: int, verb: str, method: str) -> None:
    key = balloted(app, cast)
    answer = client_of(cast.people[who]).open(url(key, verb), method=method, data={"kind": "approve", "reason": "x", "seen": "0"})
    assert (answer.status_code, state_of(app, key), decisions_on(app, key)) == (status, ProposalState.BALLOTED, [])


@pytest.mark.parametrize("verb", ["decide", "declare-conflict"])
def test_stranger_is_sent_to_sign_in_before_anything_is_looked_up(app: Flask, cast: Cast, visitor: FlaskClient, verb: str) -> None:
    here, nowhere = visitor.get(url(balloted(app, cast), verb)), visitor.get(url(999_999, verb))
    assert (here.status_code, nowhere.status_code) == (303, 303)


@pytest.mark.parametrize("verb", ["decide", "declare-conflict"])
def test_what_the_chair_may_not_see_is_not_there(app: Flask, cast: Cast, client_of: ClientOf, verb: str) -> None:
    key = place(app, cast, ProposalState.DRAFT)
    assert client_of(cast.chair).get(url(key, verb)).status_code == 404
    assert client_of(cast.chair).get(url(999_999, verb)).status_code == 404


@pytest.mark.parametrize("verb", ["decide", "declare-conflict"])
def test_other_methods_are_refused(app: Flask, cast: Cast, client_of: ClientOf, verb: str) -> None:
    assert client_of(cast.chair).delete(url(balloted(app, cast), verb)).status_code == 405


def test_before_the_vote_is_over_there_is_nothing_to_decide(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    answer = client_of(cast.chair).get(url(place(app, cast, ProposalState.SCREENED)))
    assert answer.status_code == 409
    assert "Passed the formal check" in words(answer.text)


def test_vote_that_is_over_can_be_decided_before_anybody_has_sealed_it(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, chair = place(app, cast, ProposalState.IN_BALLOT), client_of(cast.chair)
    ballot(app, cast, [key], closes_at=NOW, yes=12, no=5)
    assert "The vote carried it: 12 of 17 in favour (70.59 %), 9 needed." in words(chair.get(url(key)).text)
    assert chair.post(url(key), data={"kind": "approve", "seen": "0"}).status_code == 303
    assert state_of(app, key) is ProposalState.APPROVED


def test_vote_without_quorum_leaves_nothing_to_decide(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = place(app, cast, ProposalState.IN_BALLOT)
    ballot(app, cast, [key], closes_at=NOW, yes=3)
    assert client_of(cast.chair).get(url(key)).status_code == 409


def test_conflict_passes_the_decision_to_the_director(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, chair, director = balloted(app, cast), client_of(cast.chair), client_of(cast.director)
    assert "The chair decides; the executive director does where the chair has declared" in words(director.get(url(key)).text)
    assert "The executive director decides on this proposal instead of you." in words(chair.get(url(key, "declare-conflict")).text)
    answer = chair.post(url(key, "declare-conflict"), data={"reason": "I advise the lead unit."})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/proposals/{key}")
    refused = chair.get(url(key))
    assert refused.status_code == 403
    assert "The chair declared a conflict of interest at 6 Jan 2021, 10:00 (Beijing), so the executive director decides." in words(refused.text)
    assert told(app, key, "declare_conflict") == {cast.director.person_id, cast.secretariat.person_id}
    assert director.post(url(key), data={"kind": "approve", "seen": "0"}).status_code == 303
    assert decisions_on(app, key)[0].role is Role.DIRECTOR


def test_conflict_is_declared_once(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key, chair = balloted(app, cast), client_of(cast.chair)
    answers = [chair.post(url(key, "declare-conflict"), data={"reason": "x"}).status_code for _ in range(2)]
    assert answers == [303, 409]


def test_conflict_without_a_reason_gets_the_form_back(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = balloted(app, cast)
    answer = client_of(cast.chair).post(url(key, "declare-conflict"), data={"reason": " "})
    assert answer.status_code == 422
    assert "Say in a sentence what the conflict is" in words(answer.text)


def seat_the_chair_in(app: Flask, cast: Cast, unit: str) -> None:
    with app.app_context(), writing() as session:
        session.add(Seat(person_id=cast.chair.person_id, unit_id=cast.units[unit], role=Role.REPRESENTATIVE, from_at=FOUNDED))


@pytest.mark.parametrize("unit", ["caict", "meituan"])
def test_chair_who_serves_a_unit_on_the_proposal_is_offered_to_declare_first(app: Flask, cast: Cast, client_of: ClientOf, unit: str) -> None:
    seat_the_chair_in(app, cast, unit)
    key = balloted(app, cast, lead="caict", partner="meituan")
    assert "You also serve a unit on this proposal" in words(client_of(cast.chair).get(url(key)).text)


def test_chair_who_serves_another_unit_is_not_warned(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    seat_the_chair_in(app, cast, "huawei")
    text = words(client_of(cast.chair).get(url(balloted(app, cast))).text)
    assert "You also serve a unit on this proposal" not in text
    assert "A conflict of interest?" in text


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"kind": "approved"},
        {"kind": "approve\x00"},
        {"kind": ["approve", "reject"], "opinion": "\u202egnp.exe"},
        {"kind": "approve", "opinion": "a" * 5 + "\x07"},
        {"kind": "approve", "opinion": "字" * 501},
        {"kind": "approve", "reason": "字" * 501},
        {"kind": "approve", "opinion": "\ud800".encode("utf-8", "surrogatepass")},
    ],
)
def test_hostile_input_gets_the_form_back(app: Flask, cast: Cast, client_of: ClientOf, data: dict[str, object]) -> None:
    key = balloted(app, cast)
    answer = client_of(cast.chair).post(url(key), data={"seen": "0", **data})
    assert answer.status_code in {303, 422}
    assert answer.status_code == 422 or b"\xed\xa0\x80" in data["opinion"]


@pytest.mark.parametrize("seen", ["", "abc", "-1", "٣", "99999999999999999999", "1e9", "0; DROP TABLE decision"])
def test_hostile_marks_of_what_was_seen_are_taken_as_nothing_seen(app: Flask, cast: Cast, client_of: ClientOf, seen: str) -> None:
    key = balloted(app, cast)
    assert client_of(cast.chair).post(url(key), data={"kind": "approve", "seen": seen}).status_code == 303


@pytest.mark.parametrize(
    "path", ["/proposals/99999999999999999999/decide", "/proposals/-1/decide", "/proposals/abc/decide", "/proposals/99999999999999999999/declare-conflict"]
)
def test_addresses_out_of_range_are_not_found(cast: Cast, client_of: ClientOf, path: str) -> None:
    assert client_of(cast.chair).get(path).status_code == 404


@pytest.mark.parametrize("query", ["?kind=approve", "?kind=evil", "?kind=%00", "?kind=approve&kind=reject"])
def test_odd_queries_change_nothing(app: Flask, cast: Cast, client_of: ClientOf, query: str) -> None:
    assert client_of(cast.chair).get(url(balloted(app, cast)) + query).status_code == 200


def test_decide_page_makes_at_most_eight_queries(app: Flask, cast: Cast, client_of: ClientOf, queries: Callable[[], AbstractContextManager[list[str]]]) -> None:
    key, chair = balloted(app, cast, partner="meituan"), client_of(cast.chair)
    for _ in range(2):
        balloted(app, cast)
    with queries() as seen:
        chair.get(url(key))
    assert len(seen) <= 8, "\n".join(seen.all)


def test_pages_speak_chinese(app: Flask, cast: Cast, client_of: Callable[[Member, str], FlaskClient]) -> None:
    page = client_of(cast.chair, "zh").get(url(balloted(app, cast)))
    assert '<html lang="zh-CN"' in page.text
