"""An application around cheap children, and a client that reads its event streams."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from backlight_server.app import create_app
from backlight_server.sandbox.cgroup import Cgroups
from backlight_server.sandbox.command import Layout
from backlight_server.sandbox.detect import Sandbox, detect
from backlight_server.sandbox.policy import Policy
from backlight_server.sandbox.process import Launcher
from backlight_server.settings import Settings
from flask.testing import FlaskClient

TOKEN = "t" * 43
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
FAKE = Path(__file__).with_name("fake_child.py")


@dataclass
class Message:
    """One server-sent event."""

    id: int | None
    name: str
    data: Any


def messages(chunks: Iterator[bytes]) -> Iterator[Message]:
    """Parse a stream; comments come as messages named `comment`."""
    rest = b""
    for chunk in chunks:
        *blocks, rest = (rest + chunk).split(b"\n\n")
        for block in blocks:
            fields: dict[str, str] = {}
            for line in block.decode().split("\n"):
                name, _, value = line.partition(":")
                fields[name or "comment"] = value.removeprefix(" ")
            if "data" in fields:
                number = int(fields["id"]) if "id" in fields else None
                yield Message(number, fields.get("event", "message"), json.loads(fields["data"]))
            elif "comment" in fields:
                yield Message(None, "comment", fields["comment"])


class Api:
    """What a page does, with Flask's test client in place of a network."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def start(self, code: str, **fields: Any) -> str:
        reply = self.client.post("/api/runs", json={"code": code, **fields}, headers=AUTHORIZED)
        assert reply.status_code == 201, reply.json
        return reply.json["id"]

    def command(self, run: str, kind: str, **fields: Any) -> Any:
        return self.client.post(
            f"/api/runs/{run}/commands", json={"type": kind, **fields}, headers=AUTHORIZED
        )

    def stream(self, run: str, last: int | None = None) -> Iterator[Message]:
        headers = dict(AUTHORIZED)
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        reply = self.client.get(f"/api/runs/{run}/events", headers=headers, buffered=False)
        assert reply.status_code == 200, reply.json
        try:
            yield from messages(iter(reply.response))
        finally:
            reply.close()

    def watch(
        self, run: str, until: Callable[[dict[str, Any]], bool], seconds: float = 30
    ) -> list[dict[str, Any]]:
        """Return the events of a run from its first to the one that is waited for."""
        events, deadline = [], time.monotonic() + seconds
        stream = self.stream(run)
        for message in stream:
            if message.name == "message":
                events.append(message.data["event"])
                if until(events[-1]):
                    stream.close()
                    return events
            if time.monotonic() > deadline:
                break
        raise AssertionError(f"it did not come; what came is {events[-10:]}")

    def end(self, run: str, seconds: float = 30) -> list[dict[str, Any]]:
        """Return the events of a run up to the state that ends its program."""
        return self.watch(run, is_over, seconds)


def is_over(event: dict[str, Any]) -> bool:
    """Whether an event ends its program."""
    over = ("finished", "failed", "stopped", "lost")
    return event["type"] == "state" and event["state"] in over


def text_of(events: list[dict[str, Any]]) -> str:
    """Return what a program printed."""
    return "".join(e["text"] for e in events if e["type"] == "output")


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Api]]:
    """Make applications; their runs are ended afterwards."""
    managers = []

    def make(
        *,
        launcher: Launcher | None = None,
        sandbox: Sandbox | None = None,
        policy: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Api:
        table = Settings(**{"warm": 0, "page": str(tmp_path), **settings})
        bounds = replace(table.policy(), **(policy or {}))
        if launcher is None:
            launcher = Launcher(bounds, Layout.here(), Cgroups(), sandboxed=False, entry=FAKE)
        app = create_app(table, token=TOKEN, launcher=launcher, sandbox=sandbox or Sandbox(True))
        if manager := app.extensions["backlight"]["manager"]:
            managers.append(manager)
        return Api(app.test_client())

    yield make
    for manager in managers:
        manager.shutdown()


@pytest.fixture
def api(serve: Callable[..., Api]) -> Api:
    """An application with default settings."""
    return serve()


@pytest.fixture(scope="session")
def cgroups() -> Cgroups:
    """Where this machine lets us make control groups."""
    return Cgroups.find()


@pytest.fixture(scope="session")
def sandboxed(cgroups: Cgroups) -> Callable[..., Launcher]:
    """Make launchers of real children in a real sandbox; skips where there can be none."""

    def make(grouped: bool = True, **policy: Any) -> Launcher:
        groups = cgroups if grouped else Cgroups()
        return Launcher(Policy(**policy), Layout.here(), groups)

    found = detect(make())
    if not found.available:
        pytest.skip(f"no sandbox here: {found.why}")
    return make
