"""Pieces of text around a cue: a measure with its modifiers, what stands behind "than", names by their shape."""

from __future__ import annotations

from extract.passes.rules.claims.cues import Cue, Sentence
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.vocabulary import DETERMINERS, STOPS

_NO_MODIFIER = {"verb", "noun", "comparative", "against", "manner"}
_PART_OF_NAME = {"-", "/", "+", "@", "."}
_PRONOUNS = {
    "it",
    "them",
    "those",
    "that",
    "this",
    "which",
    "one",
    "ones",
    "other",
    "others",
    "what",
    "when",
    "using",
    "both",
}
_LONGEST = 12


def measure(r: Reading, s: Sentence, cue: Cue) -> tuple[int, int]:
    """A metric cue with its modifiers: "zero-shot top-1 accuracy", "word error rate" (half open items)."""
    blocked: set[int] = set()
    for category in _NO_MODIFIER:
        for other in s.of(category):
            blocked.update(range(other.start, other.end))
    for q in s.quantities:
        blocked.update(range(q.start, q.end))
    start, end = cue.start, cue.end
    while start > s.begin and cue.start - start < 3:
        word = r.norm[start - 1]
        if word == "-" and start - 2 >= s.begin and r.glued[start - 2] and r.glued[start - 1]:
            if start - 2 in blocked or not r.norm[start - 2][0].isalnum():
                break
            start -= 2
            continue
        if (
            start - 1 in blocked
            or word in STOPS
            or word in DETERMINERS
            or not word[0].isalpha()
            or word.endswith(("ly", "ing", "ed", "s"))
        ):
            break
        start -= 1
    if end < s.end and r.norm[end] == "@" and end + 1 < s.end:
        end += 2
    elif end < s.end and r.norm[end] in ("score", "scores", "rate", "rates") and end not in blocked:
        end += 1
    return start, end


def noun_phrase(r: Reading, s: Sentence, i: int) -> tuple[int, int] | None:
    """The noun phrase that starts at item ``i``, without its determiner; ``None`` for pronouns and figures."""
    begin = i
    while i < s.end and i - begin < 2 and r.norm[i] in ("the", "a", "an", "our", "its", "their", "those", "of", "that"):
        i += 1
    start = i
    # "fine-tuning" and "pre-trained" may be part of a name, as "full fine-tuning" is
    verbs = {v.start for v in s.of("verb") if not r.norm[v.end - 1].endswith(("ed", "ing"))}
    while i < s.end and i - start < _LONGEST:
        word = r.norm[i]
        if word == "-" and i + 1 < s.end and r.glued[i - 1] and r.glued[i]:
            i += 2
            continue
        if word in ("/", "+", "&", "'s", "’s") and i > start:
            i += 1
            continue
        if word == "." and r.glued[i] and i > start and i + 1 < s.end and r.norm[i + 1][0].isalnum():
            i += 1
            continue
        if word == "of" and i > start and r.norm[i - 1] in ("state", "family", "variant", "version"):
            i += 1
            continue
        if word in STOPS and not (word == "like" and i == start):
            break
        if i in verbs and i > start:
            break
        i += 1
    if i == start or (r.norm[start] in _PRONOUNS and not (r.norm[start] == "other" and i > start + 1)):
        return None
    if all(not r.norm[k][0].isalpha() for k in range(start, i)):
        return None
    return start, i


def phrase_around(r: Reading, s: Sentence, i: int) -> tuple[int, int] | None:
    """The noun phrase that holds item ``i``, without its determiner: "dense counterparts" around "counterparts"."""
    taken = {k for c in s.of("verb") for k in range(c.start, c.end)}
    start = i
    while start > s.begin and i - start < _LONGEST:
        k = start - 1
        if r.norm[k] == "-" and k > s.begin and r.glued[k] and r.glued[k - 1]:
            start -= 2
            continue
        if r.norm[k] in STOPS or r.norm[k] in DETERMINERS or k in taken or not r.norm[k][0].isalpha():
            break
        start = k
    span = noun_phrase(r, s, start)
    return span if span is not None and span[1] > i else None


def shaped_name(r: Reading, s: Sentence, i: int) -> tuple[int, int] | None:
    """A name by its capitals and digits that starts at item ``i``: ``ImageNet``, ``MS COCO``, ``LRS3-TED``."""
    start = i
    while i < s.end and i - start < 6:
        text = r.text[i]
        if text in _PART_OF_NAME and r.glued[i] and i > start and r.glued[i - 1]:
            i += 1
            continue
        if not any(ch.isupper() for ch in text) and not (
            i > start and (text[0].isdigit() and (r.norm[i - 1] == "-" or r.norm[i + 1 : i + 2] != ["%"]))
        ):
            break
        i += 1
    while i > start and (r.text[i - 1] in _PART_OF_NAME):
        i -= 1
    return (start, i) if i > start and any(ch.isupper() for ch in r.text[start]) else None
