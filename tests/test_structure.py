"""The data flows one way: a station imports from the ones before it or from the record model."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "extract"
ORDER = ["record", "fetch", "read", "prepare", "passes", "assemble", "validate", "curate", "publish", "run"]


def imported(path: Path) -> set[str]:
    """The stations that a module imports from."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        found |= {name.split(".")[1] for name in names if name.startswith("extract.")}
    return found & set(ORDER)


@pytest.mark.parametrize("station", ORDER)
def test_no_station_imports_from_a_later_one(station: str) -> None:
    allowed = set(ORDER[: ORDER.index(station) + 1])
    for path in (PACKAGE / station).rglob("*.py"):
        assert imported(path) <= allowed, path


def test_nothing_is_unpickled() -> None:
    for path in PACKAGE.rglob("*.py"):
        assert "pickle" not in path.read_text(encoding="utf-8"), path
