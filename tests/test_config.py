"""Settings: what will not do stops the start, and is named."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tracker.config import SettingError, load, make_secret_key


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """A folder with a secret key."""
    make_secret_key(tmp_path / "secret_key")
    return tmp_path


def test_the_secret_key_is_for_its_owner_alone_and_kept(instance: Path) -> None:
    key = instance / "secret_key"
    before = key.read_text("ascii")
    make_secret_key(key)
    assert (stat.S_IMODE(key.stat().st_mode), key.read_text("ascii")) == (0o600, before)


def test_defaults_are_a_sqlite_file_and_this_committee(instance: Path) -> None:
    settings = load({"TRACKER_INSTANCE": str(instance)})
    assert (settings.database_url, settings.mode, settings.committee.mark) == (f"sqlite:///{instance / 'tracker.db'}", "production", "知")


def test_another_committee_is_a_matter_of_settings(instance: Path) -> None:
    settings = load({"TRACKER_INSTANCE": str(instance), "TRACKER_COMMITTEE_NAME_EN": "Another Committee", "TRACKER_COMMITTEE_ZONE": "Europe/Berlin"})
    assert (settings.committee.name_en, settings.committee.zone) == ("Another Committee", "Europe/Berlin")


@pytest.mark.parametrize("country", ["DE", ""])
def test_the_table_of_holidays_is_a_setting_and_may_be_none(instance: Path, country: str) -> None:
    settings = load({"TRACKER_INSTANCE": str(instance), "TRACKER_COMMITTEE_COUNTRY": country})
    assert (settings.committee.country, load({"TRACKER_INSTANCE": str(instance)}).committee.country) == (country, "CN")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TRACKER_MODE", "debug"),
        ("FLASK_DEBUG", "1"),
        ("TRACKER_DATABASE_URL", "mysql://localhost/tracker"),
        ("TRACKER_PUBLIC_URL", "ftp://localhost"),
        ("TRACKER_CLOCK_OFFSET", "yesterday"),
        ("TRACKER_CLOCK_OFFSET", "60"),
        ("TRACKER_COMMITTEE_ZONE", "Mars/Olympus"),
        ("TRACKER_COMMITTEE_COUNTRY", "Atlantis"),
    ],
)
def test_a_bad_setting_stops_the_start_and_is_named(instance: Path, name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        load({"TRACKER_INSTANCE": str(instance), name: value})


def test_a_secret_that_others_can_read_stops_the_start(instance: Path) -> None:
    (instance / "secret_key").chmod(0o644)
    with pytest.raises(SettingError, match="chmod 600"):
        load({"TRACKER_INSTANCE": str(instance)})


def test_no_secret_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="tracker init"):
        load({"TRACKER_INSTANCE": str(tmp_path)})


def test_limits_of_files_are_settings_in_megabytes(instance: Path) -> None:
    given = {"TRACKER_INSTANCE": str(instance), "TRACKER_FILE_MB": "5", "TRACKER_FILES_PER_PROPOSAL": "3", "TRACKER_FILES_MB_PER_PROPOSAL": "9"}
    files = load(given).files
    assert (files.each, files.count, files.together) == (5 * 1024 * 1024, 3, 9 * 1024 * 1024)


@pytest.mark.parametrize("name", ["TRACKER_FILE_MB", "TRACKER_FILES_PER_PROPOSAL", "TRACKER_FILES_MB_PER_PROPOSAL"])
@pytest.mark.parametrize("text", ["0", "-1", "", "ten", "99999", "٣"])
def test_a_limit_that_is_no_number_stops_the_start(instance: Path, name: str, text: str) -> None:
    with pytest.raises(SettingError, match=name):
        load({"TRACKER_INSTANCE": str(instance), name: text})
