"""A GGUF file: llama.cpp and the programs that are built on it run it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gguf import GGUFReader

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
    file = GGUFReader(path)  # once: it goes through every token, which takes most of the time
    return check_weights(request, file), *check_predictions(request, path, file)
