"""Train the weights of the claims pass: ``python -m extract.passes.rules.claims.training --gold G --papers P``.

Needs scikit-learn and scipy (not needed to use the weights). Names of entities come from the annotations;
as an NER model finds only part of them, each paper is read several times with some of its names left out.
With ``--folds K`` nothing is written: the papers are cut into K parts, each is read with weights that the
others gave, and the figures of all are printed.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import filter_spans

from extract.evaluate.measure import Quality, evaluate
from extract.passes.ner.data import LABELS, Annotated, Texts, load_annotated, read_texts
from extract.passes.rules.claims import baselines, fields, names, slots
from extract.passes.rules.claims.cues import Sentence
from extract.passes.rules.claims.features import order_features, quantity_features, sense_features
from extract.passes.rules.claims.fitting import Example, Group, train_classifier, train_ranker
from extract.passes.rules.claims.grammar import read_sense
from extract.passes.rules.claims.linear import WEIGHTS, Models
from extract.passes.rules.claims.model import Quantity
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.rows import Finder, proposed_names
from extract.passes.rules.claims.scope import find_sentences
from extract.passes.rules.claims.slots import Candidate, Carried, Row
from extract.passes.rules.claims.subject import Subject, read_subject
from extract.prepare import blank, make_doc
from extract.prepare.sentences import Sentences
from extract.record.resources import load_toml
from extract.record.surface import fold, occurrences

DROPS = (0.0, 0.3, 1.0)
"""Shares of names that are left out, one reading each."""
STRENGTH = {
    "kind": 0.05,
    "form.result": 0.05,
    "form.speedup": 0.05,
    "phase": 0.12,
    "metric": 0.012,
    "baseline": 0.0025,
}
RANKER_STRENGTH = 0.003
"""How freely the weights may grow (C of a logistic regression), chosen by cross-validation on train."""
MIN_COUNT = 3
INVENTED = 0.5
"""The weight of an invented sentence."""
MORE = 0.4
"""The weight of a paper whose annotation is not of the reference."""
MORE_BASELINES = 0.8
"""Its weight for what a row is compared with, of which the reference has few examples."""
THRESHOLDS = {"speedup": 0.5, "result": 0.4, "speedup-row": 0.4, "result-row": 0.48}
"""Least probabilities of a kind, and of a whole row; chosen by cross-validation on train."""


def gold_doc(nlp: Language, paper: Annotated, drop: float, rng: random.Random) -> Doc:
    """A paper with its annotated names as entities, a share of them left out."""
    title, abstract, entry = paper
    doc = Sentences()(make_doc(nlp, title, abstract))
    found, proposed = [], []
    for key, label in LABELS.items():
        for entity in entry[key]:
            for name in entity["names"]:
                if rng.random() < drop:
                    continue
                for start, end in occurrences(name, doc.text):
                    span = doc.char_span(start, end, label=label, alignment_mode="expand")
                    if span is not None:
                        found.append(span)
                        if entity.get("role") == "proposed" and label == "METHOD":
                            proposed.append(span)
    doc.ents = filter_spans(found)
    doc.spans["glean_proposed"] = filter_spans(proposed)
    return doc


def close(a: float | None, b: float | None) -> bool:
    """Whether two values are the same but for rounding."""
    if a is None or b is None:
        return a is b
    return abs(a - b) <= 0.01 * max(abs(a), abs(b))


def align(
    r: Reading, candidates: Sequence[tuple[Sentence, Quantity]], rows: Iterable[dict[str, Any]]
) -> dict[int, list[dict[str, Any]]]:
    """Which rows each quantity is annotated with, by the row's evidence and value."""
    text = r.whole
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        at = text.find(row["evidence"])
        hit = None
        while at >= 0 and hit is None:
            stop = at + len(row["evidence"])
            for k, (_, q) in enumerate(candidates):
                inside = r.start[q.start] < stop and r.end[q.end - 1] > at
                if inside and close(q.value, row["value"]) and close(q.value_high, row.get("value_high")):
                    hit = k
                    break
            at = text.find(row["evidence"], at + 1)
        if hit is not None:
            found[hit].append(row)
    return found


def same(a: str | None, b: str | None) -> bool:
    """Whether two names are the same, one inside the other included."""
    if not a or not b:
        return not a and not b
    x, y = fold(a), fold(b)
    return x == y or x in y or y in x


class Examples:
    """What the models are trained on."""

    def __init__(self) -> None:
        self.classes: dict[str, list[Example]] = defaultdict(list)
        self.phases: list[Example] = []
        self.groups: dict[str, list[Group]] = defaultdict(list)

    def add(
        self,
        nlp: Language,
        paper: Annotated,
        drop: float,
        rng: random.Random,
        share: float = 1.0,
        baseline_share: float = 1.0,
        slots_too: bool = True,
    ) -> None:
        """Reads one paper with a share of its names left out.

        Args:
            nlp: makes the documents.
            paper: title, abstract and annotation.
            drop: share of its names that are left out.
            rng: which names.
            share: weight of the paper.
            baseline_share: its weight for what rows are compared with.
            slots_too: whether it teaches the fields of rows.
        """
        entry = paper[2]
        doc = gold_doc(nlp, paper, drop, rng)
        readable = 1.0 if drop < 1.0 else 0.3
        weight = share * readable
        r, sentences, total = find_sentences(doc)
        candidates = [(s, q) for s in sentences for q in s.quantities]
        aligned = align(r, candidates, (row for key in ("speedups", "results") for row in entry[key]))
        ours = {
            fold(name) for method in entry["methods"] if method.get("role") == "proposed" for name in method["names"]
        }
        proposed = proposed_names(doc)
        subject = read_subject(r)
        before: tuple[Sentence, Quantity, str] | None = None
        carried: Carried | None = None
        for k, (s, q) in enumerate(candidates):
            sense = read_sense(r, s, q)
            rows = aligned.get(k, [])
            rules = [*sense_features(r, s, q, sense), *quantity_features(r, s, q, total)]
            rules += order_features(q, before[1:] if before and before[0] is s else None)
            kind = "none" if not rows else "speedup" if "quantity" in rows[0] else "result"
            self.classes["kind"].append((rules, kind, weight))
            if kind == "result" or (kind == "speedup" and q.kind == "percent" and rows[0]["form"] != "ratio"):
                self.classes[f"form.{kind}"].append((rules, rows[0]["form"], weight))
            before = (s, q, "none" if not rows else f"{kind[:2]}.{rows[0]['form']}")
            alike = [row for row in rows if ("quantity" in row) == (kind == "speedup")]
            for gold in alike if slots_too else ():
                row = Row(r, s, q, sense, kind, gold["form"], proposed, carried)
                if kind == "speedup":
                    row.compressed = subject.compressed
                    self.speedup(row, gold, subject, weight)
                else:
                    self.named("metric", slots.metric_candidates(row), gold, weight)
                    self.named("dataset", slots.dataset_candidates(row), gold, weight)
                    carried = Carried(s.index, f"{q.kind}.{gold['form']}", gold.get("metric"), gold.get("dataset"))
                if drop < 1.0:
                    self.method(row, gold, ours, weight)
                self.named("baseline", baselines.baseline_candidates(row), gold, baseline_share * readable)

    def named(self, field: str, candidates: list[Candidate], gold: dict[str, Any], weight: float) -> None:
        """The example of a field that is a name."""
        self.group(field, candidates, lambda c: same(c.value, gold.get(field)), weight)

    def speedup(self, row: Row, gold: dict[str, Any], subject: Subject, weight: float) -> None:
        """The examples of a speedup's quantity and phase."""
        self.group("quantity", slots.quantity_candidates(row), lambda c: c.value == gold["quantity"], weight)
        rules = list(fields.phase_features(row.r, row.s, row.q, row.sense, gold["quantity"], subject))
        self.phases.append((rules, gold.get("phase") or "none", weight))

    def method(self, row: Row, gold: dict[str, Any], ours: set[str], weight: float) -> None:
        """The examples of a row's method: nothing and the proposed names mean the same."""
        wanted = gold.get("method")
        mine = not wanted or fold(wanted) in ours

        def right(c: Candidate) -> bool:
            if mine and (c.value is None or fold(c.value) in ours):
                return True
            return same(c.value, wanted)

        self.group("method", names.method_candidates(row), right, weight)

    def group(self, name: str, candidates: list[Candidate], right: Any, weight: float) -> None:
        """One choice of a ranker; without a right candidate it teaches nothing."""
        marks = [bool(right(c)) for c in candidates]
        if any(marks) and len(candidates) > 1:
            self.groups[name].append(([c.rules for c in candidates], marks, weight))


def invented(rng: random.Random, rounds: int = 3) -> Iterator[Annotated]:
    """Papers of one invented sentence each, with their annotations, from ``examples.toml``."""
    data = load_toml("passes/rules/claims/examples.toml")
    for round_ in range(rounds):
        for template, told in data["templates"]["list"]:
            text, about = template, ""
            for name, choices in data["fill"].items():
                choice, _, label = rng.choice(choices).partition(":")
                if f"{{{name}}}" in text:
                    about = label or (choice if name in ("m", "bad") else about)
                    text = text.replace(f"{{{name}}}", choice)
            value = rng.choice(("1.3", "2", "3.5", "12", "27", "41.5", "60"))
            text = text.replace("{n}", value)
            kind, _, form = told.partition(" ")
            word = next((w for w in ("doubles", "halves", "triples") if w in text), "")
            number = {"doubles": 2.0, "halves": 2.0, "triples": 3.0}.get(word, float(value))
            row = {"value": number, "form": form, "evidence": text}
            entry: dict[str, Any] = {key: [] for key in (*LABELS, "speedups", "results")}
            if kind == "speedup":
                quantity = about or ("size" if "smaller" in text else "time")
                entry["speedups"] = [{**row, "quantity": quantity, "phase": None}]
            elif kind == "result":
                metric = about if about and about in text else None
                entry["results"] = [{**row, "metric": metric, "dataset": None}]
                entry["metrics"] = [{"names": [metric]}] if metric and round_ else []
            yield "A Study", text, entry


def train(papers: Sequence[Annotated], more: Sequence[Annotated] = (), seed: int = 0) -> dict[str, Any]:
    """The weights of all models, as they are written to ``weights.json``.

    Args:
        papers: papers with reference annotations.
        more: papers that others annotated; they count less.
        seed: of the names that are left out.
    """
    nlp, examples, rng = blank(), Examples(), random.Random(seed)
    for share, baseline_share, part in ((1.0, 1.0, papers), (MORE, MORE_BASELINES, more)):
        for paper in part:
            for drop in DROPS:
                examples.add(nlp, paper, drop, rng, share, baseline_share)
    for paper in invented(rng):
        examples.add(nlp, paper, 0.0, rng, share=INVENTED, slots_too=False)
    least = MIN_COUNT * 2
    return {
        "classifiers": {
            **{
                name: train_classifier(found, STRENGTH[name], least) for name, found in sorted(examples.classes.items())
            },
            "phase": train_classifier(examples.phases, STRENGTH["phase"], least),
        },
        "rankers": {
            name: train_ranker(groups, STRENGTH.get(name, RANKER_STRENGTH), MIN_COUNT)
            for name, groups in sorted(examples.groups.items())
        },
        "thresholds": THRESHOLDS,
    }


def read_papers(gold: Sequence[Path], papers: Sequence[Path]) -> list[Annotated]:
    """The annotated papers of some files, annotations that quote or that stand off.

    Raises:
        GoldError: annotations or texts cannot be used.
    """
    texts = {pid: text for path in papers for pid, text in read_texts(path).items()}
    return [paper for path in gold for paper in load_annotated(path, texts)]


def cross_validate(papers: Sequence[Annotated], extra: Sequence[Annotated], folds: int, drop: float) -> Quality:
    """The figures of weights on papers that they were not trained on.

    Args:
        papers: what is measured, in ``folds`` parts.
        extra: papers that every part's weights learn from and that are not measured.
        folds: number of parts.
        drop: share of the annotated names that the pass does not get to see, as a tagger would miss them.
    """
    nlp, rng = blank(), random.Random(1)
    order = list(papers)
    random.Random(0).shuffle(order)
    texts: Texts = {}
    gold: dict[str, dict[str, Any]] = {}
    found: dict[str, dict[str, Any]] = {}
    for k in range(folds):
        rest = [paper for i, paper in enumerate(order) if i % folds != k]
        finder = Finder(Models(train(rest, extra)))
        for paper in order[k::folds]:
            title, abstract, entry = paper
            pid = str(len(gold))
            claims = [claim.to_dict() for claim in finder.find(gold_doc(nlp, paper, drop, rng))]
            texts[pid], gold[pid] = (title, abstract), entry
            found[pid] = {f"{kind}s": [c for c in claims if c["kind"] == kind] for kind in ("speedup", "result")}
    return evaluate(texts, gold, found)


def describe(quality: Quality) -> str:
    """The figures of the claims, a line each."""
    lines = []
    for name in ("speedups", "results"):
        f = quality.figures[name]
        interval = f"({f['low']:.3f}-{f['high']:.3f})"
        lines.append(f"{name:20} P {f['p']:.3f}  R {f['r']:.3f}  F1 {f['f1']:.3f} {interval}  {f['gold']:.0f} rows")
    lines += [f"{name:20} {share:.3f}  of {count}" for name, (share, count) in quality.slots.items()]
    lines += [
        f"{b['kind']:10} {b['low']:.1f}-{b['high']:.1f}  precision {b['precision']:.3f}  of {b['n']}"
        for b in quality.bands
        if b["kind"] != "mentions"
    ]
    return "\n".join(lines)


def main() -> None:
    """Trains on annotations and writes the weights, or cross-validates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", type=Path, nargs="+", required=True, help="annotations, quoting or stand-off")
    parser.add_argument("--papers", type=Path, nargs="+", required=True, help="their texts, JSON Lines, plain or .gz")
    parser.add_argument("--output", type=Path, default=WEIGHTS)
    parser.add_argument("--folds", type=int, default=0, help="cross-validate in this many parts; nothing is written")
    parser.add_argument("--also", type=Path, nargs="+", default=[], help="annotations to learn from, not measured")
    parser.add_argument("--drop", type=float, default=0.0, help="share of the names hidden in cross-validation")
    args = parser.parse_args()
    papers = read_papers(args.gold, args.papers)
    extra = read_papers(args.also, args.papers)
    if args.folds:
        print(describe(cross_validate(papers, extra, args.folds, args.drop)))
        return
    data = train(papers, extra)
    Models(data)
    args.output.write_text(
        json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()
