"""Values of recorded steps, kept within a budget of bytes: what `inspect` is answered from."""

from __future__ import annotations

from heapq import heapify, heappop, heapreplace
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
#: The part of the kept steps, the newest, that is not thinned.
NEWEST = 0.1

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
    """The kept values of recorded steps.

    When it is full, the newest steps stay whole and the older ones get ever sparser: what goes first
    is the step whose neighbours are nearest in proportion, so what stays is spaced evenly on a log
    axis, as in the page (`web/src/state/recording.ts`).
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.bytes = 0
        self.dropped = 0
        self._steps: dict[int, Values] = {}
        self._recorded = bytearray()  # a bit for each step that ever was

    def add(self, values: Values) -> None:
        """Keep a step's values, and thin the older ones where there is no room."""
        step = values.step
        old = self._steps.pop(step, None)
        self.bytes += values.bytes - (0 if old is None else old.bytes)
        self._steps[step] = values
        self._recorded.extend(bytes(max(0, (step >> 3) + 1 - len(self._recorded))))
        self._recorded[step >> 3] |= 1 << (step & 7)
        if self.bytes > self.budget:
            self._thin()

    def _thin(self) -> None:
        """Make room, a tenth more than is needed: so much at once costs little for each step."""
        steps, goal = sorted(self._steps), 0.9 * self.budget
        before, after = list(range(-1, len(steps) - 1)), list(range(1, len(steps) + 1))

        def gap(i: int) -> float:
            return (steps[after[i]] - steps[before[i]]) / (steps[i] + 1)

        heap = [(gap(i), i) for i in range(1, int((1 - NEWEST) * len(steps)))]
        heapify(heap)
        while heap and self.bytes > goal:
            was, i = heap[0]
            if (now := gap(i)) > was:  # a neighbour went since
                heapreplace(heap, (now, i))
                continue
            heappop(heap)
            after[before[i]], before[after[i]] = after[i], before[i]
            self._drop(steps[i])
        for step in sorted(self._steps)[:-1]:
            if self.bytes <= self.budget:
                break
            self._drop(step)

    def _drop(self, step: int) -> None:
        self.bytes -= self._steps.pop(step).bytes
        self.dropped += 1

    def recorded(self, step: int) -> bool:
        """Whether a step was recorded, kept or not."""
        at = step >> 3
        return 0 <= at < len(self._recorded) and bool(self._recorded[at] >> (step & 7) & 1)

    def inspect(self, request: int, step: int, node: str) -> Inspection:
        """Answer what is kept of a node at a step; else say why nothing is."""
        values = self._steps.get(step)
        if values is None:
            if self.recorded(step):
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
