"""A scanner tokenizer for abstracts: LaTeX, LaTeX that lost its markup, glued numbers, missing blanks.

spaCy's own tokenizer splits on white space first and then peels affixes off each piece, so pieces such as
``2.16timessim2.50times`` or ``$2.5\\times$`` need a rule for each combination. Here one expression names
the kinds of token there are, in order, and scans the text once from left to right: every character lands
in exactly one token, so the tokenization is non-destructive by construction and its time is linear.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import spacy
from spacy.attrs import NORM
from spacy.tokens import Doc
from spacy.vocab import Vocab

from extract.prepare.words import Words, keep_words
from extract.record.resources import load_toml

TOKENIZER = "glean.Tokenizer.v1"
LEXICON = load_toml("prepare/lexicon.toml")
NORMS: dict[str, str] = LEXICON["norms"]
NUMBER_CONTEXT: dict[str, str] = LEXICON["number_context"]


def _any_of(words: list[str]) -> str:
    """An alternation of literal words, longest first."""
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


_ABBREVIATIONS = [*LEXICON["abbreviations"], *LEXICON["closing_abbreviations"]]
_NO_WORDS = [word for word in _ABBREVIATIONS if re.match(r"[A-Za-z]+(?:[ ,)-]|$)", word)]
_UNITS = _any_of(LEXICON["units_after_number"])
_LOST = _any_of(LEXICON["lost_commands"])
_NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<![\w.])\.\d+"

# The kinds of token, in order of precedence.
_KINDS = {
    "space": r"\s+",
    # most words, told at once: no other kind begins with letters and ends in front of one of these signs
    "plain": rf"(?<!\d)(?!{_any_of(_NO_WORDS)})[A-Za-z]++(?=[ ,)-])",
    "url": r"(?:https?://|www\.)[^\s<>{}\"]+",
    "abbreviation": rf"\b(?:{_any_of(_ABBREVIATIONS)})(?!\w)",
    "entity": r"&(?:[A-Za-z]{2,8}|#\d{1,6});",
    "command": r"\\(?:[A-Za-z]+|[^\sA-Za-z0-9])",
    # a number that keeps its letters ("3D", "7B", "4K"); a unit or a lost command behind it is cut off
    "alphanumber": rf"\d+(?:\.\d+)?(?!(?:{_UNITS}|{_LOST})(?![^\W\d_]))(?!(?:{_LOST})+\d)(?!(?:{_LOST}){{2}})"
    r"(?![xX]\d)[^\W\d_]\w*",
    "number": _NUMBER,
    # letters of lost commands before a number ("times1.5", "timessim2.50", "kge3")
    "lost": rf"(?:k(?=ge\d))|(?:{_LOST})(?=(?:{_LOST})?\d+(?:\.\d+)?(?:x|X|{_LOST}|[^\w]|$))",
    "times_by_number": r"(?<=\d)[xX](?=\d)",
    "unit": rf"(?<=\d)(?:{_UNITS}|{_LOST})(?=(?:{_LOST})?(?:\d|[^\w]|$))",
    "possessive": r"['’]s\b",
    "word": r"[^\W_]+(?:['’](?!s\b)[^\W\d_]{1,2}\b)?",
    "sign": r"--+|>=|<=|->|``|''|\.\.\.",
    "other": r"[^\s]",
}
_SCAN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()))
_MARK = "glean_tokens"  # in Doc.user_data: how many tokens the scanner cut
_URL_TAIL = ".,;:!?)]}'\""  # signs that end a sentence, not an address
_IS_NUMBER = re.compile(r"\d[\d.,]*\Z|\.\d+\Z")


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Yields ``(kind, start, end)`` of each token of ``text``, white space included; offsets in code points."""
    position: int | None = 0
    while position is not None:
        scan, position = _SCAN.finditer(text, position), None  # space and other cover everything: no gaps
        for found in scan:
            kind, (start, end) = found.lastgroup, found.span()
            if kind == "plain":
                yield "word", start, end
                continue
            if kind == "url":
                kept = start + len(found.group().rstrip(_URL_TAIL))
                if start + 8 < kept < end:
                    end = position = kept
            yield kind or "", start, end
            if position is not None:  # goes on behind the shortened address
                break


def words_and_spaces(text: str) -> tuple[list[str], list[bool]]:
    """spaCy's form: one blank behind a token is a flag, any further white space a token of its own."""
    words: list[str] = []
    blanks: list[bool] = []
    for kind, start, end in spans(text):
        if kind == "space" and text[start] == " " and blanks and not blanks[-1]:
            blanks[-1] = True
            start += 1
        if start < end:
            words.append(text[start:end])
            blanks.append(False)
    return words, blanks


def normal_form(word: str, before: str = "", after: str = "") -> str:
    """The normal form of a token between two others: one sign for one meaning, lower case, NFKC."""
    if word in NORMS:
        return NORMS[word]
    if word in NUMBER_CONTEXT and (
        _IS_NUMBER.match(after) or (word in ("x", "X", "times") and _IS_NUMBER.match(before))
    ):
        return NUMBER_CONTEXT[word]
    if word.isascii():
        return word.lower()
    return unicodedata.normalize("NFKC", word).casefold() or word


def _around(words: list[str], i: int) -> tuple[str, str]:
    """The words before and behind the one at ``i``, past blanks, signs and what itself depends on a number."""
    j = i - 1
    while j >= 0 and (words[j] in "$~{}" or words[j].isspace()) and i - j < 3:
        j -= 1
    k, last = i + 1, len(words) - 1
    while k <= last and (words[k] in "$~{" or words[k].isspace() or words[k] in NUMBER_CONTEXT) and k - i < 4:
        k += 1
    return words[j] if j >= 0 else "", words[k] if k <= last else ""


class Tokenizer:
    """Cuts a text into tokens and gives each its normal form (``token.norm_``)."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """Tokenizes ``text``; ``Doc.text`` equals ``text``, character by character."""
        words, blanks = words_and_spaces(text)
        doc = Doc(self.vocab, words=words, spaces=blanks)
        norms = [
            normal_form(word, *_around(words, i)) if word in NUMBER_CONTEXT else normal_form(word)
            for i, word in enumerate(words)
        ]
        if words:
            add = self.vocab.strings.add
            doc.from_array([NORM], np.array([[add(norm)] for norm in norms], dtype="uint64"))
        doc.user_data[_MARK] = len(doc)
        keep_words(doc, Words(words, norms, blanks))
        return doc

    def pipe(self, texts: Any, batch_size: int = 1000) -> Iterator[Doc]:
        """Tokenizes a stream of texts."""
        for text in texts:
            yield self(text)

    # The tokenizer has no state: its vocabulary is packaged data.
    def to_bytes(self, **_: Any) -> bytes:
        """Nothing to save."""
        return b""

    def from_bytes(self, _data: bytes, **_: Any) -> Tokenizer:
        """Nothing to load."""
        return self

    def to_disk(self, _path: str | Path, **_: Any) -> None:
        """Nothing to save."""

    def from_disk(self, _path: str | Path, **_: Any) -> Tokenizer:
        """Nothing to load."""
        return self


def is_own(doc: Doc) -> bool:
    """Whether the tokens of ``doc`` are those that :class:`Tokenizer` cut, none of them merged or split since."""
    return bool(doc.user_data.get(_MARK) == len(doc))


@spacy.registry.tokenizers(TOKENIZER)
def create_tokenizer() -> Any:
    """The factory that a spaCy config names as ``glean.Tokenizer.v1``."""

    def make(nlp: Any) -> Tokenizer:
        return Tokenizer(nlp.vocab)

    return make
