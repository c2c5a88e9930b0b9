"""The Python environment, .venv: made once, with the extras that a verb needs."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import stamps
from commands import run
from failure import SetupFailure

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
PIP = [str(PYTHON), "-m", "pip", "--disable-pip-version-check"]
WASM_REQUIREMENTS = ROOT / "tools" / "wasm-requirements.txt"
WASM_WHEELS = ROOT / ".cache" / "wasm-wheels"


def make_venv() -> None:
    """Make .venv where there is none, or where its interpreter is gone or too old."""
    if PYTHON.exists():
        asked = [PYTHON, "-c", "import sys, pip; raise SystemExit(sys.version_info < (3, 11))"]
        wanted = stamps.key(str(PYTHON.resolve()), "venv")
        if stamps.done("venv", wanted, PYTHON):
            return
        if subprocess.run(asked, check=False, capture_output=True).returncode == 0:
            stamps.record("venv", wanted)
            return
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SetupFailure(
            "This Python cannot make environments because its venv module is missing: install it "
            f"(on Debian and Ubuntu: sudo apt install python3.{sys.version_info[1]}-venv) and run "
            "the same command again."
        )
    shutil.rmtree(VENV, ignore_errors=True)
    command = [sys.executable, "-m", "venv", str(VENV)]
    run("Making the Python environment", command, log="venv", fetches=False)
    stamps.record("venv", stamps.key(str(PYTHON.resolve()), "venv"))


def install(extras: tuple[str, ...]) -> None:
    """Install this package and the extras, unless that has been done for the same pins."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    pins = [project["dependencies"], project["scripts"], project["version"]]
    for extra in extras:
        wanted = stamps.key(str(PYTHON.resolve()), repr(pins),
                            repr(project["optional-dependencies"][extra]))  # fmt: skip
        step = f"python-{extra}"
        if stamps.done(step, wanted, PYTHON):
            continue
        command = [*PIP, "install", "-e", f".[{extra}]"]
        run(f"Installing Python packages ({extra})", command, log=step)
        stamps.record(step, wanted)


def fetch_wasm_wheels() -> None:
    """Fetch pytest as pure wheels for the tests inside Pyodide."""
    wanted = stamps.key(WASM_REQUIREMENTS)
    if stamps.done("wasm-wheels", wanted, WASM_WHEELS):
        return
    shutil.rmtree(WASM_WHEELS, ignore_errors=True)
    pure = ["--no-deps", "--only-binary=:all:", "--platform=any", "--python-version=3.14"]
    files = ["-d", str(WASM_WHEELS), "--require-hashes", "-r", str(WASM_REQUIREMENTS)]
    run("Fetching pytest for the browser's Python", [*PIP, "download", *pure, *files], log="wheels")
    stamps.record("wasm-wheels", wanted)
