"""A base for many adapters: it is loaded once, and the models that use it share its weights."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from ..tokenization.prefix import with_bos_token
from . import is_named
from .loading import LoadedBase, load_base
from .pretrained import Adapter, adapter_of, add_adapter

_IN_USE: WeakValueDictionary[str, LoadedBase] = WeakValueDictionary()  # bases of adapters that are in memory


def named_base(folder: Path) -> Adapter | None:
    """What an adapter says of its named base; None where it is for a base of the Hub.

    Raises:
        ValueError: the file that says so is damaged.
    """
    adapter = adapter_of(folder)
    return adapter if is_named(adapter.base_model_name_or_path) else None


def load_beside(adapter: Adapter, folder: Path) -> tuple[Any, Any]:
    """A named base with the adapter in a folder, and the base's tokenizer with the BOS token of a post.

    Nobody may change the base's weights or tokenizer. What differs is the adapter, some hundredths of them.

    Raises:
        BaseError: the base cannot be had.
        OSError: the adapter is not there.
        ValueError: the adapter is damaged, or for other weights of the base.
    """
    base = _load(adapter.base_model_name_or_path)
    if adapter.revision != base.base.digest:
        raise ValueError(f"it is for another version of the base {base.base.name}")
    weights = {id(weight): weight for weight in (*base.model.parameters(), *base.model.buffers())}
    model: Any = copy.deepcopy(base.model, weights)  # all but the weights, which stay where they are
    add_adapter(model, folder)
    model.shared_base = base  # so that it stays in use
    return model, base.tokenizer


@lru_cache(maxsize=1)  # the last one stays for the next adapter where none is in memory meanwhile
def _load(name: str) -> LoadedBase:
    base = _IN_USE.get(name)
    if base is None:
        loaded = load_base(name)
        loaded.model.requires_grad_(requires_grad=False)  # no adapter's model changes them
        base = _IN_USE[name] = replace(loaded, tokenizer=with_bos_token(loaded.tokenizer))
    return base
