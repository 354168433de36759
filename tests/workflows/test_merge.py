"""Merging: the weighted mean of models of one base, with the text filters of all of them."""

from __future__ import annotations

import shutil

import pytest
from safetensors.torch import load_file
from typer.testing import CliRunner

from huggingtweets import DataConfig, ReadOptions, TrainConfig, load_recipe, merge, train
from huggingtweets.cli import app
from huggingtweets.errors import ModelError, OutOfSpace, UserError
from huggingtweets.generation.filters import load_filters, load_safety_filters
from huggingtweets.model_folder import ModelFolder
from huggingtweets.workflows.forget.subject import find_subject
from tests.helpers.tiny import small_base, varied_texts

WEIGHTS = "model.safetensors"


def trained(place, name, base, seed):
    rows = [f'{i},"{text}"' for i, text in enumerate(varied_texts(150, seed=seed))]
    (place / f"{name}.csv").write_text("\n".join(["id,text", *rows]), "utf-8")
    settings = [f"base={base}", "epochs=1", "evaluations=1", "sampling.max_new_tokens=20"]
    job = TrainConfig(
        data=DataConfig(locations=(str(place / f"{name}.csv"),), options=ReadOptions(name=name)),
        recipe=load_recipe("starter", settings),
        out=place / "models" / name,
        tracker="none",
        evaluate=False,
    )
    return train(job).path


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Two people's models of one base."""
    place = tmp_path_factory.mktemp("merging")
    base = small_base(place / "base")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        for seed, name in enumerate(("ada", "bob")):
            trained(place, name, base, seed)
    return place


@pytest.fixture
def models(place, monkeypatch):
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
    monkeypatch.chdir(place)
    return [place / "models" / "ada", place / "models" / "bob"]


def test_weights_are_the_weighted_mean(models, tmp_path):
    """Every tensor is the weighted mean; card, samples and run.json name both parents."""
    merged = merge(models, [3, 1], out=tmp_path / "m")
    ada, bob, both = (load_file(folder / WEIGHTS) for folder in (*models, merged.path))
    assert both.keys() == ada.keys()
    for name, tensor in both.items():
        assert tensor.allclose(0.75 * ada[name] + 0.25 * bob[name], atol=1e-6)
    record = ModelFolder(merged.path).record
    assert [(p.name, p.weight) for p in record.merged_from] == [("ada", 0.75), ("bob", 0.25)]
    assert [p.digest for p in record.merged_from] == [
        ModelFolder(folder).record.model_digest for folder in models
    ]
    assert [author.account.handle for author in record.authors] == ["ada", "bob"]
    assert record.result.metrics[0].count == 30
    assert len(record.result.samples) == 5
    card = (merged.path / "README.md").read_text("utf-8")
    assert "merged, not trained" in card
    assert "@ada and @bob" in card


def test_the_same_model_twice_is_refused(models, tmp_path):
    """Its mean with itself is itself; it is known by whatever path it is given."""
    same = models[0] / ".." / models[0].name
    given = [str(model) for model in (models[0], models[1], same)]
    done = CliRunner().invoke(app, ["merge", *given, "--out", str(tmp_path / "merged")])
    assert done.exit_code == 2
    assert "is given more than once" in done.output
    assert not (tmp_path / "merged").exists()


def test_the_filters_of_both_parents_are_joined(models, tmp_path):
    """A copy for either parent's filters is one for those of the merged model, also after merging twice."""
    once = merge(models, [], out=tmp_path / "once").path
    twice = merge([once, models[0]], [], out=tmp_path / "twice").path
    for folder in (once, twice):
        for text in (varied_texts(150, seed=0)[3], varied_texts(150, seed=1)[3]):
            assert any(text_filter.objection(text) for text_filter in load_filters(folder))
        assert not any(
            text_filter.objection("nothing that anybody here ever said")
            for text_filter in load_filters(folder)
        )
    assert len(load_safety_filters(twice)) == 4


@pytest.mark.parametrize("lost", [["copies-2.safetensors"], ["copies-2.safetensors", "handles-2.json"]])
def test_a_merged_model_that_lost_the_filters_of_a_parent_is_refused(models, tmp_path, lost):
    """Else it could write the posts of that parent word for word."""
    folder = merge(models, [], out=tmp_path / "m").path
    for name in lost:
        (folder / name).unlink()
    with pytest.raises(ModelError, match=r"copies-2.safetensors cannot be read"):
        load_filters(folder)


def test_without_the_posts_nothing_is_measured(models, tmp_path, monkeypatch):
    """Models whose posts are not on this machine can be merged; the result has no bits per byte."""
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "elsewhere"))
    record = merge(models, [], out=tmp_path / "m").record
    assert record.result.metrics == ()
    assert record.dataset_digest == ""
    assert CliRunner().invoke(app, ["runs", str(tmp_path)]).exit_code == 0


def test_two_archives_of_one_person_count_both(models, place, tmp_path, monkeypatch):
    """Files without ids number their posts; all posts of both are measured, and on the card, once each."""
    other = trained(tmp_path, "ada", place / "base", seed=5)
    merged = merge([models[0], other], out=tmp_path / "m").record
    [ada] = merged.authors
    assert (ada.funnel.read, ada.train, ada.held_out) == (300, 270, 30)
    assert merged.result.metrics[0].count == 30
    assert "| read | 300 |" in (tmp_path / "m" / "README.md").read_text("utf-8")
    assert merge([tmp_path / "m", models[0]], out=tmp_path / "again").record.authors == (ada,)
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "elsewhere"))
    assert merge([models[0], other], out=tmp_path / "without").record.authors == (ada,)
    assert find_subject("ada", [tmp_path / "without"]).digests > set(ada.input_digest.split())


@pytest.mark.usefixtures("models")
def test_the_command_takes_weights_in_a_row(tmp_path):
    """`merge A B --weights 0.7 0.3` works as written."""
    out = tmp_path / "m"
    done = CliRunner().invoke(app, ["merge", "ada", "bob", "--weights", "0.7", "0.3", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert [round(parent.weight, 3) for parent in ModelFolder(out).record.merged_from] == [0.7, 0.3]


@pytest.mark.parametrize(
    "weights",
    [[1], [1, 0], [1, float("nan")], [1, -1], [1, 1, 1], [1, float("inf")], [1e308, 1e308], [1e-320, 1e10]],
)
def test_wrong_weights_are_refused(models, tmp_path, weights):
    """There must be one weight above 0 for each model, of which a share is left, or none at all."""
    with pytest.raises(UserError, match="--weights"):
        merge(models, weights, out=tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_one_model_is_refused(models, tmp_path):
    """Merging needs two models."""
    with pytest.raises(UserError, match="two or more"):
        merge(models[:1], [], out=tmp_path / "m")


def test_other_bases_tokenizers_and_kinds_are_refused(models, place, ngram_model, tmp_path):
    """Another base, another tokenizer, no weights, no filters and no model are each one clear error."""
    other = trained(place, "eve", small_base(tmp_path / "base", seed=9), 2)
    changed, bare = tmp_path / "changed", tmp_path / "bare"
    for folder in (changed, bare):
        shutil.copytree(models[1], folder)
    text = (changed / "tokenizer.json").read_text("utf-8")
    (changed / "tokenizer.json").write_text(text + " ", "utf-8")
    (bare / "copies.safetensors").unlink()
    expected = {
        other: "the very same base",
        changed: "different tokenizers",
        ngram_model: "n-gram",
        bare: "copies.safetensors",
        tmp_path / "gone": "no model",
    }
    for folder, message in expected.items():
        with pytest.raises(ModelError, match=message):
            merge([models[0], folder], [], out=tmp_path / "m")
        assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("damage", ["cut off", "of another training"])
def test_a_model_with_other_weights_than_recorded_is_refused(models, tmp_path, damage):
    """The error names the model; merged, the record would call a parent what nobody can find again."""
    other = shutil.copytree(models[1], tmp_path / "other")
    whole = (models[0] / WEIGHTS).read_bytes()
    (other / WEIGHTS).write_bytes(whole[: len(whole) // 2] if damage == "cut off" else whole)
    with pytest.raises(ModelError, match=r"other: its weights are not those that its record tells of"):
        merge([models[0], other], out=tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_a_disk_that_is_full_when_models_are_merged_is_said(models, small_disk):
    """It is the error of all full disks, and nothing is left there."""
    (small_disk / "filling").write_bytes(bytes(280_000))
    with pytest.raises(OutOfSpace, match="no space left"):
        merge(models, out=small_disk / "m")
    assert [path.name for path in small_disk.iterdir()] == ["filling"]
