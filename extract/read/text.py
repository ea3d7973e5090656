"""Bytes to text, and the limits on a paper's text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from extract.read.base import ReadError

MAX_TITLE = 5_000
MAX_ABSTRACT = 100_000
MAX_LINE = 1 << 26  # bytes of one entry: more is no paper, and must not fill the memory

_BOMS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
_SURROGATE = re.compile("[\ud800-\udfff]")
_CHUNK = 1 << 20


def check_encoding(head: bytes, name: str) -> None:
    """Refuses what is text of another encoding, or no text, from its first bytes.

    Raises:
        ReadError: it is in UTF-16 or UTF-32, or has NUL bytes in its first line.
    """
    for bom, encoding in _BOMS.items():
        if head.startswith(bom):
            raise ReadError(f"{name}: the text is in {encoding} (allowed: UTF-8)")
    first = head[:4096].split(b"\n", 1)[0]
    if b"\0" in first:
        raise ReadError(f"{name}: byte {first.index(0)} is NUL, so this is no text file (allowed: UTF-8 text)")


def decode(data: bytes, name: str) -> str:
    """The text of a UTF-8 file, with or without byte order mark; line ends become ``\\n``.

    Bytes that are not UTF-8 become lone surrogates (PEP 383), so that only the entries with them are set aside.

    Raises:
        ReadError: the file is empty, binary or in another encoding.
    """
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise ReadError(f"{name}: the file is empty (allowed: a file with at least one paper)")
    check_encoding(data, name)
    text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Yields ``(number from 1, line)`` of a stream, without byte order mark; ``None`` for a line over ``MAX_LINE``."""
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        if number == 1:
            line = line.removeprefix(codecs.BOM_UTF8)
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(_CHUNK)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line


def complaint(title: str, abstract: str) -> str | None:
    """Why a title and an abstract cannot be taken, in a few words, or ``None`` where they can."""
    if not title:
        return "no title"
    if not abstract:
        return "title without an abstract"
    if len(title) > MAX_TITLE:
        return f"title of {len(title):,} code points (allowed: up to {MAX_TITLE:,})"
    if len(abstract) > MAX_ABSTRACT:
        return f"abstract of {len(abstract):,} code points (allowed: up to {MAX_ABSTRACT:,})"
    for text in (title, abstract):
        if not text.isascii() and (found := _SURROGATE.search(text)):
            code = ord(found.group())
            if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8, see decode()
                return f"byte 0x{code - 0xDC00:02x} is not UTF-8 (allowed: UTF-8)"
            return "lone surrogate in the text (allowed: Unicode scalar values)"
    return None
