"""The tokenizer of a model as llama.cpp wants it: tokens, and how texts are built from them.

llama.cpp knows two kinds. Byte-level BPE has merges, and a way to cut a text into words that goes by a name
(`llama-vocab.cpp`, `tokenizer.ggml.pre`); one for which there is no name is taken as another without a word,
so only those that are known to be the same are written. SentencePiece, which Gemma has, needs neither: of
two neighbours that make a token, those of the best score are merged first.
"""

from __future__ import annotations

import json
from itertools import groupby
from typing import Any

from gguf import GGUFWriter, TokenType

from ..errors import ModelError
from ._contract import ExportTokenizer

SPACE = "\u2581"  # what stands for a space in SentencePiece
_BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
_BYTE_LEVEL = ("ByteLevel", "", False, True)
_DIGITS = ("Digits", "", True)
_GPT2 = (  # of pre-tokenizers that spell GPT-2's pattern out
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
)
_TIKTOKEN = (  # of Llama 3 and Qwen, which differ in the digits of a word
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|{digits}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|"
    r"\s*[\r\n]+|\s+(?!\S)|\s+"
)
_BYTES_ONLY = ("ByteLevel", "", False, False)
_NAMES: dict[tuple[tuple[object, ...], ...], str] = {  # pre-tokenizers as `_steps` describes them
    (_BYTE_LEVEL,): "gpt-2",
    (("Split", _GPT2), _BYTES_ONLY): "gpt-2",
    (_DIGITS, _BYTE_LEVEL): "smollm",
    (("Split", _TIKTOKEN.format(digits=r"\p{N}{1,3}")), _BYTES_ONLY): "llama-bpe",
    (("Split", _TIKTOKEN.format(digits=r"\p{N}")), _BYTES_ONLY): "qwen2",
}
_NORMALIZED = {"qwen2": "NFC"}  # llama.cpp leaves it out: texts are to be composed, as nearly all are
_WHOLE_WORDS_FIRST = ("llama-bpe",)  # whose words that are tokens are not built from merges


def write_tokenizer(writer: GGUFWriter, tokenizer: ExportTokenizer, begin: int, rows: int) -> None:
    """Write the tokenizer's part of the metadata.

    Args:
        writer: of the file.
        tokenizer: a BPE, byte-level or of SentencePiece.
        begin: the token that every text begins with.
        rows: of the table of embeddings, which may have more than there are tokens.

    Raises:
        ModelError: llama.cpp has no such tokenizer.
    """
    state = _state(tokenizer)
    tokens, types = _tokens(tokenizer, rows)
    if is_sentencepiece(state):
        _write_sentencepiece(writer, state, tokens, types)
    else:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(pre_tokenizer_name(state))
        writer.add_token_list(tokens)
        writer.add_token_types(types)
        writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in state["model"]["merges"]])
    writer.add_bos_token_id(begin)
    if tokenizer.eos_token_id is not None:
        writer.add_eos_token_id(tokenizer.eos_token_id)
        writer.add_pad_token_id(tokenizer.eos_token_id)
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)


def is_sentencepiece(state: dict[str, Any]) -> bool:
    """Whether a tokenizer builds texts from characters, spaces among them, and from bytes."""
    normalizer = state.get("normalizer") or {}
    spaces = normalizer.get("pattern") == {"String": " "} and normalizer.get("content") == SPACE
    cut = state.get("pre_tokenizer")  # at spaces, of which none is left by then
    uncut = not cut or (cut.get("type"), cut.get("pattern")) == ("Split", {"String": " "})
    model = state["model"]
    return (
        (model.get("type"), model.get("byte_fallback"), normalizer.get("type")) == ("BPE", True, "Replace")
        and spaces
        and uncut
        and all(byte in model["vocab"] for byte in _BYTES)
    )


def _write_sentencepiece(
    writer: GGUFWriter, state: dict[str, Any], tokens: list[str], types: list[TokenType]
) -> None:
    numbers = state["model"]["vocab"]
    scores = _scores(state, len(tokens))
    for number in (numbers[byte] for byte in _BYTES):
        types[number] = TokenType.BYTE
    unknown = numbers.get(state["model"].get("unk_token"))
    if unknown is not None:
        types[unknown] = TokenType.UNKNOWN
        writer.add_unk_token_id(unknown)
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(
        [
            token.replace(SPACE, " ") if kind == TokenType.USER_DEFINED else token
            for token, kind in zip(tokens, types, strict=True)
        ]
    )
    writer.add_token_scores(scores)
    writer.add_token_types(types)


def _scores(state: dict[str, Any], rows: int) -> list[float]:
    """The score of each token: the higher, the earlier it is merged.

    Raises:
        ModelError: the merges say more than scores can, of which every pair has that of the token it makes.
    """
    vocabulary = state["model"]["vocab"]
    merges = [tuple(m.split(" ") if isinstance(m, str) else m) for m in state["model"]["merges"]]
    made = ["".join(merge) for merge in merges]
    rank = {token: number for number, token in reversed(list(enumerate(made)))}
    in_turn = len(rank) == sum(1 for _ in groupby(made))
    others = {token["content"] for token in state["added_tokens"]}.union(_BYTES) - rank.keys()
    pairs = sum(_pairs(token, vocabulary) for token in vocabulary.keys() - others)
    if not (in_turn and pairs == len(set(merges))):
        raise ModelError(
            "the tokenizer of this model (BPE with bytes) merges otherwise than llama.cpp does; train from "
            "another base, such as starter or smollm2-135m"
        )
    scores = [0.0] * rows
    for token, number in rank.items():
        scores[vocabulary[token]] = -float(number)
    return scores


def _pairs(token: str, vocabulary: dict[str, int]) -> int:
    """How many pairs of tokens make this one."""
    return sum(token[:cut] in vocabulary and token[cut:] in vocabulary for cut in range(1, len(token)))


def pre_tokenizer_name(state: dict[str, Any]) -> str:
    """What llama.cpp calls the way in which a tokenizer cuts texts.

    Args:
        state: of a tokenizer of the library tokenizers, as tokenizer.json has it.

    Raises:
        ModelError: it has no name for it, or the tokenizer is of another kind.
    """
    model, cut = state["model"], state.get("pre_tokenizer") or {}
    steps = tuple(map(_step, cut.get("pretokenizers", [cut])))
    name = _NAMES.get(steps)
    as_named = (
        name is not None
        and (state.get("normalizer") or {}).get("type") == _NORMALIZED.get(name)
        and bool(model.get("ignore_merges")) == (name in _WHOLE_WORDS_FIRST)
    )
    if model.get("type") != "BPE" or model.get("byte_fallback") or name is None or not as_named:
        kind = " + ".join(str(step[0]) for step in steps)
        raise ModelError(
            f"the tokenizer of this model ({model.get('type')}, {kind}) is none that llama.cpp is known to "
            "read the same; train from another base, such as starter, gpt2 or smollm2-135m"
        )
    return name


def _state(tokenizer: ExportTokenizer) -> dict[str, Any]:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        raise ModelError("the tokenizer of this model has no fast form; train from another base")
    state: dict[str, Any] = json.loads(backend.to_str())
    return state


def _step(step: dict[str, Any]) -> tuple[object, ...]:
    """A step of a pre-tokenizer, by what changes its result."""
    kind = step.get("type", "none")
    if kind == "ByteLevel":
        return (kind, "", step.get("add_prefix_space"), step.get("use_regex", True))
    if kind == "Digits":
        return (kind, "", step.get("individual_digits"))
    if kind == "Split" and step.get("behavior") == "Isolated" and not step.get("invert"):
        return (kind, step.get("pattern", {}).get("Regex"))
    return (kind,)


def _tokens(tokenizer: ExportTokenizer, rows: int) -> tuple[list[str], list[TokenType]]:
    """The token of each row of the table of embeddings, and its kind."""
    by_id = {number: token for token, number in tokenizer.get_vocab().items()}
    added = tokenizer.added_tokens_decoder
    if any(number >= rows and not (number in added and added[number].special) for number in by_id):
        raise ModelError(f"the tokenizer is of another model: this one has {rows:,} tokens; train it again")
    tokens, types = [], []
    for number in range(rows):
        tokens.append(by_id.get(number, f"[PAD{number}]"))
        if number not in by_id:
            types.append(TokenType.UNUSED)
        elif number in added:
            types.append(TokenType.CONTROL if added[number].special else TokenType.USER_DEFINED)
        else:
            types.append(TokenType.NORMAL)
    return tokens, types
