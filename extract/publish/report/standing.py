"""The report of a release that stands in a folder already."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

from extract.publish.place import MANIFEST, is_release, told
from extract.publish.report.data import ReportError, gather
from extract.publish.report.page import render
from extract.record.model import SCHEMA_VERSION


def report_of(release: Path, quality: dict[str, Any] | None) -> str:
    """The page of the release in a folder.

    Raises:
        FileNotFoundError: there is no such folder.
        ReportError: it holds no release of this version of the schema, or its tables cannot be read.
    """
    return render(gather(release, read_manifest(release), quality))


def write_report(release: Path, out: Path, quality: dict[str, Any] | None = None) -> Path:
    """Writes the page of a release to a file of its own, which is whole or as it was.

    Raises:
        FileNotFoundError: there is no such release.
        PublishError: it cannot be read, or the file cannot be written.
    """
    text = report_of(release, quality)
    partial = out.with_name(f".{out.name}.partial-{secrets.token_hex(4)}")
    with told(out):
        try:
            partial.write_text(text, encoding="utf-8", newline="\n")
            partial.replace(out)
        finally:
            partial.unlink(missing_ok=True)
    return out


def read_manifest(release: Path) -> dict[str, Any]:
    """The manifest of a release.

    Raises:
        FileNotFoundError: there is no such folder.
        ReportError: the folder holds no release of this version of the schema.
    """
    if not release.exists():
        raise FileNotFoundError(2, "there is no such file", str(release))
    if not release.is_dir() or not is_release(release):
        raise ReportError(f"{release}: holds no release (allowed: a folder that glean build wrote)")
    manifest: dict[str, Any] = json.loads((release / MANIFEST).read_bytes())
    if manifest.get("schema_version") != SCHEMA_VERSION:
        schema = manifest.get("schema_version")
        raise ReportError(f"{release}: its schema {schema!r} is not this version's (allowed: {SCHEMA_VERSION})")
    files = manifest["files"]
    if not isinstance(files, dict) or any(Path(name).is_absolute() or ".." in Path(name).parts for name in files):
        raise ReportError(f"{release}: its manifest lists files that are none of its own (allowed: paths in it)")
    return manifest
