"""Validation: what is right passes, every kind of wrong is one line that says where, what and what is allowed."""

from __future__ import annotations

import copy
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import extract
from extract.record import TABLES, Record, arrow_schema, load_schema, schema_folder, table_schema
from extract.validate import errors, validate, validate_path
from tests.records import records

EXAMPLE = schema_folder() / "example.json"


@pytest.fixture
def example() -> dict[str, Any]:
    return dict(json.loads(EXAMPLE.read_text(encoding="utf-8")))


@given(records(), records(with_text=True))
def test_generated_records_are_valid(one: dict[str, Any], two: dict[str, Any]) -> None:
    assert [str(p) for p in errors(one)] == []
    assert [str(p) for p in errors(two)] == []


def test_the_example_is_valid_everywhere(example: dict[str, Any]) -> None:
    assert validate_path(EXAMPLE).problems == []
    assert example["speedups"] and example["results"] and example["datasets"]
    call = [sys.executable, "-m", "jsonschema", "-i", str(EXAMPLE), str(schema_folder() / "paper.schema.json")]
    assert subprocess.run(call, capture_output=True, check=False).returncode == 0


def test_the_schemas_in_the_folder_are_the_derived_ones() -> None:
    for table in TABLES:
        if table != "papers":
            assert load_schema(table) == table_schema(table), f"run python -m extract.record.write ({table})"


def edit(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(record: dict[str, Any]) -> None:
        node: Any = record
        *parents, last = [int(p) if p.isdigit() else p for p in path.split("/")[1:]]
        for part in parents:
            node = node[part]
        if value is KeyError:
            del node[last]
        else:
            node[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "pointer", "words"),
    [
        ("/title", KeyError, "/", "'title' is missing"),
        ("/extra", 1, "/extra", "unknown property"),
        ("/arxiv_id", "2403.01234\n", "/arxiv_id", "has not the right form"),
        ("/abstract_chars", 221.0, "/abstract_chars", "wrong type (allowed: integer)"),
        ("/speedups/0/value", float("inf"), "/speedups/0/value", "is not a finite number"),
        ("/speedups/0/value", 10**400, "/speedups/0/value", "is not a finite number"),
        ("/authors/0", "\ud800", "/authors/0", "lone surrogate"),
        ("/tasks/0/role", "proposed", "/tasks/0/role", 'allowed: "other"'),
        ("/methods/1/name", "HNSW index", "/methods/1/name", "is the text of no mention"),
        ("/methods/1/aliases", ["graphs"], "/methods/1/aliases/0", "is the text of no mention"),
        ("/methods/1/aliases", ["HNSW"], "/methods/1/aliases", "is the name itself"),
        ("/title", "", "/title", "is empty"),
        ("/title", 5, "/title", "wrong type (allowed: string)"),
        ("/speedups/0/form", "double", "/speedups/0/form", '"percent_decrease"'),
        ("/speedups/0/value", 0, "/speedups/0/value", "out of range (allowed: > 0)"),
        ("/methods/0/entity_id", "FooNet", "/methods/0/entity_id", "has not the right form"),
        ("/published", "2025-02-30", "/published", "2025-02-30"),
        ("/published", "yesterday", "/published", "has not the right form"),
        ("/abstract_sha256", "0" * 64, "/abstract_sha256", "the text changed"),
        ("/abstract_chars", 7, "/abstract_chars", "is not the abstract's length"),
        ("/methods/0/mentions/0/end", 100000, "/methods/0/mentions/0/end", "outside of the"),
        ("/methods/0/mentions/0/start", 3, "/methods/0/mentions/0", "the text there is"),
        ("/speedups/0/start", 400, "/speedups/0/end", "is not above start"),
        ("/speedups/0/value_high", 0.5, "/speedups/0/value_high", "is not above"),
        ("/speedups/0/factor", 7.5, "/speedups/0/factor", "does not follow from"),
        ("/speedups/0/factor", None, "/speedups/0/factor", "does not follow from"),
        ("/speedups/0/baseline", "nowhere said", "/speedups/0/baseline", "is not in the text"),
        ("/methods/1/entity_id", "method/quiverdb", "/methods/1/entity_id", "stands twice"),
        ("/paper_id", "title:0123456789abcdef", "/paper_id", "is not the hash of the title"),
        ("/paper_id", "arxiv:2403.01234", "/paper_id", "is not the arxiv_id"),
        ("/methods/0/mentions/0/passes", ["ner", "ner"], "/methods/0/mentions/0/passes", "twice"),
        ("/extractor/schema_version", "9.9", "/extractor/schema_version", "is not the value"),
    ],
)
def test_each_breach_is_found(example: dict[str, Any], path: str, value: Any, pointer: str, words: str) -> None:
    edit(path, value)(example)
    lines = [str(p) for p in errors(example, file="entry.json", line=3)]
    assert any(line.startswith(f"entry.json:3: {pointer}: ") and words in line for line in lines), lines
    assert all("\n" not in line for line in lines)


@settings(max_examples=60)
@given(records(with_text=True), st.data())
def test_any_property_taken_away_or_made_a_list_is_found(record: dict[str, Any], data: st.DataObject) -> None:
    broken = copy.deepcopy(record)
    key = data.draw(st.sampled_from(sorted(record)))
    if data.draw(st.booleans()):
        del broken[key]
    else:
        broken[key] = [None]
    assert list(errors(broken))


@settings(max_examples=60)
@given(records(with_text=True), st.data())
def test_any_rule_broken_is_found(record: dict[str, Any], data: st.DataObject) -> None:
    spans = [m for f in ("methods", "tasks", "datasets", "metrics") for e in record[f] for m in e["mentions"]]
    claims = [*record["speedups"], *record["results"]]
    changes: list[Callable[[], Any]] = [
        lambda: record.update(abstract=record["abstract"] + "x"),
        lambda: record.update(abstract_chars=record["abstract_chars"] + 1),
        lambda: record.update(paper_id="title:0"),
        lambda: record.update(published="2023-02-29"),
    ]
    for span in (*spans, *claims):
        changes.append(lambda span=span: span.update(start=span["end"]))
        changes.append(lambda span=span: span.update(end=span["end"] + 1000))
    for claim in claims:
        changes.append(lambda claim=claim: claim.update(value_high=claim["value"]))
        changes.append(lambda claim=claim: claim.update(method="not in the text"))
    for claim in record["speedups"]:
        changes.append(lambda claim=claim: claim.update(factor=(claim["factor"] or 1) * 1.001))
    for field in ("methods", "tasks", "datasets", "metrics"):
        for entity in record[field]:
            changes.append(lambda entity=entity: entity.update(name="not in the text"))
            changes.append(lambda field=field, entity=entity: record[field].append(entity))
    data.draw(st.sampled_from(changes))()
    assert list(errors(record))


JUNK = st.recursive(
    st.none() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda x: st.lists(x) | st.dictionaries(st.text(max_size=8), x),
)


@given(JUNK)
def test_any_json_is_answered(value: Any) -> None:
    assert all("\n" not in str(p) for p in errors(value))


def test_ids_are_unique_in_a_file(tmp_path: Path, example: dict[str, Any]) -> None:
    path = tmp_path / "two.jsonl"
    path.write_text(json.dumps(example) + "\n" + json.dumps(example))
    report = validate_path(path)
    assert report.records == 2
    assert [str(p) for p in report.problems] == [
        f"{path}:2: /paper_id: {example['paper_id']!r} stands twice (first in line 1) (allowed: each id once)"
    ]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\xff\xfe{\0}\0", "not UTF-8"),
        (b'{"a": 1,}', "not JSON"),
        (b'{"a": NaN}', "NaN"),
        (b'{"title": "a", "title": "b"}', "stands twice"),
        (b'{"title": "\\ud800"}', "surrogate"),
        (b"[" * 100_000, "too deeply nested"),
        (b"PAR1 and no more", "not a whole Parquet file"),
        (b"5", "wrong type"),
        (b'{"a": 1e999}', "'paper_id' is missing"),
        (b"[{}", "Expecting ',' delimiter"),
        (b"[{},]", "trailing comma"),
        (b"[] []", "Extra data"),
        (b"{}{}", "Extra data"),
        (b"abc\0def", "a binary file"),
        (b"\x1f\x8b\x08\0", "is compressed"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not JSON"),
    ],
)
def test_unreadable_files_are_lines(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(data)
    problems = validate_path(path).problems
    assert any(words in str(p) for p in problems)
    assert all(str(p).startswith(str(path)) and "\n" not in str(p) for p in problems)


def test_missing_files_and_folders_that_are_no_release(tmp_path: Path) -> None:
    assert validate_path(tmp_path / "no").missing
    assert "no release" in str(validate_path(tmp_path).problems[0])


def test_standard_input(monkeypatch: pytest.MonkeyPatch, example: dict[str, Any]) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(json.dumps(example).encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert validate_path("-").records == 1


def test_python_api(example: dict[str, Any]) -> None:
    assert extract.validate(example) == []
    assert validate(EXAMPLE) == []
    example["title"] = 3
    assert [p.pointer for p in extract.validate(example)] == ["/title"]


def test_lines_are_those_of_the_values(tmp_path: Path, example: dict[str, Any]) -> None:
    """In JSON text a problem names the line of the value, and in a list the record."""
    path = tmp_path / "list.json"
    good = copy.deepcopy(example)
    example["speedups"][1]["form"] = "double"
    example["paper_id"] = "other/~id"
    path.write_text(json.dumps([good, example], indent=1))
    (problem,) = validate_path(path).problems
    assert problem.pointer == "/1/speedups/1/form"
    assert '"form": "double"' in path.read_text().split("\n")[(problem.line or 0) - 1]
    path.write_text(json.dumps(example, indent=2))
    (problem,) = validate_path(path).problems
    assert '"form": "double"' in path.read_text().split("\n")[(problem.line or 0) - 1]


def test_a_broken_line_hides_no_other(tmp_path: Path, example: dict[str, Any]) -> None:
    path = tmp_path / "some.jsonl"
    good = json.dumps(example)
    path.write_bytes(f'\ufeff{good}\r\n\r\n{{"title": \n{{"title": 3}}\n'.encode())
    report = validate_path(path)
    assert report.records == 2
    assert str(report.problems[0]).startswith(f"{path}:3: /: not JSON: ")
    assert {p.line for p in report.problems} == {3, 4}


def test_rows_of_other_tables_are_known_by_their_columns(tmp_path: Path) -> None:
    row: dict[str, Any] = {"entity_id": "method/a", "type": "method", "name": "A", "aliases": [], "papers": 1}
    row |= {"proposed_in": [], "mentions": 1, "first_seen": None}
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([row, {**row, "papers": 0}]))
    assert [p.pointer for p in validate_path(path).problems] == ["/1/papers"]


def test_parquet_of_another_writer(tmp_path: Path, example: dict[str, Any]) -> None:
    import polars as pl

    del example["$schema"]
    path = tmp_path / "papers.parquet"
    schema = pl.DataFrame(arrow_schema("papers").empty_table()).schema
    frame = pl.from_dicts([example], schema=schema, strict=False)
    frame.write_parquet(path)
    assert validate_path(path).problems == []
    frame.with_columns(abstract_chars=pl.lit(3, pl.Int32)).write_parquet(path)
    assert f"{path}: /0/abstract_chars: 3 is not" in "\n".join(str(p) for p in validate_path(path).problems)
    frame.drop("title").write_parquet(path)
    assert "the column 'title' of the table papers is missing" in str(validate_path(path).problems[0])
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert "not a whole Parquet file" in str(validate_path(path).problems[0])


def test_text_beside_the_record_is_checked(example: dict[str, Any]) -> None:
    record = Record(example, abstract=None)
    assert list(errors(record)) == []
    record.abstract_text = example["abstract"]
    assert list(errors(record)) == []
    record.abstract_text = "another text"
    assert any(p.pointer == "/abstract_sha256" for p in errors(record))


def test_each_missing_property_is_told_once() -> None:
    problems = [str(p) for p in errors({"title": "a"})]
    assert len(problems) == len(set(problems)) > 10
