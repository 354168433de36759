"""Real or bot: somebody is shown a post that the person wrote beside one that the model wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from .. import evaluation, models, reporting
from ..evaluation.game import Pair, Side, pairs, score
from ..generation.filters import load_filters
from ..model_folder import ModelFolder
from ..results import ROUNDS, Game
from .data import posts_of


@dataclass(frozen=True)
class Deal:
    """A game that was dealt. Its pairs hold held-out posts: show them, and write them nowhere."""

    model: ModelFolder
    pairs: list[Pair]


def deal(model: str | Path | ModelFolder, *, rounds: int = ROUNDS, seed: int = 0) -> Deal:
    """Set held-out posts beside posts that the model writes under its filters, none of them picked.

    Args:
        model: a model folder, or its name below models/.
        rounds: pairs to show; fewer where there are fewer posts.
        seed: of the posts and of the draw.

    Raises:
        ModelError: there is no such model, it was not evaluated, or its posts are not on this machine.
        UserError: there is nothing to draw from.
    """
    folder = ModelFolder.find(model)
    evaluation.load(folder)  # a game's result has its place there
    held_out = [post.text for post in posts_of(folder).held_out]
    filters = load_filters(folder.path)
    written = models.load(folder.path).generate(count=rounds, seed=seed, filters=filters)
    bot = [sample.text for sample in written.samples]
    return Deal(folder, pairs(held_out, bot, count=rounds, seed=seed))


def play(dealt: Deal, answers: Sequence[Side]) -> Game:
    """Count the answers, and write the result into report.json and report.html.

    Raises:
        UserError: there is no answer, or more than pairs.
    """
    game = score(dealt.pairs, answers)
    folder = dealt.model
    evaluation.save(replace(evaluation.load(folder), game=game), folder)
    page = folder.report_page
    if page.is_file():
        page.write_text(reporting.with_game(page.read_text("utf-8"), game), "utf-8")
    return game
