"""Speakers: one model of several authors that knows who speaks, and never says who."""

from __future__ import annotations

import json
import re
from ast import literal_eval

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, pipeline

from huggingtweets import load_recipe, models
from huggingtweets.bases.loading import load_base
from huggingtweets.dataset import AuthorData, build
from huggingtweets.errors import RecipeError, UserError
from huggingtweets.generation.transformers_generator import TransformersGenerator
from huggingtweets.machine.device import Device
from huggingtweets.reporting import model_card
from huggingtweets.tokenization.speakers import add_speakers, speakers
from huggingtweets.training import TrainOptions, train
from huggingtweets.training.batches import IGNORE_INDEX, batches, encode
from huggingtweets.types import PROMPT, Account, Funnel
from tests.conftest import post
from tests.helpers.tiny import tiny_base, tiny_tokenizer
from tests.reporting.test_card import record

CPU = Device("cpu", "test", bf16=False)
SAYS = {
    "ada": "the lamp was lit at seven",
    "bob": "a gull sat on the rail",
    "dr. eve|x": "no letter came today",
}
CARL = "the kettle is on again"


def dataset(says, count=20):
    """Everybody says one thing of their own, again and again."""
    parts = []
    for handle, text in says.items():
        posts = tuple(post(text, i, author=handle) for i in range(count))
        funnel = Funnel(read=count, dropped={}, kept=count)
        parts.append(AuthorData(Account(handle=handle, name=handle, source="table"), funnel, posts))
    return build(parts, held_out=0.1)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A base whose tokenizer knows the words of what is said here."""
    tokenizer = tiny_tokenizer([*SAYS.values(), CARL] * 20)
    return tiny_base(tmp_path_factory.mktemp("base"), tokenizer=tokenizer)


def fine_tune(base, folder, says, *settings, count=20):
    values = [f"base={base}", "speakers=true", "learning_rate=1e-2", "batch_tokens=512", "evaluations=1"]
    recipe = load_recipe("starter", [*values, "warmup=0.1", "sampling.max_new_tokens=12", *settings])
    return train(dataset(says, count), recipe, load_base(str(base)), folder, TrainOptions(device=CPU))


@pytest.fixture(scope="module")
def folder(base, tmp_path_factory):
    return fine_tune(base, tmp_path_factory.mktemp("model"), SAYS, "epochs=60", "batch_tokens=128").folder


def written(folder, prompt="", **options):
    return [sample.text for sample in models.load(folder).generate(prompt, seed=1, **options).samples]


def test_each_speaker_says_their_own(folder):
    """With a handle, in any case and with or without its sign, the model writes as that author."""
    for handle, text in SAYS.items():
        assert written(folder, count=8, speaker=f"@{handle.upper()}").count(text) >= 6


def test_a_base_that_knows_speakers_is_trained_on_somebody_else(folder, tmp_path):
    """The model has the voice of its own posts only; the tokens of others mean nothing any more."""
    texts = {"carl": CARL}
    one = fine_tune(folder, tmp_path / "one", texts, "speakers=false", "epochs=40").folder
    assert not speakers(AutoTokenizer.from_pretrained(one))
    assert written(one, count=8).count(texts["carl"]) >= 6
    with pytest.raises(UserError, match="one voice only"):
        written(one, speaker="ada")
    both = fine_tune(folder, tmp_path / "both", {**texts, "ada": SAYS["ada"]}, "epochs=40").folder
    assert set(speakers(AutoTokenizer.from_pretrained(both))) == {"ada", "carl"}
    for handle, text in {**texts, "ada": SAYS["ada"]}.items():
        assert written(both, count=8, speaker=handle).count(text) >= 6


def test_the_card_says_how_transformers_writes_as_somebody(base, tmp_path):
    """Its code, with a handle in it, gives the speaker's token, then the opening, then the prompt."""
    opening = "Post:\n"
    made = fine_tune(base, tmp_path, SAYS, "epochs=1", f"opening={opening}").folder
    recipe = load_recipe("starter", ["speakers=true", f"opening={opening}"])
    code = model_card(record(recipe=recipe), pictures=()).split("```python\n")[1].split("```")[0]
    prompt = literal_eval(re.search(r'prompt = ("[^\n]*")', code)[1]).replace("HANDLE", "ada")
    assert prompt == f"<|@ada|>{opening}{PROMPT}"
    tokenizer = AutoTokenizer.from_pretrained(made)
    ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    assert (
        ids == TransformersGenerator.load(made)._tokens.begin(PROMPT, 1, "ada", torch.Generator())[0].tolist()
    )
    assert "add_special_tokens=False" in code


def test_a_base_that_knows_speakers_is_measured_as_a_base(folder):
    """Where a model was trained from it, its floor is what it predicts without a speaker's token."""
    untaught = models.load_base(load_recipe("starter", [f"base={folder}"]))
    assert untaught is not None
    assert not speakers(untaught.tokenizer)


def test_without_a_handle_each_post_draws_one(folder):
    """Several people speak then, and the same seed draws the same ones."""
    texts = written(folder, count=24)
    assert set(texts) >= set(SAYS.values())
    assert written(folder, count=24) == texts


def test_held_out_posts_are_measured_as_their_authors(folder):
    """A post costs far less when its own author says it."""
    model, texts = models.load(folder), list(SAYS.values())
    own = model.bits(texts, list(SAYS))
    other = model.bits(texts, list(SAYS)[1:] + list(SAYS)[:1])
    assert all(mine < 0.5 * theirs for mine, theirs in zip(own, other, strict=True))


def test_speakers_are_never_written(folder):
    """Their tokens are suppressed, in transformers' pipeline too, where a prompt begins with one."""
    known = speakers(AutoTokenizer.from_pretrained(folder))
    config = json.loads((folder / "generation_config.json").read_text("utf-8"))
    assert sorted(config["suppress_tokens"]) == sorted(known.values())
    writer = pipeline("text-generation", model=str(folder))
    torch.manual_seed(1)
    theirs = [entry["generated_text"] for entry in writer("<|@ada|>", num_return_sequences=4)]
    assert sum(SAYS["ada"] in text for text in theirs) >= 3
    assert not any("<|@" in text for text in written(folder, count=24))


def test_a_stranger_is_named_with_those_who_are_known(folder, base, tmp_path):
    """An unknown handle lists the known ones; a model of one voice says how to make one of several."""
    with pytest.raises(UserError, match="expected one of ada, bob, dr"):
        written(folder, speaker="carol")
    one = fine_tune(base, tmp_path, {"ada": SAYS["ada"]}, "speakers=false", "epochs=1").folder
    with pytest.raises(UserError, match="--speakers"):
        written(one, speaker="ada")


def test_a_speaker_is_no_target(base):
    """Posts begin with their author's token, which nothing predicts; unknown authors begin as ever."""
    loaded = load_base(str(base))
    add_speakers(loaded.model, loaded.tokenizer, SAYS)
    known = speakers(loaded.tokenizer)
    assert list(known) == list(SAYS)
    rows = encode(list(SAYS.values()), loaded.tokenizer, 64, [*list(SAYS)[:2], "nobody"])
    begins = [row[0][0] for row in rows]
    assert begins == [known["ada"], known["bob"], loaded.tokenizer.eos_token_id]
    (batch,) = batches(rows, 512, 0, None)
    targets = batch.targets[batch.targets != IGNORE_INDEX]
    assert not set(targets.tolist()) & set(known.values())


def test_a_new_speaker_begins_as_the_base_does(base):
    """Before training, the base predicts a post the same whoever says it."""
    loaded = load_base(str(base))
    plain = AutoModelForCausalLM.from_pretrained(base)
    add_speakers(loaded.model, loaded.tokenizer, SAYS)
    ids = loaded.tokenizer(SAYS["ada"])["input_ids"]
    known, end = speakers(loaded.tokenizer), loaded.tokenizer.eos_token_id
    with torch.no_grad():
        ours = loaded.model(torch.tensor([[known["bob"], *ids]])).logits[..., : plain.config.vocab_size]
        theirs = plain(torch.tensor([[end, *ids]])).logits
    assert torch.allclose(ours, theirs, atol=1e-5)


def test_two_hundred_authors_fit(base, tmp_path):
    """One model takes hundreds of people with a handful of posts each, and each can be asked to speak."""
    says = {f"person{number}": f"{number} is my number" for number in range(200)}
    folder = fine_tune(base, tmp_path, says, "epochs=1", count=4).folder
    model = models.load(folder)
    for handle in ("person0", "person199"):
        assert len(model.generate(count=2, speaker=handle, seed=1).samples) == 2


@pytest.mark.parametrize("recipe", ["llama-3.2-1b", "ngram"])
def test_methods_whose_tokens_cannot_learn_are_refused(recipe):
    """Adapters leave the vocabulary as it is, and an n-gram model has none: one clear line says so."""
    with pytest.raises(RecipeError, match="method full"):
        load_recipe(recipe, ["speakers=true"])
