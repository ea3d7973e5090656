"""The answers of ``docs/queries.md``: the same with every tool, and what the page shows."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import pytest

from tests.blocks import ROOT, Block, Outcome, refreshed, run_page

PAGE = ROOT / "docs" / "queries.md"


@pytest.fixture(scope="module")
def run() -> list[tuple[Block, Outcome]]:
    return run_page(PAGE)


def rows(table: dict[str, list[Any]]) -> list[tuple[Any, ...]]:
    return list(zip(*table.values(), strict=True))


def test_all_tools_give_the_same_answer(run: list[tuple[Block, Outcome]]) -> None:
    questions = 0
    for section, pairs in groupby(run, key=lambda pair: pair[0].section):
        answers = [(b, o.table) for b, o in pairs if b.kind in ("python", "sql") and o.table]
        if not section[0].isdigit():
            continue
        questions += 1
        assert {"python", "sql"} == {block.kind for block, _ in answers}, section
        (_, first), *others = answers
        assert rows(first), section
        for block, table in others:
            where = f"{section} (line {block.line})"
            assert list(table) == list(first), where
            assert len(rows(table)) == len(rows(first)), where
            for one, other in zip(rows(first), rows(table), strict=True):
                # the tools round halves in different ways
                assert [v if isinstance(v, str) else pytest.approx(v, abs=0.0101) for v in one] == list(other), where
    assert questions == 20


def test_the_page_shows_what_comes_out(run: list[tuple[Block, Outcome]]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert refreshed(text, run) == text, "python -m tests.blocks docs/queries.md writes it anew"
    shown = [b for b, _ in run if b.output and b.section[0].isdigit()]
    assert len(shown) == 20
