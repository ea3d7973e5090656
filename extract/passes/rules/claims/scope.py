"""Which sentences the pass looks into: those with quantities, with their cues and the names in them."""

from __future__ import annotations

from spacy.tokens import Doc, Span

from extract.passes.rules.claims.cues import Sentence, find_cues
from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.quantities import quantities
from extract.passes.rules.claims.reading import Reading

_NAMES = ("METHOD", "TASK", "DATASET", "METRIC")
_MAX_ITEMS = 400
"""A longer sentence is no sentence; it is read in pieces of this length, which bounds the work for each."""
_MAX_QUANTITIES = 40


def name_spans(doc: Doc) -> list[tuple[Span, str]]:
    """The names that other passes found: proposed ones, entities, known names; in this order."""
    found: list[tuple[Span, str]] = [(span, "PROPOSED") for span in doc.spans.get("glean_proposed", ())]
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
    place = 0
    spans = sorted(((span.start_char, span.end_char, label) for span, label in name_spans(doc)), key=lambda x: x[0])
    for s in sentences:
        low, high = r.start[s.begin], r.end[s.end - 1]
        while place < len(spans) and spans[place][0] < low:
            place += 1
        k = place
        while k < len(spans) and spans[k][0] < high:
            first = r.item_at(spans[k][0])
            s.names.append((first, max(first + 1, r.item_at(spans[k][1])), spans[k][2]))
            k += 1
        find_cues(r, s)
        # a number in a name ("Llama 2", "VOC 2012") is no quantity
        named = [(a, b) for a, b, label in s.names if label != "METRIC" or b - a > 1]
        s.quantities = [
            q
            for q in s.quantities
            if not (q.kind == "plain" and any(a <= q.start < b for a, b in named)) and _is_candidate(r, s, q)
        ]
    return r, [s for s in sentences if s.quantities], len(pieces)
