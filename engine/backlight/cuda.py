"""`torch.cuda`: what a program asks about NVIDIA GPUs. It has never run on one.

Computation on a GPU goes through CuPy (`backend/cuda.py`); without it there is no device, and
`is_available()` is False.
"""

from __future__ import annotations

from typing import Any

from . import backend, errors
from .device import device as Device


def is_available() -> bool:
    """Tell whether a CUDA device can be used."""
    return backend.cuda_is_available()


def device_count() -> int:
    """How many CUDA devices there are."""
    return backend.cuda().device_count() if is_available() else 0


def current_device() -> int:
    """The number of the current device."""
    backend.cuda()
    return 0


def get_device_name(device: Any = None) -> str:
    """The name of a device, as "NVIDIA H100"."""
    index = 0 if device is None else Device(device).index or 0
    return backend.cuda().device_name(index)


def synchronize(device: Any = None) -> None:
    """Wait until everything that was started is done."""
    backend.cuda().synchronize()


def manual_seed(seed: int) -> None:
    """Does nothing of its own: numbers for a GPU come from the one stream of `torch.manual_seed`."""


manual_seed_all = manual_seed


def empty_cache() -> None:
    """Does nothing where there is no device; CuPy frees its own pool."""


def __getattr__(name: str) -> Any:
    if name == "amp":
        from .amp import cuda as device_amp

        return device_amp
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.missing_name("torch.cuda", name, globals())
