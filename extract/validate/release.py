"""Whole releases: the manifest, the files, the tables and how they follow from one another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from extract.record.derive import ROWS, Entities
from extract.record.migrate import MigrationError, parse_version
from extract.record.model import SCHEMA_VERSION
from extract.record.resources import load_schema
from extract.record.tables import TABLES
from extract.validate.problem import Problem, Report
from extract.validate.rows import check_rows, parquet_rows
from extract.validate.schema import pointer, schema_errors, validator_of
from extract.validate.text import UnreadableError, parse
from extract.validate.versions import check_by_own_schemas

MANIFEST = "manifest.json"
REJECTS = "rejects.jsonl"


def check_release(folder: Path, report: Report, *, migrated: bool = False) -> None:
    """All tables, the manifest's hashes and counts, and that the flat tables follow from the papers.

    A release of another schema version is checked by the schemas that it carries.

    Args:
        folder: the release.
        report: gets what is wrong.
        migrated: whether the papers of an older version must be valid in this one too, once they are migrated.

    Raises:
        UnreadableError: the folder is no release.
    """
    manifest_path = folder / MANIFEST
    if not manifest_path.is_file():
        raise UnreadableError(f"the folder holds no {MANIFEST}, so it is no release")
    manifest = _read(manifest_path)
    for path, message, allowed in _shape(manifest):
        report.problems.append(Problem(str(manifest_path), None, pointer(path), message, allowed))
    if report.problems:
        return
    report.problems += _check_files(folder, manifest["files"])
    version = manifest["schema_version"]
    if version == SCHEMA_VERSION:
        parts = _check_tables(folder, manifest, report)
    else:
        report.schema_version = version
        parts = check_by_own_schemas(folder, version, migrated=migrated)
    _check_counts(folder, manifest, parts, report)
    report.problems += _check_rejects(folder / REJECTS, manifest)


def _check_rejects(path: Path, manifest: dict[str, Any]) -> Iterator[Problem]:
    """Yields what is wrong with the table of what was set aside; releases before 1.1.0 have none."""
    if REJECTS not in manifest["files"] or not path.is_file():
        return
    check, count = validator_of(load_schema("reject")), 0
    with path.open("rb") as file:
        for line, data in enumerate(file, 1):
            count += 1
            try:
                row = parse(data.decode("utf-8"))
            except (UnicodeDecodeError, UnreadableError) as error:
                yield Problem(str(path), line, "", str(error), "a JSON object a line")
                continue
            yield from schema_errors(row, file=str(path), line=line, check=check)
    told = manifest["counts"]["rejects"]
    if count != told:
        yield Problem(str(path), None, "", f"{count} rejects, but {MANIFEST} counts {told}", str(told))


def _read(path: Path) -> Any:
    try:
        return parse(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise UnreadableError(f"{path.name} is not UTF-8") from None
    except UnreadableError as error:
        raise UnreadableError(f"{path.name}: {error}") from None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _shape(manifest: Any) -> Iterator[tuple[list[str | int], str, str]]:
    """What of a manifest's shape is wrong: ``(path, message, what is allowed)``."""
    if not isinstance(manifest, dict):
        yield [], "is no manifest of a release", "an object"
        return
    for key in ("files", "rows", "counts"):
        if not isinstance(manifest.get(key), dict):
            yield [], f"property {key!r} is missing or no object: no manifest of a release", "an object"
            return
    for name, entry in manifest["files"].items():
        if not (isinstance(entry, dict) and isinstance(entry.get("sha256"), str) and _is_count(entry.get("bytes"))):
            yield ["files", name], "is no account of a file", "sha256 and bytes"
        if name.startswith("/") or ".." in Path(name).parts:
            yield ["files", name], "is outside of the release", "a path in its folder"
    version = manifest.get("schema_version")
    if version == SCHEMA_VERSION:
        needed = ["README.md", *(f"{table}/train.parquet" for table in TABLES)]
    else:
        needed = ["README.md", "papers/train.parquet", "schema/paper.schema.json"]
        try:
            parse_version(version)
        except MigrationError as error:
            yield ["schema_version"], str(error), SCHEMA_VERSION
    for name in needed:
        if name not in manifest["files"]:
            yield ["files"], f"{name} is missing", f"{', '.join(needed)}, at least"
    counts = manifest["counts"]
    names = ("entries", "papers", "repeated", "rejects")
    if not all(_is_count(counts.get(name)) for name in names):
        yield ["counts"], "is no account of what was read", f"{', '.join(names)}, each 0 or more"
    elif counts["entries"] != counts["papers"] + counts["repeated"] + counts["rejects"]:
        yield ["counts", "entries"], f"{counts['entries']} is not the sum of papers, repeated and rejects", "their sum"


def _check_files(folder: Path, files: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    """Yields files that are not those of the manifest."""
    for name, entry in sorted(files.items()):
        path = folder / name
        if not path.is_file():
            yield Problem(str(folder / MANIFEST), None, pointer(["files", name]), "there is no such file")
            continue
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != entry["sha256"] or path.stat().st_size != entry["bytes"]:
            yield Problem(str(path), None, "", "is not the file of the manifest", f"SHA-256 {entry['sha256']}")
    for path in sorted(folder.glob("*/*.parquet")):
        if path.relative_to(folder).as_posix() not in files:
            yield Problem(str(path), None, "", f"is not in {MANIFEST}", "the files of the release")


def _check_tables(folder: Path, manifest: dict[str, Any], report: Report) -> dict[str, Report]:
    """What was found in each table, and that the flat ones follow from the papers."""
    parts = {table: Report() for table in TABLES}
    rows = {table: _rows(folder, table, parts[table]) for table in TABLES}
    papers = _papers(rows.pop("papers"), bool(manifest.get("with_text")), folder, parts["papers"])
    report.problems += _follow(folder, papers, rows, parts)
    for rest in (papers, *rows.values()):
        for _ in rest:  # rows that were not compared are checked all the same
            pass
    return parts


def _check_counts(folder: Path, manifest: dict[str, Any], parts: dict[str, Report], report: Report) -> None:
    """Gathers what was found in the tables, and compares their rows with what the manifest counts."""
    for table, part in parts.items():
        told = manifest["rows"].get(table)
        if told != part.records:
            message = f"{told!r} rows of {table}, but the table has {part.records}"
            path = pointer(["rows", table])
            report.problems.append(Problem(str(folder / MANIFEST), None, path, message, str(part.records)))
        report.problems += part.problems
    report.records = parts["papers"].records if "papers" in parts else 0
    if manifest["counts"]["papers"] != report.records:
        message = f"{manifest['counts']['papers']} papers, but the table has {report.records}"
        report.problems.append(Problem(str(folder / MANIFEST), None, "/counts/papers", message, str(report.records)))


def _rows(folder: Path, table: str, report: Report) -> Iterator[dict[str, Any]]:
    """Yields the valid rows of a table of a release."""
    seen: dict[str, str] = {}
    for path in sorted((folder / table).glob("*.parquet")):
        try:
            yield from check_rows(parquet_rows(path, table), str(path), report, seen)
        except UnreadableError as error:
            report.problems.append(Problem(str(path), None, "", str(error), f"the table {table}"))


def _papers(rows: Iterable[dict[str, Any]], with_text: bool, folder: Path, report: Report) -> Iterator[dict[str, Any]]:
    for row in rows:
        if row["abstract"] is not None and not with_text:
            place = str(folder / "papers")
            report.problems.append(Problem(place, None, "/abstract", f"{row['paper_id']} has its text", "null"))
        yield row


def _follow(
    folder: Path,
    papers: Iterable[dict[str, Any]],
    rows: dict[str, Iterator[dict[str, Any]]],
    parts: dict[str, Report],
) -> Iterator[Problem]:
    """Yields the first row of each flat table that does not follow from the papers, while all rows are valid."""
    ahead = {table: enumerate(found) for table, found in rows.items()}
    entities = Entities()

    def compare(table: str, expected: Iterable[dict[str, Any]]) -> Iterator[Problem]:
        for row in expected:
            n, actual = next(ahead[table], (None, None)) if table in ahead else (None, row)
            if actual != row:
                del ahead[table]
                if not any(part.problems for part in parts.values()):
                    yield _differs(folder, table, n)

    for record in papers:
        entities.add(record)
        for table, derive in ROWS.items():
            yield from compare(table, derive(record))
    yield from compare("entities", entities.rows())
    for table, rest in ahead.items():
        n, more = next(rest, (None, None))
        if more is not None and not any(part.problems for part in parts.values()):
            yield _differs(folder, table, n)


def _differs(folder: Path, table: str, n: int | None) -> Problem:
    message = "rows are missing at its end" if n is None else "does not follow from the papers table"
    return Problem(str(folder / table), None, "" if n is None else f"/{n}", message, "what glean build writes")
