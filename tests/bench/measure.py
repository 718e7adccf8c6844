"""Starts product and yardstick on servers of their own and asks them in turn."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.bench import yardstick
from tests.bench.browser import Answer, Client, changed, form_on
from tests.bench.seed import TOKENS, Seeded, seed
from tests.cast import NOW
from tests.databases import Databases
from tracker import clock, config, create_app, migrations

SERVE = "from tracker.cli.serving import serve; serve(address='127.0.0.1', port={port}, workers=1, app={app!r})"
WARM = 5


@dataclass(frozen=True, slots=True)
class Timing:
    """Median and 95th percentile of one request and the median of the yardstick beside it, in seconds."""

    name: str
    middle: float
    slow: float
    yard: float

    @property
    def ratio(self) -> float:
        """How many yardsticks long the request is."""
        return self.middle / self.yard


@dataclass(frozen=True, slots=True)
class Place:
    """A seeded product and its yardstick, both being served."""

    product: Client
    yard: Client
    seeded: Seeded


@contextmanager
def served(databases: Databases, folder: Path, count: int) -> Iterator[Place]:
    """Seed ``count`` proposals, start both servers, and stop them afterwards."""
    url, yard_url = databases.make_template(migrations.upgrade), databases.make_template(lambda _url: None)
    seeded = _seeded(url, count)
    yardstick.fill(yard_url, count)
    config.make_secret_key(folder / "secret_key")
    environment = os.environ | {
        "TRACKER_MODE": "demo",
        "TRACKER_INSTANCE": str(folder),
        "TRACKER_DATABASE_URL": url,
        "TRACKER_CLOCK_OFFSET": str(clock.offset_to(NOW).total_seconds()),
        "BENCH_YARDSTICK_URL": yard_url,
    }
    with _server("tracker:create_app", environment) as port, _server("tests.bench.yardstick:create_app", environment) as yard_port:
        product, yard = Client(port, _cookie(environment)), Client(yard_port, f"visit={yardstick.TOKEN}")
        yield Place(product, yard, seeded)
        product.close()
        yard.close()


def _seeded(url: str, count: int) -> Seeded:
    engine = sa.create_engine(url)
    with Session(engine) as session:
        seeded = seed(session, count)
        session.commit()
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()
    return seeded


def _cookie(environment: dict[str, str]) -> str:
    """Return the cookie of a browser signed in as Huawei's representative."""
    app = create_app(config.load(environment))
    clock.shift(timedelta(0))  # making the application moved this process's clock too
    value = app.session_interface.get_signing_serializer(app).dumps({"_user_id": TOKENS["huawei"], "language": "zh"})
    return f"{app.config['SESSION_COOKIE_NAME']}={value}"


@contextmanager
def _server(app: str, environment: dict[str, str]) -> Iterator[int]:
    """Serve ``app`` as `tracker serve` does, on a free port, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", SERVE.format(app=app, port=port)], env=environment, cwd=config.ROOT)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("A server did not start.")


def requests(place: Place) -> dict[str, Callable[[int], Answer]]:
    """Return what is measured, by the name of its row: each takes the number of the turn."""
    ask, seeded = place.product.ask, place.seeded
    return {
        "list": lambda _turn: ask("/proposals"),
        "one item": lambda _turn: ask(f"/proposals/{seeded.item_id}"),
        "save form": lambda turn: _save(place, turn),
        "vote": lambda turn: _vote(place, turn),
        "dashboard and grid": lambda _turn: ask(f"/programmes/{seeded.year}"),
        "past year's grid": lambda _turn: ask(f"/programmes/{seeded.year - 1}"),
        "projects": lambda _turn: ask("/projects"),
        "search": lambda _turn: ask(f"/proposals?q={quote('开源许可证')}"),
        "export": lambda _turn: ask(f"/proposals/export.csv?year={seeded.year}&state=in_ballot"),
    }


WRITES = frozenset({"save form", "vote"})


def _save(place: Place, turn: int) -> Answer:
    path = f"/proposals/{place.seeded.draft_id}/edit"
    form = form_on(place.product.ask(path).text)
    return place.product.ask(path, changed(form, "method", f"比较研究与案例分析，第 {turn} 稿。"))


def _vote(place: Place, turn: int) -> Answer:
    """Send the whole sheet with the vote on its first item changed."""
    path = f"/ballots/{place.seeded.ballot_id}"
    form = form_on(place.product.ask(path).text)
    return place.product.ask(path, changed(form, "position-1", ("abstain", "yes")[turn % 2]))


def measure(place: Place, repetitions: int) -> list[Timing]:
    """Ask each request ``repetitions`` times, the yardstick before each; raises RuntimeError when an answer is not 200 or 303."""
    return [_one(place, name, request, repetitions) for name, request in requests(place).items()]


def _one(place: Place, name: str, request: Callable[[int], Answer], repetitions: int) -> Timing:
    yard: list[float] = []
    ours: list[float] = []
    for turn in range(WARM + repetitions):
        beside = place.yard.ask("/write", [("title", "平台经济规则适用研究")]) if name in WRITES else place.yard.ask("/read")
        answer = request(turn)
        for given in (beside, answer):
            if given.status not in {200, 303}:
                raise RuntimeError(f"{name}: answered {given.status}")
        if turn >= WARM:
            yard.append(beside.seconds)
            ours.append(answer.seconds)
    return Timing(name, median(ours), quantiles(ours, n=20)[-1], median(yard))
