"""Every worked case of the tally, by its id; TRACKER_VECTORS names another folder of cases to try."""

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tracker.voting.tally import Counts, parse_rule, tally

FOLDER = Path(os.environ.get("TRACKER_VECTORS") or Path(__file__).parent)
NUMBERS = {"numerator", "denominator", "needed", "percent", "cap_numerator", "cap_denominator", "abstain_percent"}


def cases(name: str) -> list[Any]:
    """Give one parameter per vector, or one skipped parameter named after the missing file."""
    path = FOLDER / name
    if not path.is_file():
        return [pytest.param(None, id=name, marks=pytest.mark.skip(reason=f"{name} is not in the folder of vectors"))]
    vectors = json.loads(path.read_text(encoding="utf-8"))["vectors"]
    return [pytest.param(vector, id=vector["id"]) for vector in vectors]


def as_number(key: str, value: object) -> object:
    """Give numbers as numbers, so that 12 and 12.0 are one; other keys as they are."""
    return Decimal(value) if key in NUMBERS and isinstance(value, str | int) else value


@pytest.mark.parametrize("vector", cases("tally.json"))
def test_tally_of_a_worked_case(vector: dict[str, Any]) -> None:
    result = tally(parse_rule(vector["rule"]), Counts.from_data(vector["input"])).as_full_data()

    found = {key: as_number(key, result[key]) for key in vector["expect"]}
    assert found == {key: as_number(key, value) for key, value in vector["expect"].items()}
