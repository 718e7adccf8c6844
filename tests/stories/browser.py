"""A real browser at a real server, and the few things a person does in it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from babel.messages.pofile import read_po
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, sync_playwright
from werkzeug.serving import make_server

from tests.machine import browser as installed_browser
from tracker.config import ROOT

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "a long pass phrase for stories"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve ``app`` from threads of this process, so that its clock is the test's own; give the address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def launched() -> Iterator[Browser]:
    """Start the machine's own browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed_browser(), args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def in_chinese() -> dict[str, str]:
    """Return the Chinese catalogue: what an English text of the source says on the page."""
    with (ROOT / "tracker" / "translations" / "zh" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return {str(message.id): str(message.string) for message in read_po(file) if message.id and isinstance(message.id, str)}


def in_english() -> dict[str, str]:
    """Return what an English text of the source says on an English page: itself."""
    return {text: text for text in in_chinese()}


@dataclass
class Desk:
    """One person at one browser, with everything that went wrong on the pages they saw."""

    context: BrowserContext
    page: Page
    base: str
    words: dict[str, str]
    complaints: list[str] = field(default_factory=list)
    came_before: bool = False

    def say(self, text: str, **values: object) -> str:
        """Return what the page says for an English text of the source."""
        said = self.words[text]
        return (said % values if "%(" in said else said.format(**values)) if values else said

    def go(self, path: str) -> None:
        """Open an address of the site."""
        self.page.goto(self.base + path)
        self.look()

    def press(self, text: str, **values: object) -> None:
        """Press the first button or link that begins with ``text``, and look at where it leads."""
        name, place = re.compile(f"^{re.escape(self.say(text, **values))}"), self.page.locator("main")
        self.follow(place.get_by_role("button", name=name).or_(place.get_by_role("link", name=name)).first)

    def send(self) -> None:
        """Press the button that stands out on the page."""
        self.follow(self.page.locator("main form button.primary").first)

    def follow(self, target: Locator) -> None:
        """Click something that leads to a page, and look at that page."""
        with self.page.expect_navigation():
            target.click()
        self.look()

    def sign_in(self, email: str) -> None:
        """Come in by the sign-in page, as after every night; it is looked at on the first one."""
        self.context.clear_cookies()
        if self.came_before:
            self.page.goto(f"{self.base}/sign-in")
        else:
            self.go("/sign-in")
        self.came_before = True
        self.fill("E-mail", email)
        self.fill("Password", PASSWORD)
        self.press("Sign in")

    def write(self, fields: dict[str, str]) -> None:
        """Fill in fields by their names: text, and choices of lists."""
        for name, value in fields.items():
            place = self.page.locator(f'main [name="{name}"]')
            if place.evaluate("element => element.tagName") == "SELECT":
                place.select_option(value)
            else:
                place.fill(value)

    def fill(self, text: str, value: str) -> None:
        """Write into the field labelled ``text``."""
        self.page.get_by_label(self.say(text)).first.fill(value)

    def reads(self, text: str, **values: object) -> bool:
        """Say whether the page shows what an English text of the source says in its language."""
        return self.say(text, **values) in self.page.locator("body").inner_text()

    def look(self) -> None:
        """Let axe read the page in both themes, and note a page wider than the screen."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # one of the two that playwright knows
            found: dict[str, Any] = Axe().run(self.page).response
            self.complaints += [f"{self.page.url} {scheme}: {finding['id']} {finding['nodes'][0]['html'][:120]}" for finding in found["violations"]]
        self.page.emulate_media(color_scheme="light")
        if self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            self.complaints.append(f"{self.page.url}: wider than the screen")

    def hear(self, message: ConsoleMessage) -> None:
        """Note what the browser complains of: a violation of the content policy is an error on its console."""
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")


@contextmanager
def desk(browser: Browser, base: str, words: dict[str, str], *, phone: bool = False, language: str = "zh-CN") -> Iterator[Desk]:
    """Sit somebody down in front of a browser of their own."""
    context = browser.new_context(viewport=PHONE if phone else DESKTOP, locale=language)  # type: ignore[arg-type] # width and height
    page = context.new_page()
    seat = Desk(context, page, base, words)
    page.on("console", seat.hear)
    page.on("pageerror", lambda error: seat.complaints.append(f"{page.url}: {error}"))
    try:
        yield seat
    finally:
        context.close()


@contextmanager
def seats(browser: Browser, base: str, language: str, *names: str, small: bool) -> Iterator[list[Desk]]:
    """Sit these people down, each before a browser of their own; none of them ever sees an error."""
    words = in_chinese() if language == "zh-CN" else in_english()
    with ExitStack() as stack:
        found = [stack.enter_context(desk(browser, base, words, phone=small, language=language)) for _ in names]
        for seat, name in zip(found, names, strict=True):
            seat.sign_in(f"{name}@example.org")
        yield found
        assert [complaint for seat in found for complaint in seat.complaints] == []
