"""A ``Doc`` as the claim rules read it: tokens without markup and white space, in plain lists."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise

from spacy.tokens import Doc

from extract.passes.rules.claims.vocabulary import MARKUP
from extract.prepare.sentences import in_sentences, sentence_starts
from extract.prepare.words import sentence_begins, words_of


def stem(norm: str) -> str:
    """A word without its plural: enough to find it in a list of nouns."""
    if len(norm) > 3 and norm[-1] == "s" and norm[-2] not in "su":
        if norm.endswith("ies") and len(norm) > 4:
            return norm[:-3] + "y"
        return norm[:-1]
    return norm


class Reading:
    """Parallel lists over the items (tokens that are no markup) of a document.

    ``norm``, ``text``: the forms; ``start``, ``end``: offsets in code points into ``doc.text``; ``glued``:
    whether the next item follows without white space; ``sentences``: half open ranges of items.

    A document of another tokenizer is read through glean's tokens and sentences; offsets hold in both.
    """

    __slots__ = ("doc", "end", "glued", "norm", "sentences", "start", "stem", "text", "whole")

    def __init__(self, doc: Doc) -> None:
        self.doc = doc
        self.whole = words_of(doc).text
        self.norm: list[str] = []
        self.text: list[str] = []
        self.start: list[int] = []
        self.end: list[int] = []
        self.glued: list[bool] = []
        tokens = in_sentences(doc)
        words = words_of(tokens)
        begins = sentence_begins(tokens) if tokens.has_annotation("SENT_START") else sentence_starts(tokens)
        bounds: list[int] = []
        opened = True
        for i, (norm, text, space) in enumerate(zip(words.norms, words.texts, words.spaces, strict=True)):
            if begins[i]:
                opened = True
            if norm in MARKUP or text.isspace():
                if self.glued and (space or text.isspace()):
                    self.glued[-1] = False
                continue
            if opened:
                bounds.append(len(self.norm))
                opened = False
            self.norm.append(norm)
            self.text.append(text)
            self.start.append(words.starts[i])
            self.end.append(words.ends[i])
            self.glued.append(not space)
        bounds.append(len(self.norm))
        self.stem = [stem(norm) for norm in self.norm]
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
