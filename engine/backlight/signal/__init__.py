"""`torch.signal`: a place for `windows`."""

from . import windows

__all__ = ["windows"]
