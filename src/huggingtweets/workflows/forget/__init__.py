"""Forgetting a person: find and delete everything on this machine that was made from their posts.

Posts and models have digests, and a model records the digests that it was made from. So a handle leads to
datasets and models, and their digests lead to everything else that contains one: unfinished runs, tracker
records, hyperparameter searches, runs of the web page. Searches also say whose posts they are on, which no
model may have been trained on. What was published is only listed, since it has to be deleted on the Hub.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import UserError
from ...files.home_folder import home
from ...hub import ledger
from ...model_folder import FLEET, MODELS, STYLE, ModelFolder, find_models, folders_with
from ...staging import clear
from . import databases, folders, trackio
from .subject import Subject, find_subject
from .trace import Trace

__all__ = ["Trace", "Traces", "find_traces", "forget"]

ARCHIVES = "the archive or export that the posts were read from, wherever you keep it"
NOT_SEARCHED = (
    "models, exports, fleets and runs of W&B in other folders; name these with --in",
    "searches in a database of your own",
)


@dataclass(frozen=True)
class Traces:
    """Everything that is known to come from a person's posts."""

    handle: str
    local: tuple[Trace, ...]  # on this machine, in the order in which it is deleted
    published: dict[Path, ledger.LedgerEntry]  # by the file of the entry
    elsewhere: tuple[str, ...]  # what `forget` cannot delete, one line each
    handles: tuple[str, ...] = ()  # of everybody whose models are here


def find_traces(handle: str, model_folders: Sequence[Path] = ()) -> Traces:
    """Find everything that was made from a person's posts; nothing of it is changed.

    What killed runs left is cleared before, as each run does: what one was about to replace is put back, and
    is found where it was.

    Args:
        handle: the person's handle, with or without @.
        model_folders: folders with models, beside models/.

    Raises:
        UserError: the handle is empty, or a database cannot be read.
    """
    clear(home())
    places = [MODELS, *model_folders]
    subject = find_subject(handle, places)
    if not subject.handle:
        raise UserError(
            f"{handle!r} is no handle; give one as huggingtweets models --json shows it, like ada"
        )
    all_models = [model for folder in places for model in find_models(folder)]
    others = _of_others(subject, all_models)
    models, datasets = folders.models(subject), folders.datasets(subject)
    indexes = folders.indexes(subject, places)
    projects = trackio.projects(subject, _own_names(subject, others))
    places_of_person = folders.handles(subject)
    traces = [
        *trackio.traces(projects),
        *databases.sweeps(subject),
        *folders.wandb_runs(subject, model_folders),
        *folders.caches(subject, [trace.path for trace in (*indexes, *models, *datasets, *places_of_person)]),
        *folders.exports(subject, model_folders),
        *_in_fleets(subject, places),
        # Last, since their digests lead to the others: after an interruption these are still found.
        *indexes,
        *models,
        *datasets,
        *places_of_person,
    ]
    unique = {trace.path: trace for trace in traces}
    published = {
        file: entry
        for file, entry in ledger.entries().items()
        if any(map(subject.has_handle, entry.handles)) or entry.model_digest in subject.digests
    }
    handles = {author.account.handle for model in all_models for author in model.record.authors}
    elsewhere = _elsewhere(subject, _kept_files(projects, unique), others)
    return Traces(subject.handle, tuple(unique.values()), published, elsewhere, tuple(sorted(handles)))


def forget(traces: Traces) -> None:
    """Delete the local traces. What was published stays on the Hub, and its entries stay in the ledger.

    Raises:
        UserError: something cannot be deleted; the traces after it are not deleted either.
    """
    for trace in traces.local:
        try:
            trace.delete()
        except OSError as error:
            raise UserError(
                f"{trace.path} cannot be deleted ({error.strerror}); make that possible, then run the "
                "same again"
            ) from error


def _in_fleets(subject: Subject, model_folders: Sequence[Path]) -> list[Trace]:
    """What fleets in or below folders hold of the person."""
    stores = sorted({store for folder in model_folders for store in folders_with(FLEET, folder)})
    if not stores:
        return []
    from . import fleets  # noqa: PLC0415 -- imports all that trains a fleet, and most machines have none

    return fleets.entries(subject, stores)


def _kept_files(projects: Iterable[trackio.ProjectRecords], deleted: Iterable[Path]) -> list[Path]:
    """The user's own files that runs refer to, without those that are deleted or lie in such a folder."""
    gone = {path.resolve() for path in deleted}
    files = {file for project in projects for file in project.user_files}
    return sorted(file for file in files if gone.isdisjoint([file.resolve(), *file.resolve().parents]))


def _elsewhere(
    subject: Subject, user_files: Sequence[Path], others: Sequence[ModelFolder]
) -> tuple[str, ...]:
    """What may hold the person's posts, or something made from them, and is not deleted."""
    tracked = [model.record.tracked for model in subject.models if model.record.tracked.url]
    remote_records = {f"{one.tracker}, project {one.project}: {one.url}" for one in tracked}
    return (
        *map(str, user_files),
        ARCHIVES,
        *sorted(remote_records),
        *_other_style_scores(others),
        *NOT_SEARCHED,
    )


def _other_style_scores(others: Iterable[ModelFolder]) -> list[str]:
    """The style scores of other people's models: they may have been fitted to the person's posts, too."""
    return [
        f"{model.path}/{STYLE}: its score may be learnt from these posts beside others; evaluate it again"
        for model in others
        if (model.path / STYLE).is_file()
    ]


def _of_others(subject: Subject, all_models: Iterable[ModelFolder]) -> list[ModelFolder]:
    own_paths = {model.path.resolve() for model in subject.models}
    return [model for model in all_models if model.path.resolve() not in own_paths]


def _own_names(subject: Subject, others: Iterable[ModelFolder]) -> set[str]:
    """The names of the person's models that no model of somebody else has."""
    return {model.record.name for model in subject.models} - {model.record.name for model in others}
