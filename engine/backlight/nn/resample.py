"""Padding, resizing, sampling and shuffling of images and signals (`torch.nn.functional`)."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import creation, errors, ops
from ..tensor import Tensor, wrap
from .pool_functions import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d, along


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """Values before and after the last dimensions: `pad` begins with the very last one.

    mode: "constant", "reflect" (without the edge), "replicate" or "circular".
    """
    pad = [int(p) for p in pad]
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    n = len(pad) // 2
    if n > input.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(pad)} and input of dimension {input.ndim}"
        )
    before, after = tuple(pad[-2::-2]), tuple(pad[::-2])
    if mode == "constant":
        for b, a, s in zip(before, after, tuple(input.shape)[input.ndim - n :]):
            if b + s + a < 0:
                raise RuntimeError(
                    f"The input size {s}, plus negative padding {b} and {a} resulted in a negative "
                    f"output size, which is invalid. Check dimension {input.ndim - n} of your input."
                )
        if not n:
            return ops.clone(input)
        kind = input._array.dtype.kind
        fill = 0 if value is None else (bool(value) if kind == "b" else value)
        return ops.row("_constant_pad")(input, before, after, fill)
    if value not in (None, 0):
        raise ValueError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if not (n + 1 <= input.ndim <= n + 2 and 1 <= n <= 3):
        raise NotImplementedError(
            "Only 2D, 3D, 4D, 5D padding with non-constant padding are supported for now"
        )
    for k, (b, a) in enumerate(zip(before, after)):
        dim = input.ndim - n + k
        size = input.shape[dim]
        _check_pad(mode, b, a, size, dim, input)
        if mode == "circular" and (b < 0 or a < 0):  # cut first: what is left goes round
            start, end = max(-b, 0), size - max(-a, 0)
            input = ops.row("cut")(input, dim, start, end - start)
            size, b, a = end - start, max(b, 0), max(a, 0)
        at = np.arange(-b, size + a)
        if mode == "reflect":
            at = np.abs(at)
            at = np.where(at >= size, 2 * (size - 1) - at, at)
        else:
            at = np.clip(at, 0, size - 1) if mode == "replicate" else at % size
        if b or a:
            input = ops.index_select(input, dim, wrap(at.astype(np.int64)).to(input.device))
    return input


def _check_pad(mode: str, before: int, after: int, size: int, dim: int, input: Tensor) -> None:
    if mode == "reflect" and (before >= size or after >= size):
        raise RuntimeError(
            "Argument #4: Padding size should be less than the corresponding input dimension, but "
            f"got: padding ({before}, {after}) at dimension {dim} of input "
            f"{errors.size(input.shape)}"
        )
    if mode == "circular" and (before > size or after > size):
        raise RuntimeError("Padding value causes wrapping around more than once.")
    if before + size + after < 1:
        raise RuntimeError(f"Calculated output size at dimension {dim} is too small")


# Resizing -------------------------------------------------------------------------------------

_MODES = {
    "nearest": (3, 4, 5), "nearest-exact": (3, 4, 5), "area": (3, 4, 5), "linear": (3,),
    "bilinear": (4,), "bicubic": (4,), "trilinear": (5,),
}  # fmt: skip


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """(N, C, *in) -> (N, C, *out), to a size or by a factor."""
    if mode in ("nearest", "area", "nearest-exact"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | "
                "bilinear | bicubic | trilinear"
            )
    align = bool(align_corners)
    dims = input.ndim - 2
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    if size is None and scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    inside = tuple(input.shape)[2:]
    factors: list[float | None] = [None] * dims
    if size is not None:
        out = (int(size),) * dims if not isinstance(size, (list, tuple)) else tuple(size)
        if len(out) != dims:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input "
                f"with spatial dimensions of {list(inside)} and output size of {size}. Please "
                "provide input tensor in (N, C, d1, d2, ...,dK) format and output size in (o1, "
                "o2, ...,oK) format."
            )
    else:
        many = isinstance(scale_factor, (list, tuple))
        if many and len(scale_factor) != dims:
            raise ValueError(
                "Input and scale_factor must have the same number of spatial dimensions, but got "
                f"input with spatial dimensions of {list(inside)} and scale_factor of shape "
                f"{scale_factor}. Please provide input tensor in (N, C, d1, d2, ...,dK) format and "
                "scale_factor in (s1, s2, ...,sK) format."
            )
        given = [float(f) for f in (scale_factor if many else [scale_factor] * dims)]
        out = tuple(math.floor(n * f) for n, f in zip(inside, given))
        if not recompute_scale_factor:
            factors = list(given)
    if antialias and not (mode in ("bilinear", "bicubic") and input.ndim == 4):
        raise ValueError(
            "Anti-alias option is restricted to bilinear and bicubic modes and requires a 4-D "
            "tensor as input"
        )
    if mode not in _MODES or input.ndim not in _MODES[mode]:
        if mode in _MODES and input.ndim in (3, 4, 5):
            wanted = _MODES[mode][0]
            raise NotImplementedError(
                f"Got {input.ndim}D input, but {mode} mode needs {wanted}D input"
            )
        raise NotImplementedError(
            "Input Error: Only 3D, 4D and 5D input Tensors supported (got "
            f"{input.ndim}D) for the modes: nearest | linear | bilinear | bicubic | trilinear | "
            f"area | nearest-exact (got {mode})"
        )
    if min(out, default=1) < 1 or min(inside, default=1) < 1:
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input (H: {inside[0]}, W: "
            f"{inside[-1]}) output (H: {out[0]}, W: {out[-1]})"
        )
    if mode == "area":
        pool = (adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[dims - 1]
        return pool(input, out)
    for k, (n, o, factor) in enumerate(zip(inside, out, factors)):
        dim = k - dims
        scale = 1.0 / factor if factor else n / o
        if mode.startswith("nearest"):
            shift = 0.5 if mode == "nearest-exact" else 0.0
            # In single precision, as PyTorch computes the places.
            at = np.floor((np.arange(o, dtype=np.float32) + np.float32(shift)) * np.float32(scale))
            places = np.minimum(at.astype(np.int64), n - 1)
            input = ops.index_select(input, dim, wrap(places).to(input.device))
        else:
            if align:
                scale = (n - 1) / (o - 1) if o > 1 else 0.0
            input = along(input, _weights(n, o, scale, mode, align, antialias), dim)
    return input


def _weights(n: int, out: int, scale: float, mode: str, align: bool, antialias: bool) -> np.ndarray:
    """How much of each of `n` values is in each of `out`: (n, out)."""
    cubic = mode == "bicubic"
    matrix = np.zeros((n, out))
    k = np.arange(out)
    if antialias:
        reach = (2.0 if cubic else 1.0) * max(scale, 1.0)
        stretch = 1.0 / max(scale, 1.0)
        centre = scale * (k + 0.5)
        first = np.maximum((centre - reach + 0.5).astype(int), 0)
        last = np.minimum((centre + reach + 0.5).astype(int), n)
        for o in range(out):
            at = np.arange(first[o], last[o])
            x = np.abs((at - centre[o] + 0.5) * stretch)
            w = _cubic(x, -0.5) if cubic else np.maximum(1 - x, 0)
            matrix[at, o] = w / w.sum()
        return matrix
    source = k * scale if align else (k + 0.5) * scale - 0.5
    if not cubic:
        source = np.maximum(source, 0)
    low = np.floor(source).astype(int)
    share = source - low
    if cubic:
        for step in (-1, 0, 1, 2):
            at = np.clip(low + step, 0, n - 1)
            np.add.at(matrix, (at, k), _cubic(np.abs(share - step), -0.75))
        return matrix
    low = np.minimum(low, n - 1)
    share = np.minimum(source - low, 1)
    np.add.at(matrix, (low, k), 1 - share)
    np.add.at(matrix, (np.minimum(low + 1, n - 1), k), share)
    return matrix


def _cubic(x: Any, a: float) -> Any:
    """Keys' convolution kernel at distances x >= 0 (1981)."""
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * a - 4 * a
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:  # fmt: skip
    """The old name of `interpolate`."""
    warnings.warn(
        "`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with mode "nearest"."""
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """`interpolate` with mode "bilinear" and aligned corners."""
    return interpolate(input, size, scale_factor, "bilinear", True)


# Sampling -------------------------------------------------------------------------------------


def grid_sample(
    input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:  # fmt: skip
    """Values of (N, C, *in) at the places (N, *out, dims) of a grid from -1 to 1 (x first)."""
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            "nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', "
            f"but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or "
            f"'reflection', but got: '{padding_mode}'"
        )
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since "
            "1.3.0. Please specify align_corners=True if the old behavior is desired. See the "
            "documentation of grid_sample for details.",
            stacklevel=2,
        )
        align_corners = False
    dims = input.ndim - 2
    _check_grid(input, grid, dims, mode)
    inside = tuple(input.shape)[2:]
    # The last of the grid's numbers goes with the first dimension.
    at = [
        _unnormalised(grid.select(-1, dims - 1 - k), n, align_corners) for k, n in enumerate(inside)
    ]
    if mode == "bicubic":
        return _bicubic_samples(input, at, padding_mode, align_corners)
    at = [_into(x, n, padding_mode, align_corners) for x, n in zip(at, inside)]
    if mode == "nearest":
        places = [ops.round(x) for x in at]
        # The grid takes part, with a gradient of zero.
        return _values_at(input, places) + ops.nan_to_num(places[0] * 0, 0, 0, 0).unsqueeze(1)
    low = [ops.floor(x.detach()) for x in at]
    total: Any = 0
    for corner in range(2**dims):
        weight: Any = 1
        places = []
        for k in range(dims):
            step = corner >> k & 1
            place = low[k] + step
            weight = weight * ((at[k] - low[k]) if step else (low[k] + 1 - at[k]))
            places.append(place)
        total = total + _values_at(input, places) * weight.unsqueeze(1)
    return total


def _check_grid(input: Tensor, grid: Tensor, dims: int, mode: str) -> None:
    if dims not in (2, 3) or grid.ndim != input.ndim:
        raise RuntimeError(
            "grid_sampler(): expected 4D or 5D input and grid with same number of dimensions, but "
            f"got input with sizes {errors.size(input.shape)} and grid with sizes "
            f"{errors.size(grid.shape)}"
        )
    if input.shape[0] != grid.shape[0]:
        raise RuntimeError(
            "grid_sampler(): expected grid and input to have same batch size, but got input with "
            f"sizes {errors.size(input.shape)} and grid with sizes {errors.size(grid.shape)}"
        )
    if grid.shape[-1] != dims:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {dims} in last dimension, but got grid "
            f"with sizes {errors.size(grid.shape)}"
        )
    for k, n in enumerate(tuple(input.shape)[2:]):
        if n < 1:
            raise RuntimeError(
                "grid_sampler(): expected input to have non-empty spatial dimensions, but input "
                f"has sizes {errors.size(input.shape)} with dimension {k + 2} being empty"
            )
    if mode == "bicubic" and dims == 3:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")


def _unnormalised(x: Tensor, n: int, align: bool) -> Tensor:
    return (x + 1) / 2 * (n - 1) if align else ((x + 1) * n - 1) / 2


def _into(x: Tensor, n: int, padding_mode: str, align: bool) -> Tensor:
    """Places outside moved to the border, or reflected at it."""
    if padding_mode == "zeros":
        return x
    if padding_mode == "reflection":
        x = _reflected(x, 0, 2 * (n - 1)) if align else _reflected(x, -1, 2 * n - 1)
    inner = (x.detach() > 0) & (x.detach() < n - 1)  # as PyTorch: no gradient at the border itself
    return ops.where(inner, x, ops.clamp(x.detach(), 0, n - 1))


def _reflected(x: Tensor, twice_low: int, twice_high: int) -> Tensor:
    if twice_low == twice_high:
        return x * 0
    low, span = twice_low / 2, (twice_high - twice_low) / 2
    x = ops.abs(x - low)
    turns = ops.floor(x.detach() / span)
    extra = x - turns * span
    return ops.where(turns % 2 == 0, extra + low, span - extra + low)


def _values_at(input: Tensor, places: list[Tensor]) -> Tensor:
    """(N, C, *in) at whole places, each (N, *out); zero outside."""
    n, c = input.shape[:2]
    inside = tuple(input.shape)[2:]
    out = tuple(places[0].shape)[1:]
    flat: Any = 0
    valid: Any = True
    for place, size in zip(places, inside):
        place = place.detach()
        within = (place >= 0) & (place <= size - 1)
        valid = within if valid is True else valid & within
        flat = flat * size + ops.nan_to_num(place).clamp(0, size - 1).long()
    index = flat.reshape(n, 1, -1).expand(n, c, -1)
    values = ops.gather(input.reshape(n, c, -1), 2, index).reshape(n, c, *out)
    return values * valid.unsqueeze(1).to(values.dtype)


def _bicubic_samples(input: Tensor, at: list[Tensor], padding_mode: str, align: bool) -> Tensor:
    inside = tuple(input.shape)[2:]
    low = [ops.floor(x.detach()) for x in at]
    shares = [x - base for x, base in zip(at, low)]
    rows = []
    weights = [[_cubic_weight(share, step) for step in (-1, 0, 1, 2)] for share in shares]
    for i, step_y in enumerate((-1, 0, 1, 2)):
        total: Any = 0
        for j, step_x in enumerate((-1, 0, 1, 2)):
            places = [
                _into(base + step, n, padding_mode, align)
                for base, step, n in zip(low, (step_y, step_x), inside)
            ]
            total = total + _values_at(input, places) * weights[1][j].unsqueeze(1)
        rows.append(total * weights[0][i].unsqueeze(1))
    return rows[0] + rows[1] + rows[2] + rows[3]


def _cubic_weight(share: Tensor, step: int, a: float = -0.75) -> Tensor:
    x = share - step if step <= 0 else step - share
    if step in (0, 1):
        return ((a + 2) * x - (a + 3)) * x * x + 1
    return ((x - 5) * x + 8) * x * a - 4 * a


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """The grid (N, *out, dims) of affine maps (N, dims, dims + 1), for `grid_sample`."""
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    size = tuple(int(n) for n in size)
    dims = len(size) - 2
    if dims not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, "
            f"respectively. Got size {size}"
        )
    if theta.ndim != 3 or tuple(theta.shape)[1:] != (dims, dims + 1):
        raise ValueError(
            f"Expected a batch of {dims}D affine matrices of shape Nx{dims}x{dims + 1} for size "
            f"{size}. Got {tuple(theta.shape)}."
        )
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since "
            "1.3.0. Please specify align_corners=True if the old behavior is desired. See the "
            "documentation of grid_sample for details.",
            stacklevel=2,
        )
        align_corners = False
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {size}")
    axes = []
    for n in size[2:]:
        axis = np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
        axes.append(axis if align_corners else axis * (n - 1) / n)
    parts = np.meshgrid(*axes, indexing="ij")
    base = np.stack([*parts[::-1], np.ones(size[2:])], -1).reshape(-1, dims + 1)
    points = wrap(base.astype(theta._array.dtype)).to(theta.device)
    grid = ops.matmul(points, ops.transpose(theta, 1, 2))
    return grid.reshape(size[0], *size[2:], dims)


# Shuffling ------------------------------------------------------------------------------------


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """(..., C r^2, H, W) -> (..., C, H r, W r)."""
    r = upscale_factor
    if input.ndim < 3:
        raise RuntimeError(
            "pixel_shuffle expects input to have at least 3 dimensions, but got input with "
            f"{input.ndim} dimension(s)"
        )
    if r <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    *lead, c, h, w = input.shape
    if c % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but input.size(-3)={c} is not divisible by {r * r}"
        )
    y = input.reshape(*lead, c // (r * r), r, r, h, w)
    n = len(lead)
    y = ops.permute(y, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return y.reshape(*lead, c // (r * r), h * r, w * r)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """(..., C, H r, W r) -> (..., C r^2, H, W)."""
    r = downscale_factor
    if input.ndim < 3:
        raise RuntimeError(
            "pixel_unshuffle expects input to have at least 3 dimensions, but got input with "
            f"{input.ndim} dimension(s)"
        )
    if r <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    *lead, c, h, w = input.shape
    for name, place, n in (("height", -2, h), ("width", -1, w)):
        if n % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but "
                f"input.size({place})={n} is not divisible by {r}"
            )
    y = input.reshape(*lead, c, h // r, r, w // r, r)
    n = len(lead)
    y = ops.permute(y, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return y.reshape(*lead, c * r * r, h // r, w // r)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Mix the channels of (N, C, ...) so that each group gets some of every group."""
    if input.ndim < 3:
        raise RuntimeError(
            f"channel_shuffle expects input with > 2 dims, but got input with sizes "
            f"{errors.size(input.shape)}"
        )
    if groups <= 0:
        raise RuntimeError(
            f"Number of groups to divide channels in must be positive. Value of groups:{groups}"
        )
    n, c, *rest = input.shape
    if c % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {c} channels and {groups} groups."
        )
    return input.reshape(n, groups, c // groups, *rest).transpose(1, 2).reshape(n, c, *rest)


native_channel_shuffle = channel_shuffle


# Windows as columns ---------------------------------------------------------------------------


def _two(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)  # type: ignore[return-value]


def unfold(
    input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0, stride: Any = 1
) -> Tensor:
    """The windows of (N, C, H, W) as columns: (N, C * window, positions)."""
    size, apart, around, steps = map(_two, (kernel_size, dilation, padding, stride))
    batched = input.ndim == 4
    if input.ndim not in (3, 4):
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {errors.size(input.shape)}"
        )
    x = input if batched else input.unsqueeze(0)
    x = pad(x, (around[1], around[1], around[0], around[0]))
    for dim in (2, 3):
        k, d, s = size[dim - 2], apart[dim - 2], steps[dim - 2]
        where = 2 if dim == 2 else 4
        positions = (x.shape[where] - d * (k - 1) - 1) // s + 1
        if positions < 1:
            raise RuntimeError(
                f"Given input with spatial size ({input.shape[-2]}, {input.shape[-1]}), "
                f"kernel_size={size}, dilation={apart}, padding={around}, calculated shape of the "
                "array of sliding blocks as (non-positive), but its components must be at least "
                "one."
            )
        at = (np.arange(k)[:, None] * d + np.arange(positions) * s).reshape(-1)
        x = ops.index_select(x, where, wrap(at).to(x.device))
        x = x.reshape(*x.shape[:where], k, positions, *x.shape[where + 1 :])
    n, c, kh, ph, kw, pw = x.shape
    y = ops.permute(x, (0, 1, 2, 4, 3, 5)).reshape(n, c * kh * kw, ph * pw)
    return y if batched else y.squeeze(0)


def fold(
    input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
    stride: Any = 1,
) -> Tensor:  # fmt: skip
    """The adjoint of `unfold`: columns (N, C * window, positions) added to (N, C, H, W)."""
    out, size, apart, around, steps = map(
        _two, (output_size, kernel_size, dilation, padding, stride)
    )
    if input.ndim not in (2, 3):
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and "
            f"non-zero dimensions for input, but got: {errors.size(input.shape)}"
        )
    batched = input.ndim == 3
    x = input if batched else input.unsqueeze(0)
    area = size[0] * size[1]
    if x.shape[1] % area:
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, "
            f"but got input.size(1)={x.shape[1]} and kernel_size={size}."
        )
    counts = [
        (o + 2 * p - d * (k - 1) - 1) // s + 1
        for o, k, d, p, s in zip(out, size, apart, around, steps)
    ]
    if x.shape[2] != counts[0] * counts[1]:
        raise RuntimeError(
            f"Given output_size={out}, kernel_size={size}, dilation={apart}, padding={around}, "
            f"stride={steps}, expected size of input's dimension 2 to match the calculated number "
            f"of sliding blocks {counts[0]} * {counts[1]} = {counts[0] * counts[1]}, but got "
            f"input.size(2)={x.shape[2]}."
        )
    n, c = x.shape[0], x.shape[1] // area
    x = x.reshape(n, c, *size, *counts)
    rows, columns = (
        np.arange(k)[:, None] * d + np.arange(count) * s
        for k, d, count, s in zip(size, apart, counts, steps)
    )
    full = [o + 2 * p for o, p in zip(out, around)]
    at = (rows[:, None, :, None] * full[1] + columns[None, :, None, :]).reshape(-1)
    zeros = creation.zeros(n, c, full[0] * full[1], dtype=input.dtype, device=input.device)
    y = ops.index_add(zeros, 2, wrap(at).to(input.device), x.reshape(n, c, -1))
    y = y.reshape(n, c, *full)
    y = y[:, :, around[0] : around[0] + out[0], around[1] : around[1] + out[1]]
    return y if batched else y.squeeze(0)
