"""Which steps are recorded."""

from __future__ import annotations

from collections.abc import Callable

#: Light takes this part of the time, ...
SHARE = 0.10
#: ... less twice what following the other steps was seen to take (as much again is lost in calls and
#: caches: `bench/recording.py`), but never less than this, ...
LEAST = 0.03
#: ... and may be so many seconds ahead of it, so that a short program is seen, too.
FREE = 0.05


class Budget:
    """Decides at the begin of a step whether it is recorded, by the time recording has taken."""

    def __init__(self, level: str, clock: Callable[[], float]) -> None:
        self._full = level == "full"
        self._clock = clock
        self._began = clock()
        self._asked = 1  # the first step always
        self._given = True  # this step is recorded in any case: what it takes is not the budget's
        self._recording = 0.0  # seconds that the other recorded steps took
        self._asked_for = 0.0  # ... and those that were asked for
        self._following = 0.0  # ... and those that were only counted

    def record_next(self, steps: int = 1) -> None:
        """Record the next steps in any case: somebody is looking."""
        self._asked = max(self._asked, steps)

    def charge(self, seconds: float, recorded: bool) -> None:
        """Note what was spent on a step."""
        if recorded and self._given:  # the first one makes caches that all others use
            self._asked_for += seconds
        elif recorded:
            self._recording += seconds
        else:
            self._following += seconds

    @property
    def share(self) -> float:
        """The part of the time so far that recording took."""
        spent = self._recording + self._asked_for + self._following
        return max(0.0, spent / max(self._clock() - self._began, 1e-9))

    def allows(self) -> bool:
        """Whether the step that begins now is recorded."""
        self._given = self._asked > 0
        if self._given:
            self._asked -= 1
            return True
        if self._full:
            return True
        elapsed = self._clock() - self._began
        room = max(SHARE * elapsed - 2 * self._following, LEAST * elapsed)
        return self._recording <= room + FREE
