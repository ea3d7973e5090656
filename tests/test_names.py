"""The curated table of well-known names: its check, the ids it gives, what looks alike and differs."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from extract.assemble.linking import entity_id, known_id
from extract.passes.rules import names_table
from extract.passes.rules.names_check import as_text, check, clashes, everyday, folded, main
from extract.passes.rules.names_table import FILES, PREPARED, load_table, names_of, prepare, read_entries, variants
from extract.record.resources import load_schema

PAIRS = tomllib.loads((Path(__file__).parent / "data" / "names.toml").read_text(encoding="utf-8"))


def test_the_table_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    assert check() == []
    assert main() == 0
    assert '"faults": 0' in capsys.readouterr().out


def test_the_prepared_table_is_of_this_table() -> None:
    assert PREPARED.read_text(encoding="utf-8") == as_text(prepare()), "python -m extract.passes.rules.names_check"


def test_a_prepared_table_of_other_names_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "prepared.json"
    old.write_text(as_text({**prepare(), "made_of": "of others", "names": {}, "exact": {}}), encoding="utf-8")
    for path in (old, tmp_path / "absent.json"):
        monkeypatch.setattr(names_table, "PREPARED", path)
        load_table.cache_clear()
        assert load_table().names["ImageNet"] == ("dataset", "dataset/imagenet")
        assert list(load_table().exact.found(["on", "ImageNet"])) == [(("dataset", "dataset/imagenet"), 1, 2)]
    load_table.cache_clear()


def test_thousands_of_things_of_four_types() -> None:
    sizes = {kind: len(lines) for kind, lines in read_entries().items()}
    assert [f"{kind}s" for kind in sizes] == list(FILES)
    assert sum(sizes.values()) > 7000 and min(sizes.values()) > 600
    assert set(load_table().names) >= {
        alias for lines in read_entries().values() for aliases in lines for alias in aliases
    }


def test_enough_pairs() -> None:
    for pairs in PAIRS.values():
        assert len({tuple(pair) for pair in pairs}) == len(pairs) >= 150


@pytest.mark.parametrize(("kind", "one", "other"), PAIRS["differ"])
def test_names_that_look_alike_but_differ(kind: str, one: str, other: str) -> None:
    assert entity_id(kind, [one]) != entity_id(kind, [other])


@pytest.mark.parametrize(("kind", "one", "other"), PAIRS["same"])
def test_variants_of_a_name_share_an_id(kind: str, one: str, other: str) -> None:
    assert known_id(kind, one)
    assert entity_id(kind, [one]) == entity_id(kind, [other])


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({"dataset": [["FooBench"], ["Foo-Bench"]]}, "one name"),
        ({"dataset": [["FooBench", "FB"], ["BarBench", "FB"]]}, "one name"),
        ({"dataset": [["FooSet"]], "method": [["fooset"]]}, "one name"),
        ({"method": [["foo network"], ["Foo Networks"]]}, "one name"),
        ({"method": [["Föö"], ["foo"]]}, "one entity_id"),
        ({"method": [["FooNet-50"], ["BarNet", "FooNet50"]]}, "one name"),
        ({"task": [["foo modeling"], ["foo modelling"]]}, "one name"),
        ({"task": [["foo bar", "FB"], ["Foo-bar"]]}, "one entity_id"),
    ],
)
def test_a_planted_clash_is_caught(table: dict[str, list[list[str]]], fault: str) -> None:
    assert any(found.startswith(fault) for found in clashes(table))


def test_things_that_do_not_clash() -> None:
    table = {"method": [["FooNet-1.3B"], ["FooNet-13B"], ["FooNet"]], "dataset": [["FooBench"], ["FooBench+"]]}
    assert clashes(table) == []
    assert folded("FooNet-1.3B") != folded("FooNet-13B")


def test_an_allowed_clash_covers_its_names_only() -> None:
    table = {"method": [["FooX"]], "dataset": [["FOOX"]]}
    assert clashes(table) != []
    assert clashes(table, [["FooX", "FOOX"]]) == []
    assert clashes({**table, "metric": [["foox"]]}, [["FooX", "FOOX"]]) != []


@pytest.mark.parametrize("alias", ["attention", "Attention", "drop", "fooing"])
def test_a_plain_word_is_caught(alias: str) -> None:
    assert everyday({"method": [[alias]]}, ["allowed"], ["attention", "drop"])


def test_words_that_have_been_looked_at_and_names_of_several_words_pass() -> None:
    assert everyday({"method": [["softmax"], ["linear attention"], ["DROP"]]}, ["softmax"], ["drop", "attention"]) == []


def test_an_alias_of_two_things_does_not_load() -> None:
    with pytest.raises(ValueError, match="stands for"):
        names_of({"method": [["FooNet", "FN"], ["FogNet", "FN"]]})


def test_a_variant_never_takes_a_name_that_a_line_claims() -> None:
    names = names_of({"method": [["FooNet-50"], ["FooNet 50"]]})
    assert names["FooNet-50"][1] == names["FooNet 50"][1] == names["FooNet50"][1]
    names = names_of({"method": [["FooNet-50"], ["Bar", "FooNet50"]]})
    assert names["FooNet50"][1] == "method/bar" and names["FooNet 50"][1] == "method/foonet-50"


def test_variants() -> None:
    assert {"FooNet-50", "FooNet50", "FooNet 50"} <= variants("FooNet-50")
    assert {"3D foo detection", "3D Foo Detection"} <= variants("3D foo detection")
    assert {"multi-modal fooing", "multimodal fooing", "multi modal fooing"} <= variants("multi-modal fooing")
    assert variants("FooNet") == {"FooNet"}


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"method": []},
        {"method": [[]]},
        {"method": [["a"]]},
        {"method": [["FooNet", "FooNet"]]},
        {"method": [[" FooNet"]]},
        {"method": ["FooNet"]},
        {"method": [["FooNet"]], "task": [["foo detection"]]},
        {"model": [["FooNet"]]},
        {"never": [], "clash": [{"names": ["FooNet"]}], "word": []},
    ],
)
def test_the_schema_refuses(data: dict[str, object]) -> None:
    assert not Draft202012Validator(load_schema("names")).is_valid(data)


def test_the_schema_is_a_schema_with_descriptions() -> None:
    schema = load_schema("names")
    Draft202012Validator.check_schema(schema)
    found = [schema, *schema["$defs"].values(), *(p for one in schema["oneOf"] for p in one["properties"].values())]
    assert all(part.get("description") for part in found)
