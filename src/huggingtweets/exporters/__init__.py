"""Exporters: a trained model in the form of another program. One file per target; its name is the target's.

| file | what |
|---|---|
| `gguf.py`, `ollama.py`, `web.py` | one target each, found by its file name |
| `_contract.py` | what an exporter implements, and what it is given |
| `_gguf_file.py` | writes a GGUF file: weights, tokenizer, metadata |
| `_architectures.py` | the tensors and settings of each architecture as llama.cpp wants them |
| `_tokenizer.py` | the tokenizer as llama.cpp wants it |
| `_characters.py` | Python's classes of characters for the page's JavaScript |
| `page/` | the page that `web.py` copies |
| `_config.py`, `_folder_model.py` | what can be exported, and its weights, without torch and transformers |
| `_readback.py` | compares the file with the model |
| `_folder_network.py` | what the model computes, by the conventions of transformers |
| `_file_network.py`, `_file_tokenizer.py` | what llama.cpp computes from the file, by its own |
| `_network.py` | the forward pass of both, in numpy |

One more file adds a target.
"""

from __future__ import annotations

from ..errors import UserError
from ..registry import Registry, suggestion
from ._contract import (
    QUANTS,
    Check,
    Exporter,
    ExportRequest,
    PublishedCopies,
    PublishedFilters,
    PublishedHandles,
)

__all__ = [
    "QUANTS",
    "Check",
    "ExportRequest",
    "Exporter",
    "PublishedCopies",
    "PublishedFilters",
    "PublishedHandles",
    "load",
    "names",
]


def names() -> tuple[str, ...]:
    """The names of the targets, sorted."""
    return Registry(__name__).names()


def load(target: str) -> Exporter:
    """The exporter of a target.

    Raises:
        UserError: there is no such target.
    """
    try:
        exporter: Exporter = Registry(__name__).load(target)
    except KeyError:
        targets = "; ".join(f"{name}, {Registry(__name__).load(name).SUMMARY}" for name in names())
        raise UserError(f"--to {target}: expected {targets}{suggestion(target, names())}") from None
    return exporter
