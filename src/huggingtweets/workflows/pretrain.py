"""Making a base: many people's posts become a model to which anyone's voice can be taught.

vocabulary -> pack -> learn -> describe: a model folder, whole or not at all
"""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import torch
from msgspec import Struct
from tokenizers import Tokenizer

from .. import training
from ..cleaning import text
from ..dataset.shards import find_shards, read_posts
from ..errors import UserError
from ..files import CheckpointConfig, home, sha256, whole_folder
from ..generation.generator import Generator
from ..progress import Silence, Watcher
from ..reporting.base_card import base_card
from ..training import pretrain as engine
from ..training.loop import TrainState
from ..training.packed import Rows, write_rows
from ..training.saving import save_model
from ..training.vocabulary import END, extend_vocabulary, learn_vocabulary
from ..types import Pretrained, Sampling

VOCABULARY_POSTS = 600_000  # that the vocabulary is learnt from, the same number of each shard
MORE_TOKENS = 1024  # that a base's vocabulary gets where it is kept
TOKENS_PER_WEIGHT = 20  # where nothing else is asked for (Hoffmann et al. 2022, "Chinchilla", table 3)
PROBE_SAMPLES, SAMPLES = 5, 10  # posts written at each evaluation, and for the card
PROBE_TOKENS = 64  # of each
FILE = "pretrained.json"


class PretrainConfig(Struct, frozen=True, kw_only=True):
    """All that decides what `pretrain` does."""

    corpus: tuple[Path, ...]  # files and folders
    out: Path
    size: str = "nano"
    base: str | None = None  # what to go on from; None: random weights
    keep_vocabulary: bool = False  # whether the base's tokens are kept and some added, or all learnt anew
    tokens: int | None = None  # to learn from, those seen again counted again; None: by hours, or by size
    hours: float | None = None
    held_out: tuple[Path, ...] = ()  # files and folders; nothing: the corpus
    held_out_posts: int = 4000  # the last ones there, kept from training
    text_column: str = "text"
    about: str = ""  # the corpus in a few words, for the card
    licence: str = ""  # of the corpus, for the card
    seed: int = 0
    overwrite: bool = False
    checkpoint_seconds: float = 120.0


def pretrain(job: PretrainConfig, watcher: Watcher | None = None) -> Pretrained:
    """Make a base from a corpus; the same job goes on where it was interrupted.

    Raises:
        UserError: something that was given cannot be used; no folder was written.
    """
    watcher, process_group = watcher or Silence(), training.join_process_group()
    size = _size(job)
    watcher.stage("corpus")
    material = _Material(job)
    with whole_folder(job.out, replace=job.overwrite) as folder:
        tokenizer = material.vocabulary(size, watcher)
        posts = material.pack(tokenizer, size, watcher)
        process_group.wait()
        tokens = job.tokens or _planned(material, job, size, tokenizer)
        watcher.stage("train", f"{job.size} on {tokens:,} tokens of {posts:,} posts")
        model, fast, state = _learn(material, job, size, tokenizer, tokens, watcher)
        watcher.stage("evaluate")
        generator = Generator(model, training.beginning(fast))
        samples = generator.generate(count=SAMPLES, seed=job.seed).samples
        weights = save_model(model.half(), fast, Sampling(), folder)
        made = Pretrained(
            size=job.size,
            base=job.base or "",
            parameters=model.num_parameters(),
            vocabulary=tokenizer.get_vocab_size(),
            corpus=[shard.name for shard in material.shards],
            corpus_digest=material.digest,
            about=job.about,
            licence=job.licence,
            posts=posts,
            held_out_posts=len(material.held_out),
            tokens=tokens,
            curve=tuple(state.curve),
            samples=tuple(sample.text for sample in samples),
            seconds=round(state.seconds, 1),
            environment=training.environment(training.choose_device()),
            created_at=datetime.now(UTC).replace(microsecond=0),
            version=version("huggingtweets"),
            model_digest=sha256(weights),
        )
        (folder / FILE).write_bytes(msgspec.json.format(msgspec.json.encode(made)) + b"\n")
        for name, content in base_card(made).items():
            (folder / name).write_bytes(content)
    return made


def follow(job: PretrainConfig) -> None:
    """Do the part of a follower in `pretrain`, when a launcher started several processes for one run."""
    size, material = _size(job), _Material(job)
    training.join_process_group().wait()
    tokenizer = material.vocabulary(size, Silence())
    tokens = job.tokens or _planned(material, job, size, tokenizer)
    _learn(material, job, size, tokenizer, tokens, Silence())


class _Material:
    """The posts of a job, and what is made of them on the way; it stays on disk for the next run."""

    def __init__(self, job: PretrainConfig) -> None:
        self._job = job
        self.shards = find_shards(job.corpus)
        apart = find_shards(job.held_out)
        self.held_out = _last(self._clean((apart or self.shards)[-1:]), job.held_out_posts)
        self._withheld = 0 if apart else len(self.held_out)
        if not self.held_out:
            raise UserError("no posts are held out to measure with; expected --held-out-posts of 1 or more")
        digest = hashlib.sha256(msgspec.json.encode([job.text_column, self.held_out]))
        for shard in self.shards:
            digest.update(sha256(shard).encode())
        self.digest = digest.hexdigest()
        base = training.load_base(job.base) if job.base and job.keep_vocabulary else None
        self._kept = engine.vocabulary_of(base) if base else None
        name = f"{job.size}-of-{base.base.digest[:16]}" if base else job.size
        self.folder = home() / "pretraining" / self.digest[:32] / name
        self.rows = self.folder / "rows"

    def vocabulary(self, size: engine.Size, watcher: Watcher) -> Tokenizer:
        """The tokens of this corpus, learnt once: all of them, or those that the base has none for."""
        path = self.folder / "tokenizer.json"
        if not path.is_file():
            each = math.ceil(VOCABULARY_POSTS / len(self.shards))
            some = (post for shard in self.shards for post in islice(self._clean([shard]), each))
            if self._kept:
                watcher.stage("vocabulary", f"{MORE_TOKENS:,} tokens more than the base has")
                learnt = extend_vocabulary(self._kept, some, MORE_TOKENS, self._job.seed)
            else:
                watcher.stage("vocabulary", f"{size.vocabulary:,} tokens")
                learnt = learn_vocabulary(some, size.vocabulary, self._job.seed)
            with whole_folder(self.folder, replace=True) as folder:
                learnt.save(str(folder / path.name))
        return Tokenizer.from_file(str(path))

    def pack(self, tokenizer: Tokenizer, size: engine.Size, watcher: Watcher) -> int:
        """Write all posts as rows of tokens, once; return how many posts there are."""
        note = self.rows / "posts.json"
        if not note.is_file():
            watcher.stage("pack")
            with whole_folder(self.rows, replace=True) as folder:
                kept = _all_but_last(self._clean(self.shards), self._withheld)
                written = 0
                for written in write_rows(kept, tokenizer, size.positions, folder):
                    watcher.read(written, None)
                if not written:
                    raise UserError(
                        "the corpus has no posts besides those that are held out; give more, or hold out "
                        "fewer with --held-out-posts"
                    )
                (folder / note.name).write_bytes(msgspec.json.encode(written))
        posts: int = msgspec.json.decode(note.read_bytes(), type=int)
        return posts

    def _clean(self, shards: Iterable[Path]) -> Iterator[str]:
        """Posts as fine-tuning sees them: links, addresses and what is invisible are out."""
        for shard in shards:
            for post in read_posts(shard, self._job.text_column):
                clean = text.folded(text.without_invisible(text.without_addresses(text.without_links(post))))
                if clean := clean.replace(END, ""):
                    yield clean


def _learn(
    material: _Material,
    job: PretrainConfig,
    size: engine.Size,
    tokenizer: Tokenizer,
    tokens: int,
    watcher: Watcher,
) -> tuple[Any, Any, TrainState]:
    """Train a new model; return it, its tokenizer and where it ended."""
    base = training.load_base(job.base) if job.base else None
    model, fast = engine.new_model(size, tokenizer, job.seed, base)
    state = engine.pretrain(
        model,
        fast,
        Rows(material.rows, size.batch_tokens, job.seed, math.ceil(tokens / size.batch_tokens)),
        material.held_out,
        engine.recipe_for(size, job.seed, going_on=base is not None),
        origin=f"{material.digest} {size} {base.base.digest if base else job.seed}",
        device=training.choose_device(),
        process_group=training.join_process_group(),
        checkpoints=CheckpointConfig(material.folder / "run", job.checkpoint_seconds),
        probe_memorization=_samples,
        watcher=watcher,
    )
    return model, fast, state


def _samples(model: Any, tokenizer: Any) -> tuple[str, ...]:
    """Some posts of a model in the middle of its training."""
    sampling = Sampling(max_new_tokens=PROBE_TOKENS)
    with torch.random.fork_rng():
        written = Generator(model, training.beginning(tokenizer)).generate(
            count=PROBE_SAMPLES, sampling=sampling, seed=0
        )
    model.train()
    return tuple(sample.text for sample in written.samples)


def _planned(material: _Material, job: PretrainConfig, size: engine.Size, tokenizer: Tokenizer) -> int:
    """How many tokens to learn from where none are asked for; for hours, what this machine does in them.

    That is measured once for a run, since all of it is planned by how long it is.
    """
    if job.hours is None:
        parameters: int = engine.new_model(size, tokenizer, job.seed)[0].num_parameters()
        return TOKENS_PER_WEIGHT * parameters
    note = material.folder / f"positions-in-{job.hours:g}-hours.json"
    if not note.is_file():
        rows = Rows(material.rows, size.batch_tokens, job.seed, engine.TRIED)
        speed = engine.positions_per_second(size, tokenizer, rows, job.seed, training.choose_device())
        note.write_bytes(msgspec.json.encode(max(size.batch_tokens, int(speed * job.hours * 3600))))
    tokens: int = msgspec.json.decode(note.read_bytes(), type=int)
    return tokens


def _size(job: PretrainConfig) -> engine.Size:
    if job.tokens is not None and job.hours is not None:
        raise UserError("--tokens and --hours both say how long to train; give one of them")
    if job.keep_vocabulary and not job.base:
        raise UserError("--keep-vocabulary keeps that of a base; name it with --base")
    if job.size not in engine.SIZES:
        raise UserError(f"no size is called {job.size!r}; expected one of {', '.join(engine.SIZES)}")
    return engine.SIZES[job.size]


def _last(posts: Iterable[str], count: int) -> Sequence[str]:
    return list(deque(posts, maxlen=count))


def _all_but_last(posts: Iterable[str], count: int) -> Iterator[str]:
    """Leave out the last ones of a stream."""
    waiting: deque[str] = deque()
    for post in posts:
        waiting.append(post)
        if len(waiting) > count:
            yield waiting.popleft()
