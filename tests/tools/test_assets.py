"""Fetching NumPy for the browser: where from, in which order, and never an unchecked byte."""

from __future__ import annotations

import errno
import hashlib
import json
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import download
import pyodide_assets
import pytest
from failure import SetupFailure

DATA = bytes(range(256)) * 5_000
SHA = hashlib.sha256(DATA).hexdigest()
NAME = "numpy-2.4.3-cp314-cp314-pyemscripten_2026_0_wasm32.whl"


class Ranges(SimpleHTTPRequestHandler):
    """Serves a folder and answers range requests, as package indexes do."""

    asked: list[str]

    def log_message(self, *_):
        pass

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        wanted = self.headers.get("Range")
        if not path.is_file() or wanted is None or not self.server.ranges:
            return super().do_GET()
        self.server.asked.append(wanted)
        data = path.read_bytes()
        first, last = (int(text) for text in wanted.removeprefix("bytes=").split("-"))
        part = data[first : last + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)


@pytest.fixture
def served(tmp_path):
    """A web server over a folder: gives the folder, its address and the server."""
    folder = tmp_path / "served"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Ranges, directory=folder))
    server.ranges, server.asked = True, []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}", server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def pyodide(tmp_path):
    """A folder like npm's Pyodide, whose lock file names DATA as NumPy."""
    folder = tmp_path / "pyodide"
    folder.mkdir()
    entry = {"file_name": NAME, "sha256": SHA}
    (folder / "pyodide-lock.json").write_text(json.dumps({"packages": {"numpy": entry}}))
    (folder / "pyodide.mjs").write_text("x.packageBaseUrl??`https://example.invalid/v${U}/full/`")
    return folder


def good(wheel, pyodide):
    yield DATA


def wrong(wheel, pyodide):
    yield DATA[:-1]


def unreachable(wheel, pyodide):
    raise OSError("no route")
    yield b""


def full_disk(wheel, pyodide):
    yield DATA
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    "sources", [(good,), (unreachable, good), (wrong, good), (wrong, unreachable, good)]
)
def test_the_first_source_with_the_right_bytes_is_taken(sources, pyodide, tmp_path, monkeypatch):
    monkeypatch.setattr(pyodide_assets, "SOURCES", sources)
    path = pyodide_assets.numpy_wheel(pyodide, tmp_path / "cache")
    assert path.read_bytes() == DATA
    assert [file.name for file in path.parent.iterdir()] == [NAME]
    monkeypatch.setattr(pyodide_assets, "SOURCES", (unreachable,))
    assert pyodide_assets.numpy_wheel(pyodide, tmp_path / "cache") == path


def test_a_damaged_cache_is_fetched_again(pyodide, tmp_path, monkeypatch):
    (tmp_path / NAME).write_bytes(b"half")
    monkeypatch.setattr(pyodide_assets, "SOURCES", (good,))
    assert pyodide_assets.numpy_wheel(pyodide, tmp_path).read_bytes() == DATA


@pytest.mark.parametrize(
    ("sources", "error", "words"),
    [
        ((unreachable, unreachable), SetupFailure, "connect to a network"),
        ((wrong, unreachable), SetupFailure, "its SHA-256 differs"),
        ((full_disk, good), OSError, "No space left"),
    ],
)
def test_no_source_leaves_no_file(sources, error, words, pyodide, tmp_path, monkeypatch):
    monkeypatch.setattr(pyodide_assets, "SOURCES", sources)
    with pytest.raises(error, match=words):
        pyodide_assets.numpy_wheel(pyodide, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


def test_the_address_of_pyodides_server_comes_from_its_loader(pyodide):
    base = pyodide_assets.cdn_base(pyodide)
    assert base == f"https://example.invalid/v{pyodide_assets.VERSION}/full/"


def test_one_member_is_read_out_of_a_large_remote_archive(served):
    folder, address, server = served
    with zipfile.ZipFile(folder / "large.whl", "w") as archive:
        archive.writestr("before", b"\0" * 8_000_000)
        archive.writestr(f"deep/{NAME}", DATA)
        archive.writestr("after", b"\0" * 8_000_000)
    with download.open_remote(f"{address}/large.whl") as file, zipfile.ZipFile(file) as archive:
        assert archive.read(f"deep/{NAME}") == DATA
    spans = [[int(end) for end in text[6:].split("-")] for text in server.asked]
    assert sum(last - first + 1 for first, last in spans) < 6_000_000


def test_a_server_without_ranges_is_told_apart(served):
    folder, address, server = served
    server.ranges = False
    (folder / "file").write_bytes(DATA)
    with pytest.raises(OSError, match="range requests"):
        download.RemoteFile(f"{address}/file")


@pytest.mark.parametrize("ranges", [True, False], ids=["by range", "the whole package"])
def test_the_wheel_comes_out_of_the_carrier_on_pips_own_index(
    ranges, served, pyodide, tmp_path, monkeypatch
):
    folder, address, server = served
    server.ranges = ranges
    name, version = pyodide_assets.CARRIER.split("==")
    stem = f"{name.replace('-', '_')}-{version}"
    index = folder / "simple" / name
    index.mkdir(parents=True)
    with zipfile.ZipFile(index / f"{stem}-py3-none-any.whl", "w") as archive:
        info = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        archive.writestr(f"{stem}.dist-info/METADATA", info)
        archive.writestr(f"{stem}.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{stem}.dist-info/RECORD", "")
        archive.writestr(f"carrier/pyodide/{NAME}", DATA)
    (index / "index.html").write_text(f'<a href="{stem}-py3-none-any.whl">{stem}</a>')
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"{address}/simple")
    for name in ("PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CONSTRAINT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pyodide_assets, "SOURCES", pyodide_assets.SOURCES[1:])
    path = pyodide_assets.numpy_wheel(pyodide, tmp_path / "cache")
    assert path.read_bytes() == DATA
    assert bool(server.asked) is ranges


def test_a_cut_download_leaves_nothing(tmp_path):
    def cut():
        yield DATA[:100]
        raise OSError("connection reset")

    with pytest.raises(OSError, match="reset"):
        download.put(cut(), tmp_path / "file", SHA)
    assert list(tmp_path.iterdir()) == []
