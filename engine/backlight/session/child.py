"""The server's entry: `python -m backlight.session.child EVENT_FD COMMAND_FD`.

The first command is `run`. After the program ended the process stays to answer `inspect`, until the
command pipe closes.
"""

from __future__ import annotations

import os
import signal
import sys

from .runner import Session
from .transport import PipeTransport


def main(event_fd: int, command_fd: int) -> None:
    """Serve one command pipe to its end; does not return."""
    transport = PipeTransport(event_fd, command_fd)
    session = Session(transport, memory=256 << 20)

    def every(seconds: float) -> None:
        signal.setitimer(signal.ITIMER_REAL, seconds, seconds)

    session.set_timer = every
    while True:
        try:
            command = transport.receive(None)
            if command is None:
                break
            session.command(command)
        except KeyboardInterrupt:
            continue  # a Stop that came when nothing ran
    # Threads that the program left behind must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
