"""Files and folders of a person: in our own caches, beside models, and in what W&B keeps of offline runs."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ...files import home, sha256
from ...hub import ledger
from ...model_folder import MODELS, folder_name
from ...types import Author, Stage
from .subject import Subject, has
from .trace import Trace, on_disk

WHOLE = {  # folders whose every entry is one thing
    "unfinished": "unfinished run",
    "datasets": "dataset",
    "runs": "run of the web page",
    "models": "model",
    "uploads": "uploaded file",
}
COPIED = (".parquet", ".safetensors", ".json", ".html", ".md", ".png")  # what caches of W&B have copies of
CELL, TELLING = 200, 30  # bytes of a cell that are looked for, and from which on they tell it from others
EARLIER_STAGES = ("download", "dress")  # by which runs were named until version 1.0
ONE_BYTE = 128  # lengths below it are one byte in protobuf


def models(found: Subject) -> list[Trace]:
    """Models, also those of several people, and what killed trainings left beside them."""
    traces = [on_disk("model", model.path, _shared(found, model.record.authors)) for model in found.models]
    names = {model.path.name for model in found.models} | {folder_name(found.handle)}
    beside = re.compile(rf"\.(?:{'|'.join(map(re.escape, names))})-(?:old-)?\w{{8}}")
    parents = {MODELS, *(model.path.parent for model in found.models)}
    for parent in sorted(parents):
        traces += [
            on_disk("half-made model", path) for path in _entries(parent) if beside.fullmatch(path.name)
        ]
    return traces


def datasets(found: Subject) -> list[Trace]:
    """Kept posts."""
    return [on_disk("dataset", path, _shared(found, authors)) for path, authors in found.datasets.items()]


def caches(found: Subject, known: Iterable[Path]) -> list[Trace]:
    """Whatever else below `home()` names the person or a digest of theirs, or is a file they came from.

    Args:
        found: who.
        known: what was found before; nothing in it is found again.
    """
    covered = {path.resolve() for path in known}
    covered |= {(home() / name).resolve() for name in (ledger.FOLDER, "sweeps.db")}
    pattern, in_feeds = found.pattern(), found.pattern(*found.places)
    named = re.compile(rf"\w+-{re.escape(found.handle)}(?:@[^@]+)?-[0-9a-f]{{16}}\.sqlite", re.IGNORECASE)
    units: dict[Path, str] = {}
    for path in _files(home()):
        unit, kind = _unit(path)
        if {path.resolve(), *path.resolve().parents} & covered or unit in units:
            continue
        fetched = path.parent.name == "fetched"
        if (
            any(found.named(part) for part in path.relative_to(home()).parts)
            or (fetched and named.match(path.name))
            or has(path, in_feeds if fetched and path.suffix == ".msgpack" else pattern)
            or (kind in {"uploaded file", "cache"} and sha256(path) in found.digests)
        ):
            units[unit] = "fetched posts" if fetched else kind
    return [on_disk(kind, path) for path, kind in units.items()]


def wandb_runs(found: Subject) -> list[Trace]:
    """Local runs of W&B below the current folder, and copies of the person's files in its caches."""
    pattern = re.compile(b"|".join([found.pattern().pattern, *_run_names(found)]), re.IGNORECASE)
    runs = [
        entry
        for entry in _entries(Path(os.environ.get("WANDB_DIR", ".")) / "wandb")
        if entry.is_dir() and not entry.is_symlink() and any(has(path, pattern) for path in _files(entry))
    ]
    folders = [*(model.path for model in found.models), *found.datasets, *runs]
    theirs = {sha256(path) for folder in folders for path in _files(folder) if path.suffix in COPIED}
    copied = re.compile(b"|".join([pattern.pattern, *_table_cells(runs)]), re.IGNORECASE)
    copies = [
        path
        for cache in _wandb_caches()
        for path in _files(cache)
        if sha256(path) in theirs or has(path, copied)
    ]
    # the copies first: they are known by what stands in the runs
    return [on_disk("W&B copy", path) for path in copies] + [on_disk("W&B run", path) for path in runs]


def _run_names(found: Subject) -> list[bytes]:
    """Names of the person's runs as a log of W&B has them: a protobuf string, its length before it."""
    groups = {found.handle, *(model.record.name for model in found.models)}
    names = [f"{stage} {group}".encode() for stage in (*Stage, *EARLIER_STAGES) for group in groups]
    return [re.escape(bytes([len(name)]) + name) for name in names if len(name) < ONE_BYTE]


def _table_cells(runs: Iterable[Path]) -> list[bytes]:
    """What tables of runs begin with, as JSON has it: copies of a table have another frame around it."""
    cells = []
    for run in runs:
        for path in (run / "files" / "media" / "table").rglob("*.json"):
            try:
                rows = json.loads(path.read_bytes())["data"]
                cells += [json.dumps(cell)[1:CELL].encode() for row in rows[:1] for cell in row]
            except (OSError, ValueError, LookupError, TypeError):
                continue
    return [re.escape(cell) for cell in cells if len(cell) > TELLING]


def _wandb_caches() -> list[Path]:
    cache = Path(os.environ.get("WANDB_CACHE_DIR") or Path.home() / ".cache" / "wandb")
    data = Path(os.environ.get("WANDB_DATA_DIR") or Path.home() / ".local" / "share" / "wandb")
    return [cache / "artifacts", data / "artifacts"]


def _unit(path: Path) -> tuple[Path, str]:
    """What is deleted as a whole where this file is found, and what it is called."""
    parts = path.relative_to(home()).parts
    for place, part in enumerate(parts[:-1]):
        if part in WHOLE:
            return home().joinpath(*parts[: place + 2]), WHOLE[part]
    return path, "cache"


def _shared(found: Subject, authors: Sequence[Author]) -> str:
    """A word on the others whose voice is in it, too."""
    others = [author.account.handle for author in authors if not found.wrote([author])]
    return f"holds {', '.join(f'@{other}' for other in others)}, too" if others else ""


def _entries(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.iterdir())) if folder.is_dir() else iter(())


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
