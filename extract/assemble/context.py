"""What the words around a name say of its kind: lists, appositives, nouns for datasets.

Names in one list are mostly of one kind, and a list in front of "datasets" or behind "benchmarks:" holds datasets.
:func:`listed_datasets` finds the names of such lists that no pass took, :func:`cues` gives the evidence for those
that some pass did. Every walk through the tokens is bounded, so the time is linear in the text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from spacy.tokens import Doc, Token

from extract.prepare.fields import fields
from extract.record.resources import load_toml

_WORDS = {key: frozenset(words) for key, words in load_toml("assemble/context.toml").items()}
_DATASET, _JOINTS = _WORDS["dataset"], _WORDS["joints"]
_LIST_REACH, _NOUN_REACH, _TEST_REACH, _NAME_TOKENS, _PLACES = 24, 12, 12, 7, 6
Places = Mapping[str, Sequence[tuple[int, int]]]


def _is_cased(token: Token) -> bool:
    return any(c.isupper() or c.isdigit() for c in token.text)


def _name(doc: Doc, start: int, end: int) -> Iterator[str]:
    """The tokens ``start:end`` without the signs around them, where they can be a name."""
    while start < end and (doc[start].norm_ in _WORDS["starters"] or not any(c.isalnum() for c in doc[start].text)):
        start += 1
    while end > start and not (any(c.isalnum() for c in doc[end - 1].text) or doc[end - 1].text == "+"):
        end -= 1
    if 0 < end - start <= _NAME_TOKENS and any(c.isupper() for c in doc[start:end].text):
        yield doc[start:end].text


def _in_front(doc: Doc, noun: int) -> Iterator[str]:
    """Names of the list in front of the noun at ``noun``: "X, Y (Z) and W datasets"."""
    at, end = noun - 1, noun
    while at >= max(0, noun - _LIST_REACH):
        token = doc[at]
        if token.norm_ in _JOINTS or token.text in "()":
            yield from _name(doc, at + 1, end)
            end = at
        elif not (_is_cased(token) or token.text in {"-", ".", "+"}) or doc[at + 1].is_sent_start:
            break
        at -= 1
    yield from _name(doc, at + 1, end)


def _behind(doc: Doc, noun: int) -> Iterator[str]:
    """Names of the list behind the noun at ``noun``: "datasets (X, Y)", "benchmarks such as X and Y"."""
    at = noun + 1
    if at >= len(doc) or doc[at].norm_ not in _WORDS["openers"]:
        return
    while at < min(len(doc), noun + 5) and doc[at].norm_ in _WORDS["introducers"]:
        at += 1
    begin = at
    while at < min(len(doc), begin + _LIST_REACH):
        token = doc[at]
        if token.norm_ in _JOINTS or token.text in "()":
            yield from _name(doc, begin, at)
            begin = at + 1
        elif not (_is_cased(token) or token.text in {"-", "+"}) or token.is_sent_start:
            break
        at += 1
    yield from _name(doc, begin, at)


def listed_datasets(doc: Doc) -> set[str]:
    """Capitalised names in a list beside a noun for datasets."""
    nouns = [token.i for token in doc if token.norm_ in _DATASET]
    return {name for i in nouns for name in (*_in_front(doc, i), *_behind(doc, i))}


def _behind_bracket(doc: Doc, at: int) -> int:
    """The token behind the bracket that opens at ``at``; ``at`` itself where none does."""
    if at < len(doc) and doc[at].text == "(":
        for k in range(at, min(len(doc), at + 10)):
            if doc[k].text == ")":
                return k + 1
    return at


def _next_in_list(doc: Doc, end: int) -> int | None:
    """Where the next name of a list begins behind one that ends at ``end``, or ``None``."""
    start = at = _behind_bracket(doc, end)
    while at < len(doc) and at - start < 2 and doc[at].norm_ in _JOINTS:
        at += 1
    return at if at > start else None


def _noun_behind(doc: Doc, end: int) -> bool:
    """Whether a noun for datasets ends the list that goes on at ``end``."""
    for at in range(end, min(len(doc), end + _LIST_REACH // 2 + 2)):
        token = doc[at]
        if token.norm_ in _DATASET:
            return True
        if token.text in ".;:" or token.is_sent_start:
            return False
        if not (token.norm_ in _JOINTS or _is_cased(token) or token.text in "()-" or at - end < 2):
            return False
    return False


def _noun_in_front(doc: Doc, start: int) -> int | None:
    """How many tokens in front of ``start`` a noun for datasets opens the list, or ``None``."""
    for at in range(start - 1, max(-1, start - 1 - _LIST_REACH), -1):
        token = doc[at]
        if token.norm_ in _DATASET:
            return start - at
        small = token.norm_ in _JOINTS or token.norm_ in _WORDS["links"] or token.text in "():-"
        if token.text in ".;" or not (small or _is_cased(token)):
            return None
    return None


def _appositive(doc: Doc, end: int) -> str | None:
    """What "X, a ... NOUN" or "X is a ... NOUN" calls the name in front of ``end``."""
    at = end + 1 if end < len(doc) and doc[end].text == ")" else end
    if at + 1 >= len(doc) or not (doc[at].text in {",", "(", ":"} or doc[at].norm_ in {"is", "-", "as", "publicly"}):
        return None
    for token in doc[at + 1 : at + _NOUN_REACH]:
        if token.norm_ in _DATASET or token.norm_ in _WORDS["dataset_like"]:
            return "dataset"
        for kind in ("method", "metric"):
            if token.norm_ in _WORDS[kind]:
                return kind
        if token.text in ",.;:" or token.norm_ in _WORDS["ends"]:
            return None
    return None


def _is_tested_on(doc: Doc, start: int) -> bool:
    """Whether "evaluated on" or the like stands in front of ``start`` in its sentence."""
    if not start or doc[start - 1].norm_ not in _WORDS["testing_at"]:
        return False
    for at in range(start - 1, max(0, start - _TEST_REACH), -1):
        if doc[at].is_sent_start:
            return False
        if doc[at].norm_ in _WORDS["testing"]:
            return True
    return False


def brings_dataset(doc: Doc) -> bool:
    """Whether a sentence of the abstract says that the paper brings a dataset."""
    begin, left = fields(doc)[1], 0
    for token in doc:
        if token.is_sent_start:
            left = 0
        if token.idx >= begin and token.norm_ in _WORDS["bring"] and not left:
            left = _NOUN_REACH
        elif left:
            left -= 1
            if token.norm_ in _DATASET:
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
    found: dict[str, set[str]] = defaultdict(set)
    listed: dict[str, set[str]] = defaultdict(set)
    tokens: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for text, own in places.items():
        for start, end in own[:_PLACES]:
            span = doc.char_span(start, end, alignment_mode="expand")
            tokens[span.start].append((span.end, text))
    title_end = fields(doc)[0]
    nouns = _DATASET | _WORDS["dataset_like"]
    in_title = any(t.norm_ in nouns for t in doc if t.idx < title_end)
    brings = brings_dataset(doc)
    for start, names in tokens.items():
        front = _noun_in_front(doc, start)
        tested = _is_tested_on(doc, start)
        for end, text in names:
            following = _next_in_list(doc, end)
            for _, other in tokens.get(following, []) if following is not None else []:
                if other != text:
                    listed[text].add(other)
                    listed[other].add(text)
            called = _appositive(doc, end)
            found[text] |= {
                *(["noun_behind"] if _noun_behind(doc, end) else []),
                *(["noun_in_front"] if front is not None else []),
                *(["noun_close_in_front"] if front is not None and front < 5 else []),
                *([f"is_{called}"] if called else []),
                *(["tested_on"] if tested else []),
                *(["dataset_in_title"] if in_title else []),
                *(["brings_dataset"] if brings else []),
            }
    return found, listed
