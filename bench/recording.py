"""What recording costs: whole programs in a session, with recording off, light and full.

One process per program and level, taken in turns; the least wall time of three runs of the program,
on one thread. Prints one line of JSON for each program: medians of the rounds, how many steps were
recorded, and the cost of each level over off.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROUNDS, TRIES = 3, 3
LEVELS = ("off", "light", "full")
#: The examples that are run, and for how many steps: about as long as people wait for a first result.
PROGRAMS = {"digits_mlp": 5000, "char_gpt": 200}
LOOP = re.compile(r"for step in range\((\d+)\)")


class Sink:
    """A transport that lets everything go, and never has a command."""

    steps = 0

    def send(self, batch: list[dict[str, Any]]) -> None:
        self.steps += sum(each["event"]["type"] == "numbers" for each in batch)

    def credit(self) -> bool:
        return True

    def receive(self, timeout: float | None) -> None:
        return None

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def measure(program: str, level: str) -> dict[str, float]:
    """Seconds that a program takes at a level, and how many steps were recorded."""
    from backlight.session.runner import Session

    sink = Sink()
    steps = PROGRAMS[program]
    code = (ROOT / "examples" / f"{program}.py").read_text("utf-8")
    code = LOOP.sub(f"for step in range({steps})", code)
    session = Session(sink)
    warm = {
        "type": "run",
        "run": "w",
        "code": LOOP.sub("for step in range(3)", code),
        "record": level,
    }
    session.command(warm)
    tries = []
    for number in range(TRIES):
        sink.steps = 0
        begun = time.perf_counter()
        run = {"type": "run", "run": f"r{number}", "code": code, "record": level}
        session.command(run)
        tries.append(time.perf_counter() - begun)
    return {"seconds": min(tries), "steps": sink.steps}


def main() -> None:
    """Compare the levels, or measure one."""
    if len(sys.argv) > 2:
        print(json.dumps(measure(*sys.argv[1:])))
        return
    for program in PROGRAMS:
        rounds = [
            {
                level: json.loads(
                    subprocess.run(
                        [sys.executable, __file__, program, level],
                        check=True, capture_output=True, text=True,
                        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                    ).stdout
                )
                for level in LEVELS
            }
            for _ in range(ROUNDS)
        ]  # fmt: skip
        line: dict[str, Any] = {"bench": f"recording {program}"}
        for level in LEVELS:
            seconds = statistics.median(each[level]["seconds"] for each in rounds)
            line[f"{level}_ms"] = round(seconds * 1e3, 1)
            line[f"{level}_steps"] = round(statistics.median(e[level]["steps"] for e in rounds))
        for level in LEVELS[1:]:
            costs = [each[level]["seconds"] / each["off"]["seconds"] - 1 for each in rounds]
            line[f"{level}_cost"] = f"{100 * statistics.median(costs):.1f}%"
        print(json.dumps(line))


if __name__ == "__main__":
    main()
