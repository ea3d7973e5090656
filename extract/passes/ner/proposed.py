"""What the tagger marks as the paper's own: a label of its own in training, a span group in the pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from extract.passes.ner.data import PROPOSED

GROUP = "glean_ner_proposed"


def mark_proposed(doc: Doc) -> Doc:
    """Turns ``PROPOSED`` entities into ``METHOD`` and keeps their spans in ``doc.spans["glean_ner_proposed"]``."""
    doc.spans[GROUP] = [Span(doc, e.start, e.end, label="METHOD") for e in doc.ents if e.label_ == PROPOSED]
    doc.ents = [Span(doc, e.start, e.end, label="METHOD") if e.label_ == PROPOSED else e for e in doc.ents]
    return doc


@Language.factory("glean_ner_proposed", requires=["doc.ents"], assigns=["doc.ents", "doc.spans"])
def make_mark_proposed(nlp: Language, name: str) -> Callable[[Doc], Any]:
    """The factory of the component that stands behind ``ner``."""
    return mark_proposed
