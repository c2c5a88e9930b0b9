"""Adadelta (Zeiler 2012)."""

from __future__ import annotations

from typing import Any

from .. import backend
from .optimizer import Optimizer, check_range, count_step, number, zeros_of


class Adadelta(Optimizer):
    """Steps scaled by running means of squared gradients and of squared steps."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        capturable: bool = False,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_range(lr, "Invalid learning rate")
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_range(eps, "Invalid epsilon value")
        check_range(weight_decay, "Invalid weight_decay value")
        defaults = {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
            "capturable": capturable, "foreach": foreach, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """See the class."""
        xp, rho, eps = backend.of(p), group["rho"], group["eps"]
        if count_step(state) == 1:
            state["square_avg"] = zeros_of(p)
            state["acc_delta"] = zeros_of(p)
        if group["weight_decay"] != 0:
            g = g + group["weight_decay"] * p
        square, steps = state["square_avg"]._array, state["acc_delta"]._array
        square *= rho
        square += (1 - rho) * (g * g)
        delta = xp.sqrt(steps + eps)
        delta /= xp.sqrt(square + eps)
        delta *= g
        steps *= rho
        steps += (1 - rho) * (delta * delta)
        delta *= number(group["lr"])
        p -= delta
