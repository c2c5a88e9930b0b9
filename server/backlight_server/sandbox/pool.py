"""Children that wait, engine loaded, for a run: each serves one and is never used again.

One thread starts them all, and stays: bubblewrap is told to die with the thread that started it.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from concurrent.futures import Future

from .process import Child, ChildFailed, Launcher

log = logging.getLogger("backlight_server.pool")
START_TIMEOUT = 60.0


class Pool:
    """Keeps `warm` children ready, and starts one on demand when there are more takers."""

    def __init__(self, launcher: Launcher, warm: int) -> None:
        self._launcher = launcher
        self._warm = warm
        self._ready: deque[Child] = deque()
        self._takers: deque[Future[Child]] = deque()
        self._lock = threading.Lock()
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._closing = False
        self._thread = threading.Thread(target=self._spawn, name="spawn", daemon=True)
        self._thread.start()
        self._wake.put(None)

    def take(self) -> Future[Child]:
        """Return a ready child of the caller's own, as soon as there is one."""
        taker: Future[Child] = Future()
        with self._lock:
            if self._closing:
                taker.set_exception(ChildFailed("the server is shutting down"))
            while self._ready and not taker.done():
                child = self._ready.popleft()
                if not child.ended():
                    taker.set_result(child)
                else:
                    child.close()
            if not taker.done():
                self._takers.append(taker)
        self._wake.put(None)
        return taker

    def _wanted(self) -> bool:
        with self._lock:
            return not self._closing and bool(self._takers or len(self._ready) < self._warm)

    def _spawn(self) -> None:
        while True:
            self._wake.get()
            if self._closing:
                break
            failed = False
            while not failed and self._wanted():
                failed = not self._start_one()
        with self._lock:
            children, self._ready = list(self._ready), deque()
            takers, self._takers = list(self._takers), deque()
        for taker in takers:
            taker.set_exception(ChildFailed("the server is shutting down"))
        for child in children:
            child.close()

    def _start_one(self) -> bool:
        """Start a child and hand it on; False where it failed and nobody waits for another."""
        try:
            child = self._launcher.start()
            child.wait_ready(START_TIMEOUT)
        except (ChildFailed, OSError) as e:
            log.error("child_failed", extra={"why": str(e)[-500:]})
            with self._lock:
                taker = self._takers.popleft() if self._takers else None
            if taker is None:
                return False  # the next taker tries again
            if taker.set_running_or_notify_cancel():
                taker.set_exception(ChildFailed(str(e)))
            return True
        with self._lock:
            while self._takers:
                taker = self._takers.popleft()
                if taker.set_running_or_notify_cancel():
                    taker.set_result(child)
                    return True
            self._ready.append(child)
        return True

    def close(self) -> None:
        """End the waiting children; those taken are their takers' to end."""
        self._closing = True
        self._wake.put(None)
        self._thread.join()
