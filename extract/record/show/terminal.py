"""A record in the terminal, by rich. Nothing of a record reaches the terminal but printable characters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS
from extract.record.show.marks import LABELS, clean, marks, place, places, slots, source, surface, texts

# names have a colour, claims a background, so that a name in a claim is seen as both
STYLES = {
    "METHOD": "bold cyan",
    "TASK": "bold green",
    "DATASET": "bold yellow",
    "METRIC": "bold magenta",
    "SPEEDUP": "on dark_green",
    "RESULT": "on dark_blue",
}
_PROPOSED = "underline"
_PLACES = 4  # places of an entity that are told, where it has more


def console(**options: Any) -> Console:
    """A console that takes texts as they are."""
    return Console(highlight=False, markup=False, emoji=False, **options)


def rendered(record: Mapping[str, Any]) -> RenderableType:
    """A record: title and abstract with their spans, a legend, the entities, and the claims with all their fields."""
    written = texts(record)
    parts: list[RenderableType] = [
        _marked(record, "title", str(written["title"])),
        Text(" · ".join(source(record)), style="dim"),
        Text(),
    ]
    if written["abstract"] is None:
        about = f"{record['abstract_chars']} characters, SHA-256 {record['abstract_sha256']}"
        parts.append(Text(f"The abstract is not here ({about}); --text FILE joins it back.", style="italic"))
    else:
        parts.append(_marked(record, "abstract", written["abstract"]))
    parts += [Text(), _legend(), Text()]
    if any(record[name] for name in ENTITY_FIELDS):
        parts += [_entities(record), Text()]
    for name in CLAIM_FIELDS:
        for n, claim in enumerate(record[name], 1):
            parts += [_claim(record, name, n, claim), Text()]
    if not any(record[name] for name in CLAIM_FIELDS):
        parts += [Text("No claims.", style="dim"), Text()]
    return Group(*parts[:-1])


def _marked(record: Mapping[str, Any], field: str, text: str) -> Text:
    shown = Text(clean(text), style="bold" if field == "title" else "")
    for mark in marks(record, field):
        shown.stylize(STYLES[mark.label], mark.start, mark.end)
        if mark.proposed:
            shown.stylize(_PROPOSED, mark.start, mark.end)
    return shown


def _legend() -> Text:
    parts = [Text(label.lower(), style=style) for label, style in STYLES.items()]
    return Text("  ").join([*parts, Text("proposed here", style=_PROPOSED)])


def _entities(record: Mapping[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("name", "also", "role", "id", "places"):
        table.add_column(column, overflow="fold")
    for name in ENTITY_FIELDS:
        for entity in record[name]:
            spans = entity["mentions"]
            where = places(spans[:_PLACES])
            if len(spans) > _PLACES:
                where += f" and {len(spans) - _PLACES} more"
            table.add_row(
                Text(clean(entity["name"]), style=STYLES[LABELS[name]]),
                Text(clean(", ".join(entity["aliases"]))),
                Text(entity["role"]),
                Text(clean(entity["entity_id"]), style="dim"),
                Text(where, style="dim"),
            )
    return table


def _claim(record: Mapping[str, Any], name: str, n: int, claim: Mapping[str, Any]) -> RenderableType:
    label = LABELS[name]
    head = Text(f"{label.lower()} {n}", style=STYLES[label])
    piece = surface(record, claim)
    if piece is not None:
        head.append_text(Text(f"  {clean(piece)}", style="bold not underline"))
    origin = f"  {place(claim)}, score {claim['score']:.2f}, found by {' and '.join(claim['passes'])}"
    head.append_text(Text(origin, style="dim"))
    fields = Text()
    for slot, value in slots(name, claim):
        fields.append(f"{slot} ", style="dim")
        fields.append(f"{value}   ")
    return Group(head, Padding(fields, (0, 0, 0, 2)))
