"""The bundled sample: two listing pages of invented papers, with annotations."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def sample_inputs() -> list[str]:
    """The paths of the sample's listing pages."""
    return [str(FOLDER / name) for name in ("spaced.txt", "compact.txt")]
