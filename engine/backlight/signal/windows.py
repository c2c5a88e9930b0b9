"""Windows by number of points (`torch.signal.windows`); `sym` ends as it begins."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes
from ..ops.windows import bartlett as _bartlett
from ..ops.windows import cosines, made
from ..ops.windows import kaiser as _kaiser
from ..tensor import Tensor


def _made(name: str, values: Any, M: int, dtype: Any, place: dict[str, Any]) -> Tensor:
    kind = dtypes.get_default_dtype() if dtype is None else dtypes.checked(dtype)
    if kind not in (dtypes.float32, dtypes.float64):
        raise ValueError(f"{name} expects float32 or float64 dtypes, got: {kind}")
    if place.pop("layout", None) not in (None, "torch.strided"):
        raise ValueError(f"{name} is implemented for strided tensors only, got: another layout")
    device, grad = place.pop("device", None), place.pop("requires_grad", False)
    return made(np.asarray(values, float).reshape(M), kind, device, grad)


def _checked(name: str, M: int) -> None:
    if M < 0:
        raise ValueError(f"{name} requires non-negative window length, got M={M}")


def _points(M: int, sym: bool) -> int:
    return max(M - 1 if sym else M, 1)


def exponential(
    M: int, *, center: float | None = None, tau: float = 1.0, sym: bool = True,
    dtype: Any = None, **place: Any,
) -> Tensor:  # fmt: skip
    """exp(-|n - center| / tau)."""
    _checked("exponential", M)
    if tau <= 0:
        raise ValueError(f"Tau must be positive, got: {tau} instead.")
    if sym and center is not None:
        raise ValueError("Center must be None for symmetric windows")
    middle = (M - 1 if sym else M) / 2.0 if center is None else center
    return _made("exponential", np.exp(-np.abs(np.arange(M) - middle) / tau), M, dtype, place)


def cosine(M: int, *, sym: bool = True, dtype: Any = None, **place: Any) -> Tensor:
    """Half a sine."""
    _checked("cosine", M)
    n = M if sym else M + 1
    return _made("cosine", np.sin(math.pi / max(n, 1) * (np.arange(M) + 0.5)), M, dtype, place)


def gaussian(
    M: int, *, std: float = 1.0, sym: bool = True, dtype: Any = None, **place: Any
) -> Tensor:
    """A bell."""
    _checked("gaussian", M)
    if std <= 0:
        raise ValueError(f"Standard deviation must be positive, got: {std} instead.")
    middle = (M - 1 if sym else M) / 2.0
    return _made("gaussian", np.exp(-(((np.arange(M) - middle) / std) ** 2) / 2), M, dtype, place)


def kaiser(
    M: int, *, beta: float = 12.0, sym: bool = True, dtype: Any = None, **place: Any
) -> Tensor:
    """Kaiser's window."""
    _checked("kaiser", M)
    if beta < 0:
        raise ValueError(f"beta must be non-negative, got: {beta} instead.")
    return _made("kaiser", _kaiser(M, not sym, beta) if M else [], M, dtype, place)


def hamming(M: int, *, sym: bool = True, dtype: Any = None, **place: Any) -> Tensor:
    """A raised cosine that does not reach zero."""
    return general_hamming(M, sym=sym, dtype=dtype, **place)


def hann(M: int, *, sym: bool = True, dtype: Any = None, **place: Any) -> Tensor:
    """A raised cosine."""
    return general_hamming(M, alpha=0.5, sym=sym, dtype=dtype, **place)


def blackman(M: int, *, sym: bool = True, dtype: Any = None, **place: Any) -> Tensor:
    """Three cosines."""
    _checked("blackman", M)
    return general_cosine(M, a=[0.42, 0.5, 0.08], sym=sym, dtype=dtype, **place)


def bartlett(M: int, *, sym: bool = True, dtype: Any = None, **place: Any) -> Tensor:
    """A triangle."""
    _checked("bartlett", M)
    return _made("bartlett", _bartlett(M, not sym) if M else [], M, dtype, place)


def general_cosine(M: int, *, a: Any, sym: bool = True, dtype: Any = None, **place: Any) -> Tensor:
    """A sum of cosines with these coefficients."""
    _checked("general_cosine", M)
    if not isinstance(a, (list, tuple)) and not hasattr(a, "__iter__"):
        raise TypeError("Coefficients must be a list/tuple")
    if not a:
        raise ValueError("Coefficients cannot be empty")
    return _made("general_cosine", cosines(a, M, not sym) if M else [], M, dtype, place)


def general_hamming(
    M: int, *, alpha: float = 0.54, sym: bool = True, dtype: Any = None, **place: Any
) -> Tensor:
    """A raised cosine."""
    return general_cosine(M, a=[alpha, 1.0 - alpha], sym=sym, dtype=dtype, **place)


def nuttall(M: int, *, sym: bool = True, dtype: Any = None, **place: Any) -> Tensor:
    """Four cosines (Nuttall 1981)."""
    return general_cosine(
        M, a=[0.3635819, 0.4891775, 0.1365995, 0.0106411], sym=sym, dtype=dtype, **place
    )
