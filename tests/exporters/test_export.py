"""Export: what another program gets is the model, says what it is, and comes whole or not at all."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache

import gguf
import pytest
import torch
from gguf import GGUFReader
from msgspec.structs import replace
from safetensors.torch import load_file, save_file
from tokenizers import AddedToken
from transformers import (
    AutoTokenizer,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from huggingtweets import ModelFolder, Recipe, Record, Sampling, TrainingResult, export, load_recipe
from huggingtweets.bases import gguf_reader
from huggingtweets.bases.loading import load_base
from huggingtweets.errors import BaseError, ModelError, OutOfSpace, OutputExists, UserError
from huggingtweets.exporters import QUANTS, _architectures, _config, _tokenizer, names
from huggingtweets.exporters._folder_model import FolderModel
from huggingtweets.exporters._folder_network import folder_network
from huggingtweets.exporters._network import hidden_states, log_probabilities
from huggingtweets.exporters._readback import HARD_TEXTS
from huggingtweets.machine.device import Device
from huggingtweets.models import load_generator
from huggingtweets.tokenization.prefix import with_bos_token
from huggingtweets.tokenization.speakers import add_speakers, speakers
from huggingtweets.training import TrainOptions, train
from huggingtweets.training.saving import save_model
from huggingtweets.types import Account, Author, Base, Funnel, Tracked
from tests.helpers.commands import run
from tests.helpers.gguf_builder import SHAPE
from tests.helpers.tiny import (
    sentencepiece_tokenizer,
    tiny_base,
    tiny_dataset,
    tiny_tokenizer,
    varied_texts,
)

TEXTS = (*HARD_TEXTS, *varied_texts(50, seed=1))  # what the tokenizer is learnt from
SAMPLING = Sampling(temperature=0.75, top_p=0.9, max_new_tokens=33, repetition_penalty=1.25)


def record(name="Ada", base="tiny"):
    account = Account(handle="ada", name="Ada", source="table")
    funnel = Funnel(read=3, dropped={}, kept=3)
    return Record(
        name=name,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        version="1",
        recipe=Recipe(name="starter", base="tiny"),
        base=Base(name=base, digest="base-digest", licence="mit"),
        authors=(Author(account=account, funnel=funnel, characters=9, train=2, held_out=1),),
        split_by="time",
        dataset_digest="dataset-digest",
        model_digest="model-digest",
        curve=(),
        result=TrainingResult(metrics=()),
        seconds={},
        environment={},
        tracked=Tracked(tracker="none"),
    )


def saved(folder, model, tokenizer, **fields):
    """A model folder of a model in memory."""
    folder.mkdir(parents=True)
    save_model(model, tokenizer, SAMPLING, folder)
    ModelFolder(folder).save_record(record(**fields))
    return folder


@cache
def _learnt_tokenizer():
    return tiny_tokenizer(TEXTS)


def learnt_tokenizer():
    """A tokenizer of one's own, which may be changed; it is learnt once."""
    return deepcopy(_learnt_tokenizer())


def gpt2(place):
    loaded = load_base(str(tiny_base(place / "base", tokenizer=learnt_tokenizer())))
    return loaded.model, loaded.tokenizer


def llama(*, tied=True, **settings):
    torch.manual_seed(0)
    tokenizer = learnt_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        num_key_value_heads=1,
        tie_word_embeddings=tied,
        bos_token_id=0,
        eos_token_id=0,
        **{**SHAPE, "max_position_embeddings": 64, **settings},
    )
    return LlamaForCausalLM(config), tokenizer


SCALED = {
    "linear": {"rope_type": "linear", "rope_theta": 10000.0, "factor": 4.0},
    "llama 3": {
        "rope_type": "llama3",
        "rope_theta": 10000.0,
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32,
    },
}


def qwen3():
    torch.manual_seed(0)
    tokenizer = learnt_tokenizer()
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        num_key_value_heads=1,
        head_dim=32,
        max_position_embeddings=64,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
        **SHAPE,
    )
    return Qwen3ForCausalLM(config), tokenizer


def gemma3(*, spare=3, **settings):
    torch.manual_seed(0)
    tokenizer = sentencepiece_tokenizer(TEXTS)
    config = Gemma3TextConfig(
        vocab_size=len(tokenizer) + spare,
        num_key_value_heads=1,
        head_dim=32,
        query_pre_attn_scalar=32,
        sliding_window=8,
        max_position_embeddings=64,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        **{**SHAPE, "num_hidden_layers": 7, **settings},
    )
    return Gemma3ForCausalLM(config), tokenizer


GEMMA_4B = {  # how it embeds positions
    "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 8.0},
    "sliding_attention": {"rope_type": "default", "rope_theta": 5e3},
}
MODELS = {
    "gpt2": gpt2,
    "llama": lambda _: llama(),
    "llama with a head of its own": lambda _: llama(tied=False),
    "llama, linear": lambda _: llama(rope_parameters=SCALED["linear"]),
    "llama 3": lambda _: llama(rope_parameters=SCALED["llama 3"]),
    "qwen3": lambda _: qwen3(),
    "gemma3": lambda _: gemma3(),
    "gemma3, linear": lambda _: gemma3(rope_parameters=GEMMA_4B),
}


USUAL = ("gpt2", "gemma3")  # written in every format in a usual run


def spread(model):
    """The same model with weights far from each other, so that every one of them matters."""
    torch.manual_seed(1)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, mean=1.0 if parameter.ndim == 1 else 0.02, std=0.3)
    return model


@pytest.fixture(params=MODELS)
def any_model(request, tmp_path):
    """A model folder of each architecture, and the model in memory."""
    model, tokenizer = MODELS[request.param](tmp_path)
    return saved(tmp_path / "models" / "ada", model, tokenizer), model


@pytest.fixture(params=MODELS)
def spread_model(request, tmp_path):
    """The same, all of whose weights matter."""
    model, tokenizer = MODELS[request.param](tmp_path)
    return saved(tmp_path / "models" / "ada", spread(model), tokenizer), model


@pytest.fixture
def model(tmp_path, monkeypatch):
    """A GPT-2 in models/ada, below the current folder."""
    monkeypatch.chdir(tmp_path)
    return saved(tmp_path / "models" / "ada", *gpt2(tmp_path))


def fields(path):
    reader = GGUFReader(path)
    return {name: field.contents() for name, field in reader.fields.items()}


def logits(model, ids):
    with torch.inference_mode():
        return model.eval()(ids, attention_mask=torch.ones_like(ids)).logits


def test_a_file_that_was_exported_is_a_base_again(spread_model, tmp_path):
    """With f32 it gives the same logits at every place of the context, and the same tokens."""
    folder, model = spread_model
    exported = export(folder, to="gguf", quant="f32", out=tmp_path / "out")
    [file] = (tmp_path / "out").iterdir()
    assert exported.files == (file.name,) == ("Ada-f32.gguf",)
    written = load_base(str(file))
    ids = torch.randint(len(written.tokenizer), (2, 64))
    torch.testing.assert_close(logits(written.model, ids), logits(model, ids))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    for text in HARD_TEXTS:
        ours, theirs = (
            t(text, add_special_tokens=False)["input_ids"] for t in (tokenizer, written.tokenizer)
        )
        assert ours == theirs


SETTINGS = ("epochs=1", "batch_tokens=256", "evaluations=1", "sampling.max_new_tokens=9")


@pytest.mark.parametrize("kind", ["llama", "gemma3"])
def test_a_base_may_have_a_special_token_for_which_it_has_no_embedding(kind, tmp_path):
    """As Gemma 3's for a picture, in its models that see none: it is trained, writes, and is exported.

    To the model it is text as any other. Models of earlier versions still have the token.
    """
    model, tokenizer = llama() if kind == "llama" else gemma3(spare=0)
    rows = len(tokenizer)
    tokenizer.add_tokens([AddedToken("<picture>", special=True)], special_tokens=True)
    assert len(tokenizer) > rows == model.get_input_embeddings().weight.shape[0]
    for part in (model, tokenizer):
        part.save_pretrained(tmp_path / "base")
    recipe = load_recipe("starter", [f"base={tmp_path / 'base'}", *SETTINGS])
    folder, base = tmp_path / "m", load_base(str(tmp_path / "base"))
    folder.mkdir()
    posts = tiny_dataset()
    [first, *others] = posts.train
    posts = replace(posts, train=(replace(first, text="a <picture> of it"), *others))
    train(posts, recipe, base, folder, TrainOptions(device=Device("cpu", "test", bf16=False)))
    ModelFolder(folder).save_record(record())
    generator = load_generator(folder)
    assert [sample.text for sample in generator.generate(count=2, seed=1).samples] != ["", ""]
    assert generator.generate("a <picture> of", seed=1).samples[0].text.startswith("a <picture> of")
    with_bos_token(tokenizer).save_pretrained(folder)
    with pytest.raises(UserError, match="'<picture>', which this model has no token for"):
        load_generator(folder).generate("a <picture> of")
    export(folder, to="gguf", quant="f32", out=tmp_path / "out")
    assert fields(tmp_path / "out" / "Ada-f32.gguf")["tokenizer.ggml.tokens"][-1] != "<picture>"
    settings = json.loads((folder / "generation_config.json").read_text("utf-8"))
    assert rows not in settings.get("suppress_tokens", [])


@pytest.mark.parametrize("scaling", SCALED)
def test_scaled_positions_are_in_the_file(scaling, tmp_path):
    """What the frequencies are divided by is written as llama.cpp reads it, and nothing where it is 1."""
    model, tokenizer = llama(rope_parameters=SCALED[scaling])
    export(saved(tmp_path / "m", model, tokenizer), to="gguf", quant="f32", out=tmp_path / "out")
    tensors = {t.name: torch.tensor(t.data) for t in GGUFReader(tmp_path / "out" / "Ada-f32.gguf").tensors}
    exponents = torch.arange(0, len(tensors["rope_freqs.weight"])) / len(tensors["rope_freqs.weight"])
    scaled = 10000.0**-exponents / tensors["rope_freqs.weight"]
    torch.testing.assert_close(scaled, model.model.rotary_emb.inv_freq)
    assert tensors["rope_freqs.weight"].max() == pytest.approx(SCALED[scaling]["factor"])


def test_what_to_do_with_an_export_names_its_folder(model, tmp_path):
    """The command at the end can be copied, blanks in the path included."""
    out = tmp_path / "my bot"
    assert export(model, to="ollama", out=out).warning.endswith(f"ollama create NAME -f '{out}'/Modelfile")


@pytest.mark.parametrize(
    ("any_model", "quant"),
    [
        pytest.param(name, quant, marks=() if name in USUAL or quant == "q8_0" else pytest.mark.slow)
        for name in MODELS
        for quant in QUANTS
    ],
    indirect=["any_model"],
)
def test_every_format_passes_its_checks(quant, any_model, tmp_path):
    """The matrices have the format that was asked for, vectors stay exact, and what was compared is told."""
    exported = export(any_model[0], to="gguf", quant=quant, out=tmp_path / "out")
    tensors = {t.name: t.tensor_type for t in GGUFReader(tmp_path / "out" / f"Ada-{quant}.gguf").tensors}
    assert tensors["token_embd.weight"] == gguf.GGMLQuantizationType[quant.upper()]
    assert tensors["output_norm.weight"] == gguf.GGMLQuantizationType.F32
    assert [check.what for check in exported.checks] == [
        "weights read back",
        "tokens of hard texts",
        "next-token predictions",
    ]


def test_the_file_says_what_it_is(model, tmp_path):
    """That it is a bot without a copy filter, of whom, from which base, and how it is sampled from."""
    exported = export(model, to="gguf", out=tmp_path / "out")
    told = fields(tmp_path / "out" / "Ada-f16.gguf")
    assert told["general.architecture"] == "gpt2"
    assert "bot that writes like @ada" in told["general.description"]
    assert told["general.license"] == "mit"
    assert told["huggingtweets.bot"] is True
    assert told["huggingtweets.copy_filter"] == exported.warning
    assert "no copy filter" in exported.warning
    assert told["huggingtweets.model_digest"] == "model-digest"
    assert told["gpt2.context_length"] == 64
    assert told["tokenizer.ggml.add_bos_token"] is True
    sampling = {key.rpartition(".")[2]: value for key, value in told.items() if ".sampling." in key}
    assert sampling.pop("sequence") == "penalties;temperature;top_p"
    assert sampling == pytest.approx(
        {
            "temp": 0.75,
            "top_p": 0.9,
            "top_k": 0,
            "min_p": 0,
            "penalty_repeat": 1.25,
            "penalty_last_n": 33,
        }
    )


def test_ollama_gets_the_file_and_how_to_sample_from_it(model):
    """Prompts go to the model as they are, tokens are drawn as here, and nothing is left to defaults."""
    exported = export("ada", to="ollama")
    assert exported.files == ("Ada-f16.gguf", "Modelfile")
    lines = (model.parents[1] / exported.folder / "Modelfile").read_text("utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        "FROM ./Ada-f16.gguf",
        "TEMPLATE {{ .Prompt }}",
        "PARAMETER temperature 0.75",
        "PARAMETER top_p 0.9",
        "PARAMETER top_k 0",
        "PARAMETER min_p 0",
        "PARAMETER repeat_penalty 1.25",
        "PARAMETER repeat_last_n 33",
        "PARAMETER num_predict 33",
        "PARAMETER num_ctx 64",
    ]
    assert any("no copy filter" in line for line in lines)


def test_ollama_gets_whole_numbers_as_digits(tmp_path):
    """Its parser refuses an exponent where it expects a whole number, as of a post of a million tokens."""
    model, tokenizer = llama(max_position_embeddings=2**20)
    folder = saved(tmp_path / "m", model, tokenizer)
    settings = json.loads((folder / "generation_config.json").read_text("utf-8"))
    settings["max_new_tokens"] = 1_000_000
    (folder / "generation_config.json").write_text(json.dumps(settings), "utf-8")
    export(folder, to="ollama", out=tmp_path / "out")
    lines = (tmp_path / "out" / "Modelfile").read_text("utf-8").splitlines()
    assert "PARAMETER num_predict 1000000" in lines
    assert "PARAMETER num_ctx 4096" in lines, (
        "Ollama reserves memory for all of a context, gigabytes for a long one"
    )


@pytest.mark.parametrize("name", ["a\nFROM evil", "../../up", "a\u2028b c", "日本"])
def test_a_name_cannot_add_instructions_or_climb(name, tmp_path, monkeypatch):
    """Whatever the model is called, the folder is below exports/ and the Modelfile has its own lines only."""
    monkeypatch.chdir(tmp_path)
    folder = saved(tmp_path / "m", *gpt2(tmp_path), name=name)
    ModelFolder(folder).save_record(
        replace(ModelFolder(folder).record, authors=())
    )  # so that the name is shown
    exported = export(folder, to="ollama")
    [made] = (tmp_path / "exports").iterdir()
    assert made.name == exported.folder.rpartition("/")[2]
    lines = (made / "Modelfile").read_text("utf-8").splitlines()
    assert len(lines) == 12
    assert (made / lines[2].removeprefix("FROM ")).is_file()


def test_a_model_of_several_speaks_as_one(tmp_path):
    """Posts begin with the token of the speaker who was named; without one nothing is written."""
    model, tokenizer = gpt2(tmp_path)
    add_speakers(model, tokenizer, ["ada", "bob"])
    folder = saved(tmp_path / "m", model, tokenizer)
    with pytest.raises(UserError, match="--as with one of ada, bob"):
        export(folder, to="gguf", out=tmp_path / "out")
    with pytest.raises(UserError, match="--as eve: expected one of ada, bob"):
        export(folder, to="gguf", speaker="eve", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    export(folder, to="gguf", speaker="@Bob", out=tmp_path / "out")
    told = fields(tmp_path / "out" / "Ada_bob-f16.gguf")
    assert told["tokenizer.ggml.bos_token_id"] == speakers(tokenizer)["bob"]
    assert told["huggingtweets.speaker"] == "bob"


def neox(_):
    tokenizer = learnt_tokenizer()
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    return GPTNeoXForCausalLM(GPTNeoXConfig(vocab_size=len(tokenizer), **shape)), tokenizer


def scaled_llama(_):
    return llama(rope_parameters={"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0})


def odd_words(place):
    model, tokenizer = gpt2(place)
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    state["pre_tokenizer"] = {"type": "Whitespace"}
    fast = type(tokenizer.backend_tokenizer).from_str(json.dumps(state))
    return model, type(tokenizer)(tokenizer_object=fast, eos_token=tokenizer.eos_token)


def other_layers(_):
    return gemma3(layer_types=["sliding_attention", "full_attention"] * 3 + ["full_attention"])


def missing_merge(_):
    model, tokenizer = gemma3()
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    state["model"]["merges"].pop()
    fast = type(tokenizer.backend_tokenizer).from_str(json.dumps(state))
    return model, type(tokenizer)(tokenizer_object=fast, **tokenizer.special_tokens_map)


def overflowing(place):
    model, tokenizer = gpt2(place)
    model.transformer.wte.weight.data[3, 3] = 1e6
    return model, tokenizer


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (neox, "architecture gpt_neox cannot be exported yet"),
        (scaled_llama, "variant of llama that cannot be exported yet"),
        (odd_words, "tokenizer of this model"),
        (other_layers, "variant of gemma3_text that cannot be exported yet"),
        (missing_merge, "merges otherwise than llama.cpp does"),
        (overflowing, "export with --quant f32"),
    ],
)
def test_what_cannot_be_exported_is_refused(make, told, tmp_path):
    """One line says why and what to do, and nothing is left behind."""
    folder = saved(tmp_path / "m", *make(tmp_path))
    place = tmp_path / "place"
    place.mkdir()
    with pytest.raises(ModelError, match=told) as error:
        export(folder, to="gguf", out=place / "out")
    assert "\n" not in str(error.value)
    assert list(place.iterdir()) == []


def test_an_ngram_model_is_refused(ngram_model, tmp_path):
    """No other program runs one."""
    with pytest.raises(ModelError, match="n-gram model"):
        export(ngram_model, to="gguf", out=tmp_path / "out")


def test_an_adapter_is_refused(model, tmp_path):
    """The message says how to train a whole model."""
    (model / "model.safetensors").rename(model / "adapter_model.safetensors")
    with pytest.raises(ModelError, match="--set merge_adapter=true"):
        export(model, to="gguf", out=tmp_path / "out")


def test_a_model_whose_weights_are_missing_is_no_adapter(model, tmp_path):
    """Of a folder that was copied in part the message says what it lacks."""
    (model / "model.safetensors").unlink()
    with pytest.raises(ModelError, match="ada has no weights; copy the model again"):
        export(model, to="gguf", out=tmp_path / "out")


def test_what_is_there_stays(model, tmp_path):
    """A folder is replaced only with --overwrite, and the model itself never."""
    out = tmp_path / "out"
    export(model, to="gguf", out=out)
    with pytest.raises(OutputExists, match="--overwrite"):
        export(model, to="ollama", out=out)
    assert [path.name for path in out.iterdir()] == ["Ada-f16.gguf"]
    export(model, to="ollama", out=out, overwrite=True)
    assert (out / "Modelfile").is_file()
    for place in (model, model.parent, tmp_path):
        with pytest.raises(UserError, match="holds the model itself"):
            export(model, to="gguf", out=place, overwrite=True)
    assert (model / "model.safetensors").is_file()


@pytest.mark.parametrize("free", [10_000, 90_000])
def test_a_disk_that_fills_while_a_file_is_written_is_said(free, model, small_disk):
    """It is the error of all full disks, among weights, too; nothing is left there."""
    (small_disk / "filling").write_bytes(bytes(300_000 - free))
    with pytest.raises(OutOfSpace, match="no space left"):
        export(model, to="gguf", quant="f32", out=small_disk / "out")
    assert [path.name for path in small_disk.iterdir()] == ["filling"]


def test_unknown_settings_are_refused(model):
    """The message lists what there is."""
    with pytest.raises(UserError, match=r"expected gguf, .*; ollama, .*; web, "):
        export(model, to="tflite")
    with pytest.raises(UserError, match="expected one of f32, f16, q8_0, q4_0"):
        export(model, to="gguf", quant="q2")
    with pytest.raises(UserError, match="--as ada: this model has one voice only"):
        export(model, to="gguf", speaker="ada")


def test_a_file_is_compared_with_what_transformers_computes(spread_model):
    """The model's side of the comparison has the probabilities of transformers, after every token."""
    folder, model = spread_model
    network = folder_network(FolderModel(folder))
    texts = [torch.randint(network.vocabulary, (length,)).tolist() for length in (1, 40, 9)]
    for text, states in zip(texts, hidden_states(network, texts), strict=True):
        expected = logits(model, torch.tensor([text]))[0].double().log_softmax(-1)
        found = torch.tensor(log_probabilities(network, states))
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def without(kind):
    """How tensors are arranged, with one architecture forgotten."""
    return {key: arrange for key, arrange in _architectures._ARRANGED.items() if key is not kind}


FAULTS = {
    "a matrix is not turned": (gpt2, "_architectures._TRANSPOSED", ("attn.c_attn",), "cannot be read back"),
    "rows stay in their places": (
        MODELS["llama"],
        "_architectures._ARRANGED",
        without(_config.Llama),
        "predicts otherwise",
    ),
    "norms miss one": (
        MODELS["gemma3"],
        "_architectures._ARRANGED",
        without(_config.Gemma3),
        "predicts otherwise",
    ),
    "positions are not scaled": (
        MODELS["llama 3"],
        "_architectures._ROTATION_FACTORS",
        "rope_other.weight",
        "predicts otherwise",
    ),
    "words are cut otherwise": (
        gpt2,
        "_tokenizer._NAMES",
        {(_tokenizer._BYTE_LEVEL,): "smollm"},
        "reads .* otherwise",
    ),
    "tokens are scored otherwise": (
        MODELS["gemma3"],
        "_tokenizer._scores",
        lambda _, rows: [float(number) for number in range(rows)],
        "reads .* otherwise",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_written_otherwise_is_not_kept(fault, tmp_path, monkeypatch):
    """A file that another program would read as another model is found when it is read back."""
    make, name, value, told = FAULTS[fault]
    model, tokenizer = make(tmp_path)
    folder = saved(tmp_path / "m", spread(model), tokenizer)
    monkeypatch.setattr(f"huggingtweets.exporters.{name}", value)
    with pytest.raises(ModelError, match=told):
        export(folder, to="gguf", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def no_number(folder):
    tensors = load_file(folder / "model.safetensors")
    tensors["transformer.ln_f.weight"][0] = math.nan
    save_file(tensors, folder / "model.safetensors", {"format": "pt"})


def cut_off(folder):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def edited(name, **fields):
    def edit(folder):
        config = json.loads((folder / name).read_text("utf-8"))
        (folder / name).write_text(json.dumps({**config, **fields}), "utf-8")

    return edit


def too_many_tokens(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["more", "than", "fit"])
    tokenizer.save_pretrained(folder)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (no_number, "no numbers"),
        (cut_off, "model.safetensors"),
        (too_many_tokens, "tokenizer is of another model"),
        (edited("config.json", n_layer="two"), "config.json"),
        (edited("config.json", n_layer=3), "lacks transformer.h.2"),
        (edited("config.json", n_layer=10_000), "more layers"),
        (edited("config.json", vocab_size=7), "7 tokens"),
        (edited("config.json", n_positions=32), "do not fit"),
        (edited("config.json", n_embd=48), "do not fit"),
        (edited("config.json", activation_function="relu"), "variant of gpt2"),
        (edited("generation_config.json", temperature=-1), "generation_config.json"),
        (edited("generation_config.json", temperature=0), "generation_config.json"),
    ],
)
def test_a_damaged_model_is_refused(damage, told, model, tmp_path):
    """One line says which file is at fault, and nothing is left behind."""
    damage(model)
    with pytest.raises(ModelError, match=told) as error:
        export(model, to="gguf", out=tmp_path / "out")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("target", [pytest.param("gguf", marks=pytest.mark.slow), "ollama"])
def test_an_export_imports_neither_torch_nor_transformers(target, model, tmp_path):
    """Both take longer to import than a small model to export."""
    code = (
        "import sys, huggingtweets as h, pathlib as p;"
        f"h.export({str(model)!r}, to={target!r}, out=p.Path({str(tmp_path / 'out')!r}));"
        "print(sorted({'torch', 'transformers'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_positions_that_are_scaled_in_an_unknown_way_are_refused(tmp_path):
    """A base that would read positions otherwise than it learnt them is not taken."""
    model, tokenizer = llama(rope_parameters=SCALED["llama 3"])
    folder = saved(tmp_path / "m", model, tokenizer)
    [name] = export(folder, to="gguf", quant="f32", out=tmp_path / "out").files
    file = GGUFReader(tmp_path / "out" / name, "r+")
    [factors] = [tensor for tensor in file.tensors if tensor.name == "rope_freqs.weight"]
    factors.data[1] *= 1.5
    file.data.flush()
    with pytest.raises(BaseError, match="positions are scaled in a way that is not known"):
        load_base(str(tmp_path / "out" / name))


@pytest.mark.usefixtures("model")
def test_the_command_writes_a_folder_and_warns(tmp_path):
    """It says what it checked and wrote, and that there is no filter; then it is one line and exit code 2."""
    assert {"gguf", "ollama", "web"} <= {*names()}
    done = run("export", "ada", "--to", "ollama", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "exports/ada_ollama/Modelfile" in done.stdout
    assert "Checked: tokens of hard texts: the same" in done.stdout
    assert "no copy filter" in done.stderr
    again = run("export", "ada", "--to", "ollama", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (2, "")
    assert len(again.stderr.strip().splitlines()) == 1
    told = json.loads(run("export", "ada", "--to", "gguf", "--quant", "q8_0", "--json", cwd=tmp_path).stdout)
    assert told["files"] == ["Ada-q8_0.gguf"]
    assert "no copy filter" in told["warning"]


def test_an_export_reads_its_file_once(any_model, tmp_path, monkeypatch):
    """All checks look at one opening of the file; config, tokenizer and weights are taken from it, too."""
    opened, reader = [], gguf_reader.PlainReader
    monkeypatch.setattr(gguf_reader, "PlainReader", lambda path: opened.append(path.name) or reader(path))
    export(any_model[0], to="gguf", out=tmp_path / "out")
    assert opened == ["Ada-f16.gguf"]


def test_the_library_gguf_is_left_as_it_is(any_model, tmp_path):
    """Its reader is another one only while transformers loads a file; other users of it notice nothing."""
    export(any_model[0], to="gguf", out=tmp_path / "out")
    load_base(str(tmp_path / "out" / "Ada-f16.gguf"))
    assert gguf.GGUFReader is GGUFReader is gguf.gguf_reader.GGUFReader
    assert gguf.get_tensor_name_map is gguf.tensor_mapping.get_tensor_name_map
