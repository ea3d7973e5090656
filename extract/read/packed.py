"""Compressed bytes as a stream that unpacks to no more than it may: what a disk or a person's time cannot take."""

from __future__ import annotations

import gzip
import io
import lzma
from typing import BinaryIO

MAX_UNPACKED = 1 << 28  # bytes that any input may unpack to; a larger one may unpack to
MAX_RATIO = 200  # times its size: text is packed to a third or a tenth, and what is beyond this was made to fill a disk


class TooLargeError(OSError):
    """An input unpacks to more than it may; the message is one line."""


def plain(file: object) -> BinaryIO:
    """A stream as the type that readers take."""
    return file  # type: ignore[return-value]


def decompressed(file: BinaryIO, size: int) -> BinaryIO:
    """The stream without its compression, told by its first bytes (gzip, xz, zstd); seekable.

    Args:
        file: the bytes as they are stored.
        size: how many they are; what unpacks to far more ends with ``TooLargeError``.
    """
    file.seek(0)
    magic = file.read(6)
    file.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        stream = plain(gzip.GzipFile(fileobj=file))
    elif magic.startswith(b"\xfd7zXZ\0"):
        stream = plain(lzma.LZMAFile(file))  # noqa: SIM115
    elif magic.startswith(b"\x28\xb5\x2f\xfd"):
        stream = plain(_Zstd(file))
    else:
        return file
    return io.BufferedReader(_Bounded(stream, most(size)), 1 << 18)


def most(size: int) -> int:
    """How many bytes an input of a size may unpack to."""
    return max(MAX_UNPACKED, MAX_RATIO * size)


def bounded(stream: BinaryIO, limit: int) -> BinaryIO:
    """The stream, which raises ``TooLargeError`` where it goes on after ``limit`` bytes."""
    return plain(_Bounded(stream, limit))


class _Bounded(io.RawIOBase):
    """A stream that gives no more than a number of bytes."""

    def __init__(self, stream: BinaryIO, limit: int) -> None:
        self._stream = stream
        self._limit = limit
        # what comes before a break is to be read: not to be lost with the rest of a larger piece
        self._read = getattr(stream, "read1", stream.read)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 2:  # on the way to the end, the limit holds as well
            while self.read(1 << 20):
                pass
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def readinto(self, buffer: object) -> int:
        data = self._read(len(memoryview(buffer)))  # type: ignore[arg-type]
        if self._stream.tell() > self._limit:
            raise TooLargeError(f"it unpacks to more than {self._limit:,} bytes (allowed: no more, for its size)")
        memoryview(buffer)[: len(data)] = data  # type: ignore[arg-type]
        return len(data)


class _Zstd(io.RawIOBase):
    """zstd by pyarrow, which tells a stream that is cut off; seekable to its start."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._at = 0
        self._start()

    def _start(self) -> None:
        import pyarrow as pa

        self._file.seek(0)
        # pyarrow closes what it is given when it is collected: the file is not its own
        self._stream = pa.CompressedInputStream(pa.PythonFile(_Open(self._file), mode="r"), "zstd")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        target = offset + self._at if whence == 1 else offset
        if whence == 2:
            while self.read(1 << 20):
                pass
            target = self._at + offset
        if target < self._at:
            self._start()
            self._at = 0
        while self._at < target and self.read(min(1 << 20, target - self._at)):
            pass
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


class _Open(io.RawIOBase):
    """A file that another keeps open."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)
