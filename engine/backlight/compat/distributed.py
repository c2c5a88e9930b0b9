"""`torch.distributed`: there is one process. What asks is answered; what would talk is an error."""

from __future__ import annotations

from typing import Any

from .. import errors


def is_available() -> bool:
    """No."""
    return False


def is_initialized() -> bool:
    """No."""
    return False


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.MissingName(
        f"Backlight runs in one process and has no torch.distributed.{name}: run the program "
        "without it"
    )
