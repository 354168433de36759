"""HTML of the game tab: a pair of posts, whether the last answer was right, and the score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from markupsafe import Markup

from ...reporting.picture import plain
from ...results import Game
from ..markup import empty, joined

if TYPE_CHECKING:
    from ...evaluation.game import Pair, Side

WELCOME = Markup(
    "<h2>Real or bot?</h2><p class='ht-lead'>One of two posts was written by the person, and the model never "
    "saw it. The other one is the model's. Half of it is luck, so play a few.</p>"
)
NOTHING = empty("No posts are dealt", "Deal them: your score goes into the model's report.")

_POST = Markup('<div class="ht-post big"><p>{}</p></div>')
_SCORE = Markup(
    '<p class="ht-score" role="status">{last}<span>Pair {number} of {rounds}</span> '
    '<span class="ht-marks" aria-label="{right} of {answered} right">{marks}</span></p>'
)
_MARK = Markup('<i class="{}"></i>')
_RESULT = Markup(
    '<article class="ht-card ht-result" role="status"><p class="ht-huge">{share}</p><h3>{conclusion}</h3>'
    "<p>In all, the real post was found in {right} of {count} pairs. With so many, that is between {low} and "
    "{high} (95 % interval); guessing is 50 %. It stands in the report now.</p></article>"
)


def post(text: str) -> Markup:
    """One post of a pair."""
    return _POST.format(plain(text))


def score(pairs: Sequence[Pair], answers: Sequence[Side]) -> Markup:
    """The number of the pair, the marks so far, and whether the last answer was right."""
    right = [pair.real == answer for pair, answer in zip(pairs, answers, strict=False)]
    last = Markup("")
    if right:
        last = Markup('<b class="{}">{}</b>').format(
            "yes" if right[-1] else "no", "Yes, that was real." if right[-1] else "No, that was the bot."
        )
    return _SCORE.format(
        last=last,
        number=len(answers) + 1,
        rounds=len(pairs),
        right=sum(right),
        answered=len(right),
        marks=joined(_MARK.format("yes" if is_right else "no") for is_right in right),
    )


def result(game: Game) -> Markup:
    """The share of right answers, its interval, and whether it is better than guessing."""
    share = game.found
    conclusion = (
        "You can tell them apart." if game.told_apart else "This may be luck: it could pass for the person."
    )
    return _RESULT.format(
        share=f"{share.value:.0%}",
        conclusion=conclusion,
        right=round(share.value * share.count),
        count=share.count,
        low=f"{share.low:.0%}",
        high=f"{share.high:.0%}",
    )
