"""Bytes to text, and the limits on a paper's text."""

from __future__ import annotations

import codecs

from extract.read.base import ReadError

MAX_TITLE = 5_000
MAX_ABSTRACT = 100_000

_BOMS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def decode(data: bytes, name: str) -> str:
    """The text of a UTF-8 file, with or without byte order mark; line ends become ``\\n``.

    Raises:
        ReadError: the file is empty, binary or in another encoding.
    """
    if not data.removeprefix(codecs.BOM_UTF8).strip():
        raise ReadError(f"{name}: the file is empty (allowed: a file with at least one paper)")
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            raise ReadError(f"{name}: the text is in {encoding} (allowed: UTF-8)")
    if b"\0" in data:
        raise ReadError(f"{name}: byte {data.index(0)} is NUL, so this is no text file (allowed: UTF-8 text)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ReadError(
            f"{name}:{line}: byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8 (allowed: UTF-8)"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


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
    if any("\ud800" <= c <= "\udfff" for c in title + abstract):
        return "lone surrogate in the text (allowed: Unicode scalar values)"
    return None
