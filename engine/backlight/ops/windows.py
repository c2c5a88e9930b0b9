"""Windows, and the transform of a signal through them (stft, istft)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import creation, dtypes, errors
from ..tensor import Tensor, wrap
from .table import FUNCTIONS, composite

f = FUNCTIONS


def made(values: np.ndarray, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    """A window as a tensor."""
    kind = dtypes.get_default_dtype() if dtype is None else dtypes.checked(dtype)
    if not kind.is_floating_point:
        raise RuntimeError(f"window functions need a floating point dtype, but got {kind}")
    y = creation.tensor(values, dtype=kind, device=device)
    return y.requires_grad_() if requires_grad else y


def cosines(coefficients: Any, length: int, periodic: bool) -> np.ndarray:
    """a0 - a1 cos x + a2 cos 2x - ... over a turn."""
    if length == 1:
        return np.ones(1)
    x = 2 * math.pi * np.arange(length) / max(length if periodic else length - 1, 1)
    return sum((-1) ** k * a * np.cos(k * x) for k, a in enumerate(coefficients))  # type: ignore[return-value]


def kaiser(length: int, periodic: bool, beta: float) -> np.ndarray:
    """Kaiser's window by the modified Bessel function."""
    if length == 1:
        return np.ones(1)
    n = length if periodic else length - 1
    x = 2 * np.arange(length) / n - 1
    return np.i0(beta * np.sqrt(np.maximum(1 - x * x, 0))) / np.i0(beta)


def bartlett(length: int, periodic: bool) -> np.ndarray:
    """A triangle."""
    if length == 1:
        return np.ones(1)
    n = length if periodic else length - 1
    return 1 - np.abs(2 * np.arange(length) / n - 1)


def _length(name: str, length: int) -> None:
    if length < 0:
        raise RuntimeError(
            f"{name} requires non-negative window_length, got window_length={length}"
        )


def _window(name: str, coefficients: Any, doc: str) -> None:
    def run(
        window_length: int, periodic: bool = True, *, dtype: Any = None, layout: Any = None,
        device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
    ) -> Tensor:  # fmt: skip
        _length(name, window_length)
        values = (
            bartlett(window_length, periodic)
            if coefficients is None
            else cosines(coefficients, window_length, periodic)
        )
        return made(np.asarray(values, float).reshape(window_length), dtype, device, requires_grad)

    run.__name__ = run.__qualname__ = name
    run.__doc__ = doc
    composite(run, method=False)


_window("hann_window", (0.5, 0.5), "A raised cosine.")
_window("blackman_window", (0.42, 0.5, 0.08), "Three cosines.")
_window("bartlett_window", None, "A triangle.")


@composite(method=False)
def hamming_window(
    window_length: int, periodic: bool = True, alpha: float = 0.54, beta: float = 0.46, *,
    dtype: Any = None, layout: Any = None, device: Any = None, pin_memory: bool = False,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """A raised cosine that does not reach zero."""
    _length("hamming_window", window_length)
    values = cosines((alpha, beta), window_length, periodic)
    return made(np.asarray(values, float).reshape(window_length), dtype, device, requires_grad)


@composite(method=False)
def kaiser_window(
    window_length: int, periodic: bool = True, beta: float = 12.0, *, dtype: Any = None,
    layout: Any = None, device: Any = None, pin_memory: bool = False, requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Kaiser's window."""
    _length("kaiser_window", window_length)
    return made(kaiser(window_length, periodic, beta), dtype, device, requires_grad)


@composite
def stft(
    input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Tensor | None = None, center: bool = True, pad_mode: str = "reflect",
    normalized: bool = False, onesided: bool | None = None, return_complex: bool | None = None,
    align_to_window: bool | None = None,
) -> Tensor:  # fmt: skip
    """The transforms of windows along a signal: (..., L) -> (..., frequencies, frames)."""
    from .. import fft
    from ..nn import functional as F

    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    if return_complex is None:
        many = input.is_complex() or (window is not None and window.is_complex())
        if not many:
            raise RuntimeError(
                "stft requires the return_complex parameter be given for real inputs, and will "
                "further require that return_complex=True in a future PyTorch release."
            )
        return_complex = True
    if input.ndim not in (1, 2):
        raise RuntimeError(f"stft({_given(input, n_fft, hop, width)}): expected a 1D or 2D tensor")
    x = input if input.ndim == 2 else input.unsqueeze(0)
    if center:
        half = n_fft // 2
        x = F.pad(x.unsqueeze(1), (half, half), pad_mode).squeeze(1)
    length = x.shape[1]
    if not 0 < n_fft <= length:
        raise RuntimeError(
            f"stft({_given(input, n_fft, hop, width)}): expected 0 < n_fft < {length}, but got "
            f"n_fft={win_length}"
        )
    if hop <= 0:
        raise RuntimeError(
            f"stft({_given(input, n_fft, hop, width)}): expected hop_length > 0, but got "
            f"hop_length={hop}"
        )
    if not 0 < width <= n_fft:
        raise RuntimeError(
            f"stft({_given(input, n_fft, hop, width)}): expected 0 < win_length <= n_fft, but got "
            f"win_length={width}"
        )
    if window is not None and (window.ndim != 1 or window.shape[0] != width):
        raise RuntimeError(
            f"stft({_given(input, n_fft, hop, width)}): expected a 1D window tensor of size equal "
            f"to win_length={width}, but got window with size {errors.size(window.shape)}"
        )
    w = _centred(window, width, n_fft, x)
    frames = x.unfold(1, n_fft, hop)
    if w is not None:
        frames = frames * w
    many = frames.is_complex()
    one = not many if onesided is None else onesided
    norm = "ortho" if normalized else None
    y = fft.rfft(frames, norm=norm) if one and not many else fft.fft(frames, norm=norm)
    y = f["transpose"](y, 1, 2)
    y = y if input.ndim == 2 else y.squeeze(0)
    return y if return_complex else f["view_as_real"](y)


def _given(input: Tensor, n_fft: int, hop: int, width: int) -> str:
    kind = dtypes.of(input._array.dtype).legacy
    return (
        f"torch.{kind}Tensor{errors.size(input.shape)}, n_fft={n_fft}, hop_length={hop}, "
        f"win_length={width}, window=torch.{kind}Tensor{{...}}, normalized=0, onesided=, "
        "return_complex="
    )


def _centred(window: Tensor | None, width: int, n_fft: int, like: Tensor) -> Tensor | None:
    """A window in the middle of a frame."""
    if window is None:
        if width == n_fft:
            return None
        kind = like._array.real.dtype
        window = wrap(np.ones(width, kind)).to(like.device)
    left = (n_fft - width) // 2
    if width == n_fft:
        return window
    zeros = window.new_zeros
    return f["cat"]([zeros(left), window, zeros(n_fft - width - left)])


@composite
def istft(
    input: Tensor, n_fft: int, hop_length: int | None = None, win_length: int | None = None,
    window: Tensor | None = None, center: bool = True, normalized: bool = False,
    onesided: bool | None = None, length: int | None = None, return_complex: bool = False,
) -> Tensor:  # fmt: skip
    """The signal whose windows have these transforms: (..., frequencies, frames) -> (..., L)."""
    from .. import fft

    hop = n_fft // 4 if hop_length is None else hop_length
    width = n_fft if win_length is None else win_length
    if not input.is_complex():
        raise RuntimeError(
            "istft requires a complex-valued input tensor matching the output from stft with "
            "return_complex=True."
        )
    batched = input.ndim == 3
    x = input if batched else input.unsqueeze(0)
    one = (x.shape[1] != n_fft) if onesided is None else onesided
    if one and x.shape[1] != n_fft // 2 + 1:
        raise RuntimeError(
            "istft: expected the frequency dimension (3rd to the last) of the input tensor to "
            f"match n_fft / 2 + 1 when onesided=True, but got {x.shape[1]}"
        )
    frames = x.shape[2]
    w = _centred(window, width, n_fft, x)
    if w is None:
        w = wrap(np.ones(n_fft, x._array.real.dtype)).to(x.device)
    x = f["transpose"](x, 1, 2)
    norm = "ortho" if normalized else None
    if return_complex:
        y = fft.ifft(x, norm=norm)
    else:
        half = x if one else x[..., : n_fft // 2 + 1]
        y = fft.irfft(half, n_fft, norm=norm)
    y = y * w
    total = n_fft + hop * (frames - 1)
    places = (np.arange(frames)[:, None] * hop + np.arange(n_fft)).reshape(-1)
    index = wrap(places).to(y.device)
    signal = f["index_add"](y.new_zeros(y.shape[0], total), 1, index, y.reshape(y.shape[0], -1))
    square = (w * w).expand(frames, n_fft).reshape(-1)
    weight = f["index_add"](square.new_zeros(total), 0, index, square)
    start = n_fft // 2 if center else 0
    end = start + length if length is not None else (total - n_fft // 2 if center else total)
    end = min(end, total)
    signal, weight = signal[:, start:end], weight[start:end]
    if weight.numel() and float(f["amin"](f["abs"](weight).detach())) <= 1e-11:
        raise RuntimeError("istft(...) window overlap add min: 1")
    signal = signal / weight
    if length is not None and signal.shape[1] < length:
        missing = length - signal.shape[1]
        signal = f["cat"]([signal, signal.new_zeros(signal.shape[0], missing)], 1)
    return signal if batched else signal.squeeze(0)
