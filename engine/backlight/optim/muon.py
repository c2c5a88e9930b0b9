"""Muon (Jordan et al. 2024): momentum, made orthogonal."""

from __future__ import annotations

import math
from typing import Any

from .. import backend, errors
from .optimizer import Optimizer, check_range, number, zeros_of

#: Of the iteration x -> a x + b x x' x + c x (x' x)^2, steepest at zero (Jordan et al.).
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


class Muon(Optimizer):
    """Steps along the nearest orthogonal matrix to the momentum; for matrices only."""

    elementwise = False

    def __init__(
        self,
        params: Any,
        lr: Any = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = COEFFICIENTS,
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
    ) -> None:
        check_range(lr, "Learning rate should be >= 0 but is")
        check_range(momentum, "momentum should be >= 0 but is")
        check_range(weight_decay, "weight decay should be >= 0 but is")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }  # fmt: skip
        super().__init__(params, defaults)
        for group in self.param_groups:
            for p in group["params"]:
                if p.ndim != 2:
                    raise ValueError(
                        "Muon only supports 2D parameters whereas we found a parameter with size: "
                        f"torch.Size({errors.size(p.shape)})"
                    )

    def update(self, group: dict[str, Any], state: dict[str, Any], p: Any, g: Any) -> None:
        """See the class."""
        if p.dtype.kind == "c":
            raise RuntimeError("Muon does not support complex parameters")
        lr, momentum = number(group["lr"]), group["momentum"]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = zeros_of(g)
        mean = state["momentum_buffer"]._array
        mean += (1 - momentum) * (g - mean)
        ahead = g + momentum * (mean - g) if group["nesterov"] else mean
        change = orthogonal(ahead, group["ns_coefficients"], group["ns_steps"], group["eps"])
        rows, columns = p.shape
        if group["adjust_lr_fn"] == "match_rms_adamw":
            rate = lr * 0.2 * math.sqrt(max(rows, columns))
        else:
            rate = lr * math.sqrt(max(1, rows / columns))
        p *= 1 - lr * group["weight_decay"]
        p -= rate * change.astype(p.dtype)


def orthogonal(matrix: Any, coefficients: Any, steps: int, eps: float) -> Any:
    """Push all singular values towards one by Newton and Schulz's iteration, in bfloat16."""
    if steps >= 100:
        raise ValueError("Number of steps must be less than 100 for computational efficiency")
    if len(coefficients) != 3:
        raise ValueError("Coefficients must be a tuple of exactly 3 values")
    xp = backend.of(matrix)
    a, b, c = coefficients
    wide = matrix.shape[0] <= matrix.shape[1]
    x = _bfloat16(xp, matrix if wide else matrix.T)
    x = _bfloat16(xp, x / xp.maximum(_bfloat16(xp, xp.sqrt((x * x).sum())), eps))
    for _ in range(steps):
        gram = _bfloat16(xp, x @ x.T)
        change = _bfloat16(xp, b * gram + c * (gram @ gram))
        x = _bfloat16(xp, a * x + change @ x)
    return x if wide else x.T


def _bfloat16(xp: Any, x: Any) -> Any:
    """Numbers rounded to bfloat16 (8 bits, to even), in float32."""
    bits = xp.ascontiguousarray(x, dtype="float32").view("uint32")
    kept = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000
    return kept.astype("uint32").view("float32").reshape(xp.shape(x))
