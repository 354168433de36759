"""Pre-training: a corpus becomes a base, whole or not at all; it can be resumed, and then fine-tuned."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from transformers import AutoModelForCausalLM, AutoTokenizer, pipeline

from huggingtweets import load_recipe
from huggingtweets.bases.loading import load_base
from huggingtweets.errors import BaseError, UserError
from huggingtweets.machine.device import Device
from huggingtweets.progress import Silence
from huggingtweets.reporting.base_card import base_card
from huggingtweets.staging import one_at_a_time
from huggingtweets.training import TrainOptions, train
from huggingtweets.training.batches import IGNORE_INDEX
from huggingtweets.training.gpt2 import SIZES, Size, base_vocabulary
from huggingtweets.training.packed import EOS_ID, PackedRows, write_rows
from huggingtweets.training.vocabulary import EOS, learn_vocabulary
from huggingtweets.workflows.pretrain import PretrainConfig, pretrain
from tests.helpers.commands import call, run
from tests.helpers.tiny import tiny_dataset, varied_texts

STEP = 512  # positions


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path):
    """A size of its own for tests, a corpus, and a home."""
    monkeypatch.setitem(SIZES, "small", Size(layers=1, width=64, vocabulary=600, batch_tokens=STEP))
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HUGGINGTWEETS_DEVICE", "cpu")
    (tmp_path / "posts.txt").write_text("\n".join(varied_texts(900, seed=1)))


def job(folder, out="base", **changed):
    options = {
        "size": "small",
        "tokens": 24 * STEP,
        "held_out_posts": 50,
        "checkpoint_seconds": 0.0,
        **changed,
    }
    return PretrainConfig(corpus=(folder / "posts.txt",), out=folder / out, **options)


class Stages(Silence):
    """Keeps the stages that began."""

    def __init__(self):
        self.names = []

    def stage(self, name, *_):
        """Keep its name."""
        self.names.append(name)


class Stop(Silence):
    """Presses Ctrl-C after some steps, as the keyboard does."""

    def __init__(self, after):
        self.after, self.notes = after, []

    def stepped(self, step, *_):
        """Note one step."""
        if step == self.after:
            signal.raise_signal(signal.SIGINT)

    def note(self, message):
        """Keep the message."""
        self.notes.append(message)


def weights(folder):
    return (folder / "model.safetensors").read_bytes()


def test_a_base_is_an_ordinary_model_folder(tmp_path):
    """It learns, loads with transformers, says what it was made of, and can be fine-tuned."""
    pretrained = pretrain(job(tmp_path, about="made sentences", licence="cc0-1.0"))
    curve = [point.bits_per_byte for point in pretrained.curve]
    assert curve[-1] < 0.7 * curve[0]
    folder = tmp_path / "base"
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert model.config.model_type == "gpt2"
    assert AutoTokenizer.from_pretrained(folder)("lamp")["input_ids"][0] == EOS_ID
    card = (folder / "README.md").read_text()
    assert "made sentences" in card
    assert "license: cc0-1.0" in card
    noted = json.loads((folder / "pretrained.json").read_text())
    assert (noted["posts"], noted["held_out_posts"], noted["tokens"]) == (850, 50, 24 * STEP)
    rows = PackedRows(next((tmp_path / "home").rglob("rows")), STEP, seed=0, batches=24)
    assert pretrained.curve[-1].epoch == pytest.approx(24 / rows.batches_per_epoch)
    recipe = load_recipe("starter", [f"base={folder}", "epochs=1"])
    (tmp_path / "tuned").mkdir()
    device = Device("cpu", "", bf16=False)
    tuned = train(
        tiny_dataset(), recipe, load_base(str(folder)), tmp_path / "tuned", TrainOptions(device=device)
    )
    assert tuned.curve[-1].bits_per_byte < tuned.curve[0].bits_per_byte


@pytest.mark.parametrize("after", [pytest.param(3, marks=pytest.mark.slow), 20])
def test_an_interrupted_run_goes_on(after, tmp_path, monkeypatch):
    """Stopped before the learning rate falls or while it does, the end is byte for byte the same."""
    watcher = Stop(after)
    with pytest.raises(KeyboardInterrupt):
        pretrain(job(tmp_path), watcher)
    assert not (tmp_path / "base").exists()
    pretrain(job(tmp_path), watcher)
    assert watcher.notes == [f"going on from step {after} of 24"]
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "another"))
    pretrain(job(tmp_path, out="whole"))
    assert weights(tmp_path / "base") == weights(tmp_path / "whole")


def test_what_is_unfinished_outlives_other_runs_of_its_corpus(tmp_path):
    """A run with another seed, or from a base, has a checkpoint of its own, and a seed a vocabulary, too."""
    pretrain(job(tmp_path, tokens=2 * STEP, seed=1))
    runs = ({"seed": 0}, {"seed": 1}, {"seed": 1, "base": str(tmp_path / "base")})
    for after, changed in enumerate(runs, start=3):
        with pytest.raises(KeyboardInterrupt):
            pretrain(job(tmp_path, out="next", **changed), Stop(after))
    for after, changed in enumerate(runs, start=3):
        watcher = Stop(after=-1)
        pretrain(job(tmp_path, out=f"made-{after}", **changed), watcher)
        assert watcher.notes == [f"going on from step {after} of 24"]
    assert len(list((tmp_path / "home").rglob("tokenizer.json"))) == 2


def test_who_waits_for_another_run_of_the_corpus_is_told(tmp_path):
    """What both need is made by one of them, and the other one says that it waits, once."""
    watcher = Stop(after=-1)
    pretrain(job(tmp_path, tokens=2 * STEP))
    [corpus] = (tmp_path / "home" / "pretraining").iterdir()
    with ThreadPoolExecutor() as pool:
        with one_at_a_time(corpus):
            run = pool.submit(pretrain, job(tmp_path, out="next", tokens=2 * STEP), watcher)
            while not watcher.notes and not run.done():
                time.sleep(0.01)
        run.result()
    assert watcher.notes[0].startswith("waiting for another pretrain of this corpus")
    assert len(watcher.notes) == 2  # and that it goes on from what the first one made


def test_more_tokens_go_on_from_before_the_end(tmp_path):
    """A run that had ended continues from where its learning rate began to fall."""
    pretrain(job(tmp_path))
    watcher = Stop(after=-1)
    pretrained = pretrain(job(tmp_path, out="longer", tokens=40 * STEP), watcher)
    assert watcher.notes == ["going on from step 14 of 40"]
    assert pretrained.curve[-1].step == 40


@pytest.mark.parametrize("tokens", [10 * STEP, pytest.param(20 * STEP, marks=pytest.mark.slow)])
def test_fewer_tokens_do_not_go_on_from_behind_the_end(tokens, tmp_path, monkeypatch):
    """A longer run leaves a checkpoint of step 14, where a shorter one has ended, or its rate has to fall."""
    pretrain(job(tmp_path))
    watcher = Stop(after=-1)
    pretrained = pretrain(job(tmp_path, out="shorter", tokens=tokens), watcher)
    assert watcher.notes == []
    assert pretrained.curve[-1].step == tokens // STEP
    monkeypatch.setenv("HUGGINGTWEETS_HOME", str(tmp_path / "another"))
    pretrain(job(tmp_path, out="alone", tokens=tokens))
    assert weights(tmp_path / "shorter") == weights(tmp_path / "alone")


def test_a_shorter_run_leaves_what_a_longer_one_has_done(tmp_path):
    """Stopped and started again, it ends as any other; the longer one goes on from where it was stopped."""
    with pytest.raises(KeyboardInterrupt):
        pretrain(job(tmp_path), Stop(after=12))
    for after in (3, -1):
        shorter = Stop(after)
        with suppress(KeyboardInterrupt):
            pretrain(job(tmp_path, out="shorter", tokens=10 * STEP), shorter)
    assert shorter.notes == ["going on from step 3 of 10"]
    assert (tmp_path / "shorter").is_dir()
    longer = Stop(after=-1)
    pretrain(job(tmp_path), longer)
    assert longer.notes == ["going on from step 12 of 24"]


def test_fewer_tokens_go_on_from_before_their_end(tmp_path):
    """What an unfinished longer run has done at the high learning rate counts for a shorter one, too."""
    with pytest.raises(KeyboardInterrupt):
        pretrain(job(tmp_path), Stop(after=5))
    watcher = Stop(after=-1)
    pretrained = pretrain(job(tmp_path, out="shorter", tokens=10 * STEP), watcher)
    assert watcher.notes == ["going on from step 5 of 10"]
    assert pretrained.curve[-1].step == 10


def test_it_can_go_on_from_a_base_with_another_vocabulary(tmp_path):
    """What both vocabularies have keeps its vector, so it starts better than random; a wrong size is told."""
    first = pretrain(job(tmp_path))
    (tmp_path / "posts.txt").write_text("\n".join(varied_texts(900, seed=1)[300:]) + "\nnew words 😂 here")
    second = pretrain(job(tmp_path, out="second", base=str(tmp_path / "base")))
    assert second.base == "base"  # a path would tell of its user
    assert second.curve[0].bits_per_byte < 0.8 * first.curve[0].bits_per_byte
    with pytest.raises(BaseError, match="--size"):
        pretrain(job(tmp_path, out="third", size="nano", base=str(tmp_path / "base")))


def test_its_posts_are_written_without_warnings(tmp_path):
    """The token that begins every post pads, too; transformers takes that for a mistake unless told."""
    done = call(_pretrain_and_write, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "attention_mask" not in done.stderr


def _pretrain_and_write(folder):
    SIZES["small"] = Size(layers=1, width=64, vocabulary=600, batch_tokens=STEP)
    pretrain(job(folder, tokens=4 * STEP))
    pipeline("text-generation", model=str(folder / "base"))("a lamp")


def test_the_vocabulary_of_a_base_can_be_kept(tmp_path):
    """What it knew is said with the same tokens, and it starts about where its base ended."""
    first = pretrain(job(tmp_path))
    second = pretrain(job(tmp_path, out="second", base=str(tmp_path / "base"), keep_vocabulary=True))
    old, new = (AutoTokenizer.from_pretrained(tmp_path / name).get_vocab() for name in ("base", "second"))
    assert {token: new[token] for token in old} == old
    assert second.vocabulary == len(new) > len(old)
    assert second.curve[0].bits_per_byte < 1.15 * first.curve[-1].bits_per_byte


def test_a_vocabulary_that_cannot_be_kept_is_told():
    """One whose end is not token 0, which rows are packed with."""
    base = load_base("starter")
    assert base_vocabulary(base).token_to_id(EOS) == EOS_ID
    base.tokenizer.eos_token = "!"  # noqa: S105 -- a token of text
    with pytest.raises(BaseError, match="--keep-vocabulary"):
        base_vocabulary(base)


def test_held_out_posts_are_never_learnt_from(tmp_path):
    """The end of the corpus, or of another one, is in no row."""
    pretrained = pretrain(job(tmp_path, tokens=2 * STEP))
    rows = next((tmp_path / "home").rglob("rows-128.u16"))
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "base")
    packed = tokenizer.decode(np.fromfile(rows, np.uint16)).split(EOS)
    every = varied_texts(900, seed=1)
    assert pretrained.posts == 850
    assert set(every[850:]).isdisjoint(packed)
    assert set(every[:850]) <= set(packed)


def test_the_vocabulary_is_learnt_without_the_held_out_posts(tmp_path):
    """A word that only they have, however often, gets no token of its own."""
    seen, unseen = varied_texts(850, seed=1), ["zyxqvw " * 9] * 50
    (tmp_path / "posts.txt").write_text("\n".join([*seen, *unseen]))
    pretrain(job(tmp_path, tokens=2 * STEP))
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "base")
    assert len(tokenizer.tokenize(" zyxqvw")) > 3
    [(common, _)] = Counter(" ".join(seen).split()).most_common(1)
    assert len(tokenizer.tokenize(f" {common}")) == 1


def test_the_card_shows_the_figure_of_the_weights_that_were_saved(tmp_path):
    """The base is often better than what comes of it, on posts like these; its own figure is none of them."""
    pretrained = pretrain(job(tmp_path, tokens=2 * STEP))
    first, *later = pretrained.curve
    worse = replace(pretrained, curve=(replace(first, bits_per_byte=0.5), *later))
    best = f"{min(point.bits_per_byte for point in later):.3f}"
    assert f"**{best} bits per byte**" in base_card(worse)["README.md"].decode()


def test_what_is_held_out_of_a_shard_of_the_corpus_is_not_learnt_from(tmp_path):
    """--held-out may name one of the files of the corpus, whichever; the rest of it is learnt from."""
    more = tmp_path / "more.txt"
    more.write_text("\n".join(varied_texts(200, seed=2)))
    config = replace(job(tmp_path, tokens=2 * STEP, held_out=(tmp_path / "posts.txt",)))
    pretrained = pretrain(replace(config, corpus=(*config.corpus, more)))
    rows = next((tmp_path / "home").rglob("rows-128.u16"))
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "base")
    packed = tokenizer.decode(np.fromfile(rows, np.uint16)).split(EOS)
    assert pretrained.posts == 1050
    assert set(varied_texts(900, seed=1)[850:]).isdisjoint(packed)


def test_two_runs_of_one_corpus_share_what_one_makes(tmp_path):
    """The second one waits for vocabulary and rows, and does not replace them under the first one."""
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(pretrain, job(tmp_path, out=name, tokens=2 * STEP)) for name in ("a", "b")]
    assert [run.result().posts for run in runs] == [850, 850]
    assert (tmp_path / "a" / "tokenizer.json").read_bytes() == (
        tmp_path / "b" / "tokenizer.json"
    ).read_bytes()
    assert len(list((tmp_path / "home").rglob("tokenizer.json"))) == 1


def test_a_pass_shows_every_token_once(tmp_path):
    """Whatever the order: each post begins and ends, sees itself alone, and what is too long is cut."""
    tokenizer = learn_vocabulary(varied_texts(300, seed=2), 400)
    rng = random.Random(0)
    long = [" ".join(varied_texts(rng.randint(8, 40), seed=i)) for i in range(9)]
    texts = [*varied_texts(200, seed=2), *long]
    encoded = sorted([*tokenizer.encode(text, add_special_tokens=False).ids[:255], EOS_ID] for text in texts)
    assert list(write_rows(texts, tokenizer, 256, tmp_path)) == [209]
    one_pass = PackedRows(tmp_path, 1024, seed=0, batches=1).batches_per_epoch
    passes = []
    for seed in (0, 1):
        rows = PackedRows(tmp_path, 1024, seed=seed, batches=2 * one_pass)
        passes.append([targets(batch) for batch in rows[:one_pass]])
        assert sorted(post for batch in passes[-1] for post in batch) == encoded
        assert [targets(batch) for batch in rows[one_pass:]] != passes[-1]
        assert max(batch.inputs.numel() for batch in rows) <= 1024
    assert passes[0] != passes[1]


def targets(batch):
    """The posts of a batch, from their first token to their end."""
    posts = []
    for row, place in zip(batch.targets.tolist(), batch.position_ids.tolist(), strict=True):
        for token, at in zip(row, place, strict=True):
            if token != IGNORE_INDEX:
                posts.append([]) if at == 0 else None
                posts[-1].append(token)
    return posts


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"size": "huge"}, "nano"),
        ({"tokens": 5, "hours": 1.0}, "--hours"),
        ({"held_out_posts": 900}, "held out"),
        ({"base": "/nowhere/at/all"}, "base"),
        ({"keep_vocabulary": True}, "--base"),
    ],
)
def test_what_cannot_be_done_is_told(changed, told, tmp_path):
    """One clear error, and no folder."""
    with pytest.raises(UserError, match=told):
        pretrain(job(tmp_path, **changed))
    assert not (tmp_path / "base").exists()


def test_a_base_that_is_not_there_is_said_before_the_corpus_is_read(tmp_path):
    """Nothing was told to whoever watches, and no row was packed."""
    stages = Stages()
    with pytest.raises(BaseError, match="/nowhere/at/all"):
        pretrain(job(tmp_path, base="/nowhere/at/all"), stages)
    assert stages.names == []


def test_hours_become_tokens_by_a_trial(tmp_path):
    """A short trial tells how many tokens fit; the plan stays the same when the run goes on."""
    config = job(tmp_path, tokens=None, hours=2e-4)
    first = pretrain(config).tokens
    assert first >= STEP
    assert pretrain(job(tmp_path, out="again", tokens=None, hours=2e-4)).tokens == first


def test_the_command_refuses_what_is_not_there(tmp_path):
    """Exit code 2 and one line."""
    process = run("pretrain", "missing.txt", "--out", "base", cwd=tmp_path)
    assert process.returncode == 2
    assert "missing.txt" in process.stderr
    assert "Traceback" not in process.stderr


@pytest.mark.slow
def test_two_processes_make_the_same_base(tmp_path):
    """Torchrun with two learns what one learns, up to rounding, which Muon makes larger than AdamW does."""

    def made(name, launcher):
        arguments = ["pretrain", "posts.txt", "--out", name, "--tokens", "20480", "--held-out-posts", "50"]
        home = {"HUGGINGTWEETS_HOME": str(tmp_path / f"home-{name}")}
        command = [*launcher, "-m", "huggingtweets", *arguments]
        subprocess.run(command, cwd=tmp_path, env={**os.environ, **home}, check=True)
        curve = json.loads((tmp_path / name / "pretrained.json").read_text())["curve"]
        weights = AutoModelForCausalLM.from_pretrained(tmp_path / name).state_dict()
        return [point["bits_per_byte"] for point in curve], torch.cat([w.flatten() for w in weights.values()])

    one, weights = made("one", [sys.executable])
    two, others = made("two", [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2"])
    assert len(one) > 2
    assert two == pytest.approx(one, abs=0.01)
    assert torch.allclose(weights, others, atol=0.03)
    assert (weights - others).norm() < 0.05 * weights.norm()
    assert one[-1] < 0.7 * one[0]
