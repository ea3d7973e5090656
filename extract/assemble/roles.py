"""Whether the paper proposes an entity: the cues of all its mentions, weighed by a fitted model."""

from __future__ import annotations

import math
from collections.abc import Sequence

from spacy.tokens import Doc

from extract.assemble.linking import known_id
from extract.assemble.mentions import Mention
from extract.passes.rules.roles import CUES, Context


def token_bounds(doc: Doc, mention: Mention) -> tuple[int, int]:
    """The tokens that a mention touches, half open."""
    span = doc.char_span(mention.start, mention.end, alignment_mode="expand")
    return span.start, span.end


def features(doc: Doc, context: Context, mentions: Sequence[Mention]) -> dict[str, float]:
    """The evidence of all mentions of one entity."""
    kind = mentions[0].label.lower()
    all_cues = [context.cues(*token_bounds(doc, m)) for m in mentions]
    found: dict[str, float] = {f"kind={kind}": 1.0, "count_log": math.log1p(len(mentions))}
    for cue in CUES:
        hits = sum(cue in cues for cues in all_cues)
        if hits:
            found[cue] = 1.0
            found[f"{cue}_share"] = hits / len(all_cues)
    first = min(mentions, key=lambda m: m.start if "in_title" not in all_cues[mentions.index(m)] else 10**9)
    for cue in all_cues[mentions.index(first)]:
        found[f"first={cue}"] = 1.0
    texts = {m.text for m in mentions}
    found["known"] = float(any(known_id(kind, t) for t in texts))
    found["inner_upper"] = float(any(any(c.isupper() for c in t[1:]) and " " not in t for t in texts))
    found["lower"] = float(all(t.islower() for t in texts))
    found["short_and_long"] = float(len({t.isupper() for t in texts}) == 2)
    found["forms_log"] = math.log(len(texts))
    for pair in (("in_title", "proposed_first"), ("in_title", "title_colon"), ("after_proposal", "achieves")):
        found["&".join(pair)] = float(all(found.get(c) for c in pair))
    if kind != "method":
        found = {f"{name}@{kind}": value for name, value in found.items()} | {f"kind={kind}": 1.0}
    return {name: value for name, value in found.items() if value}
