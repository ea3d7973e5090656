"""Documents of other tokenizers, read through glean's own tokens.

The rules read tokens such as ``2.5`` ``\\times`` that only :class:`~.tokenizer.Tokenizer` cuts. A ``Doc`` of another
tokenizer is scanned anew for them; characters are the map between both, so that what is found in one can be said in
the tokens of the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from extract.prepare.fields import copy_fields
from extract.prepare.tokenizer import Tokenizer, is_own


def scanned(doc: Doc) -> Doc:
    """``doc`` itself, if glean's tokenizer made it; else one of the same text with glean's tokens and no annotations.

    :func:`placed` brings spans to it and back.
    """
    if is_own(doc):
        return doc
    other = _scan(doc)
    copy_fields(doc, other)
    return other


@lru_cache(maxsize=4)  # a Doc goes through all components of a pipeline one after the other
def _scan(doc: Doc) -> Doc:
    return Tokenizer(doc.vocab)(doc.text)


def placed(span: Span, doc: Doc) -> Span:
    """``span`` in the tokens of another ``Doc`` of the same text: all that it touches, with its label and id."""
    if span.doc is doc:
        return span
    found: Span = doc.char_span(
        span.start_char, span.end_char, label=span.label_, span_id=span.id_, alignment_mode="expand"
    )
    return found


def placed_apart(spans: Iterable[Span], doc: Doc) -> list[Span]:
    """Spans in the tokens of another ``Doc``; of those that come to overlap there the longest is kept."""
    found: list[Span] = filter_spans([placed(span, doc) for span in spans])
    return found
