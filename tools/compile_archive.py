"""Compiles the modules in a zip to byte code; runs inside Pyodide, whose byte code it is.

Most of the start in the browser was spent in the compiler: with byte code in the archives, Python,
NumPy and the engine are ready in less than half the time. The byte code is not compared with the
source (UNCHECKED_HASH), since both come out of the same archive.
"""

from __future__ import annotations

import io
import os
import py_compile
import tempfile
import zipfile

# What NumPy ships for compilers (f2py is one), type checkers and its own tests.
LEFT_OUT = (
    ".pyi",
    ".h",
    ".c",
    ".a",
    ".pxd",
    ".pyx",
    ".npz",
    ".npy",
    ".csv",
    ".f90",
    ".f",
    ".build",
)
FIRST_DATE = (1980, 1, 1, 0, 0, 0)


def unneeded(name: str) -> bool:
    """Tell whether a file of an installed package is never read by a program."""
    return name.endswith(LEFT_OUT) or "/tests/" in name or name.startswith("numpy/f2py/")


def byte_code(source: bytes, shown_as: str) -> bytes | None:
    """Compile one module, or give None for a file that is not meant to compile."""
    with tempfile.TemporaryDirectory() as folder:
        path, target = os.path.join(folder, "m.py"), os.path.join(folder, "m.pyc")
        with open(path, "wb") as file:
            file.write(source)
        try:
            py_compile.compile(
                path,
                target,
                shown_as,
                doraise=True,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except py_compile.PyCompileError:
            return None
        with open(target, "rb") as file:
            return file.read()


def compile_archive(archive: bytes, lives_in: str, common: str | None, tag: str) -> bytes:
    """Give the same archive with byte code.

    lives_in: the path that tracebacks show for a module without source.
    common: the members, one in a line, whose byte code goes beside the source (`__pycache__`); the
        others stay as they are. Where it is None byte code takes the place of every source.
    tag: the name that the interpreter gives its byte code files (sys.implementation.cache_tag).
    """
    members: dict[str, bytes] = {}
    keep_sources = common is not None
    wanted = set((common or "").split("\n"))
    with zipfile.ZipFile(io.BytesIO(archive)) as given:
        for name in given.namelist():
            if name.endswith("/") or (not keep_sources and unneeded(name)):
                continue
            data = given.read(name)
            code = (
                byte_code(data, f"{lives_in}/{name}")
                if name.endswith(".py") and (not keep_sources or name in wanted)
                else None
            )
            if code is None or keep_sources:
                members[name] = data
            if code is not None:
                folder, _, module = name[: -len(".py")].rpartition("/")
                cached = f"{folder}/__pycache__/{module}.{tag}.pyc"
                members[cached if keep_sources else f"{name}c"] = code
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for name in sorted(members):
            info = zipfile.ZipInfo(name, FIRST_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            made.writestr(info, members[name])
    return buffer.getvalue()
