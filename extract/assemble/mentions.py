"""Every place where an accepted name stands.

Policy: all occurrences of an accepted surface form on word boundaries are mentions of it, longest form first, and
no two mentions overlap. A mention that the NER pass marked there carries ``ner``; one that a known name, an
abbreviation, a cue or another occurrence in the same paper led to carries ``rule``; both where both did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from spacy.tokens import Doc

from extract.assemble.surfaces import Prior, Surface, collect, features, labels_of, load_priors
from extract.assemble.trees import load_boosted
from extract.prepare.words import words_of


@dataclass(frozen=True, slots=True)
class Mention:
    """One occurrence of a name; offsets in characters of ``doc.text``, half open."""

    start: int
    end: int
    label: str
    text: str
    passes: tuple[str, ...]
    score: float


class Model(Protocol):
    """What says how likely surface forms are names: :class:`~extract.assemble.trees.Boosted` or a regression alone."""

    threshold: float

    def scores(self, rows: Sequence[Mapping[str, float]]) -> list[float]:
        """The probability of each row of features."""


def accepted(doc: Doc, model: Model | None = None, priors: dict[str, Prior] | None = None) -> dict[str, Surface]:
    """The surface forms that are taken for names, each with its best type and score."""
    model = model or load_boosted()
    priors = load_priors() if priors is None else priors
    surfaces = collect(doc)
    pairs = [(surface, label) for surface in surfaces.values() for label in sorted(labels_of(surface, surfaces))]
    scores = model.scores([features(doc, surface, label, surfaces, priors) for surface, label in pairs])
    for (surface, label), score in zip(pairs, scores, strict=True):
        if score > surface.score:
            surface.label, surface.score = label, score
    return {text: surface for text, surface in surfaces.items() if surface.score >= model.threshold}


def find_mentions(doc: Doc, surfaces: dict[str, Surface]) -> list[Mention]:
    """The mentions of accepted surface forms, in the order of the text."""
    ner = {(s.start_char, s.end_char): s.label_ for s in doc.ents}
    rule = {(s.start_char, s.end_char) for key in ("glean_names", "glean_proposed") for s in doc.spans.get(key, [])}
    rule |= {(s.start_char, s.end_char) for key in ("glean_short", "glean_long") for s in doc.spans.get(key, [])}
    free = bytearray(len(words_of(doc).text))
    found = []
    for surface in sorted(surfaces.values(), key=lambda s: (-len(s.text), s.text)):
        for start, end in surface.places:
            if any(free[start:end]):
                continue
            free[start:end] = b"\1" * (end - start)
            by_ner = ner.get((start, end)) == surface.label
            passes = (*(["ner"] if by_ner else []), *(["rule"] if (start, end) in rule or not by_ner else []))
            found.append(Mention(start, end, surface.label, surface.text, passes, surface.score))
    return sorted(found, key=lambda m: m.start)
