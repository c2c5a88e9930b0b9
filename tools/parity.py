"""How much of PyTorch's own test databases passes, and the page that says so.

    python tools/parity.py           all levels, all samples; writes docs/compatibility.md
    python tools/parity.py --quick   forward and gradients, three samples each; fails below the floors

The harness in `tests/parity` (its README says what is counted, and how) runs real PyTorch beside
Backlight, in two processes here. Without PyTorch there is nothing to compare with: then this says so
and succeeds, but in CI it fails. The floors are in `tests/parity/floors.json`; they only rise.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HARNESS = ROOT / "tests" / "parity"
RESULTS = ROOT / "results"
PAGE = ROOT / "docs" / "compatibility.md"
FLOORS = HARNESS / "floors.json"
REASONS = HARNESS / "reasons.json"

#: The names of operators in two parts that take about as long.
FIRST_HALF = r"^(?:[a-mA-M_]|nn\.functional\.[a-m])"
HALVES = (FIRST_HALF, rf"^(?!{FIRST_HALF[1:]})")
OPS_LEVELS = (
    "forward", "grad", "gradgrad", "inplace", "method", "out", "alias", "errors", "dtypes", "jvp",
)  # fmt: skip
ALL = "100000"

LEVELS = {
    "forward": "values, shapes, dtypes of the results",
    "grad": "gradients",
    "gradgrad": "second gradients",
    "inplace": "in-place forms",
    "method": "methods of Tensor",
    "out": "`out=`",
    "alias": "other names",
    "errors": "what must raise does",
    "dtypes": "every dtype",
    "jvp": "forward-mode derivatives",
}


def run(program: str, name: str, *arguments: str) -> dict[str, Any]:
    """Run one program of the harness; returns what it measured."""
    result = RESULTS / f"parity-{name}.json"
    result.unlink(missing_ok=True)
    env = {**os.environ, "PYTHONPATH": str(ROOT / "engine"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(HARNESS / program), "--impl", "backlight", "--json", str(result)]
    done = subprocess.run(
        [*command, *arguments], cwd=ROOT / "engine", env=env, check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    if not result.exists():
        raise SystemExit(f"{program} did not finish:\n{done.stdout[-3000:]}")
    return json.loads(result.read_text("utf-8"))["levels"]


def merged(parts: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The cases of several runs, level by level."""
    levels: dict[str, dict[str, Any]] = {}
    for part in parts:
        for level, found in part.items():
            levels.setdefault(level, {}).update(found)
    return levels


def ops(levels: str, samples: str) -> dict[str, dict[str, Any]]:
    """The operators, in two processes."""
    with ThreadPoolExecutor(2) as lanes:
        jobs = [
            lanes.submit(
                run, "ops.py", f"ops-{k}", "--level", levels, "--samples", samples, "--only", names
            )
            for k, names in enumerate(HALVES)
        ]
        return merged([job.result() for job in jobs])


def counted(cases: dict[str, Any], level: str = "") -> tuple[int, int]:
    """How many cases pass, and of how many."""
    if level in ("errors", "dtypes"):  # these count inputs, and pairs of operator and dtype
        return (
            sum(case.get("passed", 0) for case in cases.values()),
            sum(case.get("samples", 0) for case in cases.values()),
        )
    real = [case for case in cases.values() if case["status"] not in ("n/a", "excluded")]
    return sum(case["status"] == "ok" for case in real), len(real)


def below(levels: dict[str, dict[str, Any]], floors: dict[str, int]) -> list[str]:
    """Sentences for the levels that have fallen below their floor."""
    return [
        f"{level}: {passed} pass, and {floors[level]} did before"
        for level, cases in levels.items()
        if (passed := counted(cases, level)[0]) < floors.get(level, 0)
    ]


def failing(levels: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    """What does not pass: for each case its reasons, those of equal text together."""
    found: dict[str, list[str]] = {}
    for level, cases in levels.items():
        for name, case in cases.items():
            if case["status"] in ("ok", "n/a", "excluded"):
                continue
            reason = " ".join(str(case.get("reason") or case["status"]).split())
            found.setdefault(name, []).append(f"{level}: {reason[:160]}")
    return found


def table(rows: list[tuple[str, ...]]) -> list[str]:
    head, *rest = rows
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return lines + ["| " + " | ".join(row) + " |" for row in rest]


def excused(name: str, reasons: dict[str, str]) -> str:
    """Why a case is not to pass, where that was decided."""
    return next((why for pattern, why in reasons.items() if re.fullmatch(pattern, name)), "")


def page(programs: dict[str, dict[str, dict[str, Any]]], reasons: dict[str, str]) -> str:
    """The text of docs/compatibility.md."""
    lines = [
        "# What runs as in PyTorch",
        "",
        "Measured against PyTorch 2.13 over PyTorch's own test databases, all samples, by `make parity`,",
        "which writes this page. What is counted, and how, is in",
        "[tests/parity/README.md](../tests/parity/README.md).",
    ]
    for program, levels in programs.items():
        rows: list[tuple[str, ...]] = [("", "passes", "of", "")]
        for level, cases in levels.items():
            passed, of = counted(cases, level)
            share = f"{100 * passed / of:.1f}%" if of else ""
            rows.append(
                (f"**{level}** {LEVELS.get(level, '')}".strip(), f"{passed:,}", f"{of:,}", share)
            )
        lines += ["", f"## {program.capitalize()}", "", *table(rows)]
        rest = failing(levels)
        absent = sorted(
            name for name, why in rest.items()
            if levels.get("forward", {}).get(name, {}).get("status") == "missing"
        )  # fmt: skip
        if absent:
            names = ", ".join(f"`{name}`" for name in absent)
            lines += [
                "",
                f"Not there (each raises NotImplementedError and names the nearest): {names}.",
            ]
        others = [(name, why) for name, why in sorted(rest.items()) if name not in absent]
        if others:
            lines += ["", "There, and not the same:", ""]
            for name, why in others:
                said = excused(name, reasons) or why[0].replace("|", "/").replace("<", "&lt;")
                lines.append(f"- `{name}` ({len(why)}): {said}")
    return "\n".join(lines) + "\n"


def full() -> int:
    """Measure everything and write the page."""
    programs = {"operators": ops(",".join(OPS_LEVELS), ALL)}
    with ThreadPoolExecutor(2) as lanes:
        modules = lanes.submit(run, "modules.py", "modules")
        optimizers = lanes.submit(run, "optimizers.py", "optimizers")
        programs["modules"], programs["optimizers"] = modules.result(), optimizers.result()
    reasons = json.loads(REASONS.read_text("utf-8"))
    PAGE.write_text(page(programs, reasons), "utf-8")
    for program, levels in programs.items():
        for level, cases in levels.items():
            passed, of = counted(cases, level)
            print(f"{program:11} {level:11} {passed:5} of {of}")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


def quick() -> int:
    """Measure what CI watches, and compare with the floors."""
    levels = ops("forward,grad", "3")
    for level, cases in levels.items():
        print("{}: {} of {}".format(level, *counted(cases, level)))
    fallen = below(levels, json.loads(FLOORS.read_text("utf-8")))
    for sentence in fallen:
        print(sentence)
    if fallen:
        for name, why in sorted(failing(levels).items()):
            print(f"  {name}: {why[0]}")
    return 1 if fallen else 0


def main() -> int:
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="what CI runs")
    asked = parser.parse_args()
    if importlib.util.find_spec("torch") is None:
        print("PyTorch is not installed (pip install -e '.[parity]'): nothing to compare with.")
        return 1 if os.environ.get("CI") else 0
    RESULTS.mkdir(exist_ok=True)
    return quick() if asked.quick else full()


if __name__ == "__main__":
    sys.exit(main())
