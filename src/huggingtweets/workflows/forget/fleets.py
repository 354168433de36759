"""What the stores of fleets on this machine hold of a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from ..fleet import fleet_results, records
from ..fleet.config import EVERYBODY, AuthorRequest
from ..fleet.store import CHECKPOINTS, ENDED, LEASES, MODELS, POSTS, Store
from .subject import Subject
from .trace import Trace, remove, size


def entries(subject: Subject, stores: Iterable[Path]) -> list[Trace]:
    """The person's entries in the stores of fleets: posts, checkpoint, model and outcome.

    One model of all authors goes as a whole.

    Raises:
        ModelError: a store is damaged.
    """
    traces = []
    for path in stores:
        store = Store(str(path))
        outcomes = records.load_outcomes(store)
        names = [
            author.name
            for author in records.load_authors(store)
            if _is_of(subject, author, outcomes[author.name].handle if author.name in outcomes else "")
        ]
        if names:
            files = [file for name in (*names, EVERYBODY) for file in _files(path, name)]
            about = f"what a fleet holds of {', '.join(names)}; its results are written anew"
            traces.append(
                Trace("entry of a fleet", path, sum(map(size, files)), about, partial(_remove, path, names))
            )
    return traces


def _is_of(subject: Subject, author: AuthorRequest, handle: str) -> bool:
    """Whether an author of a fleet is the person; `handle` is the one that its model was made of."""
    return any(subject.has_handle(name) for name in (author.handle or author.name, handle) if name)


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
