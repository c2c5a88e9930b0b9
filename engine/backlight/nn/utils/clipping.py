"""Hold gradients in bounds, in place."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ... import backend
from ...tensor import Tensor, bump_version, wrap


def _tensors(parameters: Any) -> list[Tensor]:
    return [parameters] if isinstance(parameters, Tensor) else list(parameters)


def get_total_norm(
    tensors: Iterable[Tensor], norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """The norm of all tensors as if they were one vector."""
    arrays = [tensor._array for tensor in _tensors(tensors)]
    if not arrays:
        return wrap(np.array(0.0, np.float32))
    xp, norm_type = backend.of(arrays[0]), float(norm_type)
    kind = arrays[0].dtype
    if norm_type == math.inf:
        total = max(float(xp.abs(a).max()) if a.size else 0.0 for a in arrays)
    elif norm_type == 2.0:
        # One sum of squares; of each array by itself, as a product of the array with itself.
        total = math.sqrt(sum(float(xp.sum(xp.square(a), None, False, np.float64)) for a in arrays))
    else:
        sums = (float(xp.sum(xp.abs(a).astype(np.float64) ** norm_type)) for a in arrays)
        total = sum(sums) ** (1.0 / norm_type)
    if error_if_nonfinite and not math.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, "
            "so it cannot be clipped. To disable this error and scale the gradients by the "
            "non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return wrap(xp.from_host(np.array(total, kind)))


def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """Scale all gradients so that their common norm is at most `max_norm`; returns what it was."""
    gradients = [t.grad for t in _tensors(parameters) if t.grad is not None]
    total = get_total_norm(gradients, norm_type, error_if_nonfinite)
    factor = min(1.0, float(max_norm) / (total.item() + 1e-6))
    if factor == 1.0:
        return total
    for gradient in gradients:
        gradient._array *= gradient._array.dtype.type(factor)
        bump_version(gradient)
    return total


def clip_grad_value_(parameters: Any, clip_value: float, foreach: bool | None = None) -> None:
    """Hold every element of every gradient between -clip_value and clip_value."""
    clip_value = float(clip_value)
    for tensor in _tensors(parameters):
        if tensor.grad is not None:
            array = tensor.grad._array
            xp = backend.of(array)
            kind = array.dtype.type
            array[...] = xp.minimum(xp.maximum(array, kind(-clip_value)), kind(clip_value))
            bump_version(tensor.grad)
