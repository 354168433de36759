"""An interrupted run goes on, and ends as if nothing had happened."""

from __future__ import annotations

import contextlib
import io
import json
import random
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from huggingtweets import load_recipe, training
from huggingtweets.bases.loading import load_base
from huggingtweets.files import CHECKPOINT, CheckpointConfig
from huggingtweets.machine.device import Device, environment, fingerprint
from huggingtweets.model_folder import ModelFolder
from huggingtweets.training import ProcessGroup, TrainOptions, checkpoint, loop, train
from huggingtweets.training.checkpoint import RunCheckpoint, TrainState
from huggingtweets.training.optimizer import Optimizer
from huggingtweets.training.weights import Weights
from tests.helpers import trainer_process
from tests.helpers.app_server import free_port
from tests.helpers.commands import Begun
from tests.helpers.tiny import small_base, tiny_dataset, varied_texts

PROCESS = Path(trainer_process.__file__)
SHARED = ("batch_tokens=256", "evaluations=6", "patience=6")
SETTINGS = ("dropout=0.1", "evaluations=6", "patience=6")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return str(small_base(tmp_path_factory.mktemp("base")))


@pytest.fixture(scope="module")
def whole(base, tmp_path_factory):
    """What an uninterrupted run ends with."""
    place = tmp_path_factory.mktemp("whole")
    return finished(base, place / "m", place / "kept")


def start(base, out, kept, *settings):
    """A run to be stopped; it does not end before `communicate`."""
    arguments = (base, str(out), str(kept), *SETTINGS, *settings)
    return Begun(trainer_process.main, *arguments, env={"HOLD": "1"})


def finished(base, out, kept, *settings):
    """What the run prints that goes on to its end; no process of its own, which would import torch again."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        trainer_process.main(base, str(out), str(kept), *SETTINGS, *settings)
    return printed.getvalue().splitlines()


def wait_for_step(process, step):
    """Wait until a run has done a step; one that goes on may begin behind it."""
    for line in process.stdout:
        if line.startswith("step ") and int(line.split()[1]) >= step:
            return
    raise AssertionError("training ended before it was killed")


def killed_often(base, folder, kills, seed):
    """Kill a run at random steps, again and again, and let the last one finish."""
    rng = random.Random(seed)
    for number in range(kills):
        process = start(base, folder / "m", folder / "kept")
        wait_for_step(process, 2 + number * 50 // kills + rng.randrange(4))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    return finished(base, folder / "m", folder / "kept")


def test_a_killed_run_ends_with_the_same_bytes(base, whole, tmp_path):
    """Killed twice at random steps, a run says that it goes on, and its weights and curve are the same."""
    printed = killed_often(base, tmp_path, kills=2, seed=0)
    assert printed[0].startswith("going on from step ")
    assert printed[-1] == whole[-1]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_many_kills_change_nothing(base, whole, tmp_path, seed):
    """Killed ten times, the same."""
    assert killed_often(base, tmp_path, kills=10, seed=seed)[-1] == whole[-1]


def test_ctrl_c_loses_nothing(base, whole, tmp_path):
    """An interrupt waits for the end of the step and keeps the run; the next one goes on from there."""
    process = start(base, tmp_path / "m", tmp_path / "kept")
    wait_for_step(process, 20)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode != 0
    assert not list((tmp_path / "m").iterdir())
    printed = finished(base, tmp_path / "m", tmp_path / "kept")
    assert int(printed[0].split()[4]) >= 20
    assert printed[-1] == whole[-1]


def test_a_damaged_checkpoint_means_starting_over(base, whole, tmp_path):
    """A checkpoint cut short, or made by another base, is passed over."""
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "standing.safetensors").write_bytes(b"\x20\0\0\0\0\0\0\0{half")
    printed = finished(base, tmp_path / "m", tmp_path / "kept")
    assert printed[0] == "step 1"
    assert printed[-1] == whole[-1]


def test_a_checkpoint_of_other_threads_is_not_passed_over_without_a_word(base, tmp_path):
    """The run begins anew, as sums are split among threads, and says so."""
    places = base, tmp_path / "m", tmp_path / "kept"
    finished(*places, "epochs=1")
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        first, second, *_ = finished(*places, "epochs=1")
    finally:
        torch.set_num_threads(before)
    assert f"was made with threads {before}, this one is with threads {before + 1}; it begins anew" in first
    assert second == "step 1"


def test_a_checkpoint_of_other_processes_is_not_passed_over_without_a_word(base, tmp_path, monkeypatch):
    """Sums are split among processes, too; a checkpoint of one process names none, as it always did."""
    places = base, tmp_path / "m", tmp_path / "kept"
    finished(*places, "epochs=1")
    device = Device("cpu", "test", bf16=False)
    assert "processes" not in fingerprint(device)
    assert "processes" not in environment(device)
    assert environment(device, 2, ["peft"]).items() >= {("processes", "2"), ("peft", version("peft"))}
    monkeypatch.setattr(loop, "fingerprint", lambda device, _=1: fingerprint(device, 2))
    first, second, *_ = finished(*places, "epochs=1")
    assert "was made with processes 1, this one is with processes 2; it begins anew" in first
    assert second == "step 1"


def test_two_runs_of_the_same_job_do_not_disturb_each_other(tmp_path, monkeypatch):
    """Both keep the same file: what one writes is moved into place whole, whatever the other is writing."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    metadata = checkpoint._Metadata({"run": "one"}, 1, 1, [], [], "", 1.0)
    file = tmp_path / "kept" / CHECKPOINT

    def keep(run: int) -> None:
        for _ in range(20):
            checkpoint._write(file, metadata, {"master": torch.full((100_000,), float(run))})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(keep, range(4)))
    assert len(set(load_file(file)["master"].tolist())) == 1
    assert list(file.parent.iterdir()) == [file]


def test_a_run_that_ends_stops_no_equal_one(tmp_path, monkeypatch):
    """The first of two removes the folder that both keep their checkpoints in, while the other writes."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    file, save, removed = tmp_path / "kept" / CHECKPOINT, checkpoint.save_file, []

    def meanwhile(*contents):
        save(*contents)
        if not removed:
            shutil.rmtree(file.parent)
            removed.append(file.parent)

    monkeypatch.setattr(checkpoint, "save_file", meanwhile)
    metadata = checkpoint._Metadata({"run": "one"}, 1, 1, [], [], "", 1.0)
    checkpoint._write(file, metadata, {"master": torch.ones(3)})
    assert load_file(file)["master"].tolist() == [1, 1, 1]


def test_another_recipe_starts_over(base, tmp_path):
    """A checkpoint of the same posts and another recipe is passed over; one of the same recipe is not."""
    places = base, tmp_path / "m", tmp_path / "kept"
    finished(*places, "epochs=2")
    assert finished(*places, "epochs=2", "learning_rate=1e-4")[0] == "step 1"
    assert finished(*places, "epochs=2", "learning_rate=1e-4")[0].startswith("going on from step ")


def test_two_processes_are_one(base, tmp_path):
    """Two processes that share each batch end with the weights of one, up to rounding, and write once.

    Their backend is that of GPUs, which knows no tensor on the processor; it is handed none.
    """
    ranks = {
        "BACKEND": "cuda:gloo",
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
    }
    arguments = (base, str(tmp_path / "m"), str(tmp_path / "kept"), *SHARED)
    processes = [
        Begun(trainer_process.main, *arguments, env={**ranks, "RANK": rank, "LOCAL_RANK": rank})
        for rank in "01"
    ]
    said = "".join(process.communicate(timeout=90)[0] for process in processes)
    assert_is_what_one_makes(base, tmp_path, said)


def test_each_process_drops_out_others(base, tmp_path, monkeypatch):
    """Random numbers differ from process to process at the start; those of the first are a single one's."""

    class BeginsError(Exception):
        """Training would begin."""

    def random_number(_context, _plan):
        raise BeginsError(torch.rand(1).item())

    monkeypatch.setattr(training, "TrainingLoop", random_number)
    recipe, drawn = load_recipe("starter", [f"base={base}", "seed=3"]), []
    for group in (ProcessGroup(), ProcessGroup(2, 0), ProcessGroup(2, 1)):
        options = TrainOptions(device=Device("cpu", "test", bf16=False), process_group=group)
        with pytest.raises(BeginsError) as begins:
            train(tiny_dataset(), recipe, load_base(base), tmp_path, options)
        drawn.append(begins.value.args[0])
    torch.manual_seed(3)
    assert drawn[0] == drawn[1] == torch.rand(1).item() != drawn[2]


def test_each_process_goes_on_with_random_numbers_of_its_own(tmp_path):
    """The first goes on with those that were kept; each other draws its own, the same ones each time."""
    weights = Weights(nn.Linear(4, 4), torch.float32)
    optimizer = Optimizer(weights, load_recipe("starter"))

    def checkpoint_of(rank):
        return RunCheckpoint(CheckpointConfig(tmp_path, 0.0), weights, optimizer, {}, end=1, rank=rank)

    def random_number(rank):
        assert checkpoint_of(rank).restore(state)
        return torch.rand(1).item()

    state = TrainState(best=weights.compute_weights.clone(), mean=torch.empty(0))
    checkpoint_of(0).save(state)
    expected = torch.rand(1).item()
    assert [random_number(0), random_number(0)] == [expected, expected]
    assert random_number(1) == random_number(1)
    assert len({random_number(rank) for rank in range(3)}) == 3


@pytest.mark.slow
def test_processes_with_other_posts_train_nothing(base, tmp_path):
    """Where the processes of a run start from different posts or recipes, it ends before its first step."""
    ranks = {
        "BACKEND": "gloo",
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(free_port()),
    }
    processes = [
        Begun(
            trainer_process.main,
            *(base, str(tmp_path / "m"), str(tmp_path / "kept"), *SHARED, f"learning_rate={rate}"),
            env={**ranks, "RANK": rank, "LOCAL_RANK": rank},
        )
        for rank, rate in (("0", "1e-3"), ("1", "2e-3"))
    ]
    first, second = (process.communicate(timeout=90) for process in processes)
    assert "have not read the same posts" in second[1]
    assert "done" not in first[0] + second[0]


@pytest.mark.slow
def test_two_processes_of_a_launcher_are_one(base, tmp_path):
    """The same where torch's launcher starts them."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command += [str(PROCESS), base, str(tmp_path / "m"), str(tmp_path / "kept"), *SHARED]
    done = subprocess.run(command, check=True, timeout=90, stdout=subprocess.PIPE, text=True)
    assert_is_what_one_makes(base, tmp_path, done.stdout)


def assert_is_what_one_makes(base, place, said):
    """Compare what two processes made, and said, with what one makes."""
    alone = finished(base, place / "alone", place / "kept-alone", *SHARED, "dropout=0")
    together = next(line for line in said.splitlines() if line[:5] == "done " and "follower" not in line)
    curves = [[float(bits) for bits in line.split()[2:]] for line in (together, alone[-1])]
    assert curves[0] == pytest.approx(curves[1], abs=2e-3)
    ours, theirs = (load_file(place / name / "model.safetensors") for name in ("m", "alone"))
    assert all((ours[name] - theirs[name]).abs().max() < 2e-2 for name in ours)
    assert said.count("step 1\n") == 1


@pytest.mark.slow
def test_a_launcher_runs_the_whole_command(base, tmp_path):
    """`accelerate launch -m huggingtweets train` with two processes makes one whole model folder."""
    rows = [f'{i},"{text}"' for i, text in enumerate(varied_texts(200, seed=1))]
    (tmp_path / "posts.csv").write_text("\n".join(["id,text", *rows]), "utf-8")
    command = [sys.executable, "-m", "accelerate.commands.launch", "--cpu", "--num_processes=2"]
    command += ["--num_machines=1", "--mixed_precision=no", "--dynamo_backend=no", "-m", "huggingtweets"]
    command += ["train", "posts.csv", "--name", "Me", "--recipe", "starter", "--base", base]
    command += ["--out", "model", "--tracker", "none", "--json", "--set", "epochs=1"]
    done = subprocess.run(command, check=True, timeout=300, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert json.loads(done.stdout)["folder"] == "model"
    assert ModelFolder(tmp_path / "model").record.recipe.base == base
