"""Where the engine tells whoever watches what it does.

A leaf: it imports nothing, and everything may import it. The engine calls the functions of the
attached listener only from the *observed* variant of its code (`ops/apply.py`), so a program that
nobody watches pays nothing. There is one listener at a time: a second watcher belongs behind it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Listener:
    """What can be heard. Override what you need; every method does nothing by default.

    Arrays are the engine's own (NumPy or CuPy) and must not be written or kept.
    """

    #: False while a step is not sampled: the observed variant then skips `op`,
    #: `backward_node` and `leaf_gradient` after one attribute test.
    sampling: bool = True
    #: When the operation that is heard next was called (`time.perf_counter`); 0.0 where unknown.
    began: float = 0.0

    def op(self, name: str, args: tuple[Any, ...], outputs: tuple[Any, ...]) -> None:
        """An operation ran: `args` as called (Tensors and options), `outputs` its Tensors.

        For an in-place operation the written Tensor is both in `args` and in `outputs`.
        """

    def op_failed(self, name: str, args: tuple[Any, ...], error: BaseException) -> None:
        """An operation raised before it made an output."""

    def backward_begin(self, roots: tuple[Any, ...], gradients: tuple[Any, ...]) -> None:
        """`backward()` or `grad()` starts at these Tensors."""

    def backward_node(self, node: Any, gradients: tuple[Any, ...]) -> None:
        """A graph node runs next; `gradients` has an array or None for each of its outputs."""

    def leaf_gradient(self, tensor: Any, gradient: Any) -> None:
        """`gradient` (an array) was added to the `.grad` of a leaf."""

    def backward_end(self) -> None:
        """The pass that began last is over, also when it raised."""

    def module_enter(self, module: Any) -> None:
        """`module.forward` is about to run."""

    def module_exit(self, module: Any) -> None:
        """`module.forward` returned or raised."""

    def optimizer_created(self, optimizer: Any) -> None:
        """An optimiser was made: from now on steps are counted by `optimizer.step()`."""

    def optimizer_step_begin(self, optimizer: Any) -> None:
        """`optimizer.step()` starts."""

    def optimizer_step_end(self, optimizer: Any) -> None:
        """`optimizer.step()` is over: the parameters have their new values."""


#: The attached listener, or None. Read it; change it through `attach` and `detach`.
listener: Listener | None = None

#: Called with True or False when a listener is attached or detached (the engine swaps its code).
_switches: list[Callable[[bool], None]] = []


def on_switch(switch: Callable[[bool], None]) -> None:
    """Register what must change between the plain and the observed variant."""
    _switches.append(switch)


def attach(new: Listener) -> None:
    """Make `new` the listener and switch the engine to its observed variant."""
    global listener
    if listener is not None:
        raise RuntimeError("a listener is attached already: detach it first")
    listener = new
    for switch in _switches:
        switch(True)


def detach() -> None:
    """Remove the listener and switch the engine back to its plain variant."""
    global listener
    listener = None
    for switch in _switches:
        switch(False)
