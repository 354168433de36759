"""huggingtweets publish."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ConsentNeeded, PublishError
from ..types import Permission
from . import _options as opt
from ._consent import with_consent
from ._terminal import console, harmless, print_json, size

if TYPE_CHECKING:
    from ..hub import Repository
    from ..workflows.publish import Published, PublishPlan

Yes = Annotated[bool, typer.Option("--yes", help="Upload without asking.")]


def publish(
    model: opt.Model,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="OWNER/NAME", help="Repository on the Hub.  [default: you, and the model's name]"
        ),
    ] = None,
    private: Annotated[bool, typer.Option("--private", help="Make the repository private.")] = False,
    author: Annotated[bool, typer.Option("--i-am-the-author", help="The posts are yours.")] = False,
    agreed: Annotated[
        str | None,
        typer.Option(
            "--with-permission",
            metavar="WORDS",
            help="The author agreed: who, when and how. It is shown on the card.",
        ),
    ] = None,
    public_figure: Annotated[
        bool, typer.Option("--public-figure", help="Nobody agreed; the author is a public figure.")
    ] = False,
    with_dataset: Annotated[
        bool,
        typer.Option("--with-dataset", help="Publish the posts, too, in a repository of their own."),
    ] = False,
    collection: Annotated[
        str, typer.Option(metavar="TITLE", help="Add it to your collection of this title.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list the files; needs no token.")] = False,
    yes: Yes = False,
    as_json: opt.Json = False,
) -> None:
    """Upload a model to the Hugging Face Hub, with its card and pictures.

    Lists every file, and asks before it uploads. The token comes from HF_TOKEN or `hf auth login`. After an
    interruption the same command goes on with what is missing; where nothing changed, it changes nothing.

    \b
    Examples:
      huggingtweets publish models/me --i-am-the-author --dry-run
      huggingtweets publish models/me --i-am-the-author
      huggingtweets publish ada --to ada/ada-bot --private --with-permission "Ada, by mail, 3 May 2026"
      huggingtweets publish me --i-am-the-author --with-dataset --collection "My bots"
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.publish import plan_publishing

    plan = plan_publishing(
        model,
        _permission(author=author, agreed=agreed, public_figure=public_figure),
        to=to,
        private=private,
        with_dataset=with_dataset,
        collection=collection,
        preview=dry_run,
    )
    if dry_run and as_json:
        print_json(_json(plan))
        return
    _show(plan, stderr=not dry_run)
    if dry_run:
        return
    published = with_consent(lambda consent: _upload(plan, agreed=consent), agreed=yes)
    if as_json:
        print_json(published)
    else:
        _print(published)


def _upload(plan: PublishPlan, *, agreed: bool) -> Published:
    """Upload the files of the plan.

    Raises:
        ConsentNeeded: the user has not agreed to the upload.
    """
    from ..workflows.publish import publish

    if not agreed:
        count = sum(len(repository.uploads) for repository in plan.repositories)
        raise ConsentNeeded(f"{count} files ({size(plan.size)}) would be uploaded; agree to it with --yes")
    return publish(plan, bars=sys.stderr.isatty())


def _permission(*, author: bool, agreed: str | None, public_figure: bool) -> Permission | None:
    """The permission that the options give; None without any of them.

    Raises:
        PublishError: several of the options are given.
    """
    permissions = [
        *([Permission(kind="author")] if author else []),
        *([Permission(kind="given", words=agreed)] if agreed is not None else []),
        *([Permission(kind="public-figure")] if public_figure else []),
    ]
    if len(permissions) > 1:
        raise PublishError("give one of --i-am-the-author, --with-permission and --public-figure")
    return permissions[0] if permissions else None


def _json(plan: PublishPlan) -> dict[str, object]:
    """The output of --dry-run --json."""
    return {
        "repositories": [
            {
                "url": _address(plan, repository),
                "private": repository.private,
                "files": [{"path": upload.path, "bytes": upload.size} for upload in repository.uploads],
                "deleted": repository.deletions,
            }
            for repository in plan.repositories
        ],
        "left_out": plan.left_out,
    }


def _address(plan: PublishPlan, repository: Repository) -> str:
    return f"{plan.endpoint}/{'datasets/' if repository.kind == 'dataset' else ''}{repository.id}"


def _show(plan: PublishPlan, *, stderr: bool) -> None:
    """Print what would be uploaded: before a question on standard error, as the result on standard output."""
    out = console(stderr=stderr)
    for repository in plan.repositories:
        visibility = "only you see it" if repository.private else "everybody sees it"
        out.print(harmless(f"{_address(plan, repository)} ({visibility}):"), soft_wrap=True)
        for upload in repository.uploads:
            out.print(harmless(f"  {size(upload.size):>9}  {upload.path}"), soft_wrap=True)
        for path in repository.deletions:
            out.print(harmless(f"    deleted  {path}, which an earlier upload put there"), soft_wrap=True)
    for name, reason in plan.left_out.items():
        out.print(harmless(f"stays here: {name} ({reason})"), soft_wrap=True)


def _print(published: Published) -> None:
    """Print the addresses on standard output."""
    out = console()
    state = "is published" if published.changed else "was up to date"
    out.print(harmless(f"{published.url} {state}"), soft_wrap=True)
    if published.dataset_url:
        out.print(harmless(f"its posts: {published.dataset_url}"), soft_wrap=True)
    if published.collection_url:
        out.print(harmless(f"its collection: {published.collection_url}"), soft_wrap=True)
    out.print(harmless(f"commit {published.commit}"), soft_wrap=True)
