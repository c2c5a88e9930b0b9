"""What the browser's worker loads: the engine's archive, byte code, names with hashes, sizes."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import compile_archive
import engine_archive
import pytest
import runtime_folder

ROOT = Path(__file__).resolve().parents[2]
WEIGHT_BUDGET = 20_000_000  # bytes, not compressed, of all that the worker loads before a run


@pytest.fixture
def package(tmp_path):
    """A small package with data and rubbish in it."""
    folder = tmp_path / "parcel"
    (folder / "deep" / "__pycache__").mkdir(parents=True)
    (folder / "__init__.py").write_text("from parcel.deep import value\n")
    (folder / "deep" / "__init__.py").write_text("value = 41 + 1\n\ndef fail():\n    1 / 0\n")
    (folder / "deep" / "data.csv").write_text("1,2\n")
    (folder / "deep" / "__pycache__" / "old.cpython-39.pyc").write_bytes(b"old")
    return folder


def names(archive: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.namelist()


def test_archive_depends_on_content_alone(package):
    first = engine_archive.engine_archive({}, package)
    os.utime(package / "__init__.py", (1e9, 1e9))
    (package / "deep" / "__pycache__" / "more.pyc").write_bytes(b"more")
    assert engine_archive.engine_archive({}, package) == first
    assert names(first) == ["parcel/__init__.py", "parcel/deep/__init__.py", "parcel/deep/data.csv"]
    (package / "deep" / "data.csv").write_text("1,3\n")
    assert engine_archive.engine_archive({}, package) != first
    assert "parcel/made.py" in names(
        engine_archive.engine_archive({"parcel/made.py": b""}, package)
    )


def run_from(folder: Path, code: str) -> str:
    """Run code that imports from a folder, in a new interpreter."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(folder)},
    )
    return done.stdout + done.stderr


def unpacked(archive: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        opened.extractall(folder)
    return folder


def test_byte_code_beside_sources_is_used_and_lines_are_shown(package, tmp_path):
    archive = engine_archive.engine_archive({}, package)
    common = "parcel/__init__.py\nparcel/deep/__init__.py\nparcel/absent.py"
    made = compile_archive.compile_archive(archive, "/x", common, sys.implementation.cache_tag)
    assert set(names(archive)) < set(names(made))
    folder = unpacked(made, tmp_path / "installed")
    said = run_from(folder, "import parcel.deep as d; print(d.value); d.fail()")
    assert said.startswith("42\n")
    assert "    1 / 0" in said
    # The byte code is what runs: changing the source changes nothing.
    (folder / "parcel" / "deep" / "__init__.py").write_text("value = 7\n")
    assert run_from(folder, "import parcel; print(parcel.value)") == "42\n"


def test_what_few_programs_load_has_no_byte_code(package):
    archive = engine_archive.engine_archive({}, package)
    made = compile_archive.compile_archive(archive, "/x", "parcel/__init__.py", "tag")
    added = set(names(made)) - set(names(archive))
    assert added == {"parcel/__pycache__/__init__.tag.pyc"}


def test_byte_code_alone_takes_the_place_of_sources(package, tmp_path):
    (package / "deep" / "tests").mkdir()
    (package / "deep" / "tests" / "test_it.py").write_text("")
    (package / "deep" / "broken.py").write_text("this is no Python")
    archive = engine_archive.engine_archive({}, package)
    made = compile_archive.compile_archive(archive, "/lib/place", None, "any")
    assert names(made) == [
        "parcel/__init__.pyc",
        "parcel/deep/__init__.pyc",
        "parcel/deep/broken.py",
    ]
    said = run_from(unpacked(made, tmp_path / "installed"), "import parcel.deep as d; d.fail()")
    assert 'File "/lib/place/parcel/deep/__init__.py", line 4, in fail' in said


def test_manifest_names_every_file_with_its_hash_and_nothing_else_is_left(tmp_path):
    runtime_folder.write({"engine.zip": b"old", "pyodide.asm.wasm": b"\0asm"}, tmp_path)
    (tmp_path / "stray.part").write_bytes(b"")
    runtime_folder.write({"engine.zip": b"new", "pyodide.asm.wasm": b"\0asm"}, tmp_path)
    files = json.loads((tmp_path / "manifest.json").read_text())["files"]
    assert sorted(files) == ["engine.zip", "pyodide.asm.wasm"]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        ["manifest.json", *(entry["path"] for entry in files.values())]
    )
    for entry in files.values():
        data = (tmp_path / entry["path"]).read_bytes()
        assert entry["bytes"] == len(data)
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()
        assert entry["sha256"][:12] in entry["path"]
    assert (tmp_path / files["engine.zip"]["path"]).read_bytes() == b"new"


@pytest.mark.wasm
def test_what_is_built_keeps_its_budgets():
    manifest = runtime_folder.OUT / "manifest.json"
    if not manifest.is_file():
        pytest.skip("the page is not built: run `make build`")
    files = json.loads(manifest.read_text())["files"]
    sizes = {name: entry["bytes"] for name, entry in files.items()}
    assert set(sizes) == {
        "pyodide.js",
        "pyodide.asm.mjs",
        "pyodide.asm.wasm",
        "python_stdlib.zip",
        "numpy.whl",
        "engine.zip",
    }
    assert sizes["engine.zip"] < engine_archive.BUDGET
    engine = names((runtime_folder.OUT / files["engine.zip"]["path"]).read_bytes())
    assert engine_archive.STAMPED in engine
    assert any(re.search(r"ops/__pycache__/_stamped\.cpython-\d+\.pyc", name) for name in engine)
    assert sum(sizes.values()) < WEIGHT_BUDGET
