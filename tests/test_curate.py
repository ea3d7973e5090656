"""Entries made by hand: what they say comes out, once and for good; what cannot be followed is told with its place."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from extract.curate import Curated, apply, read_curated
from extract.curate.near import near
from extract.curate.template import as_json, as_yaml, scalar
from extract.read.base import Paper, ReadError, Source
from extract.record import Record, load_schema, sha256_text
from extract.record.curated import LIST_FIELDS, curated_schema
from extract.record.ids import paper_id
from extract.record.model import ENTITY_FIELDS
from extract.validate import errors, validate_path
from extract.validate.entries import read_entry
from tests.records import records
from tests.releases import write

GLEAN = Path(sys.executable).with_name("glean")
TITLE = "QuiverDB: Vector Search in Half the Memory"
ABSTRACT = (
    "We present QuiverDB, a vector index that stores residuals in four bits. On SIFT1M, QuiverDB answers queries 2.4x "
    "faster than HNSW on a single core and reaches 97.2% recall@10. Its memory footprint is reduced by up to 52%. A "
    "second QuiverDB shard is 2.4x faster than Foo-Net."
)
HAND = {"passes": ["curated"], "score": 1.0}


def span(text: str, field: str = "abstract", nth: int = 1, **more: Any) -> dict[str, Any]:
    whole, start = TITLE if field == "title" else ABSTRACT, -1
    for _ in range(nth):
        start = whole.index(text, start + 1)
    return {"field": field, "start": start, "end": start + len(text), "passes": ["rule"], "score": 0.9, **more}


@pytest.fixture
def record() -> Record:
    """What the passes might have found in the paper; the text is beside it, as in a build."""

    def entity(kind: str, name: str, *mentions: dict[str, Any], role: str = "other") -> dict[str, Any]:
        named = {"entity_id": f"{kind}/{name.lower().replace('@', '-at-')}", "name": name, "aliases": [], "role": role}
        return named | {"mentions": list(mentions)}

    speedup: dict[str, Any] = {"value_high": None, "phase": None, "hardware": None, "factor_high": None}
    faster = {"value": 2.4, "form": "ratio", "quantity": "time", "bound": "exact", "factor": 2.4} | speedup
    smaller = {"value": 52, "form": "percent_decrease", "quantity": "memory", "bound": "up_to", "factor": 2.083333}
    rows = [
        faster | {"method": "QuiverDB", "baseline": "HNSW"} | span("2.4x faster"),
        smaller | speedup | {"method": "QuiverDB", "baseline": None} | span("footprint is reduced by up to 52%"),
    ]
    order = load_schema()["$defs"]["speedup"]["properties"]
    found = Record(
        paper_id=paper_id(TITLE),
        title=TITLE,
        abstract=None,
        abstract_sha256=sha256_text(ABSTRACT),
        abstract_chars=len(ABSTRACT),
        arxiv_id=None,
        arxiv_version=None,
        doi=None,
        url="https://example.org/quiverdb",
        published=None,
        categories=["cs.DB"],
        authors=["Ada Example"],
        language="en",
        sources=[{"document": "page.txt", "position": 3, "listed": None}],
        methods=[
            entity("method", "QuiverDB", span("QuiverDB", "title"), span("QuiverDB"), span("QuiverDB", nth=2)),
            entity("method", "HNSW", span("HNSW"), role="proposed"),
        ],
        tasks=[],
        datasets=[entity("dataset", "SIFT1M", span("SIFT1M"))],
        metrics=[entity("metric", "recall@10", span("recall@10"))],
        speedups=[{key: row[key] for key in order} for row in rows],
        results=[],
        extractor={"version": "0", "model": None, "schema_version": load_schema()["$id"].rsplit(":", 1)[1]},
    )
    found.abstract_text = ABSTRACT
    assert not list(errors(found))
    return found


def curated(folder: Path, **files: Any) -> Curated:
    """The entries of a folder with these files: text as it is, anything else as JSON."""
    for name, value in files.items():
        path = folder / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return read_curated(folder)


def merged(record: Record, folder: Path, **entry: Any) -> tuple[Record, list[str]]:
    """A record with an entry merged in, and what was told, without the file's name."""
    found = curated(folder, entry__json={"paper_id": record["paper_id"], **entry})
    assert [str(p) for p in found.problems] == []
    result, problems = apply(record, found.entries[0])
    assert list(errors(result)) == []
    assert result.abstract_text == record.abstract_text
    again, _ = apply(result, found.entries[0])
    assert json.dumps(again) == json.dumps(result)
    return result, [str(p).split(":", 2)[2].strip() for p in problems]


def changed(before: Record, after: Record) -> set[str]:
    return {key for key in before if json.dumps(before[key]) != json.dumps(after[key])}


# Metadata.


def test_metadata_replace_what_was_read_and_null_clears_it(record: Record, tmp_path: Path) -> None:
    new, told = merged(
        record, tmp_path, doi="10.1234/q", url=None, published="2026-02-14", authors=["Bo Example"], categories=None
    )
    assert told == []
    assert changed(record, new) == {"doi", "url", "published", "authors", "categories", "sources"}
    assert (new["doi"], new["url"], new["authors"], new["categories"]) == ("10.1234/q", None, ["Bo Example"], [])
    assert new["sources"] == [*record["sources"], {"document": "entry.json", "position": 0, "listed": None}]


def test_what_agrees_changes_nothing(record: Record, tmp_path: Path) -> None:
    new, told = merged(record, tmp_path, authors=["Ada Example"], methods=[{"name": "HNSW", "role": "proposed"}])
    assert new is record and told == []


# Entities.


def test_an_entity_is_known_by_its_folded_name_and_keeps_what_is_not_said(record: Record, tmp_path: Path) -> None:
    new, told = merged(record, tmp_path, methods=[{"name": "hnsw", "role": "other"}])
    assert told == [] and changed(record, new) == {"methods", "sources"}
    assert new["methods"][1] == record["methods"][1] | {"role": "other"}
    assert new["methods"][0] == record["methods"][0]


def test_another_id_and_another_name(record: Record, tmp_path: Path) -> None:
    items = [{"entity_id": "method/quiver", "name": "QuiverDB"}, {"entity_id": "method/hnsw", "name": "HNSW on a"}]
    new, told = merged(record, tmp_path, methods=items)
    assert told == []
    assert [(e["entity_id"], e["name"], e["aliases"]) for e in new["methods"]] == [
        ("method/quiver", "QuiverDB", []),
        ("method/hnsw", "HNSW on a", []),
    ]
    assert new["methods"][1]["mentions"] == [span("HNSW on a") | HAND]


def test_a_new_entity_gets_the_id_of_a_build_and_all_its_places(record: Record, tmp_path: Path) -> None:
    new, told = merged(record, tmp_path, methods=[{"name": "Foo-Net"}], tasks=[{"name": "Vector Search"}])
    assert told == []
    added = {"entity_id": "method/foo-net", "name": "Foo-Net", "aliases": [], "role": "other"}
    assert new["methods"][2] == added | {"mentions": [span("Foo-Net") | HAND]}
    assert new["tasks"][0]["mentions"] == [span("Vector Search", "title") | HAND]
    assert new["methods"][:2] == record["methods"]


def test_mentions_by_text_by_number_and_by_offsets(record: Record, tmp_path: Path) -> None:
    third = span("QuiverDB", nth=3)
    places = [{"text": "QuiverDB", "nth": 1}, {key: third[key] for key in ("field", "start", "end")}]
    new, told = merged(record, tmp_path, methods=[{"name": "QuiverDB", "mentions": places}])
    assert told == []
    assert new["methods"][0]["mentions"] == [span("QuiverDB", "title"), third | HAND]
    new, _ = merged(record, tmp_path, methods=[{"name": "QuiverDB", "mentions": [{"text": "QuiverDB"}]}])
    assert new["methods"][0]["mentions"] == [*record["methods"][0]["mentions"], third | HAND]


def test_aliases_bring_their_places(record: Record, tmp_path: Path) -> None:
    new, told = merged(record, tmp_path, methods=[{"name": "QuiverDB", "aliases": ["vector index"]}])
    assert told == [] and new["methods"][0]["aliases"] == ["vector index"]
    assert span("vector index") | HAND in new["methods"][0]["mentions"]
    back, _ = merged(new, tmp_path, methods=[{"name": "QuiverDB", "aliases": []}])
    assert back["methods"][0] == record["methods"][0]


def test_removing(record: Record, tmp_path: Path) -> None:
    new, told = merged(
        record,
        tmp_path,
        methods=[{"entity_id": "method/hnsw", "remove": True}, {"name": "Faiss", "remove": True}],
        speedups=[{"text": "2.4x faster", "remove": True}],
    )
    assert [e["name"] for e in new["methods"]] == ["QuiverDB"]
    assert new["speedups"] == record["speedups"][1:]
    assert told == ['/methods/1: there is no such method to remove (allowed: "method/quiverdb", "method/hnsw")']


@pytest.mark.parametrize(
    ("entry", "pointer", "words"),
    [
        ({"methods": [{"name": "Faiss"}]}, "/methods/0/name", "does not stand in the text"),
        ({"methods": [{"entity_id": "method/faiss"}]}, "/methods/0/entity_id", "none of this id"),
        ({"methods": [{"name": "HNSW", "aliases": ["graph"]}]}, "/methods/0/aliases/0", "the text of no mention"),
        ({"methods": [{"name": "X", "mentions": [{"text": "Y"}]}]}, "/methods/0/mentions/0/text", "does not stand"),
        (
            {"methods": [{"name": "HNSW", "mentions": [{"text": "HNSW", "nth": 2}]}]},
            "/methods/0/mentions/0/text",
            "does not stand there 2 times",
        ),
        (
            {"methods": [{"name": "HNSW", "mentions": [{"field": "abstract", "start": 5, "end": 9999}]}]},
            "/methods/0/mentions/0/end",
            "outside of the abstract (allowed: up to",
        ),
        ({"speedups": [{"text": "3x faster", "value": 3}]}, "/speedups/0/text", "does not stand"),
        ({"speedups": [{"text": "four bits", "value": 4}]}, "/speedups/0", "property 'form' is missing"),
        (
            {"results": [{"text": "2.4x faster", "value": 9, "unit": "", "form": "gain"}]},
            "/results/0/text",
            "nth: 1 to 2",
        ),
        ({"results": [{"text": "97.2%", "remove": True}]}, "/results/0", "there is no such result to remove"),
    ],
)
def test_an_item_that_cannot_be_followed_is_told_and_the_rest_goes_on(
    record: Record, tmp_path: Path, entry: dict[str, Any], pointer: str, words: str
) -> None:
    new, told = merged(record, tmp_path, doi="10.1234/q", **entry)
    assert changed(record, new) == {"doi", "sources"}
    assert any(line.startswith(f"{pointer}: ") and words in line for line in told), told


def test_what_would_not_be_valid_is_not_applied_at_all(record: Record, tmp_path: Path) -> None:
    claim = {"text": "2.4x faster", "nth": 1, "baseline": "Faiss"}
    new, told = merged(record, tmp_path, doi="10.1234/q", speedups=[{"text": "up to 52%", "bound": "exact"}, claim])
    assert new is record
    assert len(told) == 1 and told[0].startswith("/speedups/1/baseline: the record would not be valid")
    new, told = merged(
        record, tmp_path, methods=[{"entity_id": "method/x", "name": "HNSW", "mentions": [{"text": "On"}]}]
    )
    assert new is record and told[0].startswith("/methods/0")


# Claims.


def test_a_claim_is_known_by_its_evidence(record: Record, tmp_path: Path) -> None:
    new, told = merged(
        record, tmp_path, speedups=[{"text": "2.4x faster", "baseline": None, "hardware": "single core"}]
    )
    assert told == []
    assert new["speedups"][0] == record["speedups"][0] | {"baseline": None, "hardware": "single core"} | HAND
    assert new["speedups"][1] == record["speedups"][1]


def test_factors_follow_from_what_is_changed(record: Record, tmp_path: Path) -> None:
    new, told = merged(record, tmp_path, speedups=[{"text": "up to 52%", "form": "percent_of", "value_high": 80}])
    assert told == []
    assert (new["speedups"][1]["factor"], new["speedups"][1]["factor_high"]) == (1.923077, 1.25)
    assert new["speedups"][1]["start"] == record["speedups"][1]["start"]  # the piece says which claim is meant


def test_a_misread_value(record: Record, tmp_path: Path) -> None:
    new, _ = merged(record, tmp_path, speedups=[{"text": "2.4x faster", "value": 2.5}])
    assert [(row["value"], row["factor"]) for row in new["speedups"]] == [(2.5, 2.5), (52, 2.083333)]


def test_several_claims_with_one_evidence(record: Record, tmp_path: Path) -> None:
    common = {"text": "2.4x faster", "nth": 1}
    both = [common | {"value": 2.4}, common | {"value": 3, "form": "ratio", "quantity": "cost"}]
    new, told = merged(record, tmp_path, speedups=both)
    assert told == [] and [row["value"] for row in new["speedups"]] == [2.4, 3, 52]
    assert new["speedups"][0] == record["speedups"][0]
    _, told = merged(new, tmp_path, speedups=[common | {"quantity": "energy"}])
    assert told == ["/speedups/0: several speedups are found there (allowed: value: 2.4 or 3)"]


def test_a_new_claim_by_text_and_number(record: Record, tmp_path: Path) -> None:
    result = {"text": "97.2% recall@10", "value": 97.2, "unit": "%", "form": "absolute", "metric": "recall@10"}
    speedup = {
        "text": "2.4x faster",
        "nth": 2,
        "value": 2.4,
        "form": "ratio",
        "quantity": "time",
        "baseline": "Foo-Net",
    }
    new, told = merged(record, tmp_path, results=[result], speedups=[speedup])
    assert told == []
    assert list(new["results"][0]) == list(load_schema()["$defs"]["result"]["properties"])
    assert new["results"][0]["passes"] == ["curated"] and new["results"][0]["dataset"] is None
    assert [row["baseline"] for row in new["speedups"]] == ["HNSW", None, "Foo-Net"]
    assert new["speedups"][2] | {"passes": ["rule"], "score": 0.9} == {
        **record["speedups"][0],
        **span("2.4x faster", nth=2),
        "method": None,
        "baseline": "Foo-Net",
    }


def test_offsets_move_the_evidence(record: Record, tmp_path: Path) -> None:
    place = {key: value for key, value in span("up to 52%").items() if key in ("field", "start", "end")}
    new, _ = merged(record, tmp_path, speedups=[place | {"value": 52}])
    assert new["speedups"][1] == record["speedups"][1] | span("up to 52%") | HAND


def test_replace_keeps_only_what_stands_in_the_entry(record: Record, tmp_path: Path) -> None:
    new, told = merged(
        record, tmp_path, replace=["methods", "speedups", "metrics"], methods=[{"name": "HNSW"}], speedups=[]
    )
    assert told == []
    assert new["methods"] == record["methods"][1:] and new["speedups"] == [] and new["metrics"] == []
    assert new["datasets"] == record["datasets"]
    new, told = merged(record, tmp_path, replace=["methods"], methods=[{"name": "HNSW"}, {"name": "Faiss"}])
    assert new is record and len(told) == 1  # nothing is lost for an item that cannot be followed


def test_extract_false_is_replace_of_all(record: Record, tmp_path: Path) -> None:
    new, _ = merged(record, tmp_path, extract=False, datasets=[{"name": "SIFT1M"}])
    assert new["datasets"] == record["datasets"]
    assert all(new[field] == [] for field in LIST_FIELDS if field != "datasets")


# Texts that changed since.


@pytest.mark.parametrize("guard", [{"abstract_sha256": "0" * 64}, {"abstract": "Another text."}, {"abstract_chars": 7}])
def test_a_stale_entry_keeps_what_needs_no_offsets(record: Record, tmp_path: Path, guard: dict[str, Any]) -> None:
    new, told = merged(
        record,
        tmp_path,
        **guard,
        doi="10.1234/q",
        replace=["methods", "datasets"],
        methods=[{"name": "HNSW", "role": "other"}, {"name": "Foo-Net"}],
        speedups=[{"text": "2.4x faster", "nth": 1, "quantity": "throughput"}],
    )
    assert len(told) == 1 and told[0].startswith(f"/{next(iter(guard))}: the abstract is another one"), told
    assert new["doi"] == "10.1234/q" and new["datasets"] == record["datasets"]
    assert [e["name"] for e in new["methods"]] == ["QuiverDB", "HNSW", "Foo-Net"]
    assert new["methods"][1]["role"] == "other" and new["speedups"][0]["quantity"] == "throughput"


def test_stale_offsets_are_told(record: Record, tmp_path: Path) -> None:
    old = {"field": "abstract", "start": 3, "end": 9}
    new, told = merged(
        record,
        tmp_path,
        abstract_sha256="0" * 64,
        methods=[{"name": "vector index", "mentions": [old]}],
        speedups=[old | {"value": 2.4, "bound": "about"}],
    )
    assert new is record
    assert [line.split(":")[0] for line in told[1:]] == ["/methods/0/mentions/0/start", "/speedups/0/start"]


def test_another_title(record: Record, tmp_path: Path) -> None:
    own = Record(record | {"paper_id": "my-1"})
    own.abstract_text = ABSTRACT
    item = {"name": "QuiverDB", "mentions": [{"field": "title", "start": 0, "end": 8}]}
    new, told = merged(own, tmp_path, title="Another title", url=None, methods=[item])
    assert changed(own, new) == {"url", "sources"}
    assert told[0].startswith("/title: is not the paper's title")
    assert told[1].startswith("/methods/0/mentions/0/start: an offset in the title as it was before")


def test_without_the_abstract_texts_cannot_be_looked_for(record: Record, tmp_path: Path) -> None:
    record.abstract_text = None
    new, told = merged(
        record, tmp_path, methods=[{"name": "Foo-Net"}], speedups=[{"text": "2.4x faster", "bound": "about"}]
    )
    assert new is record and "no abstract at hand" in told[0] and "the abstract is not at hand" in told[1]
    place = {key: record["speedups"][0][key] for key in ("field", "start", "end")}
    new, told = merged(record, tmp_path, speedups=[place | {"bound": "about"}])
    assert told == [] and new["speedups"][0]["passes"] == ["curated"]


# Folders, and which papers entries are for.


def paper(record: Record, **more: Any) -> Paper:
    return Paper(record["title"], record.abstract_text or "", (Source("page.txt", 3),), **more)


@pytest.mark.parametrize(
    ("key", "own"),
    [
        ({"arxiv_id": "2403.01234"}, {"paper_id": "arxiv:2403.01234", "arxiv_id": "2403.01234"}),
        ({"arxiv_id": "2403.01234"}, {"paper_id": "x-1", "arxiv_id": "2403.01234"}),
        ({"paper_id": "arxiv:2403.01234"}, {"paper_id": "x-1", "arxiv_id": "2403.01234"}),
        ({"doi": "10.1234/ABC"}, {"paper_id": "x-1", "doi": "10.1234/abc"}),
        ({"title": "quiverdb - Vector search in half the memory"}, {"paper_id": "x-1"}),
    ],
)
def test_what_a_paper_is_known_by(record: Record, tmp_path: Path, key: dict[str, str], own: dict[str, str]) -> None:
    found = curated(tmp_path, a__json={**key, "url": None})
    own_record = Record(record | own)
    assert next(found.corrected([own_record]))["url"] is None
    assert found.unknown() == [] and found.applied == 1
    assert next(found.corrected([own_record]))["doi"] == own.get("doi")


def test_unknown_ids_are_told_with_near_ones(tmp_path: Path) -> None:
    found = curated(
        tmp_path, a__yaml="# note\narxiv_id: 2403.01243\ndoi: null\n", b__json={"doi": "10.1234/x", "url": None}
    )
    ids = [f"arxiv:2403.{n:05}" for n in range(5000)]
    told = [str(p) for p in found.unknown(ids)]
    assert told[0].startswith(f"{tmp_path}/a.yaml:2: /arxiv_id: no paper has this arxiv_id: 2403.01243")
    assert "perhaps arxiv:2403.01243" in told[0]
    assert "b.json:1: /doi" in told[1] and "title and abstract too" in told[1]
    assert near(["arxiv:2403.01243"], ["arxiv:2403.01234", "arxiv:1999.00001"]) == {
        "arxiv:2403.01243": ["arxiv:2403.01234"]
    }


def test_two_entries_for_one_paper_and_one_for_two(record: Record, tmp_path: Path) -> None:
    found = curated(
        tmp_path,
        a__json={"arxiv_id": "2403.01234", "url": None},
        b__json={"paper_id": "arxiv:2403.01234", "doi": None},
        c__json={"title": TITLE, "url": None},
    )
    assert (len(found), found.set_aside) == (2, 1)
    assert "a.json is for the same paper" in str(found.problems[0]) and "/paper_id" in str(found.problems[0])
    one, two = Record(record | {"paper_id": "x-1"}), Record(record | {"paper_id": "x-2"})
    got = list(found.corrected([one, two, two]))
    assert [r["url"] for r in got] == [None, record["url"], record["url"]]
    assert len(found.problems) == 2 and "is that of x-1 and of x-2" in str(found.problems[1])


def test_new_papers(record: Record, tmp_path: Path) -> None:
    digest = {"abstract_sha256": "1" * 64, "abstract_chars": 90}
    mention = {"field": "abstract", "start": 3, "end": 6}
    found = curated(
        tmp_path,
        **{
            "known.json": {"title": TITLE, "abstract": ABSTRACT, "url": None},
            "deep/read.yaml": "title: FooNet\nabstract: >-\n  We propose\n  FooNet.\narxiv_id: '2403.01234'\n",
            "hand.yaml": "title: Bar\nabstract: Bar is it.\nextract: false\nmethods: [{name: Bar, role: proposed}]\n",
            "hash.json": {"title": "Baz", **digest, "tasks": [{"name": "abc", "mentions": [mention]}]},
            "no.json": {"title": "Baz 2", **digest, "tasks": [{"name": "abc", "mentions": [mention | {"end": 99}]}]},
            ".hidden.json": "{",
            ".git/a.json": "{",
            "curated.schema.json": "{",
            "notes.txt": "{",
        },
    )
    assert len(found) == 4 and "/tasks/0/mentions/0/end: 99 is outside of the abstract" in str(found.problems[0])
    papers = list(found.completed([paper(record)]))
    assert papers == [
        paper(record),
        Paper("FooNet", "We propose FooNet.", (Source("deep/read.yaml", 0),), arxiv_id="2403.01234"),
    ]
    read = Record(record | {"paper_id": "arxiv:2403.01234", "arxiv_id": "2403.01234", "title": "FooNet"})
    got = {r["title"]: r for r in found.corrected([record, read])}
    assert set(got) == {TITLE, "FooNet", "Bar", "Baz"}
    assert got[TITLE]["url"] is None and (found.applied, found.added, found.set_aside) == (1, 3, 1)
    for title in ("Bar", "Baz"):
        assert list(errors(got[title])) == [] and got[title]["extractor"]["version"] == "hand"
    assert got["Bar"]["methods"][0]["role"] == "proposed" and got["Bar"]["abstract"] is None
    assert got["Bar"].abstract_text == "Bar is it." and got["Bar"]["paper_id"] == paper_id("Bar")
    assert got["Bar"]["sources"] == [{"document": "hand.yaml", "position": 0, "listed": None}]
    assert {d.name: d.entries for d in found.documents()} == {
        "deep/read.yaml": 1,
        "hand.yaml": 1,
        "hash.json": 1,
        "known.json": 0,
    }
    assert found.unknown(["x"]) == []
    assert found.text() == "5 entries by hand: 1 records changed, 3 papers added, 0 for no paper, 1 set aside"


def test_new_papers_by_known_ids(record: Record, tmp_path: Path) -> None:
    found = curated(tmp_path, a__json={"title": TITLE, "abstract": ABSTRACT})
    assert list(found.new_papers({paper_id(TITLE)})) == []
    assert len(list(found.new_papers({"other"}))) == 1


def test_a_new_paper_that_cannot_be_made(tmp_path: Path) -> None:
    entry = {"title": "Bar", "abstract": "Bar is it.", "extract": False}
    found = curated(
        tmp_path,
        a__json=entry
        | {"methods": [{"name": "Bar", "entity_id": "method/a"}, {"name": "is", "entity_id": "method/b"}]},
    )
    assert len(list(found.corrected([]))) == 1
    found = curated(tmp_path, a__json=entry | {"abstract": "x" * 200_000})
    assert list(found.corrected([])) == [] and "allowed: up to 100,000" in str(found.problems[0])


def test_a_whole_record_is_an_entry(record: Record, tmp_path: Path) -> None:
    mine = deepcopy(dict(record)) | {"abstract": ABSTRACT, "doi": "10.1234/q"}
    del mine["methods"][0]
    mine["speedups"][0]["bound"] = "about"
    found = curated(tmp_path, a__json=mine)
    [new] = found.corrected([record])
    assert found.problems == [] and changed(record, new) == {"methods", "speedups", "doi", "sources"}
    assert new["methods"] == record["methods"][1:] and new["speedups"][0]["passes"] == ["curated"]
    assert new["speedups"][1] == record["speedups"][1]
    old = json.loads(json.dumps(mine)) | {"extractor": {"version": "0", "model": None, "schema_version": "1.0.0"}}
    assert curated(tmp_path, a__json=old).problems == []
    old["extractor"]["schema_version"] = "0.0.1"
    assert "no step leads" in str(curated(tmp_path, a__json=old).problems[0])
    old["extractor"] = None
    assert "/extractor" in str(curated(tmp_path, a__json=old).problems[0])


def test_folders_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name, words in (("file", "is a file"), ("no", "no such folder")):
        with pytest.raises(ReadError, match=words):
            read_curated(tmp_path / name)


# Properties, over records and entries made at random.


@st.composite
def entries(draw: st.DrawFn, record: dict[str, Any], abstract: str) -> dict[str, Any]:
    words = (record["title"] + " " + abstract).split(" ")
    names = st.sampled_from(words)
    entry: dict[str, Any] = {"paper_id": record["paper_id"]}
    if draw(st.booleans()):
        entry["abstract_sha256"] = draw(st.sampled_from([record["abstract_sha256"], "0" * 64]))
    for key, values in {
        "doi": [None, "10.5/y"],
        "url": [None],
        "authors": [None, [], ["B. C"]],
        "language": [None, "de"],
    }.items():
        if draw(st.booleans()):
            entry[key] = draw(st.sampled_from(values))
    for field, kind in ENTITY_FIELDS.items():
        items = []
        for n in range(draw(st.integers(0, 3))):
            item: dict[str, Any] = {}
            if draw(st.booleans()):
                item["entity_id"] = f"{kind}/e{draw(st.integers(0, 2))}" if draw(st.booleans()) else f"{kind}/new{n}"
            if draw(st.booleans()) or not item:
                item["name"] = draw(names)
            if draw(st.integers(0, 4)) == 0:
                item["remove"] = True
            elif draw(st.booleans()):
                item["mentions"] = [{"text": draw(names)}]
            elif draw(st.booleans()):
                item["aliases"] = [draw(names)]
            if kind != "task" and draw(st.booleans()):
                item["role"] = "proposed"
            items.append(item)
        if items:
            entry[field] = items
    for field in ("speedups", "results"):
        items = []
        for _ in range(draw(st.integers(0, 3))):
            known = record[field] and draw(st.booleans())
            row = draw(st.sampled_from(record[field])) if known else None
            item = {key: row[key] for key in ("field", "start", "end")} if row else {"text": draw(names)}
            if draw(st.booleans()):
                item["value"] = row["value"] if row and draw(st.booleans()) else draw(st.integers(1, 3))
                item |= {"form": "ratio", "quantity": "time"} if field == "speedups" else {"unit": "", "form": "gain"}
            if draw(st.integers(0, 4)) == 0:
                item["remove"] = True
            if draw(st.booleans()) and "text" in item:
                item["nth"] = draw(st.integers(1, 2))
            items.append(item)
        if items:
            entry[field] = items
    if draw(st.booleans()):
        entry["replace"] = draw(st.lists(st.sampled_from(LIST_FIELDS), unique=True))
    return entry


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Record, dict[str, Any]]:
    record = Record(draw(records(with_text=True)))
    return record, draw(entries(record, record["abstract"]))


def entry_of(value: dict[str, Any], folder: Path) -> Any:
    path = folder / "entry.json"
    path.write_text(json.dumps(value))
    found = read_curated(folder)
    return found.entries[0] if found.entries else None


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("entries")


@settings(max_examples=120)
@given(pairs(), st.randoms(use_true_random=False))
def test_merging_is_valid_lasting_and_touches_nothing_else(
    scratch: Path, pair: tuple[Record, dict[str, Any]], chance: random.Random
) -> None:
    record, value = pair
    entry = entry_of(value, scratch)
    if entry is None:  # two items of one name, a place out of order: refused before
        return
    before = json.dumps(record)
    once, told = apply(record, entry)
    assert json.dumps(record) == before
    assert list(errors(once)) == []
    # an item that could not be placed may find a place beside what others have added, and what is to be taken out is
    # looked for again: a claim that overlaps with it is then the only one there
    if not told and not any(item.get("remove") for field in ("speedups", "results") for item in value.get(field, ())):
        twice, _ = apply(once, entry)
        assert json.dumps(twice) == json.dumps(once)
    spoken = set(value) | set(value.get("replace", ())) | {"sources"}
    assert changed(record, once) <= spoken
    if once is not record:
        assert once["sources"][-1]["document"] == "entry.json"
    for name in ("speedups", "results"):
        for row in once[name]:
            assert row in record[name] or (row["passes"], row["score"]) == (["curated"], 1.0)
    turned = {k: chance.sample(v, len(v)) if k in LIST_FIELDS else v for k, v in value.items()}
    other = entry_of(turned, scratch)
    assert json.dumps(apply(record, other)[0]) == json.dumps(once)


@settings(max_examples=50)
@given(
    records(with_text=True), st.sampled_from([{}, {"methods": []}, {"replace": []}, {"extract": True}, {"note": "x"}])
)
def test_an_empty_entry_changes_nothing(scratch: Path, record: dict[str, Any], empty: dict[str, Any]) -> None:
    path = scratch / "empty.json"
    path.write_text(json.dumps({"paper_id": record["paper_id"], **empty}))
    whole = Record(record)
    assert apply(whole, read_entry(path)) == (whole, [])
    path.unlink()


@settings(max_examples=50)
@given(records(with_text=True))
def test_a_records_own_values_change_nothing(scratch: Path, record: dict[str, Any]) -> None:
    entry = entry_of(record, scratch)
    whole = Record(record)
    result, problems = apply(whole, entry)
    if not problems:  # the invented records hold several claims alike, which no entry can tell apart
        assert changed(whole, result) == set()


def test_the_order_of_files_is_irrelevant(record: Record, tmp_path: Path) -> None:
    files = {f"{n}.json": {"paper_id": f"x-{n}", "url": f"https://example.org/{n}"} for n in range(9)}
    names = list(files)
    found = []
    for seed in range(3):
        random.Random(seed).shuffle(names)
        folder = tmp_path / str(seed)
        entries = curated(folder, **{name: files[name] for name in names})
        rows = [Record(record | {"paper_id": f"x-{n}"}) for n in range(9)]
        random.Random(seed).shuffle(rows)
        found.append(sorted(json.dumps(r) for r in entries.corrected(rows)))
    assert found[0] == found[1] == found[2]


# Files.


PLAIN = """\
arxiv_id: 2403.01230
published: 2024-03-01
authors: [Null, No, "~"]
note: yes
url: ~
extract: true
methods:
  - name: 100
    aliases: [off, 1e3, 0x10]
    mentions: [{text: 2024-01-01, nth: 2}]
speedups:
  - {text: 2.4x, value: 2.4, value_high: null, method: null}
"""


def test_plain_words_are_what_the_schema_wants(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(PLAIN)
    value = read_entry(path).value
    assert value == {
        "arxiv_id": "2403.01230",
        "published": "2024-03-01",
        "authors": ["Null", "No", "~"],
        "note": "yes",
        "url": None,
        "extract": True,
        "methods": [{"name": "100", "aliases": ["off", "1e3", "0x10"], "mentions": [{"text": "2024-01-01", "nth": 2}]}],
        "speedups": [{"text": "2.4x", "value": 2.4, "value_high": None, "method": None}],
    }
    assert validate_path(path).problems == []


@settings(max_examples=60)
@given(pairs())
def test_yaml_and_json_say_the_same(scratch: Path, pair: tuple[Record, dict[str, Any]]) -> None:
    _, value = pair
    texts = [json.dumps(value), "\n".join(f"{key}: {scalar(part)}" for key, part in value.items())]
    texts += [yaml.safe_dump(value, allow_unicode=True), yaml.safe_dump(value, default_flow_style=True)]
    found = []
    for n, text in enumerate(texts):
        path = scratch / f"parity.{'yaml' if n else 'json'}"
        path.write_text(text, encoding="utf-8")
        told = sorted((p.pointer, p.message) for p in validate_path(path).problems)
        found.append((read_entry(path).value, told))
        path.unlink()
    assert all(one == found[0] for one in found[1:])


@settings(max_examples=100)
@given(st.text())
def test_any_text_is_one_scalar(text: str) -> None:
    assert yaml.safe_load(f"a: {scalar(text)}") == {"a": text}


@pytest.mark.parametrize(
    ("lines", "line", "pointer", "words"),
    [
        ("arxiv_id: 2403.01234", 1, "/", "nothing is filled in yet"),
        ("url: x", 1, "/", "at least one of paper_id, arxiv_id, doi, title"),
        ("doi:\ntitle: T\nurl: null", 1, "/doi", "is not filled in"),
        ("title: T\nmethods:", 2, "/methods", "is not filled in"),
        ("title: T\nmethods: null", 2, "/methods", "null is not allowed"),
        ("doi: null\nurl: null", 1, "/doi", "null names no paper"),
        ("title: ' '\nurl: null", 1, "/title", "is blank"),
        ("title: T\npublished: 2024-02-31", 2, "/published", "format: date"),
        ("title: T\nmethods:\n  - role: other", 3, "/methods/0", "at least one of name, entity_id"),
        (
            "title: T\nmethods:\n  - name: A\n    rol: other",
            4,
            "/methods/0/rol",
            "unknown property (allowed: entity_id",
        ),
        ("title: T\ntasks:\n  - name: A\n    role: proposed", 4, "/tasks/0/role", 'allowed: "other"'),
        ("title: T\ntasks:\n- name: A\n- name: a", 4, "/tasks/1/name", "stands twice (allowed: see /tasks/0)"),
        ("title: T\ntasks:\n- name: A\n  remove: yes", 4, "/tasks/0/remove", "wrong type (allowed: boolean)"),
        ("title: T\nspeedups:\n- text: a\n  nth: 0", 4, "/speedups/0/nth", "≥ 1"),
        ("title: T\nspeedups:\n- field: title\n  start: 1", 3, "/speedups/0", "'end' is missing beside 'start'"),
        ("title: T\nspeedups:\n- {text: a, start: 0, end: 1, field: title}", 3, "/speedups/0/text", "beside start"),
        ("title: T\nspeedups:\n- {start: 3, end: 1, field: title}", 3, "/speedups/0/end", "start < end"),
        ("title: T\nspeedups:\n- {start: 0, end: 9, field: title}", 3, "/speedups/0/end", "up to 1"),
        ("title: T\nspeedups:\n- {text: a, value: 2, value_high: 1}", 3, "/speedups/0/value_high", "not above 2"),
        (
            "title: T\nspeedups:\n- {text: a, value: 2, form: ratio, factor: 3}",
            3,
            "/speedups/0/factor",
            "allowed: 2, or",
        ),
        ("title: T\nabstract: A b.\nabstract_chars: 9", 3, "/abstract_chars", "allowed: 4"),
        ("title: T\nabstract: A b.\nabstract_sha256: " + "0" * 64, 3, "/abstract_sha256", "not the abstract's hash"),
        (
            "title: T\nabstract: A b.\ntasks:\n- name: A\n  mentions: [{text: x}]",
            5,
            "/tasks/0/mentions/0/text",
            "does not stand",
        ),
        ("title: T\nabstract: A A.\nspeedups:\n- {text: A}", 4, "/speedups/0/text", "nth: 1 to 2"),
        ("title: T\nabstract: A A.\nspeedups:\n- {text: A, nth: 3}", 4, "/speedups/0/nth", "stands 2 times"),
        (
            "title: T\nabstract: A b.\nspeedups:\n- {text: A, baseline: B}",
            4,
            "/speedups/0/baseline",
            "is not in the text",
        ),
        ("paper_id: title:00\ntitle: T\nurl: null", 1, "/paper_id", "is not the hash"),
        ("paper_id: arxiv:1\narxiv_id: 2403.01234", 2, "/arxiv_id", "is not that of paper_id"),
        ('title: T\nauthors: ["\\ud800"]', 2, "", ""),
    ],
)
def test_what_is_wrong_is_told_with_line_and_pointer(
    tmp_path: Path, lines: str, line: int, pointer: str, words: str
) -> None:
    path = tmp_path / "entry.yaml"
    path.write_text(lines)
    told = [str(p) for p in validate_path(path).problems]
    assert any(one.startswith(f"{path}:{line}: {pointer}") and words in one for one in told), told
    assert all("\n" not in one for one in told)
    if words:  # the same in JSON, but for the line
        value = read_entry(path).value
        other = tmp_path / "entry.json"
        other.write_text(json.dumps({"$schema": "./curated.schema.json"} | value, indent=1))
        if words != "is not filled in":
            assert [p.pointer for p in validate_path(other).problems] == [
                p.pointer for p in validate_path(path).problems
            ]
        assert (len(read_curated(tmp_path)), read_curated(tmp_path).set_aside) == (0, 2) or words == "is not filled in"


HOSTILE = {
    "bomb.yaml": b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
    "deep.yaml": b"[" * 200_000,
    "deeper.yaml": b"- " * 200_000,
    "deepest.yaml": b"{a: " * 100_000,
    "deep.json": b'{"title": ' + b"[" * 200_000,
    "twice.yaml": b"title: A\ntitle: B\n",
    "twice.json": b'{"title": "A", "title": "B"}',
    "merge.yaml": b"title: A\n<<: {url: null}\n",
    "tag.yaml": b"title: !!python/object/apply:os.system ['true']\n",
    "tags.yaml": b"!!set {title, url}\n",
    "two.yaml": b"title: A\n---\ntitle: B\n",
    "key.yaml": b"? [a, b]\n: c\n",
    "surrogate.yaml": b'title: "\\ud800"\n',
    "surrogate.json": b'{"title": "\\ud800", "url": null}',
    "nul.yaml": b"title: A\x00B\n",
    "nul.json": b'{"title": "A\x00B"}',
    "control.yaml": b"title: A\x07B\n",
    "utf16.yaml": "title: A\n".encode("utf-16"),
    "utf16.json": '{"title": "A"}'.encode("utf-16"),
    "latin.yaml": "title: é\n".encode("latin-1"),
    "empty.yaml": b"",
    "comment.yaml": b"# nothing\n",
    "empty.json": b" \n",
    "null.yaml": b"null\n",
    "list.yaml": b"- title: A\n",
    "text.yaml": b"just words\n",
    "huge.yaml": b"title: A\nnote: " + b"x" * 2_000_000,
    "huge.json": b'{"title": "A", "note": "' + b"x" * 2_000_000 + b'"}',
    "many.yaml": b"title: A\n" + b"".join(b"k%d: 1\n" % n for n in range(10_000)),
    "number.yaml": b"title: T\nspeedups:\n- {text: a, value: " + b"9" * 5000 + b"}\n",
    "infinite.yaml": b"title: T\nspeedups:\n- {text: a, value: 1e999}\n",
    "tab.yaml": b"title: A\n\turl: null\n",
    "colon.yaml": b"title: A: B\n",
    "broken.json": b'{"title": "A",\n "url": }',
    "cut.yaml": b"title: A\nmethods: [{name: B\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_told_in_lines_and_quickly(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(HOSTILE[name])
    begin = time.perf_counter()
    found = read_curated(tmp_path)
    told = [str(p) for p in validate_path(tmp_path).problems]
    assert time.perf_counter() - begin < 5
    assert (len(found), found.set_aside) == (0, 1)
    assert told and told == [str(p) for p in found.problems]
    assert all("\n" not in one and one.startswith(str(path)) for one in told)


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").mkdir()
    (tmp_path / "b.yaml").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "c.yaml")
    (tmp_path / "d.json").symlink_to(tmp_path)
    found = read_curated(tmp_path)
    assert (len(found), found.set_aside) == (0, 2)
    assert [str(p).split(": ", 1)[1] for p in found.problems] == [
        "/: cannot be read: No such file or directory (allowed: one entry, JSON or YAML)",
        "/: is no file (allowed: one entry, JSON or YAML)",
    ]


@settings(max_examples=150)
@given(st.binary(max_size=60) | st.text(alphabet="ab:-[]{}#&*!|>'\"?,\n 1~", max_size=60).map(str.encode))
def test_any_bytes_are_an_entry_or_told(scratch: Path, data: bytes) -> None:
    for suffix in ("yaml", "json"):
        path = scratch / f"bytes.{suffix}"
        path.write_bytes(data)
        assert validate_path(path).problems
        path.unlink()


# The schema, templates, commands.


def schema_nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from schema_nodes(inner)


def test_the_schema_is_derived_closed_and_described() -> None:
    schema = curated_schema()
    assert load_schema("curated") == schema, "run python -m extract.record.write"
    Draft202012Validator.check_schema(schema)
    for node in schema_nodes(schema):
        if node.get("type") == "object" and "properties" in node:
            assert node["additionalProperties"] is False
            assert all("description" in inner or "$ref" in inner for inner in node["properties"].values())


@pytest.mark.parametrize("known", [{"paper_id": "x-1"}, {"title": 'A: "b" # c\u2028\x85'}, {"doi": "10.1234/x"}])
@pytest.mark.parametrize("with_record", [False, True])
def test_templates_say_nothing_until_their_comments_go(
    record: Record, tmp_path: Path, known: dict[str, str], with_record: bool
) -> None:
    record["abstract"] = ABSTRACT
    text = as_yaml(known, record if with_record else None)
    path = tmp_path / "t.yaml"
    path.write_text(text)
    value = read_entry(path).value
    assert known.items() <= value.items()
    assert validate_path(path).problems
    body = text.split("\n\n", 1)[1]
    # all that can be commented in at once: what YAML or the schema would not take shows here
    lists = [line[2:] for line in body.splitlines() if line.startswith(("# methods", "# tasks", "# datasets", "#   "))]
    lists = [line for line in lists if not line.startswith("  We") and line.strip() != ">-"]
    assert yaml.safe_load("\n".join(lists[: lists.index("tasks:")]))["methods"]
    path.with_suffix(".json").write_text(as_json(known, record if with_record else None))
    assert validate_path(path.with_suffix(".json")).problems


def glean(*args: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    call = [GLEAN, *map(str, args)]
    return subprocess.run(call, capture_output=True, text=True, cwd=cwd, check=False)


def test_new_and_validate_from_end_to_end(record: Record, tmp_path: Path) -> None:
    done = glean("new", "--arxiv", "https://arxiv.org/abs/2403.01234v2", "-o", "curated/a.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "curated" / "a.yaml"
    assert 'arxiv_id: "2403.01234"' in path.read_text()
    assert json.loads((tmp_path / "curated" / "curated.schema.json").read_text()) == curated_schema()
    done = glean("validate", "curated", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("curated/a.yaml:6: /: nothing is filled in yet")
    path.write_text(path.read_text().replace("# published:", "published:"))
    done = glean("validate", "curated", "curated/a.yaml", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "curated: valid (1 entry made by hand)\ncurated/a.yaml: valid (1 entry made by hand)\n"
    before = path.read_text()
    done = glean("new", "--doi", "10.1234/x", "-o", "curated/a.yaml", cwd=tmp_path)
    assert done.returncode == 2 and "is there already" in done.stderr and path.read_text() == before

    release = write([dict(record)], tmp_path / "release")
    done = glean("new", record["paper_id"], "--from", release, cwd=tmp_path)
    assert done.returncode == 0 and f'abstract_sha256: "{record["abstract_sha256"]}"' in done.stdout
    assert '# url: "https://example.org/quiverdb"' in done.stdout and '#   - entity_id: "method/hnsw"' in done.stdout
    assert "We present" not in done.stdout


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        ((), 2, "which paper is it?"),
        (("--arxiv", "none"), 2, "arxiv_id"),
        (("a b",), 2, "paper_id"),
        (("x-1", "-o", "a.txt"), 2, "neither YAML nor JSON"),
        (("x-1", "--from", "nowhere"), 2, "no such folder"),
        (("x-1", "--from", "."), 1, "there is no release"),
        (("--title", "T", "--from", "."), 2, "needs the paper's id"),
        (("x-1", "-o", "file/a.yaml"), 1, "cannot be written"),
    ],
)
def test_new_tells_wrong_calls_in_one_line(tmp_path: Path, args: tuple[str, ...], status: int, words: str) -> None:
    (tmp_path / "file").write_text("")
    done = glean("new", *args, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert words in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_records_and_rows_are_no_entries(record: Record, tmp_path: Path) -> None:
    broken = {key: value for key, value in record.items() if key != "sources"}
    path = tmp_path / "record.json"
    path.write_text(json.dumps(broken))
    assert [p.message for p in validate_path(path).problems] == ["property 'sources' is missing"]
    path.write_text(json.dumps({"paper_id": "x", "unknown": 1}))
    assert len(validate_path(path).problems) >= 10
    lines = tmp_path / "lines.jsonl"
    lines.write_text(json.dumps({"paper_id": "x", "url": None}) + "\n")
    assert len(validate_path(lines).problems) >= 10
    assert "no release" in str(validate_path(_empty(tmp_path)).problems[0])


def _empty(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def test_the_hook_calls_what_there_is() -> None:
    root = Path(__file__).resolve().parents[1]
    [hook] = yaml.safe_load((root / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"].split()[:2] == ["glean", "validate"] and hook["language"] == "python"
