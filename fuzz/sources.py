"""Reads damaged inputs of every form that files have, as `inspect` would, and sees whether anything breaks.

    python -m fuzz.sources --count 100000 --out fuzz          one recorded run
    python -m fuzz.sources --only "X zip" --only CSV          some forms only
    python -m fuzz.sources --replay "X zip:1:4711"            one input again, with its traceback
    python -m fuzz.sources --hypothesis --count 10000         makes what fails as small as it can be

An input must either give posts or be refused by one of `errors.py`'s errors, in one line that can be printed,
within a time and an amount of memory, and must leave no file open. Inputs are read in a process of their own
that is watched. Each is made from its form, the run's seed and its number, so that these bring it back; what
fails is kept in `--out`, too. `guided.py` does the same, led by what code an input reaches.
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

_SHOWN_EVERY = 1000  # inputs
_OUT = Path(tempfile.gettempdir()) / "fuzzed-sources"


@dataclass
class Figures:
    """What came of one form's inputs."""

    inputs: int = 0
    read: int = 0
    posts: int = 0
    refused: int = 0
    failures: int = 0
    slowest: float = 0.0  # seconds
    slowest_input: str = ""
    peak: int = 0  # bytes above what was there before

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
    growth: int = 0  # bytes that the reading process has more at the end than after a thousand inputs

    def of(self, chosen: list[Form], count: int) -> None:
        """Read `count` inputs, the forms mixed by their weights."""
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
                    self._keep(form, identity, outcome)
                if (number + 1) % _SHOWN_EVERY == 0:
                    failures = sum(figures.failures for figures in self.figures.values())
                    print(f"{number + 1:,} inputs, {failures} failures", file=sys.stderr, flush=True)
            self.growth = worker.growth

    def table(self) -> str:
        """The figures of all forms."""
        lines = [
            "| form | inputs | read | posts | refused | failures | slowest (s) | peak memory (MiB) |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for name, figures in (*self.figures.items(), ("all", self._all())):
            counts = figures.inputs, figures.read, figures.posts, figures.refused, figures.failures
            cells = [f"{count:,}" for count in counts]
            lines.append(
                f"| {' | '.join([name, *cells])} | {figures.slowest:.2f} | {figures.peak / 2**20:.1f} |"
            )
        slowest = self._all().slowest_input
        return "\n".join([*lines, "", f"slowest input: {slowest}", f"growth: {self.growth / 2**20:.1f} MiB"])

    def _all(self) -> Figures:
        every = list(self.figures.values())
        slowest = max(every, key=lambda figures: figures.slowest, default=Figures())
        return Figures(
            inputs=sum(figures.inputs for figures in every),
            read=sum(figures.read for figures in every),
            posts=sum(figures.posts for figures in every),
            refused=sum(figures.refused for figures in every),
            failures=sum(figures.failures for figures in every),
            slowest=slowest.slowest,
            slowest_input=slowest.slowest_input,
            peak=max((figures.peak for figures in every), default=0),
        )

    def _keep(self, form: Form, identity: str, outcome: Outcome) -> None:
        folder = self.out / identity.replace(" ", "-").replace(":", "-")
        folder.mkdir(parents=True, exist_ok=True)
        write(folder, form, input_of(form, identity)[0])
        told = f'python -m fuzz.sources --replay "{identity}"\n\n{outcome.told}\n'
        (folder / "report.txt").write_text(told, encoding="utf-8", errors="replace")
        print(
            f"FAILED {identity}: {outcome.told.strip().splitlines()[-1][:200]}", file=sys.stderr, flush=True
        )


def main() -> int:
    """Fuzz, and say what came of it."""
    parser = argparse.ArgumentParser(description="Read damaged inputs, and see whether anything breaks.")
    parser.add_argument("--count", type=int, default=100_000, help="how many inputs")
    parser.add_argument("--seed", type=int, default=1, help="of the run")
    parser.add_argument(
        "--out", type=Path, default=_OUT, help=f"folder of what fails and of the figures ({_OUT})"
    )
    parser.add_argument("--only", action="append", default=[], help="a form; can be given several times")
    parser.add_argument("--replay", help="FORM:SEED:NUMBER of one input, to read it again")
    parser.add_argument(
        "--hypothesis", action="store_true", help="let Hypothesis choose, here in this process"
    )
    asked = parser.parse_args()
    known = {form.name: form for form in forms()}
    wanted = [asked.replay.partition(":")[0]] if asked.replay else asked.only or list(known)
    if set(wanted) - set(known):
        parser.error(f"no form is called {wanted[0]!r}; choose of: {', '.join(known)}")
    chosen = [known[name] for name in wanted]
    if asked.replay:
        return _replayed(chosen[0], asked.replay)
    if asked.hypothesis:
        return _by_hypothesis(chosen, asked.count)
    run = Run(asked.seed, asked.out)
    started = time.monotonic()
    run.of(chosen, asked.count)
    took = f"{time.monotonic() - started:,.0f} s, Python {sys.version.split()[0]}"
    table = f"{run.table()}\nseed {run.seed}, {took}"
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "table.md").write_text(table + "\n", encoding="utf-8")
    print(table)
    return int(any(figures.failures for figures in run.figures.values()))


def _replayed(form: Form, identity: str) -> int:
    content, options, source = input_of(form, identity)
    with tempfile.TemporaryDirectory() as folder:
        outcome = read(write(Path(folder), form, content), options, source)
    print(json.dumps({"posts": outcome.posts, "seconds": outcome.seconds, "options": repr(options)}))
    print(outcome.kind, outcome.told)
    return int(outcome.kind == "failed")


def _by_hypothesis(chosen: list[Form], count: int) -> int:
    """Let Hypothesis choose; it shows the choices that fail, and none of them could be left out."""
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
