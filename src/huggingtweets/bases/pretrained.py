"""Loads configs, tokenizers and models with transformers, and runs no code that their files bring along.

Nothing else calls `from_pretrained` for files that somebody else may have made. A damaged file is an error
that begins with the file's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import msgspec
import torch
from msgspec import Struct
from safetensors import safe_open
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedConfig,
)
from transformers.utils import SAFE_WEIGHTS_INDEX_NAME
from transformers.utils.hub import cached_file

from ..errors import first_line, is_out_of_memory, is_panic
from ..model_folder import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    CONFIG,
    GENERATION_CONFIG,
    TOKENIZER,
    TOKENIZER_CONFIG,
    TOKENIZER_PROBE,
    WHOLE_WEIGHTS,
)
from ..tokenization.growth_limit import require_bounded, require_bounded_file
from ._files import weight_files
from .gguf_reader import used_by_transformers

_SHARD = re.compile(r"[\w.-]+\.safetensors")  # a file beside the index of weights that lie in several


def load_config(place: str | Path, **options: Any) -> PreTrainedConfig:
    """Load the config of a model.

    Args:
        place: a folder, or a Hub id.
        options: of `from_pretrained`.

    Raises:
        OSError: it is not there.
        ValueError: it is damaged, or names code to be run.
    """
    with _naming(CONFIG):
        config: PreTrainedConfig = _from_pretrained(AutoConfig, place, **options)
    kernel = str(getattr(config, "_attn_implementation", None) or "")
    if "/" in kernel:  # transformers would fetch and run it
        raise ValueError(f"{CONFIG}: it asks for the code of {kernel}, which is not run")
    if weights := getattr(config, "transformers_weights", None):  # transformers would unpickle some
        raise ValueError(f"{CONFIG}: it asks for the weights in {weights}, and only {WHOLE_WEIGHTS} is read")
    return config


def load_tokenizer(place: str | Path, **options: Any) -> Any:
    """Load a tokenizer, and let it read a line, and each of the usual signs.

    Args:
        place: a folder, or a Hub id.
        options: of `from_pretrained`.

    Raises:
        OSError: it is not there.
        ValueError: it is damaged, asks for code to be run, or makes far too much of a letter.
    """
    with _naming(f"{TOKENIZER} or {TOKENIZER_CONFIG}"):
        if "gguf_file" not in options:
            file = _cached(place, TOKENIZER, options.get("revision"), options.get("local_files_only", False))
            if file:
                require_bounded_file(file)
        tokenizer = _from_pretrained(AutoTokenizer, place, **options)
        require_bounded(tokenizer)
        tokenizer.decode(tokenizer(TOKENIZER_PROBE)["input_ids"])
    return tokenizer


def _from_pretrained(auto_class: Any, place: str | Path, **options: Any) -> Any:
    """What a class of transformers loads; it would ask at standard input whether to run code."""
    with used_by_transformers() if "gguf_file" in options else nullcontext():
        return auto_class.from_pretrained(place, trust_remote_code=False, **options)


def _cached(place: str | Path, name: str, revision: str | None, offline: bool) -> Path | None:
    """A file of a folder, or of the Hub, from where it is fetched; None where there is none."""
    file = cached_file(
        place,
        name,
        revision=revision,
        local_files_only=offline,
        _raise_exceptions_for_missing_entries=False,
        _raise_exceptions_for_connection_errors=False,
    )
    return Path(file) if file else None


def load_generation_config(folder: Path) -> GenerationConfig:
    """Load the settings of generation.

    Raises:
        OSError: they are not there.
        ValueError: they are damaged.
    """
    with _naming(GENERATION_CONFIG):
        return GenerationConfig.from_pretrained(folder)


def require_fit(model: Any, tokenizer: Any, weights: str = WHOLE_WEIGHTS) -> None:
    """Look at all weights, and let a model read a token of its tokenizer, before they are used.

    Args:
        model: as loaded.
        tokenizer: as loaded.
        weights: name of their file.

    Raises:
        ValueError: they are not of one model, or the weights are no numbers.
    """
    rows = model.get_input_embeddings().weight.shape[0]
    tokens = tokenizer(TOKENIZER_PROBE)["input_ids"]
    if not 0 <= min(tokens, default=0) <= max(tokens, default=0) < rows:
        raise ValueError(f"{TOKENIZER} is of another model: this one has {rows:,} tokens")
    with _naming(f"{CONFIG} or {weights}"), torch.inference_mode():
        finite = all(bool(weight.sum().isfinite()) for weight in model.parameters()) and bool(
            model(torch.tensor([tokens[:1] or [0]])).logits.isfinite().all()
        )
    if not finite:
        raise ValueError(f"{weights} holds weights that are no numbers, or too large")


def load_model(place: str | Path, *, complete: bool = False, **options: Any) -> Any:
    """Load a causal language model of safetensors or GGUF, with every weight from its file.

    Args:
        place: a folder, or a Hub id.
        complete: whether a weight in the file that the model has no place for is an error, too.
        options: of `from_pretrained`.

    Raises:
        OSError: it is not there.
        ValueError: it is damaged, lacks weights, or asks for code to be run.
    """
    weights = options.get("gguf_file", WHOLE_WEIGHTS)
    offline = options.get("local_files_only", False)
    if "gguf_file" not in options:
        _require_safetensors(place, options.get("revision"), offline=offline)
    _require_layers(Path(place))
    with _naming(f"{CONFIG} or {weights}"):
        model, loading = _from_pretrained(
            AutoModelForCausalLM,
            place,
            use_safetensors=True,
            output_loading_info=True,
            adapter_kwargs={"local_files_only": offline},  # else transformers asks the Hub for an adapter
            **options,
        )
    _require_weights(loading, weights, complete=complete)
    return model


def _require_safetensors(place: str | Path, revision: str | None, *, offline: bool) -> None:
    """Refuse weights in other files than safetensors in the same folder; transformers would unpickle them.

    Raises:
        OSError: there is no config.
        ValueError: config or index name another file.
    """
    load_config(place, revision=revision, local_files_only=offline)
    index = _cached(place, SAFE_WEIGHTS_INDEX_NAME, revision, offline)
    if index is None:
        return
    with _naming(SAFE_WEIGHTS_INDEX_NAME):
        named = weight_files(index)
    if others := sorted(name for name in named if not _SHARD.fullmatch(name)):
        raise ValueError(f"{SAFE_WEIGHTS_INDEX_NAME}: {others[0]} is no file of safetensors beside it")


class Adapter(Struct):
    """What of adapter_config.json is needed to find the base."""

    base_model_name_or_path: str
    revision: str | None = None  # on the Hub; of a named base, the digest of its weights


def adapter_of(folder: Path) -> Adapter:
    """What an adapter of peft says of its base.

    Raises:
        OSError: the file is not there.
        ValueError: it is damaged.
    """
    with _naming(ADAPTER_CONFIG):
        return msgspec.json.decode((folder / ADAPTER_CONFIG).read_bytes(), type=Adapter)


def load_adapted(folder: Path, **options: Any) -> Any:
    """Load the base that an adapter of peft names, and the adapter.

    Args:
        folder: of the adapter.
        options: of `from_pretrained`, for the base.

    Raises:
        OSError: one of them is not there.
        ValueError: as `load_model`.
    """
    adapter = adapter_of(folder)
    place, revision = adapter.base_model_name_or_path, adapter.revision
    load_config(place, revision=revision, local_files_only=options["local_files_only"])
    model = load_model(place, revision=revision, **options)
    add_adapter(model, folder)
    return model


def add_adapter(model: Any, folder: Path) -> None:
    """Put an adapter of peft beside the layers of its base, which is changed in place.

    Raises:
        OSError: it is not there.
        ValueError: it is damaged, or of another model.
    """
    if not (folder / ADAPTER_WEIGHTS).is_file():  # peft would unpickle adapter_model.bin
        raise ValueError(f"{ADAPTER_WEIGHTS} is missing")
    with _naming(ADAPTER_WEIGHTS):
        loading = model.load_adapter(folder).to_dict()
    _require_weights(loading, ADAPTER_WEIGHTS, complete=True)


def _require_layers(folder: Path) -> None:
    """Refuse a config of more layers than the file has weights; to build them would take for ever.

    Raises:
        ValueError: there are more.
    """
    if not ((folder / CONFIG).is_file() and (folder / WHOLE_WEIGHTS).is_file()):
        return
    with _naming(WHOLE_WEIGHTS), safe_open(folder / WHOLE_WEIGHTS, "pt") as file:
        weights = len(file.keys())
    layers = getattr(load_config(folder, local_files_only=True), "num_hidden_layers", 0)
    if layers > weights:
        raise ValueError(f"{CONFIG}: it has {layers:,} layers, and {WHOLE_WEIGHTS} {weights:,} weights")


def _require_weights(loading: dict[str, Any], file: str, *, complete: bool) -> None:
    """Refuse a model some of whose weights are not in its file, and would be random.

    Raises:
        ValueError: there are such weights.
    """
    faults = {"missing_keys": "lacks weights", "unexpected_keys": "holds weights of another model"}
    for keys, fault in faults.items() if complete else [("missing_keys", faults["missing_keys"])]:
        if loading[keys]:
            raise ValueError(f"{file} {fault}, {min(map(str, loading[keys]))} among them")


@contextmanager
def _naming(file: str) -> Iterator[None]:
    """Turn whatever a damaged file raises into one line that begins with the file's name.

    Raises:
        OSError: as it was raised, and what says that there is no more memory.
        ValueError: anything else.
    """
    try:
        yield
    except OSError:
        raise
    except BaseException as error:
        if is_out_of_memory(error) or not (isinstance(error, Exception) or is_panic(error)):
            raise
        raise ValueError(f"{file}: {first_line(error)}") from error
