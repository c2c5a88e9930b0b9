"""Convolutions in one to three dimensions, and the other way round.

Three rows are closed under differentiation, as a convolution is linear in both of its inputs:

    _conv(x, w) -> y          _conv_input(y, w) -> x          _conv_weight(y, x) -> w

Each is a product of matrices (im2col): the windows that the weight slides over, as columns. The
rows that users call add the bias and have PyTorch's names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .. import errors
from ..tensor import Tensor
from .movement import squeeze, unsqueeze
from .table import ROWS, composite, kernel, op

#: Positions of the output below which one product for the whole batch beats one for each sample.
FEW = 48


def windows(xp: Any, x: Any, size: Sequence[int], stride: Sequence[int], dilation: Sequence[int],
            out: Sequence[int]) -> Any:  # fmt: skip
    """A view (N, C, *size, *out) of what a window of `size` sees from each position."""
    n = len(size)
    own = x.strides[-n:]
    return xp.lib.stride_tricks.as_strided(
        x,
        (*x.shape[:-n], *size, *out),
        (
            *x.strides[:-n],
            *(s * d for s, d in zip(own, dilation)),
            *(s * d for s, d in zip(own, stride)),
        ),
    )


def padded(xp: Any, x: Any, padding: Sequence[int], value: Any = 0) -> Any:
    """The last dimensions with so many values on both sides."""
    if not any(padding):
        return x
    n = len(padding)
    shape = (*x.shape[:-n], *(size + 2 * p for size, p in zip(x.shape[-n:], padding)))
    y = xp.zeros(shape, x.dtype) if value == 0 else xp.full(shape, value, x.dtype)
    y[(..., *(slice(p, p + size) for size, p in zip(x.shape[-n:], padding)))] = x
    return y


def out_size(size: int, window: int, stride: int, padding: int, dilation: int) -> int:
    """How many positions a window has."""
    return (size + 2 * padding - dilation * (window - 1) - 1) // stride + 1


def _columns(
    xp: Any, x: Any, size: Any, stride: Any, padding: Any, dilation: Any, groups: int, out: Any
) -> Any:
    """The windows as columns: (N, groups, C / groups * window, positions)."""
    x = padded(xp, x, padding)
    view = windows(xp, x, size, stride, dilation, out)
    return view.reshape(x.shape[0], groups, -1, math.prod(out))


@kernel
def conv_kernel(
    xp: Any, x: Any, w: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    """(N, C, *in) and (O, C / groups, *window) -> (N, O, *out)."""
    if x.ndim != w.ndim or x.shape[1] != w.shape[1] * groups:
        raise ValueError("the weight does not fit")  # the gate's check says it in full
    size = w.shape[2:]
    out = tuple(out_size(*each) for each in zip(x.shape[2:], size, stride, padding, dilation))
    if min(out) < 1:
        raise ValueError("the window is larger than the input")
    columns = _columns(xp, x, size, stride, padding, dilation, groups, out)
    filters = w.reshape(groups, w.shape[0] // groups, -1)
    n, positions = columns.shape[0], columns.shape[3]
    if n > 1 and positions < FEW:
        y = xp.matmul(filters, _merged(columns))  # (G, O/G, N * positions)
        y = y.reshape(*y.shape[:2], n, positions).transpose(2, 0, 1, 3)
    else:
        y = xp.matmul(filters, columns)
    y = y.reshape(n, w.shape[0], *out)
    if bias is not None:
        y += bias.reshape(-1, *[1] * len(out))
    return y


def _merged(columns: Any) -> Any:
    """(N, G, K, L) -> (G, K, N * L)."""
    n, g, k, length = columns.shape
    return columns.transpose(1, 2, 0, 3).reshape(g, k, n * length)


@kernel
def conv_input_kernel(
    xp: Any, y: Any, w: Any, bias: Any, inside: Any, stride: Any, padding: Any, dilation: Any,
    groups: int,
) -> Any:  # fmt: skip
    """(N, O, *out) and (O, C / groups, *window) -> (N, C, *inside): each value back to its window."""
    if y.ndim != w.ndim or y.shape[1] != w.shape[0]:
        raise ValueError("the weight does not fit")
    size, out = w.shape[2:], y.shape[2:]
    n, channels = y.shape[0], w.shape[1] * groups
    filters = w.reshape(groups, w.shape[0] // groups, -1).transpose(0, 2, 1)
    values = y.reshape(n, groups, w.shape[0] // groups, -1)
    if n > 1 and values.shape[3] < FEW:
        columns = xp.matmul(filters, _merged(values))
        columns = columns.reshape(*columns.shape[:2], n, -1).transpose(2, 0, 1, 3)
    else:
        columns = xp.matmul(filters, values)
    columns = columns.reshape(n, channels, *size, *out)
    x = xp.zeros((n, channels, *(s + 2 * p for s, p in zip(inside, padding))), columns.dtype)
    add_windows(x, columns, size, stride, dilation, out)
    if any(padding):
        x = x[(..., *(slice(p, p + s) for s, p in zip(inside, padding)))]
    if bias is not None:
        x = x + bias.reshape(-1, *[1] * len(out))
    elif any(padding):
        x = xp.ascontiguousarray(x)
    return x


def add_windows(x: Any, columns: Any, size: Any, stride: Any, dilation: Any, out: Any) -> None:
    """Add (N, C, *size, *out) to where the windows saw it: the adjoint of `windows`."""
    for place in _places(size):
        region = tuple(
            slice(k * d, k * d + s * (o - 1) + 1, s)
            for k, s, d, o in zip(place, stride, dilation, out)
        )
        x[(..., *region)] += columns[(slice(None), slice(None), *place)]


def _places(size: Sequence[int]) -> Any:
    if not size:
        yield ()
        return
    for first in range(size[0]):
        for rest in _places(size[1:]):
            yield (first, *rest)


@kernel
def conv_weight_kernel(
    xp: Any, y: Any, x: Any, size: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Any:
    """(N, O, *out) and (N, C, *in) -> (O, C / groups, *size)."""
    out = y.shape[2:]
    columns = _columns(xp, x, size, stride, padding, dilation, groups, out)
    n, outputs = y.shape[:2]
    values = y.reshape(n, groups, outputs // groups, -1)
    if n * math.prod(size) * x.shape[1] * outputs // groups <= 2 * columns.size:
        w = xp.matmul(values, columns.transpose(0, 1, 3, 2)).sum(0)
    else:
        w = xp.matmul(_merged(values), _merged(columns).transpose(0, 2, 1))
    return w.reshape(outputs, -1, *size)


# The three rows -------------------------------------------------------------------------------

_OPTIONS = "stride: tuple, padding: tuple, dilation: tuple, groups: int"
_GIVEN = "stride, padding, dilation, groups"

op(
    f"_conv(input, weight, {_OPTIONS})", f"conv_kernel(xp, input, weight, None, {_GIVEN})",
    kind="match", public=False, node="Convolution", shown="convolution",
    input=f"m._conv_input(g, weight, input_shape[2:], {_GIVEN})",
    weight=f"m._conv_weight(g, input, weight_shape[2:], {_GIVEN})",
)  # fmt: skip
op(
    f"_conv_input(input, weight, inside: tuple, {_OPTIONS})",
    f"conv_input_kernel(xp, input, weight, None, inside, {_GIVEN})",
    kind="match", public=False, node="Convolution", shown="convolution",
    input=f"m._conv(g, weight, {_GIVEN})",
    weight=f"m._conv_weight(input, g, weight_shape[2:], {_GIVEN})",
)  # fmt: skip
op(
    f"_conv_weight(input, other, size: tuple, {_OPTIONS})",
    f"conv_weight_kernel(xp, input, other, size, {_GIVEN})",
    kind="match", public=False, node="Convolution", shown="convolution",
    input=f"m._conv(other, g, {_GIVEN})",
    other=f"m._conv_input(input, g, other_shape[2:], {_GIVEN})",
)  # fmt: skip


# What users call ------------------------------------------------------------------------------


def _check_conv(name: str, dims: int, transposed: bool) -> Any:
    def check(input: Any, weight: Any, bias: Any, *options: Any) -> None:
        *_, groups = options
        size, window = tuple(input.shape), tuple(weight.shape)
        if weight.ndim != dims + 2:
            raise RuntimeError(
                f"Expected {dims + 2}-dimensional weight for {dims + 2}-dimensional input "
                f"{errors.size(size)}, but got weight of size {errors.size(window)} instead"
            )
        wanted = window[0] if transposed else window[1] * groups
        if size[1] != wanted:
            raise RuntimeError(
                f"Given {'transposed=1' if transposed else f'groups={groups}'}, weight of size "
                f"{errors.size(window)}, expected input{errors.size(size)} to have {wanted} "
                f"channels, but got {size[1]} channels instead"
            )
        outputs = window[1] * groups if transposed else window[0]
        if not transposed and outputs % groups:
            raise RuntimeError(
                f"Given groups={groups}, expected weight to be divisible by {groups} at dimension "
                f"0, but got weight of size {errors.size(window)} instead"
            )
        if bias is not None and tuple(bias.shape) != (outputs,):
            raise RuntimeError(
                f"Given weight of size {errors.size(window)}, expected bias to be 1-dimensional "
                f"with {outputs} elements, but got bias of size {errors.size(bias.shape)} instead"
            )
        if transposed:
            return
        stride, padding, dilation = options[:3]
        if any(
            out_size(*each) < 1 for each in zip(size[2:], window[2:], stride, padding, dilation)
        ):
            around = " x ".join(str(n + 2 * p) for n, p in zip(size[2:], padding))
            across = " x ".join(str(d * (k - 1) + 1) for k, d in zip(window[2:], dilation))
            raise RuntimeError(
                f"Calculated padded input size per channel: ({around}). Kernel size: ({across}). "
                "Kernel size can't be greater than actual input size"
            )

    return check


def _sum_dims(dims: int) -> str:
    return "(" + ", ".join(str(d) for d in (0, *range(2, dims + 2))) + ")"


for _dims in (1, 2, 3):
    op(
        f"_conv{_dims}d(input, weight, bias: Tensor=None, stride=1, padding=0, dilation=1, groups=1)",
        f"conv_kernel(xp, input, weight, bias, {_GIVEN})",
        kind="match", public=False, node="Convolution", shown=f"conv{_dims}d",
        check=_check_conv(f"conv{_dims}d", _dims, False),
        input=f"m._conv_input(g, weight, input_shape[2:], {_GIVEN})",
        weight=f"m._conv_weight(g, input, weight_shape[2:], {_GIVEN})",
        bias=f"m.sum(g, {_sum_dims(_dims)})",
    )  # fmt: skip
    op(
        f"_conv_transpose{_dims}d(input, weight, bias: Tensor=None, inside=0, stride=1, padding=0, "
        "dilation=1, groups=1)",
        f"conv_input_kernel(xp, input, weight, bias, inside, {_GIVEN})",
        kind="match", public=False, node="Convolution", shown=f"conv_transpose{_dims}d",
        check=_check_conv(f"conv_transpose{_dims}d", _dims, True),
        input=f"m._conv(g, weight, {_GIVEN})",
        weight=f"m._conv_weight(input, g, weight_shape[2:], {_GIVEN})",
        bias=f"m.sum(g, {_sum_dims(_dims)})",
    )  # fmt: skip


def sizes(value: Any, dims: int, name: str, function: str) -> tuple[int, ...]:
    """An option for each dimension: given as one number for all, or as a list."""
    if isinstance(value, int):
        return (value,) * dims
    given = tuple(int(v) for v in value)
    if len(given) == 1:
        return given * dims
    if len(given) != dims:
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {dims} values to match the "
            f"convolution dimensions, but got {name}={list(given)}"
        )
    return given


def _batched(input: Tensor, dims: int, function: str) -> bool:
    """Whether there is a dimension for the batch."""
    if input.ndim not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to {function}, but "
            f"got input of size: {errors.size(input.shape)}"
        )
    return input.ndim == dims + 2


def _convolve(
    dims: int, input: Tensor, weight: Tensor, bias: Any, stride: Any, padding: Any, dilation: Any,
    groups: int,
) -> Tensor:  # fmt: skip
    function = f"conv{dims}d"
    batched = _batched(input, dims, function)
    if not batched:
        input = unsqueeze(input, 0)
    stride = sizes(stride, dims, "stride", function)
    dilation = sizes(dilation, dims, "dilation", function)
    if isinstance(padding, str):
        input, padding = _named_padding(input, weight, padding, stride, dilation)
    else:
        padding = sizes(padding, dims, "padding", function)
    _positive(stride, padding, dilation, groups)
    y = ROWS[f"_conv{dims}d"].function(input, weight, bias, stride, padding, dilation, groups)
    return y if batched else squeeze(y, 0)


def _positive(stride: Any, padding: Any, dilation: Any, groups: int) -> None:
    if min(padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(dilation) <= 0:
        raise RuntimeError("dilation should be greater than zero")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")


def _named_padding(
    input: Tensor, weight: Tensor, padding: str, stride: tuple, dilation: tuple
) -> tuple[Tensor, tuple[int, ...]]:
    if padding == "valid":
        return input, (0,) * len(stride)
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if any(s != 1 for s in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for k, d in zip(weight.shape[2:], dilation)]
    if all(t % 2 == 0 for t in total):
        return input, tuple(t // 2 for t in total)
    before = tuple(t // 2 for t in total)
    after = tuple(t - t // 2 for t in total)
    return ROWS["_constant_pad"].function(input, before, after, 0), (0,) * len(stride)


def _transpose(
    dims: int, input: Tensor, weight: Tensor, bias: Any, stride: Any, padding: Any,
    output_padding: Any, groups: int, dilation: Any,
) -> Tensor:  # fmt: skip
    function = f"conv_transpose{dims}d"
    batched = _batched(input, dims, function)
    if not batched:
        input = unsqueeze(input, 0)
    stride = sizes(stride, dims, "stride", function)
    padding = sizes(padding, dims, "padding", function)
    dilation = sizes(dilation, dims, "dilation", function)
    extra = sizes(output_padding, dims, "output_padding", function)
    _positive(stride, padding, dilation, groups)
    for e, s, d in zip(extra, stride, dilation):
        if e >= s and e >= d:
            raise RuntimeError(
                "output padding must be smaller than either stride or dilation, but got "
                f"output_padding_height: {extra[0]} output_padding_width: {extra[-1]} "
                f"stride_height: {stride[0]} stride_width: {stride[-1]} dilation_height: "
                f"{dilation[0]} dilation_width: {dilation[-1]}"
            )
    inside = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(
            input.shape[2:], stride, padding, dilation, weight.shape[2:], extra
        )
    )
    y = ROWS[f"_conv_transpose{dims}d"].function(
        input, weight, bias, inside, stride, padding, dilation, groups
    )
    return y if batched else squeeze(y, 0)


@composite(method=False)
def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """(N, C, L) and (O, C / groups, window) -> (N, O, positions); padding may be "same", "valid"."""
    return _convolve(1, input, weight, bias, stride, padding, dilation, groups)


@composite(method=False)
def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """(N, C, H, W) and (O, C / groups, h, w) -> (N, O, ...); padding may be "same" or "valid"."""
    return _convolve(2, input, weight, bias, stride, padding, dilation, groups)


@composite(method=False)
def conv3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    dilation: Any = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """(N, C, D, H, W) and (O, C / groups, d, h, w) -> (N, O, ...)."""
    return _convolve(3, input, weight, bias, stride, padding, dilation, groups)


@composite(method=False)
def conv_transpose1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
) -> Tensor:  # fmt: skip
    """The adjoint of conv1d: (N, C, L) and (C, O / groups, window) -> (N, O, ...)."""
    return _transpose(1, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composite(method=False)
def conv_transpose2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
) -> Tensor:  # fmt: skip
    """The adjoint of conv2d."""
    return _transpose(2, input, weight, bias, stride, padding, output_padding, groups, dilation)


@composite(method=False)
def conv_transpose3d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0,
    output_padding: Any = 0, groups: int = 1, dilation: Any = 1,
) -> Tensor:  # fmt: skip
    """The adjoint of conv3d."""
    return _transpose(3, input, weight, bias, stride, padding, output_padding, groups, dilation)
