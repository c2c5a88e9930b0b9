"""Files from the network, checked and put in place whole.

A file is written as `.part`, its SHA-256 is compared, and only then does it take its name, so a cut
connection never leaves half a file behind. `RemoteFile` reads parts of a file on a server by HTTP
range, which lets `zipfile` take one member out of a large archive.
"""

from __future__ import annotations

import hashlib
import io
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from failure import SetupFailure

TIMEOUT_S = 30.0
BLOCK = 1 << 20


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def put(blocks: Iterable[bytes], path: Path, expected: str) -> None:
    """Write `blocks` to `path`, which appears only when its SHA-256 is `expected`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    digest = hashlib.sha256()
    try:
        with part.open("wb") as file:
            for block in blocks:
                digest.update(block)
                file.write(block)
        if digest.hexdigest() != expected:
            raise SetupFailure(
                f"{path.name} is not the file that the lock file names (its SHA-256 differs): "
                "run the command again, and if it repeats, use another network or package index."
            )
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def fetch(url: str, timeout: float = TIMEOUT_S) -> Iterable[bytes]:
    """Yield the bytes at `url` in blocks; OSError (URLError is one) where it cannot be reached."""
    with urllib.request.urlopen(url, timeout=timeout) as reply:
        while block := reply.read(BLOCK):
            yield block


class RemoteFile(io.RawIOBase):
    """A read-only, seekable file over HTTP range requests. Wrap it in BufferedReader."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.at = 0
        request = urllib.request.Request(url, headers={"Range": "bytes=0-0"})
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
            if reply.status != 206:
                raise OSError("the package index does not answer range requests")
            self.size = int(reply.headers["Content-Range"].rpartition("/")[2])

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        return self.at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        end = min(self.at + len(buffer), self.size)
        if end <= self.at:
            return 0
        wanted = {"Range": f"bytes={self.at}-{end - 1}"}
        request = urllib.request.Request(self.url, headers=wanted)
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as reply:
            data = reply.read()
        if len(data) != end - self.at:
            raise OSError("the package index cut a range request short")
        buffer[: len(data)] = data
        self.at = end
        return len(data)


def open_remote(url: str) -> io.BufferedReader:
    """Open a remote file with read-ahead of a megabyte, so that unzipping asks a few times only."""
    return io.BufferedReader(RemoteFile(url), buffer_size=BLOCK)
