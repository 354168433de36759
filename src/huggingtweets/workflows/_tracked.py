"""What the stages of a training put on record: settings, metrics and artifacts in the tracker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from .. import models, tracking
from ..model_folder import FinetunedModel, ModelFolder
from ..results import Evaluation
from ..tracking import Artifacts, Run
from ..types import Recipe
from .data import AuthorPosts, DataConfig


def source_settings(authors: Sequence[AuthorPosts]) -> dict[str, object]:
    """Who was read from what kind of place; not the locations, which name the user's folders."""
    return {"sources": {author.account.handle: author.account.source for author in authors}}


def preprocess_settings(config: DataConfig) -> dict[str, object]:
    """What preprocessing depends on; not the locations, which name the user's folders."""
    return {"held_out": config.held_out, **config.rules.recorded()}


def train_settings(recipe: Recipe) -> dict[str, object]:
    """The recipe; of a base in a file or a folder the name, not the path, which tells of its user.

    The digests of the posts on which its settings were searched are left out: they may be another person's,
    and a run that has a person's digest is deleted with that person.
    """
    base, own = Path(recipe.base), replace(recipe, tuned_on=UNSET)
    return {**msgspec.to_builtins(own), "base": base.resolve().name if base.exists() else recipe.base}


def record_posts(authors: Sequence[AuthorPosts], config: DataConfig, artifacts: Artifacts, run: Run) -> str:
    """Record what was read; return its version in the tracker."""
    read_posts = {a.account.handle: (a.digest, a.cleaned.funnel) for a in authors}
    run.log({"posts/read": sum(author.cleaned.funnel.read for author in authors)}, step=0)
    files = [path for path in map(Path, config.locations) if path.is_file()]
    return artifacts.raw_dataset(run, read_posts, files)


def record_model(model: FinetunedModel, recipe: Recipe, artifacts: Artifacts, run: Run) -> str:
    """Record the base and the trained model; return the model's version in the tracker."""
    run.use(artifacts.pretrained_model(run, model))
    return artifacts.finetuned_model(run, model, holds_posts=models.holds_posts(recipe))


def record_evaluation(
    evaluation: Evaluation,
    folder: ModelFolder,
    artifacts: Artifacts,
    run: Run,
    *,
    step: int,
) -> str:
    """Record the figures at a step, and the report; return the report's version in the tracker."""
    run.log(tracking.evaluation_metrics(evaluation), step=step)
    return artifacts.report(run, folder)


def record_report(folder: ModelFolder, artifacts: Artifacts, run: Run) -> None:
    """Record the pictures and the card."""
    run.log_pictures({picture.stem: picture for picture in folder.pictures()})
    artifacts.card(run, folder)
