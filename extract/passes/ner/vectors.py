"""Word vectors that take half the space on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from spacy.util import registry
from spacy.vectors import Vectors
from spacy.vocab import Vocab

HALF_VECTORS = "glean.HalfVectors.v1"


class HalfVectors(Vectors):  # type: ignore[misc]
    """spaCy's vectors, saved with 16 bits a number (IEEE 754 half precision) and used with 32."""

    def to_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> None:
        """Saves the vectors, rounded to half precision.

        Args:
            path: the folder.
            exclude: as for spaCy's vectors.
        """
        super().to_disk(path, exclude=exclude)
        table = Path(path) / "vectors"
        if table.is_file():
            half = np.load(table).astype(np.float16)
            with table.open("wb") as file:  # numpy would add a suffix to a path
                np.save(file, half)

    def from_disk(self, path: str | Path, *, exclude: Iterable[str] = ()) -> HalfVectors:
        """Loads vectors of any precision.

        Args:
            path: the folder.
            exclude: as for spaCy's vectors.
        """
        super().from_disk(path, exclude=exclude)
        self.data: np.ndarray = np.asarray(self.data, dtype=np.float32)
        return self


@registry.vectors(HALF_VECTORS)
def create_half_vectors() -> Callable[[Vocab], HalfVectors]:
    """What spaCy makes the vocabulary's vectors with, where a configuration names them."""

    def create(vocab: Vocab) -> HalfVectors:
        kwargs: dict[str, Any] = {"strings": vocab.strings}
        return HalfVectors(**kwargs)

    return create


def halved(vectors: Vectors) -> HalfVectors:
    """The same vectors, to be saved in half the space, with the rounding that a saving brings."""
    made = HalfVectors(strings=vectors.strings)
    made.from_bytes(vectors.to_bytes())
    made.data = made.data.astype(np.float16).astype(np.float32)
    return made
