"""The import rule: every package and every domain stands in the contracts of pyproject.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOMAIN_ROOMS = {"actions.py", "queries.py", "models.py", "rules.py"}


def contracts() -> dict[str, dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    return {contract["id"]: contract for contract in settings["contracts"]}


def test_every_module_has_a_layer() -> None:
    modules = {path.stem for path in (ROOT / "tracker").glob("*.py")} - {"__init__", "__main__"}
    packages = {path.parent.name for path in (ROOT / "tracker").glob("*/*.py")}
    layers = {name.strip() for layer in contracts()["layers"]["layers"] for name in layer.split("|")}
    assert layers == modules | packages


def test_every_domain_keeps_its_rooms() -> None:
    domains = {f"tracker.{path.parent.name}" for path in (ROOT / "tracker").glob("*/*.py") if path.name in DOMAIN_ROOMS}
    assert set(contracts()["rooms"]["containers"]) == domains


def test_every_domain_stays_below_the_edges() -> None:
    assert set(contracts()["edges"]["source_modules"]) == {*contracts()["rooms"]["containers"], "tracker.transitions"}


def test_every_package_is_a_package() -> None:
    folders = {path.parent for path in (ROOT / "tracker").rglob("*.py")} - {ROOT / "tracker/migrations/versions"}
    assert sorted(str(folder) for folder in folders if not (folder / "__init__.py").exists()) == []
