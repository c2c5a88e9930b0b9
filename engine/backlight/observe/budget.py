"""Which steps are recorded."""

from __future__ import annotations

from collections.abc import Callable

#: Light records every step until recording has taken so many seconds, ...
FREE = 1.5
#: ... then as many as fit into this part of the time.
SHARE = 0.10


class Budget:
    """Decides at the begin of a step whether it is recorded, by the time recording has taken."""

    def __init__(self, level: str, clock: Callable[[], float]) -> None:
        self._full = level == "full"
        self._clock = clock
        self._since: float | None = None  # when the free part was used up
        self._at_since = 0.0
        self._asked = 1  # the first step always
        self.spent = 0.0

    def record_next(self, steps: int = 1) -> None:
        """Record the next steps in any case: somebody is looking."""
        self._asked = max(self._asked, steps)

    def allows(self) -> bool:
        """Whether the step that begins now is recorded."""
        asked = self._asked > 0
        self._asked = max(0, self._asked - 1)
        if self._full or asked or self.spent < FREE:
            return True
        now = self._clock()
        if self._since is None:
            self._since, self._at_since = now, self.spent
        return self.spent - self._at_since <= SHARE * (now - self._since)
