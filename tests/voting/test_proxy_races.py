"""Proxies at once with each other, with the vote of the unit itself, and with being taken back; each race with a control that loses it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.cast import Cast
from tests.racing import Overtaken, Race
from tests.voting.test_proxies import NO, YES, grant, opened
from tracker.db import db, writing
from tracker.errors import Invalid, NotFound, Refused
from tracker.files.disk import Stored
from tracker.policy import Actor
from tracker.voting import actions
from tracker.voting.models import Proxy, Vote
from tracker.voting.rules import Channel

__all__ = ["opened"]
BROKEN = -1
"""The database's own wall had to stop it."""
BOTH_WAYS = pytest.mark.parametrize("locked", [True, False], ids=["locked", "control"])


def attempt(app: Flask, act: Callable[[], object]) -> int:
    """Do it in a context of its own: 1 where it was done, 0 where it was refused."""
    with app.app_context():
        try:
            with writing():
                act()
        except (Invalid, NotFound, Refused):
            return 0
        except sa.exc.IntegrityError:
            return BROKEN
        return 1


def granting(cast: Cast, ballot: int, giver: str, holder: str) -> object:
    scan = Stored("委托书.pdf", f"{secrets.token_hex(16)}.pdf", 10, "b" * 64)
    return actions.grant(ballot, cast.units[giver], cast.units[holder], scan, actor=cast.secretariat.actor)


def casting(ballot: int, actor: Actor) -> object:
    return actions.cast_by_proxy(ballot, {1: NO}, actor=actor)


def proxies(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(sa.func.count(Proxy.id))) or 0


def channels(app: Flask) -> list[Channel]:
    with app.app_context():
        return list(db.session.scalars(sa.select(Vote.channel)))


@BOTH_WAYS
@pytest.mark.parametrize("pair", [("meituan", "huawei"), ("bytedance", "meituan")], ids=["one holder", "one giver"])
def test_of_two_proxies_at_once_one_is_recorded(app: Flask, cast: Cast, opened: int, pair: tuple[str, str], *, locked: bool) -> None:
    race = Race(("INSERT INTO proxy ",), locked=locked)
    both = [partial(attempt, app, partial(granting, cast, opened, *one)) for one in (("bytedance", "huawei"), pair)]

    done = race.run(app, *both)

    assert (sorted(done), proxies(app)) == ([0, 1] if locked else [BROKEN, 1], 1)


@BOTH_WAYS
def test_two_proxies_at_once_make_no_chain(app: Flask, cast: Cast, opened: int, *, locked: bool) -> None:
    first = partial(attempt, app, partial(granting, cast, opened, "bytedance", "huawei"))
    second = partial(attempt, app, partial(granting, cast, opened, "huawei", "meituan"))

    done = Overtaken(("INSERT INTO proxy ",), locked=locked).over(app, first, second)

    assert (done, proxies(app)) == (([1, 0], 1) if locked else ([1, 1], 2))


@BOTH_WAYS
def test_the_units_own_vote_stands_over_a_proxy_used_at_the_same_moment(app: Flask, cast: Cast, opened: int, *, locked: bool) -> None:
    grant(app, cast, opened)
    by_proxy = partial(attempt, app, partial(casting, opened, cast.huawei.actor))
    itself = partial(attempt, app, partial(actions.cast, opened, {1: YES}, actor=cast.bytedance.actor))

    done = Overtaken(("INSERT INTO vote ",), locked=locked, lock="FOR ").over(app, by_proxy, itself)

    assert (done, channels(app)) == ([1, 1], [Channel.ONLINE if locked else Channel.PROXY])


@BOTH_WAYS
def test_a_proxy_taken_back_while_its_holder_votes_is_used_or_gone(app: Flask, cast: Cast, opened: int, *, locked: bool) -> None:
    key = grant(app, cast, opened)
    by_proxy = partial(attempt, app, partial(casting, opened, cast.huawei.actor))
    back = partial(attempt, app, partial(actions.revoke, opened, key, actor=cast.secretariat.actor))

    done = Overtaken(("INSERT INTO vote ",), locked=locked).over(app, by_proxy, back)

    assert done == ([1, 0] if locked else [1, 1])
    assert (proxies(app), channels(app)) == (1 if locked else 0, [Channel.PROXY])


@BOTH_WAYS
def test_a_proxy_used_while_it_is_taken_back_is_gone_or_used(app: Flask, cast: Cast, opened: int, *, locked: bool) -> None:
    key = grant(app, cast, opened)
    by_proxy = partial(attempt, app, partial(casting, opened, cast.huawei.actor))
    back = partial(attempt, app, partial(actions.revoke, opened, key, actor=cast.secretariat.actor))

    done = Overtaken(("DELETE FROM proxy ",), locked=locked).over(app, back, by_proxy)

    assert done == ([1, 0] if locked else [1, 1])
    assert (proxies(app), channels(app)) == (0, [] if locked else [Channel.PROXY])


@pytest.mark.parametrize("own_first", [True, False])
def test_a_proxy_recorded_beside_the_units_own_vote_changes_nothing_of_it(app: Flask, cast: Cast, opened: int, *, own_first: bool) -> None:
    itself = partial(attempt, app, partial(actions.cast, opened, {1: YES}, actor=cast.bytedance.actor))
    proxy = partial(attempt, app, partial(granting, cast, opened, "bytedance", "huawei"))
    pair = (itself, proxy) if own_first else (proxy, itself)

    done = Overtaken(("INSERT INTO vote " if own_first else "INSERT INTO proxy ",)).over(app, *pair)

    assert (done, proxies(app), channels(app)) == ([1, 1], 1, [Channel.ONLINE])
    assert attempt(app, partial(casting, opened, cast.huawei.actor)) == 0
