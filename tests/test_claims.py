"""The claims pass: quantities, fields, components, and that no text breaks it."""

from __future__ import annotations

import time

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from extract.passes.rules.claims import components  # noqa: F401  (registers the factories)
from extract.passes.rules.claims.linear import load_models, softmax
from extract.passes.rules.claims.model import Claim
from extract.passes.rules.claims.quantities import quantities
from extract.passes.rules.claims.reading import Reading
from extract.passes.rules.claims.rows import find_claims
from extract.passes.rules.claims.vocabulary import CUES
from extract.prepare import blank, make_doc

NLP = blank()


def read(text: str) -> list[tuple[float, float | None, str]]:
    r = Reading(NLP.make_doc(text))
    return [(q.value, q.value_high, q.kind) for begin, end in r.sentences for q in quantities(r, begin, end)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("3x faster", [(3, None, "ratio")]),
        ("2.16timessim2.50times", [(2.16, 2.5, "ratio")]),
        ("$8-32\\times$ less", [(8, 32, "ratio")]),
        ("(×4.1times)", [(4.1, None, "ratio")]),
        ("33\\% and 41 percent", [(33, None, "percent"), (41, None, "percent")]),
        ("10-20%", [(10, 20, "percent")]),
        ("1,500x", [(1500, None, "ratio")]),
        ("two to three orders of magnitude", [(100, 1000, "ratio")]),
        ("an order-of-magnitude", [(10, None, "ratio")]),
        ("seven-fold, tenfold", [(7, None, "ratio"), (10, None, "ratio")]),
        ("by a factor of two", [(2, None, "ratio")]),
        ("by a factor of up to 12", [(12, None, "ratio")]),
        ("two-thirds of it", [(66.7, None, "percent")]),
        ("+1.6%/+1.4%", [(1.6, None, "percent"), (1.4, None, "percent")]),
        ("84.1, 85.2 and 86%", [(84.1, None, "percent"), (85.2, None, "percent"), (86, None, "percent")]),
        ("improved from 46.2% to 73.4%", [(73.4, None, "percent")]),
        ("ranging from 1.2x to 3x", [(1.2, 3, "ratio")]),
        ("53.1$\\pm$0.2 BLEU", [(53.1, None, "plain")]),
        ("224 x 224", []),
        ("1920x1080 frames", []),
        ("GPT-4 and ResNet-50", []),
        ("a 15-layer network", []),
        ("top-1, @10", []),
        ("a double-blind review of the first half", []),
    ],
)
def test_quantities(text: str, found: list[tuple[float, float | None, str]]) -> None:
    assert read(text) == found


def only(text: str, title: str = "On Trees") -> Claim:
    (claim,) = find_claims(make_doc(NLP, title, text))
    return claim


def test_evidence_is_a_piece_of_the_text() -> None:
    doc = make_doc(NLP, "On Trees", "We show that LumaTree obtains 47% lower first-token latency on long prompts.")
    (claim,) = find_claims(doc)
    assert doc.text[claim.start : claim.end] == "47% lower first-token latency"
    assert claim.rules[0] == "construction:comparative"
    assert 0 < claim.score <= 1


def test_names_are_verbatim() -> None:
    claim = only("LumaTree is 3x faster than exhaustive beam search on an NVIDIA A100 GPU.")
    assert claim.baseline == "exhaustive beam search"
    assert claim.hardware == "NVIDIA A100 GPU"


def test_lists_take_their_baselines_in_order() -> None:
    doc = make_doc(
        NLP, "On Trees", "It improves throughput by 6.6x and 1.7x over TreeServe and LeafCache, respectively."
    )
    assert [claim.baseline for claim in find_claims(doc)] == ["TreeServe", "LeafCache"]


def test_title_is_no_second_claim() -> None:
    doc = make_doc(NLP, "Up to 5x Faster Decoding with Trees", "Decoding is up to 5x faster than before.")
    (claim,) = find_claims(doc)
    assert claim.start > len("Up to 5x Faster Decoding with Trees")


def test_components_share_the_work_and_exclude_one_another() -> None:
    nlp = blank()
    nlp.add_pipe("glean_speedups")
    nlp.add_pipe("glean_results")
    doc = nlp("LumaTree reaches 81.5% accuracy with 3x fewer parameters.")
    assert [span._.claim.kind for span in doc.spans["glean_speedups"]] == ["speedup"]
    assert [span._.claim.kind for span in doc.spans["glean_results"]] == ["result"]
    spans = [span for key in ("glean_speedups", "glean_results") for span in doc.spans[key]]
    assert len({(span._.claim.value, span._.claim.start) for span in spans}) == 2
    assert doc[0:1]._.claim is None


def test_components_work_in_any_pipeline() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("glean_speedups")
    doc = nlp("Our decoder reduces latency by 40%.")
    assert [span._.claim.value for span in doc.spans["glean_speedups"]] == [40]


def test_a_doc_with_claims_can_be_stored() -> None:
    nlp = blank()
    nlp.add_pipe("glean_speedups")
    doc = nlp("Our decoder reduces latency by 40%.")
    store = DocBin(store_user_data=True, docs=[doc])
    (copy,) = DocBin().from_bytes(store.to_bytes()).get_docs(nlp.vocab)
    assert [span._.claim for span in copy.spans["glean_speedups"]] == find_claims(doc)


def test_threshold() -> None:
    nlp = blank()
    nlp.add_pipe("glean_speedups", config={"threshold": 1.0})
    assert len(nlp("Our decoder reduces latency by 40%.").spans["glean_speedups"]) == 0


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "%", "×", "and", "3", "-", "half", "half of", "from 3% to", "by a factor of"]
)
def test_small_texts(text: str) -> None:
    assert find_claims(make_doc(NLP, "", text)) == []


def check(doc: Doc) -> None:
    for claim in find_claims(doc):
        assert 0 <= claim.start < claim.end <= len(doc.text)
        for name in (claim.method, claim.baseline, claim.hardware, claim.metric, claim.dataset):
            assert name is None or (name and name in doc.text)
        assert Claim.from_dict(claim.to_dict()) == claim


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=200), st.text(max_size=300))
def test_any_text(title: str, abstract: str) -> None:
    check(make_doc(NLP, title, abstract))


_WORDS = sorted({word for found in CUES.values() for words, _ in found for word in words})
_SIGNS = [
    *("3", "2.5", "40", "%", "x", "×", "\\times", "times", "-", "to", "from", "and"),
    *(",", "/", "(", ")", ".", "by", "of", "up", "fold", "orders", "magnitude", "half"),
    *("twice", "than", "~", "respectively", "±", "+", "factor", "ImageNet", "10-20%", "1.1times"),
]
_SOUP = st.lists(st.one_of(st.sampled_from(_SIGNS), st.sampled_from(_WORDS)), max_size=60)


@settings(max_examples=300, deadline=None)
@given(_SOUP, st.booleans())
def test_word_soup(words: list[str], glued: bool) -> None:
    check(make_doc(NLP, "A Title", ("" if glued else " ").join(words)))


CHEAP = ("1", "1 ", "(", "[(", "times ", "% ", "3% ", "respectively ", "3x, ", "2-", "half of ", "from 3 to ")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("piece", "size"), [*((piece, 1_000_000) for piece in CHEAP), ("reduces latency by 3% ", 100_000)]
)
def test_time_is_linear(piece: str, size: int) -> None:
    doc = NLP.make_doc(piece * (size // len(piece)))
    start = time.perf_counter()
    find_claims(doc)
    assert time.perf_counter() - start < 60


def test_softmax() -> None:
    assert softmax([]) == []
    assert sum(softmax([1000.0, 0.0, -1000.0])) == pytest.approx(1.0)


def test_weights_are_packaged() -> None:
    models = load_models()
    assert models is not None
    assert set(models.classifiers) == {"kind", "form.result", "form.speedup", "phase"}
    assert set(models.rankers) == {"quantity", "metric", "dataset", "method", "baseline"}
