"""A GGUF file: llama.cpp and the programs that are built on it run it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..bases.gguf_reader import open_gguf
from ._contract import NO_FILTER, Check, ExportRequest
from ._folder_model import FolderModel
from ._gguf_file import check_weights, file_name, write_gguf
from ._readback import check_predictions, check_tokens

SUMMARY = "a GGUF file, for llama.cpp and programs built on it"
DEFAULT_QUANT = "f16"
WARNING = f"{NO_FILTER}{{opening}}"


def export(request: ExportRequest, folder: Path) -> Sequence[Check]:
    """Write the file, and check it; see `Exporter`."""
    model, path = FolderModel(request.folder), folder / file_name(request)
    request.watcher.stage("export", path.name)
    write_gguf(request, model, path)
    request.watcher.stage("check", path.name)
    file = open_gguf(path)
    checks = check_weights(request, model, file), check_tokens(request, file)
    return *checks, check_predictions(request, model, file)
