"""One request at a time, and time between them: for all processes of this user on this machine.

The services' rules hold for a client, not for a process, so the time of the next request stands in a file that is
locked while one asks. The system drops a lock with its process.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

LONGEST_WAIT = 600.0  # seconds; a service that asks for more is not waited for


@dataclass(frozen=True, slots=True)
class Clock:
    """The time; tests have one of their own.

    Attributes:
        now: seconds since 1970, UTC.
        sleep: waits for so many seconds.
    """

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class Pace:
    """When the next request to a service may begin."""

    def __init__(self, host: str, interval: float, clock: Clock, fallback: Path) -> None:
        """A pace for a service.

        Args:
            host: the service's name and port.
            interval: seconds between the end of a request and the start of the next.
            clock: the time.
            fallback: a folder for the lock where the user's cache folder cannot be written.

        Raises:
            OSError: neither of the folders can be written.
        """
        self._interval = interval
        self._clock = clock
        self._path = _folder(fallback) / f"{re.sub(r'[^a-z0-9.]+', '-', host.casefold())}.next"
        self._lock = FileLock(self._path.with_suffix(".lock"))

    @contextmanager
    def turn(self, told: Callable[[str], None]) -> Iterator[None]:
        """Waits for its turn; no other process asks until the block ends.

        Args:
            told: called with one line before a wait that people would wonder about.
        """
        with self._lock:
            wait = max(0.0, self._next() - self._clock.now())
            if wait > self._interval + 2.0:
                told(f"waiting for {wait:.0f} s, as the service asked")
            self._clock.sleep(wait)
            try:
                yield
            finally:
                self._write(max(self._next(), self._clock.now() + self._interval))

    def hold(self, seconds: float) -> None:
        """Lets nobody ask for so many seconds, because the service said so; to be called in a turn."""
        self._write(self._clock.now() + min(seconds, LONGEST_WAIT))

    def _next(self) -> float:
        try:
            known = float(self._path.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return 0.0
        # a clock that was set back, or a broken file, must not stop everything for long
        return min(known, self._clock.now() + LONGEST_WAIT)

    def _write(self, moment: float) -> None:
        with suppress(OSError):  # a full disk is told when the page is written
            self._path.write_text(f"{moment:.3f}", encoding="ascii")


def _folder(fallback: Path) -> Path:
    """The folder of the locks: of this user where it can be written, else in the folder of the fetch."""
    with suppress(OSError, RuntimeError):  # a user without a home, a home that may not be written
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "glean" / "fetch"
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    fallback.mkdir(parents=True, exist_ok=True)
    return fallback
