"""The browser's entry: `start(channel)` connects a session to the worker's channel.

The page's frame makes the tick itself, through the interrupt buffer.
"""

from __future__ import annotations

import json
from typing import Any

from .runner import Session
from .transport import WorkerTransport


class WorkerSession:
    """What the worker calls."""

    def __init__(self, channel: Any) -> None:
        self._session = Session(WorkerTransport(channel), memory=64 << 20, sleep=True)

    def command(self, text: str) -> None:
        """Carry out one command; for `run` that is until the program has ended."""
        self._session.command(json.loads(text))


def start(channel: Any) -> WorkerSession:
    """Make the one session of this worker."""
    return WorkerSession(channel)
