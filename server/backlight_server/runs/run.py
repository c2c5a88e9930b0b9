"""One run as the rest of the server sees it: what was asked, where it stands, what it said."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from backlight.session import protocol

from ..sandbox.policy import MIB, Policy
from ..sandbox.process import Ending
from .log import EventLog


class Phase(StrEnum):
    """Where a run stands; it only moves downwards."""

    QUEUED = "queued"
    RUNNING = "running"
    ENDED = "ended"  # the program is over, its process answers `inspect`
    CLOSED = "closed"


@dataclass(slots=True)
class Run:
    """A run. Its supervisor alone moves it on; others leave wishes here."""

    id: str
    principal: str
    request: protocol.Run
    log: EventLog
    phase: Phase = Phase.QUEUED
    created: float = field(default_factory=time.monotonic)
    ended_at: float = 0.0
    ahead: int = 0  # runs that go first, as last told
    _wishes: deque[protocol.Command] = field(default_factory=deque)
    _close: protocol.Reason = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _wake: tuple[int, int] | None = field(default_factory=os.pipe)

    def __post_init__(self) -> None:
        assert self._wake
        for fd in self._wake:
            os.set_blocking(fd, False)

    @property
    def wake_fd(self) -> int:
        """Readable when there is a wish."""
        assert self._wake
        return self._wake[0]

    def wish(self, command: protocol.Command) -> None:
        """Leave a command for the program."""
        with self._lock:
            self._wishes.append(command)
            self._ring()

    def request_close(self, reason: protocol.Reason) -> None:
        """Ask for the end of the program and its process, without ceremony."""
        with self._lock:
            self._close = self._close or reason
            self._ring()

    @property
    def closing(self) -> protocol.Reason:
        """Why the run is to be closed; empty while it is not."""
        return self._close

    def take_wishes(self) -> list[protocol.Command]:
        """Return what was asked since the last call."""
        with self._lock:
            if self._wake:
                try:
                    os.read(self._wake[0], 4096)
                except BlockingIOError:
                    pass
            wishes, self._wishes = list(self._wishes), deque()
        return wishes

    def _ring(self) -> None:
        if self._wake:
            try:
                os.write(self._wake[1], b"!")
            except BlockingIOError:
                pass  # rung often enough

    def closed(self) -> None:
        """Mark the run as over for good."""
        with self._lock:
            self.phase = Phase.CLOSED
            if self._wake:
                for fd in self._wake:
                    os.close(fd)
                self._wake = None
        self.log.end()


def state(
    name: protocol.State,
    reason: protocol.Reason = "",
    text: str = "",
    elapsed: float = 0.0,
    step: int = 0,
) -> dict[str, Any]:
    """Return a state event, as it goes into the log."""
    return {
        "state": name,
        "reason": reason,
        "text": text,
        "elapsed": round(elapsed, 3),
        "step": step,
        "type": "state",
    }


def sentence(reason: protocol.Reason, policy: Policy) -> str:
    """Say why a run ended, with the limit and the setting that moves it."""
    budget = f"{policy.events:,}, {policy.event_bytes / MIB:g} MiB"
    sentences: dict[str, str] = {
        "wall": f"The run took its {policy.wall:g} s of time (setting wall_seconds).",
        "cpu": f"The run used its {policy.cpu:g} s of processor time (setting cpu_seconds).",
        "memory": f"The program needed more than its {policy.memory / MIB:g} MiB of memory "
        "(setting memory_mib).",
        "output": f"The program printed more than {policy.output / MIB:g} MiB "
        "(setting output_mib).",
        "events": f"The program sent more events than a run may ({budget}; settings events, "
        "event_mib).",
        "processes": "The program kept starting processes or threads beyond its "
        f"{policy.processes} (setting processes).",
        "user": "Stopped.",
        "shutdown": "The server is shutting down.",
    }
    return sentences.get(reason, "")


def conclusion(
    wanted: protocol.Reason, ending: Ending, policy: Policy, elapsed: float, step: int
) -> dict[str, Any]:
    """Return the last state of a run whose program did not report one.

    `wanted` is why the supervisor ended it, empty where it ended by itself.
    """
    reason = wanted
    if not reason:
        # Where nobody counts, the kernel's limit on each process is all that kills, and it kills
        # nobody sooner.
        cpu = elapsed if ending.usage.cpu is None else ending.usage.cpu
        if ending.usage.out_of_memory:
            reason = "memory"
        elif ending.signal == 24 or (ending.signal == 9 and cpu >= policy.cpu):
            reason = "cpu"
    if reason:
        return state("stopped", reason, sentence(reason, policy), elapsed, step)
    if ending.signal:
        text = f"The interpreter was ended by signal {ending.signal}"
        text += " (a segmentation fault)." if ending.signal == 11 else "."
    else:
        text = f"The program ended its interpreter itself (exit code {ending.exit_code})."
    return state("lost", "crash", text, elapsed, step)
