"""Any causal language model of the Hugging Face Hub: org/name, or org/name@revision.

The client of the Hub is loaded where it is needed: what only looks at posts knows bases by name, and the
client takes longer to load than a usual archive to read.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http import HTTPStatus
from pathlib import Path

from ..errors import BaseError, first_line
from ..model_folder import CONFIG, WHOLE_WEIGHTS
from ..registry import suggestion
from ._files import BaseFiles, Progress, names, weight_files

FILES, WEIGHTS = ["*.json", "*.txt", "*.model", "*.jinja"], ["*.safetensors"]
NOT_READ = ["*/*", "consolidated*"]  # other formats in folders; Mistral's weights a second time
HUB_SECONDS = 10.0  # to wait for the Hub's word that it is there
OF_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EIO)  # not of the Hub
_ANSWERS: ContextVar[dict[tuple[str, str | None], str] | None] = ContextVar(
    "why the Hub cannot be asked for each model and revision", default=None
)


def recognises(_: str) -> bool:
    """Every name can be one of the Hub's."""
    return True


def locate(name: str, _: Progress) -> BaseFiles:
    """The id and the revision. While the Hub is away only what was fetched before, whole, can be used.

    Raises:
        BaseError: the Hub has no such model, or it is away and did not give it before.
    """
    files = on_hub(name)
    if files.offline and not is_cached(files.place, files.revision):
        raise BaseError(
            f"base {name}: no folder or file is there, it was never fetched whole from the Hugging Face Hub, "
            f"and that cannot be asked ({files.hub_error}); without it use what ships with the package: "
            f"--recipe starter{suggestion(name, names())}"
        )
    return files


def is_here(name: str) -> bool:
    """Whether it was fetched before, whole."""
    return is_cached(*id_and_revision(name))


def id_and_revision(name: str) -> tuple[str, str | None]:
    """What a name says: org/name, or org/name@revision."""
    hub_id, _separator, revision = name.partition("@")
    return hub_id, revision or None


def on_hub(name: str) -> BaseFiles:
    """The id and the revision of a model, and whether the Hub can be asked for it.

    Raises:
        BaseError: the Hub answers, and has no such model.
    """
    asked, answers = id_and_revision(name), _ANSWERS.get()
    if answers is None or asked not in answers:
        answers = {} if answers is None else answers
        answers[asked] = ask(*asked)
    error = answers[asked]
    hub_id, revision = asked
    return BaseFiles(name, hub_id, revision=revision, offline=bool(error), hub_error=error)


@contextmanager
def cached_hub_answers() -> Iterator[None]:
    """Ask the Hub for each model only once in the block; behind some firewalls each answer takes seconds."""
    if _ANSWERS.get() is not None:  # in another such block
        yield
        return
    token = _ANSWERS.set({})
    try:
        yield
    finally:
        _ANSWERS.reset(token)


def ask(hub_id: str, revision: str | None) -> str:
    """Ask the Hub for a model once, briefly; loading itself would ask again and again, for minutes.

    Returns:
        Why it does not say, in a line; "" where it has the model.

    Raises:
        BaseError: it has no such model, or can have none of this id, or its licence was not accepted.
    """
    from huggingface_hub import HfApi  # noqa: PLC0415 -- see above
    from huggingface_hub.errors import (  # type: ignore[attr-defined] # noqa: PLC0415 -- re-exported untyped
        GatedRepoError,
        HFValidationError,
        HTTPError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        HfApi().model_info(hub_id, revision=revision, timeout=HUB_SECONDS)
    except HFValidationError as error:
        raise BaseError(
            f"base {hub_id}: no folder or file is there, and no model of the Hugging Face Hub can be called "
            "so; huggingtweets bases lists some, and --recipe starter needs none"
        ) from error
    except GatedRepoError as error:
        raise _not_accepted(hub_id) from error
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise BaseError(
            f"base {hub_id}{f'@{revision}' if revision else ''}: no folder or file is there, and the Hugging "
            "Face Hub shows no such model; huggingtweets bases lists some, hf auth login opens private ones, "
            f"and --recipe starter needs none{suggestion(hub_id, names())}"
        ) from error
    except (OSError, HTTPError) as error:
        if getattr(getattr(error, "response", None), "status_code", 0) == HTTPStatus.UNAUTHORIZED:
            return "it refuses this machine's token: hf auth login, or unset HF_TOKEN"
        return first_line(error)
    except (ImportError, ValueError) as error:  # a proxy in the environment of a kind that is not known
        return first_line(error)
    return ""


def fetch(hub_id: str, revision: str | None, *, weights: bool = True) -> None:
    """Fetch what a base needs into the Hub's own cache, with its own bar; it goes on where it was cut off.

    Args:
        hub_id: the model.
        revision: branch, tag or commit; None: the main branch.
        weights: whether its weights are fetched, too.

    Raises:
        BaseError: its licence was not accepted, or the connection fails.
    """
    from huggingface_hub import snapshot_download  # noqa: PLC0415 -- see above
    from huggingface_hub.errors import (  # type: ignore[attr-defined] # noqa: PLC0415 -- re-exported untyped
        GatedRepoError,
        HTTPError,
    )

    wanted = [*FILES, *WEIGHTS] if weights else FILES
    try:
        snapshot_download(hub_id, revision=revision, allow_patterns=wanted, ignore_patterns=NOT_READ)
    except GatedRepoError as error:
        raise _not_accepted(hub_id) from error
    except (HTTPError, OSError) as error:
        if isinstance(error, OSError) and error.errno in OF_DISK:
            raise
        raise BaseError(
            f"base {hub_id}: the Hugging Face Hub did not give it ({first_line(error)}); the same command "
            "goes on with what was fetched"
        ) from error


def _not_accepted(hub_id: str) -> BaseError:
    return BaseError(
        f"base {hub_id}: its licence has to be accepted first, on its page of the Hugging Face Hub; then "
        "hf auth login, and the same command again"
    )


def is_cached(hub_id: str, revision: str | None = None) -> bool:
    """Whether the model was fetched from the Hub before, whole: a fetch that was cut off has the config."""
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 -- see above
    from huggingface_hub.errors import HFValidationError  # noqa: PLC0415

    try:
        index = try_to_load_from_cache(hub_id, f"{WHOLE_WEIGHTS}.index.json", revision=revision)
    except HFValidationError:  # it cannot be a model's id, as that of a folder that is not there
        return False
    weights = {WHOLE_WEIGHTS}
    if isinstance(index, str):
        weights = weight_files(Path(index))
    files = (try_to_load_from_cache(hub_id, file, revision=revision) for file in (CONFIG, *weights))
    return all(isinstance(file, str) for file in files)


def cached_commit(hub_id: str, revision: str | None) -> str:
    """The commit of what was loaded; the cache has a folder for each."""
    from huggingface_hub import try_to_load_from_cache  # noqa: PLC0415 -- see above

    path = try_to_load_from_cache(hub_id, CONFIG, revision=revision)
    return Path(path).parent.name if isinstance(path, str) else ""
