"""Control groups of either version: the limits that count a run's processes together.

A run gets a group of its own beneath the server's, where the server may make one; what it used is
read back from there. Where none can be had, runs are bounded by process instead (`Policy` says
which), and the health route says so.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
from dataclasses import dataclass, field
from pathlib import Path

from .policy import Policy

CONTROLLERS = ("memory", "pids", "cpu")
PERIOD = 100_000  # microseconds, of the CPU quota


@dataclass(slots=True)
class Usage:
    """What a run used so far."""

    cpu: float | None = None  # seconds; None where nobody counts
    out_of_memory: int = 0  # processes the kernel ended
    refused_processes: int = 0  # forks that failed


@dataclass(slots=True)
class Group:
    """The group of one run; without directories it is the absence of one."""

    directories: dict[str, Path] = field(default_factory=dict)  # controller -> directory
    unified: bool = False

    @property
    def counts_memory(self) -> bool:
        """Whether all processes of the run share one memory limit."""
        return "memory" in self.directories

    def join_files(self) -> list[str]:
        """Return the files a process writes its pid to, to be born into this group."""
        return [str(d / "cgroup.procs") for d in dict.fromkeys(self.directories.values())]

    def usage(self) -> Usage:
        """Read what the group's processes used."""
        usage = Usage()
        if "memory" in self.directories:
            name = "memory.events" if self.unified else "memory.oom_control"
            usage.out_of_memory = _counter(self.directories["memory"] / name, "oom_kill")
        if "pids" in self.directories:
            usage.refused_processes = _counter(self.directories["pids"] / "pids.events", "max")
        if self.unified and self.directories:
            stat = next(iter(self.directories.values())) / "cpu.stat"
            usage.cpu = _counter(stat, "usage_usec") / 1e6
        elif "cpuacct" in self.directories:
            with contextlib.suppress(OSError, ValueError):
                text = (self.directories["cpuacct"] / "cpuacct.usage").read_text()
                usage.cpu = int(text) / 1e9
        return usage

    def pids(self) -> list[int]:
        """Return the processes in the group, as this process sees them."""
        found: set[int] = set()
        for file in self.join_files():
            with contextlib.suppress(OSError):
                found.update(int(line) for line in Path(file).read_text().split())
        return sorted(found)

    def kill(self) -> None:
        """End every process in the group."""
        for directory in dict.fromkeys(self.directories.values()):
            with contextlib.suppress(OSError):
                (directory / "cgroup.kill").write_text("1")
                return
        for pid in self.pids():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)

    def remove(self) -> None:
        """Remove the group's directories; they must be empty of processes."""
        for directory in dict.fromkeys(self.directories.values()):
            with contextlib.suppress(OSError):
                directory.rmdir()


def _counter(file: Path, name: str) -> int:
    """Return one number of a `name value` file, 0 where there is none."""
    with contextlib.suppress(OSError, ValueError):
        for line in file.read_text().splitlines():
            key, _, value = line.partition(" ")
            if key == name:
                return int(value)
    return 0


@dataclass(slots=True)
class Cgroups:
    """Where this process may make groups, by controller."""

    parents: dict[str, Path] = field(default_factory=dict)
    unified: bool = False

    @classmethod
    def find(cls, root: str = "/sys/fs/cgroup", own: str = "/proc/self/cgroup") -> Cgroups:
        """Look where this process's own groups lie, and which of them it may divide.

        On version 2 a group with processes cannot be divided, so this process first moves into a
        leaf of its own (the unit needs `Delegate=yes`).
        """
        try:
            lines = Path(own).read_text().splitlines()
        except OSError:
            return cls()
        places: dict[str, str] = {}
        for line in lines:
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(","):
                places[controller] = path.lstrip("/")
        if Path(root, "cgroup.controllers").exists():
            return cls._find_unified(Path(root, places.get("", "")))
        found = {}
        for controller in (*CONTROLLERS, "cpuacct"):
            directory = Path(root, controller, places.get(controller, ""))
            if controller in places and _may_divide(directory):
                _sweep(directory)
                found[controller] = directory
        return cls(found)

    @classmethod
    def _find_unified(cls, directory: Path) -> Cgroups:
        if directory.name == "backlight-server":  # moved before
            directory = directory.parent
        if not _may_divide(directory):
            return cls()
        try:
            wanted = " ".join(f"+{c}" for c in CONTROLLERS)
            control = directory / "cgroup.subtree_control"
            if not set(CONTROLLERS) <= set(control.read_text().split()):
                leaf = directory / "backlight-server"
                leaf.mkdir(exist_ok=True)
                (leaf / "cgroup.procs").write_text(str(os.getpid()))
                control.write_text(wanted)
        except OSError:  # other processes share this group: it is not ours to divide
            return cls()
        _sweep(directory)
        return cls(dict.fromkeys(CONTROLLERS, directory), unified=True)

    def __bool__(self) -> bool:
        """Say whether memory and processes of a run can be counted together."""
        return {"memory", "pids"} <= set(self.parents)

    def make(self, policy: Policy, overhead: int) -> Group:
        """Make the group of one run, with its limits; `overhead` is what is loaded before it."""
        if not self:
            return Group()
        name = f"backlight-{os.getpid()}-{secrets.token_hex(6)}"
        directories = {c: parent / name for c, parent in self.parents.items()}
        group = Group(directories, self.unified)
        try:
            for directory in dict.fromkeys(directories.values()):
                directory.mkdir()
            quota = int(policy.cpus * PERIOD)
            memory = policy.memory + overhead
            if self.unified:
                directory = directories["memory"]
                (directory / "memory.max").write_text(str(memory))
                (directory / "pids.max").write_text(str(policy.processes))
                (directory / "cpu.max").write_text(f"{quota} {PERIOD}")
                _try_write(directory / "memory.swap.max", "0")
                _try_write(directory / "memory.oom.group", "1")
            else:
                (directories["memory"] / "memory.limit_in_bytes").write_text(str(memory))
                (directories["pids"] / "pids.max").write_text(str(policy.processes))
                if "cpu" in directories:
                    _try_write(directories["cpu"] / "cpu.cfs_quota_us", str(quota))
                _try_write(directories["memory"] / "memory.memsw.limit_in_bytes", str(memory))
        except OSError:
            group.remove()
            return Group()
        return group


def _sweep(parent: Path) -> None:
    """Remove what a server that was killed left behind: empty groups named after its pid."""
    for directory in parent.glob("backlight-*-*"):
        pid = directory.name.split("-")[1]
        if not Path("/proc", pid).exists():
            with contextlib.suppress(OSError):
                directory.rmdir()


def _may_divide(directory: Path) -> bool:
    return directory.is_dir() and os.access(directory, os.W_OK)


def _try_write(file: Path, text: str) -> None:
    """Write a limit that some kernels do not have."""
    with contextlib.suppress(OSError):
        file.write_text(text)
