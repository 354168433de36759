"""Models of one person side by side, on the same held-out posts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..errors import UserError
from ..evaluation.comparison import Difference, differences
from ..model_folder import ModelFolder
from ..progress import Watcher
from ..results import EVALUATED_POSTS
from .evaluate import EvaluatedModel, evaluate


def compare(
    models: Sequence[str | Path | ModelFolder],
    *,
    count: int = EVALUATED_POSTS,
    seed: int = 0,
    watcher: Watcher | None = None,
) -> list[tuple[EvaluatedModel, Mapping[str, Difference]]]:
    """Set several models of the same held-out posts side by side.

    Returns:
        Each model with the difference of every figure to the first one's.

    Raises:
        UserError: the models do not share their held-out posts, so nothing can be compared.
    """
    evaluated = [evaluate(model, count=count, seed=seed, watcher=watcher) for model in models]
    digests = {one.model.record.dataset_digest for one in evaluated}
    if len(digests) > 1:
        raise UserError(
            f"the {len(models)} models were made of {len(digests)} different datasets; "
            "only models with the same held-out posts can be compared: train them from the same archive"
        )
    first = evaluated[0].evaluation
    return [(one, differences(one.evaluation, first, seed=seed)) for one in evaluated]
