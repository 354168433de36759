"""Reading a GGUF file back as llama.cpp does: the same tokens, and nearly the same predictions.

What reads the file knows llama.cpp's conventions only, what reads the model those of transformers. A tensor
under another's name, rows in another order or a number that was left out make other predictions.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from gguf import GGUFReader
from threadpoolctl import threadpool_limits

from ..bases.rope_scaling import Floats
from ..errors import ModelError
from ..types import PROMPT
from ._config import damaged
from ._contract import Check, ExportRequest
from ._file_network import file_network
from ._file_tokenizer import text_reader
from ._folder_model import FolderModel
from ._folder_network import folder_network
from ._network import Network, hidden_states, log_probabilities

_UNREADABLE = "what was written cannot be read back, so nothing was kept; this is a fault of the export"
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


def check_tokens(request: ExportRequest, file: GGUFReader) -> Check:
    """Compare the tokens that the file gives for texts of many kinds with the model's.

    Raises:
        ModelError: they differ.
    """
    read = text_reader(file)
    normalizer = request.tokenizer.backend_tokenizer.normalizer
    composes = type(normalizer).__name__ == "NFC"  # which the file leaves out: see `_tokenizer`
    for hard in HARD_TEXTS:
        text = unicodedata.normalize("NFC", hard) if composes else hard
        if _tokens(request, text) != read(text):
            raise ModelError(
                f"the tokenizer that was written reads {text!r} otherwise, so nothing was kept: train from "
                "another base, such as starter or smollm2-135m"
            )
    return Check(what="tokens of hard texts", result=f"the same for all {len(HARD_TEXTS)}")


def check_predictions(request: ExportRequest, model: FolderModel, file: GGUFReader) -> Check:
    """Compare next-token distributions of the file with the model's, on texts of many kinds.

    Raises:
        ModelError: they differ by more than the file's format explains.
    """
    bits = _divergence(request, model, file)
    if not bits <= LARGEST_DIVERGENCE[request.quant]:
        raise ModelError(
            f"with {request.quant} this model predicts otherwise (by {bits:.2g} bits a token), so nothing "
            "was kept: choose another format with --quant"
        )
    return Check(what="next-token predictions", result=f"within {bits:.2g} bits a token (KL divergence)")


def _divergence(request: ExportRequest, model: FolderModel, file: GGUFReader) -> float:
    """KL divergence of the file's next-token distributions from the model's, in bits: mean over tokens."""
    context = model.config.max_position_embeddings
    texts = [
        [request.begin, *_tokens(request, request.opening), *_tokens(request, text)][:context]
        for text in HARD_TEXTS
    ]
    total = 0.0
    with threadpool_limits(1):  # beside other work, threads that wait for each other take ten times as long
        ours = _read(lambda: folder_network(model), texts, damaged(model.folder, "its files do not fit"))
        theirs = _read(lambda: file_network(file), texts, ModelError(_UNREADABLE))
        for number, states in enumerate(zip(ours.states, theirs.states, strict=True)):
            request.watcher.advanced(number, len(HARD_TEXTS), "texts")
            expected, found = map(log_probabilities, (ours.network, theirs.network), states)
            total += float((np.exp(expected) * (expected - found)).sum())
    return abs(total) / sum(map(len, texts)) / math.log(2)


class _Read(NamedTuple):
    """Texts that a network has read."""

    network: Network
    states: list[Floats]


def _read(load: Callable[[], Network], texts: list[list[int]], unreadable: ModelError) -> _Read:
    """What a network makes of texts; an error where its parts are of shapes that do not fit."""
    try:
        network = load()
        return _Read(network, hidden_states(network, texts))
    except (ValueError, IndexError) as error:
        raise unreadable from error


def _tokens(request: ExportRequest, text: str) -> list[int]:
    return request.tokenizer(text, add_special_tokens=False)["input_ids"]
