"""All runs of this server: admits, queues, starts, finds and forgets them.

No more run at once than the settings say, in all and for each principal; the others wait in order
of arrival and are told how many are ahead. Ended runs stay readable for a while, the newest few
with their process, so that their recorded values can still be inspected.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque

from backlight.session import protocol

from ..sandbox.policy import Policy
from ..sandbox.pool import Pool
from ..settings import Settings
from .log import EventLog
from .run import Phase, Run, sentence, state
from .supervisor import Supervisor

log = logging.getLogger("backlight_server.runs")


class QueueFull(Exception):
    """No more runs may wait."""


class UnknownRun(Exception):
    """No such run, or it was forgotten."""


class RunOver(Exception):
    """The run can no longer take this command."""


class Manager:
    """Owns every run; safe to call from any thread."""

    def __init__(self, settings: Settings, policy: Policy, pool: Pool) -> None:
        self._settings = settings
        self._policy = policy
        self._pool = pool
        self._lock = threading.RLock()
        self._runs: dict[str, Run] = {}  # in order of arrival
        self._queue: deque[Run] = deque()
        self._running: dict[str, str] = {}  # run -> its principal
        self._threads: dict[str, threading.Thread] = {}
        self._closing = False

    def submit(self, principal: str, request: protocol.Run) -> Run:
        """Take a run in; it starts now or when its turn comes. Raises QueueFull."""
        with self._lock:
            waiting = sum(run.principal == principal for run in self._queue)
            if (
                self._closing
                or len(self._queue) >= self._settings.queue
                or (waiting >= self._settings.queue_each)
            ):
                raise QueueFull
            identity = secrets.token_hex(12)
            run = Run(
                identity, principal, request, EventLog(identity, self._settings.log_mib << 20)
            )
            self._runs[identity] = run
            self._queue.append(run)
            log.info("run_taken", extra={"run": identity, "bytes": len(request.code)})
            self._advance()
            self._forget()
        return run

    def get(self, principal: str, identity: str) -> Run:
        """Return a principal's run; raise UnknownRun also where it is someone else's."""
        run = self._runs.get(identity)
        if run is None or run.principal != principal:
            raise UnknownRun
        return run

    def command(self, run: Run, command: protocol.Command) -> None:
        """Hand a command to a run; raise RunOver where it cannot take it any more."""
        with self._lock:
            phase = run.phase
            stop = isinstance(command, protocol.Stop)
            if phase is Phase.QUEUED and stop:
                self._withdraw(run, "user")
            elif phase is Phase.RUNNING or (
                phase is Phase.ENDED and isinstance(command, protocol.Inspect)
            ):
                run.wish(command)
            elif not stop:  # stopping what is over is no mistake
                raise RunOver(phase)

    def close(self, run: Run) -> None:
        """End a run, its process, and every memory of it."""
        with self._lock:
            self._runs.pop(run.id, None)
            if run.phase is Phase.QUEUED:
                self._withdraw(run, "user")
            else:
                run.request_close("user")

    def shutdown(self) -> None:
        """End all runs, and return when their processes are gone."""
        with self._lock:
            self._closing = True
            for run in list(self._queue):
                self._withdraw(run, "shutdown")
            for run in self._runs.values():
                run.request_close("shutdown")
            threads = list(self._threads.values())
        for thread in threads:
            thread.join(5)
        self._pool.close()

    @property
    def load(self) -> dict[str, int]:
        """Say how many run and wait."""
        return {"running": len(self._running), "queued": len(self._queue)}

    def _advance(self) -> None:
        """Start what may start, and tell the others where they stand."""
        for run in list(self._queue):
            mine = sum(principal == run.principal for principal in self._running.values())
            full = len(self._running) >= self._settings.running
            if not full and mine < self._settings.running_each:
                self._queue.remove(run)
                self._start(run)
        for ahead, run in enumerate(self._queue):
            ahead += 1  # what runs now counts, too
            if run.ahead == ahead:
                continue
            run.ahead = ahead
            text = f"{ahead} run{'s' * (ahead != 1)} ahead of this one."
            run.log.append(state("queued", text=text))

    def _start(self, run: Run) -> None:
        run.phase = Phase.RUNNING
        self._running[run.id] = run.principal
        supervisor = Supervisor(run, self._policy, self._program_over)
        taken = self._pool.take()

        def lead() -> None:
            try:
                supervisor.lead(taken)
            finally:
                self._program_over(run)
                with self._lock:
                    self._threads.pop(run.id, None)

        thread = threading.Thread(target=lead, name=f"run-{run.id}", daemon=True)
        self._threads[run.id] = thread
        thread.start()

    def _withdraw(self, run: Run, reason: protocol.Reason) -> None:
        """End a run that has not begun."""
        self._queue.remove(run)
        run.log.append(state("stopped", reason, sentence(reason, self._policy)))
        run.closed()
        self._advance()

    def _program_over(self, run: Run) -> None:
        """Give a run's place to the next, and let the oldest kept process go."""
        with self._lock:
            if run.id in self._running:
                del self._running[run.id]
                if not self._closing:
                    self._advance()
            kept = [r for r in self._runs.values() if r.phase is Phase.ENDED]
            kept.sort(key=lambda r: r.ended_at)
            for old in kept[: max(0, len(kept) - self._settings.kept)]:
                old.request_close("user")

    def _forget(self) -> None:
        """Drop the logs of runs closed long ago, and of the oldest beyond the bound."""
        closed = [r for r in self._runs.values() if r.phase is Phase.CLOSED]
        now = time.monotonic()
        for index, run in enumerate(closed):
            stale = now - run.created > self._settings.remember_seconds
            if stale or index < len(closed) - self._settings.remembered:
                del self._runs[run.id]
