"""The weighted mean of the weights of several models that were trained from one base.

Such a model writes like something between them (Wortsman et al. 2022, "Model soups").
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from ..errors import ModelError
from ..files import readable, sha256
from ..files.tensors import tensor_errors
from ..model_folder import WHOLE_WEIGHTS


def average(
    folders: Sequence[Path],
    shares: Sequence[float],
    target: Path,
    progress: Callable[[int, int], None] = lambda *_: None,
) -> str:
    """Write the mean of the models' weights into the folder `target`; return its digest.

    Args:
        folders: whole models of one architecture.
        shares: the weight of each model in the mean; their sum is 1.
        target: a folder that exists.
        progress: told how many tensors are averaged, and of how many.

    Raises:
        ModelError: a weight of the first model is absent or of another shape in another one, or a file is
            damaged.
    """
    with ExitStack() as stack:
        models = [stack.enter_context(_opened(folder)) for folder in folders]
        names = [set(model.keys()) for model in models]
        if any(others != names[0] for others in names):
            raise ModelError("the models do not have the same weights; merge models of one architecture")
        weights = {}
        for number, name in enumerate(sorted(names[0])):
            progress(number, len(names[0]))
            weights[name] = _mean(name, [model.get_tensor(name) for model in models], shares)
    with tensor_errors():
        save_file(weights, target / WHOLE_WEIGHTS, {"format": "pt"})
    readable(target / WHOLE_WEIGHTS)
    return sha256(target / WHOLE_WEIGHTS)


def _opened(folder: Path) -> Any:
    """The weights of a model.

    Raises:
        ModelError: their file is damaged.
    """
    try:
        return safe_open(folder / WHOLE_WEIGHTS, "pt")
    except (OSError, SafetensorError) as error:
        raise ModelError(
            f"the model in {folder} cannot be loaded ({WHOLE_WEIGHTS}: {error}); train it again"
        ) from error


def _mean(name: str, tensors: Sequence[torch.Tensor], shares: Sequence[float]) -> torch.Tensor:
    first = tensors[0]
    if any(tensor.shape != first.shape for tensor in tensors):
        raise ModelError(f"the models differ in the shape of {name}; merge models of one vocabulary")
    weighted = (share * tensor.float() for share, tensor in zip(shares, tensors, strict=True))
    return sum(weighted, start=torch.zeros(())).to(first.dtype)
