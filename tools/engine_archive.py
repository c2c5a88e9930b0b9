"""The engine as one zip: the package `backlight` as it lies in the checkout.

The same files in the same order with the same dates give the same bytes, so a name that carries the
hash changes only with the content and may be cached for ever. The functions that the engine stamps
from its table of operations are put in ready-made: compiling one in the browser takes milliseconds.
"""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from commands import run

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "engine" / "backlight"
STAMPER = ROOT / "tools" / "stamp_engine.mjs"
STAMPED = "backlight/ops/_stamped.py"  # where backlight.ops.stamp looks for it

BUDGET = 1_250_000  # bytes, of which the sources are a third; all is loaded before a run
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def package_files(package: Path = PACKAGE) -> Iterator[Path]:
    """Yield the files that belong to the package, in a fixed order."""
    for path in sorted(package.rglob("*")):
        if path.is_file() and path.suffix != ".pyc" and "__pycache__" not in path.parts:
            yield path


def stamped(
    plain: bytes, numpy: Path, env: Mapping[str, str]
) -> tuple[dict[str, bytes], frozenset[str]]:
    """Let the engine write its stamped functions; give the module by its name in the archive.

    And the members of the archive that most programs load, which are worth their byte code.
    """
    with tempfile.TemporaryDirectory() as folder:
        engine, made, loaded = (Path(folder, name) for name in ("engine.zip", "s.py", "loaded"))
        engine.write_bytes(plain)
        command = ["node", str(STAMPER), *map(str, (numpy, engine, made, loaded))]
        run("Stamping the engine's operations", command, log="stamp", fetches=False, env=env)
        names = loaded.read_text("utf-8").split()
        paths = (name.replace(".", "/") for name in names)
        common = {f"{path}{end}" for path in paths for end in (".py", "/__init__.py")}
        return {STAMPED: made.read_bytes()}, frozenset({*common, STAMPED})


def engine_archive(extra: Mapping[str, bytes], package: Path = PACKAGE) -> bytes:
    """Zip the package with what was made for it; equal content gives equal bytes."""
    members = {
        f"{package.name}/{path.relative_to(package).as_posix()}": path.read_bytes()
        for path in package_files(package)
    } | dict(extra)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, FIRST_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, members[name])
    return buffer.getvalue()
