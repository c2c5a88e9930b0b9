"""The settings table, what refuses to start, and the page that documents it."""

from __future__ import annotations

import dataclasses
import json
import logging
import socket
from pathlib import Path
from typing import Any

import pytest
from backlight_server import __main__ as command
from backlight_server import settings as table
from backlight_server.app import check_exposure
from backlight_server.logs import JsonLines
from backlight_server.sandbox.detect import Sandbox
from backlight_server.settings import BadSetting, Settings

YES = Sandbox(True)
NO = Sandbox(False, "bubblewrap is not installed.", "Install it.")


def test_the_documentation_lists_every_setting() -> None:
    page = Path(__file__).parents[2] / "docs" / "settings.md"
    assert page.read_text() == table.document(), "python -m backlight_server.settings > " + str(
        page
    )


def test_every_setting_says_what_it_is() -> None:
    for f in dataclasses.fields(Settings):
        assert f.metadata["sentence"].endswith("."), f.name


def test_flags_go_before_the_environment_before_defaults() -> None:
    environ = {"BACKLIGHT_PORT": "1", "BACKLIGHT_WALL_SECONDS": "2.5", "BACKLIGHT_OPEN": "no"}
    settings = table.read(["--port", "3", "--unsafe-local"], environ)
    assert (settings.port, settings.wall_seconds, settings.open) == (3, 2.5, False)
    assert settings.unsafe_local
    assert table.read(["--open"], environ).open
    assert table.read([], {}) == Settings()


@pytest.mark.parametrize(
    ("argv", "environ", "says"),
    [
        ([], {"BACKLIGHT_PORT": "many"}, "BACKLIGHT_PORT is 'many'"),
        ([], {"BACKLIGHT_OPEN": "maybe"}, "BACKLIGHT_OPEN is 'maybe'"),
        (["--port", "70000"], {}, "at most 65535"),
        (["--wall-seconds", "0"], {}, "wall_seconds is 0"),
        (["--token", "short"], {}, "at least 32"),
        (["--runs-rate", "often"], {}, "60/minute"),
    ],
)
def test_a_wrong_setting_is_one_sentence(
    argv: list[str], environ: dict[str, str], says: str
) -> None:
    with pytest.raises(BadSetting, match=says):
        table.read(argv, environ)


@pytest.mark.parametrize(
    ("settings", "sandbox", "says"),
    [
        ({"host": "0.0.0.0", "hosts": "a.example"}, NO, "bubblewrap is not installed"),
        ({"host": "192.0.2.1"}, NO, "needs a sandbox"),
        ({"host": "192.0.2.1", "unsafe_local": True}, YES, "--unsafe-local"),
        ({"host": "::", "unsafe_local": True}, NO, "--unsafe-local"),
        ({"host": "0.0.0.0"}, YES, "--hosts"),
    ],
)
def test_an_exposed_server_does_not_start(
    settings: dict[str, Any], sandbox: Sandbox, says: str
) -> None:
    with pytest.raises(BadSetting, match=says):
        check_exposure(Settings(**settings), sandbox)


@pytest.mark.parametrize(
    ("settings", "sandbox"),
    [
        ({}, NO),
        ({"unsafe_local": True}, NO),
        ({"host": "localhost", "unsafe_local": True}, NO),
        ({"host": "::1"}, NO),
        ({"host": "192.0.2.1"}, YES),
        ({"host": "0.0.0.0", "hosts": "a.example"}, YES),
    ],
)
def test_a_guarded_server_starts(settings: dict[str, Any], sandbox: Sandbox) -> None:
    check_exposure(Settings(**settings), sandbox)


def test_only_the_servers_names_are_trusted() -> None:
    settings = Settings(host="192.0.2.1", hosts="a.example, b.example")
    assert {"192.0.2.1", "a.example", "b.example", "localhost"} <= set(settings.trusted_hosts)
    assert "0.0.0.0" not in Settings(host="0.0.0.0").trusted_hosts


def test_without_a_sandbox_the_backend_is_off_and_says_how_to_get_one(serve: Any) -> None:
    api = serve(sandbox=NO)
    health = api.client.get("/api/health").json
    assert health["enabled"] is False
    assert health["sandbox"]["why"] == NO.why
    assert health["sandbox"]["advice"] == NO.advice
    reply = api.client.post(
        "/api/runs", json={"code": "1"}, headers={"Authorization": "Bearer " + "t" * 43}
    )
    assert (reply.status_code, reply.json["error"]["code"]) == (403, "backend_off")


def test_unsafe_local_switches_it_on_and_is_told(serve: Any) -> None:
    api = serve(unsafe_local=True, sandbox=Sandbox(False, "Off.", environment={"devices": ["cpu"]}))
    health = api.client.get("/api/health").json
    assert (health["enabled"], health["unsafe"]) == (True, True)
    assert api.end(api.start("print(1)"))[-1]["state"] == "finished"


def test_a_missing_page_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--page", str(tmp_path), "--port", "0"]) == 1
    said = capsys.readouterr().err
    assert "make build" in said
    assert said.count("\n") == 1


def test_a_busy_port_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "index.html").write_text("page")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert command.main(["--page", str(tmp_path), "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert f"Port {port}" in said
    assert f"--port {port + 1}" in said
    assert said.count("\n") == 1


def test_logs_are_json_without_code_or_secrets(
    serve: Any, caplog: pytest.LogCaptureFixture
) -> None:
    api = serve()
    with caplog.at_level(logging.INFO, "backlight_server"):
        api.end(api.start("x = 'confidential'"))
        api.client.get("/api/health?secret=confidential")
        api.client.get("/api/health", headers={"Authorization": "Bearer confidential"})
    lines = [JsonLines().format(record) for record in caplog.records]
    events = {json.loads(line)["event"] for line in lines}
    assert {"request", "run_taken", "run_ended"} <= events
    assert "confidential" not in "".join(lines)
    assert "t" * 43 not in "".join(lines)
