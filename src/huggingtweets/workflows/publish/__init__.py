"""Publishing a trained model: what leaves this machine, by what right, and what was published so far.

A plan is made and can be shown first; it holds the very files that `publish` uploads. The weights, tokenizer,
figures and hashes for the filters go as they lie in the folder. Posts go only where that is asked for, and
then into a dataset repository of their own, as is usual on the Hub: it can be browsed and deleted alone.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from ... import dataset, tracking
from ...hub import Repository, Sent, Upload, ledger
from ...hub.client import Hub, require_name
from ...model_folder import CARD, PREDICTIONS, PUBLISHED, ModelFolder
from ...reporting.published_card import dataset_card
from ...types import Permission, Stage
from ..data import posts_of
from . import checks

LONGEST_NAME = 96  # of a repository, owner included
_FOREIGN = re.compile(r"[^A-Za-z0-9._]+|\.{2,}")


@dataclass(frozen=True)
class PublishPlan:
    """What would be published, where, and what would stay."""

    folder: ModelFolder
    permission: Permission
    endpoint: str
    repositories: tuple[Repository, ...]  # the model's last, since its card links to the others
    left_out: dict[str, str]  # name in the folder -> why
    collection: str = ""

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(upload.size for repository in self.repositories for upload in repository.uploads)


class Published(Struct, frozen=True, kw_only=True):
    """What came of it."""

    url: str
    commit: str
    changed: bool  # False where all was there already
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
) -> PublishPlan:
    """Look whether a model may be published, and say what would be uploaded. Nothing is changed anywhere.

    Args:
        model: a model folder, or its name below models/.
        permission: by what right; without one nothing is published.
        to: owner/name of the repository. None: the token's owner and the model's name, which is asked.
        private: whether only the owner sees it.
        with_dataset: whether the posts go, too.
        collection: title of the owner's collection that the model is added to, "" for none.
        token: of the Hub. None: HF_TOKEN, or that of `hf auth login`.
        endpoint: the Hub's address. None: HF_ENDPOINT, or the Hub.

    Raises:
        PublishError: the model may not be published; the message says why and what to do.
        ModelError: there is no such model, or something of it is missing.
        MissingSecret: there is no token.
    """
    folder = ModelFolder.find(model)
    record = folder.record
    by = checks.permitted(record, permission, with_dataset=with_dataset)
    hub = Hub(token, endpoint)
    name = to or f"{hub.owner()}/{_repository_name(record.name)}"
    require_name(name)
    posts = f"{name[: LONGEST_NAME - 6]}-posts" if with_dataset else ""
    uploads, left_out = _uploads(folder)
    thumbnail = f"{hub.url(name)}/resolve/main/{PREDICTIONS}" if (folder.path / PREDICTIONS).is_file() else ""
    card = Upload(CARD, checks.card(folder, by, thumbnail=thumbnail, dataset=posts))
    repositories = [_repository(hub.endpoint, name, "model", (card, *uploads), private=private)]
    if with_dataset:
        files = _dataset(folder, by, name, hub.url(name))
        repositories.insert(0, _repository(hub.endpoint, posts, "dataset", files, private=private))
    return PublishPlan(folder, by, hub.endpoint, tuple(repositories), left_out, collection)


def publish(planned: PublishPlan, *, token: str | None = None, bars: bool = False) -> Published:
    """Upload what is planned. After an interruption, a new plan of the same goes on with what is missing.

    Args:
        planned: what `plan_publishing` returned, and somebody agreed to.
        token: of the Hub, as for `plan_publishing`.
        bars: whether the progress of large files is shown on standard error.

    Raises:
        PublishError: the Hub cannot be reached, or refuses.
        MissingSecret: there is no token.
    """
    hub = Hub(token, planned.endpoint, bars=bars)
    *others, model = planned.repositories
    for repository in others:
        _send(hub, planned, repository)
    sent = _send(hub, planned, model)
    collection = ""
    if planned.collection:
        collection = hub.collect(planned.collection, model.id, private=model.private)
    _track(planned, sent)
    return Published(
        url=sent.url,
        commit=sent.commit,
        changed=sent.changed,
        dataset_url=hub.url(others[0].id, "dataset") if others else "",
        collection_url=collection,
    )


def _track(planned: PublishPlan, sent: Sent) -> None:
    """Record it where training was recorded: what was published, made of the model that was trained."""
    record, repository = planned.folder.record, planned.repositories[-1]
    tracker = tracking.reopen(record.tracked)
    artifacts = tracking.Artifacts(record.name, tracker)
    settings = {"repository": repository.id, "private": repository.private, "right": planned.permission.kind}
    with tracker.run(Stage.PUBLISH, group=record.name, config=settings) as run:
        run.use(record.tracked.artifacts.get(artifacts.finetuned_name, ""))
        artifacts.published_model(run, sent.url, sent.commit)


def _repository_name(name: str) -> str:
    """A model's name as the Hub allows it: letters, digits, single marks, and no mark at either end."""
    return _FOREIGN.sub("-", name).strip("-._")[:60] or "model"


def _uploads(folder: ModelFolder) -> tuple[list[Upload], dict[str, str]]:
    """What goes as it is, and the report; and what does not go, with the reason."""
    uploads, left_out = [], {}
    for path in sorted(folder.path.iterdir()):
        if path == folder.report_page:
            if page := checks.report(folder):
                uploads.append(Upload(path.name, page))
            else:
                left_out[path.name] = "it shows posts that the model learnt from"
        elif path == folder.dataset:
            left_out["dataset/"] = "posts go only with --with-dataset, into a repository of their own"
        elif path.is_symlink() or not path.is_file() or not any(map(path.match, PUBLISHED)):
            left_out.update({path.name: "not part of a model"} if path != folder.card else {})
        else:
            uploads.append(Upload(path.name, path))
    return uploads, left_out


def _dataset(folder: ModelFolder, permission: Permission, model: str, url: str) -> tuple[Upload, ...]:

    data = posts_of(folder)
    with tempfile.TemporaryDirectory() as place:
        dataset.save(data, Path(place))
        files = [Upload(path.name, path.read_bytes()) for path in sorted(Path(place).iterdir())]
    return Upload(CARD, dataset_card(folder.record, permission, model=model, url=url).encode()), *files


def _repository(
    endpoint: str, name: str, kind: str, uploads: tuple[Upload, ...], *, private: bool
) -> Repository:
    """A repository, and what an earlier publishing put there that is no longer part of it."""
    note = ledger.find(endpoint, name, kind)
    gone = set(note.files if note else ()) - {upload.path for upload in uploads}
    is_model = kind == "model"
    return Repository(name, "model" if is_model else "dataset", uploads, private, tuple(sorted(gone)))


def _send(hub: Hub, planned: PublishPlan, repository: Repository) -> Sent:
    """Upload, and keep a note of it from before the first byte leaves."""
    note = ledger.Note(
        url=hub.url(repository.id, repository.kind),
        id=repository.id,
        kind=repository.kind,
        endpoint=hub.endpoint,
        handles=tuple(author.account.handle for author in planned.folder.record.authors),
        permission=planned.permission,
        model_digest=planned.folder.record.model_digest,
        files=tuple(sorted({*repository.gone, *(upload.path for upload in repository.uploads)})),
        at=datetime.now(UTC).replace(microsecond=0),
    )
    ledger.keep(note)
    sent = hub.send(repository)
    files = tuple(upload.path for upload in repository.uploads)
    ledger.keep(replace(note, commit=sent.commit, files=files))
    return sent
