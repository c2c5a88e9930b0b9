"""Small parameters in one row, so that a rule runs once for all of them.

A rule of ten array operations on six small parameters costs sixty calls that do next to nothing; on
their values in a row it costs ten. The state lies in a row, too, and each parameter's own state has
a window of it. Parameters stay where they are: their values are gathered before and handed back
after, for anything may share their memory.
"""

from __future__ import annotations

from typing import Any

from .. import backend
from ..tensor import Tensor, bump_version, wrap

#: Elements up to which a parameter is small: above, its own operations outweigh their calls.
SMALL = 16_384


class Pack:
    """Parameters of one group that are updated together, and those that are not."""

    def __init__(
        self, state: dict[Any, dict[str, Any]], active: list[Tensor], elementwise: bool = True
    ) -> None:
        self.active = active
        for p in active:
            state[p]
        # The state of a 0-d parameter looks like a shared number: it is packed at its first step.
        small = [p for p in active if p._array.size <= SMALL and (p._array.ndim or not state[p])]
        alike = [p for p in small if _signature(p, state) == _signature(small[0], state)]
        packed = alike if elementwise and len(alike) > 1 else []
        together = {id(p) for p in packed}
        self.packed = packed
        self.single = [p for p in active if id(p) not in together]
        for p in self.single:
            _part(state[p])
        if not packed:
            return
        self.xp = backend.of(packed[0]._array)
        self.dtype = packed[0]._array.dtype
        self.shapes = [p._array.shape for p in packed]
        self.ends = [0]
        for p in packed:
            self.ends.append(self.ends[-1] + p._array.size)
        self.values = self.xp.empty(self.ends[-1], self.dtype)
        self.gradient = self.xp.empty(self.ends[-1], self.dtype)
        self.windows = self._windows(self.values)
        self.own = [state[p] for p in packed]
        self.state: dict[str, Any] = {}  # what the rule sees as the state of the whole row
        self.links: list[tuple[dict, str, Any]] = []
        for name, first in self.own[0].items():
            self._take_in(name, first, packed[0])

    def _windows(self, row: Any) -> list[Any]:
        return [
            row[start:stop].reshape(shape)
            for start, stop, shape in zip(self.ends, self.ends[1:], self.shapes)
        ]

    def _take_in(self, name: str, first: Any, parameter: Tensor) -> None:
        """Make a row of one state of all parameters; what is no array per element is shared."""
        if isinstance(first, Tensor) and first._array.shape == parameter._array.shape != ():
            parts = [own[name]._array for own in self.own]
            self.state[name] = wrap(self.xp.concatenate(parts, axis=None).astype(self.dtype))
        elif isinstance(first, Tensor):
            self.state[name] = first.detach().clone()
        else:
            self.state[name] = first
        self._hand_out(name)

    def _hand_out(self, name: str) -> None:
        """Give each parameter's own state its window of a row."""
        row = self.state[name]
        whole = isinstance(row, Tensor) and row._array.shape == self.values.shape
        parts = [wrap(w) for w in self._windows(row._array)] if whole else [row] * len(self.own)
        for own, part in zip(self.own, parts):
            own[name] = part
            self.links.append((own, name, part))

    def fits(self, state: dict[Any, dict[str, Any]], active: list[Tensor]) -> bool:
        """Tell whether parameters, their arrays and their states are still the ones packed."""
        if len(active) != len(self.active):
            return False
        for a, b in zip(active, self.active):
            if a is not b:
                return False
        if not self.packed:
            return True
        for parameter, own, shape in zip(self.packed, self.own, self.shapes):
            array = parameter._array
            if state.get(parameter) is not own or array.shape != shape:
                return False
            if array.dtype != self.dtype or len(own) != len(self.state):
                return False
        for own, name, part in self.links:
            if own.get(name) is not part:
                return False
        return True

    def update(self, rule: Any, group: dict[str, Any], maximize: bool) -> None:
        """Run the rule on the row, and give each parameter its new values."""
        xp, values, gradient = self.xp, self.values, self.gradient
        xp.concatenate([p._array for p in self.packed], axis=None, out=values)
        xp.concatenate([p._grad._array for p in self.packed], axis=None, out=gradient)
        known = len(self.state)
        rule(group, self.state, values, -gradient if maximize else gradient)
        if len(self.state) != known:  # the first step made them
            for name in list(self.state)[known:]:
                self._hand_out(name)
        for parameter, window in zip(self.packed, self.windows):
            parameter._array[...] = window
            bump_version(parameter)


def _part(own: dict[str, Any]) -> None:
    """Give a parameter that was packed once a copy of what it shared with others."""
    for name, value in own.items():
        if isinstance(value, Tensor) and not value._array.ndim:
            own[name] = value.detach().clone()


def _signature(parameter: Tensor, state: dict[Any, dict[str, Any]]) -> Any:
    """What must be equal for parameters to be updated together."""
    own = state[parameter]
    step = own.get("step")
    array = parameter._array
    return (
        array.dtype,
        backend.device_of(array),
        tuple(own),
        float(step._array) if isinstance(step, Tensor) else step,
        tuple(id(v) for v in own.values() if not isinstance(v, Tensor)),
    )
