"""Reading a GGUF file back with transformers: the same tokens, and nearly the same predictions.

transformers reads the file by other code than writes it. It does not read by what name llama.cpp cuts a text
into words; `_tokenizer` writes only names that are known to mean the same.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader

from ..bases.loading import LoadedBase, load_base
from ..errors import BaseError, ModelError
from ..types import PROMPT
from ._architectures import ROTATION_FACTORS
from ._contract import Check, ExportRequest

LARGEST_DIVERGENCE = {"f32": 1e-4, "f16": 0.01, "q8_0": 0.1, "q4_0": 2.0}  # mean over tokens, in bits
HARD_TEXTS = (  # whose tokens two tokenizers easily disagree on
    PROMPT,
    " begins with a space, ends with one ",
    "two  spaces,   three\tand a tab\n\nand lines\r\nand\n",
    "1234567 in 2024: 3.14, 50% off, 1st, ²³ ٤٥",
    "don't, I'LL, we've, O'Neil's, \u2019tis",
    "naïve café, na\u0308ive cafe\u0301 \u2013 “quotes” … ¿qué? ½",
    "日本語のテキスト 한국어 русский язык العربية עברית हिन्दी ไทย",
    "👩‍👩‍👧 🇩🇪 👍🏽 ❤️ \U0001f9ff",
    "@someone #tag https://example.com/a?b=c&d=e <b>bold</b> :-) !!! ???",
    "no-break\u00a0space, \u3000 wide, zero\u200bwidth, \ufeff mark",
)


def check_predictions(request: ExportRequest, path: Path, file: GGUFReader) -> tuple[Check, Check]:
    """Compare tokens and next-token distributions of the file with the model's, on texts of many kinds.

    Args:
        request: what was to be written.
        path: of the file.
        file: the same, opened.

    Raises:
        ModelError: the file cannot be read, or they differ by more than its format explains.
    """
    try:
        written = load_base(str(path))
    except BaseError as error:
        raise ModelError(f"what was written cannot be read back, so nothing was kept: {error}") from error
    _rotate_as_written(written.model, file)
    _require_same_tokens(request.tokenizer, written.tokenizer)
    bits = _divergence(request, written)
    if not bits <= LARGEST_DIVERGENCE[request.quant]:
        raise ModelError(
            f"with {request.quant} this model predicts otherwise (by {bits:.2g} bits a token), so nothing "
            "was kept: choose another format with --quant"
        )
    return (
        Check(what="tokens of hard texts", result=f"the same for all {len(HARD_TEXTS)}"),
        Check(what="next-token predictions", result=f"within {bits:.2g} bits a token (KL divergence)"),
    )


def _rotate_as_written(model: Any, file: GGUFReader) -> None:
    """Set the frequencies of the rotary embedding, whose factors transformers does not read."""
    factors = [tensor.data for tensor in file.tensors if tensor.name == ROTATION_FACTORS]
    for found in factors:
        model.model.rotary_emb.inv_freq = model.model.rotary_emb.inv_freq / torch.tensor(found)


def _require_same_tokens(ours: Any, theirs: Any) -> None:
    normalizer = ours.backend_tokenizer.normalizer  # which the file leaves out: see `_tokenizer`
    for hard in HARD_TEXTS:
        text = normalizer.normalize_str(hard) if normalizer else hard
        if _tokens(ours, text) != _tokens(theirs, text):
            raise ModelError(
                f"the tokenizer that was written reads {text!r} otherwise, so nothing was kept: train from "
                "another base, such as starter or smollm2-135m"
            )


def _tokens(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids


def _divergence(request: ExportRequest, written: LoadedBase) -> float:
    """KL divergence of the file's next-token distributions from the model's, in bits: mean over tokens."""
    context = request.model.config.max_position_embeddings
    divergences = []
    for number, text in enumerate(HARD_TEXTS):
        request.watcher.advanced(number, len(HARD_TEXTS), "texts")
        ids = torch.tensor([[request.begin, *_tokens(request.tokenizer, text)][:context]])
        ours, theirs = (_log_probabilities(model, ids) for model in (request.model, written.model))
        divergences.append((ours.exp() * (ours - theirs)).sum(-1))
    return abs(float(torch.cat(divergences).mean())) / math.log(2)


@torch.inference_mode()
def _log_probabilities(model: Any, ids: torch.Tensor) -> torch.Tensor:
    """Of every token at every place: (tokens, vocabulary), in nats."""
    inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    logits: torch.Tensor = model.eval()(**inputs).logits[0]
    return logits.double().log_softmax(-1)
