"""A W&B server on this machine with the part of the API that wandb needs to send runs and artifacts.

with wandb_server.started() as server:
    ...  # a process with WANDB_BASE_URL=server.url and WANDB_API_KEY=wandb_server.KEY
    server.runs, server.artifacts
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "0123456789abcdef" * 2 + "01234567"  # 40 characters, as W&B's keys have
ENTITY = "somebody"


@dataclass
class Run:
    """What was received of one run."""

    config: dict[str, Any] = field(default_factory=dict)
    group: str = ""
    stage: str = ""
    history: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)  # system metrics
    files: dict[str, bytes] = field(default_factory=dict)
    saved: list[str] = field(default_factory=list)  # artifacts, as name:version
    used: list[str] = field(default_factory=list)
    exit_code: int | None = None


@dataclass
class Artifact:
    """A version of an artifact."""

    id: str
    name: str
    version: str
    kind: str
    digest: str
    aliases: list[str]
    metadata: str
    client_id: str
    committed: bool = False
    files: dict[str, bytes] = field(default_factory=dict)


class Server(ThreadingHTTPServer):
    """Stores in memory what clients send."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.runs: dict[str, Run] = {}
        self.artifacts: dict[str, Artifact] = {}  # by id
        self.unknown: list[str] = []  # queries of operations that are not implemented
        self.silent = threading.Event()  # once set, no request is answered
        self.ended = threading.Event()
        self.lock = threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing about clients that disconnect."""

    def answer(self, name: str, query: str, variables: dict[str, Any]) -> dict[str, Any] | None:
        """The data of one GraphQL operation; None if it is not implemented."""
        with self.lock:
            action = getattr(self, "_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(), None)
            if action is None:
                self.unknown.append(query)
                return None
            data: dict[str, Any] = action(variables.get("input") or variables)
            return data

    def _viewer(self, _: dict[str, Any]) -> dict[str, Any]:
        return {
            "viewer": {"id": "u", "entity": ENTITY, "username": ENTITY, "flags": "{}", "teams": {"edges": []}}
        }

    def _server_features_query(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"serverInfo": {"features": []}}

    def _upsert_bucket(self, variables: dict[str, Any]) -> dict[str, Any]:
        run = self.runs.setdefault(variables["name"], Run())
        if variables.get("config"):
            run.config = {key: part["value"] for key, part in json.loads(variables["config"]).items()}
        run.group, run.stage = variables.get("groupName") or run.group, variables.get("jobType") or run.stage
        project = {"id": "p", "name": variables["project"], "entity": {"id": "e", "name": ENTITY}}
        bucket = {
            "id": variables["name"],
            "name": variables["name"],
            "displayName": variables.get("displayName"),
            "description": "",
            "config": variables.get("config") or "{}",
            "sweepName": None,
            "historyLineCount": 0,
            "project": project,
        }
        return {"upsertBucket": {"bucket": bucket, "inserted": True}}

    def _create_artifact(self, variables: dict[str, Any]) -> dict[str, Any]:
        name, digest = variables["artifactCollectionName"], variables["digest"]
        aliases = [alias["alias"] for alias in variables.get("aliases") or []]
        same = [a for a in self.artifacts.values() if a.name == name]
        artifact = next((a for a in same if a.digest == digest and a.committed), None)
        if artifact is None:
            artifact = Artifact(
                id=f"artifact{len(self.artifacts)}",
                name=name,
                version=f"v{len(same)}",
                kind=variables["artifactTypeName"],
                digest=digest,
                aliases=aliases,
                metadata=variables.get("metadata") or "{}",
                client_id=variables.get("clientID") or "",
            )
            self.artifacts[artifact.id] = artifact
        self.runs[variables["runName"]].saved.append(f"{artifact.name}:{artifact.version}")
        state = "COMMITTED" if artifact.committed else "PENDING"
        latest = {"id": same[-1].id, "versionIndex": len(same) - 1} if same else None
        sequence = {"id": name, "latestArtifact": latest}
        return {
            "createArtifact": {"artifact": {"id": artifact.id, "state": state, "artifactSequence": sequence}}
        }

    def _artifact_type(self, variables: dict[str, Any]) -> dict[str, Any]:
        name = variables["name"].partition(":")[0]
        artifact = next((a for a in self.artifacts.values() if a.name == name), None)
        return {"project": {"artifact": {"artifactType": {"name": artifact.kind}} if artifact else None}}

    def _artifact_by_id(self, variables: dict[str, Any]) -> dict[str, Any]:
        return {"artifact": self._shown(self.artifacts[variables["id"]])}

    def _shown(self, artifact: Artifact) -> dict[str, Any]:
        """An artifact with the fields of wandb's ArtifactFragment."""
        project = {"id": "p", "internalId": "p", "name": "huggingtweets", "entity": {"name": ENTITY}}
        collection = {"__typename": "ArtifactSequence", "id": "c", "name": artifact.name, "project": project}
        aliases = [
            {"__typename": "ArtifactAlias", "id": alias, "alias": alias, "artifactCollection": collection}
            for alias in [*artifact.aliases, artifact.version]
        ]
        return {
            "__typename": "Artifact",
            "id": artifact.id,
            "artifactSequence": collection,
            "versionIndex": int(artifact.version[1:]),
            "artifactType": {"name": artifact.kind},
            "description": None,
            "metadata": artifact.metadata,
            "ttlDurationSeconds": -1,
            "ttlIsInherited": True,
            "tags": [],
            "historyStep": None,
            "state": "COMMITTED",
            "size": 1,
            "digest": artifact.digest,
            "commitHash": None,
            "fileCount": len(artifact.files),
            "createdAt": "2020-01-01T00:00:00Z",
            "updatedAt": None,
            "aliases": aliases,
        }

    def _create_artifact_manifest(self, variables: dict[str, Any]) -> dict[str, Any]:
        file = {
            "id": "m",
            "name": variables["name"],
            "displayName": variables["name"],
            "uploadUrl": f"{self.url}/files/manifest/{variables['artifactID']}/{variables['name']}",
            "uploadHeaders": [],
        }
        return {"createArtifactManifest": {"artifactManifest": {"id": variables["artifactID"], "file": file}}}

    def _create_artifact_files(self, variables: dict[str, Any]) -> dict[str, Any]:
        nodes = [
            {
                "id": spec["name"],
                "name": spec["name"],
                "displayName": spec["name"],
                "uploadUrl": f"{self.url}/files/artifact/{spec['artifactID']}/{spec['name']}",
                "uploadHeaders": [],
                "uploadMultipartUrls": None,
                "storagePath": f"artifact/{spec['artifactID']}/{spec['name']}",
                "artifact": {"id": spec["artifactID"]},
            }
            for spec in variables["artifactFiles"]
        ]
        return {"createArtifactFiles": {"files": {"edges": [{"node": node} for node in nodes]}}}

    def _commit_artifact(self, variables: dict[str, Any]) -> dict[str, Any]:
        artifact = self.artifacts[variables["artifactID"]]
        artifact.committed = True
        return {"commitArtifact": {"artifact": {"id": artifact.id, "digest": artifact.digest}}}

    def _use_artifact(self, variables: dict[str, Any]) -> dict[str, Any]:
        artifact = self.artifacts[variables["artifactID"]]
        self.runs[variables["runName"]].used.append(f"{artifact.name}:{artifact.version}")
        return {"useArtifact": {"artifact": self._shown(artifact)}}

    def _create_run_files(self, variables: dict[str, Any]) -> dict[str, Any]:
        files = [
            {"name": name, "uploadUrl": f"{self.url}/files/run/{variables['run']}/{name}"}
            for name in variables["files"]
        ]
        return {"createRunFiles": {"runID": variables["run"], "uploadHeaders": [], "files": files}}

    def receive(self, path: str, content: bytes) -> None:
        """Store a file."""
        _, kind, owner, name = path.lstrip("/").split("/", 3)
        with self.lock:
            if kind == "run":
                self.runs[owner].files[name] = content
            else:
                self.artifacts[owner].files[name] = content

    def stream(self, run: str, sent: dict[str, Any]) -> None:
        """Store metrics."""
        with self.lock:
            record = self.runs[run]
            for file, chunk in sent.get("files", {}).items():
                lines = [json.loads(line) for line in chunk.get("content", []) if line.startswith("{")]
                if file == "wandb-history.jsonl":
                    record.history += lines
                elif file == "wandb-events.jsonl":
                    record.events += lines
            if sent.get("complete"):
                record.exit_code = sent.get("exitcode")


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._hold()
        self._send({})

    def do_PUT(self) -> None:
        content = self._content()
        self._hold()
        self.server.receive(self.path, content)
        self._send({})

    def do_POST(self) -> None:
        content = self._content()
        self._hold()
        sent = json.loads(content or b"{}")
        if self.path.endswith("/graphql"):
            name = sent.get("operationName") or re.search(r"(?:query|mutation)\s+(\w+)", sent["query"])[1]
            data = self.server.answer(name, sent["query"], sent.get("variables") or {})
            refused = {"errors": [{"message": f"{name} is not spoken here"}]}
            self._send(refused if data is None else {"data": data})
        elif "/file_stream" in self.path:
            self.server.stream(self.path.split("/")[-2], sent)
            self._send({})
        else:
            self._send({})

    def _hold(self) -> None:
        """Wait until the server ends, if it is silent."""
        if self.server.silent.is_set():
            self.server.ended.wait()

    def _content(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _send(self, answer: dict[str, Any]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def started() -> Iterator[Server]:
    """A server that runs until the block ends."""
    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.ended.set()
        server.shutdown()
        server.server_close()
