"""Speedups and results of an entry into those of a record.

An item is the claim with the same evidence, and of several the one with the same value; else the one whose evidence
overlaps with its own, if its value is the same or not given; else it is new. Its properties override, those that it
leaves out stay; ``factor`` and ``factor_high`` follow from the rest where they are not given. A ``text`` inside the
evidence that was found says which claim is meant; another one, and offsets, say where the evidence is.
"""

from __future__ import annotations

from collections.abc import Sequence

from extract.curate.context import Context, Row, Slot, by_hand, place_key, span_of
from extract.record.factor import factor
from extract.record.model import Record
from extract.record.resources import load_schema
from extract.validate.places import Span, count_text
from extract.validate.schema import shown

_PLACE = ("field", "start", "end", "text", "nth", "remove")
_NEEDED = {"speedups": ("value", "form", "quantity"), "results": ("value", "unit", "form")}
_ELSE = {
    "speedups": dict.fromkeys(("value_high", "phase", "method", "baseline", "hardware")) | {"bound": "exact"},
    "results": dict.fromkeys(("value_high", "metric", "dataset", "method", "baseline")),
}


def merge_claims(field: str, record: Record, ctx: Context, *, replace: bool) -> list[Slot] | None:
    """The claims of a list of the record with the entry's items merged in; ``None`` where nothing is said of them."""
    items = ctx.items(field)
    if not items and not replace:
        return None
    current: list[Row] = record[field]
    found = {i: ctx.found(item, [field, i], words=False) for i, item in items}
    slots: dict[int, Slot] = {n: Slot(claim) for n, claim in enumerate(current)}
    for i, item in items:
        if item.get("remove") and found[i]:
            gone = _to_remove(item, found[i], current)
            for n in gone:
                slots.pop(n, None)
            if not gone and not replace:
                ctx.tell([field, i], f"there is no such {field[:-1]} to remove", _known(current, ctx))
    said = {i: item for i, item in items if not item.get("remove") and found[i]}
    spans = {i: _one_span(field, i, item, found[i], current, ctx) for i, item in said.items()}
    placed = {i: span for i, span in spans.items() if span is not None}
    pairs = _pairs(said, placed, {n: slot.value for n, slot in slots.items()})
    added: list[Slot] = []
    for i, span in placed.items():
        base = pairs.get(i)
        if base is None and "value" not in said[i] and (near := _near(span, current)):
            values = " or ".join(shown(claim["value"]) for claim in near)
            ctx.tell([field, i], f"several {field} are found there", f"value: {values}")
            continue
        made = _made(field, None if base is None else current[base], said[i], span, ctx, [field, i])
        if made is not None and base is not None:
            slots[base] = Slot(made, i)
        elif made is not None:
            added.append(Slot(made, i))
    kept = list(slots.values())
    asked, done = sum(not item.get("remove") for _, item in items), sum(slot.item is not None for slot in kept)
    if replace and asked == done + len(added):
        kept = [slot for slot in kept if slot.item is not None]
    if not added and all(slots[n].value == current[n] for n in slots):
        return kept
    added.sort(key=lambda slot: repr(slot.value))
    return sorted(kept + added, key=lambda slot: (*place_key(slot.value), slot.value["value"]))


def _known(claims: Sequence[Row], ctx: Context) -> str:
    known = [ctx.surface(span_of(claim)) or f"{claim['field']} {claim['start']}-{claim['end']}" for claim in claims]
    return ", ".join(map(shown, known[:10])) or "there is none in the paper"


def _overlap(one: Span, two: Span) -> bool:
    return one[0] == two[0] and one[1] < two[2] and two[1] < one[2]


def _within(one: Span, two: Span) -> bool:
    return one[0] == two[0] and two[1] <= one[1] and one[2] <= two[2]


def _near(span: Span, current: Sequence[Row]) -> list[Row]:
    return [claim for claim in current if _overlap(span, span_of(claim))]


def _to_remove(item: Row, spans: list[Span], current: Sequence[Row]) -> list[int]:
    """The claims with this evidence; else the only one whose evidence overlaps with it."""
    alike = [n for n, claim in enumerate(current) if item.get("value", claim["value"]) == claim["value"]]
    same = [n for n in alike if span_of(current[n]) in spans]
    near = [n for n in alike if any(_overlap(span_of(current[n]), span) for span in spans)]
    return same or (near if len(near) == 1 else [])


def _one_span(field: str, i: int, item: Row, spans: list[Span], current: Sequence[Row], ctx: Context) -> Span | None:
    """The evidence of an item: of several places the one where a claim of this value, or any, was found."""
    if len(spans) == 1:
        return spans[0]
    there = [claim for claim in current if span_of(claim) in spans]
    alike = [claim for claim in there if claim["value"] == item.get("value")]
    for claims in (alike, there):
        if len({span_of(claim) for claim in claims}) == 1:
            return span_of(claims[0])
    ctx.tell([field, i, "text"], f"{shown(item['text'])} {count_text(len(spans))}", f"nth: 1 to {len(spans)}")
    return None


def _pairs(said: dict[int, Row], spans: dict[int, Span], current: dict[int, Row]) -> dict[int, int]:
    """Which claim of the record each item is: the pairs that agree in most go first, whatever the order of items."""
    pairs: dict[int, int] = {}

    def pair(fits: list[tuple[int, int]]) -> None:
        def agreement(one: tuple[int, int]) -> tuple[int, int, str]:
            item, claim = said[one[0]], current[one[1]]
            alike = sum(claim.get(key) == value for key, value in item.items() if key not in _PLACE)
            return (-alike, one[1], repr(sorted(item.items(), key=str)))

        for i, n in sorted(fits, key=agreement):
            if i not in pairs and n not in pairs.values():
                pairs[i] = n

    def left() -> tuple[list[int], list[int]]:
        return [i for i in spans if i not in pairs], [n for n in current if n not in pairs.values()]

    items, claims = left()
    same = [(i, n) for i in items for n in claims if span_of(current[n]) == spans[i]]
    pair([(i, n) for i, n in same if said[i].get("value") == current[n]["value"]])
    items, claims = left()
    # one claim and one item are left at a place: the item says what the claim's value is
    for i in items:
        rivals = [j for j in items if spans[j] == spans[i]]
        there = [n for n in claims if span_of(current[n]) == spans[i]]
        if len(there) == 1 and len(rivals) == 1:
            pairs[i] = there[0]
    items, claims = left()
    near = {i: [n for n in claims if _overlap(spans[i], span_of(current[n]))] for i in items}
    pair([(i, n) for i, there in near.items() for n in there if said[i].get("value") == current[n]["value"]])
    pair([(i, there[0]) for i, there in near.items() if len(there) == 1 and "value" not in said[i]])
    return pairs


def _made(field: str, base: Row | None, item: Row, span: Span, ctx: Context, path: list[str | int]) -> Row | None:
    """The claim; ``None``, and what is wrong is told, where the item cannot be followed."""
    own = {key: value for key, value in item.items() if key not in _PLACE}
    if base is None:
        missing = [key for key in _NEEDED[field] if key not in own]
        for key in missing:
            ctx.tell(path, f"property {key!r} is missing: no {field[:-1]} was found there", _meaning(field, key))
        if missing:
            return None
    if base is not None and "text" in item and _within(span, span_of(base)):
        span = span_of(base)  # a piece of the evidence says which claim is meant
    claim = {**_ELSE[field], **(base or {}), **own, **by_hand(span)}
    if field == "speedups":
        for given, value in (("factor", "value"), ("factor_high", "value_high")):
            old = base is not None and (base[value], base["form"]) == (claim[value], claim["form"])
            if given not in own and not old:
                claim[given] = factor(claim[value], claim["form"])
    order = load_schema()["$defs"][field[:-1]]["properties"]
    claim = {key: claim[key] for key in order}
    if base is not None:
        as_found = claim | {key: base[key] for key in ("passes", "score")}
        if as_found == base:  # nothing is new: it stays what the passes found
            return base
    return claim


def _meaning(field: str, key: str) -> str:
    node = load_schema()["$defs"][field[:-1]]["properties"][key]
    return ", ".join(map(shown, node["enum"])) if "enum" in node else str(node["description"])
