"""RAdam (Liu et al. 2020)."""

from __future__ import annotations

from typing import Any

from .. import backend
from .optimizer import Optimizer, check_betas, check_range, count_step, number, zeros_of


class RAdam(Optimizer):
    """Adam that takes plain steps until its mean square is known well enough."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        decoupled_weight_decay: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_range(lr, "Invalid learning rate")
        check_range(eps, "Invalid epsilon value")
        check_betas(betas)
        check_range(weight_decay, "Invalid weight_decay value")
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """Algorithm 2 of the paper; `length` is that of the approximated moving average."""
        xp, lr, decay = backend.of(p), number(group["lr"]), group["weight_decay"]
        beta1, beta2 = group["betas"]
        step = count_step(state)
        if step == 1:
            state["exp_avg"] = zeros_of(p)
            state["exp_avg_sq"] = zeros_of(p)
        if decay != 0:
            if group["decoupled_weight_decay"]:
                p *= 1 - lr * decay
            else:
                g = g + decay * p
        mean, square = state["exp_avg"]._array, state["exp_avg_sq"]._array
        mean += (1 - beta1) * (g - mean)
        square *= beta2
        square += (1 - beta2) * (g * g)
        change = mean / (1 - beta1**step)
        change *= lr
        most, correction = 2 / (1 - beta2) - 1, 1 - beta2**step
        length = most - 2 * step * beta2**step / correction
        if length > 5:
            rectified = (length - 4) * (length - 2) * most / ((most - 4) * (most - 2) * length)
            change *= (correction**0.5) / (xp.sqrt(square) + group["eps"])
            change *= rectified**0.5
        p -= change
