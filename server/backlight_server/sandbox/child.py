"""The first program inside the sandbox: takes the limits, warms up, then waits for a run.

It is handed in as text and run by path, with the standard library alone until it says where the
engine lies; so it imports nothing of the server. Its one argument is JSON: `path`, `limits`
(resource name -> bytes or seconds), `memory` (bytes beyond what is loaded, 0 for none), and two
descriptors.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import signal
import sys
from typing import Any


def keep_freed_memory() -> None:
    """Tell glibc to hand freed blocks out again rather than back: large arrays stop faulting."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return  # another C library
    mallopt(-3, 1 << 30)  # M_MMAP_THRESHOLD
    mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


def die_with_parent() -> None:
    """Ask the kernel for the end of this process with the server, should that be killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def lower(name: str, soft: int, hard: int | None = None) -> None:
    """Set a resource limit, never above the one already in force."""
    kind = getattr(resource, name)
    ceiling = resource.getrlimit(kind)[1]
    hard = soft if hard is None else hard
    if ceiling != resource.RLIM_INFINITY:
        soft, hard = min(soft, ceiling), min(hard, ceiling)
    resource.setrlimit(kind, (soft, hard))


def mapped_bytes() -> int:
    """Return the size of this process's address space."""
    with open("/proc/self/statm") as f:
        return int(f.read().split()[0]) * resource.getpagesize()


def boot(spec: dict[str, Any]) -> None:
    """Prepare this process and run what comes over the command pipe."""
    events, commands = spec["events"], spec["commands"]
    # What bubblewrap was handed stays open otherwise.
    low, high = sorted((events, commands))
    os.closerange(3, low)
    os.closerange(low + 1, high)
    os.closerange(high + 1, 1024)
    os.set_inheritable(events, False)
    os.set_inheritable(commands, False)

    die_with_parent()
    keep_freed_memory()
    for name, value in spec["limits"].items():
        if hasattr(resource, name):  # not every system has each
            lower(name, value)
    if spec["cpu"]:  # the soft limit's signal can be caught, the hard one's cannot
        lower("RLIMIT_CPU", spec["cpu"], spec["cpu"] + 1)

    sys.path[:0] = spec["path"]
    sys.argv = ["main.py"]
    from backlight.session.child import main

    hello = {"ready": {"python": sys.version.split()[0], **describe(), "bounds": bounds()}}
    if spec["memory"] and sys.platform == "linux":
        lower("RLIMIT_AS", mapped_bytes() + spec["memory"])
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)
    os.write(events, json.dumps(hello).encode() + b"\n")
    main(events, commands)


def describe() -> dict[str, Any]:
    """Return what a program finds here: versions and devices."""
    import backlight
    import numpy

    return {
        "engine": getattr(backlight, "__version__", ""),
        "array": f"NumPy {numpy.__version__}",
        "devices": ["cpu", *gpus()],
    }


def bounds() -> dict[str, str]:
    """Return what the kernel says about this process's privileges; the server checks it."""
    if sys.platform != "linux":
        return {}
    with open("/proc/self/status") as f:
        fields = dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)
    return {name: fields.get(name, "") for name in ("CapEff", "NoNewPrivs", "Seccomp")}


def gpus() -> list[str]:
    """Return the names of the GPUs CuPy can use; none is the ordinary case."""
    if not os.path.exists("/dev/nvidiactl"):
        return []
    try:
        from cupy.cuda import runtime  # type: ignore[import-not-found, unused-ignore]

        return [
            runtime.getDeviceProperties(i)["name"].decode() for i in range(runtime.getDeviceCount())
        ]
    except Exception:  # a driver that does not answer is a machine without a GPU
        return []


if __name__ == "__main__":
    boot(json.loads(sys.argv[1]))
