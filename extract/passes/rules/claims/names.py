"""Candidates for whose figure a row is."""

from __future__ import annotations

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
