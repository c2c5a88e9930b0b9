"""How the elements of an array spread over powers of four, from the bits of their exponents.

The bins are those of `protocol.HISTOGRAM_BINS`: negative numbers from large to small, one bin for
zero and what is smaller than any other bin, positive numbers from small to large.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy import ndarray

from ..session.protocol import HISTOGRAM_BINS, HISTOGRAM_SMALLEST

ZERO = HISTOGRAM_BINS // 2
#: A bin beyond the last, for NaN and infinities; it is cut off.
NOWHERE = HISTOGRAM_BINS


def bins_of_exponents(bits: int) -> ndarray:
    """The bin for each value of sign and exponent, where the exponent has so many bits."""
    bias, count = (1 << (bits - 1)) - 1, 1 << bits
    power = np.arange(count) - bias  # 2 ** power <= |x| < 2 ** (power + 1)
    away = power // 2 - HISTOGRAM_SMALLEST + 1
    away = np.clip(away, 0, ZERO)
    away[0] = 0  # zero and what is denormal
    positive, negative = ZERO + away, ZERO - away
    positive[-1] = negative[-1] = NOWHERE
    return np.concatenate([positive, negative]).astype(np.intp)


#: Elements from which the exponents are counted first, and then put into bins.
MANY = 2_048

OF_FLOAT32, OF_FLOAT64 = bins_of_exponents(8), bins_of_exponents(11)


def counts(flat: ndarray) -> ndarray:
    """How many elements of a vector of float32 or float64 lie in each bin, and in none."""
    if flat.dtype.itemsize == 4:
        exponents = flat.view(np.uint32) >> 23
        if flat.size > MANY:  # one pass over the elements less
            return np.bincount(OF_FLOAT32, np.bincount(exponents.view(np.int32), minlength=512))
        bins = OF_FLOAT32.take(exponents)
    else:
        bins = OF_FLOAT64.take(flat.view(np.uint64) >> np.uint64(52))
    return np.bincount(bins, minlength=HISTOGRAM_BINS + 1)


def bin_of(value: float) -> int:
    """The bin of one number."""
    if not math.isfinite(value):
        return NOWHERE
    away = (math.frexp(value)[1] - 1) // 2 - HISTOGRAM_SMALLEST + 1 if value else 0
    away = min(max(away, 0), ZERO)
    return ZERO + away if value > 0 else ZERO - away


def packed(found: list[Any]) -> ndarray:
    """Histograms as bytes, one row each: counts, the bin of a single number, or None."""
    out = np.zeros((len(found), HISTOGRAM_BINS), np.uint8)
    rows, tables = [], []
    for row, each in enumerate(found):
        if each is None:
            continue
        if type(each) is int:
            if each != NOWHERE:
                out[row, each] = 255
        else:
            rows.append(row)
            tables.append(each)
    if tables:
        table = np.concatenate(tables, dtype=np.float32, casting="unsafe")
        table = table.reshape(len(tables), -1)[:, :HISTOGRAM_BINS]
        table /= np.maximum(table.sum(1, keepdims=True), 1)
        np.sqrt(table, out=table)
        table *= 255
        np.ceil(table, out=table)
        out[rows] = table.astype(np.uint8)
    return out
