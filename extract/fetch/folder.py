"""The folder that answers are kept in, and what is known of them.

A file in the folder is always whole: it is written under another name in ``.glean-fetch`` and renamed. Which request it
answers, and whether it is final, stands in ``.glean-fetch/pages.jsonl``, one line for each page; a later line about the
same name wins, so that processes only ever append. A line that a power cut left unfinished costs one more request.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

HIDDEN = ".glean-fetch"
_INDEX = "pages.jsonl"
_ABANDONED = 3600.0  # seconds


@dataclass(frozen=True, slots=True)
class Page:
    """What is known of a page.

    Attributes:
        name: the file's name; a page without papers has no file.
        request: what was asked, as one line.
        fetched: when, in seconds since 1970.
        final: whether the answer will not change any more.
        entries: how many papers it holds.
        size: bytes.
        sha256: of the bytes.
        facts: what the service's module wants to know of it again.
    """

    name: str
    request: str
    fetched: float
    final: bool
    entries: int
    size: int
    sha256: str
    facts: dict[str, Any]


class Folder:
    """A folder of answers."""

    def __init__(self, path: Path) -> None:
        """Opens a folder, and makes it if it is not there.

        Raises:
            OSError: it cannot be made, read or written.
        """
        self.path = path
        self.hidden = path / HIDDEN
        self.hidden.mkdir(parents=True, exist_ok=True)
        self._pages: dict[str, Page] = {}
        self._clear()
        self._read()

    def known(self, name: str, request: str) -> Page | None:
        """What is known of a page that answers just this request and is still there as it was written."""
        page = self._pages.get(name)
        if page is None or page.request != request:
            return None
        if page.entries == 0:
            return page
        try:
            data = (self.path / name).read_bytes()
        except OSError:
            return None
        return page if hashlib.sha256(data).hexdigest() == page.sha256 else None

    def holds(self, name: str) -> int:
        """How many papers the file of this name holds, whatever it was that it answers; 0 if it is not there."""
        page = self._pages.get(name)
        return page.entries if page is not None and (self.path / name).is_file() else 0

    def keep(
        self,
        name: str,
        body: bytes,
        *,
        request: str,
        now: float,
        final: bool,
        entries: int,
        facts: Mapping[str, Any] | None = None,
    ) -> Page:
        """Writes a page; one without papers is only noted, and a file that was there before it removed.

        Args:
            name: the file's name.
            body: the answer as it came.
            request: what was asked.
            now: seconds since 1970.
            final: whether the answer will not change any more.
            entries: how many papers it holds.
            facts: what is to be known of it again; JSON.

        Raises:
            OSError: it cannot be written.
        """
        digest = hashlib.sha256(body).hexdigest()
        if entries:
            self._write(self.path / name, body)
        else:
            (self.path / name).unlink(missing_ok=True)
        page = Page(name, request, now, final, entries, len(body), digest, dict(facts or {}))
        self._note(page)
        return page

    def _clear(self) -> None:
        """Removes what killed processes left of pages; not what another may be writing just now."""
        for partial in self.hidden.glob("*.partial"):
            with suppress(OSError):
                if time.time() - partial.stat().st_mtime > _ABANDONED:
                    partial.unlink()

    def _write(self, path: Path, body: bytes) -> None:
        partial = self.hidden / f"{path.name}.{secrets.token_hex(4)}.partial"
        try:
            with partial.open("wb") as file:
                file.write(body)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def _note(self, page: Page) -> None:
        line = json.dumps(asdict(page), ensure_ascii=False, sort_keys=True)
        with (self.hidden / _INDEX).open("ab") as file:
            # begins with a line break: what an unfinished line before it says is lost, not this
            file.write(f"\n{line}\n".encode())
        self._pages[page.name] = page

    def _read(self) -> None:
        """Reads the index; lines that are none of ours are passed over."""
        try:
            lines = (self.hidden / _INDEX).read_bytes().splitlines()
        except FileNotFoundError:
            return
        for line in lines:
            page = _page(line)
            if page is not None:
                self._pages[page.name] = page


def _page(line: bytes) -> Page | None:
    """A line of the index, if it is whole."""
    try:
        page = Page(**json.loads(line))
    except (ValueError, TypeError, RecursionError):
        return None
    good = (
        isinstance(page.name, str)
        and isinstance(page.request, str)
        and isinstance(page.fetched, int | float)
        and isinstance(page.final, bool)
        and isinstance(page.entries, int)
        and isinstance(page.facts, dict)
    )
    return page if good else None
