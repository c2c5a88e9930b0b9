"""`torch.nn.utils`: gradients held in bounds, parameters as one vector."""

from __future__ import annotations

import importlib
from typing import Any

from ... import errors
from .clipping import clip_grad_norm_, clip_grad_value_, get_total_norm
from .vector import parameters_to_vector, vector_to_parameters

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "get_total_norm",
    "parameters_to_vector",
    "vector_to_parameters",
]

_MODULES = ("parametrizations", "parametrize", "rnn")


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    if name in ("weight_norm", "spectral_norm"):
        module = importlib.import_module(".parametrizations", __name__)
        return getattr(module, name)
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.missing_name("torch.nn.utils", name, __all__)
