"""Builds that update an earlier release: only what is new is extracted, and the release is that of a whole build."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from extract.publish import PublishError
from extract.run import old, part, whole
from tests import kill
from tests.kill import READ, hashes, write_entries, write_papers
from tests.releases import OLD

Rows = list[dict[str, Any]]


@pytest.fixture
def papers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A file of invented papers, of which a release was made in the folder ``old``, with a stand-in for the passes."""
    for module, name, value in (*kill.STAND_IN, *kill.LIGHT):
        monkeypatch.setattr(module, name, value)
    path = write_papers(tmp_path / "papers.jsonl", range(40))
    whole.build([path], tmp_path / "old", version="1")
    READ.clear()
    return path


def both(papers: Path, folder: Path, update: Path | None = None, **options: Any) -> tuple[list[str], list[str]]:
    """Builds whole and as an update, which must be the same; what was extracted again, and what was told."""
    whole.build([papers], folder / "whole", version="1", **options)
    READ.clear()
    told: list[str] = []
    whole.build([papers], folder / "new", version="1", update=update or folder / "old", on_note=told.append, **options)
    assert hashes(folder / "new") == hashes(folder / "whole")
    return READ, told


UNREAD = [f"p{n:03}" for n in range(16, 32)]  # those that have no record are tried again


def changed(number: int, **change: Any) -> Callable[[Rows], None]:
    return lambda rows: rows[number].update(change)


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda rows: None, []),
        (lambda rows: rows.append({"id": "p0005", "title": "New", "abstract": "We invent Foo."}), ["p0005"]),
        (lambda rows: rows.insert(0, {"id": "a", "title": "New", "abstract": "We invent Foo."}), ["a"]),
        (lambda rows: rows.append({"id": "z", "title": "New", "abstract": "We invent Foo."}), ["z"]),
        (lambda rows: rows.__delitem__(slice(2, 9)), []),
        (lambda rows: rows.__delitem__(0), []),
        (lambda rows: rows.__delitem__(39), []),
        (changed(7, abstract="We invent Foo8, which is 9x faster than Bar."), ["p007"]),
        (changed(7, title="Paper 7 on Bars"), ["p007"]),
        (changed(7, id="q"), ["q"]),
        (changed(7, doi="10.1234/x", published="2026-01-02", authors=["A. B"], categories=["cs.CL"]), []),
        (lambda rows: rows.reverse(), []),
    ],
)
def test_only_what_is_new_is_extracted(
    change: Callable[[Rows], None], again: list[str], papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [json.loads(line) for line in papers.read_text().splitlines()]
    change(rows)
    papers.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert both(papers, tmp_path) == (sorted([*again, *UNREAD]), [])


@pytest.mark.parametrize("before", [False, True])
def test_text_may_come_or_go(before: bool, papers: Path, tmp_path: Path) -> None:
    whole.build([papers], tmp_path / "other", with_text=before)
    assert both(papers, tmp_path, tmp_path / "other", with_text=not before) == (UNREAD, [])


@pytest.mark.parametrize("change", ["none", "changed", "removed", "added"])
def test_entries_by_hand_are_merged_in_anew(change: str, papers: Path, tmp_path: Path) -> None:
    entries: Path | None = write_entries(tmp_path / "entries")
    if change == "added":
        whole.build([papers], tmp_path / "by-hand")
        entry = {"paper_id": "p001", "extract": False, "methods": [{"name": "Foo1"}]}
        (tmp_path / "entries" / "more.json").write_text(json.dumps(entry))
    else:
        whole.build([papers], tmp_path / "by-hand", curated=entries)
    if change == "changed":
        (tmp_path / "entries" / "changes.json").write_text(json.dumps({"paper_id": "p004", "doi": "10.1234/z"}))
    if change == "removed":
        entries = None
    again = {"none": ["p003", "p9"], "changed": ["p003", "p9"], "removed": ["p003"], "added": ["p9"]}[change]
    assert both(papers, tmp_path, tmp_path / "by-hand", curated=entries) == (sorted([*again, *UNREAD]), [])


def test_a_release_is_updated_in_its_place(papers: Path, tmp_path: Path) -> None:
    write_papers(papers, range(3, 45))
    whole.build([papers], tmp_path / "whole", version="1")
    READ.clear()
    whole.build([papers], tmp_path / "old", version="1", update=tmp_path / "old", replace=True)
    assert [f"p{n:03}" for n in range(40, 45)] == READ[16:]
    assert hashes(tmp_path / "old") == hashes(tmp_path / "whole")


def test_another_model_means_all_again(papers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (whole, old):
        monkeypatch.setattr(module, "extraction_hash", lambda: "later")
    read, told = both(papers, tmp_path)
    assert len(read) == 40
    assert told == [
        f"{tmp_path / 'old'} was extracted by other code, another model or other libraries: "
        "every paper is extracted again"
    ]


def test_a_release_of_an_older_glean_means_all_again(papers: Path, tmp_path: Path) -> None:
    read, told = both(papers, tmp_path, OLD)
    assert len(read) == 40
    assert len(told) == 1


@pytest.mark.parametrize("place", ["none", "papers.jsonl", ".", "half"])
def test_what_is_no_release_is_one_line(place: str, papers: Path, tmp_path: Path) -> None:
    (tmp_path / "half").mkdir()
    (tmp_path / "half" / "manifest.json").write_text("[]")
    with pytest.raises(PublishError, match=r"^[^\n]*: there is no release to update \(allowed: [^\n]*\)$"):
        whole.build([papers], tmp_path / "new", update=tmp_path / place)
    assert READ == []


def test_a_damaged_release_is_one_line(papers: Path, tmp_path: Path) -> None:
    (tmp_path / "old" / "papers" / "train.parquet").write_bytes(b"PAR1")
    with pytest.raises(PublishError, match=r"^[^\n]*old: the papers cannot be read \([^\n]*\)$"):
        whole.build([papers], tmp_path / "new", update=tmp_path / "old")


def test_records_of_the_passes_are_the_same(sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is with the real passes: nothing is lost or changed on the way through the Parquet files."""

    def records(papers: Any, **_: Any) -> Any:
        assert list(papers) == []
        return iter(())

    monkeypatch.setattr(part, "records", records)
    build = whole.build([], tmp_path / "2026.11", update=sample)
    assert hashes(build.folder) == hashes(sample)
