"""What extracts, as one hash: the same hash, the same records from the same text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from pathlib import Path

from extract.record.resources import PACKAGE, schema_folder

# what makes a record of a paper; reading and publishing do not change what is found in a text
_EXTRACTING = ("__init__.py", "record", "prepare", "passes", "assemble", "validate", "run/extraction.py")
# libraries whose arithmetic or tokens a record depends on
_LIBRARIES = ("spacy", "thinc", "numpy", "py3langid")


@cache
def extraction_hash() -> str:
    """The SHA-256 over code, data and schemas of the stations that extract, the trained model, and their libraries."""
    return _hash(PACKAGE / name for name in _EXTRACTING)


@cache
def build_hash() -> str:
    """As :func:`extraction_hash`, over all of the package: what a build that was cut off can be resumed by."""
    return _hash([PACKAGE])


def _hash(places: Iterable[Path]) -> str:
    schemas = schema_folder()  # in the package or beside it
    files = {path.relative_to(PACKAGE).as_posix(): path for path in _files(places) if schemas not in path.parents}
    files |= {f"schema/{path.relative_to(schemas).as_posix()}": path for path in _files([schemas])}
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        with path.open("rb") as file:
            digest.update(f"{name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    for library in _LIBRARIES:
        digest.update(f"{library} {version(library)}\n".encode())
    return digest.hexdigest()


def _files(places: Iterable[Path]) -> list[Path]:
    found = [path for place in places for path in ([place] if place.is_file() else place.rglob("*"))]
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]
