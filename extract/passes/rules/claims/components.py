"""The spaCy components ``glean_speedups`` and ``glean_results``.

They work in anyone's pipeline, with any tokenizer: the text is read through glean's own tokens, and what is found is
said in the pipeline's (``claim.start`` and ``claim.end`` tell the exact characters). Names that other components found
(``doc.ents`` with the labels METHOD, TASK, DATASET and METRIC) fill the fields of the claims.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from extract.passes.rules.claims.model import Claim
from extract.passes.rules.claims.rows import CACHE, find_claims


def claim_of(span: Span) -> Claim | None:
    """The claim that a span is the evidence of; ``None`` for other spans.

    It is found by the span's id, since two claims may share their evidence.
    """
    rows = span.doc.user_data.get(CACHE)
    kind, _, place = span.id_.partition(":")
    if kind != "claim" or not rows or not place.isdecimal() or int(place) >= len(rows):
        return None
    return Claim.from_dict(rows[int(place)])


if not Span.has_extension("claim"):
    Span.set_extension("claim", getter=claim_of)


class Claims:
    """Sets ``doc.spans[key]`` to the evidence of the claims of one kind; each span has its ``span._.claim``."""

    def __init__(self, name: str, kind: str, spans_key: str, threshold: float) -> None:
        self.name = name
        self.kind = kind
        self.spans_key = spans_key
        self.threshold = threshold

    def __call__(self, doc: Doc) -> Doc:
        """Finds the claims of ``doc``; both components share the work."""
        spans = []
        for place, claim in enumerate(find_claims(doc)):
            if claim.kind != self.kind or claim.score < self.threshold:
                continue
            span = doc.char_span(
                claim.start, claim.end, label=self.kind.upper(), alignment_mode="expand", span_id=f"claim:{place}"
            )
            if span is not None:
                spans.append(span)
        doc.spans[self.spans_key] = spans
        return doc


@Language.factory(
    "glean_speedups",
    assigns=["doc.spans", "span._.claim"],
    default_config={"spans_key": "glean_speedups", "threshold": 0.0},
)
def make_speedups(nlp: Language, name: str, spans_key: str, threshold: float) -> Callable[[Doc], Any]:
    """The factory of the component that finds speedups."""
    return Claims(name, "speedup", spans_key, threshold)


@Language.factory(
    "glean_results",
    assigns=["doc.spans", "span._.claim"],
    default_config={"spans_key": "glean_results", "threshold": 0.0},
)
def make_results(nlp: Language, name: str, spans_key: str, threshold: float) -> Callable[[Doc], Any]:
    """The factory of the component that finds results."""
    return Claims(name, "result", spans_key, threshold)
