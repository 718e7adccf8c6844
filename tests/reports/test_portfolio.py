"""Counts over many projects, comparisons over many quarters."""

from hypothesis import given
from hypothesis import strategies as st

from tracker.projects.quarters import Quarter
from tracker.reports.lights import Light
from tracker.reports.portfolio import Arrow, Cell, Trend, consecutive_missing, counts, trend
from tracker.reports.timeliness import Timeliness

Q1, Q2, Q3, Q4 = (Quarter(2021, number) for number in range(1, 5))
MISSING, WAIVED, OPEN, LATE = Timeliness.MISSING, Timeliness.WAIVED, Timeliness.OPEN, Timeliness.LATE_AFTER_MISSING
cells = st.lists(st.builds(Cell, st.sampled_from(Timeliness), st.sampled_from(Light)))


def test_counts() -> None:
    found = counts([Cell(Timeliness.ON_TIME, Light.GREEN), Cell(LATE, Light.RED), Cell(MISSING), Cell(OPEN), Cell(WAIVED), Cell(Timeliness.NOT_REQUIRED)])

    assert (found.obliged, found.reported, found.missing, found.pending, found.waived, found.not_required) == (4, 2, 1, 1, 1, 1)
    assert (found.rate, found.lights) == ((2, 4), {Light.GREEN: 1, Light.YELLOW: 0, Light.RED: 1, Light.GREY: 2})


@given(cells)
def test_counts_add_up(found: list[Cell]) -> None:
    total = counts(found)
    assert total.reported + total.missing + total.pending == total.obliged == total.rate[1] == sum(total.lights.values())
    assert total.obliged + total.waived + total.not_required == len(found)


def test_trend_compares_with_the_last_quarter_that_had_a_colour() -> None:
    lights = {Q4: Light.GREEN, Q1: Light.GREEN, Q2: Light.RED, Q3: Light.GREY}
    assert [trend(lights, quarter) for quarter in (Q1, Q2, Q3, Q4)] == [
        Trend(Arrow.NONE, None),
        Trend(Arrow.WORSE, Q1),
        Trend(Arrow.NONE, None),
        Trend(Arrow.BETTER, Q2),
    ]


def test_trend_of_the_same_colour() -> None:
    assert trend({Q1: Light.YELLOW, Q2: Light.YELLOW}, Q2) == (Arrow.SAME, Q1)
    assert trend({Q1: Light.YELLOW}, Q2) == (Arrow.NONE, None)


def test_what_is_waived_or_still_open_neither_counts_nor_ends_a_run() -> None:
    assert consecutive_missing([MISSING, LATE, MISSING, WAIVED, MISSING, Timeliness.NOT_REQUIRED, OPEN]) == 2
    assert consecutive_missing([MISSING, MISSING, Timeliness.ON_TIME]) == consecutive_missing([]) == 0
