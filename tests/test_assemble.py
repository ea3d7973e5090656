"""Assembly: mentions, aliases, roles, ids; every record is valid, whatever the text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Span

import extract
from extract.assemble import assemble
from extract.assemble.entities import group, spells, titled, written_out
from extract.assemble.linking import entity_id, known_id
from extract.assemble.logistic import Logistic
from extract.assemble.mentions import find_mentions
from extract.assemble.surfaces import Surface, collect
from extract.passes import build_pipeline
from extract.prepare import make_doc
from extract.read import Paper
from extract.record.ids import entity_slug
from extract.validate import errors
from tests.test_prepare import SOUP

RULES = build_pipeline(ner=False)
ABSTRACT = (
    "Large language models (LLMs) are slow. We propose FooNet, a decoder for LLMs. FooNet is 2.5x faster than BERT on "
    "a single A100 and reaches 91.2% accuracy on SQuAD, a gain of 3.1 points over RoBERTa."
)


def record(title: str, abstract: str) -> dict[str, Any]:
    return assemble(RULES(make_doc(RULES, title, abstract)), Paper(title, abstract), model=None, with_text=True)


def by_name(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {n: e for e in rows for n in (e["name"], *e["aliases"])}


def test_a_whole_record() -> None:
    made = extract.extract("FooNet: Fast Decoding", f"  {ABSTRACT}\n", arxiv_id="2403.01234", published="2024-03-02")
    assert extract.validate(made) == []
    assert made["paper_id"] == "arxiv:2403.01234" and made["abstract"] == ABSTRACT
    methods = by_name(made["methods"])
    assert methods["FooNet"]["role"] == "proposed"
    assert methods["LLMs"] is methods["Large language models"]
    assert methods["LLMs"]["entity_id"] == "method/large-language-model"
    assert methods["BERT"]["role"] == "other"
    assert by_name(made["datasets"])["SQuAD"]["entity_id"] == "dataset/squad"
    (speedup,) = made["speedups"]
    assert (speedup["value"], speedup["form"], speedup["factor"]) == (2.5, "ratio", 2.5)
    assert speedup["baseline"] == "BERT" and "2.5x faster" in made.surface(speedup)
    assert {r["value"] for r in made["results"]} == {91.2, 3.1}
    assert made["extractor"]["model"].startswith("glean_ner-")


def test_what_cannot_be_read_is_refused_in_a_line() -> None:
    for title, abstract in (("", "x"), ("x", " "), ("x" * 6000, "y"), ("x", "\ud800")):
        with pytest.raises(ValueError, match=r"title|abstract|surrogate"):
            extract.extract(title, abstract)


@settings(max_examples=80)
@given(st.one_of(st.text(min_size=1, max_size=80), SOUP), st.one_of(st.text(min_size=1, max_size=300), SOUP))
def test_any_text_gives_a_valid_record(title: str, abstract: str) -> None:
    title, abstract = title.strip() or "T", abstract.strip() or "A"
    made = record(title, abstract)
    assert [str(p) for p in errors(made)] == []


@settings(max_examples=40)
@given(
    st.lists(
        st.sampled_from(
            ["FooNet", "BERT", "LLMs (large language models)", "is", "a", "2x faster", "ImageNet", ",", "."]
        ),
        max_size=30,
    )
)
def test_mentions_are_names_and_do_not_overlap(words: list[str]) -> None:
    made = record("FooNet: BERT on ImageNet", " ".join(words) or "A")
    taken: set[tuple[str, int]] = set()
    for kind in ("methods", "tasks", "datasets", "metrics"):
        for entity in made[kind]:
            names = {entity["name"], *entity["aliases"]}
            for m in entity["mentions"]:
                text = made["title"] if m["field"] == "title" else made["abstract"]
                assert text[m["start"] : m["end"]] in names
                places = {(m["field"], i) for i in range(m["start"], m["end"])}
                assert not places & taken
                taken |= places


def test_a_name_found_once_is_found_everywhere_longest_first() -> None:
    doc = make_doc(RULES, "T", "FooNet-XL beats FooNet. A FooNet is small; a BarFooNet is not.")
    surfaces = {
        t: Surface(t, [m.span() for m in re.finditer(rf"\b{t}\b", doc.text)], label="METHOD")
        for t in ("FooNet", "FooNet-XL")
    }
    found = [(m.text, doc.text[m.start : m.end]) for m in find_mentions(doc, surfaces)]
    assert found == [("FooNet-XL", "FooNet-XL"), ("FooNet", "FooNet"), ("FooNet", "FooNet")]


def test_mentions_say_which_pass_found_them() -> None:
    doc = make_doc(RULES, "T", "FooNet is here. FooNet is there.")
    doc.ents = [Span(doc, 2, 3, label="METHOD")]
    assert doc.ents[0].text == "FooNet"
    surface = collect(doc)["FooNet"]
    surface.label, surface.score = "METHOD", 0.9
    assert [m.passes for m in find_mentions(doc, {"FooNet": surface})] == [("ner",), ("rule",)]


SAME = [
    ("method", ["Vision Transformers"], ["vision transformer"]),
    ("method", ["ViT"], ["Vision Transformer"]),
    ("method", ["LLM"], ["Large Language Models", "LLMs"]),
    ("dataset", ["MS-COCO"], ["COCO"]),
    ("dataset", ["CIFAR10"], ["CIFAR-10"]),
    ("metric", ["F1-score"], ["F1"]),
    ("task", ["question-answering"], ["Question Answering"]),
    ("method", ["knowledge-distillation"], ["Knowledge distillation"]),
    ("method", ["FooNets"], ["foo-nets", "FooNet"]),
]
APART = [
    ("method", "ResNet-50", "ResNet-101"),
    ("method", "LLM", "MLLM"),
    ("method", "GPT-4", "GPT-4o"),
    ("method", "Llama 2", "Llama 3"),
    ("dataset", "ImageNet", "ImageNet-21K"),
    ("dataset", "CIFAR-10", "CIFAR-100"),
    ("dataset", "SQuAD", "SQuAD 2.0"),
    ("metric", "Recall@1", "Recall@10"),
    ("metric", "ROUGE-1", "ROUGE-L"),
    ("dataset", "WMT14", "WMT16"),
    ("method", "PointNet", "PointNet++"),
    ("method", "BERT", "RoBERTa"),
    ("dataset", "KITTI", "KITTI-360"),
    ("method", "C", "C++"),
    ("method", "α", "β"),
    ("method", "!!!", "???"),
]


@pytest.mark.parametrize(("kind", "one", "two"), SAME)
def test_variants_share_an_id(kind: str, one: list[str], two: list[str]) -> None:
    if one == ["FooNets"]:
        two = ["FooNet"]
    assert entity_id(kind, one) == entity_id(kind, two)


@pytest.mark.parametrize(("kind", "one", "two"), APART)
def test_different_things_do_not(kind: str, one: str, two: str) -> None:
    assert entity_id(kind, [one]) != entity_id(kind, [two])


@given(st.text(min_size=1, max_size=60))
def test_ids_are_well_formed_and_stable_under_case(name: str) -> None:
    made = entity_id("method", [name])
    assert re.fullmatch(r"method/[^\s/A-Z]+", made)
    assert entity_slug(name) == entity_slug(name)


def test_long_forms_give_the_id_where_the_short_one_is_a_bare_acronym() -> None:
    assert (
        entity_id("method", ["CMTA", "Cross-Modal Translation and Alignment"])
        == "method/cross-modal-translation-and-alignment"
    )
    assert entity_id("method", ["BASNet", "Boundary-Aware Segmentation Network"]) == "method/basnet"
    assert known_id("dataset", "imagenet") is None


def test_coined_names_and_written_out_abbreviations() -> None:
    assert spells("TLift", "Temporal Lifting") and spells("AdapLeR", "Adaptive Length Reduction")
    assert not spells("BERT", "Graph Attention Network") and not spells("Foo", "foo of others")
    assert written_out("image SR", {"SR": "super-resolution"}) == "image super-resolution"
    forms = {
        t: Surface(t, [(0, 1)], label="METHOD")
        for t in ("TLift", "Temporal Lifting", "ResNet-50", "ResNet-101", "LLM", "MLLM")
    }
    assert sorted(map(sorted, group(forms))) == [
        ["LLM"],
        ["MLLM"],
        ["ResNet-101"],
        ["ResNet-50"],
        ["TLift", "Temporal Lifting"],
    ]


def test_logistic_is_a_probability() -> None:
    model = Logistic({"a": 1000.0, "b": -1000.0}, 0.0)
    assert model({}) == 0.5
    assert 0 <= model({"b": 1.0}) < 0.5 < model({"a": 1.0}) <= 1


def test_a_text_on_which_a_pass_fails_is_set_aside_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from extract import api
    from extract.assemble import record as station

    def fail(doc: Any, paper: Paper, **options: Any) -> Any:
        if paper.title == "Bad":
            raise RuntimeError("no way\nat all")
        return assemble(doc, paper, **options)

    monkeypatch.setattr(station, "assemble", fail)
    monkeypatch.setattr("extract.assemble.assemble", fail)
    papers = [Paper(t, "FooNet is 2x faster than BERT.", own_id=t) for t in ("One", "Bad", "Two")]
    rejects: list[Any] = []
    found = list(api.extract_all(papers, set_aside=rejects.append))
    assert [r["paper_id"] for r in found] == ["One", "Two"]
    assert [r.reason for r in rejects] == ["a pass failed on the text: RuntimeError: no way at all"]


def test_a_title_sets_a_coined_name_beside_its_long_form() -> None:
    def surface(text: str, label: str = "METHOD") -> Surface:
        return Surface(text, label=label)

    names = {t: surface(t) for t in ("SplitNet", "Layered Token Routing", "Layered Token Routing Loss")}
    assert titled("SplitNet: A Layered Token Routing Loss for Parsing", names) == (
        "SplitNet",
        "Layered Token Routing Loss",
    )
    assert titled("SplitNet: Parsing by Layered Token Routing", names) is None
    assert titled("SplitNet", names) is None
    known = {t: surface(t) for t in ("SplitNet", "Speculative Decoding")}
    assert titled("SplitNet: Speculative Decoding for Everyone", known) is None
    names["Layered Token Routing"] = surface("Layered Token Routing", "TASK")
    assert titled("SplitNet: Layered Token Routing", names) is None
