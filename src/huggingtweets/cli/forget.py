"""huggingtweets forget."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import ConsentNeeded
from ..registry import suggestion
from . import _options as opt
from ._consent import with_consent
from ._terminal import Terminal, console, harmless, print_json, size

if TYPE_CHECKING:
    from ..hub.ledger import LedgerEntry
    from ..workflows.forget import Traces

PUBLIC_HUB = "https://huggingface.co"


def forget(
    handle: Annotated[str, typer.Argument(metavar="HANDLE", help="Handle of the person, without the @.")],
    folders: Annotated[
        list[Path] | None,
        typer.Option(
            "--in", metavar="FOLDER", help="Another folder with models, besides models/; can be repeated."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be deleted.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking.")] = False,
    as_json: opt.Json = False,
) -> None:
    """Delete everything on this machine that was made of a person's posts.

    Finds posts, models, unfinished runs, caches and the tracker's records by their digests, lists them, and
    deletes them after you agree. A model of several people is deleted, too, if this person is one of them.
    What was published is listed with the command that deletes it there.

    \b
    Examples:
      huggingtweets forget ada --dry-run
      huggingtweets forget ada
      huggingtweets forget ada --in ~/bots --yes
    """  # noqa: D301 -- \b keeps the lines of the examples apart in --help
    with Terminal() as terminal:
        terminal.stage("traces", f"@{handle.removeprefix('@')}")
        from ..workflows.forget import find_traces  # after the title, since it takes a second

        traces = find_traces(handle, folders or ())
    delete = bool(traces.local) and not dry_run
    _show(traces, stderr=delete or as_json)
    if delete:
        with_consent(lambda consent: _delete(traces, agreed=consent), agreed=yes)
    if as_json:
        print_json(_json(traces, deleted=delete))
    elif delete:
        console().print(
            harmless(f"@{traces.handle} is forgotten here: {_count(traces)} deleted"), soft_wrap=True
        )


def _delete(traces: Traces, *, agreed: bool) -> None:
    """Delete the local traces.

    Raises:
        ConsentNeeded: the user has not agreed to the deletion.
    """
    if not agreed:
        raise ConsentNeeded(f"{_count(traces)} would be deleted for good; agree to it with --yes")
    from ..workflows.forget import forget

    forget(traces)


def _count(traces: Traces) -> str:
    """How many local traces there are, and their size."""
    total = sum(trace.size for trace in traces.local)
    return f"{len(traces.local)} thing{'s' * (len(traces.local) != 1)} ({size(total)})"


def _show(traces: Traces, *, stderr: bool) -> None:
    """Print the traces: before a question on standard error, as the result on standard output."""
    out = console(stderr=stderr)
    if not traces.local:
        meant = suggestion(traces.handle, traces.handles) or "."
        out.print(
            harmless(f"Nothing on this machine is known to come from @{traces.handle}{meant}"), soft_wrap=True
        )
    for trace in traces.local:
        about = f"  ({trace.about})" if trace.about else ""
        out.print(harmless(f"{size(trace.size):>9}  {trace.kind}: {trace.path}{about}"), soft_wrap=True)
    if traces.published:
        out.print("\nPublished; this stays until you delete it there:")
    for file, entry in traces.published.items():
        out.print(harmless(f"  {entry.url}  with: {_delete_command(entry)}"), soft_wrap=True)
        out.print(harmless(f"    then delete its note here: {file}"), soft_wrap=True)
    out.print("\nOut of reach from here:")
    for line in traces.elsewhere:
        out.print(harmless(f"  {line}"), soft_wrap=True)


def _delete_command(entry: LedgerEntry) -> str:
    """The shell command that deletes a repository on the Hub that it was published on."""
    hub = "" if entry.endpoint == PUBLIC_HUB else f"HF_ENDPOINT={shlex.quote(entry.endpoint)} "
    return f"{hub}hf repos delete {entry.id}{' --type dataset' if entry.kind == 'dataset' else ''}"


def _json(traces: Traces, *, deleted: bool) -> dict[str, object]:
    """The output of --json."""
    return {
        "handle": traces.handle,
        "deleted": deleted,
        "found": [
            {"kind": trace.kind, "path": str(trace.path), "bytes": trace.size, "about": trace.about}
            for trace in traces.local
        ],
        "published": [
            {"url": entry.url, "delete": _delete_command(entry), "note": str(file)}
            for file, entry in traces.published.items()
        ],
        "elsewhere": traces.elsewhere,
    }
