"""Six numbers that say what an array looks like, fast, and safe in float32.

The order is that of `protocol.STATISTICS`: rms, mean, min, max, fraction of zeros, count of NaN and
infinities. Where there are such, the others are those of the finite elements.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from .histogram import bin_of, counts

Row = tuple[float, float, float, float, float, float]

NAN = math.nan
#: Squares and sums of larger numbers may leave float32.
LARGE = 1e15
#: Smaller numbers have squares that float32 rounds to zero.
SMALL = 1e-15
#: Arrays with more elements are looked at through every n-th.
MOST = 1 << 20

NOTHING: Row = (NAN, NAN, NAN, NAN, NAN, NAN)


def statistics(array: Any) -> Row:
    """The statistics of an array of any dtype and device."""
    return look(array, False)[0]


def look(array: Any, spread: bool = True) -> tuple[Row, Any]:
    """The statistics of an array, and how it spreads: see `histogram.packed`."""
    if not isinstance(array, ndarray):
        if not hasattr(array, "get"):
            array = np.asarray(array)
        else:
            array = thinned(array).get()  # a GPU's: one copy costs less than six kernels
    size = array.size
    if not size:
        return NOTHING, None
    if array.dtype.kind == "c":
        array = np.abs(array)
    if size == 1:
        value = float(array.item())
        return single(value), bin_of(value) if spread else None
    flat = thinned(array).reshape(-1)
    kind = flat.dtype
    if kind.kind != "f" or kind.itemsize < 4:
        flat = flat.astype(np.float64 if kind.kind in "iu" and kind.itemsize > 2 else np.float32)
    bins = counts(flat) if spread else None
    low, high = float(np.minimum.reduce(flat)), float(np.maximum.reduce(flat))
    if not (math.isfinite(low) and math.isfinite(high)):
        return with_nonfinite(flat, size), bins
    zero = 1.0 - int(np.count_nonzero(flat)) / flat.size
    most = max(-low, high)
    if most > LARGE or 0 < most < SMALL:
        flat = flat.astype(np.float64)
    mean = float(np.add.reduce(flat)) / flat.size
    rms = math.sqrt(float(flat.dot(flat)) / flat.size)
    return (rms, mean, low, high, zero, 0.0), bins


def single(value: float) -> Row:
    """The statistics of one number."""
    if not math.isfinite(value):
        return NAN, NAN, NAN, NAN, 0.0, 1.0
    return abs(value), value, value, value, float(value == 0.0), 0.0


def thinned(array: Any) -> Any:
    """The array, or every n-th element of a very large one."""
    if array.size <= MOST:
        return array
    # A step without a common divisor meets every column of a table.
    step = -(-array.size // MOST)
    while math.gcd(step, array.size) > 1:
        step += 1
    return array.reshape(-1)[::step]


def with_nonfinite(flat: ndarray, size: int) -> Row:
    """The statistics of the finite elements, and how many are not."""
    finite = flat[np.isfinite(flat)].astype(np.float64)
    bad = round((flat.size - finite.size) * size / flat.size)
    if not finite.size:
        return NAN, NAN, NAN, NAN, 0.0, float(bad)
    zero = 1.0 - int(np.count_nonzero(flat)) / flat.size
    largest = float(np.abs(finite).max()) or 1.0
    scaled = finite / largest  # float64 numbers may be too large to square
    return (
        largest * math.sqrt(float(scaled.dot(scaled)) / finite.size),
        largest * (float(np.add.reduce(scaled)) / finite.size),
        float(finite.min()),
        float(finite.max()),
        zero,
        float(bad),
    )
