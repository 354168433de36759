"""Bots, and the server that they stand behind in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from huggingtweets import ModelFolder, Recipe, Record, TrainingResult, load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.dataset import AuthorData, build
from huggingtweets.generation.filters import write_filters
from huggingtweets.machine.device import Device
from huggingtweets.training import TrainOptions, train
from huggingtweets.types import Account, Funnel, Tracked
from tests.conftest import post
from tests.helpers.tiny import small_base, varied_texts

POSTS = 12  # of each author
READY = re.compile(r"Serving .+ at (http://\S+)/v1 ")


def learned_by_heart(folder: Path, handles: Sequence[str] = ("ada", "bob"), epochs: int = 100) -> list[str]:
    """Write a model that mostly repeats its training posts; return these.

    Args:
        folder: of the model, with its filters; the exact index of copies is written below `home()`.
        handles: of the authors, each of whom has a token.
        epochs: passes over the posts.
    """
    parts = []
    for number, handle in enumerate(handles):
        texts = varied_texts(POSTS, seed=number)
        posts = tuple(post(text, i, author=handle) for i, text in enumerate(texts))
        funnel = Funnel(read=len(texts), dropped={}, kept=len(texts))
        parts.append(AuthorData(Account(handle=handle, name=handle, source="table"), funnel, posts))
    data = build(parts, held_out=0.1)
    base = small_base(folder.with_name("base"))
    settings = [
        f"epochs={epochs}",
        "learning_rate=1e-2",
        "batch_tokens=256",
        "evaluations=1",
        "sampling.max_new_tokens=60",
    ]
    recipe = load_recipe("starter", [f"base={base}", "speakers=true", *settings])
    folder.mkdir(parents=True)
    trained = train(
        data, recipe, load_base(str(base)), folder, TrainOptions(device=Device("cpu", "test", bf16=False))
    )
    texts = [p.text for p in data.train]
    write_filters(texts, 6, folder)
    ModelFolder(folder).save_record(
        Record(
            name="by heart",
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            version="1",
            recipe=Recipe(name="starter", base="tiny", speakers=True),
            base=trained.base,
            authors=data.authors,
            split_by=data.split_by,
            dataset_digest=data.digest,
            model_digest=trained.digest,
            curve=(),
            result=TrainingResult(metrics=()),
            seconds={},
            environment={},
            tracked=Tracked(tracker="none"),
        )
    )
    return texts


@dataclass
class BotServer:
    """A server that runs."""

    url: str
    process: subprocess.Popen[str]

    def client(self, **options: object) -> httpx.Client:
        """A client of it."""
        return httpx.Client(base_url=self.url, timeout=60, **options)

    def metric(self, name: str) -> float:
        """The sum of a metric over all labels."""
        with self.client() as client:
            lines = client.get("/metrics").text.splitlines()
        values = [line.rpartition(" ")[2] for line in lines if re.match(rf"huggingtweets_{name}[ {{]", line)]
        return sum(map(float, values))


@contextmanager
def serving(*arguments: str, cwd: Path, home: Path) -> Iterator[BotServer]:
    """Serve in a process of its own on a free port; end it as a service manager does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "huggingtweets", "serve", *arguments, "--port", "0"],
        cwd=cwd,
        env={**os.environ, "HUGGINGTWEETS_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        ready = READY.match(process.stdout.readline())
        assert ready, "the server did not start"
        yield BotServer(ready[1], process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(120)
        process.stdout.close()
