"""Activations as modules: each is a function of `functional.py` with its options kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..tensor import Tensor, wrap
from . import functional as F
from .module import Module
from .parameter import Parameter


class _Activation(Module):
    """A function of one tensor; `shown` are the options that print.

    `options` are the constructor's, by name with their defaults, in PyTorch's order.
    """

    function: Callable
    options: dict[str, Any] = {}
    shown: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        names = list(self.options)
        if len(args) > len(names):
            raise TypeError(
                f"{type(self).__name__}.__init__() takes {len(names) + 1} positional arguments but "
                f"{len(args) + 1} were given"
            )
        given = dict(zip(names, args))
        for name in kwargs:
            if name not in names:
                raise TypeError(
                    f"{type(self).__name__}.__init__() got an unexpected keyword argument '{name}'"
                )
        for name, value in {**self.options, **given, **kwargs}.items():
            setattr(self, name, value)

    def forward(self, input: Tensor) -> Tensor:
        return type(self).function(input, *[getattr(self, name) for name in self.options])

    def extra_repr(self) -> str:
        words = [f"{name}={getattr(self, name)!r}" for name in self.shown]
        if getattr(self, "inplace", False):
            words.append("inplace=True")
        return ", ".join(words)


def _activation(
    name: str, function: Callable, shown: tuple[str, ...] = (), **options: Any
) -> type[_Activation]:
    """Make the class of an activation; its documentation is the function's."""

    def forward(self: Any, input: Tensor) -> Tensor:
        return function(input)

    body = {
        "function": staticmethod(function), "options": options, "shown": shown,
        "__doc__": function.__doc__, "__module__": __name__,
    }  # fmt: skip
    if not options:  # without the detour over them
        body["forward"] = forward
    return type(name, (_Activation,), body)


ReLU = _activation("ReLU", F.relu, inplace=False)
ReLU6 = _activation("ReLU6", F.relu6, inplace=False)
Sigmoid = _activation("Sigmoid", F.sigmoid)
Tanh = _activation("Tanh", F.tanh)
GELU = _activation("GELU", F.gelu, ("approximate",), approximate="none")
SiLU = _activation("SiLU", F.silu, inplace=False)
Mish = _activation("Mish", F.mish, inplace=False)
LeakyReLU = _activation(
    "LeakyReLU", F.leaky_relu, ("negative_slope",), negative_slope=0.01, inplace=False
)
ELU = _activation("ELU", F.elu, ("alpha",), alpha=1.0, inplace=False)
CELU = _activation("CELU", F.celu, ("alpha",), alpha=1.0, inplace=False)
SELU = _activation("SELU", F.selu, inplace=False)
Hardtanh = _activation(
    "Hardtanh", F.hardtanh, ("min_val", "max_val"), min_val=-1.0, max_val=1.0, inplace=False
)
Hardsigmoid = _activation("Hardsigmoid", F.hardsigmoid, inplace=False)
Hardswish = _activation("Hardswish", F.hardswish, inplace=False)
Softplus = _activation("Softplus", F.softplus, ("beta", "threshold"), beta=1.0, threshold=20.0)
LogSigmoid = _activation("LogSigmoid", F.logsigmoid)
Softsign = _activation("Softsign", F.softsign)
Tanhshrink = _activation("Tanhshrink", F.tanhshrink)
GLU = _activation("GLU", F.glu, ("dim",), dim=-1)
Softmax = _activation("Softmax", F.softmax, ("dim",), dim=None)
LogSoftmax = _activation("LogSoftmax", F.log_softmax, ("dim",), dim=None)
Softmin = _activation("Softmin", F.softmin, ("dim",), dim=None)


def _relu_forward(self: Any, input: Tensor) -> Tensor:
    return F.relu(input, self.inplace)


ReLU.forward = _relu_forward  # the common one, without the detour


class PReLU(Module):
    """input where it is above 0, else a learned weight times input."""

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        kind = dtypes.get_default_dtype() if dtype is None else dtypes.checked(dtype)
        self.weight = Parameter(wrap(np.full(num_parameters, init, kind.numpy)).to(device or "cpu"))

    def forward(self, input: Tensor) -> Tensor:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"
