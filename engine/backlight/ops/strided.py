"""Views by size and stride, complex numbers as pairs, and copies of what views show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import backend, errors
from ..tensor import Tensor, storage_of
from .table import FUNCTIONS, ROWS, composite, kernel, op


@kernel
def strided_kernel(xp: Any, x: Any, size: tuple, stride: tuple, delta: int) -> Any:
    """The memory of an array seen otherwise, beginning `delta` elements after its own begin."""
    return xp.strided(x, size, tuple(s * x.itemsize for s in stride), delta * x.itemsize)


def _offsets(size: Sequence[int], stride: Sequence[int], offset: int) -> np.ndarray:
    at = np.full((), offset)
    for n, s in zip(size, stride):
        at = at[..., None] + np.arange(n) * s
    return at.reshape(size)


@kernel
def strided_gradient_kernel(
    xp: Any, g: Any, size: tuple, stride: tuple, offset: int, own_size: tuple, own_stride: tuple,
    own_offset: int,
) -> Any:  # fmt: skip
    """Add to the places of one geometry, and read at those of another."""
    written, read = _offsets(size, stride, offset), _offsets(own_size, own_stride, own_offset)
    most = max([0, *(int(a.max()) + 1 for a in (written, read) if a.size)])
    flat = xp.zeros(most, g.dtype)
    xp.add_at(flat, xp.asarray(written.reshape(-1)), g.reshape(-1))
    return flat[xp.asarray(read.reshape(-1))].reshape(own_size)


op(
    "_as_strided(input, size: tuple, stride: tuple, delta: int, offset: int, own_size: tuple, "
    "own_stride: tuple, own_offset: int)",
    "strided_kernel(xp, input, size, stride, delta)", view=True, public=False, node="AsStrided",
    shown="as_strided",
    input="m._as_strided_gradient(g, size, stride, offset, own_size, own_stride, own_offset)",
)  # fmt: skip
op(
    "_as_strided_gradient(input, size: tuple, stride: tuple, offset: int, own_size: tuple, "
    "own_stride: tuple, own_offset: int)",
    "strided_gradient_kernel(xp, input, size, stride, offset, own_size, own_stride, own_offset)",
    public=False, node="AsStridedBackward",
    input="m._as_strided_gradient(g, own_size, own_stride, own_offset, size, stride, offset)",
)  # fmt: skip


@composite
def as_strided(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """A view of the tensor's memory: element (i, j, ...) lies at offset + i * stride[0] + ..."""
    size, stride = tuple(int(n) for n in size), tuple(int(s) for s in stride)
    if len(size) != len(stride):
        raise RuntimeError("mismatch in length of strides and shape")
    if any(s < 0 for s in stride):
        raise RuntimeError(
            "as_strided: Negative strides are not supported at the moment, got strides: "
            f"{errors.size(stride)}"
        )
    own = input.storage_offset()
    offset = own if storage_offset is None else int(storage_offset)
    whole = storage_of(input).array
    have = _extent(whole)
    need = 0 if 0 in size else offset + 1 + sum((n - 1) * s for n, s in zip(size, stride))
    if need > have:
        item = input._array.itemsize
        raise RuntimeError(
            f"setStorage: sizes {errors.size(size)}, strides {errors.size(stride)}, storage offset "
            f"{offset}, and itemsize {item} requiring a storage size of {need * item} are out of "
            f"bounds for storage of size {have * item}"
        )
    return ROWS["_as_strided"].function(
        input, size, stride, offset - own, offset, tuple(input.shape), input.stride(), own
    )


def _extent(array: Any) -> int:
    """How many elements lie between the first and the last, both counted."""
    if not array.size:
        return 0
    item = array.itemsize
    return 1 + sum((n - 1) * (s // item) for n, s in zip(array.shape, array.strides))


@composite(top=False)
def as_strided_(input: Tensor, size: Any, stride: Any, storage_offset: int | None = None) -> Tensor:
    """Look at the same memory otherwise."""
    return _replaced(input, as_strided(input, size, stride, storage_offset))


def _replaced(input: Tensor, view: Tensor) -> Tensor:
    """Give a tensor the place in memory, and in the graph, of a view of it."""
    input._array, input._storage, input._view = view._array, view._storage, view._view
    input._node = view._node
    return input


@composite(top=False)
def resize_(input: Tensor, *sizes: Any, memory_format: Any = None) -> Tensor:
    """Another shape in the same memory, or in more where that is too small (unset beyond)."""
    shape = tuple(sizes[0]) if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes
    if input.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    if any(n < 0 for n in shape):
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(shape)}: {errors.size(shape)}"
        )
    if tuple(shape) == tuple(input.shape):
        return input
    offset, count = input.storage_offset(), math.prod(shape)
    whole = storage_of(input).array
    if offset + count <= _extent(whole) and count:
        step, stride = 1, []
        for n in reversed(shape):
            stride.append(step)
            step *= n
        input._array = strided_kernel(
            backend.of(input._array), input._array, tuple(shape), tuple(reversed(stride)), 0
        )
        return input
    xp = backend.of(input._array)
    made = xp.zeros(count, input._array.dtype)
    kept = min(count, input._array.size)
    made[:kept] = input._array.reshape(-1)[:kept]
    input._array, input._storage, input._view = made.reshape(shape), None, None
    return input


@composite(top=True)
def resize_as_(input: Tensor, the_template: Tensor, *, memory_format: Any = None) -> Tensor:
    """`resize_` to the shape of another."""
    return resize_(input, tuple(the_template.shape))


# Complex numbers as pairs ---------------------------------------------------------------------


@kernel
def pairs_kernel(xp: Any, x: Any) -> Any:
    half = "float64" if x.dtype.itemsize == 16 else "float32"
    if x.ndim and x.strides[-1] == x.itemsize:
        return x[..., None].view(half) if x.shape[-1] != 0 else xp.zeros((*x.shape, 2), half)
    return xp.strided(x, (*x.shape, 2), (*x.strides, x.itemsize // 2), 0, half)


@kernel
def complex_kernel(xp: Any, x: Any) -> Any:
    whole = "complex128" if x.dtype.itemsize == 8 else "complex64"
    return x.view(whole)[..., 0] if x.size else xp.zeros(x.shape[:-1], whole)


op(
    "_view_as_real(input)", "pairs_kernel(xp, input)", view=True, public=False, node="ViewAsReal",
    shown="view_as_real", conjugate=False, input="m._view_as_complex(g)",
)  # fmt: skip
op(
    "_view_as_complex(input)", "complex_kernel(xp, input)", view=True, public=False,
    node="ViewAsComplex", shown="view_as_complex", conjugate=False, input="m._view_as_real(g)",
)  # fmt: skip


@composite(method=False)
def view_as_real(input: Tensor) -> Tensor:
    """Complex numbers as pairs of real and imaginary part: (...) -> (..., 2), in the same memory."""
    if not input.is_complex():
        raise RuntimeError("view_as_real is only supported for complex tensors")
    return ROWS["_view_as_real"].function(input)


@composite(method=False)
def view_as_complex(input: Tensor) -> Tensor:
    """Pairs as complex numbers: (..., 2) -> (...), in the same memory."""
    if not input.is_floating_point():
        raise RuntimeError(
            "view_as_complex is only supported for floating point tensors, but got a tensor of "
            f"scalar type: {str(input.dtype).removeprefix('torch.').capitalize()}"
        )
    if not input.ndim:
        raise RuntimeError("Input tensor must have one or more dimensions")
    if input.shape[-1] != 2:
        raise RuntimeError("Tensor must have a last dimension of size 2")
    steps = input.stride()
    if steps[-1] != 1:
        raise RuntimeError("Tensor must have a last dimension with stride 1")
    if any(s % 2 for s in steps[:-1]):
        raise RuntimeError("Tensor must have a stride divisible by 2 for all but last dimension")
    if input.storage_offset() % 2:
        raise RuntimeError("Tensor must have a storage_offset divisible by 2")
    return ROWS["_view_as_complex"].function(input)


# Copies ---------------------------------------------------------------------------------------

#: Views whose copy has a name of its own.
COPIED = (
    "as_strided diagonal expand narrow permute select split split_with_sizes squeeze t transpose "
    "unbind unfold unsqueeze view view_as_real view_as_complex detach"
).split()


def _copy_of(name: str) -> Any:
    def copy(input: Tensor, *args: Any, **kwargs: Any) -> Any:
        function = FUNCTIONS[name] if name in FUNCTIONS else getattr(Tensor, name)
        found = function(input, *args, **kwargs)
        clone = ROWS["_clone"].function
        return tuple(map(clone, found)) if isinstance(found, (tuple, list)) else clone(found)

    copy.__name__ = copy.__qualname__ = name + "_copy"
    copy.__doc__ = f"A copy of what `{name}` shows."
    return copy


for _name in COPIED:
    composite(_copy_of(_name), method=_name == "narrow", out=True)


@composite(method=False, out=True)
def alias_copy(input: Tensor) -> Tensor:
    """A copy."""
    return ROWS["_clone"].function(input)


def _scattered(view: Any, input: Tensor, src: Tensor) -> Tensor:
    """A copy of `input` into a view of which `src` is written."""
    y = ROWS["_clone"].function(input)
    part = view(y)
    if tuple(part.shape) != tuple(src.shape):
        raise RuntimeError(
            f"expected src to have a size equal to the slice of self. src size = "
            f"{errors.size(src.shape)}, slice size = {errors.size(part.shape)}"
        )
    part.copy_(src)
    return y


@composite(out=True)
def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """A copy with `src` written where `select(dim, index)` looks."""
    return _scattered(lambda y: FUNCTIONS["select"](y, dim, index), input, src)


@composite(out=True)
def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None,
    step: int = 1,
) -> Tensor:  # fmt: skip
    """A copy with `src` written to a slice of a dimension."""
    place = dim % input.ndim
    return _scattered(lambda y: y[(slice(None),) * place + (slice(start, end, step),)], input, src)


@composite(out=True)
def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """A copy with `src` written to a diagonal."""
    return _scattered(lambda y: y.diagonal(offset, dim1, dim2), input, src)


@composite(out=True)
def as_strided_scatter(
    input: Tensor, src: Tensor, size: Any, stride: Any, storage_offset: int | None = None
) -> Tensor:
    """A copy with `src` written where `as_strided` looks."""
    return _scattered(lambda y: as_strided(y, size, stride, storage_offset), input, src)


@composite
def resolve_conj(input: Tensor) -> Tensor:
    """The tensor itself: conjugates are computed at once here."""
    return input


@composite
def resolve_neg(input: Tensor) -> Tensor:
    """The tensor itself."""
    return input


@composite(top=False)
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Windows of `size` along a dimension, every `step`: a view with them in a last dimension."""
    ndim = max(input.ndim, 1)
    if not -ndim <= dimension < ndim:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-ndim}, {ndim - 1}], but got "
            f"{dimension})"
        )
    dim = dimension % ndim
    have = input.shape[dim] if input.ndim else 1
    if size > have:
        raise RuntimeError(
            f"maximum size for tensor at dimension {dim} is {have} but size is {size}"
        )
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    if not input.ndim:
        return as_strided(input, (size,), (1,), input.storage_offset())
    shape, steps = list(input.shape), list(input.stride())
    count = (have - size) // step + 1
    last = steps[dim]
    shape[dim], steps[dim] = count, last * step
    return as_strided(input, [*shape, size], [*steps, last], input.storage_offset())
