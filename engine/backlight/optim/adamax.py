"""Adamax (Kingma and Ba 2015, section 7.1)."""

from __future__ import annotations

from typing import Any

from .. import backend
from .optimizer import Optimizer, check_betas, check_range, count_step, number, zeros_of


class Adamax(Optimizer):
    """Adam with the largest gradient so far, decaying, in place of the mean square."""

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_range(lr, "Invalid learning rate")
        check_range(eps, "Invalid epsilon value")
        check_betas(betas)
        check_range(weight_decay, "Invalid weight_decay value")
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """Algorithm 2 of the paper."""
        xp = backend.of(p)
        beta1, beta2 = group["betas"]
        step = count_step(state)
        if step == 1:
            state["exp_avg"] = zeros_of(p)
            state["exp_inf"] = zeros_of(p)
        if group["weight_decay"] != 0:
            g = g + group["weight_decay"] * p
        mean, most = state["exp_avg"]._array, state["exp_inf"]._array
        mean += (1 - beta1) * (g - mean)
        most *= beta2
        xp.maximum(most, xp.abs(g) + group["eps"], out=most)
        p -= (number(group["lr"]) / (1 - beta1**step)) * (mean / most)
