"""Adafactor (Shazeer and Stern 2018), as PyTorch writes it."""

from __future__ import annotations

from typing import Any

from .. import backend
from ..tensor import wrap
from .optimizer import Optimizer, check_range, count_step, number, zeros_of


class Adafactor(Optimizer):
    """Adam whose mean square is kept by rows and columns, and whose steps follow the values."""

    elementwise = False

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-2,
        beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3),
        d: float = 1.0,
        weight_decay: float = 0.0,
        *,
        foreach: bool | None = None,
        maximize: bool = False,
    ) -> None:
        check_range(lr, "Learning rate should be >= 0 but is")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None:
            check_range(eps[0], "epsilon1 should be >= 0 but is")
        check_range(eps[1], "epsilon2 should be >= 0 but is")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        check_range(weight_decay, "weight_decay should be >= 0 but is")
        defaults = {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """Algorithm 4 of the paper; the means of squares in place of their sums."""
        xp, lr = backend.of(p), number(group["lr"])
        if p.dtype.kind == "c":
            raise RuntimeError("Adafactor does not support complex parameters")
        tiny, least = group["eps"]
        tiny = float(xp.finfo(p.dtype).eps) if tiny is None else tiny
        step = count_step(state)
        if step == 1:
            if p.ndim > 1:
                state["row_var"] = wrap(xp.zeros((*p.shape[:-1], 1), p.dtype))
                state["col_var"] = wrap(xp.zeros((*p.shape[:-2], 1, p.shape[-1]), p.dtype))
            else:
                state["variance"] = zeros_of(p)
        new = step ** group["beta2_decay"]
        rate = min(lr, step**-0.5) * max(least, _rms(xp, p))
        if group["weight_decay"] != 0:
            p *= 1 - lr * group["weight_decay"]
        if p.ndim > 1:
            rows, columns = state["row_var"]._array, state["col_var"]._array
            rows += new * ((g * g).mean(-1, keepdims=True) - rows)
            columns += new * ((g * g).mean(-2, keepdims=True) - columns)
            square = xp.matmul(rows, columns)
            square /= xp.maximum(rows.mean(-2, keepdims=True), tiny)
        else:
            kept = state["variance"]._array
            kept += new * (g * g - kept)
            square = kept
        change = g / xp.sqrt(xp.maximum(square, tiny * tiny))
        p -= (rate / max(1.0, _rms(xp, change) / group["d"])) * change


def _rms(xp: Any, x: Any) -> float:
    return float(xp.sqrt((x * x).mean()))
