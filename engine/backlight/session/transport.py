"""How a session reaches its page: lines of JSON over two pipes, or an object of the worker's.

Both carry the same envelopes. An array field is a NumPy array up to here; only `encode` and the
transport know how its bytes travel.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import select
import signal
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

#: The element kinds of the protocol's arrays, by the name of the dtype.
KINDS = {"float32": "f32", "float64": "f64", "int32": "i32", "uint8": "u8"}


class Transport(Protocol):
    """What a session needs of the other side."""

    def send(self, batch: list[dict[str, Any]]) -> None:
        """Send envelopes, in their order."""

    def credit(self) -> bool:
        """Whether the other side keeps up, so that a batch may be sent now."""

    def receive(self, timeout: float | None) -> dict[str, Any] | None:
        """The next command: 0 polls, None waits; None where none came or none will come."""

    def sleep(self, seconds: float) -> None:
        """Wait so that a Stop still gets through."""


def encode(envelope: Any, place: Callable[[memoryview], Any]) -> str:
    """An envelope as strict JSON; `place` takes the bytes of an array and says where they are."""

    def array(value: Any) -> dict[str, Any]:
        if not isinstance(value, np.ndarray) or value.dtype.name not in KINDS:
            raise TypeError(f"a message holds {type(value).__name__} {value!r:.80}, not an array")
        flat = np.ascontiguousarray(value).reshape(-1).view(np.uint8)
        return {"$array": [KINDS[value.dtype.name], place(flat.data)]}

    return json.dumps(envelope, default=array, allow_nan=False, separators=(",", ":"))


class PipeTransport:
    """Lines of JSON on two file descriptors.

    A thread reads the commands: it is what makes a Stop reach a program that never looks, by SIGINT
    to the main thread. When the command pipe closes, `receive` returns None at once for ever.
    """

    def __init__(self, event_fd: int, command_fd: int) -> None:
        self._event_fd = event_fd
        self._commands: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._writable = select.poll()
        self._writable.register(event_fd, select.POLLOUT)
        self._closed = False
        reader = threading.Thread(target=self._read, args=(command_fd,), daemon=True)
        reader.start()

    def _read(self, fd: int) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGALRM})
        main = threading.main_thread().ident
        with os.fdopen(fd, "rb") as lines:
            for line in lines:
                try:
                    command = json.loads(line)
                except ValueError:
                    continue
                if not isinstance(command, dict):
                    continue
                if command.get("type") == "stop":
                    # To the main thread by name: a wait of its must be interrupted.
                    signal.pthread_kill(main, signal.SIGINT)  # type: ignore[arg-type]
                else:
                    self._commands.put(command)
        self._commands.put(None)

    def send(self, batch: list[dict[str, Any]]) -> None:
        lines = [encode(each, lambda part: base64.b64encode(part).decode()) for each in batch]
        data = memoryview("".join(f"{line}\n" for line in lines).encode())
        try:
            while data:
                data = data[os.write(self._event_fd, data) :]
        except BrokenPipeError:
            pass  # nobody listens any more; whoever started us ends us

    def credit(self) -> bool:
        return bool(self._writable.poll(0))

    def receive(self, timeout: float | None) -> dict[str, Any] | None:
        if self._closed:
            return None
        try:
            command = self._commands.get(timeout != 0, timeout or None)
        except queue.Empty:
            return None
        self._closed = command is None
        return command

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class WorkerTransport:
    """An object of the worker's, in JavaScript: see `web/src/runtime/worker.ts`."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def send(self, batch: list[dict[str, Any]]) -> None:
        buffers: list[memoryview] = []

        def place(part: memoryview) -> int:
            buffers.append(part)
            return len(buffers) - 1

        self._channel.post(encode(batch, place), buffers)

    def credit(self) -> bool:
        return bool(self._channel.credit())

    def receive(self, timeout: float | None) -> dict[str, Any] | None:
        text = self._channel.receive(None if timeout is None else timeout * 1000)
        if text is None:
            return None
        command = json.loads(text)
        return command if isinstance(command, dict) else None

    def sleep(self, seconds: float) -> None:
        self._channel.sleep(seconds * 1000)
