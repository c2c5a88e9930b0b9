"""RMSprop (Tieleman and Hinton 2012; centred: Graves 2013), as PyTorch writes it."""

from __future__ import annotations

from typing import Any

from .. import backend
from .optimizer import Optimizer, check_range, count_step, number, zeros_of


class RMSprop(Optimizer):
    """Steps scaled by a running mean of the gradient's square."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
    ) -> None:
        check_range(lr, "Invalid learning rate")
        check_range(eps, "Invalid epsilon value")
        check_range(momentum, "Invalid momentum value")
        check_range(weight_decay, "Invalid weight_decay value")
        check_range(alpha, "Invalid alpha value")
        defaults = {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "capturable": capturable, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """See the class."""
        xp = backend.of(p)
        if count_step(state) == 1:
            state["square_avg"] = zeros_of(p)
            if group["momentum"] > 0:
                state["momentum_buffer"] = zeros_of(p)
            if group["centered"]:
                state["grad_avg"] = zeros_of(p)
        if group["weight_decay"] != 0:
            g = g + group["weight_decay"] * p
        alpha = group["alpha"]
        square = state["square_avg"]._array
        square *= alpha
        square += (1 - alpha) * (g * g)
        if group["centered"]:
            mean = state["grad_avg"]._array
            mean += (1 - alpha) * (g - mean)
            scale = xp.sqrt(square - mean * mean)
        else:
            scale = xp.sqrt(square)
        scale += group["eps"]
        change = g / scale
        if group["momentum"] > 0:
            velocity = state["momentum_buffer"]._array
            velocity *= group["momentum"]
            velocity += change
            change = velocity
        p -= number(group["lr"]) * change
