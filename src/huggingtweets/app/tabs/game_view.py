"""HTML of the game tab: a pair of posts to press, which one was real, the marks so far, and the result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from ...reporting.picture import plain
from ...results import FEWEST_PAIRS, Game
from ..actions import button, go
from ..games import GameState
from ..language import _, number, percent, plural, sentences
from ..markup import busy, empty, heading, joined

if TYPE_CHECKING:
    from ...evaluation.game import Pair, Side

_SCORE = Markup(
    '<p class="ht-score"><b role="status" class="{kind}">{last}</b><span>{position}</span> '
    '<span class="ht-marks" role="img" aria-label="{right}">{marks}</span></p>'
)
_MARK = Markup('<i class="{}"></i>')
_PAIR = Markup(
    '<div class="ht-pair" role="group" aria-label="{label}">{posts}</div><p class="ht-answers">{ways}</p>'
)
_CHOICE = Markup("<span>{}</span>")
_ANSWERED = Markup(
    '<article class="ht-post big {kind}"><p>{text}</p><footer><span class="ht-tag">{label}</span></footer>'
    "</article>"
)
_RESULT = Markup(
    '<article class="ht-card ht-result" role="status"><p class="ht-huge">{share}</p><h3>{conclusion}</h3>'
    "<p>{text}</p></article>"
)
_TOO_FEW = Markup('<article class="ht-card ht-result" role="status"><h3>{}</h3><p>{}</p></article>')


def welcome() -> Markup:
    """What the game is."""
    return heading(
        _("Real or bot?"),
        _(
            "One of two posts was written by the person, and the model never saw it. The other one is the "
            "model's. Press the one that you think is real. Half of it is luck: from ten pairs on, your "
            "score goes into the model's report."
        ),
    )


def no_model() -> Markup:
    """While no model is open."""
    return empty(_("No model is open"), _("The game needs one."), go("train", _("Train one")))


def nothing() -> Markup:
    """Before posts are dealt."""
    return empty(_("No posts are dealt"), _("Deal them, and press the one that you think is real."))


def dealing() -> Markup:
    """While the model writes its posts of a game."""
    return busy(_("The model writes its posts …"))


def not_evaluated() -> Markup:
    """While the open model has no report, in which a game's result has its place."""
    return empty(
        _("No game yet"), _("This model was not evaluated."), go("take", _("Evaluate it in the last step"))
    )


def no_posts() -> Markup:
    """Where the posts of the open model are away."""
    return empty(
        _("No game with this model"),
        _("The posts that it learnt from are not on this machine, so there is no real one to show."),
    )


def game(state: GameState) -> Markup:
    """The pair that is shown, or which post of it was real, and the score."""
    pair = state.deal.pairs[state.number]
    if not state.revealed:
        posts = joined(_choice(pair, side, state.number) for side in ("left", "right"))
        return _score(state) + _PAIR.format(label=_("Which one is real?"), posts=posts, ways=_enough(state))
    posts = joined(_answered(pair, side) for side in ("left", "right"))
    following = button("next", _("Next pair"), str(state.number), kind="ht-button main")
    ways = (
        button("count", _("See the result"), kind="ht-button main")
        if state.is_over
        else following + _enough(state)
    )
    return _score(state) + _PAIR.format(label=_("Which one was real"), posts=posts, ways=ways)


def result(game: Game) -> Markup:
    """The share of right answers, its interval, and whether it is better than guessing, of enough pairs."""
    share = game.found
    if game.missing:
        answered = plural(
            "In all, {count} pair was answered.", "In all, {count} pairs were answered.", share.count
        )
        kept = _("From {count} pairs on the result stands in the report; what was answered counts then, too.")
        return _TOO_FEW.format(
            _("So few pairs say nothing yet."), sentences(answered, kept.format(count=number(FEWEST_PAIRS)))
        )
    conclusion = _("This may be luck: it could pass for the person.")
    if game.told_apart:
        conclusion = _("You can tell them apart.")
    if game.fooled:
        conclusion = _("The bot's posts were taken for the real ones.")
    text = _(
        "In all, the real post was found in {right} of {count} pairs. With so many, that is between {low} "
        "and {high} (95% interval); guessing is 50%. It stands in the report now."
    ).format(
        right=number(round(share.value * share.count)),
        count=number(share.count),
        low=percent(share.low),
        high=percent(share.high),
    )
    return _RESULT.format(share=percent(share.value), conclusion=conclusion, text=text)


def _choice(pair: Pair, side: Side, number: int) -> Markup:
    text = _CHOICE.format(plain(getattr(pair, side)))
    return button("answer", text, f"{number}-{side}", kind="ht-post big ht-choice")


def _answered(pair: Pair, side: Side) -> Markup:
    is_real = pair.real == side
    return _ANSWERED.format(
        kind="real" if is_real else "bot",
        text=plain(getattr(pair, side)),
        label=_("The person wrote this") if is_real else _("The bot wrote this"),
    )


def _enough(state: GameState) -> Markup:
    enough = len(state.answers) >= FEWEST_PAIRS and not state.is_over
    return button("count", _("Stop and see the result")) if enough else Markup("")


def _score(state: GameState) -> Markup:
    pairs = state.deal.pairs
    right = [pair.real == answer for pair, answer in zip(pairs, state.answers, strict=False)]
    kind = ("yes" if right[-1] else "no") if state.revealed else ""
    last = {"yes": _("Yes, that was real."), "no": _("No, that was the bot."), "": ""}[kind]
    return _SCORE.format(
        kind=kind,
        last=last,
        position=_("Pair {number} of {pairs}").format(number=state.number + 1, pairs=len(pairs)),
        right=_("{right} of {answered} right").format(right=sum(right), answered=len(right)),
        marks=joined(_MARK.format("yes" if is_right else "no") for is_right in right),
    )
