"""Pooling in one to three dimensions: largest values with their places, means, and back.

A place is the index of an element in its plane, (d * H + h) * W + w, as PyTorch counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .convolution import _places
from .table import kernel, op


def out_size(
    size: int, window: int, stride: int, padding: int, dilation: int, ceil_mode: bool
) -> int:
    """How many positions a pooling window has; the last one must begin inside."""
    room = size + 2 * padding - dilation * (window - 1) - 1
    out = (room + (stride - 1 if ceil_mode else 0)) // stride + 1
    if ceil_mode and (out - 1) * stride >= size + padding:
        out -= 1
    return out


def _around(xp: Any, x: Any, before: Sequence[int], after: Sequence[int], value: Any) -> Any:
    """The last dimensions with so many values before and after."""
    if not any(before) and not any(a > 0 for a in after):
        return x
    n = len(before)
    inside = x.shape[-n:]
    shape = (*x.shape[:-n], *(b + s + max(a, 0) for b, s, a in zip(before, inside, after)))
    y = xp.full(shape, value, x.dtype)
    y[(..., *(slice(b, b + s) for b, s in zip(before, inside)))] = x
    return y


def _regions(size: Any, stride: Any, dilation: Any, out: Any) -> Any:
    """For each place in the window, what of the padded input it sees."""
    for place in _places(size):
        yield place, (..., *(
            slice(k * d, k * d + s * (o - 1) + 1, s)
            for k, s, d, o in zip(place, stride, dilation, out)
        ))  # fmt: skip


def _after(inside: Any, size: Any, stride: Any, padding: Any, dilation: Any, out: Any) -> list[int]:
    return [
        (o - 1) * s + d * (k - 1) + 1 - n - p
        for n, k, s, p, d, o in zip(inside, size, stride, padding, dilation, out)
    ]


@kernel
def max_pool_kernel(
    xp: Any, x: Any, size: Any, stride: Any, padding: Any, dilation: Any, out: Any
) -> tuple[Any, Any]:
    """The largest value that each window sees (NaN wins), and its place."""
    n = len(size)
    inside = x.shape[-n:]
    least = -math.inf if x.dtype.kind == "f" else xp.iinfo(x.dtype).min
    after = _after(inside, size, stride, padding, dilation, out)
    full = _around(xp, x, padding, after, least)
    y = xp.full((*x.shape[:-n], *out), least, x.dtype)
    index = xp.zeros(y.shape, "int64")
    for place, region in _regions(size, stride, dilation, out):
        at: Any = 0
        for axis, (k, s, p, d, o) in enumerate(zip(place, stride, padding, dilation, out)):
            row = xp.arange(o).reshape(-1, *[1] * (n - axis - 1)) * s + (k * d - p)
            at = at * inside[axis] + row
        value = full[region]
        better = value > y
        if x.dtype.kind == "f":
            better |= value != value
        if not any(place):  # the first that is inside, where all are the least there is
            better |= value == y
        xp.copyto(y, value, where=better)
        xp.copyto(index, xp.broadcast_to(at, y.shape), where=better)
    return y, index


@kernel
def pool_scatter_kernel(xp: Any, g: Any, places: Any, inside: Any) -> Any:
    """Add each value at its place of its plane."""
    lead = g.shape[: g.ndim - len(inside)]
    planes, area = math.prod(lead), math.prod(inside)
    flat = places.reshape(planes, -1) + xp.arange(planes).reshape(-1, 1) * area
    y = xp.zeros(planes * area, g.dtype)
    xp.add_at(y, flat.reshape(-1), g.reshape(-1))
    return y.reshape(*lead, *inside)


@kernel
def pool_gather_kernel(xp: Any, x: Any, places: Any, inside: Any) -> Any:
    """The value at each place of its plane."""
    n = len(inside)
    flat = x.reshape(*x.shape[: x.ndim - n], -1)
    index = places.reshape(*places.shape[: places.ndim - n], -1)
    return xp.take_along_axis(flat, index, -1).reshape(places.shape)


@kernel
def avg_pool_kernel(
    xp: Any, x: Any, size: Any, stride: Any, padding: Any, out: Any, include: bool, divisor: Any
) -> Any:
    """The mean of what each window sees."""
    n = len(size)
    ones = (1,) * n
    after = _after(x.shape[-n:], size, stride, padding, ones, out)
    full = _around(xp, x, padding, after, 0)
    y = xp.zeros((*x.shape[:-n], *out), x.dtype)
    for _, region in _regions(size, stride, ones, out):
        y += full[region]
    counts = _counts(xp, x.shape[-n:], size, stride, padding, out, include, divisor)
    return y / xp.asarray(counts, x.dtype)


@kernel
def avg_pool_gradient_kernel(
    xp: Any, g: Any, inside: Any, size: Any, stride: Any, padding: Any, out: Any, include: bool,
    divisor: Any,
) -> Any:  # fmt: skip
    """The adjoint: each value in equal parts to what its window saw."""
    n = len(size)
    ones = (1,) * n
    after = _after(inside, size, stride, padding, ones, out)
    shape = [b + s + max(a, 0) for b, s, a in zip(padding, inside, after)]
    full = xp.zeros((*g.shape[:-n], *shape), g.dtype)
    counts = _counts(xp, inside, size, stride, padding, out, include, divisor)
    part = g / xp.asarray(counts, g.dtype)
    for _, region in _regions(size, stride, ones, out):
        full[region] += part
    return full[(..., *(slice(p, p + s) for p, s in zip(padding, inside)))]


def _counts(
    xp: Any, inside: Any, size: Any, stride: Any, padding: Any, out: Any, include: bool,
    divisor: Any,
) -> Any:  # fmt: skip
    """By how many a window's sum is divided."""
    if divisor is not None:
        return divisor
    counts: Any = 1
    for axis, (n, k, s, p, o) in enumerate(zip(inside, size, stride, padding, out)):
        begin = xp.arange(o) * s - p
        end = xp.minimum(begin + k, n + p)
        if not include:
            begin, end = xp.maximum(begin, 0), xp.minimum(end, n)
        counts = counts * (end - begin).reshape(-1, *[1] * (len(size) - axis - 1))
    return counts


op(
    "pool_scatter(input, spots: Index, inside: tuple)",
    "pool_scatter_kernel(xp, input, spots, inside)", public=False, node="MaxUnpool",
    input="m.pool_gather(g, spots, inside)",
)  # fmt: skip
op(
    "pool_gather(input, spots: Index, inside: tuple)",
    "pool_gather_kernel(xp, input, spots, inside)", public=False, node="Gather",
    input="m.pool_scatter(g, spots, inside)",
)  # fmt: skip

_WINDOW = "size: tuple, stride: tuple, padding: tuple"

for _dims in (1, 2, 3):
    op(
        f"_max_pool{_dims}d(input, {_WINDOW}, dilation: tuple, positions: tuple)",
        "max_pool_kernel(xp, input, size, stride, padding, dilation, positions)",
        outputs=("_y", "spots"), public=False, node=f"MaxPool{_dims}DWithIndices",
        shown=f"max_pool{_dims}d", input=f"m.pool_scatter(g, spots, input_shape[-{_dims}:])",
    )  # fmt: skip
    op(
        f"_avg_pool{_dims}d(input, {_WINDOW}, positions: tuple, include: bool, divisor: int)",
        "avg_pool_kernel(xp, input, size, stride, padding, positions, include, divisor)",
        public=False, node=f"AvgPool{_dims}D", shown=f"avg_pool{_dims}d",
        input=f"m._avg_pool_gradient(g, input_shape[-{_dims}:], size, stride, padding, positions, "
        "include, divisor)",
    )  # fmt: skip
op(
    f"_avg_pool_gradient(input, inside: tuple, {_WINDOW}, positions: tuple, include: bool, divisor: int)",
    "avg_pool_gradient_kernel(xp, input, inside, size, stride, padding, positions, include, divisor)",
    public=False, node="AvgPoolBackward",
    input="m._avg_pool_again(g, size, stride, padding, positions, include, divisor)",
)  # fmt: skip
op(
    f"_avg_pool_again(input, {_WINDOW}, positions: tuple, include: bool, divisor: int)",
    "avg_pool_kernel(xp, input, size, stride, padding, positions, include, divisor)",
    public=False, node="AvgPool",
    input="m._avg_pool_gradient(g, input_shape[-len(size):], size, stride, padding, positions, include, "
    "divisor)",
)  # fmt: skip
