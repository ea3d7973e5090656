"""Find quantities: numbers in all spellings, with their units, as ranges and in lists.

Each ``_read_*`` function reads one kind of thing at an item and returns it with the item behind it, or
``None``. Every function looks at a bounded number of items, so that the time is linear in the text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.numbers import (
    Unit,
    in_name,
    number,
    read_number,
    read_unit,
    read_word_number,
    scaled,
    suffixed,
)
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.vocabulary import (
    FOLD_WORDS,
    FRACTIONS,
    LIST_GLUE,
    MULTIPLES,
    RANGE_OPENERS,
)

_BOUND_WORDS = {
    *("up", "to", "about", "around", "nearly", "almost", "approximately", "~", "over", "roughly"),
    *("at", "least", "most", "more", "than"),
}
_DOUBLED = {"the", "its", "our", "that", "as", "this", "their", "of", "in", "both"}
_NOT_HALF = {"first", "second", "latter", "other", "top", "bottom", "upper", "lower", "last", "-"}
_CONNECTORS = {"-", "--", "~", "to", "→", "---"}
_LIST_REACH = 7  # items between two members of a list at most


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
        and not (i and norm[i - 1] in _NOT_HALF)
    ):
        return Quantity(2, None, "ratio", "half", i, i + 1, "half")
    read = read_word_number(r, i, end)
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
    if j + 1 < end and norm[j] in ("to", "-", "or") and (second := read_word_number(r, j + 1, end)):
        high, behind = second
    unit = read_unit(r, behind, end)
    if unit is None and word not in ("a", "an") and _behind_factor(r, max(0, i - 8), i):
        return Quantity(value, high, "ratio", "x", i, behind, "word-factor-of")
    if unit is None and high is not None:
        high, behind = None, j
        unit = read_unit(r, behind, end)
    if unit is None or (unit[0] not in ("ratio",) and unit[3] not in ("percent", "percent-points", "points")):
        return None
    if word in ("a", "an") and unit[3] != "orders-of-magnitude":
        return None
    kind, text, stop, rule = unit
    if rule == "orders-of-magnitude" and word in ("a", "an") and norm[behind] == "orders":
        return None
    top = None if high is None else scaled(high, rule)
    return Quantity(scaled(value, rule), top, kind, text, i, stop, f"word-{rule}")


def _read_digits(r: Reading, i: int, begin: int, end: int) -> Quantity | None:
    """A quantity in digits at item ``i``, as a range where it is one."""
    norm = r.norm
    start = i
    lead = norm[i] == "×"
    if lead:
        if i + 1 >= end or (i > begin and number(r.text[i - 1]) is not None):
            return None
        i += 1
    read = read_number(r, i, end)
    if read is None:
        value = suffixed(r.text[i])
        unit = read_unit(r, i + 1, end)
        if value is None or unit is None or unit[0] != "unit":
            return None
        return Quantity(value, None, unit[0], unit[1], i, unit[2], f"thousands-{unit[3]}")
    if not lead and in_name(r, i, end):
        return None
    if not lead and i - 1 > begin and norm[i - 1] == "×" and read_unit(r, i - 1, end) is None:
        return None  # the second of 224×224
    value, j = read
    sign = ""
    if i > begin and norm[i - 1] in ("+", "-") and not (i - 1 > begin and number(r.text[i - 2]) is not None):
        sign, start = norm[i - 1], i - 1
    unit = read_unit(r, j, end)
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
        low, high = scaled(value, rule), scaled(high, rule)
        if how == "before-after":
            return Quantity(high, None, kind, text, start, stop, f"{rule}-after", sign, before=low)
        if low <= high or how == "range":
            low, high = min(low, high), max(low, high)
            return Quantity(low, high if high > low else None, kind, text, start, stop, f"{rule}-range", sign)
    if unit is None:
        return Quantity(value, None, "plain", "", start, j, "number", sign)
    kind, text, stop, rule = unit
    return Quantity(scaled(value, rule), None, kind, text, start, stop, rule, sign)


def _read_second(
    r: Reading, j: int, begin: int, start: int, end: int, unit: Unit | None
) -> tuple[float, Unit | None, int, str] | None:
    """The second number of a range or of a before and an after: value, unit, item behind it, which of the two."""
    norm = r.norm
    lost = unit is not None and j < end and number(r.text[j]) is not None and unit[0] in ("percent", "ratio")
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
    read = read_number(r, k, end)
    if read is None or (not lost and norm[k - 1] != "-" and in_name(r, k, end) and read_unit(r, read[1], end) is None):
        return None
    second = read_unit(r, read[1], end)
    if second is None and norm[k - 1] == "×" and unit is not None:
        second = (unit[0], unit[1], read[1], unit[3])
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
        return read[0], second, second[2], "lost-tilde"
    if unit is not None and second is None and norm[j] == "to" and unit[0] != "unit":
        second = None if unit[0] in ("percent", "ratio") else unit
        if second is None:
            return None
    stop = second[2] if second else read[1]
    opener = _from_word(r, begin, start)
    if norm[j] in ("to", "→") and (norm[j] == "→" or (opener and opener not in RANGE_OPENERS)):
        return read[0], second or unit, stop, "before-after"
    if unit is None and second is None and norm[j] == "to" and opener is None:
        return None
    return read[0], second or unit, stop, "range"


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
    if i > begin and r.norm[i] == "of" and "from" in r.norm[max(begin, i - 4) : i]:
        return "of-from"
    if i >= begin and r.norm[i] == "from":
        return r.norm[i - 1] if i > begin else "("
    return None


def _scan(r: Reading, begin: int, end: int) -> Iterator[Quantity]:
    behind = begin
    for i in r.openings[bisect_left(r.openings, begin) : bisect_left(r.openings, end)]:
        if i < behind:
            continue
        text = r.text[i]
        found: Quantity | None = None
        first = text[0]
        if first.isdigit() or first == "." or r.norm[i] == "×":
            found = _read_digits(r, i, begin, end)
        elif first.isalpha() and len(text) < 14:
            found = _read_words(r, i, end)
        if found is not None:
            yield found
            behind = found.end


def _joined(r: Reading, left: Quantity, right: Quantity) -> bool:
    """Whether two neighbours are members of one list."""
    gap = range(left.end, right.start)
    if len(gap) > _LIST_REACH or len(gap) == 0:
        return False
    if any(r.norm[i] not in LIST_GLUE for i in gap):
        return False
    if left.kind == "plain" and left.start and any(ch.isupper() for ch in r.text[left.start - 1]):
        return False  # "on Corpus 2.0 and 8.4% on ..."
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
