"""Few posts are learnt several times, in other orders from the same base, and the model is the mean."""

from __future__ import annotations

import contextlib
import io
import itertools
import signal
from dataclasses import replace

import pytest
import torch

from huggingtweets import load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.machine.device import Device
from huggingtweets.training import TrainOptions
from huggingtweets.training.checkpoint import TrainState
from huggingtweets.training.context import TrainContext
from huggingtweets.training.loop import TrainingLoop
from huggingtweets.training.optimizer import Optimizer
from huggingtweets.training.plan import Phase, fine_tuning_plan
from huggingtweets.training.runs import Runs
from huggingtweets.types import MOST_RUNS
from tests.helpers import trainer_process
from tests.helpers.commands import Begun
from tests.helpers.tiny import small_base, tiny_dataset

CPU = Device("cpu", "test", bf16=False)
SETTINGS = ("epochs=2", "batch_tokens=256", "learning_rate=1e-2", "evaluations=3", "patience=9")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return str(small_base(tmp_path_factory.mktemp("base")))


def prepared(base, *settings):
    """The recipe's plan for the tiny dataset, and what it is trained with."""
    recipe = load_recipe("starter", [f"base={base}", *SETTINGS, *settings])
    loaded = load_base(recipe.base, dropout=0.0)
    context = TrainContext.prepare(loaded.model, loaded.tokenizer, TrainOptions(device=CPU))
    return context, fine_tuning_plan(tiny_dataset(), recipe, context, "")


def alone(plan, run):
    """The plan of one of several runs."""
    batches = [plan.batches[step] for step in run]
    runs = [range(len(run))]
    return replace(plan, batches=batches, epochs=2, runs=runs, phases=[Phase(len(run), {})])


@pytest.mark.parametrize("optimizer", [pytest.param("adamw", marks=pytest.mark.slow), "muon"])
def test_the_model_is_the_mean_of_runs_that_each_start_from_the_base(base, optimizer):
    """Each run ends as it would alone, with its own order of posts; the model is the mean of all three."""
    settings = (f"optimizer={optimizer}", "averaged_steps=60")
    context, plan = prepared(base, *settings)
    runs = plan.runs[:3]
    plan = replace(
        plan,
        batches=[batch for run in runs for batch in alone(plan, run).batches],
        runs=runs,
        phases=[Phase(runs[-1].stop, {})],
    )
    curve = TrainingLoop(context, plan).run().curve
    mean = context.weights.compute_weights
    ends = []
    for run in runs:
        context, _ = prepared(base, *settings)
        TrainingLoop(context, alone(plan, run)).run()
        ends.append(context.weights.master_weights.clone())
    assert all((one - other).abs().max() > 1e-3 for one, other in itertools.pairwise(ends))
    torch.testing.assert_close(mean, sum(ends) / len(ends), rtol=1e-4, atol=1e-5)
    assert [point.step for point in curve] == [0, *(run.stop for run in runs)]


@pytest.mark.parametrize(
    ("losses", "averaged"),
    [
        ((3.4, 3.5, 3.3), (0, 1, 2)),
        ((3.4, 4.1, 3.5), (0, 2)),  # the second diverged
        ((4.1, 3.4, 3.5), (1, 2)),  # the first
        ((4.1, 4.2, 3.4), (2,)),
    ],
)
def test_a_run_that_diverged_is_left_out_of_the_mean(base, losses, averaged):
    """The model is the mean of the runs that end with about the lowest loss, in whatever order they ran."""
    context, plan = prepared(base)
    runs = Runs(
        [range(3), range(3, 6), range(6, 9)], context.weights, Optimizer(context.weights, plan.recipe)
    )
    state = TrainState(best=torch.empty(0), mean=runs.no_mean())
    for number, loss in enumerate(losses):
        state.losses += [9.0, 9.0, loss]
        state.step += 3
        context.weights.master_weights.fill_(number + 1)
        runs.end(state)
    assert context.weights.compute_weights.unique().tolist() == pytest.approx(
        [sum(number + 1 for number in averaged) / len(averaged)]
    )
    assert state.run_losses == list(losses)


def test_a_run_is_repeated_as_often_as_its_steps_allow(base):
    """Runs fill the steps that the recipe grants and no more; one that has as many alone is not repeated."""
    _, single = prepared(base)
    steps = len(single.batches)
    for granted, runs in ((1, 1), (2 * steps - 1, 1), (3 * steps + 1, 3), (100 * steps, MOST_RUNS)):
        _, plan = prepared(base, f"averaged_steps={granted}")
        assert [len(run) for run in plan.runs] == [steps] * runs
        assert plan.runs[-1].stop == len(plan.batches)
        assert plan.epochs == 2 * runs


def test_several_runs_are_measured_as_often_as_the_recipe_says(base):
    """Evaluations are at ends of runs, spread evenly, the last one always among them."""
    context, plan = prepared(base, "averaged_steps=10000")
    curve = TrainingLoop(context, plan).run().curve
    assert [point.step for point in curve] == [0, *(plan.runs[number - 1].stop for number in (3, 6, 8))]
    assert [point.epoch for point in curve] == pytest.approx([0, 6, 12, 16])


def test_runs_of_unequal_length_are_as_many_epochs(base):
    """The end of each run is a whole number of epochs: from one on, evaluations look for copies."""
    _, plan = prepared(base)
    plan = replace(plan, runs=[range(11), range(11, 23), range(23, 33)], epochs=6)
    assert [plan.epochs_after(step) for step in (0, 11, 23, 33)] == [0, 2, 4, 6]
    assert plan.epochs_after(17) == 3


@pytest.mark.slow
def test_a_stop_between_runs_or_within_one_changes_nothing(base, tmp_path):
    """Killed at once after a run ended and within the next, it goes on and ends with the same bytes."""
    settings = ("epochs=2", "evaluations=4", "patience=9", "dropout=0.1", "averaged_steps=100")

    def finished(name):
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            trainer_process.main(base, str(tmp_path / name), str(tmp_path / f"{name}-kept"), *settings)
        return printed.getvalue().splitlines()

    whole = finished("whole")
    steps = sum(line.startswith("step ") for line in whole)
    kept = tmp_path / "killed-kept"
    for step in (steps // MOST_RUNS, steps // 2 + 1):
        process = Begun(
            trainer_process.main, base, str(tmp_path / "killed"), str(kept), *settings, env={"HOLD": "1"}
        )
        next(line for line in process.stdout if line.startswith("step ") and int(line.split()[1]) >= step)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    killed = finished("killed")
    assert any(line.startswith("going on from step ") for line in killed)
    assert killed[-1] == whole[-1]
