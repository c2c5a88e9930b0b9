"""Resilient backpropagation (Riedmiller and Braun 1993)."""

from __future__ import annotations

from typing import Any

from .. import backend
from ..tensor import wrap
from .optimizer import Optimizer, check_range, count_step, number, zeros_of


class Rprop(Optimizer):
    """Steps whose size grows while the gradient keeps its sign; only the sign is used."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50),
        *,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_range(lr, "Invalid learning rate")
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """See the class."""
        xp = backend.of(p)
        shrink, grow = group["etas"]
        if count_step(state) == 1:
            state["prev"] = zeros_of(p)
            state["step_size"] = wrap(xp.full(p.shape, number(group["lr"]), p.dtype))
        before, size = state["prev"]._array, state["step_size"]._array
        turn = xp.sign(g * before)
        size *= xp.where(turn > 0, grow, xp.where(turn < 0, shrink, 1)).astype(p.dtype)
        xp.clip(size, *group["step_sizes"], out=size)
        before[...] = xp.where(turn < 0, 0, g)  # after a turn the next step goes either way
        p -= xp.sign(before) * size
