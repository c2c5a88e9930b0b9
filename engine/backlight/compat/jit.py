"""`torch.jit`, `torch.compiler` and `torch.compile`: programs run as they are, and it is said once.

There is no compiler behind Backlight: what would be compiled is handed back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import say_once
from ..nn.module import Module


def _as_it_is(name: str) -> Callable[[Any], Any]:
    def give(target: Any) -> Any:
        say_once(f"{name}: Backlight has no compiler and runs the program as it is")
        return target

    return give


def compile(model: Any = None, **options: Any) -> Any:
    """The model or function itself; a decorator without one."""
    give = _as_it_is("torch.compile")
    return give if model is None else give(model)


def script(obj: Any, *args: Any, **kwargs: Any) -> Any:
    """The module or function itself."""
    return _as_it_is("torch.jit.script")(obj)


def trace(func: Any, example_inputs: Any = None, *args: Any, **kwargs: Any) -> Any:
    """The module or function itself."""
    return _as_it_is("torch.jit.trace")(func)


def _same(function: Any = None, *args: Any, **kwargs: Any) -> Any:
    return function if callable(function) else _same


def _file(*args: Any, **kwargs: Any) -> Any:
    raise NotImplementedError(
        "Backlight has no TorchScript files: save a state_dict with torch.save"
    )


def is_scripting() -> bool:
    """No."""
    return False


def annotate(the_type: Any, the_value: Any) -> Any:
    """The value itself."""
    return the_value


ignore = unused = export = interface = script_method = freeze = optimize_for_inference = _same
disable = allow_in_graph = _same
is_tracing = is_compiling = is_dynamo_compiling = is_scripting
save = load = _file
ScriptModule = Module
Final = Any
