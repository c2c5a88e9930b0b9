"""What all optimisers share: parameter groups, state, hooks, and the walk over the parameters.

A rule (sgd.py, adam.py, ...) writes one method, `update`, which changes one parameter's array in
place. Everything else of PyTorch's Optimizer is here. State lies in Tensors, as PyTorch's
`state_dict` has it.
"""

from __future__ import annotations

import functools
import math
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from copy import deepcopy
from itertools import chain
from typing import Any

from .. import backend
from ..autograd.modes import enable_grad
from ..observe import tap
from ..printing import typename
from ..tensor import Tensor, bump_version, wrap
from .packing import Pack


class _Required:
    """The default of an option that must be given."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()


class Handle:
    """Removes a hook."""

    _count = 0

    def __init__(self, hooks: OrderedDict) -> None:
        self.hooks = hooks
        self.id = Handle._count
        Handle._count += 1

    def remove(self) -> None:
        """Take the hook out; a second time does nothing."""
        self.hooks.pop(self.id, None)


def _observed_step(step: Callable) -> Callable:
    """Tell hooks and the listener of every `step`, also of one that a user wrote."""

    @functools.wraps(step)
    def wrapper(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if self._stepping:  # a step that a subclass's own step calls
            return step(self, *args, **kwargs)
        self._stepping = True
        try:
            listener = tap.listener
            if listener is not None:
                listener.optimizer_step_begin(self)
            for hook in self._optimizer_step_pre_hooks.values():
                changed = hook(self, args, kwargs)
                if changed is not None:
                    args, kwargs = changed
            result = step(self, *args, **kwargs)
            for hook in self._optimizer_step_post_hooks.values():
                hook(self, args, kwargs)
            if listener is not None:
                listener.optimizer_step_end(self)
            return result
        finally:
            self._stepping = False

    wrapper.is_observed = True  # type: ignore[attr-defined]
    return wrapper


class Optimizer:
    """Base of all optimisers; subclass it with a `step` of your own, or with `update`.

    params: an iterable of leaf Tensors, of (name, Tensor), or of dicts with "params" and options of
    that group. Raises TypeError or ValueError where they are not.
    """

    _stepping = False  # True while `step` runs
    elementwise = True  # whether `update` may be given the values of many parameters in a row

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {typename(params)}"
            )
        self.defaults = defaults
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._packs: dict[int, Pack] = {}  # by id of the group
        self._optimizer_step_pre_hooks: OrderedDict = OrderedDict()
        self._optimizer_step_post_hooks: OrderedDict = OrderedDict()
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)
        cls = type(self)
        if not getattr(cls.step, "is_observed", False):
            cls.step = _observed_step(cls.step)  # type: ignore[method-assign]
        if tap.listener is not None:
            tap.listener.optimizer_created(self)

    # One step --------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient.

        closure: computes the loss again and returns it; it runs with gradients on.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._step_group(group)
        return loss

    def _step_group(self, group: dict[str, Any]) -> None:
        maximize = group.get("maximize", False)
        active = [p for p in group["params"] if p._grad is not None]
        pack = self._packs.get(id(group))
        if pack is None or not pack.fits(self.state, active):
            if not active:
                return
            pack = self._packs[id(group)] = Pack(self.state, active, self.elementwise)
        if pack.packed:
            pack.update(self.update, group, maximize)
        for parameter in pack.single:
            g = parameter._grad._array
            self.update(group, self.state[parameter], parameter._array, -g if maximize else g)
            bump_version(parameter)

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """Change values `p` in place by the gradient `g`, which is not to be written.

        Where the class is `elementwise`, `p` may be the values of many in a row (packing.py).
        """
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget all gradients, or fill them with zeros."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter._grad is None:
                    continue
                if set_to_none:
                    parameter._grad = None
                else:
                    parameter._grad = wrap(
                        backend.of(parameter._array).zeros_like(parameter._array)
                    )

    # Groups ----------------------------------------------------------------------------------

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Optimise more parameters, with options of their own."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, Tensor):
            params = [params]
        elif isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the "
                "ordering of tensors in sets will change between runs. Please use a list instead."
            )
        params = list(params)
        names = [entry[0] for entry in params if isinstance(entry, tuple)]
        params = [entry[1] if isinstance(entry, tuple) else entry for entry in params]
        if names:
            if len(names) != len(params):
                raise ValueError(
                    "all optimizer params should be with/without names. Some param names are "
                    "missing"
                )
            param_group["param_names"] = names
        param_group["params"] = params
        for parameter in params:
            if not isinstance(parameter, Tensor):
                raise TypeError(
                    "optimizer can only optimize Tensors, but one of the params is "
                    f"{typename(parameter)}"
                )
            if not (parameter.is_leaf or parameter.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(
                    "parameter group didn't specify a value of required optimization parameter "
                    f"{name}"
                )
            param_group.setdefault(name, default)
        if len(params) != len(set(params)):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this "
                "will cause an error; see github.com/pytorch/pytorch/issues/40967 for more "
                "information",
                stacklevel=3,
            )
        taken: set[Any] = set()
        for group in self.param_groups:
            taken.update(group["params"])
            if ("param_names" in param_group) != ("param_names" in group):
                with_or_without = "with names" if "param_names" in param_group else "without names"
                raise ValueError(
                    "all optimizer param groups should be with/without names. cannot add param "
                    f"group {with_or_without} to the optimizer"
                )
        if not taken.isdisjoint(params):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    # State -----------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Everything that `load_state_dict` needs: parameters are numbered in order."""
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            packed = {key: value for key, value in group.items() if key != "params"}
            for parameter in group["params"]:
                numbers.setdefault(id(parameter), len(numbers))
            packed["params"] = [numbers[id(parameter)] for parameter in group["params"]]
            groups.append(packed)
        state = {
            numbers[id(key)] if isinstance(key, Tensor) else key: value
            for key, value in self.state.items()
            if value  # plain gradient descent keeps nothing, and PyTorch no place for it
        }
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on where another optimiser of the same parameters stopped.

        Raises ValueError where groups or their lengths differ.
        """
        groups = self.param_groups
        saved = deepcopy(state_dict["param_groups"])
        if len(groups) != len(saved):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(a["params"]) != len(b["params"]) for a, b in zip(groups, saved)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of "
                "optimizer's group"
            )
        parameters = dict(
            zip(
                chain.from_iterable(group["params"] for group in saved),
                chain.from_iterable(group["params"] for group in groups),
            )
        )
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in parameters:
                parameter = parameters[key]
                state[parameter] = {name: _fit(parameter, name, v) for name, v in value.items()}
            else:
                state[key] = value
        for group, new in zip(groups, saved):
            new["params"] = group["params"]
            if "param_names" in group and "param_names" not in new:
                new["param_names"] = group["param_names"]
        self.__setstate__({"state": state, "param_groups": saved})

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._packs = {}
        self.__dict__.setdefault("_optimizer_step_pre_hooks", OrderedDict())
        self.__dict__.setdefault("_optimizer_step_post_hooks", OrderedDict())
        for group in self.param_groups:
            for name, default in self.defaults.items():
                group.setdefault(name, default)

    # Hooks -----------------------------------------------------------------------------------

    def register_step_pre_hook(self, hook: Callable) -> Handle:
        """Call `hook(optimizer, args, kwargs)` before each step; it may return new ones."""
        handle = Handle(self._optimizer_step_pre_hooks)
        self._optimizer_step_pre_hooks[handle.id] = hook
        return handle

    def register_step_post_hook(self, hook: Callable) -> Handle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        handle = Handle(self._optimizer_step_post_hooks)
        self._optimizer_step_post_hooks[handle.id] = hook
        return handle

    def __repr__(self) -> str:
        text = f"{type(self).__name__} ("
        for number, group in enumerate(self.param_groups):
            text += f"\nParameter Group {number}\n"
            for key in sorted(group):
                if key != "params":
                    text += f"    {key}: {group[key]}\n"
        return text + ")"


def _fit(parameter: Tensor, name: str, value: Any) -> Any:
    """A copy of a state's value with the dtype of its parameter; step counters keep theirs."""
    if not isinstance(value, Tensor):
        return deepcopy(value)
    if name == "step":
        return value.detach().clone()
    return value.detach().to(dtype=parameter.dtype, device=parameter.device, copy=True)


def zeros_of(p: Any) -> Tensor:
    """A state Tensor of zeros shaped like a parameter's array."""
    return wrap(backend.of(p).zeros_like(p))


def count_step(state: dict[str, Any]) -> float:
    """Add one to the state's step counter (a float32 Tensor, as PyTorch keeps it)."""
    step = state.get("step")
    if step is None:
        step = state["step"] = wrap(backend.cpu.zeros((), "float32"))
    step._array += 1
    return float(step._array)


def check_range(value: Any, sentence: str, below: float = math.inf, name: str = "lr") -> None:
    """Raise ValueError with PyTorch's sentence where a setting is out of its range."""
    if not 0.0 <= number(value, name) < below:
        raise ValueError(f"{sentence}: {value}")


def check_betas(betas: Any) -> None:
    """Raise ValueError where the decays of two running means are no shares."""
    for k, beta in enumerate(betas):
        check_range(beta, f"Invalid beta parameter at index {k}", 1.0, f"betas[{k}]")


def check_flags(fused: Any, foreach: Any, differentiable: Any) -> None:
    """Raise RuntimeError for ways to compute that exclude each other; here all are one way."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def number(value: Any, name: str = "lr") -> float:
    """A setting as a Python number: PyTorch takes Tensors of one element, too."""
    if isinstance(value, Tensor):
        if value.numel() != 1:
            raise ValueError(f"Tensor {name} must be 1-element")
        return value.item()
    return value
