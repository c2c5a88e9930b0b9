"""CuPy as a backend: the same names as `cpu.py`. It has never run on a GPU.

Imported on the first use of a cuda device and nowhere else. What differs from `cpu.py`: there is no
host-side shortcut to save, so most functions are the library's own; `add_at` is a kernel of its own
in CuPy; erf comes with it.
"""

from __future__ import annotations

import cupy as cp
from cupy import (  # noqa: F401
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
    bitwise_or,
    bitwise_xor,
    ceil,
    concatenate,
    conj,
    copysign,
    copyto,
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
    matmul,
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
    rint,
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
from cupyx.scipy.special import erf, erfc  # noqa: F401


def __getattr__(name: str) -> object:
    found = globals()[name] = getattr(cp, name)
    return found


bitwise_not = cp.invert


def check() -> None:
    """Raise what CuPy raises where no device answers."""
    cp.cuda.runtime.getDeviceCount()


def device_count() -> int:
    """How many devices there are."""
    return cp.cuda.runtime.getDeviceCount()


def device_name(index: int = 0) -> str:
    """The name of a device, as "NVIDIA H100"."""
    return cp.cuda.runtime.getDeviceProperties(index)["name"].decode()


def synchronize() -> None:
    """Wait until everything that was started is done."""
    cp.cuda.get_current_stream().synchronize()


def to_host(x):
    """The array as NumPy's: copies from the device."""
    return cp.asnumpy(x)


def from_host(x):
    """An array of this backend from NumPy's: copies to the device."""
    return cp.asarray(x)


def mm(a, b):
    """Multiply matrices."""
    return cp.dot(a, b)


def relu(x):
    """Keep what is not below 0; NaN stays."""
    return cp.maximum(x, x.dtype.type(0))


def sum(x, axis=None, keepdims=False, dtype=None):
    """Sum."""
    return cp.sum(x, axis=axis, dtype=dtype, keepdims=keepdims)


def amax(x, axis=None, keepdims=False):
    """The largest; NaN wins."""
    return cp.amax(x, axis=axis, keepdims=keepdims)


def amin(x, axis=None, keepdims=False):
    """The smallest; NaN wins."""
    return cp.amin(x, axis=axis, keepdims=keepdims)


def column_sums(x):
    """Sum a matrix over its rows: a bias's gradient."""
    return cp.sum(x, axis=0)


def expand(x, shape):
    """A view of x broadcast to `shape`."""
    return cp.broadcast_to(x, shape)


def as_strided(x, shape, strides, offset=0):
    """A view with given strides (in bytes) over the memory that begins at x."""
    return cp.lib.stride_tricks.as_strided(x[offset:] if offset else x, shape, strides)


def add_at(x, index, source):
    """x[index] += source where an index may occur more than once, in place."""
    cp.add.at(x, index, source)


def sum_rows_by(index, source, rows):
    """Sum rows of `source` that have the same index: (N,), (N, C) -> (rows, C)."""
    total = cp.zeros((rows, *source.shape[1:]), source.dtype)
    cp.add.at(total, index, source)
    return total


def strided(x, shape, strides, offset, dtype=None):
    """The memory of an array seen otherwise; strides and the offset from its begin in bytes."""
    return cp.ndarray(shape, x.dtype if dtype is None else dtype, x.data + offset, strides)
