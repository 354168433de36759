"""The tokenizer of a model folder, without transformers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct
from tokenizers import AddedToken, Tokenizer

from ..model_folder import MORE_TOKENS, TOKENIZER, TOKENIZER_CONFIG, TOKENIZER_PROBE
from ..tokenization.growth_limit import require_bounded, require_bounded_file


class _Settings(Struct, forbid_unknown_fields=True):
    """The whole of tokenizer_config.json, as this program writes it."""

    bos_token: str
    eos_token: str
    pad_token: str
    tokenizer_class: Literal["PreTrainedTokenizerFast"]
    backend: Literal["tokenizers"] = "tokenizers"
    clean_up_tokenization_spaces: bool = False
    is_local: bool = True
    model_max_length: float = 0
    padding_side: str = "left"


class FolderTokenizer:
    """What of PreTrainedTokenizerFast is needed to write; see `TextTokenizer`."""

    def __init__(self, folder: Path) -> None:
        """Read the tokenizer of a folder.

        Raises:
            Exception: of any kind, where it cannot be read, or is none that this program writes.
        """
        settings = msgspec.json.decode((folder / TOKENIZER_CONFIG).read_bytes(), type=_Settings)
        require_bounded_file(folder / TOKENIZER)
        tokenizer: Tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        added = tokenizer.get_added_tokens_decoder()
        special = {added[number].content: number for number in added}
        if settings.clean_up_tokenization_spaces or any((folder / name).exists() for name in MORE_TOKENS):
            raise ValueError("this tokenizer does more than its file says")
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.decode(tokenizer.encode(TOKENIZER_PROBE).ids)
        self.backend_tokenizer = tokenizer
        require_bounded(self)
        self.added_tokens_decoder: dict[int, AddedToken] = added
        self.bos_token_id = special[settings.bos_token]
        self.eos_token_id = special[settings.eos_token]
        self.all_special_ids = [
            special[token] for token in (settings.bos_token, settings.eos_token, settings.pad_token)
        ]

    def __call__(self, text: str, *, add_special_tokens: bool = True) -> dict[str, list[int]]:
        """The tokens of a text, as "input_ids"."""
        return {"input_ids": self.backend_tokenizer.encode(text, add_special_tokens=add_special_tokens).ids}

    def decode(self, ids: Sequence[int]) -> str:
        """The text of tokens, special ones included."""
        return self.backend_tokenizer.decode(ids, skip_special_tokens=False)

    def batch_decode(self, rows: Sequence[Sequence[int]], *, skip_special_tokens: bool) -> list[str]:
        """The text of each row of tokens."""
        return [self.backend_tokenizer.decode(row, skip_special_tokens=skip_special_tokens) for row in rows]

    def get_vocab(self) -> dict[str, int]:
        """The number of each token."""
        return self.backend_tokenizer.get_vocab(with_added_tokens=True)

    def get_added_vocab(self) -> dict[str, int]:
        """The number of each token that was added to those that were learnt."""
        return {token.content: number for number, token in self.added_tokens_decoder.items()}
