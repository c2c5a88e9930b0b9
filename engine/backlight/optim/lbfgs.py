"""Limited-memory BFGS (Nocedal 1980), with a line search after Nocedal and Wright, chapter 3."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..autograd.modes import enable_grad, no_grad
from ..ops import cat
from ..tensor import Tensor
from .optimizer import Optimizer, check_range

#: What one step hands on to the next, in PyTorch's order.
MEMORY = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")


class LBFGS(Optimizer):
    """Newton's steps, with curvature from the last `history_size` changes of the gradient.

    One step evaluates the closure many times; one group of parameters only.
    """

    def __init__(
        self,
        params: Any,
        lr: Any = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_range(lr, "Invalid learning rate")
        defaults = {
            "lr": lr, "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change,
            "history_size": history_size, "line_search_fn": line_search_fn,
        }  # fmt: skip
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    @property
    def _params(self) -> list[Tensor]:
        return self.param_groups[0]["params"]

    def _flat_gradient(self) -> Tensor:
        """The gradients of all parameters in a row; zeros where there is none."""
        return cat([
            (p.new_zeros(p.numel()) if p.grad is None else p.grad.reshape(-1))
            for p in self._params
        ])  # fmt: skip

    def _move(self, length: Any, direction: Tensor) -> None:
        start = 0
        for p in self._params:
            stop = start + p.numel()
            p.add_(direction[start:stop].view_as(p), alpha=float(length))
            start = stop

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """Iterate until a tolerance or a limit is reached; returns the first loss."""
        with no_grad():
            return self._step(enable_grad()(closure))

    def _step(self, closure: Callable[[], Any]) -> Any:
        group = self.param_groups[0]
        lr, small = group["lr"], group["tolerance_change"]
        if isinstance(lr, Tensor):
            lr = lr.squeeze()
        state = self.state[self._params[0]]  # PyTorch keeps all of it with the first one
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first = closure()
        loss, evaluations = float(first), 1
        state["func_evals"] += 1
        g = self._flat_gradient()
        if float(g.abs().max()) <= group["tolerance_grad"]:
            return first
        memory = {name: state.get(name) for name in MEMORY}
        for turn in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            self._find_direction(state, memory, g, group["history_size"])
            d = memory["d"]
            memory["prev_flat_grad"], memory["prev_loss"] = g.clone(), loss
            fresh = state["n_iter"] == 1
            t = min(1.0, 1.0 / float(g.abs().sum())) * lr if fresh else lr
            memory["t"] = t
            slope = g.dot(d)
            if slope > -small:
                break
            used, good = 0, False
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                start = [p.clone() for p in self._params]

                def at(length: Any, d: Tensor = d, start: list[Tensor] = start) -> tuple:
                    self._move(length, d)
                    value, gradient = float(closure()), self._flat_gradient()
                    for p, kept in zip(self._params, start):
                        p.copy_(kept)
                    return value, gradient

                most = group["max_eval"] - evaluations
                loss, g, t, used = strong_wolfe(at, t, d, loss, g, slope, most)
                memory["t"] = t
                self._move(t, d)
                good = float(g.abs().max()) <= group["tolerance_grad"]
            else:
                self._move(t, d)
                if turn != group["max_iter"]:
                    loss, g, used = float(closure()), self._flat_gradient(), 1
                    good = float(g.abs().max()) <= group["tolerance_grad"]
            evaluations += used
            state["func_evals"] += used
            if turn == group["max_iter"] or evaluations >= group["max_eval"] or good:
                break
            if float((d * t).abs().max()) <= small or abs(loss - memory["prev_loss"]) < small:
                break
        state.update(memory)
        return first

    def _find_direction(
        self, state: dict[str, Any], memory: dict[str, Any], g: Tensor, size: int
    ) -> None:
        """The two loops of the algorithm: minus the inverse Hessian times the gradient."""
        if state["n_iter"] == 1:
            memory.update(d=-g, t=None, old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return
        changes, steps, ro = memory["old_dirs"], memory["old_stps"], memory["ro"]
        y, s = g - memory["prev_flat_grad"], memory["d"] * memory["t"]
        ys = y.dot(s)
        if ys > 1e-10:
            if len(changes) == size:
                for kept in (changes, steps, ro):
                    kept.pop(0)
            changes.append(y)
            steps.append(s)
            ro.append(1.0 / ys)
            memory["H_diag"] = ys / y.dot(y)
        shares = state.setdefault("al", [None] * size)
        d = -g
        for k in range(len(changes) - 1, -1, -1):
            shares[k] = steps[k].dot(d) * ro[k]
            d = d - changes[k] * shares[k]
        d = d * memory["H_diag"]
        for k in range(len(changes)):
            d = d + steps[k] * (shares[k] - changes[k].dot(d) * ro[k])
        memory["d"] = d


def cubic_minimum(x1: Any, f1: Any, g1: Any, x2: Any, f2: Any, g2: Any, low: Any, high: Any) -> Any:
    """Where the cubic through two values and slopes is least, between `low` and `high`."""
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1**2 - g1 * g2
    if square < 0:
        return (low + high) / 2.0
    d2 = math.sqrt(square)
    if x1 <= x2:
        least = x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
    else:
        least = x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2))
    return min(max(least, low), high)


def strong_wolfe(
    at: Callable[[Any], tuple[float, Tensor]],
    t: Any, d: Tensor, f: float, g: Tensor, slope: Tensor, most: int,
    c1: float = 1e-4, c2: float = 0.9, small: float = 1e-9,
) -> tuple[float, Tensor, Any, int]:  # fmt: skip
    """A step length that meets both of Wolfe's conditions: the loss falls, and the slope flattens.

    at: the loss and gradient at a length along `d`. Returns loss, gradient, length, evaluations.
    """
    slope0 = float(slope)

    def look(length: Any) -> tuple[Any, float, Tensor, float]:
        value, gradient = at(length)
        return length, value, gradient, float(gradient.dot(d))

    before: tuple[Any, float, Tensor, float] = (0, f, g, slope0)
    here, count, turn, done = look(t), 1, 0, False
    bracket: list[tuple[Any, float, Tensor, float]] = []
    while turn < most:  # outwards, until two points have a good one between them
        length, value, _, steep = here
        if value > f + c1 * length * slope0 or (turn > 1 and value >= before[1]):
            bracket = [before, here]
            break
        if abs(steep) <= -c2 * slope0:
            bracket, done = [here], True
            break
        if steep >= 0:
            bracket = [before, here]
            break
        low, high = length + 0.01 * (length - before[0]), length * 10
        longer = cubic_minimum(before[0], before[1], before[3], length, value, steep, low, high)
        before, here = here, look(longer)
        count, turn = count + 1, turn + 1
    if turn == most:
        bracket = [(0, f, g, slope0), here]

    width = float(d.abs().max())
    stuck = False
    lower, upper = (0, 1) if bracket[0][1] <= bracket[-1][1] else (1, 0)
    while not done and turn < most:  # inwards
        (xa, fa, _, ga), (xb, fb, _, gb) = bracket
        low, high = min(xa, xb), max(xa, xb)
        if abs(xb - xa) * width < small:
            break
        t = cubic_minimum(xa, fa, ga, xb, fb, gb, low, high)
        edge = 0.1 * (high - low)
        if min(high - t, t - low) < edge:  # too near to an end: a tenth away, the second time
            if stuck or t >= high or t <= low:
                t = high - edge if abs(t - high) < abs(t - low) else low + edge
                stuck = False
            else:
                stuck = True
        else:
            stuck = False
        here = look(t)
        count, turn = count + 1, turn + 1
        _, value, _, steep = here
        if value > f + c1 * t * slope0 or value >= bracket[lower][1]:
            bracket[upper] = here
            lower, upper = (0, 1) if bracket[0][1] <= bracket[1][1] else (1, 0)
        else:
            if abs(steep) <= -c2 * slope0:
                done = True
            elif steep * (bracket[upper][0] - bracket[lower][0]) >= 0:
                bracket[upper] = bracket[lower]
            bracket[lower] = here
    length, value, gradient, _ = bracket[lower]
    return value, gradient, length, count
