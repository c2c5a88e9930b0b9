"""Activations computed again in the backward pass in place of being kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import random
from ..autograd.backward import backward
from ..autograd.function import Function
from ..autograd.modes import enable_grad, is_grad_enabled, no_grad
from ..tensor import Tensor


class _Again(Function):
    @staticmethod
    def forward(ctx: Any, run: Callable, state: Any, *args: Any) -> Any:  # type: ignore[override]
        ctx.run, ctx.state, ctx.args = run, state, args
        with no_grad():
            return run(*args)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:  # type: ignore[override]
        inputs = [
            x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x
            for x in ctx.args
        ]
        now = random.get_rng_state() if ctx.state is not None else None
        if ctx.state is not None:
            random.set_rng_state(ctx.state)
        with enable_grad():
            outputs = ctx.run(*inputs)
        if now is not None:
            random.set_rng_state(now)
        outs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [(y, g) for y, g in zip(outs, gradients) if y.requires_grad and g is not None]
        if not pairs:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        backward([y for y, _ in pairs], [g for _, g in pairs])
        return (None, None, *(x.grad if isinstance(x, Tensor) else None for x in inputs))


def checkpoint(
    function: Callable, *args: Any, use_reentrant: bool | None = None, context_fn: Any = None,
    determinism_check: str = "default", debug: bool = False, preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:  # fmt: skip
    """The function's result; what it needs for the backward pass is computed again then."""
    if not is_grad_enabled():
        return function(*args, **kwargs)
    state = random.get_rng_state() if preserve_rng_state else None
    # Parameters that only the function knows need the node even where no argument has a gradient.
    if not any(isinstance(x, Tensor) and x.requires_grad for x in args):
        return function(*args, **kwargs)
    return _Again.apply(lambda *xs: function(*xs, **kwargs), state, *args)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """A sequence in so many segments, all but the last checkpointed."""
    steps = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size = len(steps) // segments

    def part(start: int, end: int) -> Callable:
        def run(x: Any) -> Any:
            for step in steps[start:end]:
                x = step(x)
            return x

        return run

    for k in range(segments - 1):
        input = checkpoint(part(k * size, (k + 1) * size), input, use_reentrant=use_reentrant)
    return part((segments - 1) * size, len(steps))(input)
