"""Adam for sparse gradients: only the rows that have one are changed."""

from __future__ import annotations

import math
from typing import Any

from .. import backend
from ..tensor import bump_version
from .optimizer import Optimizer, check_betas, number, zeros_of


class SparseAdam(Optimizer):
    """Adam whose means, too, change only where the gradient has values."""

    elementwise = False

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        maximize: bool = False,
    ) -> None:
        if not number(lr) > 0.0:
            raise ValueError(f"Invalid learning rate: {lr}")
        if not eps > 0.0:
            raise ValueError(f"Invalid epsilon value: {eps}")
        check_betas(betas)
        defaults = {"lr": lr, "betas": betas, "eps": eps, "maximize": maximize}
        super().__init__(params, defaults)
        for what, found in (
            ("Sparse params at indices {}: SparseAdam requires dense parameter tensors", "is_sparse"),
            ("Complex params at indices {}: SparseAdam does not support complex parameters", "is_complex"),
        ):  # fmt: skip
            places = [
                [k, n]
                for k, group in enumerate(self.param_groups)
                for n, p in enumerate(group["params"])
                if (p.is_complex() if found == "is_complex" else p.is_sparse)
            ]
            if places:
                raise ValueError(what.format(places))

    def _step_group(self, group: dict[str, Any]) -> None:
        for parameter in group["params"]:
            if parameter.grad is not None:
                self._step_rows(group, self.state[parameter], parameter)

    def _step_rows(self, group: dict[str, Any], state: dict[str, Any], parameter: Any) -> None:
        if not parameter.grad.is_sparse:
            raise RuntimeError(
                "SparseAdam does not support dense gradients, please consider Adam instead"
            )
        gradient = parameter.grad.coalesce()
        p = parameter._array
        if not state:
            state["step"] = 0
            state["exp_avg"] = zeros_of(p)
            state["exp_avg_sq"] = zeros_of(p)
        state["step"] += 1
        g = gradient.values()._array
        if not g.size:
            return
        if group["maximize"]:
            g = -g
        step, (beta1, beta2) = state["step"], group["betas"]
        where = tuple(gradient.indices()._array)
        means, squares = state["exp_avg"]._array, state["exp_avg_sq"]._array
        mean = means[where] + (1 - beta1) * (g - means[where])
        square = squares[where] + (1 - beta2) * (g * g - squares[where])
        means[where], squares[where] = mean, square
        rate = number(group["lr"]) * math.sqrt(1 - beta2**step) / (1 - beta1**step)
        p[where] -= rate * mean / (backend.of(p).sqrt(square) + group["eps"])
        bump_version(parameter)
