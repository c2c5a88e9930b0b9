"""What happens around `forward` when a module has hooks."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..autograd.graph import RemovableHandle
from ..tensor import Tensor

#: The dictionaries of hooks that every module has.
KINDS = (
    "_forward_pre_hooks",
    "_forward_hooks",
    "_backward_pre_hooks",
    "_backward_hooks",
    "_state_dict_pre_hooks",
    "_state_dict_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)

# Hooks of all modules, for `register_module_forward_hook` and its kin. A call tests `any_global`
# alone: the dictionaries themselves, joined by `or`, would cost three look-ups.
forward_pre_hooks: OrderedDict = OrderedDict()
forward_hooks: OrderedDict = OrderedDict()
any_global: list[OrderedDict] = []


@dataclass(frozen=True, slots=True)
class Hook:
    """A registered function and how it is to be called."""

    function: Callable
    with_kwargs: bool = False
    always_call: bool = False


def _register(registered: OrderedDict, hook: Callable, **facts: bool) -> RemovableHandle:
    handle = RemovableHandle(registered)
    registered[handle.id] = Hook(hook, **facts)
    if not any(known is registered for known in any_global):
        any_global.append(registered)
    return handle


def register_module_forward_pre_hook(hook: Callable) -> RemovableHandle:
    """Call `hook(module, args)` before the `forward` of every module."""
    return _register(forward_pre_hooks, hook)


def register_module_forward_hook(
    hook: Callable, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Call `hook(module, args, output)` after the `forward` of every module."""
    return _register(forward_hooks, hook, with_kwargs=with_kwargs, always_call=always_call)


def call(module: Any, args: tuple, kwargs: dict) -> Any:
    """Run a module's `forward` with its hooks around it."""
    done: set[int] = set()
    given = [args, kwargs]
    try:
        return _call(module, given, done)
    except Exception:
        for key, hook in (*forward_hooks.items(), *module._forward_hooks.items()):
            if hook.always_call and key not in done:
                try:
                    _after(hook, module, given[0], given[1], None)
                except Exception as error:
                    warnings.warn(
                        "module forward hook with ``always_call=True`` raised an exception that "
                        f"was silenced as another error was raised in forward: {error}",
                        stacklevel=3,
                    )
        raise


def _call(module: Any, given: list, done: set[int]) -> Any:
    for hook in (*forward_pre_hooks.values(), *module._forward_pre_hooks.values()):
        _before(hook, module, given)
    args, kwargs = given
    backward = module._backward_hooks or module._backward_pre_hooks
    watch = None
    if backward:
        from .backward_hooks import Watch  # needs the engine's own Function, which few programs do

        watch = Watch(module)
        args = given[0] = watch.inputs(args)
    result = module.forward(*args, **kwargs)
    for key, hook in (*forward_hooks.items(), *module._forward_hooks.items()):
        done.add(key)
        changed = _after(hook, module, args, kwargs, result)
        if changed is not None:
            result = changed
    if watch is not None:
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {type(result)}",
                stacklevel=4,
            )
        result = watch.outputs(result)
    return result


def _before(hook: Hook, module: Any, given: list) -> None:
    if hook.with_kwargs:
        changed = hook.function(module, *given)
        if changed is None:
            return
        if not (isinstance(changed, tuple) and len(changed) == 2):
            raise RuntimeError(
                "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got "
                f"{changed}."
            )
        given[:] = changed
    else:
        changed = hook.function(module, given[0])
        if changed is not None:
            given[0] = changed if isinstance(changed, tuple) else (changed,)


def _after(hook: Hook, module: Any, args: tuple, kwargs: dict, result: Any) -> Any:
    if hook.with_kwargs:
        return hook.function(module, args, kwargs, result)
    return hook.function(module, args, result)
