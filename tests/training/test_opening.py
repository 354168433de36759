"""`opening`: a text of the recipe stands between the BOS token and each post, and nobody sees it."""

from __future__ import annotations

import json

import pytest
import torch
from msgspec.structs import replace
from tokenizers import normalizers
from transformers import AutoTokenizer, pipeline

from huggingtweets import export, load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.errors import RecipeError
from huggingtweets.exporters.ollama import MODELFILE
from huggingtweets.generation.filters import write_filters
from huggingtweets.generation.folder_generator import FolderGenerator
from huggingtweets.generation.folder_tokenizer import FolderTokenizer
from huggingtweets.generation.transformers_generator import TransformersGenerator
from huggingtweets.machine.device import Device
from huggingtweets.models.neural import load_base as load_untaught
from huggingtweets.tokenization.opening import opening
from huggingtweets.tokenization.prefix import set_opening, with_bos_token
from huggingtweets.training import Predictor, TrainOptions, train
from huggingtweets.training.batches import IGNORE_INDEX, batches, encode
from huggingtweets.types import Sampling
from tests.exporters.test_export import fields, saved
from tests.helpers.tiny import small_base, tiny_base, tiny_dataset, tiny_texts

CPU = Device("cpu", "test", bf16=False)
OPENING = "Post:\n"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return tiny_base(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def taught(base, tmp_path_factory):
    """A model folder that was taught so, and the result of the run."""
    folder = tmp_path_factory.mktemp("taught")
    settings = [f"base={base}", "learning_rate=1e-2", "batch_tokens=256", "epochs=4", f"opening={OPENING}"]
    options = TrainOptions(device=CPU)
    result = train(tiny_dataset(), load_recipe("starter", settings), load_base(str(base)), folder, options)
    return folder, result


def opened(base, text=OPENING):
    loaded = load_base(str(base))
    set_opening(loaded.tokenizer, text)
    return loaded


def test_the_opening_is_given_and_not_learnt(base):
    """Its tokens are inputs after the BOS token of its first row, and no targets; the rest is learnt."""
    tokenizer = opened(base).tokenizer
    given = tokenizer(OPENING, add_special_tokens=False)["input_ids"]
    text = " ".join(tiny_texts(30))
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    [batch] = batches(encode([text], tokenizer, 64), 4096, 0, None)
    learnt = batch.targets != IGNORE_INDEX
    count = len(given)
    assert batch.inputs.flatten()[: count + 2].tolist() == [tokenizer.bos_token_id, *given, ids[0]]
    assert batch.targets.flatten()[: count + 1].tolist() == [*[IGNORE_INDEX] * count, ids[0]]
    assert batch.inputs.min() >= 0
    assert batch.targets[learnt].tolist() == [*ids, tokenizer.eos_token_id]
    assert batch.tokens == len(ids) + 1


def test_a_text_costs_what_the_model_gives_it_after_the_opening(base):
    """The bits of a text are those of its tokens and its end, with BOS token and opening before it."""
    loaded = opened(base)
    text = tiny_texts(3)[2]
    ids = loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
    before = with_bos_token(loaded.tokenizer)("")["input_ids"]
    row = torch.tensor([[*before, *ids, loaded.tokenizer.eos_token_id]])
    with torch.inference_mode():
        found = loaded.model.eval()(row[:, :-1]).logits[0].double().log_softmax(-1)
    expected = (
        -found.gather(1, row[0, 1:, None])[len(before) - 1 :].sum().item()
        / torch.log(torch.tensor(2.0)).item()
    )
    [bits] = Predictor(loaded.model, loaded.tokenizer, CPU).bits([text])
    assert bits == pytest.approx(expected, rel=1e-4)


def test_the_saved_tokenizer_puts_both_before_a_prompt(taught):
    """In transformers and without them; a model that is taught further from the folder keeps it."""
    folder, _ = taught
    for tokenizer in (AutoTokenizer.from_pretrained(folder), FolderTokenizer(folder)):
        given = tokenizer(OPENING, add_special_tokens=False)["input_ids"]
        words = tokenizer("the lamp", add_special_tokens=False)["input_ids"]
        assert tokenizer("the lamp")["input_ids"] == [tokenizer.bos_token_id, *given, *words]
        assert opening(tokenizer) == given
    further = load_base(str(folder)).tokenizer
    assert opening(with_bos_token(further)) == opening(further) == given


@pytest.mark.parametrize("prompt", ["", "the lamp", " \u00e9"])
def test_no_text_shows_it(taught, prompt):
    """Texts begin with the prompt, and nothing stands before it; both ways to write give the same."""
    folder, result = taught
    short = Sampling(temperature=0.5, max_new_tokens=12)
    writers = (TransformersGenerator.load(folder), FolderGenerator.open(folder, torch.float32))
    drawn = [writer.generate(prompt, count=6, sampling=short, seed=2).samples for writer in writers]
    assert [s.text for s in drawn[0]] == [s.text for s in drawn[1]]
    assert all(s.text.startswith(prompt) and "Post" not in s.text for s in drawn[0])
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
    settings = [f"base={base}", "epochs=1", "speakers=true", f"opening={OPENING}"]
    train(
        replace(data, train=tuple(authors), held_out=tuple(held)),
        load_recipe("starter", settings),
        load_base(str(base)),
        tmp_path,
        TrainOptions(device=CPU),
    )
    tokenizer = AutoTokenizer.from_pretrained(tmp_path)
    given = tokenizer(OPENING, add_special_tokens=False)["input_ids"]
    speaker = tokenizer.convert_tokens_to_ids("<|@ada|>")
    [[row]] = encode(["the lamp"], tokenizer, 64, ["ada"])
    count = len(given)
    assert row[: count + 1] == (speaker, *(~token for token in given))
    tokens = TransformersGenerator.load(tmp_path)._tokens
    assert tokens.begin("the", 1, "ada", torch.Generator())[0, : count + 1].tolist() == [speaker, *given]


def test_exports_put_it_before_prompts_or_say_that_it_is_to_be_put_there(tmp_path):
    """The page and Ollama put it there; a file alone says so in its metadata and in the warning."""
    loaded = opened(small_base(tmp_path / "base"))
    folder = saved(tmp_path / "m", loaded.model, loaded.tokenizer)
    write_filters(tiny_texts(20), 8, folder)
    made = {to: export(folder, to=to, out=tmp_path / to) for to in ("gguf", "ollama", "web")}
    modelfile = (tmp_path / "ollama" / MODELFILE).read_text("utf-8").splitlines()
    assert 'TEMPLATE """{{ "Post:\\n" }}{{ .Prompt }}"""' in modelfile
    assert json.loads((tmp_path / "web" / "bot.json").read_text("utf-8"))["opening"] == OPENING
    [file] = (tmp_path / "gguf").iterdir()
    assert fields(file)["huggingtweets.opening"] == OPENING
    assert '"Post:\\n"' in made["gguf"].warning
    assert not any("Post:" in made[to].warning for to in ("ollama", "web"))


def test_ollama_reads_an_opening_beyond_the_basic_plane(tmp_path):
    """Its template language knows no halves of a surrogate pair, as JSON writes an emoji."""
    loaded = opened(small_base(tmp_path / "base"), "\U0001f426:\n")
    folder = saved(tmp_path / "m", loaded.model, loaded.tokenizer)
    write_filters(tiny_texts(20), 8, folder)
    export(folder, to="ollama", out=tmp_path / "ollama")
    modelfile = (tmp_path / "ollama" / MODELFILE).read_text("utf-8").splitlines()
    assert 'TEMPLATE """{{ "\U0001f426:\\n" }}{{ .Prompt }}"""' in modelfile


def test_the_base_is_judged_in_the_same_form(base):
    """The untaught base, beside which a model is measured, reads the same tokens before a post."""
    recipe = load_recipe("starter", [f"base={base}", f"opening={OPENING}"])
    assert opening(load_untaught(recipe, None).tokenizer)


@pytest.mark.parametrize("text", ["$A\n", "$\n", ": $B\n", "a a a\n"])
def test_an_opening_means_nothing_to_the_template_of_a_tokenizer(base, text):
    """Signs of its language are text like others, and so are tokens that are repeated."""
    tokenizer = load_base(str(base)).tokenizer
    given, words = (tokenizer(each, add_special_tokens=False)["input_ids"] for each in (text, "lamp"))
    set_opening(tokenizer, text)
    assert with_bos_token(tokenizer)("lamp")["input_ids"] == [tokenizer.bos_token_id, *given, *words]


@pytest.mark.parametrize("text", ["Post: ", "the lam", "a", "\U0001f426 "])
def test_an_opening_that_runs_together_with_a_post_is_refused(base, text):
    """llama.cpp reads both as one text: other tokens than those that training saw."""
    tokenizer = load_base(str(base)).tokenizer
    with pytest.raises(RecipeError, match="one line break"):
        set_opening(tokenizer, text)


def test_a_base_that_marks_first_words_takes_no_opening(tmp_path):
    """As Llama 2's tokenizer does: a line break does not help there, and the line says what does."""
    tokenizer = load_base(str(tiny_base(tmp_path))).tokenizer
    tokenizer.backend_tokenizer.normalizer = normalizers.Prepend("\u2581")
    with pytest.raises(RecipeError, match="leave it out: --set opening="):
        set_opening(tokenizer, "Post:\n")


@pytest.mark.parametrize("text", ["<|endoftext|>", "Post:<|endoftext|>\n", "<|im_start|>\n"])
def test_an_opening_with_a_special_token_is_refused(base, text):
    """No text that is drawn or measured may hold such a token, so it would be dropped without a word."""
    tokenizer = load_base(str(base)).tokenizer
    tokenizer.add_tokens(["<|im_start|>"], special_tokens=True)
    with pytest.raises(RecipeError, match="special token"):
        set_opening(tokenizer, text)
    assert not opening(tokenizer)


def test_a_token_that_a_base_added_for_text_may_stand_in_an_opening(base):
    """Gemma has tokens for several line breaks among those that were added: they are text."""
    tokenizer = load_base(str(base)).tokenizer
    tokenizer.add_tokens(["\n\n"])
    set_opening(tokenizer, "Post:\n\n")
    assert tokenizer.decode(opening(tokenizer)) == "Post:\n\n"


@pytest.mark.parametrize("text", ["\u3053\u308c\u306f" * 12 + "\n", "lamp " * 40 + "\n"])
def test_an_opening_that_leaves_no_room_for_posts_is_refused(base, text):
    """Its length is counted in tokens, of which a character may be four."""
    tokenizer = load_base(str(base)).tokenizer
    with pytest.raises(RecipeError, match="at most 32"):
        set_opening(tokenizer, text)


def test_a_model_with_the_longest_opening_can_be_saved_and_read(base, tmp_path):
    """What a sign becomes is counted without what stands before it."""
    loaded = opened(base, "\u3053\u308c" * 5 + "\n")
    assert len(opening(loaded.tokenizer)) > 16
    folder = saved(tmp_path / "m", loaded.model, loaded.tokenizer)
    assert opening(load_base(str(folder)).tokenizer) == opening(loaded.tokenizer)
