"""Runs programs in a session at each level of recording, in an interpreter of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
LEVELS = ("off", "light", "full")

DRIVER = """
import json, sys
from backlight.session.runner import Session

class Transport:
    def __init__(self):
        self.recorded = 0
        self.events = []
    def send(self, batch):
        for each in batch:
            event = each["event"]
            self.recorded += event["type"] == "numbers"
            if event["type"] in ("output", "state", "error"):
                self.events.append(event)
    def credit(self):
        return True
    def receive(self, timeout):
        return None

programs, levels, memory = json.load(sys.stdin)
found = []
for code in programs:
    row = {}
    for level in levels:
        to = Transport()
        run = {"type": "run", "run": level, "code": code, "record": level}
        Session(to, memory).command(run)
        row[level] = {
            "printed": "".join(e["text"] for e in to.events if e["type"] == "output"),
            "end": [e["state"] for e in to.events if e["type"] == "state"][-1],
            "recorded": to.recorded,
            "errors": [[e["name"], e["message"]] for e in to.events if e["type"] == "error"],
        }
    found.append(row)
json.dump(found, sys.__stdout__)
"""


def run(
    programs: list[str], levels: tuple[str, ...] = LEVELS, memory: int = 1 << 20
) -> list[dict[str, dict[str, Any]]]:
    """What each program printed, how it ended, and how many steps were recorded, by level."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER],
        input=json.dumps([programs, levels, memory]),
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT / "engine"), "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, dict[str, Any]]] = json.loads(done.stdout)
    return found
