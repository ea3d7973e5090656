"""Sentence boundaries by rule: they hold up on decimals, abbreviations and missing blanks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from extract.prepare.scan import scanned
from extract.prepare.tokenizer import LEXICON

_ENDS = {".", "!", "?", "..."}
_CLOSERS = {")", "]", "}", '"', "'", "''", "”", "’", "*"}
_OPENERS = {"(", "[", '"', "“", "``", "$", "\\textbf", "\\emph", "\\textit", "{", "*", "'"}
_NEVER = set(LEXICON["abbreviations"])
_MAYBE = set(LEXICON["closing_abbreviations"])


def _opens(doc: Doc, i: int) -> bool:
    """Whether a sentence can begin at token ``i``: a capital or a digit, behind any opening signs."""
    while i < len(doc) and (doc[i].text in _OPENERS or doc[i].is_space):
        i += 1
    if i >= len(doc):
        return False
    first = doc[i].text[0]
    return first.isupper() or first.isdigit() or not first.isascii() or first == "\\"


def sentence_starts(doc: Doc) -> list[bool]:
    """For each token whether it begins a sentence."""
    starts = [False] * len(doc)
    if not starts:
        return starts
    starts[0] = True
    i, n = 0, len(doc)
    while i < n:
        token = doc[i]
        if token.is_space and "\n\n" in token.text and i + 1 < n:
            starts[i + 1] = True  # a blank line: between the title and the abstract, or two paragraphs
        ends = token.text in _ENDS or (token.text in _MAYBE)
        if ends and token.text not in _NEVER:
            k = i + 1
            while k < n and doc[k].text in _CLOSERS and not doc[k - 1].whitespace_:
                k += 1
            if k < n:
                glued = not doc[k - 1].whitespace_ and not doc[k].is_space
                if glued:
                    # "Refocused.Through": a lost blank, but not "e.g", "v1.5", "GPT-3.Turbo" or "U.S"
                    before = doc[i - 1].text if i else ""
                    split = (
                        token.text != "..."
                        and len(before) > 2
                        and before[-1:].islower()
                        and doc[k].text[0].isupper()
                        and len(doc[k].text) > 1
                    ) or (i > 0 and doc[i - 1].text in (")", "%", "$") and doc[k].text[0].isupper())
                else:
                    split = _opens(doc, k)
                if split:
                    if doc[k].is_space and k + 1 < n:
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
            begins = {token.idx for token, start in zip(tokens, starts, strict=True) if start}
            starts = [token.idx in begins for token in doc]
        for token, start in zip(doc, starts, strict=True):
            token.is_sent_start = start
        return doc


@Language.factory("glean_sentences", assigns=["token.is_sent_start", "doc.sents"])
def make_sentences(nlp: Language, name: str) -> Callable[[Doc], Any]:
    """The factory of the sentence component."""
    return Sentences(name)
