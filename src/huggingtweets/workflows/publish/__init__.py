"""Publishing a trained model to the Hugging Face Hub.

`plan_publishing` checks the model and returns a plan, which can be shown first; `publish` uploads the files
of the plan. Weights, tokenizer, evaluation and the hashes of the text filters are uploaded as they are in the
model folder, the record without the path of a base. Posts are uploaded only on request, into a dataset
repository of their own, as is usual on the Hub: there they can be browsed, and deleted without the model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from ... import dataset, tracking
from ...errors import PublishError
from ...files import temporary_folder
from ...hub import Repository, Upload, UploadResult, ledger
from ...hub.client import Hub, require_name
from ...model_folder import CARD, PREDICTIONS, PUBLISHED, RECORD, ModelFolder, encode_record
from ...reporting.published_card import dataset_card
from ...types import Permission, Stage
from ..data import posts_of
from . import checks

MAX_NAME_LENGTH = 60  # of the repository of a model, where its name is made from the model's
UNKNOWN_OWNER = "YOU"  # of a repository in a preview
POSTS_SUFFIX = "-posts"  # what the name of the repository of the posts adds to the model's
_INVALID_IN_NAME = re.compile(r"[^A-Za-z0-9._]+|\.{2,}")


@dataclass(frozen=True)
class PublishPlan:
    """What would be published, and what would not."""

    folder: ModelFolder
    permission: Permission
    endpoint: str  # address of the Hub
    repositories: tuple[Repository, ...]  # the model's is the last, since its card links to the dataset's
    left_out: dict[str, str]  # file that is not uploaded -> reason
    collection: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(upload.size for repository in self.repositories for upload in repository.uploads)


class Published(Struct, frozen=True, kw_only=True):
    """A published model."""

    url: str
    commit: str
    changed: bool  # False if the Hub had the same files already
    dataset_url: str = ""
    collection_url: str = ""


def plan_publishing(
    model: str | Path | ModelFolder,
    permission: Permission | None,
    *,
    to: str | None = None,
    private: bool = False,
    with_dataset: bool = False,
    collection: str = "",
    token: str | None = None,
    endpoint: str | None = None,
    preview: bool = False,
) -> PublishPlan:
    """Check whether a model may be published, and list what would be uploaded. Nothing is changed.

    Args:
        model: a model folder, or its name below models/.
        permission: by what right the model is published; without one it is refused.
        to: owner/name of the repository. None: the token's owner and the name of the model.
        private: whether only the owner can see the repositories.
        with_dataset: whether the posts are published too.
        collection: title of the owner's collection that the model is added to, "" for none.
        token: access token of the Hub. None: HF_TOKEN, or that of `hf auth login`.
        endpoint: the Hub's address. None: HF_ENDPOINT, or the public Hub.
        preview: whether the plan is only shown: then it needs no token, and asks nobody for the owner.

    Raises:
        PublishError: the model may not be published; the message says why and what to do.
        ModelError: there is no such model, or a part of it is missing.
        MissingSecret: there is no token.
    """
    folder = ModelFolder.find(model)
    record = folder.record
    permission = checks.require_permission(record, permission, with_dataset=with_dataset)
    checks.require_weights(folder)
    hub = Hub(token, endpoint, needs_token=not preview)
    repo_id = to or f"{UNKNOWN_OWNER if preview else hub.owner()}/{_repository_name(folder.name)}"
    require_name(repo_id)
    dataset_id = f"{repo_id}{POSTS_SUFFIX}" if with_dataset else ""
    if dataset_id:
        require_name(dataset_id)
    uploads, left_out = _model_files(folder)
    has_picture = (folder.path / PREDICTIONS).is_file()
    thumbnail = f"{hub.url(repo_id)}/resolve/main/{PREDICTIONS}" if has_picture else ""
    card = checks.checked_card(folder, permission, thumbnail=thumbnail, dataset=dataset_id)
    uploads.insert(0, Upload(CARD, card))
    repositories = [_repository(hub.endpoint, repo_id, "model", uploads, private=private)]
    if with_dataset:
        files = _dataset_files(folder, permission, repo_id, hub.url(repo_id))
        repositories.insert(0, _repository(hub.endpoint, dataset_id, "dataset", files, private=private))
    return PublishPlan(folder, permission, hub.endpoint, tuple(repositories), left_out, collection)


def publish(plan: PublishPlan, *, token: str | None = None, bars: bool = False) -> Published:
    """Upload the files of a plan.

    After an interruption, publishing the same again uploads only what is missing.

    Args:
        plan: what `plan_publishing` returned, and the user agreed to.
        token: access token of the Hub, as for `plan_publishing`.
        bars: whether the progress of large files is shown on standard error.

    Raises:
        PublishError: the Hub cannot be reached, or refuses.
        MissingSecret: there is no token.
    """
    hub = Hub(token, plan.endpoint, bars=bars)
    *datasets, model = plan.repositories
    for repository in datasets:
        _upload(hub, plan, repository)
    result = _upload(hub, plan, model)
    _track(plan, result)
    collection_url = _collect(hub, plan.collection, model, result) if plan.collection else ""
    return Published(
        url=result.url,
        commit=result.commit,
        changed=result.changed,
        dataset_url=hub.url(datasets[0].id, "dataset") if datasets else "",
        collection_url=collection_url,
    )


def _collect(hub: Hub, collection: str, model: Repository, result: UploadResult) -> str:
    """Add the model to the collection, and return its address.

    Raises:
        PublishError: that failed; the message says that the model is published.
    """
    try:
        return hub.add_to_collection(collection, model.id, private=model.private)
    except PublishError as error:
        raise PublishError(f"{result.url} is published, and in no collection: {error}") from None


def _track(plan: PublishPlan, result: UploadResult) -> None:
    """Record the upload in the tracker that recorded the training, with the trained model as its input."""
    record, repository = plan.folder.record, plan.repositories[-1]
    tracker = tracking.reopen(record.tracked)
    artifacts = tracking.Artifacts(record.name, tracker)
    settings = {"repository": repository.id, "private": repository.private, "right": plan.permission.kind}
    with tracker.run(Stage.PUBLISH, group=record.name, config=settings) as run:
        run.use(record.tracked.artifacts.get(artifacts.finetuned_name, ""))
        artifacts.published_model(run, result.url, result.commit)


def _repository_name(model_name: str) -> str:
    """A model's name in the form that the Hub allows: letters, digits, and single "-", "_", "." inside."""
    return _INVALID_IN_NAME.sub("-", model_name).strip("-._")[:MAX_NAME_LENGTH] or "model"


def _model_files(folder: ModelFolder) -> tuple[list[Upload], dict[str, str]]:
    """The files of a model without its card, and the files that are left out, with the reasons."""
    uploads: list[Upload] = []
    left_out: dict[str, str] = {}
    for path in sorted(folder.path.iterdir()):
        if path == folder.card:
            continue
        if path == folder.report_page:
            if page := checks.checked_report(folder):
                uploads.append(Upload(path.name, page))
            else:
                left_out[path.name] = "it shows posts that the model learnt from"
        elif path == folder.dataset:
            left_out[f"{path.name}/"] = "posts go only with --with-dataset, into a repository of their own"
        elif path.name == RECORD:
            uploads.append(Upload(path.name, _public_record(folder)))
        elif _is_model_file(path):
            uploads.append(Upload(path.name, path))
        else:
            left_out[path.name] = "not part of a model"
    return uploads, left_out


def _public_record(folder: ModelFolder) -> bytes | Path:
    """The record as others may have it: of a base in a folder the name alone, as a path tells of its user.

    It reads as a folder's, since many a name is one of the Hub's, too.
    """
    record = folder.record
    if record.recipe.base == record.base.name:
        return folder.path / RECORD
    base = record.base.name if record.base.revision else f"./{record.base.name}"
    return encode_record(replace(record, recipe=replace(record.recipe, base=base)))


def _is_model_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and any(map(path.match, PUBLISHED))


def _dataset_files(
    folder: ModelFolder, permission: Permission, model_id: str, model_url: str
) -> list[Upload]:
    """The files of the repository of the posts: its card and the dataset."""
    card = dataset_card(folder.record, permission, model=model_id, url=model_url).encode()
    with temporary_folder() as temporary:
        dataset.save(posts_of(folder), temporary)
        files = [Upload(path.name, path.read_bytes()) for path in sorted(temporary.iterdir())]
    return [Upload(CARD, card), *files]


def _repository(
    endpoint: str, repo_id: str, kind: Literal["model", "dataset"], uploads: list[Upload], *, private: bool
) -> Repository:
    """A repository, from which files of an earlier upload that are no longer part of it are deleted."""
    entry = ledger.find(endpoint, repo_id, kind)
    earlier_files = set(entry.files) if entry else set()
    deletions = earlier_files - {upload.path for upload in uploads}
    return Repository(repo_id, kind, tuple(uploads), private, tuple(sorted(deletions)))


def _upload(hub: Hub, plan: PublishPlan, repository: Repository) -> UploadResult:
    """Upload a repository, with an entry in the ledger from before the first byte is sent.

    The entry keeps the people of earlier uploads, since the repository's history has their files.
    """
    record = plan.folder.record
    earlier = ledger.find(hub.endpoint, repository.id, repository.kind)
    handles = [author.account.handle for author in record.authors]
    paths = tuple(upload.path for upload in repository.uploads)
    entry = ledger.LedgerEntry(
        url=hub.url(repository.id, repository.kind),
        id=repository.id,
        kind=repository.kind,
        endpoint=hub.endpoint,
        handles=tuple(dict.fromkeys([*(earlier.handles if earlier else ()), *handles])),
        permission=plan.permission,
        model_digest=record.model_digest,
        files=tuple(sorted({*repository.deletions, *paths})),
        at=datetime.now(UTC).replace(microsecond=0),
    )
    ledger.save(entry)
    result = hub.upload(repository)
    ledger.save(replace(entry, commit=result.commit, files=paths))
    return result
