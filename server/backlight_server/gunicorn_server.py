"""Runs the application under gunicorn: one worker process, many threads.

Runs and their event logs live in that process; each watched run holds a thread. (Measured: 480
streams of ten events a second in one such process.)
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable
from types import FrameType
from typing import Any, TextIO

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]
from gunicorn.glogging import Logger  # type: ignore[import-untyped]
from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

from . import logs
from .app import check_exposure, create_app, make_launcher
from .sandbox.detect import Sandbox, detect
from .settings import Settings


class Worker(ThreadWorker):
    """gunicorn's threaded worker, which ends the runs when it is told to end.

    Streams end with their runs; without that a worker waits for them until it is killed.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin an orderly end."""
        super().handle_exit(sig, frame)
        threading.Thread(target=end_runs, args=(self,), name="shutdown").start()

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """Begin the same end on Ctrl-C, which reaches every process of the terminal."""
        self.handle_exit(sig, frame)


def end_runs(worker: Worker) -> None:
    """End all runs, however the worker came to its end."""
    app = getattr(worker, "wsgi", None)
    manager = app and app.extensions["backlight"]["manager"]
    if manager:
        manager.shutdown()


class Log(Logger):
    """gunicorn's complaints, in the form of our own logs; requests are logged by the app."""

    def setup(self, cfg: Any) -> None:
        """Replace gunicorn's own handlers."""
        super().setup(cfg)
        logs.install()

    def access(self, *_: Any, **__: Any) -> None:
        """Log nothing."""


class Server(BaseApplication):
    """gunicorn, set up from here alone (no configuration file, no command line)."""

    def __init__(self, load: Callable[[], Any], options: dict[str, Any]) -> None:
        self._load = load
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Hand gunicorn the options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Make the application, in the worker: its threads would not survive a fork."""
        return self._load()


def serve(settings: Settings, listener: socket.socket, token: str) -> None:
    """Serve on a bound socket until told to end; raise BadSetting where it may not."""
    launcher = make_launcher(settings)
    sandbox = detect(launcher)
    check_exposure(settings, sandbox)
    address = _address(settings, listener)

    def announce(_: Any) -> None:
        _say(sys.stdout, f"Backlight: {address}#token={token}")
        for line in _remarks(settings, sandbox):
            _say(sys.stderr, line)
        if settings.open and _has_screen():
            webbrowser.open(f"{address}#token={token}")

    listener.set_inheritable(True)
    options = {
        "bind": f"fd://{listener.detach()}",  # gunicorn's own from here on
        "workers": 1,
        "worker_class": f"{__name__}.Worker",
        "logger_class": Log,
        "threads": settings.threads,
        "worker_connections": settings.threads * 4,
        "timeout": 60,
        "graceful_timeout": 5,
        "keepalive": 15,
        "when_ready": announce,
        "worker_exit": lambda _, worker: end_runs(worker),
        "proc_name": "backlight",
        "control_socket_disable": True,
    }
    Server(
        lambda: create_app(settings, token=token, launcher=launcher, sandbox=sandbox), options
    ).run()


def _address(settings: Settings, listener: socket.socket) -> str:
    """Return the page's address as this machine's browser reaches it."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _remarks(settings: Settings, sandbox: Sandbox) -> list[str]:
    if settings.unsafe_local:
        warning = (
            "WARNING: --unsafe-local: programs run on the server without a sandbox, and may read "
            "and change all that you may. Run no code you have not read."
        )
        return [warning] if sandbox.environment else [warning, sandbox.why]
    if not sandbox.available:
        return [
            "Programs run in the browser alone; the server's backend is off. "
            f"{sandbox.why} {sandbox.advice}".rstrip()
        ]
    return list(sandbox.warnings)


def _has_screen() -> bool:
    return sys.platform != "linux" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def _say(stream: TextIO, line: str) -> None:
    stream.write(line + "\n")
    stream.flush()
