"""Puts together what the browser's worker loads, as web/public/runtime/ with a manifest.

The engine's archive is the package `backlight` as it lies in the checkout: the same files in the
same order with the same dates give the same bytes, so its name, which carries its hash, changes
only with its content and may be cached for ever. The manifest maps each logical name to its path
(relative to the manifest), size and SHA-256.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pyodide_assets
from failure import reported

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "engine" / "backlight"
OUT = ROOT / "web" / "public" / "runtime"

ENGINE_BUDGET = 600_000  # bytes of engine.zip; the browser loads all of it before the first run
LEFT_OUT = ("__pycache__", ".pyc", ".pyi")
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def package_files(package: Path = PACKAGE) -> Iterator[Path]:
    """Yield the files that belong to the package, in a fixed order."""
    for path in sorted(package.rglob("*")):
        if path.is_file() and not str(path.relative_to(package)).endswith(LEFT_OUT[1:]):
            if LEFT_OUT[0] not in path.parts:
                yield path


def engine_archive(package: Path = PACKAGE) -> bytes:
    """Zip the package; equal content gives equal bytes."""
    members = [(f"{package.name}/{path.relative_to(package).as_posix()}", path.read_bytes())
               for path in package_files(package)]  # fmt: skip
    return zipped(members)


def zipped(members: list[tuple[str, bytes]]) -> bytes:
    """Make a zip whose bytes depend on the members alone."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, FIRST_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
    return buffer.getvalue()


def write_runtime(assets: dict[str, bytes], out: Path = OUT) -> dict[str, dict[str, object]]:
    """Write each asset under a name with its hash, then the manifest; remove what it lacks."""
    out.mkdir(parents=True, exist_ok=True)
    files: dict[str, dict[str, object]] = {}
    for name, data in assets.items():
        digest = hashlib.sha256(data).hexdigest()
        stem, _, suffix = name.rpartition(".")
        path = out / f"{stem}-{digest[:12]}.{suffix}"
        if not path.is_file() or path.stat().st_size != len(data):
            part = path.with_name(path.name + ".part")
            part.write_bytes(data)
            part.replace(path)
        files[name] = {"path": path.name, "bytes": len(data), "sha256": digest}
    manifest = out / "manifest.json"
    part = manifest.with_name("manifest.json.part")
    part.write_text(json.dumps({"files": files}, indent=2) + "\n", "utf-8")
    part.replace(manifest)
    kept = {"manifest.json", *(str(entry["path"]) for entry in files.values())}
    for path in out.iterdir():
        if path.name not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return files


def main() -> int:
    """Write the runtime folder and print what it weighs."""
    pyodide_assets.check_pyodide()
    assets = {name: (pyodide_assets.PYODIDE / name).read_bytes()
              for name in pyodide_assets.RUNTIME_FILES}  # fmt: skip
    assets["numpy.whl"] = pyodide_assets.numpy_wheel().read_bytes()
    assets["engine.zip"] = engine_archive()
    files = write_runtime(assets)
    for name, entry in files.items():
        print(f"{entry['bytes']:>12,}  {name}")
    print(f"{sum(int(str(entry['bytes'])) for entry in files.values()):>12,}  before the first run")
    engine = len(assets["engine.zip"])
    print(f"{engine:>12,}  of {ENGINE_BUDGET:,} bytes allowed for the engine")
    return 0


if __name__ == "__main__":
    sys.exit(reported(main))
