"""The weighted mean of the weights of models that were trained from one base.

It lies between them, and so does what it writes (Wortsman et al. 2022, "Model soups").
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

from ..errors import ModelError
from ..files import readable, sha256
from ..model_folder import WHOLE_WEIGHTS


def average(folders: Sequence[Path], shares: Sequence[float], target: Path) -> str:
    """Write the mean of the models' weights into the folder `target`; return its digest.

    Args:
        folders: whole models of one architecture.
        shares: of each, 1 together.
        target: a folder that exists.

    Raises:
        ModelError: a weight of the first model is absent or of another shape in another one.
    """
    with ExitStack() as opened:
        models = [opened.enter_context(safe_open(folder / WHOLE_WEIGHTS, "pt")) for folder in folders]
        names = [set(model.keys()) for model in models]
        if any(found != names[0] for found in names):
            raise ModelError("the models do not have the same weights; merge models of one architecture")
        weights = {}
        for name in sorted(names[0]):
            tensors = [model.get_tensor(name) for model in models]
            if any(tensor.shape != tensors[0].shape for tensor in tensors):
                raise ModelError(f"the models differ in the shape of {name}; merge models of one vocabulary")
            weights[name] = sum(
                (share * tensor.float() for share, tensor in zip(shares, tensors, strict=True)),
                start=torch.zeros(()),
            ).to(tensors[0].dtype)
    save_file(weights, target / WHOLE_WEIGHTS, {"format": "pt"})
    readable(target / WHOLE_WEIGHTS)
    return sha256(target / WHOLE_WEIGHTS)
