"""Single passes in the pipelines of others: any tokenizer, any neighbours, saved, loaded, in several processes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.util import filter_spans

from extract.passes import AFTER_NER, BEFORE_NER, build_pipeline
from extract.passes.rules.claims.rows import CACHE
from extract.prepare import make_doc
from extract.prepare.scan import placed, scanned
from extract.sample import sample_inputs
from tests.notebooks import FOLDER, code_cells, run_cell

RULES = (*BEFORE_NER, *AFTER_NER)
TEXT = "We propose FooNet for parsing. FooNet is 2.5x faster than BarNet and reaches 91.2% accuracy on ImageNet."
SAMPLE = Path(sample_inputs()[0]).parent / "papers.jsonl"


@pytest.fixture(scope="module")
def plain() -> Language:
    """All rule components behind spaCy's own tokenizer."""
    nlp = spacy.blank("en")
    for name in RULES:
        nlp.add_pipe(name)
    return nlp


def claims(doc: Doc) -> list[tuple[Any, ...]]:
    found = [*doc.spans["glean_speedups"], *doc.spans["glean_results"]]
    return [(s.label_, s.text, s._.claim.value, s._.claim.quantity) for s in found]


def test_entry_points_are_all_that_is_needed() -> None:
    code = (
        "import spacy; nlp = spacy.blank('en')\n"
        f"for name in {RULES!r}: nlp.add_pipe(name)\n"
        f"doc = nlp({TEXT!r}); print([s._.claim.value for s in doc.spans['glean_speedups']])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout.strip()) == (0, "[2.5]"), run.stderr


@pytest.mark.parametrize("name", RULES)
def test_each_component_works_alone_on_the_default_tokenizer(name: str) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe(name)
    assert nlp(TEXT).text == TEXT
    assert nlp("").text == ""


def test_a_claim_in_a_token_of_another_tokenizer() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("glean_speedups")
    doc = nlp("FooNet is 2.5x faster than BarNet.")
    assert "2.5x" in [t.text for t in doc]
    (span,) = doc.spans["glean_speedups"]
    assert (span.text, span._.claim.value, span._.claim.bound) == ("2.5x faster", 2.5, "exact")
    assert doc.text[span._.claim.start : span._.claim.end] == "2.5x faster"


def test_the_same_claims_with_both_tokenizers(plain: Language) -> None:
    """Same numbers, kinds, forms and places; names inside of a coarser token are told in that token."""
    own = build_pipeline(ner=False)
    names = ("method", "baseline", "metric", "dataset", "hardware")
    rows = slots = same = 0
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        paper = json.loads(line)
        one, two = (nlp(make_doc(nlp, paper["title"], paper["abstract"])).user_data[CACHE] for nlp in (own, plain))
        assert [(c["kind"], c["value"], c["form"], c["quantity"], c["start"], c["end"]) for c in one] == [
            (c["kind"], c["value"], c["form"], c["quantity"], c["start"], c["end"]) for c in two
        ]
        for a, b in zip(one, two, strict=True):
            rows += 1
            slots += len(names)
            same += sum(a[n] == b[n] for n in names)
    assert rows > 150
    assert same / slots > 0.99


def test_behind_the_components_of_others() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "METHOD", "pattern": name} for name in ("Zork", "Quux")])
    nlp.add_pipe("merge_entities")
    nlp.add_pipe("glean_roles")
    nlp.add_pipe("glean_speedups", config={"spans_key": "mine", "threshold": 0.1})
    doc = nlp("We propose a parser called Zork. Zork is 3x faster than Quux.")
    (span,) = doc.spans["mine"]
    assert (span._.claim.method, span._.claim.baseline) == ("Zork", "Quux")
    assert [s.text for s in doc.spans["glean_proposed"]] == ["Zork"]
    assert [e.text for e in doc.ents] == ["Zork", "Zork", "Quux"]
    nlp.get_pipe("glean_speedups").threshold = 1.1
    assert not nlp(doc.text).spans["mine"]


def test_tokens_that_others_merged_are_read_anew() -> None:
    own = build_pipeline(ner=False)
    doc = own.make_doc("FooNet is 2.5x faster than BarNet.")
    assert scanned(doc) is doc
    with doc.retokenize() as retokenizer:
        retokenizer.merge(doc[2:5])
    tokens = scanned(doc)
    assert tokens is not doc and tokens.text == doc.text
    assert placed(tokens[2:4], doc).text == "2.5x faster"
    assert placed(doc[2:3], tokens).text == "2.5x faster"


def test_sentences_of_the_default_tokenizer(plain: Language) -> None:
    doc = plain("It is e.g. 2.5x faster than Foo et al. on a CPU. Then we stop.Now on a GPU.That is one token.")
    assert [s.text for s in doc.sents] == [
        "It is e.g. 2.5x faster than Foo et al. on a CPU.",
        "Then we stop.",
        "Now on a GPU.That is one token.",
    ]


def test_spans_never_overlap_where_they_must_not(plain: Language) -> None:
    doc = plain("Mixtral-8x7B and ResNet-50/ResNet-101-based nets on MovieLens-20M beat BERT-base.")
    spans = list(doc.spans["glean_names"])
    assert spans and len(filter_spans(spans)) == len(spans)


@pytest.mark.parametrize("name", RULES)
def test_factories_tell_what_they_do(name: str) -> None:
    meta = Language.get_factory_meta(name)
    assert meta.assigns
    if name in ("glean_speedups", "glean_results"):
        assert meta.default_config == {"spans_key": name, "threshold": 0.0}
        assert "span._.claim" in meta.assigns


def test_nothing_is_missing_in_the_whole_pipeline(plain: Language) -> None:
    assert not any(plain.analyze_pipes()["problems"].values())


@pytest.mark.parametrize("own", [True, False], ids=["own tokenizer", "default tokenizer"])
def test_to_disk_and_back(plain: Language, tmp_path: Path, own: bool) -> None:
    nlp = build_pipeline(ner=False) if own else spacy.blank("en")
    if not own:
        for name in RULES:
            nlp.add_pipe(name, config={"threshold": 0.2} if name == "glean_speedups" else {})
    nlp.to_disk(tmp_path)
    code = (
        "import sys, spacy; nlp = spacy.load(sys.argv[1]); doc = nlp(sys.argv[2])\n"
        "print(nlp.pipe_names); print([(s.text, s._.claim.value) for s in doc.spans['glean_speedups']])\n"
        "print(getattr(nlp.get_pipe('glean_speedups'), 'threshold'))"
    )
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path), TEXT], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    doc = nlp(TEXT)
    found = [(s.text, s._.claim.value) for s in doc.spans["glean_speedups"]]
    assert found
    assert run.stdout.splitlines() == [str(nlp.pipe_names), str(found), "0.0" if own else "0.2"]


@pytest.mark.parametrize("own", [True, False], ids=["own tokenizer", "default tokenizer"])
def test_in_several_processes(plain: Language, own: bool) -> None:
    nlp = build_pipeline(ner=False) if own else plain
    texts = [TEXT.replace("2.5", str(n)) for n in range(2, 8)]
    one = [claims(doc) for doc in nlp.pipe(texts)]
    assert len({str(c) for c in one}) == len(texts)
    assert [claims(doc) for doc in nlp.pipe(texts, n_process=2, batch_size=2)] == one


def test_a_doc_survives_serialization(plain: Language) -> None:
    doc = plain(make_doc(plain, "FooNet: Parsing", TEXT))
    again = Doc(plain.vocab).from_bytes(doc.to_bytes())
    assert claims(again) == claims(doc) != []


def test_the_notebook_shows_what_comes_out() -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = code_cells(FOLDER / "components.ipynb")
    assert len(cells) > 4
    for source, told in cells:
        assert run_cell(source, names) == told, f"{source}\n(python -m tests.notebooks writes the outputs anew)"


def test_spacy_loads_the_installed_pipeline_by_its_name() -> None:
    nlp = spacy.load("glean_papers", exclude="glean_results", disable=["glean_names"])
    assert "glean_results" not in nlp.pipe_names and "glean_names" in nlp.disabled
    doc = nlp("FlashTree is 2.5x faster than BigTree at inference.")
    assert [span._.claim.value for span in doc.spans["glean_speedups"]] == [2.5]
    with pytest.raises(ValueError, match="allowed: glean_sentences"):
        spacy.load("glean_papers", disable="tagger")
