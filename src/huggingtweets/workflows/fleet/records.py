"""What a store says of its fleet: who the authors are, how far each is, and whether the models are whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TypeVar

import msgspec

from ...errors import ModelError, OutputExists
from ...model_folder import FLEET
from . import leases
from .authors import input_bytes
from .config import EVERYBODY, AuthorRequest, Counts, FleetStatus, Job, Outcome, State
from .store import ENDED, MODELS, Store

AUTHORS = "authors.jsonl"
_OTHER_AUTHORS = "{store} holds a model of other authors; choose another store with --out"

Decoded = TypeVar("Decoded")


def save_fleet(store: Store, job: Job, authors: Sequence[AuthorRequest]) -> None:
    """Write who the authors are, and then what they share."""
    store.write(AUTHORS, b"".join(msgspec.json.encode(author) + b"\n" for author in authors))
    store.write(FLEET, msgspec.json.format(msgspec.json.encode(job)))


def load_job(store: Store) -> Job | None:
    """What all authors share; None where no fleet was begun.

    Raises:
        ModelError: the file is damaged.
    """
    content = store.read(FLEET)
    return _decoded(store, FLEET, content, Job) if content else None


def require_same(store: Store, job: Job) -> bool:
    """Whether a fleet was begun already, with the same settings; its authors may be others.

    Raises:
        OutputExists: it has other settings.
    """
    earlier = load_job(store)
    if earlier is None:
        return False
    different = [
        field
        for field in ("recipe", "rules", "held_out", "one_model", "evaluate")
        if getattr(earlier, field) != getattr(job, field)
    ]
    if "" not in {earlier.base_digest, job.base_digest} and earlier.base_digest != job.base_digest:
        different.append("base")
    if different:
        raise OutputExists(
            f"{store.shown} holds a fleet with another {' and another '.join(different)}; choose another "
            "store with --out, or give the same options"
        )
    is_same_file = earlier.source_digest == job.source_digest
    if job.one_model and not is_same_file:
        raise OutputExists(_OTHER_AUTHORS.format(store=store.shown))
    return is_same_file


def require_same_authors(store: Store, authors: Sequence[AuthorRequest]) -> None:
    """Refuse other authors than those with whom the one model of all was begun.

    Raises:
        OutputExists: there are others, or some are missing.
    """
    if {author.name for author in load_authors(store)} != {author.name for author in authors}:
        raise OutputExists(_OTHER_AUTHORS.format(store=store.shown))


def load_authors(store: Store) -> list[AuthorRequest]:
    """The authors in the order in which they were given.

    Raises:
        ModelError: no fleet was begun in this store, or a file of it is damaged.
    """
    content = store.read(AUTHORS)
    if content is None or store.read(FLEET) is None:
        raise ModelError(
            f"{store.shown} holds no fleet; begin one with: huggingtweets fleet AUTHORS --out STORE"
        )
    return [_decoded(store, AUTHORS, line, AuthorRequest) for line in content.splitlines()]


def load_outcomes(store: Store) -> dict[str, Outcome]:
    """The outcomes of the authors that have ended, by name; a damaged file counts as absent."""
    outcomes = filter(None, (_outcome(content) for content in store.read_folder(ENDED).values()))
    return {each.name: each for outcome in outcomes for each in outcome.members or (outcome,)}


def load_outcome(store: Store, name: str) -> Outcome | None:
    """How an author ended; None where it has not ended yet."""
    return _outcome(store.read(f"{ENDED}/{name}.json") or b"")


def save_outcome(store: Store, outcome: Outcome) -> None:
    """Write how an author ended, after everything else of it."""
    store.write(f"{ENDED}/{outcome.name}.json", msgspec.json.encode(outcome))


def forget_outcome(store: Store, name: str) -> None:
    """Let an author be tried again, with all who share the model."""
    shared = load_outcome(store, EVERYBODY)
    if shared and any(member.name == name for member in shared.members):
        name = EVERYBODY
    store.remove(f"{ENDED}/{name}.json")


def status(store: Store, *, check: bool = False) -> FleetStatus:
    """How far the fleet of a store is.

    Args:
        store: of the fleet.
        check: whether all files of all models are read, and their digests compared, and the sizes of the
            files with the posts.

    Raises:
        ModelError: no fleet was begun in this store.
    """
    authors, outcomes = load_authors(store), load_outcomes(store)
    states = counted_states([author.name for author in authors], outcomes)
    holders, waiting = leases.holders(store), states[State.WAITING]
    working = len(waiting) if EVERYBODY in holders else len(holders.keys() & {*waiting})
    failed = {name: outcomes[name].reason for name in states[State.FAILED]}
    return FleetStatus(
        store=store.shown,
        counts=Counts(
            authors=len(authors),
            done=len(states[State.DONE]),
            failed=len(failed),
            training=working,
            waiting=len(waiting) - working,
        ),
        failed=failed,
        damaged=tuple(_damaged(store, [outcomes[name] for name in states[State.DONE]])) if check else (),
        changed=tuple(changed(authors, outcomes)) if check else (),
    )


def counted_states(names: Sequence[str], outcomes: Mapping[str, Outcome]) -> dict[State, list[str]]:
    """The names of the authors that are done, that failed, and of all others."""
    states: dict[State, list[str]] = {State.DONE: [], State.FAILED: [], State.WAITING: []}
    for name in names:
        states[outcomes[name].state if name in outcomes else State.WAITING].append(name)
    return states


def changed(authors: Sequence[AuthorRequest], outcomes: Mapping[str, Outcome]) -> list[str]:
    """The names of the authors that have ended, and the files with whose posts have changed since."""
    earlier = {name: outcome.input_bytes for name, outcome in outcomes.items() if outcome.input_bytes}
    return [
        author.name
        for author in authors
        if author.name in earlier and input_bytes(author) not in {0, earlier[author.name]}
    ]


def _damaged(store: Store, outcomes: Sequence[Outcome]) -> list[str]:
    """The names of the models whose files are not those that were written last."""
    shared = load_outcome(store, EVERYBODY)
    models = [*outcomes, shared] if shared else outcomes
    return [outcome.name for outcome in models if not _is_whole(store, outcome)]


def _is_whole(store: Store, outcome: Outcome) -> bool:
    contents = {path: store.read(f"{MODELS}/{outcome.name}/{path}") for path in outcome.files}
    return all(
        content is not None and hashlib.sha256(content).hexdigest() == outcome.files[path]
        for path, content in contents.items()
    )


def _outcome(content: bytes) -> Outcome | None:
    try:
        return msgspec.json.decode(content, type=Outcome)
    except ValueError:
        return None


def _decoded(store: Store, path: str, content: bytes, kind: type[Decoded]) -> Decoded:
    try:
        return msgspec.json.decode(content, type=kind)
    except ValueError as error:
        raise ModelError(f"{store.shown}/{path} is damaged ({error}); choose another store") from error
