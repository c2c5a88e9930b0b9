"""Operations on a list of tensors, or with a list of results: cat, stack; split, unbind.

Their nodes have any number of edges, so no row fits; they use `ListNode` and, for several results,
one `Slot` each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from .. import backend, dtypes, errors
from ..autograd.graph import ListNode, Node, Slot
from ..autograd.modes import state
from ..observe import tap
from ..tensor import Tensor, View, checked_dim, storage_of, wrap
from .apply import graph_node, raw_for, restore, restore_traced
from .apply import traced as traced_maths
from .table import ROWS, kernel, op


def heard(function: Callable) -> Callable:
    """Report the calls of a function to the listener, as stamped functions do."""
    name = function.__name__

    def call(*args: Any, **kwargs: Any) -> Any:
        listener = tap.listener
        if listener is None or not listener.sampling:
            return function(*args, **kwargs)
        given = (*args, *kwargs.values())
        listener.began = perf_counter()
        try:
            result = function(*args, **kwargs)
        except BaseException as error:
            listener.op_failed(name, given, error)
            raise
        listener.op(name, given, result if type(result) is tuple else (result,))
        return result

    call.__name__ = call.__qualname__ = name
    call.__doc__ = function.__doc__
    call.__module__ = "torch"
    return call


class JoinNode(ListNode):
    """The node of cat and stack: `saved` is (dim, [(shape, dtype or None)])."""

    __slots__ = ()

    def run(self, g: Any, heap: list, keep: bool) -> None:
        push(self, self.gradients(g, tuple(e is not None for e in self.inputs), False), heap)

    def gradients(self, g: Any, wanted: tuple[bool, ...], traced: bool) -> list[Any]:
        maths = traced_maths if traced else raw_for(g)
        dim, fixes = self.saved
        out: list[Any] = []
        start = 0
        for k, (need, (shape, dtype)) in enumerate(zip(wanted, fixes)):
            if type(self) is StackNode:
                d = maths.pick(g, dim, k) if need else None
            else:
                length = shape[dim] if shape != (0,) else 0
                d = maths.cut(g, dim, start, length) if need else None
                if need and shape == (0,):
                    d = maths.reshape(d, (0,))
                start += length
            if d is not None and dtype is not None:
                d = (restore_traced if traced else restore)(d, (shape, dtype))
            out.append(d)
        return out

    def let_go(self) -> None:
        """Nothing is kept that costs memory: the node can be used again."""


class CatNode(JoinNode):
    __slots__ = ()

    def name(self) -> str:
        return "CatBackward0"


class StackNode(JoinNode):
    __slots__ = ()

    def name(self) -> str:
        return "StackBackward0"


def push(node: Node, gradients: Sequence[Any], heap: list) -> None:
    """Hand gradients on to a node's inputs (the reference form of what is stamped)."""
    from heapq import heappush

    for e, d in zip(node.edges, gradients):
        if e is None or d is None:
            continue
        if e.g is None:
            e.g = d
            heappush(heap, (e.seq, e))
        else:
            e.g = e.g + d
            e.own = True


def _checked_list(name: str, tensors: Any) -> list[Tensor]:
    if isinstance(tensors, Tensor) or not isinstance(tensors, (tuple, list)):
        raise TypeError(
            f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not "
            f"{type(tensors).__name__}"
        )
    if not tensors:
        raise RuntimeError(
            f"{name} expects a non-empty TensorList" if name == "stack"
            else "torch.cat(): expected a non-empty list of Tensors"
        )  # fmt: skip
    for k, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(
                f"expected Tensor as element {k} in argument 0, but got {type(x).__name__}"
            )
    return list(tensors)


def _cat(arrays: list[Any], dim: int) -> tuple[Any, int]:
    shapes = [a.shape for a in arrays]
    real = [s for s in shapes if s != (0,)]  # PyTorch passes over empty vectors
    if not real:
        return np.concatenate(arrays), 0
    first = real[0]
    if not first:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated")
    dim = checked_dim(dim, len(first))
    for k, shape in enumerate(shapes):
        if shape == (0,):
            continue
        if len(shape) != len(first):
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {len(first)} and {len(shape)}"
            )
        for axis, (a, b) in enumerate(zip(first, shape)):
            if axis != dim and a != b:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {dim}. Expected size {a} but "
                    f"got size {b} for tensor number {k} in the list."
                )
    xp = backend.of(arrays[0])
    return xp.concatenate([a for a in arrays if a.shape != (0,)], axis=dim), dim


def _stack(arrays: list[Any], dim: int) -> tuple[Any, int]:
    first = arrays[0].shape
    for k, a in enumerate(arrays):
        if a.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {errors.size(first)} at "
                f"entry 0 and {errors.size(a.shape)} at entry {k}"
            )
    dim = checked_dim(dim, len(first) + 1)
    index = (slice(None),) * dim + (None,)
    return backend.of(arrays[0]).concatenate([a[index] for a in arrays], axis=dim), dim


def joined(name: str) -> Callable:
    """The function cat or stack."""
    compute, node_type = (_cat, CatNode) if name == "cat" else (_stack, StackNode)

    def join(tensors: Sequence[Tensor], dim: int = 0, *, out: Any = None) -> Tensor:
        tensors = _checked_list(name, tensors)
        common = dtypes.result_of([x.dtype for x in tensors], [], []).numpy
        arrays = [
            x._array if x._array.dtype == common else x._array.astype(common) for x in tensors
        ]
        y, dim = compute(arrays, dim)
        result = wrap(y)
        if state.grad:
            edges = tuple(graph_node(x) for x in tensors)
            if any(e is not None for e in edges):
                fixes = [
                    (x._array.shape, None if x._array.dtype == common else x._array.dtype)
                    for x in tensors
                ]
                result._node = node_type(edges, (dim, fixes))
        return result if out is None else write(out, result, name)

    join.__name__ = name
    join.__doc__ = (
        "Join tensors along a dimension that they have." if name == "cat"
        else "Join tensors of one shape along a new dimension."
    )  # fmt: skip
    return heard(join)


def write(out: Tensor, result: Tensor, name: str) -> Tensor:
    """Write into an `out=` tensor."""
    from .apply import write_out

    return write_out(out, result, name)


# Parts: several views of one tensor -----------------------------------------------------------

kernel(checked_dim)
op(
    "pick(input, dim: int, index: int)", "input[(slice(None),) * dim + (index, ...)]", view=True,
    node="Select", shown="select", public=False, input="m.put(g, input_shape, dim, index)",
)  # fmt: skip
op(
    "put(input, shape: tuple, dim: int, index: int)", "put_kernel(xp, input, shape, dim, index)",
    public=False, input="m.pick(g, dim, index)",
)  # fmt: skip
op(
    "cut(input, dim: int, start: int, length: int)",
    "input[(slice(None),) * dim + (slice(start, start + length),)]", view=True,
    node="Slice", shown="narrow", public=False, input="m.paste(g, input_shape, dim, start, length)",
)  # fmt: skip
op(
    "paste(input, shape: tuple, dim: int, start: int, length: int)",
    "paste_kernel(xp, input, shape, dim, start, length)", public=False,
    input="m.cut(g, dim, start, length)",
)  # fmt: skip


@kernel
def put_kernel(xp: Any, input: Any, shape: tuple, dim: int, index: int) -> Any:
    out = xp.zeros(shape, input.dtype)
    out[(slice(None),) * dim + (index,)] = input
    return out


@kernel
def paste_kernel(xp: Any, input: Any, shape: tuple, dim: int, start: int, length: int) -> Any:
    out = xp.zeros(shape, input.dtype)
    out[(slice(None),) * dim + (slice(start, start + length),)] = input
    return out


class PartsNode(ListNode):
    """The node of split and unbind: `saved` is (dim, sizes or None, shape, dtype)."""

    __slots__ = ()

    def run(self, g: Any, heap: list, keep: bool) -> None:
        push(self, self.gradients(g, (True,), False), heap)

    def gradients(self, g: Any, wanted: tuple[bool, ...], traced: bool) -> list[Any]:
        dim, sizes, shape, dtype = self.saved
        maths = traced_maths if traced else raw_for(next(d for d in g if d is not None))
        if not traced:
            xp = backend.of(next(d for d in g if d is not None))
            out = xp.zeros(shape, dtype)
            start = 0
            for k, d in enumerate(g):
                length = 1 if sizes is None else sizes[k]
                at = k if sizes is None else slice(start, start + length)
                if d is not None:
                    out[(slice(None),) * dim + (at,)] = d
                start += length
            return [out]
        total, start = None, 0
        for k, d in enumerate(g):
            if d is not None:
                if sizes is None:
                    part = maths.put(d, shape, dim, k)
                else:
                    part = maths.paste(d, shape, dim, start, sizes[k])
                total = part if total is None else total + part
            start += 0 if sizes is None else sizes[k]
        return [total]

    def let_go(self) -> None:
        """Nothing is kept that costs memory: the node can be used again."""


class SplitNode(PartsNode):
    __slots__ = ()

    def name(self) -> str:
        return "SplitBackward0"


class UnbindNode(PartsNode):
    __slots__ = ()

    def name(self) -> str:
        return "UnbindBackward0"


def _part_views(input: Tensor, dim: int, sizes: tuple[int, ...] | None, node_type: type) -> Any:
    array = input._array
    edge = graph_node(input) if state.grad else None
    node = node_type((edge,), (dim, sizes, array.shape, array.dtype)) if edge is not None else None
    storage = storage_of(input)
    parent = input._view
    base = input if parent is None else parent.base
    results, start = [], 0
    count = array.shape[dim] if sizes is None else len(sizes)
    for k in range(count):
        if sizes is None:
            row, options = ROWS["pick"], (dim, k)
            made = wrap(array[(slice(None),) * dim + (k, ...)])
        else:
            row, options = ROWS["cut"], (dim, start, sizes[k])
            made = wrap(array[(slice(None),) * dim + (slice(start, start + sizes[k]),)])
            start += sizes[k]
        made._storage = storage
        recorded = "several" if state.grad else False
        made._view = View(base, parent, row, options, storage.version, recorded)
        if node is not None:
            made._node = Slot(node, k, count)
        results.append(made)
    return tuple(results)


def parts(name: str) -> Callable:
    """The function unbind(input, dim) or split(input, sizes, dim)."""
    if name == "unbind":

        def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
            """A view for each place along a dimension."""
            if not input._array.ndim:
                checked_dim(dim, 0)
                raise errors.dimension(dim, 0)
            return _part_views(input, checked_dim(dim, input._array.ndim), None, UnbindNode)

        return heard(unbind)

    def split(input: Tensor, sizes: tuple[int, ...], dim: int) -> tuple[Tensor, ...]:
        return _part_views(input, dim, sizes, SplitNode)

    return heard(split)
