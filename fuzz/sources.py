"""Reads damaged inputs of every form of the sources, as `inspect` would, and reports failures.

    python -m fuzz.sources --count 100000 --out fuzz          one recorded run
    python -m fuzz.sources --only "X zip" --only CSV          some forms only
    python -m fuzz.sources --replay "X zip:1:4711"            one input again, with its traceback
    python -m fuzz.sources --hypothesis --count 10000         makes failing inputs as small as possible

An input must give posts or be refused by an error of `errors.py` in one printable line, within limits of
time and memory, and it must leave no file open. Inputs are read in a process of their own that is watched.
An input depends only on its form, the run's seed and its number, so it can be made again; failing inputs are
also saved in `--out`. `guided.py` does the same, guided by the code that an input reaches.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
import traceback
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from fuzz.inputs import Form, forms
from fuzz.reading import Failed, Outcome, Worker, input_of, read, read_changed, write

_PROGRESS_EVERY = 1000  # inputs
_OUT = Path(tempfile.gettempdir()) / "fuzzed-sources"


@dataclass
class Figures:
    """The results of one form's inputs."""

    inputs: int = 0
    read: int = 0
    posts: int = 0
    refused: int = 0
    failures: int = 0
    slowest: float = 0.0  # seconds
    slowest_input: str = ""
    peak: int = 0  # bytes of memory above those in use before

    def add(self, outcome: Outcome, identity: str) -> None:
        """Count an input."""
        self.inputs += 1
        self.posts += outcome.posts
        self.read += outcome.kind == "read"
        self.refused += outcome.kind == "refused"
        self.failures += outcome.kind == "failed"
        self.peak = max(self.peak, outcome.peak)
        if outcome.seconds > self.slowest:
            self.slowest, self.slowest_input = outcome.seconds, identity


@dataclass
class Run:
    """A recorded run."""

    seed: int
    out: Path
    figures: defaultdict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    growth: int = 0  # bytes by which the memory of the reading process grew after its warm-up

    def read(self, chosen: list[Form], count: int) -> None:
        """Read `count` inputs; forms are drawn by their weights."""
        order = Random(self.seed)  # noqa: S311 -- no secret
        weights = [form.weight for form in chosen]
        by_name = {form.name: form for form in chosen}
        with Worker(by_name) as worker:
            for number in range(count):
                form = order.choices(chosen, weights)[0]
                identity = f"{form.name}:{self.seed}:{number}"
                outcome = worker.read(identity)
                self.figures[form.name].add(outcome, identity)
                if outcome.kind == "failed":
                    self._save(form, identity, outcome)
                if (number + 1) % _PROGRESS_EVERY == 0:
                    failures = sum(figures.failures for figures in self.figures.values())
                    print(f"{number + 1:,} inputs, {failures} failures", file=sys.stderr, flush=True)
            self.growth = worker.growth

    def table(self) -> str:
        """Return the figures of all forms as a table in Markdown."""
        lines = [
            "| form | inputs | read | posts | refused | failures | slowest (s) | peak memory (MiB) |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for name, figures in (*self.figures.items(), ("all", self._total())):
            counts = figures.inputs, figures.read, figures.posts, figures.refused, figures.failures
            cells = [f"{count:,}" for count in counts]
            lines.append(
                f"| {' | '.join([name, *cells])} | {figures.slowest:.2f} | {figures.peak / 2**20:.1f} |"
            )
        slowest = self._total().slowest_input
        return "\n".join([*lines, "", f"slowest input: {slowest}", f"growth: {self.growth / 2**20:.1f} MiB"])

    def _total(self) -> Figures:
        figures_of_all = list(self.figures.values())
        slowest = max(figures_of_all, key=lambda figures: figures.slowest, default=Figures())
        return Figures(
            inputs=sum(figures.inputs for figures in figures_of_all),
            read=sum(figures.read for figures in figures_of_all),
            posts=sum(figures.posts for figures in figures_of_all),
            refused=sum(figures.refused for figures in figures_of_all),
            failures=sum(figures.failures for figures in figures_of_all),
            slowest=slowest.slowest,
            slowest_input=slowest.slowest_input,
            peak=max((figures.peak for figures in figures_of_all), default=0),
        )

    def _save(self, form: Form, identity: str, outcome: Outcome) -> None:
        folder = self.out / identity.replace(" ", "-").replace(":", "-")
        folder.mkdir(parents=True, exist_ok=True)
        write(folder, form, input_of(form, identity)[0])
        report = f'python -m fuzz.sources --replay "{identity}"\n\n{outcome.message}\n'
        (folder / "report.txt").write_text(report, encoding="utf-8", errors="replace")
        print(
            f"FAILED {identity}: {outcome.message.strip().splitlines()[-1][:200]}",
            file=sys.stderr,
            flush=True,
        )


def main() -> int:
    """Fuzz the sources and print the results."""
    parser = argparse.ArgumentParser(description="Read damaged inputs, and report failures.")
    parser.add_argument("--count", type=int, default=100_000, help="how many inputs")
    parser.add_argument("--seed", type=int, default=1, help="of the run")
    parser.add_argument(
        "--out", type=Path, default=_OUT, help=f"folder for failing inputs and figures ({_OUT})"
    )
    parser.add_argument("--only", action="append", default=[], help="a form; may be given several times")
    parser.add_argument("--replay", help="FORM:SEED:NUMBER of one input to read again")
    parser.add_argument(
        "--hypothesis", action="store_true", help="let Hypothesis choose the inputs, in this process"
    )
    arguments = parser.parse_args()
    known = {form.name: form for form in forms()}
    names = [arguments.replay.partition(":")[0]] if arguments.replay else arguments.only or list(known)
    if set(names) - set(known):
        parser.error(f"no form is called {names[0]!r}; choose of: {', '.join(known)}")
    chosen = [known[name] for name in names]
    if arguments.replay:
        return _replay(chosen[0], arguments.replay)
    if arguments.hypothesis:
        return _run_hypothesis(chosen, arguments.count)
    run = Run(arguments.seed, arguments.out)
    started = time.monotonic()
    run.read(chosen, arguments.count)
    took = f"{time.monotonic() - started:,.0f} s, Python {sys.version.split()[0]}"
    table = f"{run.table()}\nseed {run.seed}, {took}"
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "table.md").write_text(table + "\n", encoding="utf-8")
    print(table)
    return int(any(figures.failures for figures in run.figures.values()))


def _replay(form: Form, identity: str) -> int:
    content, options, source = input_of(form, identity)
    with tempfile.TemporaryDirectory() as folder:
        outcome = read(write(Path(folder), form, content), options, source)
    print(json.dumps({"posts": outcome.posts, "seconds": outcome.seconds, "options": repr(options)}))
    print(outcome.kind, outcome.message)
    return int(outcome.kind == "failed")


def _run_hypothesis(chosen: list[Form], count: int) -> int:
    """Let Hypothesis choose the inputs; of a failing input it shows a minimal set of choices."""
    from hypothesis import HealthCheck, given, settings  # noqa: PLC0415 -- only here
    from hypothesis import strategies as st  # noqa: PLC0415 -- only here

    @settings(max_examples=count, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(chosen), st.randoms(use_true_random=False))
    def reads(form: Form, random: Random) -> None:
        read_changed(form, random)

    try:
        reads()
    except Failed:
        traceback.print_exc()
        return 1
    print(f"{count:,} inputs chosen by Hypothesis, 0 failures")
    return 0


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
