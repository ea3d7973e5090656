"""A record as HTML: its text by displaCy (spaCy's own), its claims as tables. Everything is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS
from extract.record.show.marks import LABELS, Mark, clean, marks, place, places, slots, source, surface, texts

COLORS = {
    "METHOD": "#7fd3e6",
    "TASK": "#9bdc9b",
    "DATASET": "#f3d36b",
    "METRIC": "#e2a8e8",
    "SPEEDUP": "#57b97a",
    "RESULT": "#8fa8f0",
}
PROPOSED = " ★"
_GLUE = "\ue000"  # a character for private use, which no cleaned text holds
# displaCy's own, without the blanks around the text
_TEMPLATE = {
    "span": '<span style="font-weight: bold; display: inline-block; position: relative; height: {total_height}px;">'
    "{text}{span_slices}{span_starts}</span>",
    "slice": '<span style="background: {bg}; top: {top_offset}px; height: 4px; left: -1px; '
    'width: calc(100% + 2px); position: absolute;"></span>',
    "start": '<span style="background: {bg}; top: {top_offset}px; height: 4px; left: -1px; '
    'width: calc(100% + 2px); position: absolute;"><span style="background: {bg}; z-index: 10; color: #000; '
    "top: -0.5em; padding: 2px 3px; position: absolute; font-size: 0.6em; font-weight: bold; line-height: 1; "
    'border-radius: 3px; white-space: nowrap">{label}{kb_link}</span></span>',
}


def marked(text: str, found: Iterable[Mark]) -> str:
    """A text with its marks as HTML, by displaCy."""
    from spacy import displacy  # takes a second to import

    text = clean(text)
    inside = [m for m in found if m.end <= len(text)]
    cuts = sorted({0, len(text), *(at for m in inside for at in (m.start, m.end)), *_word_bounds(text)})
    number = {at: n for n, at in enumerate(cuts)}
    pieces = [text[a:b] for a, b in pairwise(cuts)]
    # displaCy puts a blank behind each piece that is not marked: where none is in the text, it is taken out again
    glued = [piece if piece.isspace() else piece + _GLUE for piece in pieces]
    spans = [
        {
            "start_token": number[m.start],
            "end_token": number[m.end],
            "label": m.label + PROPOSED * m.proposed,
        }
        for m in inside
    ]
    colors = COLORS | {label + PROPOSED: color for label, color in COLORS.items()}
    html: str = displacy.render(
        {"text": text, "tokens": glued, "spans": spans},
        style="span",
        manual=True,
        jupyter=False,
        options={"colors": colors, "template": _TEMPLATE},
    )
    return html.replace(_GLUE + " ", "").replace(_GLUE, "")


def _word_bounds(text: str) -> Iterable[int]:
    return (at for at in range(1, len(text)) if text[at].isspace() != text[at - 1].isspace())


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string((Path(__file__).parent / "page.html.jinja").read_text(encoding="utf-8"))


def fragment(record: Mapping[str, Any]) -> str:
    """A record as a piece of HTML, as notebooks show it."""
    return _template().render(records=[_view(record)], page=False)


def page(records: Iterable[Mapping[str, Any]]) -> str:
    """Records as a whole HTML page."""
    return _template().render(records=[_view(record) for record in records], page=True)


def _view(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows of a record."""
    written = texts(record)
    title, abstract = str(written["title"]), written["abstract"]
    return {
        "name": clean(title),
        "star": PROPOSED.strip()
        if any(e["role"] == "proposed" for name in ENTITY_FIELDS for e in record[name])
        else "",
        "title": Markup(marked(title, marks(record, "title"))),
        "source": source(record),
        "abstract": None if abstract is None else Markup(marked(abstract, marks(record, "abstract"))),
        "chars": record["abstract_chars"],
        "sha256": clean(record["abstract_sha256"]),
        "entities": [
            {
                "type": LABELS[name].lower(),
                "color": COLORS[LABELS[name]],
                "name": clean(entity["name"]),
                "also": clean(", ".join(entity["aliases"])),
                "role": entity["role"],
                "id": clean(entity["entity_id"]),
                "places": places(entity["mentions"]),
            }
            for name in ENTITY_FIELDS
            for entity in record[name]
        ],
        "claims": [
            {
                "type": LABELS[name].lower(),
                "color": COLORS[LABELS[name]],
                "text": clean(surface(record, claim) or "–"),
                "slots": slots(name, claim),
                "place": place(claim),
                "score": f"{claim['score']:.2f}",
                "passes": " and ".join(claim["passes"]),
            }
            for name in CLAIM_FIELDS
            for claim in record[name]
        ],
    }
