"""Cues: the words of a sentence that say what a quantity means, by category."""

from __future__ import annotations

from dataclasses import dataclass, field

from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.vocabulary import CUES

NOTHING = "nothing"
"""The label of phrases that look like a cue and are none ("for the first time")."""


@dataclass(slots=True)
class Cue:
    """A cue phrase: its category (``verb``), its label in it (``reduce``) and its items (half open)."""

    category: str
    label: str
    start: int
    end: int


@dataclass(slots=True)
class Sentence:
    """A sentence that holds quantities: its items, its quantities and its cues by category."""

    begin: int
    end: int
    index: int
    quantities: list[Quantity]
    cues: dict[str, list[Cue]] = field(default_factory=dict)
    names: list[tuple[int, int, str]] = field(default_factory=list)
    """Names in the sentence: first item, item behind it, label (METHOD, DATASET, METRIC, TASK, PROPOSED)."""
    earlier: list[tuple[int, int, str, int]] = field(default_factory=list)
    """The last names before the sentence, likewise, and how many sentences back each is."""

    def of(self, category: str) -> list[Cue]:
        """The cues of one category, in order."""
        return self.cues.get(category, [])


def find_cues(r: Reading, sentence: Sentence) -> None:
    """Fills ``sentence.cues``: at each item the longest phrase of each category; quantities are passed over."""
    taken = bytearray(sentence.end - sentence.begin)
    for q in sentence.quantities:
        for i in range(q.start, min(q.end, sentence.end)):
            taken[i - sentence.begin] = 1
    norm, stems, end = r.norm, r.stem, sentence.end
    busy: dict[str, int] = {}
    for i in range(sentence.begin, end):
        if taken[i - sentence.begin]:
            continue
        found = CUES.get(norm[i])
        other = CUES.get(stems[i]) if stems[i] != norm[i] else None
        if found is None and other is None:
            continue
        best: dict[str, tuple[int, str]] = {}
        for words, label in (*(found or ()), *(other or ())):
            j = i + 1
            for wanted in words[1:]:
                if j < end and norm[j] == "-":
                    j += 1
                if j >= end or (norm[j] != wanted and stems[j] != wanted):
                    break
                j += 1
            else:
                category, _, name = label.partition(".")
                if j > best.get(category, (0, ""))[0]:
                    best[category] = (j, name)
        for category, (j, name) in best.items():
            if busy.get(category, 0) <= i:
                busy[category] = j
                if name == NOTHING:
                    continue
                sentence.cues.setdefault(category, []).append(Cue(category, name, i, j))
