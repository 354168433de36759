"""The choice of a recipe: the best that a machine can run, said in one line, with its base fetched once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tokenizers import normalizers
from transformers import PreTrainedTokenizerFast

from huggingtweets import Machine, choose_recipe, list_recipes, load_recipe, recipe_names, recipes
from huggingtweets.bases import named
from huggingtweets.cli._training import load_or_choose
from huggingtweets.errors import BaseError
from huggingtweets.model_folder import PRETRAINED
from huggingtweets.progress import Silence
from huggingtweets.workflows.recipes import (
    obstacle,
    recipe_for_base,
)
from tests.helpers.tiny import small_base, tiny_base

LAPTOP = Machine(memory=16, cores=4)
SMALL = Machine(memory=2, cores=1)
GPU = Machine(memory=32, cores=8, gpu="a GPU", gpu_memory=16)


class Notes(Silence):
    """Keeps what the user is told."""

    def __init__(self):
        self.notes = []

    def note(self, message):
        """Keep it."""
        self.notes.append(message)


@pytest.fixture
def network(monkeypatch):
    """A network from which every base can be had; the names that were fetched."""
    fetched = []
    monkeypatch.setattr("huggingtweets.workflows.recipes.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingtweets.bases.fetch", lambda name, _progress: fetched.append(name))
    return fetched


@pytest.mark.parametrize(
    ("machine", "expected"), [(SMALL, "starter"), (LAPTOP, "smollm2-135m"), (GPU, "qwen3-1.7b")]
)
def test_the_best_that_fits_is_chosen(machine, expected, network):
    """More memory and a GPU get a better recipe; one line says which and why."""
    watcher = Notes()
    assert choose_recipe(machine=machine, watcher=watcher).name == expected
    [line] = watcher.notes
    assert line.startswith(f"recipe {expected}: ")
    assert str(machine) in line
    assert network == ([] if expected == "starter" else [expected])


def test_a_gpu_that_is_too_small_is_not_asked_too_much():
    """The memory of a GPU decides over what needs one, that of the machine does not."""
    large = load_recipe("qwen3-1.7b")
    assert obstacle(large, replace(GPU, gpu_memory=4)) == "needs 12 GB of GPU memory"
    assert obstacle(large, replace(LAPTOP, memory=1000)) == "needs a GPU"
    assert obstacle(large, GPU) == ""


def test_where_a_gpu_computes_its_memory_decides():
    """Also over what needs none: the memory of the machine does not help a GPU of 2 GB."""
    small = load_recipe("smollm2-135m")
    assert obstacle(small, replace(GPU, gpu_memory=2)) == "needs 6 GB of GPU memory"
    assert obstacle(small, GPU) == obstacle(small, LAPTOP) == ""
    assert choose_recipe(machine=replace(GPU, gpu_memory=2)).name == "starter"


def test_a_gpu_does_not_stand_in_for_the_memory_of_the_machine():
    """A base is loaded, and checkpoints are copied, where a container of 2 GB has no place for them."""
    small, large = load_recipe("smollm2-135m"), load_recipe("qwen3-1.7b")
    assert obstacle(small, replace(GPU, memory=2)) == "needs 3 GB of memory beside that of the GPU"
    assert obstacle(large, replace(GPU, memory=8)) == "needs 11 GB of memory beside that of the GPU"
    assert obstacle(small, replace(GPU, memory=4)) == obstacle(large, replace(GPU, memory=12)) == ""
    assert choose_recipe(machine=replace(GPU, memory=0.5)).name == "starter"


def test_what_is_here_needs_no_network():
    """A base that was fetched before is used while the network is away."""
    small_base(named.folder("smollm2-135m"))
    assert choose_recipe(machine=LAPTOP).name == "smollm2-135m"


def test_offline_nothing_is_fetched():
    """With HF_HUB_OFFLINE a base that is not here is not asked for anywhere, and the user is told."""
    watcher = Notes()
    assert choose_recipe(machine=LAPTOP, watcher=watcher).name == "starter"
    assert any("smollm2-135m" in note and "HF_HUB_OFFLINE" in note for note in watcher.notes)


def test_a_base_that_cannot_be_had_is_no_end(network, monkeypatch):
    """Without a network the next best recipe is taken, and the reason is shown."""

    def fail(name, _progress):
        raise BaseError(f"{name} cannot be reached")

    monkeypatch.setattr("huggingtweets.bases.fetch", fail)
    watcher = Notes()
    assert choose_recipe(machine=GPU, watcher=watcher).name == "starter"
    assert "recipe smollm2-135m is not chosen: smollm2-135m cannot be reached" in watcher.notes
    assert network == []


def test_lora_is_chosen_only_where_it_is_installed(network, monkeypatch):
    """Without peft a recipe that needs it names the extra, and is passed over."""
    monkeypatch.setattr("huggingtweets.workflows.recipes.find_spec", lambda _name: None)
    assert choose_recipe(machine=GPU).name == "smollm2-135m"
    assert network == ["smollm2-135m"]
    assert "huggingtweets[lora]" in obstacle(load_recipe("qwen3-1.7b"), GPU)


def test_settings_apply_to_what_is_chosen():
    """--set changes the recipe, whichever it is."""
    assert choose_recipe(["epochs=7"], machine=SMALL).epochs == 7


def test_a_choice_can_be_limited(network):
    """Only the named recipes are candidates."""
    assert choose_recipe(among=("starter", "smollm2-135m"), machine=GPU).name == "smollm2-135m"
    assert network == ["smollm2-135m"]


def test_tokens_of_speakers_are_trained_by_a_recipe_that_can(network, monkeypatch):
    """Where all weights are to be trained, no recipe with LoRA is chosen, and none of its bases fetched."""
    monkeypatch.setattr("huggingtweets.workflows.recipes.this_machine", lambda: GPU)
    assert load_or_choose(None, [], all_weights=True).name == "smollm2-135m"
    assert load_or_choose(None, ["speakers=true"]).name == "smollm2-135m"
    assert set(network) == {"smollm2-135m"}


def test_every_recipe_that_is_chosen_has_a_base_that_can_be_had():
    """Its base is a named one that needs no licence accepted, and one recipe fits every machine."""
    chosen = [name for name in recipe_names() if recipes.automatic(name)]
    assert {"starter", "smollm2-135m"} <= set(chosen)
    assert not any(named.describe(load_recipe(name).base).gated for name in chosen)
    ranks = [recipes.automatic(name).rank for name in chosen]
    assert len(set(ranks)) == len(ranks)
    assert obstacle(load_recipe("starter"), Machine(memory=0.5, cores=1)) == ""


def test_all_recipes_are_listed_the_best_first():
    """What can be chosen comes first, and each of the others says why it is not."""
    listed = list_recipes(LAPTOP)
    assert [recipe.name for recipe in listed[:2]] == ["smollm2-135m", "starter"]
    assert {recipe.name for recipe in listed} == set(recipe_names())
    assert all(recipe.obstacle for recipe in listed[2:])


def test_a_base_brings_its_recipe(tmp_path):
    """A base that a recipe was made for takes that, a pretrained one of ours the starter's settings."""
    assert recipe_for_base("qwen3-0.6b", ["base=qwen3-0.6b"]).name == "qwen3-0.6b"
    (tmp_path / PRETRAINED).write_text("{}")
    assert recipe_for_base(str(tmp_path)).name == "starter"
    watcher = Notes()
    assert recipe_for_base("somebody/unheard-of", watcher=watcher).name == "smollm2-135m"
    assert len(watcher.notes) == 1


def test_a_base_among_the_settings_brings_its_recipe(network):
    """As --base does, and the last one given counts."""
    settings = ["epochs=2", "base=qwen3-1.7b", "base=qwen3-0.6b"]
    recipe = load_or_choose(None, settings)
    assert (recipe.name, recipe.base, recipe.epochs) == ("qwen3-0.6b", "qwen3-0.6b", 2)
    assert load_or_choose("starter", settings).name == "starter"
    assert network == []


def test_a_base_of_one_s_own_has_an_opening_only_where_its_tokenizer_takes_it(tmp_path):
    """As Llama 2's does not: nobody has to know of it. Who asks for an opening is told why it cannot be."""
    takes, marks = tiny_base(tmp_path / "takes"), tiny_base(tmp_path / "marks first words")
    tokenizer = PreTrainedTokenizerFast.from_pretrained(marks)
    tokenizer.backend_tokenizer.normalizer = normalizers.Prepend("\u2581")
    tokenizer.save_pretrained(marks)
    opening = load_recipe("smollm2-135m").opening
    watcher = Notes()
    assert recipe_for_base(str(takes)).opening == opening
    assert not recipe_for_base(str(marks), watcher=watcher).opening
    assert [note for note in watcher.notes if "without the recipe's opening" in note]
    assert recipe_for_base(str(marks), [f"opening={opening}"]).opening == opening
    assert load_recipe("smollm2-135m", [f"base={marks}"]).opening == opening
