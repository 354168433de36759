"""A byte-level BPE of a corpus, in which what posts are full of is cheap whatever the corpus has.

Emoji, mentions and hashtags are rare in text that was not written on the networks that have them. So the
learner also hears the commonest emoji, and some posts' words glued together the way hashtags and handles are.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

END = "<|endoftext|>"  # begins, ends and pads
# the commonest by the Unicode Consortium's count of 2021; each is heard as often as a common word
EMOJI = (
    "😂❤😍🤣😊🙏💕😭😘👍😅👏😁🔥💔💖💙😢🤔😆🙄💪😉👌🤗💜😔😎😇🌹🤦🎉💞✌✨🤷😱😌🌸🙌😋💗💚😏💛🙂💓🤩😄😀🖤😃💯🙈👇🎶😒🤭❣☺♥"
    "😜💋👀😪😑💥🙋😞😩😡🤪👊☀😥🤤👉💃😳✋😚😝😴🌟😬🙃🍀🌷😻😓⭐✅🌈😈🤘💦✔😣🏃💐☹🎊💘😠☝😕🌺🎂🌻😐🖕💝🙊😹🗣💫💀👑🎵🤞😛🔴"
)
AFTER = "\ufe0f\u200d🏻🏼🏽🏾🏿♂♀"  # what emoji are varied with
EVERY = 16  # one post in so many is also heard as a hashtag and as a handle
OFTEN = 2000  # posts to an emoji of the list
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
        min_frequency=2,  # or a small corpus is learnt by heart
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_heard(posts, random.Random(seed)), trainer)  # noqa: S311 -- no secret
    return tokenizer


def _heard(posts: Iterable[str], draw: random.Random) -> Iterator[str]:
    """The posts, and beside them what such a corpus has too little of."""
    for number, post in enumerate(posts):
        yield post
        if number % EVERY == 0:
            words = _WORD.findall(post)
            yield "\n".join(f"#{word.capitalize()} @{word.capitalize()} {word.lower()}" for word in words)
        if number % OFTEN == 0:
            yield " ".join(_SHOWN) + "\n" + "\n".join(AFTER)
            yield "".join(draw.sample(_SHOWN, len(_SHOWN)))
