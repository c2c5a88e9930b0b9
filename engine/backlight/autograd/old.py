"""`Variable`, which tensors needed around them until PyTorch 0.4."""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor


class _Meta(type):
    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, Tensor)


class Variable(metaclass=_Meta):
    """The tensor itself, with `requires_grad` set."""

    def __new__(cls, data: Tensor, requires_grad: bool = False, volatile: bool = False) -> Any:
        return data.detach().requires_grad_() if requires_grad else data.detach()
