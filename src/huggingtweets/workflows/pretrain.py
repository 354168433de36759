"""Make a base: a model trained on many people's posts, which can then be fine-tuned on anyone's.

vocabulary -> packed rows -> training -> card: a model folder, whole or not at all
"""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain, islice
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from tokenizers import Tokenizer

from .. import bases, training
from ..bases.hub import cached_hub_answers
from ..bases.loading import load_base
from ..cleaning import main_language, text
from ..dataset.shards import find_shards, read_posts
from ..errors import UserError
from ..files import CheckpointConfig, sha256, whole_file, whole_folder
from ..files.home_folder import home
from ..generation.transformers_generator import TransformersGenerator, sample_in_training
from ..machine.device import choose_device, environment
from ..model_folder import PRETRAINED, TOKENIZER, ModelFolder
from ..progress import MemorizationProbe, Silence, Watcher
from ..registry import suggestion
from ..reporting.base_card import base_card
from ..reporting.pretrained import Pretrained
from ..staging import one_at_a_time
from ..text.private import without_private_details
from ..tokenization.prefix import with_bos_token
from ..training import pretrain as pretraining
from ..training.checkpoint import TrainState
from ..training.gpt2 import SIZES, Size, base_vocabulary, new_model
from ..training.packed import PackedRows, write_rows
from ..training.saving import save_model
from ..training.vocabulary import EOS, extend_vocabulary, learn_vocabulary
from ..types import Sampling
from ._trainable import require_base

VOCABULARY_POSTS = 600_000  # that the vocabulary is trained on, the same number of each shard
MORE_TOKENS = 1024  # added to the vocabulary of a base where that is kept
TOKENS_PER_PARAMETER = 20  # where no number is given (Hoffmann et al. 2022, "Chinchilla", table 3)
PROBE_SAMPLES, SAMPLES = 5, 10  # posts sampled at each evaluation, and for the card
PROBE_TOKENS = 64  # of each, at most
WAITING = "waiting for another pretrain of this corpus, which makes the vocabulary and the rows of both"


class PretrainConfig(Struct, frozen=True, kw_only=True):
    """All that decides what `pretrain` does."""

    corpus: tuple[Path, ...]  # files and folders
    out: Path
    size: str = "nano"
    base: str | None = None  # the model to start from; None: random weights
    keep_vocabulary: bool = False  # whether the base keeps its tokens and gets some more, or gets new ones
    tokens: int | None = None  # to train on, those of every pass counted; None: by hours, or by size
    hours: float | None = None
    held_out: tuple[Path, ...] = ()  # files and folders with the held-out posts; empty: the corpus
    held_out_posts: int = 4000  # the last ones there, which are not trained on
    text_column: str = "text"
    about: str = ""  # the corpus in a few words, for the card
    licence: str = ""  # of the corpus, for the card
    seed: int = 0
    overwrite: bool = False
    checkpoint_seconds: float = 120.0


@cached_hub_answers()
def pretrain(config: PretrainConfig, watcher: Watcher | None = None) -> Pretrained:
    """Make a base from a corpus; after an interruption the same call goes on where it stopped.

    Raises:
        UserError: something that was given cannot be used; no folder was written.
    """
    watcher, process_group = watcher or Silence(), training.join_process_group()
    size = _size(config)
    inputs = (*config.corpus, *config.held_out)
    ModelFolder.target(config.out.name, config.out, overwrite=config.overwrite, inputs=inputs)
    if config.base:
        require_base(config.base, watcher)
    base_name = bases.locate(config.base).name if config.base else ""  # no path, which tells of its user
    watcher.stage("corpus")
    corpus = _Corpus(config, size)
    with whole_folder(config.out, replace=config.overwrite) as folder:
        with one_at_a_time(corpus.folder.parent, lambda: watcher.note(WAITING)):
            tokenizer = corpus.vocabulary(watcher)
            posts = corpus.pack(tokenizer, watcher)
            tokens = config.tokens or _default_tokens(corpus, tokenizer)
        process_group.barrier()
        watcher.stage("train", f"{config.size} on {tokens:,} tokens of {posts:,} posts")
        model, fast, state = _train(corpus, tokenizer, tokens, watcher)
        watcher.stage("evaluate")
        generator = TransformersGenerator(model, with_bos_token(fast))
        samples = generator.generate(count=SAMPLES, seed=config.seed).samples
        weights = save_model(model.half(), fast, Sampling(), folder)
        pretrained = Pretrained(
            size=config.size,
            base=base_name,
            parameters=model.num_parameters(),
            vocabulary=tokenizer.get_vocab_size(),
            corpus=[shard.name for shard in corpus.shards],
            corpus_digest=corpus.digest,
            about=config.about,
            licence=config.licence,
            posts=posts,
            held_out_posts=len(corpus.held_out),
            tokens=tokens,
            curve=tuple(state.curve),
            samples=tuple(sample.text for sample in samples),
            languages=(main_language(corpus.held_out),),
            seconds=round(state.seconds, 1),
            environment=environment(choose_device()),
            created_at=datetime.now(UTC).replace(microsecond=0),
            version=version("huggingtweets"),
            model_digest=sha256(weights),
        )
        (folder / PRETRAINED).write_bytes(msgspec.json.format(msgspec.json.encode(pretrained)) + b"\n")
        for name, content in base_card(pretrained).items():
            (folder / name).write_bytes(content)
    return pretrained


def train_share(config: PretrainConfig) -> None:
    """What `pretrain` is in the other processes of a distributed run: a share of the training."""
    corpus = _Corpus(config, _size(config))
    training.join_process_group().barrier()
    tokenizer = corpus.vocabulary(Silence())
    _train(corpus, tokenizer, config.tokens or _default_tokens(corpus, tokenizer), Silence())


class _Corpus:
    """The posts of a pre-training, its vocabulary and its rows; they stay on disk for the next run."""

    def __init__(self, config: PretrainConfig, size: Size) -> None:
        self.config, self.size = config, size
        self.shards = find_shards(config.corpus)
        self._held_out_shard = (find_shards(config.held_out) or self.shards)[-1]
        self.held_out = _last(self._clean([self._held_out_shard]), config.held_out_posts)
        if not self.held_out:
            raise UserError("no posts are held out to measure with; expected --held-out-posts of 1 or more")
        digest = hashlib.sha256(msgspec.json.encode([config.text_column, self.held_out]))
        for shard in self.shards:
            digest.update(sha256(shard).encode())
        self.digest = digest.hexdigest()
        base = load_base(config.base) if config.base and config.keep_vocabulary else None
        self._base_vocabulary = base_vocabulary(base) if base else None
        name = f"{config.size}-of-{base.base.digest[:16]}" if base else config.size
        seed = f"-seed-{config.seed}" if config.seed else ""
        self.folder = home() / "pretraining" / self.digest[:32] / f"{name}{seed}"
        self.rows = self.folder / "rows"

    def vocabulary(self, watcher: Watcher) -> Tokenizer:
        """The vocabulary of this corpus, trained once; that of the base with more tokens where it is kept."""
        path = self.folder / TOKENIZER
        if not path.is_file():
            tokenizer = self._train_vocabulary(watcher)
            with whole_folder(self.folder, replace=True) as folder:
                tokenizer.save(str(folder / path.name))
        return Tokenizer.from_file(str(path))

    def _train_vocabulary(self, watcher: Watcher) -> Tokenizer:
        posts_per_shard = math.ceil(VOCABULARY_POSTS / len(self.shards))
        posts = (
            post for shard in self.shards for post in islice(self._training_posts(shard), posts_per_shard)
        )
        if self._base_vocabulary:
            watcher.stage("vocabulary", f"{MORE_TOKENS:,} tokens more than the base has")
            return extend_vocabulary(self._base_vocabulary, posts, MORE_TOKENS, self.config.seed)
        watcher.stage("vocabulary", f"{self.size.vocabulary:,} tokens")
        return learn_vocabulary(posts, self.size.vocabulary, self.config.seed)

    def pack(self, tokenizer: Tokenizer, watcher: Watcher) -> int:
        """Write all posts but the held-out ones as rows of tokens, once; return how many posts there are."""
        count_file = self.rows / "posts.json"
        if not count_file.is_file():
            watcher.stage("pack")
            with whole_folder(self.rows, replace=True) as folder:
                count = 0
                for count in write_rows(self._all_training_posts(), tokenizer, self.size.positions, folder):
                    watcher.read(count, None)
                if not count:
                    raise UserError(
                        "the corpus has no posts besides those that are held out; give more, or hold out "
                        "fewer with --held-out-posts"
                    )
                (folder / count_file.name).write_bytes(msgspec.json.encode(count))
        packed: int = msgspec.json.decode(count_file.read_bytes(), type=int)
        return packed

    def _all_training_posts(self) -> Iterator[str]:
        return chain.from_iterable(map(self._training_posts, self.shards))

    def _training_posts(self, shard: Path) -> Iterator[str]:
        """The posts of a shard but for those that are held out."""
        is_last = shard.samefile(self._held_out_shard)
        return _all_but_last(self._clean([shard]), len(self.held_out) if is_last else 0)

    def batches(self, count: int) -> PackedRows:
        """So many batches of the packed rows."""
        return PackedRows(self.rows, self.size.batch_tokens, self.config.seed, count)

    def _clean(self, shards: Iterable[Path]) -> Iterator[str]:
        """Posts as fine-tuning sees them, without links, addresses and invisible characters."""
        for shard in shards:
            for post in read_posts(shard, self.config.text_column):
                clean = text.folded(without_private_details(text.without_invisible(text.without_links(post))))
                if clean := clean.replace(EOS, ""):
                    yield clean


def _train(
    corpus: _Corpus, tokenizer: Tokenizer, tokens: int, watcher: Watcher
) -> tuple[Any, Any, TrainState]:
    """Train a new model, or the base; return it, its tokenizer and how the training ended."""
    config, size = corpus.config, corpus.size
    base = load_base(config.base) if config.base else None
    model, fast = new_model(size, tokenizer, config.seed, base)
    plan = pretraining.pretraining_plan(
        corpus.batches(math.ceil(tokens / size.batch_tokens)),
        corpus.held_out,
        pretraining.recipe_for(size, config.seed, from_base=base is not None),
        origin=f"{corpus.digest} {size} {base.base.digest if base else config.seed}",
    )
    run = corpus.folder / (f"run-from-{base.base.digest[:16]}" if base else "run")
    options = training.TrainOptions(
        device=choose_device(),
        checkpoints=CheckpointConfig(run, config.checkpoint_seconds),
        probe_memorization=_sample_posts,
        watcher=watcher,
    )
    return model, fast, pretraining.pretrain(model, fast, plan, options)


def _sample_posts(model: Any, tokenizer: Any) -> MemorizationProbe:
    """Some posts of a model during its training; copies of a whole corpus are not counted."""
    sampling = Sampling(max_new_tokens=PROBE_TOKENS)
    samples = sample_in_training(model, with_bos_token(tokenizer), PROBE_SAMPLES, sampling, seed=0)
    return MemorizationProbe(samples=samples, copied=None)


def _default_tokens(corpus: _Corpus, tokenizer: Tokenizer) -> int:
    """How many tokens to train on: by the size of the model, or what this machine can do in the hours given.

    The speed is measured once for a run, since its learning rate depends on how many tokens it has.
    """
    config, size = corpus.config, corpus.size
    if config.hours is None:
        parameters: int = new_model(size, tokenizer, config.seed)[0].num_parameters()
        return TOKENS_PER_PARAMETER * parameters
    file = corpus.folder / f"positions-in-{config.hours:g}-hours.json"
    if not file.is_file():
        trial, device = corpus.batches(pretraining.TRIAL_STEPS), choose_device()
        speed = pretraining.positions_per_second(size, tokenizer, trial, config.seed, device)
        whole_file(file, msgspec.json.encode(max(size.batch_tokens, int(speed * config.hours * 3600))))
    tokens: int = msgspec.json.decode(file.read_bytes(), type=int)
    return tokens


def _size(config: PretrainConfig) -> Size:
    if config.tokens is not None and config.hours is not None:
        raise UserError("--tokens and --hours both say how long to train; give one of them")
    if config.keep_vocabulary and not config.base:
        raise UserError("--keep-vocabulary keeps that of a base; name it with --base")
    if config.size not in SIZES:
        raise UserError(
            f"no size is called {config.size!r}; expected one of {', '.join(SIZES)}"
            f"{suggestion(config.size, SIZES)}"
        )
    return SIZES[config.size]


def _last(posts: Iterable[str], count: int) -> Sequence[str]:
    return list(deque(posts, maxlen=count))


def _all_but_last(posts: Iterable[str], count: int) -> Iterator[str]:
    """All posts of a stream but the last `count`."""
    latest: deque[str] = deque()
    for post in posts:
        latest.append(post)
        if len(latest) > count:
            yield latest.popleft()
