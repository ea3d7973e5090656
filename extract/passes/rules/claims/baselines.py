"""Candidates for what a row is compared with.

They stand behind words of comparison ("than X", "compared to X"), behind verbs ("outperforms X", "keeps the accuracy
of X"), behind words of likeness ("on par with X"), or say themselves that they are older ("the original model").
What stands in the sentence before, and what the row before was compared with, were tried: no gain in cross-validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from extract.passes.rules.claims.cues import Sentence
from extract.passes.rules.claims.features import word
from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.phrases import noun_phrase, phrase_around
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.slots import Candidate, Row, null, where
from extract.passes.rules.claims.vocabulary import ACHIEVED, AFTER_THAN, LEFT_EDGE

Span = tuple[int, int]
_SKIPPED = ("to", "with", "over", "on", "both", "even")
_AGAINST = {"than", "over", "compared", "versus"}
_LIKE = ("to", "with", "as", "against", "than")
_LIKE_REACH = 5
"""Items between a word of likeness and the preposition behind it ("similar top-1 accuracy to X")."""
_LONGEST_LIST = 4
"""Members of a list of phrases that are looked at."""
_HEAD = 4
"""Items into a sentence within which a phrase stands at its head ("Compared to X, ...")."""
_STRONG = {f"cue={label}" for label in ("than", "over", "compared", "versus", "beat", "beat-too")}
_PLACES = ("crossed", "side")
"""The rules of the place that are weighed with the cue."""


def _openings(r: Reading, s: Sentence, q: Quantity) -> Iterator[tuple[int, str]]:
    """Where a phrase may begin that names what is compared with, and the cue that says so."""
    yield from ((c.end, c.label) for c in s.of("against") if c.label != "of")
    verbs = s.of("verb")
    yield from ((v.end, "beat") for v in verbs if v.label == "beat")
    yield from ((v.end, "verb-keep") for v in verbs if v.label == "keep")
    yield from ((v.end, f"verb-{v.label}") for v in verbs if v.label in ("reduce", "improve", "speed"))
    yield from ((c.end, "of") for c in s.of("against") if c.label == "of" and q.start <= c.start <= q.end + 6)
    yield from _second_beaten(r, s, q)
    for cue in s.of("likeness"):
        stop = min(cue.end + _LIKE_REACH, s.end)
        behind = next((i for i in range(cue.end, stop) if r.norm[i] in _LIKE), None)
        if behind is not None:
            yield behind + 1, f"like-{cue.label}"


def _second_beaten(r: Reading, s: Sentence, q: Quantity) -> Iterator[tuple[int, str]]:
    """ "outperforms X by 3% and Y by 5%": where Y begins, for the second number."""
    left = max((x for x in s.quantities if x.end <= q.first), key=lambda x: x.end, default=None)
    if left is None or not any(v.label == "beat" and v.end <= left.start for v in s.of("verb")):
        return
    i = left.end
    while i < q.first and r.norm[i] in (",", "and"):
        i += 1
    if left.end < i < q.first:
        yield i, "beat-too"


def _trimmed(r: Reading, s: Sentence, span: Span | None) -> Span | None:
    """A phrase up to the number behind it and without the adverbs before that; nothing if no phrase is left."""
    if span is None:
        return None
    start, end = span
    end = min([end, *(x.start for x in s.quantities if x.end > start)])
    while end > start and (r.norm[end - 1] in LEFT_EDGE or r.norm[end - 1].endswith("ly")):
        end -= 1
    return (start, end) if end > start else None


def _owner(r: Reading, s: Sentence, i: int) -> int | None:
    """Where the owner of a measure begins: "the accuracy | of X", "the accuracy | achieved by X"."""
    if i + 2 < s.end and r.norm[i] in ACHIEVED and r.norm[i + 1] == "by":
        return i + 2
    return i + 1 if i + 1 < s.end and r.norm[i] in ("of", "for") else None


def _cued(r: Reading, s: Sentence, q: Quantity) -> Iterator[tuple[str, list[Span]]]:
    """The phrases behind each cue; where they are a list, its members in order."""
    topics = {c.start: c.end for c in (*s.of("metric"), *s.of("quantity"))}
    for i, label in _openings(r, s, q):
        group: list[Span] = []
        while i < s.end and len(group) < _LONGEST_LIST:
            while (
                i < s.end and not group and (r.norm[i] in _SKIPPED or (label in _AGAINST and r.norm[i] in AFTER_THAN))
            ):
                i += 1
            span = noun_phrase(r, s, i)
            if span is not None and label.startswith(("verb", "beat")) and not group:
                head = max((topics[k] for k in range(*span) if k in topics), default=0)
                # a participle behind the measure may be read as part of the phrase
                if head in (span[1], span[1] - 1) and (owner := _owner(r, s, head)) is not None:
                    span, label = noun_phrase(r, s, owner), f"{label}-of"
            span = _trimmed(r, s, span)
            if span is None or (label == "of" and span[1] in topics.values()):
                break  # "5% of the training time" is no share of a method
            group.append(span)
            i = span[1]
            if i + 1 < s.end and r.norm[i] in (",", "and", "or") and label != "of":
                i += 2 if r.norm[i + 1] in ("and", "or") else 1
                if any(v.start == i for v in s.of("verb")):
                    break
            else:
                break
        if group:
            yield label, group


def _older(r: Reading, s: Sentence) -> Iterator[Span]:
    """Phrases that say themselves that they are older: "existing works", "their dense counterparts"."""
    for cue in (*s.of("manner"), *s.of("noun")):
        if cue.label in ("prior", "sota"):
            span = _trimmed(r, s, phrase_around(r, s, cue.start))
            if span is not None and span[1] > cue.start:
                # "Llama3.2-1B baseline" begins with its name, whatever the signs in it
                yield min([span[0], *(a for a, b, _ in s.names if a < span[0] < b)]), span[1]


def _overlaps(span: Span, others: dict[Span, list[str]]) -> bool:
    return any(a < span[1] and span[0] < b for a, b in others)


def _in_sentence(row: Row) -> dict[Span, list[str]]:
    """The candidates of the sentence, each with the rules of how it was found."""
    r, s, q = row.r, row.s, row.q
    found: dict[Span, list[str]] = {}
    misaligned: set[Span] = set()
    for label, group in _cued(r, s, q):
        for order, span in enumerate(group):
            rules = found.setdefault(span, [])
            rules += [
                f"cue={label}",
                f"cue={label}&order{order}",
                f"cue={label}&{row.sense.pattern}",
                f"cue={label}&{row.tag}",
                f"cue={label}&{row.sense.direction}",
            ]
        if q.size > 1 and len(group) == q.size:
            # "by 3x and 2x over A and B": each its own
            misaligned.update(group[: q.place] + group[q.place + 1 :])
            found[group[q.place]].append("aligned")
    for span in misaligned:
        if "aligned" not in found[span]:
            del found[span]
    for span in _older(r, s):
        if not _overlaps(span, found):
            found[span] = ["cue=older", f"cue=older&{row.sense.pattern}", f"cue=older&{row.tag}"]
    for start, end, label in s.names:
        if (
            label == "METHOD"
            and not any(a <= start and end <= b for a, b in found)
            and not any(label2 == "PROPOSED" and a == start for a, _, label2 in s.names)
        ):
            found.setdefault((start, end), ["named"])
    return found


def _looks(row: Row, s: Sentence, span: Span) -> list[str]:
    """The rules of the phrase itself."""
    r, (start, end) = row.r, span
    inner = {label for a, b, label in s.names if start <= a and b <= end}
    rules = [f"holds={label}" for label in inner] or ["holds=-"]
    rules.append(f"head={word(r, end - 1, s.begin, s.end)}")
    rules.append(f"first={word(r, start, s.begin, s.end)}")
    prior = any(start <= c.start < end and c.label == "prior" for c in s.of("manner"))
    sota = any(start <= c.start < end and c.label == "sota" for c in s.of("noun"))
    rules.append(f"prior={prior or sota}")
    ends = [c.end for c in (*s.of("metric"), *s.of("quantity")) if start <= c.start < end]
    # the words of a method's name are no topic
    if ends and not any(b == end and label == "METHOD" for _, b, label in s.names):
        rules.append("holds-topic")
        if end in ends:
            rules.append("is-topic")
    if r.piece(start, end) in row.proposed or "PROPOSED" in inner:
        rules.append("is-proposed")
    return rules


def baseline_candidates(row: Row) -> list[Candidate]:
    """What the row is compared with: phrases of its sentence, or none."""
    r, s, q = row.r, row.s, row.q
    found = _in_sentence(row)
    spans = sorted(found)
    right = [x for x in spans if x[0] >= q.last and "named" not in found[x]]
    candidates = []
    strong = [x for x in spans if not _STRONG.isdisjoint(found[x])]
    for span in spans:
        place = where(row, *span)
        rules = found[span] + place + _looks(row, s, span)
        cues = sorted({rule for rule in found[span] if "&" not in rule})
        if span[0] - s.begin <= _HEAD:
            rules += [f"{cue}&sentence-head" for cue in cues]
        if s.end - span[1] <= 1:
            rules += [f"{cue}&sentence-tail" for cue in cues]
        rules += [f"{cue}&{rule}" for cue in cues for rule in place if rule.startswith(_PLACES) and "&" not in rule]
        rules.append(f"strong={span in strong}&others={bool(strong)}")
        if q.size > 1 and span in right and len(right) >= q.size:
            rules.append(f"aligned={right.index(span) == q.place}")
        candidates.append(Candidate(r.piece(*span), rules, span))
    cued = sum("named" not in found[span] for span in spans)
    candidates.append(Candidate(None, [*null(row, cued), f"none&own={bool(strong)}"]))
    return candidates
