"""Model folders with nothing in them but the record, for tests of what is found by it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from huggingtweets import load_recipe
from huggingtweets.model_folder import ModelFolder
from huggingtweets.types import Account, Author, Base, Funnel, Record, Tracked, TrainingResult


def record_model(
    folder: Path,
    handle: str,
    *,
    digests: tuple[str, str] = ("a" * 64, "b" * 64),
    name: str = "",
    base: Base | None = None,
    project: str = "",
) -> Record:
    """Write the record of a model of one person; `digests` are those of the posts and of the weights."""
    author = Author(
        account=Account(handle=handle, name=handle, source="table"),
        funnel=Funnel(read=1, dropped={}, kept=1),
        characters=1,
        train=1,
        held_out=0,
        input_digest="",
    )
    record = Record(
        name=name or handle,
        created_at=datetime(2024, 1, 1, tzinfo=UTC),
        version="1",
        recipe=load_recipe("starter"),
        base=base or Base(name="starter", digest="0" * 64),
        authors=(author,),
        split_by="time",
        dataset_digest=digests[0],
        model_digest=digests[1],
        curve=(),
        result=TrainingResult(metrics=()),
        seconds={},
        environment={},
        tracked=Tracked(tracker="trackio", project=project),
    )
    folder.mkdir(parents=True)
    ModelFolder(folder).save_record(record)
    return record
