"""Records of an earlier release that need not be extracted again: same text, and extracted by the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from extract.publish.place import MANIFEST, PublishError, is_release
from extract.record.model import Record
from extract.run.code import extraction_hash

_BATCH = 1_000


class OldRelease:
    """The records of an earlier release, asked for in the order of their ids.

    Attributes:
        differs: why none of them can be used, or ``None``.

    Raises:
        PublishError: there is no release in the folder, or it cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        if not is_release(folder):
            raise PublishError(f"{folder}: there is no release to update (allowed: a folder that glean build has made)")
        manifest = json.loads((folder / MANIFEST).read_bytes())
        self._folder = folder
        self.differs: str | None = None
        if manifest.get("extraction_sha256") != extraction_hash():
            self.differs = f"{folder} was extracted by other code, another model or other libraries"
        # what a hand has corrected is extracted anew, and corrected anew if the entry is still there
        self._by_hand = {d["name"] for d in manifest.get("inputs", ()) if d["format"] == "curated"}
        self._rows = iter(()) if self.differs else self._read()
        self._next: Record | None = next(self._rows, None)

    def between(self, first: str, last: str) -> dict[str, Record]:
        """The usable records with ids from ``first`` to ``last``, both included; no id is asked for twice."""
        found = {}
        while self._next is not None and self._next["paper_id"] <= last:
            if self._next["paper_id"] >= first:
                found[self._next["paper_id"]] = self._next
            self._next = next(self._rows, None)
        return found

    def _read(self) -> Iterator[Record]:
        try:
            for path in sorted(self._folder.glob("papers/*.parquet")):
                with pq.ParquetFile(path, pre_buffer=False) as file:
                    for batch in file.iter_batches(batch_size=_BATCH):
                        for row in batch.to_pylist():
                            if all(source["document"] not in self._by_hand for source in row["sources"]):
                                yield Record(row)
        except (OSError, pa.ArrowException) as error:
            what = str(error).splitlines()[0]
            raise PublishError(f"{self._folder}: the papers cannot be read ({what})") from error
