"""The tokens of a ``Doc`` as plain lists, made once.

Every look at a token of a ``Doc`` makes an object of it, and ``doc.text`` puts the whole text together at every call;
the passes look at each token many times.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from weakref import WeakKeyDictionary

from spacy.attrs import NORM, ORTH, SENT_START, SPACY
from spacy.tokens import Doc


class Words:
    """Parallel lists over the tokens of a text.

    ``texts``, ``norms``: their forms; ``spaces``: whether a blank follows; ``starts``, ``ends``: offsets in code points
    into ``text``, half open, without that blank.
    """

    __slots__ = ("ends", "norms", "spaces", "starts", "text", "texts")

    def __init__(self, texts: Sequence[str], norms: Sequence[str], spaces: Sequence[bool]) -> None:
        self.texts, self.norms, self.spaces = texts, norms, spaces
        pieces = [text + " " if space else text for text, space in zip(texts, spaces, strict=True)]
        self.text = "".join(pieces)
        self.starts = list(accumulate(map(len, pieces), initial=0))[: len(texts)]
        self.ends = [start + len(text) for start, text in zip(self.starts, texts, strict=True)]

    def __len__(self) -> int:
        return len(self.texts)

    def piece(self, start: int, end: int) -> str:
        """The text of the tokens ``start:end``, without the blank behind them."""
        return self.text[self.starts[start] : self.ends[end - 1]] if start < end else ""

    def bounds(self, start: int, end: int) -> tuple[int, int]:
        """The tokens that the characters ``start:end`` touch, half open; none of the two outer ones is a lone blank."""
        return bisect_right(self.ends, start), bisect_left(self.starts, end)


_KEPT: WeakKeyDictionary[Doc, Words] = WeakKeyDictionary()


def words_of(doc: Doc) -> Words:
    """The tokens of ``doc``; kept as long as it is there, unless tokens are merged or split."""
    words = _KEPT.get(doc)
    if words is None or len(words) != len(doc):
        strings = doc.vocab.strings
        values = doc.to_array([ORTH, NORM, SPACY]).tolist()
        words = Words([strings[v[0]] for v in values], [strings[v[1]] for v in values], [bool(v[2]) for v in values])
        _KEPT[doc] = words
    return words


def keep_words(doc: Doc, words: Words) -> None:
    """Tells :func:`words_of` what is known already."""
    _KEPT[doc] = words


def sentence_begins(doc: Doc) -> list[bool]:
    """For each token whether it is marked as the first of a sentence."""
    begins: list[bool] = (doc.to_array(SENT_START) == 1).tolist()
    return begins
