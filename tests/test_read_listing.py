"""Saved listing pages: both layouts, furniture, dates, and entries that are not whole."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.read import Paper, ReadError, Reject, read_inputs
from extract.read.forms import listing
from extract.read.head import Head
from extract.sample import sample_inputs


def read(data: bytes, name: str) -> Iterator[Paper | Reject]:
    return listing.read(io.BytesIO(data), name)


HEAD = "new\n\nGet trending papers in your email inbox!\n\nSubscribe\n\nbyAK and the research community\n\n"
COMPACT = "Get trending papers in your email inbox once a day!\nGet trending papers in your email inbox!\nSubscribe"
LONG = "We study how often a page breaks and what a reader can do about it. " * 4


def abstract(n: int) -> str:
    return f"Abstract number {n} starts here. {LONG}".strip()


def page(entries: list[tuple[str, str]], date: str = "Mar 11") -> bytes:
    return (HEAD + date + "\n\n" + "\n\n".join(f"{t}\n\n{a}" for t, a in entries)).encode()


def papers(data: bytes) -> list[Paper]:
    return [x for x in read(data, "page.txt") if isinstance(x, Paper)]


def rejects(data: bytes) -> list[Reject]:
    return [x for x in read(data, "page.txt") if isinstance(x, Reject)]


def test_spaced_layout() -> None:
    found = papers(page([("First: a Title", abstract(1)), ("Pointer Networks", abstract(2))]))
    assert [(p.title, p.abstract) for p in found] == [
        ("First: a Title", abstract(1)),
        ("Pointer Networks", abstract(2)),
    ]
    assert [(s.position, s.listed) for p in found for s in p.sources] == [(0, "Mar 11"), (1, "Mar 11")]


def test_compact_layout_and_glued_subscribe() -> None:
    data = f"{COMPACT}First++: a Title\n{abstract(1)}\nIs This a Title?\n{abstract(2)}".encode()
    found = papers(data)
    assert [p.title for p in found] == ["First++: a Title", "Is This a Title?"]
    assert found[0].sources[0].listed is None
    assert not rejects(data)


def test_a_title_that_begins_with_the_word_subscribe_keeps_it() -> None:
    found = papers(page([("Subscribe to Learn: a Study", abstract(1))]))
    assert found[0].title == "Subscribe to Learn: a Study"


def test_later_dates_hold_for_what_follows() -> None:
    text = page([("One", abstract(1))]).decode() + "\n\nMar 10, 2025\n\nTwo\n\n" + abstract(2)
    assert [p.sources[0].listed for p in papers(text.encode())] == ["Mar 11", "Mar 10, 2025"]


def test_title_without_abstract_is_set_aside_and_the_rest_goes_on() -> None:
    text = HEAD + f"One\n\n{abstract(1)}\n\nLonely Title\n\nThree\n\n{abstract(3)}\n\nLast Lonely Title"
    data = text.encode()
    assert [p.title for p in papers(data)] == ["One", "Three"]
    assert [(r.position, r.reason) for r in rejects(data)] == [
        (1, "title without an abstract"),
        (3, "title without an abstract"),
    ]
    assert [p.sources[0].position for p in papers(data)] == [0, 2]
    assert rejects(data)[0].line == text[: text.index("Lonely")].count("\n") + 1


def test_abstract_without_title_is_set_aside() -> None:
    text = HEAD + f"One\n\n{abstract(1)}\n\n{abstract(2) * 3}\n\nThree\n\n{abstract(3)}"
    assert [p.title for p in papers(text.encode())] == ["One", "Three"]
    assert [r.reason for r in rejects(text.encode())] == ["text without a title"]


def test_short_abstract_counts() -> None:
    text = (
        HEAD
        + "A Note on Notes\n\nWe note that notes are short. Nothing else is claimed here by us.\n\nTwo\n\n"
        + abstract(2)
    )
    assert [p.title for p in papers(text.encode())] == ["A Note on Notes", "Two"]


def test_windows_line_ends_and_byte_order_mark() -> None:
    data = b"\xef\xbb\xbf" + page([("One", abstract(1))]).replace(b"\n", b"\r\n")
    assert [p.title for p in papers(data)] == ["One"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b"PK\x03\x04\0\0", "NUL"),
        ("page".encode("utf-16"), "UTF-16"),
        (HEAD.encode(), "no entry"),
    ],
)
def test_what_is_no_page(data: bytes, words: str) -> None:
    with pytest.raises(ReadError, match=words) as caught:
        list(read(data, "page.txt"))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("page.txt")


def test_a_byte_of_another_encoding_costs_its_entry_only() -> None:
    data = page([("One", abstract(1)), ("Überschrift", abstract(2)), ("Three", abstract(3))]).decode().encode("latin-1")
    assert [p.title for p in papers(data)] == ["One", "Three"]
    assert [(r.position, r.reason) for r in rejects(data)] == [(1, "byte 0xdc is not UTF-8 (allowed: UTF-8)")]


TITLES = st.from_regex(r"[A-Z][a-z]{2,9}( [A-Z][a-z]{2,9}){0,8}", fullmatch=True).filter(
    lambda t: (
        t.casefold() not in {"subscribe", "new", "next", "models", "papers", "about", "docs", "github", "search"}
        and t.casefold().split()[0] not in {"subscribe", "may", "mar", "march", "april", "june", "july"}
    )
)


@given(st.lists(st.tuples(TITLES, st.integers(0, 99)), min_size=1, max_size=8), st.booleans())
def test_every_entry_comes_back(entries: list[tuple[str, int]], compact: bool) -> None:
    pairs = [(t, abstract(n)) for t, n in entries]
    if compact:
        data = (COMPACT + "\n".join(f"{t}\n{a}" for t, a in pairs)).encode()
    else:
        data = page(pairs)
    assert [(p.title, p.abstract) for p in papers(data)] == pairs


@given(st.lists(st.text(max_size=300), max_size=12), st.sampled_from(["\n", "\n\n"]))
def test_any_text_gives_papers_rejects_or_one_line(pieces: list[str], between: str) -> None:
    try:
        found = list(read((HEAD + between.join(pieces)).encode("utf-8", "replace"), "p"))
    except ReadError as error:
        assert "\n" not in str(error)
    else:
        assert [x.sources[0].position if isinstance(x, Paper) else x.position for x in found] == list(range(len(found)))


def test_recognised_by_content() -> None:
    assert listing.recognise(Head(HEAD.encode()))
    assert not listing.recognise(Head(b"# A README\n\nThis is no page."))


def test_sample_counts() -> None:
    reading = read_inputs(sample_inputs())
    assert (reading.entries, len(reading.papers), len(reading.rejects)) == (45, 40, 0)
    assert sum(len(p.sources) for p in reading.papers) == 45
    assert not any("Subscribe" in p.title for p in reading.papers)


@pytest.mark.shared
def test_real_pages(shared: Path) -> None:
    reading = read_inputs(sorted(str(p) for p in (shared / "seeds").glob("*.txt")))
    assert (reading.entries, len(reading.papers), len(reading.rejects)) == (410, 356, 0)
    assert sum(len(p.sources) for p in reading.papers) == 410
    assert [d.entries for d in reading.documents] == [73, 65, 224, 48]
    assert {s.listed for p in reading.papers for s in p.sources} == {None, "Mar 11", "May 29", "Sep 8"}
    assert not any(p.title.startswith("Subscribe") for p in reading.papers)
