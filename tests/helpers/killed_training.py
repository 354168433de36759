"""Trainings from posts to card that are killed at moments of every stage, again and again.

    python -m tests.helpers.killed_training BASE POSTS PLACE KILLS SEED

This process loads PyTorch once, and each training is a copy of it (fork). Prints one JSON document: how many
trainings were killed in each stage, and which files differ from those of trainings that nobody disturbed.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections import Counter
from hashlib import sha256
from pathlib import Path

import torch

from huggingtweets import load_recipe, train
from huggingtweets.progress import Silence
from huggingtweets.signals import raise_interrupts
from huggingtweets.workflows.data import DataConfig
from huggingtweets.workflows.train import TrainConfig

DONE, FAILED, STOPPED = 0, 1, 2  # exit codes of a training
LEAST = 0.05  # seconds of a stage in which a signal can be timed
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM)


class Stages(Silence):
    """Writes the name of each stage, and the time in seconds, into a pipe."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def stage(self, name: str, detail: str = "") -> None:
        """Write a stage."""
        del detail
        os.write(self._pipe, f"{name} {time.monotonic()}\n".encode())


def started(config: TrainConfig) -> tuple[int, int]:
    """Begin a training in a copy of this process; return its id, and the pipe of its stages."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(writing)
        return process, reading
    os.close(reading)
    raise_interrupts([signal.SIGTERM])  # as the command line handles it
    code = DONE
    try:
        train(config, Stages(writing))
    except KeyboardInterrupt:
        code = STOPPED
    except Exception:  # noqa: BLE001 -- the copy ends here, whatever happened
        traceback.print_exc()
        code = FAILED
    os._exit(code)


def undisturbed(config: TrainConfig) -> dict[str, float]:
    """Train; return the seconds that each stage took."""
    begin = time.monotonic()
    process, pipe = started(config)
    with os.fdopen(pipe) as lines:
        moments = [(name, float(moment)) for name, moment in (line.rsplit(" ", 1) for line in lines)]
    _, status = os.waitpid(process, 0)
    assert status == 0, f"a training that nobody disturbed failed: {status}"
    ends = [*(moment for _, moment in moments[1:]), time.monotonic()]
    seconds: Counter[str] = Counter()
    for (name, start), end in zip(moments, ends, strict=True):
        seconds[name] += end - max(start, begin)
    return seconds


def killed(config: TrainConfig, stage: str, after: float, number: int) -> bool:
    """Train, and send a signal a while after a stage began; return whether that ended the training."""
    process, pipe = started(config)
    with os.fdopen(pipe) as lines:
        for line in lines:
            if line.rsplit(" ", 1)[0] == stage:
                time.sleep(after)
                os.kill(process, number)
                break
    _, status = os.waitpid(process, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code != FAILED, f"a training failed that began after another one was killed in {stage}"
    return code != DONE


def contents(folder: Path) -> dict[str, str]:
    """The digest of each file below a folder, by its path."""
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def main(base: str, posts: str, place: Path, kills: int, seed: int) -> dict[str, object]:
    """Train twice undisturbed, then kill, and finish; return what was found."""
    rng = random.Random(seed)
    recipe = load_recipe("starter", [f"base={base}", "epochs=1", "evaluations=3", "batch_tokens=256"])

    def config(name: str) -> TrainConfig:
        os.environ["HUGGINGTWEETS_HOME"] = str(place / name / "home")
        return TrainConfig(
            data=DataConfig(locations=(posts,)),
            recipe=recipe,
            out=place / name / "models" / "me",
            tracker="none",
            checkpoint_seconds=0.0,
        )

    seconds = undisturbed(config("one"))
    undisturbed(config("two"))
    one, two = (contents(place / name / "models") for name in ("one", "two"))
    same = {path for path in one.keys() & two.keys() if one[path] == two[path]}
    stages = [stage for stage, duration in seconds.items() if duration > LEAST]
    hits: Counter[str] = Counter()
    whole: list[dict[str, str]] = []  # what trainings made that were killed when all was done, or not at all
    number = 0
    while hits.total() < kills:
        stage = stages[number % len(stages)]
        number += 1
        hits[stage] += killed(config("many"), stage, rng.random() * seconds[stage], rng.choice(SIGNALS))
        if (place / "many" / "models" / "me").exists():
            whole.append(contents(place / "many" / "models"))
            shutil.rmtree(place / "many" / "models")
        print(f"{hits.total()} killed, {len(whole)} whole", file=sys.stderr, flush=True)  # noqa: T201
    undisturbed(config("many"))
    whole.append(contents(place / "many" / "models"))
    return {
        "seconds": seconds,
        "kills": hits,
        "whole": len(whole),
        "same": len(same),
        "times_in": sorted(one.keys() - same),
        "differ": sorted({path for many in whole for path in same if many.get(path) != one[path]}),
        "files": sorted({path for many in whole for path in many.keys() ^ one.keys()}),
        "left": _left(place / "many", place / "one"),
    }


def _left(many: Path, one: Path) -> list[str]:
    """What is there beside the model, and is not there after a training that nobody disturbed."""
    return sorted(set(_names(many)) ^ set(_names(one)))


def _names(place: Path) -> list[str]:
    return [str(path.relative_to(place)) for path in place.rglob("*")]


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(json.dumps(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))))  # noqa: T201
