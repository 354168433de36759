"""Training: every token learnt once, figures that are right, the same seed the same bytes."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
import torch
from msgspec import UNSET
from msgspec.structs import replace
from torch import nn
from torch.nn import functional
from transformers import AutoModelForCausalLM, AutoTokenizer, BertConfig, BertModel
from transformers.pytorch_utils import Conv1D

from huggingtweets import load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.errors import BaseError, DoesNotFit, RecipeError, TrainingDiverged
from huggingtweets.machine.device import Device, choose_device
from huggingtweets.progress import MemorizationProbe, Silence
from huggingtweets.training import Predictor, TrainOptions, backward, loss, train
from huggingtweets.training.attention import use_short_rows
from huggingtweets.training.backward import Backward
from huggingtweets.training.batches import IGNORE_INDEX, Batches, batches, encode
from huggingtweets.training.context import TrainContext
from huggingtweets.training.cross_entropy import cross_entropy, find_lm_head, token_cross_entropy
from huggingtweets.training.loss import bits_per_byte, nll, summed_loss
from huggingtweets.training.mixture import author_weights, mixed_epoch
from huggingtweets.training.muon import Muon, orthogonalize
from huggingtweets.training.optimizer import cooldown_start, lr_scale
from huggingtweets.training.process_group import ProcessGroup
from huggingtweets.training.runs import evaluation_steps
from huggingtweets.training.weights import Weights
from huggingtweets.types import Recipe
from tests.helpers.tiny import STARTER, small_base, tiny_base, tiny_dataset, tiny_texts

CPU = Device("cpu", "test", bf16=False)
ROWS = [[tuple(range(1, length + 1))] for length in (2, 5, 9, 3, 300, 7, 4, 120, 2, 129, 130)]


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    return str(small_base(tmp_path_factory.mktemp("base")))


def run(base, folder, *settings, **options):
    folder.mkdir(exist_ok=True)
    recipe = load_recipe(
        "starter", [f"base={base}", "epochs=2", "batch_tokens=128", "evaluations=4", *settings]
    )
    loaded = load_base(recipe.base, dropout=recipe.dropout)
    return train(tiny_dataset(), recipe, loaded, folder, TrainOptions(device=CPU, **options))


def test_every_token_but_the_first_is_a_target_once():
    """A long post is cut into rows that together predict each of its tokens exactly once."""
    tokenizer = AutoTokenizer.from_pretrained(STARTER)
    text = "a long note about the weather " * 40
    long, short = encode([text, "short"], tokenizer, max_length=64)
    assert all(2 <= len(row) <= 65 for row in [*long, *short])
    whole = [token for row in long for token in row[1:]]
    assert long[0][0] == short[0][0] == tokenizer.bos_token_id
    assert whole == [*tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id]


@pytest.mark.parametrize("shuffle", [None, random.Random(1)])
def test_batches_hold_every_row_once_within_their_size(shuffle):
    """No row is lost or doubled, padding counts towards the size, and posts are kept apart."""
    rows_of_texts = []
    for batch in batches(ROWS, 512, padding=0, shuffle=shuffle):
        rows, width = batch.inputs.shape
        assert rows * width <= 512 or rows == 1
        assert batch.tokens == int((batch.targets != IGNORE_INDEX).sum())
        for i in range(rows):
            for text_id in set(batch.text_ids[i].tolist()) - {-1}:
                own = batch.text_ids[i] == text_id
                assert batch.position_ids[i][own].tolist() == list(range(int(own.sum())))
                rows_of_texts.append(
                    (text_id, (int(batch.inputs[i][own][0]), *batch.targets[i][own].tolist()))
                )
    assert sorted(rows_of_texts) == [(text_id, rows[0]) for text_id, rows in enumerate(ROWS)]


def test_batches_have_few_shapes():
    """Hundreds of posts of all lengths come in a handful of shapes: each new one costs memory for good."""
    lengths = random.Random(0)
    rows = [[tuple(range(lengths.randrange(2, 129)))] for _ in range(400)]
    packed = batches(rows, 1024, 0, random.Random(0))
    assert len({batch.inputs.shape for batch in packed}) <= 2
    assert sum(batch.tokens for batch in packed) > 0.9 * sum(batch.inputs.numel() for batch in packed)


def test_the_order_of_posts_follows_the_seed():
    """The same seed gives the same batches; another seed mixes anew."""

    def order(seed):
        shuffle = random.Random(seed)
        return [b.targets.tolist() for b in batches(ROWS, 512, padding=0, shuffle=shuffle)]

    assert order(1) == order(1)
    assert order(1) != order(2)


@pytest.mark.parametrize("fused", [True, False])
def test_neighbours_in_a_row_change_no_figure(base, fused):
    """What each post costs in a shared, padded row is what it costs alone, computed by hand."""
    tokenizer, model = AutoTokenizer.from_pretrained(base), AutoModelForCausalLM.from_pretrained(base).eval()
    texts = [
        "one",
        "two words",
        "é 🙂 bytes count, not letters",
        "a much longer post that decides the padding " * 9,
    ]
    rows = encode(texts, tokenizer, max_length=64)
    by_hand = []
    for pieces in rows:
        costs = [model(torch.tensor([row[:-1]])).logits[0].double().log_softmax(-1) for row in pieces]
        by_hand.append(
            -sum(
                cost[i, token].item()
                for cost, row in zip(costs, pieces, strict=True)
                for i, token in enumerate(row[1:])
            )
        )
    nats = nll(model, rows, 0, CPU, find_lm_head(model) if fused else None)
    assert nats.tolist() == pytest.approx(by_hand, rel=1e-4)
    size = sum(len(text.encode()) + 1 for text in texts)
    assert bits_per_byte(nats, texts) == pytest.approx(sum(by_hand) / math.log(2) / size, rel=1e-4)


@pytest.mark.parametrize("capped", [True, False])
def test_an_evaluation_never_holds_the_logits_of_all_positions(tmp_path, monkeypatch, capped):
    """Whatever a model does with its logits, only so many are there at a time; the figures are the same."""
    base = load_base(str(small_base(tmp_path / "base")))
    largest, softmax = [], torch.log_softmax
    texts = tiny_texts(300)
    expected = Predictor(base.model, base.tokenizer, CPU).bits(texts)
    if capped:  # a setting that says that the head alone does not make the logits
        base.model.config.logit_scale = 2.0
    limit = 600 * len(base.tokenizer)
    monkeypatch.setattr(loss, "MAX_LOGITS", limit)
    monkeypatch.setattr(functional, "cross_entropy", _noting(largest, functional.cross_entropy))
    monkeypatch.setattr(torch, "log_softmax", _noting(largest, softmax))
    assert Predictor(base.model, base.tokenizer, CPU).bits(texts) == pytest.approx(expected, rel=1e-4)
    assert 0 < max(largest) <= limit


def _noting(sizes, function):
    """The function, which from now on notes how many logits it is given."""

    def noting(logits, *arguments, **options):
        sizes.append(logits.numel())
        return function(logits, *arguments, **options)

    return noting


def test_the_fused_loss_has_the_gradient_of_the_plain_one(base):
    """Scores made a few at a time give the same loss and the same gradients as all scores at once."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    batch = batches(encode(["some words", "and more of them " * 20], tokenizer, 64), 256, 0, None)[0]
    gradients = []
    for fused in (True, False):
        model = AutoModelForCausalLM.from_pretrained(base)
        loss = summed_loss(model, batch, CPU, find_lm_head(model) if fused else None)
        loss.backward()
        gradients.append((loss.item(), [p.grad.clone() for p in model.parameters()]))
    (first, ours), (second, plain) = gradients
    assert first == pytest.approx(second, rel=1e-5)
    for mine, theirs in zip(ours, plain, strict=True):
        assert torch.allclose(mine, theirs, rtol=1e-3, atol=1e-4)


def test_attention_of_short_rows_is_attention(base):
    """Our attention gives what transformers' own gives, going forward and backward."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    batch = batches(encode(["some words", "and more of them " * 20], tokenizer, 64), 256, 0, None)[0]
    results = []
    for ours in (True, False):
        model = AutoModelForCausalLM.from_pretrained(base)
        if ours:
            use_short_rows(model)
        summed_loss(model, batch, CPU, None).backward()
        results.append(torch.cat([p.grad.flatten() for p in model.parameters()]))
    assert torch.allclose(*results, rtol=1e-3, atol=1e-4)


RECIPE = Recipe(name="any", base="starter")


def test_the_schedule_rises_and_falls():
    """Without warm-up it begins at the top; with it, it rises first; it ends near nothing."""
    warm = replace(RECIPE, warmup=0.1)
    assert lr_scale(0, 100, RECIPE) == 1.0
    assert lr_scale(50, 100, RECIPE) == pytest.approx(0.5)
    assert lr_scale(99, 100, RECIPE) < 0.001
    assert [lr_scale(i, 100, warm) for i in range(10)] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert lr_scale(10, 100, warm) == 1.0


def test_with_a_cooldown_the_rate_falls_at_the_end_only():
    """It stays at the top until the cooldown begins, whose start does not depend on what comes after."""
    recipe = replace(RECIPE, cooldown=0.4)
    assert cooldown_start(100, recipe) == 60
    assert {lr_scale(i, 100, recipe) for i in range(61)} == {1.0}
    assert [lr_scale(i, 100, recipe) for i in (80, 99)] == pytest.approx([0.5, 1 / 40])


def test_a_run_longer_than_its_rate_is_for_has_a_lower_peak():
    """Four times as many steps halve the rate; shorter runs and other recipes have it whole."""
    recipe = replace(RECIPE, warmup=0.1, cooldown=0.4, learning_rate_steps=100)
    assert max(lr_scale(i, 50, recipe) for i in range(50)) == 1.0
    assert max(lr_scale(i, 400, recipe) for i in range(400)) == 0.5
    unlimited = replace(recipe, learning_rate_steps=UNSET)
    assert [lr_scale(i, 400, recipe) for i in range(400)] == pytest.approx(
        [lr_scale(i, 400, unlimited) / 2 for i in range(400)]
    )


@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 16, 48), (2, 48, 16)])
def test_muon_steps_go_all_ways_alike(shape):
    """What Muon moves a matrix by has singular values of about 1, whatever the gradient's were."""
    step = orthogonalize(torch.randn(*shape, generator=torch.Generator().manual_seed(0)))
    values = torch.linalg.svdvals(step)
    assert step.shape == shape
    assert values.min() > 0.5
    assert values.max() < 1.4


@pytest.mark.parametrize("layer", [nn.Linear(8, 32, bias=False), Conv1D(32, 8)])
def test_muon_steps_further_where_a_layer_widens(layer):
    """Four outputs an input: twice as far, whether a matrix is (outputs, inputs) or, as GPT-2's, turned."""
    weights = Weights(layer, torch.float32)
    weights.master_weights.zero_()
    torch.manual_seed(0)
    weights.gradient.normal_()
    Muon(weights, learning_rate=1.0, weight_decay=0.0).step(1.0)
    moved = torch.linalg.svdvals(layer.weight.detach())
    assert moved.mean().item() == pytest.approx(2.0, rel=0.2)


@pytest.mark.parametrize(("kind", "near"), [(torch.float32, 1e-5), (torch.bfloat16, 0.01)])
def test_cross_entropy_in_chunks_is_that_of_torch(kind, near):
    """Loss and both gradients, over more positions than a chunk has; padding adds nothing to them."""
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(1100, 16, generator=generator).to(kind).requires_grad_()
    lm_head = torch.randn(300, 16, generator=generator).to(kind).requires_grad_()
    targets = torch.randint(300, (1100,), generator=generator)
    targets[::7] = IGNORE_INDEX
    exact = [part.detach().float().requires_grad_() for part in (hidden, lm_head)]
    expected = functional.cross_entropy(
        exact[0] @ exact[1].T, targets, ignore_index=IGNORE_INDEX, reduction="sum"
    )
    loss = cross_entropy(hidden, lm_head, targets)
    loss.backward()
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=near)
    assert token_cross_entropy(hidden, lm_head, targets).sum().item() == pytest.approx(loss.item(), rel=near)
    for ours, theirs in zip((hidden, lm_head), exact, strict=True):
        assert (ours.grad.float() - theirs.grad).norm() < near * theirs.grad.norm()
    assert not hidden.grad[::7].any()


def test_the_gradient_of_the_output_matrix_is_added_to_what_is_there():
    """Where it has a gradient, cross-entropy adds to it in place: `scale` times what it would be alone."""
    generator = torch.Generator().manual_seed(0)
    hidden, targets = torch.randn(700, 16, generator=generator), torch.arange(700) % 300
    alone = torch.randn(300, 16, generator=generator).requires_grad_()
    cross_entropy(hidden.requires_grad_(), alone, targets).backward()
    expected, hidden.grad = hidden.grad / 4, None
    lm_head = alone.detach().clone().requires_grad_()
    lm_head.grad = torch.ones(300, 16)
    place = lm_head.grad.data_ptr()
    cross_entropy(hidden, lm_head, targets, scale=0.25).backward()
    assert lm_head.grad.data_ptr() == place
    assert torch.allclose(lm_head.grad, 1 + alone.grad / 4, atol=1e-5)
    assert torch.allclose(hidden.grad, expected, atol=1e-6)


def test_a_prepared_model_has_the_gradients_of_the_plain_one(base):
    """All that makes training fast changes no gradient, and each is added to memory that is there before."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    batch = batches(encode(["some words", "and more of them " * 20], tokenizer, 64), 256, 0, None)[0]
    plain = AutoModelForCausalLM.from_pretrained(base)
    summed_loss(plain, batch, CPU, None).backward()
    loaded = load_base(str(base))
    context = TrainContext.prepare(loaded.model, loaded.tokenizer, TrainOptions(device=CPU))
    for _ in range(2):
        context.loss(batch, 0.5).backward()
    places = {p.grad.untyped_storage().data_ptr() for p in loaded.model.parameters()}
    assert places == {context.weights.gradient.untyped_storage().data_ptr()}
    for ours, theirs in zip(loaded.model.parameters(), plain.parameters(), strict=True):
        assert torch.allclose(ours.grad, theirs.grad, rtol=1e-3, atol=1e-4)


def test_the_norm_of_a_long_gradient_is_right_in_bfloat16():
    """Clipping to 1 scales by one over the norm, within the precision of bfloat16, however long it is."""
    weights = Weights(nn.Linear(1000, 3001), torch.bfloat16)
    weights.gradient.normal_(generator=torch.Generator().manual_seed(0))
    norm = weights.gradient.double().norm().item()
    assert weights.clip_factor(1.0).item() == pytest.approx(1 / norm, rel=0.004)


def test_a_token_that_was_impossible_costs_much_and_is_a_number():
    """Where the softmax has no room for its chance, the cost stays finite."""
    hidden, matrix = torch.tensor([[1000.0]]), torch.tensor([[1.0], [-1.0]])
    assert 80 < cross_entropy(hidden, matrix, torch.tensor([1])).item() < 100


def test_muon_moves_the_matrices_of_layers_and_adamw_the_rest(base, tmp_path):
    """A run with Muon learns, and no parameter stays where it was."""
    before = AutoModelForCausalLM.from_pretrained(base).state_dict()
    trained = run(base, tmp_path / "muon", "optimizer=muon", "matrix_rate=0.01", "learning_rate=0.01")
    after = AutoModelForCausalLM.from_pretrained(trained.folder).state_dict()
    assert trained.curve[-1].bits_per_byte < trained.curve[0].bits_per_byte
    assert [name for name in before if torch.equal(before[name], after[name])] == []


@pytest.mark.parametrize(("steps", "evaluations"), [(100, 8), (3, 8), (1, 1)])
def test_the_last_step_is_always_measured(steps, evaluations):
    """Evaluations are spread over the run and never miss its end."""
    at = evaluation_steps(steps, evaluations)
    assert max(at) == steps
    assert min(at) >= 1
    assert len(at) == min(steps, evaluations)


def test_a_model_learns(base, tmp_path):
    """After training, held-out posts are far easier to predict than for the base."""
    curve = run(base, tmp_path / "m", "epochs=20", "learning_rate=1e-2").curve
    assert min(point.bits_per_byte for point in curve) < 0.6 * curve[0].bits_per_byte
    assert curve[0].step == 0


def test_the_same_seed_gives_the_same_bytes(base, tmp_path):
    """On the CPU two runs with one seed write equal weights, with dropout too; another seed does not."""
    first, again = (run(base, tmp_path / name, "dropout=0.1").digest for name in "ab")
    assert first == again
    assert run(base, tmp_path / "c", "dropout=0.1", "seed=1").digest != first


def test_the_best_checkpoint_is_the_one_saved(base, tmp_path):
    """When training goes wrong after a good start, the weights on disk are those of the good start."""
    trained = run(base, tmp_path / "m", "epochs=12", "learning_rate=1", "warmup=1", "evaluations=12")
    best = min(trained.curve, key=lambda point: point.bits_per_byte)
    assert trained.step == best.step < trained.curve[-1].step
    held_out = [p.text for p in tiny_dataset().held_out]
    model = AutoModelForCausalLM.from_pretrained(trained.folder)
    rows = encode(held_out, AutoTokenizer.from_pretrained(base), 64)
    bits = bits_per_byte(nll(model, rows, 0, CPU), held_out)
    assert bits == pytest.approx(best.bits_per_byte, rel=1e-5)


def test_a_loss_that_is_no_number_saves_nothing(base, tmp_path):
    """A run that diverges ends in an error that says what to try, and no model is written."""
    loaded = load_base(base)
    with torch.no_grad():
        loaded.model.transformer.wte.weight[5:] = float("inf")
    recipe = load_recipe("starter", [f"base={base}", "epochs=2", "batch_tokens=128"])
    (tmp_path / "m").mkdir()
    with pytest.raises(TrainingDiverged, match="--set learning_rate="):
        train(tiny_dataset(), recipe, loaded, tmp_path / "m", TrainOptions(device=CPU))
    assert list((tmp_path / "m").iterdir()) == []


def test_the_watcher_sees_every_step(base, tmp_path):
    """Steps come in order up to their announced number, and each evaluation of the curve is told."""
    steps, points = [], []

    class Notes(Silence):
        def stepped(self, step, steps_in_all, loss, tokens_per_second):
            steps.append((step, steps_in_all))
            assert loss > 0
            assert tokens_per_second > 0

        def evaluated(self, point):
            points.append(point)

    curve = run(base, tmp_path / "m", watcher=Notes()).curve
    assert [step for step, _ in steps] == list(range(1, steps[0][1] + 1))
    assert tuple(points) == curve


def test_a_base_that_is_none_names_the_embedded_one(tmp_path):
    """An id that cannot be reached and a folder of something else are one line that says what works."""
    (tmp_path / "empty").mkdir()
    BertModel(
        BertConfig(vocab_size=99, hidden_size=8, num_hidden_layers=1, num_attention_heads=1)
    ).save_pretrained(tmp_path / "bert")
    for name in (
        "no-such-org/no-such-model",
        str(tmp_path / "empty"),
        str(tmp_path / "bert"),
        "not a valid id!",
    ):
        with pytest.raises(BaseError, match="--recipe starter") as caught:
            load_base(name)
        assert "\n" not in str(caught.value)


def test_a_base_whose_weights_do_not_fit_its_config_is_refused(tmp_path):
    """A model.safetensors of other shapes than the config says is an error, not a half-random model."""
    folder = tiny_base(tmp_path / "base")
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace('"n_embd": 32', '"n_embd": 48'))
    with pytest.raises(BaseError):
        load_base(str(folder))


def test_weights_that_are_missing_are_refused(tmp_path):
    """A file that lacks some of the model's weights does not become a model with random ones."""
    folder = tiny_base(tmp_path / "base")
    config = (folder / "config.json").read_text()
    (folder / "config.json").write_text(config.replace('"n_layer": 2', '"n_layer": 3'))
    with pytest.raises(BaseError):
        load_base(str(folder))


def test_the_device_can_be_named(monkeypatch):
    """An environment variable overrides the choice of device."""
    monkeypatch.setenv("HUGGINGTWEETS_DEVICE", "cpu")
    assert choose_device().kind == "cpu"


def test_training_stops_when_it_gets_no_better(base, tmp_path):
    """Evaluations without progress end the run; the reason is told, and the best weights are saved."""
    notes = []

    class Notes(Silence):
        def note(self, message):
            notes.append(message)

    settings = ("epochs=12", "learning_rate=1", "warmup=1", "evaluations=12", "patience=2")
    trained = run(base, tmp_path / "m", *settings, watcher=Notes())
    assert "have not fallen for 2 evaluations" in trained.stopped
    assert any(trained.stopped in message for message in notes)
    bits = [point.bits_per_byte for point in trained.curve]
    assert len(bits) < 13
    assert min(bits) == bits[-3]
    assert trained.step == trained.curve[-3].step


def test_a_first_bump_does_not_end_a_run(tmp_path):
    """Patience counts from the best trained evaluation: that the base was better does not shorten a run."""
    base = str(tiny_base(tmp_path / "base"))
    first = run(base, tmp_path / "first", "epochs=8", "learning_rate=1e-2")
    settings = ("epochs=8", "learning_rate=2e-2", "warmup=0.1", "evaluations=16", "patience=2")
    again = run(str(first.folder), tmp_path / "again", *settings)
    bits = [point.bits_per_byte for point in again.curve]
    assert bits[0] < min(bits[1:3])  # the bump
    assert len(bits) > 3
    assert again.step == again.curve[1 + bits[1:].index(min(bits[1:]))].step


def test_a_trained_model_is_never_its_base(tmp_path):
    """Where training only makes the prediction of other posts worse, a note says so; weights are saved."""
    base = str(tiny_base(tmp_path / "base"))
    first = run(base, tmp_path / "first", "epochs=8", "learning_rate=1e-2")
    notes = []

    class Notes(Silence):
        def note(self, message):
            notes.append(message)

    again = run(str(first.folder), tmp_path / "again", "learning_rate=3e-2", "evaluations=2", watcher=Notes())
    assert again.curve[0].bits_per_byte < min(point.bits_per_byte for point in again.curve[1:])
    assert again.step > 0
    assert again.digest != first.digest
    assert any("no better than before" in message for message in notes)


@pytest.mark.parametrize("first", [1, 3])
def test_training_stops_when_the_model_copies(base, tmp_path, first):
    """A probe that finds copies ends the run; the best trained weights are saved, never those of the base."""
    probes = []

    def probe_memorization(model, _):
        probes.append(model.training)
        return MemorizationProbe(
            samples=("x",),
            copied=0.1 * len(probes),
            counted=32,
            memorizes="copies" if len(probes) == first else "",
        )

    trained = run(
        base,
        tmp_path / "m",
        "epochs=4",
        "learning_rate=1e-2",
        "evaluations=4",
        probe_memorization=probe_memorization,
    )
    assert trained.stopped == "copies"
    expected = [None, *(0.1 * n for n in range(1, first + 1))]
    assert [point.copied for point in trained.curve] == pytest.approx(expected)
    assert [point.counted or 0 for point in trained.curve] == [0, *[32] * first]
    best = min(trained.curve[1:], key=lambda point: point.bits_per_byte)
    assert trained.step == best.step == trained.curve[-1].step > 0
    saved = AutoModelForCausalLM.from_pretrained(trained.folder).state_dict()
    untouched = AutoModelForCausalLM.from_pretrained(base).state_dict()
    assert not torch.equal(saved["transformer.wte.weight"], untouched["transformer.wte.weight"])


def test_a_batch_that_does_not_fit_is_taken_in_pieces(base):
    """When memory runs out the same gradient comes from smaller pieces, and a line says so."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    batch = batches(encode(tiny_texts(60), tokenizer, 64), 1024, 0, None)[0]
    gradients, notes = [], []

    class Notes(Silence):
        def note(self, message):
            notes.append(message)

    for most in (len(batch.inputs), 1):
        model = AutoModelForCausalLM.from_pretrained(base)
        weights = Weights(model, torch.float32)

        def loss(piece, scale, model=model, most=most):
            if len(piece.inputs) > most:
                torch.empty(1 << 55)  # the allocator's own refusal
            return summed_loss(model, piece, CPU, None, scale)

        Backward(weights, loss, ProcessGroup(), Notes())(batch)
        gradients.append(weights.gradient.clone())
    assert torch.allclose(*gradients, atol=1e-6)
    assert any("pieces" in message for message in notes)


def test_a_large_model_computes_few_positions_at_once_on_a_processor(base, monkeypatch):
    """No piece has more positions than meant for it, and the gradient is that of the whole batch."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    batch = batches(encode(tiny_texts(60), tokenizer, 64), 1024, 0, None)[0]
    gradients, sizes = [], []
    for large in (1 << 26, 1):
        monkeypatch.setattr(backward, "LARGE_MODEL", large)
        monkeypatch.setattr(backward, "MAX_POSITIONS", 256)
        model = AutoModelForCausalLM.from_pretrained(base)
        weights = Weights(model, torch.float32)

        def loss(piece, scale, model=model):
            sizes.append(piece.inputs.numel())
            return summed_loss(model, piece, CPU, None, scale)

        Backward(weights, loss, ProcessGroup(), Silence())(batch)
        gradients.append(weights.gradient.clone())
    assert sizes[0] > 256 >= max(sizes[1:])
    assert torch.allclose(*gradients, atol=1e-6)


def test_memory_for_not_even_one_row_is_one_clear_error(base):
    """When nothing can be made smaller any more, the error says what would need less."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    batch = batches(encode(tiny_texts(60), tokenizer, 64), 1024, 0, None)[0]
    weights = Weights(AutoModelForCausalLM.from_pretrained(base), torch.float32)
    with pytest.raises(DoesNotFit, match="LoRA"):
        Backward(weights, lambda *_: torch.empty(1 << 55), ProcessGroup(), Silence())(batch)


def test_several_people_are_weighted_alike_or_as_the_mix_says():
    """Whoever wrote less is oversampled, to equal weights or to those of the mix; no post is left out."""
    posts_of = {"a": [[(1, n)] for n in range(90)], "b": [[(2, n)] for n in range(30)]}

    def counts(mix):
        posts = mixed_epoch(posts_of, author_weights(["a", "b"], mix), random.Random(0))
        assert {rows[0] for rows in posts} == {rows[0] for posts in posts_of.values() for rows in posts}
        return [sum(rows[0][0] == who for rows in posts) for who in (1, 2)]

    assert counts({}) == [90, 90]
    assert counts({"A": 3, "@b": 1}) == [90, 30]
    assert counts({"a": 1, "b": 2}) == [90, 180]
    for wrong in ({"a": 1}, {"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 0}):
        with pytest.raises(RecipeError, match="--mix a=1 --mix b=1"):
            author_weights(["a", "b"], wrong)


def test_an_epoch_of_many_people_stays_small():
    """One who wrote much does not have all others repeated without end: the epoch is bounded."""
    posts_of = {f"few {person}": [[(person, n)] for n in range(10)] for person in range(50)}
    posts_of["many"] = [[(50, n)] for n in range(2_000)]
    posts = mixed_epoch(posts_of, author_weights(list(posts_of), {}), random.Random(0))
    counts = Counter(rows[0][0] for rows in posts)
    assert len(posts) <= 3 * 2_500
    assert len(set(counts.values())) == 1
    assert len({rows[0] for rows in posts if rows[0][0] == 50}) == counts[50]
    weighted = mixed_epoch(
        posts_of, author_weights(list(posts_of), dict.fromkeys(posts_of, 1) | {"many": 20}), random.Random(0)
    )
    assert Counter(rows[0][0] for rows in weighted)[50] == 2_000


def test_an_epoch_takes_so_many_posts_of_each():
    """Whoever wrote much is drawn anew for each epoch, and lengthens it no more than one who wrote little."""
    posts_of = {f"few {person}": [[(person, n)] for n in range(10)] for person in range(50)}
    posts_of["many"] = [[(50, n)] for n in range(2_000)]
    shuffle = random.Random(0)
    weights = author_weights(list(posts_of), {})
    epochs = [mixed_epoch(posts_of, weights, shuffle, author_posts=10) for _ in range(2)]
    assert [Counter(rows[0][0] for rows in posts) for posts in epochs] == [
        dict.fromkeys(range(51), 10),
        dict.fromkeys(range(51), 10),
    ]
    drawn = [{rows[0] for rows in posts if rows[0][0] == 50} for posts in epochs]
    assert drawn[0] != drawn[1]


def test_batches_are_made_when_they_are_asked_for(monkeypatch):
    """A long run does not hold the tensors of all its steps; asked again, a batch is the same."""
    made = []
    real = torch.full
    monkeypatch.setattr(
        torch, "full", lambda *args, **options: (made.append(args), real(*args, **options))[1]
    )
    epochs = Batches([ROWS] * 50, 512, 0, random.Random(0))
    assert made == []
    assert len(epochs) > 50
    assert torch.equal(epochs[7].inputs, epochs[7].inputs)
    assert torch.equal(epochs[-1].inputs, epochs[len(epochs) - 1].inputs)
    assert [batch.tokens for batch in epochs[3:5]] == [epochs[3].tokens, epochs[4].tokens]
