"""The readers on what fuzzing began from, on what it found, and on bytes at random: no fuzzer is needed here."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import pipeline
from tests.fuzz.checks import NAMES, check
from tests.fuzz.seeds import SEEDS, TOKENS

CASES = Path(__file__).parent / "fuzz" / "cases"
FOUND = sorted(path for path in CASES.glob("*/*") if path.is_file() and path.parent.name not in pipeline.NAMES)
RANDOM = st.binary(max_size=200) | st.lists(st.sampled_from(TOKENS) | st.binary(max_size=6), max_size=24).map(b"".join)


def test_cases_belong_to_forms() -> None:
    assert FOUND
    assert {path.name for path in CASES.iterdir()} <= {*NAMES, *pipeline.NAMES}  # of the pipeline: test_hostile.py


@pytest.mark.parametrize("form", NAMES)
def test_seeds(form: str) -> None:
    assert SEEDS[form]
    for data in SEEDS[form]:
        check(form, data)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_found_cases(path: Path) -> None:
    check(path.parent.name, path.read_bytes())


@pytest.mark.parametrize("form", NAMES)
def test_random_bytes(form: str) -> None:
    @settings(max_examples=200, database=None)
    @given(RANDOM)
    def run(data: bytes) -> None:
        check(form, data)

    run()
