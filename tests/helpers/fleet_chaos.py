"""A fleet whose workers and driver are killed at work, and what must be true of it at the end."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import psutil

from huggingtweets import fleet, fleet_results, fleet_status, load_recipe
from huggingtweets.workflows.fleet import leases
from huggingtweets.workflows.fleet.store import Store
from tests.helpers.fleet_authors import FEW_STEPS, config, write_authors
from tests.helpers.tiny import tiny_base

AUTHORS = 20

Workers = Callable[[subprocess.Popen[bytes]], list[psutil.Process]]  # the workers of a driver


class Chaos:
    """A fleet of authors with 60 posts each; something is killed whenever one more of them has ended.

    To use in a `with`: a test that fails leaves no driver, which would train on.
    """

    def __init__(self, folder: Path, options: Sequence[str], workers: Workers, seed: int) -> None:
        """Train all authors undisturbed, and begin to train them again.

        Args:
            folder: of the authors and of both stores.
            options: of the command, beside those that say what is trained.
            workers: lists the workers of a driver.
            seed: of the order and the moments of the kills.
        """
        authors, base = write_authors(folder / "authors", AUTHORS + 1), tiny_base(folder / "base")
        (authors / f"author{AUTHORS}.csv").unlink()  # it has too few posts
        recipe = load_recipe("starter", [f"base={base}", *FEW_STEPS])
        self._undisturbed = fleet(config(authors, folder / "quiet", recipe=recipe))
        self.store = folder / "store"
        self._command = [
            sys.executable,
            "-m",
            "huggingtweets",
            "fleet",
            str(authors),
            "--out",
            str(self.store),
        ]
        self._command += ["--recipe=starter", f"--base={base}", *(f"--set={each}" for each in FEW_STEPS)]
        self._command += ["--no-evaluate", "--tracker=none", "--workers=2", "--attempts=1000", *options]
        self._workers, self.random = workers, random.Random(seed)
        self._seen = dict[str, bytes]()  # what is kept of the authors that have ended
        self._driver = subprocess.Popen(self._command)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._driver.kill()
        self._driver.wait()

    def kill(self, kinds: Sequence[str], kill_other: Callable[[str], None]) -> None:
        """Kill in a random order: drivers, workers, and what else there is, by a function told its kind."""
        for number, kind in enumerate(self.random.sample(kinds, len(kinds))):
            while self._ended() < number or not (workers := self._at_work()):
                assert self._driver.poll() is None
                time.sleep(0.2)
            time.sleep(self.random.uniform(0, 2))
            if kind == "driver":
                self._driver.kill()
                self._driver.wait()
                self._driver = subprocess.Popen(self._command)
            elif kind == "worker":
                with suppress(psutil.NoSuchProcess):
                    self.random.choice(workers).kill()
            else:
                kill_other(kind)

    def look_at_the_end(self) -> None:
        """All authors end, none twice, with the weights of undisturbed runs, and nothing else is left."""
        while self._driver.poll() is None:
            self._ended()
            time.sleep(0.2)
        assert self._driver.returncode == 0
        assert self._ended() == AUTHORS
        rows = fleet_results(str(self.store)).rows
        assert [row.state for row in rows] == ["done"] * AUTHORS
        assert fleet_status(str(self.store), check=True).damaged == ()
        weights = [
            [row.files["model.safetensors"] for row in each] for each in (self._undisturbed.rows, rows)
        ]
        assert weights[0] == weights[1]
        assert not [*self.store.glob("leases/*"), *self.store.glob("checkpoints/*")]

    def _ended(self) -> int:
        """How many authors have ended; none of them ends once more."""
        for path in self.store.glob("ended/*.json"):
            assert self._seen.setdefault(path.name, path.read_bytes()) == path.read_bytes()
        return len(self._seen)

    def _at_work(self) -> list[psutil.Process]:
        """The workers; none while nobody holds a lease."""
        return self._workers(self._driver) if leases.holders(Store(str(self.store))) else []
