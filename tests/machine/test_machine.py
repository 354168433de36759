"""What is known of the machine that this program runs on."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from huggingtweets.machine import has_gpu_driver, this_machine


def test_this_machine_is_known():
    """Memory and cores are those of the machine, and its GPU is the one that PyTorch knows."""
    machine = this_machine()
    assert machine.memory > 0.5
    assert machine.cores >= 1
    assert bool(machine.gpu) == torch.cuda.is_available()


def test_a_machine_without_a_driver_needs_no_torch_to_be_known():
    """`recipes` answers without loading what only a GPU, or a training, needs."""
    if has_gpu_driver():
        pytest.skip("this machine has a GPU's driver, so PyTorch is asked for the GPU")
    code = (
        "import sys; sys.argv = ['huggingtweets', 'recipes']\n"
        "from huggingtweets.cli import app\n"
        "app(standalone_mode=False)\n"
        "sys.exit(' '.join({'torch', 'transformers'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "chosen by train" in done.stdout


def test_a_driver_makes_pytorch_the_judge(tmp_path, monkeypatch):
    """Where a driver is there, PyTorch says which GPU it knows; a driver alone is no GPU."""
    monkeypatch.setattr("huggingtweets.machine.NVIDIA_DRIVERS", ())
    monkeypatch.setattr("huggingtweets.machine.AMD_DRIVER", tmp_path / "kfd")
    assert not has_gpu_driver()
    (tmp_path / "kfd").touch()
    assert has_gpu_driver()
    assert bool(this_machine().gpu) == torch.cuda.is_available()
