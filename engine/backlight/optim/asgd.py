"""Averaged stochastic gradient descent (Polyak and Juditsky 1992)."""

from __future__ import annotations

from typing import Any

from .. import backend
from ..tensor import wrap
from .optimizer import Optimizer, check_range, count_step, number, zeros_of


class ASGD(Optimizer):
    """Gradient descent that keeps the mean of the values after step `t0` in its state ("ax")."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lambd: float = 1e-4,
        alpha: float = 0.75,
        t0: float = 1e6,
        weight_decay: float = 0,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        capturable: bool = False,
    ) -> None:
        check_range(lr, "Invalid learning rate")
        check_range(weight_decay, "Invalid weight_decay value")
        defaults = {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """See the class."""
        lr, lambd = number(group["lr"]), group["lambd"]
        step = count_step(state)
        if step == 1:
            # The rate is kept in float32, as the step is.
            state["eta"] = wrap(backend.cpu.full((), lr, "float32"))
            state["mu"] = wrap(backend.cpu.full((), 1, "float32"))
            state["ax"] = zeros_of(p)
        eta, mu, mean = state["eta"]._array, state["mu"]._array, state["ax"]._array
        if group["weight_decay"] != 0:
            g = g + group["weight_decay"] * p
        p *= 1 - lambd * float(eta)
        p -= float(eta) * g
        if mu == 1:
            mean[...] = p
        else:
            mean += float(mu) * (p - mean)
        eta[...] = lr / (1 + lambd * lr * step) ** group["alpha"]
        mu[...] = 1 / max(1, step - group["t0"])
