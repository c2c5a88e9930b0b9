"""The operations: rows of one table, and functions written over them.

`backlight.ops.mul` is the function of the row `mul`; rows whose name begins with an underscore are
the engine's own and are found by `row("_softmax")`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import (
    apply,
    convolution,
    elementwise,
    indexing,
    linalg,
    losses,
    movement,
    normalization,
    padding,
    pooling,
    reduction,
    sorting,
    stamp,
)
from .stamp import source
from .table import FUNCTIONS, METHODS, ROWS, TOP, Row

__all__ = [
    "FUNCTIONS", "METHODS", "ROWS", "TOP", "Row", "apply", "convolution", "elementwise", "indexing", "linalg", "losses",
    "movement", "normalization", "padding", "pooling", "reduction", "row", "sorting", "source", "stamp",
]  # fmt: skip


def row(name: str) -> Callable:
    """The function of a row by its name, the engine's own rows, too."""
    return ROWS[name].function


def __getattr__(name: str) -> Any:
    try:
        return FUNCTIONS[name]
    except KeyError:
        raise AttributeError(f"backlight.ops has no operation {name!r}") from None
