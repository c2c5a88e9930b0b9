"""Batch normalisation as one row, in training and in evaluation."""

from __future__ import annotations

import math
from typing import Any

from .table import kernel, op


def _axes(input: Any) -> tuple[int, ...]:
    return (0, *range(2, len(input.shape)))


@kernel
def by_channel(x: Any, ndim: int) -> Any:
    """(C,) -> (1, C, 1, ...)."""
    return x.reshape((1, -1, *[1] * (ndim - 2)))


@kernel
def batch_norm_kernel(xp: Any, input: Any, weight: Any, bias: Any, eps: float) -> tuple[Any, ...]:
    axes = _axes(input)
    kind = input.dtype.type
    n = kind(math.prod(input.shape[a] for a in axes))
    mean = xp.sum(input, axes, True) / n
    y = input - mean
    var = xp.sum(y * y, axes, True) / n
    rstd = 1 / xp.sqrt(var + kind(eps))
    y *= rstd if weight is None else rstd * by_channel(weight, input.ndim)
    if bias is not None:
        y += by_channel(bias, input.ndim)
    return y, mean, rstd, var


@kernel
def batch_norm_gradient(
    m: Any, g: Any, input: Any, weight: Any, mean: Any, rstd: Any, needs: tuple
) -> tuple[Any, Any, Any]:
    """Gradients of input, weight and bias (Ioffe and Szegedy 2015)."""
    axes, ndim = _axes(input), len(input.shape)
    hat = (input - mean) * rstd
    d_input = d_weight = d_bias = None
    if needs[0]:
        gw = g if weight is None else g * by_channel(weight, ndim)
        share = 1.0 / max(math.prod(tuple(input.shape)[a] for a in axes), 1)
        a = m.sum(gw, axes, True) * share
        b = m.sum(gw * hat, axes, True) * share
        d_input = (gw - a - hat * b) * rstd
    if needs[1]:
        d_weight = m.sum(g * hat, axes)
    if needs[2]:
        d_bias = m.sum(g, axes)
    return d_input, d_weight, d_bias


@kernel
def batch_norm_statistics(m: Any, input: Any, eps: float) -> tuple[Any, Any]:
    """Mean and 1 / standard deviation with a graph of their own."""
    axes = _axes(input)
    return m.mean(input, axes, True), m.rsqrt(m._var(input, axes, 0, True) + eps)


op(
    "native_batch_norm(input, weight: Tensor=None, bias: Tensor=None, eps=1e-5)",
    "batch_norm_kernel(xp, input, weight, bias, eps)",
    outputs=("_y", "mean", "rstd", "_var"), node="NativeBatchNorm", shown="batch_norm",
    public=False,
    formulas={"input,weight,bias": "batch_norm_gradient(m, g, input, weight, mean, rstd, needs)"},
    traced={
        "input,weight,bias": "batch_norm_gradient(m, g, input, weight, "
        "*batch_norm_statistics(m, input, eps), needs)"
    },
)  # fmt: skip


@kernel
def batch_norm_fixed_kernel(
    xp: Any, input: Any, weight: Any, bias: Any, mean: Any, var: Any, eps: float
) -> Any:
    scale = 1 / xp.sqrt(var + input.dtype.type(eps))
    if weight is not None:
        scale = scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    return input * by_channel(scale, input.ndim) + by_channel(shift, input.ndim)


@kernel
def batch_norm_fixed_gradient(
    m: Any, g: Any, input: Any, weight: Any, mean: Any, var: Any, eps: float, needs: tuple
) -> tuple[Any, Any, Any]:
    axes, ndim = _axes(input), len(input.shape)
    rstd = m.rsqrt(var + eps)
    d_input = d_weight = d_bias = None
    if needs[0]:
        d_input = g * by_channel(rstd if weight is None else rstd * weight, ndim)
    if needs[1]:
        hat = (input - by_channel(mean, ndim)) * by_channel(rstd, ndim)
        d_weight = m.sum(g * hat, axes)
    if needs[2]:
        d_bias = m.sum(g, axes)
    return d_input, d_weight, d_bias


op(
    "_batch_norm_fixed(input, weight: Tensor=None, bias: Tensor=None, mean: Index=None, "
    "var: Index=None, eps=1e-5)",
    "batch_norm_fixed_kernel(xp, input, weight, bias, mean, var, eps)",
    node="NativeBatchNorm", shown="batch_norm", public=False,
    formulas={
        "input,weight,bias": "batch_norm_fixed_gradient(m, g, input, weight, mean, var, eps, needs)"
    },
)  # fmt: skip
