"""Optimisers and learning-rate schedulers (`torch.optim`)."""

from __future__ import annotations

import importlib
from typing import Any

from .. import errors
from . import lr_scheduler
from .adam import Adam, AdamW
from .optimizer import Optimizer
from .sgd import SGD

#: Where the others are, which are loaded when they are asked for.
_LATER = {
    "ASGD": "asgd", "Adadelta": "adadelta", "Adafactor": "adafactor", "Adagrad": "adagrad",
    "Adamax": "adamax", "LBFGS": "lbfgs", "Muon": "muon", "NAdam": "nadam", "RAdam": "radam",
    "RMSprop": "rmsprop", "Rprop": "rprop", "SparseAdam": "sparse_adam", "swa_utils": "swa_utils",
}  # fmt: skip

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler", *_LATER]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    if name not in _LATER:
        raise errors.missing_name("torch.optim", name, __all__)
    module = importlib.import_module(f".{_LATER[name]}", __name__)
    return module if name == "swa_utils" else getattr(module, name)
