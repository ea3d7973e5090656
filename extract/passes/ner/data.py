"""Annotations as spaCy training data."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from extract.evaluate.gold import GoldError, gold_spans, load_gold
from extract.evaluate.standoff import from_standoff
from extract.prepare import make_doc
from extract.prepare.fields import fields
from extract.record.model import ENTITY_FIELDS

LABELS = {field: kind.upper() for field, kind in ENTITY_FIELDS.items()}
Texts = dict[str, tuple[str, str]]
Annotated = tuple[str, str, dict[str, Any]]  # title, abstract, annotation


def read_texts(path: Path) -> Texts:
    """``{id: (title, abstract)}`` of JSON Lines, plain or .gz, trimmed as offsets count.

    Raises:
        GoldError: the file is missing, or a line is no paper.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            rows = [json.loads(line) for line in file if line.strip()]
        return {str(r["id"]): (r["title"].strip(), r["abstract"].strip()) for r in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GoldError(f"{path}: no papers ({error}; allowed: JSON Lines of id, title, abstract)") from None


def load_annotated(gold: Path, texts: Texts) -> list[Annotated]:
    """Annotations with their texts, from annotations that quote or that stand off.

    Raises:
        GoldError: a text is missing or is not the annotated one.
    """
    found = []
    for pid, entry in load_gold(gold).items():
        if pid not in texts:
            raise GoldError(f"{gold}: the text of {pid!r} is missing")
        title, abstract = texts[pid]
        annotation = from_standoff(entry, title, abstract) if "abstract_sha256" in entry else entry
        found.append((title, abstract, annotation))
    return found


def annotated_doc(nlp: Language, title: str, abstract: str, annotation: dict[str, Any]) -> Doc:
    """The paper's ``Doc`` with the annotated entities that token boundaries allow as ``doc.ents``."""
    doc = make_doc(nlp, title, abstract)
    offsets = {"title": 0, "abstract": fields(doc)[1]}
    required, optional = gold_spans(annotation, title, abstract)
    spans = [
        doc.char_span(start + offsets[place], end + offsets[place], label=LABELS[field])
        for field, place, start, end in sorted(required | optional)
    ]
    doc.ents = [span for span in spans if span is not None]
    return doc


def annotated_docs(nlp: Language, papers: Iterable[Annotated]) -> Iterator[Doc]:
    """Yields :func:`annotated_doc` of each paper."""
    for title, abstract, annotation in papers:
        yield annotated_doc(nlp, title, abstract, annotation)
