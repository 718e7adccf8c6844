"""The command that makes the demonstration, and when it goes on with the one that is there."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from tracker import migrations
from tracker.cli.demo.command import _made_for, _running_offset

TODAY = datetime(2021, 1, 14)  # noqa: DTZ001 - click gives a day without a zone


def noted(folder: Path, **changed: str) -> Path:
    note = folder / "demo.json"
    note.write_text(json.dumps({**_made_for(TODAY), "offset": -1.5, **changed}), encoding="ascii")
    return note


def test_a_demonstration_of_the_same_day_and_schema_goes_on(tmp_path: Path) -> None:
    assert _running_offset(noted(tmp_path), TODAY) == timedelta(seconds=-1.5)


def test_a_demonstration_of_another_day_is_lived_anew(tmp_path: Path) -> None:
    assert _running_offset(noted(tmp_path, today="2021-07-20"), TODAY) is None


def test_a_demonstration_of_an_earlier_schema_is_lived_anew(tmp_path: Path) -> None:
    assert _running_offset(noted(tmp_path, schema="0001"), TODAY) is None
    assert migrations.newest() != "0001"


def test_a_demonstration_noted_before_schemas_were_is_lived_anew(tmp_path: Path) -> None:
    note = noted(tmp_path)
    note.write_text(json.dumps({"today": "2021-01-14", "offset": -1.5}), encoding="ascii")

    assert _running_offset(note, TODAY) is None
