"""Find quantities: numbers in all spellings, with their units, as ranges and in lists.

Each ``_read_*`` function reads one kind of thing at an item and returns it with the item behind it, or
``None``. Every function looks at a bounded number of items, so that the time is linear in the text.
"""

from __future__ import annotations

from collections.abc import Iterator

from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.vocabulary import (
    COMPOUND_TAILS,
    FOLD_WORDS,
    FRACTIONS,
    LIST_GLUE,
    MULTIPLES,
    NUMBER_WORDS,
    RANGE_OPENERS,
    UNITS,
    match,
)

_MAX_VALUE = 1e15
_BOUND_WORDS = {
    *("up", "to", "about", "around", "nearly", "almost", "approximately", "~", "over", "roughly"),
    *("at", "least", "most", "more", "than"),
}
_DOUBLED = {"the", "its", "our", "that", "as", "this", "their", "of", "in", "both"}
NOT_HALF = {"first", "second", "latter", "other", "top", "bottom", "upper", "lower", "last", "-"}
_CONNECTORS = {"-", "--", "~", "to", "→", "---"}
_POINT_WORDS = {"points", "point", "pp", "pts", "p.p."}
_LIST_REACH = 7  # items between two members of a list at most
_Unit = tuple[str, str, int, str]  # kind, unit as written, item behind it, rule


def _number(text: str) -> float | None:
    """The value of a number token; ``None`` for what is no number or not a sensible one."""
    if not text or not (text[0].isdigit() or (text[0] == "." and len(text) > 1)) or len(text) > 20:
        return None
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return value if value < _MAX_VALUE else None


def _suffixed(text: str) -> float | None:
    """``165K`` as a number."""
    if len(text) > 1 and text[-1] in "kK" and (value := _number(text[:-1])) is not None:
        return value * 1000
    return None


def _read_number(r: Reading, i: int, end: int) -> tuple[float, int] | None:
    """A number in digits, with what belongs to it: a tolerance, a power of ten."""
    value = _number(r.text[i])
    if value is None:
        return None
    j = i + 1
    norm = r.norm
    if j + 2 < end and norm[j] == "×" and norm[j + 1] == "10" and norm[j + 2] in ("^", "ˆ"):
        power = _number(norm[j + 3]) if j + 3 < end else None
        if power is not None and power <= 12:
            return value * 10**power, j + 4
    if j + 1 < end and norm[j] == "×" and norm[j + 1].startswith(("10ˆ", "10^")):
        power = _number(norm[j + 1][3:])
        if power is not None and power <= 12:
            return value * 10**power, j + 2
    for signs in (("±",), ("+", "-"), ("+", "/", "-")):
        n = len(signs)
        if tuple(norm[j : j + n]) == signs and j + n < end and _number(norm[j + n]) is not None:
            return value, j + n + 1
    return value, j


def _read_unit(r: Reading, i: int, end: int) -> _Unit | None:
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
        if j + 1 < end and word == "×" and _number(r.text[j + 1]) is not None:
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


def _in_name(r: Reading, i: int, end: int) -> bool:
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
        if after[:1].isalpha() and after not in COMPOUND_TAILS and _read_unit(r, j, end) is None:
            return True
    return False


def _read_word_number(r: Reading, i: int, end: int) -> tuple[float, int] | None:
    value = NUMBER_WORDS.get(r.norm[i])
    if value is None:
        return None
    j = i + 1
    if value < 100 and j < end and r.norm[j] in ("hundred", "thousand"):
        value *= NUMBER_WORDS[r.norm[j]]
        j += 1
    return value, j


def _scaled(value: float, rule: str) -> float:
    """The number that is said: two orders of magnitude are 100."""
    return 10 ** min(value, 15) if rule == "orders-of-magnitude" else value


def _read_words(r: Reading, i: int, end: int) -> Quantity | None:
    """Quantities without digits: ``twice``, ``threefold``, ``half``, ``two orders of magnitude``."""
    norm = r.norm
    word = norm[i]
    if word in MULTIPLES:
        if i + 1 < end and norm[i + 1] == "-" and r.glued[i]:
            return None  # double-blind
        if word in ("double", "triple", "treble", "quadruple") and (i + 1 >= end or norm[i + 1] not in _DOUBLED):
            return None  # double attention
        return Quantity(MULTIPLES[word], None, "ratio", word, i, i + 1, "multiple-word")
    if word in FOLD_WORDS:
        return Quantity(FOLD_WORDS[word], None, "ratio", "fold", i, i + 1, "fold-word")
    if (
        word == "half"
        and not (i + 1 < end and norm[i + 1] in ("-", "precision"))
        and not (i and norm[i - 1] in NOT_HALF)
    ):
        return Quantity(2, None, "ratio", "half", i, i + 1, "half")
    read = _read_word_number(r, i, end)
    if read is None:
        return None
    value, j = read
    k = j + 1 if j + 1 < end and norm[j] == "-" else j
    if k < end and norm[k] in FRACTIONS and word not in ("a", "an") and not (norm[k] == "half" and value != 1):
        share = value * FRACTIONS[norm[k]]
        if norm[k] == "half":
            return Quantity(2, None, "ratio", "half", i, k + 1, "half")
        return Quantity(round(100 * share, 1), None, "percent", "fraction", i, k + 1, "fraction")
    high, behind = None, j
    if j + 1 < end and norm[j] in ("to", "-", "or") and (second := _read_word_number(r, j + 1, end)):
        high, behind = second
    unit = _read_unit(r, behind, end)
    if unit is None and word not in ("a", "an") and _behind_factor(r, max(0, i - 8), i):
        return Quantity(value, high, "ratio", "x", i, behind, "word-factor-of")
    if unit is None and high is not None:
        high, behind = None, j
        unit = _read_unit(r, behind, end)
    if unit is None or (unit[0] not in ("ratio",) and unit[3] not in ("percent", "percent-points", "points")):
        return None
    if word in ("a", "an") and unit[3] != "orders-of-magnitude":
        return None
    kind, text, stop, rule = unit
    if rule == "orders-of-magnitude" and word in ("a", "an") and norm[behind] == "orders":
        return None
    top = None if high is None else _scaled(high, rule)
    return Quantity(_scaled(value, rule), top, kind, text, i, stop, f"word-{rule}")


def _read_digits(r: Reading, i: int, begin: int, end: int) -> Quantity | None:
    """A quantity in digits at item ``i``, as a range where it is one."""
    norm = r.norm
    start = i
    lead = norm[i] == "×"
    if lead:
        if i + 1 >= end or (i > begin and _number(r.text[i - 1]) is not None):
            return None
        i += 1
    read = _read_number(r, i, end)
    if read is None:
        value = _suffixed(r.text[i])
        unit = _read_unit(r, i + 1, end)
        if value is None or unit is None or unit[0] != "unit":
            return None
        return Quantity(value, None, unit[0], unit[1], i, unit[2], f"thousands-{unit[3]}")
    if not lead and _in_name(r, i, end):
        return None
    if not lead and i - 1 > begin and norm[i - 1] == "×" and _read_unit(r, i - 1, end) is None:
        return None  # the second of 224×224
    value, j = read
    sign = ""
    if i > begin and norm[i - 1] in ("+", "-") and not (i - 1 > begin and _number(r.text[i - 2]) is not None):
        sign, start = norm[i - 1], i - 1
    unit = _read_unit(r, j, end)
    if unit is None and lead:
        unit = ("ratio", r.text[start], j, "lead-times")
    if unit is None and _behind_factor(r, begin, start):
        unit = ("ratio", "x", j, "factor-of")
    if unit is None and j < end and norm[j] == "×":
        return None  # 224×224
    second = _read_second(r, unit[2] if unit else j, begin, start, end, unit)
    if second is not None:
        high, unit2, stop, how = second
        kind, text, _, rule = unit2 if unit2 else ("plain", "", stop, "number")
        low, high = _scaled(value, rule), _scaled(high, rule)
        if how == "before-after":
            return Quantity(high, None, kind, text, start, stop, f"{rule}-after", sign, before=low)
        if low <= high or how == "range":
            low, high = min(low, high), max(low, high)
            return Quantity(low, high if high > low else None, kind, text, start, stop, f"{rule}-range", sign)
    if unit is None:
        return Quantity(value, None, "plain", "", start, j, "number", sign)
    kind, text, stop, rule = unit
    return Quantity(_scaled(value, rule), None, kind, text, start, stop, rule, sign)


def _read_second(
    r: Reading, j: int, begin: int, start: int, end: int, unit: _Unit | None
) -> tuple[float, _Unit | None, int, str] | None:
    """The second number of a range or of a before and an after: value, unit, item behind it, which of the two."""
    norm = r.norm
    lost = unit is not None and j < end and _number(r.text[j]) is not None and unit[0] in ("percent", "ratio")
    k = j
    if not lost:
        between = norm[max(begin, start - 3) : start]
        if k < end and (norm[k] in _CONNECTORS or (norm[k] == "and" and "between" in between)):
            k += 1
        else:
            return None
        while (
            k < end and k < j + 4 and norm[k] in ("+", "~", "-", "up", "to", "within", "about", "over", "nearly", "×")
        ):
            k += 1
    if k >= end:
        return None
    number = _read_number(r, k, end)
    if number is None or (
        not lost and norm[k - 1] != "-" and _in_name(r, k, end) and _read_unit(r, number[1], end) is None
    ):
        return None
    second = _read_unit(r, number[1], end)
    if second is None and norm[k - 1] == "×" and unit is not None:
        second = (unit[0], unit[1], number[1], unit[3])
    if unit is not None and second is not None and unit[0] != second[0]:
        return None
    if lost:
        # "26% 41%" lost its tilde, unless it is a list that lost its commas
        if (
            second is None
            or second[0] != (unit[0] if unit else "")
            or (second[2] < end and norm[second[2]] in (",", "and"))
        ):
            return None
        if start > begin and norm[start - 1] in (",", "and", "×", "%"):
            return None
        return number[0], second, second[2], "lost-tilde"
    if unit is not None and second is None and norm[j] == "to" and unit[0] != "unit":
        second = None if unit[0] in ("percent", "ratio") else unit
        if second is None:
            return None
    stop = second[2] if second else number[1]
    opener = _from_word(r, begin, start)
    if norm[j] in ("to", "→") and (norm[j] == "→" or (opener and opener not in RANGE_OPENERS)):
        return number[0], second or unit, stop, "before-after"
    if unit is None and second is None and norm[j] == "to" and opener is None:
        return None
    return number[0], second or unit, stop, "range"


def _behind_factor(r: Reading, begin: int, i: int) -> bool:
    """Whether "a factor of" stands before item ``i``, bound words passed over."""
    low = max(begin, i - 5)
    while i > low and r.norm[i - 1] not in ("of", "factor", "factors"):
        if r.norm[i - 1] not in _BOUND_WORDS:
            return False
        i -= 1
    if i > low and r.norm[i - 1] == "of":
        i -= 1
    return i > low and r.norm[i - 1] in ("factor", "factors")


def _from_word(r: Reading, begin: int, start: int) -> str | None:
    """The word before "from" where the quantity stands behind "from"."""
    i = start - 1
    while (
        i > begin
        and start - i < 4
        and r.norm[i] in ("~", "about", "around", "approximately", "(", "×", "+", "-", "roughly", "only")
    ):
        i -= 1
    if i >= begin and r.norm[i] == "from":
        return r.norm[i - 1] if i > begin else "("
    return None


def _scan(r: Reading, begin: int, end: int) -> Iterator[Quantity]:
    i = begin
    while i < end:
        text = r.text[i]
        found: Quantity | None = None
        first = text[0]
        if first.isdigit() or first == "." or r.norm[i] == "×":
            found = _read_digits(r, i, begin, end)
        elif first.isalpha() and len(text) < 14:
            found = _read_words(r, i, end)
        if found is not None:
            yield found
            i = max(found.end, i + 1)
        else:
            i += 1


def _joined(r: Reading, left: Quantity, right: Quantity) -> bool:
    """Whether two neighbours are members of one list."""
    gap = range(left.end, right.start)
    if len(gap) > _LIST_REACH or len(gap) == 0:
        return False
    if any(r.norm[i] not in LIST_GLUE for i in gap):
        return False
    if left.kind == right.kind and (left.unit == right.unit or left.kind != "unit"):
        return True
    return left.kind == "plain" and right.kind in ("percent", "ratio", "points", "unit")


def quantities(r: Reading, begin: int, end: int) -> list[Quantity]:
    """The quantities of a sentence (items ``begin`` to ``end``), lists joined and their units shared."""
    found = list(_scan(r, begin, end))
    n = len(found)
    i = 0
    while i < n:
        j = i
        while j + 1 < n and _joined(r, found[j], found[j + 1]):
            j += 1
        members = found[i : j + 1]
        for place, member in enumerate(members):
            member.first, member.last = members[0].start, members[-1].end
            member.place, member.size = place, len(members)
        for left, right in zip(reversed(members[:-1]), reversed(members[1:]), strict=True):
            if left.kind == "plain" and right.kind != "plain":
                left.kind, left.unit, left.rule = right.kind, right.unit, f"{right.rule}-shared"
        i = j + 1
    return found
