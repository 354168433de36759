"""Can people tell? Pairs of a real post and a generated one, shown blind.

Half of the answers are right by chance, so what counts is whether the interval leaves 0.5. It is one that
allows to stop at any time, and to go on another day. Chakrabarty et al. (2025) ask readers the same way.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from ..errors import UserError
from ..results import FEWEST_PAIRS, GUESSING, Game
from . import intervals

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


class Pair(Struct, frozen=True, kw_only=True):
    """Two posts, one of which the person wrote. `real` says which; do not show it before the answer."""

    left: str
    right: str
    real: Side


def pairs(held_out: Sequence[str], generated: Sequence[str], *, count: int = 20, seed: int = 0) -> list[Pair]:
    """Draw pairs at random, no post twice; the same seed draws the same.

    Args:
        held_out: the person's posts, which the model has not learnt from.
        generated: posts of the model, none of them picked.
        count: how many pairs; fewer where there are fewer posts.
        seed: of the draw.

    Raises:
        UserError: there is nothing to draw from.
    """
    real, bot = sorted(set(held_out) - set(generated)), sorted(set(generated) - set(held_out))
    if not real or not bot:
        raise UserError(f"a game needs real and generated posts; {len(real)} and {len(bot)} are there")
    rng = random.Random(seed)  # noqa: S311 -- no secret hangs on a game
    size = min(count, len(real), len(bot))
    posts = zip(rng.sample(real, size), rng.sample(bot, size), strict=True)
    return [_pair(mine, its, rng.choice(SIDES)) for mine, its in posts]


def score(
    shown: Sequence[Pair], answers: Sequence[Side], positions: Sequence[int], earlier: Game | None = None
) -> Game:
    """Count how often the answers name the real post; fewer answers than pairs are fine.

    Args:
        shown: the pairs, in the order in which they were shown.
        answers: the side that was taken for the real post, for each pair.
        positions: of the real post of each pair, among the held-out posts.
        earlier: games with other posts of the same person, whose answers count, too.

    Raises:
        UserError: there is no answer, or there are more than pairs.
    """
    if not 0 < len(answers) <= len(shown):
        raise UserError(f"{len(answers)} answers for {len(shown)} pairs; expected one for each pair shown")
    right = sum(pair.real == answer for pair, answer in zip(shown, answers, strict=False))
    seen, count = tuple(positions[: len(answers)]), len(answers)
    if earlier and earlier.seen:  # earlier versions did not note what they had shown
        right, count = right + round(earlier.found.value * earlier.found.count), count + earlier.found.count
        seen = (*earlier.seen, *seen)
    share = intervals.share_at_any_time(right, count)
    is_enough = count >= FEWEST_PAIRS
    return Game(found=share, told_apart=is_enough and share.low > GUESSING, seen=seen)


def _pair(real: str, generated: str, side: Side) -> Pair:
    left, right = (real, generated) if side == "left" else (generated, real)
    return Pair(left=left, right=right, real=side)
