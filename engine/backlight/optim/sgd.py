"""Stochastic gradient descent with momentum (Sutskever et al. 2013, as PyTorch writes it)."""

from __future__ import annotations

from typing import Any

from ..tensor import wrap
from .optimizer import Optimizer, check_flags, check_range, number


class SGD(Optimizer):
    """Gradient descent: `p -= lr * v`, where `v = momentum * v + (1 - dampening) * g`."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
        foreach: bool | None = None,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_range(lr, "Invalid learning rate")
        check_range(momentum, "Invalid momentum value")
        check_range(weight_decay, "Invalid weight_decay value")
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        check_flags(fused, foreach, differentiable)
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
            "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """See the class."""
        if group["weight_decay"] != 0:
            g = g + group["weight_decay"] * p
        momentum = group["momentum"]
        if momentum != 0:
            velocity = state.get("momentum_buffer")
            if velocity is None:
                state["momentum_buffer"] = wrap(g.copy())
                v = g
            else:
                v = velocity._array
                v *= momentum
                v += g if group["dampening"] == 0 else (1 - group["dampening"]) * g
            g = g + momentum * v if group["nesterov"] else v
        p -= number(group["lr"]) * g
