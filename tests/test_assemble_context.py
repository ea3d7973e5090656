"""What stands around a name: lists, appositives, nouns for datasets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.assemble.context import brings_dataset, cues, listed_datasets
from extract.passes import build_pipeline
from extract.prepare import make_doc
from tests.test_prepare import SOUP

RULES = build_pipeline(ner=False)


def listed(abstract: str, title: str = "A title") -> set[str]:
    return listed_datasets(RULES(make_doc(RULES, title, abstract)))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We test it on the FooBench, BarQA and BazNLI datasets.", {"FooBench", "BarQA", "BazNLI"}),
        ("It wins on four benchmarks: FooBench, BarQA (B2), and Baz-10.", {"FooBench", "BarQA", "B2", "Baz-10"}),
        ("We train on corpora such as Foo News and BarText.", {"Foo News", "BarText"}),
        ("Two datasets (FooQA, Bar v2) are new.", {"FooQA", "Bar v2"}),
        ("Extensive experiments on many datasets are shown.", set()),
        ("The dataset is large. FooNet learns from it.", set()),
    ],
)
def test_names_in_lists_of_datasets(text: str, names: set[str]) -> None:
    assert listed(text) == names


def around(text: str, *names: str) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    doc = RULES(make_doc(RULES, "A title", text))
    return cues(doc, {n: [(doc.text.index(n), doc.text.index(n) + len(n))] for n in names})


def test_names_beside_each_other_in_a_list() -> None:
    _, beside = around("We compare FooNet (FN), BarNet, and BazNet with Qux.", "FooNet", "BarNet", "BazNet", "Qux")
    assert beside["FooNet"] == {"BarNet"} and beside["BarNet"] == {"FooNet", "BazNet"}
    assert beside["Qux"] == set()


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("We give FooQA, a large new dataset for search.", "is_dataset"),
        ("FooNet is a small framework for search.", "is_method"),
        ("We use FooScore, a metric of style.", "is_metric"),
        ("FooNet, which needs no dataset, wins.", None),
    ],
)
def test_appositives(text: str, cue: str | None) -> None:
    name = next(n for n in ("FooQA", "FooNet", "FooScore") if n in text)
    found, _ = around(text, name)
    assert {c for c in found[name] if c.startswith("is_")} == ({cue} if cue else set())


def test_a_paper_that_brings_a_dataset() -> None:
    def brings(text: str) -> bool:
        return brings_dataset(RULES(make_doc(RULES, "A title", text)))

    assert brings("Search is hard. We introduce FooQA, a new benchmark of 10 tasks.")
    assert not brings("We introduce FooNet. It is tested on a benchmark.")


@given(st.one_of(st.text(max_size=100), SOUP), st.one_of(st.text(max_size=300), SOUP))
def test_any_text(title: str, abstract: str) -> None:
    doc = RULES(make_doc(RULES, title, abstract))
    for name in listed_datasets(doc):
        assert name in doc.text and name.strip() == name
    words = {t.text: [(t.idx, t.idx + len(t))] for t in doc if not t.is_space}
    found, beside = cues(doc, words)
    assert set(found) <= set(words)
    assert all(other in words and other != name for name, others in beside.items() for other in others)
