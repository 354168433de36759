"""The result of a blind game of real or bot, on a report that was made before or after it."""

from __future__ import annotations

from markupsafe import escape

from ..results import FEWEST_PAIRS, Game
from ..results.wording import percent
from ..text.counting import counted

SECTION = "voice"  # the section of the page that the sentence ends
PLACE = '<p id="game" class="says">'  # where the sentence stands on the page


def sentence(game: Game | None) -> str:
    """Whether somebody could tell real posts from generated ones."""
    if game is None:
        return "Can people tell? Nobody was asked; huggingtweets play does that."
    share = game.found
    if game.missing:
        return (
            f"Can people tell? Somebody was shown {counted(share.count, 'pair')}, which says nothing yet; "
            f"from {FEWEST_PAIRS} pairs on the result stands here. huggingtweets play goes on with the game."
        )
    chance = "that is more than chance" if game.told_apart else "that may be chance"
    if game.fooled:
        chance = "less than chance: the model's were taken for the real ones"
    return (
        f"Can people tell? Somebody was shown {share.count} pairs, a real post and one of the model's under "
        f"its filters, and found the real one in {percent(share.value)} of them (between "
        f"{percent(share.low)} and {percent(share.high)} with 95 % certainty; 50 % is guessing): {chance}."
    )


def with_game(page: str, game: Game) -> str:
    """A page with the result of a game that was played after the page was made; all else stays."""
    before, start, rest = page.partition(PLACE)
    _, end, after = rest.partition("</p>")
    return f"{before}{start}{escape(sentence(game))}{end}{after}" if end else page
