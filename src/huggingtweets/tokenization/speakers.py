"""Who speaks: in a model of several authors each has a token of its own, with which their posts begin.

It stands where the BOS token stands in a model of one voice, and begins as that one's copy. So it is never
predicted, and a model that has learnt nothing yet writes with it as its base does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any, cast

from ..errors import UserError
from ..registry import suggestion
from .added_tokens import with_added_tokens
from .special_tokens import AddedTokens

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

TOKEN = re.compile(r"<\|@(.+)\|>", re.DOTALL)


def speakers(tokenizer: AddedTokens) -> dict[str, int]:
    """The token of each author that a model knows, by handle; empty where it has one voice."""
    added = tokenizer.get_added_vocab()
    return {found[1]: number for token, number in added.items() if (found := TOKEN.fullmatch(token))}


def keep_speakers(tokenizer: Any, handles: Collection[str]) -> PreTrainedTokenizerBase:
    """A tokenizer that knows no speakers but these; the tokens of others, whom no post is by, become unused.

    Args:
        tokenizer: of the library tokenizers where it knows speakers, as `add_speakers` needs one.
        handles: of authors.
    """
    others = {token for handle, token in speakers(tokenizer).items() if handle not in handles}
    if not others:
        return cast("PreTrainedTokenizerBase", tokenizer)
    unused = {number: f"<|unused_{number}|>" for number in others}
    return with_added_tokens(
        tokenizer,
        lambda tokens: [{**token, "content": unused.get(token["id"], token["content"])} for token in tokens],
    )


def add_speakers(model: Any, tokenizer: PreTrainedTokenizerBase, handles: Iterable[str]) -> None:
    """Give each new author a token at the end of the vocabulary; model and tokenizer are changed in place."""
    from tokenizers import AddedToken  # noqa: PLC0415 -- the command line's --help needs none

    begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    known = speakers(tokenizer)
    tokens = [f"<|@{handle}|>" for handle in dict.fromkeys(handles) if handle not in known]
    tokenizer.add_tokens([AddedToken(t, special=True, normalized=False) for t in tokens], special_tokens=True)
    if len(tokenizer) > model.get_input_embeddings().weight.shape[0]:  # some have rows to spare
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    new = [token for handle, token in speakers(tokenizer).items() if handle not in known]
    for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
        layer.weight.data[new] = layer.weight.data[begin].clone()


def speaker_token(known: dict[str, int], handle: str) -> int:
    """The token of one author.

    Raises:
        UserError: the model does not know them, or nobody at all.
    """
    if not known:
        raise UserError(f"--as {handle}: this model has one voice only; train one with --speakers")
    plain = {name.casefold(): number for name, number in known.items()}
    try:
        return plain[handle.removeprefix("@").casefold()]
    except KeyError:
        raise UserError(
            f"--as {handle}: expected one of {', '.join(sorted(known))}{suggestion(handle, known)}"
        ) from None
