"""Values of recorded steps, kept within a budget of bytes: what `inspect` is answered from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import ndarray

from ..session.protocol import Inspection, Sample

#: Elements kept of one array.
BLOCK = 1_024
#: Side of the part of a matrix that is kept where the whole is too large.
SIDE = 32
#: Bytes that a kept array takes beside its elements.
OVERHEAD = 200

Kept = tuple[tuple[int, ...], ndarray]  # the whole shape, the leading block


def block_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The leading block of an array that is kept: the last two axes first, as an image's."""
    size = 1
    for length in shape:
        size *= length
    if size <= BLOCK:
        return shape
    if len(shape) == 1:
        return (BLOCK,)
    rows, columns = shape[-2:]
    width = min(columns, max(SIDE, BLOCK // max(rows, 1)))
    height = min(rows, BLOCK // max(width, 1))
    room = BLOCK // max(width * height, 1)
    leading = []
    for length in reversed(shape[:-2]):
        taken = max(1, min(length, room))
        leading.append(taken)
        room //= taken
    return (*reversed(leading), height, width)


def leading_block(array: Any) -> Kept:
    """A copy of the leading block of an array."""
    shape = tuple(array.shape)
    # The ellipsis keeps a scalar's array an array.
    part = array[(*(slice(length) for length in block_of(shape)), ...)]
    if not isinstance(part, ndarray):
        part = part.get()
    if part.dtype.kind == "c":
        part = np.abs(part)
    return shape, part.copy()


def sample(kept: Kept | None) -> Sample | None:
    """What was kept of an array as a message."""
    if kept is None:
        return None
    shape, block = kept
    data = block.astype(np.float64).reshape(-1)
    return Sample(list(shape), list(block.shape), data)


class Values:
    """What one step keeps: by node, its value and its gradient."""

    def __init__(self, step: int) -> None:
        self.step = step
        self.values: dict[int, Kept] = {}
        self.gradients: dict[int, Kept] = {}
        self.numbers: dict[str, int] = {}  # a node's key -> its number while the step ran
        self.bytes = 0

    def keep(self, where: dict[int, Kept], node: int, array: Any) -> None:
        kept = where[node] = leading_block(array)
        self.bytes += kept[1].nbytes + OVERHEAD


class Store:
    """The kept values of recorded steps; when full, every second of the older half goes."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.bytes = 0
        self.dropped = 0
        self._steps: dict[int, Values] = {}

    def add(self, values: Values) -> None:
        """Keep a step's values, and thin the oldest where there is no room."""
        self._steps[values.step] = values
        self.bytes += values.bytes
        while self.bytes > self.budget and len(self._steps) > 1:
            steps = list(self._steps)
            older = steps[: max(1, len(steps) // 2)]
            for step in older[::2]:
                self.bytes -= self._steps.pop(step).bytes
                self.dropped += 1

    def inspect(self, request: int, step: int, node: str, recorded: bool) -> Inspection:
        """Answer what is kept of a node at a step; else say why nothing is."""
        values = self._steps.get(step)
        if values is None:
            if recorded:
                note = f"The values of step {step} were given up: {self.budget >> 20} MB were full."
            else:
                note = f"Step {step} was not recorded."
            return Inspection(request, step, node, note)
        number = values.numbers.get(node)
        if number is None:
            return Inspection(request, step, node, f"Step {step} has no such node.")
        value, gradient = values.values.get(number), values.gradients.get(number)
        if value is None and gradient is None:
            return Inspection(request, step, node, f"Step {step} kept no values of this node.")
        note = "" if gradient is not None else "No gradient reached it in this step."
        return Inspection(request, step, node, note, sample(value), sample(gradient))
