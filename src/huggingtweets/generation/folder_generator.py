"""Text generation from the files of a model folder alone, since transformers is slow to import."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Self

import msgspec
import torch

from ..errors import is_panic
from ..model_folder import ADAPTER_CONFIG, GENERATION_CONFIG
from .batch import TextBatch
from .continuous import ContinuousBatch
from .decoder import StaticDecoder
from .decoder_weights import DecoderWeights, is_half_fast
from .folder_tokenizer import FolderTokenizer
from .folder_weights import FolderWeights
from .row_decoder import RowDecoder
from .settings import as_sampling
from .text_tokens import TextTokens
from .token_generator import TokenGenerator


class FolderGenerator(TokenGenerator):
    """A GPT-2 or a Llama on a CPU that generates and does nothing else."""

    def __init__(self, folder: Path, dtype: torch.dtype) -> None:
        """Load a model folder; see `open`.

        Raises:
            Exception: of any kind, where the folder is damaged, or holds what is not known here.
        """
        if (folder / ADAPTER_CONFIG).is_file():
            raise ValueError("this model is an adapter")
        config = msgspec.json.decode((folder / GENERATION_CONFIG).read_bytes(), type=dict[str, Any])
        self.sampling = as_sampling(config)
        tokenizer, self._files = FolderTokenizer(folder), FolderWeights(folder)
        shape = self._files.shape
        if max(tokenizer.get_vocab().values()) >= shape.vocabulary:
            raise ValueError("the tokenizer is of another model")
        eos = msgspec.convert(config["eos_token_id"], int)
        self._tokens = TextTokens(tokenizer, shape.vocabulary, shape.context, [eos])
        self._weights = self._files.decoder_weights(dtype)
        if not self.decoder(2).read(self._tokens.begin("a", 1, None, torch.Generator()), 1).isfinite().all():
            raise ValueError("the weights are no numbers")

    @classmethod
    def open(cls, folder: Path, dtype: torch.dtype) -> Self | None:
        """Load a model folder that holds a whole GPT-2 or Llama as this program writes it; None for others.

        Args:
            folder: where the model is.
            dtype: what matrices are multiplied in.
        """
        try:
            return cls(folder, dtype)
        except BaseException as error:
            if isinstance(error, Exception) or is_panic(error):
                return None  # transformers loads what it knows, and says what is wrong
            raise

    @cached_property
    def _half_weights(self) -> DecoderWeights | None:
        """float16 weights for a single text, whose time is that of reading them; None if these are slower."""
        return self._files.decoder_weights(torch.float16) if is_half_fast() else None

    def decoder(self, rows: int) -> StaticDecoder:
        """See `TokenGenerator`."""
        return StaticDecoder(self._weights, self._half_weights if rows == 1 else None)

    def batch(self) -> TextBatch:
        """What samples texts for many requests; see `TextGenerator`."""
        return ContinuousBatch(RowDecoder(self._weights), self._tokens)
