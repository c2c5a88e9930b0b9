"""Reading and writing by index, and rows that take an index tensor.

`x[key]` is done in two steps, as in PyTorch: numbers, slices, None and `...` give a view; what is
left (index tensors, masks, lists) gives a copy. So a number beside an index tensor takes its
dimension away first, where NumPy would broadcast it against the index.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes, errors
from ..autograd.modes import state
from ..observe import tap
from ..tensor import Tensor, bump_version, checked_dim, wrap
from .apply import check_writable, graph_node, inplace
from .movement import _clone
from .table import FUNCTIONS, ROWS, composite, kernel, op

# x[key] ---------------------------------------------------------------------------------------


@kernel
def key_kernel(xp: Any, input: Any, key: tuple) -> Any:
    y = input[key]
    return y if hasattr(y, "base") and getattr(y, "shape", None) is not None else xp.asarray(y)


@kernel
def put_key_kernel(xp: Any, input: Any, shape: tuple, key: tuple) -> Any:
    out = xp.zeros(shape, input.dtype)
    out[key] = input
    return out


_get = op(
    "_get(input, key: tuple)", "input[key]", view=True, node="Slice", shown="getitem",
    public=False, input="m._put_at(g, input_shape, key)",
)  # fmt: skip


def _view_name(node: Any) -> str:
    """PyTorch makes a view for each part of the key: the last one names the node."""
    parts = [k for k in node.key or () if k is not Ellipsis]
    last = next((k for k in reversed(parts) if k != slice(None)), slice(None)) if parts else ...
    if last is Ellipsis:
        return "AliasBackward0"
    if last is None:
        return "UnsqueezeBackward0"
    return "SliceBackward0" if isinstance(last, slice) else "SelectBackward0"


ROWS["_get"].spoken = _view_name
op(
    "_put_at(input, shape: tuple, key: tuple)", "put_key_kernel(xp, input, shape, key)",
    public=False, input="m._get(g, key)",
)  # fmt: skip


@kernel
def gather_key_gradient(xp: Any, input: Any, shape: tuple, key: tuple) -> Any:
    """The gradient of input[key] for a key with index arrays: what has one place is summed."""
    index = [k for k in key if not isinstance(k, slice)]
    if len(key) and len(index) == 1 and index[0].dtype != bool and not isinstance(key[0], slice):
        rows = index[0].reshape(-1) % shape[0] if shape[0] else index[0].reshape(-1)
        flat = xp.asarray(input).reshape(rows.shape[0], -1)
        return xp.sum_rows_by(rows, flat, shape[0]).reshape(shape)
    out = xp.zeros(shape, input.dtype)
    if len(index) == 1 and index[0].dtype == bool:
        out[key] = input
    else:
        xp.add_at(out, key, input)
    return out


_index = op(
    "_index(input, key: tuple)", "input[key]", node="Index", shown="getitem", public=False,
    input="m._index_add(g, input_shape, key)",
)  # fmt: skip
op(
    "_index_add(input, shape: tuple, key: tuple)", "gather_key_gradient(xp, input, shape, key)",
    public=False, input="m._index(g, key)",
)  # fmt: skip


@kernel
def write_key(xp: Any, input: Any, values: Any, key: tuple, accumulate: bool) -> Any:
    out = input.copy()
    if accumulate:
        xp.add_at(out, key, values)
    else:
        out[key] = values
    return out


_index_put = op(
    "_index_put(input, values, key: tuple, accumulate: bool)",
    "write_key(xp, input, values, key, accumulate)",
    node="IndexPut", shown="index_put", public=False, inplace=True,
    input="g if accumulate else m._index_put_number(g, 0.0, key)",
    values="m.sum_to_size(m._index(g, key), values_shape)",
)  # fmt: skip
op(
    "_index_put_number(input, value: float, key: tuple)",
    "write_key(xp, input, value, key, False)", node="IndexPut", shown="index_put", public=False,
    input="m._index_put_number(g, 0.0, key)",
)  # fmt: skip


def _index_array(value: Any, like: Any) -> Any:
    """An index or mask as an array; a list is read as PyTorch reads it."""
    array = value._array if isinstance(value, Tensor) else np.asarray(value)
    if array.dtype.kind not in "iub" and array.size:
        raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
    if array.dtype == np.uint8:
        array = array.astype(bool)
    elif array.dtype.kind != "b":
        array = array.astype(np.int64, copy=False)
    return array


def split_key(key: Any, shape: tuple[int, ...]) -> tuple[tuple | None, tuple | None]:
    """The two steps of a key: for the view, and for the copy (None where there is nothing to do).

    Raises the errors of PyTorch for what does not fit `shape`.
    """
    given = key if type(key) is tuple else (key,)
    if isinstance(key, list) and any(
        isinstance(k, (slice, list, Tensor)) or k is None for k in key
    ):
        given = tuple(key)
    used = 0
    for k in given:
        if isinstance(k, Tensor) and k._array.dtype.kind == "b" and k._array.ndim:
            used += k._array.ndim
        elif isinstance(k, np.ndarray) and k.dtype.kind == "b" and k.ndim:
            used += k.ndim
        elif k is not None and k is not Ellipsis and k is not True and k is not False:
            used += 1
    if used > len(shape):
        if not shape:
            raise IndexError(
                "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or "
                "`tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"
            )
        raise IndexError(f"too many indices for tensor of dimension {len(shape)}")
    basic: list[Any] = []
    advanced: list[Any] = []
    at = 0  # the dimension of the input
    for k in given:
        kind = type(k)
        if kind is int or (
            kind is not bool
            and not isinstance(k, (slice, Tensor, list, tuple))
            and hasattr(k, "__index__")
            and not isinstance(k, np.ndarray)
        ):
            k = k.__index__()
            if not -shape[at] <= k < shape[at]:
                raise IndexError(
                    f"index {k} is out of bounds for dimension {at} with size {shape[at]}"
                )
            basic.append(k)
            at += 1
        elif kind is slice:
            k = slice(*(None if n is None else n.__index__() for n in (k.start, k.stop, k.step)))
            if k.step is not None and k.step <= 0:
                raise ValueError("step must be greater than zero")
            basic.append(k)
            advanced.append(slice(None))
            at += 1
        elif k is None:
            basic.append(None)
            advanced.append(slice(None))
        elif k is Ellipsis:
            skip = len(shape) - used
            basic.append(Ellipsis)
            advanced += [slice(None)] * skip
            at += skip
        elif kind is bool:
            basic.append(None)
            advanced.append(np.array([k]))
        else:
            if (
                isinstance(k, Tensor)
                and not k._array.ndim
                and k._array.dtype.kind in "iu"
                and (k._array.dtype != np.uint8)
            ):
                number = int(k._array)
                if not -shape[at] <= number < shape[at]:
                    raise IndexError(
                        f"index {number} is out of bounds for dimension {at} with size {shape[at]}"
                    )
                basic.append(number)
                at += 1
                continue
            array = _index_array(k, None)
            if array.dtype.kind == "b":
                if not array.ndim:
                    basic.append(None)
                    advanced.append(array.reshape(1))
                    continue
                for axis, n in enumerate(array.shape):
                    if n != shape[at + axis]:
                        raise IndexError(
                            f"The shape of the mask {errors.size(array.shape)} at index {axis} does"
                            f" not match the shape of the indexed tensor {errors.size(shape)} at "
                            f"index {at + axis}"
                        )
                basic += [slice(None)] * array.ndim
                at += array.ndim
            else:
                n = shape[at]
                if array.size and (array.min() < -n or array.max() >= n):
                    bad = array[(array < -n) | (array >= n)].reshape(-1)[0]
                    raise IndexError(
                        f"index {int(bad)} is out of bounds for dimension {at} with size {n}"
                    )
                basic.append(slice(None))
                at += 1
            advanced.append(array)
    while advanced and isinstance(advanced[-1], slice):
        advanced.pop()
    trivial = all(isinstance(k, slice) and k == slice(None) for k in basic) and advanced
    step_one = None if trivial else (*basic, ...) if Ellipsis not in basic else tuple(basic)
    return step_one, tuple(advanced) or None


def getitem(input: Tensor, key: Any) -> Tensor:
    """input[key]."""
    array = input._array
    if type(key) is int and array.ndim:  # the common case, without ceremony
        if -array.shape[0] <= key < array.shape[0]:
            return _get(input, (key, ...))
    basic, advanced = split_key(key, array.shape)
    if basic is not None:
        input = _get(input, basic)
    return input if advanced is None else _index(input, advanced)


def setitem(input: Tensor, key: Any, value: Any) -> None:
    """input[key] = value."""
    basic, advanced = split_key(key, input._array.shape)
    array = input._array
    if not isinstance(value, Tensor):
        value = wrap(np.asarray(value).astype(array.dtype))
    elif value._array.dtype != array.dtype:
        value = ROWS["cast"].function(value, array.dtype)
    records = state.grad and (graph_node(input) is not None or graph_node(value) is not None)
    if not records and tap.listener is None:
        check_writable(input, (value,))
        target = array if basic is None else array[basic]
        _assign(target, advanced, value._array)
        bump_version(input)
        return
    target = input if basic is None else _get(input, basic)
    if advanced is None:
        copy_(target, _fitted(value, target._array.shape))
    else:
        shape = np.empty(target._array.shape, bool)[advanced].shape
        _listen(inplace(ROWS["_index_put"], target, (_fitted(value, shape),), (advanced, False)))


def _listen(tensor: Tensor) -> Tensor:
    listener = tap.listener
    if listener is not None and listener.sampling:
        listener.op("setitem", (tensor,), (tensor,))
    return tensor


def _fitted(value: Tensor, shape: tuple[int, ...]) -> Tensor:
    """A value without the leading ones that PyTorch lets an assigned value have."""
    have = value._array.shape
    extra = len(have) - len(shape)
    if extra > 0 and all(n == 1 for n in have[:extra]):
        value = FUNCTIONS["reshape"](value, have[extra:])
        have = value._array.shape
    try:
        fits = np.broadcast_shapes(have, shape) == tuple(shape)
    except ValueError:
        fits = False
    if not fits:
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {errors.size(have)} cannot be broadcast to "
            f"indexing result of shape {errors.size(shape)}"
        )
    return value


def _assign(target: Any, advanced: tuple | None, values: Any) -> None:
    shape = target.shape if advanced is None else None
    try:
        if advanced is None:
            while values.ndim > target.ndim and values.shape[0] == 1:
                values = values[0]
            target[...] = values
        else:
            target[advanced] = values
    except ValueError:
        shape = target[advanced].shape if shape is None else shape
        _fitted(wrap(values), shape)
        target[advanced] = values.reshape(values.shape[values.ndim - len(shape) :])


# Copying into ---------------------------------------------------------------------------------


@kernel
def copy_kernel(xp: Any, input: Any, source: Any) -> Any:
    return xp.expand(source, input.shape)


op(
    "_copy(input, source)", "copy_kernel(xp, input, source)", node="Copys", shown="copy_",
    public=False, casts=True, input="m.zero_of(g)", source="m.cast(g, source_dtype)",
)  # fmt: skip
op(
    "_fill(input, value: float)", "input * 0 + value", node="Fill", shown="fill_", public=False,
    input="m.zero_of(g)",
)  # fmt: skip


def _announced(name: str, tensor: Tensor, *args: Any) -> Tensor:
    listener = tap.listener
    if listener is not None and listener.sampling:
        listener.op(name, (tensor, *args), (tensor,))
    return tensor


def copy_(input: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Write the elements of `src` into this tensor."""
    if not isinstance(src, Tensor):
        src = wrap(np.asarray(src))
    source = src._array
    if np.broadcast_shapes(source.shape, input._array.shape) != input._array.shape:
        raise errors.broadcast(input._array.shape, source.shape)
    check_writable(input, (src,))
    records = state.grad and (graph_node(input) is not None or graph_node(src) is not None)
    if source.dtype != input._array.dtype:
        src = ROWS["cast"].function(src, input._array.dtype)
    if records:
        inplace(ROWS["_copy"], input, (src,), ())
    else:
        input._array[...] = src._array
        bump_version(input)
    return _announced("copy_", input, src)


def fill_(input: Tensor, value: Any) -> Tensor:
    """Write one number everywhere."""
    if isinstance(value, Tensor):
        if value._array.ndim:
            raise RuntimeError(
                "fill_ only supports 0-dimension value tensor but got tensor with "
                f"{value._array.ndim} dimensions."
            )
        return copy_(input, value)
    check_writable(input)
    if state.grad and graph_node(input) is not None:
        from .apply import write_in_place

        zero = ROWS["zero_of"].function(input)
        zero._array[...] = value
        node = _constant_node(input)
        zero._node = node
        write_in_place(input, zero)
    else:
        input._array[...] = value
        bump_version(input)
    return _announced("fill_", input, value)


def _constant_node(input: Tensor) -> Any:
    """A node that sends a zero gradient on: what was written does not depend on the input."""
    from .apply import node_class

    node = node_class(ROWS["_fill"]).__new__(node_class(ROWS["_fill"]))
    node.start()
    node.e0 = graph_node(input)
    return node


def zero_(input: Tensor) -> Tensor:
    """Write zeros."""
    return fill_(input, 0)


composite(copy_, top=False)
composite(fill_)
composite(zero_)


# Index tensors --------------------------------------------------------------------------------


def _check_gather(name: str) -> Any:
    def check(input: Any, index: Any, *rest: Any) -> None:
        dim = next(v for v in rest if isinstance(v, int))
        if index.dtype not in (np.dtype("int64"), np.dtype("int32")) and index.size:
            raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")
        if name != "gather" and hasattr(rest[0], "dtype") and rest[0].dtype != input.dtype:
            raise RuntimeError(f"{name}(): Expected self.dtype to be equal to src.dtype")
        if input.ndim != index.ndim and input.ndim and index.ndim:
            raise RuntimeError(
                f"Index tensor must have the same number of dimensions as "
                f"{'input' if name == 'gather' else 'self'} tensor"
            )
        axis = checked_dim(dim, input.ndim)
        if not input.ndim:
            return
        n = input.shape[axis]
        if index.size and (index.min() < 0 or index.max() >= n):
            bad = index[(index < 0) | (index >= n)].reshape(-1)[0]
            raise RuntimeError(
                f"index {int(bad)} is out of bounds for dimension {axis} with size {n}"
            )
        for k in range(input.ndim):
            if name == "gather" and k != axis and index.shape[k] > input.shape[k]:
                raise RuntimeError(
                    f"Size does not match at dimension {k} expected index "
                    f"{errors.size(index.shape)} to be no larger than self "
                    f"{errors.size(input.shape)} apart from dimension {axis}"
                )

    return check


@kernel
def along(xp: Any, index: Any, axis: int) -> tuple:
    """An index tuple that addresses, for each place of `index`, index[place] along `axis`."""
    grid = []
    for k, n in enumerate(index.shape):
        shape = [1] * index.ndim
        shape[k] = n
        grid.append(index if k == axis else xp.arange(n).reshape(shape))
    return tuple(grid)


@kernel
def gather_kernel(xp: Any, input: Any, index: Any, dim: int) -> Any:
    axis = checked_dim(dim, input.ndim)
    if not input.ndim:
        return xp.expand(input, index.shape).copy()
    if index.size and (index.min() < 0 or index.max() >= input.shape[axis]):
        raise IndexError("out of bounds")
    return input[along(xp, index, axis)]


@kernel
def scatter_kernel(xp: Any, input: Any, index: Any, src: Any, dim: int, how: str) -> Any:
    out = input.copy()
    if not input.ndim:
        out[...] = xp.asarray(src).reshape(-1)[0] + (input if how == "add" else 0)
        return out
    axis = checked_dim(dim, input.ndim)
    if index.size and (index.min() < 0 or index.max() >= input.shape[axis]):
        raise IndexError("out of bounds")
    where = along(xp, index, axis)
    if getattr(src, "dtype", input.dtype) != input.dtype:
        raise ValueError("the check of the row says it")
    part = src[tuple(slice(n) for n in index.shape)] if getattr(src, "ndim", 0) else src
    if how == "add":
        xp.add_at(out, where, part)
    else:
        out[where] = part
    return out


_gather = op(
    "_gather(input, index: Index, dim: int)", "gather_kernel(xp, input, index, dim)",
    node="Gather", shown="gather", public=False, check=_check_gather("gather"),
    input="m._scatter_add(m.zeros_of_shape(g, input_shape), index, g, dim)",
)  # fmt: skip
op("zeros_of_shape(input, shape: tuple)", "xp.zeros(shape, input.dtype)", public=False)


@composite
def gather(
    input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False, out: Any = None
) -> Tensor:
    """out[i][j] = input[index[i][j]][j] for dim 0, and so on."""
    return _gather(input, index, dim, out=out)


@composite(out=True)
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """As `gather`, with indices broadcast against the input."""
    if indices._array.dtype != np.int64:
        raise RuntimeError(
            "torch.take_along_dim(): dtype of indices should be Long but got "
            f"{indices.dtype.legacy}"
        )
    if dim is None:
        return _gather(FUNCTIONS["reshape"](input, -1), FUNCTIONS["reshape"](indices, -1), 0)
    dim = checked_dim(dim, input._array.ndim)
    want, have = list(input._array.shape), list(indices._array.shape)
    common = list(np.broadcast_shapes(
        [n for k, n in enumerate(want) if k != dim], [n for k, n in enumerate(have) if k != dim]
    ))  # fmt: skip
    expand = FUNCTIONS["expand"]
    indices = wrap(np.where(indices._array < 0, indices._array + want[dim], indices._array))
    input = expand(input, (*common[:dim], want[dim], *common[dim:]))
    return _gather(input, expand(indices, (*common[:dim], have[dim], *common[dim:])), dim)


_scatter = op(
    "_scatter(input, index: Index, src, dim: int)",
    "scatter_kernel(xp, input, index, src, dim, 'set')", node="Scatter", shown="scatter",
    public=False, inplace=True, check=_check_gather("scatter"),
    input="m._scatter_number(g, index, 0.0, dim)",
    src="m.pad_to(m._gather(g, index, dim), src_shape)",
)  # fmt: skip
_scatter_number = op(
    "_scatter_number(input, index: Index, value: float, dim: int)",
    "scatter_kernel(xp, input, index, value, dim, 'set')", node="Scatter", shown="scatter",
    public=False, inplace=True, check=lambda input, index, value, dim: _check_gather("scatter")(input, index, dim),
    input="m._scatter_number(g, index, 0.0, dim)",
)  # fmt: skip
_scatter_add = op(
    "_scatter_add(input, index: Index, src, dim: int)",
    "scatter_kernel(xp, input, index, src, dim, 'add')", node="ScatterAdd", shown="scatter_add",
    public=False, inplace=True, check=_check_gather("scatter_add"),
    input="g", src="m.pad_to(m._gather(g, index, dim), src_shape)",
)  # fmt: skip
op(
    "pad_to(input, shape: tuple)", "pad_to_kernel(xp, input, shape)", public=False,
    input="m.crop_to(g, input_shape)",
)  # fmt: skip
op(
    "crop_to(input, shape: tuple)", "input[tuple(slice(n) for n in shape)].copy()", public=False,
    input="m.pad_to(g, input_shape)",
)  # fmt: skip


@kernel
def pad_to_kernel(xp: Any, input: Any, shape: tuple) -> Any:
    """Zeros behind the elements up to a shape."""
    if input.shape == tuple(shape):
        return input
    out = xp.zeros(shape, input.dtype)
    out[tuple(slice(n) for n in input.shape)] = input
    return out


@composite(out=True)
def scatter(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None,
    reduce: str | None = None,
) -> Tensor:  # fmt: skip
    """Copy with src written to where `index` says along `dim`."""
    src = value if src is None else src
    if reduce is not None:
        return _scatter_by(input, dim, index, src, reduce)
    if isinstance(src, Tensor):
        return _scatter(input, index, src, dim)
    return _scatter_number(input, index, src, dim)


def _scatter_by(input: Tensor, dim: int, index: Tensor, src: Any, reduce: str) -> Tensor:
    """The old `scatter(reduce="add" | "multiply")`, which takes no gradient of `src`."""
    if reduce not in ("add", "multiply"):
        raise RuntimeError("reduce argument must be either add or multiply.")
    if not isinstance(src, Tensor):
        src = index.new_full(tuple(index.shape), src, dtype=input.dtype)
    if reduce == "add":
        return _scatter_add(input, index, src, dim)
    return FUNCTIONS["scatter_reduce"](input, dim, index, src, "prod")


@composite(out=True)
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Copy with src added to where `index` says along `dim`."""
    return _scatter_add(input, index, src, dim)


def scatter_(
    input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None
) -> Tensor:
    """`scatter` in place."""
    src = value if src is None else src
    if isinstance(src, Tensor):
        return _announced("scatter_", inplace_scatter(ROWS["_scatter"], input, index, src, dim))
    check_writable(input)
    result = inplace(ROWS["_scatter_number"], input, (index,), (src, dim))
    return _announced("scatter_", result, dim, index, src)


def scatter_add_(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """`scatter_add` in place."""
    return _announced("scatter_add_", inplace_scatter(ROWS["_scatter_add"], input, index, src, dim))


def inplace_scatter(row: Any, input: Tensor, index: Tensor, src: Tensor, dim: int) -> Tensor:
    """Write a scatter row into its input."""
    return inplace(row, input, (index, src), (dim,))


@kernel
def take_index(xp: Any, input: Any, index: Any, dim: int) -> Any:
    axis = checked_dim(dim, input.ndim)
    if not input.ndim:
        return input.copy()
    n = input.shape[axis]
    if index.size and (index.min() < 0 or index.max() >= n):
        raise IndexError("index out of range in self")
    return xp.take(input, index, axis=axis)


_index_select = op(
    "_index_select(input, index: Index, dim: int)", "take_index(xp, input, index, dim)",
    node="IndexSelect", shown="index_select", public=False,
    input="m._index_add_to(m.zeros_of_shape(g, input_shape), index, g, dim, 1)",
)  # fmt: skip
_index_add_to = op(
    "_index_add_to(input, index: Index, source, dim: int, alpha: float)",
    "index_add_kernel(xp, input, index, source, dim, alpha)", node="IndexAdd", shown="index_add",
    public=False, inplace=True,
    input="g", source="m._index_select(g, index, dim) * alpha",
)  # fmt: skip


@kernel
def index_add_kernel(xp: Any, input: Any, index: Any, source: Any, dim: int, alpha: float) -> Any:
    out = input.copy()
    axis = checked_dim(dim, input.ndim)
    if index.size and (index.min() < 0 or index.max() >= (input.shape[axis] if input.ndim else 1)):
        raise IndexError("index out of range in self")
    if alpha != 1:
        source = source * alpha
    if not input.ndim:
        out += source.sum()
        return out
    xp.add_at(out, (slice(None),) * axis + (index,), source)
    return out


@composite
def index_select(input: Tensor, dim: int, index: Tensor, *, out: Any = None) -> Tensor:
    """The places along `dim` that `index` (a vector) names."""
    if index._array.ndim > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    if not index._array.ndim:
        index = FUNCTIONS["reshape"](index, 1)
    return _index_select(input, index, dim, out=out)


@composite(out=True)
def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """Copy with `source` added to the places along `dim` that `index` names."""
    return _index_add_to(input, index, source, dim, alpha)


def index_add_(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """`index_add` in place."""
    return _announced("index_add_", inplace(ROWS["_index_add_to"], input, (index, source), (dim, alpha)))  # fmt: skip


_masked_fill = op(
    "_masked_fill(input, mask: Index, value: float)",
    "masked_fill_kernel(xp, input, mask, value)", node="MaskedFill", shown="masked_fill",
    public=False, inplace=True,
    input="m.sum_to_size(m._masked_fill(g, mask, 0.0), input_shape)",
)  # fmt: skip


@kernel
def masked_fill_kernel(xp: Any, input: Any, mask: Any, value: Any) -> Any:
    return xp.where(mask, input.dtype.type(value), input)


def _masked(input: Tensor, mask: Tensor, value: Any, run: Any) -> Tensor:
    if mask._array.dtype != bool:
        raise RuntimeError(
            f"masked_fill_ only supports boolean masks, but got mask with dtype {mask.dtype.name}"
        )
    if isinstance(value, Tensor):
        if value._array.ndim:
            raise RuntimeError(
                "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                f"{value._array.ndim} dimension(s)."
            )
        if value.requires_grad:
            return ROWS["_where"].function(mask, value, input)
        value = value.item()
    return run(value)


@composite
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """Copy with `value` where the mask is True."""
    return _masked(input, mask, value, lambda v: _masked_fill(input, mask, v))


def masked_fill_(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """`masked_fill` in place."""
    done = _masked(
        input, mask, value, lambda v: inplace(ROWS["_masked_fill"], input, (mask,), (v,))
    )
    return _announced("masked_fill_", done, mask, value)


_masked_select = op(
    "masked_select(input, mask: Index)", "masked_select_kernel(xp, input, mask)",
    input="m.masked_place(g, mask, input_shape)", doc="The elements where the mask is True.",
)  # fmt: skip
op(
    "masked_place(input, mask: Index, shape: tuple)",
    "masked_place_kernel(xp, input, mask, shape)", public=False,
    input="m.masked_select(m.expand(g, wide_shape(shape, mask)), mask)",
)  # fmt: skip


@kernel
def wide_shape(shape: tuple, mask: Any) -> tuple:
    return np.broadcast_shapes(shape, tuple(mask.shape))


@kernel
def masked_select_kernel(xp: Any, input: Any, mask: Any) -> Any:
    shape = wide_shape(input.shape, mask)
    return xp.expand(input, shape)[xp.expand(mask, shape)]


@kernel
def masked_place_kernel(xp: Any, input: Any, mask: Any, shape: tuple) -> Any:
    full = wide_shape(shape, mask)
    out = xp.zeros(full, input.dtype)
    out[xp.expand(mask, full)] = input
    from .apply import unbroadcast

    return unbroadcast(out, tuple(shape))


@composite(out=True)
def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """`input` where the condition is True, else `other`; alone the places where it is True."""
    if input is None and other is None:
        return nonzero(condition, as_tuple=True)
    if condition._array.dtype != bool:
        if condition._array.dtype != np.uint8:
            raise RuntimeError(
                f"where expected condition to be a boolean tensor, but got a tensor with dtype "
                f"{condition.dtype.legacy}"
            )
        condition = condition != 0
    if not isinstance(input, Tensor) and not isinstance(other, Tensor):
        like = dtypes.result_of([], [], [input, other])
        input = wrap(np.asarray(input).astype(like.numpy))
    return ROWS["_where"].function(condition, input, other)


composite(where, method=False)


def _method_where(self: Tensor, condition: Tensor, other: Any) -> Tensor:
    return where(condition, self, other)


@composite(out=True, aliases="argwhere")
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The places of the elements that are not 0: (N, ndim), or a vector per dimension."""
    array = input._array
    places = np.nonzero(array) if array.ndim else np.nonzero(array.reshape(1))
    if as_tuple:
        return tuple(wrap(p.astype(np.int64, copy=False)) for p in places)
    if not array.ndim:
        return wrap(np.zeros((len(places[0]), 0), np.int64))
    return wrap(np.stack(places, axis=1).astype(np.int64, copy=False))


argwhere = nonzero


@composite
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """A view of `length` places along `dim` from `start` on."""
    dim = checked_dim(dim, input._array.ndim)
    n = input._array.shape[dim]
    start = int(start)
    if not -n <= start <= n:
        raise IndexError(
            f"start out of range (expected to be in range of [{-n}, {n}], but got {start})"
        )
    start += n if start < 0 else 0
    if length < 0:
        raise RuntimeError("narrow(): length must be non-negative.")
    if start + length > n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return ROWS["cut"].function(input, dim, start, length)


@composite
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """A view of one place along `dim`."""
    if not input._array.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    dim = checked_dim(dim, input._array.ndim)
    n = input._array.shape[dim]
    if not -n <= index < n:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size "
            f"{errors.size(input._array.shape)} at dimension {dim}"
        )
    return ROWS["pick"].function(input, dim, index % n)


@composite
def index_put_(input: Tensor, indices: tuple, values: Tensor, accumulate: bool = False) -> Tensor:
    """Write `values` at indices, in place; `accumulate` adds them."""
    _, advanced = split_key(tuple(indices), input._array.shape)
    if advanced is None:
        raise IndexError("index_put_ needs at least one index tensor")
    done = inplace(ROWS["_index_put"], input, (values,), (advanced, accumulate))
    return _announced("index_put_", done, values)


for _function in (scatter_, scatter_add_, index_add_, masked_fill_):
    composite(_function, top=False)
_ = (_clone, _gather)
