"""Tables: JSON Lines, JSON lists, CSV, TSV and Parquet with a title and an abstract column."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, BinaryIO

from extract.read.base import Paper, ReadError, Reject, Source
from extract.read.text import complaint, decode
from extract.record.ids import normalize_arxiv, sha256_text
from extract.record.resources import load_toml

_COLUMNS: dict[str, list[str]] = load_toml("read/tables.toml")["columns"]
_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:)?(10\.\d{4,9}/\S+)\Z", re.IGNORECASE)
_SPLIT_NAMES = re.compile(r"\s*;\s*|\s+and\s+|\s*,\s*")

PARTS = tuple(_COLUMNS)
Columns = Mapping[str, str]
Row = Mapping[str, Any]


def guess_columns(names: list[str], chosen: Columns | None, document: str, lenient: bool = False) -> dict[str, str]:
    """Which column holds which part of a paper, e.g. ``{"title": "Name", "abstract": "Summary"}``.

    Args:
        names: the table's column names.
        chosen: what the caller says (``--columns``), which comes before any guess.
        document: the input's name, for messages.
        lenient: whether title and abstract may be missing.

    Raises:
        ReadError: a chosen column is not there, or none can be taken for the title or the abstract.
    """
    mapping = dict(chosen or {})
    if lenient:
        mapping = {part: column for part, column in mapping.items() if column in names}
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")
    for part, column in mapping.items():
        if part not in _COLUMNS:
            raise ReadError(f"{document}: --columns names the part {part!r} (allowed: {', '.join(_COLUMNS)})")
        if column not in names:
            raise ReadError(f"{document}: there is no column {column!r} (allowed: {listed})")
    folded = {name.casefold().strip(): name for name in reversed(names)}
    for part, candidates in _COLUMNS.items():
        if part not in mapping:
            found = next((folded[c] for c in candidates if c in folded), None)
            if found is not None:
                mapping[part] = found
    for part in ("title", "abstract"):
        if part not in mapping and not lenient:
            raise ReadError(
                f"{document}: no column can be taken for the {part} (there are: {listed}; "
                f"allowed: --columns {part}=NAME)"
            )
    return mapping


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else "" if value is None else str(value)


def _names(value: Any) -> tuple[str, ...]:
    """Authors or categories: a list of strings, a list of objects with a name, or one string."""
    if isinstance(value, str):
        pieces = _SPLIT_NAMES.split(value.strip())
    elif isinstance(value, list | tuple):
        pieces = [_text(v.get("name") if isinstance(v, dict) else v) for v in value]
    else:
        pieces = []
    return tuple(p for p in pieces if p)


def _published(value: Any) -> str | None:
    if isinstance(value, date):
        return value.isoformat()[:10]
    found = _DATE.match(_text(value))
    if not found:
        return None
    try:
        return date(*map(int, found.groups())).isoformat()
    except ValueError:
        return None


def to_paper(row: Row, columns: Columns, document: str, position: int, line: int | None = None) -> Paper | Reject:
    """One row as a paper, or the reason why it is none."""

    def cell(part: str) -> Any:
        return row.get(columns[part]) if part in columns else None

    raw_title, raw_abstract = cell("title"), cell("abstract")
    for part, value in (("title", raw_title), ("abstract", raw_abstract)):
        if value is not None and not isinstance(value, str):
            text = json.dumps(row, default=str, sort_keys=True)
            reason = f"the {part} is of type {type(value).__name__} (allowed: a string)"
            return Reject(document, position, reason, sha256_text(text), line)
    title, abstract = _text(raw_title), _text(raw_abstract)
    reason_or_none = complaint(title, abstract)
    if reason_or_none:
        return Reject(document, position, reason_or_none, sha256_text(title + abstract), line)
    own_id = _text(cell("id")) or None
    if own_id and len(own_id) > 256:
        reason = f"id of {len(own_id)} code points (allowed: up to 256)"
        return Reject(document, position, reason, sha256_text(title + abstract), line)
    arxiv_id = normalize_arxiv(_text(cell("arxiv_id"))) or (normalize_arxiv(own_id) if own_id else None)
    doi = _DOI.match(_text(cell("doi")))
    url = _text(cell("url"))
    return Paper(
        title=title,
        abstract=abstract,
        sources=(Source(document, position),),
        own_id=own_id,
        arxiv_id=arxiv_id,
        doi=doi.group(1) if doi else None,
        url=url if re.match(r"https?://\S+\Z", url) else None,
        published=_published(cell("published")),
        categories=_names(cell("categories")),
        authors=_names(cell("authors")),
    )


class _Guess:
    """Guesses the columns of JSON objects, once for each set of keys: later objects may have more of them."""

    def __init__(self, document: str, chosen: Columns | None) -> None:
        self.document = document
        self.chosen = chosen
        self.known: dict[tuple[str, ...], dict[str, str]] = {}
        self.seen = False  # once an object had title and abstract, one without is a bad entry, not a bad table

    def __call__(self, row: Row) -> dict[str, str]:
        keys = tuple(row)
        if keys not in self.known:
            if len(self.known) > 1000:  # objects of ever new keys must not fill the memory
                self.known.clear()
            self.known[keys] = guess_columns(list(keys), self.chosen, self.document, self.seen)
            self.seen = True
        return self.known[keys]


def _object(row: Any, guess: _Guess, document: str, position: int, line: int | None = None) -> Paper | Reject:
    """One JSON value as a paper, or the reason why it is none."""
    if not isinstance(row, dict):
        reason = f"a JSON {type(row).__name__} (allowed: an object with a title and an abstract)"
    else:
        try:
            return to_paper(row, guess(row), document, position, line)
        except ReadError as error:
            reason = str(error).removeprefix(f"{document}: ")
    return Reject(document, position, reason, sha256_text(json.dumps(row, default=str)), line)


def read_jsonl(stream: BinaryIO, document: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """JSON Lines: an object a line; a line that is none is set aside."""
    guess = _Guess(document, columns)
    position = 0
    for number, data in enumerate(stream, 1):
        if number == 1:
            data = data.removeprefix(b"\xef\xbb\xbf")
        if not data.strip():
            continue
        try:
            row = json.loads(data.decode("utf-8"))
        except UnicodeDecodeError as error:
            problem = f"byte 0x{data[error.start]:02x} is not UTF-8 (allowed: UTF-8)"
        except (ValueError, RecursionError) as error:
            what = error.msg if isinstance(error, json.JSONDecodeError) else "too deeply nested or too large"
            problem = f"not JSON: {what} (allowed: one JSON object a line)"
        else:
            yield _object(row, guess, document, position, number)
            position += 1
            continue
        yield Reject(document, position, problem, sha256_text(data.decode("utf-8", "replace")), number)
        position += 1


def read_json(stream: BinaryIO, document: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """A JSON list of objects, or one object.

    Raises:
        ReadError: the file is no JSON.
    """
    text = decode(stream.read(), document)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise ReadError(f"{document}:{error.lineno}: not JSON: {error.msg} at column {error.colno}") from None
    except (ValueError, RecursionError):
        raise ReadError(f"{document}: not JSON: too deeply nested or too large a number") from None
    guess = _Guess(document, columns)
    for position, row in enumerate(data if isinstance(data, list) else [data]):
        yield _object(row, guess, document, position)


def _read_separated(
    stream: BinaryIO, document: str, columns: Columns | None, delimiter: str
) -> Iterator[Paper | Reject]:
    text = decode(stream.read(), document)
    csv.field_size_limit(2**31 - 1)
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = next(lines, [])
        mapping = guess_columns(header, columns, document)
        position = 0
        for cells in lines:
            if not cells:
                continue
            if len(cells) == len(header):
                yield to_paper(dict(zip(header, cells, strict=True)), mapping, document, position, lines.line_num)
            else:
                problem = f"{len(cells)} columns (allowed: {len(header)}, as in the header)"
                yield Reject(document, position, problem, sha256_text(delimiter.join(cells)), lines.line_num)
            position += 1
    except csv.Error as error:
        raise ReadError(f"{document}:{lines.line_num}: {error} (allowed: quoted fields as in RFC 4180)") from None


def read_csv(stream: BinaryIO, document: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """CSV with a header line (RFC 4180)."""
    return _read_separated(stream, document, columns, ",")


def read_tsv(stream: BinaryIO, document: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """Tab-separated values with a header line."""
    return _read_separated(stream, document, columns, "\t")


def read_parquet(stream: BinaryIO, document: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """A Parquet file, read by batches."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(stream)
        mapping = guess_columns(file.schema_arrow.names, columns, document)
        position = 0
        for batch in file.iter_batches(batch_size=4096, columns=list(mapping.values())):
            for row in batch.to_pylist():
                yield to_paper(row, mapping, document, position)
                position += 1
    except (pa.ArrowException, OSError) as error:
        raise ReadError(f"{document}: not a whole Parquet file: {str(error).splitlines()[0]}") from None


READERS: dict[str, Callable[[BinaryIO, str, Columns | None], Iterator[Paper | Reject]]] = {
    "jsonl": read_jsonl,
    "json": read_json,
    "csv": read_csv,
    "tsv": read_tsv,
    "parquet": read_parquet,
}
