"""`tracker recount`: what it prints and how it exits, for records right, wrong and hopeless."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tracker.cli.recount import recount


def a_record(**result: object) -> dict[str, Any]:
    votes = [{"unit": "huawei", "position": "yes"}, {"unit": "baidu", "position": "yes"}]
    return {
        "format": "ballot-record/1",
        "rule": {"pass": {"num": 1, "den": 2, "cmp": "gt", "base": "entitled"}},
        "roll": [{"unit": "caict"}, {"unit": "huawei"}, {"unit": "baidu"}, {"unit": "tencent"}],
        "items": [{"number": 1, "recused": ["caict"], "votes": votes, "result": result}, {"number": 2, "votes": []}],
    }


def run(data: object, *options: str) -> Result:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return CliRunner().invoke(recount, [*options, "-"], input=raw)


def test_record_that_agrees_exits_0_with_one_line_per_item() -> None:
    found = run(a_record(outcome="carried", needed="2"))

    assert (found.exit_code, found.stdout.splitlines(), found.stderr) == (
        0,
        [
            "item 1: carried, 2 / 3, needed 2, 66.67 %; agrees with the stored result",
            "item 2: not_carried, failed: majority, 0 / 4, needed 3, 0.00 %; no result stored",
        ],
        "",
    )


def test_record_that_differs_exits_1_naming_both() -> None:
    found = run(a_record(outcome="not_carried", needed="3"))

    assert found.exit_code == 1
    assert found.stdout.splitlines()[0] == (
        'item 1: carried, 2 / 3, needed 2, 66.67 %; DIFFERS: outcome stored "not_carried", recounted "carried", needed stored "3", recounted "2"'
    )


def test_invalid_record_exits_2_naming_the_place() -> None:
    record = a_record()
    record["items"][0]["votes"][1]["unit"] = "caict"

    found = run(record)

    assert (found.exit_code, found.stdout, found.stderr) == (2, "", "-: not a valid record: items[0].votes[1].unit: is recused: 'caict'\n")


def test_json_gives_the_results_of_all_items() -> None:
    found = run(a_record(), "--json")

    assert (found.exit_code, [entry["number"] for entry in json.loads(found.stdout)]) == (0, [1, 2])
    assert json.loads(found.stdout)[0]["result"] == {
        "outcome": "carried",
        "failed": [],
        "numerator": "2",
        "denominator": "3",
        "needed": "2",
        "percent": "66.67",
        "quorum_met": None,
    }


def test_json_of_a_record_that_differs_exits_1_and_says_so_aside() -> None:
    found = run(a_record(outcome="blocked"), "--json")

    assert (found.exit_code, len(json.loads(found.stdout))) == (1, 2)
    assert 'outcome stored "blocked", recounted "carried"' in found.stderr


def test_record_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "2021-B01.json"
    path.write_text(json.dumps(a_record()), encoding="utf-8")

    assert CliRunner().invoke(recount, [str(path)]).exit_code == 0


def test_file_that_cannot_be_read_exits_2(tmp_path: Path) -> None:
    found = [CliRunner().invoke(recount, [str(path)]) for path in (tmp_path / "missing.json", tmp_path)]

    assert [(one.exit_code, one.stderr) for one in found] == [
        (2, f"{tmp_path / 'missing.json'}: No such file or directory\n"),
        (2, f"{tmp_path}: Is a directory\n"),
    ]


def test_closed_standard_input_exits_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)

    with pytest.raises(SystemExit) as leaving:
        recount.main(["-"])

    assert leaving.value.code == 2


@pytest.mark.parametrize("stored", [{"percent": 1e300}, {"failed": ["\u202e\x1b[2J"]}, {"outcome": {"a": [1.5]}}, {"failed": [[["x" * 9999]]]}])
def test_stored_values_of_any_kind_are_shown_safely(stored: dict[str, Any]) -> None:
    found = run(a_record(**stored))

    assert (found.exit_code, found.exception is None or isinstance(found.exception, SystemExit)) == (1, True)
    assert [line for line in found.stdout.splitlines() if not line.isprintable() or len(line) > 500] == []


@pytest.mark.parametrize("data", [b"", b"\xff", b"[" * 100_000, b"NaN", b"1e99999", b"9" * 5000, b'"\\ud800"', b'{"format":1,"format":1}', b"\x00"])
def test_hopeless_file_exits_2_without_a_traceback(data: bytes) -> None:
    found = run(data)

    assert (found.exit_code, found.stdout, found.stderr.count("\n")) == (2, "", 1)
