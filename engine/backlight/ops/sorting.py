"""Rows that order elements: sort, argsort, topk, median."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..tensor import Tensor, checked_dim
from .table import ROWS, composite, kernel, op


@kernel
def order_kernel(xp: Any, input: Any, axis: int, descending: bool) -> Any:
    """Places in order, ties as they stood; NaN counts as the largest."""
    if not descending:
        return xp.argsort(input, axis=axis, kind="stable")
    # Stable and descending: order the reversed, and reverse what comes out.
    n = input.shape[axis]
    order = xp.argsort(xp.flip(input, axis), axis=axis, kind="stable")
    return n - 1 - xp.flip(order, axis)


@kernel
def sort_kernel(xp: Any, input: Any, dim: int, descending: bool, k: int) -> tuple[Any, Any]:
    if not input.ndim:
        checked_dim(dim, 0)
        return input.copy(), xp.zeros((), np.dtype("int64"))
    axis = checked_dim(dim, input.ndim)
    order = order_kernel(xp, input, axis, descending).astype(np.dtype("int64"), copy=False)
    if k >= 0:
        order = order[(slice(None),) * axis + (slice(0, k),)]
    return xp.take_along_axis(input, order, axis), order


def _check_topk(input: Any, dim: int, descending: bool, k: int) -> None:
    axis = checked_dim(dim, input.ndim)
    if k > (input.shape[axis] if input.ndim else 1):
        raise RuntimeError("selected index k out of range")


for _name in ("sort", "topk"):
    op(
        f"_{_name}(input, dim: int, descending: bool, length: int)",
        "sort_kernel(xp, input, dim, descending, length)",
        outputs=("values", "indices"), node=_name.capitalize(), shown=_name, public=False,
        check=_check_topk,
        input="m.place_along(g, indices, input_shape, dim, True)",
    )  # fmt: skip


@composite(out=True)
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The elements in order along `dim`, and their places (values, indices); always stable."""
    return ROWS["_sort"].function(input, dim, descending, -1)


@composite(out=True)
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The k largest (or smallest) along `dim`, in order, and their places (values, indices)."""
    return ROWS["_topk"].function(input, dim, largest, k)


argsort = op(
    "argsort(input, dim=-1, descending=False, stable=False)",
    "argsort_kernel(xp, input, dim, descending)", doc="The places that sort along `dim`.",
)  # fmt: skip


@kernel
def argsort_kernel(xp: Any, input: Any, dim: int, descending: bool) -> Any:
    if not input.ndim:
        return xp.zeros((), np.dtype("int64"))
    order = order_kernel(xp, input, checked_dim(dim, input.ndim), descending)
    return order.astype(np.dtype("int64"), copy=False)


@composite(out=True)
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The middle element (the lower of two); with `dim` the values and their places."""
    if dim is None:
        if not input._array.size:
            return input.new_full((), float("nan"))
        flat = input.reshape(-1)
        if np.isnan(input._array).any() if input._array.dtype.kind == "f" else False:
            return flat[int(np.isnan(flat._array).argmax())]
        return ROWS["_sort"].function(flat, 0, False, -1)[0][(flat._array.size - 1) // 2]
    from .apply import return_type

    axis = checked_dim(dim, input._array.ndim)
    values, places = ROWS["_sort"].function(input, axis, False, -1)
    middle = (input._array.shape[axis] - 1) // 2 if input._array.ndim else 0
    pick = [x.narrow(axis, middle, 1) if x._array.ndim else x for x in (values, places)]
    if not keepdim:
        pick = [x.squeeze(axis) if x._array.ndim else x for x in pick]
    return return_type("median", ("values", "indices"))(*pick)
