"""Where a run stands, on disk: after a kill at any moment the same run goes on, bit for bit on a CPU."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..files import CheckpointConfig
from ..types import CurvePoint
from .loop import TrainState
from .optimizer import Optimizer
from .weights import Weights

FILE = "standing.safetensors"
RARELY = 20  # times as long as saving took goes by until it is done again: at most 5 % of a run
_MOMENTS = "optimizer."


class _Noted(msgspec.Struct):
    """What stands beside the tensors in the file."""

    fingerprint: dict[str, str] = msgspec.field(name="made_of")
    step: int
    best_step: int
    curve: list[CurvePoint]
    losses: list[float]
    stopped: str
    seconds: float


class RunCheckpoint:
    """The one file of a run; written beside and moved into place, so that it is always whole."""

    def __init__(
        self,
        checkpoints: CheckpointConfig,
        weights: Weights,
        optimizer: Optimizer,
        *,
        fingerprint: Mapping[str, str],
    ) -> None:
        """Keep a run.

        Args:
            checkpoints: where and how often; the folder is this run's alone, and need not exist.
            weights: what is trained.
            optimizer: what trains it.
            fingerprint: what must be the same for a run to go on: the base's digest, versions.
        """
        self._file = checkpoints.folder / FILE
        self._weights, self._optimizer = weights, optimizer
        self._fingerprint, self._seconds = dict(fingerprint), checkpoints.seconds
        self._next = time.monotonic() + checkpoints.seconds
        self._interrupted = False

    def restore(self, state: TrainState) -> bool:
        """Put everything where it was; False where there is nothing to go on from."""
        try:
            with safe_open(self._file, "pt") as file:
                metadata = file.metadata() or {}
                noted = msgspec.json.decode(metadata.get("standing", ""), type=_Noted)
                if noted.fingerprint != self._fingerprint:
                    return False
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- no mapping
        except (OSError, SafetensorError, msgspec.DecodeError):
            return False
        self._weights.master_weights.copy_(tensors["master"])
        self._weights.compute_weights.copy_(self._weights.master_weights)
        state.best.copy_(tensors["best"])
        self._optimizer.restore(
            {n.removeprefix(_MOMENTS): t for n, t in tensors.items() if n.startswith(_MOMENTS)}
        )
        torch.set_rng_state(tensors["random"])
        state.step, state.best_step, state.curve = noted.step, noted.best_step, noted.curve
        state.losses, state.stopped, state.seconds = noted.losses, noted.stopped, noted.seconds
        return True

    def keep(self, state: TrainState) -> None:
        """Write the file when its time has come, or when the user wants to stop.

        Raises:
            KeyboardInterrupt: the user wants to stop, and the file is written.
        """
        if self._interrupted or time.monotonic() >= self._next:
            self.save(state)
        if self._interrupted:
            raise KeyboardInterrupt

    def save(self, state: TrainState) -> None:
        """Write the file."""
        started = time.monotonic()
        noted = _Noted(
            self._fingerprint,
            state.step,
            state.best_step,
            state.curve,
            state.losses,
            state.stopped,
            state.seconds,
        )
        tensors = {
            "master": self._weights.master_weights,
            "best": state.best,
            "random": torch.get_rng_state(),
            **{_MOMENTS + name: tensor for name, tensor in self._optimizer.state().items()},
        }
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_suffix(".part")
        save_file(
            {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()},
            beside,
            {"standing": msgspec.json.encode(noted).decode()},
        )
        beside.replace(self._file)
        ended = time.monotonic()
        self._next = ended + max(self._seconds, RARELY * (ended - started))

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Let Ctrl-C wait for the end of the step, so that nothing is lost; a second one does not wait."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.getsignal(signal.SIGINT)

        def interrupted(*_: object) -> None:
            self._interrupted = True
            signal.signal(signal.SIGINT, before)

        signal.signal(signal.SIGINT, interrupted)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
