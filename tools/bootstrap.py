"""Makes a checkout ready to run, and runs it: what `make setup`, `make build` and `make play` do.

Needs nothing but Python 3.11. Every step looks first whether it has been done for the same inputs,
so a second start only starts.
"""

from __future__ import annotations

import argparse
import errno
import os
import shutil
import socket
import sys
from pathlib import Path
from typing import NoReturn

from failure import SetupFailure, reported

ROOT = Path(__file__).resolve().parent.parent


def check_python() -> None:
    """Refuse a Python that is too old, before anything else is imported."""
    if sys.version_info < (3, 11):  # noqa: UP036, whoever runs this file chose the Python
        version = ".".join(map(str, sys.version_info[:2]))
        raise SetupFailure(
            f"Python 3.11 or newer is needed and this is {version}: install a newer one and run "
            "`make play PYTHON=python3.12` (or whatever it is called)."
        )


def check_address(host: str, port: str) -> None:
    """Refuse an address that cannot be listened on, before the work of setting up."""
    if not port.isdecimal() or int(port) > 65535:
        raise SetupFailure(f"PORT={port} is not a port: use a number from 1024 to 65535.")
    try:
        kind, _, _, _, address = socket.getaddrinfo(
            host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(kind, socket.SOCK_STREAM) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            tried.bind(address)
    except socket.gaierror:
        raise SetupFailure(f"HOST={host} is not an address: use 127.0.0.1.") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SetupFailure(
                f"Port {port} is in use: choose another one with `make play PORT={int(port) + 1}`."
            ) from None
        if error.errno == errno.EACCES:
            raise SetupFailure(
                f"Port {port} needs more rights: choose one above 1023, as `make play PORT=8765`."
            ) from None
        raise SetupFailure(
            f"HOST={host} is not an address of this machine: use 127.0.0.1."
        ) from None


def set_up(extras: tuple[str, ...]) -> None:
    """Make the environment and install the packages of both languages."""
    import node_env  # after check_python
    import python_env

    python_env.make_venv()
    python_env.install(extras)
    node_env.install_packages(node_env.find_node())


def build() -> None:
    """Gather the worker's files and build the page."""
    import node_env

    node = node_env.find_node()
    node_env.make_runtime(node)
    node_env.build_page(node)


def find_browser() -> None:
    """See to a Chromium for the tests: the system's, else Debian's, else Playwright's."""
    import commands
    import python_env

    if shutil.which("chromium"):
        return
    if shutil.which("apt-get") and os.geteuid() == 0:
        env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        commands.run("Updating the list of packages", ["apt-get", "update"], log="apt", env=env)
        commands.run("Installing Chromium", ["apt-get", "install", "-y", "--no-install-recommends",
                     "chromium"], log="apt", env=env)  # fmt: skip
        return
    command = [str(python_env.PYTHON), "-m", "playwright", "install", "chromium"]
    commands.run("Installing Chromium for the tests", command, log="playwright")


def fetch_wasm_wheels() -> None:
    """Fetch what runs the tests inside Pyodide."""
    import python_env

    python_env.fetch_wasm_wheels()


def play(host: str, port: str, open_page: bool) -> NoReturn:
    """Set up, build, and become the server."""
    check_address(host, port)
    set_up(("server",))
    build()
    from python_env import PYTHON

    opening = "--open" if open_page else "--no-open"
    arguments = ["-m", "backlight_server", "--host", host, "--port", port, opening]
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), *arguments])


NEEDS = {  # what a verb needs besides the packages of both languages
    "setup": (),
    "build": (build,),
    "wasm": (build, fetch_wasm_wheels),
    "e2e": (build, find_browser),
    "test": (build, fetch_wasm_wheels, find_browser),
}


def main() -> int:
    """Do one verb."""
    check_python()
    parser = argparse.ArgumentParser(description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in NEEDS:
        verbs.add_parser(verb)
    started = verbs.add_parser("play")
    started.add_argument("--host", default="127.0.0.1")
    started.add_argument("--port", default="8765")
    started.add_argument("--open", action=argparse.BooleanOptionalAction, default=True)
    asked = parser.parse_args()
    if asked.verb == "play":
        play(asked.host, asked.port, asked.open)
    # Real PyTorch is a large download, which CI takes and nobody else is asked to.
    parity = ("parity",) if asked.verb == "test" and os.environ.get("CI") else ()
    set_up(("server", "dev", *parity))
    for need in NEEDS[asked.verb]:
        need()
    return 0


if __name__ == "__main__":
    sys.exit(reported(main))
