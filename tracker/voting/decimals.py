"""Decimal numbers as text, exact both ways: weights, counts of weights, the numbers of a result."""

from __future__ import annotations

import re
from fractions import Fraction

LONGEST = 1000
_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)


def parse_decimal(text: str) -> Fraction:
    """Read digits with an optional point and more digits; raises ValueError for signs, exponents, spaces or excessive length."""
    if len(text) > LONGEST or not _DECIMAL.fullmatch(text):
        raise ValueError("must be a decimal number such as 1 or 0.5")
    return Fraction(text)


def number_text(number: int | Fraction) -> str:
    """Write the shortest decimal string of a number; raises ValueError when it has none (one third)."""
    exact = Fraction(number)
    places = _places(exact.denominator)
    digits = str(abs(exact.numerator) * 10**places // exact.denominator).rjust(places + 1, "0")
    sign = "-" if exact < 0 else ""
    return sign + (f"{digits[:-places]}.{digits[-places:]}" if places else digits)


def _places(denominator: int) -> int:
    """Count the decimal places that a fraction in lowest terms needs."""
    twos = _multiplicity(denominator, 2)
    fives = _multiplicity(denominator, 5)
    if denominator != 2**twos * 5**fives:
        raise ValueError("is not a decimal number")
    return max(twos, fives)


def _multiplicity(number: int, prime: int) -> int:
    times = 0
    while number % prime == 0:
        number //= prime
        times += 1
    return times
