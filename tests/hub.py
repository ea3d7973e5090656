"""A stand-in for the Hugging Face Hub: the few parts of its API that a push and a load use, in memory, on this machine.

It keeps repositories as the Hub does (commits of whole trees, branches, tags, large files by their SHA-256) and counts
every request, so that tests can say what was sent. Requests can be made to fail: see ``Hub.fail``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TOKEN = "hf_writes"
READ_TOKEN = "hf_reads"
CUT = 0  # instead of a status: the connection is cut


@dataclass
class Repo:
    private: bool
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    branches: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)

    def commit(self, branch: str, files: dict[str, bytes], message: str) -> str:
        sha = hashlib.sha1(f"{len(self.commits)} {message} {sorted(files)}".encode()).hexdigest()
        self.commits[sha] = files
        self.branches[branch] = sha
        self.messages.append(message)
        return sha

    def find(self, revision: str) -> str | None:
        for place in (self.branches, self.tags):
            if revision in place:
                return place[revision]
        return revision if revision in self.commits else None


@dataclass
class Fault:
    method: str
    path: re.Pattern[str]
    answer: int | Callable[[], int]
    times: int


class Hub(ThreadingHTTPServer):
    """The server; ``repos``, ``large`` and ``requests`` are what it holds and has seen."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repos: dict[str, Repo] = {}
        self.large: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []
        self.faults: list[Fault] = []
        self.lock = threading.RLock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fail(self, method: str, path: str, answer: int, times: int = 1) -> None:
        """Lets the next requests whose path matches fail with a status, or cuts them (``CUT``)."""
        self.faults.append(Fault(method, re.compile(path), answer, times))

    def count(self, method: str, path: str = "") -> int:
        """How many requests of a method there were whose path matches."""
        return sum(m == method and re.search(path, p) is not None for m, p in self.requests)

    def files(self, repo: str, revision: str = "main") -> dict[str, bytes]:
        """The files of a revision, as a person would see them."""
        held = self.repos[repo]
        commit = held.find(revision)
        assert commit is not None
        return {name: data for name, data in held.commits[commit].items() if name != ".gitattributes"}

    def make(self, repo: str, *, private: bool = False, files: dict[str, bytes] | None = None) -> Repo:
        """A repository as the Hub makes it."""
        self.repos[repo] = Repo(private)
        start = {".gitattributes": b"*.parquet filter=lfs diff=lfs merge=lfs -text\n", **(files or {})}
        self.repos[repo].commit("main", start, "initial commit")
        return self.repos[repo]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Cut connections are no news."""


@contextmanager
def hub() -> Iterator[Hub]:
    """A running stand-in."""
    server = Hub()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def is_large(path: str) -> bool:
    return path.endswith(".parquet")


def blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def entry(path: str, data: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "file", "path": path, "size": len(data), "oid": blob(data)}
    if is_large(path):
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256(data)}\nsize {len(data)}\n".encode()
        found["oid"] = blob(pointer)
        found["lfs"] = {"oid": sha256(data), "size": len(data), "pointerSize": len(pointer)}
    return found


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class RefusedError(Exception):
    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        path = parts.path
        with self.server.lock:
            self.server.requests.append((self.command, unquote(path)))
            fault = next((f for f in self.server.faults if f.method == self.command and f.path.search(path)), None)
            if fault:
                fault.times -= 1
                if fault.times == 0:
                    self.server.faults.remove(fault)
        if fault and fault.answer == CUT:
            self.rfile.read(min(100, int(self.headers.get("Content-Length") or 0)))  # in the middle of the body
            self.close_connection = True
            self.connection.close()
            return
        body = self._body()
        try:
            if fault:
                raise RefusedError(int(fault.answer), "made to fail")
            with self.server.lock:
                self._route(path, parse_qs(parts.query), body)
        except RefusedError as error:
            self._send(error.status, {"error": str(error)}, {"X-Error-Message": str(error), "X-Error-Code": error.code})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            data = b""
            while size := int(self.rfile.readline().strip() or b"0", 16):
                data += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return data
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, status: int, value: Any = None, headers: dict[str, str] | None = None) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in (headers or {}).items():
            if text:
                self.send_header(name, text)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    # who asks

    def _token(self) -> str | None:
        header = self.headers.get("Authorization")
        if header is None:
            return None
        token = header.removeprefix("Bearer ")
        if token not in (TOKEN, READ_TOKEN):
            raise RefusedError(401, "Invalid credentials in Authorization header")
        return token

    def _may_write(self) -> None:
        token = self._token()
        if token is None:
            raise RefusedError(401, "Invalid username or password.")
        if token != TOKEN:
            raise RefusedError(403, "This token has no write permissions")

    def _repo(self, name: str) -> Repo:
        token = self._token()
        repo = self.server.repos.get(name)
        if repo is None or (repo.private and token is None):
            raise RefusedError(401 if token is None else 404, "Repository not found", "RepoNotFound")
        return repo

    def _tree(self, repo: Repo, revision: str) -> tuple[str, dict[str, bytes]]:
        commit = repo.find(unquote(revision))
        if commit is None:
            raise RefusedError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return commit, repo.commits[commit]

    # what they ask

    def _route(self, path: str, query: dict[str, list[str]], body: bytes) -> None:
        for method, pattern, function in ROUTES:
            match = re.fullmatch(pattern, path)
            if match and self.command in method.split("|"):
                function(self, query, body, *match.groups())
                return
        raise RefusedError(404, "Not found", "EntryNotFound")

    def whoami(self, _query: Any, _body: bytes) -> None:
        if self._token() is None:
            raise RefusedError(401, "Invalid username or password.")
        self._send(200, {"type": "user", "name": "someone", "orgs": [], "auth": {"type": "access_token"}})

    def create(self, _query: Any, body: bytes) -> None:
        self._may_write()
        asked = json.loads(body)
        owner = asked.get("organization") or "someone"
        if owner != "someone":
            raise RefusedError(403, "You don't have the rights to create a dataset under this namespace")
        name = f"{owner}/{asked['name']}"
        if name in self.server.repos:
            raise RefusedError(409, "You already created this dataset repo")
        private = asked.get("private") is True or asked.get("visibility") == "private"
        self.server.make(name, private=private)
        self._send(200, {"url": f"{self.server.url}/datasets/{name}", "id": "0", "name": name})

    def info(self, _query: Any, _body: bytes, name: str, revision: str | None = None) -> None:
        repo = self._repo(name)
        commit, files = self._tree(repo, revision or "main")
        siblings = [{"rfilename": path} for path in sorted(files)]
        self._send(
            200,
            {"_id": "0", "id": name, "sha": commit, "private": repo.private, "gated": False, "disabled": False}
            | {"tags": [], "downloads": 0, "likes": 0, "siblings": siblings, "author": name.split("/")[0]},
        )

    def tree(self, query: dict[str, list[str]], _body: bytes, name: str, revision: str, under: str | None) -> None:
        _, files = self._tree(self._repo(name), revision)
        prefix = f"{unquote(under[1:])}/" if under else ""
        deep = query.get("recursive", ["false"])[0].lower() in ("true", "1")
        rows: dict[str, dict[str, Any]] = {}
        for path, data in sorted(files.items()):
            if not path.startswith(prefix):
                continue
            parents = path.removeprefix(prefix).split("/")[:-1]
            for n in range(1, len(parents) + 1 if deep else min(2, len(parents) + 1)):
                folder = prefix + "/".join(parents[:n])
                rows[folder] = {"type": "directory", "path": folder, "size": 0, "oid": "0" * 40}
            if deep or not parents:
                rows[path] = entry(path, data)
        if under and not rows:
            raise RefusedError(404, f"{under} does not exist", "EntryNotFound")
        self._send(200, list(rows.values()))

    def paths(self, _query: Any, body: bytes, name: str, revision: str) -> None:
        _, files = self._tree(self._repo(name), revision)
        asked = json.loads(body) if body[:1] == b"{" else parse_qs(body.decode())
        rows = []
        for path in asked.get("paths", []):
            if path in files:
                rows.append(entry(path, files[path]))
            elif any(held.startswith(f"{path}/") for held in files):
                rows.append({"type": "directory", "path": path, "size": 0, "oid": "0" * 40})
        self._send(200, rows)

    def refs(self, _query: Any, _body: bytes, name: str) -> None:
        repo = self._repo(name)

        def listed(kind: str, held: dict[str, str]) -> list[dict[str, str]]:
            return [{"name": n, "ref": f"refs/{kind}/{n}", "targetCommit": c} for n, c in held.items()]

        found = {"branches": listed("heads", repo.branches), "tags": listed("tags", repo.tags), "converts": []}
        self._send(200, found)

    def branch(self, _query: Any, body: bytes, name: str, branch: str) -> None:
        self._may_write()
        repo = self._repo(name)
        if branch in repo.branches:
            raise RefusedError(409, "Reference already exists")
        commit, _ = self._tree(repo, json.loads(body or b"{}").get("startingPoint", "main"))
        repo.branches[branch] = commit
        self._send(200, {})

    def tag(self, _query: Any, body: bytes, name: str, revision: str) -> None:
        self._may_write()
        repo = self._repo(name)
        if self.command == "DELETE":
            if repo.tags.pop(revision, None) is None:
                raise RefusedError(404, "Tag not found", "RevisionNotFound")
        else:
            tag = json.loads(body)["tag"]
            if tag in repo.tags:
                raise RefusedError(409, "Tag reference exists already")
            repo.tags[tag], _ = self._tree(repo, revision)
        self._send(200, {})

    def preupload(self, _query: Any, body: bytes, name: str, revision: str) -> None:
        self._may_write()
        _, files = self._tree(self._repo(name), revision)
        rows = []
        for asked in json.loads(body)["files"]:
            mode = "lfs" if is_large(asked["path"]) else "regular"
            row = {"path": asked["path"], "uploadMode": mode, "shouldIgnore": False}
            if asked["path"] in files:
                held = entry(asked["path"], files[asked["path"]])
                row["oid"] = held["lfs"]["oid"] if mode == "lfs" else held["oid"]
            rows.append(row)
        self._send(200, {"files": rows})

    def yaml(self, _query: Any, body: bytes) -> None:
        import yaml

        try:
            front = yaml.safe_load(json.loads(body)["content"].split("---\n")[1])
        except (IndexError, yaml.YAMLError) as error:
            self._send(400, {"errors": [{"message": str(error)}], "warnings": []})
            return
        warnings = [] if front.get("license") else [{"message": "no license"}]
        self._send(200, {"errors": [], "warnings": warnings})

    def batch(self, _query: Any, body: bytes, name: str) -> None:
        self._may_write()
        self._repo(name)
        rows = []
        for asked in json.loads(body)["objects"]:
            row: dict[str, Any] = {"oid": asked["oid"], "size": asked["size"]}
            if asked["oid"] not in self.server.large:
                row["actions"] = {
                    "upload": {"href": f"{self.server.url}/lfs/{asked['oid']}"},
                    "verify": {"href": f"{self.server.url}/lfs-verify"},
                }
            rows.append(row)
        self._send(200, {"transfer": "basic", "objects": rows})

    def upload(self, _query: Any, body: bytes, oid: str) -> None:
        if sha256(body) != oid:
            raise RefusedError(400, "not what was announced")
        self.server.large[oid] = body
        self._send(200, {})

    def verify(self, _query: Any, body: bytes) -> None:
        if json.loads(body)["oid"] not in self.server.large:
            raise RefusedError(404, "has not arrived")
        self._send(200, {})

    def commit(self, _query: Any, body: bytes, name: str, revision: str) -> None:
        self._may_write()
        repo = self._repo(name)
        branch = unquote(revision)
        head, held = self._tree(repo, branch)
        files, message = dict(held), ""
        for line in body.splitlines():
            item = json.loads(line)
            value = item["value"]
            if item["key"] == "header":
                message = value["summary"]
                if value.get("parentCommit", head) != head:
                    raise RefusedError(412, "A commit has happened since")
            elif item["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif item["key"] == "lfsFile":
                if value["oid"] not in self.server.large:
                    raise RefusedError(400, f"the large file of {value['path']} has not arrived")
                files[value["path"]] = self.server.large[value["oid"]]
            elif item["key"] == "deletedFile" and files.pop(value["path"], None) is None:
                raise RefusedError(404, "A file with this name doesn't exist", "EntryNotFound")
        made = repo.commit(branch, files, message)
        address = f"{self.server.url}/datasets/{name}/commit/{made}"
        self._send(200, {"success": True, "commitOid": made, "commitUrl": address, "hookOutput": ""})

    def resolve(self, _query: Any, _body: bytes, name: str, revision: str, path: str) -> None:
        commit, files = self._tree(self._repo(name), revision)
        data = files.get(unquote(path))
        if data is None:
            raise RefusedError(404, "Entry not found", "EntryNotFound")
        headers = {"ETag": f'"{sha256(data) if is_large(path) else blob(data)}"', "X-Repo-Commit": commit}
        headers["Accept-Ranges"] = "bytes"
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range") or "")
        if wanted:
            start, end = int(wanted[1]), min(int(wanted[2] or len(data)), len(data) - 1)
            headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
            self._send(206, data[start : end + 1], headers)
        else:
            self._send(200, data, headers)


_NAME = r"([^/]+/[^/]+)"
_REPO = f"/api/datasets/{_NAME}"
ROUTES: list[tuple[str, str, Callable[..., None]]] = [
    ("GET", "/api/whoami-v2", Handler.whoami),
    ("POST", "/api/repos/create", Handler.create),
    ("POST", "/api/validate-yaml", Handler.yaml),
    ("GET", _REPO, Handler.info),
    ("GET", f"{_REPO}/revision/([^/]+)", Handler.info),
    ("GET", f"{_REPO}/tree/([^/]+)(/.+)?", Handler.tree),
    ("POST", f"{_REPO}/paths-info/([^/]+)", Handler.paths),
    ("GET", f"{_REPO}/refs", Handler.refs),
    ("POST", f"{_REPO}/branch/([^/]+)", Handler.branch),
    ("POST|DELETE", f"{_REPO}/tag/([^/]+)", Handler.tag),
    ("POST", f"{_REPO}/preupload/([^/]+)", Handler.preupload),
    ("POST", f"{_REPO}/commit/([^/]+)", Handler.commit),
    ("POST", f"/datasets/{_NAME}\\.git/info/lfs/objects/batch", Handler.batch),
    ("PUT", "/lfs/([0-9a-f]{64})", Handler.upload),
    ("POST", "/lfs-verify", Handler.verify),
    ("GET|HEAD", f"/datasets/{_NAME}/resolve/([^/]+)/(.+)", Handler.resolve),
]
