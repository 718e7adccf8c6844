from pathlib import Path

from tests.bench import table
from tests.bench.measure import Timing, requests, served
from tests.databases import Databases


def test_every_measured_request_is_answered(tmp_path: Path) -> None:
    databases = Databases(tmp_path)
    try:
        with served(databases, tmp_path, 30) as place:
            answers = {name: request(0).status for name, request in requests(place).items()}
            yard = place.yard.ask("/read").status, place.yard.ask("/write", [("title", "研究")]).status
    finally:
        databases.stop()
    assert answers == dict.fromkeys(table.BUDGETS, 200) | {"save form": 303, "vote": 303}
    assert yard == (200, 200)


def test_the_table_has_a_row_for_every_budget_and_names_what_is_over() -> None:
    fast = [Timing(name, 0.001, 0.002, 0.001) for name in table.BUDGETS]
    slow = [Timing(name, 0.009 if name == "list" else 0.001, 0.01, 0.001) for name in table.BUDGETS]
    rows = [line[:20].strip() for line in table.lines({100: fast, 10000: slow})]
    assert rows == ["", *table.BUDGETS]
    assert table.over({100: fast, 10000: slow}) == ["list: 9.00 yardsticks, budget 2.0", "list: 9.00 times its cost at the smallest size, budget 1.3"]
