"""Rules that JSON Schema cannot state: one small generator each, all of one shape.

A rule takes a record that its schema accepts and yields ``(path, message, what is allowed)`` for each breach.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from extract.record.factor import factor
from extract.record.ids import paper_id, sha256_text
from extract.record.model import ENTITY_FIELDS
from extract.record.surface import fold
from extract.validate.problem import Problem
from extract.validate.schema import pointer, shown

Record = dict[str, Any]
Breach = tuple[list[str | int], str, str]
Rule = Callable[[Record], Iterator[Breach]]

_SLOTS = ("method", "baseline", "hardware", "metric", "dataset")


def _spans(record: Record) -> Iterator[tuple[list[str | int], dict[str, Any]]]:
    """Every span of a record with its path."""
    for name in ENTITY_FIELDS:
        for i, entity in enumerate(record[name]):
            for k, mention in enumerate(entity["mentions"]):
                yield [name, i, "mentions", k], mention
    for name in ("speedups", "results"):
        for i, row in enumerate(record[name]):
            yield [name, i], row


def _abstract(record: Record) -> str | None:
    """The abstract: in the record, or beside it where it is not to be published."""
    text: str | None = record["abstract"]
    return getattr(record, "abstract_text", None) if text is None else text


def _surface(record: Record, span: dict[str, Any]) -> str | None:
    """The text of a span; ``None`` where it is not at hand, or the span is not in it."""
    text = record["title"] if span["field"] == "title" else _abstract(record)
    if text is None or not span["start"] < span["end"] <= len(text):
        return None
    return str(text[span["start"] : span["end"]])


def span_in_order(record: Record) -> Iterator[Breach]:
    """``start`` is below ``end``."""
    for path, span in _spans(record):
        if span["start"] >= span["end"]:
            yield [*path, "end"], f"{span['end']} is not above start {span['start']}", "half open: start < end"


def span_inside(record: Record) -> Iterator[Breach]:
    """A span ends inside its field."""
    for path, span in _spans(record):
        length = len(record["title"]) if span["field"] == "title" else record["abstract_chars"]
        if span["end"] > length:
            yield [*path, "end"], f"{span['end']} is outside of the {span['field']}", f"up to {length}"


def surface_is_a_name(record: Record) -> Iterator[Breach]:
    """The text of a mention is a name or alias of its entity."""
    for name in ENTITY_FIELDS:
        for i, entity in enumerate(record[name]):
            forms = (entity["name"], *entity["aliases"])
            surfaces = [_surface(record, mention) for mention in entity["mentions"]]
            others = set(surfaces).difference(forms, (None,))
            if not others:  # word for word, as nearly always; to fold takes time
                continue
            names = set(map(fold, forms))
            for k, surface in enumerate(surfaces):
                if surface in others and fold(surface) not in names:
                    yield [name, i, "mentions", k], f"the text there is {shown(surface)}", ", ".join(map(shown, forms))


def name_is_a_surface(record: Record) -> Iterator[Breach]:
    """A name or alias is the text of a mention."""
    for name in ENTITY_FIELDS:
        for i, entity in enumerate(record[name]):
            surfaces = {_surface(record, mention) for mention in entity["mentions"]}
            if None in surfaces:  # a text is not at hand: the name may stand there
                continue
            if entity["name"] in surfaces and surfaces.issuperset(entity["aliases"]):
                continue
            known = set(map(fold, surfaces))
            forms: list[tuple[list[str | int], str]] = [(["name"], entity["name"])]
            forms += [(["aliases", k], alias) for k, alias in enumerate(entity["aliases"])]
            for path, form in forms:
                if fold(form) not in known:
                    allowed = ", ".join(shown(surface) for surface in sorted(surfaces, key=str))
                    yield [name, i, *path], f"{shown(form)} is the text of no mention", allowed


def verbatim(record: Record) -> Iterator[Breach]:
    """What a claim names stands in the title or the abstract."""
    abstract = _abstract(record)
    if abstract is None:
        return
    for name in ("speedups", "results"):
        for i, row in enumerate(record[name]):
            for slot in _SLOTS:
                piece = row.get(slot)
                if piece is not None and piece not in record["title"] and piece not in abstract:
                    yield [name, i, slot], f"{shown(piece)} is not in the text", "verbatim text, or null"


def abstract_agrees(record: Record) -> Iterator[Breach]:
    """Hash and length are those of the abstract, where it is there."""
    text = _abstract(record)
    if text is None:
        return
    if len(text) != record["abstract_chars"]:
        yield ["abstract_chars"], f"{record['abstract_chars']} is not the abstract's length", str(len(text))
    if sha256_text(text) != record["abstract_sha256"]:
        yield ["abstract_sha256"], "is not the abstract's hash: the text changed", sha256_text(text)


def range_in_order(record: Record) -> Iterator[Breach]:
    """``value_high`` is above ``value``."""
    for name in ("speedups", "results"):
        for i, row in enumerate(record[name]):
            if row["value_high"] is not None and row["value_high"] <= row["value"]:
                yield (
                    [name, i, "value_high"],
                    f"{row['value_high']} is not above {row['value']}",
                    "above value, or null",
                )


def factor_agrees(record: Record) -> Iterator[Breach]:
    """``factor`` and ``factor_high`` follow from the values and the form."""
    for i, row in enumerate(record["speedups"]):
        for given, value in (("factor", "value"), ("factor_high", "value_high")):
            right = factor(row[value], row["form"])
            is_right = row[given] is right or (
                row[given] is not None
                and right is not None
                and math.isclose(row[given], right, rel_tol=1e-6, abs_tol=1e-6)
            )
            if not is_right:
                message = f"{shown(row[given])} does not follow from {row['form']} {shown(row[value])}"
                yield ["speedups", i, given], message, shown(right)


def entities_distinct(record: Record) -> Iterator[Breach]:
    """An ``entity_id`` stands once in a paper, and a name is not its own alias."""
    for name in ENTITY_FIELDS:
        seen: set[str] = set()
        for i, entity in enumerate(record[name]):
            if entity["entity_id"] in seen:
                yield [name, i, "entity_id"], f"{shown(entity['entity_id'])} stands twice", "each entity once"
            seen.add(entity["entity_id"])
            if entity["name"] in entity["aliases"]:
                yield [name, i, "aliases"], f"{shown(entity['name'])} is the name itself", "other surface forms"


def id_agrees(record: Record) -> Iterator[Breach]:
    """A ``title:`` id is the title's hash, an ``arxiv:`` id the arXiv identifier."""
    own: str = record["paper_id"]
    if own.startswith("title:") and own != paper_id(record["title"]):
        yield ["paper_id"], f"{shown(own)} is not the hash of the title", paper_id(record["title"])
    if own.startswith("arxiv:") and own != f"arxiv:{record['arxiv_id']}":
        yield ["paper_id"], f"{shown(own)} is not the arxiv_id", f"arxiv:{record['arxiv_id']}"


def date_exists(record: Record) -> Iterator[Breach]:
    """``published`` is a day of the calendar."""
    if record["published"] is not None:
        try:
            date.fromisoformat(record["published"])
        except ValueError:
            yield ["published"], f"{shown(record['published'])} is no day", "YYYY-MM-DD"


RULES: tuple[Rule, ...] = (
    span_in_order,
    span_inside,
    surface_is_a_name,
    name_is_a_surface,
    verbatim,
    abstract_agrees,
    range_in_order,
    factor_agrees,
    entities_distinct,
    id_agrees,
    date_exists,
)


def rule_errors(record: Record, *, file: str, line: int | None) -> Iterator[Problem]:
    """Yields the breaches of all rules in a record that its schema accepts."""
    for rule in RULES:
        for path, message, allowed in rule(record):
            yield Problem(file, line, pointer(path), message, allowed)
