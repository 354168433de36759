"""huggingtweets reproduce."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..model_folder import INTACT
from ..sources import ReadOptions
from . import _options as opt
from ._consent import with_consent
from ._terminal import Terminal, console, harmless, print_json

if TYPE_CHECKING:
    from ..workflows.reproduce import Comparison, PostsComparison, Reproduction

DIFFERENT = 1  # exit code if the model could not be reproduced
DIGEST_LENGTH = 12  # characters of a digest that are shown


def reproduce(
    model: opt.Model,
    data: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LOCATION",
            help="The archive or account that the model was made of; can be repeated.  [default: the posts "
            "as they were kept on this machine]",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder to keep the new model in.  [default: none]")
    ] = None,
    server: opt.Server = None,
    allow_private: opt.AllowPrivate = False,
    yes: opt.Yes = False,
    as_json: opt.Json = False,
) -> None:
    """Train a model again from its record, and say whether it is the same.

    On a CPU of the same kind, with the same versions, the weights are the same to the last bit. With --data
    the posts are read and cleaned again by the recorded rules; where they differ from those that were learnt
    from, nothing is trained. Exit code 0: identical; 1: not.

    \b
    Examples:
      huggingtweets reproduce models/ada
      huggingtweets reproduce ada --data archive.zip --json
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    reproduction = with_consent(
        lambda agreed: _run(
            model, data or [], ReadOptions(server=server, allow_private=allow_private, agreed=agreed), out
        ),
        agreed=yes,
    )
    if as_json:
        print_json(reproduction)
    else:
        _print(reproduction)
    if not reproduction.identical:
        raise typer.Exit(DIFFERENT)


def _run(model: str, data: list[str], options: ReadOptions, out: Path | None) -> Reproduction:
    from ..workflows.reproduce import reproduce

    with Terminal() as terminal:
        return reproduce(model, data, options=options, out=out, watcher=terminal)


def _print(reproduction: Reproduction) -> None:
    """Print the comparison of posts, weights, bits per byte and environment."""
    lines = []
    if reproduction.posts:
        lines += [f"posts: {_digests(reproduction.posts.digest)}", *_post_differences(reproduction.posts)]
    if reproduction.weights:
        lines.append(f"weights: {_digests(reproduction.weights)}")
    else:
        lines.append("weights: not trained again, as other posts make another model")
    if reproduction.weights_state != INTACT:
        lines.append(f"the model's own file of weights is {reproduction.weights_state} since it was made")
    if reproduction.bits_per_byte and not reproduction.identical:
        lines.append(_bits_per_byte(reproduction.bits_per_byte, reproduction.max_curve_difference))
    lines += [
        f"{name}: {value.recorded} recorded, {value.now} now"
        for name, value in reproduction.environment.items()
    ]
    if reproduction.weights and not reproduction.environment:
        lines.append("environment: as recorded")
    if reproduction.out:
        lines.append(f"The new model: {reproduction.out}")
    outcome = "reproduced: identical" if reproduction.identical else "not reproduced"
    lines.append(f"{reproduction.model} is {outcome}.")
    console().print(harmless("\n".join(lines)), soft_wrap=True)


def _bits_per_byte(values: tuple[float, float], max_difference: float | None) -> str:
    recorded, now = values
    difference = f", {max_difference:.4f} apart at most during training" if max_difference is not None else ""
    return f"held-out bits per byte: {recorded:.4f} recorded, {now:.4f} now{difference}"


def _digests(comparison: Comparison) -> str:
    recorded, now = _short(comparison.recorded), _short(comparison.now)
    return (
        f"identical ({recorded})" if comparison.identical else f"different ({recorded} recorded, {now} now)"
    )


def _short(digest: str) -> str:
    return digest[:DIGEST_LENGTH]


def _post_differences(posts: PostsComparison) -> list[str]:
    """Lines that say in what the posts differ."""
    lines = []
    if posts.only_recorded is not None and posts.only_now is not None:
        lines.append(
            f"  {posts.only_recorded:,} of the posts that were learnt from are not among these, and "
            f"{posts.only_now:,} of these were not learnt from"
        )
    return lines + [
        f"  @{handle}: read from {_short(digest.recorded)} then, from {_short(digest.now)} now"
        for handle, digest in posts.input_digests.items()
    ]
