"""Writing a trained model in the form of another program, with a check of what was written."""

from __future__ import annotations

import json
import re
import shlex
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from .. import exporters
from ..errors import ModelError, UserError, first_line, is_panic
from ..exporters import QUANTS, Check, ExportRequest, PublishedCopies, PublishedFilters, PublishedHandles
from ..files import readable, whole_folder
from ..generation.settings import as_sampling
from ..model_folder import COPY_INDEX, EXPORTS, GENERATION_CONFIG, ModelFolder, folder_name
from ..progress import Silence, Watcher, quiet_transformers
from ..registry import suggestion
from ..text.private import PATTERNS
from ..tokenization.opening import opening
from ..tokenization.speakers import speaker_token, speakers
from ..types import Sampling

_NGRAM = "which no other program runs; train one that has a base, for example with --recipe starter"
OPENING = " Begin each prompt with {opening}, as in training."


class Exported(Struct, frozen=True, kw_only=True):
    """A folder for another program."""

    folder: str
    target: str
    files: tuple[str, ...]  # their names, sorted
    checks: tuple[Check, ...]  # that it has passed
    warning: str  # what whoever has it has to know


def export(
    model: str | Path | ModelFolder,
    *,
    to: str,
    quant: str | None = None,
    speaker: str | None = None,
    out: Path | None = None,
    overwrite: bool = False,
    watcher: Watcher | None = None,
) -> Exported:
    """Write a model folder, or the one of that name below models/, for another program.

    What was written is read back and compared with the model: weights, tokens, predictions. The other program
    has no filter against copies of the person's posts.

    Args:
        model: where the model is.
        to: the name of an exporter: "gguf", "ollama" or "web".
        quant: format of the matrices: "f32", "f16", "q8_0" or "q4_0"; None: what is usual for the target.
        speaker: handle of the author who speaks, where the model knows several.
        out: the folder to write; None: exports/ and the names of model and target.
        overwrite: whether an existing folder is replaced.
        watcher: told of each stage, and of progress.

    Raises:
        ModelError: it is not a model that the target can run, or what was written does not do what it should.
        OutputExists: there is a folder already.
        UserError: a setting is none of those that there are. Whatever is raised, no folder was written.
    """
    exporter = exporters.load(to)
    quant = quant or exporter.DEFAULT_QUANT
    if quant not in QUANTS:
        raise UserError(f"--quant {quant}: expected one of {', '.join(QUANTS)}{suggestion(quant, QUANTS)}")
    folder = ModelFolder.find_whole(model, _NGRAM)
    target = _target(folder, out or EXPORTS / folder_name(f"{folder.name} {to}"), overwrite=overwrite)
    request = _request(folder, quant, speaker, watcher or Silence())
    with whole_folder(target, replace=overwrite) as path:
        checks = tuple(exporter.export(request, path))
        written = [file for file in path.rglob("*") if file.is_file()]
        for file in written:
            readable(file)
        files = tuple(sorted(file.relative_to(path).as_posix() for file in written))
    advice = OPENING.format(opening=json.dumps(request.opening)) if request.opening else ""
    known = {"{folder}": shlex.quote(target.as_posix()), "{opening}": advice}
    warning = re.sub("|".join(map(re.escape, known)), lambda found: known[found[0]], exporter.WARNING)
    return Exported(folder=str(target), target=to, files=files, checks=checks, warning=warning)


def _target(folder: ModelFolder, path: Path, *, overwrite: bool) -> Path:
    """Where the export goes.

    Raises:
        OutputExists: something is there already.
        UserError: the model itself would be replaced.
    """
    if folder.path.resolve().is_relative_to(path.resolve()):
        raise UserError(f"--out {path} holds the model itself; choose another folder")
    return ModelFolder.target(path.name, path, overwrite=overwrite).path


def _request(folder: ModelFolder, quant: str, speaker: str | None, watcher: Watcher) -> ExportRequest:
    watcher.stage("load", str(folder))
    tokenizer = _tokenizer(folder)
    begin, handle = _begin(tokenizer, speaker)
    return ExportRequest(
        record=folder.record,
        folder=folder.path,
        tokenizer=tokenizer,
        sampling=_sampling(folder),
        begin=begin,
        opening=tokenizer.decode(opening(tokenizer)),
        begin_suppress_tokens=partial(_begin_suppress_tokens, folder, begin),
        quant=quant,
        speaker=handle,
        filters=partial(_filters, folder),
        watcher=watcher,
        avatars=folder.avatars(),
    )


def _tokenizer(folder: ModelFolder) -> Any:
    """The tokenizer, if possible without transformers, whose import takes longer than an export."""
    from ..generation.folder_tokenizer import FolderTokenizer  # noqa: PLC0415 -- as in `_begin_suppress_tokens`

    try:
        return FolderTokenizer(folder.path)
    except BaseException as error:
        if not (isinstance(error, Exception) or is_panic(error)):
            raise
    from ..bases.pretrained import load_tokenizer  # noqa: PLC0415

    try:
        with quiet_transformers():
            return load_tokenizer(folder.path, local_files_only=True)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(
            f"the model in {folder} cannot be loaded ({first_line(error)}); train it again"
        ) from error


def _sampling(folder: ModelFolder) -> Sampling:
    try:
        return as_sampling(msgspec.json.decode((folder.path / GENERATION_CONFIG).read_bytes(), type=dict))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"the model in {folder} cannot be loaded ({GENERATION_CONFIG}: {error}); train it again"
        ) from error


def _begin_suppress_tokens(folder: ModelFolder, begin: int) -> list[int]:
    import torch  # noqa: PLC0415 -- slow to import, and most exports do not need it

    from ..generation.folder_generator import FolderGenerator  # noqa: PLC0415
    from ..generation.transformers_generator import TransformersGenerator  # noqa: PLC0415

    generator = FolderGenerator.open(folder.path, torch.float32) or TransformersGenerator.load(folder.path)
    return generator.begin_suppress_tokens(begin)


def _filters(folder: ModelFolder) -> PublishedFilters:
    """What the folder publishes for filters; nothing where it has none, or an exact index of the posts."""
    from ..generation import filters  # noqa: PLC0415 -- with numpy, which refusals do not need

    if not (folder.path / COPY_INDEX).is_file():
        return PublishedFilters()
    pairs = filters.published(folder.path)
    if any(index.exact for index, _ in pairs):  # of an earlier version
        return PublishedFilters()
    return PublishedFilters(
        copies=tuple(
            PublishedCopies(run=i.run, bits=i.bits, salt=i.salt, runs=i.runs.astype("<u8").tobytes())
            for i, _ in pairs
        ),
        handles=tuple(
            PublishedHandles(salt=h.salt, bits=h.bits, hashes=tuple(sorted(h.hashes))) for _, h in pairs
        ),
        patterns={**PATTERNS, "handle": filters.HANDLE.pattern, "digit": r"\d"},
    )


def _begin(tokenizer: Any, speaker: str | None) -> tuple[int, str]:
    """The token that each post begins with, and the handle that it stands for, "" in a model of one voice.

    Raises:
        UserError: the model knows several authors, and none of them was named.
    """
    known = speakers(tokenizer)
    if speaker:
        token = speaker_token(known, speaker)
        return token, next(handle for handle, number in known.items() if number == token)
    if known:
        raise UserError(
            f"this model knows {len(known)} people, and the export speaks as one: give --as with one of "
            f"{', '.join(sorted(known))}"
        )
    return tokenizer.bos_token_id, ""
