"""An n-gram model: counts of which bytes follow which, without a base and without torch."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np
from msgspec import UNSET

from ..dataset import taking_turns
from ..errors import ModelError, RecipeError, UserError
from ..files import CheckpointConfig, sha256
from ..generation.batch import GroupedBatch, Sampler, SamplingRequest
from ..generation.text_generator import TextGenerator
from ..machine import cores
from ..model_folder import NGRAM_WEIGHTS, SAMPLING, FinetunedModel
from ..progress import Watcher
from ..results import bits_per_byte
from ..tokenization.speakers import speaker_token
from ..types import NO_BASE, Base, CurvePoint, Dataset, Recipe, Sampling
from .ngram_counts import NgramModel

HOLDS_POSTS = True

_PACKAGES = ("huggingtweets", "numpy", "safetensors")


class Ngram(TextGenerator):
    """An n-gram model with its sampling settings, whose `max_new_tokens` counts bytes."""

    def __init__(self, model: NgramModel, sampling: Sampling) -> None:
        """Write and predict with a model in memory."""
        self._model = model
        self.sampling = sampling

    def sampler(self, request: SamplingRequest) -> Sampler:
        """What samples texts for a request; they are finished at once. See `TextGenerator`."""
        if request.speaker:
            speaker_token({}, request.speaker)  # raises: the model knows no speakers
        _require_no_penalty(request.sampling)
        rng = np.random.default_rng(request.seed)

        def sample(count: int) -> list[tuple[list[str], bool]]:
            texts = self._model.generate(
                request.prompt, count=count, seed=rng, sampling=request.sampling, ended=request.ended
            )
            return [(texts, True)]

        return sample

    def batch(self) -> GroupedBatch:
        """What samples texts for many requests; see `TextGenerator`."""
        return GroupedBatch(self.sampler, lambda text: len(text.encode("utf-8", "surrogatepass")))

    def bits(self, texts: Sequence[str], authors: Sequence[str] = ()) -> list[float]:
        """The negative log-likelihood of each text in bits, its end counted; the model knows no authors."""
        del authors
        return [float(bits) for bits in self._model.bits(texts)]


def train(
    data: Dataset,
    recipe: Recipe,
    folder: Path,
    watcher: Watcher,
    checkpoints: CheckpointConfig | None,
    dtype: str | None,
) -> tuple[FinetunedModel, dict[str, str]]:
    """Count the training posts; see `models.train`. It takes a second: no checkpoints. Counts have no dtype.

    Raises:
        RecipeError: the recipe names a base, which an n-gram model has no use for.
        UserError: the recipe has a repetition penalty, which is of tokens.
    """
    del checkpoints, dtype
    _require_no_base(recipe)
    _require_no_penalty(recipe.sampling)
    model = NgramModel.fit([post.text for post in taking_turns(data.train)])  # the latest of all, at the end
    model.save(folder / NGRAM_WEIGHTS)
    (folder / SAMPLING).write_bytes(msgspec.json.format(msgspec.json.encode(recipe.sampling)) + b"\n")
    held_out = [post.text for post in data.held_out]
    point = CurvePoint(step=1, epoch=1, bits_per_byte=bits_per_byte(model.bits(held_out).tolist(), held_out))
    watcher.evaluated(point)
    trained = FinetunedModel(
        folder=folder,
        base=Base(name=NO_BASE, digest=""),
        step=point.step,
        curve=(point,),
        digest=sha256(folder / NGRAM_WEIGHTS),
    )
    return trained, _environment()


def _require_no_base(recipe: Recipe) -> None:
    if recipe.base != NO_BASE:
        raise RecipeError(
            f"recipe {recipe.name}: an n-gram model starts from no base, and {recipe.base!r} was given; "
            "leave it out, or choose another recipe"
        )


def _require_no_penalty(sampling: Sampling) -> None:
    if sampling.repetition_penalty not in {UNSET, 1}:
        raise UserError("an n-gram model has no repetition penalty, since it writes bytes; leave it out")


def load(folder: Path) -> Ngram:
    """Load a model folder.

    Raises:
        ModelError: it is damaged.
    """
    try:
        sampling = msgspec.json.decode((folder / SAMPLING).read_bytes(), type=Sampling)
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / SAMPLING} cannot be read ({error}); train the model again") from error
    return Ngram(NgramModel.load(folder / NGRAM_WEIGHTS), sampling)


def load_base(_: Recipe, __: Base | None) -> None:
    """There is none."""


def _environment() -> dict[str, str]:
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": str(cores()),
        **{package: version(package) for package in _PACKAGES},
    }
