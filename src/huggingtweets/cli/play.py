"""huggingtweets play."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import UserError
from ..results import ROUNDS
from . import _options as opt
from ._results import print_game
from ._terminal import console, harmless, print_json

if TYPE_CHECKING:
    from ..evaluation.game import Pair, Side

KEYS: dict[str, Side] = {"1": "left", "2": "right"}


def play(
    model: opt.Model,
    rounds: Annotated[int, typer.Option(min=1, max=500, help="Number of pairs to show.")] = ROUNDS,
    seed: opt.Seed = None,
    as_json: opt.Json = False,
) -> None:
    """Guess which of two posts is real, and see whether the model can be told from the person.

    The real posts are held-out ones. They are shown here and written nowhere. A post that was answered is
    not shown again. Ctrl-C ends the game and keeps the answers. From ten pairs on, earlier games included,
    the report shows the result.

    \b
    Examples:
      huggingtweets play models/somebody
      huggingtweets play somebody --rounds 50 --seed 1
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.play import deal, play

    dealt = deal(model, rounds=rounds, seed=seed)
    answers = _ask(dealt.pairs, shown=not as_json)
    if not answers:
        raise UserError("nothing was answered, so there is nothing to count; answer with 1 or 2")
    game = play(dealt, answers)
    if as_json:
        print_json(game)
    else:
        print_game(game, dealt.model)


def _ask(pairs: Sequence[Pair], *, shown: bool) -> list[Side]:
    """Show pair after pair and read the answers, until the last pair, the end of the input, or Ctrl-C."""
    out = console(stderr=not shown)
    answers: list[Side] = []
    try:
        for number, pair in enumerate(pairs, start=1):
            out.print(f"\n{number} of {len(pairs)}: which one is real?")
            out.print(harmless(f"  1  {pair.left}"), soft_wrap=True)
            out.print(harmless(f"  2  {pair.right}"), soft_wrap=True)
            answers.append(_answer())
            out.print("  yes" if answers[-1] == pair.real else "  no, the other one")
    except (EOFError, KeyboardInterrupt):
        out.print()
    return answers


def _answer() -> Side:
    """Read the next answer; anything but 1 or 2 is asked for again.

    Raises:
        EOFError: the input has ended.
    """
    while True:
        line = sys.stdin.readline()
        if not line:
            raise EOFError
        if line.strip() in KEYS:
            return KEYS[line.strip()]
        sys.stderr.write("press 1 or 2, then Enter; Ctrl-C ends the game\n")
