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

import spacy
from spacy.tokens import Doc
from spacy.vocab import Vocab

from extract.record.resources import load_toml

TOKENIZER = "glean.Tokenizer.v1"
LEXICON = load_toml("prepare/lexicon.toml")
NORMS: dict[str, str] = LEXICON["norms"]
NUMBER_CONTEXT: dict[str, str] = LEXICON["number_context"]


def _any_of(words: list[str]) -> str:
    """An alternation of literal words, longest first."""
    return "|".join(re.escape(w) for w in sorted(words, key=len, reverse=True))


_UNITS = _any_of(LEXICON["units_after_number"])
_LOST = _any_of(LEXICON["lost_commands"])
_NUMBER = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|(?<![\w.])\.\d+"

# The kinds of token, in order of precedence.
_KINDS = {
    "url": r"(?:https?://|www\.)[^\s<>{}\"]+",
    "abbreviation": rf"\b(?:{_any_of(LEXICON['abbreviations'] + LEXICON['closing_abbreviations'])})(?!\w)",
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
    "space": r"\s+",
    "other": r"[^\s]",
}
_SCAN = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()))
_MARK = "glean_tokens"  # in Doc.user_data: how many tokens the scanner cut
_URL_TAIL = re.compile(r"[.,;:!?)\]}'\"]+$")
_IS_NUMBER = re.compile(r"\d[\d.,]*\Z|\.\d+\Z")


def spans(text: str) -> Iterator[tuple[str, int, int]]:
    """Yields ``(kind, start, end)`` of each token of ``text``, white space included; offsets in code points."""
    position, length = 0, len(text)
    while position < length:
        found = _SCAN.match(text, position)
        if found is None or found.lastgroup is None:  # cannot happen: space and other cover everything
            raise AssertionError(f"no token at {position}")
        kind, end = found.lastgroup, found.end()
        if kind == "url":
            tail = _URL_TAIL.search(found.group())
            if tail and tail.start() > 8:
                end = position + tail.start()
        yield kind, position, end
        position = end


def _words_and_spaces(text: str) -> tuple[list[str], list[bool]]:
    """spaCy's form: one blank behind a token is a flag, any further white space a token of its own."""
    words: list[str] = []
    blanks: list[bool] = []
    for kind, start, end in spans(text):
        word = text[start:end]
        if kind == "space":
            if word[0] == " " and blanks and not blanks[-1]:
                blanks[-1] = True
                word = word[1:]
            if word:
                words.append(word)
                blanks.append(False)
        else:
            words.append(word)
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


class Tokenizer:
    """Cuts a text into tokens and gives each its normal form (``token.norm_``)."""

    def __init__(self, vocab: Vocab) -> None:
        self.vocab = vocab

    def __call__(self, text: str) -> Doc:
        """Tokenizes ``text``; ``Doc.text`` equals ``text``, character by character."""
        words, blanks = _words_and_spaces(text)
        doc = Doc(self.vocab, words=words, spaces=blanks)
        last = len(words) - 1
        for i, word in enumerate(words):
            j = i - 1
            while j >= 0 and (words[j] in "$~{}" or words[j].isspace()) and i - j < 3:
                j -= 1
            k = i + 1
            while k <= last and (words[k] in "$~{" or words[k].isspace() or words[k] in NUMBER_CONTEXT) and k - i < 4:
                k += 1
            doc[i].norm_ = normal_form(word, words[j] if j >= 0 else "", words[k] if k <= last else "")
        doc.user_data[_MARK] = len(doc)
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
