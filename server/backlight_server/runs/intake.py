"""Takes what a program sends, and trusts none of it.

User code shares a process with the session, so any line on the event pipe may be forged. A line is
an envelope with an event of a known type, in strict JSON and within bounds, or it is dropped; its
run id and number are made anew by the log. Budgets are counted here; who acts on them is the
supervisor.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any, get_args

from backlight.session import protocol

from ..sandbox.policy import Policy

#: Every type an event may have.
TYPES = frozenset(cls.__dataclass_fields__["type"].default for cls in get_args(protocol.Event))

#: Every state a run may enter (a tuple: what is looked up may be anything).
STATES = get_args(protocol.State)

#: States that end a program; the child stays on only to answer `inspect`.
TERMINAL = frozenset({"finished", "failed", "stopped", "lost"})


class OverBudget(Exception):
    """A run sent more than its policy allows; `reason` is the protocol's word for what."""

    def __init__(self, reason: protocol.Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def parse(line: bytes) -> dict[str, Any] | None:
    """Return the event in a line, or None where the line is not one."""
    try:
        envelope = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None
    event = envelope.get("event") if isinstance(envelope, dict) else None
    if not isinstance(event, dict):
        return None
    kind = event.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        return None
    if kind == "state" and event.get("state") not in STATES:
        return None
    return event


class Intake:
    """Joins pieces of the event pipe to lines, and counts them against the policy."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._rest = bytearray()
        self.events = 0
        self.bytes = 0
        self.output = 0
        self._allowance = float(policy.event_rate)  # bytes that may come at once
        self._filled = time.monotonic()

    def feed(self, piece: bytes) -> Iterator[dict[str, Any]]:
        """Yield the events that are complete now; raise OverBudget after the last that fits."""
        self.bytes += len(piece)
        self._allowance -= len(piece)
        if self.bytes > self._policy.event_bytes:
            raise OverBudget("events")
        start = 0
        while (end := piece.find(b"\n", start)) >= 0:
            self._rest += piece[start:end]
            line, self._rest, start = bytes(self._rest), bytearray(), end + 1
            self.events += 1  # a line that is none costs as much as one
            if self.events > self._policy.events or len(line) > self._policy.line:
                raise OverBudget("events")
            event = parse(line)
            if event is not None:
                self._count_output(event)
                yield event
        self._rest += piece[start:]
        if len(self._rest) > self._policy.line:
            raise OverBudget("events")

    def text(self, stream: str, piece: bytes) -> dict[str, Any]:
        """Return what a process wrote past sys.stdout as an event; raise OverBudget."""
        event = {"stream": stream, "text": piece.decode(errors="replace"), "type": "output"}
        self.events += 1
        self._count_output(event)
        return event

    def _count_output(self, event: dict[str, Any]) -> None:
        if event["type"] == "output":
            self.output += len(str(event.get("text", "")).encode(errors="replace"))
            if self.output > self._policy.output:
                raise OverBudget("output")

    def delay(self) -> float:
        """Return for how many seconds the program should be left waiting at its pipe."""
        now = time.monotonic()
        rate = self._policy.event_rate
        self._allowance = min(rate, self._allowance + (now - self._filled) * rate)
        self._filled = now
        return max(0.0, -self._allowance / rate)
