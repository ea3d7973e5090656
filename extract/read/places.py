"""From what a person names to the inputs that are meant: files, folders, patterns, archives, standard input."""

from __future__ import annotations

import glob
import gzip
import hashlib
import lzma
import os
import shutil
import stat
import sys
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from extract.read.base import Document, ReadError, Reject
from extract.read.forms import hub
from extract.read.packed import TooLargeError, bounded, decompressed, most, plain

HUB = "hf://"
BROKEN = (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)
# what else reading an archive or a compressed file raises: kinds of compression that are not known, senseless numbers
UNREADABLE = (*BROKEN, OSError, ValueError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Place:
    """An input: where it is, and how messages and records call it.

    ``named`` says that a person named this very input; one that was found in a folder and cannot be read is set aside
    instead of ending the reading.
    """

    where: str
    name: str
    named: bool = True
    dataset: bool = False


def find(inputs: Sequence[str], form: str | None = None) -> list[Place]:
    """The inputs that are meant, in order, each once.

    A folder means all files under it, sorted; hidden ones, pipes and devices are left out. One that holds a Hugging
    Face dataset (or any with ``form="hf"``) is one input. Links to files are followed, links to folders are not. What
    is there and cannot be looked at (a folder that may not be read, a link that leads nowhere) is an input as well,
    so that it is set aside and not passed over.

    Raises:
        FileNotFoundError: there is no such file or folder.
        ReadError: a folder is empty, a pattern fits nothing, or a name cannot be that of a file.
    """
    found: dict[str, Place] = {}
    for text in inputs:
        try:
            for place in _places(text, form):
                known = found.setdefault(_identity(place), place)
                if place.named and not known.named:
                    found[_identity(place)] = replace(known, named=True)
        except FileNotFoundError:
            raise
        except (OSError, RuntimeError, ValueError) as error:  # a name too long, a link that leads to itself, NUL
            raise ReadError(f"{text}: {getattr(error, 'strerror', None) or error}") from None
    return _distinct(list(found.values()))


def _identity(place: Place) -> str:
    return place.where if place.where == "-" or place.where.startswith(HUB) else os.path.realpath(place.where)


def _places(text: str, form: str | None) -> Iterator[Place]:
    if text == "-":
        yield Place("-", "stdin")
    elif text.startswith(HUB):
        yield Place(text, text, dataset=True)
    elif (path := Path(text)).is_dir():
        if form == hub.NAME or hub.is_dataset(path):
            yield Place(text, path.resolve().name, dataset=True)
            return
        files = _files(path)
        if not files:
            raise ReadError(f"{text}: no file in the folder (allowed: a folder with inputs)")
        for file in files:
            yield Place(str(file), _said(file.relative_to(path).as_posix()), named=False)
    elif not path.exists() and glob.has_magic(text):
        matches = sorted(glob.glob(text, recursive=True))  # noqa: PTH207  (a Path takes no absolute patterns)
        if not matches:
            raise ReadError(f"{text}: no file fits the pattern")
        for match in matches:
            yield from _places(match, form)
    elif form == hub.NAME:
        yield Place(text, _said(path.name), dataset=True)
    else:
        path.stat()
        yield Place(text, _said(path.name))


def _files(folder: Path) -> list[Path]:
    """All files under a folder, and what cannot be looked at; hidden ones left out."""
    found: list[Path] = []

    def keep(error: OSError) -> None:
        found.append(Path(error.filename))

    for home, _, names in os.walk(folder, onerror=keep):
        found += [path for name in names if _is_input(path := Path(home, name))]
    return sorted(path for path in found if path != folder and not _hidden(path.relative_to(folder)))


def _is_input(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:  # a link that leads nowhere, a folder that may not be entered
        return True


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _said(name: str) -> str:
    """A file name as text, whatever bytes it has."""
    return name.encode("utf-8", "replace").decode()


def _distinct(places: list[Place]) -> list[Place]:
    """Longer names, by the folders above, for places that would be called the same."""
    for depth in range(2, 12):
        counts: dict[str, int] = {}
        for place in places:
            counts[place.name] = counts.get(place.name, 0) + 1
        if all(n == 1 for n in counts.values()):
            break
        for i, place in enumerate(places):
            if counts[place.name] > 1 and place.where != "-" and not place.where.startswith(HUB):
                parts = Path(place.where).resolve().parts[-depth:]
                places[i] = Place(place.where, _said("/".join(parts)), place.named, place.dataset)
    return places


@dataclass(slots=True)
class Opened:
    """The bytes of an input without compression; hash and size are of the bytes as they are stored.

    ``broken`` says why it ends before its end, for a member of an archive that does.
    """

    stream: BinaryIO
    name: str
    sha256: str
    size: int
    broken: str = ""


@contextmanager
def opened(place: Place) -> Iterator[Iterator[Opened | Reject | Document]]:
    """The file, or, of an archive (zip, tar), first itself, then its files; a reject for a member that is none.

    Nothing is unpacked to a place that an archive names: members are read, links and names that lead out of the archive
    are refused.

    Raises:
        FileNotFoundError: a person named this file, and there is none.
        ReadError: it cannot be opened.
    """
    with _bytes(place) as file:
        yield _contents(file, place)


def _bytes(place: Place) -> BinaryIO:
    """The bytes as they are stored; standard input and pipes are copied to disk, as they cannot be read twice."""
    try:
        if place.where == "-":
            if sys.stdin is None:
                raise ReadError("-: standard input is closed")
            return _copied(sys.stdin.buffer)
        file = Path(place.where).open("rb")  # noqa: SIM115
        if file.seekable():
            return file
        with file:
            return _copied(file)
    except PermissionError:
        raise ReadError(f"{place.where}: may not be read (permission denied)") from None
    except OSError as error:
        if place.named and isinstance(error, FileNotFoundError):
            raise
        raise ReadError(f"{place.where}: cannot be read ({error.strerror or error})") from None


def _copied(stream: BinaryIO) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115
    shutil.copyfileobj(stream, file)
    return plain(file)


def _contents(file: BinaryIO, place: Place) -> Iterator[Opened | Reject | Document]:
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    size = file.tell()
    file.seek(0)
    if size == 0:
        raise ReadError(f"{place.where}: the file is empty (allowed: a file with at least one paper)")
    stream = decompressed(file, size)
    try:
        head = stream.read(512)
        stream.seek(0)
    except UNREADABLE:  # who reads it from the start will tell
        head, stream = b"", decompressed(file, size)
    unpack = _zip if head.startswith((b"PK\x03\x04", b"PK\x05\x06")) else _tar if head[257:262] == b"ustar" else None
    if unpack is None:
        yield Opened(stream, place.name, digest, size)
    else:
        yield Document(place.name, digest, size, "archive")
        yield from unpack(stream, place)


def _outside(name: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    return path.is_absolute() or ".." in path.parts or ":" in path.parts[0] if path.parts else True


def _member(stream: BinaryIO, place: Place, name: str) -> Iterator[Opened]:
    """A member of an archive, in a file without a name, so that it can be read twice; up to where it breaks off."""
    broken = ""
    with tempfile.TemporaryFile() as file:
        try:
            shutil.copyfileobj(stream, file, 1 << 14)
        except TooLargeError as error:
            broken = str(error)
        except UNREADABLE as error:
            broken = f"the archive is broken or cut off ({one_line(error)})"
        size = file.tell()
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
        file.seek(0)
        yield Opened(decompressed(plain(file), size), f"{place.name}/{_said(name)}", digest, size, broken)


def one_line(error: object) -> str:
    """The first line of what an error says."""
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def _refused(place: Place, number: int, why: str) -> Reject:
    return Reject(place.name, number, f"{why} in the archive (allowed: plain files)", hashlib.sha256(b"").hexdigest())


def _zip(stream: BinaryIO, place: Place) -> Iterator[Opened | Reject]:
    left = most(stream.seek(0, 2))
    with zipfile.ZipFile(stream) as archive:
        members = [m for m in archive.infolist() if not m.filename.endswith("/")]  # is_dir() fails on an empty name
        for number, member in enumerate(members):
            if _outside(member.filename):
                yield _refused(place, number, "a name that leads out of it")
            elif member.external_attr >> 28 == 0xA:
                yield _refused(place, number, "a link")
            elif member.flag_bits & 1:
                yield _refused(place, number, "an encrypted file")
            elif not _hidden(Path(member.filename)) and "__MACOSX" not in member.filename:
                try:
                    file = archive.open(member)
                except UNREADABLE as error:
                    yield _refused(place, number, f"a file that cannot be unpacked ({one_line(error)})")
                    continue
                with file:
                    for found in _member(bounded(plain(file), left), place, member.filename):
                        left -= found.size
                        yield found


def _tar(stream: BinaryIO, place: Place) -> Iterator[Opened | Reject]:
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        for number, member in enumerate(archive):
            archive.members.clear()  # type: ignore[attr-defined]  # it would keep them all
            if member.isdir():
                continue
            if _outside(member.name):
                yield _refused(place, number, "a name that leads out of it")
            elif not member.isfile():
                yield _refused(place, number, "a link or a device")
            elif not _hidden(Path(member.name)) and (file := archive.extractfile(member)):
                for found in _member(plain(file), place, member.name):
                    yield found
                    if found.broken:
                        return
        # the library takes a header that is broken or cut off for the end
        stream.seek(archive.offset)  # type: ignore[attr-defined]
        if stream.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
            raise tarfile.ReadError("no end of the archive")
