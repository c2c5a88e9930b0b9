"""Whether operations are recorded: `no_grad`, `enable_grad`, `set_grad_enabled`, `inference_mode`.

Each is a context manager and a decorator. The state is one attribute that every operation reads.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any


class _State:
    """The modes: `grad` is True where operations are recorded."""

    __slots__ = ("grad", "inference")

    def __init__(self) -> None:
        self.grad = True
        self.inference = False


state = _State()


class _Switch:
    """Sets the mode for a block, or for every call of a function that it decorates."""

    def __init__(self, grad: bool) -> None:
        self._grad = grad
        self._before: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._before.append((state.grad, state.inference))
        state.grad = self._grad

    def __exit__(self, *error: object) -> None:
        state.grad, state.inference = self._before.pop()

    def _again(self) -> _Switch:
        """A fresh switch of the same kind: a decorated function may be entered while it runs."""
        return type(self)()

    def __call__(self, function: Callable) -> Callable:
        if inspect.isclass(function):
            raise TypeError(
                f"{type(self).__name__} decorates functions, not classes: decorate "
                f"{function.__name__}.__init__ or its methods"
            )
        if inspect.isgeneratorfunction(function):
            return self._wrap_generator(function)

        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with self._again():
                return function(*args, **kwargs)

        return inner

    def _wrap_generator(self, function: Callable) -> Callable:
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            generator = function(*args, **kwargs)
            answer = None
            while True:  # the mode holds inside the generator only, not where its values are used
                try:
                    with self._again():
                        value = generator.send(answer)
                except StopIteration as end:
                    return end.value
                answer = yield value

        return inner


class _Bare(_Switch):
    """A switch that also decorates without parentheses: `@no_grad`."""

    _value: bool

    def __new__(cls, function: Callable | None = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)

    def __init__(self) -> None:
        super().__init__(self._value)


class no_grad(_Bare):
    """Do not record operations."""

    _value = False


class enable_grad(_Bare):
    """Record operations, also inside `no_grad`."""

    _value = True


class set_grad_enabled(_Switch):
    """Record operations or do not; takes effect at once, and ends with the block if it is one."""

    def __init__(self, mode: bool) -> None:
        super().__init__(bool(mode))
        self._outer = (state.grad, state.inference)
        state.grad = self._grad

    def __enter__(self) -> None:
        self._before.append(self._outer)
        state.grad = self._grad

    def _again(self) -> _Switch:
        return set_grad_enabled(self._grad)

    def __call__(self, function: Callable) -> Callable:
        state.grad, state.inference = self._outer  # a decorator does not act where it stands
        return super().__call__(function)


class inference_mode(_Switch):
    """As `no_grad`; tensors made here report `is_inference_mode_enabled` only."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__(not mode)
        self._inference = mode

    def __new__(cls, mode: Any = True) -> Any:
        return super().__new__(cls) if isinstance(mode, bool) else cls()(mode)

    def __enter__(self) -> None:
        super().__enter__()
        state.inference = self._inference

    def _again(self) -> _Switch:
        return inference_mode(self._inference)


def is_grad_enabled() -> bool:
    """Tell whether operations are recorded."""
    return state.grad


def is_inference_mode_enabled() -> bool:
    """Tell whether `inference_mode` holds."""
    return state.inference
