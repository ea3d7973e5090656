"""What tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

SHARED = Path(__file__).resolve().parents[2] / "shared"

settings.register_profile("glean", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
settings.load_profile("glean")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if SHARED.is_dir():
        return
    skip = pytest.mark.skip(reason="the shared data is not beside this checkout")
    for item in items:
        if "shared" in item.keywords:
            item.add_marker(skip)


@pytest.fixture
def shared() -> Path:
    """The folder of the shared data."""
    return SHARED


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the bundled sample, built once; not to be changed."""
    from extract import build

    return build([], tmp_path_factory.mktemp("sample") / "2026.11").folder


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever asks the network fails."""

    def refuse(*_: object) -> None:
        raise AssertionError("asks the network")

    monkeypatch.setattr("socket.socket.connect", refuse)
