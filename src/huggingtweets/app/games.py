"""Games of real or bot that are going on. They hold real posts, so they are in memory and never on disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from ..model_folder import ModelFolder
from ..workflows.play import Deal
from .sessions import Session

if TYPE_CHECKING:
    from ..evaluation.game import Side


@dataclass
class GameState:
    """A game so far."""

    deal: Deal
    answers: list[Side] = field(default_factory=list)
    revealed: bool = False  # whether the last answer is being shown, before the next pair

    @property
    def number(self) -> int:
        """The position of the pair that is shown."""
        return len(self.answers) - self.revealed

    @property
    def is_over(self) -> bool:
        """Whether all pairs are answered."""
        return len(self.answers) == len(self.deal.pairs)


class Games:
    """The games of all sessions, one for each model: a reload of the page and another model lose none."""

    def __init__(self) -> None:
        """Begin with none."""
        self._games: dict[tuple[Path, Path, str], GameState] = {}

    def get(self, session: Session, model: ModelFolder) -> GameState | None:
        """The game with a model; None where there is none."""
        return self._games.get(_key(session, model))

    def put(self, session: Session, model: ModelFolder, game: GameState) -> None:
        """Keep a game, and drop those of sessions that were deleted."""
        self._games = {key: other for key, other in self._games.items() if key[0].is_dir()}
        self._games[_key(session, model)] = game

    def drop(self, session: Session, model: ModelFolder) -> None:
        """Drop the game with a model, if there is one."""
        self._games.pop(_key(session, model), None)


def _key(session: Session, model: ModelFolder) -> tuple[Path, Path, str]:
    """Two folders may hold the same weights, and a folder other ones after a training."""
    return session.root, model.path, model.record.model_digest
