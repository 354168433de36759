"""`begin_line`: an end of line stands between the begin token and each post, and nobody sees it."""

from __future__ import annotations

import json

import pytest
import torch
from msgspec.structs import replace
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import AutoTokenizer, PreTrainedTokenizerFast, pipeline

from huggingtweets import export, load_recipe
from huggingtweets.bases.opening import opening
from huggingtweets.exporters.ollama import MODELFILE
from huggingtweets.generation.filters import write_filters
from huggingtweets.generation.folder_tokenizer import FolderTokenizer
from huggingtweets.generation.folder_writer import FolderWriter
from huggingtweets.generation.generator import Generator
from huggingtweets.models.neural import load_base as load_untaught
from huggingtweets.training import (
    Device,
    Predictor,
    TrainOptions,
    begin_with_line,
    load_base,
    train,
    with_begin_token,
)
from huggingtweets.training.batches import IGNORE_INDEX, batches, encode
from huggingtweets.types import Sampling
from tests.exporters.test_export import fields, saved
from tests.helpers.tiny import WORDS, tiny_base, tiny_dataset, tiny_texts

CPU = Device("cpu", "test", bf16=False)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def taught(base, tmp_path_factory):
    """A model folder that was taught so, and the result of the run."""
    folder = tmp_path_factory.mktemp("taught")
    settings = [f"base={base}", "learning_rate=1e-2", "batch_tokens=256", "epochs=4", "begin_line=true"]
    options = TrainOptions(device=CPU)
    result = train(tiny_dataset(), load_recipe("starter", settings), load_base(str(base)), folder, options)
    return folder, result


def opened(base):
    loaded = load_base(str(base))
    begin_with_line(loaded.tokenizer)
    return loaded


def test_the_end_of_line_is_given_and_not_learnt(base):
    """It is an input at the second position of a text's first row, and no target; all else is learnt once."""
    tokenizer = opened(base).tokenizer
    [line] = tokenizer("\n", add_special_tokens=False)["input_ids"]
    text = " ".join(tiny_texts(30))
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    [batch] = batches(encode([text], tokenizer, 64), 4096, 0, None)
    learnt = batch.targets != IGNORE_INDEX
    assert batch.inputs.flatten()[:3].tolist() == [tokenizer.bos_token_id, line, ids[0]]
    assert batch.targets.flatten()[:2].tolist() == [IGNORE_INDEX, ids[0]]
    assert batch.inputs.min() >= 0
    assert batch.targets[learnt].tolist() == [*ids, tokenizer.eos_token_id]
    assert batch.tokens == len(ids) + 1


def test_a_text_costs_what_the_model_gives_it_after_the_end_of_line(base):
    """The bits of a text are those of its tokens and its end, with begin token and end of line before it."""
    loaded = opened(base)
    text = tiny_texts(3)[2]
    ids = loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
    row = torch.tensor(
        [[*with_begin_token(loaded.tokenizer)("")["input_ids"], *ids, loaded.tokenizer.eos_token_id]]
    )
    with torch.inference_mode():
        found = loaded.model.eval()(row[:, :-1]).logits[0].double().log_softmax(-1)
    expected = -found.gather(1, row[0, 1:, None])[1:].sum().item() / torch.log(torch.tensor(2.0)).item()
    [bits] = Predictor(loaded.model, loaded.tokenizer, CPU).bits([text])
    assert bits == pytest.approx(expected, rel=1e-4)


def test_the_saved_tokenizer_puts_both_before_a_prompt(taught):
    """In transformers and without them; a model that is taught further from the folder keeps it."""
    folder, _ = taught
    for tokenizer in (AutoTokenizer.from_pretrained(folder), FolderTokenizer(folder)):
        [line] = tokenizer("\n", add_special_tokens=False)["input_ids"]
        words = tokenizer("the lamp", add_special_tokens=False)["input_ids"]
        assert tokenizer("the lamp")["input_ids"] == [tokenizer.bos_token_id, line, *words]
        assert opening(tokenizer) == [line]
    further = load_base(str(folder)).tokenizer
    assert opening(with_begin_token(further)) == opening(further) == [line]


@pytest.mark.parametrize("prompt", ["", "the lamp", " \u00e9"])
def test_no_text_shows_it(taught, prompt):
    """Texts begin with the prompt and hold no end of line; both ways to write give the same."""
    folder, result = taught
    short = Sampling(temperature=0.5, max_new_tokens=12)
    writers = (Generator.load(folder), FolderWriter.open(folder, torch.float32))
    drawn = [writer.generate(prompt, count=6, sampling=short, seed=2).samples for writer in writers]
    assert [s.text for s in drawn[0]] == [s.text for s in drawn[1]]
    assert all(s.text.startswith(prompt) and "\n" not in s.text for s in drawn[0])
    assert result.curve[-1].bits_per_byte < 0.8 * result.curve[0].bits_per_byte


def test_the_pipeline_of_transformers_shows_none_either(taught):
    """What others run with the folder alone begins with the prompt."""
    writer = pipeline("text-generation", model=str(taught[0]))
    [entry] = writer("the lamp", max_new_tokens=5)
    assert entry["generated_text"].startswith("the lamp")


def test_it_stands_behind_the_token_of_a_speaker(base, tmp_path):
    """In a model of several authors their token comes first, in training and in writing."""
    data = tiny_dataset()
    authors = [replace(post, author=("ada", "bob")[n % 2]) for n, post in enumerate(data.train)]
    held = [replace(post, author="ada") for post in data.held_out]
    settings = [f"base={base}", "epochs=1", "speakers=true", "begin_line=true"]
    train(
        replace(data, train=tuple(authors), held_out=tuple(held)),
        load_recipe("starter", settings),
        load_base(str(base)),
        tmp_path,
        TrainOptions(device=CPU),
    )
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    [line] = tokenizer("\n", add_special_tokens=False)["input_ids"]
    speaker = tokenizer.convert_tokens_to_ids("<|@ada|>")
    [[row]] = encode(["the lamp"], tokenizer, 64, ["ada"])
    assert row[:2] == (speaker, ~line)
    tokens = Generator.load(tmp_path)._tokens
    assert tokens.begin("the", 1, "ada")[0, :2].tolist() == [speaker, line]


def test_exports_put_it_before_prompts_or_say_that_it_is_to_be_put_there(base, tmp_path):
    """The page and Ollama put it there; a file alone says so in its metadata and in the warning."""
    loaded = opened(base)
    folder = saved(tmp_path / "m", loaded.model, loaded.tokenizer)
    write_filters(tiny_texts(20), 8, folder)
    made = {to: export(folder, to=to, out=tmp_path / to) for to in ("gguf", "ollama", "web")}
    modelfile = (tmp_path / "ollama" / MODELFILE).read_text("utf-8").splitlines()
    assert 'TEMPLATE """{{ "\\n" }}{{ .Prompt }}"""' in modelfile
    assert json.loads((tmp_path / "web" / "bot.json").read_text("utf-8"))["opening"] == "\n"
    [file] = (tmp_path / "gguf").iterdir()
    assert fields(file)["huggingtweets.opening"] == "\n"
    assert "end of line" in made["gguf"].warning
    assert not any("end of line" in made[to].warning for to in ("ollama", "web"))


def test_the_base_is_judged_in_the_same_form(base):
    """The untaught base, beside which a model is measured, reads the same tokens before a post."""
    recipe = load_recipe("starter", [f"base={base}", "begin_line=true"])
    assert opening(load_untaught(recipe).tokenizer)


def test_a_base_without_a_token_for_it_is_taught_without():
    """Where an end of line is no single token, nothing is put there, and nothing fails."""
    backend = Tokenizer(WordLevel({word: number for number, word in enumerate(["<s>", *WORDS])}))
    backend.pre_tokenizer = Whitespace()
    ends = dict.fromkeys(("bos_token", "eos_token"), "<s>")
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, **ends)
    begin_with_line(tokenizer)
    assert opening(tokenizer) == []
    assert len(with_begin_token(tokenizer)("lamp")["input_ids"]) == 2
