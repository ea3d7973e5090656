"""A ``Doc`` as the claim rules read it: tokens without markup and white space, in plain lists."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import lru_cache
from itertools import pairwise

from spacy.attrs import SENT_START
from spacy.tokens import Doc

from extract.passes.rules.claims.vocabulary import FOLD_WORDS, MARKUP, MULTIPLES, NUMBER_WORDS
from extract.prepare.sentences import in_sentences, sentence_starts
from extract.prepare.words import Words, words_of

_OPENERS = {"×", "half", *MULTIPLES, *FOLD_WORDS, *NUMBER_WORDS}
_ARTICLES = {"a", "an"}
_BEHIND_ARTICLE = {"order", "orders", "-", "to", "or"}
"""What stands behind an article that is a number: "an order of magnitude", "an - order", "a or two orders"."""


@lru_cache(maxsize=1 << 16)
def stem(norm: str) -> str:
    """A word without its plural: enough to find it in a list of nouns."""
    if len(norm) > 3 and norm[-1] == "s" and norm[-2] not in "su":
        if norm.endswith("ies") and len(norm) > 4:
            return norm[:-3] + "y"
        return norm[:-1]
    return norm


def _begins(tokens: Doc) -> list[int]:
    """The tokens that begin a sentence."""
    marks = tokens.to_array(SENT_START)
    if len(marks) > 1 and not marks[1:].any():  # nobody has looked for sentences yet
        return [i for i, begins in enumerate(sentence_starts(tokens)) if begins]
    found: list[int] = (marks == 1).nonzero()[0].tolist()
    return found


def _glued(words: Words, kept: list[int]) -> list[bool]:
    """For each kept token whether the next one follows without white space, whatever markup stands between."""
    texts, spaces = words.texts, words.spaces
    glued = [not spaces[i] for i in kept]
    if len(kept) < len(words):
        for k, (i, following) in enumerate(pairwise([*kept, len(words)])):
            if following > i + 1 and any(spaces[j] or texts[j].isspace() for j in range(i + 1, following)):
                glued[k] = False
    return glued


def _openings(text: list[str], norm: list[str]) -> list[int]:
    return [
        i
        for i, word in enumerate(text)
        if word[0].isdigit()
        or (norm[i] in _OPENERS and (norm[i] not in _ARTICLES or not _BEHIND_ARTICLE.isdisjoint(norm[i + 1 : i + 2])))
        or (word[0] == "." and len(word) > 1)
    ]


class Reading:
    """Parallel lists over the items (tokens that are no markup) of a document.

    ``norm``, ``text``: the forms; ``stem``: the forms without plural; ``start``, ``end``: offsets in code points into
    the document's text (``whole``); ``glued``: whether the next item follows without white space; ``openings``: the
    items that a quantity may begin with; ``sentences``: half open ranges of items.

    A document of another tokenizer is read through glean's tokens and sentences; offsets hold in both.
    """

    __slots__ = ("end", "glued", "norm", "openings", "sentences", "start", "stem", "text", "whole")

    def __init__(self, doc: Doc) -> None:
        tokens = in_sentences(doc)
        words = words_of(tokens)
        texts, norms = words.texts, words.norms
        kept = [i for i, text in enumerate(texts) if norms[i] not in MARKUP and not text.isspace()]
        self.whole: str = words.text
        self.norm: list[str] = [norms[i] for i in kept]
        self.text: list[str] = [texts[i] for i in kept]
        self.stem: list[str] = list(map(stem, self.norm))
        self.start: list[int] = [words.starts[i] for i in kept]
        self.end: list[int] = [words.ends[i] for i in kept]
        self.glued = _glued(words, kept)
        self.openings = _openings(self.text, self.norm)
        bounds = [0, *(bisect_left(kept, i) for i in _begins(tokens)), len(kept)]
        self.sentences = [(a, b) for a, b in pairwise(bounds) if a < b]

    def __len__(self) -> int:
        return len(self.norm)

    def item_at(self, offset: int) -> int:
        """The first item that starts at or behind a character offset."""
        return bisect_left(self.start, offset)

    def item_over(self, offset: int) -> int:
        """The first item that ends behind a character offset: the one that stands there, or the next."""
        return bisect_right(self.end, offset)

    def piece(self, start: int, end: int) -> str:
        """The document's own text from item ``start`` up to item ``end`` (exclusive)."""
        return self.whole[self.start[start] : self.end[end - 1]] if start < end else ""
