"""The checkpoint of an unfinished run: after a kill at any moment the run goes on, bit for bit on a CPU."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..files import CHECKPOINT, CheckpointConfig, beside, file_error
from ..files.tensors import tensor_errors
from ..signals import Noted, first_signal_noted
from ..types import CurvePoint
from .optimizer import Optimizer
from .weights import Weights

MIN_INTERVAL = 20  # times as long as a save took pass before the next: at most 5 % of a run is spent on it
_METADATA = "standing"
_OPTIMIZER = "optimizer."
_NOT_SAID_BEFORE = ("posts", "recipe")  # earlier versions told these by the name of the folder alone


@dataclass
class TrainState:
    """What training changes from step to step, besides weights, optimizer and random numbers."""

    best: torch.Tensor  # compute weights of the best evaluation so far
    mean: torch.Tensor  # of the weights with which the runs so far ended; empty where there is one run
    best_step: int = 0
    step: int = 0  # how many are done
    curve: list[CurvePoint] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)  # nats a token, of each step since the last evaluation
    seconds: float = 0.0  # that all steps took
    stopped: str = ""  # why training ended before its last step
    run_losses: list[float] = field(default_factory=list)  # nats a token, at the end of each of several runs


class _Metadata(msgspec.Struct):
    """What the file holds beside its tensors."""

    fingerprint: dict[str, str] = msgspec.field(name="made_of")
    step: int
    best_step: int
    curve: list[CurvePoint]
    losses: list[float]
    stopped: str
    seconds: float
    run_losses: list[float] = []


@dataclass(frozen=True)
class PassedOver:
    """A checkpoint that this run does not go on from, and what it was made with or of that is other now."""

    step: int
    recorded: Mapping[str, str]
    now: Mapping[str, str]


class Checkpoint:
    """Keeps a run while it goes. This one keeps nothing, for runs that are not to be resumed."""

    passed_over: PassedOver | None = None
    is_of_longer_run = False  # whether there is one of a step beyond the end

    def restore(self, _: TrainState) -> bool:
        """Resume the run where it was kept; return whether it was."""
        return False

    def save_if_due(self, _: TrainState) -> None:
        """Keep the run after a step, if it is time."""

    def save(self, _: TrainState) -> None:
        """Keep the run."""

    def interruptible(self) -> AbstractContextManager[None]:
        """A context in which Ctrl-C loses nothing that can be kept."""
        return nullcontext()


class RunCheckpoint(Checkpoint):
    """Keeps a run in one file; it is written beside and moved into place, so it is always whole."""

    def __init__(
        self,
        config: CheckpointConfig,
        weights: Weights,
        optimizer: Optimizer,
        fingerprint: Mapping[str, str],
        *,
        end: int,
        rank: int,
    ) -> None:
        """Keep a run.

        Args:
            config: where and how often; the folder is this run's alone, and need not exist.
            weights: what is trained.
            optimizer: what trains it.
            fingerprint: what must be the same for the run to go on bit for bit on a CPU.
            end: the last step that a checkpoint of it can be of; one of a longer run may be of a later one.
            rank: of this process; the first one saves, and all of them restore.
        """
        self._file, self._seconds = config.folder / CHECKPOINT, config.seconds
        self._weights, self._optimizer = weights, optimizer
        self._fingerprint, self._end, self._rank = dict(fingerprint), end, rank
        self._due = time.monotonic() + config.seconds
        self._interruption = Noted()

    def restore(self, state: TrainState) -> bool:
        """Set everything to what the file holds; return False where there is none to go on from."""
        contents = self._read()
        if contents is None:
            return False
        metadata, tensors = contents
        self._weights.master_weights.copy_(tensors["master"])
        self._weights.compute_weights.copy_(self._weights.master_weights)
        state.best.copy_(tensors["best"])
        state.mean.copy_(tensors.get("mean", state.mean))
        self._optimizer.restore(
            {n.removeprefix(_OPTIMIZER): t for n, t in tensors.items() if n.startswith(_OPTIMIZER)}
        )
        _set_random_state(tensors["random"], self._rank)
        state.step, state.best_step, state.curve = metadata.step, metadata.best_step, metadata.curve
        state.losses, state.stopped, state.seconds = metadata.losses, metadata.stopped, metadata.seconds
        state.run_losses = metadata.run_losses
        return True

    def _read(self) -> tuple[_Metadata, dict[str, torch.Tensor]] | None:
        """What the file holds; None where it is absent, damaged, of another run, or beyond this one's end."""
        try:
            with safe_open(self._file, "pt") as file:
                metadata = msgspec.json.decode((file.metadata() or {}).get(_METADATA, ""), type=_Metadata)
                if other := self._differences(metadata.fingerprint):
                    now = {name: self._fingerprint.get(name, "") for name in other}
                    self.passed_over = PassedOver(metadata.step, other, now)
                    return None
                if metadata.step > self._end:
                    self.is_of_longer_run = True
                    return None
                names = file.keys()
                return metadata, {name: file.get_tensor(name) for name in names}
        except (OSError, SafetensorError, ValueError):
            return None

    def _differences(self, fingerprint: Mapping[str, str]) -> dict[str, str]:
        """What of a fingerprint is other than this run's, as far as the version that wrote it said it."""
        not_said = {name: self._fingerprint[name] for name in _NOT_SAID_BEFORE if name in self._fingerprint}
        recorded = {**not_said, **fingerprint}
        names = dict.fromkeys((*recorded, *self._fingerprint))
        return {n: recorded.get(n, "") for n in names if recorded.get(n) != self._fingerprint.get(n)}

    def save_if_due(self, state: TrainState) -> None:
        """Write the file when its time has come, or when the user wants to stop.

        Raises:
            KeyboardInterrupt: the user wants to stop, and the file is written.
        """
        if self._rank:
            return
        if self._interruption.number or time.monotonic() >= self._due:
            self.save(state)
        if self._interruption.number:
            raise KeyboardInterrupt(self._interruption.number)

    def save(self, state: TrainState) -> None:
        """Write the file."""
        if self._rank:
            return
        started = time.monotonic()
        tensors = {
            "master": self._weights.master_weights,
            "best": state.best,
            "mean": state.mean,
            "random": torch.get_rng_state(),
            **{_OPTIMIZER + name: tensor for name, tensor in self._optimizer.state().items()},
        }
        _write(self._file, self._metadata(state), tensors)
        ended = time.monotonic()
        self._due = ended + max(self._seconds, MIN_INTERVAL * (ended - started))

    def _metadata(self, state: TrainState) -> _Metadata:
        return _Metadata(
            self._fingerprint,
            state.step,
            state.best_step,
            state.curve,
            state.losses,
            state.stopped,
            state.seconds,
            state.run_losses,
        )

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Inside, Ctrl-C and its like wait for the end of the step and lose nothing; a second does not."""
        with first_signal_noted() as self._interruption:
            yield


def _set_random_state(state: torch.Tensor, rank: int) -> None:
    """Go on with the first process's random numbers in that one, and with others in each other process."""
    torch.set_rng_state(state)
    if rank:
        torch.manual_seed(int(torch.randint(1 << 62, ())) + rank)


def _write(path: Path, metadata: _Metadata, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write the file; on an error the earlier one stays. An equal run that ends may remove the folder once.

    Raises:
        OutOfSpace: the disk is full.
    """
    try:
        try:
            _write_beside(path, metadata, tensors)
        except FileNotFoundError:
            _write_beside(path, metadata, tensors)
    except OSError as error:
        raise file_error(error, path) from error


def _write_beside(path: Path, metadata: _Metadata, tensors: Mapping[str, torch.Tensor]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with beside(path) as unfinished, tensor_errors():
        save_file(
            {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
            unfinished,
            {_METADATA: msgspec.json.encode(metadata).decode()},
        )
