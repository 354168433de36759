"""A byte-level BPE vocabulary of a corpus, with tokens for emoji, mentions and hashtags.

These are rare in text that was not written on the networks that have them. So the BPE is also trained on the
commonest emoji, and on words of some posts written as hashtags and handles.
"""

from __future__ import annotations

import heapq
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ..errors import BaseError

EOS = "<|endoftext|>"  # begins and ends posts, and pads
# the commonest by the Unicode Consortium's count of 2021; each is seen as often as a common word
EMOJI = (
    "😂❤😍🤣😊🙏💕😭😘👍😅👏😁🔥💔💖💙😢🤔😆🙄💪😉👌🤗💜😔😎😇🌹🤦🎉💞✌✨🤷😱😌🌸🙌😋💗💚😏💛🙂💓🤩😄😀🖤😃💯🙈👇🎶😒🤭❣☺♥"
    "😜💋👀😪😑💥🙋😞😩😡🤪👊☀😥🤤👉💃😳✋😚😝😴🌟😬🙃🍀🌷😻😓⭐✅🌈😈🤘💦✔😣🏃💐☹🎊💘😠☝😕🌺🎂🌻😐🖕💝🙊😹🗣💫💀👑🎵🤞😛🔴"
)
MODIFIERS = "\ufe0f\u200d🏻🏼🏽🏾🏿♂♀"  # characters that vary emoji
POSTS_PER_HASHTAGS = 16  # the words of one post in so many are also written as hashtags and handles
POSTS_PER_EMOJI = 500  # the list of emoji is added once for so many posts
MIN_COUNT = 2  # of a merged pair, so that a small corpus is not learnt by heart
_EMOJI = [sign + "\ufe0f" if sign < "\uffff" else sign for sign in EMOJI]  # old signs need the selector
_WORD = re.compile(r"[A-Za-z]{2,}")


def learn_vocabulary(posts: Iterable[str], size: int, seed: int = 0) -> Tokenizer:
    """Train a BPE of `size` tokens on posts; token 0 is the end of text.

    Args:
        posts: as the model will see them.
        size: of the vocabulary, the 256 bytes and the end included.
        seed: of the order of the added emoji.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=MIN_COUNT,
        special_tokens=[EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_with_rare_tokens(posts, random.Random(seed)), trainer)  # noqa: S311 -- no secret
    return tokenizer


def extend_vocabulary(tokenizer: Tokenizer, posts: Iterable[str], more: int, seed: int = 0) -> Tokenizer:
    """Add up to `more` tokens to a byte-level BPE, each a pair of tokens that is common in the posts.

    This continues the training of a BPE: the tokens that it has stay, with their numbers.

    Args:
        tokenizer: without added tokens but its end; it is not changed.
        posts: as the model will see them.
        more: how many tokens; fewer where no more pairs come twice in the posts.
        seed: of the order of the added emoji.
    """
    words: Counter[str] = Counter()
    for post in _with_rare_tokens(posts, random.Random(seed)):  # noqa: S311 -- no secret
        words.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(post))
    state = json.loads(tokenizer.to_str())
    vocabulary, merges = state["model"]["vocab"], state["model"]["merges"]
    tokenized = [([token.value for token in tokenizer.model.tokenize(word)], n) for word, n in words.items()]
    size = len(vocabulary) + more
    for left, right in _PairCounts(tokenized).merges():
        if len(vocabulary) == size:
            break
        merges.append([left, right])
        vocabulary.setdefault(left + right, len(vocabulary))
    return Tokenizer.from_str(json.dumps(state))


class _PairCounts:
    """How often two tokens are neighbours in words, kept up to date while pairs are merged."""

    def __init__(self, words: list[tuple[list[str], int]]) -> None:
        """Count the pairs of words, each given as its tokens and how often it comes."""
        self._words = words
        self._counts: Counter[tuple[str, str]] = Counter()
        self._places: defaultdict[tuple[str, str], set[int]] = defaultdict(set)  # the words with a pair
        for number, (tokens, times) in enumerate(words):
            for pair in pairwise(tokens):
                self._counts[pair] += times
                self._places[pair].add(number)

    def merges(self) -> Iterator[tuple[str, str]]:
        """The commonest pair, which is then merged in all words, then the commonest after that, and so on."""
        heap = [(-count, pair) for pair, count in self._counts.items()]
        heapq.heapify(heap)
        while heap:
            count, pair = heapq.heappop(heap)
            if self._counts[pair] != -count:  # an old count: the new one is elsewhere in the heap
                continue
            if self._counts[pair] < MIN_COUNT:
                return
            yield pair
            for changed in self._merge(pair):
                heapq.heappush(heap, (-self._counts[changed], changed))

    def _merge(self, pair: tuple[str, str]) -> set[tuple[str, str]]:
        """Merge a pair in all words; return the other pairs whose counts changed."""
        changed = set()
        for number in self._places.pop(pair):
            tokens, times = self._words[number]
            merged = _merged(tokens, pair)
            for old in pairwise(tokens):
                self._counts[old] -= times
                changed.add(old)
            for new in pairwise(merged):
                self._counts[new] += times
                self._places[new].add(number)
                changed.add(new)
            self._words[number] = (merged, times)
        return changed - {pair}


def _merged(tokens: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for token in tokens:
        if merged and (merged[-1], token) == pair:
            merged[-1] += token
        else:
            merged.append(token)
    return merged


def _with_rare_tokens(posts: Iterable[str], rng: random.Random) -> Iterator[str]:
    """The posts, and between them hashtags, handles and emoji."""
    for number, post in enumerate(posts):
        yield post
        if number % POSTS_PER_HASHTAGS == 0:
            words = _WORD.findall(post)
            yield "\n".join(f"#{word.capitalize()} @{word.capitalize()} {word.lower()}" for word in words)
        if number % POSTS_PER_EMOJI == 0:
            yield " ".join(_EMOJI) + "\n" + "\n".join(MODIFIERS)
            yield "".join(rng.sample(_EMOJI, len(_EMOJI)))


@torch.no_grad()
def change_vocabulary(model: PreTrainedModel, old: PreTrainedTokenizerBase, new: Tokenizer, end: int) -> None:
    """Give the model the vocabulary of `new` in place; both vocabularies are byte-level, as GPT-2's is.

    The embedding of a token is the mean of those of the old tokens that it consists of.

    Args:
        model: one with tied embeddings.
        old: its tokenizer so far.
        new: its tokenizer from now on.
        end: the new token that begins, ends and pads; it gets the embedding of the old end.

    Raises:
        BaseError: the embeddings of the model are not tied.
    """
    table: Any = model.get_input_embeddings()
    head: Any = model.get_output_embeddings()
    if head.weight is not table.weight:
        raise BaseError("the base reads and writes with different vectors; choose one that shares them")
    vocabulary, old_embeddings = old.get_vocab(), table.weight.detach().clone()
    embeddings = torch.empty(new.get_vocab_size(), old_embeddings.shape[1])
    for token, number in new.get_vocab().items():
        embeddings[number] = old_embeddings[_old_tokens(token, vocabulary)].mean(0)
    embeddings[end] = old_embeddings[old.eos_token_id]
    model.resize_token_embeddings(len(embeddings), mean_resizing=False)
    resized: Any = model.get_input_embeddings()
    resized.weight.copy_(embeddings)


def _old_tokens(token: str, vocabulary: dict[str, int]) -> list[int]:
    """The tokens of a byte-level vocabulary that make up a new one: at each place the longest that fits."""
    ids = []
    while token:
        length = next((n for n in range(len(token), 0, -1) if token[:n] in vocabulary), 1)
        ids.append(vocabulary.get(token[:length], 0))
        token = token[length:]
    return ids
