"""A folder for any web server: a page on which the bot runs in the visitor's browser, with its filters.

llama.cpp, compiled to WebAssembly by wllama, samples from a GGUF file. Nothing is loaded from elsewhere.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from ..errors import ModelError
from ..model_folder import prompt_of
from ..text.counting import counted
from ..text.repetition import MOST, ROW, RUN
from ..tokenization.special_tokens import suppressed_tokens
from . import _characters, gguf
from ._config import read_config
from ._contract import Check, ExportRequest, PublishedFilters
from ._gguf_file import description, file_name, sampling_parameters

SUMMARY = "a web page on which the bot runs in the visitor's browser"
DEFAULT_QUANT = "q8_0"  # half as much to load as with f16
WARNING = (
    "The page filters copies by what the model folder publishes; whoever takes the GGUF file out of it can "
    "sample without. Put the folder on a web server; to look at it here: python -m http.server -d {folder}"
)

PAGE = Path(__file__).parent / "page"
WLLAMA = Path(__file__).parent.parent / "data" / "wllama" / "wllama.zip"
VENDORED = WLLAMA.stem  # folder of the page that it is unpacked into
BOT, AVATAR, COPIES = "bot.json", "avatar.png", "copies-{}.bin"  # what differs from model to model
LONGEST = 1024  # positions of the context that the page reserves
CHARACTERS = r"root ::= [\u0000-\U0010FFFF]*"  # as a grammar of llama.cpp: no bytes that make none
NEVER = -1000.0  # added to the logits of tokens that are never sampled


def export(request: ExportRequest, folder: Path) -> Sequence[Check]:
    """Write the page, and check its model; see `Exporter`."""
    filters = request.filters()
    if not filters.copies:
        raise ModelError(
            "this model has no published copy index, without which no page is written; train it again"
        )
    checks = gguf.export(request, folder)
    for file in PAGE.iterdir():
        shutil.copyfile(file, folder / file.name)  # without the permissions of where this is installed
    with zipfile.ZipFile(WLLAMA) as archive:
        archive.extractall(folder / VENDORED)
    for number, copies in enumerate(filters.copies):
        (folder / _copies_file(number)).write_bytes(copies.runs)
    avatar = _avatar(request)
    if avatar:
        (folder / AVATAR).write_bytes(avatar)
    (folder / BOT).write_bytes(msgspec.json.encode(_bot(request, filters, folder, has_avatar=bool(avatar))))
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    return *checks, Check(what="size of the page", result=f"{size / 1e6:.1f} MB")


def _bot(
    request: ExportRequest, filters: PublishedFilters, folder: Path, *, has_avatar: bool
) -> dict[str, Any]:
    """What the page has to know."""
    record, model = request.record, folder / file_name(request)
    posts = _posts(request)
    return {
        "name": request.name,
        "description": description(request),
        "language": _language(request),
        "opening": request.opening,
        "prompt": prompt_of(record),
        "caption": f"Written by a language model that learnt from {posts}. Picked by a person.",
        "facts": f"A language model that learnt from {posts}, from the base {record.base.name}.",
        "avatar": AVATAR if has_avatar else "",
        "model": model.name,
        "bytes": model.stat().st_size,
        "context": min(LONGEST, read_config(request.folder).max_position_embeddings),
        "request": _completion(request),
        "begin_suppress_tokens": _logit_bias(request.begin_suppress_tokens()),
        "filters": _filters(filters),
    }


def _avatar(request: ExportRequest) -> bytes:
    """The picture of the author who speaks; where nobody was named, the first that there is."""
    pictures = {handle.casefold(): picture for handle, picture in request.avatars.items()}
    if request.speaker:
        return pictures.get(request.speaker.casefold(), b"")
    return next(iter(pictures.values()), b"")


def _posts(request: ExportRequest) -> str:
    """What the model learnt from, with the number of posts of the author who speaks, or of all."""
    count = counted(sum(author.train for author in request.authors), "post")
    if not request.speaker:
        return count
    others = " and those of others" if len(request.record.authors) > 1 else ""
    return f"{count} of @{request.speaker}{others}"


def _language(request: ExportRequest) -> str:
    """The language of the posts, as BCP 47 has it; "" where it is not known, or not one."""
    languages = {author.language for author in request.authors}
    return languages.pop() if len(languages) == 1 else ""


def _completion(request: ExportRequest) -> dict[str, Any]:
    """How llama.cpp samples.

    Bytes that make no character would end wllama, which writes answers as JSON; `generate` leaves them out.
    """
    return {
        "max_tokens": request.sampling.max_new_tokens,
        **sampling_parameters(request),
        "samplers": ["penalties", "temperature", "top_p"],
        "grammar": CHARACTERS,
        "logit_bias": _logit_bias(
            suppressed_tokens(request.tokenizer, read_config(request.folder).vocab_size)
        ),
    }


def _logit_bias(tokens: Sequence[int]) -> dict[str, float]:
    """The biases that keep llama.cpp from sampling tokens."""
    return {str(token): NEVER for token in tokens}


def _filters(filters: PublishedFilters) -> dict[str, Any]:
    return {
        "copies": [
            {
                "run": copies.run,
                "bits": copies.bits,
                "salt": copies.salt.hex(),
                "file": _copies_file(number),
                "bytes": len(copies.runs),
            }
            for number, copies in enumerate(filters.copies)
        ],
        "handles": filters.handles,
        "repetition": {"run": RUN, "most": MOST, "row": ROW},
        "patterns": {
            "word": _characters.word_pattern(),
            **{name: _characters.for_javascript(pattern) for name, pattern in filters.patterns.items()},
        },
        "folds": _characters.case_folds(),
        "decimals": _characters.decimals(),
    }


def _copies_file(number: int) -> str:
    return COPIES.format(number + 1)
