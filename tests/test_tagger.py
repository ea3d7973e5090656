"""The faster encoder and decoder find what spaCy's own find, and leave to spaCy what they cannot do."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.language import Language
from spacy.tokens import Doc, Span
from spacy.training import Example
from thinc.api import fix_random_seed

from extract.passes.ner import load_ner
from extract.passes.ner.decoder import Decoder
from extract.passes.ner.encoder import Encoder
from extract.passes.ner.tagger import Tagger
from extract.prepare import blank, make_doc
from extract.read import read_inputs
from extract.sample import sample_inputs

PAPERS = list(read_inputs(sample_inputs()).papers)[:40]
WORDS = sorted({word for p in PAPERS for word in f"{p.title} {p.abstract}".split()})
Names = list[tuple[int, int, str]]


@pytest.fixture(scope="module")
def nlp() -> Language:
    return load_ner()


@contextmanager
def as_spacy(nlp: Language) -> Iterator[None]:
    """spaCy's own loop, by the same component."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nlp.get_pipe("ner"), "_faster", lambda: None)
        yield


def names(nlp: Language, docs: list[Doc], batch_size: int = 64) -> list[Names]:
    found = list(nlp.get_pipe("ner").pipe([doc.copy() for doc in docs], batch_size=batch_size))
    assert all(token.ent_iob for doc in found for token in doc)  # every token is known to be in a name or not
    return [[(e.start, e.end, e.label_) for e in doc.ents] for doc in found]


def both(nlp: Language, docs: list[Doc], batch_size: int = 64) -> list[Names]:
    """What is found, the same by spaCy's own loop."""
    found = names(nlp, docs, batch_size)
    assert nlp.get_pipe("ner")._fast is not None  # or this compares spaCy with itself
    with as_spacy(nlp):
        assert found == names(nlp, docs)
    return found


def shaken(nlp: Language, scale: float, seed: int) -> Language:
    """A tagger with other weights behind its encoder, so that names are many, long and wrong."""
    chance = np.random.default_rng(seed)
    ner = nlp.get_pipe("ner")
    for node in ("lower", "upper"):
        model = ner.model.get_ref(node)
        for name in model.param_names:
            own = model.get_param(name)
            model.set_param(name, own + scale * chance.standard_normal(own.shape).astype("f") * (own.std() or 0.5))
    return nlp


def test_the_same_as_spacy_on_papers(nlp: Language) -> None:
    docs = [make_doc(nlp, p.title, p.abstract) for p in PAPERS]
    for batch_size in (1, 5, 64):
        assert sum(map(len, both(nlp, docs, batch_size))) > len(PAPERS)


@pytest.mark.parametrize("seed", range(3))
def test_the_same_as_spacy_with_other_weights(seed: int) -> None:
    other = shaken(load_ner(), 1.0, seed)
    docs = [make_doc(other, p.title, p.abstract) for p in PAPERS]
    found = both(other, docs)
    assert max(end - start for own in found for start, end, _ in own) > 4


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_same_as_spacy_on_any_words_and_sentences(nlp: Language, data: st.DataObject) -> None:
    words = st.lists(st.one_of(st.sampled_from(WORDS), st.sampled_from([" ", "\n\n", "\t", ",", "(", ")", "é́", "𝛼"])))
    docs = []
    for own in data.draw(st.lists(words, min_size=1, max_size=5)):
        begins = data.draw(st.lists(st.booleans(), min_size=len(own), max_size=len(own)) | st.none())
        docs.append(Doc(nlp.vocab, words=own, sent_starts=begins))
    both(nlp, docs)


def test_no_name_crosses_a_sentence() -> None:
    other = shaken(load_ner(), 1.0, 0)
    chance = random.Random(0)
    docs = []
    for p in PAPERS:
        doc = make_doc(other, p.title, p.abstract)
        for token in doc:
            token.is_sent_start = chance.random() < 0.3
        docs.append(doc)
    for doc, own in zip(docs, both(other, docs), strict=True):
        assert not any(doc[i].is_sent_start for start, end, _ in own for i in range(start + 1, end))


def test_vectors_are_left_in_the_doc(nlp: Language) -> None:
    docs = [make_doc(nlp, p.title, p.abstract) for p in PAPERS]
    tagger = nlp.get_pipe("ner")
    fast = [doc.tensor for doc in tagger.pipe([doc.copy() for doc in docs])]
    alone = [tagger(doc.copy()).tensor for doc in docs]
    with as_spacy(nlp):
        plain = [doc.tensor for doc in tagger.pipe([doc.copy() for doc in docs])]
    for doc, own, same, other in zip(docs, fast, alone, plain, strict=True):
        assert own.shape == (len(doc), tagger.model.get_ref("tok2vec").layers[0].get_dim("nO"))
        assert np.array_equal(own, same)  # whatever stands beside it in a batch
        np.testing.assert_allclose(own, other, atol=1e-4)


def test_entities_that_are_set_stay(nlp: Language) -> None:
    doc = make_doc(nlp, "A study", "We train FooNet on BarSet and on CIFAR-10.")
    plain = doc.copy()
    start = next(token.i for token in doc if token.text == "BarSet")
    doc.set_ents([Span(doc, start, start + 1, "METRIC")], default="missing")
    found = [(e.text, e.label_) for e in nlp.get_pipe("ner")(doc).ents]
    assert ("BarSet", "METRIC") in found
    assert ("BarSet", "METRIC") not in [(e.text, e.label_) for e in nlp.get_pipe("ner")(plain).ents]


def test_no_text_and_no_tokens(nlp: Language) -> None:
    tagger = nlp.get_pipe("ner")
    assert list(tagger.pipe([])) == []
    empty, one = make_doc(nlp, "", ""), make_doc(nlp, "FooNet", "")
    assert [len(doc.ents) for doc in tagger.pipe([empty])] == [0]
    assert [len(doc) for doc in tagger.pipe([empty, one, empty])] == [len(empty), len(one), len(empty)]


def untrained(parser: dict[str, object], encoder: dict[str, object], **settings: object) -> Language:
    """A pipeline with a small tagger of random weights."""
    encoder = {
        "@architectures": "spacy.HashEmbedCNN.v2",
        "pretrained_vectors": None,
        "width": 8,
        "depth": 1,
        "embed_size": 20,
        "window_size": 1,
        "maxout_pieces": 2,
        "subword_features": True,
    } | encoder
    model = {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 8,
        "maxout_pieces": 2,
        "use_upper": True,
        "nO": None,
        "tok2vec": encoder,
    } | parser
    fix_random_seed(5)
    nlp = blank()
    tagger = nlp.add_pipe("glean_ner", name="ner", config={"model": model} | settings)
    for label in ("METHOD", "TASK"):
        tagger.add_label(label)
    nlp.initialize()
    return shaken(nlp, 3.0, 0)


def test_training_goes_on_and_is_seen() -> None:
    other = untrained({}, {})
    docs = [make_doc(other, "FooNet", "We train FooNet on BarSet.") for _ in range(4)]
    before = both(other, docs)
    example = Example.from_dict(docs[0].copy(), {"entities": [(0, 6, "METHOD")]})
    optimizer = other.create_optimizer()
    optimizer.learn_rate = 0.05
    for _ in range(40):
        other.update([example], sgd=optimizer)
    after = both(other, docs)
    assert after != before
    assert after[0] == [(0, 1, "METHOD")]


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("pieces", [1, 2, 4])
def test_the_same_as_spacy_for_other_sizes(depth: int, pieces: int) -> None:
    other = untrained({"maxout_pieces": max(pieces, 2)}, {"depth": depth, "maxout_pieces": pieces, "width": 12})
    assert sum(map(len, both(other, [make_doc(other, p.title, p.abstract) for p in PAPERS]))) > 20


@pytest.mark.parametrize(
    ("parser", "encoder"),
    [({"use_upper": False}, {}), ({"extra_state_tokens": True}, {}), ({}, {"window_size": 2})],
)
def test_other_architectures_are_left_to_spacy(parser: dict[str, object], encoder: dict[str, object]) -> None:
    other = untrained(parser, encoder)
    tagger = other.get_pipe("ner")
    doc = tagger(make_doc(other, "A study", "We train FooNet."))
    assert tagger._fast is None
    assert all(token.ent_iob for token in doc)
    with pytest.raises(ValueError, match="MaxoutWindowEncoder" if encoder else "TransitionBasedParser"):
        Encoder(tagger.model.get_ref("tok2vec").layers[0].get_ref("encode")) if encoder else Decoder(tagger)


def test_saved_and_loaded_it_finds_the_same(nlp: Language, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "copy")
    again = spacy.load(tmp_path / "copy")
    docs = [make_doc(nlp, p.title, p.abstract) for p in PAPERS[:8]]
    assert names(again, [make_doc(again, p.title, p.abstract) for p in PAPERS[:8]]) == names(nlp, docs)
    assert isinstance(again.get_pipe("ner"), Tagger)
