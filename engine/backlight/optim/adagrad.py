"""Adagrad (Duchi, Hazan and Singer 2011), as PyTorch writes it."""

from __future__ import annotations

from typing import Any

from .. import backend
from ..tensor import wrap
from .optimizer import Optimizer, check_flags, check_range, count_step, number


class Adagrad(Optimizer):
    """Steps scaled by the sum of all squared gradients so far."""

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        foreach: bool | None = None,
        *,
        maximize: bool = False,
        differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:
        check_range(lr, "Invalid learning rate")
        check_range(lr_decay, "Invalid lr_decay value")
        check_range(weight_decay, "Invalid weight_decay value")
        check_range(initial_accumulator_value, "Invalid initial_accumulator_value value")
        check_range(eps, "Invalid epsilon value")
        check_flags(fused, foreach, differentiable)
        defaults = {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)
        # PyTorch makes the sums here and not in the first step: a state_dict has them at once.
        for group in self.param_groups:
            for parameter in group["params"]:
                p = parameter._array
                full = backend.of(p).full(p.shape, initial_accumulator_value, p.dtype)
                self.state[parameter] = {
                    "step": wrap(backend.cpu.zeros((), "float32")), "sum": wrap(full),
                }  # fmt: skip

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """See the class."""
        step = count_step(state)
        if group["weight_decay"] != 0:
            g = g + group["weight_decay"] * p
        total = state["sum"]._array
        total += g * g
        rate = number(group["lr"]) / (1 + (step - 1) * group["lr_decay"])
        p -= rate * (g / (backend.of(p).sqrt(total) + group["eps"]))
