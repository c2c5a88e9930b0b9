"""Mixed precision (`torch.amp`): loss scaling as PyTorch's; autocast computes as without it.

A CPU gains nothing from 16 bits in NumPy, so `autocast` is accepted, computes in the dtypes that the
tensors have, and says so once. Without a GPU what is asked for "cuda" is disabled with PyTorch's
warning, as in PyTorch.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable, Iterable
from typing import Any

from .. import backend
from ..autograd.modes import no_grad
from ..errors import say_once
from ..tensor import Tensor

_depth: list[tuple[str, Any]] = []


def is_autocast_available(device_type: str) -> bool:
    """Tell whether autocast is known for a type of device."""
    return device_type in ("cpu", "cuda")


class autocast:
    """Accepted for a block or a function; see the module."""

    def __init__(
        self, device_type: str, dtype: Any = None, enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:  # fmt: skip
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        if not is_autocast_available(device_type):
            raise RuntimeError(
                f"User specified an unsupported autocast device_type '{device_type}'"
            )
        self.device = device_type
        self.fast_dtype = dtype
        if enabled and device_type == "cuda" and not backend.cuda_is_available():
            warnings.warn(
                "User provided device_type of 'cuda', but CUDA is not available. Disabling",
                stacklevel=2,
            )
            enabled = False
        self._enabled = enabled

    def __enter__(self) -> autocast:
        if self._enabled:
            say_once(
                "autocast: Backlight computes in the dtypes that the tensors have; results have "
                "more digits than with 16 bits"
            )
            _depth.append((self.device, self.fast_dtype))
        return self

    def __exit__(self, *error: object) -> None:
        if self._enabled:
            _depth.pop()

    def __call__(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with self:
                return function(*args, **kwargs)

        return inner


def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Tell whether this runs in an enabled autocast for the type of device."""
    return any(device == device_type for device, _ in _depth)


def custom_fwd(fwd: Any = None, *, device_type: str = "cuda", cast_inputs: Any = None) -> Any:
    """Decorates the `forward` of a Function; changes nothing here."""
    return functools.partial(custom_fwd, device_type=device_type) if fwd is None else fwd


def custom_bwd(bwd: Any = None, *, device_type: str = "cuda") -> Any:
    """Decorates the `backward` of a Function; changes nothing here."""
    return functools.partial(custom_bwd, device_type=device_type) if bwd is None else bwd


class GradScaler:
    """Multiplies the loss so that small gradients survive 16 bits, and divides them again.

    A step whose gradients are not finite is skipped, and the scale halved; after `growth_interval`
    good ones it doubles (Micikevicius et al. 2018).
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        self._device = device
        if enabled and device == "cuda" and not backend.cuda_is_available():
            warnings.warn(
                "torch.cuda.amp.GradScaler is enabled, but CUDA is not available.  Disabling.",
                stacklevel=2,
            )
            enabled = False
        self._enabled = enabled
        if enabled:
            if growth_factor <= 1.0:
                raise AssertionError("The growth factor must be > 1.0.")
            if backoff_factor >= 1.0:
                raise AssertionError("The backoff factor must be < 1.0.")
        self._scale = init_scale
        self._growth_factor = growth_factor
        self._backoff_factor = backoff_factor
        self._growth_interval = growth_interval
        self._growth_tracker = 0
        self._found: dict[int, bool] = {}  # by optimiser, where it was unscaled since update()
        self._stepped: set[int] = set()

    def scale(self, outputs: Any) -> Any:
        """The loss, or each of several, times the scale."""
        if not self._enabled:
            return outputs
        if isinstance(outputs, Tensor):
            return outputs * self._scale
        if isinstance(outputs, Iterable):
            made = map(self.scale, outputs)
            return type(outputs)(made) if isinstance(outputs, (list, tuple)) else made
        raise ValueError("outputs must be a Tensor or an iterable of Tensors")

    @no_grad()
    def unscale_(self, optimizer: Any) -> None:
        """Divide an optimiser's gradients by the scale, for clipping before `step`."""
        if not self._enabled:
            return
        key = id(optimizer)
        if key in self._stepped:
            raise RuntimeError("unscale_() is being called after step().")
        if key in self._found:
            raise RuntimeError(
                "unscale_() has already been called on this optimizer since the last update()."
            )
        bad = False
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad.mul_(1.0 / self._scale)
                    bad = bad or not bool(parameter.grad.isfinite().all())
        self._found[key] = bad

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Step where all gradients are finite; they are unscaled first if they were not yet."""
        if not self._enabled:
            return optimizer.step(*args, **kwargs)
        if "closure" in kwargs:
            raise RuntimeError("Closure use is not currently supported if GradScaler is enabled.")
        key = id(optimizer)
        if key in self._stepped:
            raise RuntimeError("step() has already been called since the last update().")
        if key not in self._found:
            self.unscale_(optimizer)
        result = None if self._found[key] else optimizer.step(*args, **kwargs)
        self._stepped.add(key)
        return result

    def update(self, new_scale: float | Tensor | None = None) -> None:
        """Grow or shrink the scale by what the steps found, or set it."""
        if not self._enabled:
            return
        if new_scale is not None:
            self._scale = float(new_scale)
        else:
            if not self._found:
                raise AssertionError("No inf checks were recorded prior to update.")
            if any(self._found.values()):
                self._scale *= self._backoff_factor
                self._growth_tracker = 0
            else:
                self._growth_tracker += 1
                if self._growth_tracker == self._growth_interval:
                    self._scale *= self._growth_factor
                    self._growth_tracker = 0
        self._found.clear()
        self._stepped.clear()

    def get_scale(self) -> float:
        """The scale, or 1 where it is disabled."""
        return self._scale if self._enabled else 1.0

    def is_enabled(self) -> bool:
        """Tell whether it scales at all."""
        return self._enabled

    def state_dict(self) -> dict[str, Any]:
        """Everything that `load_state_dict` needs; empty where it is disabled."""
        if not self._enabled:
            return {}
        return {
            "scale": self._scale, "growth_factor": self._growth_factor,
            "backoff_factor": self._backoff_factor, "growth_interval": self._growth_interval,
            "_growth_tracker": self._growth_tracker,
        }  # fmt: skip

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another scaler stopped."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "The source state dict is empty, possibly because it was saved from a disabled "
                "instance of GradScaler."
            )
        self._scale = state_dict["scale"]
        self._growth_factor = state_dict["growth_factor"]
        self._backoff_factor = state_dict["backoff_factor"]
        self._growth_interval = state_dict["growth_interval"]
        self._growth_tracker = state_dict["_growth_tracker"]
