"""Fakes for the programs that set-up runs."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def program():
    """Give a function that writes an executable shell script."""

    def write(folder: Path, name: str, script: str) -> None:
        folder.mkdir(exist_ok=True)
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    return write
