"""A release to the Hugging Face Hub: one commit, and a tag with the release's version.

Every try begins by looking at what is there, so a push that was cut off is just made again: files that arrived are not
sent twice, and a commit whose answer was lost is not made twice. Only what a release lists is ever sent or removed.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import extract
from extract.publish.place import MANIFEST
from extract.record.tables import TABLES
from extract.validate import Problem, validate_path

TRIES = 4  # of the whole push; the library tries single requests again by itself
_WAIT = 2.0  # seconds before the second try; then twice as long each time
_KIND = "dataset"
_MAIN = "main"
_TAG = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]*(?<!\.)(?<!\.lock)")
# how the library for large files tells of a refusal: there is no other sign of it
_XET_REFUSES = re.compile(r"HTTP status client error \((4\d\d)")
# what a new repository may hold before a release is in it
_STARTERS = {".gitattributes", ".gitignore", "README.md", "LICENSE"}


class PushError(Exception):
    """A release cannot be pushed; the message is one line.

    Attributes:
        call: whether the call was wrong, not the data or the Hub.
        problems: what validation found.
    """

    def __init__(self, message: str, *, call: bool = False, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.call = call
        self.problems = problems


@dataclass(frozen=True, slots=True)
class File:
    """A file of the release or the repository, and what a push does about it."""

    path: str
    size: int
    state: Literal["new", "changed", "same", "gone"]


@dataclass(slots=True)
class Plan:
    """What a push would do, or has done."""

    repo: str
    revision: str
    tag: str
    files: list[File] = field(default_factory=list)
    head: str | None = None  # the commit that was looked at; None where there is no such repository or branch
    makes: Literal["repository", "branch"] | None = None
    tags: Literal["new", "same", "moved"] = "new"

    @property
    def sent(self) -> list[File]:
        """The files that have to be sent."""
        return [f for f in self.files if f.state in ("new", "changed")]

    @property
    def gone(self) -> list[File]:
        """The files of an earlier release that are not in this one."""
        return [f for f in self.files if f.state == "gone"]

    def text(self, *, done: bool) -> str:
        """One line for people."""
        sent = f"{len(self.sent):,} files {'sent' if done else 'to send'} ({sum(f.size for f in self.sent):,} bytes)"
        same = f"{sum(f.state == 'same' for f in self.files):,} already there"
        gone = f", {len(self.gone):,} {'removed' if done else 'to remove'}" if self.gone else ""
        return f"{self.repo} ({self.revision}): {sent}, {same}{gone}, tag {self.tag} ({self.tags})"


def push(
    release: Path,
    repo: str,
    *,
    revision: str = _MAIN,
    token: str | None = None,
    private: bool = False,
    with_text: bool = False,
    replace: bool = False,
    dry_run: bool = False,
    endpoint: str | None = None,
    retrying: Callable[[str], None] | None = None,
) -> Plan:
    """Uploads a release to a dataset repository of the Hub, which is made if it is not there, and tags it.

    Args:
        release: the release's folder; it is validated first.
        repo: ``OWNER/NAME``.
        revision: the branch; made if it is not there.
        token: what gives the right to write; not needed for a dry run on a public repository.
        private: whether a repository that has to be made is private.
        with_text: whether a release that carries abstracts may be uploaded.
        replace: whether a tag that another release of the same version has is moved.
        dry_run: only look, with no request that writes.
        endpoint: the Hub's address; else ``HF_ENDPOINT``, else the public one.
        retrying: told, in one line, why everything is tried again.

    Returns:
        What was done, or in a dry run would be.

    Raises:
        PushError: the release is not valid or may not go there, or the Hub refuses it or cannot be reached.
    """
    from huggingface_hub import HfApi

    manifest = _checked(release, repo, with_text)
    if token is None and not dry_run:
        raise PushError("there is no token (allowed: HF_TOKEN, a login by 'hf auth login', or --token-env)", call=True)
    api = HfApi(
        endpoint=endpoint or os.environ.get("HF_ENDPOINT"),  # the library reads it only when it is imported
        token=token or False,
        library_name="glean",
        library_version=extract.__version__,
    )
    plan = Plan(repo, revision, manifest["release"])
    for n in range(1, TRIES + 1):
        try:
            return _push(api, release, manifest, plan, private=private, replace=replace, dry_run=dry_run)
        except PushError:
            raise
        except Exception as error:  # the library lets through what the libraries below it raise
            message, passing = _explained(error, repo)
            if not passing or n == TRIES:
                raise PushError(message) from error
            if retrying:
                retrying(f"{message}; trying again ({n} of {TRIES - 1})")
            time.sleep(_WAIT * 2 ** (n - 1))
    raise AssertionError("unreachable")


def _checked(release: Path, repo: str, with_text: bool) -> dict[str, Any]:
    """The manifest of a release that may be pushed.

    Raises:
        PushError: it may not.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id

    try:
        validate_repo_id(repo)
    except HFValidationError:
        repo = ""
    if repo.count("/") != 1:
        raise PushError("REPO is no name of a repository (allowed: OWNER/NAME)", call=True)
    if not release.is_dir():
        raise PushError(f"{release}: there is no such folder (allowed: a release's folder)", call=True)
    if problems := validate_path(release).problems:
        raise PushError(f"{release}: not pushed, because it is not valid", problems=problems)
    manifest: dict[str, Any] = json.loads((release / MANIFEST).read_bytes())
    if manifest.get("with_text") and not with_text:
        raise PushError(f"{release}: carries abstracts (allowed: --with-text, if you may publish them)", call=True)
    if not isinstance(manifest.get("release"), str) or not _TAG.fullmatch(manifest["release"]):
        version = manifest.get("release")
        raise PushError(f"{release}: the version {version!r} can be no tag (allowed: letters, digits, . _ -)")
    return manifest


def _push(
    api: Any, release: Path, manifest: dict[str, Any], plan: Plan, *, private: bool, replace: bool, dry_run: bool
) -> Plan:
    """One try: look, send what is missing, tag."""
    if api.token:
        api.whoami()  # else a token that is not accepted looks like a repository that is not there
    _look(api, release, manifest, plan, private=private, replace=replace)
    if dry_run:
        return plan
    if plan.makes == "repository":
        api.create_repo(plan.repo, repo_type=_KIND, private=private or None, exist_ok=True)
        _look(api, release, manifest, plan, private=private, replace=replace)
    if plan.makes == "branch":
        api.create_branch(plan.repo, repo_type=_KIND, branch=plan.revision, exist_ok=True)
        _look(api, release, manifest, plan, private=private, replace=replace)
    commit = _commit(api, release, plan)
    if plan.tags == "moved":
        api.delete_tag(plan.repo, repo_type=_KIND, tag=plan.tag)
    if plan.tags != "same":
        api.create_tag(plan.repo, repo_type=_KIND, tag=plan.tag, revision=commit)
    return plan


def _commit(api: Any, release: Path, plan: Plan) -> str | None:
    """Sends what is missing; the commit that holds the release."""
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    operations: list[Any] = [CommitOperationAdd(f.path, release / f.path) for f in plan.sent]
    operations += [CommitOperationDelete(f.path) for f in plan.gone]
    if not operations:
        return plan.head
    # bound to the commit that was looked at: whoever pushes at the same time is not overwritten
    made = api.create_commit(
        plan.repo,
        operations,
        commit_message=f"Release {plan.tag}",
        repo_type=_KIND,
        revision=plan.revision,
        parent_commit=plan.head,
    )
    commit: str = made.oid
    return commit


def _look(api: Any, release: Path, manifest: dict[str, Any], plan: Plan, *, private: bool, replace: bool) -> None:
    """Compares the release with what is there.

    Raises:
        PushError: what is there must not be overwritten.
    """
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    plan.head, plan.makes = None, None
    try:
        info = api.repo_info(plan.repo, repo_type=_KIND)
        if private and info.private is False:
            raise PushError(f"{plan.repo}: is public already (allowed: a new or a private repository)")
        plan.head = info.sha
        if plan.revision != _MAIN:
            plan.head = api.repo_info(plan.repo, repo_type=_KIND, revision=plan.revision).sha
    except RevisionNotFoundError:
        plan.makes = "branch"  # it will start where the main branch stands
    except RepositoryNotFoundError as error:
        if isinstance(error, GatedRepoError):
            raise
        plan.makes = "repository"
    there = _tree(api, plan.repo, plan.head) if plan.head else {}
    plan.files = list(_files(api, release, manifest, plan, there))
    plan.tags = "new" if plan.makes == "repository" else _tag(api, release, manifest, plan, replace=replace)


def _tree(api: Any, repo: str, revision: str) -> dict[str, Any]:
    """The files of a revision by their paths."""
    from huggingface_hub.hf_api import RepoFile

    found = api.list_repo_tree(repo, repo_type=_KIND, revision=revision, recursive=True)
    return {entry.path: entry for entry in found if isinstance(entry, RepoFile)}


def _files(api: Any, release: Path, manifest: dict[str, Any], plan: Plan, there: dict[str, Any]) -> Iterator[File]:
    """Yields every file of the release with its state, and files of an earlier release that are to go."""
    names = sorted({MANIFEST, *manifest["files"]})
    for name in names:
        size = (release / name).stat().st_size
        if name not in there:
            yield File(name, size, "new")
        else:
            yield File(name, size, "same" if _same(release / name, there[name]) else "changed")
    rest = set(there) - set(names)
    listed = _listed(api, plan) if rest - _STARTERS and MANIFEST in there else set()
    if rest - _STARTERS and not listed:
        other = min(rest - _STARTERS)
        raise PushError(f"{plan.repo}: holds {other} and no release (allowed: a new repository or one of a release)")
    for name in sorted(rest & listed):
        yield File(name, there[name].size, "gone")
    for name in sorted(rest - listed):
        if any(fnmatch.fnmatchcase(name, f"{table}/*.parquet") for table in TABLES):
            raise PushError(f"{plan.repo}: holds {name}, which would be read as part of the release (remove it first)")


def _same(path: Path, there: Any) -> bool:
    """Whether a file is the one that is there, by the hash that git or its large file storage keeps."""
    from huggingface_hub.utils.sha import git_hash

    if path.stat().st_size != there.size:
        return False
    if there.lfs is None:  # small ones only
        return bool(git_hash(path.read_bytes()) == there.blob_id)
    with path.open("rb") as file:
        return bool(hashlib.file_digest(file, "sha256").hexdigest() == there.lfs.sha256)


def _listed(api: Any, plan: Plan) -> set[str]:
    """The files of the release that is there, by its manifest; none if it is no manifest of ours."""
    with tempfile.TemporaryDirectory() as cache:
        path = api.hf_hub_download(plan.repo, MANIFEST, repo_type=_KIND, revision=plan.head, cache_dir=cache)
        try:
            manifest = json.loads(Path(path).read_bytes())
            return {MANIFEST, *manifest["files"]} if manifest["glean"] else set()
        except (ValueError, TypeError, KeyError, RecursionError):
            return set()


def _tag(
    api: Any, release: Path, manifest: dict[str, Any], plan: Plan, *, replace: bool
) -> Literal["new", "same", "moved"]:
    """What is to be done about the tag.

    Raises:
        PushError: it is on another release, and ``replace`` is not given.
    """
    refs = api.list_repo_refs(plan.repo, repo_type=_KIND)
    commit = next((tag.target_commit for tag in refs.tags if tag.name == plan.tag), None)
    if commit is None:
        return "new"
    if commit == plan.head and not plan.sent and not plan.gone:
        return "same"
    there = _tree(api, plan.repo, commit)
    names = {MANIFEST, *manifest["files"]}
    if names <= set(there) and all(_same(release / name, there[name]) for name in names):
        return "same"
    if not replace:
        message = f"{plan.repo}: the tag {plan.tag} is on another release of this version"
        raise PushError(f"{message} (allowed: a new --release when building, or --replace)")
    return "moved"


def _explained(error: BaseException, repo: str) -> tuple[str, bool]:
    """What went wrong, in one line, and whether it may pass if tried again."""
    from huggingface_hub.errors import HfHubHTTPError, HTTPError, OfflineModeIsEnabled

    chain = list(_chain(error))
    for cause in chain:
        if isinstance(cause, HfHubHTTPError):
            return _refused(cause, repo)
        if isinstance(cause, OfflineModeIsEnabled):
            return "the Hub is not asked, because HF_HUB_OFFLINE is set", False
        if found := _XET_REFUSES.search(str(cause)):
            return f"the Hub's Xet storage refuses this ({found[1]}; HF_HUB_DISABLE_XET=1 does without it)", False
    for cause in chain:
        # HTTPError is the base of what the library's HTTP client raises: no route, cut off, timed out
        if isinstance(cause, (HTTPError, ConnectionError, TimeoutError)):
            return f"the Hub cannot be reached ({_line(cause)})", True
    return f"the push failed ({_line(error)})", False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yields an error and what caused it, each once."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _line(error: BaseException) -> str:
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:300]}" if said else type(error).__name__


def _refused(error: Any, repo: str) -> tuple[str, bool]:
    """The Hub's answer in plain words, and whether another try may be answered otherwise."""
    status: int = error.response.status_code
    said = " ".join(str(getattr(error, "server_message", None) or "").split())
    said = f": {said}" if said else ""
    if status in (408, 429) or status >= 500:
        return f"the Hub cannot serve this now ({status}{said}); what was sent is kept, push again later", True
    words = {
        401: "the Hub does not accept the token",
        403: f"the token has no right to write to {repo}",
        404: f"{repo} is not there, or the token has no right to see it",
        409: f"{repo}: conflict with what is there",
        412: f"{repo} has been changed meanwhile; push again",
    }
    return f"{words.get(status, 'the Hub refuses this')} ({status}{said})", False
