"""`Tensor.normal_` and its kin: methods that fill a tensor with random numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import backend, dtypes
from ..ops.apply import check_writable, write_in_place
from ..tensor import Tensor, wrap
from .generator import Generator, bernoulli_mask, default_generator, gaussian, integers, uniform
from .sampling import (
    bernoulli,
    bernoulli_each,
    check_integers,
    check_probability,
    check_std,
    multinomial,
    need_floating,
)

#: Methods of Tensor by name; the package installs them.
METHODS: dict[str, Callable] = {}


def _in_place(sample: Callable) -> Callable:
    """Make a method of Tensor from a function (array, *args, generator) -> array of its shape.

    PyTorch visits elements in the order of memory, so a transposed tensor is drawn transposed.
    """

    def method(
        self: Tensor, *args: Any, generator: Generator | None = None, **named: Any
    ) -> Tensor:
        check_writable(self)
        array = self._array
        order = sorted(range(array.ndim), key=lambda axis: -abs(array.strides[axis]))
        straight = array if order == list(range(array.ndim)) else array.transpose(order)
        made = sample(straight, *args, generator=generator or default_generator, **named)
        if straight is not array:
            made = made.transpose(np.argsort(order))
        if self.is_cuda:
            made = backend.named(self.device).from_host(made)
        return write_in_place(self, wrap(made))

    method.__name__ = sample.__name__
    method.__qualname__ = f"Tensor.{sample.__name__}"
    method.__doc__ = sample.__doc__
    METHODS[sample.__name__] = method
    return method


@_in_place
def uniform_(array: Any, low: float = 0, high: float = 1, *, generator: Generator, **named: Any):
    """Fill with uniform numbers in [from, to)."""
    low, high = named.get("from", low), named.get("to", high)
    need_floating(array, "check_uniform_bounds")
    if low > high:
        raise RuntimeError(
            f"uniform_ expects to return a [from, to) range, but found from={low} > to={high}"
        )
    made = uniform(array.shape, array.dtype, generator)
    kind = made.dtype.type
    return made * (kind(high) - kind(low)) + kind(low)


@_in_place
def normal_(array: Any, mean: float = 0, std: float = 1, *, generator: Generator):
    """Fill with normal numbers."""
    need_floating(array, "normal_kernel_cpu")
    check_std(std)
    contiguous = array.flags.c_contiguous
    return gaussian(array.shape, array.dtype, generator, mean, std, contiguous)


@_in_place
def bernoulli_(array: Any, p: Any = 0.5, *, generator: Generator):
    """Fill with 1 with probability `p` (a number, or a tensor of probabilities), else 0."""
    if isinstance(p, Tensor):
        chances = backend.of(p._array).to_host(p._array)
        return bernoulli_each(np.broadcast_to(chances, array.shape), generator).astype(array.dtype)
    check_probability(p)
    return bernoulli_mask(array.shape, p, generator).astype(array.dtype)


@_in_place
def random_(array: Any, low: int | None = None, high: int | None = None, *, generator: Generator,
            **named: Any):  # fmt: skip
    """Fill with integers: `random_(to)`, `random_(from, to)`, or all that the dtype holds."""
    low, high = named.get("from", low), named.get("to", high)
    dtype = dtypes.of(array.dtype)
    if low is None and high is None:
        return _whole_range(array, dtype, generator)
    if high is None:
        low, high = 0, low
    low = 0 if low is None else low
    check_integers(low, high, dtype)
    return integers(low, high, array.shape, array.dtype, generator)


def _whole_range(array: Any, dtype: dtypes.dtype, generator: Generator) -> np.ndarray:
    if dtype.category == dtypes.BOOL:
        top = 1
    elif dtype.category == dtypes.FLOATING:
        top = 2 ** (np.finfo(array.dtype).nmant + 1)
    else:
        top = np.iinfo(array.dtype).max
    words = generator.words64 if array.dtype.itemsize == 8 else generator.words
    return (words(array.size) % np.uint64(top + 1)).astype(array.dtype).reshape(array.shape)


@_in_place
def exponential_(array: Any, lambd: float = 1, *, generator: Generator):
    """Fill with numbers of the exponential distribution."""
    need_floating(array, "exponential_cpu")
    if not lambd > 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
    made = -1.0 / lambd * np.log1p(-generator.float64s(array.size))
    return made.astype(array.dtype).reshape(array.shape)


@_in_place
def log_normal_(array: Any, mean: float = 1, std: float = 2, *, generator: Generator):
    """Fill with numbers whose logarithm is normal."""
    need_floating(array, "log_normal_cpu")
    if not std > 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
    made = np.exp(generator.normals(array.size) * std + mean)
    return made.astype(array.dtype).reshape(array.shape)


@_in_place
def cauchy_(array: Any, median: float = 0, sigma: float = 1, *, generator: Generator):
    """Fill with numbers of the Cauchy distribution."""
    need_floating(array, "cauchy_cpu")
    if not sigma > 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
    made = median + sigma * np.tan(math.pi * (generator.float64s(array.size) - 0.5))
    return made.astype(array.dtype).reshape(array.shape)


@_in_place
def geometric_(array: Any, p: float, *, generator: Generator):
    """Fill with how many trials of probability `p` it takes to succeed."""
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
    made = np.ceil(np.log(generator.float64s(array.size)) / math.log1p(-p))
    return made.astype(array.dtype).reshape(array.shape)


def _bernoulli_method(
    self: Tensor, p: float | None = None, *, generator: Generator | None = None
) -> Tensor:
    return bernoulli(self, p, generator=generator)


METHODS.update(bernoulli=_bernoulli_method, multinomial=multinomial)
