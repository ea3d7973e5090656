"""The record model: one schema, and everything else derived from it."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from extract.record import (
    SCHEMA_VERSION,
    TABLES,
    arrow_schema,
    factor,
    features,
    fold_title,
    load_schema,
    paper_id,
    table_schema,
)
from extract.record.arrow import arrow_type
from extract.record.ids import normalize_arxiv


def objects(node: dict, where: str = "") -> list[tuple[str, dict]]:  # type: ignore[type-arg]
    """Every object schema in a schema, with where it stands."""
    found = [(where, node)] if node.get("type") == "object" else []
    for key in ("properties", "$defs"):
        for name, inner in node.get(key, {}).items():
            found += objects(inner, f"{where}/{name}")
    if isinstance(node.get("items"), dict):
        found += objects(node["items"], f"{where}/[]")
    return found


@pytest.mark.parametrize("table", TABLES)
def test_schemas_are_closed_described_and_versioned(table: str) -> None:
    schema = table_schema(table)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"].endswith(f":{SCHEMA_VERSION}")
    for where, node in objects(schema):
        assert node["additionalProperties"] is False, where
        for name, inner in node["properties"].items():
            assert "$ref" in inner or inner.get("description"), f"{where}/{name}"
            assert set(node["required"]) >= set(node["properties"]) - {"$schema"}, where


@pytest.mark.parametrize("table", TABLES)
def test_arrow_and_features_have_the_schemas_columns(table: str) -> None:
    columns = [name for name in table_schema(table)["properties"] if name != "$schema"]
    assert arrow_schema(table).names == columns
    assert list(features(table)) == columns
    assert features(table).arrow_schema.equals(arrow_schema(table), check_metadata=False)


def test_arrow_types_follow_the_schema() -> None:
    schema = arrow_schema("papers")
    assert schema.field("abstract_chars").type == pa.int32()
    mention = schema.field("methods").type.value_type.field("mentions").type.value_type
    assert mention.field("passes").type == pa.list_(pa.string())
    assert mention.field("score").type == pa.float64()
    with pytest.raises(TypeError, match="union"):
        arrow_type({"type": ["string", "number"]}, load_schema())


@pytest.mark.parametrize(
    ("value", "form", "times"),
    [
        (1.5, "ratio", 1.5),
        (33, "percent_increase", 1.33),
        (50, "percent_decrease", 2.0),
        (75, "percent_decrease", 4.0),
        (100, "percent_decrease", None),
        (20, "percent_of", 5.0),
        (0, "percent_of", None),
        (None, "ratio", None),
    ],
)
def test_factor(value: float | None, form: str, times: float | None) -> None:
    assert factor(value, form) == times


def test_factor_of_an_unknown_form_names_what_is_allowed() -> None:
    with pytest.raises(ValueError, match="percent_of"):
        factor(2, "double")


@given(st.floats(0.01, 1e6), st.sampled_from(["ratio", "percent_increase", "percent_decrease", "percent_of"]))
def test_factor_is_positive_or_undefined(value: float, form: str) -> None:
    times = factor(value, form)
    assert times is None or times > 0


def test_ids_of_papers() -> None:
    assert paper_id("A Title", own_id=" my id ") == "my_id"
    assert paper_id("A Title", arxiv_id="2403.01234") == "arxiv:2403.01234"
    assert paper_id("A  Title: of—Things") == paper_id("a title of things")
    assert paper_id("!!!") != paper_id("???")
    assert fold_title("The ﬁne–Title: 2×") == "the fine title 2"


@pytest.mark.parametrize(
    ("text", "arxiv"),
    [
        ("2403.01234", "2403.01234"),
        ("arXiv:2403.01234v3", "2403.01234"),
        ("https://arxiv.org/abs/2403.01234v1", "2403.01234"),
        ("http://arxiv.org/pdf/2403.01234.pdf", "2403.01234"),
        ("cs/0112017", "cs/0112017"),
        ("2403.1", None),
        ("s000", None),
    ],
)
def test_arxiv_ids(text: str, arxiv: str | None) -> None:
    assert normalize_arxiv(text) == arxiv
