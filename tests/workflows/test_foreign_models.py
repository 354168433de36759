"""Folders that somebody else made: no code of theirs runs, and no damage is answered with nonsense."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from huggingtweets import DataConfig, ReadOptions, TrainConfig, load_recipe, train
from huggingtweets.bases.loading import load_base
from huggingtweets.cli import app
from huggingtweets.training import adapters
from tests.helpers.tiny import small_base, varied_texts

WEIGHTS = "model.safetensors"
CODE = """
from pathlib import Path
Path({marker!r}).write_text("ran")
from transformers import GPT2Config, GPT2LMHeadModel, GPT2Tokenizer
class Config(GPT2Config): model_type = "planted"
class Model(GPT2LMHeadModel): config_class = Config
class Tokenizer(GPT2Tokenizer): pass
"""
SPEAKS = ("My", "-n", "1", "--seed", "1")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A base, posts, and the folders of a whole model, and of an adapter, that were trained with them."""
    place = tmp_path_factory.mktemp("foreign")
    base = small_base(place / "base")
    rows = [f'{i},"{text}"' for i, text in enumerate(varied_texts(150, seed=1))]
    (place / "posts.csv").write_text("\n".join(["id,text", *rows]), "utf-8")
    settings = [f"base={base}", "epochs=1", "evaluations=1", "sampling.max_new_tokens=20"]
    recipe = load_recipe("starter", settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUGGINGTWEETS_HOME", str(place / "home"))
        job = TrainConfig(
            data=DataConfig(locations=(str(place / "posts.csv"),), options=ReadOptions(name="Me")),
            recipe=recipe,
            out=place / "models" / "whole",
            tracker="none",
            evaluate=False,
        )
        train(job)
    shutil.copytree(place / "models" / "whole", place / "models" / "adapter")
    for name in (WEIGHTS, "config.json"):
        (place / "models" / "adapter" / name).unlink()
    loaded = load_base(str(base))
    adapters.save(adapters.adapt(loaded.model, recipe, loaded.base), place / "models" / "adapter")
    edit(place / "models" / "adapter" / "adapter_config.json", base_model_name_or_path="base")
    return place


@pytest.fixture
def here(place, tmp_path, monkeypatch):
    """A copy of them that a test may damage."""
    shutil.copytree(place, tmp_path / "here")
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "here" / "home"))
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def plant(folder, marker):
    """Let a folder bring its own Python for config, tokenizer and model."""
    (folder / "planted.py").write_text(CODE.format(marker=str(marker)))
    edit(
        folder / "config.json",
        model_type="planted",
        auto_map={
            "AutoConfig": "planted.Config",
            "AutoModelForCausalLM": "planted.Model",
        },
    )
    edit(
        folder / "tokenizer_config.json",
        tokenizer_class="Tokenizer",
        auto_map={
            "AutoTokenizer": ["planted.Tokenizer", "planted.Tokenizer"],
        },
    )


def edit(path, **fields):
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **fields}), "utf-8")


def scatter(file):
    """Let a folder's weights lie in a file of this name, as an index says."""

    def change(folder):
        (folder / WEIGHTS).rename(folder / "shard")
        index = {"metadata": {}, "weight_map": {"transformer.wte.weight": file}}
        (folder / f"{WEIGHTS}.index.json").write_text(json.dumps(index), "utf-8")
        torch.save({"transformer.wte.weight": torch.zeros(1)}, folder / "pickled.bin")

    return change


def name_weights(folder):
    edit(folder / "config.json", transformers_weights="adapter_model.bin")
    torch.save({"transformer.wte.weight": torch.zeros(1)}, folder / "adapter_model.bin")


def edit_weights(change):
    def damage(folder):
        weights = dict(load_file(folder / WEIGHTS))
        change(weights)
        save_file(weights, folder / WEIGHTS, {"format": "pt"})

    return damage


TRAINS = ("train", "posts.csv", "--name", "Me", "--recipe", "starter", "--base", "base", "--tracker", "none")
COMMANDS = {
    "generate": ("generate", "models/whole", *SPEAKS),
    "generate with an adapter": ("generate", "models/adapter", *SPEAKS),
    "evaluate": ("evaluate", "models/whole", "-n", "2"),
    "play": ("play", "models/whole", "--rounds", "1"),
    "merge": ("merge", "models/whole", "models/whole", "--out", "models/both"),
    "train": (*TRAINS, "--out", "models/new"),
    "sweep": ("sweep", *TRAINS[1:], "--trials", "1"),
    "pretrain": ("pretrain", "corpus.txt", "--out", "new", "--base", "base", "--tokens", "1000"),
    "reproduce": ("reproduce", "models/whole", "posts.csv"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_code_of_a_folder_never_runs(here, command):
    """Whoever answers "y" to every question still runs no Python that a model or base brought along."""
    (here / "corpus.txt").write_text("\n".join(varied_texts(400, seed=2)), "utf-8")
    for folder in (here / "base", here / "models" / "whole"):
        plant(folder, here / "ran")
    CliRunner().invoke(app, COMMANDS[command], input="y\n" * 20)
    assert not (here / "ran").exists()


def test_a_kernel_that_a_config_names_is_not_fetched(here):
    """Attention code of the Hub would be run, too."""
    edit(here / "models" / "whole" / "config.json", attn_implementation="somebody/attention")
    answer = CliRunner().invoke(app, COMMANDS["generate"])
    assert answer.exit_code == 2
    assert "code of somebody/attention, which is not run" in answer.stderr


def truncated(name):
    def damage(folder):
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2])

    return damage


def with_fields(name, **fields):
    return lambda folder: edit(folder / name, **fields)


def with_pattern(pattern):
    """Let the tokenizer split by a regular expression."""

    def damage(folder):
        split = {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}
        edit(folder / "tokenizer.json", pre_tokenizer=split)

    return damage


def renamed(weights):
    for name in list(weights):
        weights[f"other.{name}"] = weights.pop(name)


def cut_short(weights):
    name = "transformer.h.0.mlp.c_fc.weight"
    weights[name] = weights[name][:3].clone()


def made_nan(weights):
    for tensor in weights.values():
        tensor.mul_(float("nan"))


def spoilt(value):
    """Let one weight be no number: that of the last token, which no short text has."""
    return lambda weights: weights["transformer.wte.weight"][-1, 0].fill_(value)


def with_replacements(*replacements):
    """Let the tokenizer replace patterns by texts before it splits."""

    def damage(folder):
        parts = [{"type": "Replace", "pattern": each, "content": content} for each, content in replacements]
        edit(folder / "tokenizer.json", normalizer={"type": "Sequence", "normalizers": parts})

    return damage


def beginning_with(count):
    """Let the tokenizer put so many tokens before each text."""
    token = {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}
    special = {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [0], "tokens": ["<|endoftext|>"]}}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    processor = {"type": "TemplateProcessing", "single": [*[token] * count, text], "pair": [text, text]}
    return with_fields("tokenizer.json", post_processor={**processor, "special_tokens": special})


HARMS = {
    "a weight that is no number": (WEIGHTS, edit_weights(spoilt(float("nan")))),
    "a weight without end": (WEIGHTS, edit_weights(spoilt(float("-inf")))),
    "a letter that becomes a thousand": ("tokenizer.json", with_replacements(({"Regex": "."}, "x" * 1000))),
    "letters doubled thirty times": ("tokenizer.json", with_replacements(*[({"String": "a"}, "aa")] * 30)),
    "a thousand tokens before each text": ("tokenizer.json", beginning_with(1000)),
}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("command", ["generate", "train"])
def test_what_would_take_for_ever_or_end_in_nonsense_is_refused_when_it_is_loaded(here, harm, command):
    """As a model and as a base: one line that names the file, and it is the user's to choose another."""
    file, apply = HARMS[harm]
    apply(here / ("models/whole" if command == "generate" else "base"))
    answer = CliRunner().invoke(app, COMMANDS[command])
    assert answer.exit_code == 2, answer.output
    assert file in answer.stderr.splitlines()[-1]


def test_replacements_as_known_tokenizers_have_them_are_taken(here):
    """A space that becomes a sign, a line break that becomes a word, quotation marks that become one."""
    usual = [({"String": " "}, "\u2581"), ({"String": "\n"}, "<0x0A>"), ({"Regex": "``|''"}, '"')]
    with_replacements(*usual)(here / "models" / "whole")
    answer = CliRunner().invoke(app, COMMANDS["generate"])
    assert answer.exit_code == 0, answer.output


DAMAGES = {
    "weights cut off": (WEIGHTS, truncated(WEIGHTS)),
    "weights empty": (WEIGHTS, lambda folder: (folder / WEIGHTS).write_bytes(b"")),
    "no weight at all": (WEIGHTS, edit_weights(dict.clear)),
    "weights of another model": (WEIGHTS, edit_weights(renamed)),
    "one weight missing": (WEIGHTS, edit_weights(lambda w: w.pop("transformer.ln_f.bias"))),
    "one weight more": (WEIGHTS, edit_weights(lambda w: w.update(extra=torch.zeros(3)))),
    "a weight of another shape": (WEIGHTS, edit_weights(cut_short)),
    "weights that are no numbers": (WEIGHTS, edit_weights(made_nan)),
    "config cut off": ("config.json", truncated("config.json")),
    "config of nothing": ("config.json", lambda folder: (folder / "config.json").write_text("[]")),
    "layers in words": ("config.json", with_fields("config.json", n_layer="two")),
    "no heads": ("config.json", with_fields("config.json", n_head=-1)),
    "endless layers": ("config.json", with_fields("config.json", n_layer=10**15)),
    "unknown type": ("config.json", with_fields("config.json", model_type="nonsense")),
    "dtype": ("config.json", with_fields("config.json", dtype="\x1b[31mred")),
    "settings cut off": ("generation_config.json", truncated("generation_config.json")),
    "temperature in words": (
        "generation_config.json",
        with_fields("generation_config.json", temperature="hot"),
    ),
    "no temperature": ("generation_config.json", with_fields("generation_config.json", temperature=0)),
    "length in words": ("generation_config.json", with_fields("generation_config.json", max_new_tokens="x")),
    "no tokenizer": ("tokenizer.json is missing", lambda folder: (folder / "tokenizer.json").unlink()),
    "tokenizer cut off": ("tokenizer.json", truncated("tokenizer.json")),
    "deep tokenizer": ("tokenizer.json", lambda folder: (folder / "tokenizer.json").write_text("[" * 10**5)),
    "pattern that does not parse": ("tokenizer.json", with_pattern("(")),
    "pattern without end": ("tokenizer.json", with_pattern(r"(?<r>x\g<r>)")),
    "pattern that takes for ever": ("tokenizer.json", with_pattern(r"(?:(?:.|.)*)*(?:\1)\Z|(.|.)*(?!)x")),
    "end token of a number": ("tokenizer_config.json", with_fields("tokenizer_config.json", eos_token=7)),
    "class of a list": ("tokenizer_config.json", with_fields("tokenizer_config.json", tokenizer_class=[1])),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_one_line_that_names_the_file(here, damage):
    """No random weights write, it is nobody's riddle, and no escape code reaches the terminal."""
    file, apply = DAMAGES[damage]
    apply(here / "models" / "whole")
    answer = CliRunner().invoke(app, COMMANDS["generate"])
    assert answer.exit_code == 2, answer.output
    assert answer.stdout == ""
    assert file in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert "\x1b" not in answer.stderr


def test_an_adapter_that_lacks_weights_is_refused(here):
    """Its missing matrices would be random, too; and a pickled one is not read."""
    answer = CliRunner().invoke(app, COMMANDS["generate with an adapter"])
    assert answer.exit_code == 0, answer.output
    weights = here / "models" / "adapter" / "adapter_model.safetensors"
    tensors = dict(load_file(weights))
    save_file({name: tensors[name] for name in sorted(tensors)[1:]}, weights, {"format": "pt"})
    answer = CliRunner().invoke(app, COMMANDS["generate with an adapter"])
    assert (answer.exit_code, "adapter_model.safetensors lacks" in answer.stderr) == (2, True)
    weights.rename(weights.with_suffix(".bin"))
    answer = CliRunner().invoke(app, COMMANDS["generate with an adapter"])
    assert (answer.exit_code, "adapter_model.safetensors is missing" in answer.stderr) == (2, True)


@pytest.mark.parametrize("setting", [{"top_p": 1e-12}, {"temperature": 1e-40}])
def test_the_smallest_settings_end(here, setting):
    """A nucleus that is hardly ever hit, and a temperature that divides by nothing, still give posts."""
    edit(here / "models" / "whole" / "generation_config.json", **setting)
    answer = CliRunner().invoke(app, [*COMMANDS["generate"], "--no-filters"])
    assert (answer.exit_code, answer.stdout[:5]) == (0, "1. My"), answer.output


@pytest.mark.parametrize(
    "damage", [scatter("pickled.bin"), scatter("../../base/model.safetensors"), name_weights]
)
@pytest.mark.parametrize("loads", [("generate", "models/whole", *SPEAKS), (*TRAINS, "--out", "models/new")])
def test_weights_are_read_from_safetensors_of_the_folder_alone(here, monkeypatch, damage, loads):
    """No pickle is opened, whatever index or config say, and no file of another folder."""
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("a pickle was opened"))
    damage(here / ("models/whole" if loads[0] == "generate" else "base"))
    done = CliRunner().invoke(app, loads)
    assert done.exit_code == 2, done.output
    assert "safetensors" in done.stderr.splitlines()[-1]
