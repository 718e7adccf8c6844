"""The table of the benchmark, and what of it is over budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.bench.measure import Timing

BUDGETS = {
    "list": 2.0,
    "one item": 2.0,
    "save form": 2.0,
    "vote": 1.5,
    "dashboard and grid": 2.0,
    "past year's grid": 2.0,
    "projects": 2.0,
    "search": 2.5,
    "export": 1.5,
}
"""How many yardsticks each request may take; the export is that of what is voted on this year, 18 rows at every size."""

FLAT = 1.3
"""How many times its cost at the smallest size a request may cost at the largest."""

Sizes = Mapping[int, Sequence[Timing]]


def lines(sizes: Sizes) -> list[str]:
    """Return the table: per size the milliseconds of median and p95 and the ratio, then the budget and how flat it is."""
    head = f"{'':20}" + "".join(f"{count:>10,} ms   p95     ×" for count in sizes) + "  budget    flat"
    return [head, *(_line(name, sizes) for name in BUDGETS)]


def _line(name: str, sizes: Sizes) -> str:
    found = [_timing(name, timings) for timings in sizes.values()]
    cells = "".join(f"{each.middle * 1000:13.1f}{each.slow * 1000:6.1f}{each.ratio:6.2f}" for each in found)
    return f"{name:20}{cells}{BUDGETS[name]:8.1f}{_flatness(name, sizes):8.2f}"


def over(sizes: Sizes) -> list[str]:
    """Return what is over budget at the largest size, or not flat."""
    largest = list(sizes.values())[-1]
    dear = [f"{each.name}: {each.ratio:.2f} yardsticks, budget {BUDGETS[each.name]}" for each in largest if each.ratio > BUDGETS[each.name]]
    steep = [f"{name}: {_flatness(name, sizes):.2f} times its cost at the smallest size, budget {FLAT}" for name in BUDGETS if _flatness(name, sizes) > FLAT]
    return dear + steep


def _flatness(name: str, sizes: Sizes) -> float:
    """Compare ratios, not milliseconds: the yardstick takes the noise of the machine out."""
    ratios = [_timing(name, timings).ratio for timings in sizes.values()]
    return ratios[-1] / ratios[0]


def _timing(name: str, timings: Sequence[Timing]) -> Timing:
    return next(each for each in timings if each.name == name)
