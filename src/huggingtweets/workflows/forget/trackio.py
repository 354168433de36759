"""What trackio stores about a person: runs, versions of artifacts, pictures.

In trackio 0.43 each project is one SQLite file. Beside it lie the files of artifacts, named by their digest
and listed in the manifests of versions, and a folder of pictures for each run. A version of an artifact is
deleted unless the run of somebody else is linked to it; a file is deleted unless another version lists it.

Digests lead to the runs that prepare the posts and train on them. The report and the card name no digest;
their runs are of the same group, and artifacts link them with the training.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from huggingface_hub.constants import HF_HOME

from ...tracking import PROJECT
from .databases import Values, columns, delete_rows, open_database
from .subject import Subject
from .trace import Trace, remove, size

TABLES = {"artifacts", "configs", "artifact_versions", "run_artifact_links"}  # those that are read here
SHARED = "pretrained-model"  # type of the artifacts that the trainings of different people have in common

_CLEAR_PRODUCERS = (  # versions that stay, since others use them, must not name a deleted run
    "UPDATE artifact_versions SET producer_run_id = NULL, producer_run_name = NULL "
    "WHERE producer_run_id NOT IN (SELECT run_id FROM configs)"
)
_DELETE_ORPHANS = (
    "DELETE FROM artifact_aliases WHERE artifact_version_id NOT IN (SELECT id FROM artifact_versions)",
    "DELETE FROM artifacts WHERE id NOT IN (SELECT artifact_id FROM artifact_versions)",
)

Manifests = dict[int, object]  # by the id of the version: JSON, a list of entries
Link = tuple[int, str | None, str, str]  # version, run, the run's name, and the type of the artifact


@dataclass(frozen=True)
class ProjectRecords:
    """What one project stores about the person."""

    database: Path
    runs: set[str]  # ids
    run_names: set[str]  # those that no run of somebody else has, too
    versions: set[int]  # ids of versions of artifacts
    files: list[Path]  # are deleted with them
    user_files: set[Path]  # files of the user that trackio only refers to, an archive for example


def projects(subject: Subject, names: Collection[str]) -> list[ProjectRecords]:
    """What each project stores about the person, without projects that store nothing.

    Args:
        subject: the person.
        names: of models of the person, which no model of somebody else has.
    """
    records = [_project(path, subject, names) for path in sorted(_folder().glob("*.db"))]
    return [project for project in records if project and (project.runs or project.versions)]


def traces(records: Iterable[ProjectRecords]) -> list[Trace]:
    """A trace for each project."""
    return [
        Trace(
            "trackio",
            project.database,
            sum(map(size, project.files)),
            f"{len(project.runs)} runs, {len(project.versions)} versions of artifacts",
            partial(_delete, project),
        )
        for project in records
    ]


def _folder() -> Path:
    return Path(os.environ.get("TRACKIO_DIR") or Path(HF_HOME) / "trackio")


def _project(path: Path, subject: Subject, names: Collection[str]) -> ProjectRecords | None:
    with open_database(path) as db:
        if not columns(db).keys() >= TABLES:
            return None
        pattern = subject.pattern()
        configs = db.execute("SELECT run_id, run_name, config FROM configs").fetchall()
        manifests = dict(db.execute("SELECT id, manifest FROM artifact_versions"))
        rows = db.execute("SELECT id, manifest, coalesce(metadata, '') FROM artifact_versions")
        versions = {version for version, *texts in rows if pattern.search(b" ".join(map(_bytes, texts)))}
        links: list[Link] = db.execute(
            "SELECT artifact_version_id, run_id, run_name, type FROM run_artifact_links "
            "JOIN artifact_versions ON artifact_versions.id = artifact_version_id "
            "JOIN artifacts ON artifacts.id = artifact_id"
        ).fetchall()
    groups = {run: _group(config) for run, _, config in configs}
    is_own = path.stem in _own_projects(subject)
    runs = {
        run: name
        for run, name, config in configs
        if (is_own and (groups[run] in names or subject.is_in_model_name(groups[run])))
        or pattern.search(_bytes(config))
    }
    runs |= {run: name for version, run, name, _ in links if version in versions and run}
    runs = _with_linked(runs, groups, links)
    used_by_others = {version for version, run, *_ in links if run not in runs}
    versions |= {version for version, run, *_ in links if run in runs} - used_by_others
    names = set(runs.values()) - {name for run, name, _ in configs if run not in runs}
    files = _files(path, {*runs, *names}, versions, manifests)
    return ProjectRecords(path, set(runs), names, versions, files, _user_files(versions, manifests))


def _own_projects(subject: Subject) -> set[str]:
    """The names of the files of projects that this program records in; groups of others mean other things."""
    projects = {
        PROJECT,
        os.environ.get("TRACKIO_PROJECT", PROJECT),
        *(model.record.tracked.project for model in subject.models),
    }
    return {re.sub(r"[^\w-]", "", project) for project in projects}  # as trackio names them


def _with_linked(runs: Mapping[str, str], groups: Mapping[str, str], links: Sequence[Link]) -> dict[str, str]:
    """The runs, and those of their groups that artifacts link with them, however many are between."""
    linked = dict(runs)
    in_groups = [  # a run without a group is alone in one
        (run, name, (version, groups.get(run) or run))
        for version, run, name, kind in links
        if run and kind != SHARED
    ]
    while True:
        own = {key for run, _, key in in_groups if run in linked}
        more = {run: name for run, name, key in in_groups if key in own}
        if more.keys() <= linked.keys():
            return linked
        linked |= more


def _group(config: object) -> str:
    """The group of a run: the name of the model."""
    return _json(config).get("_Group") or ""


def _files(path: Path, runs: set[str], versions: set[int], manifests: Manifests) -> list[Path]:
    """The files that only these versions list, the folders of the runs' pictures, and cached tables.

    trackio makes the tables, parquet files beside the database, again when it needs them.
    """
    digests = _digests(manifests[version] for version in versions)
    other_digests = _digests(manifests[version] for version in manifests.keys() - versions)
    blobs = path.parent / "artifacts" / path.stem / "blobs" / "sha256"
    media = path.parent / "media" / path.stem
    paths = [
        *(blobs / digest[:2] / digest for digest in sorted(digests - other_digests)),
        *(media / run for run in sorted(runs)),  # by the id or the name
        *(path.parent.glob(f"{path.stem}*.parquet") if runs or versions else ()),
    ]
    return [path for path in paths if path.exists()]


def _digests(manifests: Iterable[object]) -> set[str]:
    """The digests of the files that manifests list; references to files elsewhere do not count."""
    return {entry["digest"] for manifest in manifests for entry in _json(manifest) if "ref" not in entry}


def _user_files(versions: set[int], manifests: Manifests) -> set[Path]:
    """The files on this machine that versions refer to."""
    references = [
        str(entry["ref"]) for version in versions for entry in _json(manifests[version]) if "ref" in entry
    ]
    paths = {Path(url2pathname(urlsplit(uri).path)) for uri in references if uri.startswith("file:")}
    return {path for path in paths if path.exists()}


def _delete(project: ProjectRecords) -> None:
    for path in project.files:
        remove(path)
    values: Values = {
        "run_id": project.runs,
        "run_name": project.run_names,
        "artifact_version_id": project.versions,
    }
    ids = ", ".join(map(str, sorted(project.versions))) or "NULL"
    delete_versions = f"DELETE FROM artifact_versions WHERE id IN ({ids})"  # noqa: S608 -- numbers only
    delete_rows(project.database, values, (delete_versions, _CLEAR_PRODUCERS, *_DELETE_ORPHANS))


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _json(value: object) -> Any:
    return json.loads(_bytes(value))
