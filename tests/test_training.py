"""Training, in small: annotations align with tokens, the tagger learns, assembly's regressions fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.assemble import training as assembly
from extract.evaluate.gold import gold_spans
from extract.passes import build_pipeline
from extract.passes.ner.data import annotated_doc, load_annotated, read_texts
from extract.passes.ner.model import MODEL, ModelError, load_ner, model_name
from extract.passes.ner.training import fit_stages, load_config, save
from extract.prepare import blank
from extract.sample import FOLDER


@pytest.fixture(scope="module")
def papers() -> list:  # type: ignore[type-arg]
    return load_annotated(FOLDER / "gold.jsonl", read_texts(FOLDER / "papers.jsonl"))


def test_annotated_spans_align_with_tokens(papers: list) -> None:  # type: ignore[type-arg]
    nlp = blank()
    for title, abstract, annotation in papers:
        required, _ = gold_spans(annotation, title, abstract)
        assert len(annotated_doc(nlp, title, abstract, annotation).ents) == len(required)


def test_the_tagger_learns_and_comes_back(papers: list, tmp_path: Path) -> None:  # type: ignore[type-arg]
    steps = {"training.max_steps": 4, "training.eval_frequency": 2, "reference.max_steps": 2}
    config = load_config({**steps, "components.tok2vec.model.embed.include_static_vectors": False})
    nlp = fit_stages(papers[:3], papers[3:6], papers[6:8], None, tmp_path, config)
    assert (tmp_path / "all").is_dir() and (tmp_path / "reference").is_dir()
    save(nlp, tmp_path / "model", "0.1.0", {"papers": 6})
    again = load_ner(tmp_path / "model")
    assert again.pipe_names == ["ner"]
    assert model_name(again) == "glean_ner-0.1.0"
    assert set(again.get_pipe("ner").labels) == {"METHOD", "TASK", "DATASET", "METRIC"}
    assert str(tmp_path) not in (tmp_path / "model" / "config.cfg").read_text()


def test_the_packaged_model_is_small_and_says_what_made_it() -> None:
    assert sum(p.stat().st_size for p in MODEL.rglob("*") if p.is_file()) < 30_000_000
    meta = load_ner().meta["glean"]
    assert set(meta) >= {"papers", "gold_sha256", "corpus_sha256", "config_sha256", "figures"}


def test_a_missing_model_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no trained model") as caught:
        load_ner(tmp_path)
    assert "\n" not in str(caught.value)


def test_regressions_fit(papers: list, tmp_path: Path) -> None:  # type: ignore[type-arg]
    pytest.importorskip("sklearn")
    predicted = [
        [(place, a, b, field[:-1].upper()) for field, place, a, b in sorted(gold_spans(g, t, x)[0])][::2]
        for t, x, g in papers
    ]
    samples = assembly.read_samples(build_pipeline(ner=False), papers, predicted)
    names, roles = assembly.fit(samples)
    every, _ = assembly.total_counts(samples, names, roles)
    assert every.f1 > 0.5
    assembly.save(names, roles, assembly.priors_of(papers)[0], tmp_path / "w.json", tmp_path / "p.json")
    assert (tmp_path / "w.json").stat().st_size and (tmp_path / "p.json").stat().st_size
