"""A release: written beside its place, moved there whole."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import extract
from extract.publish.card import dataset_card
from extract.publish.parquet import write_table
from extract.read.base import Document, Reject
from extract.record.derive import derive
from extract.record.model import SCHEMA_VERSION, Record
from extract.record.tables import TABLES, table_schema

MANIFEST = "manifest.json"


class PublishError(Exception):
    """A release cannot be written there; the message is one line."""


@dataclass(slots=True)
class Summary:
    """What was published."""

    folder: Path
    entries: int
    rows: dict[str, int]
    rejects: list[Reject] = field(default_factory=list)

    def text(self) -> str:
        """One line for people."""
        rows = ", ".join(f"{count:,} {name}" for name, count in self.rows.items())
        return f"{self.folder}: {rows} from {self.entries:,} entries, {len(self.rejects):,} set aside"


def check_output(target: Path, *, replace: bool) -> None:
    """Makes sure that a release can be written to ``target``, before any work is done.

    Raises:
        PublishError: something stands there, or the folder cannot be written.
    """
    try:
        if (target.exists() or target.is_symlink()) and not target.is_dir():
            raise PublishError(f"{target}: is a file (allowed: a new or empty folder)")
        if target.is_dir() and any(target.iterdir()):
            if not (target / MANIFEST).is_file():
                raise PublishError(f"{target}: the folder holds other things (allowed: a new or empty folder)")
            if not replace:
                raise PublishError(f"{target}: a release stands there already (allowed: another folder, or --replace)")
        _make_parent(target)
    except OSError as error:
        raise PublishError(f"{target}: cannot be written ({error.strerror})") from None


def _make_parent(target: Path) -> None:
    """Makes sure that the parent folder is there and can be written."""
    parent = target.absolute().parent
    made = [p for p in (parent, *parent.parents) if not p.exists()]
    parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=parent):
            pass
    finally:
        for folder in made:  # an input that cannot be read must leave nothing behind
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()


def publish(
    records: Iterable[Record],
    target: Path,
    *,
    documents: Sequence[Document],
    version: str,
    quality: dict[str, Any] | None = None,
    with_text: bool = False,
    replace: bool = False,
) -> Summary:
    """Writes a release.

    Everything is written to a hidden folder beside ``target``, synchronised to disk and renamed, so that the release is
    whole or absent; the same records give the same bytes.

    Args:
        records: valid records, in any order.
        target: the release's folder.
        documents: the inputs, for the manifest.
        version: the release's version.
        quality: measured quality for the card, as ``glean evaluate`` writes it.
        with_text: whether the abstracts are part of the release; else they are left out even if records carry them.
        replace: whether a release that already stands there is replaced.

    Raises:
        PublishError: the folder is taken or cannot be written.
    """
    check_output(target, replace=replace)
    target = target.absolute()
    partial: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}.partial-", dir=target.parent))
        rows = sorted(records, key=lambda r: r["paper_id"])
        summary = _write(rows, partial, documents, version, quality, with_text)
        _synchronise(partial)
        partial.chmod(0o755)
        _move(partial, target)
    except OSError as error:
        raise PublishError(f"{target}: cannot be written ({error.strerror})") from None
    finally:
        if partial is not None and partial.exists():
            shutil.rmtree(partial, ignore_errors=True)
    summary.folder = target
    return summary


def _write(
    records: list[Record],
    folder: Path,
    documents: Sequence[Document],
    version: str,
    quality: dict[str, Any] | None,
    with_text: bool,
) -> Summary:
    plain = [dict(r) if with_text else {**r, "abstract": None} for r in records]
    tables = {"papers": plain, **derive(plain)}
    counts = {name: write_table(folder / name / "train.parquet", name, tables[name]) for name in TABLES}
    (folder / "schema").mkdir()
    for name in TABLES:
        short = "paper" if name == "papers" else name
        _write_json(folder / "schema" / f"{short}.schema.json", table_schema(name), sort=False)
    entries = sum(d.entries for d in documents)
    rejects = [r for d in documents for r in d.rejects]
    models = sorted({r["extractor"]["model"] for r in records if r["extractor"]["model"]})
    manifest: dict[str, Any] = {
        "release": version,
        "glean": extract.__version__,
        "model": models[0] if len(models) == 1 else models or None,
        "schema_version": SCHEMA_VERSION,
        "with_text": with_text,
        "inputs": [
            {"name": d.name, "sha256": d.sha256, "bytes": d.size, "format": d.format, "entries": d.entries}
            for d in documents
        ],
        "counts": {
            "entries": entries,
            "papers": len(records),
            "repeated": entries - len(rejects) - len(records),
            "rejects": len(rejects),
        },
        "rejects_by_reason": dict(sorted(Counter(r.reason for r in rejects).items())),
        "rejects": [
            {"document": r.document, "position": r.position, "line": r.line, "reason": r.reason, "sha256": r.sha256}
            for r in rejects
        ],
        "rows": counts,
    }
    (folder / "README.md").write_text(dataset_card(folder, manifest, quality), encoding="utf-8")
    manifest["files"] = {
        str(path.relative_to(folder).as_posix()): {"sha256": _sha256(path), "bytes": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    _write_json(folder / MANIFEST, manifest)
    return Summary(folder, entries, counts, rejects)


def _write_json(path: Path, value: Any, sort: bool = True) -> None:
    text = json.dumps(value, indent=2, sort_keys=sort, ensure_ascii=False)
    path.write_bytes(text.encode("utf-8", "backslashreplace") + b"\n")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _synchronise(folder: Path) -> None:
    """Asks the system to have all files on disk, so that a power cut after the renaming loses nothing."""
    for path in [*(p for p in folder.rglob("*")), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _move(partial: Path, target: Path) -> None:
    """Puts the finished folder in its place; what stood there is moved aside first and removed last."""
    if not target.exists():
        partial.rename(target)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.old-", dir=target.parent))
    target.rename(aside / "old")
    try:
        partial.rename(target)
    except OSError:
        (aside / "old").rename(target)
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
