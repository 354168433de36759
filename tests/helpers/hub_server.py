"""A Hub server on this machine with the part of the API that publishing uses, for the real library.

    with HubServer(token="...") as hub:
        hub.fail("/commit/", 503)      # the answer to the next request whose path contains this
        ...
        hub.repositories["model", "ada/bot"].files["README.md"]

It stores files in memory, receives large ones by the LFS protocol, checks their digests, and refuses a commit
with large files that have not been uploaded.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import pytest
import yaml  # type: ignore[import-untyped]
from huggingface_hub import constants, hf_api

LARGE = (".safetensors", ".parquet", ".png")  # files that the Hub stores as LFS, as .gitattributes says
DATE = "2024-01-01T00:00:00.000Z"


@dataclass
class Stored:
    """A repository; of each commit only the summary is stored."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[str] = field(default_factory=lambda: ["initial commit"])

    @property
    def sha(self) -> str:
        """The id of the latest commit."""
        return hashlib.sha256("\0".join(self.commits).encode()).hexdigest()[:40]


class HubServer:
    """A context manager that answers on 127.0.0.1 from a thread."""

    def __init__(self, token: str, owner: str = "ada") -> None:
        self.token = token
        self.owner = owner
        self.repositories: dict[tuple[str, str], Stored] = {}
        self.large: dict[str, bytes] = {}  # by sha256
        self.collections: dict[str, dict[str, Any]] = {}
        self.requests: list[str] = []  # "METHOD path"
        self._failures: list[tuple[str, int, bool, dict[str, str]]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def fail(self, path: str, status: int, *, after: bool = False, wait: str = "0", times: int = 1) -> None:
        """Answer the next requests whose "METHOD path" contains `path` with an error.

        With `after`, the request is carried out all the same, and only its answer is lost.
        """
        self._failures += [(path, status, after, {"Retry-After": wait})] * times

    def failure(self, line: str) -> tuple[str, int, bool, dict[str, str]] | None:
        """The error that `fail` has set for a request; each is returned once."""
        with self._lock:
            failure = next((failure for failure in self._failures if failure[0] in line), None)
            if failure:
                self._failures.remove(failure)
            return failure

    def count(self, path: str) -> int:
        """How many requests contained this in their "METHOD path"."""
        return sum(path in line for line in self.requests)

    def commit(self, path: str) -> str:
        """The commit that the address of a file means; "" for other addresses."""
        name, _, rest = path.removeprefix("/").partition("/resolve/")
        revision, stored = rest.partition("/")[0], self.repositories.get(("model", name))
        return stored.sha if stored and revision == "main" else revision

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        """Status and body of the answer; the body is sent as JSON unless it is bytes."""
        for route_method, pattern, handle in _ROUTES:
            if route_method == method and (match := re.fullmatch(pattern, path)):
                public = handle in {_validate, _put, _resolve}
                if not public and headers.get("authorization") != f"Bearer {self.token}":
                    return 401, {"error": "Invalid credentials in Authorization header"}
                with self._lock:
                    return handle(self, body, *match.groups())
        return 404, {"error": f"no such address: {method} {path}"}


def _whoami(hub: HubServer, _: bytes) -> tuple[int, Any]:
    return 200, {"type": "user", "name": hub.owner, "orgs": []}


def _create(hub: HubServer, body: bytes) -> tuple[int, Any]:
    data = json.loads(body)
    name = f"{data['organization'] or hub.owner}/{data['name']}"
    if not name.startswith(f"{hub.owner}/"):
        return 403, {"error": f"You don't have the rights to create a model under {data['organization']}"}
    kind = data.get("type", "model")
    url = f"{hub.url}/{'datasets/' if kind == 'dataset' else ''}{name}"
    if (kind, name) in hub.repositories:
        return 409, {"error": "You already created this repo", "url": url}
    hub.repositories[kind, name] = Stored(private=data.get("visibility") == "private")
    return 200, {"url": url, "name": name}


def _info(hub: HubServer, _: bytes, kinds: str, name: str, *__: str) -> tuple[int, Any]:
    if not (stored := hub.repositories.get((kinds[:-1], name))):
        return 404, {"error": "Repository not found"}
    files = [{"rfilename": path} for path in stored.files]
    return 200, {"id": name, "sha": stored.sha, "private": stored.private, "tags": [], "siblings": files}


def _tree(hub: HubServer, _: bytes, kinds: str, name: str) -> tuple[int, Any]:
    if not (stored := hub.repositories.get((kinds[:-1], name))):
        return 404, {"error": "Repository not found"}
    return 200, [
        {"type": "file", "path": path, "size": len(content), "oid": _git(content)}
        for path, content in stored.files.items()
    ]


def _validate(_: HubServer, body: bytes) -> tuple[int, Any]:
    """The Hub's rules for the metadata of a card, as far as they matter here."""
    match = re.match(r"---\n(.*?)\n---\n", json.loads(body)["content"], re.DOTALL)
    data = yaml.safe_load(match[1]) if match else None
    if not isinstance(data, dict):
        return 400, {"errors": [{"message": "metadata must be a mapping"}], "warnings": []}
    problems = [
        f'"{key}" must be a string'
        for key in ("thumbnail", "pipeline_tag", "library_name", "pretty_name")
        if not isinstance(data.get(key, ""), str)
    ]
    languages = data.get("language", [])
    if not all(re.fullmatch("[a-z]{2,3}", code) for code in languages):
        problems.append('"language" must be ISO 639 codes')
    names = [*data.get("datasets", []), *([data["base_model"]] if "base_model" in data else [])]
    problems += [
        f"{name!r} is no repository" for name in names if not re.fullmatch(r"[\w.-]+(/[\w.-]+)?", name)
    ]
    for index in data.get("model-index", []):
        if not index.get("name") or not all(r["metrics"] for r in index["results"]):
            problems.append('"model-index" needs names and metrics')
    errors = [{"message": message} for message in problems]
    return (400 if problems else 200), {"errors": errors, "warnings": []}


def _preupload(hub: HubServer, body: bytes, kinds: str, name: str) -> tuple[int, Any]:
    if not (stored := hub.repositories.get((kinds[:-1], name))):
        return 404, {"error": "Repository not found"}
    files = []
    for data in json.loads(body)["files"]:
        path, content = data["path"], stored.files.get(data["path"])
        large = path.endswith(LARGE)
        digest = hashlib.sha256(content).hexdigest() if content is not None and large else None
        files.append(
            {
                "path": path,
                "uploadMode": "lfs" if large else "regular",
                "shouldIgnore": False,
                "oid": digest if large or content is None else _git(content),
            }
        )
    return 200, {"files": files}


def _batch(hub: HubServer, body: bytes, *_: str) -> tuple[int, Any]:
    objects = []
    for data in json.loads(body)["objects"]:
        actions = {"upload": {"href": f"{hub.url}/lfs/{data['oid']}", "header": {}}}
        objects.append(data if data["oid"] in hub.large else {**data, "actions": actions})
    return 200, {"transfer": "basic", "objects": objects}


def _put(hub: HubServer, body: bytes, oid: str) -> tuple[int, Any]:
    if hashlib.sha256(body).hexdigest() != oid:
        return 400, {"error": "the content does not have this digest"}
    hub.large[oid] = body
    return 200, b""


def _commit(hub: HubServer, body: bytes, kinds: str, name: str) -> tuple[int, Any]:
    lines = [json.loads(line) for line in body.splitlines()]
    stored = hub.repositories[kinds[:-1], name]
    files = dict(stored.files)
    for line in lines[1:]:
        value = line["value"]
        if line["key"] == "file":
            files[value["path"]] = base64.b64decode(value["content"])
        elif line["key"] == "lfsFile":
            if value["oid"] not in hub.large:
                return 400, {"error": f"{value['path']} was never uploaded"}
            files[value["path"]] = hub.large[value["oid"]]
        else:
            del files[value["path"]]
    stored.files = files
    stored.commits.append(lines[0]["value"]["summary"])
    return 200, {"commitUrl": f"{hub.url}/{name}/commit/{stored.sha}", "commitOid": stored.sha}


def _resolve(hub: HubServer, _: bytes, prefix: str, name: str, path: str) -> tuple[int, Any]:
    stored = hub.repositories.get(("dataset" if prefix else "model", name))
    if not stored or path not in stored.files:
        return 404, {"error": "Entry not found"}
    return 200, stored.files[path]


def _new_collection(hub: HubServer, body: bytes) -> tuple[int, Any]:
    data = json.loads(body)
    slug = f"{data['namespace']}/{re.sub(r'[^a-z0-9]+', '-', data['title'].lower())}-0123456789abcdef"
    if slug in hub.collections:
        return 409, {"error": "there is one of this title", "slug": slug}
    hub.collections[slug] = {
        "slug": slug,
        "title": data["title"],
        "owner": {"name": data["namespace"]},
        "items": [],
        "lastUpdated": DATE,
        "position": 0,
        "private": data["private"],
        "theme": "pink",
        "upvotes": 0,
    }
    return 200, hub.collections[slug]


def _collection(hub: HubServer, _: bytes, slug: str) -> tuple[int, Any]:
    return 200, hub.collections[slug]


def _new_item(hub: HubServer, body: bytes, slug: str) -> tuple[int, Any]:
    item, items = json.loads(body)["item"], hub.collections[slug]["items"]
    if any(item["id"] == other["id"] for other in items):
        return 409, {"error": "it is in there already"}
    items.append({"_id": str(len(items)), "position": len(items), **item})
    return 200, hub.collections[slug]


_NAME = r"([\w.-]+/[\w.-]+)"
_ROUTES = (
    ("GET", "/api/whoami-v2", _whoami),
    ("POST", "/api/repos/create", _create),
    ("POST", "/api/validate-yaml", _validate),
    ("GET", f"/api/(models|datasets)/{_NAME}(/revision/main)?", _info),
    ("GET", f"/api/(models|datasets)/{_NAME}/tree/[^/]+", _tree),
    ("POST", f"/api/(models|datasets)/{_NAME}/preupload/main", _preupload),
    ("POST", rf"/(datasets/)?{_NAME}\.git/info/lfs/objects/batch", _batch),
    ("PUT", "/lfs/([0-9a-f]{64})", _put),
    ("POST", f"/api/(models|datasets)/{_NAME}/commit/main", _commit),
    ("GET", f"/(datasets/)?{_NAME}/resolve/[^/]+/(.+)", _resolve),
    ("HEAD", f"/(datasets/)?{_NAME}/resolve/[^/]+/(.+)", _resolve),
    ("POST", "/api/collections", _new_collection),
    ("GET", f"/api/collections/{_NAME}", _collection),
    ("POST", f"/api/collections/{_NAME}/items", _new_item),
)


def _git(content: bytes) -> str:
    """The digest of a file in git."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _handler(hub: HubServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            path = unquote(urlsplit(self.path).path)
            line = f"{self.command} {path}"
            hub.requests.append(line)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self._body(headers)
            failure = hub.failure(line)
            answer = (0, b"")
            if failure is None or failure[2]:
                answer = hub.answer(self.command, path, headers, body)
            if failure:
                self._send(failure[1], {"error": "as the test asked"}, failure[3])
            else:
                tag = _git(answer[1]) if isinstance(answer[1], bytes) else ""
                commit = hub.commit(path)
                self._send(*answer, {"ETag": f'"{tag}"', "X-Repo-Commit": commit})

        do_GET = do_HEAD = do_POST = do_PUT = _serve  # noqa: N815 -- the names that the server looks for

        def _body(self, headers: dict[str, str]) -> bytes:
            if headers.get("transfer-encoding") != "chunked":
                return self.rfile.read(int(headers.get("content-length", 0)))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def _send(self, status: int, body: Any, headers: dict[str, str]) -> None:
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def use_hub(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a server on this machine the Hub, for the library in this process."""
    from transformers.utils import hub  # noqa: PLC0415 -- for some tests only

    for module in (constants, hf_api):
        monkeypatch.setattr(module, "ENDPOINT", url, raising=False)
    monkeypatch.setattr(hub, "_hf_api", None)  # transformers keeps the first that it has asked
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}"
    )
