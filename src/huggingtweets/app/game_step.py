"""The fourth step, a game: a post that the model never saw beside one that it wrote. Which is real?"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from .. import playing
from ..errors import UserError
from ..figures import Game
from . import game_shown
from .server import AT_ONCE, Shared, hands, told

if TYPE_CHECKING:
    from ..evaluation.game import Side

ROUNDS = 20


@dataclass
class Played:
    """A game as it stands. Real posts are in it, so it is kept in memory alone."""

    room: Path | None = None
    table: playing.Table | None = None
    answers: list[Side] = field(default_factory=list)


class GameStep:
    """The step's parts, and what happens when they are used."""

    def __init__(self, shared: Shared) -> None:
        """Lay the step out."""
        self._shared = shared
        self._played = gr.State(None)
        gr.HTML(game_shown.WELCOME)
        with gr.Row():
            self._deal = gr.Button("Deal the posts", variant="primary", elem_id="deal")
            self._end = gr.Button("Enough: count", visible=False, elem_id="count")
        score = gr.HTML(game_shown.NOTHING, elem_id="score")
        with gr.Row(elem_classes="ht-pair"):
            self._sides: list[tuple[Side, gr.HTML, gr.Button]] = [self._side("left"), self._side("right")]
        _, left, pick_left = self._sides[0]
        _, right, pick_right = self._sides[1]
        self._shown = [self._played, score, left, right, pick_left, pick_right, self._end]

    def _side(self, side: Side) -> tuple[Side, gr.HTML, gr.Button]:
        with gr.Column(min_width=280):
            post = gr.HTML(elem_id=f"pair-{side}")
            return side, post, gr.Button(f"The {side} one is real", visible=False, elem_id=f"real-{side}")

    def connect(self) -> None:
        """Say what happens when something is used."""
        work = hands("writing")
        key, model = self._shared.key, self._shared.model
        self._deal.click(told(self._dealt), [key, model], self._shown, **work)
        for side, _, pick in self._sides:
            pick.click(told(partial(self._answered, side)), [key, self._played], self._shown, **work)
        self._end.click(told(self._counted), [key, self._played], self._shown, **work)
        model.change(
            lambda: (Played(), game_shown.NOTHING, "", "", *(gr.update(visible=False),) * 3),
            None,
            self._shown,
            **AT_ONCE,
        )

    def _dealt(self, key: object, model: object) -> tuple[Any, ...]:
        room = self._shared.room(key)
        trained = room.model(model)
        with room.entered():
            table = playing.deal(trained.folder, rounds=ROUNDS, seed=_seed(trained.folder))
        return self._asked(Played(room.root, table))

    def _answered(self, side: Side, key: object, played: Played | None) -> tuple[Any, ...]:
        played, table = self._of(key, played)
        if len(played.answers) < len(table.pairs):
            played.answers.append(side)
        if len(played.answers) == len(table.pairs):
            return self._counted(key, played)
        return self._asked(played)

    def _counted(self, key: object, played: Played | None) -> tuple[Any, ...]:
        """The end: the score goes into the report."""
        played, table = self._of(key, played)
        game: Game = playing.finish(table, played.answers)
        hidden = (gr.update(visible=False),) * 3
        return Played(), game_shown.result(game, table.pairs, played.answers), "", "", *hidden

    def _asked(self, played: Played) -> tuple[Any, ...]:
        """The next pair."""
        table = played.table
        if table is None:
            raise UserError("no posts are dealt; deal them first")
        pair = table.pairs[len(played.answers)]
        return (
            played,
            game_shown.score(table.pairs, played.answers),
            game_shown.post(pair.left),
            game_shown.post(pair.right),
            gr.update(visible=True),
            gr.update(visible=True),
            gr.update(visible=bool(played.answers)),
        )

    def _of(self, key: object, played: Played | None) -> tuple[Played, playing.Table]:
        if played is None or played.table is None or played.room != self._shared.room(key).root:
            raise UserError("no posts are dealt; deal them first")
        return played, played.table


def _seed(folder: Path) -> int:
    """Another game each time the model was played or judged."""
    report = folder / "report.json"
    return report.stat().st_mtime_ns % 2**31 if report.is_file() else 0
