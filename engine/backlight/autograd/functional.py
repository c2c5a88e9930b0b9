"""Derivatives of functions of tensors (`torch.autograd.functional`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..ops import FUNCTIONS
from ..tensor import Tensor
from .backward import grad
from .modes import enable_grad

f = FUNCTIONS


def _inputs(inputs: Any, create_graph: bool) -> tuple[tuple[Tensor, ...], bool]:
    """The inputs as a tuple of tensors that derivatives are taken by."""
    one = not isinstance(inputs, tuple)
    given = (inputs,) if one else inputs
    for k, x in enumerate(given):
        if not isinstance(x, Tensor):
            raise TypeError(
                f"The inputs given to the function must be either a Tensor or a tuple of Tensors "
                f"but the value at index {k} has type {type(x)}."
            )
    made = tuple(
        f["clone"](x) if create_graph and x.requires_grad else x.detach().requires_grad_()
        for x in given
    )
    return made, one


def _outputs(value: Any) -> tuple[tuple[Tensor, ...], bool]:
    one = not isinstance(value, tuple)
    return ((value,) if one else value), one


def _like(found: Any, inputs: Any) -> list[Tensor]:
    return [x * 0 if g is None else g for g, x in zip(found, inputs)]


def _result(values: list[Any], one: bool, create_graph: bool) -> Any:
    kept = tuple(v if create_graph else v.detach() for v in values)
    return kept[0] if one else kept


def vjp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value, and the vector times the Jacobian."""
    with enable_grad():
        xs, one = _inputs(inputs, create_graph)
        ys, single = _outputs(func(*xs))
        vs = _outputs(v)[0] if v is not None else tuple(f["clone"](y.detach() * 0 + 1) for y in ys)
        if v is None and (len(ys) != 1 or ys[0].numel() != 1):
            raise RuntimeError(
                "The vector v can only be None if the user-provided function returns a single "
                "Tensor with a single element."
            )
        found = grad(ys, xs, vs, create_graph=create_graph, allow_unused=True)
    plain = _result(list(ys), single, create_graph)
    return plain, _result(_like(found, xs), one, create_graph)


def jvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value, and the Jacobian times the vector."""
    with enable_grad():
        xs, _ = _inputs(inputs, create_graph)
        ys, single = _outputs(func(*xs))
        vs = _outputs(v)[0] if v is not None else tuple(x.detach() * 0 + 1 for x in xs)
        seeds = tuple((y.detach() * 0).requires_grad_() for y in ys)
        inner = _like(grad(ys, xs, seeds, create_graph=True, allow_unused=True), xs)
        found = grad(inner, seeds, vs, create_graph=create_graph, allow_unused=True)
    return _result(list(ys), single, create_graph), _result(_like(found, ys), single, create_graph)


def jacobian(
    func: Callable, inputs: Any, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """The derivative of each output by each input: shapes of output and input together."""
    with enable_grad():
        xs, one = _inputs(inputs, create_graph)
        ys, single = _outputs(func(*xs))
        rows = []
        for y in ys:
            columns: list[list[Tensor]] = [[] for _ in xs]
            for place in f["unbind"](y.reshape(-1), 0):
                if place.requires_grad:
                    found = grad(
                        place, xs, retain_graph=True, create_graph=create_graph, allow_unused=True
                    )
                else:
                    found = [None] * len(xs)
                for column, g in zip(columns, _like(found, xs)):
                    column.append(g)
            rows.append([
                f["stack"](column).reshape(*y.shape, *x.shape)
                if column
                else x.new_zeros((*y.shape, *x.shape))
                for column, x in zip(columns, xs)
            ])  # fmt: skip
    made = [_result(row, one, create_graph) for row in rows]
    return made[0] if single else tuple(made)


def hessian(
    func: Callable, inputs: Any, create_graph: bool = False, strict: bool = False,
    vectorize: bool = False, outer_jacobian_strategy: str = "reverse-mode",
) -> Any:  # fmt: skip
    """The second derivatives of a function of one value."""
    one = not isinstance(inputs, tuple)

    def slope(*xs: Tensor) -> Any:
        y = func(*xs)
        if not isinstance(y, Tensor) or y.numel() != 1:
            raise RuntimeError(
                "The Tensor returned by the function given to hessian should contain a single element"
            )
        found = jacobian(func, xs[0] if one else xs, create_graph=True)
        return (
            found.reshape(xs[0].shape)
            if one
            else tuple(g.reshape(x.shape) for g, x in zip(found, xs))
        )

    return jacobian(slope, inputs, create_graph=create_graph, strict=strict)


def vhp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The value, and the vector times the second derivatives."""
    with enable_grad():
        xs, one = _inputs(inputs, create_graph)
        y = func(*xs)
        first = _like(grad(y, xs, create_graph=True, allow_unused=True), xs)
        vs = _outputs(v)[0] if v is not None else tuple(x.detach() * 0 + 1 for x in xs)
        kept = [(g, w) for g, w in zip(first, vs) if g.requires_grad]
        found: Any = [None] * len(xs)
        if kept:
            found = grad(
                [g for g, _ in kept], xs, [w for _, w in kept], create_graph=create_graph,
                allow_unused=True,
            )  # fmt: skip
    return _result([y], True, create_graph), _result(_like(found, xs), one, create_graph)


hvp = vhp
