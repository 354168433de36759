"""Tokens that stand for no text are never sampled."""

from tokenizers import AddedToken

from huggingtweets.bases.loading import load_base
from huggingtweets.tokenization.speakers import add_speakers, speakers
from huggingtweets.tokenization.special_tokens import suppressed_tokens


def with_tokens():
    """The starter's tokenizer with what bases of chats add."""
    tokenizer = load_base("starter").tokenizer
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tokenizer.add_tokens([AddedToken("<tool_call>", special=False), AddedToken("\n\n\n", special=False)])
    return tokenizer


def test_tokens_of_chats_are_suppressed():
    """Turns and tools are; the end of a text and tokens of plain text are not."""
    tokenizer = with_tokens()
    ids = {token: tokenizer.convert_tokens_to_ids(token) for token in tokenizer.get_added_vocab()}
    found = suppressed_tokens(tokenizer)
    assert {ids["<|im_start|>"], ids["<|im_end|>"], ids["<tool_call>"]} <= set(found)
    assert ids["\n\n\n"] not in found
    assert tokenizer.eos_token_id not in found
    assert found == sorted(found)


def test_tokens_of_speakers_are_suppressed():
    """A model of several authors never writes the token of one."""
    base = load_base("starter")
    add_speakers(base.model, base.tokenizer, ["ada", "bob"])
    assert set(speakers(base.tokenizer).values()) <= set(suppressed_tokens(base.tokenizer))
