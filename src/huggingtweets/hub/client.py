"""The Hugging Face Hub, through huggingface_hub.

Large files are stored there under their digest before one commit names them all. So an upload that broke off
goes on with what is missing, a reader never sees half of a model, and a second upload of the same changes
nothing.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import httpx2
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, get_token
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled
from huggingface_hub.utils import logging as hub_logging
from huggingface_hub.utils._validators import validate_repo_id
from huggingface_hub.utils.tqdm import (
    are_progress_bars_disabled,
    disable_progress_bars,
    enable_progress_bars,
)

from ..errors import MissingSecret, PublishError
from .repository import Repository, Sent

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo

T = TypeVar("T")

WAITS = (1.0, 2.0, 4.0, 8.0)  # seconds before another try
PASSING = {408, 425, 429, 500, 502, 503, 504}  # states of a service that may be over soon
_ELSEWHERE = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError, httpx2.ReadTimeout)
_LOCAL = {"localhost", "127.0.0.1", "::1"}
_TOKEN = re.compile(r"[!-~]+")  # what a header can carry
_MEANING = {
    401: "the Hub does not accept the token; make a new one at https://huggingface.co/settings/tokens",
    403: "the token may not write there; use one with write access, or another name with --to",
    404: "there is no such place, or the token may not see it; look at the name given with --to",
    409: "something else changes it at this moment; try again",
    413: "a file is larger than the Hub takes",
}


class Hub:
    """An account on the Hub."""

    def __init__(self, token: str | None = None, endpoint: str | None = None, *, bars: bool = False) -> None:
        """Use a token and an address, by default those of HF_TOKEN or `hf auth login`, and HF_ENDPOINT.

        Args:
            token: may write.
            endpoint: the Hub's address.
            bars: whether the library shows the progress of large files on standard error.

        Raises:
            MissingSecret: there is no token.
            PublishError: it cannot be one, or the address would show it to everybody on the way.
        """
        self._token = (token or get_token() or "").strip()
        if not self._token:
            raise MissingSecret(
                "publishing needs a token of the Hugging Face Hub that may write: make one at "
                "https://huggingface.co/settings/tokens and put it into HF_TOKEN, or run: hf auth login"
            )
        if not _TOKEN.fullmatch(self._token):  # named by a library's error otherwise, with the token in it
            raise PublishError("the token for the Hub has characters that no token has; copy it once more")
        self._api = HfApi(endpoint=endpoint, token=self._token)
        self.endpoint = self._api.endpoint.rstrip("/")
        parts = urlsplit(self.endpoint)
        if parts.scheme != "https" and parts.hostname not in _LOCAL:
            raise PublishError(f"{self.endpoint} is not encrypted, so the token is not sent; give https://")
        self._bars = bars

    def owner(self) -> str:
        """The name of whose token it is.

        Raises:
            PublishError: the Hub cannot be asked, or refuses.
        """
        with self._told("whose token it is"):
            return str(_patiently(self._api.whoami)["name"])

    def url(self, repo_id: str, kind: str = "model") -> str:
        """Where a repository is shown."""
        return f"{self.endpoint}/{'datasets/' if kind == 'dataset' else ''}{repo_id}"

    def send(self, repository: Repository) -> Sent:
        """Create the repository where it is missing, and upload what is new or changed in one commit.

        Raises:
            PublishError: the Hub cannot be reached, or refuses; or a repository that should be private is
                there already and public. What was uploaded by then need not be uploaded again.
        """
        with self._told(repository.id):
            return self._send(repository)

    def collect(self, title: str, repo_id: str, *, private: bool) -> str:
        """Add a model to the owner's collection of this title, made where it is missing; return its address.

        Raises:
            PublishError: the Hub cannot be reached, or refuses.
        """
        with self._told(f"the collection {title!r}"):
            owner = repo_id.partition("/")[0]
            collection = _patiently(
                lambda: self._api.create_collection(title, namespace=owner, private=private, exists_ok=True)
            )
            _patiently(
                lambda: self._api.add_collection_item(collection.slug, repo_id, "model", exists_ok=True)
            )
            return f"{self.endpoint}/collections/{collection.slug}"

    def _send(self, repository: Repository) -> Sent:
        api, name, kind = self._api, repository.id, repository.kind
        _patiently(lambda: api.create_repo(name, repo_type=kind, private=repository.private, exist_ok=True))
        before = _patiently(lambda: api.repo_info(name, repo_type=kind))
        if repository.private and not before.private:
            raise PublishError(
                f"{self.url(name, kind)} is there already and public; make it private there, or give another "
                "name with --to"
            )
        made = self._commit(repository)
        return Sent(url=self.url(name, kind), commit=made.oid, changed=made.oid != before.sha)

    def _commit(self, repository: Repository) -> CommitInfo:
        """Upload and commit.

        Each try asks anew what is there, so a commit whose answer was lost on its way is not made twice.
        """
        api, name, kind = self._api, repository.id, repository.kind

        def attempt() -> Callable[[], CommitInfo]:
            additions = [CommitOperationAdd(upload.path, upload.content) for upload in repository.uploads]
            there = _patiently(lambda: api.list_repo_files(name, repo_type=kind)) if repository.gone else []
            deletions = [CommitOperationDelete(path) for path in repository.gone if path in there]
            api.preupload_lfs_files(name, additions, repo_type=kind, free_memory=False)  # tries several times
            return lambda: api.create_commit(
                name,
                [*deletions, *additions],
                commit_message="Upload with huggingtweets",
                repo_type=kind,
            )

        for wait in WAITS:
            commit = attempt()
            try:
                return commit()
            except (HfHubHTTPError, *_ELSEWHERE) as error:
                if not _passes(error):
                    raise
                time.sleep(_asked(error, wait))
        return attempt()()

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """One clear error, without what it came from: below are requests, and those carry the token."""
        failure: PublishError | None = None
        try:
            with _quietly(bars=self._bars):
                yield
        except PublishError:
            raise
        except OfflineModeIsEnabled:
            failure = PublishError(f"{what}: HF_HUB_OFFLINE is set, so nothing is asked of the Hub; unset it")
        except (httpx2.HTTPError, ValueError, RuntimeError, OSError) as error:
            failure = PublishError(f"{what}: {self._meaning(error)}")
        if failure:
            raise failure

    def _meaning(self, error: BaseException) -> str:
        cause = error.__cause__ if type(error) is RuntimeError and error.__cause__ else error
        if isinstance(cause, HfHubHTTPError) and cause.response is not None:
            status = cause.response.status_code
            if status in PASSING:
                return (
                    f"the Hub has trouble (it answered {status} several times); run the same again later, it "
                    "goes on with what is missing"
                )
            if status in _MEANING:
                return f"{_MEANING[status]} (it answered {status})"
            return f"the Hub refuses with {status}: {self._clean(cause.server_message or str(cause))}"
        if isinstance(cause, httpx2.TransportError):
            return (
                f"{self.endpoint} cannot be reached ({type(cause).__name__}); look at the connection, then "
                "run the same again, it goes on with what is missing"
            )
        return self._clean(str(cause))

    def _clean(self, text: str) -> str:
        return " ".join(text.replace(self._token, "[token]").split())


def require_name(repo_id: str) -> None:
    """Look whether a repository can be called so.

    Raises:
        PublishError: it cannot; the message says why.
    """
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise PublishError(f"{repo_id!r} is no name on the Hub: {error}") from error
    if repo_id.count("/") != 1:
        raise PublishError(f"{repo_id!r} is no name on the Hub; expected owner/name, like ada/ada-bot")


def _patiently(action: Callable[[], T]) -> T:
    """Do what can be done twice, again after a passing trouble, as often as there are waits."""
    for wait in WAITS:
        try:
            return action()
        except (HfHubHTTPError, *_ELSEWHERE) as error:
            if not _passes(error):
                raise
            time.sleep(_asked(error, wait))
    return action()


def _passes(error: Exception) -> bool:
    return not isinstance(error, HfHubHTTPError) or error.response.status_code in PASSING


def _asked(error: Exception, wait: float) -> float:
    """Seconds that the Hub asks to wait, at most a minute; `wait` where it asks nothing."""
    response = error.response if isinstance(error, HfHubHTTPError) else None
    asked = response.headers.get("Retry-After", "") if response is not None else ""
    return min(float(asked), 60.0) if asked.isdigit() else wait


@contextmanager
def _quietly(*, bars: bool) -> Iterator[None]:
    """Inside, the library says nothing: its warnings show addresses that let anybody upload."""
    level, hidden = hub_logging.get_verbosity(), are_progress_bars_disabled()
    hub_logging.set_verbosity(logging.ERROR)
    if not bars:
        disable_progress_bars()
    try:
        yield
    finally:
        hub_logging.set_verbosity(level)
        if not bars and not hidden:
            enable_progress_bars()
