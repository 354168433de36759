"""A client of the Hugging Face Hub on top of huggingface_hub, with retries and clear errors.

Large files are uploaded first, each stored under its digest; then one commit names them all. So an
interrupted upload continues with the missing files, readers never see half of a model, and a second upload of
the same files changes nothing.
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
from .repository import Repository, UploadResult

if TYPE_CHECKING:
    from huggingface_hub import CommitInfo

T = TypeVar("T")

RETRY_DELAYS = (1.0, 2.0, 4.0, 8.0)  # seconds before each further attempt
MAX_DELAY = 60.0  # seconds, whatever the Hub asks for
TEMPORARY = {408, 425, 429, 500, 502, 503, 504}  # HTTP statuses after which another attempt may succeed
_CONNECTION_LOST = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError, httpx2.ReadTimeout)
_LOCAL_HOSTS = {"localhost", "127.0.0.1", "::1"}
_TOKEN = re.compile(r"[!-~]+")  # the characters that an HTTP header can hold
_EXPLANATIONS = {  # by HTTP status
    401: "the Hub does not accept the token; make a new one at https://huggingface.co/settings/tokens",
    403: "the token may not write there; use one with write access, or another name with --to",
    404: "there is no such place, or the token may not see it; look at the name given with --to",
    409: "something else changes it at this moment; try again",
    413: "a file is larger than the Hub takes",
}


class Hub:
    """The Hub, used with the token of one account."""

    def __init__(
        self,
        token: str | None = None,
        endpoint: str | None = None,
        *,
        bars: bool = False,
        needs_token: bool = True,
    ) -> None:
        """Check token and endpoint; no request is sent.

        Args:
            token: an access token that may write. None: HF_TOKEN, or that of `hf auth login`.
            endpoint: the Hub's address. None: HF_ENDPOINT, or the public Hub.
            bars: whether the library shows the progress of large files on standard error.
            needs_token: whether anything will be sent; addresses need no token.

        Raises:
            MissingSecret: there is no token.
            PublishError: the token has impossible characters, or the endpoint is not encrypted.
        """
        self._token = (token or get_token() or "").strip()
        if not self._token and needs_token:
            raise MissingSecret(
                "publishing needs a token of the Hugging Face Hub that may write: make one at "
                "https://huggingface.co/settings/tokens and put it into HF_TOKEN, or run: hf auth login"
            )
        if self._token and not _TOKEN.fullmatch(
            self._token
        ):  # the library would refuse it with an error that shows the token
            raise PublishError("the token for the Hub has characters that no token has; copy it once more")
        self._api = HfApi(endpoint=endpoint, token=self._token or False)
        self.endpoint = self._api.endpoint.rstrip("/")
        parts = urlsplit(self.endpoint)
        if parts.scheme != "https" and parts.hostname not in _LOCAL_HOSTS:
            raise PublishError(f"{self.endpoint} is not encrypted, so the token is not sent; give https://")
        self._bars = bars

    def owner(self) -> str:
        """The account name of the token's owner.

        Raises:
            PublishError: the Hub cannot be reached, or refuses.
        """
        with self._clear_errors("whose token it is"):
            return str(_with_retries(self._api.whoami)["name"])

    def url(self, repo_id: str, kind: str = "model") -> str:
        """The address of a repository's page."""
        return f"{self.endpoint}/{'datasets/' if kind == 'dataset' else ''}{repo_id}"

    def upload(self, repository: Repository) -> UploadResult:
        """Create the repository if it is missing, and upload new and changed files in one commit.

        Raises:
            PublishError: the Hub cannot be reached, or refuses; or a repository that should be private exists
                and is public, or the other way round. Files that were uploaded before the error need not be
                uploaded again.
        """
        with self._clear_errors(repository.id):
            return self._upload(repository)

    def add_to_collection(self, title: str, repo_id: str, *, private: bool) -> str:
        """Add a model to the owner's collection of this title, and return the collection's address.

        A missing collection is created, private or public as `private` says.

        Raises:
            PublishError: the Hub cannot be reached, or refuses.
        """
        with self._clear_errors(f"the collection {title!r}"):
            owner = repo_id.partition("/")[0]
            collection = _with_retries(
                lambda: self._api.create_collection(title, namespace=owner, private=private, exists_ok=True)
            )
            _with_retries(
                lambda: self._api.add_collection_item(collection.slug, repo_id, "model", exists_ok=True)
            )
            return f"{self.endpoint}/collections/{collection.slug}"

    def _upload(self, repository: Repository) -> UploadResult:
        api, name, kind = self._api, repository.id, repository.kind
        _with_retries(
            lambda: api.create_repo(name, repo_type=kind, private=repository.private, exist_ok=True)
        )
        before = _with_retries(lambda: api.repo_info(name, repo_type=kind))
        if repository.private and not before.private:
            raise PublishError(
                f"{self.url(name, kind)} is there already and public; make it private there, or give another "
                "name with --to"
            )
        if before.private and not repository.private:  # who agreed to it was told that everybody sees it
            raise PublishError(
                f"{self.url(name, kind)} is there already and private; make it public there, or add --private"
            )
        commit = self._commit(repository).oid
        return UploadResult(url=self.url(name, kind), commit=commit, changed=commit != before.sha)

    def _commit(self, repository: Repository) -> CommitInfo:
        """Upload the large files and commit.

        Each attempt looks at the repository again, so a commit whose answer was lost is not made twice.
        """
        api, name, kind = self._api, repository.id, repository.kind

        def prepare() -> Callable[[], CommitInfo]:
            additions = [CommitOperationAdd(upload.path, upload.content) for upload in repository.uploads]
            present = (
                _with_retries(lambda: api.list_repo_files(name, repo_type=kind))
                if repository.deletions
                else []
            )
            deletions = [CommitOperationDelete(path) for path in repository.deletions if path in present]
            api.preupload_lfs_files(name, additions, repo_type=kind, free_memory=False)  # retries by itself
            return lambda: api.create_commit(
                name,
                [*deletions, *additions],
                commit_message="Upload with huggingtweets",
                repo_type=kind,
            )

        return _prepared_with_retries(prepare)

    @contextmanager
    def _clear_errors(self, subject: str) -> Iterator[None]:
        """Turn the library's errors into one `PublishError` that says what failed and what to do.

        It is raised outside of `except`, without the original error, whose request holds the token.
        """
        failure: PublishError | None = None
        try:
            with _quiet_library(bars=self._bars):
                yield
        except PublishError:
            raise
        except OfflineModeIsEnabled:
            failure = PublishError(
                f"{subject}: HF_HUB_OFFLINE is set, so nothing is asked of the Hub; unset it"
            )
        except (httpx2.HTTPError, ValueError, RuntimeError, OSError) as error:
            failure = PublishError(f"{subject}: {self._explain(error)}")
        if failure:
            raise failure

    def _explain(self, error: BaseException) -> str:
        cause = error.__cause__ if type(error) is RuntimeError and error.__cause__ else error
        if isinstance(cause, HfHubHTTPError) and cause.response is not None:
            status = cause.response.status_code
            if status in TEMPORARY:
                return (
                    f"the Hub has trouble (it answered {status} several times); run the same again later, it "
                    "goes on with what is missing"
                )
            if status in _EXPLANATIONS:
                return f"{_EXPLANATIONS[status]} (it answered {status})"
            return f"the Hub refuses with {status}: {self._redacted(cause.server_message or str(cause))}"
        if isinstance(cause, httpx2.TransportError):
            return (
                f"{self.endpoint} cannot be reached ({type(cause).__name__}); look at the connection, then "
                "run the same again, it goes on with what is missing"
            )
        return self._redacted(str(cause))

    def _redacted(self, text: str) -> str:
        """A text in one line, without the token."""
        return " ".join(text.replace(self._token, "[token]").split())


def require_name(repo_id: str) -> None:
    """Check the name of a repository.

    Raises:
        PublishError: it is not a valid owner/name; the message says why.
    """
    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise PublishError(
            f"{repo_id!r} is no name on the Hub: {str(error).rstrip('.')}; give another with --to"
        ) from error
    if repo_id.count("/") != 1:
        raise PublishError(f"{repo_id!r} is no name on the Hub; expected owner/name, like ada/ada-bot")


def _with_retries(request: Callable[[], T]) -> T:
    """Send a request that may be repeated; after a temporary failure wait and try again."""
    return _prepared_with_retries(lambda: request)


def _prepared_with_retries(prepare: Callable[[], Callable[[], T]]) -> T:
    """Send the request that `prepare` makes; after a temporary failure wait and try with a new one."""
    for delay in RETRY_DELAYS:
        request = prepare()
        try:
            return request()
        except (HfHubHTTPError, *_CONNECTION_LOST) as error:
            if not _is_temporary(error):
                raise
            time.sleep(_delay(error, delay))
    return prepare()()


def _is_temporary(error: Exception) -> bool:
    return not isinstance(error, HfHubHTTPError) or error.response.status_code in TEMPORARY


def _delay(error: Exception, default: float) -> float:
    """Seconds to wait: as the Hub's answer says, at most a minute; `default` where it says nothing."""
    response = error.response if isinstance(error, HfHubHTTPError) else None
    retry_after = response.headers.get("Retry-After", "") if response is not None else ""
    return min(float(retry_after), MAX_DELAY) if retry_after.isdigit() else default


@contextmanager
def _quiet_library(*, bars: bool) -> Iterator[None]:
    """Silence huggingface_hub inside the block: its warnings show addresses that let anybody upload."""
    verbosity, bars_hidden = hub_logging.get_verbosity(), are_progress_bars_disabled()
    hub_logging.set_verbosity(logging.ERROR)
    if not bars:
        disable_progress_bars()
    try:
        yield
    finally:
        hub_logging.set_verbosity(verbosity)
        if not bars and not bars_hidden:
            enable_progress_bars()
