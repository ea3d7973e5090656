"""What a whole text speaks about: what its sentences leave unsaid of a claim, such as its phase, can be seen there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.vocabulary import CUES

_LONGEST = 1000
"""Items of a text that are looked at; a longer text is no abstract, and the work for each claim stays bounded."""


@dataclass(slots=True, frozen=True)
class Subject:
    """What a text speaks about."""

    phases: dict[str, int]
    """How often the words of inference and of training stand in the title and in the text."""
    compressed: str
    """What it speaks about most, of what can be compressed: a model, stored data, a data set, a context; or ``-``."""
    words: list[str]
    """Its words without plural, each once."""


def read_subject(r: Reading) -> Subject:
    """The subject of a text."""
    phases: Counter[str] = Counter()
    compressed: Counter[str] = Counter()
    title = r.sentences[0][1] if r.sentences else 0
    for i, (norm, stem) in enumerate(zip(r.norm[:_LONGEST], r.stem[:_LONGEST], strict=True)):
        for words, label in CUES.get(norm, ()):
            if len(words) == 1 and label.startswith("phase."):
                phases[f"text.{label[6:]}"] += 1
                if i < title:
                    phases[f"title.{label[6:]}"] += 1
        for words, label in CUES.get(stem, ()):
            if len(words) == 1 and label.startswith("compressed."):
                compressed[label[11:]] += 1
    known = sorted({stem for stem in r.stem[:_LONGEST] if len(stem) > 2 and stem[0].isalpha()})
    return Subject(dict(phases), compressed.most_common(1)[0][0] if compressed else "-", known)
