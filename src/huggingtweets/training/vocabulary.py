"""A byte-level BPE of a corpus, in which what posts are full of is cheap whatever the corpus has.

Emoji, mentions and hashtags are rare in text that was not written on the networks that have them. So the
learner also hears the commonest emoji, and some posts' words glued together the way hashtags and handles are.
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

END = "<|endoftext|>"  # begins, ends and pads
# the commonest by the Unicode Consortium's count of 2021; each is heard as often as a common word
EMOJI = (
    "😂❤😍🤣😊🙏💕😭😘👍😅👏😁🔥💔💖💙😢🤔😆🙄💪😉👌🤗💜😔😎😇🌹🤦🎉💞✌✨🤷😱😌🌸🙌😋💗💚😏💛🙂💓🤩😄😀🖤😃💯🙈👇🎶😒🤭❣☺♥"
    "😜💋👀😪😑💥🙋😞😩😡🤪👊☀😥🤤👉💃😳✋😚😝😴🌟😬🙃🍀🌷😻😓⭐✅🌈😈🤘💦✔😣🏃💐☹🎊💘😠☝😕🌺🎂🌻😐🖕💝🙊😹🗣💫💀👑🎵🤞😛🔴"
)
AFTER = "\ufe0f\u200d🏻🏼🏽🏾🏿♂♀"  # what emoji are varied with
EVERY = 16  # one post in so many is also heard as a hashtag and as a handle
OFTEN = 500  # posts to an emoji of the list
FEWEST = 2  # times that a pair must come, or a small corpus is learnt by heart
_SHOWN = [sign + "\ufe0f" if sign < "\uffff" else sign for sign in EMOJI]  # old ones ask for it
_WORD = re.compile(r"[A-Za-z]{2,}")


def learn_vocabulary(posts: Iterable[str], size: int, seed: int = 0) -> Tokenizer:
    """Learn `size` tokens from posts; token 0 is the end of text.

    Args:
        posts: as the model will see them.
        size: of the vocabulary, the 256 bytes and the end among it.
        seed: of what is drawn to be glued together.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        min_frequency=FEWEST,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_with_rare_signs(posts, random.Random(seed)), trainer)  # noqa: S311 -- no secret
    return tokenizer


def extend_vocabulary(tokenizer: Tokenizer, posts: Iterable[str], more: int, seed: int = 0) -> Tokenizer:
    """Learn `more` tokens beside those of a byte-level BPE, each a pair of tokens that is common in posts.

    It is the learning of a BPE gone on with: what has a token keeps it, with its number.

    Args:
        tokenizer: without added tokens but its end; it is not changed.
        posts: as the model will see them.
        more: how many tokens; fewer where the posts have no more pairs that come twice.
        seed: of what is drawn to be glued together.
    """
    words: Counter[str] = Counter()
    for post in _with_rare_signs(posts, random.Random(seed)):  # noqa: S311 -- no secret
        words.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(post))
    written = json.loads(tokenizer.to_str())
    known, merges = written["model"]["vocab"], written["model"]["merges"]
    pieces = [([token.value for token in tokenizer.model.tokenize(word)], n) for word, n in words.items()]
    first = len(known)
    for left, right in _common_pairs(pieces):
        if len(known) - first == more:
            break
        merges.append([left, right])
        known.setdefault(left + right, len(known))
    return Tokenizer.from_str(json.dumps(written))


def _common_pairs(words: list[tuple[list[str], int]]) -> Iterator[tuple[str, str]]:
    """The commonest pair of neighbours in words that are there so often, then the next once it is merged."""
    counts: Counter[tuple[str, str]] = Counter()
    places = defaultdict(set)
    for number, (pieces, times) in enumerate(words):
        for pair in pairwise(pieces):
            counts[pair] += times
            places[pair].add(number)
    waiting = [(-count, pair) for pair, count in counts.items()]
    heapq.heapify(waiting)
    while waiting:
        count, pair = heapq.heappop(waiting)
        if counts[pair] != -count:  # an old count: the pair waits elsewhere with its new one
            continue
        if counts[pair] < FEWEST:
            return
        yield pair
        changed = set()
        for number in places.pop(pair):
            pieces, times = words[number]
            merged = _merged(pieces, pair)
            for old in pairwise(pieces):
                counts[old] -= times
                changed.add(old)
            for new in pairwise(merged):
                counts[new] += times
                places[new].add(number)
                changed.add(new)
            words[number] = (merged, times)
        for other in changed - {pair}:
            heapq.heappush(waiting, (-counts[other], other))


def _merged(pieces: list[str], pair: tuple[str, str]) -> list[str]:
    merged: list[str] = []
    for piece in pieces:
        if merged and (merged[-1], piece) == pair:
            merged[-1] += piece
        else:
            merged.append(piece)
    return merged


def _with_rare_signs(posts: Iterable[str], draw: random.Random) -> Iterator[str]:
    """The posts, and beside them what such a corpus has too little of."""
    for number, post in enumerate(posts):
        yield post
        if number % EVERY == 0:
            words = _WORD.findall(post)
            yield "\n".join(f"#{word.capitalize()} @{word.capitalize()} {word.lower()}" for word in words)
        if number % OFTEN == 0:
            yield " ".join(_SHOWN) + "\n" + "\n".join(AFTER)
            yield "".join(draw.sample(_SHOWN, len(_SHOWN)))


@torch.no_grad()
def change_vocabulary(model: PreTrainedModel, old: PreTrainedTokenizerBase, new: Tokenizer, end: int) -> None:
    """Make the model read and write the tokens of `new` in place; both are byte-level, as GPT-2's is.

    Args:
        model: one whose input and output tokens share their vectors.
        old: its tokenizer so far.
        new: the one to come.
        end: the new token that begins, ends and pads; it gets the vector of the old end.

    Raises:
        BaseError: the model has other vectors for what it writes than for what it reads.
    """
    table: Any = model.get_input_embeddings()
    head: Any = model.get_output_embeddings()
    if head.weight is not table.weight:
        raise BaseError("the base reads and writes with different vectors; choose one that shares them")
    known, before = old.get_vocab(), table.weight.detach().clone()
    vectors = torch.empty(new.get_vocab_size(), before.shape[1])
    for token, number in new.get_vocab().items():
        vectors[number] = before[_parts(token, known)].mean(0)
    vectors[end] = before[old.eos_token_id]
    model.resize_token_embeddings(len(vectors), mean_resizing=False)
    resized: Any = model.get_input_embeddings()
    resized.weight.copy_(vectors)


def _parts(token: str, known: dict[str, int]) -> list[int]:
    """The known tokens that make up a new one, the longest first; every byte is known to a byte-level one."""
    found = []
    while token:
        length = next((n for n in range(len(token), 0, -1) if token[:n] in known), 1)
        found.append(known.get(token[:length], 0))
        token = token[length:]
    return found
