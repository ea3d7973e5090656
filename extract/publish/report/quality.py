"""Measured quality as the report shows it."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import Any

# the figures that a reader asks for, in their order, in words
_FIGURES = {
    "entity.all": "entities, all types",
    "entity.methods": "methods",
    "entity.tasks": "tasks",
    "entity.datasets": "datasets",
    "entity.metrics": "metrics",
    "proposed": "what the paper proposes",
    "mention.all": "mentions (exact span)",
    "speedups": "speedups",
    "results": "results",
}


def measured(quality: dict[str, Any] | None) -> dict[str, Any] | None:
    """Figures and precision by score band, ready to be shown; ``None`` where nothing was measured."""
    if not quality:
        return None
    figures = quality.get("figures", {})
    return {
        "papers": quality.get("papers"),
        "gold": quality.get("gold"),
        "command": quality.get("command"),
        "figures": [{"label": label, **figures[name]} for name, label in _FIGURES.items() if name in figures],
        "bands": [_band(band) for band in quality.get("bands", [])],
    }


def _band(band: dict[str, Any]) -> dict[str, Any]:
    low, high = wilson(band["precision"], band["n"])
    return {
        "kind": band["kind"],
        "band": f"{band['low']:.1f}–{band['high']:.1f}",
        "n": band["n"],
        "precision": band["precision"],
        "low": round(low, 4),
        "high": round(high, 4),
    }


def wilson(share: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share: it holds for a handful of rows and for shares of 0 and 1 too."""
    if n == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)
