"""What earlier versions wrote is still read: what 1.0.0 made is in tests/fixtures/earlier."""

from __future__ import annotations

import json
import lzma
import shutil
import sqlite3
import time
from importlib.metadata import version
from pathlib import Path

import msgspec
import pytest
import torch
from huggingface_hub import constants
from msgspec.structs import replace
from safetensors import safe_open
from safetensors.torch import save_file

from huggingtweets import (
    DataConfig,
    ModelFolder,
    PretrainConfig,
    ReadOptions,
    SweepConfig,
    TrainConfig,
    dataset,
    evaluate,
    evaluation,
    find_models,
    find_traces,
    generate,
    lineage,
    load_recipe,
    merge,
    pretrain,
    reproduce,
    sweep,
    train,
)
from huggingtweets.app import events, selection, training_request
from huggingtweets.app.sessions import Session
from huggingtweets.app.tabs import train_view
from huggingtweets.hub import ledger
from huggingtweets.machine.device import choose_device
from huggingtweets.progress import Silence
from huggingtweets.sources._formats.page_cache import Page, PageCache
from huggingtweets.training.gpt2 import SIZES, Size
from huggingtweets.workflows.data import posts_of
from tests.conftest import ROOT
from tests.helpers.commands import run

FIXTURES = ROOT / "tests" / "fixtures" / "earlier"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
MODELS = {"ada", "bob", "counted", "adapter", "both"}
SETTINGS = ("base=base", "epochs=2", "evaluations=2", "batch_tokens=4096", "sampling.max_new_tokens=100")


def starter_as_then(*settings):
    """The recipe starter, until its sampling was measured."""
    recipe = load_recipe("starter", [*SETTINGS, *settings])
    return replace(
        recipe, sampling=replace(recipe.sampling, temperature=1.0, repetition_penalty=msgspec.UNSET)
    )


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A copy of everything, unpacked, with the current folder in it."""
    place = shutil.copytree(FIXTURES, tmp_path / "machine")
    for packed in place.rglob("*.xz"):
        packed.with_suffix("").write_bytes(lzma.decompress(packed.read_bytes()))
        packed.unlink()
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
    monkeypatch.setenv("TRACKIO_DIR", str(place / "trackio"))
    monkeypatch.chdir(place)
    return place


@pytest.fixture(scope="module")
def hub_base():
    """The base of the adapter, as the Hub's cache holds it."""
    cached = Path(constants.HF_HUB_CACHE) / "models--me--base"
    shutil.copytree(FIXTURES / "base", cached / "snapshots" / COMMIT)
    (cached / "refs").mkdir()
    (cached / "refs" / "main").write_text(COMMIT)
    yield
    shutil.rmtree(cached)


class Notes(Silence):
    """Collects what a workflow says."""

    def __init__(self):
        self.lines = []

    def note(self, message):
        """Collect a line."""
        self.lines.append(message)


GONE = {"ceiling"}  # fields that were always empty


def assert_holds(now, earlier, where=""):
    """Everything that the earlier document says is said by the one now, under the same names."""
    if isinstance(earlier, dict):
        for name, value in earlier.items():
            if name in GONE and value is None and name not in now:
                continue
            assert name in now, f"{where}.{name}"
            assert_holds(now[name], value, f"{where}.{name}")
    elif isinstance(earlier, list):
        assert len(now) == len(earlier), where
        for number, pair in enumerate(zip(now, earlier, strict=True)):
            assert_holds(*pair, f"{where}[{number}]")
    else:
        assert now == earlier, where


def as_json(value):
    return json.loads(msgspec.json.encode(value))


def data(handle, **more):
    return DataConfig(locations=(f"{handle}.csv",), options=ReadOptions(name=handle), **more)


def test_models_are_listed_with_all_that_is_known_of_them():
    """Each record says what its run.json says, under the same names; no weights are taken for changed."""
    models = {model.path.name: model for model in find_models()}
    assert set(models) == MODELS
    for model in models.values():
        assert_holds(as_json(model.record), json.loads((model.path / "run.json").read_bytes()))
        assert model.weights_state == "intact"


@pytest.mark.usefixtures("hub_base")
@pytest.mark.parametrize("name", sorted(MODELS))
def test_models_generate(name):
    """Whole models, adapters, merged and n-gram ones, all with their text filters."""
    assert len(generate(name, "the kettle", count=3, seed=1).samples) == 3


def test_the_style_score_is_read():
    """The best of several is picked by what an earlier evaluation wrote."""
    [sample] = generate("ada", count=1, best_of=3, seed=1).samples
    assert isinstance(sample.style_score, float)


@pytest.mark.usefixtures("hub_base")
@pytest.mark.parametrize("name", sorted(MODELS - {"both"}))
def test_the_posts_behind_models_are_found(name):
    """In the model's own folder or in the home, with the digest that they had."""
    model = ModelFolder.find(name)
    posts = posts_of(model)
    assert dataset.digest(posts.train, posts.held_out) == model.record.dataset_digest
    assert (len(posts.train), len(posts.held_out)) == (126, 14)


def test_an_evaluation_is_read():
    """Every row and the game that was played; what is written of it now says the same."""
    answers = evaluation.load(ModelFolder.find("ada"))
    assert {"prediction.bits_per_byte", "copying.copied", "authorship.whole.closeness"} <= set(answers.rows())
    assert answers.game.found.count == 4
    assert_holds(as_json(evaluation.flat(answers)), json.loads(Path("models/ada/report.json").read_bytes()))


def test_a_model_is_evaluated_again():
    """Card, report and figures are written anew; the game stays."""
    before = Path("models/ada/README.md").read_text("utf-8")
    answers = evaluate("ada", count=16, tracker="none").evaluation
    assert answers.game.found.count == 4
    assert evaluation.load(ModelFolder.find("ada")) == answers
    assert Path("models/ada/README.md").read_text("utf-8").splitlines()[0] == before.splitlines()[0]
    assert "guess" in Path("models/ada/report.html").read_text("utf-8")


def test_lineage_leads_back_to_the_posts():
    """A merged model to both of its parents; a published one to the Hub."""
    [mean] = as_json(lineage("both"))["made_of"]
    assert [part["title"] for part in mean["made_of"]] == ["ada", "bob"]
    for parent in mean["made_of"]:
        assert parent["facts"]["weights"] == "intact"
        assert {part["kind"] for part in parent["made_of"][0]["made_of"]} == {"base", "dataset"}
    assert "https://huggingface.co/me/ada" in json.dumps(as_json(lineage("ada")))


def test_merging_gives_the_same_weights():
    """The mean of the same two models is what it was, byte for byte."""
    merged = merge(["models/ada", "models/bob"], [0.7, 0.3], out=Path("models/again"))
    assert merged.record.model_digest == ModelFolder.find("both").record.model_digest


def test_forgetting_finds_everything():
    """Models with their mixtures, unfinished runs, searches, runs of the page, fetched posts, trackers."""
    kinds = {}
    for trace in find_traces("ada").local:
        kinds.setdefault(trace.kind, set()).add(trace.path.name)
    assert kinds["model"] == {"ada", "both", "counted"}
    assert {"unfinished run", "fetched posts", "search", "run of the web page", "dataset"} <= set(kinds)
    assert [entry.id for entry in find_traces("ada").published.values()] == ["me/ada"]
    of_bob = {(trace.kind, trace.path.name) for trace in find_traces("bob").local}
    models = {("model", "bob"), ("model", "adapter"), ("model", "both")}
    assert {*models, ("trackio", "huggingtweets.db")} <= of_bob


def test_a_model_is_reproduced_from_its_record():
    """The posts are the same; so are the weights, where the machine is the recorded one."""
    outcome = reproduce("bob")
    assert outcome.weights_state == "intact"
    assert outcome.identical or outcome.environment


def as_if_of_this_machine(file):
    """Give a checkpoint this machine's versions, threads and device; it is for these to differ elsewhere."""
    now = {
        "device": choose_device().name,
        "threads": str(torch.get_num_threads()),
        **{package: version(package) for package in ("huggingtweets", "torch", "transformers")},
    }
    with safe_open(file, "pt") as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 -- no mapping
        [(key, text)] = opened.metadata().items()
    state = json.loads(text)
    assert set(state["made_of"]) == {"base", *now}
    state["made_of"] |= now
    save_file(tensors, file, {key: json.dumps(state)})


def test_an_unfinished_training_goes_on():
    """From the step at which it was interrupted, to its end."""
    [file] = Path("home/unfinished").glob("*/standing.safetensors")
    as_if_of_this_machine(file)
    recipe = starter_as_then("batch_tokens=1024")
    notes = Notes()
    model = train(
        TrainConfig(data=data("ada"), recipe=recipe, out=Path("m"), tracker="none", evaluate=False), notes
    )
    assert any(line.startswith("going on from step 5 of ") for line in notes.lines)
    assert model.record.curve[0].step == 0
    assert not file.exists()


def test_an_unfinished_pretraining_goes_on(monkeypatch):
    """From its step, with the vocabulary and the rows that it had made."""
    monkeypatch.setattr("huggingtweets.training.gpt2.HEAD_WIDTH", 8)
    size = Size(layers=1, width=16, vocabulary=300, batch_tokens=256, positions=128)
    monkeypatch.setitem(SIZES, "tiny", size)
    [file] = Path("home/pretraining").rglob("standing.safetensors")
    as_if_of_this_machine(file)
    notes = Notes()
    config = PretrainConfig(
        corpus=(Path("corpus.txt"),), out=Path("b"), size="tiny", tokens=24 * 256, held_out_posts=20
    )
    made = pretrain(config, notes)
    assert any("step 6" in line for line in notes.lines), notes.lines
    assert made.curve[0].step == 0


def test_a_search_goes_on():
    """Its trials are known; nothing is tried again, and a recipe with the same settings is written."""
    earlier = load_recipe("mine.toml")
    config = SweepConfig(
        data=data("ada"),
        recipe=starter_as_then(),
        space=("learning_rate=1e-4:1e-2:log",),
        trials=2,
        out=Path("mine.toml"),
        overwrite=True,
    )
    notes = Notes()
    result = sweep(config, notes)
    assert len(result.trials) == 2
    assert not [line for line in notes.lines if line.startswith("  trial ")], notes.lines
    assert replace(load_recipe("mine.toml"), tuned_on=msgspec.UNSET) == earlier  # which did not say it
    assert load_recipe("mine.toml").learning_rate == pytest.approx(
        result.best.settings["learning_rate"], 0.01
    )


def test_runs_of_the_page_are_shown():
    """Requests, events and what was selected; the state of each run is what it was."""
    session = Session(Path("home/app"), Path("models"), None)
    second, first = training_request.runs(session)
    assert (first.request.title, second.request.title) == ("ada", "ada again")
    for one in (first, second):
        written = json.loads((one.folder / training_request.FILE).read_bytes())
        del written["asked"]  # when it was requested, which nothing reads
        assert_holds(as_json(one.request), written)
        lines = (one.folder / events.FILE).read_text("utf-8").splitlines()
        assert [as_json(event) for event in one.events] == [json.loads(line) for line in lines]
    assert isinstance(first.state, events.Done)
    assert first.state.model == "ada"
    assert isinstance(second.state, events.Failed)
    assert_holds(as_json(selection.load(session)), json.loads(Path("home/app/chosen.json").read_bytes()))


def test_runs_of_the_page_can_be_drawn():
    """Stages had other names; the view of a run knows them, too."""
    session = Session(Path("home/app"), Path("models"), None)
    runs = training_request.runs(session)
    assert all(run.request.name in train_view.run(run, None, session) for run in runs)


def test_fetched_posts_are_not_fetched_again():
    """The cache gives what it has, and asks for what is newer only."""
    [file] = Path("home/fetched").iterdir()
    with sqlite3.connect(file) as db:
        db.execute("UPDATE begun SET at = ?", (time.time(),))  # posts are fetched anew after a day
    asked = []

    def fetch(cursor, newest):
        asked.append((cursor, newest))
        return Page([], None)

    with PageCache("x_api", "ada") as cache:
        [post] = cache.walk(fetch)
    assert (post.id, post.text) == ("1", "the kettle waited at noon")
    assert asked == [(None, "1")]


def test_what_was_published_is_known():
    """The ledger's note of a model, under its name."""
    entry = ledger.find("https://huggingface.co", "me/ada", "model")
    [file] = Path("home/published").iterdir()
    assert_holds(as_json(entry), json.loads(file.read_bytes()))


def test_the_tracker_goes_on_with_its_records(machine):
    """An evaluation now is a run of the earlier project, and its input is the earlier model."""
    done = run("evaluate", "bob", "--count", "16", "--json")
    assert done.returncode == 0, done.stderr
    with sqlite3.connect(machine / "trackio" / "huggingtweets.db") as db:
        links = db.execute(
            "SELECT run_name, artifacts.name FROM run_artifact_links"
            " JOIN artifact_versions ON artifact_versions.id = artifact_version_id"
            " JOIN artifacts ON artifacts.id = artifact_id ORDER BY run_artifact_links.rowid"
        ).fetchall()
    uses = [artifact for name, artifact in links if name.startswith("evaluate-")]
    assert "bob-finetuned-model" in uses
