"""Devices that lack what a processor has: an Apple GPU knows no float64."""

from __future__ import annotations

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from transformers import AutoModelForCausalLM, AutoTokenizer

from huggingtweets.machine.device import Device, choose_device
from huggingtweets.training import Predictor
from huggingtweets.training.batches import batches, encode
from huggingtweets.training.loss import nll, summed_loss
from huggingtweets.training.weights import Weights
from tests.helpers.tiny import tiny_base

GPU = Device("meta", "a GPU that computes shapes and types only", bf16=False)
CPU = torch.device("cpu")
READS = {torch.ops.aten._local_scalar_dense.default, torch.ops.aten.allclose.default}
TEXTS = ["one", "two words", "a longer post about the lamp and the rail " * 4]


class AppleGpu(TorchDispatchMode):
    """Makes the device "meta" one that can be read from, and that refuses to make float64, as "mps" does."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Compute, and look at what comes out."""
        kwargs = kwargs or {}
        if func in READS and args[0].is_meta:
            return 1
        if func is torch.ops.aten._to_copy.default and args[0].is_meta and kwargs.get("device") == CPU:
            return torch.ones(args[0].shape, dtype=kwargs.get("dtype") or args[0].dtype)
        result = func(*args, **kwargs)
        if any(isinstance(leaf, torch.Tensor) and _is_float64(leaf) for leaf in tree_leaves(result)):
            raise TypeError("Cannot convert a MPS Tensor to float64 dtype")
        return result


def _is_float64(tensor):
    return tensor.is_meta and tensor.dtype == torch.float64


@pytest.mark.parametrize("fused", [True, False])
def test_no_float64_is_made_on_a_gpu(tmp_path, fused):
    """Evaluation, loss, gradient and clipping make float64 on the processor only: "mps" has none."""
    tokenizer = AutoTokenizer.from_pretrained(tiny_base(tmp_path / "base"))
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    rows = encode(TEXTS, tokenizer, 64)
    model.to("meta")
    with AppleGpu():
        weights = Weights(model, torch.float32)
        lm_head = model.get_output_embeddings().weight if fused else None
        assert nll(model, rows, 0, GPU, lm_head).dtype == torch.float64
        assert len(Predictor(model, tokenizer, GPU).bits(TEXTS)) == len(TEXTS)
        summed_loss(model, batches(rows, 256, 0, None)[0], GPU, lm_head).backward()
        assert weights.clip_factor(1.0).item()


@pytest.mark.parametrize(
    ("capability", "architectures", "kind"),
    [
        ((9, 0), ["sm_80", "sm_90"], "cuda"),
        ((8, 9), ["sm_75", "sm_80", "sm_90"], "cuda"),  # machine code of the same major version
        ((12, 1), ["sm_90", "sm_120"], "cuda"),
        ((13, 0), ["sm_90", "compute_90"], "cuda"),  # is translated
        ((9, 0), ["sm_90a"], "cuda"),
        ((9, 0), ["gfx90a", "gfx942"], "cuda"),  # AMD has other names
        ((9, 0), [], "cuda"),
        ((6, 1), ["sm_75", "sm_80", "sm_90", "compute_90"], "cpu"),
        ((5, 2), ["sm_60", "sm_70"], "cpu"),
        ((8, 0), ["sm_86"], "cpu"),
        ((9, 1), ["sm_90a"], "cpu"),
        ((13, 0), ["sm_90", "sm_120"], "cpu"),
    ],
)
def test_a_gpu_is_taken_where_pytorch_has_code_for_it(capability, architectures, kind, monkeypatch):
    """On one that is too old for it the first product of matrices would end the run."""
    monkeypatch.delenv("HUGGINGTWEETS_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda: capability)
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: architectures)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "a GPU")
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device().kind == kind


def test_the_device_of_the_test_refuses_float64():
    """It is no Apple GPU that lets everything through."""
    with AppleGpu(), pytest.raises(TypeError, match="float64"):
        torch.ones(2, device="meta").double()
