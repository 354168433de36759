"""Generation: a model folder writes the same with our generator as with everyone's pipeline."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest
import torch
from msgspec.structs import replace
from scipy.stats import chi2_contingency
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
    RepetitionPenaltyLogitsProcessor,
    pipeline,
)

from huggingtweets import generate, load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.errors import ModelError, UserError
from huggingtweets.generation.batch import SamplingRequest
from huggingtweets.generation.sampler import RandomNumbers, penalize_repetition, sample_tokens
from huggingtweets.generation.text_generator import MAX_DRAFTS
from huggingtweets.generation.text_tokens import spaces
from huggingtweets.generation.transformers_generator import TransformersGenerator
from huggingtweets.machine.device import Device
from huggingtweets.tokenization.prefix import with_bos_token
from huggingtweets.training import TrainOptions, train
from huggingtweets.types import Sampling
from tests.helpers.tiny import small_base, tiny_base, tiny_dataset


@pytest.fixture(scope="session")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    base = small_base(tmp_path_factory.mktemp("base"))
    recipe = load_recipe(
        "starter",
        [
            *(f"base={base}", "epochs=30", "learning_rate=1e-2", "sampling.max_new_tokens=30"),
            "sampling.repetition_penalty=1",  # transformers counts the prompt and the BOS token, too
        ],
    )
    options = TrainOptions(device=Device("cpu", "test", bf16=False))
    train(tiny_dataset(), recipe, load_base(str(base)), folder, options)
    return folder


@pytest.mark.parametrize("prompt", ["the lamp", "My dream is", "é 🙂", ""])
def test_the_plain_pipeline_finds_the_same_words_likeliest(model, prompt):
    """With the likeliest token each time, transformers.pipeline writes from the folder what we write."""
    cold = Sampling(temperature=1e-4, max_new_tokens=30)
    ours = TransformersGenerator.load(model).generate(prompt, count=2, sampling=cold, seed=7).samples
    theirs = pipeline("text-generation", model=str(model))(prompt, do_sample=False)[0]["generated_text"]
    assert [sample.text for sample in ours] == [theirs, theirs]


@pytest.mark.parametrize("prompt", ["the lamp", ""])
def test_the_plain_pipeline_counts_repetitions_as_we_do_when_told(model, prompt):
    """With the processor that the README shows, transformers lowers the tokens that we lower."""
    cold = Sampling(temperature=1e-4, max_new_tokens=30, repetition_penalty=1.5)
    [ours] = TransformersGenerator.load(model).generate(prompt, count=1, sampling=cold, seed=7).samples
    write = pipeline("text-generation", model=str(model))
    beginning = len(write.tokenizer(prompt).input_ids)
    penalty = RepetitionPenaltyLogitsProcessor(1.5, prompt_ignore_length=beginning)
    [theirs] = write(prompt, do_sample=False, repetition_penalty=1.0, logits_processor=[penalty])
    assert ours.text == theirs["generated_text"]


WORDS = ["My", "dream", "is", "to", "be", "a", "gull", "on", "the", "rail"]
DECODERS = {
    "llama 2": decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    ),
    "metaspace": decoders.Metaspace(),
    "bytes": decoders.Replace("▁", " "),  # like that of GPT-2, which drops nothing
}


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("prompt", ["My dream is", "gull", ""])
def test_no_word_is_glued_to_the_prompt(decoder, prompt):
    """Some decoders drop the space of the first word that they are given: a text is decoded as a whole."""
    pieces = {piece: number for number, piece in enumerate(["<s>", *(f"▁{word}" for word in WORDS)])}
    backend = Tokenizer(models.WordLevel(pieces, unk_token="<s>"))  # noqa: S106 -- not a secret
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = DECODERS[decoder]
    tokenizer = with_bos_token(
        PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="<s>")  # noqa: S106 -- the same
    )
    torch.manual_seed(0)
    shape = {"n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 2, "vocab_size": len(pieces)}
    generator = TransformersGenerator(
        GPT2LMHeadModel(GPT2Config(bos_token_id=0, eos_token_id=0, **shape)), tokenizer
    )
    for sample in generator.generate(prompt, count=20, sampling=Sampling(max_new_tokens=8), seed=1).samples:
        assert sample.text.startswith(prompt)
        assert set(sample.text.split()) <= set(WORDS)
        assert "  " not in sample.text


def test_the_plain_pipeline_draws_as_we_draw(model):
    """With nothing but the folder, transformers.pipeline writes each text about as often as we do."""
    generator = TransformersGenerator.load(model)
    short = replace(generator.sampling, max_new_tokens=2)
    ours = Counter(s.text for s in generator.generate("the lamp", count=600, sampling=short, seed=7).samples)
    torch.manual_seed(7)
    generator = pipeline("text-generation", model=str(model))
    generated = generator("the lamp", num_return_sequences=600, max_new_tokens=2)
    theirs = Counter(entry["generated_text"] for entry in generated)
    often = [text for text, count in (ours + theirs).items() if count >= 20]
    table = [[counts[text] for text in often] for counts in (ours, theirs)]
    table = [[*row, 600 - sum(row)] for row in table]
    assert len(often) > 3
    assert chi2_contingency(table).pvalue > 0.001


def first_tokens(begins, prompt, *, likely=None):
    """The beginnings of 300 texts, and of one batch of them; all tokens are alike, but one that is likely."""
    loaded = load_base(str(begins))
    with torch.no_grad():
        loaded.model.lm_head.weight.zero_()
        if likely is not None:
            final = loaded.model.transformer.ln_f
            final.weight.zero_()
            final.bias.fill_(1.0)
            loaded.model.lm_head.weight[likely] = 9.0 / final.bias.numel()
    generator = TransformersGenerator(loaded.model, with_bos_token(loaded.tokenizer))
    one = Sampling(temperature=1.0, top_p=1.0, max_new_tokens=1)
    texts = generator.generate(prompt, count=300, sampling=one, seed=1).samples
    batch = generator.batch()
    for ticket in range(300):
        batch.add(ticket, SamplingRequest(prompt, one, seed=ticket))
    return [sample.text for sample in texts], [text.text for _, text in batch.advance()]


def ends_of_words(texts, prompt=""):
    """How many of the texts go on with a piece that only ends words, and is longer than a letter."""
    vocabulary = load_base("starter").tokenizer.get_vocab()
    pieces = {piece for piece in vocabulary if f"\u0120{piece}" not in vocabulary}
    rest = [text.removeprefix(prompt) for text in texts]
    return sum(text in pieces and text[:1].islower() and text.isascii() and len(text) > 1 for text in rest)


def test_no_post_begins_within_a_word(tmp_path):
    """However flat a model is, no post begins with "umber": alone and in a batch; after a prompt it may."""
    base = tiny_base(tmp_path / "base")
    assert [ends_of_words(texts) for texts in first_tokens(base, "")] == [0, 0]
    assert all(ends_of_words(texts, "N") > 2 for texts in first_tokens(base, "N"))


def test_no_post_begins_with_white_space(tmp_path):
    """However likely a space or an end of line is there, no post begins so; after a prompt it may."""
    base = tiny_base(tmp_path / "base")
    vocabulary = load_base("starter").tokenizer.get_vocab()
    for piece in ("\u0120the", "\u010a"):
        for texts in first_tokens(base, "", likely=vocabulary[piece]):
            assert not [text for text in texts if text[:1].isspace()]
        for texts in first_tokens(base, "N", likely=vocabulary[piece]):
            assert sum(text[1:2].isspace() for text in texts) > len(texts) / 3


def test_words_keep_the_space_that_a_tokenizer_puts_before_the_first():
    """Where every text begins with a space in tokens, as with Llama 2, nothing is refused for that."""
    pieces = {piece: number for number, piece in enumerate(["<s>", *(f"\u2581{word}" for word in WORDS)])}
    backend = Tokenizer(models.WordLevel(pieces, unk_token="<s>"))  # noqa: S106 -- not a secret
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="<s>")  # noqa: S106 -- the same
    for one, refused in ((tokenizer, False), (load_base("starter").tokenizer, True)):
        first_word = one("a", add_special_tokens=False)["input_ids"]
        assert bool(spaces(one.get_vocab(), first_word)) == refused


def test_a_person_may_begin_with_what_only_ends_words_elsewhere(tmp_path):
    """Where many posts of a person begin with such a piece, as "ich" in a base of English, it is written."""
    piece = "umber"
    number = load_base("starter").tokenizer.get_vocab()[piece]
    for texts in first_tokens(tiny_base(tmp_path / "base"), "", likely=number):
        assert texts.count(piece) > len(texts) / 3


@pytest.mark.parametrize("top_p", [1.0, 0.9, 0.3, 0.01])
def test_tokens_come_from_the_likeliest_that_sum_to_top_p(top_p):
    """Drawn many times, every token of the nucleus comes as often as its share there, and no other comes."""
    logits = torch.tensor([2.0, 1.5, 1.0, 0.5, 0.0, -1.0])
    probabilities = logits.softmax(-1)
    nucleus = torch.where(probabilities.cumsum(-1) - probabilities < top_p, probabilities, 0.0)
    tokens = sample_tokens(logits.expand(20_000, -1), 1.0, top_p, RandomNumbers(0).uniform)
    counts = tokens.bincount(minlength=6) / 20_000
    assert counts.tolist() == pytest.approx((nucleus / nucleus.sum()).tolist(), abs=0.012)
    assert counts[nucleus == 0].sum() == 0


@pytest.mark.parametrize("penalty", [1.0, 1.1, 3.0, 0.5])
def test_what_was_written_is_penalized_as_by_transformers(penalty):
    """Positive logits and others, tokens that stand there twice, and no tokens at all."""
    torch.manual_seed(0)
    logits = torch.randn(3, 50)
    for tokens in (torch.randint(50, (3, 20)), torch.empty(3, 0, dtype=torch.long)):
        theirs = RepetitionPenaltyLogitsProcessor(penalty)(tokens, logits.clone())
        assert penalize_repetition(logits, tokens, penalty).equal(theirs)


def test_posts_that_grow_end_as_those_that_are_written_at_once(model, monkeypatch):
    """A stream shows more words each time, and its last look is what `generate` returns for the same seed."""
    monkeypatch.setattr("huggingtweets.generation.text_generator.STREAM_INTERVAL", 0.0)
    generator = TransformersGenerator.load(model)
    monkeypatch.setattr("secrets.randbits", lambda _: 5)  # a stream has no seed of its own
    looks = list(generator.stream("the lamp", count=3))
    written = generator.generate("the lamp", count=3, seed=5).samples
    assert [draft.text for draft in looks[-1].places] == [sample.text for sample in written]
    for place in zip(*(look.places for look in looks), strict=True):
        texts = [draft.text for draft in place]
        assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
        assert len(set(texts)) > 2
        assert [draft.whole for draft in place] == [False] * (len(place) - 1) + [True]


def test_a_forbidden_token_is_never_drawn():
    """Whatever its score."""
    logits = torch.tensor([[0.0, 50.0, 0.0]]).expand(500, -1)
    assert 1 not in sample_tokens(logits, 1.0, 1.0, RandomNumbers(0).uniform, suppressed=[1])


def test_a_prompt_begins_like_a_post(model):
    """The saved tokenizer puts the BOS token before a prompt by itself, once, and takes it off again."""
    tokenizer = TransformersGenerator.load(model).tokenizer
    assert tokenizer("the lamp")["input_ids"][0] == tokenizer.bos_token_id
    assert tokenizer("the lamp")["input_ids"].count(tokenizer.bos_token_id) == 1
    assert tokenizer.decode(tokenizer("the lamp")["input_ids"], skip_special_tokens=True) == "the lamp"


def test_the_saved_settings_sample(model):
    """The folder's own generation settings are those of the recipe."""
    config = json.loads((model / "generation_config.json").read_text())
    assert config["do_sample"] is True
    assert (config["temperature"], config["top_p"], config["max_new_tokens"]) == (0.75, 0.95, 30)
    assert (
        json.loads((model / "tokenizer_config.json").read_text())["tokenizer_class"]
        == "PreTrainedTokenizerFast"
    )


def test_only_safetensors_are_written(model):
    """No pickle is in a model folder."""
    assert not [path for path in model.iterdir() if path.suffix in {".bin", ".pt", ".pkl", ".pth"}]


def test_the_same_seed_writes_the_same(model):
    """A seed repeats the text; without one it is drawn anew."""
    generator = TransformersGenerator.load(model)
    assert generator.generate("the", seed=3) == generator.generate("the", seed=3)
    assert generator.generate("the", seed=3) != generator.generate("the", seed=4)


@pytest.mark.parametrize("has_usual_cache", [True, False])
def test_a_seed_is_that_of_one_call(model, monkeypatch, has_usual_cache):
    """Calls without one write something else each time, whatever was asked before; others' numbers stay."""
    generator = TransformersGenerator.load(model)
    cache = lambda: has_usual_cache  # noqa: E731 -- it stands for a method
    monkeypatch.setattr(generator.model, "_supports_default_dynamic_cache", cache)
    before = torch.get_rng_state()
    texts = []
    for _ in range(2):
        seeded = generator.generate("the", seed=3)
        texts.append(generator.generate("the").samples)
        assert generator.generate("the", seed=3) == seeded
    assert texts[0] != texts[1]
    assert torch.get_rng_state().equal(before)


def test_text_keeps_its_prompt_and_has_no_markers(model):
    """Each sample begins with the prompt, white space at its end aside, and shows no special token."""
    for sample in TransformersGenerator.load(model).generate("the lamp ", count=8, seed=1).samples:
        assert sample.prompt == "the lamp"
        assert sample.text.startswith("the lamp")
        assert "<|" not in sample.text


def test_low_temperature_is_less_varied(model):
    """The sampling that is asked for is the one that is used."""
    generator = TransformersGenerator.load(model)
    cold = generator.generate("the", count=20, seed=1, sampling=Sampling(temperature=0.01)).samples
    warm = generator.generate("the", count=20, seed=1, sampling=Sampling(temperature=1.5, top_p=1.0)).samples
    assert len({s.text for s in cold}) < len({s.text for s in warm})


def test_a_prompt_as_long_as_the_model_sees_is_refused(model):
    """A prompt that leaves no room is an error; one that leaves little is continued within it."""
    generator = TransformersGenerator.load(model)
    with pytest.raises(UserError, match="this model sees 64"):
        generator.generate("word " * 100)
    assert generator.generate("the " * 60, count=1, seed=1).samples


def test_wrong_places_and_settings_are_one_line(model, tmp_path):
    """No model, a damaged one and a setting out of range each say what is wrong."""
    with pytest.raises(ModelError, match="holds no model"):
        generate(tmp_path / "nothing")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ModelError, match="train it again"):
        generate(tmp_path)
    with pytest.raises(UserError, match="temperature"):
        generate(model, sampling={"temperature": -1}, filtered=False)


class Refusing:
    """Objects to every text that holds a word, and counts what it has seen."""

    def __init__(self, word):
        self.word, self.seen = word, 0

    def objection(self, text):
        """Judge one text."""
        self.seen += 1
        return "holds the word" if self.word in text else ""


def test_what_a_filter_refuses_is_sampled_anew(model):
    """No refused text is shown, as many come as were asked for, and the refused drafts are counted."""
    text_filter = Refusing("and")
    written = TransformersGenerator.load(model).generate("the", count=20, seed=1, filters=[text_filter])
    assert len(written.samples) == 20
    assert not any("and" in sample.text for sample in written.samples)
    assert written.refused == {"holds the word": text_filter.seen - 20}
    assert text_filter.seen > 20


def test_a_filter_that_refuses_everything_ends(model):
    """After a bounded number of drafts generation gives up and says what was refused."""
    text_filter = Refusing("the")
    written = TransformersGenerator.load(model).generate("the", count=3, seed=1, filters=[text_filter])
    assert written.samples == ()
    assert written.refused == {"holds the word": text_filter.seen}
    assert text_filter.seen == 3 * MAX_DRAFTS
