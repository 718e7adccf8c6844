"""What the secretariat and those who decide do around a ballot: votes that came on paper or by raised hand."""

from __future__ import annotations

from dataclasses import dataclass

from tracker import clock
from tracker.db import session
from tracker.policy import Action, Kind, can, check
from tracker.voting import entries
from tracker.voting.models import Ballot
from tracker.voting.proxies import Standing, allowed, standing_of
from tracker.web.identity import the_actor


@dataclass(frozen=True, slots=True)
class Desk:
    """How many entered votes wait for a second person, whether they still can be confirmed, whether votes can be entered by the reader."""

    waiting: int
    is_open: bool
    may_enter: bool
    proxies: bool


def proxy_of(ballot: Ballot) -> Standing | None:
    """Return the proxy in which the unit takes part for which the reader votes; nothing is looked up where the ballot takes none."""
    actor = the_actor()
    return standing_of(ballot.id, actor.unit_id) if allowed(ballot) and actor.votes_for(actor.unit_id) else None


def desk_of(ballot: Ballot) -> Desk | None:
    """Return what the reader's desk holds of a ballot; None for whoever has none, or where nothing is entered."""
    actor, now = the_actor(), clock.now()
    denial = check(Action.CONFIRM, ballot, actor=actor, now=now)
    if denial is not None and (denial.kind is not Kind.WRONG_STATE or now < ballot.closes_at):
        return None
    waiting = session().scalar(entries.waiting_in(ballot.id)) or 0
    return Desk(waiting, denial is None, can(Action.ENTER, ballot, actor=actor, now=now), _has_proxies(ballot))


def _has_proxies(ballot: Ballot) -> bool:
    """Say whether the reader records proxies here: the ballot takes them, and still does."""
    return allowed(ballot) and can(Action.GRANT, ballot, actor=the_actor(), now=clock.now())
