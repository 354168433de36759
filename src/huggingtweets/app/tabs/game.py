"""The game tab: a held-out post beside a post of the model, and the visitor presses the real one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import gradio as gr
from markupsafe import Markup

from ...errors import ModelError
from ...model_folder import ModelFolder
from ...results import FEWEST_PAIRS, ROUNDS
from ...workflows.data import posts_of
from ...workflows.play import deal, play
from ..actions import action_html, clicked
from ..games import GameState
from ..language import _
from ..messages import PageError
from ..server import Shared, event_options, show_errors
from . import game_view


class GameTab:
    """The layout of the tab and its event handlers."""

    def __init__(self, shared: Shared) -> None:
        """Lay out the tab."""
        self._shared, self._games = shared, shared.server.games
        gr.HTML(game_view.welcome())
        self._deal = gr.Button(_("Deal the posts"), variant="primary", elem_id="deal", interactive=False)
        self._game = action_html(game_view.no_model(), "game")

    def connect(self) -> None:
        """Register the event handlers."""
        options = event_options("writing")
        inputs, panel = [self._shared.key, self._shared.model], [self._game, self._deal]
        self._deal.click(show_errors(self._on_deal), inputs, panel, **options)
        self._game.click(show_errors(self._on_action), inputs, panel, **options)
        gr.on(
            [self._shared.model.change, self._shared.containers["game"].select],
            show_errors(self._on_model),
            inputs,
            panel,
            **event_options("looking", 8, "hidden"),
        )

    def _on_model(self, key: object, model: object) -> tuple[Any, ...]:
        """Go on with the game that was begun with the model, if there is one."""
        if not model:
            return game_view.no_model(), gr.update(interactive=False, visible=True)
        session = self._shared.session(key)
        folder = session.model(model)
        if game := self._games.get(session, folder):
            return _panel(game)
        with session.use_home():
            obstacle = _obstacle(folder)
        return obstacle or game_view.nothing(), gr.update(interactive=not obstacle, visible=True)

    def _on_deal(self, key: object, model: object) -> Iterator[tuple[Any, ...]]:
        """Deal posts, unless a game is going on: who has seen its posts could not be wrong."""
        session = self._shared.session(key)
        folder = session.model(model)
        game = self._games.get(session, folder)
        if game is None:
            yield game_view.dealing(), gr.update(interactive=False)
            try:
                with session.use_home():
                    game = GameState(deal(folder, rounds=ROUNDS))
            except Exception:
                yield game_view.nothing(), gr.update(interactive=True)
                raise
            session.require(folder)  # it may have been deleted meanwhile, and a game holds posts
            self._games.put(session, folder, game)
        yield _panel(game)

    def _on_action(self, key: object, model: object, event: gr.EventData) -> tuple[Any, ...]:
        """Take an answer, show the next pair, or count."""
        session = self._shared.session(key)
        folder = session.model(model)
        game = self._games.get(session, folder)
        if game is None:
            raise PageError(_("no posts are dealt; deal them first"))
        match clicked(event):
            case "answer", item:
                _answer(game, item)
            case "next", number if number == str(game.number) and not game.is_over:
                game.revealed = False
            case "count", _ if len(game.answers) >= min(FEWEST_PAIRS, len(game.deal.pairs)):
                self._games.drop(session, folder)
                result = game_view.result(play(game.deal, game.answers))
                return result, gr.update(visible=True, interactive=True)
        return _panel(game)


def _obstacle(folder: ModelFolder) -> Markup | None:
    """What is in the way of a game with the model; None where posts can be dealt."""
    if not folder.evaluation.is_file():
        return game_view.not_evaluated()
    try:
        posts_of(folder)
    except ModelError:
        return game_view.no_posts()
    return None


def _answer(game: GameState, item: str) -> None:
    """Take an answer, if it is one to the pair that is shown: another window may have answered it."""
    if game.revealed or game.is_over:
        return
    if item == f"{game.number}-left":
        game.answers.append("left")
    elif item == f"{game.number}-right":
        game.answers.append("right")
    else:
        return
    game.revealed = True


def _panel(game: GameState) -> tuple[Any, ...]:
    """The game; posts are dealt again when it is counted."""
    return game_view.game(game), gr.update(visible=False)
