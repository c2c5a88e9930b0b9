"""Settings of PyTorch's process: kept and given back, since NumPy has no such thing to set."""

from __future__ import annotations

import os
from typing import Any

_kept: dict[str, Any] = {
    "num_threads": os.cpu_count() or 1, "num_interop_threads": os.cpu_count() or 1,
    "deterministic": False, "deterministic_warn_only": False, "float32_matmul_precision": "highest",
    "warn_always": False,
}  # fmt: skip


def _count(name: str, value: int) -> None:
    if not isinstance(value, int):
        raise TypeError(f"set_{name} expects an int, but got {type(value).__name__}")
    if value < 1:
        raise RuntimeError("set_num_threads expects a positive integer")
    _kept[name] = value


def set_num_threads(num: int) -> None:
    """Kept; NumPy's own library of linear algebra decides how many threads it uses."""
    _count("num_threads", num)


def get_num_threads() -> int:
    """What was set, or the number of processors."""
    return _kept["num_threads"]


def set_num_interop_threads(num: int) -> None:
    """Kept."""
    _count("num_interop_threads", num)


def get_num_interop_threads() -> int:
    """What was set, or the number of processors."""
    return _kept["num_interop_threads"]


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Kept: everything that Backlight computes is deterministic."""
    _kept["deterministic"], _kept["deterministic_warn_only"] = bool(mode), bool(warn_only)


def are_deterministic_algorithms_enabled() -> bool:
    """What was set."""
    return _kept["deterministic"]


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """What was set."""
    return _kept["deterministic_warn_only"]


def set_float32_matmul_precision(precision: str) -> None:
    """Kept: products are always computed in full precision."""
    if precision not in ("highest", "high", "medium"):
        raise RuntimeError(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current float32 matmul "
            "precision is kept"
        )
    _kept["float32_matmul_precision"] = precision


def get_float32_matmul_precision() -> str:
    """What was set."""
    return _kept["float32_matmul_precision"]


def set_warn_always(b: bool) -> None:
    """Kept."""
    _kept["warn_always"] = bool(b)


def is_warn_always_enabled() -> bool:
    """What was set."""
    return _kept["warn_always"]


def set_flush_denormal(mode: bool) -> bool:
    """Not supported, which its answer says."""
    return False
