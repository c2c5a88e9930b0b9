"""NumPy as a backend.

Any name that is not defined here is NumPy's own; those that follow `from numpy import` are found at
once. The functions below exist because NumPy has none (erf), because its own is a Python-level
helper that costs microseconds (expand, sums), or because NumPy in WebAssembly has no BLAS and slow
loops.

Floating point warnings are switched off for the process: PyTorch computes inf and NaN silently, and
a context manager around each call would double the price of small operations.
"""

from __future__ import annotations

import sys

import numpy as np
from numpy import (  # noqa: F401
    abs,
    add,
    all,
    angle,
    any,
    arange,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    argmax,
    argmin,
    argsort,
    array,
    asarray,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    ceil,
    concatenate,
    conj,
    copysign,
    cos,
    cosh,
    count_nonzero,
    cumprod,
    cumsum,
    diagonal,
    divide,
    einsum,
    empty,
    equal,
    exp,
    exp2,
    expm1,
    eye,
    flip,
    floor,
    floor_divide,
    fmax,
    fmin,
    fmod,
    full,
    greater,
    greater_equal,
    hypot,
    imag,
    isfinite,
    isinf,
    isnan,
    less,
    less_equal,
    linspace,
    log,
    log1p,
    log2,
    log10,
    logaddexp,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    maximum,
    meshgrid,
    minimum,
    moveaxis,
    multiply,
    nan_to_num,
    ndarray,
    nonzero,
    not_equal,
    ones,
    outer,
    pad,
    power,
    prod,
    put_along_axis,
    real,
    remainder,
    repeat,
    roll,
    searchsorted,
    sign,
    signbit,
    sin,
    sinh,
    sort,
    sqrt,
    square,
    stack,
    subtract,
    take,
    take_along_axis,
    tan,
    tanh,
    tile,
    trace,
    transpose,
    tril,
    triu,
    trunc,
    unique,
    where,
    zeros,
    zeros_like,
)  # fmt: skip

np.seterr(all="ignore")


def __getattr__(name: str) -> object:
    found = globals()[name] = getattr(np, name)
    return found


IN_WASM = sys.platform == "emscripten"
#: Multiply-adds from which einsum beats `dot` where NumPy has no BLAS (5 us a call against 1.2).
EINSUM_FROM = 32_000
#: Rows up to which a product with ones sums exactly enough (6e-6 over 156,000 of them).
ONES_UP_TO = 4096

rint = np.rint
copyto = np.copyto
_ones: dict[tuple[int, np.dtype], np.ndarray] = {}


def to_host(x):
    """The array as NumPy's."""
    return x


def from_host(x):
    """An array of this backend from NumPy's."""
    return x


if IN_WASM:

    def mm(a, b):
        """Multiply matrices; einsum's own loops beat `dot` without BLAS when there is much to do."""
        if a.shape[0] * a.shape[1] * b.shape[1] > EINSUM_FROM:
            return np.einsum("ij,jk->ik", a, b)
        return a.dot(b)

    def matmul(a, b):
        """Multiply stacks of matrices."""
        if a.ndim == b.ndim == 2:
            return mm(a, b)
        if a.ndim < 2 or b.ndim < 2 or a.shape[-2] * a.shape[-1] * b.shape[-1] < 512:
            return np.matmul(a, b)
        return np.einsum("...ij,...jk->...ik", a, b)

    def relu(x):
        """Keep what is not below 0; `where` is eight times as fast as `maximum` in WebAssembly."""
        return np.where(x <= 0, x.dtype.type(0), x)

else:

    def mm(a, b):
        """Multiply matrices; `dot` costs less than half of `@` on small ones."""
        return a.dot(b)

    matmul = np.matmul

    def relu(x):
        """Keep what is not below 0; NaN stays."""
        return np.maximum(x, _zero(x.dtype))


_zeros: dict[np.dtype, np.ndarray] = {}


def _zero(dtype):
    """A 0-d zero: NumPy takes twice as long over a Python number."""
    found = _zeros.get(dtype)
    if found is None:
        found = _zeros[dtype] = np.zeros((), dtype)
    return found


def sum(x, axis=None, keepdims=False, dtype=None):
    """Sum; `np.sum` costs 5 us more."""
    return np.add.reduce(x, axis, dtype, None, keepdims)


def amax(x, axis=None, keepdims=False):
    """The largest; NaN wins."""
    return np.maximum.reduce(x, axis, None, None, keepdims)


def amin(x, axis=None, keepdims=False):
    """The smallest; NaN wins."""
    return np.minimum.reduce(x, axis, None, None, keepdims)


def column_sums(x):
    """Sum a matrix over its rows: a bias's gradient."""
    rows = x.shape[0]
    if rows > ONES_UP_TO or x.dtype.kind != "f" or x.dtype.itemsize == 2:
        return np.add.reduce(x, 0)
    key = (rows, x.dtype)
    row = _ones.get(key)
    if row is None:
        if len(_ones) > 64:
            _ones.clear()
        row = _ones[key] = np.ones(rows, x.dtype)
    return row.dot(x)


def expand(x, shape):
    """A view of x broadcast to `shape`; `np.broadcast_to` costs ten times as much."""
    x = np.asarray(x)
    added = len(shape) - x.ndim
    if added < 0 or not x.flags.forc or x.dtype.hasobject:
        return np.broadcast_to(x, shape)
    strides = [0] * added
    for have, want, stride in zip(x.shape, shape[added:], x.strides):
        if have == want:
            strides.append(stride)
        elif have == 1:
            strides.append(0)
        else:
            raise ValueError(f"cannot expand {x.shape} to {shape}")
    if x.flags.c_contiguous:
        return np.ndarray(shape, x.dtype, x, 0, strides)
    return np.broadcast_to(x, shape)


def as_strided(x, shape, strides, offset=0):
    """A view with given strides (in bytes) over the memory that begins at x."""
    return np.lib.stride_tricks.as_strided(x[offset:] if offset else x, shape, strides)


def add_at(x, index, source):
    """x[index] += source where an index may occur more than once, in place."""
    np.add.at(x, index, source)


def sum_rows_by(index, source, rows):
    """Sum rows of `source` that have the same index: (N,), (N, C) -> (rows, C).

    By sorting and `reduceat`: `add.at` takes several times as long.
    """
    total = np.zeros((rows, *source.shape[1:]), source.dtype)
    if index.size:
        order = np.argsort(index, kind="stable")
        ordered = index[order]
        starts = np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1))
        total[ordered[starts]] = np.add.reduceat(source[order], starts, axis=0)
    return total


# erf by W. J. Cody, "Rational Chebyshev approximations for the error function" (1969): three
# intervals, each to the last places of float64.
_ERF_SMALL = (
    (1.85777706184603153e-1, 3.16112374387056560e0, 1.13864154151050156e2,
     3.77485237685302021e2, 3.20937758913846947e3),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3,
     2.84423683343917062e3),
)  # fmt: skip
_ERF_MIDDLE = (
    (2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0,
     6.61191906371416295e1, 2.98635138197400131e2, 8.81952221241769090e2,
     1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3),
    (1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2,
     1.62138957456669019e3, 3.29079923573345963e3, 4.36261909014324716e3,
     3.43936767414372164e3, 1.23033935480374942e3),
)  # fmt: skip
_ERF_LARGE = (
    (1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1,
     1.25781726111229246e-1, 1.60837851487422766e-2, 6.58749161529837803e-4),
    (1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1,
     6.05183413124413191e-2, 2.33520497626869185e-3),
)  # fmt: skip
_ONE_BY_SQRT_PI = 5.6418958354775628695e-1


def _ratio(x, coefficients):
    top, bottom = coefficients
    p, q = x * top[0] + top[1], x * bottom[0] + bottom[1]
    for a, b in zip(top[2:], bottom[2:]):
        p = p * x + a
        q = q * x + b
    return p / q


def _erfc_of_large(a):
    """erfc for a >= 0.46875."""
    middle = _ratio(np.minimum(a, 4.0), _ERF_MIDDLE)
    inverse = 1.0 / np.square(np.maximum(a, 4.0))
    large = (_ONE_BY_SQRT_PI - inverse * _ratio(inverse, _ERF_LARGE)) / np.maximum(a, 4.0)
    return np.exp(-np.square(a)) * np.where(a <= 4.0, middle, large)


def erf(x):
    """The error function; NumPy has none."""
    a = np.abs(x)
    small = x * _ratio(np.square(np.minimum(a, 0.5)), _ERF_SMALL)
    if (a <= 0.46875).all():
        return small
    return np.where(a <= 0.46875, small, np.copysign(1.0 - _erfc_of_large(a), x)).astype(
        x.dtype, copy=False
    )


def erfc(x):
    """1 - erf without cancellation for large x."""
    a = np.abs(x)
    small = 1.0 - x * _ratio(np.square(np.minimum(a, 0.5)), _ERF_SMALL)
    large = _erfc_of_large(a)
    return np.where(a <= 0.46875, small, np.where(x < 0, 2.0 - large, large)).astype(
        x.dtype, copy=False
    )


class _Memory:
    """Describes memory to NumPy, and keeps it alive."""

    def __init__(self, interface, owner):
        self.__array_interface__ = interface
        self.owner = owner


def strided(x, shape, strides, offset, dtype=None):
    """The memory of an array seen otherwise; strides and the offset from its begin in bytes."""
    made = {
        "data": (x.__array_interface__["data"][0] + offset, not x.flags.writeable),
        "shape": tuple(shape), "strides": tuple(strides), "version": 3,
        "typestr": (x.dtype if dtype is None else np.dtype(dtype)).str,
    }  # fmt: skip
    return np.asarray(_Memory(made, x))
