"""What one step leaves behind while it runs: entries, statistics, the order of backward, times."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..session.protocol import STATISTICS, Numbers
from .kept import Values
from .statistics import NOTHING, Row, statistics
from .structure import Entry, ModuleCall, Plan

MOST_ENTRIES = 20_000

VALUE, GRADIENT, KEPT = 1, 2, 4


class Trace:
    """One recorded step."""

    _next = 0

    def __init__(self, step: int) -> None:
        Trace._next += 1
        self.token = Trace._next
        self.step = step
        self.entries: list[Entry] = []
        self.calls: list[ModuleCall] = []
        self.call_numbers: dict[int, int] = {}
        self.rows: list[Row] = []
        self.gradients: dict[int, Row] = {}
        self.order: list[int] = []
        self.losses: list[tuple[int, float]] = []
        self.updates: dict[int, float] = {}
        self.before: dict[int, Any] = {}  # copies of parameters while they are updated
        self.kept = Values(step)
        self.began = 0.0
        self.backward_began = 0.0
        self.times = [0.0, 0.0, 0.0]
        self.training: tuple[int, int] | None = None
        self.failure: tuple[int, int] | None = None  # the id of an exception, the entry

    @property
    def full(self) -> bool:
        return len(self.entries) >= MOST_ENTRIES

    def add(self, entry: Entry, array: Any) -> int:
        """Add an entry with its value; returns its number."""
        number = len(self.entries)
        self.entries.append(entry)
        if array is None:
            self.rows.append(NOTHING)
        else:
            self.rows.append(statistics(array))
            self.kept.keep(self.kept.values, number, array)
        return number

    def gradient(self, number: int, array: Any) -> None:
        """Note the gradient that reached an entry."""
        self.order.append(number)
        self.gradients[number] = statistics(array)
        self.kept.keep(self.kept.gradients, number, array)

    def drop_failure(self) -> None:
        """Forget an operation that raised: the program went on."""
        if self.failure is not None and self.failure[1] == len(self.entries) - 1:
            self.entries.pop()
            self.rows.pop()
        self.failure = None

    def signature(self, complete: bool) -> tuple[Any, ...]:
        """Equal for traces of the same graph."""
        return (
            tuple(entry.signature() for entry in self.entries),
            tuple(call.signature() for call in self.calls),
            tuple(number for number, _ in self.losses),
            complete,
        )

    def copy_parameters(self) -> None:
        """Copy the parameters that will be updated, to see by how much."""
        for number, entry in enumerate(self.entries):
            if entry.kind == "parameter" and number not in self.before:
                tensor = entry.tensor() if entry.tensor is not None else None
                if tensor is not None:
                    self.before[number] = tensor._array.copy()

    def measure_updates(self) -> None:
        """Compare the parameters with their copies."""
        for number, old in self.before.items():
            tensor = self.entries[number].tensor()
            if tensor is None or tensor._array.shape != old.shape:
                continue
            new = tensor._array
            if not isinstance(new, np.ndarray):
                old, new = old.get(), new.get()
            change = statistics(new - old)[0]
            weight = statistics(old)[0]
            if weight > 0:
                self.updates[number] = change / weight
        self.before.clear()

    def numbers(self, plan: Plan) -> Numbers:
        """The step's numbers, aligned with the nodes of its topology."""
        count = len(plan.keep)
        values = np.array([self.rows[i] for i in plan.keep], np.float64)
        gradients = np.full((count, len(STATISTICS)), np.nan, np.float32)
        present = np.zeros(count, np.uint8)
        for node, i in enumerate(plan.keep):
            if self.rows[i] is not NOTHING:
                present[node] |= VALUE
            if i in self.gradients:
                gradients[node] = clipped(np.array(self.gradients[i]))
                present[node] |= GRADIENT
            if i in self.kept.values or i in self.kept.gradients:
                present[node] |= KEPT
        order = [plan.place[i] for i in dict.fromkeys(self.order) if i in plan.place]
        values_of = dict(self.losses)
        return Numbers(
            step=self.step,
            topology=plan.topology.hash,
            values=clipped(values).reshape(-1),
            gradients=gradients.reshape(-1),
            present=present,
            order=np.array(order, np.int32),
            update=np.array([self.updates.get(i, np.nan) for i in plan.parameters], np.float32),
            losses=np.array([values_of[i] for i in plan.losses], np.float64),
            times=np.array(self.times, np.float32),
            histograms=np.empty(0, np.uint8),
            seconds=np.empty(0, np.float32),
        )


def clipped(values: Any) -> Any:
    """Numbers of float64 in float32: what is too large becomes the largest there is."""
    largest = float(np.finfo(np.float32).max)
    return np.clip(values, -largest, largest).astype(np.float32)
