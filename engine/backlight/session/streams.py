"""What a program sees as its standard streams: they write events, and read what the page gives."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable
from typing import Any


class Bytes(io.RawIOBase):
    """`sys.stdout.buffer`: bytes of UTF-8, which may be cut anywhere."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._write(self._decoder.decode(piece))
        return len(piece)


class Writer(io.TextIOBase):
    """`sys.stdout` or `sys.stderr`: each write is passed on."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, write: Callable[[str, str], None]) -> None:
        self.name = f"<{name}>"
        self.mode = "w"
        self._pass_on = write
        self._stream = name
        self.buffer = Bytes(self._write_text)

    def _write_text(self, text: str) -> None:
        if text:
            self._pass_on(self._stream, text)

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._write_text(text)
        return len(text)

    def close(self) -> None:
        """A program that closes its stdout can still print: the stream is not its own."""


class Reader(io.TextIOBase):
    """`sys.stdin`: each line is asked for when it is read."""

    encoding = "utf-8"
    errors = "strict"

    def __init__(self, ask: Callable[[str], str]) -> None:
        self.name = "<stdin>"
        self.mode = "r"
        self._ask = ask

    def readable(self) -> bool:
        return True

    def readline(self, size: int | None = -1) -> str:  # type: ignore[override]
        line = self._ask("") + "\n"
        return line if size is None or size < 0 else line[:size]

    def read(self, size: int | None = -1) -> str:
        """One line: there is no end that a whole text could have."""
        return self.readline(size)
