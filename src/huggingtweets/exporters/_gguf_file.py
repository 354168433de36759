"""Writing a GGUF file, the form of llama.cpp (ggml's docs/gguf.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType, GGUFReader, GGUFWriter, LlamaFileType
from numpy.typing import NDArray

from ..bases.ancestors import GGUF_PREFIX, digests
from ..errors import ModelError
from ..model_folder import folder_name
from ._architectures import Tensors, architecture, tensors, write_settings
from ._contract import NO_FILTER, Check, ExportRequest
from ._folder_model import FolderModel
from ._tokenizer import write_tokenizer

LARGEST_ERROR = {"f32": 0.0, "f16": 1e-3, "q8_0": 0.02, "q4_0": 0.25}  # of a tensor, relative (Frobenius)

_FILE_TYPES = {
    "f32": LlamaFileType.ALL_F32,
    "f16": LlamaFileType.MOSTLY_F16,
    "q8_0": LlamaFileType.MOSTLY_Q8_0,
    "q4_0": LlamaFileType.MOSTLY_Q4_0,
}
_BLOCK = 32  # weights of a row that are quantized with one scale, in q8_0 and q4_0
_KEPT = ("position_embd.weight",)  # a table that is added: float32


class _Written(np.ndarray[tuple[int, ...], np.dtype[Any]]):
    """A tensor that Python writes, whose errors say what is wrong; numpy's only say how far it came."""

    def tofile(self, file: Any, /, sep: str = "", format: str = "%s") -> None:  # noqa: A002 -- numpy's name
        """Write the bytes into a file; the other arguments are those of texts, of which none is written."""
        del sep, format
        file.write(self.data)


def file_name(request: ExportRequest) -> str:
    """The name of the file: the model's, and the format of its matrices."""
    return f"{folder_name(request.name)}-{request.quant}.gguf"


def write_gguf(request: ExportRequest, model: FolderModel, path: Path) -> None:
    """Write weights, tokenizer, sampling settings, and what is known of the model.

    Raises:
        ModelError: llama.cpp cannot run such a model.
    """
    writer = GGUFWriter(path, architecture(model.config))
    _write_facts(writer, request)
    _write_sampling(writer, request)
    write_settings(writer, model)
    write_tokenizer(writer, request.tokenizer, request.begin, model.rows)
    for name, tensor in _shown(request, model):
        kind = _kind(name, tensor, request.quant)
        writer.add_tensor(name, _quantized(name, tensor, kind).view(_Written), raw_dtype=kind)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    finally:
        writer.close()


def check_weights(request: ExportRequest, model: FolderModel, file: GGUFReader) -> Check:
    """Compare every tensor of the file that was written with the model's.

    Raises:
        ModelError: one is missing or differs by more than its format explains.
    """
    written = {tensor.name: tensor for tensor in file.tensors}
    worst = 0.0
    for name, tensor in _shown(request, model):
        if name not in written:
            raise ModelError(f"what was written lacks {name}; nothing was kept")
        found = gguf.dequantize(written[name].data, written[name].tensor_type).reshape(tensor.shape)
        norm = float(np.linalg.norm(tensor)) or 1.0
        worst = max(worst, float(np.linalg.norm(found - tensor)) / norm)
    if not worst <= LARGEST_ERROR[request.quant]:
        raise ModelError(
            f"{request.quant} changes a tensor of this model by {worst:.1%}; nothing was kept: choose "
            "another format with --quant"
        )
    return Check(what="weights read back", result=f"within {worst:.2%} of the model's")


def _shown(request: ExportRequest, model: FolderModel) -> Tensors:
    """The tensors of the model; the watcher is told how many have been read."""
    total = len(model.names())
    for number, tensor in enumerate(tensors(model)):
        request.watcher.advanced(number, total, "tensors")
        yield tensor


def _kind(name: str, tensor: NDArray[Any], quant: str) -> GGMLQuantizationType:
    """The format of a tensor: vectors stay in float32, and rows that do not divide into blocks in float16."""
    if tensor.ndim == 1 or name in _KEPT:
        return GGMLQuantizationType.F32
    if quant.startswith("q") and tensor.shape[-1] % _BLOCK:
        return GGMLQuantizationType.F16
    return GGMLQuantizationType[quant.upper()]


def _quantized(name: str, tensor: NDArray[Any], kind: GGMLQuantizationType) -> NDArray[Any]:
    if not np.isfinite(tensor).all():
        raise ModelError(f"{name} holds weights that are no numbers; train the model again")
    with np.errstate(over="ignore"):  # seen below
        quantized: NDArray[Any] = gguf.quantize(tensor, kind)
    if kind == GGMLQuantizationType.F16 and not np.isfinite(quantized).all():
        raise ModelError(f"{name} has weights beyond float16; export with --quant f32")
    return quantized


def _write_facts(writer: GGUFWriter, request: ExportRequest) -> None:
    """What the card says in short: that it is a bot, whose posts it learnt, the base and its licence."""
    record = request.record
    writer.add_type(gguf.GGUFType.MODEL)
    writer.add_file_type(_FILE_TYPES[request.quant])
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_name(request.name)
    writer.add_description(description(request))
    writer.add_tags(["text-generation", "huggingtweets", "bot"])
    if record.base.licence:
        writer.add_license(record.base.licence)
    writer.add_base_model_count(1)
    writer.add_base_model_name(0, record.base.name)
    if record.base.revision:
        writer.add_base_model_version(0, record.base.revision)
    writer.add_bool(f"{GGUF_PREFIX}.bot", True)
    writer.add_string(f"{GGUF_PREFIX}.copy_filter", NO_FILTER)
    for key, value in {
        "version": record.version,
        "recipe": record.recipe.name,
        "base_digest": record.base.digest,
        "dataset_digest": record.dataset_digest,
        "model_digest": record.model_digest,
        "ancestors": " ".join(digests(record)),
        "speaker": request.speaker,
        "opening": request.opening,
    }.items():
        if value:
            writer.add_string(f"{GGUF_PREFIX}.{key}", value)


def sampling_parameters(request: ExportRequest) -> dict[str, Any]:
    """What makes llama.cpp sample as `generate` does, but that its penalty counts the prompt, too."""
    return {
        "temperature": request.sampling.temperature,
        "top_p": request.sampling.top_p,
        "top_k": 0,
        "min_p": 0,
        "repeat_penalty": request.sampling.repetition_penalty or 1.0,
        "repeat_last_n": request.sampling.max_new_tokens,  # of the whole post
    }


def description(request: ExportRequest) -> str:
    """One sentence on what the model is, or who speaks by it."""
    people = ", ".join(f"@{author.account.handle}" for author in request.authors) or request.record.name
    return f"A bot that writes like {people}. It is not that person, and what it writes is made up."


def _write_sampling(writer: GGUFWriter, request: ExportRequest) -> None:
    """Our settings; llama.cpp's own would take the 40 likeliest tokens, at a temperature of 0.8."""
    parameters = sampling_parameters(request)
    writer.add_sampling_temp(parameters["temperature"])
    writer.add_sampling_top_p(parameters["top_p"])
    writer.add_sampling_top_k(parameters["top_k"])
    writer.add_sampling_min_p(parameters["min_p"])
    writer.add_sampling_sequence("penalties;temperature;top_p")  # its own cuts the nucleus at temperature 1
    writer.add_sampling_penalty_last_n(parameters["repeat_last_n"])
    writer.add_sampling_penalty_repeat(parameters["repeat_penalty"])
