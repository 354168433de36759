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

from ..files import Keeping
from ..types import CurvePoint
from .loop import Standing
from .optimizer import Optimizer
from .weights import Weights

FILE = "standing.safetensors"
RARELY = 20  # times as long as saving took goes by until it is done again: at most 5 % of a run
_MOMENTS = "optimizer."


class _Noted(msgspec.Struct):
    """What stands beside the tensors in the file."""

    made_of: dict[str, str]
    step: int
    best_step: int
    curve: list[CurvePoint]
    losses: list[float]
    stopped: str
    seconds: float


class Saved:
    """The one file of a run; written beside and moved into place, so that it is always whole."""

    def __init__(
        self, keeping: Keeping, weights: Weights, optimizer: Optimizer, *, made_of: Mapping[str, str]
    ) -> None:
        """Keep a run.

        Args:
            keeping: where and how often; the folder is this run's alone, and need not exist.
            weights: what is trained.
            optimizer: what trains it.
            made_of: what must be the same for a run to go on: the base's digest, versions.
        """
        self._file = keeping.folder / FILE
        self._weights, self._optimizer = weights, optimizer
        self._made_of, self._seconds = dict(made_of), keeping.seconds
        self._next = time.monotonic() + keeping.seconds
        self._interrupted = False

    def restore(self, standing: Standing) -> bool:
        """Put everything where it was; False where there is nothing to go on from."""
        try:
            with safe_open(self._file, "pt") as file:
                metadata = file.metadata() or {}
                noted = msgspec.json.decode(metadata.get("standing", ""), type=_Noted)
                if noted.made_of != self._made_of:
                    return False
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 -- no mapping
        except (OSError, SafetensorError, msgspec.DecodeError):
            return False
        self._weights.master.copy_(tensors["master"])
        self._weights.low.copy_(self._weights.master)
        standing.best.copy_(tensors["best"])
        self._optimizer.restore(
            {n.removeprefix(_MOMENTS): t for n, t in tensors.items() if n.startswith(_MOMENTS)}
        )
        torch.set_rng_state(tensors["random"])
        standing.step, standing.best_step, standing.curve = noted.step, noted.best_step, noted.curve
        standing.losses, standing.stopped, standing.seconds = noted.losses, noted.stopped, noted.seconds
        return True

    def keep(self, standing: Standing) -> None:
        """Write the file when its time has come, or when the user wants to stop.

        Raises:
            KeyboardInterrupt: the user wants to stop, and the file is written.
        """
        if self._interrupted or time.monotonic() >= self._next:
            self.save(standing)
        if self._interrupted:
            raise KeyboardInterrupt

    def save(self, standing: Standing) -> None:
        """Write the file."""
        started = time.monotonic()
        noted = _Noted(
            self._made_of,
            standing.step,
            standing.best_step,
            standing.curve,
            standing.losses,
            standing.stopped,
            standing.seconds,
        )
        tensors = {
            "master": self._weights.master,
            "best": standing.best,
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
