"""The committed release: valid, facts only, and the counts of the listing pages."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from extract.read import read_inputs
from extract.record.ids import sha256_text
from extract.validate import validate_path

RELEASE = Path(__file__).resolve().parents[1] / "releases" / "2026.11"


def test_it_is_valid() -> None:
    report = validate_path(RELEASE)
    assert [str(p) for p in report.problems] == []
    assert report.records == 356


def test_its_counts() -> None:
    manifest = json.loads((RELEASE / "manifest.json").read_text())
    assert manifest["counts"] == {"entries": 410, "papers": 356, "rejects": 0, "repeated": 54}
    papers = pl.read_parquet(RELEASE / "papers" / "*.parquet")
    assert papers["sources"].list.len().sum() == 410
    assert papers["abstract"].null_count() == 356


@pytest.mark.shared
def test_no_sentence_of_the_pages_is_in_it(shared: Path) -> None:
    """No run of eight words of an abstract stands in a string of the release, titles apart."""
    reading = read_inputs(sorted(str(p) for p in (shared / "seeds").glob("*.txt")))
    titles = {p.title for p in reading.papers}
    runs = set()
    for paper in reading.papers:
        words = paper.abstract.split()
        runs |= {" ".join(words[i : i + 12]) for i in range(len(words) - 11)}
    for path in RELEASE.rglob("*.parquet"):
        for row in pl.read_parquet(path).to_dicts():
            stack = [row]
            while stack:
                value = stack.pop()
                if isinstance(value, dict):
                    stack += value.values()
                elif isinstance(value, list):
                    stack += value
                elif isinstance(value, str) and value not in titles:
                    words = value.split()
                    assert not any(" ".join(words[i : i + 12]) in runs for i in range(len(words) - 11)), value


@pytest.mark.shared
def test_texts_join_back(shared: Path) -> None:
    reading = read_inputs(sorted(str(p) for p in (shared / "seeds").glob("*.txt")))
    hashes = {sha256_text(p.abstract) for p in reading.papers}
    assert set(pl.read_parquet(RELEASE / "papers" / "*.parquet")["abstract_sha256"]) == hashes
