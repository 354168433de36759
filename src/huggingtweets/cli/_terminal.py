"""What a person sees: progress on standard error, results on standard output.

Text of posts is printed as it is, but never obeyed: neither as markup nor as control codes of the terminal.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from ..pipeline import PROMPT, Inspection
from ..records import Trained
from ..sources import Source
from ..types import CurvePoint, Funnel, Reason, Sample

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
PLAIN_EVERY = 10.0  # seconds between two lines of progress where there is no terminal

TITLES = {
    "read": "Reading",
    "preprocess": "Preparing the dataset",
    "train": "Training",
    "evaluate": "Measuring and writing samples",
    "dress": "Drawing the card and its pictures",
}
REASONS = {
    Reason.REPOST: "retweets and boosts",
    Reason.REPLY: "replies",
    Reason.LANGUAGE: "other languages",
    Reason.SHORT: "short (fewer than three words)",
    Reason.DUPLICATE: "duplicates",
    Reason.NEAR_DUPLICATE: "near duplicates",
}


class Terminal:
    """A watcher: one live bar where there is a terminal, plain lines where there is none."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID | None = None
        self._held_out: float | None = None
        self._last_line = 0.0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def stage(self, name: str, detail: str = "") -> None:
        """Begin a part of the job."""
        title = TITLES.get(name, name)
        self._line(f"{title}{f': {detail}' if detail else ''}")
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(title, total=None, figures="")

    def read(self, posts: int, expected: int | None) -> None:
        """Show how many posts were read."""
        self._show(posts, expected, f"{posts:,} posts")

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Show a training step."""
        held_out = f", {self._held_out:.3f} bits per byte held out" if self._held_out else ""
        self._show(step, steps, f"loss {loss:.3f}{held_out}, {tokens_per_second:,.0f} tokens/s")

    def evaluated(self, point: CurvePoint) -> None:
        """Show a measurement."""
        self._held_out = point.bits_per_byte
        self._line(f"  epoch {point.epoch:.1f}: {point.bits_per_byte:.3f} bits per byte on held-out posts")

    def said(self, message: str) -> None:
        """Show a remark."""
        self._line(message)

    def _show(self, done: int, total: int | None, figures: str) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=total, figures=figures)
        if not self._console.is_terminal and time.monotonic() - self._last_line > PLAIN_EVERY:
            self._line(f"  {done:,}{f' of {total:,}' if total else ''}: {figures}")

    def _line(self, line: str) -> None:
        self._last_line = time.monotonic()
        self._console.print(harmless(line), soft_wrap=True)


def harmless(text: str) -> Text:
    """Text that the terminal shows and does not obey."""
    return Text(CONTROL.sub("\N{REPLACEMENT CHARACTER}", text))


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")


def print_trained(trained: Trained) -> None:
    """Funnel, figures, samples, and where everything is."""
    record, console = trained.record, _console()
    for author in record.authors:
        console.print(_funnel_table(f"{author.account.name} @{author.account.handle}", author.funnel))
    for metric in record.report.metrics:
        base = f"; the base: {metric.floor:.3f}" if metric.floor is not None else ""
        console.print(harmless(f"Held-out bits per byte: {metric.value:.3f} on {metric.count:,} posts{base}"))
    console.print(harmless(f"\n{PROMPT} ... (seed {record.recipe.seed}, nothing picked)"))
    print_samples([sample for sample in record.report.samples if sample.prompt == PROMPT])
    console.print(f"\nModel folder: {trained.folder}", markup=False, soft_wrap=True)
    for name in sorted(path.name for path in trained.folder.iterdir() if path.suffix in {".md", ".png"}):
        console.print(f"  {trained.folder / name}", markup=False, soft_wrap=True)
    if record.tracked.command:
        console.print(f"Every step on record: {record.tracked.command}", markup=False, soft_wrap=True)
    console.print(
        f'More of it: huggingtweets generate {trained.folder} "{PROMPT}"', markup=False, soft_wrap=True
    )


def print_samples(samples: Sequence[Sample]) -> None:
    """Generated posts, numbered, whole."""
    console = _console()
    for number, sample in enumerate(samples, start=1):
        console.print(harmless(f"{number}. {sample.text}"), soft_wrap=True)


def print_inspection(inspection: Inspection) -> None:
    """Account, funnel, examples and verdict of one person."""
    account, cleaned, console = inspection.person.account, inspection.person.cleaned, _console()
    console.print(harmless(f"{account.name} @{account.handle} ({account.source})"))
    if account.bio:
        console.print(harmless(account.bio))
    console.print(_funnel_table("", cleaned.funnel))
    for post in cleaned.some():
        console.print(harmless(f"kept: {post.text}"), soft_wrap=True)
    for reason, texts in cleaned.examples.items():
        for text in texts[:2]:
            console.print(harmless(f"dropped, {REASONS[reason]}: {' '.join(text.split())}"), soft_wrap=True)
    console.print(harmless(f"\n{inspection.verdict.text}\n"), soft_wrap=True)


def print_places(found: Mapping[str, Source]) -> None:
    """A table of sources."""
    table = Table("source", "reads", "for example", box=None)
    for name, source in found.items():
        table.add_row(name, source.SUMMARY, source.EXAMPLE)
    _console().print(table)


def print_runs(found: Sequence[Trained], folder: Path) -> None:
    """A table of models."""
    console = _console()
    if not found:
        console.print(harmless(f"No models below {folder}. Make one with: huggingtweets demo"))
        return
    table = Table("model", "made", "recipe", "posts", "bits per byte", "base", "folder", box=None)
    for trained in found:
        record = trained.record
        metric = record.report.metrics[0]
        table.add_row(
            harmless(record.name),
            f"{record.created_at:%Y-%m-%d %H:%M}",
            harmless(record.recipe.name),
            f"{sum(author.train for author in record.authors):,}",
            f"{metric.value:.3f}",
            f"{metric.floor:.3f}" if metric.floor is not None else "",
            harmless(str(trained.folder)),
        )
    console.print(table)


def _console() -> Console:
    """Standard output; where it is no terminal, lines are as long as they are."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else 10_000)


def _funnel_table(title: str, funnel: Funnel) -> Table:
    table = Table(title=harmless(title), title_justify="left", show_header=False, box=None)
    table.add_column(justify="left")
    table.add_column(justify="right")
    table.add_row("posts read", f"{funnel.read:,}")
    for reason, count in funnel.dropped.items():
        table.add_row(f"  - {REASONS[reason]}", f"{count:,}")
    table.add_row("posts kept", f"{funnel.kept:,}")
    return table
