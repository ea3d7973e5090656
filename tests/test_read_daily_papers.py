"""Hugging Face Daily Papers: lists and single papers, the day of listing, and what is set aside."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract.read.base import Paper, ReadError, Reject
from extract.read.forms import FORMS, daily_papers
from extract.read.head import SIZE, Head
from extract.read.inputs import id_of

QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def paper(**changed: Any) -> dict[str, Any]:
    """What ``/api/papers/ID`` answers."""
    return {
        "id": "2509.00123",
        "authors": [
            {"_id": "68be5810c1", "name": "Ann Other", "hidden": False},
            {"_id": "68be5810c2", "name": "Inventa Lab", "hidden": True},
            {"_id": "68be5810c3", "name": "Dee Third", "user": {"user": "dee"}, "hidden": False},
        ],
        "publishedAt": "2025-09-04T21:26:31.000Z",
        "submittedOnDailyAt": "2025-09-08T02:44:20.973Z",
        "title": "Quillfish: Scheduling that Does Not Wait",
        "submittedOnDailyBy": {"_id": "6039", "fullname": "Some Body", "user": "somebody", "type": "user"},
        "summary": "We present Quillfish, a scheduler for small\nclusters. It is 2.5x faster than Drum.",
        "upvotes": 26,
        "discussionId": "68be5810c4",
        "ai_summary": "A model wrote this.",
        "ai_keywords": ["scheduling"],
        **changed,
    }


def item(**changed: Any) -> dict[str, Any]:
    """An item of what ``/api/daily_papers`` answers."""
    inner = paper(**changed)
    return {
        "paper": inner,
        "publishedAt": inner["publishedAt"],
        "title": inner["title"],
        "summary": inner["summary"],
        "thumbnail": "https://example.org/t.png",
        "numComments": 2,
        "submittedBy": inner["submittedOnDailyBy"],
        "isAuthorParticipating": False,
    }


def read(data: bytes) -> list[Paper | Reject]:
    return list(daily_papers.read(io.BytesIO(data), "daily"))


def one(value: Any) -> Paper:
    (found,) = read(json.dumps(value).encode())
    assert isinstance(found, Paper), found
    return found


def form_of(data: bytes, name: str = "input.bin") -> str | None:
    head = Head(data[:SIZE], name)
    return next((form.NAME for form in FORMS if form.recognise(head)), None)


@pytest.mark.parametrize("value", [[item()], paper(), [paper()]])
def test_every_field(value: Any) -> None:
    found = one(value)
    assert found.title == "Quillfish: Scheduling that Does Not Wait"
    assert found.abstract == "We present Quillfish, a scheduler for small clusters. It is 2.5x faster than Drum."
    assert (found.arxiv_id, found.own_id, id_of(found)) == ("2509.00123", None, "arxiv:2509.00123")
    assert found.url == "https://arxiv.org/abs/2509.00123"
    assert (found.published, found.updated, found.version) == ("2025-09-04", None, None)
    assert found.authors == ("Ann Other", "Dee Third")
    assert [(s.document, s.position, s.listed) for s in found.sources] == [("daily", 0, "2025-09-08")]


def test_the_day_of_listing_in_older_answers() -> None:
    old = item()
    del old["paper"]["submittedOnDailyAt"]
    assert one([old]).sources[0].listed is None  # both times are arXiv's
    old["publishedAt"] = "2025-09-07T23:10:00.000Z"
    assert one([old]).sources[0].listed == "2025-09-07"
    assert one([old]).published == "2025-09-04"
    alone = paper()
    del alone["submittedOnDailyAt"]
    assert one(alone).sources[0].listed is None


def test_a_paper_that_is_not_at_arxiv_is_known_by_its_title() -> None:
    for told in ("hf-7", None, 7, ["2509.00123"]):
        found = one([item(id=told)])
        assert (found.arxiv_id, found.url) == (None, None)
        assert id_of(found).startswith("title:")


def test_what_the_list_says_stands_in_for_what_the_paper_lacks() -> None:
    outer = item()
    del outer["paper"]["title"], outer["paper"]["summary"]
    assert one([outer]).abstract.startswith("We present")


def test_what_is_set_aside() -> None:
    # ai_summary is no abstract
    bad: list[Any] = [None, 7, {"paper": "secret"}, {"paper": paper(summary=None)}, {"paper": paper(title=["secret"])}]
    found = read(json.dumps([*bad, item()], indent=1).encode())
    assert [type(x) for x in found] == [Reject] * 5 + [Paper]
    rejects = [x for x in found if isinstance(x, Reject)]
    assert [r.position for r in rejects] == list(range(5))
    assert [r.line for r in rejects[:3]] == [2, 3, 4]
    assert not any("secret" in r.reason for r in rejects)
    assert all("allowed: " in r.reason for r in (rejects[0], rejects[2], rejects[4]))
    assert rejects[3].reason == "title without an abstract"


def test_recognised_by_content() -> None:
    one_line, pretty = json.dumps([item()] * 2).encode(), json.dumps([item()] * 2, indent=2).encode()
    for data in (
        one_line,
        pretty,
        b"\xef\xbb\xbf" + one_line,
        json.dumps([item()] * 200).encode(),
        json.dumps([None, item()]).encode(),
        json.dumps([item(linkedModels=["x" * SIZE])]).encode(),  # the head ends within the first item
        json.dumps(paper()).encode(),
        json.dumps(paper(linkedModels=["x" * SIZE])).encode(),
        json.dumps(paper(linkedModels=["x" * SIZE]), indent=2).encode(),
        json.dumps({"count": 1, "papers": [item()]}).encode(),
    ):
        assert form_of(data) == "daily-papers"
    assert form_of(json.dumps([{"id": "1", "title": "T", "summary": "A."}]).encode()) == "json"
    assert form_of(json.dumps([{"paper": "x", "title": "T", "summary": "A."}]).encode()) == "json"


def test_a_list_that_is_cut_off_keeps_what_came_before() -> None:
    data = json.dumps([item()] * 3, indent=1).encode()
    found = []
    with pytest.raises(ReadError, match=r"^daily:\d+: not JSON: [^\n]+$"):
        for x in daily_papers.read(io.BytesIO(data[:-100]), "daily"):
            found.append(x)
    assert len(found) == 2


def outcome(data: bytes) -> int | None:
    """How many entries were read, or ``None`` where it was no JSON."""
    try:
        found = read(data)
    except ReadError as error:
        assert "\n" not in str(error)
        return None
    assert all(isinstance(x, Paper | Reject) for x in found)
    return len(found)


@QUICK
@given(st.binary(max_size=200) | st.text(alphabet='{}[]",: \npaer1', max_size=80).map(str.encode))
def test_any_bytes(data: bytes) -> None:
    outcome(data)
    form_of(data)


@QUICK
@given(st.lists(JSON_VALUES | st.builds(lambda v: {"paper": v}, JSON_VALUES), max_size=5))
def test_any_list_loses_nothing(values: list[Any]) -> None:
    assert outcome(json.dumps(values).encode()) == len(values)


@QUICK
@given(st.dictionaries(st.sampled_from(list(paper())), JSON_VALUES, max_size=4))
def test_any_values_in_a_paper(changed: dict[str, Any]) -> None:
    assert outcome(json.dumps([{**item(), "paper": paper(**changed)}, paper(**changed)]).encode()) == 2


@QUICK
@given(st.randoms(use_true_random=False))
def test_a_mutated_list(chance: random.Random) -> None:
    data = bytearray(json.dumps([item()] * 2).encode())
    for _ in range(chance.randint(1, 3)):
        data[chance.randrange(len(data))] = chance.choice(b'{}[]",:\\ \nx\xff\x00' + bytes(range(256)))
    outcome(bytes(data))
