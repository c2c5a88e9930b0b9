"""Parameters that are computed from others whenever they are read (`nn.utils.parametrize`)."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Sequence
from typing import Any

from ...autograd.modes import no_grad
from ...tensor import Tensor
from ..containers import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

_cache_depth = 0
_cache: dict[tuple[int, str], Tensor] = {}


@contextlib.contextmanager
def cached() -> Iterator[None]:
    """Computes each parameter once inside."""
    global _cache_depth
    _cache_depth += 1
    try:
        yield
    finally:
        _cache_depth -= 1
        if not _cache_depth:
            _cache.clear()


class ParametrizationList(ModuleList):
    """The functions of one parameter, in order, and what they are applied to."""

    original: Tensor
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if len(modules) == 0:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with no_grad():
            new: Any = original
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    try:
                        new = module.right_inverse(new)
                    except NotImplementedError:
                        pass
        if not isinstance(new, Tensor) and not isinstance(new, Sequence):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). "
                f"Got {type(new).__name__}"
            )
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            if original.dtype != new.dtype and not unsafe:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype."
                )
            values = {"original": new}
        else:
            values = {f"original{k}": value for k, value in enumerate(new)}
        for name, value in values.items():
            if isinstance(original, Parameter):
                kept = (
                    value
                    if isinstance(value, Parameter) and value is original
                    else Parameter(value.detach(), requires_grad=original.requires_grad)
                )
                setattr(self, name, kept)
            else:
                self.register_buffer(name, value)
        if not unsafe:
            result = self()
            if not isinstance(result, Tensor):
                raise ValueError(
                    "A parametrization must return a tensor. Got " + type(result).__name__ + "."
                )
            if result.dtype != dtype:
                raise ValueError(
                    "Registering a parametrization may not change the dtype of the tensor, unless "
                    "`unsafe` flag is enabled."
                )
            if result.shape != shape:
                raise ValueError(
                    "Registering a parametrization may not change the shape of the tensor, unless "
                    "`unsafe` flag is enabled."
                )

    def right_inverse(self, value: Tensor) -> None:
        """Set what the functions are applied to, so that they give this value."""
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(
                        f"parametrization {type(module).__name__} does not implement right_inverse."
                    )
                value = module.right_inverse(value)
            if self.is_tensor:
                self.original.copy_(value)
            else:
                for k, each in enumerate(value):
                    getattr(self, f"original{k}").copy_(each)

    def forward(self) -> Tensor:
        """The parameter."""
        first, *others = list(self)
        if self.is_tensor:
            x = first(self.original)
        else:
            x = first(*(getattr(self, f"original{k}") for k in range(self.ntensors)))
        for module in others:
            x = module(x)
        return x


def _with_properties(module: Module) -> None:
    """Give a module a class of its own, which has the parameters as properties."""
    cls = type(module)

    def deep(self: Any, memo: dict) -> Any:
        if id(self) in memo:
            return memo[id(self)]
        made = self.__new__(self.__class__)
        memo[id(self)] = made
        made.__dict__ = copy.deepcopy(self.__dict__, memo)
        return made

    module.__class__ = type(
        f"Parametrized{cls.__name__}", (cls,), {"__deepcopy__": deep, "_unparametrized": cls}
    )


def _add_property(module: Module, name: str) -> None:
    def read(self: Any) -> Tensor:
        if not _cache_depth:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = self.parametrizations[name]()
        return _cache[key]

    def write(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(read, write))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Compute a parameter or buffer from what it was by a module, each time it is read."""
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        given = module.parametrizations[tensor_name]
        given.append(parametrization)
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        store = module._parameters if tensor_name in module._parameters else module._buffers
        original = store[tensor_name]
        made = ParametrizationList([parametrization], original, unsafe=unsafe)
        del store[tensor_name]
        if not is_parametrized(module):
            _with_properties(module)
            module.parametrizations = ModuleDict()
        _add_property(module, tensor_name)
        module.parametrizations[tensor_name] = made
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with "
            f"name '{tensor_name}'"
        )
    return module


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Tell whether a module, or one of its tensors, is parametrized."""
    found = module.__dict__.get("_modules", {}).get("parametrizations")
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(
    module: Module, tensor_name: str, leave_parametrized: bool = True
) -> Module:
    """Make a tensor an ordinary one again: with the value it gave, or with what was before."""
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    given = module.parametrizations[tensor_name]
    if leave_parametrized:
        with no_grad():
            value = getattr(module, tensor_name).detach().clone()
        first = next(iter(given.parameters()), None)
        original: Any = value if first is None else Parameter(value, first.requires_grad)
    else:
        if not given.is_tensor:
            raise ValueError(
                "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is "
                "parametrized in terms of a sequence of tensors."
            )
        original = given.original
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    if isinstance(original, Parameter):
        module.register_parameter(tensor_name, original)
    else:
        module.register_buffer(tensor_name, original)
    if not is_parametrized(module):
        del module._modules["parametrizations"]
        module.__class__ = type(module)._unparametrized
    return module
