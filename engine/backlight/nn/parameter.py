"""Parameters: tensors that a Module owns and an optimiser changes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import backend, dtypes
from ..device import device as Device
from ..printing import tensor_repr
from ..tensor import Tensor, wrap


class Parameter(Tensor):
    """A tensor that a Module registers by being assigned to an attribute of it."""

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True) -> Parameter:
        """A parameter on the memory of `data`, without its history."""
        if data is None:
            data = wrap(np.empty(0, dtypes.get_default_dtype().numpy))
        if not isinstance(data, Tensor):
            raise TypeError(
                f"a Parameter is made from a Tensor, not {type(data).__name__}: write "
                "nn.Parameter(torch.tensor(...))"
            )
        return Tensor._make_subclass(cls, data, requires_grad)

    def __deepcopy__(self, memo: dict) -> Parameter:
        if id(self) in memo:
            return memo[id(self)]
        made = type(self)(wrap(self._array.copy()), self.requires_grad)
        memo[id(self)] = made
        return made

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (_restored, (type(self), self._array, self.requires_grad))

    def __repr__(self) -> str:
        return "Parameter containing:\n" + tensor_repr(self, (Tensor, Parameter))


class Buffer(Tensor):
    """A tensor that a Module registers as a buffer by being assigned to an attribute of it."""

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True) -> Buffer:
        """A buffer on the memory of `data`; not in the state_dict unless `persistent`."""
        if data is None:
            data = wrap(np.empty(0, dtypes.get_default_dtype().numpy))
        made = Tensor._make_subclass(cls, data, data.requires_grad)
        made.persistent = persistent
        return made


def _restored(cls: type, array: Any, requires_grad: bool) -> Parameter:
    return cls(wrap(array), requires_grad)


def unset(shape: tuple[int, ...], device: Any = None, dtype: Any = None) -> Parameter:
    """A parameter whose values are yet to be drawn."""
    chosen = dtypes.get_default_dtype() if dtype is None else dtypes.checked(dtype)
    array = np.empty(shape, chosen.numpy)
    if device is not None:
        array = backend.named(Device(device)).from_host(array)
    return Parameter(wrap(array), requires_grad=chosen.category >= dtypes.FLOATING)


def is_lazy(parameter: Any) -> bool:
    """Always False: there are no lazy parameters here."""
    return False
