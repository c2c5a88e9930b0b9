"""PyTorch's names for what lies below its layers, and memory laid out otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backend, dtypes
from ..device import device as Device
from ..tensor import Tensor, wrap
from .table import FUNCTIONS, composite

f = FUNCTIONS


@composite(method=False, out=True)
def constant_pad_nd(input: Tensor, pad: Any, value: Any = 0) -> Tensor:
    """`nn.functional.pad` with a constant."""
    from ..nn.functional import pad as padded

    return padded(input, pad, "constant", value)


def _grid(input: Tensor, grid: Tensor, mode: int, padding: int, align_corners: bool) -> Tensor:
    from ..nn.functional import grid_sample

    names = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")
    return grid_sample(input, grid, names[0][mode], names[1][padding], align_corners)


@composite(method=False)
def grid_sampler_2d(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """`nn.functional.grid_sample` of images."""
    return _grid(input, grid, interpolation_mode, padding_mode, align_corners)


@composite(method=False)
def grid_sampler_3d(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """`nn.functional.grid_sample` of volumes."""
    return _grid(input, grid, interpolation_mode, padding_mode, align_corners)


@composite(method=False)
def native_layer_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None, bias: Tensor | None, eps: float
) -> tuple[Tensor, Tensor, Tensor]:
    """`nn.functional.layer_norm`, the mean and 1 / the standard deviation."""
    from ..nn.functional import layer_norm

    y = layer_norm(input, normalized_shape, weight, bias, eps)
    n = len(tuple(normalized_shape))
    dims = tuple(range(input.ndim - n, input.ndim))
    return (y, *_moments(input, dims, eps))


def _moments(x: Tensor, dims: tuple[int, ...], eps: float) -> tuple[Tensor, Tensor]:
    mean = f["mean"](x, dims, True)
    away = x - mean
    return mean, f["rsqrt"](f["mean"](away * away, dims, True) + eps)


@composite(method=False)
def native_group_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, N: int, C: int, HxW: int,
    group: int, eps: float,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """`nn.functional.group_norm`, the means and 1 / the standard deviations: (N, groups)."""
    from ..nn.functional import group_norm

    y = group_norm(input, group, weight, bias, eps)
    mean, rstd = _moments(input.reshape(N, group, -1), (2,), eps)
    return y, mean.squeeze(-1), rstd.squeeze(-1)


@composite(method=False)
def native_batch_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
    running_var: Tensor | None, training: bool, momentum: float, eps: float,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """`nn.functional.batch_norm`, the means and 1 / the standard deviations."""
    from ..nn.functional import batch_norm

    y = batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    if not training:
        return y, input.new_empty(0), input.new_empty(0)
    dims = (0, *range(2, input.ndim))
    mean, rstd = _moments(input, dims, eps)
    return y, mean.reshape(-1), rstd.reshape(-1)


# Memory ---------------------------------------------------------------------------------------


def _strided(size: Any, stride: Any, kind: Any, device: Any) -> Tensor:
    size, stride = tuple(size), tuple(stride)
    if len(size) != len(stride):
        raise RuntimeError(
            "dimensionality of sizes "
            f"({len(size)}) must match dimensionality of strides ({len(stride)})"
        )
    need = 0 if 0 in size else 1 + sum((n - 1) * s for n, s in zip(size, stride))
    chosen = dtypes.get_default_dtype() if kind is None else dtypes.checked(kind)
    flat = wrap(np.zeros(max(need, 1), chosen.numpy))
    if device is not None:
        flat._array = backend.named(Device(device)).from_host(flat._array)
    xp = backend.of(flat._array)
    made = xp.strided(flat._array, size, tuple(s * flat._array.itemsize for s in stride), 0)
    return wrap(made)


@composite(method=False)
def empty_strided(
    size: Any, stride: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """An unset tensor with these strides."""
    y = _strided(size, stride, dtype, device)
    return y.requires_grad_() if requires_grad else y


@composite(method=False)
def empty_permuted(
    size: Any, physical_layout: Any, *, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """An unset tensor whose dimensions lie in memory in this order."""
    size, order = tuple(size), tuple(physical_layout)
    if len(size) != len(order):
        raise RuntimeError(
            "Number of dimensions in size does not match the length of the physical_layout; i.e. "
            f"len(size) = {len(size)} is not equal to len(physical_layout) = {len(order)}"
        )
    if sorted(order) != list(range(len(size))):
        bad = next((d for d in order if not 0 <= d < len(size)), None)
        if bad is not None:
            raise RuntimeError(
                f"Dimension out of range (expected to be between 0 and {len(size) - 1}, but got "
                f"{bad} at index {order.index(bad)}).  NB: negative dims not currently supported; "
                "file an issue if you want it."
            )
        raise RuntimeError("Duplicate dim not allowed")
    stride, step = [0] * len(size), 1
    for d in reversed(order):
        stride[d] = step
        step *= max(size[d], 1)
    y = _strided(size, stride, dtype, device)
    return y.requires_grad_() if requires_grad else y


@composite(top=False)
def new_empty_strided(
    input: Tensor, size: Any, stride: Any, *, dtype: Any = None, layout: Any = None,
    device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """An unset tensor with these strides, and this tensor's dtype and device."""
    return empty_strided(
        size, stride, dtype=input.dtype if dtype is None else dtype,
        device=input.device if device is None else device, requires_grad=requires_grad,
    )  # fmt: skip


@composite(top=False)
def __rdiv__(input: Tensor, other: Any) -> Tensor:
    """other / input."""
    return other * f["reciprocal"](input) if isinstance(other, Tensor) else other / input
