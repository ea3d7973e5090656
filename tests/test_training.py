"""Training, in small: annotations align with tokens, tagger and token scores learn, assembly's models fit."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import spacy
from thinc.api import Config

from extract.assemble import training as assembly
from extract.assemble.fitting import BOOSTING, tree_table
from extract.assemble.training import Predicted
from extract.assemble.trees import Trees
from extract.evaluate.gold import gold_spans
from extract.passes import build_pipeline
from extract.passes.ner.data import annotated_doc, load_annotated, read_texts
from extract.passes.ner.growing import grow
from extract.passes.ner.model import MODEL, ModelError, load_ner, model_name, record_figures
from extract.passes.ner.scores import CLASSES, scores_of
from extract.passes.ner.scores_training import token_classes
from extract.passes.ner.training import fit, fit_further, fit_scores, lean, load_config, save
from extract.passes.ner.trust import digest, seal, sealed
from extract.prepare import blank, make_doc
from extract.sample import FOLDER
from extract.training import _read, _write


@pytest.fixture(scope="module")
def papers() -> list:  # type: ignore[type-arg]
    return load_annotated(FOLDER / "gold.jsonl", read_texts(FOLDER / "papers.jsonl"))


def test_annotated_spans_align_with_tokens(papers: list) -> None:  # type: ignore[type-arg]
    nlp = blank()
    for title, abstract, annotation in papers:
        required, _ = gold_spans(annotation, title, abstract)
        assert len(annotated_doc(nlp, title, abstract, annotation).ents) == len(required)


def test_the_tagger_learns_and_comes_back(papers: list, tmp_path: Path) -> None:  # type: ignore[type-arg]
    steps = {f"{section}.max_steps": 2 for section in ("first", "training", "grown", "reference")}
    other = {"training.eval_frequency": 2, "components.tok2vec.model.embed.include_static_vectors": False}
    config = load_config({**steps, **other})
    first, last = fit_further(papers[3:6], papers[6:8], None, tmp_path, config)
    assert first != last and first.is_dir()
    depths = [
        Config().from_disk(path / "config.cfg")["components"]["tok2vec"]["model"]["encode"]["depth"]
        for path in (first, last)
    ]
    assert depths == [6, 8]
    nlp = fit_scores(papers[:3], last, papers[6:8], None, tmp_path / "reference", config)
    before = nlp.get_pipe("ner").model.get_ref("upper").get_param("W").copy()
    lean(nlp, last, papers[:3], papers[6:8], None, tmp_path / "lean", config)
    after = spacy.load(tmp_path / "lean" / "fit" / "model-last").get_pipe("ner").model.get_ref("upper").get_param("W")
    assert not np.array_equal(before, after)
    assert np.array_equal(nlp.get_pipe("ner").model.get_ref("upper").get_param("W"), (before + after) / 2)
    save(nlp, tmp_path / "model", "0.1.0", {"papers": 6})
    again = load_ner(tmp_path / "model")
    assert again.pipe_names == ["ner", "glean_scores"]
    doc = again(make_doc(again, *papers[0][:2]))
    scores = scores_of(doc)
    assert scores is not None and scores.shape == (len(doc), len(CLASSES))
    assert np.allclose(scores.sum(axis=1), 1, atol=1e-4)
    assert not len(doc.tensor)  # nobody needs it behind the scores
    assert model_name(again) == "glean_ner-0.1.0"
    assert set(again.get_pipe("ner").labels) == {"METHOD", "TASK", "DATASET", "METRIC"}
    assert str(tmp_path) not in (tmp_path / "model" / "config.cfg").read_text()


def test_a_deeper_encoder_begins_with_what_is_known(papers: list, tmp_path: Path) -> None:  # type: ignore[type-arg]
    small = {
        "components.tok2vec.model.embed.include_static_vectors": False,
        "components.tok2vec.model.encode.depth": 2,
        "training.max_steps": 20,
        "training.eval_frequency": 20,
    }
    start = fit(papers[:4], papers[4:5], None, None, tmp_path / "start", load_config(small))
    deeper = grow(start, 4, tmp_path / "deeper")
    before, after, control = (spacy.load(path).get_pipe("tok2vec").model for path in (start, deeper, start))
    doc = annotated_doc(blank(), *papers[5])
    vectors, same, grown = (model.predict([doc])[0] for model in (before, control, after))
    assert np.array_equal(vectors, same)
    assert np.corrcoef(vectors.ravel(), grown.ravel())[0, 1] > 0.98
    assert not np.array_equal(vectors, grown)
    again = fit(papers[:4], papers[4:5], None, deeper, tmp_path / "again", load_config(small))
    assert len(spacy.load(again).get_pipe("tok2vec").model.layers[1].layers[0].layers) == 4
    with pytest.raises(ValueError, match="4 layers cannot grow to 3"):
        grow(deeper, 3, tmp_path / "no")


def test_the_packaged_model_is_small_and_says_what_made_it() -> None:
    assert sum(p.stat().st_size for p in MODEL.rglob("*") if p.is_file()) < 30_000_000
    meta = load_ner().meta["glean"]
    assert set(meta) >= {"papers", "gold_sha256", "corpus_sha256", "config_sha256", "figures"}


def test_a_missing_model_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no trained model") as caught:
        load_ner(tmp_path)
    assert "\n" not in str(caught.value)


def test_only_the_model_that_was_made_is_loaded(tmp_path: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(MODEL, copy)
    unknown = load_ner(copy).meta["glean"]["sha256"]
    assert unknown == sealed(MODEL) == seal(copy) == load_ner().meta["glean"]["sha256"]
    with (copy / "ner" / "model").open("r+b") as file:
        file.seek(5_000_000)
        file.write(b"\0\0\0\1")
    with pytest.raises(ModelError, match="not the model that was made") as caught:
        load_ner(copy)
    assert "\n" not in str(caught.value) and unknown in str(caught.value)
    seal(copy)
    assert load_ner(copy).meta["glean"]["sha256"] != unknown


def test_the_packaged_model_has_its_hash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert sealed(MODEL) == digest(MODEL)
    copy = tmp_path / "trained"
    shutil.copytree(MODEL, copy)
    monkeypatch.setattr("extract.passes.ner.model.MODEL", copy)
    with pytest.raises(ModelError, match="SHA-256 of the packaged model is missing"):
        load_ner(copy)


_WITH_MODEL = """
import sys
from pathlib import Path
from extract.passes.ner import model
model.load_ner.__defaults__ = (Path(sys.argv.pop(1)),)
from extract.cli import main
main()
"""


def test_a_broken_model_is_one_line_of_a_command(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model.sha256").write_text("0" * 64)
    command = [sys.executable, "-c", _WITH_MODEL, tmp_path / "model", "extract", FOLDER / "papers.jsonl"]
    run = subprocess.run(list(map(str, command)), capture_output=True, check=False)
    told = run.stderr.decode()
    assert (run.returncode, run.stdout, len(told.splitlines())) == (1, b"", 1), told
    assert "not the model that was made" in told


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum")
def test_the_hash_of_a_model_is_that_of_sha256sum(tmp_path: Path) -> None:
    for name in ("b", "a/c", "a-b", "Z", ".d", "ü"):
        (tmp_path / "m" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "m" / name).write_bytes(name.encode() * 9)
    command = "find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum"
    told = subprocess.run(command, shell=True, cwd=tmp_path / "m", capture_output=True, check=True).stdout.decode()
    assert digest(tmp_path / "m") == told.split()[0]


def test_figures_change_the_hash_with_the_model(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "meta.json").write_text("{}")
    before = seal(tmp_path / "m")
    record_figures({"f1": 1}, tmp_path / "m")
    assert sealed(tmp_path / "m") == digest(tmp_path / "m") != before


def test_regressions_fit(papers: list, tmp_path: Path) -> None:  # type: ignore[type-arg]
    pytest.importorskip("sklearn")
    pytest.importorskip("lightgbm")
    predicted = [
        Predicted([(place, a, b, field[:-1].upper()) for field, place, a, b in sorted(gold_spans(g, t, x)[0])][::2])
        for t, x, g in papers
    ]
    samples = assembly.read_samples(build_pipeline(ner=False), papers, predicted)
    names, roles = assembly.fit(samples)
    every, _ = assembly.total_counts(samples, names, roles)
    assert every.f1 > 0.5
    assembly.save(names, roles, assembly.priors_of(papers)[0], *(tmp_path / f"{n}.json" for n in "wpt"))
    assert all((tmp_path / f"{n}.json").stat().st_size for n in "wpt")


def test_what_was_predicted_comes_back_from_the_work_folder(tmp_path: Path) -> None:
    scores = np.random.default_rng(0).random((7, len(CLASSES)), dtype=np.float32)
    told = [
        Predicted([("title", 0, 4, "METHOD"), ("abstract", 3, 9, "TASK")], scores[:4]),
        Predicted([], scores[4:]),
    ]
    _write(tmp_path / "unseen.npz", told)
    again = _read(tmp_path / "unseen.npz")
    assert [p.spans for p in again] == [p.spans for p in told]
    assert all(np.allclose(a.scores, b.scores, atol=1e-3) for a, b in zip(again, told, strict=True))


def test_trees_say_what_lightgbm_says() -> None:
    lightgbm = pytest.importorskip("lightgbm")
    rng = np.random.default_rng(1)
    matrix = np.where(rng.random((600, 5)) < 0.5, 0.0, rng.normal(size=(600, 5)))
    y = (matrix[:, 0] * matrix[:, 1] + matrix[:, 2] > 0).astype(float)
    model = lightgbm.train(BOOSTING | {"min_data_in_leaf": 5}, lightgbm.Dataset(matrix, y), num_boost_round=20)
    trees = Trees(tree_table(model.dump_model(), list("abcde")))
    again = Trees(json.loads(json.dumps(trees.as_dict())))
    expected = model.predict(matrix, raw_score=True)
    rows = [{name: value for name, value in zip("abcde", row, strict=True) if value} | {"other": 9.0} for row in matrix]
    assert np.allclose(trees(trees.matrix(rows)), expected)
    assert np.allclose(again(again.matrix(rows)), expected, atol=1e-3)


def test_token_classes_say_what_is_proposed(papers: list) -> None:  # type: ignore[type-arg]
    nlp = blank()
    for paper in papers:
        doc = make_doc(nlp, *paper[:2])
        classes = [CLASSES[i] for i in token_classes(doc, paper)]
        begins = sum(c.startswith("B-") for c in classes)
        assert begins == len(gold_spans(paper[2], *paper[:2])[0])
        ours = [n for m in paper[2]["methods"] if m.get("role") == "proposed" for n in m["names"]]
        assert any(c == "B-METHOD+" for c in classes) == bool(ours)
