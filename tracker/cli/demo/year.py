"""The demonstration year, lived through the product's own verbs under a set clock, so that its record is true.

What happens is told in topics.toml, reviews.toml, ballots.toml, questions.toml and reports.toml as dated facts; every fact is one step, and the steps are done in
the order of time until the day on which the demonstration begins.
"""

from __future__ import annotations

from datetime import date, datetime
from itertools import chain

import sqlalchemy as sa

from tracker import clock
from tracker.cli.demo import ballots, openly, proposals, quarters, questions, reviews
from tracker.cli.demo.cast import first_secretariat, seat_everyone
from tracker.cli.demo.story import YEAR, Story, facts, play
from tracker.db import session, writing
from tracker.members.models import Unit
from tracker.programmes import actions as programmes
from tracker.programmes.loading import load_year

WINDOWS = {
    "submission_opens": "2021-01-01 09:00",
    "submission_closes": "2021-01-22 18:00",
    "screening_opens": "2021-01-04 09:00",
    "screening_closes": "2021-01-25 18:00",
    "review_opens": "2021-01-05 09:00",
    "review_closes": "2021-01-25 18:00",
    "voting_opens": "2021-01-08 09:00",
    "voting_closes": "2021-01-29 18:00",
    "decision_opens": "2021-01-13 18:00",
    "decision_closes": "2021-02-05 18:00",
}
CALL = {
    "call_zh": "面向各成员单位征集 2021 年度研究课题。\n\n- 每家单位可牵头或参与课题；\n- 申报书须写明研究内容、预期成果、季度安排和经费测算；\n- 通过形式审查的课题经专家评审后提交副主任委员单位投票表决，由主任委员审批。",
    "call_en": (
        "Member units are invited to propose research topics for 2021.\n\n- A unit may lead a topic or take part in one.\n- A proposal states its content, expected "
        "results, schedule by quarter and budget.\n- Topics that pass the formal check are reviewed by experts and put to the vote of the vice-chair units; the chair decides."
    ),
}


def tell(*, zone: str, until: datetime) -> None:
    """Live the year up to ``until`` in the empty database of this application context."""
    story = _found(zone)
    play(story, chain(proposals.steps(story), reviews.steps(story), ballots.steps(story), questions.steps(story), quarters.steps(story)), until=until)


def _found(zone: str) -> Story:
    """Seat everyone and publish the year, on 31 December 2020."""
    with clock.standing_at(clock.at_local(date(YEAR - 1, 12, 31), 10, 0, zone)), writing():
        secretariat = first_secretariat()
        programme = load_year(actor=secretariat)
        cast = seat_everyone(list(session().scalars(sa.select(Unit).order_by(Unit.id))), secretariat)
        session().flush()
        programmes.set_phases(programme, WINDOWS, zone=zone, seen=programme.version, actor=secretariat)
        programmes.change(programme, {"name_zh": programme.name_zh, "name_en": programme.name_en, **CALL}, seen=programme.version, actor=secretariat)
        reviews.set_rules(programme, actor=secretariat)
        openly.set_notice(programme, zone=zone, actor=secretariat)
    return Story(zone, cast, {topic["key"]: topic for topic in facts("topics.toml")["topics"]})
