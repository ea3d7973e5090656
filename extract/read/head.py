"""The first bytes of an input, as those see them who tell its form."""

from __future__ import annotations

import codecs
import json
import re
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from extract.record.resources import load_toml

SIZE = 1 << 16
_DECODER = json.JSONDecoder()
_COLUMNS = load_toml("read/columns.toml")
_NAMES = "|".join(_COLUMNS["wrappers"])
_ABSTRACT = "|".join(_COLUMNS["columns"]["abstract"])
# {"count": 2, "notes": [ and not a paper with such a list, {"abstract": "...", "results": [
WRAPPER = re.compile(
    rf'\s*\{{(?:\s*"(?!(?:{_ABSTRACT})")\w+"\s*:\s*(?:"[^"\\]*"|-?[\d.]+|null|true|false)\s*,)*\s*"({_NAMES})"\s*:\s*\[(?=\s*[\{{\]])'
)
_COMPRESSED = (".gz", ".xz", ".zst", ".zstd")


class Head:
    """The first ``SIZE`` bytes of an input (or all of a shorter one) and its name.

    Attributes:
        data: the bytes.
        text: the same as text, without byte order mark and leading blanks; what is not UTF-8 is U+FFFD.
        suffix: the file name's ending without a dot and without that of a compression, ``"bib"`` for ``x.bib.gz``.
    """

    def __init__(self, data: bytes, name: str = "") -> None:
        self.data = data
        self.text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "replace").lstrip()
        path = PurePosixPath(name.casefold())
        self.suffix = (path.with_suffix("") if path.suffix in _COMPRESSED else path).suffix[1:]

    @cached_property
    def json(self) -> str:
        """``"list"``, ``"lines"``, ``"object"``, or ``""`` where it is no JSON.

        JSON Lines with a broken line among the first are still lines (where the first is no object at all, the file's
        name has to say so); an object that goes on over several lines is one.
        """
        named = self.suffix in ("jsonl", "ndjson")
        if not named and self.text.startswith("["):
            return "list"
        if not named and not self.text.startswith("{"):
            return ""
        if WRAPPER.match(self.text):
            return "object"
        lines = [line for line in self.text.split("\n") if line.strip()]
        whole = len(self.data) < SIZE
        complete = [self._is_object(line) for line in (lines if whole else lines[:-1])]
        if any(complete):
            return "lines" if len(complete) > 1 or not whole or named else "object"
        if not self.text.startswith("{"):
            return "list" if self.text.startswith("[") else ""
        return "object" if whole or len(lines) > 1 else "lines"

    @staticmethod
    def _is_object(line: str) -> bool:
        try:
            return isinstance(json.loads(line), dict)
        except (ValueError, RecursionError):
            return False

    @cached_property
    def wrapper(self) -> str | None:
        """The property that holds the list of entries where they are wrapped in an object (``{"notes": [...]}``)."""
        found = WRAPPER.match(self.text)
        return found.group(1) if found else None

    @cached_property
    def first(self) -> dict[str, Any]:
        """The first entry of a JSON input: of a list, of lines, of a wrapper, or the object; empty if there is none."""
        text = self.text
        if wrapped := WRAPPER.match(text):
            text = text[wrapped.end() :]
        pieces = text.split("\n") if self.json == "lines" else [text.removeprefix("[").lstrip()]
        for piece in pieces:
            try:
                value, _ = _DECODER.raw_decode(piece.lstrip())
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict):
                return value
        return {}
