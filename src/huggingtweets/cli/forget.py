"""huggingtweets forget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ConsentNeeded
from . import _options as opt
from ._consent import with_consent
from ._terminal import console, harmless, print_json, size

if TYPE_CHECKING:
    from ..workflows.forget import Traces


def forget(
    handle: Annotated[str, typer.Argument(metavar="HANDLE", help="Whose posts, without the @.")],
    folders: Annotated[
        list[Path] | None,
        typer.Option("--in", metavar="FOLDER", help="Where models are, beside models/; can be repeated."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be deleted.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking once more.")] = False,
    as_json: opt.Json = False,
) -> None:
    """Delete everything on this machine that was made of a person's posts.

    Posts, models, unfinished runs, caches and the tracker's records are found by the digests that tie them
    together, shown, and deleted after a yes. A model of several people holds this voice too, so it goes as
    well. What was published is listed with the command that deletes it there.

    \b
    Examples:
      huggingtweets forget ada --dry-run
      huggingtweets forget ada
      huggingtweets forget ada --in ~/bots --yes
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    from ..workflows.forget import find_traces

    traces = find_traces(handle, folders or ())
    _show(traces)
    deleted = bool(traces.found) and not dry_run
    if deleted:
        with_consent(lambda agreed: _delete(traces, agreed=agreed), agreed=yes)
    if as_json:
        print_json(_plain(traces, deleted=deleted))
    elif deleted:
        console().print(
            harmless(f"@{traces.handle} is forgotten here: {_count(traces)} deleted"), soft_wrap=True
        )


def _delete(traces: Traces, *, agreed: bool) -> None:
    if not agreed:
        raise ConsentNeeded(f"{_count(traces)} would be deleted for good; agree to it with --yes")
    from ..workflows.forget import forget

    forget(traces)


def _count(traces: Traces) -> str:
    total = sum(trace.size for trace in traces.found)
    return f"{len(traces.found)} thing{'s' * (len(traces.found) != 1)} ({size(total)})"


def _show(traces: Traces) -> None:
    """Print what was found, on standard error."""
    out = console(stderr=True)
    if not traces.found:
        out.print(
            harmless(f"Nothing on this machine is known to come from @{traces.handle}."), soft_wrap=True
        )
    for trace in traces.found:
        about = f"  ({trace.about})" if trace.about else ""
        out.print(harmless(f"{size(trace.size):>9}  {trace.kind}: {trace.path}{about}"), soft_wrap=True)
    if traces.published:
        out.print("\nPublished; this stays until you delete it there:")
    for path, note in traces.published.items():
        out.print(harmless(f"  {note.url}  with: {_command(note.id, note.kind)}"), soft_wrap=True)
        out.print(harmless(f"    then delete its note here: {path}"), soft_wrap=True)
    out.print("\nOut of reach from here:")
    for line in traces.elsewhere:
        out.print(harmless(f"  {line}"), soft_wrap=True)


def _command(repo_id: str, kind: str) -> str:
    return f"hf repos delete {repo_id}{' --type dataset' if kind == 'dataset' else ''}"


def _plain(traces: Traces, *, deleted: bool) -> dict[str, object]:
    return {
        "handle": traces.handle,
        "deleted": deleted,
        "found": [
            {"kind": trace.kind, "path": str(trace.path), "bytes": trace.size, "about": trace.about}
            for trace in traces.found
        ],
        "published": [
            {"url": note.url, "delete": _command(note.id, note.kind), "note": str(path)}
            for path, note in traces.published.items()
        ],
        "elsewhere": traces.elsewhere,
    }
