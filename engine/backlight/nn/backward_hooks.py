"""Backward hooks of modules: what sees the gradients at a module's outputs and inputs.

The inputs go through one identity function and the outputs through another; the gradient of the
first is that of the inputs, of the second that of the outputs.
"""

from __future__ import annotations

import warnings
from typing import Any

from ..autograd.function import Function
from ..tensor import Tensor


class _Pass(Function):
    """The identity; `seen` gets the gradients and may return others."""

    @staticmethod
    def forward(ctx: Any, seen: Any, *tensors: Tensor) -> Any:
        ctx.seen = seen
        ctx.set_materialize_grads(False)
        return tuple(tensor.view_as(tensor) for tensor in tensors)

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        return (None, *ctx.seen(gradients))


class Watch:
    """One call of a module with backward hooks."""

    def __init__(self, module: Any) -> None:
        self.module = module
        self.grad_outputs: tuple | None = None
        self.places: list[int] = []
        self.arguments = 0

    def _through(self, values: tuple, seen: Any) -> tuple[tuple, list[int]]:
        places = [
            k for k, v in enumerate(values) if isinstance(v, Tensor) and v.requires_grad
        ]  # fmt: skip
        if not places:
            return values, places
        passed = _Pass.apply(seen, *(values[k] for k in places))
        out = list(values)
        for k, tensor in zip(places, passed):
            out[k] = tensor
        return tuple(out), places

    def inputs(self, args: tuple) -> tuple:
        """The arguments, watched."""
        self.arguments = len(args)
        args, self.places = self._through(args, self._reached_inputs)
        return args

    def outputs(self, result: Any) -> Any:
        """The result, watched."""
        several = isinstance(result, tuple)
        values = result if several else (result,)
        self.results = len(values)
        values, self.out_places = self._through(values, self._reached_outputs)
        return values if several else values[0]

    def _spread(self, gradients: tuple, places: list[int], length: int) -> tuple:
        out: list[Any] = [None] * length
        for k, gradient in zip(places, gradients):
            out[k] = gradient
        return tuple(out)

    def _reached_outputs(self, gradients: tuple) -> tuple:
        given = self._spread(gradients, self.out_places, self.results)
        for hook in self.module._backward_pre_hooks.values():
            changed = hook.function(self.module, given)
            if changed is not None:
                given = changed if isinstance(changed, tuple) else (changed,)
        self.grad_outputs = given
        if not self.places and self.module._backward_hooks:  # the module is done here
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module "
                "outputs since no inputs require gradients.",
                stacklevel=2,
            )
            self._call_hooks((None,) * self.arguments)
        return tuple(given[k] for k in self.out_places)

    def _reached_inputs(self, gradients: tuple) -> tuple:
        given = self._call_hooks(self._spread(gradients, self.places, self.arguments))
        return tuple(given[k] for k in self.places)

    def _call_hooks(self, given: tuple) -> tuple:
        for hook in self.module._backward_hooks.values():
            changed = hook.function(self.module, given, self.grad_outputs)
            if changed is not None:
                given = changed if isinstance(changed, tuple) else (changed,)
        return given
