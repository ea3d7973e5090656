"""What the words around a name say of its kind: lists, appositives, nouns for datasets.

Names in one list are mostly of one kind, and a list in front of "datasets" or behind "benchmarks:" holds datasets.
:func:`listed_datasets` finds the names of such lists that no pass took, :func:`cues` gives the evidence for those
that some pass did. Every walk through the tokens is bounded, so the time is linear in the text.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from spacy.tokens import Doc

from extract.prepare.fields import fields
from extract.prepare.words import sentence_begins, words_of
from extract.record.resources import load_toml

_WORDS = {key: frozenset(words) for key, words in load_toml("assemble/context.toml").items()}
_DATASET, _JOINTS = _WORDS["dataset"], _WORDS["joints"]
_DATASETS_AND_ALIKE = _DATASET | _WORDS["dataset_like"]
_LIST_REACH, _NOUN_REACH, _TEST_REACH, _NAME_TOKENS, _PLACES = 24, 12, 12, 7, 6
Places = Mapping[str, Sequence[tuple[int, int]]]


def _is_cased(text: str) -> bool:
    return any(c.isupper() or c.isdigit() for c in text)


class _Lists:
    """Walks through the lists and sentences of one ``Doc``."""

    def __init__(self, doc: Doc) -> None:
        self.words = words_of(doc)
        self.texts, self.norms = self.words.texts, self.words.norms
        self.begins = sentence_begins(doc)

    def name(self, start: int, end: int) -> Iterator[str]:
        """The tokens ``start:end`` without the signs around them, where they can be a name."""
        texts = self.texts
        while start < end and (self.norms[start] in _WORDS["starters"] or not any(map(str.isalnum, texts[start]))):
            start += 1
        while end > start and not (any(map(str.isalnum, texts[end - 1])) or texts[end - 1] == "+"):
            end -= 1
        if 0 < end - start <= _NAME_TOKENS:
            text = self.words.piece(start, end)
            if any(map(str.isupper, text)):
                yield text

    def in_front(self, noun: int) -> Iterator[str]:
        """Names of the list in front of the noun at ``noun``: "X, Y (Z) and W datasets"."""
        at, end = noun - 1, noun
        while at >= max(0, noun - _LIST_REACH):
            text = self.texts[at]
            if self.norms[at] in _JOINTS or text in "()":
                yield from self.name(at + 1, end)
                end = at
            elif not (_is_cased(text) or text in {"-", ".", "+"}) or self.begins[at + 1]:
                break
            at -= 1
        yield from self.name(at + 1, end)

    def behind(self, noun: int) -> Iterator[str]:
        """Names of the list behind the noun at ``noun``: "datasets (X, Y)", "benchmarks such as X and Y"."""
        at, length = noun + 1, len(self.texts)
        if at >= length or self.norms[at] not in _WORDS["openers"]:
            return
        while at < min(length, noun + 5) and self.norms[at] in _WORDS["introducers"]:
            at += 1
        begin = at
        while at < min(length, begin + _LIST_REACH):
            text = self.texts[at]
            if self.norms[at] in _JOINTS or text in "()":
                yield from self.name(begin, at)
                begin = at + 1
            elif not (_is_cased(text) or text in {"-", "+"}) or self.begins[at]:
                break
            at += 1
        yield from self.name(begin, at)

    def behind_bracket(self, at: int) -> int:
        """The token behind the bracket that opens at ``at``; ``at`` itself where none does."""
        if at < len(self.texts) and self.texts[at] == "(":
            for k in range(at, min(len(self.texts), at + 10)):
                if self.texts[k] == ")":
                    return k + 1
        return at

    def next_name(self, end: int) -> int | None:
        """Where the next name of a list begins behind one that ends at ``end``, or ``None``."""
        start = at = self.behind_bracket(end)
        while at < len(self.norms) and at - start < 2 and self.norms[at] in _JOINTS:
            at += 1
        return at if at > start else None

    def noun_behind(self, end: int) -> bool:
        """Whether a noun for datasets ends the list that goes on at ``end``."""
        for at in range(end, min(len(self.texts), end + _LIST_REACH // 2 + 2)):
            text, norm = self.texts[at], self.norms[at]
            if norm in _DATASET:
                return True
            if text in ".;:" or self.begins[at]:
                return False
            if not (norm in _JOINTS or at - end < 2 or text in "()-" or _is_cased(text)):
                return False
        return False

    def noun_in_front(self, start: int) -> int | None:
        """How many tokens in front of ``start`` a noun for datasets opens the list, or ``None``."""
        for at in range(start - 1, max(-1, start - 1 - _LIST_REACH), -1):
            text, norm = self.texts[at], self.norms[at]
            if norm in _DATASET:
                return start - at
            if text in ".;" or not (norm in _JOINTS or norm in _WORDS["links"] or text in "():-" or _is_cased(text)):
                return None
        return None

    def appositive(self, end: int) -> str | None:
        """What "X, a ... NOUN" or "X is a ... NOUN" calls the name in front of ``end``."""
        texts, norms = self.texts, self.norms
        at = end + 1 if end < len(texts) and texts[end] == ")" else end
        if at + 1 >= len(texts) or not (texts[at] in {",", "(", ":"} or norms[at] in {"is", "-", "as", "publicly"}):
            return None
        for text, norm in zip(texts[at + 1 : at + _NOUN_REACH], norms[at + 1 : at + _NOUN_REACH], strict=True):
            if norm in _DATASETS_AND_ALIKE:
                return "dataset"
            for kind in ("method", "metric"):
                if norm in _WORDS[kind]:
                    return kind
            if text in ",.;:" or norm in _WORDS["ends"]:
                return None
        return None

    def is_tested_on(self, start: int) -> bool:
        """Whether "evaluated on" or the like stands in front of ``start`` in its sentence."""
        if not start or self.norms[start - 1] not in _WORDS["testing_at"]:
            return False
        for at in range(start - 1, max(0, start - _TEST_REACH), -1):
            if self.begins[at]:
                return False
            if self.norms[at] in _WORDS["testing"]:
                return True
        return False


def listed_datasets(doc: Doc) -> set[str]:
    """Capitalised names in a list beside a noun for datasets."""
    lists = _Lists(doc)
    nouns = [i for i, norm in enumerate(lists.norms) if norm in _DATASET]
    return {name for i in nouns for name in (*lists.in_front(i), *lists.behind(i))}


def brings_dataset(doc: Doc) -> bool:
    """Whether a sentence of the abstract says that the paper brings a dataset."""
    words, begins = words_of(doc), sentence_begins(doc)
    if _DATASET.isdisjoint(words.norms):
        return False
    left = 0
    for i in range(bisect_left(words.starts, fields(doc)[1]), len(words)):
        norm = words.norms[i]
        if begins[i]:
            left = 0
        if not left and norm in _WORDS["bring"]:
            left = _NOUN_REACH
        elif left:
            left -= 1
            if norm in _DATASET:
                return True
    return False


def cues(doc: Doc, places: Places) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The evidence around each name.

    Args:
        doc: the paper.
        places: where each name stands, in characters of ``doc.text``.

    Returns:
        for each name its cues, and the names that stand next to it in a list.
    """
    lists = _Lists(doc)
    found: dict[str, set[str]] = defaultdict(set)
    listed: dict[str, set[str]] = defaultdict(set)
    tokens: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for text, own in places.items():
        for start, end in own[:_PLACES]:
            first, behind = lists.words.bounds(start, end)
            tokens[first].append((behind, text))
    title = lists.norms[: bisect_left(lists.words.starts, fields(doc)[0])]
    in_title = not _DATASETS_AND_ALIKE.isdisjoint(title)
    brings = brings_dataset(doc)
    for start, names in tokens.items():
        front = lists.noun_in_front(start)
        tested = lists.is_tested_on(start)
        for end, text in names:
            following = lists.next_name(end)
            for _, other in tokens.get(following, []) if following is not None else []:
                if other != text:
                    listed[text].add(other)
                    listed[other].add(text)
            called = lists.appositive(end)
            found[text] |= {
                *(["noun_behind"] if lists.noun_behind(end) else []),
                *(["noun_in_front"] if front is not None else []),
                *(["noun_close_in_front"] if front is not None and front < 5 else []),
                *([f"is_{called}"] if called else []),
                *(["tested_on"] if tested else []),
                *(["dataset_in_title"] if in_title else []),
                *(["brings_dataset"] if brings else []),
            }
    return found, listed
