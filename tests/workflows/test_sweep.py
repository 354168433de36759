"""Sweeps: the best settings become a recipe; a study is resumed, shared by workers, and drawn."""

from __future__ import annotations

import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import msgspec
import optuna
import pytest
from msgspec.structs import replace
from optuna.storages import RDBStorage
from optuna.trial import TrialState, create_trial
from PIL import Image
from safetensors.torch import load_file, save_file
from sqlalchemy import text
from typer.testing import CliRunner

from huggingtweets import DataConfig, TrainConfig, load_recipe, train
from huggingtweets.cli import app
from huggingtweets.errors import MissingExtra, OutputExists, RecipeError, UserError
from huggingtweets.machine import cores
from huggingtweets.progress import Silence
from huggingtweets.recipes import to_toml
from huggingtweets.reporting.sweep_pictures import Axis, Line, importance_picture, trials_picture
from huggingtweets.types import CurvePoint, Sampling
from huggingtweets.workflows.forget import find_traces, forget
from huggingtweets.workflows.sweep import SweepConfig, SweepResult, TrialResult, sweep
from huggingtweets.workflows.sweep.config import DATABASE
from huggingtweets.workflows.sweep.objective import Objective, PruningWatcher
from huggingtweets.workflows.sweep.result import _header, _recipe_bits_per_byte
from huggingtweets.workflows.sweep.space import Range, default_ranges, parse_ranges
from huggingtweets.workflows.sweep.study import (
    ENDED,
    ended_trials,
    make_pruner,
    open_study,
    run_trial,
    trials_taken,
)
from tests.helpers.tiny import small_base, tiny_dataset, varied_texts

TINY = ["epochs=1", "evaluations=2", "batch_tokens=1024", "learning_rate=3e-3", "sampling.max_new_tokens=8"]
SPACE = ("learning_rate=1e-3:1e-1:log", "epochs=1:2", "warmup=0:0.3")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two people's posts, and a tiny base."""
    place = tmp_path_factory.mktemp("sweeping")
    small_base(place / "base")
    for seed, name in enumerate(("ada", "bob")):
        rows = [f'{i},{name},"{text}"' for i, text in enumerate(varied_texts(120, seed=seed))]
        (place / f"{name}.csv").write_text("\n".join(["id,screen_name,text", *rows]), "utf-8")
    return place


def sweep_config(place):
    recipe = load_recipe("starter", [f"base={place / 'base'}", *TINY])
    return SweepConfig(
        data=DataConfig(locations=(str(place / "ada.csv"),)), recipe=recipe, space=SPACE, trials=3, seed=5
    )


@pytest.fixture
def config(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return sweep_config(place)


class RecordingWatcher(Silence):
    """Records messages; after `stop_after` trials it interrupts the next one, as Ctrl-C does."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.lines: list[str] = []
        self._remaining = stop_after

    def stage(self, name, detail=""):
        """Record it."""
        self.lines.append(f"{name}: {detail}")

    def note(self, message):
        """Record it, and count the trials."""
        self.lines.append(message)
        if self._remaining is not None and message.startswith("  trial"):
            self._remaining -= 1

    def stepped(self, *_):
        """Stop after the last trial."""
        if self._remaining == 0:
            raise KeyboardInterrupt


def size(picture: bytes) -> tuple[int, int]:
    return Image.open(BytesIO(picture)).size


def test_the_best_settings_of_two_people_become_a_recipe_and_pictures(config, place):
    """The recipe file has the settings of the trial with the lowest mean; both pictures are written."""
    both = replace(
        config,
        data=replace(config.data, locations=(*config.data.locations, str(place / "bob.csv"))),
        trials=5,
        out=Path("mine.toml"),
    )
    result = sweep(both)
    assert result.handles == ("ada", "bob")
    finished = [trial for trial in result.trials if trial.finished]
    assert len(result.trials) == len(finished) == 5  # nothing is pruned before five are finished
    assert result.best == min(finished, key=lambda trial: trial.bits_per_byte)
    assert result.trials[0].settings == {"learning_rate": 3e-3, "epochs": 1, "warmup": 0.1}
    assert result.recipe_bits_per_byte == result.trials[0].bits_per_byte
    assert result.best.bits_per_byte < result.recipe_bits_per_byte < result.base_bits_per_byte
    recipe = load_recipe("mine.toml")
    assert recipe == result.recipe
    assert len(set(recipe.tuned_on)) == 2
    recipe_settings = {name: getattr(recipe, name) for name in result.best.settings}
    assert recipe_settings == result.best.settings
    assert (recipe.base, recipe.evaluations) == (both.recipe.base, 2)
    assert result.pictures == ("mine-trials.png", "mine-importance.png")
    assert all(size(Path(picture).read_bytes())[0] == 1600 for picture in result.pictures)
    assert sum(result.importance.values()) == pytest.approx(1)
    assert sorted(path.name for path in Path().iterdir()) == [
        "mine-importance.png",
        "mine-trials.png",
        "mine.toml",
    ]


@pytest.mark.slow
def test_an_interrupted_sweep_is_resumed(config, tmp_path):
    """After Ctrl-C the same sweep samples what it would have sampled; `train` reaches the same figure."""
    whole = sweep(replace(config, storage=f"sqlite:///{tmp_path}/whole.db", out=Path("whole.toml")))
    with pytest.raises(KeyboardInterrupt):
        sweep(config, RecordingWatcher(stop_after=1))
    assert not list(Path().glob("*-*.toml"))
    watcher = RecordingWatcher()
    resumed = sweep(config, watcher)
    first = next(line for line in watcher.lines if line.startswith("trial:"))
    assert first.startswith("trial: 2 of 3, the best so far")
    assert len(resumed.trials) == 3
    assert resumed.trials[0] == replace(whole.trials[0], seconds=resumed.trials[0].seconds)
    assert resumed.trials[-1].number == 3  # number 1 was interrupted
    assert resumed.trials[1].settings == whole.trials[2].settings
    job = TrainConfig(
        data=DataConfig(locations=config.data.locations),
        recipe=load_recipe(resumed.file),
        tracker="none",
        evaluate=False,
    )
    record = train(job).record
    (metric,) = record.result.metrics
    assert metric.value == resumed.best.bits_per_byte
    assert record.recipe.tuned_on == (record.dataset_digest,)
    watcher = RecordingWatcher()
    with pytest.raises(OutputExists):
        sweep(config, watcher)
    same = sweep(replace(config, overwrite=True), watcher)
    assert same == resumed
    assert not any(line.startswith("trial:") for line in watcher.lines)


def test_the_recipes_own_settings_are_tried_again_after_an_interruption(config):
    """Ctrl-C in the first trial, twice, loses them not; they are tried once more, and no more often."""
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            sweep(config, RecordingWatcher(stop_after=0))
    resumed = sweep(replace(config, trials=2))
    assert resumed.trials[0].settings == {"learning_rate": 3e-3, "epochs": 1, "warmup": 0.1}
    assert resumed.recipe_bits_per_byte == resumed.trials[0].bits_per_byte
    assert resumed.trials[1].settings != resumed.trials[0].settings


@pytest.mark.usefixtures("config")
@pytest.mark.slow
def test_two_processes_share_one_study(place, tmp_path):
    """Workers with the same database share the trials, none of which is run twice, and both succeed."""
    command = [
        sys.executable,
        "-m",
        "huggingtweets",
        "sweep",
        str(place / "ada.csv"),
        "--json",
        "--overwrite",
    ]
    options = ["--trials", "4", "--storage", f"sqlite:///{tmp_path}/shared.db", "--out", "shared.toml"]
    settings = [part for setting in (f"base={place / 'base'}", *TINY) for part in ("--set", setting)]
    space = [part for one in SPACE for part in ("--space", one)]
    workers = [
        subprocess.Popen(
            [*command, *options, *settings, *space], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(2)
    ]
    outputs = [worker.communicate() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], outputs
    results = [msgspec.json.decode(out, type=SweepResult) for out, _ in outputs]
    trials = results[0].trials
    assert len(trials) == len(results[1].trials) == 4, "neither begins one that the other runs"
    assert len({tuple(trial.settings.values()) for trial in trials}) == len(trials)
    counts = [err.decode().count("  trial ") for _, err in outputs]
    assert sum(counts) == len(trials)
    assert load_recipe("shared.toml").name == "shared"


@pytest.fixture(scope="module")
def one_trial(place):
    """The database of a sweep with one trial, and the name of its study."""
    database = place / "one-trial.db"
    one = replace(sweep_config(place), trials=1, storage=f"sqlite:///{database}", overwrite=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        return database, sweep(one).study


@pytest.fixture
def shared(config, one_trial, tmp_path):
    """A sweep of two trials with one done, and its study as another process sees it."""
    database, name = one_trial
    shutil.copy(database, tmp_path / "shared.db")
    both = replace(config, trials=2, storage=f"sqlite:///{tmp_path}/shared.db", overwrite=True)
    storage = RDBStorage(both.storage)
    yield both, optuna.load_study(study_name=name, storage=storage), storage
    storage.engine.dispose()


def change(storage, statement):
    """Change the database of a study behind its back."""
    with storage.engine.begin() as connection:
        connection.execute(text(statement))


def test_a_trial_that_another_process_runs_is_waited_for(shared):
    """The study gets as many trials as were asked for, and no more, however many terminals share it."""
    config, study, _ = shared
    other = study.ask()

    class Other(RecordingWatcher):
        def note(self, message):
            super().note(message)
            if message == "waiting for 1 trial of other processes":
                study.tell(other, 99.0)

    watcher = Other()
    assert [trial.number for trial in sweep(config, watcher).trials] == [0, 1]
    assert not [line for line in watcher.lines if line.startswith("trial")]


def test_a_trial_whose_process_was_killed_is_run_again(shared):
    """Without a sign of life for a while it has failed, and keeps no place."""
    config, study, storage = shared
    killed = study.ask()
    storage.record_heartbeat(killed._trial_id)
    change(storage, "UPDATE trial_heartbeats SET heartbeat = '2020-01-01 00:00:00'")
    assert [trial.number for trial in sweep(config).trials] == [0, 2]
    assert study.trials[killed.number].state is TrialState.FAIL


def test_the_recipes_own_settings_are_tried_again_where_their_trial_was_killed(home):
    """Also where the same command goes on before the killed trial counts as failed."""
    options = {"seed": 0, "pruner": make_pruner(1, prune=False)}
    killed = open_study("mine", None, {}, {"a": 0.5}, **options).ask()
    storage = RDBStorage(f"sqlite:///{home / DATABASE}")
    storage.record_heartbeat(killed._trial_id)
    resumed = open_study("mine", None, {}, {"a": 0.5}, **options)
    assert trials_taken(resumed) == 1
    change(storage, "UPDATE trial_heartbeats SET heartbeat = '2020-01-01 00:00:00'")
    storage.engine.dispose()
    while trials_taken(resumed) < 2:
        run_trial(resumed, lambda trial: trial.suggest_float("a", 0, 1), 2)
    tried = [trial.params["a"] for trial in ended_trials(resumed)]
    assert tried[0] == 0.5
    assert len(set(tried)) == len(tried) == 2


def test_a_trial_that_an_earlier_version_left_running_keeps_no_place(shared):
    """Nor does one that was killed before its first sign of life; nobody waits for it for good."""
    config, study, storage = shared
    study.ask()
    change(storage, "UPDATE trials SET datetime_start = '2020-01-01 00:00:00.000000'")
    assert [trial.number for trial in sweep(config).trials] == [0, 2]


def test_a_trial_that_counts_as_failed_while_it_runs_ends_no_sweep(shared):
    """On a machine that slept it gives no signs of life; another trial takes its place."""
    config, study, _ = shared

    class Slept(RecordingWatcher):
        def stepped(self, *_):
            if study.trials[1].state is TrialState.RUNNING:
                study.tell(1, state=TrialState.FAIL)

    assert [trial.number for trial in sweep(config, Slept()).trials] == [0, 2]


@pytest.mark.slow
def test_trials_in_other_processes_are_the_same(config, tmp_path):
    """With --on local and a thread a worker, trials have the figures of this process; none is run twice."""
    here = sweep(replace(config, trials=1, storage=f"sqlite:///{tmp_path}/here.db", out=Path("here.toml")))
    there = sweep(replace(config, trials=2, executor="local", workers=cores(), out=Path("there.toml")))
    assert there.trials[0].bits_per_byte == here.trials[0].bits_per_byte
    assert len({tuple(trial.settings.values()) for trial in there.trials}) == len(there.trials) == 2
    assert load_recipe("there.toml").name == "there"
    with pytest.raises(UserError, match="choose one of: local, ray"):
        sweep(replace(config, executor="mars", out=Path("mars.toml")))


def test_a_trial_that_is_worse_than_the_others_is_pruned():
    """After five finished trials, a sixth is pruned that is above their median after a third of its run."""
    study = optuna.create_study(pruner=make_pruner(6, prune=True))
    for level in (2.0, 2.1, 2.2, 2.3, 2.4):
        steps = {step: level - step / 100 for step in range(1, 7)}
        study.add_trial(create_trial(state=TrialState.COMPLETE, value=level, intermediate_values=steps))
    bad = PruningWatcher(study.ask(), Silence(), [9.0, 9.0], person=0, evaluations=6)
    bad.stepped(1, 6, 9.0, 1.0)
    for step in range(3):
        bad.evaluated(CurvePoint(step=step, epoch=0, bits_per_byte=9.0))
    with pytest.raises(optuna.TrialPruned):
        bad.evaluated(CurvePoint(step=3, epoch=0, bits_per_byte=9.0))
    best = [9.0, 2.0]
    good = PruningWatcher(study.ask(), Silence(), best, person=0, evaluations=6)
    good.stepped(1, 6, 2.0, 1.0)
    for step in range(7):
        good.evaluated(CurvePoint(step=step, epoch=0, bits_per_byte=2.3 - step / 10))
    assert best == [pytest.approx(1.7), 2.0]


def test_without_pruning_every_trial_is_finished():
    """--no-prune lets every trial run to its end."""
    study = optuna.create_study(pruner=make_pruner(6, prune=False))
    for _ in range(6):
        study.add_trial(create_trial(state=TrialState.COMPLETE, value=1, intermediate_values={3: 1.0}))
    watcher = PruningWatcher(study.ask(), Silence(), [9.0], person=0, evaluations=6)
    watcher.stepped(1, 6, 9.0, 1.0)
    for step in range(7):
        watcher.evaluated(CurvePoint(step=step, epoch=0, bits_per_byte=9.0))


def test_a_trial_worse_than_its_base_is_reported_as_it_is():
    """A training never keeps the base; the other people's count until they are trained."""
    trial = optuna.create_study(pruner=make_pruner(2, prune=False)).ask()
    watcher = PruningWatcher(trial, Silence(), [2.0, 4.0], person=0, evaluations=3)
    watcher.stepped(1, 30, 2.0, 1.0)
    for step, bits in ((0, 2.0), (10, 3.5), (20, 3.2), (30, 3.4)):
        watcher.evaluated(CurvePoint(step=step, epoch=0, bits_per_byte=bits))
    assert _reported(trial) == {1: 3.75, 2: 3.6, 3: 3.6}


def test_trials_are_compared_after_the_same_part_of_their_training():
    """Of two runs whose weights are averaged the first ends in the middle, which is no first of three."""
    trial = optuna.create_study(pruner=make_pruner(2, prune=False)).ask()
    watcher = PruningWatcher(trial, Silence(), [2.0, 2.0], person=1, evaluations=4)
    watcher.stepped(1, 30, 2.0, 1.0)
    for step in (0, 15, 30):
        watcher.evaluated(CurvePoint(step=step, epoch=0, bits_per_byte=1.0))
    assert set(_reported(trial)) == {6, 8}


def _reported(trial):
    return trial.study.get_trials(deepcopy=False)[trial.number].intermediate_values


def test_a_trial_that_diverges_is_pruned_and_the_search_goes_on(place):
    """A learning rate far too high is a bad trial, not an error, and counts as an ended one."""
    recipe = load_recipe("starter", [f"base={place / 'base'}", *TINY, "epochs=4", "batch_tokens=64"])
    objective = Objective(recipe, [Range("learning_rate", 20.0, 30.0)], [tiny_dataset()], Silence())
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(objective, n_trials=1)
    assert [trial.state for trial in study.trials] == [TrialState.PRUNED]
    assert study.trials[0].state in ENDED


def test_another_search_under_the_name_of_a_study_is_refused(config):
    """Other posts, ranges or settings under the name of a study are an error that names what differs."""
    named = replace(config, study="mine", trials=1)
    sweep(named)
    with pytest.raises(UserError, match="space differ"):
        sweep(replace(named, space=("epochs=1:2",), overwrite=True))
    with pytest.raises(UserError, match="recipe differ"):
        sweep(replace(named, recipe=replace(named.recipe, seed=1), overwrite=True))


def test_a_base_that_was_trained_anew_is_another_search(config, tmp_path):
    """Trials from other weights under the same name are not compared; what earlier versions began goes on."""
    base = shutil.copytree(config.recipe.base, tmp_path / "own")
    own = replace(config, recipe=replace(config.recipe, base=str(base)), trials=1, overwrite=True)
    first = sweep(replace(own, study="mine"))
    tensors = load_file(base / "model.safetensors")
    save_file({name: tensor * 1.01 for name, tensor in tensors.items()}, base / "model.safetensors")
    with pytest.raises(UserError, match="of another search \\(base differ"):
        sweep(replace(own, study="mine"))
    study = optuna.load_study(study_name="mine", storage=f"sqlite:///{first.storage}")
    study.set_user_attr("settings", {k: v for k, v in study.user_attrs["settings"].items() if k != "base"})
    assert sweep(replace(own, study="mine")).trials == first.trials


def searches(handle):
    """The searches on a person's posts that `forget` finds."""
    return [trace for trace in find_traces(handle).local if trace.kind == "search"]


def test_a_search_on_posts_that_no_model_was_trained_on_is_forgotten(config, place, tmp_path):
    """It says whose posts it is on, whatever the letters; those of others, and of longer names, stay."""
    rows = (place / "ada.csv").read_text("utf-8").replace(",ada,", ",žofie,")
    (tmp_path / "žofie.csv").write_text(rows, "utf-8")
    for file in (tmp_path / "žofie.csv", place / "bob.csv"):
        sweep(replace(config, trials=1, data=DataConfig(locations=(str(file),))))
    assert [trace.about for trace in searches("@Žofie")] == ["1 searches, 1 trials"]
    assert searches("žof") == searches("bo") == []
    forget(find_traces("žofie"))
    assert searches("žofie") == []
    assert [trace.about for trace in searches("bob")] == ["1 searches, 1 trials"]


def test_a_search_of_an_earlier_version_says_whose_posts_it_is_on_when_it_goes_on(config, tmp_path):
    """That version wrote no handles; the study is the same otherwise."""
    once = replace(config, trials=1, overwrite=True, storage=f"sqlite:///{tmp_path}/shared.db")
    first = sweep(once)
    storage = RDBStorage(once.storage)
    change(storage, "DELETE FROM study_user_attributes WHERE key = 'handles'")
    assert sweep(once).trials == first.trials
    assert optuna.load_study(study_name=first.study, storage=storage).user_attrs["handles"] == ["ada"]
    storage.engine.dispose()


@pytest.mark.parametrize(
    "given",
    [
        "learning_rate",
        "learning_rate=1e-3",
        "learning_rate=1e-2:1e-3",
        "learning_rate=0:1:log",
        "learning_rate=1e-3:2",
        "learning_rate=1e-3:1e-2:exp",
        "epochs=1.5:3",
        "epochs=0:3",
        "warmup=a:b",
        "warmup=nan:1",
        "weight_decay=0:inf",
        "seed=0:9",
        "lora_rank=4:8",
        "matrix_rate=0.01:0.02",
        "base=1:2",
        "speakers=0:1",
    ],
)
def test_ranges_that_make_no_sense_are_one_clear_error(given):
    """The message shows the range, the expected form, and the names that can be searched."""
    with pytest.raises(RecipeError, match=r"expected NAME=LOW:HIGH.*learning_rate") as error:
        parse_ranges(load_recipe("starter"), [given])
    assert given in str(error.value)


def test_ranges_are_parsed():
    """Whole numbers stay whole, log makes the scale logarithmic, and LoRA's settings need LoRA."""
    starter, lora = load_recipe("starter"), load_recipe("starter", ["method=lora"])
    assert parse_ranges(starter, ["epochs=1:6", "learning_rate=1e-4:1e-2:log"]) == [
        Range("epochs", 1, 6, whole=True),
        Range("learning_rate", 1e-4, 1e-2, log=True),
    ]
    assert parse_ranges(lora, ["lora_rank=4:8:log"]) == [Range("lora_rank", 4, 8, whole=True, log=True)]
    with pytest.raises(RecipeError, match="once"):
        parse_ranges(starter, ["epochs=1:6", "epochs=1:2"])


@pytest.mark.parametrize("name", ["starter", "gpt2", "gemma-3-270m"])
def test_the_default_ranges_include_the_recipes_own_settings(name):
    """So the first trial can be the recipe as it is."""
    recipe = load_recipe(name)
    ranges = default_ranges(recipe)
    assert all(one.low <= getattr(recipe, one.name) <= one.high for one in ranges)
    assert ("lora_rank" in {one.name for one in ranges}) == (recipe.method == "lora")


def test_the_ngram_recipe_has_nothing_to_search(config):
    """It is refused before anything is read."""
    with pytest.raises(RecipeError, match="nothing to search"):
        sweep(replace(config, recipe=load_recipe("ngram"), data=DataConfig(locations=("nowhere",))))


@pytest.mark.parametrize("out", ["taken/mine.toml", "folder.toml"])
def test_a_recipe_file_that_cannot_be_written_is_refused_before_the_trials(config, tmp_path, out):
    """A file is where its folder would be, or a folder where it would be itself; no trial is wasted."""
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "folder.toml").mkdir()
    watcher = RecordingWatcher()
    with pytest.raises(OutputExists, match=f"{out} cannot be written; choose another with --out"):
        sweep(replace(config, out=Path(out), overwrite=True), watcher)
    assert not [line for line in watcher.lines if line.startswith("trial")]


def test_an_unreachable_database_is_one_line_without_its_password(config):
    """A URL can contain a password, which is in no message."""
    for storage in (
        "postgresql://me:hunter2@127.0.0.1:1/x",
        "nonsense:hunter2",
        "sqlite:////no/hunter2/x.db",
    ):
        with pytest.raises(UserError, match="cannot be used as a database") as error:
            sweep(replace(config, storage=storage))
        assert "sqlite" in storage or "hunter2" not in str(error.value)


@pytest.mark.parametrize("address", ["auto", "head:6379"])
def test_a_search_on_a_cluster_needs_a_database_of_all_machines(config, home, address):
    """Each would open a file of its own, and the driver wait for ever; nothing is read, and none is made."""
    watcher = RecordingWatcher()
    with pytest.raises(UserError, match=f"--address {address} without --storage.*; give one, like"):
        sweep(replace(config, executor="ray", address=address), watcher)
    assert watcher.lines == []
    assert not (home / DATABASE).exists()
    command = ["sweep", *config.data.locations, "--on", "ray", "--address", address]
    refused = CliRunner().invoke(app, command)
    assert (refused.exit_code, "without --storage" in refused.stderr) == (2, True)


def test_without_optuna_the_message_names_the_extra(config, monkeypatch):
    """Optuna is an optional dependency."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingExtra, match=r"huggingtweets\[sweep\]"):
        sweep(config)


def test_the_command_prints_the_best_trials(config, place):
    """It prints a table, the recipe's own figure, and how to use what is better; a bad range exits with 2."""
    settings = [part for setting in (f"base={config.recipe.base}", *TINY) for part in ("--set", setting)]
    space = [part for one in SPACE for part in ("--space", one)]
    command = ["sweep", str(place / "ada.csv"), *settings, *space, "--out", "mine.toml", "--overwrite"]
    first, more = (CliRunner().invoke(app, [*command, "--trials", count]) for count in ("1", "4"))
    for shown in (first, more):
        assert shown.exit_code == 0, shown.output
        for words in ("learning_rate", "the recipe as it is:", "  mine.toml"):
            assert words in shown.stdout
    assert "No trial was better than the recipe as it is" in first.stdout
    assert "--recipe mine.toml" not in first.stdout
    assert "Use it: huggingtweets train LOCATION --recipe mine.toml" in more.stdout
    assert CliRunner().invoke(app, [*command, "--space", "epochs=9"]).exit_code == 2
    assert CliRunner().invoke(app, [*command, "--out", "mine"]).exit_code == 2


def test_a_recipe_is_written_as_it_is_read(tmp_path):
    """Every field, with quotes, other scripts and control characters in it, comes back the same."""
    odd = 'a "quoted" \\ back\\slash, tab\t, line\nbreak, \x7f \x01, नमस्ते 🔥'
    recipe = replace(
        load_recipe("starter"),
        name="odd",
        summary=odd,
        base=odd,
        mix={"a.b": 2.0, odd: 1.0},
        speakers=True,
        learning_rate=1.234e-05,
        sampling=Sampling(temperature=0.7, max_new_tokens=9),
    )
    file = tmp_path / "odd.toml"
    file.write_text(to_toml(recipe), "utf-8")
    assert load_recipe(str(file)) == recipe


def test_the_pictures_show_the_trials():
    """Other trials give other pictures, the same ones the same bytes; equal and odd values can be drawn."""
    axes = [Axis("learning_rate", 1e-4, 1e-2, log=True), Axis("epochs", 1, 6)]
    lines = [Line([1e-3, 2], 1.5), Line([5e-3, 4], 1.4), Line([1e-2, 6], None)]
    picture = trials_picture(axes, lines, ["ada"])
    assert picture == trials_picture(axes, lines, ["ada"])
    assert picture != trials_picture(axes, lines[1:], ["ada"])
    assert size(trials_picture(axes[:1], [Line([1e-4], 1.5)], ["x" * 300, "\u202eb"]))[0] == 1600
    shares = {"learning_rate": 0.9, "epochs": 0.1}
    assert size(importance_picture(shares, 5, ["ada"]))[0] == 1600
    assert importance_picture(shares, 5, ["ada"]) != importance_picture({"epochs": 1.0}, 5, ["ada"])
    assert size(importance_picture({"epochs": 0.0}, 5, ["ada"]))[0] == 1600


def test_the_recipes_figure_is_known_whatever_its_digits():
    """Trials have settings of four significant digits."""
    recipe = load_recipe("starter", ["learning_rate=0.00123456"])
    ranges = [Range("learning_rate", 1e-4, 1e-2, log=True)]
    trial = TrialResult(
        number=0, settings={"learning_rate": 0.001235}, bits_per_byte=1.5, finished=True, seconds=1.0
    )
    assert _recipe_bits_per_byte([trial], recipe, ranges) == 1.5


def test_the_recipe_says_that_its_posts_chose_its_settings():
    """Whoever reads the figure in the file knows that it is no figure of unseen posts."""
    best = TrialResult(number=3, settings={}, bits_per_byte=1.5, finished=True, seconds=1.0)
    header = _header("starter", "study", best, 2.0, ["ada"])
    assert "1.5000 held-out bits per byte on @ada" in header
    assert "These posts chose the settings" in header
    assert all(line.startswith("# ") for line in header.splitlines())
