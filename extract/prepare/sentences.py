"""Sentence boundaries by rule: they hold up on decimals, abbreviations and missing blanks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any

import numpy as np
from spacy.attrs import SENT_START
from spacy.language import Language
from spacy.tokens import Doc

from extract.prepare.scan import scanned
from extract.prepare.tokenizer import LEXICON
from extract.prepare.words import words_of

_ENDS = {".", "!", "?", "..."}
_CLOSERS = {")", "]", "}", '"', "'", "''", "”", "’", "*"}
_OPENERS = {"(", "[", '"', "“", "``", "$", "\\textbf", "\\emph", "\\textit", "{", "*", "'"}
_NEVER = set(LEXICON["abbreviations"])
_MAYBE = set(LEXICON["closing_abbreviations"])


def _opens(texts: Sequence[str], i: int) -> bool:
    """Whether a sentence can begin at token ``i``: a capital or a digit, behind any opening signs."""
    while i < len(texts) and (texts[i] in _OPENERS or texts[i].isspace()):
        i += 1
    if i >= len(texts):
        return False
    first = texts[i][0]
    return first.isupper() or first.isdigit() or not first.isascii() or first == "\\"


def _lost_blank(texts: Sequence[str], i: int, k: int) -> bool:
    """Whether a sentence ends at ``i`` though ``k`` is glued to it.

    "Refocused.Through" has lost a blank, but not "e.g", "v1.5", "GPT-3.Turbo" or "U.S".
    """
    before, after = texts[i - 1] if i else "", texts[k]
    if not after[0].isupper():
        return False
    parted = texts[i] != "..." and len(before) > 2 and before[-1:].islower() and len(after) > 1
    return parted or before in (")", "%", "$")


def sentence_starts(doc: Doc) -> list[bool]:
    """For each token whether it begins a sentence."""
    words = words_of(doc)
    texts, spaces = words.texts, words.spaces
    starts = [False] * len(texts)
    if not starts:
        return starts
    starts[0] = True
    i, n = 0, len(texts)
    while i < n:
        text = texts[i]
        if "\n\n" in text and text.isspace() and i + 1 < n:
            starts[i + 1] = True  # a blank line: between the title and the abstract, or two paragraphs
        if (text in _ENDS or text in _MAYBE) and text not in _NEVER:
            k = i + 1
            while k < n and texts[k] in _CLOSERS and not spaces[k - 1]:
                k += 1
            if k < n:
                is_glued = not spaces[k - 1] and not texts[k].isspace()
                if _lost_blank(texts, i, k) if is_glued else _opens(texts, k):
                    if texts[k].isspace() and k + 1 < n:
                        k += 1
                    starts[k] = True
                i = k
                continue
        i += 1
    return starts


def in_sentences(doc: Doc) -> Doc:
    """``doc`` in glean's tokens (see :func:`~.scan.scanned`), with sentence boundaries.

    Those of a ``Doc`` that glean's tokenizer made are left as they are.
    """
    tokens = scanned(doc)
    if tokens is not doc and not tokens.has_annotation("SENT_START"):
        Sentences()(tokens)
    return tokens


class Sentences:
    """Sets ``token.is_sent_start`` for every token."""

    def __init__(self, name: str = "glean_sentences") -> None:
        self.name = name

    def __call__(self, doc: Doc) -> Doc:
        """Marks the sentence boundaries of ``doc`` in place."""
        tokens = scanned(doc)
        starts = sentence_starts(tokens)
        if tokens is not doc:  # a sentence that begins inside of a token is not parted from the one before
            begins = set(compress(words_of(tokens).starts, starts))
            starts = [at in begins for at in words_of(doc).starts]
        if starts:  # at once: the token's own setter looks at the whole Doc each time
            doc.from_array([SENT_START], np.where(starts, 1, -1).astype("int64").view("uint64").reshape(-1, 1))
        return doc


@Language.factory("glean_sentences", assigns=["token.is_sent_start", "doc.sents"])
def make_sentences(nlp: Language, name: str) -> Callable[[Doc], Any]:
    """The factory of the sentence component."""
    return Sentences(name)
