"""The command itself: a process on a port, with real children, ended by a signal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass
class Running:
    """A server, and what it printed."""

    process: subprocess.Popen[str]
    address: str
    token: str

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Open a request; the reply is to be closed."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path.lstrip("/"), data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        for name, value in headers.items():
            request.add_header(name, value)
        return urllib.request.urlopen(request, timeout=30)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    (tmp_path / "index.html").write_text("the page")
    paths = os.pathsep.join([str(ROOT / "server"), str(ROOT / "engine")])
    process = subprocess.Popen(
        [sys.executable, "-m", "backlight_server", "--port", "0", "--page", str(tmp_path),
         "--unsafe-local", "--no-open"],
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout
    line = process.stdout.readline()
    found = re.fullmatch(r"Backlight: (http://127\.0\.0\.1:\d+/)#token=([\w-]{43})\n", line)
    if not found:
        process.kill()
        raise AssertionError(f"{line!r}, {process.communicate()}")
    yield Running(process, found[1], found[2])
    process.kill()
    process.communicate()


def test_a_program_runs_and_ends_with_the_server(server: Running) -> None:
    with server.ask("GET", "/") as reply:
        assert reply.read() == b"the page"
    with server.ask("GET", "/api/health") as reply:
        health = json.load(reply)
    assert (health["enabled"], health["unsafe"], health["authorized"]) == (True, True, True)
    with server.ask("POST", "/api/runs", {"code": "print(6 * 7)\nwhile True: pass"}) as reply:
        run = json.load(reply)["id"]
    with server.ask("GET", f"/api/runs/{run}/events") as stream:
        text = ""
        while "42" not in text:
            text += stream.readline().decode()
        server.process.send_signal(signal.SIGINT)
        rest = stream.read().decode()  # the run ends, so the stream does
    assert '"reason":"shutdown"' in rest
    assert "event: end" in rest
    assert server.process.wait(10) == 0
    _, log = server.process.communicate()
    assert "WARNING: --unsafe-local" in log
    events = [json.loads(line)["event"] for line in log.splitlines() if line.startswith("{")]
    assert {"run_taken", "run_ended", "request"} <= set(events)
    assert server.token not in log
    assert "6 * 7" not in log


def test_a_stranger_is_refused_over_the_wire(server: Running) -> None:
    strange = {"Authorization": "Bearer x", "Origin": "http://x.example", "Host": "x.example"}
    for name, value in strange.items():
        with pytest.raises(urllib.error.HTTPError) as caught:
            server.ask("POST", "/api/runs", {"code": "1"}, **{name: value})
        with caught.value as reply:
            assert reply.code in (400, 401, 403)
            assert reply.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
