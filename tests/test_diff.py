"""What changed between two releases, each kind of change by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from datasets import load_dataset

import extract
from extract.cli.diff import command
from extract.publish.diff import DiffError, changes_since, diff
from extract.record import factor
from tests.releases import OLD, records_of, write
from tests.test_cli import glean, one_line

NONE = {"added": 0, "removed": 0, "changed": 0}


@pytest.fixture
def records() -> list[dict[str, Any]]:
    return records_of(OLD)


def compare(tmp_path: Path, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> dict[str, Any]:
    """The difference as data, of releases written from records."""
    found = diff(write(before, tmp_path / "1"), write(after, tmp_path / "2")).as_dict()
    assert json.loads(json.dumps(found)) == found
    return found


def counts(found: dict[str, Any]) -> dict[str, dict[str, int]]:
    return {
        table: {kind: found[table][f"{kind}_count"] for kind in NONE}
        for table in ("papers", "entities", "speedups", "results")
    }


def test_nothing_changed(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    found = compare(tmp_path, records, records)
    assert counts(found) == dict.fromkeys(("papers", "entities", "speedups", "results"), NONE)
    assert found["extractor_only_count"] == 0
    assert found["columns"] == {}


def test_a_paper_less_and_a_paper_more(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    first, *rest = records
    found = compare(tmp_path, records, rest)
    assert found["papers"]["removed"] == [{"paper_id": first["paper_id"], "title": first["title"]}]
    assert found["papers"]["old"] == 3 and found["papers"]["new"] == 2
    assert found["speedups"]["removed_count"] == len(first["speedups"]) > 0
    assert {row["paper_id"] for row in found["speedups"]["removed"]} == {first["paper_id"]}
    back = diff(tmp_path / "2", tmp_path / "1").as_dict()
    assert back["papers"]["added"] == found["papers"]["removed"]
    assert back["results"]["added"] == found["results"]["removed"]
    assert back["entities"]["added"] == found["entities"]["removed"] != []


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_ranges_of_ids_are_compared_one_after_the_other(
    tmp_path: Path, records: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr("extract.publish.diff._ROWS", rows)
    more = [{**records[0], "paper_id": name} for name in ("a first one", "d000", "z last")]
    found = compare(tmp_path, records, [*records_of(OLD)[1:], *more])
    assert [row["paper_id"] for row in found["papers"]["added"]] == ["a first one", "d000", "z last"]
    assert [row["paper_id"] for row in found["papers"]["removed"]] == [records[0]["paper_id"]]
    assert (found["papers"]["old"], found["papers"]["new"], found["papers"]["changed_count"]) == (3, 5, 0)


def test_only_the_extractor_changed(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    after = records_of(OLD)
    for record in after:
        record["extractor"]["version"] = "9.9.9"
    after[0]["url"] = "https://example.org/new"
    found = compare(tmp_path, records, after)
    assert found["extractor_only_count"] == 2
    (row,) = found["papers"]["changed"]
    assert row["changes"] == {"url": {"old": None, "new": "https://example.org/new"}}
    assert found["papers"]["changed_fields"] == {"url": 1}


def test_fields_of_a_paper(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    after = records_of(OLD)
    paper = after[0]
    gone = paper["methods"].pop()
    paper["authors"] = ["A. Author"]
    paper["results"] = []
    found = compare(tmp_path, records, after)
    (row,) = found["papers"]["changed"]
    assert row["paper_id"] == paper["paper_id"] and row["title"] == paper["title"]
    assert row["changes"]["methods"] == {"added": [], "removed": [gone["entity_id"]]}
    assert row["changes"]["authors"] == {"old": [], "new": ["A. Author"]}
    if records[0]["results"]:
        assert row["changes"]["results"] == {"old_items": len(records[0]["results"]), "new_items": 0}
    assert gone["entity_id"] in {e["entity_id"] for e in found["entities"]["removed"] + found["entities"]["changed"]}


def test_a_mention_counts_as_a_change_of_the_paper(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    after = records_of(OLD)
    after[0]["methods"][0]["mentions"][0]["score"] = 0.123
    found = compare(tmp_path, records, after)
    assert found["papers"]["changed"][0]["changes"] == {"methods": {"added": [], "removed": []}}
    assert counts(found)["entities"] == NONE


def test_an_entity_changes_by_names_and_counts(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    after = records_of(OLD)
    entity = after[0]["methods"][0]
    entity["aliases"] = sorted([*entity["aliases"], "Another name"])
    entity["mentions"].append({**entity["mentions"][0], "score": 0.5})
    found = compare(tmp_path, records, after)
    (row,) = found["entities"]["changed"]
    assert (row["entity_id"], row["name"]) == (entity["entity_id"], entity["name"])
    assert row["changes"]["aliases"]["new"] == entity["aliases"]
    assert row["changes"]["mentions"]["new"] == row["changes"]["mentions"]["old"] + 1


def test_a_claim_changes_where_its_place_is_the_same(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    after = records_of(OLD)
    paper = next(r for r in after if r["speedups"])
    claim = paper["speedups"][0]
    old = claim["value"]
    claim["value"] = old + 1 if claim["value_high"] is None else old - 0.1
    claim["factor"] = factor(claim["value"], claim["form"])
    claim["hardware"] = None if claim["hardware"] else "a GPU"
    found = compare(tmp_path, records, after)
    assert counts(found)["speedups"] == {"added": 0, "removed": 0, "changed": 1}
    (row,) = found["speedups"]["changed"]
    assert {key: row[key] for key in ("field", "start", "end")} == {
        key: claim[key] for key in ("field", "start", "end")
    }
    assert row["changes"]["value"] == {"old": old, "new": claim["value"]}
    assert {"value", "factor", "hardware"} <= set(row["changes"])
    assert row["paper_id"] == paper["paper_id"]


def test_a_claim_that_moved_is_another_one(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    after = records_of(OLD)
    next(r for r in after if r["results"])["results"][0]["end"] += 1
    assert counts(compare(tmp_path, records, after))["results"] == {"added": 1, "removed": 1, "changed": 0}


def test_claims_that_share_their_evidence_are_paired_by_what_they_say(
    tmp_path: Path, records: list[dict[str, Any]]
) -> None:
    paper = next(r for r in records if r["speedups"])
    claim = paper["speedups"][0]
    one, two, three = (claim | {"quantity": quantity} for quantity in ("time", "memory", "energy"))
    paper["speedups"] = [one, two, three]
    after = [{**r, "speedups": [three | {"score": 0.01}, two]} if r is paper else r for r in records]
    found = compare(tmp_path, records, after)
    assert counts(found)["speedups"] == {"added": 0, "removed": 1, "changed": 1}
    (changed,), (removed,) = found["speedups"]["changed"], found["speedups"]["removed"]
    assert set(changed["changes"]) == {"score"} and changed["changes"]["score"]["new"] == 0.01
    assert removed["quantity"] == "time"
    # what says the same twice counts twice, and two that say something else are paired in their order
    again = [{**r, "speedups": [one, one, one]} if r is paper else r for r in records]
    write(again, tmp_path / "3")
    write([{**r, "speedups": [one, two | {"value": 77.0}]} if r is paper else r for r in records], tmp_path / "4")
    assert counts(diff(tmp_path / "3", tmp_path / "4").as_dict())["speedups"] == {
        "added": 0,
        "removed": 1,
        "changed": 1,
    }


def test_releases_without_claims(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    bare = [{**r, "speedups": [], "results": []} for r in records]
    found = compare(tmp_path, bare, records)
    assert found["speedups"]["added_count"] == sum(len(r["speedups"]) for r in records)
    assert counts(diff(tmp_path / "1", tmp_path / "1").as_dict())["results"] == NONE


def widen(folder: Path) -> None:
    """Gives a release what a newer minor version may have: a column more, and a field more in a column."""
    path = folder / "papers" / "train.parquet"
    table = pq.read_table(path)
    kind = table.schema.field("methods").type
    rows = [[{**m, "mentions": m["mentions"], "homepage": "x"} for m in row] for row in table["methods"].to_pylist()]
    wider = pa.list_(pa.struct([*kind.value_type, pa.field("homepage", pa.string())]))
    table = table.set_column(table.schema.get_field_index("methods"), "methods", pa.array(rows, wider))
    table = table.append_column("venue", pa.array(["a venue"] * table.num_rows))
    pq.write_table(table, path)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["schema_version"] = "1.7.0"
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_releases_of_different_minor_versions(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    after = records_of(OLD)
    after[1]["methods"][0]["mentions"][0]["score"] = 0.321
    one, two = write(records, tmp_path / "1"), write(after, tmp_path / "2")
    widen(two)
    found = diff(one, two).as_dict()
    assert found["columns"] == {"papers": {"added": ["venue"], "removed": []}}
    assert [row["paper_id"] for row in found["papers"]["changed"]] == [after[1]["paper_id"]]
    assert diff(two, one).as_dict()["columns"] == {"papers": {"added": [], "removed": ["venue"]}}
    run = CliRunner().invoke(command, [str(one), str(two)])
    assert "Columns of papers that were added" in run.output and "venue" in run.output


def test_the_table_for_people(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    after = records_of(OLD)
    after[0]["title"] = "Evil \x1b[31m\x1b]0;owned\x07 title"
    after[0]["speedups"], after[0]["results"] = [], []
    for name in ("methods", "tasks", "datasets", "metrics"):
        after[0][name] = []
    after[1]["url"] = "https://example.org/new"
    one, two = write(records, tmp_path / "1"), write(after, tmp_path / "2")
    run = CliRunner().invoke(command, [str(one), str(two), "--limit", "1"], env={"COLUMNS": "200"})
    assert run.exit_code == 0, run.output
    assert "papers changed: 2" in run.output and "... and 1 more" in run.output
    assert "\x1b" not in run.output and "\x07" not in run.output
    assert "Evil �[31m�]0;owned� title" in CliRunner().invoke(command, [str(one), str(two)]).output
    quiet = CliRunner().invoke(command, [str(one), str(two), "--limit", "0"])
    assert "url" not in quiet.output and "papers" in quiet.output


def test_json_of_the_command_has_the_documented_keys(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    one, two = write(records, tmp_path / "1"), write(records[:2], tmp_path / "2")
    run = glean("diff", "--json", one, two)
    assert (run.returncode, run.stderr) == (0, b"")
    found = json.loads(run.stdout)
    assert list(found) == ["old", "new", "columns", "papers", "entities", "speedups", "results", "extractor_only_count"]
    assert set(found["old"]) == {"folder", "release", "schema_version", "glean", "model"}
    for table in ("papers", "entities", "speedups", "results"):
        keys = {"old", "new", "added", "removed", "changed", "changed_fields"} | {f"{kind}_count" for kind in NONE}
        assert set(found[table]) == keys
    page = (Path(__file__).parents[1] / "docs" / "schema-versions.md").read_text(encoding="utf-8")
    for key in (*found, *found["papers"], *found["old"]):
        assert f"`{key}`" in page, key


def broken(folder: Path, name: str) -> Path:
    folder = write(records_of(OLD), folder)
    if name == "manifest":
        (folder / "manifest.json").write_text("[]")
    elif name == "parquet":
        (folder / "papers" / "train.parquet").write_bytes(b"PAR1 no PAR1")
    elif name == "table":
        (folder / "results" / "train.parquet").unlink()
    else:
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["schema_version"] = name
        (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("manifest", "no manifest"),
        ("parquet", "cannot be compared"),
        ("table", "no whole release"),
        ("2.0.0", "update glean"),
        ("0.9.0", "build it again"),
        ("new", "no schema version"),
    ],
)
def test_what_cannot_be_compared_is_told_in_one_line(tmp_path: Path, name: str, words: str) -> None:
    folder = broken(tmp_path / "release", name)
    for call in ((OLD, folder), (folder, OLD)):
        with pytest.raises(DiffError, match=words) as error:
            diff(*call)
        assert "\n" not in str(error.value)


def test_wrong_calls(tmp_path: Path) -> None:
    assert "no such folder" in one_line(glean("diff", tmp_path / "nowhere", OLD), 2)
    assert "no release" in one_line(glean("diff", OLD, tmp_path), 1)
    assert "no release" in one_line(glean("diff", OLD, __file__), 1)
    one_line(glean("diff", OLD), 2)


def test_folders_with_strange_names(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    folder = write(records, tmp_path / "plain").rename(tmp_path / "a [1]* {b}")
    assert counts(diff(folder, OLD).as_dict()) == dict.fromkeys(("papers", "entities", "speedups", "results"), NONE)


def test_two_releases_side_by_side(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    one, two = write(records, tmp_path / "1"), write(records[1:], tmp_path / "2")
    loaded = [
        load_dataset(str(folder), "papers", split="train", cache_dir=str(tmp_path / "cache")) for folder in (one, two)
    ]
    assert [len(d) for d in loaded] == [3, 2]
    ids = [set(d["paper_id"]) for d in loaded]
    assert ids[0] - ids[1] == {records[0]["paper_id"]}
    frames = [
        pl.scan_parquet(folder / "papers" / "*.parquet").with_columns(release=pl.lit(folder.name))
        for folder in (one, two)
    ]
    both = pl.concat(frames).group_by("release").len().sort("release").collect()
    assert both["len"].to_list() == [3, 2]


def test_summary_for_the_card(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    one, two = write(records, tmp_path / "1"), write(records[:2], tmp_path / "2")
    summary = changes_since(one, two)
    assert summary == extract.diff(one, two).summary()
    assert summary["since"] == "1"
    assert summary["counts"]["papers"] == {"added": 0, "removed": 1, "changed": 0}


def test_build_since(tmp_path: Path) -> None:
    paper = {"id": "x", "title": "FooNet: Fast Parsing", "abstract": "FooNet is 2x faster than BarNet."}
    file = tmp_path / "papers.jsonl"
    file.write_text(json.dumps(paper))
    run = glean("build", file, "-o", tmp_path / "new", "--since", OLD)
    assert run.returncode == 0, run.stderr.decode()
    card = (tmp_path / "new" / "README.md").read_text(encoding="utf-8")
    assert "Against release 1" in card
    assert "| papers | 1 | 3 | 0 |" in card
    assert glean("validate", tmp_path / "new").returncode == 0
    for folder, status in ((tmp_path / "nowhere", 2), (tmp_path, 1)):
        assert str(folder) in one_line(glean("build", file, "-o", tmp_path / "other", "--since", folder), status)
        assert not (tmp_path / "other").exists()
