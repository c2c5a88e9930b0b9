"""Reductions, counts and orders that few programs use; written over Tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes, errors
from ..tensor import Tensor, wrap
from .apply import return_type
from .table import FUNCTIONS, composite

f = FUNCTIONS


def _axis(dim: int, ndim: int) -> int:
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
        )
    return dim % n


def _like(array: Any, tensor: Tensor) -> Tensor:
    """A constant beside a tensor."""
    return wrap(np.asarray(array, order="C")).to(tensor.device)


def _numbers(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()


def _is_float(x: Tensor) -> bool:
    return x.is_floating_point()


# Without the NaN ------------------------------------------------------------------------------


@composite(out=True)
def nansum(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum of what is not NaN."""
    if input.is_complex():
        raise RuntimeError("nansum does not support complex inputs")
    x = f["where"](f["isnan"](input), 0, input) if _is_float(input) else input
    return f["sum"](x, dim, keepdim, dtype=dtype) if dim is not None else f["sum"](x, dtype=dtype)


@composite(out=True)
def nanmean(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean of what is not NaN."""
    if not (input.is_floating_point() or input.is_complex()):
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{str(input.dtype).removeprefix('torch.').capitalize()}"
        )
    real = f["logical_not"](f["isnan"](input))
    count = f["sum"](real, dim, keepdim) if dim is not None else f["sum"](real)
    x = f["where"](real, input, 0)
    if dim is None:
        return f["sum"](x, dtype=dtype) / count
    return f["sum"](x, dim, keepdim, dtype=dtype) / count


# Pairs ----------------------------------------------------------------------------------------


@composite
def std_mean(
    input: Tensor, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *,
    correction: Any = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Standard deviation and mean."""
    var, mean = (
        f["var_mean"](input, dim, unbiased, keepdim=keepdim, correction=correction)
        if (correction is not None or unbiased is not None)
        else f["var_mean"](input, dim, keepdim=keepdim)
    )
    return f["sqrt"](var), mean


@composite(out=True)
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """The least and the largest (min, max)."""
    if input.is_complex():
        raise RuntimeError("aminmax not implemented for 'ComplexFloat'")
    if not input.numel() and dim is None:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    named = return_type("aminmax", ("min", "max"))
    if dim is None:
        low, high = f["amin"](input, ()), f["amax"](input, ())
        if keepdim and input.ndim:
            low, high = (x.reshape([1] * input.ndim) for x in (low, high))
        return named(low, high)
    return named(f["amin"](input, dim, keepdim), f["amax"](input, dim, keepdim))


# Orders ---------------------------------------------------------------------------------------


def _picked(name: str, input: Tensor, places: np.ndarray, dim: int, keepdim: bool) -> Any:
    """The elements at places (with the dimension kept, of size 1), and the places."""
    named = return_type(name, ("values", "indices"))
    if not input.ndim:
        return named(input.clone(), _like(np.zeros((), np.int64), input))
    index = _like(places.astype(np.int64), input)
    values = f["gather"](input, dim, index)
    if keepdim:
        return named(values, index)
    return named(values.squeeze(dim), index.squeeze(dim))


@composite(out=True)
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th smallest along a dimension, and its place (values, indices)."""
    dim = _axis(dim, input.ndim)
    size = input.shape[dim] if input.ndim else 1
    if input.ndim and not size:
        raise IndexError(f"kthvalue(): Expected reduction dim {dim} to have non-zero size.")
    if not 1 <= k <= size:
        raise RuntimeError("kthvalue(): selected number k out of range for dimension " + str(dim))
    order = (
        np.argsort(_numbers(input), axis=dim if input.ndim else 0, kind="stable")
        if (input.ndim)
        else np.zeros((), int)
    )
    places = np.take(order, [k - 1], axis=dim) if input.ndim else order
    return _picked("kthvalue", input, places, dim, keepdim)


@composite(out=True)
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
    """The most frequent value along a dimension (the least of several), and its last place."""
    dim = _axis(dim, input.ndim)
    if input.ndim and not input.shape[dim]:
        raise IndexError(f"mode(): Expected reduction dim {dim} to have non-zero size.")
    if not input.ndim:
        return _picked("mode", input, np.zeros((), int), dim, keepdim)
    x = np.moveaxis(_numbers(input), dim, -1)
    flat = x.reshape(-1, x.shape[-1])
    places = np.empty(len(flat), np.int64)
    for row, values in enumerate(flat):
        kinds, counts = np.unique(values, return_counts=True)
        best = kinds[counts.argmax()]
        same = np.flatnonzero(values == best) if best == best else np.flatnonzero(values != values)
        places[row] = same[-1]
    places = np.moveaxis(places.reshape(*x.shape[:-1], 1), -1, dim)
    return _picked("mode", input, places, dim, keepdim)


@composite(out=True)
def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle of what is not NaN (the lower of two); with `dim` also its place."""
    if dim is None:
        if not input.numel():
            return input.new_full((), math.nan)
        flat = input.reshape(-1)
        return _nanmedian(flat, 0, False)[0]
    if input.ndim and not input.shape[_axis(dim, input.ndim)]:
        raise IndexError(f"median(): Expected reduction dim {dim} to have non-zero size.")
    return _nanmedian(input, _axis(dim, input.ndim), keepdim)


def _nanmedian(input: Tensor, dim: int, keepdim: bool) -> Any:
    if not input.ndim:
        return _picked("nanmedian", input, np.zeros((), int), dim, keepdim)
    x = _numbers(input)
    order = np.argsort(x, axis=dim, kind="stable")
    bad = np.isnan(x).sum(dim, keepdims=True) if x.dtype.kind == "f" else 0
    middle = np.maximum((x.shape[dim] - bad - 1) // 2, 0)
    middle = np.broadcast_to(middle, (*x.shape[:dim], 1, *x.shape[dim + 1 :]))
    return _picked("nanmedian", input, np.take_along_axis(order, middle, dim), dim, keepdim)


@composite(out=True)
def msort(input: Tensor) -> Tensor:
    """Sorted along the first dimension."""
    return f["sort"](input, 0)[0]


def _running(name: str, better: Any) -> None:
    def run(input: Tensor, dim: int) -> Any:
        named = return_type(name, ("values", "indices"))
        dim = _axis(dim, input.ndim)
        if not input.ndim:
            return named(input.clone(), _like(np.zeros((), np.int64), input))
        x = np.moveaxis(_numbers(input), dim, 0)
        places = np.zeros(x.shape, np.int64)
        if len(x):
            best, at = x[0].copy(), np.zeros(x.shape[1:], np.int64)
            for k in range(1, len(x)):
                new = better(x[k], best)
                if x.dtype.kind == "f":
                    new = (new & (best == best)) | (x[k] != x[k])
                best, at = np.where(new, x[k], best), np.where(new, k, at)
                places[k] = at
        index = _like(np.moveaxis(places, 0, dim), input)
        return named(f["gather"](input, dim, index), index)

    run.__name__ = run.__qualname__ = name
    run.__doc__ = "The best so far along a dimension, and its place (values, indices)."
    composite(run, out=True)


_running("cummax", lambda a, b: a >= b)
_running("cummin", lambda a, b: a <= b)


@composite(out=True)
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """log of the running sum of exponentials."""
    if not (_is_float(input) or input.is_complex()):
        raise RuntimeError(
            'logcumsumexp not implemented for "'
            f"{str(input.dtype).removeprefix('torch.').capitalize()}" + '"'
        )
    dim = _axis(dim, input.ndim)
    if not input.ndim or not input.numel():
        return input.clone()
    parts = []
    total = None
    for x in f["unbind"](input, dim):
        total = x if total is None else _logaddexp(total, x)
        parts.append(total)
    return f["stack"](parts, dim)


def _logaddexp(a: Tensor, b: Tensor) -> Tensor:
    if not a.is_complex():
        return f["logaddexp"](a, b)
    top = f["maximum"](a.real, b.real).detach()
    top = f["where"](f["isfinite"](top), top, 0.0)
    return f["log"](f["exp"](a - top) + f["exp"](b - top)) + top


def _quantile(
    name: str, input: Tensor, q: Any, dim: int | None, keepdim: bool, interpolation: str,
    skip: bool,
) -> Tensor:  # fmt: skip
    if not input.numel():
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if input.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, "
            f"but got {interpolation}"
        )
    if isinstance(q, Tensor):
        if q.ndim > 1:
            raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
        if q.dtype is not input.dtype:
            raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
        shares = q
    else:
        if not 0 <= q <= 1:
            raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q}")
        shares = input.new_tensor(q)
    values = _numbers(shares)
    if values.size and (values.min() < 0 or values.max() > 1):
        raise RuntimeError(f"{name}() q values must be in the range [0, 1]")
    flat = dim is None
    axis = 0 if flat else _axis(dim, input.ndim)
    x = input.reshape(-1) if flat or not input.ndim else f["transpose"](input, axis, -1)
    ordered = f["sort"](x, -1)[0]
    n = x.shape[-1]
    bad = f["isnan"](x)
    if skip:
        last = f["clamp"](n - 1 - f["sum"](bad, -1, True), min=0).to(x.dtype)
    else:
        last = x.new_full((), float(n - 1))
    ranks = shares.reshape(-1) * last
    if not skip:
        has = f["any"](bad, -1, True)
        ranks = f["where"](has, float(n - 1), ranks)
    if interpolation == "lower":
        ranks = f["floor"](ranks)
    elif interpolation == "higher":
        ranks = f["ceil"](ranks)
    elif interpolation == "nearest":
        ranks = f["round"](ranks)
    ranks = ranks.expand(*x.shape[:-1], ranks.shape[-1])
    below = ranks.detach().floor().long()
    result = f["gather"](ordered, -1, below)
    if interpolation in ("linear", "midpoint"):
        above = ranks.detach().ceil().long()
        even = interpolation == "midpoint"
        weight = ranks * 0 + 0.5 if even else ranks - below.to(ranks.dtype)
        result = f["lerp"](result, f["gather"](ordered, -1, above), weight)
    # (..., q) -> q first, the dimension dropped or kept
    result = f["movedim"](result, -1, 0)
    if flat or not input.ndim:
        if keepdim:
            result = result.reshape(-1, *[1] * input.ndim)
    else:
        result = result.unsqueeze(-1)
        result = f["transpose"](result, axis + 1, -1)
        if not keepdim:
            result = result.squeeze(axis + 1)
    return result.squeeze(0) if not shares.ndim else result


@composite(out=True)
def quantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """The value below which a share of all lies; several shares along a first dimension."""
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


@composite(out=True)
def nanquantile(
    input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """`quantile` of what is not NaN."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


# Sets -----------------------------------------------------------------------------------------


@composite
def unique(
    input: Tensor, sorted: bool = True, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Any:  # fmt: skip
    """The different elements, or slices along `dim`, in order."""
    x = _numbers(input)
    axis = None if dim is None else _axis(dim, input.ndim)
    if axis is not None and x.ndim and not x.shape[axis] and x.size == 0:
        found, inverse, counts = x, np.zeros(0, np.int64), np.zeros(0, np.int64)
    else:
        found, inverse, counts = np.unique(
            x, return_inverse=True, return_counts=True, axis=axis, equal_nan=False
        )
    inverse = inverse.reshape(x.shape if axis is None else -1)
    return _set(input, found, inverse, counts, return_inverse, return_counts)


def _set(
    input: Tensor, found: np.ndarray, inverse: Any, counts: Any, with_inverse: bool,
    with_counts: bool,
) -> Any:  # fmt: skip
    parts: list[Any] = [_like(found.astype(input._array.dtype), input)]
    if with_inverse:
        parts.append(_like(inverse.astype(np.int64), input))
    if with_counts:
        parts.append(_like(counts.astype(np.int64), input))
    return parts[0] if len(parts) == 1 else tuple(parts)


@composite
def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False,
    dim: int | None = None,
) -> Any:  # fmt: skip
    """Runs of equal elements, or slices along `dim`, as one."""
    x = _numbers(input)
    axis = 0 if dim is None else _axis(dim, input.ndim)
    line = x.reshape(-1) if dim is None else np.moveaxis(x, axis, 0)
    n = len(line)
    if n:
        differ = line[1:] != line[:-1]
        differ = differ.reshape(n - 1, -1).any(1) if differ.ndim > 1 else differ
        starts = np.concatenate([[0], np.flatnonzero(differ) + 1])
    else:
        starts = np.zeros(0, np.int64)
    counts = np.diff(np.append(starts, n))
    inverse = np.repeat(np.arange(len(starts)), counts)
    found = line[starts]
    if dim is None:
        inverse = inverse.reshape(x.shape)
    else:
        found = np.moveaxis(found, 0, axis)
    return _set(input, found, inverse, counts, return_inverse, return_counts)


@composite(method=False, out=True)
def isin(
    elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False
) -> Tensor:
    """Whether each element is among others."""
    like = elements if isinstance(elements, Tensor) else test_elements
    a, b = (
        _numbers(x) if isinstance(x, Tensor) else np.asarray(x) for x in (elements, test_elements)
    )
    return _like(np.isin(a, b, invert=invert), like)


# Counts ---------------------------------------------------------------------------------------


@composite
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each number from 0 on is in a vector, or the sum of its weights."""
    if input.ndim != 1 or input.is_floating_point() or input.is_complex():
        if input.is_floating_point() or input.is_complex():
            raise RuntimeError(
                '"bincount_cpu" not implemented for '
                f"'{str(input.dtype).removeprefix('torch.').capitalize()}'"
            )
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    x = _numbers(input)
    if x.size and x.min() < 0:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if weights is not None and weights.shape != input.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    w = None if weights is None else _numbers(weights)
    counts = np.bincount(x.astype(np.int64), w, minlength)
    kind = np.int64 if w is None else (np.float32 if w.dtype == np.float32 else np.float64)
    return _like(counts.astype(kind), input)


@composite(out=True)
def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements are in each of `bins` equal parts from `min` to `max`."""
    if bins <= 0:
        raise RuntimeError("bins must be > 0")
    x = _numbers(input).reshape(-1)
    low, high = _range(x, min, max, "histc")
    kept = x[(x >= low) & (x <= high)]
    places = np.minimum(((kept - low) / (high - low) * bins).astype(np.int64), bins - 1)
    counts = np.bincount(places, minlength=bins)
    return _like(counts.astype(input._array.dtype), input)


def _range(x: np.ndarray, low: float, high: float, name: str) -> tuple[float, float]:
    if low == high and x.size:
        low, high = float(x.min()), float(x.max())
    if low == high:
        low, high = low - 1, high + 1
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.{name}: range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"torch.{name}: max must be larger than min")
    return low, high


@composite(out=True)
def histogram(
    input: Tensor, bins: Any, *, range: Any = None, weight: Tensor | None = None,
    density: bool = False,
) -> Any:  # fmt: skip
    """Counts between edges, and the edges (hist, bin_edges)."""
    x = _numbers(input).reshape(-1)
    w = None if weight is None else _numbers(weight).reshape(-1)
    if weight is not None and weight.shape != input.shape:
        raise RuntimeError(
            "torch.histogramdd: if weight tensor is provided it should have the same shape as the "
            "input tensor excluding its innermost dimension, but got input with shape "
            f"{errors.size(input.shape)} and weight with shape {errors.size(weight.shape)}"
        )
    edges = _edges(x, bins, range, input)
    counts = _count([x], [edges], w).reshape(-1)
    if density:
        counts = counts / counts.sum() / np.diff(edges)
    kind = input._array.dtype
    named = return_type("histogram", ("hist", "bin_edges"))
    return named(_like(counts.astype(kind), input), _like(edges.astype(kind), input))


def _edges(x: np.ndarray, bins: Any, limits: Any, input: Tensor) -> np.ndarray:
    if isinstance(bins, Tensor):
        return _numbers(bins).astype(np.float64)
    if bins <= 0:
        raise RuntimeError("torch.histogram(): bins must be > 0, but got {bins} for dimension 0")
    low, high = (0.0, 0.0) if limits is None else (float(limits[0]), float(limits[1]))
    if limits is not None and low > high:
        raise RuntimeError(
            "torch.histogramdd: min should not exceed max, but got min "
            f"{low} max {high} for dimension 0"
        )
    if limits is None or low == high:
        if limits is None:
            low, high = (float(x.min()), float(x.max())) if x.size else (0.0, 1.0)
        if low == high:
            low, high = low - 0.5, high + 0.5
    return np.linspace(low, high, int(bins) + 1)


def _count(columns: list[np.ndarray], edges: list[np.ndarray], weight: Any) -> np.ndarray:
    """Counts in a grid; the last part of each dimension includes its end."""
    shape = [len(e) - 1 for e in edges]
    inside = np.ones(len(columns[0]), bool)
    flat = np.zeros(len(columns[0]), np.int64)
    for x, e, n in zip(columns, edges, shape):
        place = np.searchsorted(e, x, side="right") - 1
        place = np.where(x == e[-1], n - 1, place)
        inside &= (place >= 0) & (place < n)
        flat = flat * n + np.clip(place, 0, n - 1)
    w = None if weight is None else weight[inside]
    return np.bincount(flat[inside], w, math.prod(shape)).reshape(shape).astype(np.float64)


@composite(method=False)
def histogramdd(
    input: Tensor, bins: Any, *, range: Any = None, weight: Tensor | None = None,
    density: bool = False,
) -> Any:  # fmt: skip
    """Counts in a grid of the last dimension's coordinates, and its edges (hist, bin_edges)."""
    if input.ndim < 2:
        raise RuntimeError(
            "torch.histogramdd: input tensor should have at least 2 dimensions, but "
            f"got {input.ndim}"
        )
    x = _numbers(input).reshape(-1, input.shape[-1])
    n = x.shape[1]
    given = [bins] * n if isinstance(bins, int) else list(bins)
    if len(given) != n:
        raise RuntimeError(
            f"torch.histogramdd: expected {n} sequences of bin edges for a {n}-dimensional "
            f"histogram but got {len(given)}"
        )
    limits = [None] * n if range is None else [range[2 * k : 2 * k + 2] for k in np.arange(n)]
    edges = [_edges(x[:, k], given[k], limits[k], input) for k in np.arange(n)]
    w = None if weight is None else _numbers(weight).reshape(-1)
    counts = _count([x[:, k] for k in np.arange(n)], edges, w)
    if density:
        counts = counts / counts.sum()
        for k in np.arange(n):
            counts = counts / np.diff(edges[k]).reshape([-1 if j == k else 1 for j in np.arange(n)])
    kind = input._array.dtype
    named = return_type("histogramdd", ("hist", "bin_edges"))
    return named(
        _like(counts.astype(kind), input), tuple(_like(e.astype(kind), input) for e in edges)
    )


@composite(method=False, out=True)
def searchsorted(
    sorted_sequence: Tensor, input: Any, *, out_int32: bool = False, right: bool = False,
    side: str | None = None, sorter: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Where values belong in sorted rows, before equal ones (after them where `right`)."""
    if side is not None and side not in ("left", "right"):
        raise RuntimeError(
            "torch.searchsorted(): side can only be 'left' or 'right' but got " + str(side)
        )
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left "
            "while right was True"
        )
    table = _numbers(sorted_sequence)
    values = _numbers(input) if isinstance(input, Tensor) else np.asarray(input, table.dtype)
    if sorter is not None:
        table = np.take_along_axis(table, _numbers(sorter), -1)
    which: Any = "right" if right or side == "right" else "left"
    if table.ndim == 1:
        found = np.searchsorted(table, values, which)
    else:
        if values.shape[:-1] != table.shape[:-1]:
            raise RuntimeError(
                "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
                "dimensions of boundaries tensor and input value tensor must match, but we got "
                f"boundaries tensor {errors.size(table.shape)} and input value tensor "
                f"{errors.size(values.shape)}"
            )
        rows = table.reshape(-1, table.shape[-1])
        wanted = values.reshape(-1, values.shape[-1])
        found = (
            np.stack([np.searchsorted(r, v, which) for r, v in zip(rows, wanted)])
            if (len(rows))
            else np.zeros(values.shape, np.int64)
        )
        found = found.reshape(values.shape)
    kind = np.int32 if out_int32 else np.int64
    return _like(np.asarray(found).astype(kind), sorted_sequence)


@composite(method=False, out=True)
def bucketize(
    input: Any, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """Between which boundaries values are."""
    if boundaries.ndim != 1:
        raise RuntimeError(
            "bucketize(): boundaries tensor must be 1 dimension, but got dim("
            + str(boundaries.ndim)
            + ")"
        )
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


@composite(method=False)
def nonzero_static(input: Tensor, *, size: int, fill_value: int = -1) -> Tensor:
    """`nonzero` with so many rows: cut, or filled with a value."""
    places = np.argwhere(_numbers(input))[:size]
    rows = np.full((size, input.ndim), fill_value, np.int64)
    rows[: len(places)] = places
    return _like(rows, input)


composite(nonzero_static)


# Covariance -----------------------------------------------------------------------------------


@composite
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Covariances of the variables in the rows, over the observations in the columns."""
    if input.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    if input.dtype is dtypes.bool_:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    x = (
        input
        if input.is_floating_point() or input.is_complex()
        else input.to(dtypes.get_default_dtype())
    )
    x = x.reshape(1, -1) if x.ndim < 2 else x
    count = x.shape[1]
    weights = None
    if fweights is not None:
        if fweights.ndim > 1:
            raise RuntimeError(
                "cov(): expected fweights to have one or fewer dimensions but got "
                f"fweights with {fweights.ndim} dimensions"
            )
        if fweights.is_floating_point():
            raise RuntimeError(
                "cov(): expected fweights to have integral dtype but got fweights "
                "with "
                f"{str(fweights.dtype).removeprefix('torch.').capitalize()} dtype"
            )
        weights = fweights.to(x.real.dtype if x.is_complex() else x.dtype)
    if aweights is not None:
        a = aweights.to(x.real.dtype if x.is_complex() else x.dtype)
        weights = a if weights is None else weights * a
    if weights is None:
        total: Any = count
        mean = f["mean"](x, 1, True) if count else x.new_full((x.shape[0], 1), math.nan)
        freedom: Any = count - correction
    else:
        total = f["sum"](weights)
        mean = f["sum"](x * weights, 1, True) / total
        if correction == 0 or aweights is None:
            freedom = total - correction
        else:
            freedom = total - correction * f["sum"](weights * aweights) / total
        freedom = f["clamp"](freedom, min=0)
    centred = x - mean
    scaled = centred if weights is None else centred * weights
    c = f["mm"](scaled, f["conj"](f["t"](centred)) if x.is_complex() else f["t"](centred))
    if weights is None:
        freedom = max(freedom, 0)
    c = c / freedom
    return c.squeeze()


@composite
def corrcoef(input: Tensor) -> Tensor:
    """Correlations of the variables in the rows."""
    if input.ndim > 2:
        raise RuntimeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.ndim} dimensions"
        )
    c = cov(input)
    if not c.ndim:
        return c / c
    d = f["diagonal"](c)
    s = f["sqrt"](d.real if c.is_complex() else d)
    c = c / s.unsqueeze(1) / s.unsqueeze(0)
    if c.is_complex():
        return f["complex"](c.real.clamp(-1, 1), c.imag.clamp(-1, 1))
    return c.clamp(-1, 1)


@composite
def trace(input: Tensor) -> Tensor:
    """The sum of the diagonal of a matrix."""
    if input.ndim != 2:
        raise RuntimeError("trace: expected a matrix, but got tensor with dim " + str(input.ndim))
    return f["sum"](f["diagonal"](input))


@composite
def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of the difference."""
    return f["norm"](input - other, p)


# Writing by index -----------------------------------------------------------------------------


def _whole_index(index: Tensor, input: Tensor, dim: int, shape: Any) -> Tensor:
    """An index vector for a dimension, as one for each element."""
    view = [1] * len(shape)
    view[dim] = index.numel()
    return index.reshape(view).expand(shape)


@composite(out=True, inplace=True)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """A copy with the slices that `index` names filled with a value."""
    if index.dtype not in (dtypes.int64, dtypes.int32):
        raise IndexError("index_fill_(): Expected dtype int64 for index.")
    if isinstance(value, Tensor):
        if value.ndim:
            raise RuntimeError(
                "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                f"{value.ndim} dimension(s)."
            )
    dim = _axis(dim, input.ndim)
    mask = np.zeros(input.shape[dim] if input.ndim else 1, bool)
    places = _numbers(index).reshape(-1)
    if places.size and (places.min() < -len(mask) or places.max() >= len(mask)):
        raise IndexError("index out of range in self")
    mask[places] = True
    shape = [1] * input.ndim
    if input.ndim:
        shape[dim] = len(mask)
    return f["masked_fill"](input, _like(mask.reshape(shape), input), value)


@composite(out=True, inplace=True)
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """A copy with slices of `source` written where `index` names."""
    dim = _axis(dim, input.ndim)
    if index.ndim > 1:
        raise IndexError(f"index_copy_(): Index should have dimension 1 or 0 (got {index.ndim})")
    if source.ndim == 0 and index.numel() != 1:
        raise IndexError(
            "index_copy_(): When source is scalar, index should have one element (got "
            f"{index.numel()})"
        )
    if source.ndim != input.ndim and source.ndim and input.ndim:
        raise IndexError(
            "index_copy_(): When source and destination are not scalars, their dimensionality must "
            f"match. Source dimensionality ({source.ndim}), destination dimensionality "
            f"({input.ndim})"
        )
    if index.dtype is not dtypes.int64:
        raise IndexError(
            "index_copy_(): Expected a long tensor for index, but got "
            f"{str(index.dtype).removeprefix('torch.').capitalize()}"
        )
    if not input.ndim:
        return source.reshape(()).to(input.dtype) + input * 0
    source = source.reshape([1] * input.ndim) if not source.ndim else source
    places = _whole_index(index.reshape(-1), input, dim, tuple(source.shape))
    return f["scatter"](input, dim, places, source)


@composite(out=True, inplace=True)
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """A copy with elements of `source`, in order, written where the mask is True."""
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError(
            "masked_scatter_ only supports boolean masks, but got mask with dtype "
            f"{str(mask.dtype).removeprefix('torch.')}"
        )
    if input.dtype is not source.dtype:
        raise RuntimeError(
            "masked_scatter: expected self and source to have same dtypes but got "
            f"{str(input.dtype).removeprefix('torch.').capitalize()} and "
            f"{str(source.dtype).removeprefix('torch.').capitalize()}"
        )
    input, mask = f["broadcast_tensors"](input, mask)
    chosen = np.flatnonzero(_numbers(mask).reshape(-1))
    if source.numel() < len(chosen):
        raise RuntimeError(
            "masked_scatter: expected `source` to have at least as many elements as there are ones in `mask`"
        )
    flat = input.reshape(-1).clone()
    given = source.reshape(-1)[: len(chosen)]
    places = _like(chosen.astype(np.int64), input)
    return f["scatter"](flat, 0, places, given).reshape(input.shape)


_REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


@composite(out=True, inplace=True)
def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """A copy with sums, products, means or extremes of `src` where `index` says along `dim`."""
    if reduce not in _REDUCTIONS:
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    if index.dtype is not dtypes.int64 and index.numel():
        raise RuntimeError("scatter(): Expected dtype int64 for index")
    if input.dtype is not src.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    dim = _axis(dim, input.ndim)
    flat = not input.ndim
    if flat:
        input, index, src = (x.reshape(1) if not x.ndim else x for x in (input, index, src))
    if not index.numel():
        result = input.clone()
        return result.reshape(()) if flat else result
    src = src[tuple(slice(n) for n in index.shape)]
    result = _reduced_into(input, dim, index, src, reduce, include_self)
    return result.reshape(()) if flat else result


def _reduced_into(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, include_self: bool
) -> Tensor:
    hit = f["scatter_add"](
        _like(np.zeros(tuple(input.shape), np.int64), input), dim, index,
        _like(np.ones(tuple(index.shape), np.int64), input),
    )  # fmt: skip
    touched = hit > 0
    identity = {"sum": 0, "mean": 0, "prod": 1}.get(reduce)
    if identity is None:
        if input.dtype.is_floating_point:
            identity = -math.inf if reduce == "amax" else math.inf
        else:
            limits = dtypes.iinfo(input.dtype) if input.dtype is not dtypes.bool_ else None
            low, high = (0, 1) if limits is None else (limits.min, limits.max)
            identity = low if reduce == "amax" else high
    base = input if include_self else f["where"](touched, identity, input).to(input.dtype)
    if reduce in ("sum", "mean"):
        total = f["scatter_add"](base, dim, index, src)
        if reduce == "sum":
            return total
        counts = hit + (1 if include_self else 0)
        counts = f["clamp"](counts, min=1)
        if input.dtype.is_floating_point or input.dtype.is_complex:
            return f["where"](touched, total / counts.to(input.dtype), total)
        return f["div"](total, counts.to(input.dtype), rounding_mode="floor")
    if reduce == "prod":
        return _scattered_product(base, dim, index, src, hit)
    kind = np.maximum if reduce == "amax" else np.minimum
    best = _numbers(base).copy()
    where = list(np.indices(tuple(index.shape), sparse=True))
    where[dim] = _numbers(index)
    kind.at(best, tuple(where), _numbers(src))
    if not (base.requires_grad or src.requires_grad):
        return _like(best, input)
    # The gradient goes in equal parts to all that are the extreme.
    top = _like(best, input)
    own = (base.detach() == top).to(base.dtype)
    if not include_self:
        own = f["where"](touched, 0, own).to(base.dtype)
    mine = (src.detach() == f["gather"](top, dim, index)).to(src.dtype)
    ties = f["scatter_add"](own, dim, index, mine)
    share = 1 / f["clamp"](ties, min=1)
    result = f["where"](own > 0, base, 0) * share
    return f["scatter_add"](
        result, dim, index, f["where"](mine > 0, src, 0) * f["gather"](share, dim, index)
    )


def _scattered_product(base: Tensor, dim: int, index: Tensor, src: Tensor, hit: Tensor) -> Tensor:
    """Products by rounds: the k-th element of each place in the k-th round."""
    order = _numbers(index)
    turn = np.zeros(order.shape, np.int64)
    line = np.moveaxis(order, dim, 0)
    turns = np.moveaxis(turn, dim, 0)
    seen: dict[Any, int] = {}
    for place in np.ndindex(line.shape):
        key = (line[place], *place[1:])
        turns[place] = seen.get(key, 0)
        seen[key] = turns[place] + 1
    result = base
    for k in range(int(turn.max()) + 1 if turn.size else 0):
        chosen = _like(turn == k, base)
        ones = f["where"](chosen, src, 1).to(base.dtype)
        factor = _like(np.ones(tuple(base.shape), base._array.dtype), base)
        # One element for each place in a round: adding (x - 1) to one is writing x.
        factor = f["scatter_add"](factor, dim, index, ones - 1)
        result = result * factor
    return result


@composite(out=True, inplace=True)
def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,
    include_self: bool = True,
) -> Tensor:  # fmt: skip
    """A copy with slices of `source` taken in by product, mean or extreme where `index` names."""
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin but got {reduce}."
        )
    dim = _axis(dim, input.ndim)
    if not input.ndim:
        made = index_reduce(
            input.reshape(1), 0, index.reshape(-1), source.reshape(-1), reduce,
            include_self=include_self,
        )  # fmt: skip
        return made.reshape(())
    source = source.reshape([1] * input.ndim) if not source.ndim else source
    places = _whole_index(index.reshape(-1).long(), input, dim, tuple(source.shape))
    return scatter_reduce(input, dim, places, source, reduce, include_self=include_self)


@composite(method=False)
def segment_reduce(
    data: Tensor, reduce: str, *, lengths: Tensor | None = None, indices: Tensor | None = None,
    offsets: Tensor | None = None, axis: int = 0, unsafe: bool = False, initial: Any = None,
) -> Tensor:  # fmt: skip
    """Sums, means, products or extremes of the segments of a dimension."""
    if lengths is None and offsets is None:
        raise RuntimeError("segment_reduce(): Either lengths or offsets must be defined.")
    axis = _axis(axis, data.ndim)
    sizes = np.diff(_numbers(offsets)) if lengths is None else _numbers(lengths)
    lead = sizes.shape[:-1]
    flat = data.reshape(-1, *data.shape[axis:])
    rows = sizes.reshape(-1, sizes.shape[-1])
    name = {"max": "amax", "min": "amin"}.get(reduce, reduce)
    default = {"sum": 0.0, "prod": 1.0, "mean": math.nan, "max": -math.inf, "min": math.inf}[reduce]
    found = []
    for x, row in zip(flat, rows):
        start = 0
        parts = []
        for n in row:
            piece = f["narrow"](x, 0, start, int(n))
            start += int(n)
            if n == 0:
                parts.append(
                    x.new_full(tuple(x.shape)[1:], default if initial is None else initial)
                    if not (reduce == "mean" and initial is not None)
                    else x.new_full(tuple(x.shape)[1:], float(initial))
                )
                continue
            value = f[name](piece, 0)
            if initial is not None:
                start_value = x.new_full((), initial)
                if reduce == "sum":
                    value = value + start_value
                elif reduce == "prod":
                    value = value * start_value
                elif reduce == "mean":
                    value = value + start_value / int(n)
                else:
                    value = f["maximum" if reduce == "max" else "minimum"](value, start_value)
            parts.append(value)
        found.append(f["stack"](parts) if parts else x.new_empty(0, *x.shape[1:]))
    result = f["stack"](found)
    return result.reshape(*lead, *result.shape[1:])


FUNCTIONS["_segment_reduce"] = segment_reduce
