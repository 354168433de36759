"""What a fleet costs beyond training: overhead per author, memory of the driver, scaling over workers.

    python benchmarks/fleet.py simulated 10000 --workers 2
    python benchmarks/fleet.py train CORPUS.txt 1000 --recipe ngram --workers 2
    python benchmarks/fleet.py scaling CORPUS.txt 12 --rounds 3
    python benchmarks/fleet.py one-model CORPUS.txt 500 --recipe starter --set epochs=1
    python benchmarks/fleet.py plan 10000 --workers 64 --seconds 20 --lost 0.01

CORPUS.txt has a post a line; each author gets the next 60 to 3,000 of them, from the top again at the end.
`one-model` trains one model of all of them, the first of whom has 20,000 posts. Simulated authors are leased
and ended like others, and not trained. `plan` draws how long a fleet takes, from the mean time of an author.
"""

from __future__ import annotations

import argparse
import heapq
import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from huggingtweets import FleetConfig, fleet, load_recipe
from huggingtweets.progress import Silence
from huggingtweets.signals import Noted
from huggingtweets.tracking.none import NullRun
from huggingtweets.workflows._executors.local import LocalExecutor
from huggingtweets.workflows.fleet import leases, records
from huggingtweets.workflows.fleet.config import AuthorRequest, Job, Outcome, State
from huggingtweets.workflows.fleet.driver import Driver
from huggingtweets.workflows.fleet.store import Store
from huggingtweets.workflows.fleet.worker import Assignment

SIZES = (60, 100, 200, 400, 800, 3000)  # posts of an author


@dataclass(frozen=True)
class SimulatedWorker:
    """Does all that a worker does for an author, except for the training."""

    address: str

    def __call__(self, assignment: Assignment) -> Outcome:
        """End an author at once."""
        store, name = Store(self.address), assignment.request.name
        lease = leases.acquire(store, name, assignment.owner, 120.0)
        if lease is None:
            raise RuntimeError("somebody else simulates")
        with leases.renewed(lease, lambda: None):
            outcome = Outcome(name=name, state=State.DONE, bits_per_byte=1.5, worker=lease.owner)
            records.save_outcome(store, outcome)
        return outcome


class Stages(Silence):
    """Prints each stage as it begins: seconds of a processor until then, and the memory in use."""

    def stage(self, name: str, detail: str = "") -> None:
        """Print a stage."""
        memory = psutil.Process().memory_info().rss / 1e6
        print(f"{time.process_time():7.0f} s {memory:6.0f} MB  {name} {detail}", flush=True)


def simulated(count: int, workers: int) -> None:
    """Print the overhead of each simulated author, and the memory of the driver."""
    with tempfile.TemporaryDirectory() as folder, peak_memory() as peak:
        store = Store(folder)
        recipe = load_recipe("ngram")
        job = Job(
            recipe=recipe,
            rules=FleetConfig(authors=Path(), store="", recipe=recipe).rules,
            held_out=0.1,
            evaluate=False,
            source_digest="",
        )
        requests = [AuthorRequest(name=f"author{n:06}", locations=(f"{n}.csv",)) for n in range(count)]
        records.save_fleet(store, job, requests)
        started = time.perf_counter()
        with LocalExecutor(SimulatedWorker(folder), workers) as executor:
            Driver(
                store=store,
                executor=executor,
                watcher=Silence(),
                run=NullRun(),
                lease_seconds=120.0,
                attempts=5,
                total=count,
            ).hand_out(requests, Noted())
        seconds = time.perf_counter() - started
        started = time.perf_counter()
        status = records.status(store)
        looked = time.perf_counter() - started
    print(
        f"{status.counts.done:,} of {count:,} simulated authors, {workers} workers: {seconds:.1f} s, "
        f"{1000 * seconds / count:.1f} ms each; status {looked:.1f} s; driver {peak[0] / 1e6:.0f} MB at most"
    )


def run(
    authors: Path, recipe: str, settings: list[str], workers: int, *, evaluate: bool = False
) -> tuple[float, list[Outcome], float]:
    """Train a fleet; return its seconds, outcomes and the driver's memory in bytes."""
    with tempfile.TemporaryDirectory() as store, peak_memory() as peak:
        config = FleetConfig(
            authors=authors,
            store=store,
            recipe=load_recipe(recipe, settings),
            workers=workers,
            evaluate=evaluate,
            tracker="none",
        )
        started = time.perf_counter()
        rows = fleet(config).rows
        return time.perf_counter() - started, list(rows), peak[0]


def train(
    corpus: Path, count: int, recipe: str, settings: list[str], workers: int, *, evaluate: bool
) -> None:
    """Print what a fleet takes beyond the training of its authors."""
    with tempfile.TemporaryDirectory() as folder:
        authors = write_table(corpus, Path(folder), count)
        seconds, rows, memory = run(authors, recipe, settings, workers, evaluate=evaluate)
    inside = sum(row.seconds for row in rows)
    states = {state: sum(row.state == state for row in rows) for state in ("done", "failed", "waiting")}
    print(
        f"{count:,} authors, recipe {recipe}, {workers} workers: {seconds:.0f} s, {states}; "
        f"{statistics.median(row.seconds for row in rows):.2f} s of training each (median), "
        f"{(seconds * workers - inside) / count:.3f} s beyond it; driver {memory / 1e6:.0f} MB at most"
    )


def one_model(corpus: Path, count: int, recipe: str, settings: list[str], *, evaluate: bool) -> None:
    """Print what one model of many authors takes in each stage, and how well it predicts each size."""
    sizes = (20_000, *(SIZES[n % len(SIZES)] for n in range(count - 1)))
    with tempfile.TemporaryDirectory() as folder, peak_memory() as peak:
        config = FleetConfig(
            authors=write_table(corpus, Path(folder), count, sizes),
            store=str(Path(folder) / "store"),
            recipe=load_recipe(recipe, settings),
            one_model=True,
            evaluate=evaluate,
            tracker="none",
        )
        started = time.perf_counter()
        rows = fleet(config, Stages()).rows
        seconds = time.perf_counter() - started
    done, learnt = sum(row.state == "done" for row in rows), sum(row.posts for row in rows)
    print(
        f"{done:,} of {count:,} authors in one model, {sum(sizes):,} posts, {learnt:,} learnt from: "
        f"{seconds:.0f} s, {peak[0] / 1e6:.0f} MB at most"
    )
    for size in sorted(set(sizes)):
        gains = [
            1 - row.bits_per_byte / row.base_bits_per_byte
            for row, posts in zip(rows, sizes, strict=True)
            if posts == size and row.bits_per_byte and row.base_bits_per_byte
        ]
        gain = statistics.median(gains)
        print(f"  {len(gains)} authors of {size:,} posts: {gain:.1%} below the base (median)")


def scaling(corpus: Path, count: int, rounds: int) -> None:
    """Print posts a second of one worker on one core and of two on two cores, in turns; a thread each."""
    speeds: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory() as folder:
        authors = write_table(corpus, Path(folder), count, sizes=(200,))
        for _ in range(rounds):
            for workers, measured in speeds.items():
                os.sched_setaffinity(0, range(workers))  # a worker takes its share of the cores that it sees
                settings = ["epochs=1", "evaluations=1"]
                seconds, rows, _ = run(authors, "starter", settings, workers)
                measured.append(sum(row.posts for row in rows) / seconds)
                print(f"{workers} workers: {measured[-1]:.1f} posts/s", flush=True)
    medians = {workers: statistics.median(values) for workers, values in speeds.items()}
    print(f"medians {medians}, {medians[2] / medians[1]:.2f} times")


def plan(count: int, workers: int, seconds: float, lost: float, lease: float, seed: int = 0) -> None:
    """Print how long so many authors take, where workers are lost at a rate.

    Args:
        count: authors.
        workers: at a time.
        seconds: that an author takes, the mean of an exponential distribution around a third of it.
        lost: the share of authors whose worker dies half-way; the lease must expire before another goes on.
        lease: seconds of a lease.
        seed: of the draws.
    """
    rng = random.Random(seed)  # noqa: S311 -- no secret hangs on it
    free = [0.0] * workers
    deferred: list[float] = []  # when the leases of dead workers expire
    work = 0.0
    for _ in range(count):
        begun = heapq.heappop(free)
        takes = seconds / 3 + rng.expovariate(1 / (2 * seconds / 3))
        work += takes
        if rng.random() < lost:
            begun += takes / 2
            deferred.append(begun + lease)
            heapq.heappush(free, begun)
        else:
            heapq.heappush(free, begun + takes)
    for expires in sorted(deferred):
        begun = max(heapq.heappop(free), expires)
        heapq.heappush(free, begun + seconds)
        work += seconds / 2
    print(
        json.dumps(
            {
                "authors": count,
                "workers": workers,
                "hours": round(max(free) / 3600, 2),
                "busy": round(work / (workers * max(free)), 3),
                "lost": len(deferred),
            }
        )
    )


def write_table(corpus: Path, folder: Path, count: int, sizes: tuple[int, ...] = SIZES) -> Path:
    """A table with the posts of so many authors, who take turns with the lines of the corpus."""
    table = folder / "posts.jsonl"
    lines = endless_lines(corpus)
    with table.open("w", encoding="utf-8") as file:
        for author in range(count):
            for number in range(sizes[author % len(sizes)]):
                row = {"id": f"{author}-{number}", "screen_name": f"author{author}", "text": next(lines)}
                file.write(json.dumps(row) + "\n")
    return table


def endless_lines(path: Path) -> Iterator[str]:
    """The lines of a file, from the top again where they end."""
    while True:
        with path.open(encoding="utf-8") as file:
            yield from map(str.strip, file)


@contextmanager
def peak_memory() -> Iterator[list[float]]:
    """Yield a list whose one value is the most memory in bytes that this process had inside the block."""
    process, over, peak = psutil.Process(), threading.Event(), [0.0]

    def look() -> None:
        while not over.wait(0.2):
            peak[0] = max(peak[0], process.memory_info().rss)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    yield peak
    over.set()
    thread.join()


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["simulated", "train", "one-model", "scaling", "plan"])
    parser.add_argument("words", nargs="+")
    parser.add_argument("--recipe", default="ngram")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("--lost", type=float, default=0.01)
    parser.add_argument("--lease", type=float, default=120.0)
    options = parser.parse_args()
    count = int(options.words[-1])
    if options.what == "simulated":
        simulated(count, options.workers)
    elif options.what == "plan":
        plan(count, options.workers, options.seconds, options.lost, options.lease)
    elif options.what == "one-model":
        one_model(Path(options.words[0]), count, options.recipe, options.set, evaluate=options.evaluate)
    elif options.what == "scaling":
        scaling(Path(options.words[0]), count, options.rounds)
    else:
        train(
            Path(options.words[0]),
            count,
            options.recipe,
            options.set,
            options.workers,
            evaluate=options.evaluate,
        )


if __name__ == "__main__":
    main()
