"""The checks of `make test`: what each one runs, side by side where that helps, and the totals.

With no name all stages run: the Python tests on one side and everything short on the other, then
the end-to-end tests alone, because they watch the clock. With names the stages run one after the
other and what stands behind the names goes to the last one.
"""

from __future__ import annotations

import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import node_env
from commands import LOGS
from failure import reported
from python_env import PYTHON

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"

RUFF = [str(PYTHON), "-m", "ruff"]
PYTEST = [str(PYTHON), "-m", "pytest"]
NPM = ["npm", "--prefix", "web", "run", "--silent"]


class Stage(NamedTuple):
    """Commands that run one after the other, and the JUnit file that one of them writes."""

    commands: list[list[str]]
    junit: str = ""


STAGES = {
    "lint": Stage([[*RUFF, "check", "."], [*RUFF, "format", "--check", "."], [*NPM, "lint"]]),
    "check": Stage([[str(PYTHON), "-m", "mypy"], [*NPM, "check"]]),
    "test-python": Stage([[*PYTEST, "tests", "--junit-xml=results/python.xml"]], "python.xml"),
    "test-wasm": Stage([["node", "tools/wasm_test.mjs"]], "wasm.xml"),
    "test-web": Stage([[*NPM, "test"]], "web.xml"),
    "e2e": Stage([[*PYTEST, "e2e", "--junit-xml=results/e2e.xml"]], "e2e.xml"),
    "parity": Stage([[str(PYTHON), "tools/parity.py", "--quick"]]),
    "format": Stage([[*RUFF, "check", "--fix", "."], [*RUFF, "format", "."], [*NPM, "format"]]),
    "bench": Stage([[str(PYTHON), str(path)] for path in sorted((ROOT / "bench").glob("*.py"))]),
}
SIDE_BY_SIDE = (("test-python",), ("lint", "check", "test-web", "test-wasm", "parity"))
ALONE = ("e2e",)


class Totals(NamedTuple):
    """How many tests passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Totals) -> Totals:  # type: ignore[override]
        return Totals(*(a + b for a, b in zip(self, other, strict=True)))

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def read_junit(path: Path) -> Totals:
    """Count the tests in a JUnit file, as pytest and vitest write it."""
    totals = Totals()
    for suite in ET.parse(path).getroot().iter("testsuite"):
        count = {
            name: int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")
        }
        failed = count["failures"] + count["errors"]
        totals += Totals(count["tests"] - failed - count["skipped"], failed, count["skipped"])
    return totals


def result(stage: Stage, ok: bool) -> Totals:
    """Give a stage's totals; one that broke, or counted no test, has at least one failure."""
    if not stage.junit:
        return Totals(failed=0 if ok else 1)
    try:
        totals = read_junit(RESULTS / stage.junit)
    except (OSError, ET.ParseError):
        return Totals(failed=1)
    if totals.failed == 0 and (not ok or totals.passed == 0):
        totals += Totals(failed=1)
    return totals


def run_stage(name: str, env: dict[str, str], arguments: list[str], quiet: bool) -> Totals:
    """Run one stage; quiet keeps its output for when it fails."""
    stage = STAGES[name]
    if stage.junit:
        (RESULTS / stage.junit).unlink(missing_ok=True)
    began = time.monotonic()
    output, ok = "", True
    for index, command in enumerate(stage.commands):
        extra = arguments if index == len(stage.commands) - 1 else []
        done = subprocess.run(
            [*command, *extra],
            check=False,
            cwd=ROOT,
            env=env,
            text=True,
            errors="replace",
            stdout=subprocess.PIPE if quiet else None,
            stderr=subprocess.STDOUT if quiet else None,
        )
        output += done.stdout or ""
        ok = ok and done.returncode == 0
    totals = result(stage, ok)
    if quiet:
        LOGS.mkdir(parents=True, exist_ok=True)
        (LOGS / f"{name}.log").write_text(output, "utf-8")
        shown = output.rstrip() if totals.failed else ""
        said = f"{totals}" if stage.junit else ("clean" if ok else "failed")
        print(f"{shown}\n== {name}: {said} in {time.monotonic() - began:.0f} s".strip(), flush=True)
    return totals


def run_all(env: dict[str, str]) -> Totals:
    """Run every stage and print the totals of each suite and of all."""

    def lane(names: tuple[str, ...]) -> Totals:
        return sum((run_stage(name, env, [], quiet=True) for name in names), Totals())

    with ThreadPoolExecutor(len(SIDE_BY_SIDE)) as lanes:
        totals = sum(lanes.map(lane, SIDE_BY_SIDE), Totals())
    totals += lane(ALONE)
    print(totals)
    return totals


def main() -> int:
    """Run the named stages, or all."""
    node = node_env.find_node()
    RESULTS.mkdir(exist_ok=True)
    names = [name for name in sys.argv[1:] if name in STAGES]
    if not names:
        return 1 if run_all(node.env).failed else 0
    arguments = [text for text in sys.argv[1:] if text not in STAGES]
    totals = Totals()
    for name in names:
        totals += run_stage(name, node.env, arguments if name == names[-1] else [], quiet=False)
    return 1 if totals.failed else 0


if __name__ == "__main__":
    sys.exit(reported(main))
