"""Training: every token learnt once, figures that are right, the same seed the same bytes."""

from __future__ import annotations

import math
import random

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, BertConfig, BertModel

from huggingtweets import load_recipe
from huggingtweets.errors import BaseError, TrainingDiverged
from huggingtweets.progress import Silence
from huggingtweets.training import Device, choose_device, load_base, train
from huggingtweets.training.batches import IGNORED, batches, encode
from huggingtweets.training.loop import _evaluation_steps, _schedule
from huggingtweets.training.loss import bits_per_byte
from tiny import STARTER, tiny_base, tiny_dataset

CPU = Device("cpu", "test", bf16=False)
ROWS = [tuple(range(length)) for length in (2, 5, 9, 3, 30, 7, 4, 12, 2, 6)]


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    return str(tiny_base(tmp_path_factory.mktemp("base")))


def run(base, folder, *settings, watcher=None):
    folder.mkdir(exist_ok=True)
    recipe = load_recipe(
        "starter", [f"base={base}", "epochs=2", "batch_tokens=128", "evaluations=4", *settings]
    )
    loaded = load_base(recipe.base, dropout=recipe.dropout)
    return train(tiny_dataset(), recipe, loaded, folder, device=CPU, watcher=watcher)


def test_every_token_but_the_first_is_a_target_once():
    """A long post is cut into rows that together predict each of its tokens exactly once."""
    tokenizer = AutoTokenizer.from_pretrained(STARTER)
    text = "a long note about the weather " * 40
    rows = encode([text, "short"], tokenizer, positions=64)
    assert all(2 <= len(row) <= 65 for row in rows)
    whole = [token for row in rows[:-1] for token in row[1:]]
    assert rows[0][0] == tokenizer.bos_token_id
    assert whole == [*tokenizer(text)["input_ids"], tokenizer.eos_token_id]


@pytest.mark.parametrize("shuffle", [None, random.Random(1)])
def test_batches_hold_every_row_once_within_their_size(shuffle):
    """No row is lost or doubled, and padding counts towards the size of a batch."""
    found = []
    for batch in batches(ROWS, 24, padding=0, shuffle=shuffle):
        rows, width = batch.inputs.shape
        assert rows * width <= 24 or rows == 1
        assert batch.tokens == int((batch.targets != IGNORED).sum())
        for inputs, targets in zip(batch.inputs.tolist(), batch.targets.tolist(), strict=True):
            real = [t for t in targets if t != IGNORED]
            found.append((inputs[0], *real))
    assert sorted(found) == sorted(ROWS)


def test_the_order_of_posts_follows_the_seed():
    """The same seed gives the same batches; another seed mixes anew."""

    def order(seed):
        shuffle = random.Random(seed)
        return [b.targets.tolist() for b in batches(ROWS, 24, padding=0, shuffle=shuffle)]

    assert order(1) == order(1)
    assert order(1) != order(2)


def test_padding_changes_no_figure(base):
    """Bits per byte of padded batches are those of each post alone, computed by hand."""
    tokenizer, model = AutoTokenizer.from_pretrained(base), AutoModelForCausalLM.from_pretrained(base).eval()
    texts = [
        "one",
        "two words",
        "é 🙂 bytes count, not letters",
        "a much longer post that decides the padding",
    ]
    rows = encode(texts, tokenizer, positions=64)
    nats = 0.0
    for row in rows:
        logits = model(torch.tensor([row[:-1]])).logits[0].double()
        nats -= sum(logits.log_softmax(-1)[i, token].item() for i, token in enumerate(row[1:]))
    expected = nats / math.log(2) / sum(len(text.encode()) + 1 for text in texts)
    assert bits_per_byte(model, rows, texts, 0, CPU) == pytest.approx(expected, rel=1e-5)


def test_the_schedule_rises_and_falls():
    """Without warm-up it begins at the top; with it, it rises first; it ends near nothing."""
    assert _schedule(0, 100, 0.0) == 1.0
    assert _schedule(50, 100, 0.0) == pytest.approx(0.5)
    assert _schedule(99, 100, 0.0) < 0.001
    assert [_schedule(i, 100, 0.1) for i in range(10)] == pytest.approx([(i + 1) / 10 for i in range(10)])
    assert _schedule(10, 100, 0.1) == 1.0


@pytest.mark.parametrize(("steps", "evaluations"), [(100, 8), (3, 8), (1, 1)])
def test_the_last_step_is_always_measured(steps, evaluations):
    """Evaluations are spread over the run and never miss its end."""
    at = _evaluation_steps(steps, evaluations)
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
    checkpoint = run(base, tmp_path / "m", "epochs=12", "learning_rate=0.5", "warmup=1")
    best = min(checkpoint.curve, key=lambda point: point.bits_per_byte)
    assert checkpoint.step == best.step < checkpoint.curve[-1].step
    held_out = [p.text for p in tiny_dataset().held_out]
    model = AutoModelForCausalLM.from_pretrained(checkpoint.folder)
    rows = encode(held_out, AutoTokenizer.from_pretrained(base), 64)
    assert bits_per_byte(model, rows, held_out, 0, CPU) == pytest.approx(best.bits_per_byte, rel=1e-5)


def test_a_loss_that_is_no_number_saves_nothing(tmp_path):
    """A run that diverges ends in an error that says what to try, and no model is written."""
    tiny_base(tmp_path / "broken")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "broken")
    with torch.no_grad():
        model.transformer.wte.weight[5:] = float("inf")
    model.save_pretrained(tmp_path / "broken")
    with pytest.raises(TrainingDiverged, match="--set learning_rate="):
        run(str(tmp_path / "broken"), tmp_path / "m")
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
