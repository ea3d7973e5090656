"""Where a release stands: written in a hidden folder beside its place, moved there whole.

A build that is killed leaves its hidden folder, ``.NAME.partial-*``, and nothing else; the next build to the same
place removes it. A folder is known to be left behind when nobody holds a lock on it: the system drops a lock with
its process.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows has no such locks: what a killed build leaves stays until somebody removes it
    fcntl = None  # type: ignore[assignment]

MANIFEST = "manifest.json"
REJECTS = "rejects.jsonl"


class PublishError(Exception):
    """A release cannot be written; the message is one line."""


def check_output(target: Path, *, replace: bool) -> None:
    """Makes sure that a release can be written to ``target``, before any work is done.

    Raises:
        PublishError: something stands there, or the folder cannot be written.
    """
    with told(target):
        target = _resolved(target)
        clear(target)
        if target.exists() and not target.is_dir():
            raise PublishError(f"{target}: is a file (allowed: a new or empty folder)")
        if target.is_symlink() and not target.exists():
            raise PublishError(f"{target}: is a link that leads nowhere (allowed: a new or empty folder)")
        if target.is_dir() and any(target.iterdir()):
            if not is_release(target):
                raise PublishError(f"{target}: the folder holds other things (allowed: a new or empty folder)")
            if not replace:
                raise PublishError(f"{target}: a release stands there already (allowed: another folder, or --replace)")
            if (other := _foreign(target)) is not None:
                raise PublishError(f"{target}: holds {other}, which is no part of the release (move it away first)")
        _check_parent(target.parent)


@contextmanager
def staged(target: Path, *, replace: bool) -> Iterator[Path]:
    """A folder to write a release in; it is moved to ``target`` when the block ends well, and removed when not.

    Raises:
        PublishError: the place is taken or cannot be written.
    """
    check_output(target, replace=replace)
    with told(target):
        target = _resolved(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target.parent):
            partial = _hidden(target, "partial")
            partial.mkdir()
            lock = lock_of(partial)
    try:
        yield partial
        with told(target):
            synchronise(partial)
            with _locked(target.parent):
                _swap(partial, target, replace=replace)
                sync_folder(target.parent)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        if lock is not None:
            os.close(lock)


@contextmanager
def told(target: Path) -> Iterator[None]:
    """Turns errors of the file system into one line.

    Raises:
        PublishError: instead of ``OSError``.
    """
    try:
        yield
    except OSError as error:
        lines = str(error.strerror or error).splitlines()
        raise PublishError(f"{target}: cannot be written ({lines[0] if lines else type(error).__name__})") from error


def is_release(folder: Path) -> bool:
    """Whether a folder holds a release of glean, whole or not."""
    return _listed(folder) is not None


def _listed(folder: Path) -> set[str] | None:
    """The files of a release by its manifest; ``None`` if it has none of ours."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        return {MANIFEST, *manifest["files"]} if manifest["glean"] else None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None


def _foreign(folder: Path) -> str | None:
    """A file in a release's folder that is not the release's."""
    listed = _listed(folder) or set()
    names = (p.relative_to(folder).as_posix() for p in sorted(folder.rglob("*")) if p.is_symlink() or not p.is_dir())
    return next((name for name in names if name not in listed), None)


def _resolved(target: Path) -> Path:
    return target.resolve() if target.is_dir() else target.absolute()


def _check_parent(parent: Path) -> None:
    """Makes sure that the parent folder is there or can be made, and written; leaves it as it was."""
    made = [p for p in (parent, *parent.parents) if not p.exists()]
    parent.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryFile(dir=parent):
            pass
    finally:
        for folder in made:
            with suppress(OSError):
                folder.rmdir()


def lock_of(folder: Path, *, wait: bool = True) -> int | None:
    """Locks a folder; the open file that holds the lock, or ``None`` where the system has no locks.

    Raises:
        BlockingIOError: another process holds the lock, and it is not to be waited for.
    """
    if fcntl is None:
        return None
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError:  # a file system that knows none
        os.close(descriptor)
        return None
    return descriptor


@contextmanager
def _locked(parent: Path) -> Iterator[None]:
    """Keeps other builds from clearing and swapping in the same parent folder meanwhile."""
    lock = lock_of(parent)
    try:
        yield
    finally:
        if lock is not None:
            os.close(lock)


def clear(target: Path) -> None:
    """Removes what killed builds left; brings back a release that one had moved aside and not yet replaced.

    Raises:
        PublishError: the folder of the release cannot be written.
    """
    with told(target):
        target = _resolved(target)
        if not target.parent.is_dir():
            return
        with _locked(target.parent):
            for old in target.parent.glob(f".{_literal(target.name)}.old-*"):
                if target.exists():
                    _discard(old, target)
                else:
                    old.rename(target)
            for partial in target.parent.glob(f".{_literal(target.name)}.partial-*"):
                with suppress(BlockingIOError):  # a build that lives writes there
                    lock = lock_of(partial, wait=False)
                    if lock is not None:
                        shutil.rmtree(partial, ignore_errors=True)
                        os.close(lock)


def _hidden(target: Path, kind: str) -> Path:
    return target.with_name(f".{target.name}.{kind}-{secrets.token_hex(4)}")


def _discard(old: Path, target: Path) -> None:
    """Removes a release that has been replaced; under another name, so that half of it is never brought back."""
    with suppress(OSError):
        old = old.rename(_hidden(target, "partial"))
    shutil.rmtree(old, ignore_errors=True)


def _literal(name: str) -> str:
    """A name as a pattern that only it matches."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def synchronise(folder: Path) -> None:
    """Asks the system to have all files on disk, so that a power cut after the renaming loses nothing."""
    for path in folder.rglob("*"):
        if path.is_dir():
            sync_folder(path)
        else:
            with path.open("rb+") as file:
                os.fsync(file.fileno())
    sync_folder(folder)


def sync_folder(folder: Path) -> None:
    """Asks the system to have the names in a folder on disk."""
    if os.name != "posix":  # elsewhere a folder cannot be opened
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _swap(partial: Path, target: Path, *, replace: bool) -> None:
    """Puts the finished folder in its place; what stood there is moved aside first and removed last."""
    if target.is_dir() and not any(target.iterdir()):
        target.rmdir()
    if not target.exists():
        partial.rename(target)
        return
    if not replace:
        raise PublishError(f"{target}: another build has put a release there meanwhile")
    old = _hidden(target, "old")
    target.rename(old)
    try:
        partial.rename(target)
    except OSError:
        old.rename(target)
        raise
    _discard(old, target)
