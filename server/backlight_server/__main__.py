"""`backlight serve`: checks what can be checked, prints the address, and serves.

Everything that can be wrong at a start is one sentence on stderr and exit code 1.
"""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Sequence

from . import settings as table
from .settings import BadSetting, Settings


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to end; return the exit code."""
    try:
        settings = table.read(sys.argv[1:] if argv is None else argv, os.environ)
        _serve(settings)
    except BadSetting as e:
        sys.stderr.write(f"backlight: {e}\n")
        return 1
    return 0


def _serve(settings: Settings) -> None:
    # First what is quick to say; the rest takes half a second to import.
    if not (settings.page_directory / "index.html").is_file():
        raise BadSetting(
            f"The page is not built: {settings.page_directory} has no index.html. "
            "Run 'make build' first (or 'make play', which does both)."
        )
    with _listen(settings) as listener:
        _serve_on(settings, listener)


def _serve_on(settings: Settings, listener: socket.socket) -> None:
    try:
        from . import gunicorn_server
    except ImportError as e:
        raise BadSetting(
            f"{e.name or e} is not installed: pip install 'backlight[server]' (Windows has no "
            "gunicorn: use the Windows subsystem for Linux)."
        ) from None
    token = settings.token or secrets.token_urlsafe(32)
    gunicorn_server.serve(settings, listener, token)


def _listen(settings: Settings) -> socket.socket:
    """Take the address, so that a busy port is said at once."""
    try:
        found = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError:
        raise BadSetting(f"There is no address {settings.host}: give --host another.") from None
    family, kind, protocol, _, address = found[0]
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen(512)
    except PermissionError:
        listener.close()
        raise BadSetting(f"Port {settings.port} is for root: give a --port from 1024 on.") from None
    except OSError as e:
        listener.close()
        raise BadSetting(
            f"Port {settings.port} on {settings.host} cannot be had ({e.strerror}): end the "
            f"program that uses it, or give another: --port {settings.port + 1} "
            f"(make play PORT={settings.port + 1})."
        ) from None
    return listener


if __name__ == "__main__":
    sys.exit(main())
