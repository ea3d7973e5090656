"""From the inputs that a person names to papers: opening, recognising, reading, merging."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import sys
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from extract.read import listing, tables
from extract.read.base import Document, Paper, ReadError, Reject
from extract.read.tables import Columns
from extract.record.ids import fold_title, paper_id, sha256_text

Reader = Callable[[BinaryIO, str, "Columns | None"], Iterator["Paper | Reject"]]


def _read_listing(stream: BinaryIO, name: str, _columns: Columns | None) -> Iterator[Paper | Reject]:
    return listing.read(stream.read(), name)


READERS: dict[str, Reader] = {"listing": _read_listing, **tables.READERS}
FORMATS = tuple(READERS)
_HEAD = 1 << 16


def recognise(head: bytes, name: str) -> str:
    """The form of an input by its first bytes, and by its name only where they leave it open.

    Raises:
        ReadError: it is none of the forms.
    """
    if head.startswith(b"PAR1"):
        return "parquet"
    if b"\0" in head[:4096] and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReadError(f"{name}: a binary file (allowed: {', '.join(FORMATS)}, plain or .gz, .xz, .zst)")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ReadError(f"{name}: the text is in UTF-16 or UTF-32 (allowed: UTF-8)")
    text = head.decode("utf-8-sig", "replace").lstrip()
    if listing.recognise(text):
        return "listing"
    if text.startswith("["):
        return "json"
    if text.startswith("{"):
        first = text.split("\n", 1)[0].rstrip()
        return "jsonl" if first.endswith("}") or len(text) >= _HEAD // 2 else "json"
    header = text.split("\n", 1)[0].casefold()
    if "title" in header:
        for form, delimiter in (("tsv", "\t"), ("csv", ",")):
            if delimiter in header:
                return form
    suffix = Path(name.removesuffix(".gz").removesuffix(".xz").removesuffix(".zst")).suffix[1:].casefold()
    if suffix in ("csv", "tsv"):
        return suffix
    raise ReadError(
        f"{name}: neither a saved listing page nor a table of papers (allowed: {', '.join(FORMATS)}; "
        "--format names the form where it cannot be recognised)"
    )


def _decompress(stream: BinaryIO, name: str) -> BinaryIO:
    """The stream without its compression, told by its first bytes (gzip, xz, zstd)."""
    magic = stream.read(6)
    stream.seek(0)
    if magic.startswith(b"\x1f\x8b"):
        return gzip.open(stream)  # type: ignore[return-value]
    if magic.startswith(b"\xfd7zXZ\0"):
        return lzma.open(stream)  # type: ignore[return-value]
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        import pyarrow as pa

        return pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), "zstd")  # type: ignore[no-any-return]
    return stream


def _seekable(stream: BinaryIO) -> BinaryIO:
    """The stream itself where it can go back to its start, else its bytes in memory."""
    return stream if stream.seekable() else io.BytesIO(stream.read())


@contextmanager
def _opened(source: str) -> Iterator[tuple[BinaryIO, str, str, int]]:
    """Yields ``(stream, name, sha256, size)``; the hash is of the bytes as they are stored."""
    if source == "-":
        data = sys.stdin.buffer.read()
        yield io.BytesIO(data), "stdin", hashlib.sha256(data).hexdigest(), len(data)
        return
    path = Path(source)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            size = file.tell()
            file.seek(0)
            yield file, path.name.encode("utf-8", "replace").decode(), digest, size
    except IsADirectoryError:
        raise ReadError(f"{source}: is a folder (allowed: files, or - for standard input)") from None
    except PermissionError:
        raise ReadError(f"{source}: may not be read (permission denied)") from None


def read_one(source: str, form: str | None = None, columns: Columns | None = None) -> tuple[Document, list[Paper]]:
    """Reads one input whole.

    Raises:
        FileNotFoundError: there is no such file.
        ReadError: it cannot be read.
    """
    with _opened(source) as (raw, name, digest, size):
        if size == 0:
            raise ReadError(f"{source}: the file is empty (allowed: a file with at least one paper)")
        try:
            stream = _seekable(_decompress(raw, source))
            head = stream.read(_HEAD)
            stream.seek(0)
            chosen = form or recognise(head, source)
            if chosen == "parquet" and stream is not raw:
                stream = io.BytesIO(stream.read())
            document = Document(name, digest, size, chosen)
            papers = []
            for item in READERS[chosen](stream, source, columns):
                document.entries += 1
                if isinstance(item, Paper):
                    papers.append(item)
                else:
                    document.rejects.append(replace(item, document=name))
        except (gzip.BadGzipFile, EOFError, zlib.error, lzma.LZMAError) as error:
            raise ReadError(f"{source}: the compressed data is broken or cut off ({error})") from None
        except OSError as error:
            raise ReadError(f"{source}: cannot be read ({error.strerror or error})") from None
    if not papers and not document.rejects:
        raise ReadError(f"{source}: no entry found (allowed: at least one paper)")
    papers = [p.with_sources(tuple(replace(s, document=name) for s in p.sources)) for p in papers]
    return document, papers


@dataclass(slots=True)
class Reading:
    """What was read: the papers, each once, and an account of every input."""

    papers: list[Paper] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)

    @property
    def entries(self) -> int:
        """Entries in all inputs, rejects and repeated papers included."""
        return sum(d.entries for d in self.documents)

    @property
    def rejects(self) -> list[Reject]:
        """Everything that was set aside."""
        return [r for d in self.documents for r in d.rejects]


def id_of(paper: Paper) -> str:
    """The ``paper_id`` that the record of a paper gets."""
    return paper_id(paper.title, paper.own_id, paper.arxiv_id)


def merge(papers: Iterable[Paper], documents: Sequence[Document] = ()) -> list[Paper]:
    """One paper for each ``paper_id``, with all its places, in the order of first reading.

    Of different abstracts under one title the longest is kept. The same own id with another title is another
    paper: the later one is set aside as a reject of its document.
    """
    merged: dict[str, Paper] = {}
    by_name = {d.name: d for d in documents}
    for paper in papers:
        key = id_of(paper)
        known = merged.get(key)
        if known is None:
            merged[key] = paper
        elif fold_title(known.title) == fold_title(paper.title):
            best = max(known, paper, key=lambda p: len(p.abstract))
            merged[key] = replace(
                best,
                sources=known.sources + paper.sources,
                arxiv_id=known.arxiv_id or paper.arxiv_id,
                doi=known.doi or paper.doi,
                url=known.url or paper.url,
                published=known.published or paper.published,
                categories=known.categories or paper.categories,
                authors=known.authors or paper.authors,
            )
        elif paper.sources and paper.sources[0].document in by_name:
            source = paper.sources[0]
            reason = f"the id {key} is already that of another paper"
            by_name[source.document].rejects.append(
                Reject(source.document, source.position, reason, sha256_text(paper.title + paper.abstract))
            )
    return list(merged.values())


def read_inputs(sources: Sequence[str], form: str | None = None, columns: Columns | None = None) -> Reading:
    """Reads all inputs; every paper once.

    Raises:
        FileNotFoundError: there is no such file.
        ReadError: an input cannot be read at all.
    """
    reading = Reading()
    papers: list[Paper] = []
    for source in sources:
        document, found = read_one(source, form, columns)
        reading.documents.append(document)
        papers += found
    reading.papers = merge(papers, reading.documents)
    return reading
