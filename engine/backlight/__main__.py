"""The command `backlight`: run a program whose `torch` is Backlight, or serve the page."""

from __future__ import annotations

import argparse
import os
import runpy
import sys
from collections.abc import Sequence

import backlight
from backlight import compat


def run(script: str, arguments: Sequence[str]) -> None:
    """Run a file as the main program, as `python script` would."""
    compat.install()
    sys.argv = [script, *arguments]
    sys.path.insert(0, os.path.dirname(os.path.abspath(script)))
    runpy.run_path(script, run_name="__main__")


def serve(arguments: Sequence[str]) -> int:
    """Start the server, which is a package of its own."""
    try:
        from backlight_server.__main__ import main as server
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"The server needs {error.name}, which is not installed: "
            "pip install 'backlight[server]'"
        ) from None
    return server(list(arguments)) or 0


def main(argv: Sequence[str] | None = None) -> int:
    """Read the command line; the return value is the exit status."""
    parser = argparse.ArgumentParser(
        prog="backlight", description="PyTorch you can see through: programs, and the page."
    )
    parser.add_argument("--version", action="version", version=f"backlight {backlight.__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True)
    runner = verbs.add_parser("run", help="run a program in which `import torch` means Backlight")
    runner.add_argument("script", help="the program's file")
    runner.add_argument("arguments", nargs=argparse.REMAINDER, help="its own arguments")
    verbs.add_parser(
        "serve", help="serve the page (backlight serve --help lists its options)", add_help=False
    )
    given, rest = parser.parse_known_args(argv)
    if given.verb == "serve":
        return serve(rest)
    if rest:
        parser.error(f"unknown option {rest[0]}: options of the program come after its name")
    if not os.path.isfile(given.script):
        raise SystemExit(f"backlight: there is no file {given.script}")
    run(given.script, given.arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main())
