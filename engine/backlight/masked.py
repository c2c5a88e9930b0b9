"""Reductions of what a mask leaves (`torch.masked`): True takes part."""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from . import dtypes, errors, ops
from .tensor import Tensor, wrap

f = ops.FUNCTIONS


def _dims(dim: Any, ndim: int) -> tuple[int, ...]:
    if dim is None or (isinstance(dim, (tuple, list)) and not len(dim)):
        return tuple(range(ndim))
    given = (dim,) if isinstance(dim, int) else tuple(dim)
    return tuple(d % builtins.max(ndim, 1) for d in given)


def _mask_of(input: Tensor, mask: Tensor | None) -> Tensor:
    if mask is None:
        return wrap(np.ones(tuple(input.shape), bool)).to(input.device)
    if mask.ndim > input.ndim:
        raise IndexError(
            "_input_mask expected broadcastable mask (got mask dimensionality higher than of the "
            "input)"
        )
    return mask.to(dtypes.bool_).expand(tuple(input.shape))


def _kept(input: Tensor, mask: Tensor | None, value: Any) -> Tensor:
    if mask is None:
        return input
    return f["where"](_mask_of(input, mask), input, value).to(input.dtype)


def _least(x: Tensor, largest: bool) -> Any:
    """The identity of max, or of min."""
    if x.dtype.is_floating_point:
        return -math.inf if largest else math.inf
    if x.dtype is dtypes.bool_:
        return not largest
    info = dtypes.iinfo(x.dtype)
    return info.min if largest else info.max


def _reduced(name: str, x: Tensor, dim: Any, keepdim: bool) -> Tensor:
    """A reduction over dimensions; none at all leaves a 0-d tensor as it is."""
    dims = _dims(dim, x.ndim)
    if not x.ndim:
        return x.clone()
    if name == "prod":
        for d in sorted(dims, reverse=True):
            x = f["prod"](x, d, keepdim)
        return x
    return f[name](x, dims, keepdim)


def _whole(dtype: Any, input: Tensor) -> Any:
    """Sums and products of integers are long."""
    if dtype is not None:
        return dtype
    if not (input.is_floating_point() or input.is_complex()):
        return dtypes.int64
    return input.dtype


def sum(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The sum of what the mask leaves."""
    kind = _whole(dtype, input)
    return _reduced("sum", _kept(input, mask, 0).to(kind), dim, keepdim).to(kind)


def prod(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The product of what the mask leaves."""
    kind = _whole(dtype, input)
    return _reduced("prod", _kept(input, mask, 1).to(kind), dim, keepdim).to(kind)


def cumsum(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Running sums of what the mask leaves."""
    kind = dtype or input.dtype
    return f["cumsum"](_kept(input, mask, 0), dim, dtype=kind)


def cumprod(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Running products of what the mask leaves."""
    kind = dtype or input.dtype
    return f["cumprod"](_kept(input, mask, 1), dim, dtype=kind)


def amax(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The largest of what the mask leaves."""
    kind = dtype or input.dtype
    return _reduced("amax", _kept(input, mask, _least(input, True)), dim, keepdim).to(kind)


def amin(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The least of what the mask leaves."""
    kind = dtype or input.dtype
    return _reduced("amin", _kept(input, mask, _least(input, False)), dim, keepdim).to(kind)


def argmax(
    input: Tensor, dim: int | None = None, *, keepdim: bool = False, dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The place of the largest of what the mask leaves."""
    found = f["argmax"](_kept(input, mask, _least(input, True)), dim, keepdim)
    return found.to(dtype or input.dtype)


def argmin(
    input: Tensor, dim: int | None = None, *, keepdim: bool = False, dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The place of the least of what the mask leaves."""
    found = f["argmin"](_kept(input, mask, _least(input, False)), dim, keepdim)
    return found.to(dtype or input.dtype)


def _count(input: Tensor, dim: Any, keepdim: bool, mask: Tensor | None, kind: Any) -> Tensor:
    ones = _mask_of(input, mask).to(dtypes.int64)
    return _reduced("sum", ones, dim, keepdim).to(kind)


def mean(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The mean of what the mask leaves."""
    kind = dtype or input.dtype
    if not (kind.is_floating_point or kind.is_complex):
        raise RuntimeError(f"masked.mean needs a floating point or complex dtype, not {kind}")
    total = sum(input, dim, keepdim=keepdim, dtype=kind, mask=mask)
    return total / _count(input, dim, keepdim, mask, total.dtype)


def median(
    input: Tensor, dim: int = -1, *, keepdim: bool = False, dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The median of what the mask leaves."""
    kind = dtype or input.dtype
    if not kind.is_floating_point:
        raise ValueError(f"input must be a floating point tensor, got {kind}")
    if not input.ndim:
        return input.to(kind)
    return f["nanmedian"](_kept(input.to(kind), mask, math.nan), dim, keepdim)[0]


def logsumexp(
    input: Tensor, dim: Any = None, *, keepdim: bool = False, dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The log of the sum of exponentials of what the mask leaves."""
    kind = dtype or input.dtype
    dims = _dims(dim, input.ndim)
    x = _kept(input, mask, -math.inf)
    return f["logsumexp"](x, dims if x.ndim else (0,), keepdim).to(kind)


def logaddexp(
    input: Tensor, other: Tensor, *, dtype: Any = None, input_mask: Tensor | None = None,
    other_mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """`logaddexp` of what the masks leave."""
    kind = dtype or input.dtype
    return f["logaddexp"](
        _kept(input, input_mask, -math.inf), _kept(other, other_mask, -math.inf)
    ).to(kind)


def norm(
    input: Tensor, ord: float | None = 2.0, dim: Any = None, *, keepdim: bool = False,
    dtype: Any = None, mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The p-norm of what the mask leaves."""
    kind = dtype or input.dtype
    ord = 2.0 if ord is None else float(ord)
    x = _kept(input, mask, math.inf if ord < 0 else 0).to(kind)
    dims = _dims(dim, x.ndim)
    from .linalg import vector_norm

    return vector_norm(x, ord, dims if x.ndim else None, keepdim)


def _variance(
    input: Tensor, dim: Any, unbiased: bool | None, correction: Any, keepdim: bool, dtype: Any,
    mask: Tensor | None, root: bool,
) -> Tensor:  # fmt: skip
    kind = dtype or input.dtype
    if not (kind.is_floating_point or kind.is_complex):
        kind = dtypes.float32
    step = correction if correction is not None else int(True if unbiased is None else unbiased)
    x = input.to(kind)
    count = _count(input, dim, True, mask, dtypes.int64)
    middle = sum(x, dim, keepdim=True, mask=mask) / count.to(kind)
    away = _kept(x - middle, mask, 0)
    square = away * f["conj"](away) if away.is_complex() else away * away
    total = _reduced("sum", square, dim, keepdim)
    n = count.reshape(tuple(total.shape))
    freedom = f["clamp"](n - step, min=0) if step else n
    y = total / freedom.to(total.dtype)
    return f["sqrt"](y) if root else y


def var(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, *, correction: Any = None,
    keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The variance of what the mask leaves."""
    return _variance(input, dim, unbiased, correction, keepdim, dtype, mask, False)


def std(
    input: Tensor, dim: Any = None, unbiased: bool | None = None, *, correction: Any = None,
    keepdim: bool = False, dtype: Any = None, mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The standard deviation of what the mask leaves."""
    return _variance(input, dim, unbiased, correction, keepdim, dtype, mask, True)


def softmax(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Softmax over what the mask leaves."""
    x = _kept(input, mask, -math.inf)
    return f["softmax"](x if dtype is None else x.to(dtype), dim)


def log_softmax(
    input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None
) -> Tensor:
    """The log of the softmax over what the mask leaves."""
    x = _kept(input, mask, -math.inf)
    return f["log_softmax"](x if dtype is None else x.to(dtype), dim)


def softmin(input: Tensor, dim: int, *, dtype: Any = None, mask: Tensor | None = None) -> Tensor:
    """Softmin over what the mask leaves."""
    x = _kept(input, mask, math.inf)
    return f["softmax"](-(x if dtype is None else x.to(dtype)), dim)


def normalize(
    input: Tensor, ord: float, dim: int, *, eps: float = 1e-12, dtype: Any = None,
    mask: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Divided by the p-norm of what the mask leaves."""
    kind = dtype or input.dtype
    x = _kept(input, mask, 0).to(kind)
    size = norm(input, ord, dim, keepdim=True, dtype=dtype, mask=mask)
    return x / f["clamp"](size.real if size.is_complex() else size, min=eps)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.missing_name("torch.masked", name, globals())
