"""Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), as PyTorch writes them."""

from __future__ import annotations

import math
from typing import Any

from .. import backend
from ..tensor import Tensor
from .optimizer import (
    Optimizer,
    check_betas,
    check_flags,
    check_range,
    count_step,
    number,
    zeros_of,
)


class Adam(Optimizer):
    """Steps of about `lr`, scaled by running means of the gradient and of its square."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:
        if isinstance(lr, Tensor) and foreach and not capturable:
            raise ValueError(
                "lr as a Tensor is not supported for capturable=False and foreach=True"
            )
        check_range(lr, "Invalid learning rate")
        check_range(eps, "Invalid epsilon value")
        check_betas(betas)
        check_range(weight_decay, "Invalid weight_decay value")
        tensors = [isinstance(beta, Tensor) for beta in betas]
        if any(tensors) and not all(tensors):
            raise ValueError("betas must be either both floats or both Tensors")
        if any(tensors) and foreach and not capturable:
            raise ValueError(
                "betas[0] as a Tensor is not supported for capturable=False and foreach=True"
            )
        betas = tuple(number(beta) for beta in betas)  # type: ignore[assignment]
        check_flags(fused, foreach, differentiable)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """Equations of algorithm 1 of the paper, in PyTorch's order of operations."""
        xp = backend.of(p)
        lr = number(group["lr"])
        beta1, beta2 = group["betas"]
        step = count_step(state)
        if step == 1:
            state["exp_avg"] = zeros_of(p)
            state["exp_avg_sq"] = zeros_of(p)
            if group["amsgrad"]:
                state["max_exp_avg_sq"] = zeros_of(p)
        decay = group["weight_decay"]
        if decay != 0:
            if group["decoupled_weight_decay"]:
                p *= 1 - lr * decay
            else:
                g = g + decay * p
        mean = state["exp_avg"]._array
        square = state["exp_avg_sq"]._array
        mean += (1 - beta1) * (g - mean)
        square *= beta2
        square += (1 - beta2) * (g * g)
        if group["amsgrad"]:
            most = state["max_exp_avg_sq"]._array
            xp.maximum(most, square, out=most)
            square = most
        scale = xp.sqrt(square)
        scale /= math.sqrt(1 - beta2**step)
        scale += group["eps"]
        scale = mean / scale
        scale *= lr / (1 - beta1**step)
        p -= scale


class AdamW(Adam):
    """Adam whose weight decay does not pass through the running means."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad,
            foreach=foreach, maximize=maximize, capturable=capturable,
            differentiable=differentiable, fused=fused, decoupled_weight_decay=True,
        )  # fmt: skip
