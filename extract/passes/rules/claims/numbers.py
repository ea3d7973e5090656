"""Numbers and their units at an item: digits, words, tolerances, powers of ten; ``%``, ``×``, points, ``fps``.

Every function looks at a bounded number of items.
"""

from __future__ import annotations

from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.vocabulary import COMPOUND_TAILS, NUMBER_WORDS, UNITS, match

_MAX_VALUE = 1e15
_POINT_WORDS = {"points", "point", "pp", "pts", "p.p."}
Unit = tuple[str, str, int, str]
"""Kind, unit as written, item behind it, rule."""


def number(text: str) -> float | None:
    """The value of a number token; ``None`` for what is no number or not a sensible one."""
    if not text or not (text[0].isdigit() or (text[0] == "." and len(text) > 1)) or len(text) > 20:
        return None
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return value if value < _MAX_VALUE else None


def suffixed(text: str) -> float | None:
    """``165K`` as a number."""
    if len(text) > 1 and text[-1] in "kK" and (value := number(text[:-1])) is not None:
        return value * 1000
    return None


def read_number(r: Reading, i: int, end: int) -> tuple[float, int] | None:
    """A number in digits, with what belongs to it: a tolerance, a power of ten."""
    value = number(r.text[i])
    if value is None:
        return None
    j = i + 1
    norm = r.norm
    if j + 2 < end and norm[j] == "×" and norm[j + 1] == "10" and norm[j + 2] in ("^", "ˆ"):
        power = number(norm[j + 3]) if j + 3 < end else None
        if power is not None and power <= 12:
            return value * 10**power, j + 4
    if j + 1 < end and norm[j] == "×" and norm[j + 1].startswith(("10ˆ", "10^")):
        power = number(norm[j + 1][3:])
        if power is not None and power <= 12:
            return value * 10**power, j + 2
    for signs in (("±",), ("+", "-"), ("+", "/", "-")):
        n = len(signs)
        if tuple(norm[j : j + n]) == signs and j + n < end and number(norm[j + n]) is not None:
            return value, j + n + 1
    return value, j


def read_unit(r: Reading, i: int, end: int) -> Unit | None:
    """What a number counts, right behind it."""
    if i >= end:
        return None
    norm = r.norm
    j = i
    if norm[j] == "+" and j + 1 < end and norm[j + 1] in ("%", "×", "percent"):
        j += 1
    if norm[j] == "-" and j + 1 < end and norm[j + 1] in COMPOUND_TAILS:
        j += 1
    word = norm[j]
    if word in ("%", "percent", "percentage", "percents") or (word == "per" and norm[j + 1 : j + 2] == ["cent"]):
        k = j + (2 if word == "per" else 1)
        if k < end and norm[k] in _POINT_WORDS:
            return "points", "points", k + 1, "percent-points"
        if k + 1 < end and norm[k] == "-" and norm[k + 1] in _POINT_WORDS:
            return "points", "points", k + 2, "percent-points"
        if word == "percentage":
            return None
        return "percent", "%", k, "percent"
    if word in _POINT_WORDS:
        return "points", r.text[j] if word in ("pp", "p.p.") else "points", j + 1, "points"
    if word in ("×", "times", "x", "-times", "xspeedups", "xspeedup", "xfaster", "_"):
        if word == "_" and not (r.glued[j - 1] and norm[j + 1 : j + 2] and norm[j + 1] in ("faster", "speedup")):
            return None
        if j + 1 < end and word == "×" and number(r.text[j + 1]) is not None:
            follow = _after_number(r, j + 1, end)
            if follow not in ("×", "times", "fold", "%") and (r.glued[j] or r.text[j] not in ("times", "X")):
                return None  # 224×224
        k = j + 1
        while k < end and norm[k] in ("×", "times") and k < j + 3:
            k += 1
        return "ratio", r.text[j], k, "times"
    if word == "fold" or word == "folds":
        return "ratio", r.text[j], j + 1, "fold"
    if word in ("order", "orders") and j + 2 < end:
        words = [w for w in norm[j : min(end, j + 5)] if w != "-"][:3]
        if words[1:2] == ["of"] and words[2:3] in (["magnitude"], ["magnitudes"]):
            k = j + 1
            while norm[k] not in ("magnitude", "magnitudes"):
                k += 1
            return "ratio", "orders of magnitude", k + 1, "orders-of-magnitude"
    found = match(UNITS, norm, r.stem, j, end)
    if found is not None and j == i:
        return "unit", r.piece(j, found[1]), found[1], f"unit-{found[0]}"
    return None


def _after_number(r: Reading, i: int, end: int) -> str:
    j = i + 1
    if j < end and r.norm[j] == "-":
        j += 1
    return r.norm[j] if j < end else ""


def in_name(r: Reading, i: int, end: int) -> bool:
    """Whether the digits at ``i`` are part of a name or a compound: ``GPT-4``, ``top-1``, ``15-layer``, ``@10``."""
    norm = r.norm
    if i > 0 and r.glued[i - 1]:
        before = norm[i - 1]
        if before in ("@", "_", "^", "ˆ", "#", "=") and before != "=":
            return True
        if before in ("-", "/", ".", ":") and i > 1 and r.glued[i - 2] and norm[i - 2][-1:].isalpha():
            tail = norm[i - 2]
            # "by 10-20%" and "2x-5x" are ranges, not names
            return tail not in ("×", "x", "times", "fold", "%") and before != ":"
        if before[-1:].isalpha() and before not in ("×", "k") and not before.startswith("\\"):
            return True
    j = i + 1
    if j < end and r.glued[i]:
        after = norm[j]
        if after == "-" and r.glued[j] and j + 1 < end and norm[j + 1][:1].isalpha():
            return norm[j + 1] not in COMPOUND_TAILS and norm[j + 1] not in ("to", "and")
        if after in ("_", "^", "ˆ") and not (after == "_" and norm[j + 1 : j + 2] == ["faster"]):
            return True
        if after[:1].isalpha() and after not in COMPOUND_TAILS and read_unit(r, j, end) is None:
            return True
    return False


def read_word_number(r: Reading, i: int, end: int) -> tuple[float, int] | None:
    """A number in words: "seven", "two hundred"."""
    value = NUMBER_WORDS.get(r.norm[i])
    if value is None:
        return None
    j = i + 1
    if value < 100 and j < end and r.norm[j] in ("hundred", "thousand"):
        value *= NUMBER_WORDS[r.norm[j]]
        j += 1
    return value, j


def scaled(value: float, rule: str) -> float:
    """The number that is said: two orders of magnitude are 100."""
    return 10 ** min(value, 15) if rule == "orders-of-magnitude" else value
