"""Real or bot: somebody is shown a post that the person wrote beside one that the model wrote."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from .. import evaluation, models, reporting
from ..errors import UserError
from ..evaluation.game import Pair, Side, pairs, score
from ..files import whole_file
from ..generation.filters import filters_for, load_filters
from ..generation.text_generator import TextFilter, first_objection
from ..model_folder import ModelFolder
from ..results import ROUNDS, Game
from .data import posts_of

DRAWN_SEEDS = 1 << 31  # of which one is drawn where none is given


@dataclass(frozen=True)
class Deal:
    """A game that was dealt. Its pairs hold held-out posts: show them, and write them nowhere."""

    model: ModelFolder
    pairs: list[Pair]
    positions: list[int]  # of the real post of each pair, among the held-out posts


def deal(model: str | Path | ModelFolder, *, rounds: int = ROUNDS, seed: int | None = None) -> Deal:
    """Set held-out posts beside posts that the model writes, none of them picked.

    Both go through the model's filters, which would give away what may show a stranger's handle. No held-out
    post is dealt again after it was answered: who knows it could not be wrong.

    Args:
        model: a model folder, or its name below models/.
        rounds: pairs to show; fewer where there are fewer posts.
        seed: of the posts and of the draw; None takes another each time.

    Raises:
        ModelError: there is no such model, it was not evaluated, or its posts are not on this machine.
        UserError: there is nothing to draw from, or no place for the answers.
    """
    folder, seed = ModelFolder.find(model), secrets.randbelow(DRAWN_SEEDS) if seed is None else seed
    game = evaluation.load(folder).game  # a game's result has its place there
    folder.require_writable()
    seen = {} if game is None else dict.fromkeys(game.seen)
    filters = filters_for(load_filters(folder.path), "")
    held_out = [post.text for post in posts_of(folder).held_out]
    real = {
        text: position
        for position, text in enumerate(held_out)
        if position not in seen and not first_objection(filters, text)
    }
    if seen and not real:
        raise UserError("all held-out posts were shown in earlier games, and each counts once")
    written = _write(folder, min(rounds, len(real)), seed, filters, frozenset(held_out))
    dealt = pairs(list(real), written, count=rounds, seed=seed)
    return Deal(folder, dealt, [real[getattr(pair, pair.real)] for pair in dealt])


def play(dealt: Deal, answers: Sequence[Side]) -> Game:
    """Add the answers to those of earlier games, and write the result into report.json and report.html.

    Raises:
        UserError: there is no answer, or more than pairs.
    """
    folder = dealt.model
    earlier = evaluation.load(folder)
    game = score(dealt.pairs, answers, dealt.positions, earlier.game)
    evaluation.save(replace(earlier, game=game), folder)
    page = folder.report_page
    if page.is_file():
        whole_file(page, reporting.with_game(page.read_text("utf-8"), game).encode())
    return game


def _write(
    folder: ModelFolder, count: int, seed: int, filters: Sequence[TextFilter], held_out: frozenset[str]
) -> list[str]:
    """Posts that the model writes, none twice; fewer where it repeats itself."""
    generator = models.load_generator(folder.path)
    texts: dict[str, None] = {}
    while missing := count - len(texts):
        samples = generator.generate(count=missing, seed=seed, filters=filters).samples
        new = [each.text for each in samples if each.text not in texts and each.text not in held_out]
        if not new:
            break
        texts.update(dict.fromkeys(new))
        seed += 1
    return list(texts)
