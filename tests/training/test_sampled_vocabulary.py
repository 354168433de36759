"""A person's posts have few of a base's tokens: the others are sampled, and move together."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from huggingtweets import RecipeError, load_recipe, training
from huggingtweets.bases.loading import load_base
from huggingtweets.files import CheckpointConfig
from huggingtweets.machine.device import Device
from huggingtweets.progress import Silence
from huggingtweets.training import TrainOptions, train
from huggingtweets.training.batches import batches, encode
from huggingtweets.training.context import TrainContext
from huggingtweets.training.loss import summed_loss
from tests.helpers.tiny import small_base, small_tokenizer, tiny_dataset

CPU = Device("cpu", "test", bf16=False)
SETTINGS = ("epochs=2", "batch_tokens=256", "learning_rate=1e-2", "evaluations=4", "patience=9")
TEXTS = ["the lamp was lit at seven", "and the gull sat on the rail " * 5]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return str(small_base(tmp_path_factory.mktemp("base")))


def prepared(base, sampled):
    """A base made ready to be trained with so many tokens beside those of a batch; the batch; its tokens."""
    loaded = load_base(base)
    rows = encode(TEXTS, loaded.tokenizer, 64)
    end = loaded.tokenizer.eos_token_id
    used = {end, *(token for text in rows for row in text for token in row)}
    context = TrainContext.prepare(
        loaded.model, loaded.tokenizer, TrainOptions(device=CPU), used_tokens=used, sampled_tokens=sampled
    )
    return context, batches(rows, 256, end, None)[0], sorted(used)


def gradients(model):
    """The gradient of each parameter by name."""
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


def test_the_loss_is_that_of_all_tokens_in_the_mean(base):
    """Over many samples, loss and gradients come to those of the whole softmax.

    The tokens that are not used have one gradient together: the sum of what each of them would have.
    """
    context, batch, used = prepared(base, 100)
    plain = AutoModelForCausalLM.from_pretrained(base)  # without dropout
    exact = summed_loss(plain, batch, CPU, None)
    exact.backward()
    torch.manual_seed(0)
    draws = 200
    losses = []
    for _ in range(draws):
        loss = context.loss(batch, 1 / draws)
        loss.backward()
        losses.append(loss.item())
    expected, ours = gradients(plain), gradients(context.model)
    table, moved = expected.pop("transformer.wte.weight"), ours.pop("transformer.wte.weight")
    others = torch.ones(len(table), dtype=torch.bool).index_fill(0, torch.tensor(used), value=False)
    expected |= {"unused_tokens_shift": table[others].sum(0)}
    assert sum(losses) == pytest.approx(exact.item(), rel=1e-3)
    assert max(losses) > min(losses)  # each from another sample
    assert (moved - table[used]).norm() < 0.05 * table[used].norm()
    for name, gradient in expected.items():
        assert (ours[name] - gradient).norm() < 0.05 * gradient.norm(), name


def test_the_whole_model_predicts_as_before_while_it_is_evaluated(base):
    """Within `whole` the logits of all tokens are the base's; after it, the table is the small one again."""
    context, batch, used = prepared(base, 100)
    plain = AutoModelForCausalLM.from_pretrained(base)
    with context.vocabulary.whole(), torch.no_grad():
        inputs = batch.inputs[:, :60]
        torch.testing.assert_close(context.model(inputs).logits, plain(inputs).logits, rtol=1e-4, atol=1e-5)
    assert len(context.lm_head) == len(used)
    assert context.lm_head.data_ptr() == context.model.get_input_embeddings().weight.data_ptr()
    parameters = {id(parameter) for parameter in context.weights.parameters}
    assert id(context.model.get_input_embeddings().weight) in parameters


@pytest.fixture
def commonest(monkeypatch):
    """How many tokens count as common: few of the tiny vocabulary."""
    monkeypatch.setattr(training, "COMMONEST", 20)
    return range(20)


@pytest.mark.parametrize("bf16", [False, True])
def test_rare_tokens_that_no_post_has_move_by_one_vector(base, tmp_path, commonest, bf16):
    """The model that is saved has all tokens; those that are rare and of no post are moved by one vector."""
    device = Device("cpu", "test", bf16=bf16)
    recipe = load_recipe("starter", [f"base={base}", *SETTINGS, "sampled_tokens=64"])
    trained = train(tiny_dataset(), recipe, load_base(base), tmp_path, TrainOptions(device=device))
    before, after = (
        AutoModelForCausalLM.from_pretrained(folder).get_input_embeddings().weight.detach()
        for folder in (base, tmp_path)
    )
    assert before.shape == after.shape
    tokenizer = small_tokenizer()
    texts = [post.text for post in tiny_dataset().train]
    used = sorted({*commonest, *(token for text in texts for token in tokenizer(text)["input_ids"])})
    others = torch.ones(len(before), dtype=torch.bool).index_fill(0, torch.tensor(used), value=False)
    shifts = (after - before)[others]
    assert shifts.abs().max() > 1e-2
    assert (shifts - shifts[0]).abs().max() < (5e-3 if bf16 else 1e-6)
    assert ((after - before)[used] - shifts[0]).abs().amax(dim=1).min() > 1e-3
    assert min(point.bits_per_byte for point in trained.curve[1:]) < trained.curve[0].bits_per_byte
    assert "unused_tokens_shift" not in load_file(tmp_path / "model.safetensors")


class StoppedAt(Silence):
    """Interrupts the run after a step, as Ctrl-C does."""

    def __init__(self, step):
        self.step = step

    def stepped(self, step, steps, loss, tokens_per_second):
        """Interrupt."""
        del steps, loss, tokens_per_second
        if step == self.step:
            raise KeyboardInterrupt


@pytest.mark.usefixtures("commonest")
def test_an_interrupted_run_samples_the_same_tokens_when_it_goes_on(base, tmp_path):
    """Its weights are those of an undisturbed run, bit for bit."""
    recipe = load_recipe("starter", [f"base={base}", *SETTINGS, "sampled_tokens=64"])

    def run(name, watcher):
        (tmp_path / name).mkdir(exist_ok=True)
        kept = CheckpointConfig(tmp_path / f"{name}-kept", seconds=0.0)
        options = TrainOptions(device=CPU, checkpoints=kept, watcher=watcher)
        return train(tiny_dataset(), recipe, load_base(base), tmp_path / name, options).digest

    with pytest.raises(KeyboardInterrupt):
        run("stopped", StoppedAt(3))
    assert run("stopped", Silence()) == run("undisturbed", Silence())


def test_all_tokens_are_in_the_softmax_where_a_sample_would_be_no_smaller(base):
    """So a small vocabulary, or posts that have nearly all tokens, train as without the setting."""
    assert prepared(base, 100)[0].vocabulary is not None
    assert prepared(base, len(small_tokenizer()))[0].vocabulary is None


def test_a_model_with_an_output_matrix_of_its_own_is_trained_with_all_tokens(tmp_path):
    """Its rows for inputs and for outputs learn different things; no row of either is left out."""
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    size = len(small_tokenizer())
    for tied in (False, True):
        config = LlamaConfig(vocab_size=size, tie_word_embeddings=tied, max_position_embeddings=64, **shape)
        folder = tmp_path / str(tied)
        LlamaForCausalLM(config).save_pretrained(folder)
        small_tokenizer().save_pretrained(folder)
        assert (prepared(str(folder), 100)[0].vocabulary is not None) == tied


def test_the_padding_token_of_a_table_keeps_its_meaning(base):
    """Its row has no gradient as an input, in the small table as in the whole one."""
    loaded = load_base(base)
    loaded.model.get_input_embeddings().padding_idx = 7
    context = TrainContext.prepare(
        loaded.model, loaded.tokenizer, TrainOptions(device=CPU), used_tokens={0, 3, 7}, sampled_tokens=9
    )
    inputs = loaded.model.get_input_embeddings()
    assert inputs.padding_idx == 2
    with context.vocabulary.whole():
        assert inputs.padding_idx == 7


def test_with_an_adapter_no_tokens_are_sampled():
    """LoRA leaves the table of tokens as it is, so the recipe is refused."""
    with pytest.raises(RecipeError, match="sampled_tokens: expected method full, not lora"):
        load_recipe("starter-lora", ["sampled_tokens=64"])
