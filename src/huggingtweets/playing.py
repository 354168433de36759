"""Real or bot: somebody is shown a post that the person wrote beside one that the model wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from . import judging, models, records
from .figures import Game

if TYPE_CHECKING:
    from .evaluation.game import Pair, Side

ROUNDS = 20


@dataclass(frozen=True)
class Table:
    """A game that was dealt. Its pairs hold held-out posts: show them, and write them nowhere."""

    folder: Path
    pairs: list[Pair]


def deal(model: str | Path, *, rounds: int = ROUNDS, seed: int = 0) -> Table:
    """Set held-out posts beside posts that the model writes under its guards, none of them picked.

    Args:
        model: a model folder, or its name below models/.
        rounds: pairs to show; fewer where there are fewer posts.
        seed: of the posts and of the draw.

    Raises:
        ModelError: there is no such model, it was not evaluated, or its posts are not on this machine.
        UserError: there is nothing to draw from.
    """
    from .evaluation.game import pairs
    from .evaluation.guards import load_guards

    folder = records.place(model)
    judging.load(folder)  # a game's result has its place there
    data = judging.posts(folder, records.load(folder))
    written = models.load(folder).generate(count=rounds, seed=seed, guards=load_guards(folder))
    real = [post.text for post in data.held_out]
    return Table(folder, pairs(real, [sample.text for sample in written.samples], count=rounds, seed=seed))


def finish(table: Table, answers: Sequence[Side]) -> Game:
    """Count the answers, and write what came of them into report.json and report.html.

    Raises:
        UserError: there is no answer, or more than pairs.
    """
    from . import reporting
    from .evaluation.game import score

    played = score(table.pairs, answers)
    judging.save(replace(judging.load(table.folder), game=played), table.folder)
    page = table.folder / judging.PAGE
    if page.is_file():
        page.write_text(reporting.with_game(page.read_text("utf-8"), played), "utf-8")
    return played
