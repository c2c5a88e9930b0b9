"""Fourier transforms (`torch.fft`), over four rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import creation, dtypes, errors, ops
from .ops.table import kernel, op, with_out
from .tensor import Tensor

f = ops.FUNCTIONS


def _single(xp: Any, y: Any, like: Any) -> Any:
    """NumPy computes in double precision; PyTorch keeps single."""
    if like.dtype.itemsize <= (8 if like.dtype.kind == "c" else 4):
        return y.astype("complex64" if y.dtype.kind == "c" else "float32", copy=False)
    return y


@kernel
def fft_kernel(xp: Any, x: Any, axes: tuple, scale: float, inverse: bool) -> Any:
    """The plain sums times a scale; the inverse has the other sign."""
    y = xp.fft.ifftn(x, axes=axes, norm="forward") if inverse else xp.fft.fftn(x, axes=axes)
    return _single(xp, y * scale if scale != 1 else y, x)


op(
    "_fft(input, axes: tuple, scale: float, inverse: bool)",
    "fft_kernel(xp, input, axes, scale, inverse)", public=False, node="FftC2C", shown="fft",
    conjugate=False, input="m._fft(g, axes, scale, not inverse)",
)  # fmt: skip


@kernel
def rfft_kernel(xp: Any, x: Any, axis: int, scale: float) -> Any:
    y = xp.fft.rfft(x, axis=axis)
    return _single(xp, y * scale if scale != 1 else y, x)


@kernel
def irfft_kernel(xp: Any, x: Any, axis: int, n: int, scale: float) -> Any:
    y = xp.fft.irfft(x, n, axis=axis, norm="forward")
    return _single(xp, y * scale if scale != 1 else y, x)


@kernel
def rfft_gradient(m: Any, g: Any, axis: int, n: int, scale: float) -> Any:
    """Of the first half of a transform: the real part of the whole transform back, with zeros."""
    return m.real(m._fft(m._resized(g, axis, n), (axis,), scale, True))


@kernel
def irfft_gradient(m: Any, g: Any, axis: int, n: int, half: int, scale: float) -> Any:
    """The two ends of the half count once, what lies between twice."""
    y = m._rfft(g, axis, scale)
    return m._doubled(m._resized(y, axis, half), axis, n)


op(
    "_rfft(input, axis: int, scale: float)", "rfft_kernel(xp, input, axis, scale)", public=False,
    node="FftR2C", shown="rfft", conjugate=False,
    input="rfft_gradient(m, g, axis, input_shape[axis], scale)",
)  # fmt: skip
op(
    "_irfft(input, axis: int, length: int, scale: float)", "irfft_kernel(xp, input, axis, length, scale)",
    public=False, node="FftC2R", shown="irfft", conjugate=False,
    input="irfft_gradient(m, g, axis, length, input_shape[axis], scale)",
)  # fmt: skip


@kernel
def resized_kernel(xp: Any, x: Any, axis: int, n: int) -> Any:
    have = x.shape[axis]
    if have == n:
        return x
    place = axis % x.ndim
    if have > n:
        return x[(slice(None),) * place + (slice(0, n),)]
    y = xp.zeros((*x.shape[:place], n, *x.shape[place + 1 :]), x.dtype)
    y[(slice(None),) * place + (slice(0, have),)] = x
    return y


op(
    "_resized(input, axis: int, length: int)", "resized_kernel(xp, input, axis, length)", public=False,
    node="ConstantPadNd", shown="pad", input="m._resized(g, axis, input_shape[axis])",
)  # fmt: skip


@kernel
def doubled_kernel(xp: Any, x: Any, axis: int, n: int) -> Any:
    """Twice what a half spectrum leaves out, which are all but the ends."""
    half = x.shape[axis]
    factor = xp.full(half, 2.0, x.real.dtype)
    factor[0] = 1
    if n % 2 == 0 and half > n // 2:
        factor[n // 2] = 1
    factor[n // 2 + 1 :] = 0
    return x * factor.reshape([-1 if k == axis % x.ndim else 1 for k in range(x.ndim)])


op(
    "_doubled(input, axis: int, length: int)", "doubled_kernel(xp, input, axis, length)", public=False,
    node="Mul", shown="mul", input="m._doubled(g, axis, length)",
)  # fmt: skip

_fft, _rfft, _irfft, _resized = (ops.row(name) for name in ("_fft", "_rfft", "_irfft", "_resized"))


# Arguments ------------------------------------------------------------------------------------


def _scale(norm: str | None, n: int, inverse: bool) -> float:
    if norm not in (None, "backward", "forward", "ortho"):
        raise RuntimeError(f'Invalid normalization mode: "{norm}"')
    if norm == "ortho":
        return 1 / math.sqrt(n) if n else 1.0
    divides = (norm == "forward") != inverse
    return 1 / n if divides and n else 1.0


def _axis(dim: int, ndim: int) -> int:
    if not -ndim <= dim < ndim:
        raise IndexError(
            f"Dimension out of range (expected to be in range of [{-max(ndim, 1)}, "
            f"{max(ndim, 1) - 1}], but got {dim})"
        )
    return dim % ndim


def _floating(x: Tensor) -> Tensor:
    """A tensor of floats: integers become them."""
    if x.dtype is dtypes.float16:
        raise RuntimeError("Unsupported dtype Half")
    if x.is_floating_point() or x.is_complex():
        return x
    return x.to(dtypes.get_default_dtype())


def _as_complex(x: Tensor) -> Tensor:
    x = _floating(x)
    if x.is_complex():
        return x
    return x.to(dtypes.complex128 if x.dtype is dtypes.float64 else dtypes.complex64)


def _positive(n: int) -> None:
    if n < 1:
        raise RuntimeError(f"Invalid number of data points ({n}) specified")


def _axes(
    x: Tensor, s: Any, dim: Any, last: int | None = None
) -> tuple[tuple[int, ...], list[int]]:
    """The dimensions of a transform of several, and their lengths."""
    if isinstance(dim, int):
        dim = (dim,)
    if isinstance(s, int):
        s = (s,)
    if dim is None:
        if s is None:
            axes = tuple(range(x.ndim))
        else:
            if len(s) > x.ndim:
                raise RuntimeError(
                    f"Got shape with {len(s)} values but input tensor only has {x.ndim} dimensions."
                )
            axes = tuple(range(x.ndim - len(s), x.ndim))
    else:
        axes = tuple(_axis(d, x.ndim) for d in dim)
        if len(set(axes)) != len(axes):
            raise RuntimeError("FFT dims must be unique")
        if s is not None and len(s) != len(axes):
            raise RuntimeError("When given, dim and shape arguments must have the same length")
    sizes = [x.shape[a] for a in axes]
    if s is not None:
        sizes = [have if want == -1 else int(want) for have, want in zip(sizes, s)]
    elif last is not None and axes:
        sizes[-1] = 2 * (x.shape[axes[-1]] - 1)
    if s is not None and last is not None and axes and s[-1] == -1:
        sizes[-1] = 2 * (x.shape[axes[-1]] - 1)
    for n in sizes:
        _positive(n)
    return axes, sizes


# One dimension --------------------------------------------------------------------------------


@with_out
def fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The transform along a dimension, cut or filled with zeros to `n`."""
    return _one(input, n, dim, norm, False)


@with_out
def ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse transform along a dimension."""
    return _one(input, n, dim, norm, True)


def _one(input: Tensor, n: int | None, dim: int, norm: str | None, inverse: bool) -> Tensor:
    axis = _axis(dim, input.ndim)
    n = input.shape[axis] if n is None else n
    _positive(n)
    x = _resized(_as_complex(input), axis, n)
    return _fft(x, (axis,), _scale(norm, n, inverse), inverse)


@with_out
def rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The first half of the transform of real numbers."""
    if input.is_complex():
        raise RuntimeError(
            f"rfft expects a real input tensor, but got {str(input.dtype).removeprefix('torch.').capitalize()}"
        )
    axis = _axis(dim, input.ndim)
    n = input.shape[axis] if n is None else n
    _positive(n)
    return _rfft(_resized(_floating(input), axis, n), axis, _scale(norm, n, False))


@with_out
def irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """Real numbers from the first half of their transform."""
    axis = _axis(dim, input.ndim)
    n = 2 * (input.shape[axis] - 1) if n is None else n
    _positive(n)
    x = _resized(_as_complex(input), axis, n // 2 + 1)
    return _irfft(x, axis, n, _scale(norm, n, True))


@with_out
def hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The real transform of numbers that are the conjugate of their mirror image."""
    axis = _axis(dim, input.ndim)
    n = 2 * (input.shape[axis] - 1) if n is None else n
    _positive(n)
    x = f["conj"](_resized(_as_complex(input), axis, n // 2 + 1))
    return _irfft(x, axis, n, _scale(norm, n, False))


@with_out
def ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None) -> Tensor:
    """The inverse of `hfft`: the first half."""
    if input.is_complex():
        raise RuntimeError(
            f"ihfft expects a real input tensor, but got {str(input.dtype).removeprefix('torch.').capitalize()}"
        )
    axis = _axis(dim, input.ndim)
    n = input.shape[axis] if n is None else n
    _positive(n)
    y = _rfft(_resized(_floating(input), axis, n), axis, _scale(norm, n, True))
    return f["conj"](y)


# Several dimensions ---------------------------------------------------------------------------


def _many(input: Tensor, s: Any, dim: Any, norm: str | None, inverse: bool) -> Tensor:
    axes, sizes = _axes(input, s, dim)
    x = _as_complex(input)
    for axis, n in zip(axes, sizes):
        x = _resized(x, axis, n)
    if not axes:
        return x.clone()
    return _fft(x, axes, _scale(norm, math.prod(sizes), inverse), inverse)


def _many_real(
    input: Tensor, s: Any, dim: Any, norm: str | None, name: str, inverse: bool
) -> Tensor:
    if input.is_complex():
        raise RuntimeError(
            f"{name} expects a real-valued input tensor, but got {str(input.dtype).removeprefix('torch.').capitalize()}"
        )
    axes, sizes = _axes(input, s, dim)
    if not axes:
        raise RuntimeError(f"{name} must transform at least one axis")
    x = _floating(input)
    for axis, n in zip(axes, sizes):
        x = _resized(x, axis, n)
    scale = _scale(norm, math.prod(sizes), inverse)
    y = _rfft(x, axes[-1], scale)
    y = f["conj"](y) if inverse else y
    return _fft(y, axes[:-1], 1.0, inverse) if axes[:-1] else y


def _many_back(
    input: Tensor, s: Any, dim: Any, norm: str | None, name: str, inverse: bool
) -> Tensor:
    axes, sizes = _axes(input, s, dim, last=1)
    if not axes:
        raise RuntimeError(f"{name} must transform at least one axis")
    x = _as_complex(input)
    for axis, n in zip(axes[:-1], sizes):
        x = _resized(x, axis, n)
    last = axes[-1]
    x = _resized(x, last, sizes[-1] // 2 + 1)
    scale = _scale(norm, math.prod(sizes), inverse)
    if axes[:-1]:
        x = _fft(x, axes[:-1], 1.0, inverse)
    x = x if inverse else f["conj"](x)
    return _irfft(x, last, sizes[-1], scale)


def _family(name: str, run: Any, doc: str) -> None:
    def several(input: Tensor, s: Any = None, dim: Any = None, norm: str | None = None) -> Tensor:
        return run(input, s, dim, norm)

    def two(input: Tensor, s: Any = None, dim: Any = (-2, -1), norm: str | None = None) -> Tensor:
        return run(input, s, dim, norm)

    for function, end in ((several, "n"), (two, "2")):
        function.__name__ = function.__qualname__ = name + end
        function.__doc__ = doc
        globals()[name + end] = with_out(function)


_family("fft", lambda x, s, d, n: _many(x, s, d, n, False), "The transform over dimensions.")
_family("ifft", lambda x, s, d, n: _many(x, s, d, n, True), "The inverse transform.")
_family(
    "rfft", lambda x, s, d, n: _many_real(x, s, d, n, "rfftn", False),
    "The first half of the transform of real numbers.",
)  # fmt: skip
_family(
    "irfft", lambda x, s, d, n: _many_back(x, s, d, n, "irfftn", True),
    "Real numbers from the first half of their transform.",
)  # fmt: skip
_family(
    "hfft", lambda x, s, d, n: _many_back(x, s, d, n, "hfftn", False),
    "The real transform of numbers that are the conjugate of their mirror image.",
)  # fmt: skip
_family(
    "ihfft", lambda x, s, d, n: _many_real(x, s, d, n, "ihfftn", True),
    "The inverse of `hfftn`: the first half.",
)  # fmt: skip


# Frequencies ----------------------------------------------------------------------------------


def fftfreq(n: int, d: float = 1.0, *, out: Any = None, dtype: Any = None, **place: Any) -> Tensor:
    """The frequencies of a transform of `n` samples, `d` apart."""
    y = creation.tensor(np.fft.fftfreq(n, d), dtype=dtype or dtypes.get_default_dtype(), **place)
    return y if out is None else out.copy_(y)


def rfftfreq(n: int, d: float = 1.0, *, out: Any = None, dtype: Any = None, **place: Any) -> Tensor:
    """The frequencies of the first half of a transform."""
    y = creation.tensor(np.fft.rfftfreq(n, d), dtype=dtype or dtypes.get_default_dtype(), **place)
    return y if out is None else out.copy_(y)


def _shift(input: Tensor, dim: Any, sign: int) -> Tensor:
    dims: Sequence[int] = (
        range(input.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
    )
    steps = [input.shape[d] // 2 if sign > 0 else (input.shape[d] + 1) // 2 for d in dims]
    return f["roll"](input, tuple(steps), tuple(dims)) if steps else input.clone()


def fftshift(input: Tensor, dim: Any = None) -> Tensor:
    """Frequency zero in the middle."""
    return _shift(input, dim, 1)


def ifftshift(input: Tensor, dim: Any = None) -> Tensor:
    """The inverse of `fftshift`."""
    return _shift(input, dim, -1)


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.missing_name("torch.fft", name, globals())
