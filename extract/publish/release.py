"""A release: the tables, their schemas, the manifest and the card."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import extract
from extract.publish.card import dataset_card
from extract.publish.croissant import CROISSANT, croissant
from extract.publish.order import Sorted
from extract.publish.place import MANIFEST, REJECTS, staged, told
from extract.publish.report import REPORT, gather, read_manifest, render, report_of
from extract.publish.tables import Part, Tables, part_of
from extract.read import Document, Reject
from extract.read.rejects import Reasons
from extract.record.batches import batches
from extract.record.model import SCHEMA_VERSION
from extract.record.resources import load_schema
from extract.record.tables import TABLES, table_schema

_AT_ONCE = 1_000  # records that are Python objects at once


@dataclass(slots=True)
class Summary:
    """What was published; ``problems`` and ``curated`` are what became of entries made by hand."""

    folder: Path
    entries: int
    rows: dict[str, int]
    rejects: int = 0
    problems: list[str] = field(default_factory=list)
    curated: str | None = None

    def text(self) -> str:
        """One line for people."""
        rows = ", ".join(f"{count:,} {name}" for name, count in self.rows.items())
        return f"{self.folder}: {rows} from {self.entries:,} entries, {self.rejects:,} set aside"


Parts = Iterable[tuple[Part, Path | None]]  # as Tables.add takes them, in the order of their ids


def publish(
    records: Iterable[Mapping[str, Any]],
    target: Path,
    *,
    with_text: bool = False,
    **said: Any,
) -> Summary:
    """Writes a release from records, in whatever order they come.

    Args:
        records: valid records, each id once.
        target: the release's folder.
        with_text: whether the abstracts are part of the release; else they are left out even if records carry them.
        said: what :func:`publish_parts` takes besides; ``documents``, ``rejects`` and ``curated`` are read after the
            last record.

    Raises:
        PublishError: the folder is taken or cannot be written, or two records have one id.
        ValueError: there are more records than entries of the documents.
    """

    def parts(folder: Path) -> Parts:
        waiting = Sorted(folder / ".sorted")
        try:
            for record in records:
                waiting.add(published(record, with_text))
        except BaseException:
            waiting.close()
            raise
        return _parts(waiting)

    return publish_parts(parts, target, with_text=with_text, **said)


def _parts(waiting: Sorted) -> Parts:
    with closing(waiting):
        for batch in batches(waiting, _AT_ONCE):
            yield part_of(batch), None


def publish_parts(
    parts: Callable[[Path], Parts],
    target: Path,
    *,
    documents: Sequence[Document],
    version: str,
    rejects: Iterable[Reject] = (),
    conflicts: Mapping[str, Any] | None = None,
    curated: Callable[[], Mapping[str, int]] | None = None,
    quality: dict[str, Any] | None = None,
    with_text: bool = False,
    replace: bool = False,
    changes: Callable[[Path], Mapping[str, Any]] | None = None,
    extraction: str | None = None,
    before_move: Callable[[Path], None] | None = None,
) -> Summary:
    """Writes a release from parts that follow one another.

    Everything is written to a hidden folder beside ``target``, synchronised to disk and renamed, so that the release is
    whole or absent; the same records give the same bytes, whatever the parts are.

    Args:
        parts: called with the hidden folder, gives the parts (see :mod:`extract.publish.tables`).
        target: the release's folder.
        documents: the inputs, for the manifest.
        version: the release's version.
        rejects: what was set aside, for ``rejects.jsonl``.
        conflicts: where sources contradict, for the manifest.
        curated: gives the account of entries made by hand, for the manifest.
        quality: measured quality for the card and the report, as ``glean evaluate`` writes it.
        with_text: whether the abstracts are part of the release.
        replace: whether a release that already stands there is replaced.
        changes: called with the folder once its tables are written, says what changed since an earlier release, for
            the card (see :func:`~extract.publish.card.dataset_card`).
        extraction: the hash of what extracted (see :mod:`extract.run.code`), for the manifest.
        before_move: called with the folder when it is whole, before it is moved to its place.

    Raises:
        PublishError: the folder is taken or cannot be written, or two records have one id.
        ValueError: there are more records than entries of the documents.
    """
    with staged(target, replace=replace) as folder:
        found = parts(folder)
        with told(target):
            with Tables(folder) as tables:
                for part, tallies in found:
                    tables.add(part, tallies)
            _write_schemas(folder / "schema")
            manifest = _manifest(documents, version, sorted(tables.models), tables.rows, with_text)
            manifest["extraction_sha256"] = extraction
            manifest["rejects_by_reason"] = _write_rejects(rejects, folder / REJECTS)
            manifest["conflicts"] = conflicts or {"by_field": {}, "listed": []}
            manifest["curated"] = dict(curated()) if curated else None
            changed = changes(folder) if changes else None
            _write(folder / "README.md", dataset_card(folder, manifest, quality, changed))
            _write(folder / REPORT, render(gather(folder, manifest, quality)))
            manifest["files"] = _files(folder)
            _write(folder / CROISSANT, _json(croissant(manifest)))
            manifest["files"][CROISSANT] = _account(folder / CROISSANT)
            _write(folder / MANIFEST, _json(manifest, sort=True))
            if before_move:
                before_move(folder)
    counts = manifest["counts"]
    return Summary(target.absolute(), counts["entries"], tables.rows, counts["rejects"])


def renew_report(release: Path, quality: dict[str, Any] | None = None) -> Path:
    """Writes the report of a release that stands in a folder, and its account into the manifest.

    As with a build, the folder is swapped whole: the release has the old report or the new one, and always a manifest
    that agrees. The tables are linked, not copied.

    Raises:
        FileNotFoundError: there is no such folder.
        PublishError: it holds no release, or the release cannot be read or written.
    """
    manifest = read_manifest(release)
    text = report_of(release, quality)
    with staged(release, replace=True) as folder, told(release):
        for name in manifest["files"]:
            if name != REPORT:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                _link(release / name, folder / name)
        _write(folder / REPORT, text)
        manifest["files"][REPORT] = _account(folder / REPORT)
        _write(folder / MANIFEST, _json(manifest, sort=True))
    return release / REPORT


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old.resolve(), new)
    except OSError:  # the file system has no links
        shutil.copy2(old, new)


def published(record: Mapping[str, Any], with_text: bool) -> dict[str, Any]:
    """A record as it is published: with or without text, and without the address of the schema for editors."""
    text = None
    if with_text:
        text = record["abstract"] or getattr(record, "abstract_text", None)
    return {key: value for key, value in record.items() if key[0] != "$"} | {"abstract": text}


def _write_schemas(folder: Path) -> None:
    folder.mkdir()
    for name in TABLES:
        short = "paper" if name == "papers" else name
        _write(folder / f"{short}.schema.json", _json(table_schema(name)))
    _write(folder / "reject.schema.json", _json(load_schema("reject")))


def _write_rejects(rejects: Iterable[Reject], path: Path) -> dict[str, int]:
    """Writes what was set aside, a JSON object a line; how many there are of each kind."""
    reasons = Reasons()
    with path.open("w", encoding="utf-8") as file:
        for reject in rejects:
            reasons.add(reject.reason)
            row = {
                "document": reject.document,
                "position": reject.position,
                "line": reject.line,
                "reason": reject.reason,
                "sha256": reject.sha256,
            }
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return reasons.counts()


def _manifest(
    documents: Sequence[Document], version: str, models: list[str], rows: dict[str, int], with_text: bool
) -> dict[str, Any]:
    """The account of a release, but for its files: what went in, what came out, and what was set aside and why."""
    entries = sum(d.entries for d in documents)
    rejects = sum(d.rejects for d in documents)
    repeated = entries - rejects - rows["papers"]
    if repeated < 0:
        raise ValueError(f"{rows['papers']} papers and {rejects} rejects from {entries} entries of the documents")
    return {
        "release": version,
        "glean": extract.__version__,
        "model": models[0] if len(models) == 1 else models or None,
        "schema_version": SCHEMA_VERSION,
        "with_text": with_text,
        "inputs": [
            {
                "name": d.name,
                "sha256": d.sha256,
                "bytes": d.size,
                "format": d.format,
                "entries": d.entries,
                "rejects": d.rejects,
            }
            for d in documents
        ],
        "counts": {
            "entries": entries,
            "papers": rows["papers"],
            "repeated": repeated,
            "rejects": rejects,
        },
        "rows": rows,
    }


def _files(folder: Path) -> dict[str, dict[str, Any]]:
    return {path.relative_to(folder).as_posix(): _account(path) for path in folder.rglob("*") if path.is_file()}


def _account(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}


def _json(value: Any, sort: bool = False) -> str:
    return json.dumps(value, indent=2, sort_keys=sort, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "backslashreplace"))
