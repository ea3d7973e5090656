"""The claim as "how many times better"."""

from __future__ import annotations

import math


def factor(value: float | None, form: str) -> float | None:
    """How many times better a claim says it is, rounded to six decimals.

    ratio: v; percent_increase: 1 + v/100; percent_decrease: 1 / (1 - v/100); percent_of: 100 / v.

    Returns:
        The factor, or ``None`` where it is undefined: no value, a decrease of 100 % or more, 0 % of something.

    Raises:
        ValueError: ``form`` is not one of the four.
    """
    if value is None:
        return None
    if form == "ratio":
        times = value
    elif form == "percent_increase":
        times = 1 + value / 100
    elif form == "percent_decrease":
        if value >= 100:
            return None
        times = 100 / (100 - value)
    elif form == "percent_of":
        if value <= 0:
            return None
        times = 100 / value
    else:
        raise ValueError(f"form {form!r} is not one of ratio, percent_increase, percent_decrease, percent_of")
    rounded = round(times, 6)
    return rounded if 0 < rounded < math.inf else None
