"""The NER pass is fast and says the same: products row by row, each different token embedded once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import spacy
from spacy.language import Language
from thinc.api import NumpyOps, get_current_ops

from extract.passes.ner import MODEL, load_ner
from extract.passes.ner import ops as own
from extract.passes.ner.ops import BlasOps, embed_once, fast_ops
from extract.prepare import make_doc
from extract.read import read_inputs
from extract.sample import sample_inputs

PAPERS = list(read_inputs(sample_inputs()).papers)[:24]
OPS = BlasOps()
SHAPES = [(640, 384), (96, 128), (384, 384), (128, 96), (96, 576)]  # of the packaged model: inputs, outputs


def entities(nlp: Language, batch_size: int = 32) -> list[list[tuple[int, int, str]]]:
    docs = nlp.pipe((make_doc(nlp, p.title, p.abstract) for p in PAPERS), batch_size=batch_size)
    return [[(e.start, e.end, e.label_) for e in doc.ents] for doc in docs]


@pytest.fixture(scope="module")
def nlp() -> Language:
    return load_ner()


@pytest.mark.parametrize(("inputs", "outputs"), SHAPES)
def test_a_row_of_a_product_does_not_depend_on_the_other_rows(inputs: int, outputs: int) -> None:
    random = np.random.default_rng(0)
    x, w = (random.standard_normal((n, inputs)).astype("f") for n in (2000, outputs))
    whole = OPS.gemm(x, w, trans2=True)
    for count in [*range(1, 140, 3), 255, 700, 1999]:
        first = int(random.integers(0, 2000 - count + 1))
        assert np.array_equal(OPS.gemm(x[first : first + count], w, trans2=True), whole[first : first + count]), count


@pytest.mark.parametrize("rows", [0, 1, 5, 127, 128, 300])
def test_products_are_those_of_numpy(rows: int) -> None:
    random = np.random.default_rng(1)
    x, y, z = (random.standard_normal(shape).astype("f") for shape in ((rows, 12), (12, 7), (rows, 7)))
    out = np.full((rows, 7), np.nan, dtype="f")
    assert OPS.gemm(x, y, out=out) is out
    np.testing.assert_allclose(out, x @ y, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(OPS.gemm(x, np.ascontiguousarray(y.T), trans2=True), x @ y, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(OPS.gemm(x, z, trans1=True), x.T @ z, rtol=1e-4, atol=1e-4)


def test_only_our_models_get_our_operations(nlp: Language) -> None:
    model = nlp.get_pipe("ner").model
    upper = model.get_ref("upper")  # spaCy gives it thinc's own; compiled code reads its weights
    assert {type(node.ops) for node in model.walk() if node is not upper} == {BlasOps}
    assert type(get_current_ops()) is NumpyOps
    with fast_ops():
        assert type(get_current_ops()) is BlasOps
    assert type(get_current_ops()) is NumpyOps


def test_entities_are_those_of_plain_spacy_whatever_the_batch(nlp: Language) -> None:
    expected = entities(spacy.load(MODEL))
    assert sum(map(len, expected)) > len(PAPERS)
    for batch_size in (1, 3, 32, 200):
        assert entities(nlp, batch_size) == expected, batch_size


def test_threads_share_what_is_kept() -> None:
    nlp = load_ner()
    expected = entities(nlp)
    nlp = load_ner()
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda size: entities(nlp, size), [2, 3, 5, 7])) == [expected] * 4


def test_each_token_is_embedded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "_KEPT", 100)
    with fast_ops():
        nlp = spacy.load(MODEL)
    model = nlp.get_pipe("ner").model
    docs = [make_doc(nlp, p.title, p.abstract) for p in PAPERS]
    names = [node.name for node in model.walk()]
    weights = model.to_bytes()
    plain = next(node.get_ref("embed") for node in model.walk() if node.has_ref("embed"))
    expected = plain.predict(docs)
    embed_once(model)
    once = next(node.get_ref("embed") for node in model.walk() if node.has_ref("embed"))
    assert once is not plain
    assert ([node.name for node in model.walk()], model.to_bytes()) == (names, weights)  # saved as before
    for _ in range(2):  # made, then kept; and dropped in between where it is too much
        for few in (docs, docs[:1], docs[1:3], docs):
            for found, vectors in zip(once.predict(few), expected[docs.index(few[0]) :], strict=False):
                assert np.array_equal(found, vectors)
    assert [len(vectors) for vectors in once.predict([nlp.make_doc(""), docs[0]])] == [0, len(docs[0])]


def test_what_is_kept_goes_with_the_weights() -> None:
    nlp = load_ner()
    model = nlp.get_pipe("ner").model
    docs = [make_doc(nlp, "FooNet", "We propose FooNet.")]
    embed = next(node.get_ref("embed") for node in model.walk() if node.has_ref("embed"))
    before = embed.predict(docs)[0]
    other = {
        (node.id, name): node.get_param(name) + 1 for node in embed.walk() for name in node.param_names if name == "b"
    }
    with model.use_params(other):
        assert not np.array_equal(embed.predict(docs)[0], before)
    assert np.array_equal(embed.predict(docs)[0], before)
