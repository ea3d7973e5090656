"""One paper, many places: what is joined, what is kept of it, and that no entry is lost."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.read import Conflict, Paper, ReadError, Reject, Source, id_of
from extract.read.fields import make_paper
from extract.read.merge import Gathering, spool
from extract.read.merge.alike import alike, shingles
from extract.record.ids import fold_title

A = "We study how a river carries sand from the hills to the sea and what a bridge across it has to bear in spring."
A_NEW = A + " In this version the measurements of a second winter are added."
B = "Birds that sing at night are counted along five roads, and we ask which lamps they prefer and how long they stay."
B_NEW = B.replace("five", "seven")
SHORT = "A note."


@dataclass
class Result:
    papers: list[Paper]
    conflicts: list[Conflict]
    rejects: list[Reject]

    @property
    def parts(self) -> set[frozenset[int]]:
        return {frozenset(s.position for s in p.sources) for p in self.papers}

    @property
    def one(self) -> Paper:
        assert len(self.papers) == 1, self.parts
        return self.papers[0]


def entry(position: int, title: str = "A Title", abstract: str = A, document: str = "d", **parts: Any) -> Paper:
    paper = make_paper(document, position, title=title, abstract=abstract, **parts)
    assert isinstance(paper, Paper), paper
    return paper


def gathered(papers: Iterable[Paper], trust: Callable[[Paper], int] = lambda _: 5) -> Result:
    gathering = Gathering()
    for paper in papers:
        gathering.add(paper, trust(paper))
    told = list(gathering.close())
    found = list(gathering)
    assert list(gathering) == found and len(gathering) == len(found)
    assert len({id_of(p) for p in found}) == len(found)
    return Result(found, [t for t in told if isinstance(t, Conflict)], [t for t in told if isinstance(t, Reject)])


# --- against a reference in plain Python ------------------------------------------------------------------------------


def says_the_same(one: str, other: str) -> bool:
    return one == other or alike(shingles(one), shingles(other))


def reference(papers: Sequence[Paper]) -> list[set[int]]:
    """Which papers are the same, as the documentation says it; every pair is looked at."""
    part = list(range(len(papers)))

    def join(i: int, j: int) -> None:
        old, new = part[j], part[i]
        part[:] = [new if p == old else p for p in part]

    for i, j in itertools.combinations(range(len(papers)), 2):
        one, other = papers[i], papers[j]
        shares = any(getattr(one, k) and getattr(one, k) == getattr(other, k) for k in ("own_id", "arxiv_id", "doi"))
        titled = fold_title(one.title) == fold_title(other.title)
        is_arxiv = one.arxiv_id is not None and one.arxiv_id == other.arxiv_id
        revised = is_arxiv and one.version and other.version and one.version != other.version
        if shares and (titled or revised or alike(shingles(one.abstract), shingles(other.abstract))):
            join(i, j)
    by_ids = list(part)

    def ids(i: int) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for k in ("arxiv_id", "doi"):
            own = getattr(papers[i], k)
            others = {getattr(p, k) for p, at in zip(papers, by_ids, strict=True) if at == by_ids[i]} - {None}
            found[k] = {own} if own else others
        if papers[i].own_id:
            found["own " + papers[i].sources[0].document] = {str(papers[i].own_id)}
        return found

    def differ(one: dict[str, set[str]], other: dict[str, set[str]]) -> bool:
        return any(v and one.get(k) and v.isdisjoint(one[k]) for k, v in other.items())

    known: list[tuple[list[int], dict[str, set[str]]]] = []
    for i, paper in enumerate(papers):
        whole = None
        for group in sorted(known, key=lambda g: all(by_ids[j] != by_ids[i] for j in g[0])):
            members, has = group
            if fold_title(papers[members[0]].title) != fold_title(paper.title):
                continue
            text_differs = not any(says_the_same(papers[j].abstract, paper.abstract) for j in members)
            if all(by_ids[j] != by_ids[i] for j in members) and (differ(has, ids(i)) or text_differs):
                continue
            if whole is not None and differ(whole[1], has):
                continue
            if whole is None:
                whole = group
                for k, v in ids(i).items():
                    has[k] = v or has.get(k, set())
                members.append(i)
            else:
                known.remove(group)
                whole[0].extend(members)
                for k, v in has.items():
                    whole[1][k] = v or whole[1].get(k, set())
        if whole is None:
            known.append(([i], ids(i)))
    for members, _ in known:
        for j in members[1:]:
            join(members[0], j)
    return [{i for i, p in enumerate(part) if p == leader} for leader in sorted(set(part), key=part.index)]


ENTRIES = st.lists(
    st.builds(
        dict,
        title=st.sampled_from(["A Title", "a – title", "Other Title", "???"]),
        abstract=st.sampled_from([A, A_NEW, B, SHORT]),
        document=st.sampled_from(["d", "e"]),
        own_id=st.sampled_from([None, None, None, "k1", "k2"]),
        arxiv_id=st.sampled_from([None, None, "2401.00001", "2401.00002v2", "2401.00002v3"]),
        doi=st.sampled_from([None, None, "10.1234/x", "10.1234/X", "10.1234/y"]),
    ),
    max_size=7,
)


@settings(max_examples=15)
@given(ENTRIES)
def test_as_the_reference_joins(rows: list[dict[str, Any]]) -> None:
    papers = [entry(i, **row) for i, row in enumerate(rows)]
    parts = reference(papers)
    result = gathered(papers)
    refused = {r.position for r in result.rejects}
    for part in parts:
        if not part & refused:
            assert frozenset(part) in result.parts, (part, result.parts, rows)
        else:
            assert part <= refused  # all of a paper or nothing
    for paper in result.papers:
        assert {(s.document, s.position) for s in paper.sources} == {
            (papers[s.position].sources[0].document, s.position) for s in paper.sources
        }
    places = [s.position for p in result.papers for s in p.sources] + [r.position for r in result.rejects]
    assert sorted(places) == list(range(len(papers)))  # nothing is lost, nothing counted twice


PAPERS = [
    ({"arxiv_id": "2401.00001", "doi": "10.1234/one"}, "One Title of a Paper", "A Former Title", A, A_NEW),
    ({"arxiv_id": "2401.00002", "doi": "10.1234/two"}, "One Title of a Paper", "Birds", B, B_NEW),
    ({"arxiv_id": "hep-th/9901001", "doi": "10.1234/three"}, "Third", "Third!", "No text at all. " + B_NEW, A + B_NEW),
]


@settings(max_examples=6)
@given(st.permutations(range(9)), st.permutations(range(9)))
def test_the_order_of_entries_does_not_matter(order: list[int], trust: list[int]) -> None:
    papers = []
    for i, (ids, title, old_title, text, revised) in enumerate(PAPERS):
        arxiv = {"arxiv_id": ids["arxiv_id"] + "v2"}
        papers += [
            entry(3 * i, title, revised, "a", **arxiv, published=f"2024-01-0{i + 1}"),
            entry(3 * i + 1, old_title, text, "b", arxiv_id=ids["arxiv_id"] + "v1", categories="cs.CL", doi=ids["doi"]),
            entry(3 * i + 2, title.upper(), text + " ", "c", doi=ids["doi"].upper(), url=f"https://example.org/{i}"),
        ]
    result = gathered([papers[i] for i in order], lambda p: trust[p.sources[0].position])
    assert result.parts == {frozenset({3 * i, 3 * i + 1, 3 * i + 2}) for i in range(3)}
    for paper in result.papers:
        i = min(s.position for s in paper.sources) // 3
        ids, title, _, _, revised = PAPERS[i]
        assert (paper.title, paper.abstract, paper.version) == (title, revised, 2)  # the newest
        assert (paper.arxiv_id, paper.doi) == (ids["arxiv_id"], ids["doi"])
        assert (paper.published, paper.categories) == (f"2024-01-0{i + 1}", ("cs.CL",))
        assert paper.url == f"https://example.org/{i}"
    assert not result.rejects


@settings(max_examples=4)
@given(ENTRIES)
def test_what_is_joined_is_joined_for_good(rows: list[dict[str, Any]]) -> None:
    once = gathered(entry(i, **row) for i, row in enumerate(rows))
    again = gathered(once.papers)
    assert again.papers == once.papers and not again.rejects and not again.conflicts


# --- one thing each ---------------------------------------------------------------------------------------------------


def test_a_long_chain_is_one_paper() -> None:
    papers = []
    for i in range(600):  # each shares an identifier with the one before and another with the one behind
        papers.append(entry(2 * i, abstract=SHORT, arxiv_id=f"2401.{i:05}", doi=f"10.1234/{i}"))
        papers.append(entry(2 * i + 1, abstract=SHORT, arxiv_id=f"2401.{i + 1:05}", doi=f"10.1234/{i}"))
    result = gathered(papers[::2] + papers[1::2])
    assert len(result.one.sources) == 1200
    assert {c.field for c in result.conflicts} == {"arxiv_id", "doi"}
    assert len(result.conflicts) == 600 + 599


def test_one_title_and_texts_that_are_not_alike_are_two_papers() -> None:
    result = gathered([entry(0, abstract=A, own_id="a"), entry(1, abstract=B, own_id="b", document="e")])
    assert result.parts == {frozenset({0}), frozenset({1})}


def test_a_text_between_two_joins_them_in_any_order() -> None:
    words = [f"word{i}" for i in range(60)]
    texts = [" ".join(words[:30]), " ".join(words[20:50]), " ".join(words[40:])]
    assert alike(shingles(texts[0]), shingles(texts[1])) and not alike(shingles(texts[0]), shingles(texts[2]))
    for order in itertools.permutations(range(3)):
        assert gathered(entry(i, abstract=texts[i]) for i in order).parts == {frozenset({0, 1, 2})}
        titled = [entry(i, f"Title {i}", texts[i], doi="10.1234/x") for i in order]
        assert gathered(titled).parts == {frozenset({0, 1, 2})}


def test_identifiers_that_contradict_keep_papers_apart() -> None:
    for key, one, other in (("arxiv_id", "2401.00001", "2401.00002"), ("doi", "10.1234/x", "10.1234/y")):
        result = gathered([entry(0, own_id="a", **{key: one}), entry(1, document="e", own_id="b", **{key: other})])
        assert len(result.papers) == 2 and not result.rejects and not result.conflicts


def test_an_entry_without_identifiers_does_not_join_two_papers_that_contradict() -> None:
    one, other, plain = entry(0, arxiv_id="2401.00001"), entry(1, arxiv_id="2401.00002"), entry(2)
    for order in itertools.permutations((one, other, plain)):
        result = gathered(order)
        first = next(p for p in order if p.arxiv_id).sources[0].position
        assert result.parts == {frozenset({first, 2}), frozenset({1 - first})}  # the first of the two


def test_an_identifier_of_an_entry_holds_for_all_that_it_is_one_with() -> None:
    known = entry(0, arxiv_id="2401.00001", doi="10.1234/x", title="Another Title")
    result = gathered([known, entry(1, arxiv_id="2401.00001"), entry(2, doi="10.1234/y")])
    assert result.parts == {frozenset({0, 1}), frozenset({2})}
    assert [c.field for c in result.conflicts] == ["title"]


def test_own_ids_of_one_document_differ_for_different_papers() -> None:
    result = gathered([entry(0, own_id="a"), entry(1, own_id="b")])
    assert result.parts == {frozenset({0}), frozenset({1})}


def test_own_ids_of_two_documents_may_differ_for_one_paper() -> None:
    result = gathered([entry(0, own_id="a"), entry(1, own_id="b", document="e")])
    assert (result.one.own_id, [s.document for s in result.one.sources]) == ("a", ["d", "e"])
    (conflict,) = result.conflicts
    assert (conflict.field, conflict.kept, conflict.other) == ("paper_id", "a", "b")
    assert (conflict.kept_from, conflict.other_from) == ("d: entry 0", "e: entry 1")


def test_all_entries_of_a_paper_are_set_aside_where_its_id_is_taken() -> None:
    result = gathered(
        [
            entry(0, "One", SHORT, own_id="x"),
            entry(1, "Two", A, own_id="x"),
            entry(2, "Two", A, document="e"),
        ]
    )
    assert result.parts == {frozenset({0})}
    assert [(r.document, r.position) for r in result.rejects] == [("d", 1), ("e", 2)]
    assert all("the id x is already that of another paper" in r.reason for r in result.rejects)
    assert len({r.sha256 for r in result.rejects}) == 1 and SHORT not in result.rejects[0].reason


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_newest_version_is_kept(order: tuple[int, ...]) -> None:
    versions = [
        entry(0, "The Old Title", A, arxiv_id="2401.00001v1", updated="2030-01-01"),
        entry(1, "The New Title", A_NEW, arxiv_id="2401.00001v2"),
        entry(2, "The New Title", A_NEW + " " + A, arxiv_id="2401.00001"),
    ]
    paper = gathered([versions[i] for i in order], lambda p: 9 - p.sources[0].position).one
    assert (paper.title, paper.abstract, paper.version) == ("The New Title", A_NEW, 2)


def test_revisions_may_change_everything() -> None:
    one, two = entry(0, "Birds", A, arxiv_id="2401.00001v1"), entry(1, "Bridges", B, arxiv_id="2401.00001v2")
    paper = gathered([one, two]).one
    assert (paper.title, paper.version) == ("Bridges", 2)
    same = [one, entry(1, "Bridges", B, arxiv_id="2401.00001v1"), entry(2, "Bridges", B, arxiv_id="2401.00001")]
    assert len(gathered(same).rejects) == 2  # no revisions: one id for two papers


def test_without_versions_the_last_update_is_kept_then_trust_then_length() -> None:
    old, new = entry(0, updated="2024-01-01T00:00:00Z"), entry(1, abstract=A_NEW, updated="2024-02-01")
    assert gathered([new, old], lambda p: p.sources[0].position).one.abstract == A_NEW
    plain = [entry(0), entry(1, abstract=A_NEW)]
    assert gathered(plain, lambda p: p.sources[0].position).one.abstract == A
    assert gathered(plain).one.abstract == A_NEW


def test_metadata_come_by_trust_and_contradictions_are_told_once() -> None:
    papers = [
        entry(0, published="2024-01-01", authors="A One"),
        entry(1, published="2024-01-02", document="e"),
        entry(2, published="2024-01-01", document="f", doi="10.1234/X"),
    ]
    result = gathered([*papers, replace(papers[0], sources=(Source("g", 3),))], lambda p: -p.sources[0].position)
    assert (result.one.published, result.one.authors, result.one.doi) == ("2024-01-01", ("A One",), "10.1234/x")
    (conflict,) = result.conflicts
    assert (conflict.field, conflict.kept, conflict.other) == ("published", "2024-01-01", "2024-01-02")
    assert conflict.other_from == "e: entry 1"


def test_a_conflict_of_abstracts_tells_hashes_and_no_text() -> None:
    (conflict,) = gathered([entry(0), entry(1, abstract=A_NEW), entry(2, abstract=A.replace(" ", "  "))]).conflicts
    assert conflict.field == "abstract" and {len(conflict.kept), len(conflict.other)} == {64}


def test_titles_of_signs_alone() -> None:
    result = gathered([entry(0, "???", own_id="a"), entry(1, "!!!", own_id="b", document="e"), entry(2, "???")])
    assert result.parts == {frozenset({0, 2}), frozenset({1})}


def test_identifiers_with_quotes_and_nul_are_only_strings() -> None:
    odd = ["a'b", 'a"b', "a; DROP TABLE keys", "a\0b", "%", "\U0001f600"]
    papers = [entry(i, f"Title {i}", SHORT + str(i), own_id=key) for i, key in enumerate(odd)]
    assert [p.own_id for p in gathered(papers).papers] == odd


def test_many_entries_of_one_title_take_bounded_time() -> None:
    texts = [" ".join(f"{i % 50}w{j}" for j in range(60)) + f" {i}" for i in range(10_000)]
    started = time.monotonic()
    result = gathered(entry(i, abstract=text, own_id=str(i)) for i, text in enumerate(texts))
    assert len(result.papers) == 10_000  # own ids of one document
    unlike = gathered(entry(i, abstract=f"{text} {i}") for i, text in enumerate(texts[:2_000]))
    assert len(unlike.papers) + len(unlike.rejects) <= 2_000
    alike_all = gathered(entry(i, abstract=f"{A} {i}") for i in range(3_000))
    assert len(alike_all.one.sources) == 3_000
    assert time.monotonic() - started < 60


def test_papers_of_more_than_one_batch_come_in_order() -> None:
    papers = [entry(i, f"Title {i % 2500}", f"Text {i % 2500}. {A}", document=f"d{i // 2500}") for i in range(5000)]
    result = gathered(papers)
    assert [p.sources[0].position for p in result.papers] == list(range(2500))
    assert all(len(p.sources) == 2 for p in result.papers)


def test_nothing_gives_nothing() -> None:
    result = gathered([])
    assert not result.papers and not result.rejects


def test_papers_are_asked_for_too_early() -> None:
    with pytest.raises(RuntimeError, match="close"):
        next(iter(Gathering()))


def test_what_fails_on_the_disk_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    gathering = Gathering()
    for i in range(10):
        gathering.add(entry(i), 0)
    monkeypatch.setattr("extract.read.merge.same.MEMORY", "64KB")  # too little for any join
    with pytest.raises(ReadError, match=r"the inputs cannot be merged: .*TMPDIR") as caught:
        list(gathering.close())
    assert "\n" not in str(caught.value)


# on the way over the disk

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=60)
@given(
    rows=st.lists(st.tuples(TEXT, TEXT, st.lists(TEXT, max_size=3)), max_size=9), most=st.sampled_from([1, 20, 10**6])
)
def test_papers_come_back_as_they_were(
    rows: list[tuple[str, str, list[str]]], most: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("spool") / "papers.parquet"
    papers = [Paper(t, a, (Source("d", n, None),), authors=tuple(names)) for n, (t, a, names) in enumerate(rows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spool, "_CHARACTERS", most)  # pieces of one row, of some, and of all
        with spool.Spool(path) as written:
            for number, paper in enumerate(papers):
                written.add(spool.row_of(paper, number, 0))
    assert [spool.paper_of(row) for row in spool.rows(path)] == papers
    assert written.count == len(papers)


def test_a_paper_with_very_many_authors_does_not_wait_for_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_CHARACTERS", 1_000)
    monkeypatch.setattr(spool, "_GROUP", 1)
    with spool.Spool(tmp_path / "papers.parquet") as written:
        for number in range(3):
            authors = tuple(f"Author {n}" for n in range(200))
            written.add(spool.row_of(Paper("Zork", "We read.", authors=authors), number, 0))
    assert pq.read_metadata(tmp_path / "papers.parquet").num_row_groups == 3
