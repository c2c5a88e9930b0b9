"""Fills web/public/runtime, all that the browser's worker loads, and writes its manifest.

Pyodide's loader and wasm go in as they are; the standard library, NumPy and the engine are compiled
to byte code first, which more than halves the start. Every file's name carries the start of its
SHA-256. The manifest maps each logical name to its path (relative to the manifest), size and
SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import engine_archive
import pyodide_assets
from commands import run

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "web" / "public" / "runtime"
COMPILED = ROOT / ".cache" / "compiled"
COMPILER = ROOT / "tools" / "compile_archives.mjs"
COMPILER_SOURCES = (COMPILER, ROOT / "tools" / "compile_archive.py")

SITE = "/lib/python3.14/site-packages"  # where the worker unpacks NumPy and the engine


class ToCompile(NamedTuple):
    """An archive before it is compiled: where it will live, and what is byte code only.

    common: the members that get byte code beside their sources, which stay: people step into them.
    None for an archive of which only byte code stays.
    """

    data: bytes
    lives_in: str
    common: frozenset[str] | None = None

    def key(self) -> str:
        """Hash what the result depends on."""
        common = None if self.common is None else sorted(self.common)
        digest = hashlib.sha256(repr((self.lives_in, common)).encode() + self.data)
        for path in COMPILER_SOURCES:
            digest.update(path.read_bytes())
        return digest.hexdigest()


def compiled(archives: Mapping[str, ToCompile], env: Mapping[str, str]) -> dict[str, bytes]:
    """Compile the archives that are not in the cache, with the browser's own Python on Node."""
    COMPILED.mkdir(parents=True, exist_ok=True)
    paths = {name: COMPILED / f"{archive.key()}.zip" for name, archive in archives.items()}
    missing = {name: archives[name] for name, path in paths.items() if not path.is_file()}
    if missing:
        with tempfile.TemporaryDirectory(dir=COMPILED) as folder:
            arguments = []
            for name, archive in missing.items():
                given, made = Path(folder, f"{name}.in"), Path(folder, name)
                given.write_bytes(archive.data)
                common = "none"
                if archive.common is not None:
                    common = str(Path(folder, f"{name}.common"))
                    Path(common).write_text("\n".join(sorted(archive.common)), "utf-8")
                arguments += [str(given), str(made), archive.lives_in, common]
            command = ["node", str(COMPILER), *arguments]
            doing = "Compiling what the browser's Python loads"
            run(doing, command, log="compile", fetches=False, env=env)
            for name in missing:
                Path(folder, name).replace(paths[name])
    for path in COMPILED.iterdir():
        if path not in paths.values():
            _remove(path)
    return {name: path.read_bytes() for name, path in paths.items()}


def write(assets: Mapping[str, bytes], out: Path = OUT) -> dict[str, int]:
    """Write each asset under a name with its hash, then the manifest; remove what it lacks."""
    out.mkdir(parents=True, exist_ok=True)
    files: dict[str, dict[str, str | int]] = {}
    for name, data in assets.items():
        digest = hashlib.sha256(data).hexdigest()
        stem, _, suffix = name.rpartition(".")
        path = out / f"{stem}-{digest[:12]}.{suffix}"
        if not path.is_file() or path.stat().st_size != len(data):
            _put(path, data)
        files[name] = {"path": path.name, "bytes": len(data), "sha256": digest}
    _put(out / "manifest.json", (json.dumps({"files": files}, indent=2) + "\n").encode())
    kept = {"manifest.json", *(str(entry["path"]) for entry in files.values())}
    for path in out.iterdir():
        if path.name not in kept:
            _remove(path)
    return {name: len(data) for name, data in assets.items()}


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _put(path: Path, data: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(data)
    part.replace(path)


def fill(env: Mapping[str, str]) -> dict[str, int]:
    """Gather, compile and write everything; give the size of each asset in bytes."""
    pyodide_assets.check_pyodide()
    stdlib = (pyodide_assets.PYODIDE / "python_stdlib.zip").read_bytes()
    wheel = pyodide_assets.numpy_wheel()
    plain = engine_archive.engine_archive({})
    extra, common = engine_archive.stamped(plain, wheel, env)
    engine = engine_archive.engine_archive(extra)
    archives = {
        "python_stdlib.zip": ToCompile(stdlib, "/lib/python314.zip"),
        "numpy.whl": ToCompile(wheel.read_bytes(), SITE),
        "engine.zip": ToCompile(engine, SITE, common),
    }
    assets = {
        name: (pyodide_assets.PYODIDE / name).read_bytes() for name in pyodide_assets.LOADER_FILES
    }
    return write(assets | compiled(archives, env))
