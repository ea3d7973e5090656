"""Tokens, their normal forms, sentences, and offsets that always refer to the text as given."""

from __future__ import annotations

import gc
import re
import time
import weakref

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from extract.prepare import blank, make_doc, to_field, tokenizer
from extract.prepare.fields import make_text
from extract.prepare.sentences import Sentences, sentence_starts
from extract.prepare.tokenizer import spans
from extract.prepare.words import sentence_begins, words_of

NLP, PLAIN = blank(), spacy.blank("en")
PIECES = (
    "2.5 times x sim $ \\times 33 \\% % . k ge ﬁ × – 's Refocused i.e. w.r.t. ( ) { } 1,000 3D 7B https://a.b/c. &lt;"
)
SOUP = st.lists(st.sampled_from([*PIECES.split(), " ", "\n"]), max_size=40).map("".join)


def cut(text: str) -> list[str]:
    return [t.text for t in NLP(text)]


def norms(text: str) -> list[str]:
    return [t.norm_ for t in NLP(text) if not t.is_space]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("1.1times average", ["1.1", "times", "average"]),
        ("2.16timessim2.50times", ["2.16", "times", "sim", "2.50", "times"]),
        ("times1.5 faster", ["times", "1.5", "faster"]),
        ("with kge3", ["with", "k", "ge", "3"]),
        ("1.5sim3.0", ["1.5", "sim", "3.0"]),
        ("6400times6400", ["6400", "times", "6400"]),
        ("256x256", ["256", "x", "256"]),
        ("11x/18x", ["11", "x", "/", "18", "x"]),
        ("$2.5\\times$", ["$", "2.5", "\\times", "$"]),
        ("33\\%", ["33", "\\%"]),
        ("70fps", ["70", "fps"]),
        ("a 7B model in 3D at 4K", ["a", "7B", "model", "in", "3D", "at", "4K"]),
        ("Sim2Real and sim2real", ["Sim2Real", "and", "sim2real"]),
        ("BERT's ResNet-50", ["BERT", "'s", "ResNet", "-", "50"]),
        ("1,000,000 pairs", ["1,000,000", "pairs"]),
        ("w.r.t. F1, i.e. it", ["w.r.t.", "F1", ",", "i.e.", "it"]),
        ("see https://a.org/b.", ["see", "https://a.org/b", "."]),
        ("\\textbf{Foo}", ["\\textbf", "{", "Foo", "}"]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert cut(text) == tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.5times", ["2.5", "×"]),
        ("2 times", ["2", "×"]),
        ("3x and 4×", ["3", "×", "and", "4", "×"]),
        ("$2\\times$", ["$", "2", "×", "$"]),
        ("at all times", ["at", "all", "times"]),
        ("33\\% or 33 %", ["33", "%", "or", "33", "%"]),
        ("sim3.0 \\sim 3", ["~", "3.0", "~", "3"]),
        ("≈3 ∼3", ["~", "3", "~", "3"]),
        ("2–5x", ["2", "-", "5", "×"]),
        ("ﬁne &lt; 5", ["fine", "<", "5"]),
        ("kge3", ["k", "≥", "3"]),
    ],
)
def test_normal_forms(text: str, expected: list[str]) -> None:
    assert norms(text) == expected


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("We use 2.5 GB. It works.", 2),
        ("It was Refocused.Through this we win.", 2),
        ("Methods, e.g. BERT, i.e. Encoders, work w.r.t. F1 vs. ROUGE.", 1),
        ("Smith et al. Show that it is so. We do not.", 2),
        ("Does it work? Yes! It does.", 3),
        ("We use U.S. data and the Fig. 3 of v1.5.2 here.", 1),
        ("It gains 5\\%. Code is at https://a.org/b.html. Enjoy.", 3),
        ('He said "yes." Then we left (it was late.) Then slept.', 3),
    ],
)
def test_sentences(text: str, sentences: int) -> None:
    assert sum(sentence_starts(NLP(text))) == sentences


def test_title_is_a_sentence_of_its_own() -> None:
    doc = make_doc(NLP, "A title without a stop", "An abstract. Of two.")
    assert [doc[i].text for i, s in enumerate(sentence_starts(doc)) if s] == ["A", "An", "Of"]


def test_fields_map_back() -> None:
    title, abstract = "Ünïcode 𝔽oo", "We test 𝔽oo."
    doc = make_doc(NLP, title, abstract)
    for token in doc:
        if token.is_space:
            continue
        field, start, end = to_field(doc, token.idx, token.idx + len(token))
        assert (title if field == "title" else abstract)[start:end] == token.text


@given(st.one_of(st.text(max_size=200), SOUP))
def test_nothing_is_rewritten(text: str) -> None:
    doc = NLP(text)
    assert doc.text == text
    assert all(token.norm_ for token in doc)
    starts = sentence_starts(doc)
    assert len(starts) == len(doc)
    assert not starts or starts[0]


@given(st.text(min_size=1, max_size=50), st.text(max_size=100))
def test_fields_of_any_text(title: str, abstract: str) -> None:
    doc = make_doc(NLP, title, abstract)
    assert doc.text == make_text(title, abstract)
    start = len(title) + 2
    assert to_field(doc, start, start + len(abstract)) == ("abstract", 0, len(abstract))


@pytest.mark.parametrize(
    "piece", ["(", "a", "1", "sim", "1,000", "'", "\\", "times1", "https://.", ". A", "\n", "1.", "kge"]
)
def test_time_is_linear(piece: str) -> None:
    """A text ten times longer takes about ten times longer, not a hundred times."""
    times = []
    for size in (30_000, 300_000):
        text = piece * (size // len(piece))
        best = min(_timed(text) for _ in range(2))
        times.append(best)
    assert times[1] < 40 * max(times[0], 0.01)


def _timed(text: str) -> float:
    begin = time.perf_counter()
    sentence_starts(NLP(text))
    return time.perf_counter() - begin


@given(SOUP)
def test_words_are_the_tokens(text: str) -> None:
    for doc in (NLP(text), PLAIN(text)):
        words = words_of(doc)
        assert words.text == text
        assert list(words.texts) == [t.text for t in doc]
        assert list(words.norms) == [t.norm_ for t in doc]
        assert list(words.spaces) == [bool(t.whitespace_) for t in doc]
        assert list(words.starts) == [t.idx for t in doc]
        assert sentence_begins(Sentences()(doc)) == [bool(t.is_sent_start) for t in doc]
        for a, b in {(0, 1), (0, 4), (2, 3), (3, 9)}:
            if b <= len(doc):
                assert words.piece(a, b) == doc[a:b].text
            if b <= len(text) and text[a:b].strip() == text[a:b]:
                span = doc.char_span(a, b, alignment_mode="expand")
                assert words.bounds(a, b) == (span.start, span.end)


def test_words_go_with_their_doc_and_its_tokens() -> None:
    doc = NLP("We propose FooNet here.")
    assert len(words_of(doc)) == 5
    with doc.retokenize() as change:
        change.merge(doc[1:3])
    assert list(words_of(doc).texts) == ["We", "propose FooNet", "here", "."]
    gone = weakref.ref(doc)
    del doc, change
    gc.collect()
    assert gone() is None


SLOW = re.compile("|".join(f"(?P<{k}>{p})" for k, p in tokenizer._KINDS.items() if k != "plain"))
WORDS = st.lists(
    st.sampled_from(
        [
            "et",
            "al.",
            "al",
            "www",
            "No",
            "Fig.",
            "x",
            "X",
            "times",
            "sim",
            "k",
            "ge",
            "3",
            "3D",
            "é",
            "_",
            " ",
            ",",
            "-",
            ")",
            "'s",
            "\n",
        ]
    )
).map("".join)


@given(st.one_of(SOUP, WORDS, st.text(max_size=40)))
def test_plain_words_are_the_words_of_the_slow_way(text: str) -> None:
    assert [s for s in spans(text) if s[0] != "url"] == [
        (m.lastgroup, *m.span()) for m in SLOW.finditer(text) if m.lastgroup != "url"
    ] or "http" in text
