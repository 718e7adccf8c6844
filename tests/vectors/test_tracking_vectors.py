"""Every worked case of following projects, by its id; a group that the product does not answer yet is skipped by name."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(os.environ.get("TRACKER_VECTORS") or Path(__file__).parent)

# A group's entry answers ``given`` with the data that ``expect`` is compared with.
BUILT: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {}


def cases(name: str) -> list[Any]:
    """Give one parameter per vector, or one skipped parameter named after the missing file."""
    path = FOLDER / name
    if not path.is_file():
        return [pytest.param(None, id=name, marks=pytest.mark.skip(reason=f"{name} is not in the folder of vectors"))]
    vectors = json.loads(path.read_text(encoding="utf-8"))["vectors"]
    return [pytest.param(vector, id=vector["id"]) for vector in vectors]


@pytest.mark.parametrize("vector", cases("tracking.json"))
def test_tracking_of_a_worked_case(vector: dict[str, Any]) -> None:
    if vector["group"] not in BUILT:
        pytest.skip(f"{vector['group']} is not built")

    found = BUILT[vector["group"]](vector["given"])

    assert {key: found.get(key) for key in vector["expect"]} == vector["expect"]
