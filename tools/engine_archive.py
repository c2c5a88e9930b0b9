"""The engine as one zip: the package `backlight` as it lies in the checkout.

The same files in the same order with the same dates give the same bytes, so a name that carries the
hash changes only with the content and may be cached for ever.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "engine" / "backlight"

BUDGET = 600_000  # bytes with byte code; the browser loads all of it before the first run
FIRST_DATE = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say


def package_files(package: Path = PACKAGE) -> Iterator[Path]:
    """Yield the files that belong to the package, in a fixed order."""
    for path in sorted(package.rglob("*")):
        if path.is_file() and path.suffix != ".pyc" and "__pycache__" not in path.parts:
            yield path


def engine_archive(package: Path = PACKAGE) -> bytes:
    """Zip the package; equal content gives equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in package_files(package):
            name = f"{package.name}/{path.relative_to(package).as_posix()}"
            info = zipfile.ZipInfo(name, FIRST_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, path.read_bytes())
    return buffer.getvalue()
