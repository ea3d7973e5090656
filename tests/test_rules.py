"""Abbreviations, known names and roles: what the rule pass finds without a trained model."""

from __future__ import annotations

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

import extract.passes  # noqa: F401  (registers the components)
from extract.passes import build_pipeline
from extract.passes.rules.abbreviations import best_long_form, find_abbreviations
from extract.passes.rules.names_table import load_table, plural
from extract.passes.rules.roles import Context, proposal_sentence
from extract.prepare import blank, make_doc
from tests.test_prepare import SOUP

BLANK = blank()
RULES = build_pipeline(ner=False)


def pairs(abstract: str, title: str = "A title") -> set[tuple[str, str]]:
    return {(s.text, long.text) for s, long in find_abbreviations(make_doc(BLANK, title, abstract))}


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("We use large language models (LLMs) here.", ("LLMs", "large language models")),
        ("With self-supervised learning (SSL), we win.", ("SSL", "self-supervised learning")),
        ("The kinase domain receptor (KDR) binds.", ("KDR", "kinase domain receptor")),
        ("Heat shock transcription factor (HSF) rises.", ("HSF", "Heat shock transcription factor")),
        ("We define WER (word error rate) as usual.", ("WER", "word error rate")),
        ("A graph convolutional network, or GCN, is used.", ("GCN", "graph convolutional network")),
        ("Trained with RL from human feedback (RLHF; see below).", ("RLHF", "RL from human feedback")),
    ],
)
def test_abbreviations(text: str, pair: tuple[str, str]) -> None:
    assert pair in pairs(text)


@pytest.mark.parametrize(
    "text",
    ["It runs (see Fig. 2).", "Accuracy (92.1%) is high.", "We use data (2019).", "It (i.e., the net) works.", "A ()."],
)
def test_brackets_that_define_nothing(text: str) -> None:
    assert pairs(text) == set()


def test_title_acronym() -> None:
    assert ("TLC", "Tiny Lexical Codes") in pairs("Nothing.", "TLC: Tiny Lexical Codes for Search")


def test_long_form_of_the_paper() -> None:
    words = "binding of the heat shock transcription factor"
    start = best_long_form("HSF", words)
    assert start is not None and words[start:] == "heat shock transcription factor"
    assert best_long_form("XYZ", words) is None


def names(text: str) -> set[tuple[str, str, str]]:
    doc = RULES(make_doc(RULES, "A title", text))
    return {(s.text, s.label_, s.id_) for s in doc.spans["glean_names"]}


def test_known_names_with_case_plural_and_longest_match() -> None:
    found = names("Vision transformers beat ResNet-50 on ImageNet-1K, MS COCO and GLUE; Top-1 Accuracy and BLEU rise.")
    assert ("Vision transformers", "METHOD", "method/vision-transformer") in found
    assert ("ResNet-50", "METHOD", "method/resnet-50") in found
    assert ("ImageNet-1K", "DATASET", "dataset/imagenet-1k") in found
    assert ("MS COCO", "DATASET", "dataset/coco") in found
    assert ("Top-1 Accuracy", "METRIC", "metric/top-1-accuracy") in found
    assert not any(text == "ImageNet" for text, _, _ in found)


def test_cased_names_are_matched_as_written() -> None:
    assert names("The glue of a gibson in the race to drop coco.") == set()


def test_the_table_has_no_clash_and_one_form_of_each_alias() -> None:
    table = load_table().names
    assert len(table) > 1200
    assert all(alias == alias.strip() and alias for alias in table)
    assert plural("policy") == "policies" and plural("loss") == "losses" and plural("CNN") == "CNNs"


def proposed(title: str, abstract: str) -> set[str]:
    doc = RULES(make_doc(RULES, title, abstract))
    return {s.text for s in doc.spans["glean_proposed"]}


def test_strong_cues_of_what_is_proposed() -> None:
    assert "FooNet" in proposed("FooNet: Parsing Fast", "We parse.")
    assert "Parsing" not in proposed("Parsing: A Survey", "We parse.")


def cues(text: str, name: str) -> set[str]:
    doc = RULES(make_doc(RULES, "A title", text))
    start = doc.text.index(name)
    span = doc.char_span(start, start + len(name))
    return Context(doc, [(span.start, span.end)]).cues(span.start, span.end)


@pytest.mark.parametrize(
    ("text", "name", "cue"),
    [
        ("We propose FooNet for parsing.", "FooNet", "proposed_first"),
        ("This paper introduces a method called FooNet.", "FooNet", "named"),
        ("Our FooNet is small.", "FooNet", "own"),
        ("FooNet outperforms all others.", "FooNet", "achieves"),
        ("It is better than FooNet.", "FooNet", "others"),
        ("We test methods such as FooNet.", "FooNet", "others"),
        ("A parser, dubbed \\textbf{FooNet}, is given.", "FooNet", "named"),
        ("Parsing is old. We propose a parser. FooNet is fast.", "FooNet", "after_proposal"),
    ],
)
def test_cues(text: str, name: str, cue: str) -> None:
    assert cue in cues(text, name)


def test_no_proposal_in_a_text_of_others() -> None:
    assert proposal_sentence(make_doc(BLANK, "A title", "They propose nothing. It is known.")) is None


@given(st.one_of(st.text(max_size=120), SOUP), st.one_of(st.text(max_size=300), SOUP))
def test_rules_survive_any_text(title: str, abstract: str) -> None:
    doc = RULES(make_doc(RULES, title, abstract))
    for key in ("glean_names", "glean_short", "glean_long", "glean_proposed", "glean_speedups", "glean_results"):
        assert all(0 <= s.start < s.end <= len(doc) for s in doc.spans[key])


@pytest.mark.parametrize(
    "name", ["glean_sentences", "glean_abbreviations", "glean_names", "glean_roles", "glean_speedups"]
)
def test_components_work_in_anyones_pipeline(name: str) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.add_pipe(name)
    assert nlp("We propose FooNet (FN). It is 2x faster than BERT on a GPU.").text
