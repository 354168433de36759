"""Forgetting a person: everything that was made of their posts on this machine, found by lineage.

The posts have digests, and so have the models; a model names the digests that it came from. So from a handle
all datasets and models are found, and from their digests whatever else names one: runs that were broken off,
records of the tracker, searches, runs of the web page. What was published is listed, to be deleted there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import UserError
from ...hub import ledger
from ...model_folder import MODELS, STYLE, find_models
from . import databases, trackio
from . import folders as model_folders
from .subject import Subject, person
from .trace import Trace

__all__ = ["Trace", "Traces", "find_traces", "forget"]

ARCHIVES = "the archive or export that the posts were read from, wherever you keep it"


@dataclass(frozen=True)
class Traces:
    """What is known of a person on this machine, in the order in which it is deleted."""

    handle: str
    found: tuple[Trace, ...]
    published: dict[Path, ledger.Note]  # by the file that notes it
    elsewhere: tuple[str, ...]  # what cannot be reached from here, one line each


def find_traces(handle: str, folders: Sequence[Path] = ()) -> Traces:
    """Find everything that was made of a person's posts. Nothing is changed.

    Args:
        handle: whose posts.
        folders: where models are, beside models/.

    Raises:
        UserError: it is no handle, or a database cannot be read.
    """
    theirs = person(handle, [MODELS, *folders])
    if not theirs.handle:
        raise UserError(
            f"{handle!r} is no handle; give one as huggingtweets models --json shows it, like ada"
        )
    models, datasets = model_folders.models(theirs), model_folders.datasets(theirs)
    kept = trackio.projects(theirs)
    rest = [
        *trackio.traces(kept),
        *databases.searches(theirs),
        *model_folders.wandb_runs(theirs),
        *model_folders.caches(theirs, [trace.path for trace in (*models, *datasets)]),
    ]
    # what digests are known by goes last: where it is interrupted, the next time still finds the rest
    in_order = {trace.path: trace for trace in (*rest, *models, *datasets)}
    published = {
        path: note for path, note in ledger.notes().items() if any(map(theirs.is_called, note.handles))
    }
    given = {path for part in kept for path in part.given}
    return Traces(theirs.handle, tuple(in_order.values()), published, _elsewhere(theirs, given, folders))


def forget(traces: Traces) -> None:
    """Delete what was found; what was published stays, and so does the note of it.

    Raises:
        UserError: something cannot be deleted; what comes after it is still there.
    """
    for trace in traces.found:
        try:
            trace.delete()
        except OSError as error:
            raise UserError(
                f"{trace.path} cannot be deleted ({error.strerror}); make that possible, then run the "
                "same again"
            ) from error


def _elsewhere(theirs: Subject, given: set[Path], folders: Sequence[Path]) -> tuple[str, ...]:
    """What may still hold the person's posts, or something made of them."""
    tracked = [model.record.tracked for model in theirs.models if model.record.tracked.url]
    remote = {f"{one.tracker}, project {one.project}: {one.url}" for one in tracked}
    mine = {model.path.resolve() for model in theirs.models}
    judged_beside = [
        model.path
        for folder in (MODELS, *folders)
        for model in find_models(folder)
        if model.path.resolve() not in mine and (model.path / STYLE).is_file()
    ]
    return (
        *(map(str, sorted(given)) if given else [ARCHIVES]),
        *sorted(remote),
        *(
            f"{folder}/{STYLE}: its score may be learnt from these posts beside others; evaluate it again"
            for folder in judged_beside
        ),
        "models in folders that were not looked at, which --in names; searches in a database of your own",
    )
