"""Samples of the engine's operations: a function of `t` (torch or Backlight) and of its inputs.

Each entry has the shapes of the inputs and the range their values are drawn from. Values keep away
from kinks (a relu at 0), where differences say nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from samples_later import LATER
from samples_spatial import SPATIAL


@dataclass(frozen=True, slots=True)
class Sample:
    """One case: `function(t, *inputs)` over inputs of these shapes, drawn from `low` to `high`."""

    function: Callable[..., Any]
    shapes: tuple[tuple[int, ...], ...] = ((2, 3),)
    low: float = 0.2
    high: float = 1.8
    rtol: float = 1e-12  # how close PyTorch's values are; wider where those are off

    def inputs(self) -> list[Any]:
        """Return float64 arrays, always the same, all values apart from each other."""
        draw = np.random.RandomState(7)
        arrays = []
        for shape in self.shapes:
            count = int(np.prod(shape))
            values = np.linspace(self.low, self.high, count + 2)[1:-1]
            arrays.append(draw.permutation(values).reshape(shape) + 0.003 * len(arrays))
        return arrays


def one(name: str, low: float = 0.2, high: float = 1.8) -> Sample:
    """A function of one tensor, by its name."""
    return Sample(lambda t, x: getattr(t, name)(x), low=low, high=high)


def two(name: str) -> Sample:
    """A function of two tensors that are broadcast."""
    return Sample(lambda t, x, y: getattr(t, name)(x, y), ((2, 3), (3,)))


UNARY = (
    "neg reciprocal abs square exp exp2 expm1 log log2 log10 log1p sqrt rsqrt sin cos tan atan sinh "
    "cosh tanh asinh erf erfc sigmoid relu"
).split()
BINARY = "add sub mul div maximum minimum atan2 hypot logaddexp xlogy fmax fmin".split()

SAMPLES: dict[str, Sample] = {name: one(name) for name in UNARY}
SAMPLES |= {name: two(name) for name in BINARY}
SAMPLES |= {
    "asin": one("asin", -0.8, 0.8),
    "acos": one("acos", -0.8, 0.8),
    "atanh": one("atanh", -0.8, 0.8),
    "acosh": one("acosh", 1.2, 3),
    "tan": one("tan", -1.2, 1.2),
    "add_alpha": Sample(lambda t, x, y: t.add(x, y, alpha=3), ((2, 3), (2, 1))),
    "reversed": Sample(lambda t, x: 2 / x + (3 - x) * 2 - x / 4),
    "pow": Sample(lambda t, x: x**3 + x**0.5 + 2**x),
    "pow_tensor": Sample(lambda t, x, y: x**y, ((2, 3), (3,))),
    "remainder": Sample(lambda t, x, y: x % y, ((2, 3), (3,))),
    "softplus": Sample(lambda t, x: t.nn.functional.softplus(x)),
    "silu": Sample(lambda t, x: t.nn.functional.silu(x)),
    "elu": Sample(lambda t, x: t.nn.functional.elu(x), low=-2),
    "leaky_relu": Sample(lambda t, x: t.nn.functional.leaky_relu(x, 0.1), low=-2),
    "gelu": Sample(lambda t, x: t.nn.functional.gelu(x), low=-2),
    "gelu_tanh": Sample(lambda t, x: t.nn.functional.gelu(x, approximate="tanh"), low=-2),
    "clamp": Sample(lambda t, x: x.clamp(0.5, 1.5)),
    "clamp_min": Sample(lambda t, x: x.clamp(min=0.7)),
    "lerp": Sample(lambda t, x, y: t.lerp(x, y, 0.3), ((2, 3), (2, 3))),
    "addcmul": Sample(lambda t, x, y, z: t.addcmul(x, y, z, value=2), ((2, 3),) * 3),
    "addcdiv": Sample(lambda t, x, y, z: t.addcdiv(x, y, z, value=2), ((2, 3),) * 3),
    "where": Sample(lambda t, x, y: t.where(x > y, x * 2, y), ((2, 3), (2, 3))),
    "sum": Sample(lambda t, x: x.sum()),
    "sum_dim": Sample(lambda t, x: x.sum(1, keepdim=True)),
    "mean": Sample(lambda t, x: x.mean((0, 2)), ((2, 3, 4),)),
    "prod": Sample(lambda t, x: x.prod(1)),
    "max": Sample(lambda t, x: x.max()),
    "max_dim": Sample(lambda t, x: x.max(1).values),
    "amin": Sample(lambda t, x: x.amin(0)),
    "var": Sample(lambda t, x: x.var(1)),
    "std": Sample(lambda t, x: x.std(0, unbiased=False)),
    "norm": Sample(lambda t, x: x.norm()),
    "logsumexp": Sample(lambda t, x: t.logsumexp(x, 1)),
    "cumsum": Sample(lambda t, x: x.cumsum(1)),
    "cumprod": Sample(lambda t, x: x.cumprod(1)),
    "cumprod_zeros": Sample(lambda t, x: (x * t.tensor([1.0, 0, 1, 0])[: x.shape[1]]).cumprod(1)),
    "matmul": Sample(lambda t, x, y: x @ y, ((2, 3), (3, 4))),
    "matmul_batch": Sample(lambda t, x, y: x @ y, ((5, 2, 3), (3, 4))),
    "matmul_vector": Sample(lambda t, x, y: x @ y, ((2, 3), (3,))),
    "bmm": Sample(lambda t, x, y: t.bmm(x, y), ((2, 2, 3), (2, 3, 2))),
    "dot": Sample(lambda t, x, y: t.dot(x, y), ((4,), (4,))),
    "outer": Sample(lambda t, x, y: t.outer(x, y), ((2,), (3,))),
    "addmm": Sample(lambda t, b, x, y: t.addmm(b, x, y), ((4,), (2, 3), (3, 4))),
    "linear": Sample(lambda t, x, w, b: t.nn.functional.linear(x, w, b), ((2, 5, 3), (4, 3), (4,))),
    "einsum": Sample(lambda t, x, y: t.einsum("bij,bjk->ik", x, y), ((2, 2, 3), (2, 3, 2))),
    "reshape": Sample(lambda t, x: x.reshape(3, 2) * 2),
    "transpose": Sample(lambda t, x: x.T.contiguous().view(2, 3)),
    "permute": Sample(lambda t, x: x.permute(2, 0, 1) ** 2, ((2, 3, 2),)),
    "expand": Sample(lambda t, x: x.expand(4, 2, 3) * 2),
    "squeeze": Sample(lambda t, x: x.unsqueeze(1).squeeze(1).unsqueeze(-1)),
    "unfold_dim": Sample(lambda t, x: x.unfold(1, 2, 1) * 2),
    "repeat": Sample(lambda t, x: x.repeat(2, 2)),
    "flip": Sample(lambda t, x: x.flip(0, 1)),
    "roll": Sample(lambda t, x: x.roll(1, 1)),
    "tril": Sample(lambda t, x: x.tril() + x.triu(1)),
    "diagonal": Sample(lambda t, x: x.diagonal()),
    "cat": Sample(lambda t, x, y: t.cat([x, y, x], 1), ((2, 3), (2, 1))),
    "stack": Sample(lambda t, x, y: t.stack([x, y]), ((2, 3), (2, 3))),
    "split": Sample(lambda t, x: x.split(2, 1)[0] * x.chunk(3, 1)[2]),
    "index_basic": Sample(lambda t, x: x[1, 1:] * x[0, None, :2]),
    "index_integer": Sample(lambda t, x: x[t.tensor([0, 1, 0, 0])]),
    "index_bool": Sample(lambda t, x: x[x > 1]),
    "index_mixed": Sample(lambda t, x: x[1:, t.tensor([2, 0])], ((3, 3),)),
    "gather": Sample(lambda t, x: x.gather(1, t.tensor([[0, 2], [1, 1]]))),
    "index_select": Sample(lambda t, x: x.index_select(1, t.tensor([2, 0, 2]))),
    "masked_fill": Sample(lambda t, x: x.masked_fill(x > 1, 0.5)),
    "scatter_add": Sample(
        lambda t, x, y: x.scatter_add(1, t.tensor([[0, 0], [2, 1]]), y), ((2, 3), (2, 2))
    ),
    "sort": Sample(lambda t, x: x.sort(1).values * x),
    "topk": Sample(lambda t, x: x.topk(2, 1).values),
    "softmax": Sample(lambda t, x: t.softmax(x, 1)),
    "log_softmax": Sample(lambda t, x: t.log_softmax(x, 0)),
    "cross_entropy": Sample(lambda t, x: t.nn.functional.cross_entropy(x, t.tensor([2, 0]))),
    "mse_loss": Sample(lambda t, x, y: t.nn.functional.mse_loss(x, y), ((2, 3), (2, 3))),
    "bce_with_logits": Sample(
        lambda t, x: t.nn.functional.binary_cross_entropy_with_logits(x, t.ones_like(x) * 0.3)
    ),
    "layer_norm": Sample(
        lambda t, x, w, b: t.nn.functional.layer_norm(x, (3,), w, b), ((2, 3), (3,), (3,))
    ),
    "embedding": Sample(
        lambda t, w: t.nn.functional.embedding(t.tensor([[0, 2], [1, 2]]), w), ((3, 2),)
    ),
    "div_rounded": Sample(
        lambda t, x, y: (
            t.div(x, y, rounding_mode="floor") + t.div(x, y, rounding_mode="trunc") + x * y
        ),
        ((2, 3), (3,)),
    ),
    "fmod": Sample(lambda t, x, y: t.fmod(x, y), ((2, 3), (3,))),
    "positive": Sample(lambda t, x: +x * x),
    "steps": Sample(
        lambda t, x: x * (x.sign() + x.floor() + x.ceil() + x.trunc() + x.round()) + x.frac()
    ),
    "nan_to_num": Sample(lambda t, x: t.nan_to_num(x) * x),
    "hardtanh": Sample(lambda t, x: t.nn.functional.hardtanh(x) * x),
    "clamp_tensor": Sample(lambda t, x, y: x.clamp(min=y) * x.clamp(max=y), ((2, 3), (3,))),
    "amax": Sample(lambda t, x: x.amax(1) * x.min() + x.min(1).values),
    "masked_select": Sample(lambda t, x: t.masked_select(x, x > 1)),
    "scatter": Sample(
        lambda t, x, y: (
            x.scatter(1, t.tensor([[0, 1], [2, 1]]), y) * x.scatter(1, t.tensor([[0], [2]]), 2.0)
        ),
        ((2, 3), (2, 2)),
    ),
    "index_add": Sample(lambda t, x, y: x.index_add(0, t.tensor([1, 0, 1]), y), ((2, 3), (3, 3))),
    "index_put": Sample(lambda t, x: _put(t, x)),
    "huber_loss": Sample(
        lambda t, x, y: t.nn.functional.huber_loss(x, y, delta=0.5), ((2, 3), (2, 3))
    ),
    "smooth_l1_loss": Sample(
        lambda t, x, y: t.nn.functional.smooth_l1_loss(x, y, beta=0.5), ((2, 3), (2, 3))
    ),
    "bce": Sample(
        lambda t, x: t.nn.functional.binary_cross_entropy(x, t.ones_like(x) * 0.3),
        low=0.1,
        high=0.9,
    ),
    "nll_loss": Sample(lambda t, x: t.nn.functional.nll_loss(x.log(), t.tensor([2, 0]))),
    "inplace": Sample(lambda t, x: (x * 2).mul_(3).add_(x).exp_()),
    "setitem": Sample(lambda t, x: _written(t, x)),
    "nested_view_write": Sample(lambda t, x: _through_views(x)),
}


def _written(t: Any, x: Any) -> Any:
    y = x * 1
    y[0, 1:] = x[1, :2] * 3
    y[:, 0] *= 2
    return y


def _through_views(x: Any) -> Any:
    y = x * 1
    y.view(-1)[2:].view(2, 2)[1].mul_(x[0, 0])
    return y * y


def _put(t: Any, x: Any) -> Any:
    y = x * 1
    y[t.tensor([0])] = x[1:] * 2
    y[t.tensor([1]), t.tensor([2])] = 3.0
    y[1, :1].fill_(2.0)
    return y


SAMPLES |= {name: Sample(*entry) for name, entry in SPATIAL.items()}
SAMPLES |= {name: Sample(*entry) for name, entry in LATER.items()}
