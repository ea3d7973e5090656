"""Where packaged data stands: vocabularies in the package, schemas beside it or in it."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent.parent


@cache
def load_toml(name: str) -> dict[str, Any]:
    """A vocabulary of the package by its path in it (``prepare/lexicon.toml``)."""
    with (PACKAGE / name).open("rb") as file:
        return tomllib.load(file)


def schema_folder() -> Path:
    """The folder of the JSON Schemas: in an installed package, or at the top of a checkout."""
    for folder in (PACKAGE / "schema", PACKAGE.parent / "schema"):
        if (folder / "paper.schema.json").is_file():
            return folder
    raise FileNotFoundError("schema/paper.schema.json is not part of this installation")


@cache
def load_schema(name: str = "paper") -> dict[str, Any]:
    """A JSON Schema by its short name (``paper`` for ``paper.schema.json``)."""
    path = schema_folder() / f"{name}.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema
