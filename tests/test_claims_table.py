"""The invented sentences of ``data/claims.toml`` and the rows they must give."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from extract.passes.rules.claims.model import Claim
from extract.passes.rules.claims.rows import find_claims
from extract.prepare import blank, make_doc
from extract.record.surface import fold

CASES = tomllib.loads(Path(__file__).with_name("data").joinpath("claims.toml").read_text(encoding="utf-8"))["cases"]
NLP = blank()


def values(text: str) -> tuple[float, float | None]:
    low, _, high = text.partition("..")
    return float(low), float(high) if high else None


def check(claim: Claim, line: str) -> None:
    kind, value, form, *rest = (part.strip() for part in line.split("|"))
    assert claim.kind == kind
    assert (claim.value, claim.value_high) == pytest.approx(values(value))
    assert claim.form == form
    if kind == "speedup":
        wanted = dict(zip(("quantity", "phase", "bound", "baseline"), rest, strict=False))
        assert claim.quantity == wanted["quantity"]
        assert wanted.get("phase", "*") in ("*", claim.phase)
        assert wanted.get("bound", "*") in ("*", claim.bound)
    else:
        wanted = dict(zip(("unit", "metric", "baseline"), rest, strict=False))
        assert wanted.get("unit", "*") in ("*", claim.unit)
        if wanted.get("metric", "*") != "*":
            assert claim.metric is not None
            found, metric = fold(claim.metric), fold(wanted["metric"])
            assert found in metric or metric in found
    if wanted.get("baseline", "*") != "*":
        assert (claim.baseline or "-") == wanted["baseline"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[0][:60])
def test_sentence(case: list[str]) -> None:
    text, *lines = case
    doc = make_doc(NLP, "FlashTree: Fast and Accurate Models", text)
    claims = find_claims(doc)
    assert len(claims) == len(lines), claims
    for claim, line in zip(claims, lines, strict=True):
        check(claim, line)
        evidence = doc.text[claim.start : claim.end]
        assert evidence
        assert evidence in text
