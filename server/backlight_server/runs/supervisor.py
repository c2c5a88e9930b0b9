"""Leads one run through its child: passes events on, commands in, and ends it where it must end.

One thread for each run owns the child's pipes, so nothing here needs a lock. The program may be
hostile: its pipes may be held open, flooded or closed, its last words forged. What counts is what
the process does, the clock, and the group's counters.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import os
import selectors
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

from backlight.session import protocol

from ..sandbox.policy import Policy
from ..sandbox.process import Child, ChildFailed
from .intake import TERMINAL, Intake, OverBudget
from .log import LogFull
from .run import Phase, Run, conclusion, sentence, state

log = logging.getLogger("backlight_server.runs")

TICK = 0.1  # seconds between looks at the clock and the counters
PIECE = 1 << 18
RAW_TEXT = 1 << 16  # bytes gathered of what a process writes past sys.stdout, at most a tick
REFUSED_PROCESSES = 200  # forks that fail before a run counts as a fork bomb
IDLE_CPU = 10.0  # seconds an ended program may still use, answering `inspect`
COMMANDS = 4 << 20  # bytes of commands a program may leave unread


class Supervisor:
    """Runs a run to its end, in the calling thread."""

    def __init__(self, run: Run, policy: Policy, program_over: Callable[[Run], None]) -> None:
        self.run = run
        self._policy = policy
        self._program_over = program_over
        self._intake = Intake(policy)
        self._raw = {"stdout": bytearray(), "stderr": bytearray()}
        self._pending = bytearray()  # commands the pipe had no room for
        self._stopping: protocol.Reason = ""  # the interrupt was sent
        self._killed: protocol.Reason = ""  # the process was ended
        self._kill_at = float("inf")
        self._concluded = False
        self._started = time.monotonic()
        self._step = 0
        self._keep_until = float("inf")
        self._cpu_at_end = 0.0
        self._listen_again = 0.0
        self._selector = selectors.DefaultSelector()

    def lead(self, taken: Future[Child]) -> None:
        """Wait for the child, then lead the run until it is closed."""
        child = None
        try:
            child = self._wait_for_child(taken)
            if child is not None:
                self._lead(child)
        except ChildFailed as e:
            self._conclude(state("lost", "crash", f"The server could not start a program: {e}"))
        except Exception:
            log.exception("supervisor_failed", extra={"run": self.run.id})
            self._conclude(state("lost", "crash", "The server failed while it led this run."))
        finally:
            self._selector.close()
            if child is not None:
                child.close()
            self.run.closed()

    def _wait_for_child(self, taken: Future[Child]) -> Child | None:
        """Return the child, or None where the run was ended before it had one."""
        while True:
            try:
                return taken.result(TICK)
            except CancelledError:
                return None
            except FutureTimeout:
                pass
            stopped = any(isinstance(w, protocol.Stop) for w in self.run.take_wishes())
            reason: protocol.Reason = self.run.closing or ("user" if stopped else "")
            if reason:
                if not taken.cancel():
                    taken.result().close()
                self._conclude(state("stopped", reason, sentence(reason, self._policy)))
                return None

    def _lead(self, child: Child) -> None:
        self._child = child
        self._started = time.monotonic()
        os.set_blocking(child.commands, False)
        self._streams = {child.events: "", child.stdout: "stdout", child.stderr: "stderr"}
        for fd in self._streams:
            os.set_blocking(fd, False)
            self._selector.register(fd, selectors.EVENT_READ)
        self._selector.register(self.run.wake_fd, selectors.EVENT_READ)
        self._send(dataclasses.replace(self.run.request, run=self.run.id))

        next_look = 0.0
        while True:
            for key, _ in self._selector.select(self._patience()):
                if key.fd in self._streams:
                    self._read(key.fd)
                elif key.fd == child.commands:
                    self._flush()
            self._heed_wishes()
            now = time.monotonic()
            if now >= next_look:
                next_look = now + TICK
                self._look(now)
            if child.ended():
                break
        for fd in list(self._streams):  # what was still under way
            while fd in self._streams and not self._killed and self._read(fd):
                pass
        self._show_raw()
        self._note_process_end()

    def _patience(self) -> float:
        """Return how long to wait for the pipes: until the next thing that is due."""
        if self._child.events not in self._streams:
            return 0.01  # it closed its pipe, so it is about to end
        now = time.monotonic()
        due = min(self._kill_at, now + TICK)
        if self._listen_again:
            due = min(due, self._listen_again)
        return max(0.0, due - now)

    # Out of the program -------------------------------------------------------------------

    def _read(self, fd: int) -> bool:
        """Take what a pipe holds; False where it holds nothing now."""
        try:
            piece = os.read(fd, PIECE)
        except BlockingIOError:
            return False
        if not piece:
            self._deafen(fd)
            del self._streams[fd]
            return False
        try:
            stream = self._streams[fd]
            if stream:
                self._raw[stream] += piece
                if len(self._raw[stream]) > RAW_TEXT:
                    self._show_raw()
            else:
                for event in self._intake.feed(piece):
                    self._accept(event)
                if delay := self._intake.delay():
                    self._listen_again = time.monotonic() + delay
                    self._deafen(fd)
        except OverBudget as e:
            self._kill(e.reason)
        except LogFull:
            self._kill("events")
        return True

    def _show_raw(self) -> None:
        """Log the text that came past the session; a traceback comes in a hundred pieces."""
        try:
            for stream, piece in self._raw.items():
                if piece:
                    self._accept(self._intake.text(stream, bytes(piece)))
                    piece.clear()
        except OverBudget as e:
            self._kill(e.reason)
        except LogFull:
            self._kill("events")

    def _deafen(self, fd: int) -> None:
        with contextlib.suppress(KeyError):
            self._selector.unregister(fd)

    def _accept(self, event: dict[str, Any]) -> None:
        """Put one event of the program into the log, if it may say that now."""
        if self._killed or (self._concluded and event["type"] != "inspection"):
            return
        if event["type"] == "progress" and isinstance(event.get("step"), int):
            self._step = event["step"]
        if event["type"] == "state":
            if self._stopping not in ("", "user") and event.get("state") in TERMINAL:
                # The session knows only that it was interrupted; we know why.
                event = state("stopped", self._stopping, sentence(self._stopping, self._policy))
                event |= {"elapsed": round(self._elapsed(), 3), "step": self._step}
            if event.get("state") in TERMINAL:
                self._conclude(event)
                return
        with contextlib.suppress(ValueError, RecursionError):  # a number JSON does not have
            self.run.log.append(event)

    def _conclude(self, event: dict[str, Any]) -> None:
        """Log the state that ends the program, once, and let the next run begin."""
        if self._concluded:
            return
        self._concluded = True
        try:
            self.run.log.append(event)
        except (ValueError, RecursionError, LogFull):
            self.run.log.append(state("stopped", "events", sentence("events", self._policy)))
        self._kill_at = float("inf")
        self._keep_until = time.monotonic() + self._policy.keep
        if self.run.phase is not Phase.CLOSED:
            self.run.phase = Phase.ENDED
        self.run.ended_at = time.monotonic()
        log.info(
            "run_ended",
            extra={
                "run": self.run.id,
                "state": str(event.get("state"))[:16],
                "reason": str(event.get("reason"))[:16],
                "seconds": round(self._elapsed(), 3),
                "events": self._intake.events,
                "bytes": self._intake.bytes,
            },
        )
        self._program_over(self.run)

    # Into the program ---------------------------------------------------------------------

    def _heed_wishes(self) -> None:
        for command in self.run.take_wishes():
            if isinstance(command, protocol.Stop):
                self._stop("user")
            elif isinstance(command, protocol.Inspect) or not self._concluded:
                if self._concluded:
                    self._keep_until = time.monotonic() + self._policy.keep
                self._send(command)
        if self.run.closing and not self._killed:
            self._kill(self.run.closing)

    def _send(self, command: protocol.Command) -> None:
        line = json.dumps(dataclasses.asdict(command) | {"run": self.run.id}).encode() + b"\n"
        if len(self._pending) + len(line) <= COMMANDS:  # else it has long stopped reading
            self._pending += line
        self._flush()

    def _flush(self) -> None:
        while self._pending:
            try:
                written = os.write(self._child.commands, self._pending)
            except BlockingIOError:
                with contextlib.suppress(KeyError):
                    self._selector.register(self._child.commands, selectors.EVENT_WRITE)
                return
            except BrokenPipeError:
                self._pending.clear()
                break
            del self._pending[:written]
        self._deafen(self._child.commands)

    # Ends ---------------------------------------------------------------------------------

    def _stop(self, reason: protocol.Reason) -> None:
        """Interrupt the program, and end it where that has no effect in time."""
        if self._stopping or self._concluded:
            return
        self._stopping = reason
        text = "" if reason == "user" else sentence(reason, self._policy)
        self.run.log.append(state("stopping", reason, text, self._elapsed(), self._step))
        self._kill_at = time.monotonic() + self._policy.grace
        self._send(protocol.Stop(self.run.id))

    def _kill(self, reason: protocol.Reason) -> None:
        if not self._killed:
            self._killed = reason
            self._child.kill()

    def _look(self, now: float) -> None:
        """Act on the clock and on what the run's processes used."""
        if self._listen_again and now >= self._listen_again:
            self._listen_again = 0.0
            if self._child.events in self._streams:
                self._selector.register(self._child.events, selectors.EVENT_READ)
        self._show_raw()
        if now >= self._kill_at:
            self._kill(self._stopping)
        if now - self._started > self._policy.wall and not self._concluded:
            self._stop("wall")
        if now > self._keep_until:
            self._kill("user")
        usage = self._child.group.usage()
        if usage.out_of_memory:
            self._kill("memory")
        if usage.refused_processes > REFUSED_PROCESSES:
            self._kill("processes")
        if usage.cpu is not None:
            if not self._concluded:
                self._cpu_at_end = usage.cpu
                if usage.cpu > self._policy.cpu:
                    self._stop("cpu")
            elif usage.cpu - self._cpu_at_end > IDLE_CPU:
                self._kill("cpu")

    def _note_process_end(self) -> None:
        """Say how the process ended, where the program did not say how it ended itself."""
        self._child.kill()
        ending = self._child.ending()
        wanted = self._killed or self._stopping
        self._conclude(conclusion(wanted, ending, self._policy, self._elapsed(), self._step))

    def _elapsed(self) -> float:
        return time.monotonic() - self._started
