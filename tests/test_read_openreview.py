"""OpenReview notes of both versions of its API. All texts are invented."""

from __future__ import annotations

import io
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.read.base import Paper, ReadError, Reject
from extract.read.forms import FORMS, openreview
from extract.read.head import SIZE, Head

V2: dict[str, Any] = {
    "id": "aBcD3fGh1j",
    "forum": "aBcD3fGh1j",
    "content": {
        "title": {"value": "Foo: An Invented Method"},
        "authors": {"value": ["Jane Doe", "Rick Roe"]},
        "authorids": {"value": ["~Jane_Doe1", "~Rick_Roe1"]},
        "keywords": {"value": ["invention"]},
        "TLDR": {"value": "Never read."},
        "abstract": {"value": "Foo is 2x faster.\n\nIt is invented."},
        "venue": {"value": "Invented 2031 oral"},
        "pdf": {"value": "/pdf/0.pdf"},
    },
    "invitations": ["Invented.org/2031/Conference/-/Submission"],
    "signatures": ["Invented.org/2031/Conference/Submission1/Authors"],
    "readers": ["everyone"],
    "number": 1,
    "cdate": 1_927_929_600_000,  # 2031-02-04
    "pdate": 1_930_348_799_999,  # the last millisecond of 2031-03-03
    "odate": 1_930_000_000_000,
    "mdate": 1_930_348_800_000,  # the first of 2031-03-04
    "version": 2,
}
V1: dict[str, Any] = {
    "id": "B1xyz-AB",
    "original": None,
    "cdate": 1_927_929_600_000,
    "pdate": None,
    "ddate": None,
    "replyto": None,
    "invitation": "Invented.org/2029/Conference/-/Blind_Submission",
    "content": {
        "title": "Bar",
        "TL;DR": "Never read.",
        "abstract": "Bar is slow.",
        "authors": ["Jane Doe"],
        "html": "https://arxiv.org/abs/2401.00001",
    },
    "forum": "B1xyz-AB",
}
REVIEW = {
    "id": "r1",
    "forum": "aBcD3fGh1j",
    "replyto": "aBcD3fGh1j",
    "content": {"title": {"value": "Good paper"}, "review": {"value": "I like it."}, "rating": {"value": 8}},
    "invitations": ["Invented.org/2031/Conference/Submission1/-/Official_Review"],
}


def read(value: Any, name: str = "notes.json") -> list[Paper | Reject]:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return list(openreview.read(io.BytesIO(data), name))


def changed(**parts: Any) -> dict[str, Any]:
    return {**V2, **parts}


def test_version_2() -> None:
    (paper,) = read({"notes": [V2], "count": 1})
    assert isinstance(paper, Paper)
    assert (paper.title, paper.abstract) == ("Foo: An Invented Method", "Foo is 2x faster.\n\nIt is invented.")
    assert paper.own_id == "aBcD3fGh1j"
    assert paper.url == "https://openreview.net/forum?id=aBcD3fGh1j"
    assert (paper.published, paper.updated) == ("2031-03-03", "2031-03-04")
    assert paper.authors == ("Jane Doe", "Rick Roe")
    assert (paper.arxiv_id, paper.doi, paper.categories) == (None, None, ())


def test_version_1() -> None:
    (paper,) = read([V1])
    assert isinstance(paper, Paper)
    assert (paper.title, paper.abstract, paper.authors) == ("Bar", "Bar is slow.", ("Jane Doe",))
    assert (paper.published, paper.updated, paper.arxiv_id) == ("2031-02-04", None, "2401.00001")


@pytest.mark.parametrize("wrap", ["answer", "list", "lines", "one line", "one note"])
def test_shapes(wrap: str) -> None:
    notes = [V2, REVIEW, V1]
    data = {
        "answer": json.dumps({"notes": notes, "count": 3}, indent=1),
        "list": json.dumps(notes),
        "lines": "\n".join(map(json.dumps, notes)) + "\n",
        "one line": json.dumps({"count": 3, "notes": notes}),
        "one note": json.dumps(V2, indent=2),
    }[wrap].encode()
    head = Head(data, "x")
    assert next(form.NAME for form in FORMS if form.recognise(head)) == "openreview"
    found = read(data)
    assert [type(x) for x in found] == ([Paper] if wrap == "one note" else [Paper, Reject, Paper])


def test_recognised_where_the_head_is_too_short_for_a_note() -> None:
    long = {"id": "x", "forum": "x", "content": {"title": {"value": "A"}, "abstract": {"value": "b " * SIZE}}}
    for value in ([long], {"notes": [long]}, long):
        assert openreview.recognise(Head(json.dumps(value).encode()[:SIZE]))


@pytest.mark.parametrize(
    "value",
    [
        [{"title": "A", "abstract": "B"}],
        {"papers": [{"id": "x", "content": "B"}]},
        [{"id": "x", "content": {"title": "A"}}],
        [{"forum": "x", "title": "A"}],
        [],
        "text",
    ],
)
def test_other_json_is_none(value: Any) -> None:
    assert not openreview.recognise(Head(json.dumps(value).encode()))


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        (REVIEW, "an answer to a paper"),
        ({**REVIEW, "replyto": None}, "an answer to a paper"),
        (changed(ddate=1), "deleted"),
        (changed(content=None), "a note without content"),
        (changed(content={"title": {"value": "A"}}), "title without an abstract"),
        (changed(content={"abstract": {"value": "A"}}), "no title"),
        (changed(content={"title": {"value": 1}, "abstract": "B"}), "of type int"),
        (changed(content={"title": {"value": ["A"]}, "abstract": "B"}), "of type list"),
        (None, "no object"),
        ("Good paper", "no object"),
    ],
)
def test_rejects(note: Any, reason: str) -> None:
    first, found = read([V2, note])
    assert isinstance(first, Paper) and isinstance(found, Reject)
    assert reason in found.reason and "Good" not in found.reason
    assert (found.position, found.line, len(found.sha256)) == (1, 1, 64)


def test_a_revision_with_its_text_is_a_paper() -> None:
    (paper,) = read([changed(id="x", replyto="aBcD3fGh1j")])
    assert isinstance(paper, Paper) and paper.url == "https://openreview.net/forum?id=aBcD3fGh1j"


@pytest.mark.parametrize("value", [None, True, "2031", float("nan"), 10**400, 1e300, -(10**18), [], {}])
def test_times_that_are_none(value: Any) -> None:
    (paper,) = read([changed(pdate=value, cdate=value, mdate=value)])
    assert isinstance(paper, Paper) and paper.published is None and paper.updated is None


def test_a_cut_answer_keeps_what_came_before() -> None:
    data = json.dumps({"notes": [V2, V1]}).encode()[:-40]
    found = openreview.read(io.BytesIO(data), "notes.json")
    assert isinstance(next(found), Paper)
    with pytest.raises(ReadError, match=r"^notes\.json:1: not JSON"):
        next(found)


def test_a_broken_line_is_one_reject() -> None:
    data = b"\n".join([json.dumps(V2).encode(), b'{"id": ', json.dumps(V1).encode()])
    assert [type(x) for x in read(data, "a.jsonl")] == [Paper, Reject, Paper]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "title", "x"]), inner),
    max_leaves=5,
)


@given(st.lists(st.tuples(st.sampled_from([*V2, "replyto", "ddate"]), _JSON), max_size=4), st.booleans())
def test_any_value_anywhere(parts: list[tuple[str, Any]], inside: bool) -> None:
    note = {**V2, "content": {**V2["content"], **dict(parts)}} if inside else changed(**dict(parts))
    (found,) = read([note])
    assert isinstance(found, Paper | Reject)


def checked(data: bytes) -> None:
    openreview.recognise(Head(data[:SIZE]))
    try:
        for n, item in enumerate(read(data)):
            assert (item.sources[0].position if isinstance(item, Paper) else item.position) == n
            assert isinstance(item, Paper) or "\n" not in item.reason
    except ReadError as error:
        assert len(str(error).splitlines()) == 1


@given(st.binary(max_size=200) | st.text('[]{}":,0tn \n', max_size=100).map(str.encode))
def test_any_bytes(data: bytes) -> None:
    checked(data)


@given(st.data())
def test_mutated(data: st.DataObject) -> None:
    text = bytearray(json.dumps({"notes": [V2, REVIEW, V1]}).encode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        text[at : at + data.draw(st.integers(0, 20))] = data.draw(
            st.sampled_from([b"", b"{", b"]", b'"', b"\xff", b",", b"\n"])
        )
    checked(bytes(text))


@pytest.mark.parametrize("unit", ["{", '"', "[", "@", '{"content":{', '{"notes":[', "{}\n", "[{},"])
def test_time_is_linear(unit: str) -> None:
    started = time.perf_counter()
    checked((unit * ((200_000 if unit == "{}\n" else 1_000_000) // len(unit))).encode())
    assert time.perf_counter() - started < 8
