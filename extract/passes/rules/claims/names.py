"""Candidates for the two names of a row: whose figure it is, and what it is compared with."""

from __future__ import annotations

from extract.passes.rules.claims.features import word
from extract.passes.rules.claims.phrases import noun_phrase
from extract.passes.rules.claims.slots import Candidate, Row, null, step, where


def method_candidates(row: Row) -> list[Candidate]:
    """Whose figure it is: names of methods in the sentence (proposed or not), or none."""
    r, s, q = row.r, row.s, row.q
    found: dict[tuple[int, int], list[str]] = {}
    for start, end, label in s.names:
        if label in ("METHOD", "PROPOSED"):
            found.setdefault((start, end), []).append(label.lower())
    against = s.of("against")
    verbs = s.of("verb")
    spans = sorted(found)
    candidates = []
    for order, span in enumerate(spans):
        start, end = span
        rules = found[span] + where(row, start, end)
        role = "proposed" if "proposed" in rules else "other"
        if r.piece(start, end) in row.proposed:
            role = "proposed"
        rules += [f"role={role}", f"{role}&order{min(order, 3)}", f"{role}&{row.sense.pattern}", f"{role}&{row.tag}"]
        if start - s.begin <= 2:
            rules += ["sentence-head", f"sentence-head&{role}"]
        after = next((v for v in verbs if v.start >= end), None)
        if after is not None and after.start - end <= 1:
            rules += [f"subject-of={after.label}", f"{role}&subject"]
        before = next((v for v in reversed(verbs) if v.end <= start), None)
        if before is not None and start - before.end <= 2:
            rules += [f"object-of={before.label}", f"{role}&object-of={before.label}"]
        cue = next((a for a in reversed(against) if a.end <= start and a.label != "of"), None)
        if cue is not None and start - cue.end <= 8:
            rules += [f"against={cue.label}", f"against&{role}", f"against&near{step(start - cue.end)}"]
        right = [x for x in spans if x[0] >= q.last]
        left = [x for x in spans if x[1] <= q.first]
        if left and span == left[-1]:
            rules.append(f"last-left&{role}")
        if right and span == right[0]:
            rules.append(f"first-right&{role}")
        if q.size > 1:
            for side, group in (("right", right), ("left", left)):
                if span in group and len(group) == q.size:
                    rules.append(f"aligned-{side}={group.index(span) == q.place}")
        candidates.append(Candidate(r.piece(start, end), rules, span))
    ours = any(c.label == "our" for c in s.of("manner"))
    empty = null(row, len(spans))
    empty += [f"none&ours={ours}", f"none&proposed-known={bool(row.proposed)}"]
    if any(c.value in row.proposed for c in candidates):
        empty.append("none&proposed-here")
    candidates.append(Candidate(None, empty))
    return candidates


def baseline_candidates(row: Row) -> list[Candidate]:
    """What it is compared with: phrases behind "than", "over", "compared to", objects of "outperforms"."""
    r, s, q = row.r, row.s, row.q
    found: dict[tuple[int, int], list[str]] = {}
    starts: list[tuple[int, str]] = [(c.end, c.label) for c in s.of("against") if c.label != "of"]
    starts += [(v.end, "beat") for v in s.of("verb") if v.label == "beat"]
    starts += [(v.end, f"verb-{v.label}") for v in s.of("verb") if v.label in ("reduce", "improve", "speed")]
    starts += [(c.end, "of") for c in s.of("against") if c.label == "of" and q.start <= c.start <= q.end + 6]
    topics = {c.start: c.end for c in (*s.of("metric"), *s.of("quantity"))}
    misaligned: set[tuple[int, int]] = set()
    for i, label in starts:
        group: list[tuple[int, int]] = []
        while i < s.end and len(group) < 4:
            while i < s.end and r.norm[i] in ("to", "with", "over", "on", "both", "even") and not group:
                i += 1
            span = noun_phrase(r, s, i)
            if span is not None and label.startswith(("verb", "beat")) and not group:
                head = max((topics[k] for k in range(*span) if k in topics), default=0)
                if head == span[1] and head + 1 < s.end and r.norm[head] in ("of", "for"):
                    # "improves the accuracy of X by 5%"
                    span, label = noun_phrase(r, s, head + 1), f"{label}-of"
            if span is None or any(x.start < span[1] and span[0] < x.end for x in s.quantities):
                break
            order = len(group)
            rules = found.setdefault(span, [])
            rules += [
                f"cue={label}",
                f"cue={label}&order{order}",
                f"cue={label}&{row.sense.pattern}",
                f"cue={label}&{row.tag}",
            ]
            group.append(span)
            i = span[1]
            if i + 1 < s.end and r.norm[i] in (",", "and", "or") and label != "of":
                i += 2 if r.norm[i + 1] in ("and", "or") else 1
            else:
                break
        if q.size > 1 and len(group) == q.size:
            # "by 3x and 2x over A and B": each its own
            misaligned.update(group[: q.place] + group[q.place + 1 :])
            found[group[q.place]].append("aligned")
    for span in misaligned:
        if "aligned" not in found[span]:
            del found[span]
    for start, end, label in s.names:
        if (
            label == "METHOD"
            and not any(a <= start and end <= b for a, b in found)
            and not any(label2 == "PROPOSED" and a == start for a, _, label2 in s.names)
        ):
            found.setdefault((start, end), ["named"])
    names = {(a, b): label for a, b, label in s.names}
    spans = sorted(found)
    right = [x for x in spans if x[0] >= q.last and "named" not in found[x]]
    candidates = []
    for span in spans:
        start, end = span
        rules = found[span] + where(row, start, end)
        inner = {label for (a, b), label in names.items() if start <= a and b <= end}
        rules += [f"holds={label}" for label in inner] or ["holds=-"]
        rules.append(f"head={word(r, end - 1, s.begin, s.end)}")
        rules.append(f"first={word(r, start, s.begin, s.end)}")
        prior = any(start <= c.start < end and c.label == "prior" for c in s.of("manner"))
        sota = any(start <= c.start < end and c.label == "sota" for c in s.of("noun"))
        rules.append(f"prior={prior or sota}")
        inner_topics = [k for k in topics if start <= k < end]
        if inner_topics:
            rules.append("holds-topic")
            if any(topics[k] == end for k in inner_topics):
                rules.append("is-topic")
        if r.piece(start, end) in row.proposed or "PROPOSED" in inner:
            rules.append("is-proposed")
        if q.size > 1 and span in right and len(right) >= q.size:
            rules.append(f"aligned={right.index(span) == q.place}")
        candidates.append(Candidate(r.piece(start, end), rules, span))
    candidates.append(Candidate(None, null(row, len([x for x in spans if "named" not in found[x]]))))
    return candidates
