"""Reproducing: the same posts and recipe give the same weights, and where they do not it is said why."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys

import pytest
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
from huggingtweets.errors import ModelError, OutputExists
from huggingtweets.workflows.reproduce import reproduce
from tests.helpers.tiny import tiny_base, varied_texts


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
    """Models of each kind, and the archives that they were made of."""
    place = tmp_path_factory.mktemp("reproducing")
    tiny = (f"base={tiny_base(place / 'base')}", "epochs=1", "evaluations=2", "sampling.max_new_tokens=20")
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
    """A copy of all of it that a test may change."""
    for folder in ("models", "home"):
        shutil.copytree(made / folder, tmp_path / folder)
    for name in ("ada", "bob"):
        shutil.copyfile(made / f"{name}.csv", tmp_path / f"{name}.csv")
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_another_process_makes_the_same_weights(place):
    """With other threads to begin with, from the archive, the digest of the weights is the recorded one."""
    record = ModelFolder(place / "models" / "ada").record
    command = [sys.executable, "-m", "huggingtweets", "reproduce", "ada", "--data", "ada.csv", "--json"]
    environment = {**os.environ, "OMP_NUM_THREADS": "2"}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    found = json.loads(done.stdout)
    assert found["identical"] is True
    assert found["posts"]["digest"] == {"recorded": record.dataset_digest, "now": record.dataset_digest}
    assert found["weights"] == {"recorded": record.model_digest, "now": record.model_digest}
    assert found["furthest"] == 0
    assert found["environment"] == {}
    assert "computing with 1 threads, as the model was" in done.stderr


@pytest.mark.parametrize("name", ["both", "lora", "counts", "mixed"])
def test_every_kind_of_model_is_reproduced(place, name):
    """Several people with speakers, LoRA, an n-gram model, a merged one: the same from the kept posts."""
    found = reproduce(name)
    assert found.identical
    assert found.file == "intact"
    assert found.weights.now == ModelFolder(place / "models" / name).record.model_digest


def test_a_changed_post_is_named_and_nothing_is_trained(place):
    """One other word in one post: the digests differ, one post is said to, and the exit code is 1."""
    file = place / "ada.csv"
    word = varied_texts(150, seed=1)[5].split()[0]
    file.write_text(file.read_text("utf-8").replace(f'"{word} ', '"otherwise ', 1), "utf-8")
    found = reproduce("ada", [str(file)])
    assert not found.identical
    assert (found.posts.only_recorded, found.posts.only_now) == (1, 1)
    assert list(found.posts.people) == ["ada"]
    assert found.weights is None
    shown = CliRunner().invoke(app, ["reproduce", "ada", "--data", str(file)])
    assert shown.exit_code == 1
    assert "1 of the posts that were learnt from are not among these, and 1 of these were not" in shown.stdout
    assert "ada is not reproduced." in shown.stdout


def test_somebody_elses_archive_is_told_by_its_people(place):
    """Even where the posts were not kept, it is said whose files differ."""
    shutil.rmtree(place / "home")
    found = reproduce("ada", ["bob.csv"])
    assert found.posts.only_recorded is None
    assert set(found.posts.people) == {"ada", "bob"}
    assert found.posts.people["bob"].recorded == "nobody"


def test_kept_posts_that_were_changed_are_not_taken_for_the_same(place):
    """The posts on this machine are digested anew, whatever their folder says."""
    digests = [ModelFolder(place / "models" / name).record.dataset_digest[:16] for name in ("ada", "lora")]
    ours, theirs = (place / "home" / "datasets" / digest for digest in digests)
    shutil.copyfile(theirs / "train.parquet", ours / "train.parquet")
    found = reproduce("ada")
    assert not found.identical
    assert found.weights is None


def test_posts_that_are_nowhere_are_one_clear_error(place):
    """Without kept posts and without --data there is nothing to train on; the message says what to give."""
    shutil.rmtree(place / "home")
    with pytest.raises(ModelError, match="--data LOCATION"):
        reproduce("ada")
    assert CliRunner().invoke(app, ["reproduce", "ada"]).exit_code == 2


def test_another_base_is_named(place):
    """Other weights to start from: the model is another one, and the base and the figures say so."""
    base = tiny_base(place / "other" / "base", seed=9)
    record = ModelFolder(place / "models" / "ada").record
    changed = replace(record, recipe=replace(record.recipe, base=str(base)))
    ModelFolder(place / "models" / "ada").save_record(changed)
    found = reproduce("ada")
    assert not found.identical
    assert found.posts.digest.identical
    assert list(found.environment) == ["base"]
    assert found.furthest > 0
    recorded, now = found.bits_per_byte
    assert recorded != now


def test_other_versions_are_named(place):
    """What the record says of the environment is compared with what is here, the command prints both."""
    record = ModelFolder(place / "models" / "counts").record
    changed = replace(record, environment={**record.environment, "numpy": "1.0"})
    ModelFolder(place / "models" / "counts").save_record(changed)
    found = reproduce("counts")
    assert found.identical
    assert found.environment["numpy"].recorded == "1.0"
    shown = CliRunner().invoke(app, ["reproduce", "counts"])
    assert shown.exit_code == 0
    assert "numpy: 1.0 recorded," in shown.stdout
    assert "reproduced: identical" in shown.stdout


def test_a_damaged_file_of_weights_is_told(place):
    """The record is what is reproduced; that the model's own file is another one by now is said, too."""
    (place / "models" / "counts" / "ngram.safetensors").write_bytes(b"x")
    found = reproduce("counts")
    assert found.identical
    assert found.file == "changed"


def test_the_new_model_can_be_kept(place):
    """With --out there is a second model folder that works; one that is there already is not touched."""
    found = reproduce("ada", out=place / "again")
    assert found.out == str(place / "again")
    new, old = ModelFolder(place / "again").record, ModelFolder(place / "models" / "ada").record
    assert new.model_digest == old.model_digest
    assert new.created_at >= old.created_at
    assert [s.text for s in new.result.samples] == [s.text for s in old.result.samples]
    assert len(generate(place / "again", count=2).samples) == 2
    with pytest.raises(OutputExists):
        reproduce("ada", out=place / "models")


def test_a_merged_model_needs_its_parents(place):
    """A parent that is gone, or was trained anew, is named."""
    shutil.rmtree(place / "models" / "lora")
    with pytest.raises(ModelError, match="bob cannot be found unchanged"):
        reproduce("mixed")


def test_an_older_record_takes_the_usual_rules(place):
    """Where run.json does not say how posts were cleaned, the usual way is tried, and the digest decides."""
    file = place / "models" / "ada" / "run.json"
    content = json.loads(file.read_bytes())
    del content["prepared"]
    file.write_text(json.dumps(content), "utf-8")
    assert reproduce("ada", ["ada.csv"]).identical
