"""What set-up has done before, so that the second start does nothing needless.

A step has a key, the hash of everything that its result depends on, and a result whose presence can
be looked up. It runs when either has changed. Keys are kept in one file, .cache/stamps.json.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILE = ROOT / ".cache" / "stamps.json"


def files_below(folder: Path, leave_out: Collection[Path] = ()) -> Iterator[Path]:
    """Yield the files of a folder in a fixed order, without the given folders and byte code."""
    for path in sorted(folder.iterdir()):
        if path in leave_out or path.name == "__pycache__":
            continue
        if path.is_dir():
            yield from files_below(path, leave_out)
        elif path.suffix != ".pyc":
            yield path


def key(*parts: str | Path) -> str:
    """Hash texts and the names and contents of files into one key."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(f"{part}\0".encode())
        if isinstance(part, Path):
            digest.update(hashlib.sha256(part.read_bytes()).digest())
    return digest.hexdigest()


def _all() -> dict[str, str]:
    try:
        return json.loads(FILE.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}


def done(step: str, wanted: str, result: Path) -> bool:
    """Tell whether the step ran with this key and its result is still there."""
    return _all().get(step) == wanted and result.exists()


def record(step: str, reached: str) -> None:
    """Remember that the step has been done with this key."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    part = FILE.with_name(FILE.name + ".part")
    part.write_text(json.dumps(_all() | {step: reached}, indent=1) + "\n", "utf-8")
    part.replace(FILE)
