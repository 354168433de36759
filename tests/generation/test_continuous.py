"""Continuous batching: each text is sampled as if it were alone, whoever joins and leaves meanwhile."""

from __future__ import annotations

from collections import Counter

import pytest
import torch
from msgspec.structs import replace
from scipy.stats import chi2_contingency

from huggingtweets.bases.loading import load_base
from huggingtweets.errors import UserError
from huggingtweets.generation import batch as batches
from huggingtweets.generation import continuous, row_decoder
from huggingtweets.generation.batch import GroupedBatch, SamplingRequest
from huggingtweets.generation.module_decoder import ModuleDecoder
from huggingtweets.generation.module_weights import decoder_weights
from huggingtweets.generation.row_decoder import BLOCK, RowDecoder
from huggingtweets.generation.transformers_generator import TransformersGenerator
from huggingtweets.models.ngram import Ngram
from huggingtweets.models.ngram_counts import NgramModel
from huggingtweets.types import Sampling
from tests.generation.test_decoder import MODELS, model
from tests.helpers.tiny import tiny_base

__all__ = ["model"]  # a fixture


@pytest.fixture(scope="module")
def generator(tmp_path_factory):
    """A random GPT-2 with the starter's tokenizer."""
    loaded = load_base(str(tiny_base(tmp_path_factory.mktemp("base"))))
    return TransformersGenerator(loaded.model, loaded.tokenizer)


def finished(batch) -> dict:
    """All texts of a batch, by their tickets."""
    texts = {}
    while len(batch):
        texts.update(batch.advance())
    return texts


@torch.inference_mode()
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS, indirect=True)
def test_rows_of_different_lengths_have_the_logits_that_they_have_alone(model):
    """Rows come at different steps, with prompts of different lengths, and leave; others see none of it."""
    numbers = torch.Generator().manual_seed(1)
    decoder, alone, rows = RowDecoder(decoder_weights(model)), {}, []
    for step, length in enumerate([3, 9, 1, 5, 0, 0, 0, 0, 0, 0]):
        if length:
            prompt = torch.randint(300, (1, length), generator=numbers)
            alone[step] = ModuleDecoder(model)
            expected = alone[step].read(prompt, 20)
            torch.testing.assert_close(decoder.append(prompt[0].tolist()), expected, rtol=1e-4, atol=1e-4)
            rows.append(step)
        if step in {4, 6}:
            decoder.remove(1)
            rows[1] = rows[-1]
            rows.pop()
        tokens = torch.randint(300, (len(rows),), generator=numbers)
        logits = decoder.step(tokens)
        expected = torch.cat([alone[row].step(tokens[n : n + 1]) for n, row in enumerate(rows)])
        torch.testing.assert_close(logits, expected, rtol=1e-4, atol=1e-4)
    assert len(decoder) == len(rows) == 2


@torch.inference_mode()
@pytest.mark.parametrize("model", [MODELS["llama"]], ids=["llama"], indirect=True)
def test_the_cache_is_as_large_as_its_rows_need(model):
    """A long row does not give many short ones that left, or that come later, a cache of its length."""
    decoder = RowDecoder(decoder_weights(model))
    decoder.append([1, 2], 30)
    for _ in range(29):
        decoder.remove(0)
    decoder.append([3] * 100)
    assert decoder._keys[0].shape[::2] == (2, 2 * BLOCK)
    decoder.remove(1)
    decoder.append([4, 5], 29)
    assert decoder._values[0].shape[::2] == (30, BLOCK)


@torch.inference_mode()
@pytest.mark.parametrize("model", [MODELS["llama"]], ids=["llama"], indirect=True)
def test_only_short_prompts_are_remembered_and_without_what_they_were_computed_from(model, monkeypatch):
    """Eight prompts of thousands of tokens would take gigabytes."""
    monkeypatch.setattr(row_decoder, "LONGEST", 50)
    decoder = RowDecoder(decoder_weights(model))
    decoder.append([1] * 50)
    decoder.append([2] * 51)
    [(prompt, read)] = decoder._prompts.items()
    assert len(prompt) == 50
    for layer in (*read.keys, *read.values):
        assert layer.untyped_storage().nbytes() == layer.nbytes


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_seed_gives_the_same_text_beside_others(generator, dtype):
    """A text with a seed is the same alone, among many, and when it joins late, in both precisions."""
    wanted = SamplingRequest("My dream", Sampling(max_new_tokens=20), seed=5)
    batch = TransformersGenerator(generator.model, generator.tokenizer, dtype).batch()
    batch.add(0, wanted)
    alone = finished(batch)[0].text
    for ticket in range(1, 30):
        batch.add(ticket, SamplingRequest("x " * (ticket % 7), Sampling(max_new_tokens=1 + ticket)))
    for _ in range(3):
        batch.advance()
    batch.add(99, wanted)
    assert finished(batch)[99].text == alone


def test_settings_are_those_of_each_text(generator):
    """A cold text stays cold beside hot ones, and no text is longer than it may be."""
    batch = generator.batch()
    for ticket in range(6):
        temperature = 1e-4 if ticket % 2 else 5.0
        batch.add(ticket, SamplingRequest("", Sampling(temperature=temperature, max_new_tokens=5 + ticket)))
    texts = finished(batch)
    assert texts[1].text == texts[3].text[: len(texts[1].text)] == texts[5].text[: len(texts[1].text)]
    assert len({texts[ticket].text for ticket in (0, 2, 4)}) == 3
    assert all(texts[ticket].new_tokens <= 5 + ticket for ticket in texts)


@pytest.mark.parametrize("count", [1500, pytest.param(4000, marks=pytest.mark.slow)])
def test_the_first_tokens_are_distributed_as_those_of_generate(generator, count):
    """Both sample from the same distribution: chi-square over tokens that both gave five times."""
    sampling = Sampling(max_new_tokens=1, temperature=0.04, top_p=0.9)
    batch = generator.batch()
    for ticket in range(count):
        batch.add(ticket, SamplingRequest("", sampling, seed=ticket))
    together = Counter(text.text for text in finished(batch).values())
    [*_, (texts, _)] = generator.sampler(SamplingRequest("", sampling, seed=1))(count)
    plain = Counter(texts)
    often = [text for text in together + plain if min(together[text], plain[text]) >= 5]
    table = [[counts[text] for text in often] for counts in (together, plain)]
    assert len(often) > 20
    assert chi2_contingency(table).pvalue > 1e-4


def test_more_texts_than_there_is_space_for_wait(generator, monkeypatch):
    """Neither the rows nor the positions of the cache grow beyond their bounds, and every text comes."""
    monkeypatch.setattr(continuous, "MAX_ROWS", 4)
    monkeypatch.setattr(continuous, "MAX_POSITIONS", 60)
    batch, rows = generator.batch(), []
    for ticket in range(20):
        batch.add(ticket, SamplingRequest("a" * ticket, Sampling(max_new_tokens=1 + ticket)))
    texts = {}
    while len(batch):
        texts.update(batch.advance())
        rows.append(len(batch._rows))
    assert len(texts) == 20
    assert max(rows) <= 4


def test_texts_of_other_models_are_sampled_at_once_as_far_as_there_is_space(generator, monkeypatch):
    """Long ones in smaller groups; one that is longer than the space comes alone."""
    monkeypatch.setattr(batches, "MAX_POSITIONS", 60)
    groups = []

    def sampler(request):
        def sample(count):
            groups.append(count)
            yield [request.prompt] * count, True

        return sample

    batch = GroupedBatch(sampler, generator._tokens.count)
    for number in range(6):
        batch.add(number, SamplingRequest("", Sampling(max_new_tokens=15)))
        batch.add(number + 10, SamplingRequest("", Sampling(max_new_tokens=61)))
    assert len(finished(batch)) == 12
    assert sorted(groups) == [1] * 6 + [2, 4]


def test_a_text_that_nobody_waits_for_ends(generator):
    """It takes no more steps, and the others go on."""
    batch = generator.batch()
    for ticket in range(3):
        batch.add(ticket, SamplingRequest("", Sampling(max_new_tokens=10), seed=ticket))
    batch.advance()
    batch.remove(1)
    batch.remove(77)
    assert set(finished(batch)) == {0, 2}


@pytest.mark.parametrize(
    ("fields", "words"), [({"prompt": "x y " * 60}, "tokens"), ({"speaker": "ada"}, "ada")]
)
def test_what_cannot_begin_is_refused_at_once(generator, fields, words):
    """The other texts of the batch know nothing of it."""
    batch = generator.batch()
    with pytest.raises(UserError, match=words):
        batch.add(0, SamplingRequest(**{"prompt": "", "sampling": Sampling(), **fields}))
    assert len(batch) == 0


def test_any_other_model_samples_equal_requests_at_once(generator):
    """Texts of models that the fast decoder does not know come group by group, all of them."""
    calls = []

    def sampler(request):
        def sample(count):
            calls.append(count)
            return generator.sampler(request)(count)

        return sample

    batch = GroupedBatch(sampler, generator._tokens.count)
    for ticket in range(12):
        batch.add(ticket, SamplingRequest("My" if ticket % 3 else "x", Sampling(max_new_tokens=4)))
    batch.remove(1)
    texts = finished(batch)
    assert set(texts) == set(range(12)) - {1}
    assert sorted(calls) == [4, 7]
    assert all(text.new_tokens <= 4 and text.text.startswith(("My", "x")) for text in texts.values())


def test_a_seed_gives_the_same_text_while_models_take_turns(generator, monkeypatch):
    """A group with a seed is left after a moment, too, and other models change none of its numbers."""
    monkeypatch.setattr(batches, "MOMENT", 0.0)
    request, count = SamplingRequest("My dream", Sampling(max_new_tokens=9), seed=5), generator._tokens.count
    alone, beside, other = (GroupedBatch(generator.sampler, count) for _ in range(3))
    for batch in (alone, beside):
        batch.add(0, request)
    other.add(0, replace(request, seed=6))
    [(_, expected)] = finished(alone).items()
    looks = 0
    while not (ended := beside.advance()):
        other.advance()
        looks += 1
    assert ended == [(0, expected)]
    assert looks > 1


def test_a_text_that_is_cut_is_not_called_ended(generator):
    """By the context or by the highest number of tokens, or bytes of an n-gram model; others are ended."""
    long, most = "x y " * 28, 50  # the context has 64 tokens
    tokens, ngram = generator._tokens, Ngram(NgramModel.fit(["🙂" * 9] * 20), Sampling())
    for prompt, limit, batch in (
        (long, most, GroupedBatch(generator.sampler, tokens.count)),
        ("x", 3, GroupedBatch(generator.sampler, tokens.count)),
        ("", 10, ngram.batch()),  # within a character
        ("", 200, ngram.batch()),
    ):
        for ticket in range(4):
            batch.add(ticket, SamplingRequest(prompt, Sampling(max_new_tokens=limit)))
        texts = finished(batch).values()
        assert [text.ended for text in texts] == [limit == 200] * 4
        assert all(text.new_tokens <= limit for text in texts)


def test_texts_that_nobody_waits_for_are_sampled_no_further():
    """Nobody asked for the others of their group, and the next group begins."""
    steps = []

    def sampler(request):
        def sample(count):
            for step in range(9):
                steps.append(request.prompt)
                yield [f"{request.prompt}{step}"] * count, step == 8

        return sample

    batch = GroupedBatch(sampler, len)
    for ticket, prompt in enumerate(["a", "a", "b"]):
        batch.add(ticket, SamplingRequest(prompt, Sampling()))
    batch.advance()
    batch.remove(0)
    batch.advance()
    batch.remove(1)
    assert len(batch) == 1
    assert list(finished(batch)) == [2]
    assert "".join(steps) == "aa" + "b" * 9


@pytest.mark.parametrize("prompt", ["", "so", "é 🙂"])
def test_the_tokens_that_are_told_make_the_text(generator, prompt):
    """Also where a character takes several tokens, as a rare one does, and where bytes make no character."""
    whole = generator.tokenizer("a 𓀀𓀁 é日 of it", add_special_tokens=False)["input_ids"]
    for left_out in range(len(whole)):
        ids = [*whole[:left_out], *whole[left_out + 1 :]]
        [text] = generator._tokens.texts(prompt, [ids])
        assert "".join(generator._tokens.pieces(prompt, ids)) == text[len(prompt) :]
    batch = generator.batch()
    for ticket in range(20):
        hot = Sampling(temperature=10, top_p=1.0, max_new_tokens=30)
        batch.add(ticket, SamplingRequest(prompt, hot, seed=ticket, alternatives=ticket % 3))
    for text in finished(batch).values():
        assert "".join(token.text for token in text.tokens) == text.text[len(prompt) :]
        assert len(text.tokens) == text.new_tokens
        assert all(token.logprob in token.alternatives.values() for token in text.tokens)


def test_the_tokens_of_a_prompt_are_counted_alike(generator):
    """Neither what begins every text nor who speaks is the client's, however a model is sampled."""
    request = SamplingRequest("My dream is", Sampling(max_new_tokens=2))
    counts = []
    for batch in (generator.batch(), GroupedBatch(generator.sampler, generator._tokens.count)):
        batch.add(0, request)
        counts.append(finished(batch)[0].prompt_tokens)
    assert counts == [len(generator.tokenizer("My dream is", add_special_tokens=False)["input_ids"])] * 2
