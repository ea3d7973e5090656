"""``croissant.json``: valid for mlcroissant, which loads from it what the Parquet files hold; without a network."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path
from typing import Any

import mlcroissant as mlc
import pyarrow.parquet as pq
import pytest

from extract.publish import publish
from extract.publish.about import citation
from extract.record import TABLES, arrow_schema
from extract.record.model import Record
from tests.test_publish import DOCUMENT, example, hashes

pytestmark = pytest.mark.usefixtures("no_network")


def plain(value: Any, prefix: str = "") -> Any:
    """A value as the tables have it: mlcroissant gives texts as bytes, dates as timestamps, names with their path."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [plain(item, prefix) for item in value]
    if isinstance(value, dict):
        return {key.rsplit("/", 1)[1]: plain(item) for key, item in value.items()}
    return str(value)[:10] if hasattr(value, "isoformat") else value


def expected(row: dict[str, Any]) -> dict[str, Any]:
    """A row without structs in structs, which are no fields of its record set (the flat tables have them)."""

    def outer(struct: dict[str, Any]) -> dict[str, Any]:
        return {k: v for k, v in struct.items() if not (isinstance(v, list) and v and isinstance(v[0], dict))}

    found = {}
    for name, value in row.items():
        if isinstance(value, dict):
            value = outer(value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            value = [outer(item) for item in value]
        found[name] = value
    return found


def test_it_is_valid(sample: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        dataset = mlc.Dataset(str(sample / "croissant.json"))
    assert dataset.metadata.ctx.issues.errors == set()
    # the one thing that is recommended and not there: a release does not know the day it is put somewhere
    assert [w for w in dataset.metadata.ctx.issues.warnings if "datePublished" not in w] == []
    assert "not standard" not in caplog.text
    assert [r.id for r in dataset.metadata.record_sets] == list(TABLES)


@pytest.mark.parametrize("table", TABLES)
def test_records_are_the_rows_of_the_tables(sample: Path, table: str) -> None:
    found = [plain(dict(record)) for record in mlc.Dataset(str(sample / "croissant.json")).records(table)]
    rows = pq.read_table(sample / table).to_pylist()
    assert found == [expected(row) for row in rows]
    assert len(found) > 0 and list(found[0]) == arrow_schema(table).names


def test_it_says_what_a_search_asks_for(sample: Path) -> None:
    written = json.loads((sample / "croissant.json").read_text())
    assert written["license"] == "https://creativecommons.org/publicdomain/zero/1.0/"
    assert written["version"] == "2026.11"
    assert written["citeAs"] == citation("2026.11")
    assert len(written["keywords"]) >= 3
    for file in written["distribution"]:
        data = (sample / file["contentUrl"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        assert file["contentSize"] == f"{len(data)} B"
    assert all(field["description"] for table in written["recordSet"] for field in table["field"])
    assert "croissant.json" in json.loads((sample / "manifest.json").read_text())["files"]


def test_a_changed_table_is_noticed(tmp_path: Path) -> None:
    publish([example()], tmp_path / "r", documents=[DOCUMENT], version="1")
    other = {**example(), "doi": "10.1234/x"}
    publish([Record(other)], tmp_path / "s", documents=[DOCUMENT], version="1")
    (tmp_path / "r/papers/train.parquet").write_bytes((tmp_path / "s/papers/train.parquet").read_bytes())
    with pytest.raises(Exception, match="Download") as caught:
        list(mlc.Dataset(str(tmp_path / "r/croissant.json")).records("papers"))
    assert "is not identical with the reference" in str(caught.value.__cause__)


def test_tables_without_rows_and_strange_versions(tmp_path: Path) -> None:
    record = Record({**example(), "speedups": []})
    for name in ("a", "b"):
        publish([record], tmp_path / name, documents=[DOCUMENT], version='1: "x"\n}, \\y')
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")
    dataset = mlc.Dataset(str(tmp_path / "a" / "croissant.json"))
    assert dataset.metadata.ctx.issues.errors == set()
    assert list(dataset.records("speedups")) == []
    assert dataset.metadata.cite_as.count("{") == dataset.metadata.cite_as.count("}")
