"""Rows that move elements about: views (they share memory) and copies.

A view row's kernel returns a view of its input; `View` records make in-place writing through it
right (`tensor.py`, `ops/apply.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import errors
from ..tensor import Tensor, checked_dim
from .lists import joined, parts
from .table import composite, kernel, op


def ints(given: Sequence[Any]) -> tuple[int, ...]:
    """A size or dims given as one sequence or as several numbers."""
    if len(given) == 1 and isinstance(given[0], (tuple, list)):
        given = given[0]
    return tuple(n if type(n) is int else n.__index__() for n in given)


# Views ----------------------------------------------------------------------------------------


@kernel
def full_shape(shape: tuple[int, ...], size: int) -> tuple[int, ...]:
    """A wanted shape with -1 replaced; raises PyTorch's errors where it cannot be."""
    if -1 not in shape:
        if math.prod(shape) != size:
            raise RuntimeError(f"shape '{errors.size(shape)}' is invalid for input of size {size}")
        return shape
    known = 1
    for n in shape:
        if n < -1:
            raise RuntimeError(f"invalid shape dimension {n}")
        if n != -1:
            known *= n
    if shape.count(-1) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if known == 0:
        raise RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {errors.size(shape)} because the "
            "unspecified dimension size -1 can be any value and is ambiguous"
        )
    if size % known:
        raise RuntimeError(f"shape '{errors.size(shape)}' is invalid for input of size {size}")
    return tuple(size // known if n == -1 else n for n in shape)


@kernel
def view_kernel(xp: Any, input: Any, shape: tuple[int, ...]) -> Any:
    shape = full_shape(shape, input.size)
    y = input.reshape(shape)
    if (
        input.size
        and y is not input
        and not (y.base is input or (y.base is input.base is not None))
    ):
        if not input.flags.c_contiguous:
            raise RuntimeError(
                "view size is not compatible with input tensor's size and stride (at least one "
                "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
            )
    return y


_view = op(
    "_view(input, shape: tuple)", "view_kernel(xp, input, shape)", view=True, node="View",
    shown="view", public=False, input="m.reshape(g, input_shape)",
)  # fmt: skip
_reshape = op(
    "reshape(input, shape: tuple)", "input.reshape(full_shape(tuple(shape), input.size))",
    view="maybe", node="View", public=False, input="m.reshape(g, input_shape)",
)  # fmt: skip


@composite(top=False)
def view(input: Tensor, *shape: Any) -> Tensor:
    """The same memory in another shape (or seen as another dtype)."""
    if len(shape) == 1 and not isinstance(shape[0], (int, tuple, list)):
        if hasattr(shape[0], "numpy"):
            return view_dtype(input, shape[0])
    return _view(input, ints(shape))


def view_dtype(input: Tensor, dtype: Any) -> Tensor:
    """The same bytes as another dtype of the same size."""
    made = input.detach()
    made._array = input._array.view(dtype.numpy)
    return made


@composite
def reshape(input: Tensor, *shape: Any) -> Tensor:
    """Another shape: a view where that is possible, else a copy."""
    return _reshape(input, ints(shape))


@composite(top=False)
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """A view in the shape of another tensor."""
    return _view(input, other._array.shape)


@composite(top=False)
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """The shape of another tensor."""
    return _reshape(input, other._array.shape)


@composite
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Make the dimensions from `start_dim` to `end_dim` one."""
    shape = input._array.shape
    if not shape:
        return _reshape(input, (1,))
    start, end = checked_dim(start_dim, len(shape)), checked_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if start == end:
        return input
    return _reshape(input, (*shape[:start], math.prod(shape[start : end + 1]), *shape[end + 1 :]))


@composite
def unflatten(input: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """Make one dimension several."""
    shape = input._array.shape
    dim = checked_dim(dim, len(shape))
    sizes = ints((sizes,))
    known = math.prod(n for n in sizes if n != -1)
    if (known != shape[dim]) if -1 not in sizes else (not known or shape[dim] % known):
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} "
            f"({shape[dim]}) in the input tensor"
        )
    return _reshape(input, (*shape[:dim], *full_shape(sizes, shape[dim]), *shape[dim + 1 :]))


@composite
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension."""
    return _reshape(input, (-1,))


@kernel
def permute_kernel(xp: Any, input: Any, dims: tuple[int, ...]) -> Any:
    if len(dims) != input.ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the "
            f"length of the desired ordering of dimensions i.e. input.dim() = {input.ndim} is not "
            f"equal to len(dims) = {len(dims)}"
        )
    order = tuple(checked_dim(d, input.ndim) for d in dims)
    if len(set(order)) != len(order):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return input.transpose(order)


@kernel
def inverse_order(dims: tuple[int, ...]) -> tuple[int, ...]:
    """The permutation that undoes another."""
    back = [0] * len(dims)
    for place, dim in enumerate(dims):
        back[dim] = place
    return tuple(back)


_permute = op(
    "_permute(input, dims: tuple)", "permute_kernel(xp, input, dims)", view=True, node="Permute",
    shown="permute", public=False, input="m._permute(g, inverse_order(dims))",
)  # fmt: skip


@composite
def permute(input: Tensor, *dims: Any) -> Tensor:
    """The dimensions in another order."""
    return _permute(input, ints(dims))


@kernel
def transpose_kernel(xp: Any, input: Any, dim0: int, dim1: int) -> Any:
    a, b = checked_dim(dim0, input.ndim), checked_dim(dim1, input.ndim)
    return input.swapaxes(a, b) if input.ndim else input.reshape(())


transpose = op(
    "transpose(input, dim0: int, dim1: int)", "transpose_kernel(xp, input, dim0, dim1)", view=True,
    input="m.transpose(g, dim0, dim1)", doc="Two dimensions exchanged.", aliases="swapaxes swapdims",
)  # fmt: skip


@kernel
def t_kernel(xp: Any, input: Any) -> Any:
    if input.ndim > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.ndim}D")
    return input.T


t = op("t(input)", "t_kernel(xp, input)", view=True, node="T", input="m.t(g)", doc="Transposed.")


@composite(aliases="moveaxis")
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Move dimensions to other places; the others keep their order."""
    ndim = input._array.ndim
    source_given = source
    source = [checked_dim(d, ndim) for d in ints((source,) if isinstance(source, int) else source)]
    target = [
        checked_dim(d, ndim)
        for d in ints((destination,) if isinstance(destination, int) else destination)
    ]
    for which, dims in (("source", source), ("destination", target)):
        if len(set(dims)) != len(dims):
            given = source_given if which == "source" else destination
            raise RuntimeError(f"movedim: repeated dim in `{which}` ({errors.size(given)})")
    if len(source) != len(target):
        raise RuntimeError(
            "movedim: Invalid source or destination dims: source "
            f"({source} dims) should contain the same number of dims as destination ({target} dims)"
        )
    order = [d for d in range(ndim) if d not in source]
    for place, dim in sorted(zip(target, source)):
        order.insert(place, dim)
    return _permute(input, tuple(order))


@kernel
def unsqueeze_kernel(xp: Any, input: Any, dim: int) -> Any:
    place = checked_dim(dim, input.ndim + 1)
    return input.reshape(*input.shape[:place], 1, *input.shape[place:]) if (
        input.flags.c_contiguous
    ) else input[(slice(None),) * place + (None,)]  # fmt: skip


unsqueeze = op(
    "unsqueeze(input, dim: int)", "unsqueeze_kernel(xp, input, dim)", view=True,
    input="m.reshape(g, input_shape)", doc="A dimension of length 1 put in.",
)  # fmt: skip


@kernel
def squeeze_kernel(xp: Any, input: Any, dim: Any) -> Any:
    shape = input.shape
    if dim is None:
        keep = [n for n in shape if n != 1]
        out = tuple(k for k, n in enumerate(shape) if n == 1)
    else:
        dims = dim if isinstance(dim, (tuple, list)) else (dim,)
        dims = {checked_dim(d, input.ndim) for d in dims}
        out = tuple(k for k in dims if input.ndim and shape[k] == 1)
        keep = [n for k, n in enumerate(shape) if k not in out]
    return input.squeeze(out) if out else input.reshape(keep) if input.flags.c_contiguous else input[...]  # fmt: skip


squeeze = op(
    "squeeze(input, dim=None)", "squeeze_kernel(xp, input, dim)", view=True, variant="dim",
    input="mark(m.reshape(g, input_shape), dim)", doc="Dimensions of length 1 taken out.",
)  # fmt: skip


@kernel
def mark(value: Any, saved: Any) -> Any:
    """The value; the second argument is saved because the node's name depends on it."""
    return value


@kernel
def expand_kernel(xp: Any, input: Any, shape: tuple[int, ...]) -> Any:
    added = len(shape) - input.ndim
    if added < 0:
        raise RuntimeError(
            f"expand(torch.{type_name(input)}{errors.size(input.shape)}, size={list(shape)}): the "
            f"number of sizes provided ({len(shape)}) must be greater or equal to the number of "
            f"dimensions in the tensor ({input.ndim})"
        )
    want = list(shape)
    for k, n in enumerate(shape):
        have = input.shape[k - added] if k >= added else 1
        if n == -1:
            if k < added:
                raise RuntimeError(
                    f"The expanded size of the tensor ({n}) isn't allowed in a leading, "
                    f"non-existing dimension {k}"
                )
            want[k] = have
        elif have not in (n, 1) or n < 0:
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({have}) at "
                f"non-singleton dimension {k}.  Target sizes: {errors.size(shape)}.  Tensor sizes: "
                f"{errors.size(input.shape)}"
            )
    return xp.expand(input, tuple(want))


@kernel
def type_name(array: Any) -> str:
    """The old name of an array's type, as "FloatTensor"."""
    from ..dtypes import of

    return of(array.dtype).legacy + "Tensor"


_expand = op(
    "expand(input, shape: tuple)", "expand_kernel(xp, input, shape)", view=True, public=False,
    input="m.sum_to_size(g, input_shape)",
)  # fmt: skip


@composite(top=False)
def expand(input: Tensor, *sizes: Any) -> Tensor:
    """A view with dimensions of length 1 (or new ones) repeated; -1 keeps a length."""
    return _expand(input, ints(sizes))


@composite(top=False)
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """A view expanded to the shape of another tensor."""
    return _expand(input, other._array.shape)


@composite
def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """A view broadcast to a shape."""
    return _expand(input, ints((size,)))


@composite(method=False)
def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors expanded to one shape."""
    from numpy import broadcast_shapes

    shape = broadcast_shapes(*(x._array.shape for x in tensors))
    return tuple(_expand(x, shape) for x in tensors)


@kernel
def diagonal_kernel(xp: Any, input: Any, offset: int, dim1: int, dim2: int) -> Any:
    a, b = checked_dim(dim1, input.ndim), checked_dim(dim2, input.ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    y = input.diagonal(offset, a, b)
    if y.base is not None and not y.flags.writeable and input.flags.writeable:
        y.flags.writeable = True  # NumPy hands it out read-only
    return y


@kernel
def place_diagonal_kernel(
    xp: Any, input: Any, shape: tuple, offset: int, dim1: int, dim2: int
) -> Any:
    out = xp.zeros(shape, input.dtype)
    view = out.diagonal(offset, dim1, dim2)
    view.flags.writeable = True
    view[...] = input
    return out


diagonal = op(
    "diagonal(input, offset=0, dim1=0, dim2=1)",
    "diagonal_kernel(xp, input, offset, dim1, dim2)", view=True,
    input="m.place_diagonal(g, input_shape, offset, dim1, dim2)", doc="The diagonal, last.",
)  # fmt: skip
op(
    "place_diagonal(input, shape: tuple, offset: int, dim1: int, dim2: int)",
    "place_diagonal_kernel(xp, input, shape, offset, dim1, dim2)", public=False,
    node="DiagonalBackward", input="m.diagonal(g, offset, dim1, dim2)",
)  # fmt: skip


@composite
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices with the last dimension on their diagonal."""
    shape = input._array.shape
    n = shape[-1] + (offset if offset > 0 else -offset)
    ndim = len(shape) + 1
    a, b = checked_dim(dim1, ndim), checked_dim(dim2, ndim)
    full = list(shape[:-1])
    for place in sorted((a, b)):
        full.insert(place, n)
    from .table import ROWS

    return ROWS["place_diagonal"].function(input, tuple(full), offset, a, b)


@composite(out=True)
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """The diagonal of a matrix, or the matrix with a vector on its diagonal."""
    if input._array.ndim == 1:
        return diag_embed(input, diagonal)
    if input._array.ndim != 2:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input._array.ndim}D")
    from .table import FUNCTIONS

    return FUNCTIONS["diagonal"](input, diagonal).clone()


# Copies ---------------------------------------------------------------------------------------


@kernel
def clone_kernel(xp: Any, input: Any) -> Any:
    """A copy that keeps the order of the strides, as PyTorch's; expanded dimensions are filled."""
    return input.copy(order="K")


_clone = op(
    "_clone(input)", "clone_kernel(xp, input)", node="Clone", shown="clone", public=False,
    conjugate=False, input="g",
)  # fmt: skip


@composite
def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy that stays in the graph."""
    return _clone(input)


op(
    "_contiguous(input)", "input.copy()", node="Clone", shown="contiguous", public=False,
    conjugate=False, input="g",
)  # fmt: skip


@composite(top=False)
def contiguous(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself where its elements lie in row-major order, else a copy of that kind."""
    if input._array.flags.c_contiguous:
        return input
    from .table import ROWS

    return ROWS["_contiguous"].function(input)


op(
    "move(input, device: object, source: object)", "move_kernel(xp, input, device)",
    node="ToCopy", shown="to", public=False, conjugate=False, input="m.move(g, source, device)",
)  # fmt: skip


@kernel
def move_kernel(xp: Any, input: Any, device: Any) -> Any:
    """The array on another device."""
    from .. import backend

    return backend.named(device).from_host(xp.to_host(input))


_flip = op(
    "_flip(input, dims: tuple)",
    "xp.flip(input, tuple(checked_dim(d, input.ndim) for d in dims)).copy()",
    node="Flip", shown="flip", public=False, input="m._flip(g, dims)",
)  # fmt: skip
kernel(checked_dim)


@composite
def flip(input: Tensor, *given: Any, dims: Any = None) -> Tensor:
    """The elements in reverse along dimensions (a copy)."""
    return _flip(input, ints(given if dims is None else (dims,)))


@kernel
def roll_kernel(xp: Any, input: Any, shifts: Any, dims: Any) -> Any:
    if isinstance(shifts, (tuple, list)) and not shifts:
        raise RuntimeError("`shifts` required")
    if dims is None or dims == ():
        return xp.roll(input, shifts)
    return xp.roll(input, shifts, axis=dims)


@kernel
def negated(shifts: Any) -> Any:
    return tuple(-s for s in shifts) if isinstance(shifts, (tuple, list)) else -shifts


roll = op(
    "roll(input, shifts: tuple, dims=None)", "roll_kernel(xp, input, shifts, dims)",
    input="m.roll(g, negated(shifts), dims)", doc="The elements shifted round.",
)  # fmt: skip


@kernel
def repeat_gradient(m: Any, g: Any, shape: tuple, sizes: tuple) -> Any:
    """Sum the copies that `repeat` made."""
    added = len(sizes) - len(shape)
    full = (1,) * added + tuple(shape)
    split = [n for pair in zip(sizes, full) for n in pair]
    if not split:
        return g
    total = m.sum(m.reshape(g, tuple(split)), tuple(range(0, len(split), 2)))
    return m.reshape(total, tuple(shape))


_repeat = op(
    "_repeat(input, sizes: tuple)", "repeat_kernel(xp, input, sizes)", node="Repeat",
    shown="repeat", public=False, input="repeat_gradient(m, g, input_shape, sizes)",
)  # fmt: skip


@kernel
def repeat_kernel(xp: Any, input: Any, sizes: tuple) -> Any:
    if len(sizes) < input.ndim:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    return xp.tile(input, sizes)


@composite(top=False)
def repeat(input: Tensor, *sizes: Any) -> Tensor:
    """The tensor repeated along its dimensions (and new ones before them)."""
    return _repeat(input, ints(sizes))


@composite(method=False)
def tile(input: Tensor, *dims: Any) -> Tensor:
    """As `repeat`, with ones put before too few numbers."""
    sizes = ints(dims)
    return _repeat(input, (1,) * (input._array.ndim - len(sizes)) + sizes)


@composite
def repeat_interleave(
    input: Tensor, repeats: Any, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element (or place along `dim`) repeated on the spot."""
    import numpy as np

    if dim is None:
        input, dim = _reshape(input, (-1,)), 0
    dim = checked_dim(dim, input._array.ndim)
    counts = repeats._array if isinstance(repeats, Tensor) else repeats
    places = np.repeat(np.arange(input._array.shape[dim]), counts)
    from ..tensor import wrap
    from .table import ROWS

    return ROWS["_index_select"].function(input, wrap(places.astype(np.int64)), dim)


@kernel
def matrices_only(input: Any, name: str) -> Any:
    """The array; raises where it has fewer than two dimensions."""
    if input.ndim < 2:
        raise RuntimeError(f"{name}: input tensor must have at least 2 dimensions")
    return input


for _name in ("tril", "triu"):
    op(
        f"{_name}(input, diagonal=0)", f"xp.{_name}(matrices_only(input, {_name!r}), diagonal)",
        inplace=True, input=f"m.{_name}(g, diagonal)",
    )  # fmt: skip


# Joining and parting --------------------------------------------------------------------------

cat = composite(joined("cat"), method=False, aliases="concat concatenate")
stack = composite(joined("stack"), method=False)


@composite(method=False, out=True)
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join side by side."""
    tensors = [x if x._array.ndim else _reshape(x, (1,)) for x in tensors]
    return cat(tensors, 0 if tensors[0]._array.ndim == 1 else 1)


@composite(method=False, out=True, aliases="row_stack")
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join on top of each other."""
    return cat([x if x._array.ndim > 1 else _reshape(x, (1, -1)) for x in tensors], 0)


unbind = composite(parts("unbind"))
_split = parts("split")


@composite
def split(input: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Views of equal length (the last may be shorter), or of the lengths given."""
    dim = checked_dim(dim, input._array.ndim)
    length = input._array.shape[dim]
    size = split_size_or_sections
    if isinstance(size, int):
        if size <= 0 and length:
            raise RuntimeError(
                f"split expects split_size be non-negative, but got split_size={size}"
            )
        sizes = [min(size, length - k) for k in range(0, length, size)] if length else [0]
    else:
        sizes = list(ints((size,)))
        if sum(sizes) != length:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's "
                f"size at dimension {dim}), but got split_sizes={sizes}"
            )
    return _split(input, tuple(sizes), dim)


@composite
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """At most `chunks` views of equal length (the last may be shorter)."""
    dim = checked_dim(dim, input._array.ndim)
    if chunks <= 0:
        raise RuntimeError("chunk expects `chunks` to be greater than 0, got: " + str(chunks))
    length = input._array.shape[dim]
    size = -(-length // chunks)
    if not size:
        return _split(input, (0,) * chunks, dim)
    return split(input, size, dim)


# Writing through views ------------------------------------------------------------------------
# The history of a base after a write through one of its views: `steps` lead from base to view.


@kernel
def follow(array: Any, steps: tuple) -> Any:
    """The view of an array at the end of the steps."""
    from . import stamp

    for row, options in steps:
        array = stamp.compute(row)(array, *options)
    return array


@kernel
def copy_slices_kernel(xp: Any, input: Any, source: Any, steps: tuple) -> Any:
    out = input.copy()
    follow(out, steps)[...] = source
    return out


@kernel
def view_steps_gradient_kernel(xp: Any, input: Any, shape: tuple, steps: tuple) -> Any:
    out = xp.zeros(shape, input.dtype)
    follow(out, steps)[...] = input
    return out


op(
    "copy_slices(input, source, steps: tuple)", "copy_slices_kernel(xp, input, source, steps)",
    public=False, node="CopySlices", casts=False,
    input="m.zero_slices(g, steps)", source="m.view_steps(g, steps)",
)  # fmt: skip
op(
    "zero_slices(input, steps: tuple)", "copy_slices_kernel(xp, input, 0, steps)", public=False,
    input="m.zero_slices(g, steps)",
)  # fmt: skip
op(
    "view_steps(input, steps: tuple)", "follow(input, steps).copy()", public=False,
    input="m.view_steps_gradient(g, input_shape, steps)",
)  # fmt: skip
op(
    "view_steps_gradient(input, shape: tuple, steps: tuple)",
    "view_steps_gradient_kernel(xp, input, shape, steps)", public=False,
    input="m.view_steps(g, steps)",
)  # fmt: skip
