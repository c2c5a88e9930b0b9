"""Differentiation: the graph, the backward pass, and whether operations are recorded.

The names of `torch.autograd`. Only the modes are loaded with the package, for the Tensor needs them
before there is a graph; the others come when they are asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

from .. import errors
from .modes import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)

__all__ = [
    "Function", "Variable", "backward", "enable_grad", "grad", "inference_mode", "is_grad_enabled", "no_grad",
    "set_grad_enabled",
]  # fmt: skip

_PLACES = {"Function": "function", "grad": "backward", "Variable": "old"}
_MODULES = ("function", "functional", "graph", "modes")


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(importlib.import_module(f".{_PLACES[name]}", __name__), name)
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    raise errors.missing_name("torch.autograd", name, (*__all__, *_MODULES))
