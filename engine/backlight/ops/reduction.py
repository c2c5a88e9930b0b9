"""Rows that bring dimensions together: sums, means, extremes, norms, and running sums.

`dim` is None (all), a number or several; kernels normalise it. `spread` is the way back: it puts
reduced dimensions back and expands them.
"""

from __future__ import annotations

import builtins
import math
from typing import Any

import numpy as np

from .. import dtypes
from ..tensor import Tensor, checked_dim
from .table import FUNCTIONS, composite, kernel, op


@kernel
def axes_of(dim: Any, ndim: int) -> tuple[int, ...] | None:
    """The dimensions that are reduced, counted from 0; None for all of them."""
    if dim is None:
        return None
    if type(dim) is int and 0 <= dim < ndim:
        return (dim,)
    if not isinstance(dim, (tuple, list)):
        dim = (dim,)
    if not dim:
        return None
    axes = tuple(checked_dim(d, ndim) for d in dim)
    if len(set(axes)) != len(axes):
        twice = next(a for a in axes if axes.count(a) > 1)
        raise RuntimeError(f"dim {twice} appears multiple times in the list of dims")
    return axes if ndim else None


@kernel
def kept_shape(shape: tuple[int, ...], dim: Any) -> tuple[int, ...]:
    """A shape with 1 where it is reduced."""
    axes = axes_of(dim, len(shape))
    return tuple(1 if axes is None or k in axes else n for k, n in enumerate(shape))


@kernel
def count_of(shape: tuple[int, ...], dim: Any) -> int:
    """How many elements become one."""
    axes = axes_of(dim, len(shape))
    return math.prod(shape if axes is None else (shape[a] for a in axes))


@kernel
def sum_kernel(xp: Any, input: Any, dim: Any, keepdim: bool, dtype: Any) -> Any:
    kind = input.dtype.kind
    if dtype is not None:
        want = dtypes.checked(dtype).numpy
    elif kind in "iub":
        want = np.dtype("int64")
    else:
        want = None
    if kind == "f" and input.dtype.itemsize == 2 and want is None:
        return xp.sum(input, axes_of(dim, input.ndim), keepdim, np.dtype("float32")).astype(
            input.dtype
        )
    return xp.sum(input, axes_of(dim, input.ndim), keepdim, want)


_SPREAD = "m.spread(g, input_shape, dim, keepdim)"
_CAST = "m.cast(g, input_dtype) if dtype is not None else g"
_SPREAD_CAST = f"m.spread({_CAST}, input_shape, dim, keepdim)"

sum = op(
    "sum(input, dim=None, keepdim=False, *, dtype=None)",
    "sum_kernel(xp, input, dim, keepdim, dtype)",
    variant="dim",
    input=_SPREAD_CAST,
    doc="The sum over all or some dimensions; integers are summed as int64.",
)


@kernel
def spread_kernel(xp: Any, input: Any, shape: Any, dim: Any, keepdim: bool) -> Any:
    if not keepdim:
        input = xp.asarray(input).reshape(kept_shape(shape, dim))
    return xp.expand(input, shape)


op(
    "spread(input, shape: tuple, dim=None, keepdim=False)",
    "spread_kernel(xp, input, shape, dim, keepdim)",
    node="Expand",
    shown="expand",
    public=False,
    input="m.sum(g, dim if axes_of(dim, len(shape)) is not None else None, keepdim)",
)


@kernel
def unbroadcast_kernel(xp: Any, input: Any, shape: tuple[int, ...]) -> Any:
    added = input.ndim - len(shape)
    if added:
        input = xp.sum(input, tuple(range(added)))
    axes = tuple(k for k, n in enumerate(shape) if n == 1 and input.shape[k] != 1)
    return xp.sum(input, axes, True) if axes else input.copy()


op(
    "sum_to_size(input, shape: tuple)",
    "unbroadcast_kernel(xp, input, shape)",
    node="Sum",
    public=False,
    input="m.expand(g, input_shape)",
)


def _needs_floating(name: str) -> Any:
    def check(input: Any, dim: Any = None, *options: Any) -> None:
        dtype = next((o for o in options if isinstance(o, dtypes.dtype)), None)
        if dtype is None and input.dtype.kind not in "fc":
            raise RuntimeError(
                f"{name}(): could not infer output dtype. Input dtype must be either a floating "
                f"point or complex dtype. Got: {dtypes.of(input.dtype).legacy}"
            )
        axes_of(dim, input.ndim)

    return check


@kernel
def mean_kernel(xp: Any, input: Any, dim: Any, keepdim: bool, dtype: Any) -> Any:
    if dtype is None and input.dtype.kind not in "fc":
        raise TypeError("mean of integers")
    total = sum_kernel(xp, input, dim, keepdim, dtype)
    return xp.divide(total, count_of(input.shape, dim), dtype=total.dtype)


mean = op(
    "mean(input, dim=None, keepdim=False, *, dtype=None)",
    "mean_kernel(xp, input, dim, keepdim, dtype)",
    check=_needs_floating("mean"),
    variant="dim",
    input=f"m.spread(({_CAST}) / count_of(input_shape, dim), input_shape, dim, keepdim)",
    doc="The mean over all or some dimensions.",
)


@kernel
def var_kernel(xp: Any, input: Any, dim: Any, correction: float, keepdim: bool) -> Any:
    n = count_of(input.shape, dim)
    axes = axes_of(dim, input.ndim)
    centred = input - xp.sum(input, axes, True) / input.dtype.type(builtins.max(n, 1))
    squares = xp.real(centred * xp.conj(centred)) if input.dtype.kind == "c" else centred * centred
    freedom = builtins.max(n - correction, 0)
    total = xp.sum(squares, axes, keepdim)
    return xp.divide(total, total.dtype.type(freedom))


_CENTRED = "(input - m.mean(input, dim, True))"
_FREEDOM = "freedom_of(input_shape, dim, correction)"


@kernel
def freedom_of(shape: tuple[int, ...], dim: Any, correction: float) -> float:
    """2 / (n - correction): the factor in the derivative of a variance."""
    n = count_of(shape, dim) - correction
    return 2.0 / n if n > 0 else math.nan


_var = op(
    "_var(input, dim=None, correction=1, keepdim=False)",
    "var_kernel(xp, input, dim, correction, keepdim)",
    node="Var",
    shown="var",
    public=False,
    check=lambda input, dim, *o: _needs_floating("var")(input, dim),
    input=f"m.spread(g, input_shape, dim, keepdim) * ({_FREEDOM} * {_CENTRED})",
)
_std = op(
    "_std(input, dim=None, correction=1, keepdim=False)",
    "xp.sqrt(var_kernel(xp, input, dim, correction, keepdim))",
    node="Std",
    shown="std",
    public=False,
    check=lambda input, dim, *o: _needs_floating("std")(input, dim),
    input="m.spread(m._where(y == 0, 0.0, g / (2 * y)), input_shape, dim, keepdim)"
    f" * ({_FREEDOM} * {_CENTRED})",
)


def _correction(dim: Any, unbiased: Any, correction: Any) -> tuple[Any, Any]:
    """PyTorch has var(unbiased) and var(dim, unbiased, keepdim) besides the newer form."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(bool(unbiased))
    return dim, correction


@composite(out=True)
def var(
    input: Tensor, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *,
    correction: Any = None,
) -> Tensor:  # fmt: skip
    """The variance, divided by n - correction (1 by default)."""
    dim, correction = _correction(dim, unbiased, correction)
    return _var(input, dim, correction, keepdim)


@composite(out=True)
def std(
    input: Tensor, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *,
    correction: Any = None,
) -> Tensor:  # fmt: skip
    """The standard deviation, from the variance with `correction` (1 by default)."""
    dim, correction = _correction(dim, unbiased, correction)
    return _std(input, dim, correction, keepdim)


@composite(method=False)
def var_mean(
    input: Tensor, dim: Any = None, unbiased: Any = None, keepdim: bool = False, *,
    correction: Any = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """The variance and the mean."""
    dim, correction = _correction(dim, unbiased, correction)
    return _var(input, dim, correction, keepdim), mean(input, dim, keepdim)


# Products -------------------------------------------------------------------------------------


@kernel
def prod_kernel(xp: Any, input: Any, dim: Any, keepdim: bool, dtype: Any) -> Any:
    want = dtypes.checked(dtype).numpy if dtype is not None else (
        np.dtype("int64") if input.dtype.kind in "iub" else None
    )  # fmt: skip
    return xp.prod(input, axis=None if dim is None else checked_dim(dim, input.ndim)
                   if input.ndim else None, keepdims=keepdim, dtype=want)  # fmt: skip


@kernel
def prod_others_kernel(xp: Any, input: Any, axis: int) -> Any:
    """For each element the product of all others along an axis: exact where there are zeros."""
    moved = xp.moveaxis(input, axis, -1)
    left, right = xp.ones(moved.shape, moved.dtype), xp.ones(moved.shape, moved.dtype)
    left[..., 1:] = xp.cumprod(moved[..., :-1], axis=-1)
    right[..., :-1] = xp.cumprod(moved[..., :0:-1], axis=-1)[..., ::-1]
    return xp.moveaxis(left * right, -1, axis)


@kernel
def fill_diagonal_last_kernel(xp: Any, input: Any, fill: float) -> Any:
    n = input.shape[-1]
    square = xp.expand(input, (*input.shape[:-2], n, n))
    return xp.where(xp.eye(n, dtype=bool), input.dtype.type(fill), square)


op(
    "fill_diagonal_last(input, fill: float)", "fill_diagonal_last_kernel(xp, input, fill)",
    public=False, input="m.sum_to_size(m.fill_diagonal_last(g, 0.0), input_shape)",
)  # fmt: skip
op(
    "prod_others_last(input)",
    "prod_others_kernel(xp, input, -1)",
    public=False,
    input="m.sum(m.fill_diagonal_last(m.unsqueeze(g, -1) * m.prod_others_last("
    "m.fill_diagonal_last(m.unsqueeze(input, -2), 1.0)), 0.0), -2)",
)
_prod = op(
    "_prod(input, dim=None, keepdim=False, dtype=None)",
    "prod_kernel(xp, input, dim, keepdim, dtype)",
    node="Prod",
    shown="prod",
    public=False,
    input="m.spread(g, input_shape, dim, keepdim) * prod_others(m, input, dim)",
)


@kernel
def prod_others(m: Any, input: Any, dim: Any) -> Any:
    """`prod_others_last` along any dimension, or over all elements."""
    if dim is None:
        return m.reshape(m.prod_others_last(m.reshape(input, (-1,))), tuple(input.shape))
    if not input.ndim:
        return m.reshape(m.prod_others_last(m.reshape(input, (1,))), ())
    return m.transpose(m.prod_others_last(m.transpose(input, dim, -1)), dim, -1)


@composite(out=True)
def prod(input: Tensor, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The product over all elements or one dimension."""
    if dtype is not None and input.dtype is not dtype:
        input = input.to(dtype)
    return _prod(input, dim, keepdim)


# Extremes -------------------------------------------------------------------------------------


def _not_empty(name: str) -> Any:
    def check(input: Any, dim: Any = None, *options: Any) -> None:
        axes = axes_of(dim, input.ndim)
        if input.size:
            return
        if axes is None:
            raise RuntimeError(
                f"{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify "
                "the reduction dim with the 'dim' argument."
            )
        for axis in axes:
            if input.ndim and input.shape[axis] == 0:
                raise IndexError(f"{name}(): Expected reduction dim {axis} to have non-zero size.")

    return check


_EVENLY = (
    "m._where((k_ := input == m.spread(y, input_shape, dim, keepdim)), "
    "m.spread(g / m.cast(m.sum(k_, dim, keepdim), input_dtype), input_shape, dim, keepdim), 0.0)"
)
amax = op(
    "amax(input, dim=None, keepdim=False)",
    "xp.amax(input, axes_of(dim, input.ndim), keepdim)",
    check=_not_empty("amax"),
    input=_EVENLY,
    doc="The largest; equal ones share the gradient.",
)
amin = op(
    "amin(input, dim=None, keepdim=False)",
    "xp.amin(input, axes_of(dim, input.ndim), keepdim)",
    check=_not_empty("amin"),
    input=_EVENLY,
    doc="The smallest; equal ones share the gradient.",
)
for _name in ("max", "min"):
    op(
        f"_{_name}_all(input, dim=None, keepdim=False)",
        f"xp.a{_name}(input)",
        node=_name.capitalize(),
        shown=_name,
        public=False,
        check=_not_empty(_name),
        input=_EVENLY,
    )
    op(
        f"_{_name}_dim(input, dim: int, keepdim=False)",
        f"extreme_kernel(xp, xp.arg{_name}, input, dim, keepdim)",
        outputs=("values", "indices"),
        node=_name.capitalize(),
        shown=_name,
        public=False,
        check=_not_empty(_name),
        input="m.place_along(g, indices, input_shape, dim, keepdim)",
    )


@kernel
def extreme_kernel(xp: Any, arg: Any, input: Any, dim: int, keepdim: bool) -> tuple[Any, Any]:
    if not input.ndim:
        return input.copy(), xp.zeros((), np.dtype("int64"))
    axis = checked_dim(dim, input.ndim)
    indices = xp.asarray(arg(input, axis)).astype(np.dtype("int64"), copy=False)
    wide = xp.asarray(indices).reshape(kept_shape(input.shape, axis))
    values = xp.take_along_axis(input, wide, axis)
    if keepdim:
        return values, wide
    return values.reshape(indices.shape), indices


@kernel
def place_along_kernel(
    xp: Any, input: Any, indices: Any, shape: tuple, dim: int, keepdim: bool
) -> Any:
    out = xp.zeros(shape, input.dtype)
    if not shape:
        return xp.asarray(input).reshape(())
    if not keepdim:
        keep = kept_shape(shape, dim)
        input, indices = xp.asarray(input).reshape(keep), xp.asarray(indices).reshape(keep)
    xp.put_along_axis(out, indices, input, checked_dim(dim, len(shape)))
    return out


@kernel
def pick_along_kernel(xp: Any, input: Any, indices: Any, dim: int, keepdim: bool) -> Any:
    if not input.ndim:
        return input.copy()
    axis = checked_dim(dim, input.ndim)
    wide = indices if keepdim else xp.asarray(indices).reshape(kept_shape(input.shape, axis))
    values = xp.take_along_axis(input, wide, axis)
    return values if keepdim else values.reshape(indices.shape)


op(
    "place_along(input, indices: Index, shape: tuple, dim: int, keepdim: bool)",
    "place_along_kernel(xp, input, indices, shape, dim, keepdim)",
    node="Scatter",
    public=False,
    input="m.pick_along(g, indices, dim, keepdim)",
)
op(
    "pick_along(input, indices: Index, dim: int, keepdim: bool)",
    "pick_along_kernel(xp, input, indices, dim, keepdim)",
    node="Gather",
    public=False,
    input="m.place_along(g, indices, input_shape, dim, keepdim)",
)


def _extreme(name: str) -> Any:
    from .elementwise import maximum, minimum
    from .table import ROWS

    of_all, of_dim = ROWS[f"_{name}_all"].function, ROWS[f"_{name}_dim"].function
    pairwise = maximum if name == "max" else minimum

    def extreme(
        input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None, out: Any = None
    ) -> Any:
        if isinstance(dim, Tensor):
            return pairwise(input, dim, out=out)
        if other is not None:
            return pairwise(input, other, out=out)
        if dim is None:
            return of_all(input, out=out)
        return of_dim(input, dim, keepdim, out=out)

    extreme.__name__ = extreme.__qualname__ = name
    extreme.__doc__ = (
        f"The {name}imum of all elements; with `dim` the values and their places along it; with a "
        "second tensor the pairwise one."
    )
    return composite(extreme)


max = _extreme("max")
min = _extreme("min")

argmax = op(
    "argmax(input, dim=None, keepdim=False)", "arg_kernel(xp, xp.argmax, input, dim, keepdim)",
    check=_not_empty("argmax"), doc="The place of the largest (the first of equals).",
)  # fmt: skip
argmin = op(
    "argmin(input, dim=None, keepdim=False)", "arg_kernel(xp, xp.argmin, input, dim, keepdim)",
    check=_not_empty("argmin"), doc="The place of the smallest (the first of equals).",
)  # fmt: skip


@kernel
def arg_kernel(xp: Any, arg: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    axis = None if dim is None or not input.ndim else checked_dim(dim, input.ndim)
    places = xp.asarray(arg(input, axis)).astype(np.dtype("int64"), copy=False)
    return places.reshape(kept_shape(input.shape, axis)) if keepdim else places


any = op("any(input, dim=None, keepdim=False)", "xp.any(input, axes_of(dim, input.ndim), keepdims=keepdim)")  # fmt: skip  # noqa: E501
all = op("all(input, dim=None, keepdim=False)", "xp.all(input, axes_of(dim, input.ndim), keepdims=keepdim)")  # fmt: skip  # noqa: E501
count_nonzero = op(
    "count_nonzero(input, dim=None)",
    "xp.sum(input != 0, axes_of(dim, input.ndim), False, int64)",
)

# Norms and logarithms of sums -----------------------------------------------------------------

logsumexp = op(
    "logsumexp(input, dim: int, keepdim=False)",
    "logsumexp_kernel(xp, input, dim, keepdim)",
    check=lambda input, dim, keepdim: axes_of(dim, input.ndim),
    input="m.spread(g, input_shape, dim, keepdim)"
    " * m.exp(input - m.spread(y, input_shape, dim, keepdim))",
    doc="log(sum(exp(input))), computed from the largest.",
)


@kernel
def logsumexp_kernel(xp: Any, input: Any, dim: Any, keepdim: bool) -> Any:
    axes = axes_of(dim, input.ndim)
    if input.dtype.kind in "iub":
        input = input.astype(dtypes.get_default_dtype().numpy)
    top = xp.amax(input, axes, True) if input.size else xp.zeros(kept_shape(input.shape, dim), input.dtype)  # fmt: skip
    top = xp.where(xp.isfinite(top), top, input.dtype.type(0))
    y = xp.log(xp.sum(xp.exp(input - top), axes, True)) + top
    return y if keepdim else y.reshape(_dropped(input.shape, axes))


def _dropped(shape: tuple[int, ...], axes: tuple[int, ...] | None) -> tuple[int, ...]:
    return () if axes is None else tuple(n for k, n in enumerate(shape) if k not in axes)


@kernel
def norm_kernel(xp: Any, input: Any, p: float, dim: Any, keepdim: bool) -> Any:
    axes = axes_of(dim, input.ndim)
    size = xp.abs(input)
    if p == 2:
        return xp.sqrt(xp.sum(size * size, axes, keepdim))
    if p == 1:
        return xp.sum(size, axes, keepdim)
    if p == math.inf:
        return xp.amax(size, axes, keepdim)
    if p == -math.inf:
        return xp.amin(size, axes, keepdim)
    if p == 0:
        return xp.sum((size != 0).astype(size.dtype), axes, keepdim)
    return xp.power(xp.sum(xp.power(size, p), axes, keepdim), 1 / p)


@kernel
def norm_gradient(m: Any, g: Any, y: Any, input: Any, p: float, dim: Any, keepdim: bool) -> Any:
    """The derivative of a vector norm, 0 where the norm is 0 (linalg.vector_norm)."""
    shape = tuple(input.shape)
    g, y = m.spread(g, shape, dim, keepdim), m.spread(y, shape, dim, keepdim)
    if p == 0:
        return m.zero_of(g)
    if p == 1:
        return g * m.sgn(input)
    if p == 2:
        return m._where(y == 0, 0.0, input * (g / y))
    if p in (math.inf, -math.inf):
        top = m.abs(input) == y
        share = m.cast(m.spread(m.sum(top, dim, True), shape, dim, True), g_dtype(y))
        return m._where(top, g / share * m.sgn(input), 0.0)
    slope = m.sgn(input) * m._pow_number(m.abs(input), p - 1) * m._pow_number(y, 1 - p)
    return m._where(y == 0, 0.0, g * slope)


@kernel
def g_dtype(y: Any) -> Any:
    """The NumPy dtype of an array or a Tensor."""
    return y._array.dtype if isinstance(y, Tensor) else y.dtype


vector_norm = op(
    "vector_norm(input, p=2, dim=None, keepdim=False)",
    "norm_kernel(xp, input, p, dim, keepdim)",
    node="LinalgVectorNorm",
    method=False,
    conjugate=False,
    check=lambda input, p, dim, keepdim: _needs_floating("linalg.vector_norm")(input, dim),
    input="norm_gradient(m, g, y, input, p, dim, keepdim)",
    doc="The p-norm of vectors.",
    top=False,
)


@composite(out=True)
def norm(
    input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False, dtype: Any = None
) -> Tensor:
    """The p-norm of all elements or along dimensions ("fro" is 2)."""
    if dtype is not None:
        input = input.to(dtype)
    if p == "nuc":
        return FUNCTIONS["nuclear_norm"](input, dim, keepdim)
    return vector_norm(input, 2 if p in (None, "fro") else p, dim, keepdim)


# Running sums ---------------------------------------------------------------------------------


@kernel
def cumsum_kernel(xp: Any, input: Any, dim: int, dtype: Any, back: bool) -> Any:
    want = dtypes.checked(dtype).numpy if dtype is not None else (
        np.dtype("int64") if input.dtype.kind in "iub" else input.dtype
    )  # fmt: skip
    if not input.ndim:
        checked_dim(dim, 0)
        return input.astype(want)
    axis = checked_dim(dim, input.ndim)
    if back:
        return xp.flip(xp.cumsum(xp.flip(input, axis), axis=axis, dtype=want), axis)
    return xp.cumsum(input, axis=axis, dtype=want)


op(
    "cumsum_back(input, dim: int)", "cumsum_kernel(xp, input, dim, None, True)", public=False,
    input="m.cumsum(g, dim)",
)  # fmt: skip
cumsum = op(
    "cumsum(input, dim: int, *, dtype=None)",
    "cumsum_kernel(xp, input, dim, dtype, False)",
    inplace=True,
    input="m.cumsum_back(m.cast(g, input_dtype) if dtype is not None else g, dim)",
    doc="Running sums along a dimension.",
)


@kernel
def cumprod_kernel(xp: Any, input: Any, dim: int, dtype: Any) -> Any:
    want = dtypes.checked(dtype).numpy if dtype is not None else (
        np.dtype("int64") if input.dtype.kind in "iub" else input.dtype
    )  # fmt: skip
    if not input.ndim:
        checked_dim(dim, 0)
        return input.astype(want)
    return xp.cumprod(input, axis=checked_dim(dim, input.ndim), dtype=want)


@kernel
def cumprod_gradient(m: Any, g: Any, y: Any, input: Any, dim: int) -> Any:
    """The derivative of running products: cumsum_back(g * y) / input.

    Where there are zeros, element j is the sum over k >= j of g[k] times the product of all up to k
    but j itself, written out as a square.
    """
    if not input.ndim:
        return g
    if not has_true(input == 0):
        return m.cumsum_back(g * y, dim) / input
    g, x = m.transpose(g, dim, -1), m.transpose(input, dim, -1)
    products = m.cumprod(m.fill_diagonal_last(m.unsqueeze(x, -2), 1.0), -1)
    return m.transpose(m.sum(m.triu(m.unsqueeze(g, -2) * products), -1), dim, -1)


@kernel
def has_true(mask: Any) -> bool:
    """Whether any element of an array or Tensor is True."""
    return bool((mask._array if isinstance(mask, Tensor) else mask).any())


cumprod = op(
    "cumprod(input, dim: int, *, dtype=None)",
    "cumprod_kernel(xp, input, dim, dtype)",
    inplace=True,
    input="cumprod_gradient(m, g, y, input, dim)",
    doc="Running products along a dimension.",
)
