"""The model folder: which files it holds, and how they are read and written. Nothing else names one of them.

| file | what |
|---|---|
| `run.json` | the record: all that is known of the model |
| `README.md`, `*.png` | the card and its pictures |
| `report.json`, `report.html` | the evaluation, for machines and for people |
| `model.safetensors`, or `adapter_model.safetensors`, or `ngram.safetensors` | the weights |
| `config.json`, `tokenizer.json`, `generation_config.json` and others | what transformers needs, too |
| `copies.safetensors`, `handles.json` | what the text filters need, as hashes |
| `style.safetensors` | what scores how much a post sounds like the person |
| `statistics.json` | how many posts came in, and what became of them |
| `dataset/` | the posts, only where somebody asked for them |
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec

from .errors import ModelError, OutputExists
from .files import require_replaceable, sha256, whole_file
from .registry import suggestion
from .text import NAME
from .types import NO_BASE, PROMPT, Base, CurvePoint, Record

EXPORTS = Path("exports")  # where models are written for other programs, below the current folder
MODELS = Path("models")  # where model folders are made and looked for, below the current folder
MOST_NAME = 120  # bytes of a folder's name; disks allow 255, and what is made beside it has a longer one
MOST_NAMED = 5  # models that a message names
DEPTH = 3  # folders below the one asked, in which models are looked for

RECORD = "run.json"
CARD = "README.md"
EVALUATION = "report.json"
REPORT_PAGE = "report.html"
STATISTICS = "statistics.json"
DATASET = "dataset"
COPY_INDEX = "copies.safetensors"
HANDLES = "handles.json"
STYLE = "style.safetensors"
PRETRAINED = "pretrained.json"  # of a base of our own
FLEET = "fleet.json"  # in the store of a fleet
SAMPLING = "sampling.json"  # of an n-gram model; others have it in generation_config.json
CONFIG = "config.json"
ADAPTER_CONFIG = "adapter_config.json"
TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
MORE_TOKENS = ("added_tokens.json", "special_tokens_map.json")  # in which transformers finds some, too
TOKENIZER_PROBE = "My dream is, é 🙂 @name 7"  # a tokenizer that can read this can read posts
GENERATION_CONFIG = "generation_config.json"
WHOLE_WEIGHTS = "model.safetensors"  # as transformers names them
ADAPTER_WEIGHTS = "adapter_model.safetensors"  # as peft does
NGRAM_WEIGHTS = "ngram.safetensors"
SHARED_BY_PARENTS = (CONFIG, GENERATION_CONFIG, TOKENIZER, TOKENIZER_CONFIG)  # the same in each
PREDICTIONS = "predictions.png"  # the picture to be shared
PIPELINE_PICTURE = "pipeline.png"
FUNNEL_PICTURE = "funnel.png"
CURVES_PICTURE = "curves.png"
PUBLISHED = (  # all that a model folder is made of; what else lies there is somebody's own
    *(RECORD, EVALUATION, STATISTICS, STYLE, PRETRAINED, SAMPLING),
    *(COPY_INDEX, "copies-[0-9]*.safetensors", HANDLES, "handles-[0-9]*.json"),
    *(CONFIG, ADAPTER_CONFIG, GENERATION_CONFIG, TOKENIZER, TOKENIZER_CONFIG),
    *(WHOLE_WEIGHTS, ADAPTER_WEIGHTS, NGRAM_WEIGHTS),
    *("model-[0-9]*-of-[0-9]*.safetensors", "model.safetensors.index.json", "chat_template.jinja"),
    *(*MORE_TOKENS, "vocab.json", "vocab.txt", "merges.txt", "tokenizer.model"),
    *(PREDICTIONS, PIPELINE_PICTURE, FUNNEL_PICTURE, CURVES_PICTURE, "avatar-[0-9]*.png"),
)

INTACT, CHANGED, MISSING = "intact", "changed", "missing"


@dataclass(frozen=True)
class FinetunedModel:
    """What training has written into a folder: the weights, in the form that transformers loads."""

    folder: Path
    base: Base
    step: int  # of the best evaluation, whose weights these are
    curve: tuple[CurvePoint, ...]
    digest: str  # sha256 of the file of the weights
    stopped: str = ""  # why training stopped early, "" where it did not
    is_merged: bool = False  # whether LoRA was merged into the base, asked for or not


def encode_record(record: Record) -> bytes:
    """What run.json holds."""
    return msgspec.json.format(msgspec.json.encode(record)) + b"\n"


def avatar_picture(number: int) -> str:
    """The file of an author's picture; authors are counted from 1 in the order of the record."""
    return f"avatar-{number}.png"


@dataclass(frozen=True)
class ModelFolder:
    """A trained model on disk, whole or still being written."""

    path: Path

    @classmethod
    def find(cls, model: str | Path | ModelFolder) -> ModelFolder:
        """The folder meant by a path, or by a model's name below models/."""
        if isinstance(model, ModelFolder):
            return model
        path, named = Path(model), MODELS / folder_name(str(model))
        is_path = path.is_dir() or (len(path.parts) > 1 and not named.is_dir())
        return cls(path if is_path else named)

    @classmethod
    def find_whole(cls, model: str | Path | ModelFolder, of_ngram: str) -> ModelFolder:
        """The folder as `find` gives it, of a neural network with all its weights.

        Args:
            model: a model folder, or its name below models/.
            of_ngram: what the error says of an n-gram model: why it will not do, and what will.

        Raises:
            ModelError: there is none, or it holds an n-gram model, an adapter or no weights.
        """
        folder = cls.find(model)
        if folder.record.base.name == NO_BASE:
            raise ModelError(f"{folder} is an n-gram model, {of_ngram}")
        if folder.weights is None:
            raise ModelError(f"{folder} has no weights; copy the model again, or train it again")
        if not (folder.path / WHOLE_WEIGHTS).is_file():
            raise ModelError(
                f"{folder} holds an adapter and no whole model; train it again with --set merge_adapter=true"
            )
        return folder

    @property
    def name(self) -> str:
        """The name of the folder, or of the link to it, which a person types."""
        return (self.path.resolve() if self.path.name == ".." else self.path.absolute()).name

    @classmethod
    def target(
        cls, name: str, out: Path | None, *, overwrite: bool, inputs: Iterable[str | Path] = ()
    ) -> ModelFolder:
        """Where a model goes: `out`, or models/ and its name. Asked before any work is done.

        Args:
            name: of the model.
            out: the folder, if one was given.
            overwrite: whether an existing folder is replaced.
            inputs: files and folders that the model is made of; other places do not count.

        Raises:
            OutputExists: something is there already, or what may not be replaced.
        """
        path = out or MODELS / folder_name(name)
        if os.path.lexists(path) and not overwrite:  # a link that leads nowhere is somebody's, too
            raise OutputExists(
                f"{path} exists already; choose another with --out, or replace it with --overwrite"
            )
        require_replaceable(path, inputs)
        return cls(path)

    @cached_property
    def record(self) -> Record:
        """What run.json says.

        Raises:
            ModelError: there is none, or it is damaged.
        """
        try:
            return msgspec.json.decode((self.path / RECORD).read_bytes(), type=Record)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise no_model(self.path) from error
        except (OSError, ValueError) as error:
            raise ModelError(
                f"{self.path} holds no model of huggingtweets ({error}); expected a folder with {RECORD}"
            ) from error

    def save_record(self, record: Record) -> None:
        """Write run.json."""
        whole_file(self.path / RECORD, encode_record(record))
        self.__dict__["record"] = record

    @property
    def card(self) -> Path:
        """The file of the card."""
        return self.path / CARD

    @property
    def evaluation(self) -> Path:
        """The file of the evaluation, for machines."""
        return self.path / EVALUATION

    @property
    def report_page(self) -> Path:
        """The file of the report, for people."""
        return self.path / REPORT_PAGE

    @property
    def dataset(self) -> Path:
        """The folder of the posts, which most models do not hold."""
        return self.path / DATASET

    @property
    def weights(self) -> Path | None:
        """The file of the weights; None where it is missing."""
        names = (WHOLE_WEIGHTS, ADAPTER_WEIGHTS, NGRAM_WEIGHTS)
        return next((file for file in map(self.path.joinpath, names) if file.is_file()), None)

    @property
    def weights_state(self) -> str:
        """Whether the file of the weights is the recorded one: `INTACT`, `CHANGED` or `MISSING`."""
        if self.weights is None:
            return MISSING
        return INTACT if sha256(self.weights) == self.record.model_digest else CHANGED

    def require_writable(self) -> None:
        """Refuse a folder that nothing can be written into, before the work whose result goes there.

        Raises:
            OutputExists: nothing can.
        """
        if not os.access(self.path, os.W_OK):
            raise OutputExists(f"nothing can be written in {self}; copy the model to where you may write")

    def pictures(self) -> list[Path]:
        """The files of all pictures, sorted."""
        return sorted(self.path.glob("*.png"))

    def avatars(self) -> dict[str, bytes]:
        """The authors' pictures as the folder has them, by handle."""
        files = {
            author.account.handle: self.path / avatar_picture(number)
            for number, author in enumerate(self.record.authors, start=1)
        }
        return {handle: file.read_bytes() for handle, file in files.items() if file.is_file()}

    def write(self, files: dict[str, bytes]) -> None:
        """Write files by their names."""
        for name, content in files.items():
            whole_file(self.path / name, content)

    def __str__(self) -> str:
        return str(self.path)

    @property
    def argument(self) -> str:
        """The folder as an argument of a command that can be copied into a shell."""
        return shlex.quote(self.path.as_posix())  # which Windows takes, too, and no shell changes


def prompt_of(record: Record) -> str:
    """The beginning of a model's first samples, in the language of its posts."""
    return next((sample.prompt for sample in record.result.samples), PROMPT)


def folder_name(name: str) -> str:
    """A model's name as a folder's name: nothing in it can climb, hide, be too long or surprise a shell."""
    plain = re.sub(rf"[^{NAME}.+-]+", "_", name.replace(" + ", "+")).strip("._") or "model"
    encoded = plain.encode()
    if len(encoded) <= MOST_NAME:
        return plain
    return f"{encoded[:MOST_NAME].decode(errors='ignore')}-{hashlib.sha256(encoded).hexdigest()[:8]}"


def find_models(below: Path = MODELS) -> list[ModelFolder]:
    """Every model below a folder, newest first; damaged ones are passed over."""
    models = [model for path in folders_with(RECORD, below) if has_record(model := ModelFolder(path))]
    return sorted(models, key=lambda model: model.record.created_at, reverse=True)


def folders_with(file: str, below: Path) -> list[Path]:
    """The folders that hold a file of this name, at most `DEPTH` below the one given."""
    return [
        path.parent for depth in range(DEPTH + 1) for path in below.glob("/".join([*["[!.]*"] * depth, file]))
    ]


def no_model(path: Path) -> ModelError:
    """The error where a folder holds no model; it names the one beside it that was meant, or some."""
    beside = sorted(file.parent.name for file in path.parent.glob(f"*/{RECORD}"))
    others = f"; {path.parent} has {', '.join(beside[:MOST_NAMED])}" if beside else ""
    return ModelError(
        f"{path} holds no model; expected a folder made by huggingtweets train"
        f"{suggestion(path.name, beside) or others}"
    )


def has_record(model: ModelFolder) -> bool:
    """Whether a folder's record can be read."""
    try:
        return bool(model.record)
    except ModelError:
        return False
