"""Typed settings, from the environment and ``instance/``. A bad one stops the start and is named."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from holidays import list_supported_countries

ROOT = Path(__file__).resolve().parent.parent
MODES = ("production", "demo", "test")
SHORTEST_KEY = 32


class SettingError(Exception):
    """A setting that the program cannot start with; the message names it and says how to mend it."""


@dataclass(frozen=True, slots=True)
class Committee:
    """Whose program this is: another committee changes these, never the code."""

    name_zh: str = "中国互联网协会知识产权工作委员会"
    name_en: str = "Intellectual Property Working Committee of the Internet Society of China"
    short_zh: str = "知识产权工作委员会"
    short_en: str = "IP Working Committee"
    mark: str = "知"
    zone: str = "Asia/Shanghai"
    country: str = "CN"
    """Whose table of holidays counts the working days; "" for none: then Monday to Friday are worked, with a warning."""


MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileLimits:
    """How much may be attached to one proposal: bytes of one file, how many files, bytes of all of them."""

    each: int = 20 * MB
    count: int = 20
    together: int = 100 * MB


class Security(StrEnum):
    """How the line to the mail server is kept from others."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where e-mail is handed in, as whom, and the address it comes from."""

    host: str
    sender: str
    port: int = 587
    security: Security = Security.STARTTLS
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the program reads from outside, checked."""

    database_url: str
    secret_key: str = field(repr=False)
    instance: Path
    mode: str = "production"
    public_url: str = "http://127.0.0.1:8000"
    clock_offset: timedelta = timedelta(0)
    committee: Committee = field(default_factory=Committee)
    files: FileLimits = field(default_factory=FileLimits)
    mail: MailServer | None = None
    """None: no e-mail is sent, and notices stay in the program."""
    digest_hour: int = 8

    @property
    def host(self) -> str:
        """The host name (with port) under which links are made."""
        return urlsplit(self.public_url).netloc

    @property
    def secure(self) -> bool:
        """Whether people reach the program over TLS."""
        return self.public_url.startswith("https://")

    @property
    def demo(self) -> bool:
        """Whether this is the demonstration, marked on every page."""
        return self.mode == "demo"


def make_secret_key(path: Path) -> None:
    """Write a new secret key to ``path`` with mode 600, unless there is one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))


def read_secret_key(path: Path) -> str:
    """Return the key in ``path``; refuses a missing, short or world-readable one."""
    if not path.exists():
        raise SettingError(f"There is no secret key at {path.name}: run `tracker init` first.")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SettingError(f"Others can read {path.name}: run `chmod 600` on it.")
    key = path.read_text(encoding="ascii").strip()
    if len(key) < SHORTEST_KEY:
        raise SettingError(f"The key in {path.name} is shorter than {SHORTEST_KEY} characters: make a new one.")
    return key


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from ``environment`` (default: the process's own).

    TRACKER_MODE, TRACKER_INSTANCE, TRACKER_DATABASE_URL, TRACKER_PUBLIC_URL, TRACKER_CLOCK_OFFSET (seconds), TRACKER_COMMITTEE_*
    (name_zh … country), TRACKER_FILE_MB, TRACKER_FILES_PER_PROPOSAL, TRACKER_FILES_MB_PER_PROPOSAL,
    TRACKER_SMTP_* (host, port, security, user, password_file, from), TRACKER_DIGEST_HOUR. Raises SettingError naming the first one that will not do.
    """
    given = os.environ if environment is None else environment
    mode = given.get("TRACKER_MODE", "production")
    if mode not in MODES:
        raise SettingError(f"TRACKER_MODE is {mode!r}; it must be one of {', '.join(MODES)}.")
    if mode == "production" and given.get("FLASK_DEBUG", "0") not in {"", "0", "false"}:
        raise SettingError("FLASK_DEBUG is on; it must be off in production.")
    instance = Path(given.get("TRACKER_INSTANCE", str(ROOT / "instance")))
    database = "demo.db" if mode == "demo" else "tracker.db"
    return Settings(
        database_url=_database_url(given.get("TRACKER_DATABASE_URL", f"sqlite:///{instance / database}")),
        secret_key=read_secret_key(instance / "secret_key"),
        instance=instance,
        mode=mode,
        public_url=_public_url(given.get("TRACKER_PUBLIC_URL", "http://127.0.0.1:8000")),
        clock_offset=_clock_offset(given.get("TRACKER_CLOCK_OFFSET", "0"), mode),
        committee=_committee(given),
        files=FileLimits(
            each=_whole("TRACKER_FILE_MB", given.get("TRACKER_FILE_MB", "20")) * MB,
            count=_whole("TRACKER_FILES_PER_PROPOSAL", given.get("TRACKER_FILES_PER_PROPOSAL", "20")),
            together=_whole("TRACKER_FILES_MB_PER_PROPOSAL", given.get("TRACKER_FILES_MB_PER_PROPOSAL", "100")) * MB,
        ),
        mail=_mail_server(given),
        digest_hour=_number("TRACKER_DIGEST_HOUR", given.get("TRACKER_DIGEST_HOUR", "8"), range(24)),
    )


def _mail_server(given: Mapping[str, str]) -> MailServer | None:
    host = given.get("TRACKER_SMTP_HOST", "")
    if not host:
        return None
    sender, security = given.get("TRACKER_SMTP_FROM", ""), given.get("TRACKER_SMTP_SECURITY", Security.STARTTLS)
    if not re.fullmatch(r"[!-?A-~]+@[!-?A-~]+", sender):
        raise SettingError("TRACKER_SMTP_FROM must be the e-mail address from which notices are sent.")
    if security not in set(Security):
        raise SettingError(f"TRACKER_SMTP_SECURITY must be one of {', '.join(Security)}.")
    user, file = given.get("TRACKER_SMTP_USER", ""), given.get("TRACKER_SMTP_PASSWORD_FILE", "")
    if bool(user) != bool(file):
        raise SettingError("TRACKER_SMTP_USER and TRACKER_SMTP_PASSWORD_FILE belong together.")
    port = _number("TRACKER_SMTP_PORT", given.get("TRACKER_SMTP_PORT", "465" if security == Security.TLS else "587"), range(1, 65536))
    return MailServer(host, sender, port, Security(security), user, _password(Path(file)) if file else "")


def _password(file: Path) -> str:
    try:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise SettingError(f"Others can read TRACKER_SMTP_PASSWORD_FILE: run `chmod 600` on {file.name}.")
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise SettingError("TRACKER_SMTP_PASSWORD_FILE names no file that can be read.") from None


def _number(name: str, text: str, allowed: range) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and int(text) in allowed):  # noqa: PLR2004 - no setting has more digits
        raise SettingError(f"{name} must be a whole number from {allowed.start} to {allowed.stop - 1}.")
    return int(text)


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:6]) >= 1 and len(text) <= 4):  # noqa: PLR2004 - four digits are plenty
        raise SettingError(f"{name} must be a whole number from 1 to 9999.")
    return int(text)


def _database_url(url: str) -> str:
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingError("TRACKER_DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://.")
    return url


def _public_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise SettingError("TRACKER_PUBLIC_URL must be an http or https address.")
    return url.rstrip("/")


def _clock_offset(seconds: str, mode: str) -> timedelta:
    try:
        offset = timedelta(seconds=float(seconds))
    except (ValueError, OverflowError):
        raise SettingError("TRACKER_CLOCK_OFFSET must be a number of seconds.") from None
    if offset and mode == "production":
        raise SettingError("TRACKER_CLOCK_OFFSET is for the demonstration only.")
    return offset


def _committee(given: Mapping[str, str]) -> Committee:
    names = {name: given[f"TRACKER_COMMITTEE_{name.upper()}"] for name in Committee.__slots__ if f"TRACKER_COMMITTEE_{name.upper()}" in given}
    committee = Committee(**names)
    try:
        ZoneInfo(committee.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise SettingError(f"TRACKER_COMMITTEE_ZONE is {committee.zone!r}, which is no time zone.") from None
    if committee.country and committee.country not in list_supported_countries():
        raise SettingError(f"TRACKER_COMMITTEE_COUNTRY is {committee.country!r}; it must be a country whose holidays are known, like CN, or empty for none.")
    return committee
