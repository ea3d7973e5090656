"""From a document to its claims: every quantity is classified once, so that no number is both kinds of row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from spacy.tokens import Doc

from extract.passes.rules.claims import baselines, fields, names, slots
from extract.passes.rules.claims.cues import Sentence
from extract.passes.rules.claims.features import order_features, quantity_features, sense_features
from extract.passes.rules.claims.grammar import read_sense
from extract.passes.rules.claims.linear import Models, Ranker, load_models
from extract.passes.rules.claims.model import Claim, Quantity
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.scope import PROPOSED, find_sentences
from extract.passes.rules.claims.sense import Sense
from extract.passes.rules.claims.slots import Candidate, Carried, Row
from extract.passes.rules.claims.subject import Subject, read_subject
from extract.passes.rules.claims.verdict import settled_efficiency, settled_form, verdict

CACHE = "glean_claims"
"""Where a ``Doc`` keeps its claims in ``user_data``."""


def proposed_names(doc: Doc) -> list[str]:
    """Names that the paper proposes, the most frequent first."""
    counts = Counter(span.text for span in doc.spans.get(PROPOSED, ()))
    return [name for name, _ in counts.most_common()]


def _choose(ranker: Ranker, candidates: Sequence[Candidate]) -> tuple[Candidate, float]:
    scores = ranker.scores([c.rules for c in candidates])
    best = max(range(len(scores)), key=scores.__getitem__)
    value = candidates[best].value
    mass = sum(p for p, c in zip(scores, candidates, strict=True) if c.value == value)
    return candidates[best], mass


def _agreed(ranker: Ranker, candidates: Sequence[Candidate]) -> str | None:
    """The name that has most probability together with those that hold it or stand in it: "X" and "the X model"."""
    scores = ranker.scores([c.rules for c in candidates])
    named = [(p, c.value) for p, c in zip(scores, candidates, strict=True) if c.value is not None]
    masses = [(sum(p for p, other in named if other in value or value in other), own) for own, value in named]
    best = max(range(len(named)), key=masses.__getitem__, default=None)
    nothing = 1.0 - sum(p for p, _ in named)
    return named[best][1] if best is not None and masses[best][0] > nothing else None


def _without_echoes(r: Reading, claims: list[Claim]) -> list[Claim]:
    """Without the claims of the title that the abstract repeats."""
    title = r.end[r.sentences[0][1] - 1]
    said = {(c.kind, c.value, c.form, c.quantity) for c in claims if c.start >= title}
    return [c for c in claims if c.start >= title or (c.kind, c.value, c.form, c.quantity) not in said]


class Finder:
    """Finds the claims of documents with one set of models."""

    def __init__(self, models: Models) -> None:
        self.models = models

    def find(self, doc: Doc) -> list[Claim]:
        """The claims of ``doc`` in the order of the text."""
        r, sentences, total = find_sentences(doc)
        if not sentences:
            return []
        proposed = proposed_names(doc)
        subject: Subject | None = None
        claims: list[Claim] = []
        least = self.models.thresholds
        carried: Carried | None = None
        for s in sentences:
            before: tuple[Quantity, str] | None = None
            for q in s.quantities:
                sense = read_sense(r, s, q)
                rules = [*sense_features(r, s, q, sense), *quantity_features(r, s, q, total)]
                kind, form, score, reasons = self._classify(r, s, q, sense, rules, before)
                before = (q, "none" if kind == "none" else f"{kind[:2]}.{form}")
                if kind == "none":
                    continue
                row = Row(r, s, q, sense, kind, form, proposed, carried)
                reasons = (f"construction:{sense.pattern}", *reasons, q.rule)
                if kind == "speedup":
                    subject = subject or read_subject(r)
                    row.compressed = subject.compressed
                    found = self._speedups(row, score, reasons, subject)
                    claims += [claim for claim in found if claim.score >= least["speedup-row"]]
                else:
                    claim = self._result(row, score, reasons)
                    carried = Carried(s.index, f"{q.kind}.{form}", claim.metric, claim.dataset)
                    if claim.score >= least["result-row"]:
                        claims.append(claim)
        return _without_echoes(r, claims)

    def _classify(
        self, r: Reading, s: Sentence, q: Quantity, sense: Sense, rules: list[str], before: tuple[Quantity, str] | None
    ) -> tuple[str, str, float, tuple[str, ...]]:
        """Kind, form, probability and strongest rules of a quantity."""
        rules = [*rules, *order_features(q, before)]
        model = self.models.classifiers["kind"]
        odds = dict(zip(model.classes, model.scores(rules), strict=True))
        if q.kind == "unit" or q.value == 0 or verdict(r, s, q, sense) == "none":  # "0x" says nothing
            odds["speedup"] = 0.0
        kind = max(("speedup", "result"), key=lambda k: odds[k])
        if odds[kind] < self.models.thresholds[kind]:
            return "none", "", odds["none"], ()
        reasons = model.reasons(rules, kind)
        if kind == "speedup" and q.kind != "percent":
            return kind, "ratio", odds[kind], reasons
        settled = settled_form(r, s, q, sense) if kind == "result" else settled_efficiency(r, s, q, sense)
        if settled is not None:
            return kind, settled, odds[kind], (*reasons, f"settled:{settled}")
        forms = self.models.classifiers[f"form.{kind}"]
        scores = forms.scores(rules)
        best = max(range(len(scores)), key=scores.__getitem__)
        return kind, forms.classes[best], odds[kind] * scores[best], reasons

    def _names(self, row: Row) -> tuple[str | None, str | None]:
        method, _ = _choose(self.models.rankers["method"], names.method_candidates(row))
        against = _agreed(self.models.rankers["baseline"], baselines.baseline_candidates(row))
        name = method.value
        if name is None and row.proposed and (row.kind == "speedup" or row.form == "gain" or self._ours(row.s)):
            name = row.proposed[0]
        if against is not None and against == name:
            against = None
        return name, against

    @staticmethod
    def _ours(s: Sentence) -> bool:
        return any(c.label == "our" for c in s.of("manner"))

    def _speedups(self, row: Row, score: float, reasons: tuple[str, ...], subject: Subject) -> list[Claim]:
        r, s, q, sense = row.r, row.s, row.q, row.sense
        labels: list[tuple[str, float]] = []
        about = [c.label for c in sense.about if c.category == "quantity"]
        chosen, sure = _choose(self.models.rankers["quantity"], slots.quantity_candidates(row))
        if sense.implied and not sense.about:
            labels.append((sense.implied, max(sure, 0.8)))
        else:
            labels.append((chosen.value or "other", sure))
        if q.size == 1 and not sense.implied and len(set(about)) > 1 and about[0] == chosen.value:
            labels += [(label, 0.8 * sure) for label in dict.fromkeys(about) if label != chosen.value]
        method, baseline = self._names(row)
        start, end = fields.evidence(r, s, q, sense)
        claims = []
        for label, sure in labels:
            phase = fields.explicit_phase(r, s, q, sense)
            if phase is None:
                model = self.models.classifiers["phase"]
                odds = model.scores(fields.phase_features(r, s, q, sense, label, subject))
                phase = model.classes[max(range(len(odds)), key=odds.__getitem__)]
            claims.append(
                Claim(
                    "speedup",
                    q.value,
                    q.value_high,
                    row.form,
                    r.start[start],
                    r.end[end - 1],
                    round(score * sure, 4),
                    (*reasons, q.rule),
                    quantity=label,
                    phase=None if phase == "none" else phase,
                    bound=fields.bound(r, s, q, sense),
                    method=method,
                    baseline=baseline,
                    hardware=fields.hardware(r, s, q),
                )
            )
        return claims

    def _result(self, row: Row, score: float, reasons: tuple[str, ...]) -> Claim:
        r, s, q, sense = row.r, row.s, row.q, row.sense
        metric, sure = _choose(self.models.rankers["metric"], slots.metric_candidates(row))
        dataset, _ = _choose(self.models.rankers["dataset"], slots.dataset_candidates(row))
        method, baseline = self._names(row)
        start, end = fields.evidence(r, s, q, sense)
        if metric.items is not None and s.begin <= metric.items[0] < s.end:
            low, high = metric.items
            if high <= q.start and q.start - low <= 24:
                start = min(start, low)
            elif low >= q.end and high - q.end <= 24:
                end = max(end, high)
        return Claim(
            "result",
            q.value,
            q.value_high,
            row.form,
            r.start[start],
            r.end[end - 1],
            round(score * sure, 4),
            (*reasons, q.rule),
            unit=fields.unit(r, s, q),
            metric=metric.value,
            dataset=dataset.value,
            method=method,
            baseline=baseline,
        )


def find_claims(doc: Doc) -> list[Claim]:
    """The speedups and results of ``doc``, found once and kept with it.

    Speedups and results exclude one another: every quantity is classified once. Without trained weights
    nothing is found.
    """
    known: list[dict[str, Any]] | None = doc.user_data.get(CACHE)
    if known is not None:
        return [Claim.from_dict(row) for row in known]
    models = load_models()
    claims = Finder(models).find(doc) if models is not None else []
    # plain data, so that a Doc with its claims can be serialized
    doc.user_data[CACHE] = [claim.to_dict() for claim in claims]
    return claims
