"""Rearranging that few programs use: stacks, splits, flips, combinations, differences."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import dtypes, errors
from ..tensor import Size, Tensor, wrap
from .table import FUNCTIONS, ROWS, composite

f = FUNCTIONS


def _axis(dim: int, ndim: int) -> int:
    n = max(ndim, 1)
    if not -n <= dim < n:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-n}, {n - 1}], but got {dim})"
        )
    return dim % n


# At least so many dimensions ------------------------------------------------------------------


def _atleast(name: str, one: Any) -> Any:
    def run(*tensors: Any) -> Any:
        if len(tensors) == 1:
            given = tensors[0]
            return tuple(map(one, given)) if isinstance(given, (list, tuple)) else one(given)
        return tuple(map(one, tensors))

    run.__name__ = run.__qualname__ = name
    run.__doc__ = "The tensor, or several, with dimensions added until there are enough."
    return composite(run, method=False)


atleast_1d = _atleast("atleast_1d", lambda x: x.reshape(1) if x.ndim == 0 else x)
atleast_2d = _atleast(
    "atleast_2d",
    lambda x: x.reshape(1, 1) if x.ndim == 0 else x.unsqueeze(0) if x.ndim == 1 else x,
)
atleast_3d = _atleast(
    "atleast_3d",
    lambda x: (
        x.reshape(1, 1, 1)
        if x.ndim == 0
        else x.unsqueeze(0).unsqueeze(-1)
        if x.ndim == 1
        else x.unsqueeze(-1)
        if x.ndim == 2
        else x
    ),
)


@composite(method=False, out=True)
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Join side by side; vectors are columns."""
    return f["hstack"]([x.reshape(x.numel(), 1) if x.ndim <= 1 else x for x in tensors])


@composite(method=False, out=True)
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join along the third dimension."""
    return f["cat"](list(atleast_3d(list(tensors))), 2)


@composite(method=False)
def block_diag(*tensors: Tensor) -> Tensor:
    """Matrices along the diagonal of a larger one."""
    blocks = [atleast_2d(x) for x in tensors]
    for k, x in enumerate(blocks):
        if x.ndim > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions. Input "
                f"{k} has {x.ndim} dimensions"
            )
    if not blocks:
        return wrap(np.empty((1, 0), np.float32))
    width = sum(x.shape[1] for x in blocks)
    rows, left = [], 0
    for x in blocks:
        n, m = x.shape
        parts = [x.new_zeros(n, left), x, x.new_zeros(n, width - left - m)]
        rows.append(f["cat"](parts, 1))
        left += m
    return f["cat"](rows, 0)


@composite(method=False)
def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations of an element of each vector: (product of lengths, count)."""
    if len(tensors) == 1:
        return tensors[0]
    if any(x.ndim != 1 for x in tensors):
        raise RuntimeError("Expect a 1D vector, but got shape " + errors.size(tensors[0].shape))
    shape = [x.shape[0] for x in tensors]
    columns = []
    for k, x in enumerate(tensors):
        view = [1] * len(shape)
        view[k] = shape[k]
        columns.append(x.reshape(view).expand(shape).reshape(-1))
    return f["stack"](columns, 1)


@composite
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All choices of `r` elements of a vector: (count, r)."""
    if input.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {errors.size(input.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    if r == 0:
        return input.new_empty(0)
    choose = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    places = np.array(list(choose(range(input.shape[0]), r)), np.int64).reshape(-1, r)
    return f["index_select"](input, 0, wrap(places.reshape(-1)).to(input.device)).reshape(-1, r)


@composite(method=False)
def broadcast_shapes(*shapes: Any) -> Size:
    """The shape that shapes broadcast to."""
    given = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    n = max((len(s) for s in given), default=0)
    result = [1] * n
    for shape in given:
        for k, size in enumerate(shape[::-1]):
            place = n - 1 - k
            if size < 0:
                raise RuntimeError(
                    f"Trying to create tensor with negative dimension ({size}): ({size})"
                )
            if size == 1 or size == result[place]:
                continue
            if result[place] != 1:
                raise RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape")
            result[place] = size
    return Size(result)


# Splits ---------------------------------------------------------------------------------------


@composite
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of parts: so many, as equal as can be, or parted before the indices."""
    if input.ndim < 1:
        raise RuntimeError(
            "tensor_split expected at least a 1-dimensional tensor, but got a tensor with "
            f"{input.ndim} dims"
        )
    dim = _axis(dim, input.ndim)
    size = input.shape[dim]
    given = indices_or_sections
    if isinstance(given, Tensor):
        if given.device.type != "cpu" or given.dtype is not dtypes.int64 or given.ndim > 1:
            raise RuntimeError(
                "tensor_split expected tensor_indices_or_sections to be a zero-dimensional or "
                f"one-dimensional tensor, but got a tensor with {given.ndim} dims"
            )
        given = given.tolist()
    if isinstance(given, int):
        if given <= 0:
            raise RuntimeError(f"number of sections must be larger than 0, got {given}")
        small, extra = divmod(size, given)
        ends = [small * (k + 1) + min(k + 1, extra) for k in range(given - 1)]
    else:
        ends = [int(k) for k in given]
    starts = [0, *ends]
    return tuple(
        input[(slice(None),) * dim + (slice(a, b),)] for a, b in zip(starts, [*ends, size])
    )


def _split_along(name: str, least: int, word: str) -> None:
    def run(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
        given = args[0] if args else next(iter(kwargs.values()))
        if input.ndim < least:
            raise RuntimeError(
                f"torch.{name} requires a tensor with at least {word}, but got a tensor with "
                f"{input.ndim} dimensions!"
            )
        dim = 0 if name[0] == "v" else 2 if name[0] == "d" else 0 if input.ndim == 1 else 1
        if isinstance(given, int) and (given <= 0 or input.shape[dim] % given):
            raise RuntimeError(
                f"torch.{name} attempted to split along dimension {dim}, but the size of the "
                f"dimension {input.shape[dim]} is not divisible by the split_size {given}!"
            )
        return tensor_split(input, given, dim)

    run.__name__ = run.__qualname__ = name
    run.__doc__ = "Views of parts along one dimension."
    composite(run)


_split_along("hsplit", 1, "1 dimension")
_split_along("vsplit", 2, "2 dimension")
_split_along("dsplit", 3, "3 dimension")


@composite
def split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> Any:
    """Views of parts of these sizes."""
    return f["split"](input, list(split_sizes), dim)


@composite
def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0) -> Any:
    """`chunk`, without what in-place writing needs."""
    return tuple(x.clone() for x in f["chunk"](input, chunks, dim))


@composite
def unsafe_split(input: Tensor, split_size: Any, dim: int = 0) -> Any:
    """`split`, without what in-place writing needs."""
    return tuple(x.clone() for x in f["split"](input, split_size, dim))


@composite
def unsafe_split_with_sizes(input: Tensor, split_sizes: Sequence[int], dim: int = 0) -> Any:
    """`split_with_sizes`, without what in-place writing needs."""
    return unsafe_split(input, list(split_sizes), dim)


# Turns and flips ------------------------------------------------------------------------------


@composite
def fliplr(input: Tensor) -> Tensor:
    """Left and right exchanged."""
    if input.ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return f["flip"](input, (1,))


@composite
def flipud(input: Tensor) -> Tensor:
    """Up and down exchanged."""
    if input.ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return f["flip"](input, (0,))


@composite
def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by 90 degrees, `k` times, from the first towards the second of two dimensions."""
    if len(dims) != 2:
        raise RuntimeError(f"expected total rotation dims == 2, but got dims = {len(dims)}")
    if input.ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {input.ndim}")
    a, b = (_axis(d, input.ndim) for d in dims)
    if a == b:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
    k %= 4
    if k == 1:
        return f["transpose"](f["flip"](input, (b,)), a, b)
    if k == 2:
        return f["flip"](input, (a, b))
    if k == 3:
        return f["flip"](f["transpose"](input, a, b), (b,))
    return input.clone()


@composite
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """All elements along the diagonal of a matrix."""
    return f["diag"](input.reshape(-1), offset)


@composite(method=False)
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """Powers of the elements as rows (Vandermonde)."""
    if x.ndim != 1:
        raise RuntimeError("x must be a one-dimensional tensor.")
    n = x.shape[0] if N is None else N
    if n < 0:
        raise RuntimeError("N must be non-negative")
    kind = x.dtype if x.is_floating_point() or x.is_complex() else dtypes.int64
    powers = [f["pow"](x.to(kind), k) for k in range(n)]
    if not powers:
        return x.new_empty(x.shape[0], 0).to(kind)
    return f["stack"](powers if increasing else powers[::-1], 1)


# Differences and areas ------------------------------------------------------------------------


@composite
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None,
    append: Tensor | None = None, *, out: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Differences of neighbours along a dimension, `n` times."""
    if input.ndim == 0:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    dim = _axis(dim, input.ndim)
    for extra in (prepend, append):
        if extra is not None and extra.ndim != input.ndim:
            raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    parts = [x for x in (prepend, input, append) if x is not None]
    x = f["cat"](parts, dim) if len(parts) > 1 else input
    if n == 0:
        x = x.clone()
    for _ in range(min(n, x.shape[dim])):
        size = x.shape[dim]
        after, before = f["narrow"](x, dim, 1, size - 1), f["narrow"](x, dim, 0, size - 1)
        x = f["logical_xor"](after, before) if x.dtype is dtypes.bool_ else after - before
    return x if out is None else out.resize_(x.shape).copy_(x)


@composite(method=False)
def gradient(
    input: Tensor, *, spacing: Any = None, dim: Any = None, edge_order: int = 1
) -> tuple[Tensor, ...]:
    """Slopes along dimensions by central differences, one-sided at the ends."""
    dims = (
        list(range(input.ndim))
        if dim is None
        else [_axis(d, input.ndim) for d in ([dim] if isinstance(dim, int) else dim)]
    )
    spacing = 1 if spacing is None else spacing
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    if isinstance(spacing, (list, tuple)):
        spaces = list(spacing)
        if len(spaces) == 1 and len(dims) > 1 and not isinstance(spaces[0], Tensor):
            spaces *= len(dims)
    else:
        spaces = [spacing] * len(dims)
    if len(spaces) != len(dims):
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length "
            f"equal to 'self.dim() = {input.ndim}', since dim argument was not given, but got a "
            f"list of length {len(spaces)}"
            if dim is None
            else "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and "
            f"dim arguments to have the same length, but got a spacing argument of length "
            f"{len(spaces)} and a dim argument of length {len(dims)}."
        )
    if not (input.is_floating_point() or input.is_complex()):
        input = input.to(dtypes.get_default_dtype())
    return tuple(_slope(input, d, s, edge_order) for d, s in zip(dims, spaces))


def _slope(x: Tensor, dim: int, space: Any, edge_order: int) -> Tensor:
    n = x.shape[dim]
    if n < edge_order + 1:
        raise RuntimeError(
            "torch.gradient expected each dimension size to be at least edge_order+1"
        )

    def part(start: int, length: int) -> Tensor:
        return f["narrow"](x, dim, start, length)

    if isinstance(space, Tensor) and space.ndim:
        shape = [1] * x.ndim
        shape[dim] = n - 1
        h = diff(space).reshape(shape).to(x.dtype)

        def step(start: int, length: int) -> Tensor:
            return f["narrow"](h, dim, start, length)

        a, b = step(0, n - 2), step(1, n - 2)
        middle = (
            -b / (a * (a + b)) * part(0, n - 2)
            + (b - a) / (a * b) * part(1, n - 2)
            + a / (b * (a + b)) * part(2, n - 2)
        )
        first_h, last_h = step(0, 1), step(n - 2, 1)
        if edge_order == 1:
            first = (part(1, 1) - part(0, 1)) / first_h
            last = (part(n - 1, 1) - part(n - 2, 1)) / last_h
        else:
            a, b = step(0, 1), step(1, 1)
            first = (
                -(2 * a + b) / (a * (a + b)) * part(0, 1)
                + (a + b) / (a * b) * part(1, 1)
                - a / (b * (a + b)) * part(2, 1)
            )
            a, b = step(n - 3, 1), step(n - 2, 1)
            last = (
                b / (a * (a + b)) * part(n - 3, 1)
                - (b + a) / (a * b) * part(n - 2, 1)
                + (2 * b + a) / (b * (a + b)) * part(n - 1, 1)
            )
    else:
        h = space.item() if isinstance(space, Tensor) else space
        middle = (part(2, n - 2) - part(0, n - 2)) / (2 * h)
        if edge_order == 1:
            first = (part(1, 1) - part(0, 1)) / h
            last = (part(n - 1, 1) - part(n - 2, 1)) / h
        else:
            first = (-1.5 * part(0, 1) + 2 * part(1, 1) - 0.5 * part(2, 1)) / h
            last = (0.5 * part(n - 3, 1) - 2 * part(n - 2, 1) + 1.5 * part(n - 1, 1)) / h
    return f["cat"]([first, middle, last], dim)


def _areas(y: Tensor, x: Any, dx: Any, dim: int) -> Tensor:
    """The areas of the trapezoids between neighbours."""
    n = y.shape[dim]
    sides = f["narrow"](y, dim, 0, max(n - 1, 0)) + f["narrow"](y, dim, min(1, n), max(n - 1, 0))
    if x is None:
        return sides * (dx / 2.0)
    if x.ndim == 1:
        if x.shape[0] != n:
            raise RuntimeError("trapezoid(): There must be one `x` value for each sample point")
        shape = [1] * y.ndim
        shape[dim] = n
        x = x.reshape(shape)
        widths = diff(x, dim=dim)
    else:
        x = x.reshape([1] * (y.ndim - x.ndim) + list(x.shape)) if x.ndim < y.ndim else x
        widths = diff(x, dim=dim - y.ndim)
    return sides * widths / 2.0


def _trapezoid_of(y: Tensor, x: Any, dx: Any, dim: int) -> tuple[Tensor, int]:
    dim = _axis(dim, y.ndim)
    if y.dtype is dtypes.bool_:
        raise RuntimeError("trapezoid: received a bool input for `y`, but bool is not supported")
    if isinstance(x, Tensor) and x.dtype is dtypes.bool_:
        raise RuntimeError("trapezoid: received a bool input for `x`, but bool is not supported")
    if isinstance(x, (int, float)) and not isinstance(x, bool):
        x, dx = None, x
    return _areas(y, x, 1 if dx is None else dx, dim), dim - y.ndim


@composite(method=False, aliases="trapz")
def trapezoid(y: Tensor, x: Any = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The area under `y` by the trapezoidal rule."""
    areas, dim = _trapezoid_of(y, x, dx, dim)
    return f["sum"](areas, dim)


@composite(method=False)
def cumulative_trapezoid(y: Tensor, x: Any = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """The area under `y` up to each point by the trapezoidal rule."""
    areas, dim = _trapezoid_of(y, x, dx, dim)
    return f["cumsum"](areas, dim)


# Others ---------------------------------------------------------------------------------------


@composite(out=True)
def take(input: Tensor, index: Tensor) -> Tensor:
    """Elements by their places in the flat tensor."""
    if index.dtype is not dtypes.int64:
        raise RuntimeError(
            f"take(): Expected a long tensor for index, but got {_named(index.dtype)}"
        )
    size = input.numel()
    if not size and index.numel():
        raise IndexError("take(): tried to take from an empty tensor")
    places = index._array
    if places.size and (places.min() < -size or places.max() >= size):
        raise IndexError("out of range: tried to access index out of range")
    flat = input.reshape(-1)
    return f["index_select"](flat, 0, (index % size).reshape(-1)).reshape(index.shape)


def _named(kind: Any) -> str:
    return str(kind).removeprefix("torch.").capitalize()


@composite(inplace=True, out=True)
def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with elements written by their places in the flat tensor."""
    if index.numel() != source.numel():
        raise RuntimeError(
            "put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source.numel()}, index.numel() = {index.numel()}"
        )
    size = input.numel()
    if not size and index.numel():
        raise IndexError("put_(): Tried to put elements into an empty tensor")
    y = input.reshape(-1).clone()
    y = f["index_put_"](y, ((index % max(size, 1)).reshape(-1),), source.reshape(-1), accumulate)
    return y.reshape(input.shape)


@composite
def index_put(input: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """A copy with `values` written at indices; `accumulate` adds them."""
    return f["index_put_"](input.clone(), indices, values, accumulate)


@composite(method=False)
def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Places in a flat tensor as places in each dimension."""
    sizes = (int(shape),) if isinstance(shape, (int, Tensor)) else tuple(int(n) for n in shape)
    if indices.is_floating_point() or indices.is_complex() or indices.dtype is dtypes.bool_:
        raise ValueError(f"expected 'indices' to be integer dtype, but got {indices.dtype}")
    if any(n < 0 for n in sizes):
        raise ValueError(f"'shape' cannot have negative values, but got {sizes}")
    found = []
    rest = indices
    for n in reversed(sizes):
        found.append(rest % n)
        rest = f["div"](rest, n, rounding_mode="floor")
    return tuple(reversed(found))


@composite
def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """Summed over what broadcasting would have made."""
    if len(size) == 1 and isinstance(size[0], (tuple, list)):
        size = tuple(size[0])
    have = tuple(input.shape)
    lead = len(have) - len(size)
    fits = lead >= 0 and all(s in (1, h) for s, h in zip(size, have[lead:]))
    if not fits:
        raise RuntimeError(
            f"size {{{errors.size(size)}}} is not expandable to size {{{errors.size(have)}}}."
        )
    return ROWS["sum_to_size"].function(input, tuple(size)) if have != tuple(size) else input


@composite
def adjoint(input: Tensor) -> Tensor:
    """Conjugated and transposed in the last two dimensions."""
    if input.ndim == 1:
        raise RuntimeError("tensor.adjoint() is only supported on matrices or batches of matrices.")
    return f["conj"](f["transpose"](input, -2, -1)) if input.ndim else f["conj"](input)


@composite(inplace=True)
def fill(input: Tensor, value: Any) -> Tensor:
    """A tensor of the same shape filled with a value."""
    y = input.clone()
    return f["fill_"](y, value)


@composite(inplace=True, out=True)
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Slices along a dimension, scaled down to a p-norm where they exceed it."""
    if input.ndim < 2:
        raise RuntimeError(
            f"renorm: input needs at least 2 dimensions, got {input.ndim} dimensions"
        )
    if not p > 0:
        raise RuntimeError("renorm: non-positive norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    dim = _axis(dim, input.ndim)
    others = tuple(k for k in range(input.ndim) if k != dim)
    norm = f["vector_norm"](input, p, others, True)
    scale = f["where"](norm > maxnorm, maxnorm / (norm + 1e-7), 1.0)
    return input * scale.to(input.dtype)
