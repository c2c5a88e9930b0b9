"""Every failure of set-up is one sentence that says what to do, and an exit status."""

from __future__ import annotations

import errno
import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path

import bootstrap
import commands
import failure
import node_env
import pyodide_assets
import pytest
import python_env
import stamps
from failure import SetupFailure

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sandboxed(tmp_path, monkeypatch):
    """Let the tools write below tmp_path only."""
    monkeypatch.setattr(stamps, "FILE", tmp_path / "stamps.json")
    monkeypatch.setattr(commands, "LOGS", tmp_path / "logs")
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    monkeypatch.setattr(node_env, "WEB", tmp_path)
    return tmp_path


def one_sentence(text: str) -> bool:
    return "\n" not in text.strip() and text.strip().endswith((".", ")."))


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        ("npm error code ENOTFOUND\nnpm error network", "connect to a network"),
        ("npm error request failed, reason: getaddrinfo EAI_AGAIN", "connect to a network"),
        ("WARNING: Retrying: NewConnectionError('[Errno -2] Name or service')", "connect to"),
        ("npm error code SELF_SIGNED_CERT_IN_CHAIN", "set SSL_CERT_FILE"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]", "set SSL_CERT"),
        ("E: Could not resolve 'deb'", "connect to a network"),
        ("OSError: [Errno 28] No space left on device", "free about 1 GB"),
        ("npm error code ENOSPC", "free about 1 GB"),
        ("npm error code EINTEGRITY\nnpm error sha512", "not the one that the lock file names"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that the lock file names"),
        ("npm error code EACCES", "run from a checkout that you own"),
        ("first\n  it broke here\n\n", "it said: it broke here"),
        ("Error: cannot find x\n  at file.js:1\n}", "it said: Error: cannot find x"),
        ("npm error code 1\nnpm error no script\nnpm error A complete log", "error no script"),
        ("", "it said nothing"),
    ],
)
def test_output_of_a_failed_program_is_put_into_words(output, advice):
    assert advice in commands.why(output, fetches=True)


def test_a_compiler_is_not_told_to_connect():
    said = "[UNRESOLVED_IMPORT] Could not resolve './missing' in src/App.svelte"
    output = f"Build failed with 1 error:\n\x1b[31m{said}\x1b[0m\n  at x\n}}"
    assert commands.why(output, fetches=False) == f"it said: {said}"


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.ENOSPC, "free about 1 GB"), (errno.EACCES, "checkout that you own"), (errno.EIO, "")],
)
def test_an_error_of_the_system_is_one_sentence_and_a_status(number, advice, capsys):
    def main() -> int:
        raise OSError(number, os.strerror(number), "some/file")

    assert failure.reported(main) == 1
    said = capsys.readouterr().err
    assert one_sentence(said)
    assert advice in said
    assert "some/file" in said


def test_old_python(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SetupFailure, match=r"Python 3\.11 or newer is needed and this is 3\.9"):
        bootstrap.check_python()


@pytest.mark.parametrize(
    ("host", "port", "advice"),
    [
        ("127.0.0.1", "eighty", "PORT=eighty is not a port"),
        ("127.0.0.1", "70000", "PORT=70000 is not a port"),
        ("no such host", "8765", "HOST=no such host is not an address"),
        ("203.0.113.9", "0", "is not an address of this machine"),
    ],
)
def test_address_that_cannot_be_served(host, port, advice):
    with pytest.raises(SetupFailure, match=advice):
        bootstrap.check_address(host, port)


def test_busy_port_is_said_before_anything_is_set_up():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        command = [sys.executable, "tools/bootstrap.py", "play", "--port", str(port), "--no-open"]
        done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"Port {port} is in use: choose another one with `make play PORT={port + 1}`.\n"
    )


def test_missing_venv_module(sandboxed, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(python_env, "PYTHON", sandboxed / "none" / "python")
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ensurepip" else found(name)
    )
    with pytest.raises(SetupFailure, match=r"sudo apt install python3\.\d+-venv") as failed:
        python_env.make_venv()
    assert one_sentence(str(failed.value))


def test_npm_that_fails_is_one_sentence_with_its_log(sandboxed, program):
    program(sandboxed / "bin", "npm", "echo 'npm error code ENOTFOUND'; exit 1")
    for name in ("package.json", "package-lock.json"):
        (sandboxed / name).write_text("{}")
    node = node_env.Node("v20.19.0", {"PATH": f"{sandboxed / 'bin'}:/bin:/usr/bin"})
    with pytest.raises(SetupFailure) as failed:
        node_env.install_packages(node)
    assert one_sentence(str(failed.value))
    assert "connect to a network" in str(failed.value)
    assert "ENOTFOUND" in (sandboxed / "logs" / "npm.log").read_text()


def test_a_program_that_is_not_there(sandboxed):
    with pytest.raises(SetupFailure, match="no-such-program is not installed"):
        commands.run("Trying", ["no-such-program"], log="x")


def test_missing_and_wrong_pyodide(tmp_path):
    with pytest.raises(SetupFailure, match="is not there: run `make setup`"):
        pyodide_assets.check_pyodide(tmp_path)
    (tmp_path / "package.json").write_text('{"version": "1.0.0"}')
    with pytest.raises(SetupFailure, match=r"is version 1\.0\.0: run `make setup`"):
        pyodide_assets.check_pyodide(tmp_path)
