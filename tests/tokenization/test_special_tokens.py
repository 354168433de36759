"""Tokens that stand for no text are never sampled."""

import pytest
from tokenizers import AddedToken, Tokenizer
from transformers import PreTrainedTokenizerFast

from huggingtweets.bases.loading import load_base
from huggingtweets.errors import BaseError
from huggingtweets.tokenization.speakers import add_speakers, speakers
from huggingtweets.tokenization.special_tokens import suppressed_tokens
from huggingtweets.training.batches import encode
from tests.helpers.tiny import small_tokenizer, tiny_base


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


@pytest.mark.parametrize(
    ("begin", "turn", "end", "expected"),
    [
        ("<|begin_of_text|>", "<|eot_id|>", "<|end_of_text|>", "<|begin_of_text|>"),  # Llama 3
        ("<bos>", "<end_of_turn>", "<eos>", "<bos>"),  # Gemma
        ("<s>", "<|end|>", "<|endoftext|>", "<s>"),  # Phi
        ("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|endoftext|>"),  # SmolLM2
        ("<|im_end|>", "<|im_end|>", "<|endoftext|>", "<|endoftext|>"),
        (None, "<|im_end|>", "<|endoftext|>", "<|endoftext|>"),  # Qwen
    ],
)
def test_posts_begin_and_end_as_texts_did_in_pre_training(begin, turn, end, expected, tmp_path):
    """A base that chats keeps its BOS token, unless that belongs to a turn, and ends posts as texts."""
    backend = small_tokenizer().backend_tokenizer.to_str().replace("<|endoftext|>", end)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(backend), bos_token=begin, eos_token=turn
    )
    base = load_base(str(tiny_base(tmp_path / "base", tokenizer=tokenizer)))
    assert (base.tokenizer.bos_token, base.tokenizer.eos_token) == (expected, end)
    assert base.tokenizer.pad_token == end


def base_with_tokens_beyond(folder, **names):
    """A base with a token of each kind for which its model has no row; some may be among its names."""
    tokenizer = PreTrainedTokenizerFast.from_pretrained(tiny_base(folder, tokenizer=small_tokenizer()))
    tokenizer.add_special_tokens({"additional_special_tokens": ["<picture>"], **names})
    tokenizer.add_tokens(["<tool_call>"])
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize("names", [{}, {"pad_token": "<pad>"}, {"bos_token": "<begin>"}])
def test_text_like_a_token_without_a_row_is_plain_text(names, tmp_path):
    """A post that holds it is read by the model as any other, and says the same."""
    base = load_base(base_with_tokens_beyond(tmp_path / "base", **names))
    text = "a <picture> and a <tool_call>, <pad> <begin>"
    [[row]] = encode([text], base.tokenizer, max_length=64)
    assert max(row) < len(base.model.get_input_embeddings().weight)
    assert base.tokenizer.decode(row, skip_special_tokens=True) == text
    assert base.tokenizer.eos_token == small_tokenizer().eos_token


def test_an_end_without_a_row_is_refused(tmp_path):
    """No post could end."""
    names = {"eos_token": "<end>"}
    with pytest.raises(BaseError, match="no EOS token"):
        load_base(base_with_tokens_beyond(tmp_path / "base", **names))
