"""The measure, on cases worked out by hand, and beside the reference scorer where that is at hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.evaluate import GoldError, evaluate, load_gold
from extract.evaluate.agreement import agreement
from extract.evaluate.classes import error_classes
from extract.evaluate.gold import gold_spans
from extract.evaluate.standoff import from_standoff, to_standoff
from extract.passes.ner.data import load_annotated, read_texts
from extract.record.surface import fold, occurrences
from extract.sample import FOLDER

TITLE, ABSTRACT = "FooNet: Fast Parsing", "We propose FooNet for parsing. FooNet is 2x faster than BarNets."
GOLD: dict[str, Any] = {
    "id": "p",
    "methods": [{"names": ["FooNet"], "role": "proposed"}, {"names": ["BarNets"], "role": "other"}],
    "tasks": [{"names": ["Parsing", "parsing"]}],
    "datasets": [],
    "metrics": [],
    "speedups": [
        {"value": 2, "form": "ratio", "quantity": "time", "bound": "exact", "method": "FooNet", "baseline": "BarNets"}
    ],
    "results": [],
}


def mention(field: str, start: int, end: int, score: float = 1.0) -> dict[str, Any]:
    return {"field": field, "start": start, "end": end, "passes": ["rule"], "score": score}


def record(**changes: Any) -> dict[str, Any]:
    at = ABSTRACT.index("FooNet")
    foo = [mention("title", 0, 6), mention("abstract", at, at + 6), mention("abstract", 31, 37)]
    return {
        "paper_id": "p",
        "methods": [
            {"name": "FooNet", "aliases": [], "role": "proposed", "mentions": foo},
            {"name": "bar-net", "aliases": [], "role": "other", "mentions": [mention("abstract", 56, 63, 0.4)]},
        ],
        "tasks": [],
        "datasets": [],
        "metrics": [],
        "speedups": [
            {"value": 2.0, "form": "ratio", "quantity": "time", "bound": "about", "method": None, "baseline": "Bar"}
        ],
        "results": [],
        **changes,
    }


def test_counts_by_hand() -> None:
    quality = evaluate({"p": (TITLE, ABSTRACT)}, {"p": GOLD}, {"p": record()}, rounds=10)
    figures = quality.figures
    assert (figures["mention.methods"]["p"], figures["mention.methods"]["r"]) == (1.0, 1.0)
    assert (figures["mention.all"]["p"], figures["mention.all"]["r"]) == (1.0, 4 / 6)
    assert figures["entity.methods"]["r"] == 0.5  # "bar-net" folds to "bar net", "BarNets" to "barnet"
    assert figures["entity.tasks"]["r"] == 0.0
    assert figures["proposed"]["f1"] == 1.0
    assert figures["speedups"]["f1"] == 1.0
    assert quality.slots["speedups.method"] == (1.0, 1)  # null stands for what the paper proposes
    assert quality.slots["speedups.bound"] == (0.0, 1)
    assert quality.slots["speedups.baseline"] == (1.0, 1)
    bands = {(b["kind"], b["low"]): (b["n"], b["precision"]) for b in quality.bands}
    assert bands["mentions", 0.0] == (1, 1.0) and bands["mentions", 0.9] == (3, 1.0)


def test_a_paper_without_a_record_has_nothing() -> None:
    quality = evaluate({"p": (TITLE, ABSTRACT)}, {"p": GOLD}, {}, rounds=10)
    assert quality.figures["entity.all"] == {"p": 0, "r": 0, "f1": 0, "low": 0, "high": 0, "gold": 3}


def test_optional_earns_and_costs_nothing() -> None:
    gold = {**GOLD, "speedups": [{**GOLD["speedups"][0], "optional": True}]}
    for found in (record(), record(speedups=[])):
        figure = evaluate({"p": (TITLE, ABSTRACT)}, {"p": gold}, {"p": found}, rounds=10).figures["speedups"]
        assert (figure["gold"], figure["p"]) == (0, 0)


def test_names_stand_on_word_boundaries() -> None:
    text = "BERT, BERT-base, mBERT, BERT2 and ALBERT"
    assert list(occurrences("BERT", text)) == [(0, 4), (6, 10), (24, 28)]


def test_longest_name_first() -> None:
    gold = {**GOLD, "methods": [{"names": ["Net"]}, {"names": ["Foo Net"]}], "tasks": []}
    assert gold_spans(gold, "Foo Net and Net", "")[0] == {("methods", "title", 0, 7), ("methods", "title", 12, 15)}


@pytest.mark.parametrize(
    ("a", "b"), [("The LLMs", "llm"), ("k-NN", "k nn"), ("F1~scores", "f1 score"), ("loss", "Loss")]
)
def test_folding(a: str, b: str) -> None:
    assert fold(a) == fold(b)


@given(st.text(max_size=40), st.text(min_size=1, max_size=3))
def test_occurrences_are_the_name(text: str, name: str) -> None:
    assert all(text[a:b] == name for a, b in occurrences(name, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "no annotation"), ("{", "not JSON"), ("[1]", "no annotation"), ('{"id": 1}', "no list 'methods'")],
)
def test_bad_annotations_are_one_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text(text)
    with pytest.raises(GoldError, match=words):
        load_gold(path)


@pytest.mark.shared
def test_agrees_with_the_reference_scorer(shared: Path, tmp_path: Path) -> None:
    """The same figures as the reference on dev, for records made from perturbed annotations."""
    papers = {p["id"]: p for p in map(json.loads, (shared / "gold/papers.jsonl").read_text().splitlines())}
    gold = load_gold(shared / "gold/dev.jsonl")
    records = {}
    for n, (pid, annotation) in enumerate(gold.items()):
        made: dict[str, Any] = {"paper_id": pid}
        spans = gold_spans(annotation, papers[pid]["title"], papers[pid]["abstract"])[0]
        for kind in ("methods", "tasks", "datasets", "metrics"):
            made[kind] = [
                {
                    "name": e["names"][0],
                    "aliases": e["names"][2:],
                    "role": "proposed" if k % 2 else "other",
                    "mentions": [],
                }
                for k, e in enumerate(annotation[kind])
                if (n + k) % 4
            ]
            if made[kind]:
                own = sorted(s for s in spans if s[0] == kind)
                made[kind][0]["mentions"] = [mention(f, a, b + (n + a) % 2) for _, f, a, b in own]
        for kind in ("speedups", "results"):
            made[kind] = [
                {**r, "value": r["value"] + (n + k) % 3, "method": None} for k, r in enumerate(annotation[kind])
            ]
        records[pid] = made
    path = tmp_path / "records.jsonl"
    path.write_text("\n".join(map(json.dumps, records.values())))
    out = tmp_path / "out.json"
    call = [shared / "gold/score.py", shared / "gold/papers.jsonl", shared / "gold/dev.jsonl", path, "--json", out]
    subprocess.run([sys.executable, *map(str, call)], check=True, capture_output=True)
    reference = json.loads(out.read_text())
    ours = evaluate({k: (p["title"], p["abstract"]) for k, p in papers.items()}, gold, records, rounds=10)
    for name, figure in reference["figures"].items():
        for key in ("p", "r", "f1", "gold"):
            assert ours.figures[name][key] == pytest.approx(figure[key]), name
    assert {k: [pytest.approx(v[0]), v[1]] for k, v in ours.slots.items()} == reference["slots"]


def test_standoff_annotations_come_back_and_hold_no_text() -> None:
    gold = {**GOLD, "speedups": [{**GOLD["speedups"][0], "evidence": "2x faster"}]}
    entry = to_standoff(gold, TITLE, ABSTRACT)
    assert from_standoff(entry, TITLE, ABSTRACT) == gold
    text = json.dumps(entry)
    assert "FooNet" not in text and "faster" not in text
    with pytest.raises(GoldError, match="not the one that was annotated"):
        from_standoff(entry, TITLE, ABSTRACT + "!")
    with pytest.raises(GoldError, match="does not stand in the text"):
        to_standoff({**gold, "tasks": [{"names": ["pars"]}]}, TITLE, ABSTRACT)


def entity(name: str, **more: object) -> dict:  # type: ignore[type-arg]
    return {"names": [name], **more}


def test_errors_have_classes() -> None:
    nothing: dict = {"methods": [], "tasks": [], "datasets": [], "metrics": [], "speedups": [], "results": []}  # type: ignore[type-arg]
    gold = {
        **nothing,
        "id": "p",
        "methods": [entity("TreeNet", role="proposed"), entity("gated tree search", role="other")],
        "datasets": [entity("CropBank", role="other")],
        "speedups": [{"value": 2.0, "form": "ratio", "quantity": "time", "evidence": "2x faster"}],
        "results": [{"value": 80.0, "form": "absolute", "unit": "%", "metric": "accuracy", "evidence": "80% accuracy"}],
    }
    found = {
        "methods": [
            {"name": "TreeNet", "role": "other", "mentions": []},
            {"name": "CropBank", "role": "other", "mentions": [{"field": "abstract", "start": 0, "end": 8}]},
            {"name": "tree search", "role": "other", "mentions": []},
        ],
        "speedups": [
            {"value": 2.0, "form": "ratio", "quantity": "memory"},
            {"value": 80.0, "form": "ratio", "quantity": "time"},
        ],
        "results": [],
    }
    classes = error_classes({"p": ("TreeNet", "CropBank for gated tree search")}, {"p": gold}, {"p": found})
    assert classes.types["datasets", "methods"] == 1
    assert classes.missed["entity"] == {"other borders": 1, "found as another type (datasets, methods)": 1}
    assert classes.extra["entity"] == {"other borders": 1, "annotated as another type (datasets, methods)": 1}
    assert classes.missed["proposed"] == {"the method is there with another role": 1}
    assert classes.missed["speedups"] == {"the same number with another quantity": 1}
    assert classes.extra["speedups"] == {"the same number with another quantity": 1, "among the results": 1}
    assert classes.missed["results"] == {"among the speedups": 1}
    assert any("50%" in line for line in classes.lines())


def test_a_second_reading_is_measured_against_the_first(tmp_path: Path) -> None:
    first = {p[2]["id"]: p for p in load_annotated(FOLDER / "gold.jsonl", read_texts(FOLDER / "papers.jsonl"))}
    same = agreement(first, first, rounds=10)
    assert same.figures["entity.all"]["f1"] == same.figures["speedups"]["f1"] == 1.0
    title, abstract, annotation = next(iter(first.values()))
    less = agreement(first, {annotation["id"]: (title, abstract, {**annotation, "methods": []})}, rounds=10)
    assert less.papers == 1
    assert less.figures["entity.methods"]["r"] == 0.0
