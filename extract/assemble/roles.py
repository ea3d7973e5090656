"""Whether the paper proposes an entity: the cues of all its mentions, weighed by a fitted model."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from spacy.tokens import Doc

from extract.assemble.certainty import own_certainty
from extract.assemble.frequency import frequency, rarest_word
from extract.assemble.linking import known_id
from extract.assemble.mentions import Mention
from extract.passes.rules.roles import CUES, Context
from extract.prepare.words import Words, words_of


def token_bounds(doc: Doc, mention: Mention) -> tuple[int, int]:
    """The tokens that a mention touches, half open."""
    return words_of(doc).bounds(mention.start, mention.end)


def _words_around(words: Words, start: int, end: int) -> Iterator[str]:
    """The normal forms of the tokens next to a name, with where they stand."""
    for offset, at in (("-3", start - 3), ("-2", start - 2), ("-1", start - 1), ("+1", end), ("+2", end + 1)):
        if 0 <= at < len(words) and not words.texts[at].isspace():
            yield f"w{offset}={words.norms[at]}"


def features(doc: Doc, context: Context, mentions: Sequence[Mention]) -> dict[str, float]:
    """The evidence of all mentions of one entity."""
    kind = mentions[0].label.lower()
    bounds = [token_bounds(doc, m) for m in mentions]
    all_cues = [context.cues(*b) for b in bounds]
    found: dict[str, float] = {f"kind={kind}": 1.0, "count_log": math.log1p(len(mentions))}
    for cue in CUES:
        hits = sum(cue in cues for cues in all_cues)
        if hits:
            found[cue] = 1.0
            found[f"{cue}_share"] = hits / len(all_cues)
    body = [i for i, cues in enumerate(all_cues) if "in_title" not in cues]
    if body:
        for cue in all_cues[body[0]]:
            found[f"first={cue}"] = 1.0
        begin = context.sentence[bounds[body[0]][0]]
        found["first_at"] = begin / max(1, len(doc))
        for word in context.sentence_words(begin):
            found[f"s={word}"] = 1.0
    words = words_of(doc)
    for b in bounds:
        for word in _words_around(words, *b):
            found[word] = 1.0
    by_ner = sum("ner" in m.passes for m in mentions)
    found |= {"ner_log": math.log1p(by_ner), "no_ner": float(by_ner == 0)}
    texts = {m.text for m in mentions}
    common = max(frequency(t) for t in texts)
    rare = max(rarest_word(t) for t in texts)
    found |= {"frequency": common / 4, "unseen": float(common == 0), "rarest": rare / 4, "new_word": float(rare == 0)}
    found["known"] = float(any(known_id(kind, t) for t in texts))
    found["inner_upper"] = float(any(any(c.isupper() for c in t[1:]) and " " not in t for t in texts))
    found["inner_upper&new_word"] = found["inner_upper"] * found["new_word"]
    found["lower"] = float(all(t.islower() for t in texts))
    found["lower&unseen"] = found["lower"] * found["unseen"]
    found["short_and_long"] = float(len({t.isupper() for t in texts}) == 2)
    found["forms_log"] = math.log(len(texts))
    for name in ("in_title", "title_colon", "proposed_first", "proposed_later", "after_proposal", "at_proposal"):
        for other in ("unseen", "new_word", "lower", "known", "achieves", "title_colon", "proposed_first"):
            if name != other and found.get(name) and found.get(other):
                found[f"{name}&{other}"] = 1.0
    found |= own_certainty(doc, bounds, mentions[0].label)
    if kind != "method":
        found |= {f"{name}@{kind}": value for name, value in found.items() if "=" not in name}
    return {name: value for name, value in found.items() if value}
