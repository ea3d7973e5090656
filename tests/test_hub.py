"""A release as a dataset repository: its card, its configs, its types, and how ``datasets`` loads them."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import datasets
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets.info import DatasetInfosDict
from datasets.utils.metadata import MetadataConfigs, known_task_ids
from huggingface_hub import DatasetCard

from extract.evaluate.published import published_quality
from extract.publish import publish
from extract.record import TABLES, arrow_schema
from extract.record.model import Record
from tests.test_publish import DOCUMENT, example

pytestmark = pytest.mark.usefixtures("no_network")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")


def load(release: Path, table: str, **options: Any) -> Any:
    return datasets.load_dataset(str(release), table, split="train", **options)


def rows_of(release: Path, table: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = pq.read_table(release / table).to_pylist()
    return found


def card(release: Path) -> DatasetCard:
    return DatasetCard((release / "README.md").read_text(encoding="utf-8"))


# the card


def test_the_front_matter_is_what_the_hub_takes(sample: Path) -> None:
    data = card(sample).data

    def allowed(name: str) -> Any:
        return json.loads((resources.files("datasets.utils.resources") / f"{name}.json").read_text())

    assert data.annotations_creators and set(data.annotations_creators) <= set(allowed("creators")["annotations"])
    assert data.language_creators and set(data.language_creators) <= set(allowed("creators")["language"])
    assert data.multilinguality and set(data.multilinguality) <= set(allowed("multilingualities"))
    assert data.size_categories and set(data.size_categories) <= set(allowed("size_categories"))
    assert data.language and set(data.language) <= set(allowed("languages"))
    assert data.task_categories and set(data.task_categories) <= set(known_task_ids)
    assert (data.license, data.source_datasets, data.pretty_name) == ("cc0-1.0", ["original"], "glean 2026.11")
    assert data.tags and all(tag == tag.lower() and " " not in tag for tag in data.tags)
    # what the library writes from what it has read is the same again
    again = DatasetCard(f"---\n{data.to_yaml()}\n---\n").data
    assert again.to_dict() == data.to_dict()


def test_configs_features_and_sizes_are_those_of_the_tables(sample: Path) -> None:
    data = card(sample).data
    configs = MetadataConfigs.from_dataset_card_data(data)
    infos = DatasetInfosDict.from_dataset_card_data(data)
    assert list(configs) == list(infos) == list(TABLES)
    assert configs.get_default_config_name() == "papers"
    for table in TABLES:
        assert infos[table].features.arrow_schema.remove_metadata() == arrow_schema(table)
        loaded = load(sample, table)
        assert loaded.features == infos[table].features
        assert len(loaded) == len(rows_of(sample, table))
        assert infos[table].dataset_size == loaded.info.splits["train"].num_bytes
        assert infos[table].download_size == (sample / table / "train.parquet").stat().st_size


def test_the_card_says_what_people_ask(sample: Path) -> None:
    text = card(sample).text
    for heading in (
        "Load it",
        "Columns",
        "Data statement",
        "How it was made",
        "Measured quality",
        "Known gaps",
        "Changes since the last release",
        "Licence and citation",
    ):
        assert f"\n## {heading}\n" in text
    assert "annotated by hand" not in text
    assert "@misc{glean," in text and "version = {2026.11}" in text


def test_figures_are_those_that_were_measured(sample: Path) -> None:
    quality = published_quality()
    assert quality is not None
    text = card(sample).text
    shown = [line for line in text.splitlines() if line.startswith(("| entity.", "| proposed", "| mention.", "| spee"))]
    for name in ("entity.all", "proposed", "speedups", "results"):
        f = quality["figures"][name]
        row = f"| {name} | {f['p']:.2f} | {f['r']:.2f} | {f['f1']:.2f} | {f['low']:.2f}-{f['high']:.2f} |"
        assert row in text
    assert len(shown) >= 7
    assert f"Against {quality['papers']:,} annotated papers" in text


def test_changes_since_an_earlier_release(tmp_path: Path) -> None:
    told: list[bool] = []

    def changes(folder: Path) -> dict[str, Any]:
        told.append((folder / "papers" / "train.parquet").is_file())
        counts = {"papers": {"added": 1200, "removed": 0, "changed": 3}, "speedups": dict.fromkeys(_STATES, 7)}
        return {"since": "2026.10", "counts": counts}

    publish([example()], tmp_path / "r", documents=[DOCUMENT], version="2", changes=changes)
    text = card(tmp_path / "r").text
    assert told == [True]
    assert "Against release 2026.10:" in text
    assert "| papers | 1,200 | 0 | 3 |" in text and "| speedups | 7 | 7 | 7 |" in text
    publish([example()], tmp_path / "s", documents=[DOCUMENT], version="2")
    assert "No earlier release was at hand" in card(tmp_path / "s").text


_STATES = ("added", "removed", "changed")


# loading


@pytest.mark.parametrize("table", TABLES)
def test_every_config_loads_every_way(sample: Path, table: str) -> None:
    expected = rows_of(sample, table)
    loaded = load(sample, table)
    assert loaded.to_list() == expected
    assert loaded.features.arrow_schema.remove_metadata() == arrow_schema(table)

    streamed = load(sample, table, streaming=True)
    assert list(streamed) == expected
    assert streamed.features == loaded.features

    frame = loaded.with_format("polars")[:]
    assert isinstance(frame, pl.DataFrame)
    assert frame.equals(pl.read_parquet(sample / table / "*.parquet"))
    batches = streamed.with_format("polars").iter(batch_size=7)
    assert sum(batch.height for batch in batches) == len(expected)


@pytest.mark.parametrize("streaming", [False, True])
def test_columns_and_filters(sample: Path, streaming: bool) -> None:
    expected = rows_of(sample, "speedups")
    names = ["paper_id", "factor", "paper_methods"]
    some = load(sample, "speedups", columns=names, streaming=streaming)
    assert list(some) == [{name: row[name] for name in names} for row in expected]
    assert list(some.features) == names

    times = [("quantity", "==", "time"), ("factor", ">=", 2.0)]
    fast = list(load(sample, "speedups", filters=times, streaming=streaming))
    assert fast == [r for r in expected if r["quantity"] == "time" and (r["factor"] or 0) >= 2]
    assert 0 < len(fast) < len(expected)

    both = load(
        sample, "mentions", columns=["entity_id", "type"], filters=[("type", "==", "task")], streaming=streaming
    )
    assert {row["type"] for row in both} == {"task"}


def test_the_default_config_and_all_of_them(sample: Path) -> None:
    assert datasets.get_dataset_config_names(str(sample)) == list(TABLES)
    assert datasets.get_dataset_default_config_name(str(sample)) == "papers"
    assert datasets.load_dataset(str(sample), split="train").column_names == arrow_schema("papers").names
    assert list(datasets.load_dataset(str(sample), "entities")) == ["train"]


# tables without rows


def test_a_table_without_rows_is_no_config_and_the_rest_loads(tmp_path: Path) -> None:
    """``datasets`` cannot load a split of no rows, whatever the file holds; so the card must not promise one."""
    release = tmp_path / "r"
    publish([Record({**example(), "speedups": []})], release, documents=[DOCUMENT], version="1")
    rest = [table for table in TABLES if table != "speedups"]
    assert [c["config_name"] for c in card(release).data.configs] == rest
    assert "The table `speedups` has no rows in this release" in card(release).text
    for table in rest:
        assert load(release, table).to_list() == rows_of(release, table) != []
        assert list(load(release, table, streaming=True)) == rows_of(release, table)
    with pytest.raises(ValueError, match=r"'speedups' not found\. Available: \['papers'"):
        load(release, "speedups")
    # plain readers see its columns and no rows
    path = release / "speedups" / "train.parquet"
    assert pq.read_schema(path) == arrow_schema("speedups")
    assert pl.scan_parquet(path).filter(pl.col("factor") > 2).collect().shape == (0, len(arrow_schema("speedups")))
    assert duckdb.sql(f"select count(*), max(factor) from '{path}'").fetchall() == [(0, None)]


def test_a_release_without_papers_has_a_card(tmp_path: Path) -> None:
    publish([], tmp_path / "r", documents=[DOCUMENT], version="1")
    data = card(tmp_path / "r").data
    assert "configs" not in data.to_dict() and data.license == "cc0-1.0"


# types


@pytest.mark.parametrize("table", TABLES)
def test_types_are_such_that_viewers_show_them(table: str) -> None:
    """Numbers, texts, lists and structs: no unions, maps, dictionaries or types of somebody's own, and not deep."""
    schema = arrow_schema(table)
    assert len({name.lower() for name in schema.names}) == len(schema.names)  # DuckDB and SQL take them for one

    def depth(kind: pa.DataType) -> int:
        if pa.types.is_list(kind):
            return depth(kind.value_type)
        if pa.types.is_struct(kind):
            return 1 + max(depth(kind.field(n).type) for n in range(kind.num_fields))
        assert pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_float64(kind), kind
        return 0

    depths = {field.name: depth(field.type) for field in schema}
    assert max(depths.values()) <= 2  # a paper's entities and their mentions
    assert table == "papers" or max(depths.values()) == 0  # all others are flat, but for lists of texts
