"""The fourth step, a game: a post that the model never saw beside one that it wrote. Which is real?"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from ...errors import UserError
from ...model_folder import ModelFolder
from ...results import ROUNDS, Game
from ...workflows.play import Deal, deal, play
from ..server import AT_ONCE, Shared, event_options, show_errors
from . import game_view

if TYPE_CHECKING:
    from ...evaluation.game import Side


@dataclass
class Played:
    """A game as it stands. Real posts are in it, so it is kept in memory alone."""

    session: Path | None = None
    dealt: Deal | None = None
    answers: list[Side] = field(default_factory=list)


class GameStep:
    """The step's parts, and what happens when they are used."""

    def __init__(self, shared: Shared) -> None:
        """Lay the step out."""
        self._shared = shared
        self._played = gr.State(None)
        gr.HTML(game_view.WELCOME)
        with gr.Row():
            self._deal = gr.Button("Deal the posts", variant="primary", elem_id="deal")
            self._end = gr.Button("Enough: count", visible=False, elem_id="count")
        score = gr.HTML(game_view.NOTHING, elem_id="score")
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
        work = event_options("writing")
        key, model = self._shared.key, self._shared.model
        self._deal.click(show_errors(self._dealt), [key, model], self._shown, **work)
        for side, _, pick in self._sides:
            pick.click(show_errors(partial(self._answered, side)), [key, self._played], self._shown, **work)
        self._end.click(show_errors(self._counted), [key, self._played], self._shown, **work)
        model.change(
            lambda: (Played(), game_view.NOTHING, "", "", *(gr.update(visible=False),) * 3),
            None,
            self._shown,
            **AT_ONCE,
        )

    def _dealt(self, key: object, model: object) -> tuple[Any, ...]:
        session = self._shared.session(key)
        folder = session.model(model)
        with session.entered():
            dealt = deal(folder, rounds=ROUNDS, seed=_seed(folder))
        return self._asked(Played(session.root, dealt))

    def _answered(self, side: Side, key: object, played: Played | None) -> tuple[Any, ...]:
        played, dealt = self._of(key, played)
        if len(played.answers) < len(dealt.pairs):
            played.answers.append(side)
        if len(played.answers) == len(dealt.pairs):
            return self._counted(key, played)
        return self._asked(played)

    def _counted(self, key: object, played: Played | None) -> tuple[Any, ...]:
        """The end: the score goes into the report."""
        played, dealt = self._of(key, played)
        game: Game = play(dealt, played.answers)
        hidden = (gr.update(visible=False),) * 3
        return Played(), game_view.result(game, dealt.pairs, played.answers), "", "", *hidden

    def _asked(self, played: Played) -> tuple[Any, ...]:
        """The next pair."""
        dealt = played.dealt
        if dealt is None:
            raise UserError("no posts are dealt; deal them first")
        pair = dealt.pairs[len(played.answers)]
        return (
            played,
            game_view.score(dealt.pairs, played.answers),
            game_view.post(pair.left),
            game_view.post(pair.right),
            gr.update(visible=True),
            gr.update(visible=True),
            gr.update(visible=bool(played.answers)),
        )

    def _of(self, key: object, played: Played | None) -> tuple[Played, Deal]:
        if played is None or played.dealt is None or played.session != self._shared.session(key).root:
            raise UserError("no posts are dealt; deal them first")
        return played, played.dealt


def _seed(folder: ModelFolder) -> int:
    """Another game each time the model was played or evaluated."""
    report = folder.evaluation
    return report.stat().st_mtime_ns % 2**31 if report.is_file() else 0
