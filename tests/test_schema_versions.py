"""Old releases stay valid by the schemas that they carry; records of older versions are migrated."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import extract
import extract.record.migrate as migration
from extract.record import SCHEMA_VERSION, TABLES, load_schema, table_schema
from extract.record.migrate import FIRST, STEPS, MigrationError, Step, migrate, parse_version
from extract.validate import errors, validate_path
from tests.releases import OLD, records_of

PACKAGE = Path(extract.__file__).parent
RELEASES = sorted(OLD.parent.glob("release-*"))
FIELD = {"type": ["string", "null"], "description": "Where it appeared, or null."}


def test_the_present_schema_is_that_of_its_version() -> None:
    """A change of the schema needs a new version (docs/schema-versions.md)."""
    kept = OLD.parent / f"release-{SCHEMA_VERSION}" / "schema"
    if kept.is_dir():
        for table in TABLES:
            name = "paper" if table == "papers" else table
            assert json.loads((kept / f"{name}.schema.json").read_text()) == table_schema(table), name


def test_id_and_records_have_the_version() -> None:
    assert load_schema()["$id"] == f"urn:glean:schema:paper:{SCHEMA_VERSION}"
    assert all(table_schema(table)["$id"].endswith(f":{SCHEMA_VERSION}") for table in TABLES)


def test_steps_lead_from_the_first_version_to_this_one() -> None:
    versions = [FIRST, *(step.after for step in STEPS)]
    assert [step.before for step in STEPS] == versions[:-1]
    assert versions[-1] == SCHEMA_VERSION
    assert sorted(versions, key=parse_version) == versions


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_old_releases_are_valid(release: Path) -> None:
    report = validate_path(release)
    assert [str(p) for p in report.problems] == []
    assert report.records == 3
    for record in records_of(release):
        assert list(errors(migrate(record))) == []


# Another version of glean: a copy of the package with another schema, and, to come to it, a step.

STEP = """
def _venue(record):
    record["venue"] = None

STEPS = (*STEPS, Step({before!r}, {after!r}, _venue))
"""


def future(folder: Path, version: str, *, step: bool = True) -> Path:
    """A glean of tomorrow, whose records have a field more."""
    ignored = shutil.ignore_patterns("trained", "__pycache__", "sample")
    shutil.copytree(PACKAGE, folder / "extract", ignore=ignored)
    schema = json.loads(json.dumps(load_schema()).replace(f'"{SCHEMA_VERSION}"', f'"{version}"'))
    schema["$id"] = f"urn:glean:schema:paper:{version}"
    schema["properties"]["venue"] = FIELD
    schema["required"].append("venue")
    (folder / "schema").mkdir()
    (folder / "schema" / "paper.schema.json").write_text(json.dumps(schema))
    if step:
        with (folder / "extract" / "record" / "migrate.py").open("a") as file:
            file.write(STEP.format(before=SCHEMA_VERSION, after=version))
    return folder


def run(glean: Path, *args: object) -> subprocess.CompletedProcess[str]:
    code = "from extract.cli import main; main()"
    env = {**os.environ, "PYTHONPATH": str(glean), "PYTHONDONTWRITEBYTECODE": "1"}
    call = [sys.executable, "-c", code, *map(str, args)]
    return subprocess.run(call, capture_output=True, text=True, env=env, cwd=glean, check=False)


@pytest.fixture(scope="module", params=["1.2.0", "2.0.0"])
def tomorrow(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    return future(tmp_path_factory.mktemp("glean"), request.param), request.param


def test_a_later_glean_validates_an_old_release_by_its_own_schema(tomorrow: tuple[Path, str]) -> None:
    glean, _ = tomorrow
    done = run(glean, "validate", OLD)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip().endswith("valid (3 records, by its own schema 1.0.0)")
    assert run(glean, "validate", "--migrate", OLD).returncode == 0


def test_a_later_glean_migrates_records(tomorrow: tuple[Path, str], tmp_path: Path) -> None:
    glean, version = tomorrow
    file = tmp_path / "records.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records_of(OLD)))
    plain = run(glean, "validate", file)
    assert plain.returncode == 1 and "venue" in plain.stderr and version in plain.stderr
    done = run(glean, "validate", "--migrate", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert "valid (3 records)" in done.stdout
    shown = run(glean, "show", file)
    assert shown.returncode == 0, shown.stderr
    assert records_of(OLD)[0]["title"] in shown.stdout


def test_the_rules_hold_for_old_releases_too(tomorrow: tuple[Path, str], tmp_path: Path) -> None:
    glean, _ = tomorrow
    release = copy(tmp_path)
    change(release, "papers", lambda rows: rows[0]["methods"][0]["mentions"][0].update(start=9, end=3))
    done = run(glean, "validate", release)
    assert done.returncode == 1
    assert "/0/methods/0/mentions/0/end" in done.stderr and "half open" in done.stderr


def test_releases_of_another_major_version_do_not_compare(tomorrow: tuple[Path, str]) -> None:
    glean, version = tomorrow
    done = run(glean, "diff", OLD, OLD)
    assert done.returncode == (0 if version == "1.2.0" else 1)
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 1


def test_a_version_without_a_step(tmp_path: Path) -> None:
    glean = future(tmp_path / "glean", "3.0.0", step=False)
    done = run(glean, "validate", OLD)
    assert (done.returncode, done.stderr) == (0, "")
    done = run(glean, "validate", "--migrate", OLD)
    assert done.returncode == 1 and f"no step leads from schema {SCHEMA_VERSION} to 3.0.0" in done.stderr


# Releases of a newer version, before this glean.


def copy(folder: Path) -> Path:
    return Path(shutil.copytree(OLD, folder / "release"))


def sign(release: Path, version: str | None = None) -> None:
    """Makes the manifest that of the files as they are."""
    path = release / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["schema_version"] = version or manifest["schema_version"]
    for name in list(manifest["files"]):
        file = release / name
        if file.is_file():
            data = file.read_bytes()
            manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        else:
            del manifest["files"][name]
    path.write_text(json.dumps(manifest))


def change(release: Path, table: str, how: Any) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = release / table / "train.parquet"
    read = pq.read_table(path)
    rows = read.to_pylist()
    how(rows)
    pq.write_table(pa.Table.from_pylist(rows, read.schema), path)
    sign(release)


def newer(release: Path, version: str) -> None:
    """Makes a release one of another schema version, by its manifest, schemas and records."""
    for path in (release / "schema").glob("*.json"):
        path.write_text(path.read_text().replace(FIRST, version))
    change(release, "papers", lambda rows: [row["extractor"].update(schema_version=version) for row in rows])
    sign(release, version)


@pytest.mark.parametrize("version", ["1.2.0", "2.0.0"])
def test_a_newer_release_is_checked_by_its_own_schema(tmp_path: Path, version: str) -> None:
    release = copy(tmp_path)
    newer(release, version)
    report = validate_path(release)
    assert [str(p) for p in report.problems] == []
    assert (report.records, report.schema_version) == (3, version)
    change(release, "papers", lambda rows: rows[1].update(url="no address"))
    assert "/1/url" in str(validate_path(release).problems[0])
    assert "newer than this glean" in str(validate_path(release, migrated=True).problems)


def no_schema(release: Path) -> None:
    (release / "schema" / "paper.schema.json").unlink()


def another_version(release: Path) -> None:
    path = release / "schema" / "paper.schema.json"
    path.write_text(path.read_text().replace("paper:1.2.0", "paper:1.3.0"))


def not_json(release: Path) -> None:
    (release / "schema" / "results.schema.json").write_text("{")


def no_json_schema(release: Path) -> None:
    path = release / "schema" / "paper.schema.json"
    path.write_text(path.read_text().replace('"minLength": 1', '"minLength": "one"', 1))


def fetches(release: Path) -> None:
    path = release / "schema" / "paper.schema.json"
    schema = json.loads(path.read_text())
    schema["properties"]["title"] = {"type": "string", "allOf": [{"$ref": "https://example.invalid/evil.json"}]}
    path.write_text(json.dumps(schema))


def circle(release: Path) -> None:
    path = release / "schema" / "paper.schema.json"
    schema = json.loads(path.read_text())
    schema["$defs"]["mention"] = {"$ref": "#/$defs/mention"}
    path.write_text(json.dumps(schema))


def empty_schema(release: Path) -> None:
    path = release / "schema" / "paper.schema.json"
    path.write_text(json.dumps({"$id": "urn:glean:schema:paper:1.2.0"}))


def list_schema(release: Path) -> None:
    (release / "schema" / "paper.schema.json").write_text("[]")


def other_type(release: Path) -> None:
    path = release / "schema" / "paper.schema.json"
    schema = json.loads(path.read_text())
    schema["properties"]["url"]["type"] = ["integer", "null"]
    path.write_text(json.dumps(schema))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (no_schema, "schema/paper.schema.json is missing"),
        (another_version, "not the schema of version 1.2.0"),
        (not_json, "not JSON"),
        (no_json_schema, "no schema of a table"),
        (fetches, "refers to what it does not hold"),
        (circle, "leads to itself"),
        (empty_schema, "no schema of a table"),
        (list_schema, "not the schema of version"),
        (other_type, "'url' is not of the type"),
    ],
)
def test_schemas_of_releases_that_do_not_serve(tmp_path: Path, harm: Any, words: str) -> None:
    release = copy(tmp_path)
    newer(release, "1.2.0")
    harm(release)
    sign(release)
    problems = [str(p) for p in validate_path(release).problems]
    assert any(words in p for p in problems), problems
    assert all("\n" not in p for p in problems)


def test_a_version_that_is_none(tmp_path: Path) -> None:
    release = copy(tmp_path)
    sign(release, "new")
    assert any("no schema version" in str(p) for p in validate_path(release).problems)


# Migration of records.


def test_a_record_of_this_version_is_copied() -> None:
    record = migrate(records_of(OLD)[0])
    migrated = migrate(record)
    assert migrated == record and migrated is not record
    migrated["methods"].clear()
    assert record["methods"]


def test_language_and_curated_passes_come_with_1_1() -> None:
    old = records_of(OLD)[0]
    new = migrate(old)
    assert new | {"extractor": None} == old | {"extractor": None, "language": None, "arxiv_version": None}
    assert list(new) == list(load_schema()["required"]) and parse_version(SCHEMA_VERSION) >= (1, 1, 0)
    new["methods"][0]["mentions"][0]["passes"] = ["curated"]
    assert list(errors(new)) == []


def test_steps_follow_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(record: dict[str, Any]) -> None:
        record["link"] = record.pop("url")

    def venue(record: dict[str, Any]) -> None:
        record["venue"] = None

    steps = (Step("1.0.0", "1.1.0", venue), Step("1.1.0", "2.0.0", rename))
    monkeypatch.setattr(migration, "STEPS", steps)
    monkeypatch.setattr(migration, "SCHEMA_VERSION", "2.0.0")
    record = extract.Record(records_of(OLD)[0])
    record.abstract_text = "beside"
    migrated = migrate(record)
    assert (migrated["venue"], migrated["link"]) == (None, record["url"]) and "url" not in migrated
    assert migrated["extractor"]["schema_version"] == "2.0.0"
    assert record["extractor"]["schema_version"] == "1.0.0" and "venue" not in record
    assert migrated.abstract_text == "beside"
    record["extractor"]["schema_version"] = "1.1.0"
    assert "venue" not in migrate(record)


@pytest.mark.parametrize(
    ("version", "words"),
    [("9.0.0", "update glean"), ("0.1.0", "no step"), ("one", "no schema version"), (None, "None"), (1, "1 is no")],
)
def test_what_cannot_be_migrated(version: object, words: str) -> None:
    record = records_of(OLD)[0]
    record["extractor"]["schema_version"] = version
    with pytest.raises(MigrationError, match=words):
        migrate(record)
    with pytest.raises(ValueError, match="no schema version"):
        migrate({})


def test_validate_migrate_tells_what_is_wrong(tmp_path: Path) -> None:
    rows = records_of(OLD)
    rows[0]["extractor"]["schema_version"] = "9.0.0"
    rows[1]["extractor"] = None
    rows.append([])  # type: ignore[arg-type]
    file = tmp_path / "records.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    problems = [str(p) for p in validate_path(file, migrated=True).problems]
    assert "update glean" in problems[0] and ":1:" in problems[0]
    assert any(":2: /extractor" in p for p in problems)
    assert any(":4: /" in p for p in problems)
    assert not any(":3:" in p for p in problems)
