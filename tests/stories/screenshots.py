"""`make screenshots`: the pictures of the guides, taken from the real program in the demonstration year."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import Browser

from tests.stories.browser import launched, served
from tracker import clock, config, create_app, migrations
from tracker.cli.demo import year
from tracker.db import db

FOLDER = config.ROOT / "docs" / "pictures"
LARGEST = 150 * 1024
TODAY = datetime(2021, 1, 14, 1, 0, tzinfo=UTC)
DESK, PHONE = 1280, 390


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: whose page it is, in which language, how wide the window, how much of its height."""

    name: str
    person: str
    path: str
    height: int
    width: int = DESK
    language: str = "en-GB"
    unfold: str = ""


PICTURES = (
    Picture("ballot-result", "huawei", "/ballots/1", 780, unfold="main details:has(table)"),
    Picture("work", "huawei", "/", 700),
    Picture("proposal", "secretariat", "/proposals/11", 800),
    Picture("programme", "chair", "/programme", 640, language="zh-CN"),
    Picture("vote-phone", "huawei", "/ballots/2", 844, width=PHONE),
)


@contextmanager
def demonstration() -> Iterator[str]:
    """Live the demonstration year in a folder of its own and serve it, the clock standing on 14 January 2021."""
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder)
        config.make_secret_key(instance / "secret_key")
        settings = config.load({"TRACKER_MODE": "demo", "TRACKER_INSTANCE": folder})
        migrations.upgrade(settings.database_url)
        app = create_app(settings)
        with app.app_context():
            year.tell(zone=settings.committee.zone, until=TODAY)
            db.session.remove()
        with clock.standing_at(TODAY), served(app) as address:
            yield address
        with app.app_context():
            db.engine.dispose()


def take(browser: Browser, address: str, picture: Picture, *, folder: Path = FOLDER) -> Path:
    """Take one picture and return where it is; raises ValueError when the file is too large for a guide."""
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height}, locale=picture.language, color_scheme="light", reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.locator("button[formaction*='/sign-in/as/']").nth(_place(picture.person)).click()
    page.goto(address + picture.path)
    if picture.unfold:
        page.locator(picture.unfold).first.locator("summary").click()
        page.evaluate("document.activeElement.blur()")
    target = folder / f"{picture.name}.png"
    page.screenshot(path=target)
    context.close()
    if target.stat().st_size > LARGEST:
        raise ValueError(f"{target.name} has {target.stat().st_size} bytes, more than {LARGEST}: show less of the page.")
    return target


def _place(person: str) -> int:
    """Return where the sign-in page of the demonstration offers this person."""
    return ("secretariat", "chair", "director", "expert", "caict", "huawei").index(person)


def main(names: list[str]) -> None:
    """Take the pictures named, or all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with demonstration() as address, launched() as browser:
        for picture in PICTURES:
            if not names or picture.name in names:
                print(take(browser, address, picture).relative_to(config.ROOT))  # noqa: T201 - a command prints


if __name__ == "__main__":
    main(sys.argv[1:])
