"""The game tab: a held-out post beside a post of the model, and the visitor says which one is real."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from ...errors import UserError
from ...results import ROUNDS
from ...workflows.play import Deal, deal, play
from ..server import UNQUEUED, Shared, event_options, show_errors
from . import game_view

if TYPE_CHECKING:
    from ...evaluation.game import Side


@dataclass
class GameState:
    """A game so far. It holds real posts, so it is kept in memory and never written to disk."""

    session: Path | None = None  # folder of the visitor's session
    deal: Deal | None = None
    answers: list[Side] = field(default_factory=list)


class GameTab:
    """The layout of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out the tab."""
        self._shared = shared
        self._game = gr.State(None)
        gr.HTML(game_view.WELCOME)
        with gr.Row():
            self._deal = gr.Button("Deal the posts", variant="primary", elem_id="deal")
            self._end = gr.Button("Enough: count", visible=False, elem_id="count")
        score = gr.HTML(game_view.NOTHING, elem_id="score")
        with gr.Row(elem_classes="ht-pair"):
            left, self._pick_left = _side("left")
            right, self._pick_right = _side("right")
        self._panel = [self._game, score, left, right, self._pick_left, self._pick_right, self._end]

    def connect(self) -> None:
        """Register the event handlers."""
        options = event_options("writing")
        key, model, panel = self._shared.key, self._shared.model, self._panel
        pick_left, pick_right = partial(self._on_answer, "left"), partial(self._on_answer, "right")
        self._deal.click(show_errors(self._on_deal), [key, model, self._game], panel, **options)
        self._pick_left.click(show_errors(pick_left), [key, self._game], panel, **options)
        self._pick_right.click(show_errors(pick_right), [key, self._game], panel, **options)
        self._end.click(show_errors(self._on_end), [key, self._game], panel, **options)
        model.change(
            lambda: (GameState(), game_view.NOTHING, "", "", *(gr.update(visible=False),) * 3),
            None,
            panel,
            **UNQUEUED,
        )

    def _on_deal(self, key: object, model: object, game: GameState | None) -> tuple[Any, ...]:
        session = self._shared.session(key)
        folder = session.model(model)
        if game and game.deal and game.answers and game.session == session.root:
            play(game.deal, game.answers)  # first answers count, those of a game that was left, too
        with session.use_home():
            dealt = deal(folder, rounds=ROUNDS)
        return _next_pair(GameState(session.root, dealt), dealt)

    def _on_answer(self, side: Side, key: object, game: GameState | None) -> tuple[Any, ...]:
        game, dealt = self._checked(key, game)
        if len(game.answers) < len(dealt.pairs):
            game.answers.append(side)
        if len(game.answers) == len(dealt.pairs):
            return self._on_end(key, game)
        return _next_pair(game, dealt)

    def _on_end(self, key: object, game: GameState | None) -> tuple[Any, ...]:
        """Write the result into the report, and show it."""
        game, dealt = self._checked(key, game)
        result = play(dealt, game.answers)
        hidden = (gr.update(visible=False),) * 3
        return GameState(), game_view.result(result), "", "", *hidden

    def _checked(self, key: object, game: GameState | None) -> tuple[GameState, Deal]:
        """The game and its posts.

        Raises:
            UserError: no game was begun, or the game is another visitor's.
        """
        if game is None or game.deal is None or game.session != self._shared.session(key).root:
            raise UserError("no posts are dealt; deal them first")
        return game, game.deal


def _side(side: Side) -> tuple[gr.HTML, gr.Button]:
    """A post of the pair, and the button that says it is real."""
    with gr.Column(min_width=280):
        post = gr.HTML(elem_id=f"pair-{side}")
        return post, gr.Button(f"The {side} one is real", visible=False, elem_id=f"real-{side}")


def _next_pair(game: GameState, dealt: Deal) -> tuple[Any, ...]:
    pair = dealt.pairs[len(game.answers)]
    return (
        game,
        game_view.score(dealt.pairs, game.answers),
        game_view.post(pair.left),
        game_view.post(pair.right),
        gr.update(visible=True),
        gr.update(visible=True),
        gr.update(visible=bool(game.answers)),
    )
