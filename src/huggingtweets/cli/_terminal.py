"""Output for people: progress on standard error, results on standard output.

Posts are printed as plain text. Markup and control codes in them have no effect on the terminal.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import select
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

import msgspec
from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.segment import Segment
from rich.table import Column
from rich.text import Text

from ..errors import UserError
from ..progress import duration, memory
from ..text import printable
from ..types import CurvePoint
from ._log_file import log, logging_to

SHOWN_SAMPLES = 2  # at each evaluation during training
LINE_SECONDS = 10.0  # between two lines of progress where there is no terminal
PACE_SECONDS = 5.0  # of work, after which it is known how long the rest takes

_HIGH_CONTROL = re.compile(r"[\x7f-\x9f]")  # which JSON need not escape, unlike the others

TITLES = {
    "fetch": "Fetching the base",
    "read": "Reading",
    "corpus": "Looking at the corpus",
    "vocabulary": "Learning the vocabulary",
    "pack": "Packing posts",
    "preprocess": "Preparing the dataset",
    "train": "Training",
    "trial": "Trying settings",
    "evaluate": "Measuring and writing samples",
    "report": "Drawing the card and its pictures",
    "others": "Reading other people's posts, to tell them apart",
    "write": "Writing posts to evaluate",
    "split": "Writing the posts of each author",
    "fleet": "Training a fleet",
    "generate": "Writing posts",
    "load": "Loading the model",
    "export": "Writing the model for another program",
    "check": "Reading it back",
    "merge": "Averaging the weights",
    "traces": "Looking for traces of a person",
}
SHOWN_BY_ITS_BAR = "generate"  # its results follow at once, so no title is printed


_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


@contextmanager
def output(*, quiet: bool, verbose: bool, log_file: Path | None) -> Iterator[None]:
    """How a command reports its progress: not at all or in detail on the terminal, and to a file besides.

    Raises:
        UserError: it is to be both quiet and verbose.
    """
    if quiet and verbose:
        raise UserError("--quiet and --verbose exclude each other; give one of them")
    with _logging() if verbose else nullcontext(), logging_to(log_file):
        state = _quiet.set(quiet)
        try:
            yield
        finally:
            _quiet.reset(state)


@contextmanager
def _logging() -> Iterator[None]:
    """Show on standard error what the library logs."""
    logger, handler = logging.getLogger(__package__.partition(".")[0]), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(name)s: %(message)s"))
    handler.addFilter(_printable)
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


def _printable(record: logging.LogRecord) -> bool:
    """Replace the control codes in a line of the log; locations and names are written by others."""
    record.msg, record.args = printable(record.getMessage()), ()
    return True


class Pace:
    """How fast a stage goes since the first call, at which a run that is resumed has done a part already."""

    def __init__(self) -> None:
        self._first: tuple[int, float] | None = None  # what was done then, and when that was

    def seconds_left(self, done: int, total: int | None) -> float | None:
        """Seconds until all is done at the mean speed so far; None where that is not known yet."""
        now = time.monotonic()
        if self._first is None:
            self._first = done, now
        first, started = self._first
        if total is None or done == first or now - started < PACE_SECONDS:
            return None
        return (now - started) / (done - first) * (total - done)


class PlainConsole(Console):
    """A console that replaces the control codes in all that is printed, since others wrote some of it."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of `renderable`, with the codes of rich itself alone."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else segment._replace(text=printable(segment.text))

    def on_broken_pipe(self) -> None:
        """Results that nobody reads any more end the command; progress that nobody reads ends no work."""
        if not self.stderr:
            raise BrokenPipeError
        drop_output(sys.stderr)


class Terminal:
    """A watcher that draws a progress bar on a terminal, and prints plain lines elsewhere."""

    def __init__(self) -> None:
        self._console = PlainConsole(stderr=True, highlight=False, quiet=_quiet.get())
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None, table_column=Column(ratio=1)),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}", table_column=Column(ratio=3, no_wrap=True)),
            console=self._console,
            transient=True,
            expand=True,  # a narrow terminal shortens the bar and the figures, not the time that is left
            disable=_quiet.get() or not self._console.is_terminal,
        )
        self._task: TaskID | None = None
        self._held_out: float | None = None
        self._last_line = 0.0
        self._pace = Pace()
        self._paces: dict[str, Pace] = {}  # of jobs that last over several stages, by their units
        self._says_how_long = False  # whether this stage still has to say how long it will take

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def stage(self, name: str, detail: str = "") -> None:
        """Print the title of a stage, and start its bar."""
        title = TITLES.get(name) or _question(name)
        if name != SHOWN_BY_ITS_BAR:
            self._line(f"{title}{f': {detail}' if detail else ''}")
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(title, total=None, figures="")
        self._pace, self._says_how_long, self._last_line = Pace(), True, time.monotonic()

    def read(self, posts: int, expected: int | None) -> None:
        """Show the number of posts read so far."""
        self._show(posts, expected, f"{posts:,}{f' of {expected:,}' if expected else ''} posts")

    def fetched(self, done: int, total: int) -> None:
        """Show the number of bytes fetched so far."""
        self._show(done, total, f"{size(done)} of {size(total)}")

    def written(self, done: int, total: int) -> None:
        """Show the number of posts written so far."""
        self._show(done, total, f"{done:,} of {total:,} posts")

    def advanced(self, done: int, total: int, unit: str) -> None:
        """Show how much of a job is done; its pace is that since its beginning, whatever stages it has."""
        if not done:
            self._paces[unit] = Pace()
        self._show(done, total, f"{done:,} of {total:,} {unit}", self._paces.setdefault(unit, Pace()))

    def stepped(self, step: int, steps: int, loss: float, tokens_per_second: float) -> None:
        """Show a training step with its loss, speed and memory."""
        held_out = f", {self._held_out:.3f} bits per byte held out" if self._held_out else ""
        speed = f"{tokens_per_second:,.0f} tokens/s, {memory():.1f} GB"
        self._show(step, steps, f"step {step:,} of {steps:,}, loss {loss:.3f}{held_out}, {speed}")

    def evaluated(self, point: CurvePoint) -> None:
        """Print the loss on held-out posts."""
        self._held_out = point.bits_per_byte
        self._line(f"  epoch {point.epoch:.1f}: {point.bits_per_byte:.3f} bits per byte on held-out posts")

    def sampled(self, samples: Sequence[str]) -> None:
        """Print the first posts that the model generated during training."""
        for sample in samples[:SHOWN_SAMPLES]:
            self._line("    " + " ".join(sample.split()))

    def note(self, message: str) -> None:
        """Print a message."""
        self._line(message)

    def _show(self, done: int, total: int | None, figures: str, pace: Pace | None = None) -> None:
        if self._task is not None:
            self._bar.update(self._task, completed=done, total=total, figures=figures)
        left = (pace or self._pace).seconds_left(done, total)
        if left is not None and self._says_how_long:
            self._says_how_long = False
            self._line(f"  about {duration(left)} to go, as fast as so far")
        if done and not self._console.is_terminal and time.monotonic() - self._last_line > LINE_SECONDS:
            to_go = "" if left is None else f", {duration(left)} to go"
            self._line(f"  {figures}{to_go}")

    def _line(self, line: str) -> None:
        self._last_line = time.monotonic()
        self._console.print(harmless(line), soft_wrap=not self._console.is_terminal)
        log(line)


def _question(name: str) -> str:
    """A question of the evaluation in words."""
    from ..evaluation import questions

    return questions.title(name)


def harmless(text: str) -> Text:
    """Plain text, in which square brackets are no markup and control codes have no effect."""
    return Text(printable(text))


def names(title: str) -> Column:
    """A column of names that people copy: on a narrow terminal the other columns are wrapped, not this."""
    return Column(title, no_wrap=True)


def size(count: int) -> str:
    """A number of bytes with its unit, like "27.6 MB"."""
    number, units = float(count), ["bytes", "KB", "MB", "GB"]
    while number >= 1000 and len(units) > 1:  # noqa: PLR2004 -- as the Hub counts
        number, units = number / 1000, units[1:]
    return f"{number:.0f} bytes" if units[0] == "bytes" else f"{number:.1f} {units[0]}"


def prepare_output() -> None:
    """Let no print fail for its characters or for want of a reader: it may come after hours of work."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # it was closed by whoever started the command
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 -- for the whole process
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an encoding without emoji


def is_unread(stream: TextIO) -> bool:
    """Whether nobody reads any more what is written to a stream, as where it is a pipe that was closed."""
    if not hasattr(select, "poll"):  # Windows, which does not say it
        return True
    poll = select.poll()
    poll.register(stream, 0)
    return bool(poll.poll(0))


def drop_output(stream: TextIO) -> None:
    """Let what is still to be written to a closed pipe go nowhere, so that Python's end is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_json(value: object) -> None:
    """Print one JSON document on standard output, in ASCII where its encoding is not that of JSON."""
    text = msgspec.json.format(msgspec.json.encode(value)).decode()
    if (sys.stdout.encoding or "").replace("-", "").lower() != "utf8":
        text = json.dumps(json.loads(text), indent=2)
    sys.stdout.write(_HIGH_CONTROL.sub(lambda code: f"\\u{ord(code[0]):04x}", text) + "\n")


def console(*, stderr: bool = False) -> Console:
    """Standard output or standard error; lines are wrapped only on a terminal."""
    stream = sys.stderr if stderr else sys.stdout
    return PlainConsole(highlight=False, stderr=stderr, width=None if stream.isatty() else 10_000)
