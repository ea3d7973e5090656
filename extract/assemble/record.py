"""The record of a paper, in the shape of ``paper.schema.json``."""

from __future__ import annotations

from typing import Any

from spacy.tokens import Doc

import extract
from extract.assemble.entities import Entity, align_types, find_entities
from extract.assemble.mentions import Mention, accepted, find_mentions
from extract.prepare import language_of, to_field
from extract.read.base import Paper
from extract.record.factor import factor
from extract.record.ids import paper_id, sha256_text
from extract.record.model import ENTITY_FIELDS, SCHEMA_VERSION, Record

_SPEEDUP = ("value", "value_high", "form", "quantity", "phase", "bound", "method", "baseline", "hardware")
_RESULT = ("value", "value_high", "unit", "form", "metric", "dataset", "method", "baseline")


def _score(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 3)


def _place(doc: Doc, start: int, end: int) -> dict[str, Any]:
    field, a, b = to_field(doc, start, end)
    return {"field": field, "start": a, "end": b}


def _mention(doc: Doc, mention: Mention) -> dict[str, Any]:
    return _place(doc, mention.start, mention.end) | {
        "passes": sorted(mention.passes),
        "score": _score(mention.score),
    }


def _entity(doc: Doc, entity: Entity) -> dict[str, Any]:
    return {
        "entity_id": entity.entity_id,
        "name": entity.name,
        "aliases": entity.aliases,
        "role": entity.role,
        "mentions": [_mention(doc, m) for m in entity.mentions],
    }


def _claim(doc: Doc, claim: Any, names: tuple[str, ...]) -> dict[str, Any]:
    row = {name: getattr(claim, name) for name in names}
    if "quantity" in row:
        high = factor(row["value_high"], row["form"])
        row |= {"factor": factor(row["value"], row["form"]), "factor_high": high}
        # keep the schema's order: factors stand behind the bound
        row = {k: row[k] for k in (*names[:6], "factor", "factor_high", *names[6:])}
    return row | _place(doc, claim.start, claim.end) | {"passes": ["rule"], "score": _score(claim.score)}


def _claims(doc: Doc, key: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    claims = [span._.claim for span in doc.spans.get(key, [])]
    return [_claim(doc, c, names) for c in sorted(claims, key=lambda c: (c.start, c.end, c.value))]


def assemble(doc: Doc, paper: Paper, *, model: str | None, with_text: bool = False) -> Record:
    """The record of a paper whose ``Doc`` the passes have read.

    Args:
        doc: made by :func:`extract.prepare.make_doc` from the paper's title and abstract.
        paper: the paper.
        model: name and version of the trained model, or ``None``.
        with_text: whether the record carries the abstract.
    """
    surfaces = accepted(doc)
    align_types(surfaces)
    entities = find_entities(doc, surfaces, find_mentions(doc, surfaces))
    record = described(paper, with_text=with_text)
    for field, kind in ENTITY_FIELDS.items():
        record[field] = [_entity(doc, e) for e in entities if e.kind == kind]
    record["speedups"] = _claims(doc, "glean_speedups", _SPEEDUP)
    record["results"] = _claims(doc, "glean_results", _RESULT)
    record["extractor"] = {"version": extract.__version__, "model": model, "schema_version": SCHEMA_VERSION}
    return record


def described(paper: Paper, *, with_text: bool = False) -> Record:
    """What a record says of the paper itself: whose it is and where it was read, nothing that a pass finds."""
    record = Record(
        paper_id=paper_id(paper.title, paper.own_id, paper.arxiv_id),
        title=paper.title,
        abstract=paper.abstract if with_text else None,
        abstract_sha256=sha256_text(paper.abstract),
        abstract_chars=len(paper.abstract),
        arxiv_id=paper.arxiv_id,
        arxiv_version=paper.version if paper.arxiv_id else None,
        doi=paper.doi,
        url=paper.url,
        published=paper.published,
        categories=list(paper.categories),
        authors=list(paper.authors),
        language=language_of(paper.abstract),
        sources=[{"document": s.document, "position": s.position, "listed": s.listed} for s in paper.sources],
    )
    record.abstract_text = paper.abstract
    return record
