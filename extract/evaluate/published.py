"""The measured quality that is published with releases: written by ``glean evaluate --publish``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

PUBLISHED = Path(__file__).resolve().parent / "quality.json"


def published_quality() -> dict[str, Any] | None:
    """The figures of the last published evaluation of this version's model and rules, or ``None``."""
    if not PUBLISHED.is_file():
        return None
    quality: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return quality


def publish_quality(quality: dict[str, Any], path: Path = PUBLISHED) -> None:
    """Writes figures where :func:`published_quality` and the documentation read them."""
    path.write_text(json.dumps(quality, indent=1, sort_keys=True) + "\n", encoding="utf-8")
