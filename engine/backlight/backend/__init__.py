"""Which array library computes: one interface, `cpu.py` (NumPy) and `cuda.py` (CuPy).

Kernels take the module as `xp`. Both files have the same names; where one needs more than the
library's own function, the reason stands beside it.
"""

from __future__ import annotations

import importlib.util
from types import ModuleType
from typing import Any

from numpy import ndarray

from ..device import CPU, device
from . import cpu

_cuda: ModuleType | None = None


def cuda() -> ModuleType:
    """The CuPy backend; raises RuntimeError with what to do where it cannot work."""
    global _cuda
    if _cuda is None:
        if importlib.util.find_spec("cupy") is None:
            raise RuntimeError(
                "Found no NVIDIA driver or no CuPy: Backlight computes on a GPU through CuPy. "
                "Install it (pip install 'backlight[cuda]') on a machine with an NVIDIA GPU, or "
                "stay on device='cpu'."
            )
        from . import cuda as module

        module.check()
        _cuda = module
    return _cuda


def cuda_is_available() -> bool:
    """Tell whether a CUDA device can be used."""
    try:
        return cuda().device_count() > 0
    except Exception:  # no driver, a broken installation: all of them mean no
        return False


def of(array: Any) -> ModuleType:
    """The backend that an array belongs to."""
    return cpu if isinstance(array, ndarray) else cuda()


def named(place: device) -> ModuleType:
    """The backend that computes on a device."""
    return cpu if place.type == "cpu" else cuda()


def device_of(array: Any) -> device:
    """The device that an array lies on."""
    return CPU if isinstance(array, ndarray) else device("cuda", array.device.id)
