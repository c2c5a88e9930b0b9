"""A training step of a tiny net (2-16-16-1, tanh, 100 points), to PyTorch's on one thread.

One process per library, taken in turns; CPU time; the median of the ratios of the rounds. Below 1
is faster. Prints one line of JSON for each optimiser.
"""

from __future__ import annotations

import importlib.util
import json
import statistics
import subprocess
import sys
import time
from typing import Any

ROUNDS, WARM, STEPS = 9, 100, 300
OPTIMIZERS = ("SGD", "Adam")


def measure(torch: Any) -> dict[str, float]:
    """Seconds of CPU time per step, the least of three tries, for each optimiser."""
    nn = torch.nn
    torch.manual_seed(0)
    x, y = torch.randn(100, 2), torch.randn(100, 1)
    found = {}
    for name in OPTIMIZERS:
        net = nn.Sequential(
            nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 16), nn.Tanh(), nn.Linear(16, 1)
        )
        optimizer = getattr(torch.optim, name)(net.parameters(), lr=0.01)
        tries = []
        for steps in (WARM, STEPS, STEPS, STEPS):
            begun = time.process_time()
            for _ in range(steps):
                loss = ((net(x) - y) ** 2).mean()
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            tries.append((time.process_time() - begun) / steps)
        found[name] = min(tries[1:])
    return found


def main() -> None:
    """Compare, or measure one library where its name is given."""
    if len(sys.argv) > 1:
        torch = __import__(sys.argv[1])
        if sys.argv[1] == "torch":
            torch.set_num_threads(1)
        print(json.dumps(measure(torch)))
        return
    libraries = ["backlight"] + ["torch"] * (importlib.util.find_spec("torch") is not None)
    rounds = [
        {
            library: json.loads(
                subprocess.run(
                    [sys.executable, __file__, library], check=True, capture_output=True, text=True
                ).stdout
            )
            for library in libraries
        }
        for _ in range(ROUNDS)
    ]
    for name in OPTIMIZERS:
        line = {"bench": f"tiny_mlp {name}"}
        for library in libraries:
            seconds = statistics.median(each[library][name] for each in rounds)
            line[f"{library}_us"] = round(seconds * 1e6, 1)
        if "torch" in libraries:
            ratios = [each["backlight"][name] / each["torch"][name] for each in rounds]
            line["ratio"] = round(statistics.median(ratios), 3)
        print(json.dumps(line))


if __name__ == "__main__":
    main()
