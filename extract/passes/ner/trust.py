"""Whether a model is the one that was made: the SHA-256 of its folder, written down beside it.

The hash is that of ``sha256sum`` over all files of the folder, so that anybody can make it again::

    find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum

It tells a model that was damaged, half replaced or edited. Whoever can write the package can write the hash as well:
against that stands where the package comes from.
"""

from __future__ import annotations

import hashlib
from pathlib import Path


def digest(folder: Path) -> str:
    """The SHA-256 of a model's folder: 64 hexadecimal digits.

    Raises:
        OSError: a file cannot be read.
    """
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    total = hashlib.sha256()
    for name in names:
        with (folder / name).open("rb") as file:
            total.update(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  ./{name}\n".encode())
    return total.hexdigest()


def seal(folder: Path) -> str:
    """Writes the hash of a model beside its folder; to be called whenever the model is written. Returns the hash.

    Raises:
        OSError: a file cannot be read, or the hash not be written.
    """
    found = digest(folder)
    _place(folder).write_text(found + "\n", encoding="ascii")
    return found


def sealed(folder: Path) -> str | None:
    """The hash that stands beside a model's folder; ``None`` if there is none."""
    try:
        return _place(folder).read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        return None


def _place(folder: Path) -> Path:
    return folder.with_name(folder.name + ".sha256")
