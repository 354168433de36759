"""Files and folders about a person: models, datasets, caches, and the local files of Weights & Biases."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ...files import sha256
from ...files.home_folder import DATASETS, FETCHED, READING, UNFINISHED, home
from ...generation.copy_index import people_of
from ...generation.filters import all_exact_indexes, exact_indexes
from ...hub import ledger
from ...model_folder import EXPORTS, MODELS, folder_name
from ...types import Author, Stage
from .._same_person import groups
from ..sweep.config import DATABASE as SWEEPS_DATABASE
from .page_files import page_files
from .subject import Subject, all_models, file_matches
from .trace import Trace, files_below, path_trace

KINDS = {  # folder below home() -> kind of each of its entries, which is deleted as a whole
    UNFINISHED: "unfinished run",
    DATASETS: "dataset",
    "runs": "run of the web page",
    "models": "model",
    "uploads": "uploaded file",
}
EARLIER_STAGES = ("download", "dress")  # names of stages in records of versions before 1.0
WANDB_COPIED = (".parquet", ".safetensors", ".json", ".html", ".md", ".png")  # files that W&B's caches copy
UNKNOWN_INDEX = "left by a model that is gone, of whatever posts"
MAX_CELL_LENGTH = 200  # bytes of the beginning of a table's cell that are searched for
MIN_CELL_LENGTH = 30  # a shorter cell could stand in other people's tables as well
PROTOBUF_ONE_BYTE = 128  # a shorter string has its length in one byte before it


def models(subject: Subject) -> list[Trace]:
    """The person's models, alone or with others, and the temporary folders of trainings of version 1.0.

    Of one that a link leads to, the folder comes before the link, by which an interrupted deletion finds it.
    """
    traces = [
        path_trace("model", path, _other_authors(subject, model.record.authors))
        for model in subject.models
        for path in ([model.path.resolve()] if model.path.is_symlink() else []) + [model.path]
    ]
    names = {model.path.name for model in subject.models} | {*map(folder_name, subject.spellings)}
    temporary = re.compile(rf"\.(?:{'|'.join(map(re.escape, names))})-(?:old-)?\w{{8}}", re.IGNORECASE)
    parents = {MODELS, *(model.path.parent for model in subject.models)}
    for parent in sorted(parents):
        traces += [
            path_trace("half-made model", path) for path in _entries(parent) if temporary.fullmatch(path.name)
        ]
    return traces


def indexes(subject: Subject, model_folders: Sequence[Path]) -> list[Trace]:
    """The exact indexes of copies of the person's posts, also where their model is gone.

    Args:
        subject: the person.
        model_folders: folders with models. An index that one of somebody else's needs, too, stays: that of a
            parent of a merged model. One that does not say whose it is, and that no model there needs, may be
            of anybody.
    """
    own = {path for model in subject.models for path in exact_indexes(model.path)}
    of_person = {model.path.resolve() for model in subject.models}
    others = [model for model in all_models(model_folders) if model.path.resolve() not in of_person]
    of_others = {path for model in others for path in exact_indexes(model.path)}
    traces = []
    for path in all_exact_indexes():
        people = people_of(path)
        if subject.is_in_model_name(people) or (path in own and path not in of_others):
            traces.append(path_trace("index of copies", path))
        elif not people and path not in of_others:
            traces.append(path_trace("index of copies", path, UNKNOWN_INDEX))
    return traces


def exports(subject: Subject, elsewhere: Sequence[Path]) -> list[Trace]:
    """What models of the person were written as for other programs; the files name the digests.

    Args:
        subject: the person.
        elsewhere: folders that may hold other things, too: of these only what is known as an export goes.
    """
    pattern = subject.pattern()
    entries = [
        entry
        for entry in _entries(EXPORTS)
        if any(file_matches(path, pattern) for path in ([entry] if entry.is_file() else _files(entry)))
    ]
    for folder in elsewhere:
        for path in sorted(folder.rglob("*.gguf")):
            entries += _export(path) if file_matches(path, pattern) else []
    return [path_trace("export", entry) for entry in entries]


def _export(file: Path) -> list[Path]:
    """What was exported with a GGUF file: its folder where that holds nothing else, or else the files."""
    from ...exporters import ollama, web  # noqa: PLC0415 -- heavy, and needed where there is an export

    beside = [file.parent / name for name in (ollama.MODELFILE, web.BOT)]  # which name their GGUF file
    own = [path for path in beside if path.is_file() and file.name in path.read_text("utf-8", "replace")]
    if file.parent / web.BOT in own:
        about_person = (web.AVATAR, web.COPIES.format("*"))
        own += [path for name in about_person for path in sorted(file.parent.glob(name))]
    page = {web.VENDORED, *(path.name for path in web.PAGE.iterdir())}
    others = {path.name for path in file.parent.iterdir()} - page - {path.name for path in (file, *own)}
    return [file.parent] if own and not others else [file, *own]


def datasets(subject: Subject) -> list[Trace]:
    """The datasets with posts of the person."""
    return [
        path_trace("dataset", path, _other_authors(subject, authors))
        for path, authors in subject.datasets.items()
    ]


def handles(subject: Subject) -> list[Trace]:
    """The files that say which places are the person's."""
    own = [path for path, group in groups().items() if any(map(subject.has_handle, group))]
    return [path_trace("handles of one person", path) for path in own]


def caches(subject: Subject, known: Iterable[Path]) -> list[Trace]:
    """Everything else below `home()` that contains the person's handle or digests, or has such a digest.

    What the web page keeps of the person is last: its runs lead to uploads.

    Args:
        subject: the person.
        known: files and folders that have their traces already; nothing in them is returned again.
    """
    of_page = page_files(subject)
    covered = {path.resolve() for path in known}
    covered |= {(home() / name).resolve() for name in (ledger.FOLDER, SWEEPS_DATABASE)}
    pattern, feed_pattern = subject.pattern(), subject.pattern(*subject.feed_urls)
    spellings = "|".join(map(re.escape, subject.spellings))
    fetched_name = re.compile(rf"\w+-(?:{spellings})(?:@[^@]+)?-[0-9a-f]{{16}}\.sqlite", re.IGNORECASE)
    kinds: dict[Path, str] = {}  # by the path that is deleted
    for path in files_below(home()):
        unit, kind = _unit(path)
        if {path.resolve(), *path.resolve().parents} & covered or unit in {*kinds, *of_page}:
            continue
        is_fetched = path.parent.name == FETCHED
        if (
            any(map(subject.is_in_file_name, path.relative_to(home()).parts))
            or (is_fetched and fetched_name.match(path.name))
            or file_matches(path, feed_pattern if is_fetched and path.suffix == ".msgpack" else pattern)
            or (kind in {"uploaded file", "cache"} and sha256(path) in subject.digests)
        ):
            kinds[unit] = "fetched posts" if is_fetched else kind
            if is_fetched and (turns := path.parent / READING / path.stem[-16:]).is_dir():
                kinds[turns] = "fetched posts"
    return [path_trace(kind, path) for path, kind in (kinds | of_page).items()]


def wandb_runs(subject: Subject, model_folders: Sequence[Path] = ()) -> list[Trace]:
    """W&B's local runs, and copies of runs, models and datasets in W&B's caches.

    The copies come first, since they are recognised by the content of the runs.

    Args:
        subject: the person.
        model_folders: folders with models; runs are looked for in these, and in those around them, too.
    """
    pattern = _either([subject.pattern().pattern, *_run_names(subject)])
    runs = [
        entry
        for folder in _wandb_folders(subject, model_folders)
        for entry in _entries(folder)
        if entry.is_dir()
        and not entry.is_symlink()
        and any(file_matches(path, pattern) for path in _files(entry))
    ]
    folders = [*(model.path for model in subject.models), *subject.datasets, *runs]
    digests = {sha256(path) for folder in folders for path in _files(folder) if path.suffix in WANDB_COPIED}
    copy_pattern = _either([pattern.pattern, *_table_cells(runs)])
    copies = [
        path
        for cache in _wandb_caches()
        for path in _files(cache)
        if sha256(path) in digests or file_matches(path, copy_pattern)
    ]
    return [
        *(path_trace("W&B copy", path) for path in copies),
        *(path_trace("W&B run", path) for path in runs),
    ]


def _wandb_folders(subject: Subject, model_folders: Sequence[Path]) -> list[Path]:
    """Where W&B may have written runs: in WANDB_DIR, or in the folder that a model was trained from."""
    of_models = [*model_folders, *(model.path.parent for model in subject.models)]
    around = [folder for one in of_models for folder in (one.absolute(), one.absolute().parent)]
    places = [Path(os.environ.get("WANDB_DIR", ".")), *around]
    return list(dict.fromkeys((place / "wandb").resolve() for place in places))


def _either(patterns: Iterable[bytes]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(patterns), re.IGNORECASE)


def _run_names(subject: Subject) -> list[bytes]:
    """Patterns of the names of the person's runs in W&B's log: protobuf strings, each after its length."""
    groups = {*subject.spellings, *(model.record.name for model in subject.models)}
    names = [f"{stage} {group}".encode() for stage in (*Stage, *EARLIER_STAGES) for group in groups]
    return [re.escape(bytes([len(name)]) + name) for name in names if len(name) < PROTOBUF_ONE_BYTE]


def _table_cells(runs: Iterable[Path]) -> list[bytes]:
    """Patterns of the first row of each table of runs.

    W&B's copy of a table is another JSON file, so it has another digest, and the same cells.
    """
    cells = []
    for run in runs:
        for path in (run / "files" / "media" / "table").rglob("*.json"):
            try:
                rows = json.loads(path.read_bytes())["data"]
                cells += [json.dumps(cell)[1:MAX_CELL_LENGTH].encode() for row in rows[:1] for cell in row]
            except (OSError, ValueError, LookupError, TypeError):
                continue
    return [re.escape(cell) for cell in cells if len(cell) > MIN_CELL_LENGTH]


def _wandb_caches() -> list[Path]:
    """Where W&B keeps copies: the folders of its own variables, or else those of users on any system."""
    user, environment = Path.home(), os.environ
    local = Path(environment.get("LOCALAPPDATA") or user / "AppData" / "Local")
    places = {
        "WANDB_CACHE_DIR": (
            Path(environment.get("XDG_CACHE_HOME") or user / ".cache") / "wandb",
            user / ".cache" / "wandb",
            user / "Library" / "Caches" / "wandb",
            local / "wandb" / "wandb" / "Cache",
        ),
        "WANDB_DATA_DIR": (
            Path(environment.get("XDG_DATA_HOME") or user / ".local" / "share") / "wandb",
            user / ".local" / "share" / "wandb",
            user / "Library" / "Application Support" / "wandb",
            local / "wandb" / "wandb",
        ),
    }
    folders: list[Path] = []
    for variable, of_users in places.items():
        named = environment.get(variable)
        folders += [Path(named)] if named else of_users
    return [folder / "artifacts" for folder in dict.fromkeys(folders)]


def _unit(path: Path) -> tuple[Path, str]:
    """The path that is deleted as a whole because of a file below `home()`, and its kind."""
    parts = path.relative_to(home()).parts
    for depth, folder in enumerate(parts[:-1], start=1):
        if folder in KINDS:
            return home().joinpath(*parts[: depth + 1]), KINDS[folder]
    return path, "cache"


def _other_authors(subject: Subject, authors: Sequence[Author]) -> str:
    """A remark that names the other people whose posts something holds; "" if there are none."""
    others = [author.account.handle for author in authors if not subject.is_among([author])]
    return f"holds {', '.join(f'@{handle}' for handle in others)}, too" if others else ""


def _entries(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.iterdir())) if folder.is_dir() else iter(())


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
