"""Which names a paper holds: the evidence of both passes for each surface form, weighed by a fitted model.

A surface form belongs to one entity and one type in a paper, and all its occurrences are mentions; so
what is decided is not each span by itself but each pair of surface form and type, on all evidence in the
document: how often the NER pass took it, of how many occurrences; whether the known names hold it; whether an
abbreviation ties it to another form; whether a cue marks it as the paper's own; what annotators did with the same
name in the training papers (``priors.json``).
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from spacy.tokens import Doc

from extract.assemble import context
from extract.assemble.certainty import name_certainty
from extract.assemble.frequency import frequency, rarest_word
from extract.prepare.fields import fields, title_and_abstract
from extract.prepare.tokenizer import spans
from extract.prepare.words import Words, words_of
from extract.record.surface import fold, occurrences

LABELS = ("METHOD", "TASK", "DATASET", "METRIC")
PRIORS = Path(__file__).resolve().parent / "priors.json"
Prior = tuple[int, dict[str, int]]  # papers that hold the folded name, and in how many it is annotated as what


_PREFIX_WORDS = 5
_DATASET_WORDS = frozenset(["dataset", "datasets", "benchmark", "benchmarks", "corpus", "corpora", "testbed", "suite"])
_DATASET_WORDS_BEHIND = _DATASET_WORDS | {f"_{word}" for word in _DATASET_WORDS}


@cache
def load_priors() -> dict[str, Prior]:
    """The packaged priors: ``{folded name: (papers that hold it, {label: papers where it is annotated so})}``."""
    data = json.loads(PRIORS.read_text(encoding="utf-8"))
    return {name: (seen, dict(labels)) for name, (seen, labels) in data.items()}


@dataclass(slots=True)
class Surface:
    """One surface form in one paper, with what is known about it."""

    text: str
    places: list[tuple[int, int]] = field(default_factory=list)  # all its occurrences, characters of doc.text
    bounds: list[tuple[int, int]] = field(default_factory=list)  # the same in tokens
    ner: dict[str, int] = field(default_factory=dict)  # label -> how many spans of the NER pass
    known: dict[str, str] = field(default_factory=dict)  # label -> entity_id of the known name
    cued: int = 0  # spans that a strong cue marks as proposed
    partners: set[str] = field(default_factory=set)  # the other side of an abbreviation
    is_short: bool = False
    is_prefix: bool = False  # all of the title in front of its colon
    is_listed: bool = False  # in a list of datasets
    left: set[str] = field(default_factory=set)  # the words in front of it
    right: set[str] = field(default_factory=set)  # those behind it, the second with a line in front
    is_called_dataset: bool = False
    alike: list[Surface] = field(default_factory=list)  # other forms that fold to the same
    is_inside: bool = False  # in a longer form that the NER pass took
    holds: bool = False  # a shorter form that the NER pass took
    cues: set[str] = field(default_factory=set)  # what the words around it say
    listed: set[str] = field(default_factory=set)  # the names next to it in a list
    label: str = ""
    score: float = 0.0


@lru_cache(maxsize=2**14)
def prior_key(text: str) -> str:
    """The folded words of a name, by which priors are kept."""
    return " ".join(fold(text[a:b]) for kind, a, b in spans(text) if kind not in ("space", "other", "sign"))


def _field_occurrences(doc: Doc, text: str) -> list[tuple[int, int]]:
    title, abstract = title_and_abstract(doc)
    begin = fields(doc)[1]
    found = list(occurrences(text, title))
    found += [(a + begin, b + begin) for a, b in occurrences(text, abstract)]
    return found


def collect(doc: Doc) -> dict[str, Surface]:
    """Every surface form that any pass proposes, by its text."""
    surfaces: dict[str, Surface] = {}

    def of(text: str) -> Surface:
        if text not in surfaces:
            surfaces[text] = Surface(text, _field_occurrences(doc, text))
        return surfaces[text]

    for span in doc.ents:
        if span.label_ in LABELS:
            surface = of(span.text)
            surface.ner[span.label_] = surface.ner.get(span.label_, 0) + 1
    for span in doc.spans.get("glean_names", []):
        of(span.text).known[span.label_] = span.id_
    for span in doc.spans.get("glean_proposed", []):
        of(span.text).cued += 1
    for short, long in zip(doc.spans.get("glean_short", []), doc.spans.get("glean_long", []), strict=True):
        if short.text != long.text:
            of(short.text).partners.add(long.text)
            of(short.text).is_short = True
            of(long.text).partners.add(short.text)
    title = title_and_abstract(doc)[0]
    prefix = title.partition(": ")[0]
    if prefix != title and prefix.count(" ") < _PREFIX_WORDS:
        of(prefix).is_prefix = True
    for text in context.listed_datasets(doc):
        of(text).is_listed = True
    surfaces = {text: s for text, s in surfaces.items() if s.places and text.strip() == text and "\n" not in text}
    cues, listed = context.cues(doc, {text: s.places for text, s in surfaces.items()})
    for text, surface in surfaces.items():
        surface.cues, surface.listed = cues[text], listed[text]
        if surface.is_prefix or surface.cued:
            surface.cues |= {f"own_{cue}" for cue in surface.cues & {"dataset_in_title", "brings_dataset"}}
        surface.bounds = [words_of(doc).bounds(*place) for place in surface.places]
        surface.left, surface.right = _neighbours(words_of(doc), surface)
        surface.is_called_dataset = _is_called_dataset(title, surface)
    _compare(surfaces)
    return surfaces


def _compare(surfaces: Mapping[str, Surface]) -> None:
    """What the surface forms of a paper are to one another."""
    by_fold: dict[str, list[Surface]] = defaultdict(list)
    for text, surface in surfaces.items():
        by_fold[fold(text)].append(surface)
    taken = [text for text, surface in surfaces.items() if surface.ner]
    for text, surface in surfaces.items():
        surface.alike = [other for other in by_fold[fold(text)] if other is not surface]
        surface.is_inside = any(len(other) > len(text) and text in other for other in taken)
        surface.holds = any(len(other) < len(text) and other in text for other in taken)


@lru_cache(maxsize=2**14)
def _shape(text: str) -> Mapping[str, float]:
    inner = any(c.isupper() for c in text[1:])
    words = len(text.split())
    return {
        "shape=inner_upper": float(inner),
        "shape=lower": float(text.islower()),
        "shape=digit": float(any(c.isdigit() for c in text)),
        "shape=hyphen": float("-" in text),
        "shape=all_upper": float(text.isupper()),
        f"words={min(words, 6)}": 1.0,
        "short_text": float(len(text) < 3),
        "odd": float(not text[0].isalnum() or not (text[-1].isalnum() or text[-1] in "+)]}*#")),
        "ends_s": float(text.endswith("s")),
    }


def _neighbours(words: Words, surface: Surface) -> tuple[set[str], set[str]]:
    """The normal forms of the words in front of and behind the occurrences of a surface form."""
    left, right = set(), set()
    for first, behind in surface.bounds[:4]:
        if first and not words.texts[first - 1].isspace():
            left.add(words.norms[first - 1])
        for k in range(behind, min(behind + 2, len(words))):
            if words.texts[k].isspace():
                break
            right.add(words.norms[k] if k == behind else f"_{words.norms[k]}")
    return left, right


def _is_called_dataset(title: str, surface: Surface) -> bool:
    """Whether a word for datasets stands behind the name, in it, or behind the colon of a title that it begins."""
    if not _DATASET_WORDS_BEHIND.isdisjoint(surface.right) or "bench" in surface.text.casefold():
        return True
    head, colon, rest = title.casefold().partition(":")
    return bool(colon) and surface.text.casefold() == head and any(w in _DATASET_WORDS for w in rest.split())


def features(
    doc: Doc, surface: Surface, label: str, surfaces: Mapping[str, Surface], priors: Mapping[str, Prior]
) -> dict[str, float]:
    """The evidence for one surface form being a name of one type."""
    count = len(surface.places)
    ner, total_ner = surface.ner.get(label, 0), sum(surface.ner.values())
    share = min(1.0, ner / count)
    found = {
        f"label={label}": 1.0,
        "ner": float(ner > 0),
        f"ner&{label}": float(ner > 0),
        "ner_share": share,
        "ner_log": math.log1p(ner),
        "ner_other": float(total_ner > ner),
        "ner_other_log": math.log1p(total_ner - ner),
        "ner_missed_log": math.log1p(max(0, count - total_ner)),
        "count_log": math.log1p(count),
        "known": float(label in surface.known),
        f"known&{label}": float(label in surface.known),
        "known_other": float(bool(surface.known) and label not in surface.known),
        "known&ner": float(label in surface.known and ner > 0),
        "cued": float(surface.cued > 0),
        f"cued&{label}": float(surface.cued > 0),
        "in_title": float(surface.places[0][0] < fields(doc)[0]),
        "short": float(surface.is_short),
        "long": float(bool(surface.partners) and not surface.is_short),
    }
    found["prefix"] = found[f"prefix&{label}"] = float(surface.is_prefix)
    found[f"called_dataset&{label}"] = float(surface.is_called_dataset)
    for word in surface.left:
        found[f"l={word}&{label}"] = 1.0
    for word in surface.right:
        found[f"r={word}&{label}"] = 1.0
    words = prior_key(surface.text).split()
    if words:
        found[f"last={words[-1]}&{label}"] = found[f"begins={words[0]}&{label}"] = 1.0
    partners = [surfaces[p] for p in surface.partners if p in surfaces]
    found["partner_ner"] = float(any(p.ner.get(label, 0) for p in partners))
    found["partner_known"] = float(any(label in p.known for p in partners))
    found["partner_ner&no_ner"] = float(found["partner_ner"] > 0 and ner == 0)
    found["alike_ner"] = float(any(s.ner.get(label, 0) for s in surface.alike))
    found["inside_other"] = float(surface.is_inside)
    found["holds_other"] = float(surface.holds)
    seen, labels = priors.get(prior_key(surface.text), (0, {}))
    mine = labels.get(label, 0)
    found["prior_seen"] = float(seen > 0)
    found["prior"] = (mine + 0.5) / (seen + 1.5) - 1 / 3 if seen else 0.0
    found["prior_log"] = math.log((mine + 0.5) / (max(seen - mine, 0) + 0.5)) if seen else 0.0
    found["prior_never"] = float(seen >= 2 and mine == 0)
    found |= _around(surface, label, surfaces)
    common, rare = frequency(surface.text), rarest_word(surface.text)
    found[f"frequency&{label}"] = common / 4
    found[f"unseen&{label}"] = float(common == 0)
    found["rarest"] = rare / 4
    found[f"new_word&{label}"] = float(rare == 0)
    for name, value in _shape(surface.text).items():
        found[name] = value
        if name.startswith(("shape=inner", "shape=lower", "words")):
            found[f"{name}&{label}"] = value
    found |= _with_ner(found, label, count, ner > 0)
    found |= name_certainty(doc, surface.bounds, label)
    return {name: value for name, value in found.items() if value}


_AGAINST_NER = (
    "prior_never", "prior_seen", "shape=lower", "shape=inner_upper", "in_title", "short", "long", "inside_other",
    "holds_other", "alike_ner",
)  # fmt: skip


def _with_ner(found: Mapping[str, float], label: str, count: int, ner: bool) -> dict[str, float]:
    """What other evidence means depends on whether the NER pass took the name."""
    made = {}
    for name in _AGAINST_NER:
        if found.get(name):
            made[f"{name}&ner={ner}"] = made[f"{name}&ner={ner}&{label}"] = 1.0
    share = f"share={int(found['ner_share'] * 4)}&count={min(3, count)}"
    made[share] = made[f"{share}&{label}"] = 1.0
    made[f"prior&ner={ner}"] = made[f"prior&ner={ner}&{label}"] = found["prior"]
    made[f"prior_log&ner={ner}&{label}"] = found["prior_log"]
    return made


def _around(surface: Surface, label: str, surfaces: Mapping[str, Surface]) -> dict[str, float]:
    """The cues around a name, and what stands next to it in a list."""
    made = {f"{cue}&{label}": 1.0 for cue in surface.cues}
    made[f"listed&{label}"] = float(surface.is_listed)
    for other in (surfaces[text] for text in sorted(surface.listed) if text in surfaces):
        for key, labels in (("beside_ner", other.ner), ("beside_known", other.known)):
            for kind in labels:
                made[f"{key}_{'same' if kind == label else 'other'}"] = 1.0
                made[f"{key}={kind}&{label}"] = 1.0
    return made


def labels_of(surface: Surface, surfaces: Mapping[str, Surface]) -> set[str]:
    """The types that there is any evidence for."""
    labels = set(surface.ner) | set(surface.known)
    for partner in surface.partners:
        if partner in surfaces:
            labels |= set(surfaces[partner].ner) | set(surfaces[partner].known)
    if surface.cued or surface.is_prefix or surface.partners:
        labels.add("METHOD")
    if surface.is_listed or surface.is_called_dataset:
        labels.add("DATASET")
    return labels
