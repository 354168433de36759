"""What came of a game of real or bot, on a report that was made before or after it."""

from __future__ import annotations

from markupsafe import escape

from ..results import Game
from .measures import percent

PLACE = '<p id="game" class="says">'  # where the sentence stands on the page


def sentence(played: Game | None) -> str:
    """Whether somebody could tell real posts from generated ones."""
    if played is None:
        return "Can people tell? Nobody was asked; huggingtweets play does that."
    found = played.found
    verdict = "that is more than chance" if played.told_apart else "that may be chance"
    return (
        f"Can people tell? Somebody was shown {found.count} pairs, a real post and one of the model's under "
        f"its guards, and found the real one in {percent(found.value)} of them (between "
        f"{percent(found.low)} and {percent(found.high)} with 95 % certainty; 50 % is guessing): {verdict}."
    )


def with_game(page: str, game: Game) -> str:
    """A page with what came of a game that was played after it was made; all else stays."""
    before, start, rest = page.partition(PLACE)
    _, end, after = rest.partition("</p>")
    return f"{before}{start}{escape(sentence(game))}{end}{after}" if end else page
