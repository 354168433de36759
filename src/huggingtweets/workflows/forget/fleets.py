"""What the stores of fleets on this machine hold of a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from ...model_folder import folder_name
from ..fleet import fleet_results, records
from ..fleet.config import EVERYBODY
from ..fleet.store import CHECKPOINTS, ENDED, LEASES, MODELS, POSTS, Store
from .subject import Subject
from .trace import Trace, remove, size

FOLDERS = {POSTS: ".jsonl", CHECKPOINTS: "", MODELS: "", ENDED: ".json"}  # and what follows a name in each


def entries(subject: Subject, stores: Iterable[Path]) -> list[Trace]:
    """The person's entries in the stores of fleets: posts, checkpoint, model and outcome.

    One model of all authors goes as a whole.

    Raises:
        ModelError: a store is damaged.
    """
    traces = []
    for path in stores:
        names = _names(subject, Store(str(path)))
        if names:
            files = [file for name in (*names, EVERYBODY) for file in _files(path, name)]
            about = f"what a fleet holds of {', '.join(names)}; its results are written anew"
            traces.append(
                Trace("entry of a fleet", path, sum(map(size, files)), about, partial(_remove, path, names))
            )
    return traces


def _names(subject: Subject, store: Store) -> list[str]:
    """The names under which a store holds the person; the fleet's list may have them no more."""
    listed = {author.name: author.handle or author.name for author in records.load_authors(store)}
    files = {file.removesuffix(suffix) for folder, suffix in FOLDERS.items() for file in store.names(folder)}
    former = files - listed.keys() - {EVERYBODY}
    handles = {name: outcome.handle for name, outcome in records.load_outcomes(store).items()}
    own_names = {folder_name(spelling).casefold() for spelling in subject.spellings}

    def is_former(name: str) -> bool:
        known = handles.get(name)
        return subject.has_handle(known) if known else name.casefold() in own_names

    return [
        *(n for n, handle in listed.items() if any(map(subject.has_handle, (handle, handles.get(n, ""))))),
        *filter(is_former, sorted(former)),
    ]


def _files(store: Path, name: str) -> list[Path]:
    paths = [store / POSTS / f"{name}.jsonl", store / CHECKPOINTS / name, store / MODELS / name]
    paths += [store / ENDED / f"{name}.json", *(store / LEASES).glob(f"{name}~*.json")]
    return [path for path in paths if path.exists()]


def _remove(path: Path, names: Sequence[str]) -> None:
    """Delete the files of authors, then their rows, so that an interrupted deletion can be repeated."""
    for name in (*names, EVERYBODY):
        for file in _files(path, name):
            remove(file)
    store = Store(str(path))
    job = records.load_job(store)
    if job:
        others = [author for author in records.load_authors(store) if author.name not in names]
        records.save_fleet(store, job, others)
        fleet_results(str(path))
