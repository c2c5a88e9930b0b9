"""NAdam (Dozat 2016)."""

from __future__ import annotations

from typing import Any

from .. import backend
from ..tensor import wrap
from .optimizer import Optimizer, check_betas, check_range, count_step, number, zeros_of


class NAdam(Optimizer):
    """Adam that looks ahead along the momentum, as Nesterov's method does."""

    def __init__(
        self,
        params: Any,
        lr: Any = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
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
        check_range(momentum_decay, "Invalid momentum_decay value")
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """Equations of the paper, in PyTorch's order of operations."""
        xp, lr, decay = backend.of(p), number(group["lr"]), group["weight_decay"]
        beta1, beta2 = group["betas"]
        step = count_step(state)
        if step == 1:
            state["mu_product"] = wrap(backend.cpu.full((), 1, "float32"))
            state["exp_avg"] = zeros_of(p)
            state["exp_avg_sq"] = zeros_of(p)
        if decay != 0:
            if group["decoupled_weight_decay"]:
                p *= 1 - lr * decay
            else:
                g = g + decay * p
        mu, ahead = (
            beta1 * (1 - 0.5 * 0.96 ** (at * group["momentum_decay"])) for at in (step, step + 1)
        )
        product = state["mu_product"]._array
        product *= mu
        mean, square = state["exp_avg"]._array, state["exp_avg_sq"]._array
        mean += (1 - beta1) * (g - mean)
        square *= beta2
        square += (1 - beta2) * (g * g)
        scale = xp.sqrt(square / (1 - beta2**step))
        scale += group["eps"]
        p -= (lr * (1 - mu) / (1 - float(product))) * (g / scale)
        p -= (lr * ahead / (1 - float(product) * ahead)) * (mean / scale)
