"""Which sentences the pass looks into: those with quantities, with their cues and the names in them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from spacy.tokens import Doc, Span

from extract.passes.rules.claims.cues import Sentence, find_cues
from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.quantities import quantities
from extract.passes.rules.claims.reading import Reading

PROPOSED = "glean_proposed"
"""The spans of the names that a paper proposes."""
_NAMES = ("METHOD", "TASK", "DATASET", "METRIC")
_MAX_ITEMS = 240
"""A longer sentence is no sentence; it is read in pieces of this length, which bounds the work for each."""
_MAX_QUANTITIES = 30
_EARLIER = 16
"""How many names before a sentence are kept for it."""


def name_spans(doc: Doc) -> list[tuple[Span, str]]:
    """The names that other passes found: proposed ones, entities, known names; in this order."""
    found: list[tuple[Span, str]] = [(span, "PROPOSED") for span in doc.spans.get(PROPOSED, ())]
    found += [(span, span.label_) for span in doc.ents if span.label_ in _NAMES]
    found += [(span, span.label_) for span in doc.spans.get("glean_names", ()) if span.label_ in _NAMES]
    return found


def _is_candidate(r: Reading, s: Sentence, q: Quantity) -> bool:
    """A bare number is looked at only where a measure of quality is near or it has the form of a score."""
    if q.kind != "plain":
        return True
    if q.value > 1e6 or (q.value == int(q.value) and 1950 <= q.value <= 2100 and not q.sign):
        return False
    if q.value != int(q.value) or q.sign == "+":
        return True
    return any(abs(c.start - q.end) < 8 or abs(q.start - c.end) < 8 for c in s.of("metric")) or any(
        label == "METRIC" and (abs(a - q.end) < 8 or abs(q.start - b) < 8) for a, b, label in s.names
    )


def _pieces(r: Reading) -> list[tuple[int, int]]:
    pieces = []
    for begin, end in r.sentences:
        while end - begin > _MAX_ITEMS:
            pieces.append((begin, begin + _MAX_ITEMS))
            begin += _MAX_ITEMS
        pieces.append((begin, end))
    return pieces


def _names(doc: Doc, r: Reading, pieces: list[tuple[int, int]]) -> list[tuple[int, int, str, int]]:
    """The names of the document in order: first item, item behind it, label, index of the sentence."""
    begins = [begin for begin, _ in pieces]
    found = []
    for span, label in name_spans(doc):
        start = r.item_over(span.start_char)  # names of other tokenizers may begin inside of an item
        end = max(start + 1, r.item_at(span.end_char))
        if start < len(r):
            found.append((start, min(end, len(r)), label, bisect_right(begins, start) - 1))
    return sorted(found, key=lambda name: name[0])


def find_sentences(doc: Doc) -> tuple[Reading, list[Sentence], int]:
    """The sentences of ``doc`` that hold quantities, and how many sentences there are in all."""
    r = Reading(doc)
    pieces = _pieces(r)
    sentences: list[Sentence] = []
    for index, (begin, end) in enumerate(pieces):
        found = quantities(r, begin, end)
        if found:
            sentences.append(Sentence(begin, end, index, found[:_MAX_QUANTITIES]))
    if not sentences:
        return r, [], len(pieces)
    names = _names(doc, r, pieces)
    starts = [name[0] for name in names]
    for s in sentences:
        first, last = bisect_left(starts, s.begin), bisect_left(starts, s.end)
        s.names = [(start, end, label) for start, end, label, _ in names[first:last]]
        s.earlier = [
            (start, end, label, s.index - index) for start, end, label, index in names[max(0, first - _EARLIER) : first]
        ]
        find_cues(r, s)
        # a number in a name ("Llama 2", "VOC 2012") is no quantity
        named = [(a, b) for a, b, label in s.names if label != "METRIC" or b - a > 1]
        s.quantities = [
            q
            for q in s.quantities
            if not (q.kind == "plain" and any(a <= q.start < b for a, b in named)) and _is_candidate(r, s, q)
        ]
    return r, [s for s in sentences if s.quantities], len(pieces)
