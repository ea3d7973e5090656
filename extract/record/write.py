"""``python -m extract.record.write``: writes the derived schemas beside ``paper.schema.json``."""

from __future__ import annotations

import json

from extract.record.resources import schema_folder
from extract.record.tables import TABLES, table_schema


def main() -> None:
    """Writes ``speedups.schema.json`` and the others."""
    for table in TABLES:
        if table != "papers":
            text = json.dumps(table_schema(table), indent=2, ensure_ascii=False)
            (schema_folder() / f"{table}.schema.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
