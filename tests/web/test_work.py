"""My work: what needs each seat, in which order, and what it says when nothing does."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.cast import FOUNDED, NOW, Cast
from tests.decisions.placing import ballot, balloted, place
from tests.projects.placing import AFTER_GRACE, IN_JULY, YEAR, Filed, Planned, accepted, project, rounds
from tracker import clock
from tracker.audit.models import Event
from tracker.db import db, get, writing
from tracker.decisions import actions as decisions
from tracker.members.models import Person, Seat
from tracker.policy import Action, Role
from tracker.programmes.models import Phase
from tracker.proposals.models import Proposal
from tracker.proposals.states import ProposalState
from tracker.reports.lights import Light
from tracker.reports.rules import ReportState
from tracker.transitions import perform
from tracker.voting import actions
from tracker.voting.actions import Choice, Mark, Written
from tracker.voting.models import Item, Vote
from tracker.voting.rules import Channel
from tracker.voting.tally import Position

ClientOf = Callable[..., FlaskClient]
LATER = datetime(2021, 1, 8, 10, 0, tzinfo=UTC)
S = ProposalState


def words(page: str) -> str:
    """Return the visible words of a page's main part on one line."""
    main = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


def tasks(page: str) -> list[str]:
    """Return the tasks of the page in words, in their order."""
    return [words(f"<main>{part}") for part in re.findall(r'<li class="task">(.*?)</li>', page, re.DOTALL)]


def returned(app: Flask, cast: Cast, remark: str) -> int:
    key = place(app, cast, S.SUBMITTED, lead="huawei", title="退回的课题")
    with app.app_context(), writing():
        perform(Action.RETURN, get(Proposal, key), actor=cast.secretariat.actor, note=remark)
    return key


def vote(app: Flask, cast: Cast, ballot_id: int, unit: str, count: int = 1) -> None:
    with app.app_context(), writing() as session:
        for item in session.scalars(sa.select(Item.id).where(Item.ballot_id == ballot_id).order_by(Item.number).limit(count)):
            session.add(Vote(item_id=item, unit_id=cast.units[unit], position=Position.YES, commitments=[], person_id=cast.people[unit].person_id, cast_at=NOW))


def test_visitor_is_sent_to_sign_in(visitor: FlaskClient) -> None:
    answer = visitor.get("/")
    assert (answer.status_code, answer.headers["Location"].partition("?")[0]) == (303, "/sign-in")


def test_other_methods_are_refused(cast: Cast, client_of: ClientOf) -> None:
    assert client_of(cast.huawei).post("/").status_code == 405


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("huawei", "Nothing waits for you now. Submission of proposals is open until 9 Jan 2021, 18:00 (Beijing)."),
        ("huawei_contributor", "Nothing waits for you now. Submission of proposals is open until 9 Jan 2021, 18:00 (Beijing)."),
        ("secretariat", "Nothing waits for you now. Submission of proposals is open until 9 Jan 2021, 18:00 (Beijing)."),
        ("chair", "No proposal awaits your decision. Next: Voting, from 11 Jan 2021, 09:00 (Beijing)."),
        ("director", "No proposal awaits your decision. The chair decides; you do where the chair has declared a conflict of interest. Next: Voting"),
        ("expert", "Nothing waits for you now. You can read every proposal that has passed the formal check."),
    ],
)
def test_empty_desk_says_what_comes_next_and_when(cast: Cast, client_of: ClientOf, who: str, says: str) -> None:
    answer = client_of(cast.people[who]).get("/")
    assert answer.status_code == 200
    assert says in words(answer.text)


def test_representative_is_asked_for_the_missing_votes(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    keys = [place(app, cast, S.IN_BALLOT), place(app, cast, S.IN_BALLOT)]
    number = ballot(app, cast, keys, closes_at=LATER)
    vote(app, cast, number, "huawei")
    [task] = tasks(client_of(cast.huawei).get("/").text)
    assert "Your unit has not voted on 1 of 2 topics in ballot 2021-B01." in task
    assert "due Fri 8 Jan 2021, 18:00 (Beijing) · 2 days 8 hours left" in task


def test_voted_ballot_and_contributor_see_no_task(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    number = ballot(app, cast, [place(app, cast, S.IN_BALLOT)], closes_at=LATER)
    vote(app, cast, number, "huawei")
    page = client_of(cast.huawei).get("/").text
    assert tasks(page) == []
    assert "Your unit has voted and can change its vote until 8 Jan 2021, 18:00 (Beijing)." in words(page)
    assert tasks(client_of(cast.huawei_contributor).get("/").text) == []


def test_unit_off_the_roll_is_not_asked_to_vote(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    ballot(app, cast, [place(app, cast, S.IN_BALLOT)], closes_at=LATER)
    assert tasks(client_of(cast.member_1).get("/").text) == []


def test_ballot_past_its_time_is_no_task(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    ballot(app, cast, [place(app, cast, S.IN_BALLOT)], closes_at=NOW)
    assert tasks(client_of(cast.huawei).get("/").text) == []


def test_returned_comes_before_draft_with_its_remark_and_the_vote_before_both(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    place(app, cast, S.DRAFT, lead="huawei", title="草稿课题")
    returned(app, cast, "经费依据不足。")
    ballot(app, cast, [place(app, cast, S.IN_BALLOT)], closes_at=LATER)
    first, second, third = tasks(client_of(cast.huawei).get("/").text)
    assert "topics in ballot 2021-B01" in first
    assert "2021-P02 退回的课题 Returned for changes: 经费依据不足。 ● due" not in second
    assert "2021-P02 退回的课题 Returned for changes: 经费依据不足。" in second
    assert "2021-P01 草稿课题 A draft: finish it and submit it." in third


def test_contributor_completes_but_does_not_submit(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    place(app, cast, S.DRAFT, lead="huawei")
    [task] = tasks(client_of(cast.huawei_contributor).get("/").text)
    assert "A draft: complete it; your unit's representative or alternate submits it." in task


def test_draft_outside_the_window_waits_and_says_why(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    place(app, cast, S.DRAFT, lead="huawei")
    with clock.standing_at(NOW + timedelta(days=10)):
        page = client_of(cast.huawei).get("/").text
    assert tasks(page) == []
    assert "Submission closed at 9 Jan 2021, 18:00 (Beijing)." in words(page)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (S.SUBMITTED, "The secretariat checks it by 11 Jan 2021, 18:00 (Beijing)."),
        (S.SCREENED, "It will be put to the vote by 16 Jan 2021, 18:00 (Beijing)."),
        (S.BALLOTED, "The chair decides by 30 Jan 2021, 18:00 (Beijing)."),
        (S.DEFERRED, "It was deferred and can be taken up again."),
    ],
)
def test_unit_sees_what_comes_next_for_its_proposals_also_as_a_partner(app: Flask, cast: Cast, client_of: ClientOf, state: S, says: str) -> None:
    place(app, cast, state, lead="huawei", partner="meituan")
    assert says in words(client_of(cast.huawei).get("/").text)
    assert says in words(client_of(cast.meituan).get("/").text)
    assert says not in words(client_of(cast.bytedance).get("/").text)


def test_other_units_see_no_draft(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    place(app, cast, S.DRAFT, lead="huawei", title="秘密草稿")
    for who in ("bytedance", "chair", "director", "expert"):
        assert "秘密草稿" not in client_of(cast.people[who]).get("/").text


def test_secretariat_checks_the_oldest_first_and_then_opens_a_ballot(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    place(app, cast, S.SUBMITTED, title="甲课题")
    place(app, cast, S.SUBMITTED, title="乙课题")
    for _ in range(2):
        place(app, cast, S.SCREENED)
    with app.app_context(), writing() as session:
        session.scalars(sa.select(Proposal).where(Proposal.title_zh == "乙课题")).one().submitted_at = NOW - timedelta(days=1)
    first, second, third, fourth = tasks(client_of(cast.secretariat).get("/").text)
    assert "2021-P02 乙课题" in first
    assert "2021-P01 甲课题" in second
    assert "Ready for the vote and not yet in a ballot: 2 (2021-P03 and 2021-P04)." in third
    assert "Missing for the newest version: 4." in fourth


def test_secretariat_makes_links_and_sets_missing_dates(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    with app.app_context(), writing() as session:
        session.get_one(Person, cast.huawei.person_id).reset_requested_at = NOW
        session.execute(sa.delete(Phase).where(Phase.kind == "decision"))
    joined = " ".join(tasks(client_of(cast.secretariat).get("/").text))
    assert "Huawei representative Cannot sign in and asked for a new password at 6 Jan 2021, 10:00 (Beijing). Make a link" in joined
    assert "2021 research programme Not every phase of the year has its dates yet. Set the dates" in joined


def test_chair_sees_what_awaits_a_decision_with_the_vote(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = balloted(app, cast)
    page = client_of(cast.chair).get("/").text
    [task] = tasks(page)
    assert "The vote carried it: 12 of 17 in favour (70.59 %), 9 needed." in task
    assert "due Sat 30 Jan 2021, 18:00 (Beijing)" in task
    assert f'href="/proposals/{key}/decide"' in page
    assert tasks(client_of(cast.director).get("/").text) == []


def test_chair_sees_the_result_of_a_vote_that_is_over_though_nobody_has_sealed_it(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    carried, no_quorum = place(app, cast, S.IN_BALLOT), place(app, cast, S.IN_BALLOT)
    ballot(app, cast, [carried], closes_at=NOW, yes=12, no=5)
    ballot(app, cast, [no_quorum], closes_at=NOW, yes=3)
    [task] = tasks(client_of(cast.chair).get("/").text)
    assert "2021-P01" in task
    assert "The vote carried it: 12 of 17 in favour (70.59 %), 9 needed." in task


def test_declared_conflict_moves_the_task_to_the_director(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    key = balloted(app, cast)
    with app.app_context(), writing():
        decisions.declare_conflict(get(Proposal, key), reason="x", actor=cast.chair.actor)
    assert tasks(client_of(cast.chair).get("/").text) == []
    assert len(tasks(client_of(cast.director).get("/").text)) == 1


def test_chair_finds_the_deferred_under_way(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    place(app, cast, S.DEFERRED, title="缓议课题")
    page = client_of(cast.chair).get("/").text
    assert tasks(page) == []
    assert "2021-P01 缓议课题" in words(page)


def test_recent_notices_are_the_five_newest(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    for number in range(6):
        returned(app, cast, f"remark {number}")
    text = words(client_of(cast.huawei).get("/").text).partition("Recent notices")[2]
    assert [number for number in range(6) if f"remark {number}" in text] == [1, 2, 3, 4, 5]


def test_person_with_two_seats_can_switch(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    with app.app_context(), writing() as session:
        session.add(Seat(person_id=cast.huawei.person_id, unit_id=cast.units["meituan"], role=Role.ALTERNATE, from_at=FOUNDED))
    assert "You also serve as: Switch to Alternate, Meituan" in words(client_of(cast.huawei).get("/").text)
    assert "You also serve as" not in words(client_of(cast.caict).get("/").text)


def test_person_without_a_seat_is_told_so(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    with app.app_context(), writing() as session:
        session.execute(sa.update(Seat).where(Seat.person_id == cast.huawei.person_id).values(until_at=FOUNDED))
    client = client_of(cast.huawei)
    assert "You hold no seat at present, so nothing can wait for you." in words(client.get("/").text)


REPORTS = {"2021Q1": accepted(), "2021Q2": Filed(ReportState.SUBMITTED, Light.RED)}


@pytest.mark.parametrize(
    ("instant", "says"),
    [
        (datetime(2021, 6, 25, 2, tzinfo=UTC), "○ 2021 Q2: IPWC-2021-01 课题 Your unit owes the report for this quarter. ○ due Wed 14 Jul 2021, 23:59"),
        (IN_JULY, "▲ 2021 Q2: IPWC-2021-01 课题 Overdue: without it the quarter counts as missing after 21 July 2021. ■ due Wed 14 Jul 2021, 23:59"),
        (AFTER_GRACE, "✕ 2021 Q2: IPWC-2021-01 课题 Missing since 22 July 2021: it can still be handed in. ■ due Wed 14 Jul 2021, 23:59"),
    ],
)
def test_unit_is_asked_for_the_report_with_its_due_day(app: Flask, cast: Cast, client_of: ClientOf, instant: datetime, says: str) -> None:
    rounds(app, cast, YEAR[:2])
    key = project(app, cast, Planned(lead="huawei", title="课题", partner="meituan", reports={"2021Q1": accepted()}))
    with clock.standing_at(instant):
        page = client_of(cast.huawei_contributor).get("/").text
        others = [tasks(client_of(cast.people[who]).get("/").text) for who in ("meituan", "bytedance", "expert")]
    [task] = tasks(page)
    assert says in task
    assert f'href="/projects/{key}/reports/2021Q2/edit"' in page
    assert others == [[], [], []]


def test_unit_waits_for_a_round_that_opens_soon_and_for_the_check(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    rounds(app, cast, YEAR[:3])
    project(app, cast, Planned(lead="huawei", title="课题", reports=REPORTS))
    with clock.standing_at(datetime(2021, 8, 25, 2, tzinfo=UTC)):
        page = client_of(cast.huawei).get("/").text
    assert tasks(page) == []
    assert "2021 Q2: IPWC-2021-01 课题 ○ Handed in The secretariat checks the report." in words(page)
    assert "2021 Q3: IPWC-2021-01 课题 ○ Not open yet Taken from 21 September 2021, due on 20 October 2021." in words(page)


def test_returned_report_has_a_second_clock_and_says_what_is_wrong(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    rounds(app, cast, YEAR[:2])
    project(
        app,
        cast,
        Planned(lead="huawei", reports={"2021Q1": accepted(), "2021Q2": Filed(ReportState.RETURNED, Light.GREEN, datetime(2021, 7, 8, 2, tzinfo=UTC))}),
    )
    with clock.standing_at(datetime(2021, 7, 12, 2, tzinfo=UTC)):
        [task] = tasks(client_of(cast.huawei).get("/").text)
    assert "Returned for changes: 补充阶段性成果。" in task
    assert "due Fri 16 Jul 2021, 23:59 (Beijing)" in task
    assert "Change the report" in task


def test_secretariat_starts_checks_publishes_and_sees_who_is_late(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    rounds(app, cast, YEAR[:2])
    project(app, cast, Planned(reports=REPORTS))
    project(app, cast, Planned(reports={"2021Q1": accepted()}))
    project(app, cast, Planned(started=False))
    with clock.standing_at(datetime(2021, 9, 5, 2, tzinfo=UTC)):
        page = client_of(cast.secretariat).get("/").text
    publish, start, check, late = tasks(page)
    assert "Reporting dates for 2021 Q3 The units cannot report before the dates are published. ○ due Thu 30 Sep 2021, 23:59" in publish
    assert "IPWC-2021-03" in start
    assert "handed it in at 30 Jun 2021, 10:00 (Beijing): check it. Check" in check
    assert "Late reports for 2021 Q2 Past the due day and not handed in: 1 (IPWC-2021-02). See who is late" in late
    assert 'href="/programmes/2021?quarter=2021Q2#projects"' in page


@pytest.mark.parametrize("who", ["chair", "director"])
def test_officers_are_led_to_the_projects_that_go_wrong(app: Flask, cast: Cast, client_of: ClientOf, who: str) -> None:
    rounds(app, cast, YEAR[:2])
    project(app, cast, Planned(reports=REPORTS))
    project(app, cast, Planned())
    with clock.standing_at(AFTER_GRACE):
        [task] = tasks(client_of(cast.people[who]).get("/").text)
    assert "2021 research programme 2021 Q2: 1 off track, 1 missing twice running, 0 marked for discussion. See the projects" in task


def test_officers_are_not_troubled_when_all_goes_well(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    rounds(app, cast, YEAR[:2])
    project(app, cast, Planned(reports={"2021Q1": accepted(), "2021Q2": accepted()}))
    with clock.standing_at(AFTER_GRACE):
        assert tasks(client_of(cast.chair).get("/").text) == []


def entered(app: Flask, cast: Cast, ballot_id: int, *units: str, by: str = "secretariat") -> list[int]:
    """Enter votes of units on paper."""
    written = [Written(cast.units[unit], Channel.PAPER, {1: Mark(Choice(Position.YES))}, "第 2 页") for unit in units]
    with app.app_context(), writing():
        return [actions.enter(ballot_id, one, None, actor=replace(cast.people[by].actor, role=Role.SECRETARIAT)).id for one in written]


@pytest.mark.parametrize("who", ["chair", "director", "secretariat"])
def test_an_entered_vote_waits_on_the_desks_of_those_who_may_confirm_it(app: Flask, cast: Cast, client_of: ClientOf, who: str) -> None:
    number = ballot(app, cast, [place(app, cast, S.IN_BALLOT)], closes_at=LATER)
    [entry] = entered(app, cast, number, "huawei", by="expert")
    page = client_of(cast.people[who]).get("/").text
    task = next(one for one in tasks(page) if "entered" in one)
    assert "The vote of Huawei in ballot 2021-B01 was entered, on paper: it counts once a second person has confirmed it." in task
    assert "due Fri 8 Jan 2021, 18:00 (Beijing)" in task
    assert f'href="/ballots/{number}/entries/{entry}"' in page


def test_entries_of_a_ballot_make_one_line_and_never_on_the_desk_of_who_entered_them(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    number = ballot(app, cast, [place(app, cast, S.IN_BALLOT)], closes_at=LATER)
    entered(app, cast, number, "huawei", "bytedance")
    page = client_of(cast.director).get("/").text
    assert "2 votes were entered in ballot 2021-B01: they count once a second person has confirmed them." in words(page)
    assert f'href="/ballots/{number}/entries"' in page
    for nobody in (cast.secretariat, cast.huawei, cast.expert):
        assert "entered" not in " ".join(tasks(client_of(nobody).get("/").text))


def test_an_entry_is_on_nobody_s_own_desk_in_another_seat_either(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    number = ballot(app, cast, [place(app, cast, S.IN_BALLOT)], closes_at=LATER)
    entered(app, cast, number, "huawei", by="director")
    assert tasks(client_of(cast.director).get("/").text) == []
    assert len(tasks(client_of(cast.chair).get("/").text)) == 1


@pytest.mark.parametrize("settled", ["confirm", "send_back", "retract"])
def test_an_entry_that_is_settled_leaves_the_desk(app: Flask, cast: Cast, client_of: ClientOf, settled: str) -> None:
    number = ballot(app, cast, [place(app, cast, S.IN_BALLOT)], closes_at=LATER)
    [entry] = entered(app, cast, number, "huawei")
    client = client_of(cast.director)
    assert len(tasks(client.get("/").text)) == 1
    with app.app_context(), writing():
        if settled == "confirm":
            actions.confirm(number, entry, actor=cast.chair.actor)
        elif settled == "send_back":
            actions.send_back(number, entry, "错", actor=cast.chair.actor)
        else:
            actions.retract(number, entry, actor=cast.secretariat.actor)
    assert tasks(client.get("/").text) == []


def test_entries_leave_the_desk_at_the_close(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    number = ballot(app, cast, [place(app, cast, S.IN_BALLOT)], closes_at=LATER)
    entered(app, cast, number, "huawei")
    with clock.standing_at(LATER):
        assert tasks(client_of(cast.director).get("/").text) == []


def fill(app: Flask, cast: Cast, rows: int) -> None:
    """Put ``rows`` of everything on everybody's desk."""
    for _ in range(rows):
        project(app, cast, Planned(lead="huawei", partner="meituan", reports=REPORTS))
        project(app, cast, Planned(lead="huawei", started=False))
        place(app, cast, S.DRAFT, lead="huawei", partner="meituan")
        place(app, cast, S.SCREENED, lead="huawei")
        place(app, cast, S.SUBMITTED, lead="huawei", partner="meituan")
        place(app, cast, S.DEFERRED, lead="huawei")
        returned(app, cast, "补正")
        balloted(app, cast)
        entered(app, cast, ballot(app, cast, [place(app, cast, S.IN_BALLOT)], closes_at=LATER), "huawei", by="expert")
        ballot(app, cast, [place(app, cast, S.IN_BALLOT)], closes_at=NOW)


@pytest.mark.parametrize("who", ["huawei", "huawei_contributor", "secretariat", "chair", "director", "expert"])
def test_my_work_makes_at_most_eight_queries_whatever_the_rows(
    app: Flask, cast: Cast, client_of: ClientOf, queries: Callable[[], AbstractContextManager[list[str]]], who: str
) -> None:
    client, counts = client_of(cast.people[who]), []
    rounds(app, cast, YEAR[:2], {quarter: (date(2021, 1, 1), date(2021, 1, 2), date(2021, 1, 3)) for quarter in YEAR[:2]})
    for rows in (1, 2):
        fill(app, cast, rows)
        with queries() as seen:
            assert client.get("/").status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8


def test_a_hundred_proposals_are_cut_short_on_the_page(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    for _ in range(60):
        place(app, cast, S.SUBMITTED)
    assert len(tasks(client_of(cast.secretariat).get("/").text)) == 50 + 1  # and one line for all their stamped scans


def test_nothing_is_written_by_looking(app: Flask, cast: Cast, client_of: ClientOf) -> None:
    client_of(cast.chair).get("/")
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Event)) == 0
