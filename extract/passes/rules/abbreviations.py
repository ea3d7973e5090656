"""Abbreviations and their long forms.

After Schwartz and Hearst, "A simple algorithm for identifying abbreviation definitions in biomedical text"
(PSB 2003): a short form in brackets behind its long form, or a long form in brackets behind its short form; the
long form is the shortest stretch of words whose characters hold those of the short form in order, the first at
the start of a word. Two patterns of titles and abstracts are added: ``SHORT: Long Form ...`` at the start of a title
and ``Long Form, or SHORT``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from extract.prepare.fields import fields
from extract.prepare.scan import placed, scanned

_OPEN, _CLOSE = {"(", "["}, {")", "]"}
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
    letters = sum(c.isalnum() for c in short)
    begin, words = end, 0
    while begin > first and words < min(letters + 5, letters * 2):
        token = doc[begin - 1]
        if token.text in _OPEN | _CLOSE | {".", ";", ":", "?", "!"} or token.is_space:
            break
        begin -= 1
        words += token.text[0].isalnum() and (begin == 0 or doc[begin - 1].text != "-")
    if begin == end:
        return None
    stretch = doc[begin:end]
    forms = [short]
    if len(short) > 2 and short[-1] == "s" and short[-2].isupper():
        forms.append(short[:-1])
    for form in forms:
        start = _by_initials(form, stretch.text)
        if start is None:
            start = best_long_form(form, stretch.text)
        if start is not None:
            offset = stretch.start_char + start
            span = doc.char_span(offset, stretch.end_char)
            if span is not None and _plausible(form, span.text):
                return span
    return None


def _closing(doc: Doc, at: int) -> int | None:
    """The bracket that closes the one at ``at``, within a few tokens."""
    for k in range(at + 1, min(at + 16, len(doc))):
        if doc[k].text in _OPEN:
            return None
        if doc[k].text in _CLOSE:
            return k
    return None


def find_abbreviations(doc: Doc) -> Iterator[tuple[Span, Span]]:
    """Yields ``(short form, long form)`` of each definition in ``doc``."""
    for i, token in enumerate(doc):
        if token.text not in _OPEN or i == 0:
            continue
        close = _closing(doc, i)
        if close is None or close == i + 1:
            continue
        end = next((k for k in range(i + 1, close) if doc[k].text in {",", ";"}), close)
        inside = doc[i + 1 : end]
        if len(inside) and len(inside) <= _MAX_SHORT_TOKENS and _is_short(inside.text):
            long = _long_before(doc, 0, i, inside.text)
            if long is not None:
                yield inside, long
                continue
        # SHORT (long form)
        inside = doc[i + 1 : close]
        before = i - 1
        while before > 0 and not doc[before - 1].whitespace_ and not doc[before - 1].is_space and i - before < 6:
            before -= 1
        short = doc[before:i]
        is_acronym = _is_short(short.text) and " " not in short.text and sum(c.isupper() for c in short.text) > 1
        if len(inside.text.split()) >= 2 and is_acronym:
            start = best_long_form(short.text, inside.text)
            if start == 0 and _plausible(short.text, inside.text):
                yield short, inside
    yield from _in_title(doc)
    yield from _alternatives(doc)


def _in_title(doc: Doc) -> Iterator[tuple[Span, Span]]:
    """``SHORT: Long Form ...``: words behind the colon whose initials spell the short form."""
    title_end, _ = fields(doc)
    colon = next((t.i for t in doc if t.idx < title_end and t.text == ":"), None)
    if not colon:
        return
    short = doc[0:colon]
    letters = [c.casefold() for c in short.text if c.isalnum()]
    if not _is_short(short.text) or " " in short.text or len(letters) < 3:
        return
    k, last = 0, None
    for token in doc[colon + 1 :]:
        if token.idx >= title_end or k == len(letters):
            break
        if token.text[0].casefold() == letters[k]:
            k, last = k + 1, token.i
        elif token.text.casefold() not in _STOP and token.text != "-":
            break
    if k == len(letters) and last is not None:
        yield short, doc[colon + 1 : last + 1]


def _alternatives(doc: Doc) -> Iterator[tuple[Span, Span]]:
    """``Long Form, or SHORT``."""
    for i in range(1, len(doc) - 2):
        if doc[i].text == "," and doc[i + 1].norm_ == "or":
            end = i + 3
            while end < len(doc) and not doc[end - 1].whitespace_ and (doc[end].text == "-" or doc[end].is_alpha):
                end += 1
            short = doc[i + 2 : end]
            if short.text.isupper() and len(short.text) > 2 and _is_short(short.text):
                long = _long_before(doc, 0, i, short.text)
                if long is not None:
                    yield short, long


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
