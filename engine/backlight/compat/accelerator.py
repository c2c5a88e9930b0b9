"""`torch.accelerator`: what a program asks to find its device."""

from __future__ import annotations

from .. import backend
from ..device import device


def is_available() -> bool:
    """Tell whether there is a device besides the CPU."""
    return backend.cuda_is_available()


def current_accelerator(check_available: bool = False) -> device | None:
    """The device besides the CPU, or None."""
    return device("cuda") if is_available() else None


def device_count() -> int:
    """How many devices there are besides the CPU."""
    return backend.cuda().device_count() if is_available() else 0
