"""Abbreviations and their long forms.

After Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text"
(PSB 2003): a short form in brackets behind its long form, or a long form in brackets behind its short form; the
long form is the shortest stretch of words whose characters hold those of the short form in order, the first at
the start of a word. Two patterns of titles and abstracts are added: ``SHORT: Long Form ...`` at the start of a title
and ``Long Form, or SHORT``.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from extract.prepare.fields import fields
from extract.prepare.scan import placed, scanned
from extract.prepare.words import words_of

_OPEN, _CLOSE = {"(", "["}, {")", "]"}
_BORDERS = _OPEN | _CLOSE | {".", ";", ":", "?", "!"}
_MAX_SHORT_TOKENS = 6
_MAX_SHORT_CHARS = 16
_STOP = {"the", "a", "an", "of", "and", "or", "in", "on", "for", "to", "with", "by", "our", "this", "these"}
_STOP |= {"which", "that", "is", "are", "we", "called", "named"}


def _is_short(text: str) -> bool:
    """Whether a text can be a short form: 2 to 16 characters, letters among them, a capital or a digit."""
    if not 2 <= len(text) <= _MAX_SHORT_CHARS or not text[0].isalnum():
        return False
    if sum(c == " " for c in text) > 1:
        return False
    return any(c.isalpha() for c in text) and any(c.isupper() for c in text)


def best_long_form(short: str, words: str) -> int | None:
    """Where the long form of ``short`` begins in ``words`` (it ends at their end), or ``None``.

    The algorithm of the paper: both are read from right to left, and each character of the short form must be
    found in the long form, the first one at the start of a word.
    """
    at = len(words) - 1
    for k in range(len(short) - 1, -1, -1):
        char = short[k].casefold()
        if not char.isalnum():
            continue
        while at >= 0 and (words[at].casefold() != char or (k == 0 and at > 0 and words[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return None
        at -= 1
    start = at + 1
    while start > 0 and words[start - 1].isalnum():
        start -= 1
    return start


def _by_initials(short: str, words: str) -> int | None:
    """Where the last words of ``words`` begin whose initials spell ``short``, or ``None``.

    The shortest match of the paper stops too early where an initial repeats ("self-supervised learning (SSL)").
    """
    letters = [c.casefold() for c in short if c.isalnum()]
    starts = [k for k, c in enumerate(words) if c.isalnum() and (k == 0 or not words[k - 1].isalnum())]
    if len(letters) < 3 or len(starts) < len(letters):
        return None
    last = starts[-len(letters) :]
    if [words[k].casefold() for k in last] == letters and (last[0] == 0 or words[last[0] - 1] != "-"):
        return last[0]
    return None


def _plausible(short: str, long: str) -> bool:
    """Filters of the paper: longer than the short form, no more than min(|A| + 5, 2|A|) words, not holding it."""
    words = long.split()
    letters = sum(c.isalnum() for c in short)
    if len(long) <= len(short) or short in words:
        return False
    if len(words) > min(letters + 5, letters * 2) + long.count("-"):
        return False
    # plural short forms end in a small s that needs no letter in the long form
    return words[0].casefold() not in _STOP


def _long_before(doc: Doc, first: int, end: int, short: str) -> Span | None:
    """The long form of ``short`` among the tokens ``first:end``."""
    tokens = words_of(doc)
    texts = tokens.texts
    letters = sum(c.isalnum() for c in short)
    begin, words = end, 0
    while begin > first and words < min(letters + 5, letters * 2):
        text = texts[begin - 1]
        if text in _BORDERS or text.isspace():
            break
        begin -= 1
        words += text[0].isalnum() and (begin == 0 or texts[begin - 1] != "-")
    if begin == end:
        return None
    stretch = tokens.piece(begin, end)
    forms = [short]
    if len(short) > 2 and short[-1] == "s" and short[-2].isupper():
        forms.append(short[:-1])
    for form in forms:
        start = _by_initials(form, stretch)
        if start is None:
            start = best_long_form(form, stretch)
        if start is not None:
            span = doc.char_span(tokens.starts[begin] + start, tokens.ends[end - 1])
            if span is not None and _plausible(form, span.text):
                return span
    return None


def _closing(texts: Sequence[str], at: int) -> int | None:
    """The bracket that closes the one at ``at``, within a few tokens."""
    for k in range(at + 1, min(at + 16, len(texts))):
        if texts[k] in _OPEN:
            return None
        if texts[k] in _CLOSE:
            return k
    return None


def find_abbreviations(doc: Doc) -> Iterator[tuple[Span, Span]]:
    """Yields ``(short form, long form)`` of each definition in ``doc``."""
    tokens = words_of(doc)
    texts, spaces = tokens.texts, tokens.spaces
    for i in [k for k, text in enumerate(texts) if text in _OPEN and k]:
        close = _closing(texts, i)
        if close is None or close == i + 1:
            continue
        end = next((k for k in range(i + 1, close) if texts[k] in {",", ";"}), close)
        inside = tokens.piece(i + 1, end)
        if 0 < end - i - 1 <= _MAX_SHORT_TOKENS and _is_short(inside):
            long = _long_before(doc, 0, i, inside)
            if long is not None:
                yield doc[i + 1 : end], long
                continue
        # SHORT (long form)
        inside = tokens.piece(i + 1, close)
        before = i - 1
        while before > 0 and not spaces[before - 1] and not texts[before - 1].isspace() and i - before < 6:
            before -= 1
        short = tokens.piece(before, i)
        is_acronym = _is_short(short) and " " not in short and sum(c.isupper() for c in short) > 1
        if len(inside.split()) >= 2 and is_acronym:
            start = best_long_form(short, inside)
            if start == 0 and _plausible(short, inside):
                yield doc[before:i], doc[i + 1 : close]
    yield from _in_title(doc)
    yield from _alternatives(doc)


def _in_title(doc: Doc) -> Iterator[tuple[Span, Span]]:
    """``SHORT: Long Form ...``: words behind the colon whose initials spell the short form."""
    tokens = words_of(doc)
    title = tokens.texts[: bisect_left(tokens.starts, fields(doc)[0])]
    colon = title.index(":") if ":" in title else 0
    short = tokens.piece(0, colon)
    letters = [c.casefold() for c in short if c.isalnum()]
    if not _is_short(short) or " " in short or len(letters) < 3:
        return
    k, last = 0, None
    for i in range(colon + 1, len(title)):
        if k == len(letters):
            break
        if title[i][0].casefold() == letters[k]:
            k, last = k + 1, i
        elif title[i].casefold() not in _STOP and title[i] != "-":
            break
    if k == len(letters) and last is not None:
        yield doc[0:colon], doc[colon + 1 : last + 1]


def _alternatives(doc: Doc) -> Iterator[tuple[Span, Span]]:
    """``Long Form, or SHORT``."""
    tokens = words_of(doc)
    texts, norms, spaces = tokens.texts, tokens.norms, tokens.spaces
    for i in range(1, len(texts) - 2):
        if texts[i] == "," and norms[i + 1] == "or":
            end = i + 3
            while end < len(texts) and not spaces[end - 1] and (texts[end] == "-" or texts[end].isalpha()):
                end += 1
            short = tokens.piece(i + 2, end)
            if short.isupper() and len(short) > 2 and _is_short(short):
                long = _long_before(doc, 0, i, short)
                if long is not None:
                    yield doc[i + 2 : end], long


class Abbreviations:
    """Sets ``doc.spans["glean_short"]`` and ``["glean_long"]``: the i-th short form belongs to the i-th long form."""

    def __init__(self, name: str = "glean_abbreviations") -> None:
        self.name = name

    def __call__(self, doc: Doc) -> Doc:
        """Finds the definitions in ``doc``."""
        pairs = list(find_abbreviations(scanned(doc)))
        doc.spans["glean_short"] = [placed(short, doc) for short, _ in pairs]
        doc.spans["glean_long"] = [placed(long, doc) for _, long in pairs]
        return doc


@Language.factory("glean_abbreviations", assigns=["doc.spans"])
def make_abbreviations(nlp: Language, name: str) -> Callable[[Doc], Any]:
    """The factory of the abbreviation component."""
    return Abbreviations(name)
