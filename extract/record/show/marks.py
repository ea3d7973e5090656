"""What of a record is marked where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from extract.record.model import CLAIM_FIELDS, ENTITY_FIELDS
from extract.record.resources import load_schema

# field of a record -> what its spans are called
LABELS = {field: kind.upper() for field, kind in ENTITY_FIELDS.items()} | {"speedups": "SPEEDUP", "results": "RESULT"}

_ORIGIN = {"field", "start", "end", "passes", "score"}


@cache
def slot_names(name: str) -> tuple[str, ...]:
    """The fields of a claim that say something; those of its place and origin are told apart."""
    properties = load_schema()["$defs"][name.removesuffix("s")]["properties"]
    return tuple(slot for slot in properties if slot not in _ORIGIN)


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a record's title or abstract: code points, half open."""

    start: int
    end: int
    label: str
    proposed: bool = False


def clean(text: object) -> str:
    """A text whose control characters, bidirectional overrides and the like are ``�``; as long as before."""
    return "".join(c if c.isprintable() else " " if c in "\n\t" else "�" for c in str(text))


def texts(record: Mapping[str, Any]) -> dict[str, str | None]:
    """Title and abstract; the abstract is ``None`` where it is neither in the record nor beside it."""
    abstract = record["abstract"]
    return {
        "title": record["title"],
        "abstract": getattr(record, "abstract_text", None) if abstract is None else abstract,
    }


def marks(record: Mapping[str, Any], field: str) -> list[Mark]:
    """The marks of the title or the abstract in the order of the text, the longer first."""
    found = set()
    for name, entity, span in _spans(record):
        if span["field"] == field and span["start"] < span["end"]:
            proposed = entity is not None and entity["role"] == "proposed"
            found.add(Mark(span["start"], span["end"], LABELS[name], proposed))
    return sorted(found, key=lambda m: (m.start, -m.end, m.label))


def _spans(record: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any] | None, Mapping[str, Any]]]:
    for name in ENTITY_FIELDS:
        for entity in record[name]:
            for mention in entity["mentions"]:
                yield name, entity, mention
    for name in CLAIM_FIELDS:
        for claim in record[name]:
            yield name, None, claim


def surface(record: Mapping[str, Any], span: Mapping[str, Any]) -> str | None:
    """The text of a span, or ``None`` where it is not at hand."""
    text = texts(record)[span["field"]]
    return None if text is None else text[span["start"] : span["end"]]


def place(span: Mapping[str, Any]) -> str:
    """Where a span stands: ``abstract 41-52``."""
    return f"{span['field']} {span['start']}-{span['end']}"


def places(spans: Iterable[Mapping[str, Any]]) -> str:
    """Where several spans stand: ``title 0-7; abstract 12-19, 41-48``."""
    found: dict[str, list[str]] = {}
    for span in spans:
        found.setdefault(span["field"], []).append(f"{span['start']}-{span['end']}")
    return "; ".join(f"{field} {', '.join(where)}" for field, where in found.items())


def slots(name: str, claim: Mapping[str, Any]) -> list[tuple[str, str]]:
    """All fields of a claim that say something, ``–`` for null."""
    return [(slot, _value(claim[slot])) for slot in slot_names(name)]


def _value(value: Any) -> str:
    if value is None or value == "":
        return "–"
    return f"{value:g}" if isinstance(value, float) else clean(value)


def source(record: Mapping[str, Any]) -> list[str]:
    """What is known of a paper beside its text, for a line under its title."""
    known = [record["paper_id"], record["published"], *record["authors"][:3]]
    if len(record["authors"]) > 3:
        known.append(f"and {len(record['authors']) - 3} more")
    known += [record["url"], record["doi"]]
    return [clean(part) for part in known if part]
