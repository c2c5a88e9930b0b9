"""`torch.rand` and its kin: Tensors of random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import backend, dtypes, errors
from ..device import device as Device
from ..ops.apply import write_in_place
from ..ops.table import ROWS
from ..tensor import Tensor, wrap
from .generator import (
    Generator,
    bernoulli_mask,
    default_generator,
    gaussian,
    integers,
    permutation,
    uniform,
)


def _sizes(function: str, size: tuple) -> tuple[int, ...]:
    """A shape as users give it: `2, 3` or `(2, 3)`."""
    if len(size) == 1 and not hasattr(size[0], "__index__"):
        size = tuple(size[0])
    for n in size:
        if isinstance(n, bool) or not hasattr(n, "__index__"):
            raise TypeError(
                f"{function}(): argument 'size' must be tuple of ints, but found element of type "
                f"{type(n).__name__}"
            )
    shape = tuple(n.__index__() for n in size)
    if any(n < 0 for n in shape):
        raise RuntimeError(
            f"Trying to create tensor with negative dimension {min(shape)}: {errors.size(shape)}"
        )
    return shape


def _result(array: np.ndarray, device: Any, requires_grad: bool, out: Tensor | None) -> Tensor:
    if out is not None:
        if out.shape != array.shape:
            raise RuntimeError(
                f"out= has the shape {errors.size(out.shape)}, and the result "
                f"{errors.size(array.shape)}: they must be equal"
            )
        return write_in_place(out, wrap(array))
    if device is not None and (place := Device(device)).type != "cpu":
        array = backend.named(place).from_host(array)
    made = wrap(np.asarray(array))
    return made.requires_grad_() if requires_grad else made


def _floating(dtype: Any, kernel: str) -> np.dtype:
    chosen = dtypes.get_default_dtype() if dtype is None else dtypes.checked(dtype)
    if chosen.category < dtypes.FLOATING:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{chosen.legacy}'")
    return chosen.numpy


def rand(
    *size: Any, generator: Generator | None = None, out: Tensor | None = None, dtype: Any = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
    **named: Any,
) -> Tensor:  # fmt: skip
    """Uniform numbers in [0, 1)."""
    shape = _sizes("rand", size or (named["size"],))
    made = uniform(shape, _floating(dtype, "check_uniform_bounds"), generator)
    return _result(made, device, requires_grad, out)


def randn(
    *size: Any, generator: Generator | None = None, out: Tensor | None = None, dtype: Any = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
    **named: Any,
) -> Tensor:  # fmt: skip
    """Numbers of the standard normal distribution."""
    shape = _sizes("randn", size or (named["size"],))
    made = gaussian(shape, _floating(dtype, "normal_kernel_cpu"), generator)
    return _result(made, device, requires_grad, out)


def check_integers(low: int, high: int, dtype: dtypes.dtype) -> None:
    if low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    if dtype.category == dtypes.INTEGER:
        limits = np.iinfo(dtype.numpy)
        if low < limits.min or low > limits.max:
            raise RuntimeError(f"from is out of bounds for {_C_NAMES[dtype.name]}")
        if high - 1 > limits.max:
            raise RuntimeError(f"to - 1 is out of bounds for {_C_NAMES[dtype.name]}")


_C_NAMES = {
    "uint8": "unsigned char", "int8": "signed char", "int16": "short", "int32": "int",
    "int64": "long", "uint16": "unsigned short", "uint32": "unsigned int",
    "uint64": "unsigned long",
}  # fmt: skip


def _integer(value: Any, function: str, name: str, position: int) -> int:
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise TypeError(
            f"{function}(): argument '{name}' (position {position}) must be int, "
            f"not {type(value).__name__}"
        )
    return value.__index__()


def randint(
    *args: Any, generator: Generator | None = None, out: Tensor | None = None, dtype: Any = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
    **named: Any,
) -> Tensor:  # fmt: skip
    """Integers: `randint(high, size)` or `randint(low, high, size)`, `high` not among them."""
    values = list(args)
    size = named.pop("size", None)
    if size is None and values and not hasattr(values[-1], "__index__"):
        size = values.pop()
    if "high" in named:
        values.append(named.pop("high"))
    if "low" in named:
        values.insert(0, named.pop("low"))
    if named or size is None or not 1 <= len(values) <= 2:
        raise TypeError(
            "randint() received an invalid combination of arguments: it takes (high, size) or "
            "(low, high, size), and `size` is a tuple, as in torch.randint(0, 10, (3,))"
        )
    low = _integer(values[0], "randint", "low", 1) if len(values) == 2 else 0
    high = _integer(values[-1], "randint", "high", len(values))
    chosen = dtypes.int64 if dtype is None else dtypes.checked(dtype)
    check_integers(low, high, chosen)
    made = integers(low, high, _sizes("randint", (size,)), chosen.numpy, generator)
    return _result(made, device, requires_grad, out)


def randperm(
    n: int, *, generator: Generator | None = None, out: Tensor | None = None, dtype: Any = None,
    layout: Any = None, device: Any = None, requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """The integers 0 .. n-1 in random order."""
    (n,) = _sizes("randperm", (_integer(n, "randperm", "n", 1),))
    made = permutation(n, generator)
    if dtype is not None:
        made = made.astype(dtypes.checked(dtype).numpy, copy=False)
    return _result(made, device, requires_grad, out)


def _like(function: Callable, name: str, doc: str) -> Callable:
    def like(
        input: Tensor, *args: Any, dtype: Any = None, device: Any = None,
        requires_grad: bool = False, memory_format: Any = None, **named: Any,
    ) -> Tensor:  # fmt: skip
        return function(
            *args, size=tuple(input.shape), dtype=input.dtype if dtype is None else dtype,
            device=input.device if device is None else device, requires_grad=requires_grad, **named,
        )  # fmt: skip

    like.__name__ = like.__qualname__ = name
    like.__doc__ = doc
    return like


rand_like = _like(rand, "rand_like", "Uniform numbers in the shape of a tensor.")
randn_like = _like(randn, "randn_like", "Normal numbers in the shape of a tensor.")
randint_like = _like(randint, "randint_like", "Integers in the shape of a tensor.")


def normal(
    mean: Any = 0.0, std: Any = 1.0, size: Any = None, *, generator: Generator | None = None,
    out: Tensor | None = None, dtype: Any = None, layout: Any = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Normal numbers; `mean` and `std` are numbers (with `size`) or tensors."""
    if not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        if size is None:
            raise TypeError(
                "normal() received an invalid combination of arguments: with two numbers it needs "
                "a size, as in torch.normal(0.0, 1.0, (3,))"
            )
        check_std(std)
        kind = _floating(dtype, "normal_kernel_cpu")
        made = gaussian(_sizes("normal", (size,)), kind, generator, mean, std)
        return _result(made, device, requires_grad, out)
    if not isinstance(std, Tensor):
        check_std(std)
    given = mean if isinstance(mean, Tensor) else std
    shape = np.broadcast_shapes(*(t.shape for t in (mean, std) if isinstance(t, Tensor)))
    on_host = [
        backend.of(t._array).to_host(t._array) if isinstance(t, Tensor) else t for t in (mean, std)
    ]
    if isinstance(std, Tensor):
        if on_host[1].size and on_host[1].min() < 0:
            raise RuntimeError("normal expects all elements of std >= 0.0")
        made = gaussian(shape, given._array.dtype, generator) * on_host[1] + on_host[0]
    else:
        made = gaussian(shape, given._array.dtype, generator, 0.0, std) + on_host[0]
    result = _result(made.astype(given._array.dtype, copy=False), given.device, requires_grad, out)
    wants = next((t for t in (mean, std) if isinstance(t, Tensor) and t.requires_grad), None)
    return result if wants is None else ROWS["_drawn_normal"].function(wants, result)


def check_std(std: float) -> None:
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std}")


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None,
    out: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """1 with the probability that `input` gives for each element (or `p` for all), else 0."""
    array = backend.of(input._array).to_host(input._array)
    if p is not None:
        check_probability(p)
        made = bernoulli_mask(array.shape, p, generator)
    else:
        made = bernoulli_each(array, generator)
    result = _result(made.astype(array.dtype), input.device, False, out)
    return ROWS["_drawn_bernoulli"].function(input, result) if input.requires_grad else result


def check_probability(p: float) -> None:
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")


def bernoulli_each(p: np.ndarray, generator: Generator | None) -> np.ndarray:
    if p.dtype.kind != "f":
        raise NotImplementedError(
            f"\"bernoulli_tensor_cpu_p_\" not implemented for '{dtypes.of(p.dtype).legacy}'"
        )
    if p.size and not (p.min() >= 0 and p.max() <= 1):
        raise RuntimeError("Expected p_in >= 0 && p_in <= 1 to be true, but got false.")
    kind = np.float64 if p.dtype == np.float64 else np.float32
    return uniform(p.shape, kind, generator) < p


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *,
    generator: Generator | None = None, out: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Indices drawn by the weights in each row of `input`, (N,) or (R, N)."""
    generator = generator or default_generator
    p = backend.of(input._array).to_host(input._array)
    if p.dtype.kind != "f":
        raise RuntimeError("multinomial only supports floating-point dtypes for input, "
                           f"got: {input.dtype.legacy}")  # fmt: skip
    if p.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if num_samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and num_samples > p.shape[-1]:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        )
    if not np.isfinite(p).all() or (p < 0).any():
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    if (p.sum(-1) <= 0).any():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    if replacement:
        made = _with_replacement(np.atleast_2d(p), num_samples, generator)
    else:
        race = -np.log1p(-generator.float64s(p.size)).reshape(p.shape).astype(p.dtype)
        made = np.argsort(-(p / race), -1, kind="stable")[..., :num_samples].astype(np.int64)
    return _result(made.reshape(*p.shape[:-1], num_samples), input.device, False, out)


def _with_replacement(p: np.ndarray, count: int, generator: Generator) -> np.ndarray:
    up_to = np.cumsum(p, -1, dtype=p.dtype)
    up_to /= up_to[:, -1:]
    up_to[:, -1] = 1
    draws = generator.float64s(p.shape[0] * count).reshape(-1, count)
    rows = [np.searchsorted(row, u) for row, u in zip(up_to.astype(np.float64), draws)]
    return np.stack(rows).astype(np.int64)


def need_floating(array: Any, kernel: str) -> None:
    if array.dtype.kind not in "fc":
        legacy = dtypes.of(array.dtype).legacy
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{legacy}'")
