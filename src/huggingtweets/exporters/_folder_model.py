"""The weights of a model folder, without torch and transformers, whose imports take longer than an export."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from ..bases.rope_scaling import Floats
from ..model_folder import WHOLE_WEIGHTS
from ._config import Config, damaged, read_config

_STORED: dict[str, np.dtype[Any]] = {  # numpy has no bfloat16
    "F32": np.dtype("<f4"),
    "F16": np.dtype("<f2"),
    "BF16": np.dtype("<u2"),
}
_LENGTH = 8  # bytes that say how long the header of a file of safetensors is
_EMBEDDINGS = ("embed_tokens.weight", "wte.weight")
_PARTS = (
    *("embed_tokens", "wte", "wpe"),
    *("ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj"),
    *("q_proj", "k_proj", "v_proj", "o_proj", "q_norm", "k_norm", "gate_proj", "up_proj", "down_proj"),
    *(
        "input_layernorm",
        "post_attention_layernorm",
        "pre_feedforward_layernorm",
        "post_feedforward_layernorm",
    ),
    *("ln_f", "model.norm", "lm_head"),
)


class _Entry(Struct, frozen=True):
    """A tensor, as the header of safetensors has it."""

    dtype: str
    shape: tuple[int, ...]
    data_offsets: tuple[int, int]


class FolderModel:
    """A model folder: its config, and its weights by the names that transformers gives them."""

    def __init__(self, folder: Path) -> None:
        """Map the file of the weights into memory; nothing is copied yet.

        Raises:
            ModelError: a file is damaged, or the model is none that can be exported.
        """
        self.folder = folder
        self.config: Config = read_config(folder)
        file = folder / WHOLE_WEIGHTS
        try:
            with safe_open(file, "np"):  # looks through the header
                self._data: NDArray[np.uint8] = np.asarray(np.memmap(file, np.uint8, mode="r"))
            header = _LENGTH + int.from_bytes(self._data[:_LENGTH].tobytes(), "little")
            entries = msgspec.json.decode(self._data[_LENGTH:header].tobytes(), type=dict[str, Any])
        except (OSError, ValueError, SafetensorError) as error:
            raise damaged(folder, f"{WHOLE_WEIGHTS}: {error}") from error
        self._entries = {
            name: msgspec.convert(entry, _Entry) for name, entry in entries.items() if name != "__metadata__"
        }
        self._body = self._data[header:]
        if unknown := {entry.dtype for entry in self._entries.values()} - _STORED.keys():
            raise damaged(folder, f"{WHOLE_WEIGHTS} holds weights of an unknown kind, {min(unknown)}")
        if self.config.vocab_size != self.rows:
            raise damaged(
                folder, f"its config has {self.config.vocab_size:,} tokens, {WHOLE_WEIGHTS} {self.rows:,}"
            )
        if self.config.num_hidden_layers > len(self._entries):
            raise damaged(folder, f"its config has more layers than {WHOLE_WEIGHTS}")

    def names(self) -> list[str]:
        """The names of all weights but a tied output matrix, in the order in which they are computed with."""
        tied = self.config.tie_word_embeddings
        return sorted((name for name in self._entries if not (tied and name == "lm_head.weight")), key=_place)

    @property
    def rows(self) -> int:
        """The rows of the table of embeddings, which may be more than there are tokens."""
        return next((e.shape[0] for name, e in self._entries.items() if name.endswith(_EMBEDDINGS)), 0)

    def tensor(self, name: str) -> Floats:
        """One tensor, in float32.

        Raises:
            ModelError: the folder has none of that name.
        """
        entry = self._entries.get(name)
        if entry is None:
            raise damaged(self.folder, f"{WHOLE_WEIGHTS} lacks {name}")
        begin, end = entry.data_offsets
        stored: NDArray[Any] = self._body[begin:end].view(_STORED[entry.dtype]).reshape(entry.shape)
        widened = (stored.astype(np.uint32) << 16).view(np.float32) if entry.dtype == "BF16" else stored
        floats: Floats = widened.astype(np.float32, copy=False)
        return floats


def _place(name: str) -> tuple[float, int, bool]:
    """The layer, the part in it, and whether it is a bias."""
    part = next((number for number, part in enumerate(_PARTS) if part in name), len(_PARTS))
    layer = re.search(r"\.(\d+)\.", name)
    before_layers = part < _PARTS.index("ln_1")
    return (int(layer[1]) if layer else -1 if before_layers else math.inf), part, name.endswith(".bias")
