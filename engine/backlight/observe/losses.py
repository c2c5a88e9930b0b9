"""The curves: one for each place that calls `backward()`, and the same loss without a gradient."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from types import FrameType
from typing import Any

from ..session.protocol import SeriesAdded
from .sites import Site
from .source import Program

MOST_SERIES = 1_000


class Losses:
    """Finds the losses of a program and gives each curve its number and name."""

    def __init__(
        self,
        program: Program,
        add: Callable[[Any], None],
        point: Callable[[int, int, float], None],
    ) -> None:
        self._program = program
        self._add = add
        self._point = point
        self._series: dict[tuple[Any, ...], int] = {}
        self._kinds: set[tuple[Any, ...]] = set()

    def training(
        self, site: Site, frame: FrameType | None, root: Any, value: float, step: int
    ) -> bool:
        """A point of the curve of this `backward()`; False where the call is none (`grad()`)."""
        node = site.expression
        function = getattr(node, "func", None)
        if isinstance(function, ast.Attribute) and function.attr == "backward":
            name = self._program.text_of(function.value)
            if isinstance(node, ast.Call) and node.args:  # torch.autograd.backward(loss)
                user = self._program.innermost(frame)
                found, known = self._program.value_of(function.value, user)
                if known and found is not root:
                    name = self._program.text_of(node.args[0])
        elif site.engine == "backward":
            name = ""
        else:
            return False
        self._add_point(("loss", *site.own), name or "loss", site.line, "loss", step, value)
        return True

    def again(self, roots: tuple[Any, ...], frame: FrameType | None, step: int) -> bool:
        """A point of a curve that is known; False where a closer look is needed."""
        array = roots[0]._array
        if len(roots) > 1 or array.size != 1 or array.dtype.kind == "c":
            return False
        while frame is not None and not self._program.owns(frame.f_code):
            frame = frame.f_back
        value = float(array.item())
        if frame is None or not math.isfinite(value):
            return False
        series = self._series.get(("loss", id(frame.f_code), frame.f_lasti))
        if series is None:
            return False
        self._point(series, step, value)
        return True

    def learn(self, name: str, site: Site) -> None:
        """Remember how a loss was made, to know its like."""
        self._kinds.update(self._kinds_of(name, site))

    def validation(self, name: str, site: Site, array: Any, step: int) -> bool:
        """A point of a validation curve, where a scalar was made as a loss was."""
        if not self._kinds.intersection(self._kinds_of(name, site)):
            return False
        where = self._named_place(site)
        self._add_point(
            ("validation", *where), site.target or "validation", site.line, "validation", step,
            float(array.item()),
        )  # fmt: skip
        return True

    def _kinds_of(self, name: str, site: Site) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = [("place", *site.own)]
        for each in (name, site.engine):
            if "loss" in each or "entropy" in each:
                found.append(("function", each))
        if site.expression is not None and isinstance(site.expression, (ast.Call, ast.BinOp)):
            found.append(("form", form_of(site.expression)))
        return found

    def _named_place(self, site: Site) -> tuple[Any, ...]:
        """The place of the call whose result has a name: a function may serve several curves."""
        for call, target in zip(reversed(site.calls), reversed(site.targets)):
            if target:
                return (call.place,)
        return (site.key,)

    def _add_point(
        self, key: tuple[Any, ...], name: str, line: int, kind: Any, step: int, value: float
    ) -> None:
        series = self._series.get(key)
        if series is None:
            if len(self._series) >= MOST_SERIES:
                return
            series = self._series[key] = len(self._series)
            self._add(SeriesAdded(series, name, line, kind))
        self._point(series, step, value)


def form_of(node: ast.AST) -> str:
    """An expression without the names of its variables: equal for the same calculation."""
    if isinstance(node, ast.Name):
        return "_"
    if isinstance(node, ast.Attribute):
        return f"{form_of(node.value)}.{node.attr}"
    if isinstance(node, ast.Call):
        callee = node.func.id if isinstance(node.func, ast.Name) else form_of(node.func)
        arguments = [*node.args, *(each.value for each in node.keywords)]
        # What is given to a model, or taken out of a set, does not make it another loss.
        return f"{callee}({','.join(form_of(each) for each in arguments)})"
    if isinstance(node, ast.Subscript):
        return form_of(node.value)
    inner = ",".join(form_of(each) for each in ast.iter_child_nodes(node))
    constant = repr(node.value) if isinstance(node, ast.Constant) else ""
    return f"{type(node).__name__}{constant}({inner})"
