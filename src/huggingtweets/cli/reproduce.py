"""huggingtweets reproduce."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..sources import ReadOptions
from . import _options as opt
from ._consent import with_consent
from ._terminal import Terminal, console, harmless, print_json

if TYPE_CHECKING:
    from ..workflows.reproduce import Comparison, PostsComparison, Reproduction

DIFFERENT = 1  # the exit code where something is not the same
DIGEST = 12  # characters that are shown of one


def reproduce(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model folder, or its name below models/.")],
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
    found = with_consent(
        lambda agreed: _run(
            model, data or [], ReadOptions(server=server, allow_private=allow_private, agreed=agreed), out
        ),
        agreed=yes,
    )
    if as_json:
        print_json(found)
    else:
        _print(found)
    if not found.identical:
        raise typer.Exit(DIFFERENT)


def _run(model: str, data: list[str], options: ReadOptions, out: Path | None) -> Reproduction:
    from ..workflows.reproduce import reproduce

    with Terminal() as terminal:
        return reproduce(model, data, options=options, out=out, watcher=terminal)


def _print(found: Reproduction) -> None:
    """Posts, weights, figures, environment: each with what was and what is, where it differs."""
    lines = []
    if found.posts:
        lines += [f"posts: {_digests(found.posts.digest)}", *_where(found.posts)]
    if found.weights:
        lines.append(f"weights: {_digests(found.weights)}")
    else:
        lines.append("weights: not trained again, as other posts make another model")
    if found.file != "intact":
        lines.append(f"the model's own file of weights is {found.file} since it was made")
    if found.bits_per_byte and not found.identical:
        recorded, now = found.bits_per_byte
        furthest = (
            f", {found.furthest:.4f} apart at most during training" if found.furthest is not None else ""
        )
        lines.append(f"held-out bits per byte: {recorded:.4f} recorded, {now:.4f} now{furthest}")
    lines += [f"{name}: {pair.recorded} recorded, {pair.now} now" for name, pair in found.environment.items()]
    if found.weights and not found.environment:
        lines.append("environment: as recorded")
    if found.out:
        lines.append(f"The new model: {found.out}")
    lines.append(f"{found.model} is {'reproduced: identical' if found.identical else 'not reproduced'}.")
    console().print(harmless("\n".join(lines)), soft_wrap=True)


def _digests(pair: Comparison) -> str:
    if pair.identical:
        return f"identical ({pair.recorded[:DIGEST]})"
    return f"different ({pair.recorded[:DIGEST]} recorded, {pair.now[:DIGEST]} now)"


def _where(posts: PostsComparison) -> list[str]:
    """In what the posts differ."""
    lines = []
    if posts.only_recorded is not None and posts.only_now is not None:
        lines.append(
            f"  {posts.only_recorded:,} of the posts that were learnt from are not among these, and "
            f"{posts.only_now:,} of these were not learnt from"
        )
    return lines + [
        f"  @{handle}: read from {pair.recorded[:DIGEST]} then, from {pair.now[:DIGEST]} now"
        for handle, pair in posts.people.items()
    ]
