"""A GGUF file: llama.cpp and the programs that are built on it run it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..bases.gguf_reader import each_file_opened_once, open_gguf
from ._contract import NO_FILTER, Check, ExportRequest
from ._gguf_file import check_weights, file_name, write_gguf
from ._readback import check_predictions

SUMMARY = "a GGUF file, for llama.cpp and programs built on it"
DEFAULT_QUANT = "f16"
WARNING = NO_FILTER


def export(request: ExportRequest, folder: Path) -> Sequence[Check]:
    """Write the file, and check it; see `Exporter`."""
    path = folder / file_name(request)
    request.watcher.stage("export", path.name)
    write_gguf(request, path)
    request.watcher.stage("check", path.name)
    with each_file_opened_once():  # that goes through every token, which takes most of the time
        file = open_gguf(path)
        return check_weights(request, file), *check_predictions(request, path, file)
