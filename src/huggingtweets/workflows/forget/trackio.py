"""What trackio keeps of a person: runs, artifacts, pictures.

Read of trackio 0.43: a project is one SQLite file; files of artifacts lie beside it under their digest, named
by the manifests of versions; pictures lie in a folder of the run. A version that nobody else's run is linked
to goes with its runs, and its files go where no other version names them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from huggingface_hub.constants import HF_HOME

from ...tracking import PROJECT
from .databases import Wanted, columns, delete, reading
from .subject import Subject
from .trace import Trace, remove, size

_OWNERLESS = (  # versions that others use, too, forget which run made them
    "UPDATE artifact_versions SET producer_run_id = NULL, producer_run_name = NULL "
    "WHERE producer_run_id NOT IN (SELECT run_id FROM configs)"
)
_ORPHANS = (
    "DELETE FROM artifact_aliases WHERE artifact_version_id NOT IN (SELECT id FROM artifact_versions)",
    "DELETE FROM artifacts WHERE id NOT IN (SELECT artifact_id FROM artifact_versions)",
)


@dataclass(frozen=True)
class Kept:
    """One project's part."""

    database: Path
    runs: dict[str, str]  # id -> name
    versions: set[int]
    files: list[Path]  # that go with them
    given: set[Path]  # files of the user that were referred to


def projects(found: Subject) -> list[Kept]:
    """What each project keeps of the person; those that keep nothing are left out."""
    kept = [_project(path, found) for path in sorted(_home().glob("*.db"))]
    return [part for part in kept if part and (part.runs or part.versions)]


def traces(kept: Iterable[Kept]) -> list[Trace]:
    """The same, to be shown and deleted."""
    return [
        Trace(
            "trackio",
            part.database,
            sum(map(size, part.files)),
            f"{len(part.runs)} runs, {len(part.versions)} versions of artifacts",
            partial(_forget, part),
        )
        for part in kept
    ]


def _home() -> Path:
    return Path(os.environ.get("TRACKIO_DIR") or Path(HF_HOME) / "trackio")


def _project(path: Path, found: Subject) -> Kept | None:
    with reading(path) as db:
        if not {"configs", "artifact_versions", "run_artifact_links"} <= columns(db).keys():
            return None
        pattern, ours = found.pattern(), path.stem == PROJECT
        runs = {
            run: name
            for run, name, config in db.execute("SELECT run_id, run_name, config FROM configs")
            if (ours and found.in_group(_json(config).get("_Group") or "")) or pattern.search(_bytes(config))
        }
        manifests = dict(db.execute("SELECT id, manifest FROM artifact_versions"))
        about = db.execute("SELECT id, manifest, coalesce(metadata, '') FROM artifact_versions")
        versions = {version for version, *texts in about if pattern.search(b" ".join(map(_bytes, texts)))}
        links = db.execute("SELECT artifact_version_id, run_id, run_name FROM run_artifact_links").fetchall()
        runs |= {run: name for version, run, name in links if version in versions and run}
        others = {version for version, run, _ in links if run not in runs}
        versions |= {version for version, run, _ in links if run in runs} - others
    return Kept(path, runs, versions, _files(path, runs, versions, manifests), _given(versions, manifests))


def _files(path: Path, runs: dict[str, str], versions: set[int], manifests: dict[int, object]) -> list[Path]:
    """Blobs that only these versions name, folders of the runs' pictures, tables that trackio can redo."""
    mine, theirs = (
        {
            entry["digest"]
            for version, manifest in manifests.items()
            if (version in versions) is wanted
            for entry in _json(manifest)
            if "ref" not in entry
        }
        for wanted in (True, False)
    )
    blobs = path.parent / "artifacts" / path.stem / "blobs" / "sha256"
    media = path.parent / "media" / path.stem
    tables = path.parent.glob(f"{path.stem}*.parquet") if runs or versions else ()
    places = [
        *(blobs / digest[:2] / digest for digest in sorted(mine - theirs)),
        *(media / name for name in sorted({*runs, *runs.values()})),
        *tables,
    ]
    return [place for place in places if place.exists()]


def _given(versions: set[int], manifests: dict[int, object]) -> set[Path]:
    references = [
        str(entry["ref"]) for version in versions for entry in _json(manifests[version]) if "ref" in entry
    ]
    paths = {Path(unquote(urlsplit(uri).path)) for uri in references if uri.startswith("file:")}
    return {path for path in paths if path.exists()}


def _forget(part: Kept) -> None:
    for path in part.files:
        remove(path)
    wanted: Wanted = {
        "run_id": part.runs.keys(),
        "run_name": part.runs.values(),
        "artifact_version_id": part.versions,
    }
    numbers = ", ".join(map(str, sorted(part.versions))) or "NULL"
    own = f"DELETE FROM artifact_versions WHERE id IN ({numbers})"  # noqa: S608 -- numbers only
    delete(part.database, wanted, (own, _OWNERLESS, *_ORPHANS))


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _json(value: object) -> Any:
    return json.loads(_bytes(value))
