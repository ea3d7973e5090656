"""Fitting what assembly weighs: priors of names, two logistic regressions, and trees upon that of names.

All of it is learned from what the passes find in papers that they did not learn from: the NER pass's predictions
come from taggers that have not seen the paper, and the priors leave the paper itself out. Otherwise the regressions
would trust a pass that has seen the answers.

Papers of other annotators teach too, but these name more, or less: their examples carry a feature that says so, which
takes up the difference and which no paper has later.
"""

from __future__ import annotations

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from extract.assemble import surfaces as surf
from extract.assemble.entities import Entity, align_types, find_entities
from extract.assemble.fitting import OTHERS, Example, fit_boosted, fit_logistic
from extract.assemble.logistic import WEIGHTS, Logistic
from extract.assemble.mentions import Model, accepted, find_mentions
from extract.assemble.roles import features as role_features
from extract.assemble.roles import token_bounds
from extract.assemble.surfaces import PRIORS, Prior, prior_key
from extract.assemble.trees import TREES, Boosted
from extract.evaluate.measure import Counts
from extract.passes.ner.data import LABELS, Annotated
from extract.passes.ner.scores import Floats, keep_scores
from extract.passes.rules.roles import Context
from extract.prepare import make_doc
from extract.record.model import ENTITY_FIELDS
from extract.record.surface import fold

log = logging.getLogger("glean.train")
_MAX_WORDS = 7
_FOLDS = 3
_THRESHOLDS = (0.3, 0.35, 0.4, 0.45, 0.5)
FIELD_OF = {label: field for field, label in LABELS.items()}
Span = tuple[str, int, int, str]  # title or abstract, start, end, label


@dataclass(slots=True)
class Predicted:
    """What a tagger that did not learn from a paper says of it: its spans, and the scores of its tokens."""

    spans: list[Span]
    scores: Floats | None = None  # see extract.passes.ner.scores


@dataclass(slots=True)
class Sample:
    """A paper as the passes read it, its annotation, and the priors without it."""

    doc: Doc
    annotation: dict[str, Any]
    priors: dict[str, Prior]


def count_names(papers: Sequence[Annotated]) -> tuple[dict[str, Counter[str]], list[set[str]], list[dict[str, str]]]:
    """How annotators treat names: label counts by name; the names that stand in each paper; those annotated in it."""
    labels: dict[str, Counter[str]] = defaultdict(Counter)
    annotated: list[dict[str, str]] = []
    for _, _, annotation in papers:
        own = {}
        for field, label in LABELS.items():
            for entity in annotation[field]:
                if entity.get("role") != "proposed":
                    own.update({prior_key(name): label for name in entity["names"]})
        own.pop("", None)
        annotated.append(own)
        for key, label in own.items():
            labels[key][label] += 1
    standing = []
    for title, abstract, _ in papers:
        found = set()
        for text in (title, abstract):
            words = prior_key(text).split()
            for i in range(len(words)):
                for k in range(i + 1, min(i + _MAX_WORDS, len(words)) + 1):
                    gram = " ".join(words[i:k])
                    if gram in labels:
                        found.add(gram)
        standing.append(found)
    return labels, standing, annotated


def priors_of(papers: Sequence[Annotated]) -> tuple[dict[str, Prior], list[dict[str, Prior]]]:
    """The priors of all papers, and for each paper what changes in them without it."""
    labels, standing, annotated = count_names(papers)
    seen = Counter(name for names in standing for name in names)
    everything = {name: (seen[name], dict(labels[name])) for name in labels if seen[name]}
    without = []
    for names, own in zip(standing, annotated, strict=True):
        changed = {}
        for name in names:
            count, by_label = everything[name]
            rest = {k: n - (own.get(name) == k) for k, n in by_label.items()}
            changed[name] = (count - 1, {k: n for k, n in rest.items() if n})
        without.append(changed)
    return everything, without


class _Without(dict[str, Prior]):
    """Priors with some entries replaced."""

    def __init__(self, everything: dict[str, Prior], changed: dict[str, Prior]) -> None:
        super().__init__(changed)
        self.everything = everything

    def get(self, name: str, default: Any = None) -> Any:  # type: ignore[override]
        return self[name] if name in self else self.everything.get(name, default)


def read_samples(
    nlp: Language,
    papers: Sequence[Annotated],
    predicted: Sequence[Predicted],
    more: Sequence[Annotated] = (),
) -> list[Sample]:
    """Runs all passes but NER over the papers and puts the out-of-fold predictions in its place.

    Args:
        nlp: the pipeline of rule passes.
        papers: annotated papers.
        predicted: for each paper what an NER pass that did not learn from it says.
        more: further annotated papers, for the priors only.
    """
    everything, without = priors_of([*papers, *more])
    samples = []
    for (title, abstract, annotation), told, changed in zip(papers, predicted, without, strict=False):
        doc = make_doc(nlp, title, abstract)
        start = len(title) + 2
        found = [doc.char_span(a + start * (f == "abstract"), b + start * (f == "abstract"), label=label)
                 for f, a, b, label in told.spans]  # fmt: skip
        if told.scores is not None:
            keep_scores(doc, told.scores)
        doc.ents = [s for s in found if s is not None]
        for _, component in nlp.pipeline:
            doc = component(doc)
        samples.append(Sample(doc, annotation, _Without(everything, changed)))
    return samples


def _gold_names(annotation: dict[str, Any]) -> set[tuple[str, str]]:
    return {(LABELS[f], name) for f in ENTITY_FIELDS for e in annotation[f] for name in e["names"]}


def name_examples(samples: Sequence[Sample]) -> Iterator[Example]:
    """Yields the features of each candidate surface form and type, and whether it is annotated."""
    for sample in samples:
        gold = _gold_names(sample.annotation)
        found = surf.collect(sample.doc)
        for text, surface in found.items():
            for label in sorted(surf.labels_of(surface, found)):
                yield surf.features(sample.doc, surface, label, found, sample.priors), (label, text) in gold


def entities_of(sample: Sample, names: Model, roles: Logistic) -> list[Entity]:
    """What assembly makes of a sample."""
    surfaces = accepted(sample.doc, names, sample.priors)
    align_types(surfaces)
    return find_entities(sample.doc, surfaces, find_mentions(sample.doc, surfaces), roles)


def _folded(names: Sequence[str]) -> set[str]:
    return {fold(n) for n in names}


def entity_counts(entities: Sequence[Entity], gold: Sequence[dict[str, Any]]) -> Counts:
    """One-to-one matching of entities and annotated ones by a name that is the same after folding."""
    rest, hits = list(entities), 0
    for row in gold:
        names = _folded(row["names"])
        partner = next((e for e in rest if names & _folded([e.name, *e.aliases])), None)
        if partner is not None:
            rest.remove(partner)
            hits += 1
    return Counts(hits, len(rest), len(gold) - hits)


def total_counts(samples: Sequence[Sample], names: Model, roles: Logistic) -> tuple[Counts, Counts]:
    """Counts of all entities, and of proposed methods."""
    every, proposed = Counts(), Counts()
    for sample in samples:
        entities = entities_of(sample, names, roles)
        for field, kind in ENTITY_FIELDS.items():
            every += entity_counts([e for e in entities if e.kind == kind], sample.annotation[field])
        ours = [e for e in entities if e.kind == "method" and e.role == "proposed"]
        proposed += entity_counts(ours, [g for g in sample.annotation["methods"] if g.get("role") == "proposed"])
    return every, proposed


def role_examples(samples: Sequence[Sample], names: Model) -> Iterator[Example]:
    """Yields the features of each entity that assembly makes, and whether the paper proposes it."""
    none = Logistic({}, -9.0)
    for sample in samples:
        doc = sample.doc
        entities = entities_of(sample, names, none)
        context = Context(doc, [token_bounds(doc, m) for e in entities for m in e.mentions])
        ours = {
            (kind, name)
            for field, kind in ENTITY_FIELDS.items()
            for g in sample.annotation[field]
            if g.get("role") == "proposed"
            for name in _folded(g["names"])
        }
        for entity in entities:
            if entity.kind != "task":
                is_ours = any((entity.kind, n) in ours for n in _folded([entity.name, *entity.aliases]))
                yield role_features(doc, context, entity.mentions), is_ours


def _parts(samples: Sequence[Sample]) -> Iterator[tuple[list[Sample], list[Sample]]]:
    """Cross-validation: ``(to learn from, to count on)`` of each fold."""
    for k in range(_FOLDS):
        yield [s for i, s in enumerate(samples) if i % _FOLDS != k], list(samples[k::_FOLDS])


def _threshold(name: str, counts: dict[float, Counts]) -> float:
    """Half of the highest F1: there F1 is highest where scores are probabilities (Lipton et al. 2014, "Optimal
    thresholding of classifiers to maximize F1 measure"). Around it F1 is flat, so that the very highest is chance.
    """
    for threshold, n in counts.items():
        log.info("%s at %.2f: precision %.3f recall %.3f F1 %.3f", name, threshold, n.precision, n.recall, n.f1)
    return round(max(n.f1 for n in counts.values()) / 2, 2)


def _by_others(examples: Iterable[Example]) -> Iterator[Example]:
    """The examples with the feature that says that others annotated them, alone and with the type."""
    for features, is_right in examples:
        own = {f"{OTHERS}&{name}": 1.0 for name in features if name.startswith(("label=", "kind="))}
        yield features | own | {OTHERS: 1.0}, is_right


def fit(
    samples: Sequence[Sample], others: Sequence[Sample] = (), c: float = 0.1, c_roles: float = 0.1
) -> tuple[Boosted, Logistic]:
    """Fits the model of names and the regression of roles on all samples.

    Their thresholds follow from the F1 that cross-validation reaches.

    Args:
        samples: of the reference papers.
        others: of papers that others annotated: learned from, never counted on.
        c: strength of the regressions' data against their penalty, for names.
        c_roles: the same for roles.
    """
    none = Logistic({}, -9.0)
    examples = {id(s): list(name_examples([s])) for s in samples}
    of_others = list(_by_others(name_examples(others)))
    of_names = {t: Counts() for t in _THRESHOLDS}
    held = []
    for learn, rest in _parts(samples):
        names = fit_boosted([*(e for s in learn for e in examples[id(s)]), *of_others], c)
        held.append(names)  # for papers it was not learned from, as it will be with new ones
        for t in _THRESHOLDS:
            of_names[t] += total_counts(rest, Boosted(names.linear, names.trees, t), none)[0]
    names = fit_boosted([*(e for s in samples for e in examples[id(s)]), *of_others], c)
    names.threshold = _threshold("names", of_names)
    of_roles = {t: Counts() for t in _THRESHOLDS}
    for own, (learn, rest) in zip(held, _parts(samples), strict=True):
        own.threshold = names.threshold
        roles = fit_logistic([*role_examples(learn, own), *_by_others(role_examples(others, own))], c_roles)
        for t in _THRESHOLDS:
            of_roles[t] += total_counts(rest, own, Logistic(roles.weights, roles.bias, t))[1]
    roles = fit_logistic([*role_examples(samples, names), *_by_others(role_examples(others, names))], c_roles)
    roles.threshold = _threshold("roles", of_roles)
    return names, roles


def save(
    names: Boosted,
    roles: Logistic,
    priors: dict[str, Prior],
    weights: Path = WEIGHTS,
    table: Path = PRIORS,
    trees: Path = TREES,
) -> None:
    """Writes the packaged data. Names that only one paper holds say nothing about others and stay out."""
    data = {"names": names.linear.as_dict(), "roles": roles.as_dict()}
    made = {"score_threshold": names.threshold, **names.trees.as_dict()}
    trees.write_text(json.dumps(made, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    weights.write_text(json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    kept = {name: [seen, labels] for name, (seen, labels) in sorted(priors.items()) if seen >= 2}
    lines = ",\n".join(f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(value)}" for name, value in kept.items())
    table.write_text("{\n" + lines + "\n}\n", encoding="utf-8")
