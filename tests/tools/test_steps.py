"""A step of set-up runs once for the same inputs, and again when one of them changes."""

from __future__ import annotations

import commands
import node_env
import pytest
import python_env
import stamps


@pytest.fixture
def checkout(tmp_path, monkeypatch, program):
    """Give an empty checkout to the tools, with an npm that counts its calls."""
    monkeypatch.setattr(stamps, "FILE", tmp_path / ".cache" / "stamps.json")
    monkeypatch.setattr(commands, "LOGS", tmp_path / ".cache" / "logs")
    monkeypatch.setattr(commands, "ROOT", tmp_path)
    monkeypatch.setattr(node_env, "WEB", tmp_path / "web")
    web = tmp_path / "web"
    web.mkdir()
    (web / "package.json").write_text("{}")
    (web / "package-lock.json").write_text("{}")
    program(
        tmp_path / "bin",
        "npm",
        f"echo $1 >> {tmp_path}/calls; mkdir -p node_modules; : > node_modules/.package-lock.json",
    )
    return tmp_path


def calls(checkout) -> list[str]:
    return (checkout / "calls").read_text().split()


def node(checkout, version="v22.12.0") -> node_env.Node:
    return node_env.Node(version, {"PATH": f"{checkout / 'bin'}:/bin:/usr/bin"})


def test_packages_are_installed_once(checkout):
    node_env.install_packages(node(checkout))
    node_env.install_packages(node(checkout))
    assert calls(checkout) == ["ci"]


@pytest.mark.parametrize(
    "change",
    [
        lambda web: (web / "package-lock.json").write_text('{"changed": 1}'),
        lambda web: (web / "node_modules" / ".package-lock.json").unlink(),
        lambda web: stamps.FILE.write_text("not JSON"),
    ],
    ids=["lock file", "result gone", "stamps damaged"],
)
def test_a_change_runs_the_step_again(checkout, change):
    node_env.install_packages(node(checkout))
    change(checkout / "web")
    node_env.install_packages(node(checkout))
    assert calls(checkout) == ["ci", "ci"]


def test_another_node_installs_again(checkout):
    node_env.install_packages(node(checkout, "v22.12.0"))
    node_env.install_packages(node(checkout, "v24.19.0"))
    assert calls(checkout) == ["ci", "ci"]


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ("v18.20.0", False),
        ("v20.18.1", False),
        ("v20.19.0", True),
        ("v21.7.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v24.19.0", True),
        ("", False),
    ],
)
def test_which_node_is_new_enough(version, good):
    assert node_env.suits(version) is good


def test_an_old_node_is_passed_over_for_the_one_from_the_index(checkout, monkeypatch, program):
    venv = checkout / "venv"
    program(checkout / "old", "node", "echo v18.0.0")
    program(checkout / "old", "npm", "exit 0")
    venv.mkdir()
    # What stands in for pip puts a node into the environment, as the wheel does.
    program(
        venv / "bin",
        "pip",
        f"printf '#!/bin/sh\\necho v24.19.0\\n' > {venv}/bin/node; chmod +x {venv}/bin/node;"
        f"cp {venv}/bin/node {venv}/bin/npm; echo $@ > {checkout}/asked",
    )
    monkeypatch.setattr(node_env, "VENV", venv)
    monkeypatch.setattr(node_env, "PIP", [str(venv / "bin" / "pip")])
    monkeypatch.setenv("PATH", f"{checkout / 'old'}:/bin:/usr/bin")
    monkeypatch.setattr(python_env, "PYTHON", venv / "bin" / "pip")
    found = node_env.find_node()
    assert found.version == "v24.19.0"
    assert found.env["PATH"].startswith(str(venv / "bin"))
    assert (checkout / "asked").read_text().split() == ["install", node_env.NODE_WHEEL]


def test_key_sees_names_and_contents(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_text("x")
    b.write_text("x")
    assert stamps.key(a) == stamps.key(a)
    assert stamps.key(a) != stamps.key(b)
    before = stamps.key(a)
    a.write_text("y")
    assert stamps.key(a) != before


def test_files_below_leaves_out_one_folder_and_not_its_namesakes(tmp_path):
    for name in ("public/runtime/big", "src/runtime/code", "src/__pycache__/code.pyc", "top"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = stamps.files_below(tmp_path, [tmp_path / "public" / "runtime"])
    assert [str(path.relative_to(tmp_path)) for path in found] == ["src/runtime/code", "top"]
