"""`torch.nn`: modules, layers, losses, and what belongs to them."""

from __future__ import annotations

from typing import Any

from .. import errors
from . import functional, init, parameter, utils
from .activation import (
    CELU,
    ELU,
    GELU,
    GLU,
    SELU,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    Mish,
    PReLU,
    ReLU,
    ReLU6,
    Sigmoid,
    SiLU,
    Softmax,
    Softmin,
    Softplus,
    Softsign,
    Tanh,
    Tanhshrink,
)  # fmt: skip
from .containers import ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from .dropout import Dropout
from .embedding import Embedding
from .hooks import register_module_forward_hook, register_module_forward_pre_hook
from .linear import Bilinear, Flatten, Identity, Linear, Unflatten
from .loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    GaussianNLLLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
    NLLLoss,
    SmoothL1Loss,
)  # fmt: skip
from .module import Module
from .norm import BatchNorm1d, LayerNorm, RMSNorm
from .parameter import Buffer, Parameter

__all__ = [
    "Module", "Parameter", "Buffer", "Sequential", "ModuleList", "ModuleDict", "ParameterList",
    "ParameterDict",
    # layers
    "Identity", "Linear", "Bilinear", "Flatten", "Unflatten", "Dropout", "Embedding", "LayerNorm",
    "RMSNorm", "BatchNorm1d",
    # activations
    "ReLU", "ReLU6", "Sigmoid", "Tanh", "GELU", "SiLU", "Mish", "LeakyReLU", "PReLU", "ELU", "CELU",
    "SELU", "Hardtanh", "Hardsigmoid", "Hardswish", "Softplus", "LogSigmoid", "Softsign",
    "Tanhshrink", "GLU", "Softmax", "LogSoftmax", "Softmin",
    # losses
    "L1Loss", "MSELoss", "SmoothL1Loss", "HuberLoss", "BCELoss", "BCEWithLogitsLoss", "NLLLoss",
    "CrossEntropyLoss", "KLDivLoss", "GaussianNLLLoss",
    "functional", "init", "parameter", "utils", "register_module_forward_hook",
    "register_module_forward_pre_hook",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    raise errors.missing_name("torch.nn", name, __all__)
