"""Models of one person side by side, on the same held-out posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from .. import reporting
from ..bases.hub import cached_hub_answers
from ..errors import UserError
from ..evaluation.comparison import Difference, differences
from ..evaluation.floors import LargerModel
from ..model_folder import ModelFolder
from ..progress import Silence, Watcher
from ..results import EVALUATED_POSTS
from ._floors import larger_model
from ._other_people import other_people
from .data import posts_of
from .evaluate import EvaluatedModel, measure_folder


@cached_hub_answers()
def compare(
    models: Sequence[str | Path | ModelFolder],
    *,
    count: int = EVALUATED_POSTS,
    seed: int = 0,
    watcher: Watcher | None = None,
) -> list[tuple[EvaluatedModel, Mapping[str, Difference]]]:
    """Set several models of the same held-out posts side by side. No file of theirs changes.

    Returns:
        Each model with the difference of every figure to the first one's.

    Raises:
        UserError: the models do not share their held-out posts, so nothing can be compared.
    """
    folders = [ModelFolder.find(model) for model in models]
    if len(folders) < 2:  # noqa: PLR2004 -- there would be no difference
        raise UserError("one model cannot be compared; give two or more")
    _require_same_posts(folders)
    watcher = watcher or Silence()
    others = other_people((), watcher)
    larger = larger_model(*(folder.record for folder in folders))  # one for all, or surprise means nothing
    evaluated = [_measured(folder, others, count, seed, watcher, larger) for folder in folders]
    first = evaluated[0].evaluation
    return [(one, differences(one.evaluation, first, seed=seed)) for one in evaluated]


def _require_same_posts(folders: Sequence[ModelFolder]) -> None:
    """Check that the models have the same held-out posts.

    Raises:
        UserError: they differ, or one has none.
    """
    for folder in folders:
        if not folder.record.dataset_digest:
            raise UserError(
                f"{folder} was merged where the posts of its parents were not, so it has none to be compared "
                "on; merge it again where they are"
            )
    digests = {folder.record.dataset_digest for folder in folders}
    if len(digests) > 1:
        raise UserError(
            f"the {len(folders)} models were made of {len(digests)} different datasets; "
            "only models with the same held-out posts can be compared: train them from the same archive"
        )


def _measured(
    folder: ModelFolder,
    others: Mapping[str, Sequence[str]],
    count: int,
    seed: int,
    watcher: Watcher,
    larger: LargerModel | None,
) -> EvaluatedModel:
    watcher.note(f"{folder}: {reporting.tuned(folder.record)}".rstrip())
    evaluation, _ = measure_folder(
        folder,
        folder.record,
        posts_of(folder),
        others,
        count=count,
        seed=seed,
        watcher=watcher,
        larger=larger,
    )
    return EvaluatedModel(folder, evaluation)
