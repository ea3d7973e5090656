"""Releases: whole or absent, the same bytes for the same records, read by datasets, Polars and DuckDB."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.publish import PublishError, attach_text, publish
from extract.read import Document, Paper, Reject
from extract.record import TABLES, arrow_schema, load_schema
from extract.record.derive import derive, link
from extract.record.model import Record
from extract.validate import errors, validate_path
from tests.records import records

DOCUMENT = Document(
    "page.txt", "0" * 64, 10, "listing", entries=9, rejects=[Reject("page.txt", 2, "no title", "1" * 64, 9)]
)

FIGURES = [*(f"entity.{k}" for k in ("methods", "tasks", "datasets", "metrics", "all")), "proposed", "mention.all"]
FIGURES += ["speedups", "results"]


def example(title: str = "QuiverDB: Vector Search in Half the Memory") -> Record:
    record = Record(json.loads((Path(__file__).parents[1] / "schema" / "example.json").read_text()))
    record.pop("$schema")
    return record


def write(folder: Path, rows: list[Any], **options: Any) -> Path:
    publish(rows, folder, documents=[DOCUMENT], version="1", **options)
    return folder


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob("*") if p.is_file()
    }


@settings(max_examples=15)
@given(st.lists(records(), max_size=4, unique_by=lambda r: r["paper_id"]), st.randoms())
def test_rows_come_back_valid_and_order_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]], random: Any
) -> None:
    folder = tmp_path_factory.mktemp("r")
    one = write(folder / "a", [Record(r) for r in rows])
    random.shuffle(rows)
    two = write(folder / "b" / "a", [Record(r) for r in rows])
    assert hashes(one) == hashes(two)
    assert validate_path(one).problems == []
    back = pq.read_table(one / "papers").to_pylist()
    assert back == sorted(rows, key=lambda r: r["paper_id"])
    for row in back:
        assert list(errors(json.loads(json.dumps(row)))) == []


def test_every_reader_reads_every_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets
    import duckdb

    release = write(tmp_path / "r", [example()])
    for table in TABLES:
        rows = datasets.load_dataset(str(release), table, split="train", cache_dir=str(tmp_path / "cache"))
        assert rows.column_names == arrow_schema(table).names
        streamed = list(datasets.load_dataset(str(release), table, split="train", streaming=True))
        lazy = pl.scan_parquet(release / table / "*.parquet").collect()
        counted = duckdb.sql(f"select count(*) from '{release}/{table}/*.parquet'").fetchall()[0]
        assert len(rows) == len(streamed) == lazy.height == counted[0] > 0
    default = datasets.load_dataset(str(release), split="train", cache_dir=str(tmp_path / "cache"))
    assert list(errors(default[0])) == []
    assert list(errors(json.loads(pl.read_parquet(release / "papers" / "*.parquet").write_ndjson()))) == []


def test_no_abstract_is_in_any_file(tmp_path: Path) -> None:
    record = example()
    sentence = "a vector index that stores residuals in four bits"
    assert sentence in record["abstract"]
    for with_text in (False, True):
        release = write(tmp_path / str(with_text), [record], with_text=with_text)
        abstracts = pl.read_parquet(release / "papers" / "*.parquet")["abstract"].to_list()
        assert abstracts == ([record["abstract"]] if with_text else [None])
        if not with_text:
            text = "".join(str(pq.read_table(p).to_pylist()) for p in release.rglob("*.parquet"))
            text += "".join(p.read_text() for p in release.rglob("*") if p.suffix in (".md", ".json"))
            assert sentence not in text


def test_manifest_names_inputs_counts_and_rejects(tmp_path: Path) -> None:
    manifest = json.loads((write(tmp_path / "r", [example()]) / "manifest.json").read_text())
    assert manifest["counts"] == {"entries": 9, "papers": 1, "rejects": 1, "repeated": 7}
    assert manifest["rejects"] == [
        {"document": "page.txt", "line": 9, "position": 2, "reason": "no title", "sha256": "1" * 64}
    ]
    assert manifest["rows"]["speedups"] == 2
    assert set(manifest["files"]) >= {"README.md", "papers/train.parquet", "schema/paper.schema.json"}


def test_card_is_complete(tmp_path: Path) -> None:
    quality = {
        "papers": 2,
        "command": "glean evaluate a b",
        "figures": {name: {"p": 0.5, "r": 0.25, "f1": 1 / 3, "low": 0.1, "high": 0.6, "gold": 4} for name in FIGURES},
        "slots": {"speedups.phase": [0.9, 10]},
        "bands": [{"kind": "mentions", "low": 0.9, "high": 1.0, "n": 7, "precision": 0.95}],
    }
    card = (write(tmp_path / "r", [example()], quality=quality) / "README.md").read_text()
    front = yaml.safe_load(card.split("---\n")[1])
    assert [c["config_name"] for c in front["configs"]] == list(TABLES)
    assert [c for c in front["configs"] if c.get("default")] == [front["configs"][0]]
    assert front["license"] == "cc0-1.0"
    for name in load_schema()["properties"]:
        assert name[0] == "$" or f"| `{name}` |" in card
    assert "| entity.all | 0.50 | 0.25 | 0.33 | 0.10-0.60 | 4 |" in card
    assert "glean evaluate a b" in card
    assert "has not been measured" in (write(tmp_path / "q", [example()]) / "README.md").read_text()


def test_folders_that_are_taken(tmp_path: Path) -> None:
    release = write(tmp_path / "r", [example()])
    with pytest.raises(PublishError, match="--replace"):
        write(release, [example()])
    write(release, [], replace=True)
    assert json.loads((release / "manifest.json").read_text())["rows"]["papers"] == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("keep")
    with pytest.raises(PublishError, match="holds other things"):
        write(tmp_path / "mine", [example()], replace=True)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_a_failing_build_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Any:
        yield example()
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        publish(broken(), tmp_path / "r", documents=[], version="1")
    assert list(tmp_path.iterdir()) == []


def test_a_killed_build_leaves_no_release(tmp_path: Path) -> None:
    code = f"""
    import os, signal, pathlib
    from extract.publish import place, publish
    from tests.test_publish import example, DOCUMENT
    def kill(folder): os.kill(os.getpid(), signal.SIGKILL)
    place._synchronise = kill  # everything is written, nothing is in its place yet
    publish([example()], pathlib.Path({str(tmp_path / "r")!r}), documents=[DOCUMENT], version="1")
    """
    root = Path(__file__).resolve().parents[1]
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=root, check=False, env={**os.environ})
    assert run.returncode == -signal.SIGKILL
    assert not (tmp_path / "r").exists()
    assert write(tmp_path / "r", [example()]).is_dir()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: (r / "papers" / "train.parquet").write_bytes(b"PAR1"), "not the file of the manifest"),
        (lambda r: (r / "README.md").write_text("x"), "not the file of the manifest"),
        (lambda r: (r / "README.md").unlink(), "there is no such file"),
        (lambda r: (r / "manifest.json").write_text("{}"), "no manifest of a release"),
        (lambda r: (r / "manifest.json").write_text("{"), "not JSON"),
    ],
)
def test_validation_finds_a_damaged_release(tmp_path: Path, change: Any, words: str) -> None:
    release = write(tmp_path / "r", [example()])
    change(release)
    assert any(words in str(p) for p in validate_path(release).problems)


def test_flat_tables_link_to_entities() -> None:
    tables = derive([example()])
    first = tables["speedups"][0]
    assert (first["method_id"], first["baseline_id"], first["year"]) == ("method/quiverdb", "method/hnsw", 2026)
    assert tables["results"][0]["dataset_id"] == "dataset/sift1m"
    assert [r["entity_id"] for r in tables["entities"]] == sorted(r["entity_id"] for r in tables["entities"])
    assert sum(r["mentions"] for r in tables["entities"]) == len(tables["mentions"])


def test_links_take_the_longest_whole_words() -> None:
    forms = [("vision transformer", "method/vit"), ("transformer", "method/t"), ("bert", "method/bert")]
    assert link("the Vision Transformers", forms) == "method/vit"
    assert link("a larger BERT model", forms) == "method/bert"
    assert link("RoBERTa", forms) is None
    assert link(None, forms) is None


def test_texts_are_joined_back_by_hash() -> None:
    record = example()
    text = record["abstract"]
    bare = {**record, "abstract": None}
    for source in (Paper(title="x", abstract=text), {"abstract": f" {text}\n"}, text):
        (joined,) = attach_text([bare], [source])
        assert joined["abstract"] == text
        assert joined.surface(joined["speedups"][0]) == "2.4x faster"
    (other,) = attach_text([bare], ["another text"])
    assert other["abstract"] is None
