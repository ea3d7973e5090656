"""Types, formats and patterns: stricter than JSON Schema, and one answer for both validators.

An integer is an ``int`` (3.0 is none), a number is finite, a string holds no lone surrogate: Arrow, and a slice of a
Python string, ask for no less. The ``$`` that ends a pattern is the very end, as in ECMA 262.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

FORMATS = Draft202012Validator.FORMAT_CHECKER


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond what a float holds
        return False


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and _is_number(value)


def _is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return value.isascii() or bool(value.encode("utf-8"))
    except UnicodeEncodeError:  # a lone surrogate
        return False


# type of JSON Schema -> whether a value is of it
TYPES: dict[str, Callable[[Any], bool]] = {
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": _is_integer,
    "null": lambda value: value is None,
    "number": _is_number,
    "object": lambda value: isinstance(value, dict),
    "string": _is_text,
}


@cache
def whole(pattern: str) -> re.Pattern[str]:
    """A pattern whose closing ``$`` is the end; Python's also allows a line break behind it.

    Raises:
        re.error: it is no regular expression.
    """
    return re.compile(pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern)
