"""`torch.utils`: a place for `data`, `checkpoint` and the like."""

from __future__ import annotations

import importlib
from typing import Any

from .. import data, errors

__all__ = ["data"]


def __getattr__(name: str) -> Any:
    if name == "checkpoint":
        return importlib.import_module(".checkpoint", __name__)
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.missing_name("torch.utils", name, [*__all__, "checkpoint"])
