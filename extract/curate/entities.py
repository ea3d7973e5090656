"""Entities of an entry into those of a record.

An item is the entity with its ``entity_id``; else the one that has its name, or an alias, after folding; else the one
with the id that a build would make of its name; else it is new. Its properties override, those that it leaves out
stay; the name overrides beside an ``entity_id`` only, without one it says which entity is meant. Which entity an item
is does not depend on the order of items.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from extract.curate.context import Context, Row, Slot, by_hand, place_key, span_of
from extract.record.model import ENTITY_FIELDS, Record
from extract.record.surface import fold, occurrences
from extract.validate.places import FIELDS, Span
from extract.validate.schema import shown

Matches = dict[str, list[int | None]]  # by list: which entity of the record each item is


def match_entities(record: Record, ctx: Context) -> Matches:
    """Which entity of the record each item of the entry is."""
    return {
        field: _match(kind, record[field], [i for _, i in ctx.items(field)]) for field, kind in ENTITY_FIELDS.items()
    }


def _match(kind: str, current: Sequence[Row], items: Sequence[Row]) -> list[int | None]:
    ids = {entity["entity_id"]: n for n, entity in enumerate(current)}
    found = [ids.get(item.get("entity_id", "")) for item in items]
    for i, item in enumerate(items):
        if found[i] is None and "name" in item:
            free = [(n, e) for n, e in enumerate(current) if n not in found]
            found[i] = _named(fold(item["name"]), free)
    for i, item in enumerate(items):
        if found[i] is None and "entity_id" not in item:
            n = ids.get(_made_id(kind, item))
            found[i] = None if n in found else n
    return found


def _named(folded: str, entities: Iterable[tuple[int, Row]]) -> int | None:
    """The entity of this name, or the first one of this alias."""
    by_alias = None
    for n, entity in entities:
        if fold(entity["name"]) == folded:
            return n
        if by_alias is None and folded in map(fold, entity["aliases"]):
            by_alias = n
    return by_alias


def _made_id(kind: str, item: Row) -> str:
    """The id that a build gives to an entity of these names."""
    from extract.assemble.linking import entity_id  # imports spaCy

    return entity_id(kind, [item["name"], *item.get("aliases", ())])


def merge_entities(field: str, record: Record, matches: Matches, ctx: Context, *, replace: bool) -> list[Slot] | None:
    """The entities of a list of the record with the entry's items merged in; ``None`` where nothing is said of them."""
    items, found = ctx.items(field), matches[field]
    if not items and not replace:
        return None
    current = record[field]
    others = _others(record, matches, ctx)
    slots: dict[int, Slot] = {n: Slot(entity) for n, entity in enumerate(current)}
    added, failed = [], False
    for (i, item), n in zip(items, found, strict=True):
        base = None if n is None else current[n]
        if item.get("remove"):
            if n is not None:
                del slots[n]
            elif not replace:
                ctx.tell([field, i], f"there is no such {ENTITY_FIELDS[field]} to remove", _known(current))
            continue
        made = _Maker(ENTITY_FIELDS[field], base, item, ctx, [field, i], others.get((field, n), [])).made()
        if made is None:
            failed = True
        elif n is None:
            added.append(Slot(made, i))
        else:
            slots[n] = Slot(made, i)
    kept = list(slots.values())
    if replace and not failed:
        kept = [slot for slot in kept if slot.item is not None]
    if not added and all(slots[n].value == current[n] for n in slots):
        return kept
    added.sort(key=lambda slot: str(slot.value["entity_id"]))
    return sorted(kept + added, key=lambda slot: min(map(place_key, slot.value["mentions"])))


def _known(entities: Sequence[Row]) -> str:
    return ", ".join(shown(entity["entity_id"]) for entity in entities[:10]) or "there is none in the paper"


def _others(record: Record, matches: Matches, ctx: Context) -> dict[tuple[str, int | None], list[Span]]:
    """For each entity of the record, and for new ones (``None``), the places of all others that stay."""
    spans: list[tuple[str, int, Span]] = []
    for field in ENTITY_FIELDS:
        removed = {n for (_, item), n in zip(ctx.items(field), matches[field], strict=True) if item.get("remove")}
        for n, entity in enumerate(record[field]):
            if n not in removed:
                spans += [(field, n, span_of(mention)) for mention in entity["mentions"]]
    asked = {(field, n) for field in ENTITY_FIELDS for n in matches[field]}
    return {(f, n): [span for g, m, span in spans if (g, m) != (f, n)] for f, n in asked}


class _Maker:
    """Makes one entity of the record from an item, and from the extracted entity that it is, if any."""

    def __init__(
        self, kind: str, base: Row | None, item: Row, ctx: Context, path: list[str | int], others: list[Span]
    ) -> None:
        self.kind, self.base, self.item, self.ctx, self.path, self.others = kind, base, item, ctx, path, others

    def made(self) -> Row | None:
        """The entity; ``None``, and what is wrong is told, where the item cannot be followed."""
        before = len(self.ctx.problems)
        names = self._names()
        spans = self._given_spans() if "mentions" in self.item else self._spans(names)
        if len(self.ctx.problems) > before:
            return None
        surfaces = [s for s in map(self.ctx.surface, spans) if s is not None]
        whole = len(surfaces) == len(spans)
        name = names[0] if names else ""
        is_said = "name" in self.item and (self.base is None or "entity_id" in self.item)
        if not name or (not is_said and whole and fold(name) not in map(fold, surfaces)):
            name = _best(surfaces)
        if not name:
            self.ctx.tell(self.path, "a name is missing: the text is not at hand", "name")
            return None
        only_mentions = "mentions" in self.item and "aliases" not in self.item and whole
        aliases = set(surfaces if only_mentions else names) - {name}
        if whole and self.base is not None:  # an old name that stands inside a new one is no name any more
            said = {*self.item.get("aliases", ()), self.item.get("name")}
            aliases = {alias for alias in aliases if alias in said or fold(alias) in map(fold, surfaces)}
        if whole and not self._all_stand_there(surfaces):
            return None
        base = self.base or {}
        old = {span_of(mention): mention for mention in base.get("mentions", ())}
        made_id = self.item.get("entity_id") or base.get("entity_id")
        return {
            "entity_id": made_id or _made_id(self.kind, {"name": name, "aliases": sorted(aliases)}),
            "name": name,
            "aliases": sorted(aliases),
            "role": self.item.get("role", base.get("role", "other")),
            "mentions": [old.get(span) or by_hand(span) for span in spans],
        }

    def _names(self) -> list[str]:
        """The name and the aliases: those of the item, else those extracted.

        Where there is no ``entity_id``, the name says which entity is meant: it is no correction of the name, but may
        be one more alias. Another name for an ``entity_id`` leaves the old one as an alias.
        """
        given = self.item.get("name")
        if self.base is None:
            names = [given, *self.item.get("aliases", ())]
        else:
            known = [self.base["name"], *self.base["aliases"]]
            name = given if given is not None and "entity_id" in self.item else known[0]
            names = [name, *self.item.get("aliases", known)]
            if given is not None and fold(given) not in map(fold, known):
                names.append(given)
        return list(dict.fromkeys(n for n in names if n is not None))

    def _given_spans(self) -> list[Span]:
        found: set[Span] = set()
        for k, mention in enumerate(self.item["mentions"]):
            found |= set(self.ctx.found(mention, [*self.path, "mentions", k], words=True))
        return sorted(found, key=place_key)

    def _spans(self, names: list[str]) -> list[Span]:
        """The places of an item that gives none: those found that still are of its names, and those of new names."""
        if self.base is None:
            if not names:
                known = "name, and mentions or a name that stands in the text"
                self.ctx.tell(
                    [*self.path, "entity_id"], "the paper has none of this id, and a new one needs more", known
                )
                return []
            spans = self._everywhere(names, [])
            if not spans:
                what = (
                    "does not stand in the text" if self.ctx.at_hand() else "is not in the title; no abstract at hand"
                )
                self.ctx.tell([*self.path, "name"], f"{shown(names[0])} {what}", "a name in the text, or mentions")
            return spans
        old = [span_of(mention) for mention in self.base["mentions"]]
        if set(names) == {self.base["name"], *self.base["aliases"]}:
            return old
        folded = set(map(fold, names))
        kept = [span for span in old if (text := self.ctx.surface(span)) is None or fold(text) in folded]
        standing = {fold(text) for span in kept if (text := self.ctx.surface(span)) is not None}
        new = [name for name in names if fold(name) not in standing]
        longer = self._everywhere(new, kept)
        kept = [span for span in kept if not any(_inside(span, other) for other in longer)]
        return sorted({*kept, *longer}, key=place_key)

    def _everywhere(self, names: list[str], taken: list[Span]) -> list[Span]:
        """All occurrences of names, longest name first, that overlap neither each other nor a taken place.

        A taken place may be inside one: the name was cut short there. As in a build, one inside a longer name of
        something else is none of these, unless it is the only one.
        """
        found = [
            (field, start, end)
            for name in sorted(names, key=lambda n: (-len(n), n))
            for field in FIELDS
            for start, end in occurrences(name, self.ctx.texts[field] or "")
        ]
        free = [span for span in found if not any(_inside(span, other) for other in self.others)] or found
        chosen: list[Span] = []
        for span in free:
            in_the_way = [other for other in taken if not _inside(other, span)]
            if not any(_overlap(span, other) for other in (*in_the_way, *chosen)):
                chosen.append(span)
        return sorted(chosen, key=place_key)

    def _all_stand_there(self, surfaces: list[str]) -> bool:
        """Whether each name that the item gives is the text of a mention."""
        folded = set(map(fold, surfaces))
        given: list[tuple[list[str | int], str]] = [(["name"], self.item["name"])] if "name" in self.item else []
        given += [(["aliases", k], alias) for k, alias in enumerate(self.item.get("aliases", ()))]
        missing = [(path, form) for path, form in given if fold(form) not in folded]
        for path, form in missing:
            allowed = ", ".join(map(shown, sorted(set(surfaces))[:10])) or "a name in the text"
            self.ctx.tell([*self.path, *path], f"{shown(form)} is the text of no mention", allowed)
        return not missing


def _inside(span: Span, other: Span) -> bool:
    return (
        span[0] == other[0] and other[1] <= span[1] and span[2] <= other[2] and other[2] - other[1] > span[2] - span[1]
    )


def _overlap(span: Span, other: Span) -> bool:
    return span[0] == other[0] and span[1] < other[2] and other[1] < span[2]


def _best(surfaces: list[str]) -> str:
    """The form that occurs most often, of equal ones the longest, as a build chooses it."""
    counts = Counter(surfaces)
    return min(counts, key=lambda form: (-counts[form], -len(form), form), default="")
