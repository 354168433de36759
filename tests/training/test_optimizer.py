"""The optimizer over flat buffers moves weights as PyTorch's own does, with momentum and without."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from huggingtweets import load_recipe
from huggingtweets.training import weights as weights_module
from huggingtweets.training.optimizer import Optimizer
from huggingtweets.training.weights import Weights

WITH_AND_WITHOUT = pytest.mark.parametrize("beta1", [0.9, 0.0])


@pytest.fixture(autouse=True)
def small_slices(monkeypatch):
    """Slices so small that the model of these tests has many."""
    monkeypatch.setattr(weights_module, "SLICE", 1000)


def optimizer(beta1):
    """The weights of a small model, and what moves them."""
    torch.manual_seed(0)
    flat = Weights(nn.Sequential(nn.Linear(64, 64), nn.Linear(64, 32)), torch.float32)
    recipe = load_recipe("starter", [f"beta1={beta1}", "learning_rate=1e-2", "gradient_clip=1e9"])
    return flat, Optimizer(flat, recipe)


def gradient(flat, step):
    """A gradient that changes from step to step."""
    generator = torch.Generator().manual_seed(step)
    return torch.randn(len(flat.master_weights), generator=generator)


def move(flat, by, steps):
    """Take the steps with these numbers."""
    for step in steps:
        flat.gradient.copy_(gradient(flat, step))
        by.step(1.0)


@WITH_AND_WITHOUT
def test_slices_together_move_as_one_parameter_does(beta1):
    """What slices share without momentum, the memory of their means, mixes none of them up."""
    flat, slices = optimizer(beta1)
    whole = flat.master_weights.clone()
    adam = torch.optim.AdamW([whole], lr=1e-2, betas=(beta1, 0.999), weight_decay=0.0)
    move(flat, slices, range(5))
    for step in range(5):
        whole.grad = gradient(flat, step)
        adam.step()
    torch.testing.assert_close(flat.master_weights, whole)


@WITH_AND_WITHOUT
def test_steps_go_on_from_a_state_as_if_never_interrupted(beta1):
    """What a checkpoint keeps of the optimizer suffices."""
    flat, undisturbed = optimizer(beta1)
    move(flat, undisturbed, range(3))
    state = {name: value.clone() for name, value in undisturbed.state().items()}
    again, resumed = optimizer(beta1)
    again.master_weights.copy_(flat.master_weights)
    resumed.restore(state)
    move(flat, undisturbed, range(3, 6))
    move(again, resumed, range(3, 6))
    assert torch.equal(again.master_weights, flat.master_weights)


@WITH_AND_WITHOUT
def test_without_momentum_nothing_is_kept_for_it(beta1):
    """One number a weight is kept for its variance, and a second one for its mean only where it has one."""
    flat, moments = optimizer(beta1)
    tensors = moments.state().values()
    kept = sum(value.numel() for value in tensors if value.dim())
    assert kept == len(flat.master_weights) * (2 if beta1 else 1)


def test_muon_leaves_the_clipping_of_the_others_as_it_is(monkeypatch):
    """The norm by which gradients are clipped is that of the gradient, not of what Muon makes of it."""
    torch.manual_seed(0)
    flat = Weights(nn.Sequential(nn.Linear(64, 64), nn.Linear(64, 32)), torch.float32)
    recipe = load_recipe("starter", ["optimizer=muon", "gradient_clip=1.0"])
    factors, clip_factor = [], Weights.clip_factor
    monkeypatch.setattr(
        Weights, "clip_factor", lambda self, norm: factors.append(clip_factor(self, norm)) or factors[-1]
    )
    by = Optimizer(flat, recipe)
    for step in range(3):
        move(flat, by, [step])
        assert factors[step] == pytest.approx(1 / gradient(flat, step).norm().item(), rel=1e-4)
