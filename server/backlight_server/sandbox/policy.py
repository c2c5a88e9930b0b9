"""What a program on the server may use, as data.

The numbers come from the settings; who enforces which one is said beside it. Nothing here acts.
"""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits of one run. Sizes are bytes, times are seconds."""

    wall: float = 600.0  # supervisor, counted from the program's first line
    cpu: float = 600.0  # supervisor by cgroup, else RLIMIT_CPU in each process
    cpus: float = 1.0  # cgroup quota; also the threads NumPy's BLAS starts
    memory: int = 1024 * MIB  # cgroup for all processes, RLIMIT_AS for each
    processes: int = 64  # cgroup, and RLIMIT_NPROC
    output: int = 8 * MIB  # supervisor: text the program printed
    event_bytes: int = 256 * MIB  # supervisor: everything the program sent
    events: int = 500_000  # supervisor
    event_rate: int = 8 * MIB  # supervisor: bytes a second; the program waits rather than ends
    line: int = 16 * MIB  # supervisor: one event
    file: int = 64 * MIB  # RLIMIT_FSIZE
    scratch: int = 64 * MIB  # size of /tmp inside
    descriptors: int = 256  # RLIMIT_NOFILE
    keep: float = 600.0  # an ended program stays to answer `inspect`
    grace: float = 1.0  # between the interrupt and the kill

    @property
    def threads(self) -> int:
        """How many threads NumPy's linear algebra may start."""
        return max(1, round(self.cpus))
