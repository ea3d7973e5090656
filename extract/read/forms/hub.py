"""Datasets of the Hugging Face Hub, and dataset folders on this machine, read by batches with ``datasets``.

A location is one of

- ``hf://owner/name[@revision][/config][:split]``: a dataset of the Hub, streamed; nothing of its data is kept here;
- a folder with the files of a dataset repository, or one that ``save_to_disk`` wrote; where it is named to this reader,
  ``folder[/config][:split]`` too.

Only Parquet, JSON, CSV, Arrow and text files are read, and only those of the dataset itself: no code of it is run, and
no Python objects are loaded.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from extract.read.base import Columns, Paper, ReadError, Reject
from extract.read.columns import guess_columns, to_paper

NAME = "hf"
TRUST = 5

SCHEME = "hf://"
_HUB = re.compile(
    r"hf://(?:datasets/)?(?P<repo>[\w.-]+/[\w.-]+)(?:@(?P<revision>refs/\w+/[\w.-]+|[^/:@\s]+))?"
    r"(?:/(?P<config>[^/:@\s]+))?(?::(?P<split>\w+(?:\.\w+)*))?\Z"
)
_SPLIT = re.compile(r"(.+):(\w+(?:\.\w+)*)\Z", re.DOTALL)
_FRONT = re.compile(r"\A---[ \t]*\r?\n.*?^(?:configs|dataset_info)[ \t]*:.*?^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_ALLOWED = "hf://owner/name[@revision][/config][:split], or the folder of a dataset"
_MODULES = ("parquet", "json", "csv", "arrow", "text")
_BATCH = 1024  # rows that are Python objects at once
_TIMEOUT = 15.0  # seconds that the Hub has to say which commit a dataset is at
_RETRIES = {
    "STREAMING_READ_MAX_RETRIES": 3,
    "STREAMING_READ_RETRY_INTERVAL": 1,
    "STREAMING_READ_SERVER_UNAVAILABLE_RETRY_INTERVAL": 2,
    "STREAMING_READ_RATE_LIMIT_RETRY_INTERVAL": 5,
    "STREAMING_OPEN_MAX_RETRIES": 3,
    "STREAMING_OPEN_RETRY_INTERVAL": 1,
}

_Needed = Callable[[list[str]], list[str]]  # of the names of columns those that are read
_Tables = Callable[[_Needed], Iterator[Any]]

# the commits that fingerprints were taken of and that have not been read yet: what is read is what was hashed
_PINNED: dict[str, str] = {}


@dataclass(frozen=True)
class _Dataset:
    """A dataset: of the Hub (``repo``) or in a folder."""

    repo: str | None = None
    folder: Path | None = None
    revision: str | None = None
    config: str | None = None
    split: str | None = None

    @property
    def saved(self) -> bool:
        """Whether ``save_to_disk`` wrote it."""
        return self.folder is not None and _is_saved(self.folder)


def _is_saved(folder: Path) -> bool:
    alone = (folder / "state.json").is_file() and (folder / "dataset_info.json").is_file()
    return alone or (folder / "dataset_dict.json").is_file()


def is_dataset(folder: Path) -> bool:
    """Whether a folder is surely a dataset and not only files that lie together.

    It is one where ``save_to_disk`` wrote it, or where its ``README.md`` begins with front matter that has ``configs``
    or ``dataset_info``.
    """
    if _is_saved(folder):
        return True
    try:
        with (folder / "README.md").open(encoding="utf-8", errors="replace") as file:
            return _FRONT.search(file.read(1 << 20)) is not None
    except OSError:
        return False


def _locate(location: str) -> _Dataset:
    """The dataset that a location names.

    Raises:
        ReadError: it names none.
    """
    if location.startswith(SCHEME):
        found = _HUB.match(location)
        if not found:
            raise ReadError(f"{location}: not the name of a dataset (allowed: {_ALLOWED})")
        return _Dataset(found["repo"], None, found["revision"], found["config"], found["split"])
    folder, split = Path(location), None
    if not folder.is_dir() and (named := _SPLIT.match(location)):
        folder, split = Path(named[1]), named[2]
    if folder.is_dir():
        return _Dataset(folder=folder, split=split)
    if folder.parent.is_dir() and is_dataset(folder.parent):
        return _Dataset(folder=folder.parent, config=folder.name, split=split)
    raise ReadError(f"{location}: no such dataset (allowed: {_ALLOWED})")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the libraries' progress bars, log lines and long waits away while they work, and not longer."""
    import datasets
    from datasets.utils import logging as datasets_logging
    from huggingface_hub.utils import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars
    from huggingface_hub.utils import logging as hub_logging

    loud, hub_loud = datasets_logging.get_verbosity(), hub_logging.get_verbosity()
    bars, hub_bars = datasets.are_progress_bars_disabled(), are_progress_bars_disabled()
    waits = {key: getattr(datasets.config, key) for key in _RETRIES if hasattr(datasets.config, key)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        datasets_logging.set_verbosity(datasets_logging.CRITICAL)
        hub_logging.set_verbosity(hub_logging.CRITICAL)
        if not bars:
            datasets.disable_progress_bars()
        if not hub_bars:
            disable_progress_bars()
        for key in waits:
            setattr(datasets.config, key, _RETRIES[key])
        try:
            yield
        finally:
            for key, value in waits.items():
                setattr(datasets.config, key, value)
            if not hub_bars:
                enable_progress_bars()
            if not bars:
                datasets.enable_progress_bars()
            hub_logging.set_verbosity(hub_loud)
            datasets_logging.set_verbosity(loud)


def _problem(error: BaseException, dataset: _Dataset) -> str:
    """What an error of the libraries means, in a few words and without any text of the data."""
    from datasets.exceptions import DataFilesNotFoundError, DatasetNotFoundError
    from huggingface_hub import errors

    chain, seen = [error], error
    while (cause := seen.__cause__ or seen.__context__) is not None and cause not in chain:
        chain.append(cause)
        seen = cause
    # the first that tells something, from what was raised last to what it goes back to
    for one in chain:
        # datasets raises its own error anew and loses what it came from
        if isinstance(one, errors.GatedRepoError) or (isinstance(one, DatasetNotFoundError) and "gated" in str(one)):
            return "the dataset is gated: its owner has to grant access, and a token of that account has to be set"
        if isinstance(one, errors.RevisionNotFoundError):
            return f"the dataset has no revision {dataset.revision or 'main'!r}"
        if isinstance(one, errors.RepositoryNotFoundError):
            return "the Hub has no such dataset, or it is private and the token set here may not read it"
        if isinstance(one, errors.OfflineModeIsEnabled):
            return "the Hub is not asked: offline mode is set (HF_HUB_OFFLINE)"
    for one in chain:
        status = getattr(getattr(one, "response", None), "status_code", None)
        if isinstance(one, errors.HfHubHTTPError) and status is not None:
            return f"the Hub answered with status {status}"
        if type(one).__module__.split(".")[0].startswith(("httpx", "httpcore", "aiohttp", "requests")) or isinstance(
            one, ConnectionError | TimeoutError
        ):
            return f"the Hub cannot be reached ({type(one).__name__})"
    for one in chain:
        if isinstance(one, DataFilesNotFoundError | DatasetNotFoundError | FileNotFoundError):
            return f"it has no data files of a kind that is read (allowed: {', '.join(_MODULES)})"
        if isinstance(one, RuntimeError) and "script" in str(one):
            return (
                f"it is read by a script of its own, and no code of a dataset is run (allowed: {', '.join(_MODULES)})"
            )
        if isinstance(one, UnicodeError):
            return "a text is not UTF-8 (allowed: UTF-8)"
    return f"it cannot be read as a dataset ({type(error).__name__})"


@contextmanager
def _told(dataset: _Dataset, name: str) -> Iterator[None]:
    """Makes one line of whatever the libraries raise: their errors are of many types, of other packages too."""
    try:
        with _quiet():
            yield
    except (ReadError, GeneratorExit, StopIteration, MemoryError):
        raise
    except Exception as error:
        raise ReadError(f"{name}: {_problem(error, dataset)}") from None


def _commit(dataset: _Dataset) -> str:
    """The commit that a dataset of the Hub is at."""
    from huggingface_hub import HfApi

    assert dataset.repo is not None
    found = HfApi().dataset_info(dataset.repo, revision=dataset.revision, timeout=_TIMEOUT)
    return str(found.sha)


def fingerprint(location: str) -> tuple[str, int]:
    """``(SHA-256, size in bytes)`` of a dataset: which data it is, and how much all its files take.

    Of a dataset of the Hub the hash is that of its name, commit, config and split; what :func:`read` then reads is
    that commit, though the branch may move on. Of a folder it is that of the names and hashes of its files.

    Raises:
        ReadError: there is no such dataset, or it cannot be read.
    """
    dataset = _locate(location)
    digest, size = hashlib.sha256(), 0
    if dataset.folder is None:
        with _told(dataset, location):
            from huggingface_hub import HfApi

            commit = _commit(dataset)
            files = HfApi().list_repo_tree(dataset.repo, recursive=True, revision=commit, repo_type="dataset")
            size = sum(getattr(file, "size", None) or 0 for file in files)
        _PINNED[location] = commit
        digest.update(f"{dataset.repo}@{commit}/{dataset.config or ''}:{dataset.split or ''}".encode())
        return digest.hexdigest(), size
    try:
        for path in sorted(p for p in dataset.folder.rglob("*") if p.is_file()):
            inner = path.relative_to(dataset.folder)
            if any(part.startswith(".") for part in inner.parts):
                continue  # .git, .cache: no data
            with path.open("rb") as file:
                held = hashlib.file_digest(file, "sha256").hexdigest()
                size += file.tell()
            digest.update(f"{held} {inner.as_posix()}\n".encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise ReadError(f"{location}: cannot be read ({error.strerror or error})") from None
    digest.update(f"{dataset.config or ''}:{dataset.split or ''}".encode())
    return digest.hexdigest(), size


def read(location: str, name: str, columns: Columns | None = None) -> Iterator[Paper | Reject]:
    """Papers and rejects in the order of the rows, split after split, by batches.

    Args:
        location: ``hf://owner/name[@revision][/config][:split]``, or a folder.
        name: what messages call it, and the ``document`` of sources and rejects.
        columns: which column holds what; guessed where it is not told.

    Raises:
        ReadError: there is no such dataset, it may not be read, has several configs of which none is named and none
            is the default, has no such split, or no columns for title and abstract; what was yielded before stays.
    """
    dataset = _locate(location)
    known: list[str] = []
    mapping: Columns = {}

    def needed(names: list[str]) -> list[str]:
        nonlocal known, mapping
        if names != known:
            known, mapping = names, guess_columns(names, columns, name)
        return list(dict.fromkeys(mapping.values()))

    position = 0
    with tempfile.TemporaryDirectory(prefix="glean-", ignore_cleanup_errors=True) as cache:
        with _told(dataset, name):
            pinned = _PINNED.pop(location, None)
            splits = _saved(dataset, name) if dataset.saved else _streams(dataset, name, cache, pinned)
        for split in splits:
            tables = split(needed)
            while True:
                with _told(dataset, name):
                    table = next(tables, None)
                    rows = [] if table is None else table.to_pylist()
                if table is None:
                    break
                for row in rows:
                    yield to_paper(row, mapping, name, position)
                    position += 1


def _chosen(splits: dict[str, _Tables], dataset: _Dataset, name: str) -> list[_Tables]:
    """All splits, or the one that is named."""
    if dataset.split is None:
        return list(splits.values())
    if dataset.split not in splits:
        raise ReadError(f"{name}: there is no split {dataset.split!r} (allowed: {', '.join(map(str, splits))})")
    return [splits[dataset.split]]


def _saved(dataset: _Dataset, name: str) -> list[_Tables]:
    """The splits of a folder that ``save_to_disk`` wrote, mapped into memory and not read into it."""
    import datasets

    if dataset.config is not None:
        raise ReadError(f"{name}: a dataset of save_to_disk has no configs (allowed: the folder, or folder:split)")
    loaded = datasets.load_from_disk(str(dataset.folder), keep_in_memory=False)
    if isinstance(loaded, datasets.DatasetDict):
        return _chosen({str(k): partial(_of_rows, rows) for k, rows in loaded.items()}, dataset, name)
    return _chosen({str(loaded.split or "train"): partial(_of_rows, loaded)}, dataset, name)


def _streams(dataset: _Dataset, name: str, cache: str, commit: str | None) -> list[_Tables]:
    """The splits of a dataset repository as streams."""
    import datasets

    if dataset.folder is None:
        path, revision = str(dataset.repo), commit or _commit(dataset)
        base = f"hf://datasets/{dataset.repo}@{revision}/"
    else:
        # resolved, so that no folder is taken for a builder of the same name, or for a dataset of the Hub
        path, revision = dataset.folder.resolve().as_posix(), None
        base = f"{path}/"
    options: dict[str, Any] = {"revision": revision, "cache_dir": cache}
    try:
        builder = datasets.load_dataset_builder(path, dataset.config, **options)
    except ValueError as error:
        configs = datasets.get_dataset_config_names(path, revision=revision)
        if len(configs) > 1 and dataset.config is None:
            told = f"{name}: it has several configs (allowed: one of them behind a slash: {_listed(configs)})"
        elif dataset.config is not None and dataset.config not in configs:
            told = f"{name}: there is no config {dataset.config!r} (allowed: {_listed(configs)})"
        else:
            told = f"{name}: {_problem(error, dataset)}"
        raise ReadError(told) from None
    kind = type(builder).__module__.removeprefix("datasets.packaged_modules.").split(".")[0]
    if kind not in _MODULES:
        raise ReadError(f"{name}: it has files of the kind {kind!r} (allowed: {', '.join(_MODULES)})")
    parts: dict[str, Any] = dict(builder.config.data_files or {})
    for files in parts.values():
        for file in files:
            if not str(file).startswith(base) or "/../" in str(file):
                raise ReadError(f"{name}: it names files that lie outside of it (allowed: its own files)")
    if kind == "parquet":
        return _chosen({str(k): partial(_of_parquet, list(files)) for k, files in parts.items()}, dataset, name)
    streams = builder.as_streaming_dataset()
    return _chosen({str(k): partial(_of_rows, rows) for k, rows in streams.items()}, dataset, name)


def _of_rows(rows: Any, needed: _Needed) -> Iterator[Any]:
    """The tables of a dataset of the library, a batch each."""
    for table in rows.with_format("arrow").iter(batch_size=_BATCH):
        yield table.select(needed(table.column_names))


def _of_parquet(files: list[str], needed: _Needed) -> Iterator[Any]:
    """The batches of Parquet files, of the columns that are needed.

    (The library reads all columns, and ahead of whoever takes the rows: 135 MB of a file of 180 MB were in memory.)
    """
    import pyarrow.parquet as pq
    from huggingface_hub import HfFileSystem

    for path in files:
        opened = HfFileSystem().open if path.startswith(SCHEME) else open
        with opened(path, "rb") as stream, pq.ParquetFile(stream, pre_buffer=False) as file:
            yield from file.iter_batches(_BATCH, columns=needed(file.schema_arrow.names))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
