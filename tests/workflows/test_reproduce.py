"""Reproducing: the same posts and recipe give the same weights; otherwise the result says what differs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
import torch
from msgspec.structs import replace
from typer.testing import CliRunner

from huggingtweets import (
    CleaningRules,
    DataConfig,
    ModelFolder,
    TrainConfig,
    generate,
    load_recipe,
    merge,
    train,
)
from huggingtweets.cli import app
from huggingtweets.dataset import digest
from huggingtweets.errors import ModelError, OutputExists, UserError
from huggingtweets.workflows.data import posts_of
from huggingtweets.workflows.reproduce import _pinned_recipe, reproduce
from tests.helpers.tiny import small_base, varied_texts


def archive(place, name, seed):
    rows = [f'{i},{name},"{text}"' for i, text in enumerate(varied_texts(150, seed=seed))]
    file = place / f"{name}.csv"
    file.write_text("\n".join(["id,screen_name,text", *rows]), "utf-8")
    return str(file)


def trained(place, out, files, recipe, *settings, **changes):
    job = TrainConfig(
        data=DataConfig(locations=tuple(files), rules=CleaningRules(keep_line_breaks=True), held_out=0.2),
        recipe=replace(load_recipe(recipe, settings), **changes),
        out=place / "models" / out,
        tracker="none",
        evaluate=False,
    )
    return train(job).path


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Models of each kind, and the archives that they were made from."""
    place = tmp_path_factory.mktemp("reproducing")
    tiny = (f"base={small_base(place / 'base')}", "epochs=1", "evaluations=2", "sampling.max_new_tokens=20")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        patch.chdir(place)
        ada, bob = archive(place, "ada", 1), archive(place, "bob", 2)
        trained(place, "ada", [ada], "starter", *tiny)
        trained(place, "both", [ada, bob], "starter", *tiny, "speakers=true", mix={"bob": 2.0, "ada": 1.0})
        trained(place, "lora", [bob], "starter", *tiny, "method=lora", "lora_rank=2")
        trained(place, "counts", [ada], "ngram")
        merge(["ada", "lora", "ada"], [1, 2, 4], out=place / "models" / "mixed")
    return place


@pytest.fixture
def place(made, monkeypatch, tmp_path):
    """A copy of the models, which a test may change."""
    for folder in ("models", "home", "base"):
        shutil.copytree(made / folder, tmp_path / folder)
    for name in ("ada", "bob"):
        shutil.copyfile(made / f"{name}.csv", tmp_path / f"{name}.csv")
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
def test_another_process_makes_the_same_weights(place):
    """A process that starts with other threads trains the recorded weights again from the archive."""
    record = ModelFolder(place / "models" / "ada").record
    command = [sys.executable, "-m", "huggingtweets", "reproduce", "ada", "--data", "ada.csv", "--json"]
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    answer = json.loads(done.stdout)
    assert answer["identical"] is True
    assert answer["posts"]["digest"] == {"recorded": record.dataset_digest, "now": record.dataset_digest}
    assert answer["weights"] == {"recorded": record.model_digest, "now": record.model_digest}
    assert answer["furthest"] == 0
    assert answer["environment"] == {}
    assert "computing with 1 threads, as the model was" in done.stderr


@pytest.mark.parametrize("name", ["both", "lora", "counts", "mixed"])
def test_every_kind_of_model_is_reproduced(place, name):
    """Several people with speakers, LoRA, an n-gram model and a merged one, from the stored posts."""
    result = reproduce(name)
    assert result.identical
    assert result.weights_state == "intact"
    assert result.weights.now == ModelFolder(place / "models" / name).record.model_digest


def test_the_threads_of_the_caller_come_back(place):
    """A program that reproduces a model computes as fast afterwards as before."""
    record = ModelFolder(place / "models" / "both").record
    before = torch.get_num_threads()
    other = replace(record, environment={**record.environment, "threads": str(before + 1)})
    ModelFolder(place / "models" / "both").save_record(other)
    result = reproduce("both")
    assert "threads" not in result.environment
    assert torch.get_num_threads() == before


def test_a_model_of_some_of_the_posts_is_reproduced_from_all(place):
    """Of an archive with more posts than `author_posts` allows the same ones are drawn again."""
    tiny = ("base=base", "epochs=1", "evaluations=1", "sampling.max_new_tokens=20", "author_posts=100")
    model = trained(place, "some", ["ada.csv"], "starter", *tiny)
    assert ModelFolder(model).record.authors[0].train == 100
    assert reproduce(model, ["ada.csv"]).identical


def test_a_changed_post_is_named_and_nothing_is_trained(place):
    """With one word changed in one post the digests differ, by one post, and the exit code is 1."""
    file = place / "ada.csv"
    word = varied_texts(150, seed=1)[5].split()[0]
    file.write_text(file.read_text("utf-8").replace(f'"{word} ', '"otherwise ', 1), "utf-8")
    result = reproduce("ada", [str(file)])
    assert not result.identical
    assert (result.posts.only_recorded, result.posts.only_now) == (1, 1)
    assert list(result.posts.input_digests) == ["ada"]
    assert result.weights is None
    shown = CliRunner().invoke(app, ["reproduce", "ada", "--data", str(file)])
    assert shown.exit_code == 1
    assert "1 of the posts that were learnt from are not among these, and 1 of these were not" in shown.stdout
    assert "ada is not reproduced." in shown.stdout


def test_somebody_elses_archive_is_named(place):
    """Even if the posts are not stored, the comparison says whose files differ."""
    shutil.rmtree(place / "home")
    result = reproduce("ada", ["bob.csv"])
    assert result.posts.only_recorded is None
    assert set(result.posts.input_digests) == {"ada", "bob"}
    assert result.posts.input_digests["bob"].recorded == "nobody"


def test_stored_posts_that_have_changed_are_noticed(place):
    """The digest of the stored posts is computed again."""
    digests = [ModelFolder(place / "models" / name).record.dataset_digest[:16] for name in ("ada", "lora")]
    dataset, other_dataset = (place / "home" / "datasets" / digest for digest in digests)
    shutil.copyfile(other_dataset / "train.parquet", dataset / "train.parquet")
    result = reproduce("ada")
    assert not result.identical
    assert result.weights is None


def test_missing_posts_are_one_clear_error(place):
    """Without stored posts and without --data, the message says what to give."""
    shutil.rmtree(place / "home")
    with pytest.raises(ModelError, match="--data LOCATION"):
        reproduce("ada")
    assert CliRunner().invoke(app, ["reproduce", "ada"]).exit_code == 2


def test_another_base_is_named(place):
    """With another base the weights, the base in the environment, and the bits per byte differ."""
    base = small_base(place / "other" / "base", seed=9)
    record = ModelFolder(place / "models" / "ada").record
    changed = replace(record, recipe=replace(record.recipe, base=str(base)))
    ModelFolder(place / "models" / "ada").save_record(changed)
    result = reproduce("ada")
    assert not result.identical
    assert result.posts.digest.identical
    assert list(result.environment) == ["base"]
    assert result.max_curve_difference > 0
    recorded, now = result.bits_per_byte
    assert recorded != now


def test_other_versions_are_named(place):
    """The recorded environment is compared with the present one, and the command prints both."""
    record = ModelFolder(place / "models" / "counts").record
    changed = replace(record, environment={**record.environment, "numpy": "1.0"})
    ModelFolder(place / "models" / "counts").save_record(changed)
    result = reproduce("counts")
    assert result.identical
    assert result.environment["numpy"].recorded == "1.0"
    shown = CliRunner().invoke(app, ["reproduce", "counts"])
    assert shown.exit_code == 0
    assert "numpy: 1.0 recorded," in shown.stdout
    assert "reproduced: identical" in shown.stdout


def test_a_damaged_weights_file_is_reported(place):
    """The record is reproduced, and the result says that the model's own file has changed."""
    (place / "models" / "counts" / "ngram.safetensors").write_bytes(b"x")
    result = reproduce("counts")
    assert result.identical
    assert result.weights_state == "changed"


def test_the_new_model_can_be_written(place):
    """With --out the new model is written to a folder that works; an existing folder is not changed."""
    result = reproduce("ada", out=place / "again")
    assert result.out == str(place / "again")
    new, old = ModelFolder(place / "again").record, ModelFolder(place / "models" / "ada").record
    assert new.model_digest == old.model_digest
    assert new.created_at >= old.created_at
    assert [s.text for s in new.result.samples] == [s.text for s in old.result.samples]
    assert len(generate(place / "again", count=2).samples) == 2
    with pytest.raises(OutputExists):
        reproduce("ada", out=place / "models")


def test_the_posts_of_a_new_model_are_kept(place):
    """Read from the archive on another machine, they are there to evaluate it, closed to other users."""
    shutil.rmtree(place / "home")
    reproduce("counts", [str(place / "ada.csv")], out=place / "again")
    new, old = ModelFolder(place / "again"), ModelFolder(place / "models" / "counts")
    data = posts_of(new)
    assert digest(data.train, data.held_out) == old.record.dataset_digest
    assert {(place / "home" / name).stat().st_mode & 0o777 for name in ("copies", "datasets")} == {0o700}
    assert {path.name for path in new.path.iterdir()} == {path.name for path in old.path.iterdir()}


def test_a_merged_model_needs_its_parents(place):
    """A parent that is missing is named."""
    shutil.rmtree(place / "models" / "lora")
    with pytest.raises(ModelError, match="bob cannot be found unchanged"):
        reproduce("mixed")


@pytest.mark.usefixtures("place")
def test_a_merged_model_reads_no_posts():
    """An archive that would be ignored is refused."""
    with pytest.raises(UserError, match=r"models/mixed was merged .* leave --data out"):
        reproduce("mixed", ["ada.csv"])


def test_a_base_in_a_folder_is_no_model_of_the_hub_elsewhere(place, monkeypatch):
    """Nor does its record tell where on the machine it is; beside the base it is reproduced."""
    monkeypatch.chdir(place)
    files = [archive(place, "eve", 5)]
    made = trained(place, "eve", files, "starter", "base=base", "epochs=1", "evaluations=1")
    assert ModelFolder(made).record.recipe.base == "./base"
    assert str(place).encode() not in (made / "run.json").read_bytes()
    assert reproduce(made).identical
    (place / "elsewhere").mkdir()
    monkeypatch.chdir(place / "elsewhere")
    with pytest.raises(UserError, match=r"\./base"):
        reproduce(made)


def test_a_folder_called_none_is_no_base_of_ngram_models(place, monkeypatch):
    """Their record says that there is none."""
    monkeypatch.chdir(place)
    (place / "none").mkdir()
    made = trained(place, "kai", [archive(place, "kai", 6)], "ngram")
    assert ModelFolder(made).record.recipe.base == "none"
    assert reproduce(made).identical


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("base", ["me/base", "me/base@main"])
def test_a_base_of_the_hub_is_taken_at_the_recorded_commit(base):
    """What a branch names may have changed since."""
    record = ModelFolder.find("ada").record
    of_hub = replace(record.base, name=base, revision="0" * 40)
    record = replace(record, base=of_hub, recipe=replace(record.recipe, base=base))
    assert _pinned_recipe(record).base == f"me/base@{'0' * 40}"


def test_an_older_record_uses_the_default_rules(place):
    """If run.json does not say how posts were cleaned, they are cleaned by the default rules."""
    file = place / "models" / "ada" / "run.json"
    content = json.loads(file.read_bytes())
    del content["prepared"]
    file.write_text(json.dumps(content), "utf-8")
    assert reproduce("ada", ["ada.csv"]).identical
