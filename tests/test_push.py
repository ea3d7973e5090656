"""Pushes to a stand-in for the Hub (``tests/hub.py``): whole, resumed, refused; no write that was not asked for."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from extract.cli.push import command
from extract.publish.push import TRIES, Plan, PushError, _explained, push
from extract.publish.release import publish
from extract.record.model import Record
from tests.hub import CUT, READ_TOKEN, ROUTES, TOKEN, Handler, Hub, hub, sha256
from tests.test_publish import DOCUMENT, REJECTS, example

GLEAN = Path(sys.executable).with_name("glean")
REPO = "someone/papers"
WRITES = ("POST", "PUT", "DELETE")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)  # the stand-in has no Xet storage
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)  # tries follow at once
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))  # nobody is logged in
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with hub() as running:
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        yield running


def write(folder: Path, version: str = "2026.11", **options: Any) -> Path:
    publish([example()], folder, documents=[DOCUMENT], rejects=REJECTS, version=version, **options)
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("built") / "2026.11")


@pytest.fixture
def release(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "2026.11"))


def send(release: Path, **options: Any) -> Plan:
    return push(release, REPO, **{"token": TOKEN, **options})


def cli(*arguments: object, **env: str | None) -> Result:
    return CliRunner(env=env).invoke(command, [str(a) for a in arguments])


def on_disk(release: Path) -> dict[str, bytes]:
    return {p.relative_to(release).as_posix(): p.read_bytes() for p in release.rglob("*") if p.is_file()}


def writes(server: Hub) -> int:
    return sum(server.count(method) for method in WRITES)


def test_first_push_and_second(server: Hub, release: Path) -> None:
    plan = send(release)
    assert server.files(REPO) == on_disk(release)
    assert server.files(REPO, "2026.11") == on_disk(release)
    assert {f.state for f in plan.files} == {"new"}
    assert server.repos[REPO].messages == ["initial commit", "Release 2026.11"]
    assert not server.repos[REPO].private

    before = writes(server)
    again = send(release)
    assert {f.state for f in again.files} == {"same"}
    assert again.tags == "same"
    assert writes(server) == before  # nothing is sent, not even a request that could write


def test_a_new_version_sends_what_changed_and_removes_what_went(server: Hub, tmp_path: Path) -> None:
    old = write(tmp_path / "1", "1")
    (old / "extra.json").write_text("{}")
    manifest = json.loads((old / "manifest.json").read_text())
    manifest["files"]["extra.json"] = {"sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}
    manifest["files"]["extra.json"]["bytes"] = 2
    (old / "manifest.json").write_text(json.dumps(manifest))
    send(old)
    uploads = server.count("PUT")

    new = write(tmp_path / "2", "2")
    plan = send(new)
    states = {f.path: f.state for f in plan.files}
    assert states["extra.json"] == "gone"
    assert states["README.md"] == states["manifest.json"] == "changed"
    assert states["papers/train.parquet"] == "same"
    assert server.count("PUT") == uploads  # the tables have not changed
    assert server.files(REPO) == on_disk(new)
    assert server.files(REPO, "1") == on_disk(old)


def test_a_dry_run_writes_nothing(server: Hub, release: Path) -> None:
    result = cli(release, REPO, "--dry-run", HF_TOKEN=TOKEN)
    assert result.exit_code == 0, result.output
    assert "new" in result.stdout and "papers/train.parquet" in result.stdout
    assert "the repository is not there" in result.stdout
    assert f"{(release / 'README.md').stat().st_size:,}  README.md" in result.stdout
    assert (writes(server), server.repos) == (0, {})

    send(release)
    before = writes(server)
    result = cli(release, REPO, "--dry-run")  # a public repository can be looked at without a token
    assert result.exit_code == 0, result.output
    assert all(line.startswith("same") for line in result.stdout.splitlines())
    assert "0 files to send (0 bytes)" in result.stderr
    assert writes(server) == before


def test_a_cut_push_goes_on_where_it_was(server: Hub, release: Path) -> None:
    late = sha256((release / "papers" / "train.parquet").read_bytes())
    server.fail("PUT", late, CUT, times=10_000)
    with pytest.raises(PushError, match=r"^the Hub cannot be reached \([^\n]*\)$"):
        send(release)
    assert "2026.11" not in server.repos[REPO].tags
    assert server.files(REPO) == {}  # whole or absent there, too
    there = set(server.large)
    assert len(there) == 4 and late not in there

    server.faults.clear()
    before = server.count("PUT")
    send(release)
    assert server.count("PUT") == before + 1  # only the file that had not arrived
    assert server.files(REPO, "2026.11") == on_disk(release)


def test_a_cut_that_passes_is_not_even_seen(server: Hub, release: Path) -> None:
    server.fail("PUT", "/lfs/", CUT, times=2)
    server.fail("GET", "/refs", CUT)
    told: list[str] = []
    send(release, retrying=told.append)
    assert server.files(REPO, "2026.11") == on_disk(release)
    assert len(told) == 1 and "trying again (1 of" in told[0]


def test_a_commit_whose_answer_is_lost_is_made_once(
    server: Hub, release: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    whole = Handler._send

    def lossy(self: Any, status: int, value: Any = None, headers: Any = None) -> None:
        if "/commit/" in self.path and not sent:
            sent.append(status)
            self.close_connection = True
            self.connection.close()
        else:
            whole(self, status, value, headers)

    monkeypatch.setattr(Handler, "_send", lossy)
    send(release)
    assert sent == [200]
    assert server.repos[REPO].messages == ["initial commit", "Release 2026.11"]
    assert server.files(REPO, "2026.11") == on_disk(release)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "whoami"),
        ("POST", "/create$"),
        ("GET", "/tree/"),
        ("POST", "/batch$"),
        ("PUT", "/lfs/"),
        ("POST", "/commit/"),
    ],
)
def test_server_errors_that_pass(server: Hub, release: Path, method: str, path: str) -> None:
    server.fail(method, path, 503, times=2)
    send(release)
    assert server.files(REPO, "2026.11") == on_disk(release)
    assert server.faults == []


@pytest.mark.parametrize("status", [429, 500, 503])
def test_server_errors_that_stay(server: Hub, release: Path, status: int) -> None:
    server.fail("POST", "/commit/", status, times=10_000)
    result = cli(release, REPO, HF_TOKEN=TOKEN)
    assert result.exit_code == 1
    assert server.count("POST", "/commit/") == TRIES
    last = result.stderr.splitlines()[-1]
    assert "cannot serve this now" in last and str(status) in last


@pytest.mark.parametrize(
    ("method", "path", "status", "words"),
    [
        ("GET", "whoami", 401, "does not accept the token (401"),
        ("POST", "/preupload/", 403, "no right to write to someone/papers (403"),
        ("POST", "/commit/", 409, "conflict with what is there (409"),
        ("POST", "/commit/", 412, "has been changed meanwhile; push again (412"),
        ("POST", "/commit/", 413, "the Hub refuses this (413"),
        ("POST", "/tag/", 409, "conflict with what is there (409"),
    ],
)
def test_refusals_are_one_line(server: Hub, release: Path, method: str, path: str, status: int, words: str) -> None:
    server.fail(method, path, status)
    result = cli(release, REPO, HF_TOKEN=TOKEN)
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    (line,) = result.stderr.splitlines()
    assert line.startswith("glean: ") and words in line


def test_tokens(server: Hub, release: Path) -> None:
    nothing = cli(release, REPO)
    assert nothing.exit_code == 2 and "there is no token" in nothing.stderr
    wrong = cli(release, REPO, HF_TOKEN="hf_wrong")
    assert wrong.exit_code == 1 and "does not accept the token (401" in wrong.stderr
    assert "hf_wrong" not in wrong.output
    reads = cli(release, REPO, HF_TOKEN=READ_TOKEN)
    assert reads.exit_code == 1 and "no right to write" in reads.stderr
    unset = cli(release, REPO, "--token-env", "MY_TOKEN")
    assert unset.exit_code == 2 and "MY_TOKEN: the variable is not set" in unset.stderr
    assert server.repos == {}
    named = cli(release, REPO, "--token-env", "MY_TOKEN", MY_TOKEN=f" {TOKEN}\n")
    assert named.exit_code == 0, named.output
    assert "files sent" in named.stderr


def test_a_token_that_cannot_be_fetched(server: Hub, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> str:
        raise RuntimeError("the exchange\nfailed")

    monkeypatch.setattr("huggingface_hub.get_token", fails)
    result = cli(release, REPO)
    assert (result.exit_code, result.stderr) == (1, "glean: no token is to be had (the exchange failed)\n")


def test_a_repository_of_others(server: Hub, release: Path) -> None:
    result = cli(release, "other/papers", HF_TOKEN=TOKEN)
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1 and "no right to write to other/papers (403" in result.stderr


@pytest.mark.parametrize("repo", ["papers", "a/b/c", "some one/papers", "someone/..", "/papers", ""])
def test_names_that_are_none(server: Hub, release: Path, repo: str) -> None:
    result = cli(release, repo, HF_TOKEN=TOKEN)
    assert result.exit_code == 2 and "allowed: OWNER/NAME" in result.stderr
    assert server.requests == []


def test_no_network(release: Path, server: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    result = cli(release, REPO, HF_TOKEN=TOKEN)
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert len(lines) == TRIES and all("the Hub cannot be reached" in line for line in lines)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    offline = cli(release, REPO, HF_TOKEN=TOKEN)
    assert offline.exit_code == 1 and "HF_HUB_OFFLINE is set" in offline.stderr


def test_text_goes_only_if_asked(server: Hub, tmp_path: Path) -> None:
    release = write(tmp_path / "2026.11", with_text=True)
    result = cli(release, REPO, HF_TOKEN=TOKEN)
    assert result.exit_code == 2 and "carries abstracts (allowed: --with-text" in result.stderr
    assert server.requests == []
    assert cli(release, REPO, "--with-text", HF_TOKEN=TOKEN).exit_code == 0


def test_what_is_not_valid_stays_here(server: Hub, release: Path, tmp_path: Path) -> None:
    (release / "README.md").write_text("another")
    result = cli(release, REPO, HF_TOKEN=TOKEN)
    assert result.exit_code == 1
    assert "is not the file of the manifest" in result.stderr and "not valid" in result.stderr.splitlines()[-1]
    assert cli(tmp_path / "nothing", REPO, HF_TOKEN=TOKEN).exit_code == 2
    assert cli(tmp_path, REPO, HF_TOKEN=TOKEN).exit_code == 1
    assert server.requests == []


def test_versions_that_can_be_no_tag(server: Hub, tmp_path: Path) -> None:
    for version in ("a b", "1..2", "-x", "v1.lock", "1."):
        with pytest.raises(PushError, match="can be no tag"):
            send(write(tmp_path / "r", version, replace=True))
    assert server.requests == []


def test_private(server: Hub, release: Path) -> None:
    send(release, private=True)
    assert server.repos[REPO].private
    send(release, private=True)
    server.repos[REPO].private = False
    with pytest.raises(PushError, match="is public already"):
        send(release, private=True)


def test_a_tag_stays_on_its_release(server: Hub, tmp_path: Path) -> None:
    send(write(tmp_path / "a"))
    first = server.repos[REPO].tags["2026.11"]
    other = tmp_path / "b"
    changed = [Record({**example(), "doi": "10.1234/x"})]
    publish(changed, other, documents=[DOCUMENT], rejects=REJECTS, version="2026.11")
    before = writes(server)
    with pytest.raises(PushError, match=r"the tag 2026\.11 is on another release .* --replace"):
        send(other)
    assert (writes(server), server.repos[REPO].tags["2026.11"]) == (before, first)
    assert send(other, replace=True).tags == "moved"
    assert server.files(REPO, "2026.11") == on_disk(other)


def test_a_push_that_was_cut_before_its_tag(server: Hub, release: Path) -> None:
    server.fail("POST", "/tag/", 403)
    with pytest.raises(PushError, match="403"):
        send(release)
    assert server.repos[REPO].tags == {}
    send(release)
    assert server.files(REPO, "2026.11") == on_disk(release)
    assert len(server.repos[REPO].messages) == 2


def test_a_branch(server: Hub, release: Path) -> None:
    server.make(REPO)
    assert send(release, revision="review", dry_run=True).makes == "branch"
    assert "review" not in server.repos[REPO].branches
    send(release, revision="review")
    assert server.files(REPO, "review") == on_disk(release)
    assert server.files(REPO, "main") == {}
    assert send(release).tags == "same"  # the tag is on the same files, if on another branch
    assert server.files(REPO, "main") == on_disk(release)


def test_other_peoples_files_are_left_alone(server: Hub, release: Path) -> None:
    server.make(REPO, files={"model.bin": b"x"})
    with pytest.raises(PushError, match=r"holds model\.bin and no release"):
        send(release)
    assert server.files(REPO) == {"model.bin": b"x"}

    server.make(REPO, files={"README.md": b"---\nlicense: mit\n---\n"})  # as the Hub's form makes one
    send(release)
    held = server.repos[REPO]
    held.commit("main", {**held.commits[held.branches["main"]], "notes.md": b"mine"}, "notes")
    send(release)
    assert server.files(REPO)["notes.md"] == b"mine"
    held.commit("main", {**held.commits[held.branches["main"]], "papers/more.parquet": b"x"}, "more")
    with pytest.raises(PushError, match=r"holds papers/more\.parquet"):
        send(release)


def test_a_commit_in_between_is_not_overwritten(server: Hub, release: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = server.make(REPO)
    batch = Handler.batch

    def meanwhile(self: Any, *rest: Any) -> None:
        held.commit("main", {**held.commits[held.branches["main"]], "notes.md": b"mine"}, "notes")
        batch(self, *rest)

    monkeypatch.setattr("tests.hub.ROUTES", [(m, p, meanwhile if f is batch else f) for m, p, f in ROUTES])
    with pytest.raises(PushError, match="changed meanwhile"):
        send(release)
    assert server.files(REPO) == {"notes.md": b"mine"}


def test_refusals_of_the_storage_for_large_files() -> None:
    error = ConnectionError("Network error: HTTP status client error (403 Forbidden), domain: http://x")
    message, passing = _explained(error, REPO)
    assert "HF_HUB_DISABLE_XET" in message and not passing


def test_the_command_by_itself_and_a_load_from_there(server: Hub, release: Path, tmp_path: Path) -> None:
    """As people do it: processes of their own, told by the environment alone."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "HUGGING"))}
    env |= {"HF_ENDPOINT": server.url, "HF_TOKEN": TOKEN, "HF_HUB_DISABLE_XET": "1", "HF_HOME": str(tmp_path / "home")}
    options: dict[str, Any] = {"env": env, "capture_output": True, "text": True, "check": False}
    run = subprocess.run([GLEAN, "push", str(release), REPO], **options)
    assert run.returncode == 0, run.stderr
    assert run.stdout == ""
    (line,) = run.stderr.splitlines()
    assert line.startswith("someone/papers (main): ") and line.endswith("tag 2026.11 (new)")

    code = f"""
    from datasets import load_dataset
    rows = load_dataset("{REPO}", "speedups", revision="2026.11", split="train")
    print(len(rows), rows[0]["method"])
    """
    run = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], **options)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "2 QuiverDB\n"
