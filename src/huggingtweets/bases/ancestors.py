"""The digests of all that a base was made of, where this program made it; `forget` finds models by them."""

from __future__ import annotations

from pathlib import Path

from ..errors import ModelError
from ..model_folder import ModelFolder
from ..types import Record
from ._files import BaseFiles

GGUF_PREFIX = "huggingtweets"  # of what an exported file says of its model
GGUF_DIGESTS = ("model_digest", "dataset_digest", "base_digest", "ancestors")


def ancestors(files: BaseFiles) -> tuple[str, ...]:
    """The digests of a base that was trained, merged or exported here, and of all that it was made of."""
    place = Path(files.place)
    if files.gguf_file:
        return _of_gguf(place / files.gguf_file)
    try:
        return digests(ModelFolder(place).record)
    except ModelError:  # it is a base like others
        return ()


def digests(record: Record) -> tuple[str, ...]:
    """The digests of a model and of all that it was made of, sorted."""
    parents = (parent.digest for parent in record.merged_from)
    known = {record.model_digest, record.dataset_digest, record.base.digest, *record.base.ancestors, *parents}
    return tuple(sorted(known - {""}))


def _of_gguf(path: Path) -> tuple[str, ...]:
    from .gguf_reader import open_gguf  # noqa: PLC0415 -- with numpy

    reader = open_gguf(path)
    fields = (reader.get_field(f"{GGUF_PREFIX}.{name}") for name in GGUF_DIGESTS)
    return tuple(sorted({digest for field in fields if field for digest in str(field.contents()).split()}))
