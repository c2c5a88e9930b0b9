"""Values before and after the last dimensions; with negative numbers they are cut."""

from __future__ import annotations

from typing import Any

from .table import kernel, op


@kernel
def less(numbers: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(-n for n in numbers)


@kernel
def constant_pad_kernel(xp: Any, x: Any, before: tuple, after: tuple, value: Any) -> Any:
    """So many values before and after along each of the last dimensions; negative ones cut."""
    n = len(before)
    inside = x.shape[x.ndim - n :]
    cut = tuple(slice(max(-b, 0), s - max(-a, 0)) for b, a, s in zip(before, after, inside))
    x = x[(..., *cut)]
    if not any(b > 0 for b in before) and not any(a > 0 for a in after):
        return x.copy()
    shape = [max(b, 0) + s + max(a, 0) for b, s, a in zip(before, x.shape[x.ndim - n :], after)]
    y = xp.full((*x.shape[: x.ndim - n], *shape), value, x.dtype)
    y[(..., *(slice(max(b, 0), max(b, 0) + s) for b, s in zip(before, x.shape[x.ndim - n :])))] = x
    return y


op(
    "_constant_pad(input, before: tuple, after: tuple, value: float)",
    "constant_pad_kernel(xp, input, before, after, value)", public=False, node="ConstantPadNd",
    shown="pad",
    input="m._constant_pad(g, less(before), less(after), 0)",
)  # fmt: skip
