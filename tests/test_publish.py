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
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.publish import PublishError, attach_text, parquet, publish, rejects_of
from extract.read import Document, Paper, Reject
from extract.record import TABLES, arrow_schema, load_schema
from extract.record.derive import derive, link
from extract.record.model import Record
from extract.validate import errors, validate_path
from tests.records import records

DOCUMENT = Document("page.txt", "0" * 64, 10, "listing", entries=20, rejects=1)
REJECTS = [Reject("page.txt", 2, "no title", "1" * 64, 9)]

FIGURES = [*(f"entity.{k}" for k in ("methods", "tasks", "datasets", "metrics", "all")), "proposed", "mention.all"]
FIGURES += ["speedups", "results"]


def example(title: str = "QuiverDB: Vector Search in Half the Memory") -> Record:
    record = Record(json.loads((Path(__file__).parents[1] / "schema" / "example.json").read_text()))
    record.pop("$schema")
    return record


def write(folder: Path, rows: list[Any], **options: Any) -> Path:
    publish(rows, folder, documents=[DOCUMENT], rejects=REJECTS, version="1", **options)
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
            assert validate_path(release).problems == []
            text = "".join(str(pq.read_table(p).to_pylist()) for p in release.rglob("*.parquet"))
            text += "".join(p.read_text() for p in release.rglob("*") if p.suffix in (".md", ".json"))
            assert sentence not in text


def test_manifest_names_inputs_counts_and_rejects(tmp_path: Path) -> None:
    manifest = json.loads((write(tmp_path / "r", [example()]) / "manifest.json").read_text())
    assert manifest["counts"] == {"entries": 20, "papers": 1, "rejects": 1, "repeated": 18}
    assert manifest["rejects_by_reason"] == {"no title": 1}
    assert manifest["inputs"][0]["rejects"] == 1
    rows = [json.loads(line) for line in (tmp_path / "r" / "rejects.jsonl").read_text().splitlines()]
    assert rows == [{"document": "page.txt", "line": 9, "position": 2, "reason": "no title", "sha256": "1" * 64}]
    assert list(rejects_of(tmp_path / "r")) == REJECTS
    assert manifest["rows"]["speedups"] == 2
    assert set(manifest["files"]) >= {"README.md", "papers/train.parquet", "rejects.jsonl", "schema/paper.schema.json"}


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


def test_one_id_twice_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="stands twice"):
        write(tmp_path / "r", [example(), example()])
    assert list(tmp_path.iterdir()) == []


def test_every_paper_is_accounted_for(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 papers and 0 rejects from 0 entries"):
        publish([example()], tmp_path / "r", documents=[], version="1")
    assert list(tmp_path.iterdir()) == []


def test_errors_of_the_records_are_their_own(tmp_path: Path) -> None:
    def unreadable() -> Any:
        yield example()
        raise FileNotFoundError("input.txt")

    with pytest.raises(FileNotFoundError, match=r"input\.txt"):
        write(tmp_path / "r", unreadable())


@pytest.mark.parametrize("place", ["file", "file/r", "file/deep/r"])
def test_places_that_cannot_be_written(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("keep")
    with pytest.raises(PublishError, match=r"^[^\n]*(is a file|cannot be written)[^\n]*$"):
        write(tmp_path / place, [example()])
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_only_what_a_release_lists_is_ever_removed(tmp_path: Path) -> None:
    release = write(tmp_path / "r", [example()])
    (release / "papers" / "notes.txt").write_text("keep")
    with pytest.raises(PublishError, match=r"holds papers/notes\.txt"):
        write(release, [], replace=True)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "manifest.json").write_text('{"name": "an app", "files": {}}')
    with pytest.raises(PublishError, match="holds other things"):
        write(tmp_path / "app", [], replace=True)
    (tmp_path / "link").symlink_to(write(tmp_path / "q", [example()]))
    write(tmp_path / "link", [], replace=True)
    assert (tmp_path / "link").is_symlink()
    assert validate_path(tmp_path / "q").records == 0


def killed(tmp_path: Path, hook: str, **options: Any) -> None:
    """Runs a build in a process that is killed when it reaches a function of ``place``."""
    code = f"""
    import os, pathlib, signal
    from extract.publish import place, publish
    from tests.test_publish import DOCUMENT, example
    def kill(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
    {hook} = kill
    publish([example()], pathlib.Path({str(tmp_path / "r")!r}), documents=[DOCUMENT], version="1", **{options!r})
    """
    root = Path(__file__).resolve().parents[1]
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=root, check=False, env={**os.environ})
    assert run.returncode == -signal.SIGKILL


def hidden(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.name.startswith("."))


def test_a_killed_build_leaves_no_release_and_the_next_clears_up(tmp_path: Path) -> None:
    killed(tmp_path, "place.synchronise")  # everything is written, nothing is in its place yet
    assert not (tmp_path / "r").exists()
    assert len(hidden(tmp_path)) == 1
    (tmp_path / ".r2.partial-0").mkdir()  # of another release
    write(tmp_path / "r", [example()])
    assert hidden(tmp_path) == [".r2.partial-0"]


def test_a_build_killed_while_it_replaces_loses_no_release(tmp_path: Path) -> None:
    before = hashes(write(tmp_path / "r", [example()]))
    killed(tmp_path, "place.Path.rename", replace=True)
    assert hashes(tmp_path / "r") == before
    (tmp_path / "r").rename(tmp_path / ".r.old-1")  # killed between the two renamings
    with pytest.raises(PublishError, match="stands there already"):
        write(tmp_path / "r", [])
    assert hashes(tmp_path / "r") == before
    write(tmp_path / "r", [], replace=True)
    assert hidden(tmp_path) == []


def test_two_builds_at_once_leave_one_whole_release(tmp_path: Path) -> None:
    def records() -> Any:
        yield example()
        write(tmp_path / "r", [])  # another build overtakes; this one's folder is not taken for a leftover

    with pytest.raises(PublishError, match="meanwhile"):
        write(tmp_path / "r", records())
    assert validate_path(tmp_path / "r").problems == []
    assert hidden(tmp_path) == []


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    code = f"""
    import pathlib, resource
    from extract.publish import PublishError, publish
    from tests.test_publish import DOCUMENT, example
    publish([example()], pathlib.Path({str(tmp_path / "ok")!r}), documents=[DOCUMENT], version="1")
    for limit in (0, 3000, 12_000, 20_000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        try:
            publish([example()], pathlib.Path({str(tmp_path / "r")!r}), documents=[DOCUMENT], version="1")
        except PublishError as error:
            assert "cannot be written" in str(error) and len(str(error).splitlines()) == 1, error
        else:
            raise AssertionError(limit)
    """
    root = Path(__file__).resolve().parents[1]
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=root, capture_output=True, check=False)
    assert run.returncode == 0, run.stderr.decode()
    assert [p.name for p in tmp_path.iterdir()] == ["ok"]


def test_files_are_as_readers_want_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP", dict.fromkeys(TABLES, 4))
    rows = [Record({**example(), "paper_id": f"x{n:02}"}) for n in range(9)]
    release = write(tmp_path / "r", list(reversed(rows)))
    assert validate_path(release).problems == []
    file = pq.ParquetFile(release / "papers" / "train.parquet")
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [4, 4, 1]
    column = file.metadata.row_group(1).column(0)
    assert (column.statistics.min, column.statistics.max) == ("x04", "x07")
    assert column.compression == "ZSTD" and column.has_column_index and column.has_offset_index
    assert file.metadata.row_group(0).sorting_columns[0].column_index == 0
    assert file.schema_arrow.equals(arrow_schema("papers"))
    assert not column.has_dictionary_page  # each value stands once
    assert file.metadata.row_group(0).column(file.metadata.num_columns - 1).has_dictionary_page
    named = pq.read_metadata(release / "mentions" / "train.parquet").row_group(0).column(1)
    assert named.path_in_schema == "entity_id" and named.bloom_filter_length


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


@pytest.mark.parametrize(
    ("table", "change", "words"),
    [
        ("speedups", lambda t: t.slice(0, 1), "rows are missing at its end"),
        ("mentions", lambda t: t.take(list(range(t.num_rows))[::-1]), "/0: does not follow"),
        ("entities", lambda t: pa.concat_tables([t, t]), "does not follow"),
        ("papers", lambda t: pa.concat_tables([t, t]), "stands twice"),
        ("papers", lambda t: t.drop_columns(["doi"]), "the column 'doi' of the table papers is missing"),
        ("papers", lambda t: with_column(t, "abstract", pa.array([example()["abstract"]])), "has its text"),
        ("results", lambda t: with_column(t, "year", pa.array([2026], pa.int64())), "is not of the type int16"),
        ("results", lambda t: with_column(t, "score", pa.array([1.5])), "/0/score: 1.5 is out of range"),
    ],
)
def test_validation_finds_tables_that_do_not_agree(tmp_path: Path, table: str, change: Any, words: str) -> None:
    """Also where the manifest was made to agree."""
    release = write(tmp_path / "r", [example()])
    path = release / table / "train.parquet"
    changed = change(pq.read_table(path))
    pq.write_table(changed, path)
    manifest = json.loads((release / "manifest.json").read_text())
    manifest["files"][f"{table}/train.parquet"] = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes": path.stat().st_size,
    }
    manifest["rows"][table] = changed.num_rows
    (release / "manifest.json").write_text(json.dumps(manifest))
    assert any(words in str(p) for p in validate_path(release).problems), validate_path(release).problems


def with_column(table: pa.Table, name: str, column: pa.Array) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, column)


def test_a_file_that_is_not_in_the_manifest_is_found(tmp_path: Path) -> None:
    release = write(tmp_path / "r", [example()])
    (release / "papers" / "more.parquet").write_bytes((release / "papers" / "train.parquet").read_bytes())
    assert any("is not in manifest.json" in str(p) for p in validate_path(release).problems)


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
    missing: list[str] = []
    (other,) = attach_text([bare], ["another text"], missing=missing)
    assert other["abstract"] is None
    assert missing == [record["paper_id"]]


def test_texts_are_joined_to_a_release(tmp_path: Path) -> None:
    record = example()
    (joined,) = attach_text(write(tmp_path / "r", [record]), [record])
    assert joined == record
    with pytest.raises(FileNotFoundError, match="no release"):
        list(attach_text(tmp_path, []))


def test_names_of_inputs_cannot_break_the_card(tmp_path: Path) -> None:
    document = Document("a|b\n# c.txt", "0" * 64, 1, "listing", entries=1)
    publish([example()], tmp_path / "r", documents=[document], version="1: 'x' # y")
    card = (tmp_path / "r" / "README.md").read_text()
    assert "| a\\|b # c.txt | listing | 1 |" in card
    assert yaml.safe_load(card.split("---\n")[1])["pretty_name"] == "glean 1: 'x' # y"
    assert validate_path(tmp_path / "r").problems == []
