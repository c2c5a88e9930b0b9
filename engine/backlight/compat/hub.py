"""`torch.hub`: Backlight downloads no code and no weights."""

from __future__ import annotations

from typing import Any

from .. import errors


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.MissingName(
        f"Backlight downloads neither code nor weights, so there is no torch.hub.{name}: put the "
        "model's classes in the program and load its state_dict with torch.load"
    )
