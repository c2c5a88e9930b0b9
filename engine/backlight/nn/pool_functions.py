"""Pooling (`torch.nn.functional`): max, mean, p-norm, adaptive, fractional, and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import dtypes, errors, ops, random
from ..ops.pooling import out_size
from ..tensor import Tensor, wrap


def _sizes(value: Any, dims: int, function: str, name: str) -> tuple[int, ...]:
    """An option for each dimension."""
    if isinstance(value, int):
        return (value,) * dims
    given = tuple(int(v) for v in value)
    if len(given) == 1:
        return given * dims
    if len(given) != dims:
        word = "two" if dims == 2 else "three"
        raise RuntimeError(
            f"{function}: {name} must either be a single int, or a tuple of {word} ints"
        )
    return given


def _window(
    input: Tensor, dims: int, function: str, kernel_size: Any, stride: Any, padding: Any,
    dilation: Any, ceil_mode: bool,
) -> tuple[tuple[int, ...], ...]:  # fmt: skip
    """Window, stride, padding, dilation and positions, checked."""
    if input.ndim not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"{function}(): Expected {dims + 1}D or {dims + 2}D input tensor, but got "
            f"{errors.size(input.shape)}"
            if dims == 1
            else f"non-empty {dims + 1}D or {dims + 2}D (batch mode) tensor expected for input"
        )
    size = _sizes(kernel_size, dims, function, "kernel_size")
    empty = stride is None or (not isinstance(stride, int) and len(tuple(stride)) == 0)
    steps = size if empty else _sizes(stride, dims, function, "stride")
    around = _sizes(padding, dims, function, "padding")
    apart = _sizes(dilation, dims, function, "dilation")
    if min(size) <= 0:
        raise RuntimeError("kernel size should be greater than zero, but got " + _named(size))
    if min(steps) <= 0:
        raise RuntimeError("stride should be greater than zero, but got " + _named(steps))
    if min(apart) <= 0:
        raise RuntimeError("dilation should be greater than zero, but got " + _named(apart))
    for p, k, d in zip(around, size, apart):
        if p < 0 or p > ((k - 1) * d + 1) // 2:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got pad="
                f"{p}, kernel_size={k} and dilation={d}"
                if p >= 0
                else f"pad must be non-negative, but got pad: {p}"
            )
    inside = tuple(input.shape)[-dims:]
    out = tuple(out_size(*each, ceil_mode) for each in zip(inside, size, steps, around, apart))
    if min(out) < 1:
        raise RuntimeError(
            f"Given input size: ({_by(input.shape, dims)}). Calculated output size: "
            f"({'x'.join(str(n) for n in (input.shape[-dims - 1], *out))}). Output size is too "
            "small"
        )
    return size, steps, around, apart, out


def _named(values: Sequence[int]) -> str:
    return " ".join(f"{name}{value}" for name, value in zip("dHW"[-len(values) :], values))


def _by(shape: Any, dims: int) -> str:
    return "x".join(str(n) for n in tuple(shape)[-dims - 1 :])


def _max_pool(dims: int) -> tuple[Callable, Callable]:
    name = f"max_pool{dims}d"
    row = ops.row(f"_max_pool{dims}d")

    def with_indices(
        input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        ceil_mode: bool = False, return_indices: bool = False,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        given = _window(input, dims, name, kernel_size, stride, padding, dilation, ceil_mode)
        return row(input, *given)

    def pool(
        input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
        ceil_mode: bool = False, return_indices: bool = False,
    ) -> Any:  # fmt: skip
        values, places = with_indices(input, kernel_size, stride, padding, dilation, ceil_mode)
        return (values, places) if return_indices else values

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = f"The largest value of each window in {dims} dimensions, and its place."
    with_indices.__name__ = with_indices.__qualname__ = name + "_with_indices"
    with_indices.__doc__ = pool.__doc__
    return pool, with_indices


max_pool1d, max_pool1d_with_indices = _max_pool(1)
max_pool2d, max_pool2d_with_indices = _max_pool(2)
max_pool3d, max_pool3d_with_indices = _max_pool(3)


def avg_pool1d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """The mean of each window along one dimension."""
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """The mean of each window in two dimensions; `divisor_override` divides in place of its size."""
    return _avg_pool(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def avg_pool3d(
    input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """The mean of each window in three dimensions."""
    return _avg_pool(
        3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _avg_pool(
    dims: int, input: Tensor, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool,
    include: bool, divisor: int | None,
) -> Tensor:  # fmt: skip
    if divisor == 0:
        raise RuntimeError("divisor must be not zero")
    size, steps, around, _, out = _window(
        input, dims, f"avg_pool{dims}d", kernel_size, stride, padding, 1, ceil_mode
    )
    return ops.row(f"_avg_pool{dims}d")(input, size, steps, around, out, include, divisor)


def _lp_pool(dims: int) -> Callable:
    def pool(
        input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None,
        ceil_mode: bool = False,
    ) -> Tensor:  # fmt: skip
        size = math.prod(_sizes(kernel_size, dims, f"lp_pool{dims}d", "kernel_size"))
        mean = _avg_pool(
            dims, ops.pow(input, norm_type), kernel_size, stride, 0, ceil_mode, True, None
        )
        return ops.pow(ops.sign(mean) * ops.relu(ops.abs(mean)) * size, 1.0 / norm_type)

    pool.__name__ = pool.__qualname__ = f"lp_pool{dims}d"
    pool.__doc__ = "The p-norm of each window."
    return pool


lp_pool1d, lp_pool2d, lp_pool3d = (_lp_pool(dims) for dims in (1, 2, 3))


# Adaptive: the size of the result is given ----------------------------------------------------


def _adaptive_sizes(input: Tensor, output_size: Any, dims: int) -> tuple[int, ...]:
    if input.ndim not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"adaptive_pool{dims}d(): Expected {dims + 1}D or {dims + 2}D tensor, but got "
            f"{errors.size(input.shape)}"
        )
    inside = tuple(input.shape)[-dims:]
    given = (output_size,) * dims if isinstance(output_size, int) else tuple(output_size)
    if len(given) != dims:
        raise RuntimeError(f"adaptive_pool{dims}d: output_size must be {dims}")
    return tuple(n if o is None else int(o) for n, o in zip(inside, given))


def _bounds(inside: int, out: int) -> tuple[np.ndarray, np.ndarray]:
    """Where the window of each position begins and ends."""
    k = np.arange(out)
    return k * inside // max(out, 1), -(-(k + 1) * inside // max(out, 1))


def _adaptive_mean(input: Tensor, output_size: Any, dims: int) -> Tensor:
    out = _adaptive_sizes(input, output_size, dims)
    inside = tuple(input.shape)[-dims:]
    if 0 not in out and all(n % o == 0 for n, o in zip(inside, out)):
        if all(o == 1 for o in out):
            return ops.mean(input, tuple(range(-dims, 0)), True)
        return _avg_pool(dims, input, [n // o for n, o in zip(inside, out)], None, 0, False, True, None)  # fmt: skip
    for axis, (n, o) in enumerate(zip(inside, out)):
        begin, end = _bounds(n, o)
        at = np.arange(n)[:, None]
        weights = ((at >= begin) & (at < end)) / (end - begin)
        dim = axis - dims
        input = along(input, weights, dim)
    return input


def along(input: Tensor, weights: np.ndarray, dim: int) -> Tensor:
    """Multiply one dimension by a constant matrix (in, out)."""
    matrix = wrap(weights.astype(input._array.dtype)).to(input.device)
    if dim == -1:
        return ops.matmul(input, matrix)
    return ops.transpose(ops.matmul(ops.transpose(input, dim, -1), matrix), dim, -1)


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """Means of windows, so many that the result has this length."""
    return _adaptive_mean(input, output_size, 1)


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Means of windows, so many that the result has this size; None keeps a dimension."""
    return _adaptive_mean(input, output_size, 2)


def adaptive_avg_pool3d(input: Tensor, output_size: Any) -> Tensor:
    """Means of windows, so many that the result has this size; None keeps a dimension."""
    return _adaptive_mean(input, output_size, 3)


def _largest_of(input: Tensor, starts: list[Any], ends: list[Any], return_indices: bool) -> Any:
    """The largest value of each window of an irregular grid, and its place.

    starts, ends: for each dimension arrays (positions,), or (N, C, positions).
    """
    dims = len(starts)
    inside = tuple(input.shape)[-dims:]
    lead = tuple(input.shape)[:-dims]
    longest = [int((e - s).max()) if s.size else 0 for s, e in zip(starts, ends)]
    total = input.ndim - dims + 2 * dims
    place: Any = 0
    outside: Any = False
    for axis, (s, e, most) in enumerate(zip(starts, ends, longest)):
        index = s[..., None] + np.arange(most)
        out = index >= e[..., None]
        shape = [1] * total
        shape[len(lead) + axis], shape[len(lead) + dims + axis] = s.shape[-1], most
        if s.ndim > 1:
            shape[: len(lead)] = lead
        place = place * inside[axis] + np.minimum(index, inside[axis] - 1).reshape(shape)
        outside = outside | out.reshape(shape)
    shape = [*lead, *np.broadcast_shapes(place.shape, outside.shape)[len(lead) :]]
    place = np.broadcast_to(place, shape)
    flat = ops.row("pool_gather")(
        input, wrap(np.ascontiguousarray(place.reshape(*lead, -1, *[1] * (dims - 1)))), inside
    )
    values = flat.reshape(*shape[: len(lead) + dims], -1)
    if not values.numel():
        values = values.reshape(*shape[: len(lead) + dims], max(1, values.shape[-1]))
    gone = np.broadcast_to(outside, shape).reshape(tuple(values.shape))
    if gone.any():
        values = ops.masked_fill(values, wrap(gone), -math.inf)
    best = ops.argmax(values, -1, True)
    result = ops.gather(values, -1, best).squeeze(-1)
    if not return_indices:
        return result
    places = wrap(np.ascontiguousarray(place.reshape(tuple(values.shape))))
    return result, ops.gather(places, -1, best).squeeze(-1)


def _adaptive_max(dims: int) -> tuple[Callable, Callable]:
    def pool(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
        out = _adaptive_sizes(input, output_size, dims)
        bounds = [_bounds(n, o) for n, o in zip(tuple(input.shape)[-dims:], out)]
        return _largest_of(input, [b for b, _ in bounds], [e for _, e in bounds], return_indices)

    def with_indices(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
        return pool(input, output_size, True)

    pool.__name__ = pool.__qualname__ = f"adaptive_max_pool{dims}d"
    pool.__doc__ = "The largest values of windows, so many that the result has this size."
    with_indices.__name__ = with_indices.__qualname__ = pool.__name__ + "_with_indices"
    with_indices.__doc__ = pool.__doc__
    return pool, with_indices


adaptive_max_pool1d, adaptive_max_pool1d_with_indices = _adaptive_max(1)
adaptive_max_pool2d, adaptive_max_pool2d_with_indices = _adaptive_max(2)
adaptive_max_pool3d, adaptive_max_pool3d_with_indices = _adaptive_max(3)


# Fractional: windows of two sizes, at random (Graham 2015) ------------------------------------


def _fractional(dims: int) -> tuple[Callable, Callable]:
    name = f"fractional_max_pool{dims}d"

    def pool(
        input: Tensor, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,
        return_indices: bool = False, _random_samples: Tensor | None = None,
    ) -> Any:  # fmt: skip
        if output_size is None and output_ratio is None:
            raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
        inside = tuple(input.shape)[-dims:]
        size = _sizes(kernel_size, dims, name, "kernel_size")
        if output_size is None:
            ratios = (output_ratio,) * dims if isinstance(output_ratio, float) else output_ratio
            out = tuple(int(n * r) for n, r in zip(inside, ratios))
        else:
            out = _sizes(output_size, dims, name, "output_size")
        for n, k, o in zip(inside, size, out):
            if o + k - 1 > n:
                raise RuntimeError(
                    f"{name}(): pool height {k} too large relative to input height {n}"
                )
        lead = tuple(input.shape)[:-dims]
        batched = input if len(lead) == 2 else input.unsqueeze(0)
        n, c = batched.shape[:2]
        if _random_samples is None:
            _random_samples = random.rand(n, c, dims, dtype=input.dtype, device=input.device)
        samples = _random_samples.detach().cpu().numpy().astype(np.float64)[:n]
        starts = []
        for axis, (length, k, o) in enumerate(zip(inside, size, out)):
            # PyTorch's samples are (width, height): the last dimension comes first.
            sample = samples[..., dims - 1 - axis if dims == 2 else axis][..., None]
            if o > 1:
                alpha = (length - k) / (o - 1)
                at = np.arange(o)
                begin = ((at + sample) * alpha).astype(np.int64) - (sample * alpha).astype(np.int64)
                begin[..., -1] = length - k
            else:
                begin = np.full((n, c, 1), length - k)
            starts.append(begin)
        ends = [begin + k for begin, k in zip(starts, size)]
        found = _largest_of(batched, starts, ends, return_indices)
        if len(lead) == 2:
            return found
        return tuple(x.squeeze(0) for x in found) if return_indices else found.squeeze(0)

    def with_indices(*args: Any, **kwargs: Any) -> Any:
        kwargs["return_indices"] = True
        return pool(*args, **kwargs)

    pool.__name__ = pool.__qualname__ = name
    pool.__doc__ = "The largest values of windows at random distances."
    with_indices.__name__ = with_indices.__qualname__ = name + "_with_indices"
    with_indices.__doc__ = pool.__doc__
    return pool, with_indices


fractional_max_pool2d, fractional_max_pool2d_with_indices = _fractional(2)
fractional_max_pool3d, fractional_max_pool3d_with_indices = _fractional(3)


# And back -------------------------------------------------------------------------------------


def _max_unpool(dims: int) -> Callable:
    name = f"max_unpool{dims}d"

    def unpool(
        input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
        output_size: Any = None,
    ) -> Tensor:  # fmt: skip
        size = _sizes(kernel_size, dims, name, "kernel_size")
        steps = size if stride is None else _sizes(stride, dims, name, "stride")
        around = _sizes(padding, dims, name, "padding")
        usual = tuple(
            (n - 1) * s + k - 2 * p
            for n, k, s, p in zip(tuple(input.shape)[-dims:], size, steps, around)
        )
        if output_size is None:
            inside = usual
        else:
            inside = tuple(output_size)[-dims:]
            for given, wanted, s in zip(inside, usual, steps):
                if not wanted - s < given < wanted + s:
                    raise ValueError(
                        f"invalid output_size {list(inside)} (dim 0 must be between "
                        f"{wanted - s} and {wanted + s})"
                    )
        if indices.dtype is not dtypes.int64:
            raise RuntimeError(
                f"{name}(): elements in indices should be type int64 but got: {indices.dtype}"
            )
        if tuple(indices.shape) != tuple(input.shape):
            raise RuntimeError(
                "Expected shape of indices to be same as that of the input tensor "
                f"({errors.size(input.shape)}) but got indices tensor with shape: "
                f"{errors.size(indices.shape)}"
            )
        area = math.prod(inside)
        flat = indices.detach().cpu().numpy()
        if flat.size and (flat.min() < 0 or flat.max() >= area):
            bad = int(flat.max() if flat.max() >= area else flat.min())
            raise RuntimeError(
                f"Found an invalid max index: {bad} (output volumes are of size {area}"
            )
        lead = tuple(input.shape)[:-dims]
        zeros = input.new_zeros((*lead, area))
        y = ops.scatter(zeros, -1, indices.reshape(*lead, -1), input.reshape(*lead, -1))
        return y.reshape(*lead, *inside)

    unpool.__name__ = unpool.__qualname__ = name
    unpool.__doc__ = "Each value at its place, zeros elsewhere."
    return unpool


max_unpool1d, max_unpool2d, max_unpool3d = (_max_unpool(dims) for dims in (1, 2, 3))
