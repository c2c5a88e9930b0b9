"""Layers that learn their input's size from the first input."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import dtypes
from ..tensor import Tensor, wrap
from . import conv, norm
from .linear import Linear
from .module import Module
from .parameter import Parameter, unset


class UninitializedParameter(Parameter):
    """A parameter whose shape is yet to be known; `materialize` gives it."""

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        kind = dtypes.get_default_dtype() if dtype is None else dtypes.checked(dtype)
        made = Tensor._make_subclass(cls, wrap(np.empty(0, kind.numpy)), requires_grad)
        return made if device is None else made.to(device)

    def materialize(self, shape: tuple[int, ...]) -> Parameter:
        """A parameter of this shape, in place of this one."""
        return unset(tuple(shape), self.device, self.dtype)

    def __repr__(self) -> str:
        return "<UninitializedParameter>"


class _Lazy(Module):
    """Becomes `becomes` at its first call, once `_learn` has read the input."""

    becomes: type
    waiting: tuple[str, ...]

    def _wait(self) -> None:
        place = self.__dict__.pop("_lazy_place")
        for name in self.waiting:
            if self._parameters.get(name, False) is not None:
                self._parameters[name] = UninitializedParameter(True, *place)

    def has_uninitialized_params(self) -> bool:
        """Whether it has seen no input yet."""
        return any(isinstance(p, UninitializedParameter) for p in self._parameters.values())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.has_uninitialized_params():
            self._learn(args[0])
            for name, parameter in list(self._parameters.items()):
                if isinstance(parameter, UninitializedParameter):
                    self._parameters[name] = parameter.materialize(self._shape_of(name))
            self.reset_parameters()
        self.__class__ = self.becomes
        return self(*args, **kwargs)

    def _learn(self, input: Tensor) -> None:
        raise NotImplementedError

    def _shape_of(self, name: str) -> tuple[int, ...]:
        raise NotImplementedError

    def reset_parameters(self) -> None:
        """Draws new values once the sizes are known."""
        if not self.has_uninitialized_params() and "_lazy_place" not in self.__dict__:
            self.becomes.reset_parameters(self)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        for name, parameter in list(self._parameters.items()):
            given = state_dict.get(prefix + name)
            if isinstance(parameter, UninitializedParameter) and given is not None:
                self._parameters[name] = parameter.materialize(tuple(given.shape))
        for name in ("running_mean", "running_var"):
            given = state_dict.get(prefix + name)
            have = self._buffers.get(name)
            if given is not None and have is not None and not have.numel():
                self._buffers[name] = have.new_empty(tuple(given.shape))
        super()._load_from_state_dict(state_dict, prefix, *rest)


class LazyLinear(_Lazy, Linear):
    """Linear whose `in_features` come from the first input."""

    becomes, waiting = Linear, ("weight", "bias")

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        self.__dict__["_lazy_place"] = (device, dtype)
        Linear.__init__(self, 0, 0, bias, device, dtype)
        self.__dict__["_lazy_place"] = (device, dtype)
        self._wait()
        self.out_features = out_features

    def _learn(self, input: Tensor) -> None:
        self.in_features = input.shape[-1]

    def _shape_of(self, name: str) -> tuple[int, ...]:
        out = self.out_features
        return (out, self.in_features) if name == "weight" else (out,)


def _lazy_conv(base: type, name: str) -> type:
    def init(self: Any, out_channels: int, *args: Any, **kwargs: Any) -> None:
        place = (kwargs.get("device"), kwargs.get("dtype"))
        self.__dict__["_lazy_place"] = place
        # One channel in and `groups` out satisfy every check; the real ones come at the first call.
        groups = kwargs.get("groups", 1)
        base.__init__(self, groups, groups, *args, **kwargs)
        self.__dict__["_lazy_place"] = place
        self._wait()
        self.in_channels, self.out_channels = 0, out_channels

    def learn(self: Any, input: Tensor) -> None:
        spatial = self.dims
        if input.ndim not in (spatial + 1, spatial + 2):
            raise RuntimeError(
                f"Expected {spatial + 1}D (unbatched) or {spatial + 2}D (batched) input to "
                f"{type(self).__name__}, but got input of size: {input.shape}"
            )
        self.in_channels = input.shape[-spatial - 1]
        if self.in_channels % self.groups != 0:
            raise ValueError("in_channels must be divisible by groups")

    def shape(self: Any, which: str) -> tuple[int, ...]:
        if which == "bias":
            return (self.out_channels,)
        ends = (self.out_channels, self.in_channels)
        first, second = ends[::-1] if self.transposed else ends
        return (first, second // self.groups, *self.kernel_size)

    return type(
        name, (_Lazy, base),
        {
            "__init__": init, "_learn": learn, "_shape_of": shape, "becomes": base,
            "waiting": ("weight", "bias"), "__module__": __name__,
            "__doc__": f"{base.__name__} whose `in_channels` come from the first input.",
        },
    )  # fmt: skip


def _lazy_norm(base: type, name: str) -> type:
    def init(
        self: Any, eps: float = 1e-5, momentum: float = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        self.__dict__["_lazy_place"] = (device, dtype)
        base.__init__(self, 0, eps, momentum, affine, track_running_stats, device, dtype)
        self.__dict__["_lazy_place"] = (device, dtype)
        self._wait()

    def learn(self: Any, input: Tensor) -> None:
        self.num_features = input.shape[1 if input.ndim == max(self.dims) else 0]
        if self.track_running_stats:
            for which in ("running_mean", "running_var"):
                have = self._buffers[which]
                self._buffers[which] = have.new_empty(self.num_features)

    return type(
        name, (_Lazy, base),
        {
            "__init__": init, "_learn": learn,
            "_shape_of": lambda self, which: (self.num_features,), "becomes": base,
            "waiting": ("weight", "bias"), "__module__": __name__,
            "__doc__": f"{base.__name__} whose `num_features` come from the first input.",
        },
    )  # fmt: skip


__all__ = ["LazyLinear", "UninitializedParameter"]
for _n in (1, 2, 3):
    for _kind, _module, _make in (
        ("Conv", conv, _lazy_conv), ("ConvTranspose", conv, _lazy_conv),
        ("BatchNorm", norm, _lazy_norm), ("InstanceNorm", norm, _lazy_norm),
    ):  # fmt: skip
        _name = f"{_kind}{_n}d"
        globals()[f"Lazy{_name}"] = _make(getattr(_module, _name), f"Lazy{_name}")
        __all__ += [f"Lazy{_name}"]  # noqa: PLE0604
