"""``python -m extract.record.write``: writes the derived schemas beside ``paper.schema.json``."""

from __future__ import annotations

import json
from typing import Any

from extract.record.curated import curated_schema
from extract.record.resources import schema_folder
from extract.record.tables import TABLES, table_schema


def main() -> None:
    """Writes ``speedups.schema.json`` and the others."""
    for table in TABLES:
        if table != "papers":
            _write(table, table_schema(table))
    _write("curated", curated_schema())


def as_text(schema: dict[str, Any]) -> str:
    """A schema as its file has it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _write(name: str, schema: dict[str, Any]) -> None:
    (schema_folder() / f"{name}.schema.json").write_text(as_text(schema), encoding="utf-8")


if __name__ == "__main__":
    main()
