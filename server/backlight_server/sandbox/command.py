"""Turns a policy into the arguments of bubblewrap.

Pure functions: what they return is the whole boundary, and is tested as text. The arguments travel
through a descriptor (`--args`), as `/proc/1/cmdline` would show host paths inside otherwise.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .policy import MIB, Policy

#: The user outside when the server is root: nobody's, and not 65534, which network mounts share.
SANDBOX_UID = 64001
#: The user inside, whoever runs it outside.
INSIDE_UID = 65534

PASSWD = b"run:x:65534:65534:run:/tmp:/bin/false\n"


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the interpreter and the packages of a run lie on this machine."""

    interpreter: str  # the real file, no link
    binds: tuple[str, ...]  # directories to show inside, at their own paths
    path: tuple[str, ...]  # entries for sys.path inside
    devices: tuple[str, ...] = ()  # device nodes of the GPU

    @classmethod
    def here(cls) -> Layout:
        """Describe the interpreter that runs this, with the engine and NumPy as it finds them.

        A virtual environment's `python` is a link out of it, and an editable install is a line in a
        .pth file; so the real interpreter is run and told where the packages are.
        """
        import backlight
        import numpy

        interpreter = os.path.realpath(sys.executable)
        engine = Path(os.path.realpath(next(iter(backlight.__path__))))
        arrays = Path(os.path.realpath(numpy.__path__[0])).parent
        prefix = os.path.realpath(sys.base_prefix)
        binds = [prefix] if not _below(prefix, "/usr") else []
        for place in (str(arrays), str(engine)):
            if not any(_below(place, parent) for parent in ("/usr", *binds)):
                binds.append(place)
        path = dict.fromkeys([str(engine.parent), str(arrays)])
        return cls(interpreter, tuple(binds), tuple(path), gpu_devices())


def _below(path: str, parent: str) -> bool:
    return Path(path).is_relative_to(parent)


def gpu_devices(root: str = "/dev") -> tuple[str, ...]:
    """Return the device nodes that CUDA needs, or none where there is no NVIDIA GPU."""
    nodes = [Path(root, name) for name in ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")]
    cards = sorted(p for p in Path(root).glob("nvidia*") if p.name[6:].isdigit())
    if not cards or not nodes[0].exists():
        return ()
    return tuple(str(p) for p in (*nodes, *cards) if p.exists())


def environment(policy: Policy) -> dict[str, str]:
    """Return all the environment a program sees."""
    threads = str(policy.threads)
    return {
        "HOME": "/tmp",
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": threads,  # OpenBLAS starts a thread per core at import else
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "CUPY_CACHE_DIR": "/tmp/cupy",
    }


@dataclass(frozen=True, slots=True)
class Descriptors:
    """Open descriptors that bubblewrap reads or hands on."""

    boot: int  # the boot program's text
    passwd: int
    info: int  # bubblewrap writes the child's pid here
    seccomp: int


def bubblewrap(
    policy: Policy, layout: Layout, sources: Mapping[str, str], fds: Descriptors
) -> list[str]:
    """Return bubblewrap's options (all before the program).

    `sources` says where to find each of the layout's binds when that is not its own path.
    """
    options = [
        *("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"),
        *("--unshare-cgroup-try", "--disable-userns"),
        *("--uid", str(INSIDE_UID), "--gid", str(INSIDE_UID), "--hostname", "run"),
        *("--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv"),
        *("--ro-bind", "/usr", "/usr"),
        *("--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib"),
        *("--symlink", "usr/lib64", "/lib64"),
        *("--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"),
        *("--ro-bind-data", str(fds.passwd), "/etc/passwd"),
        *("--proc", "/proc", "--dev", "/dev"),
        *("--size", str(MIB), "--tmpfs", "/dev/shm"),
        # Before any bind: one that lies under /tmp would be hidden by it.
        *("--size", str(policy.scratch), "--tmpfs", "/tmp"),
    ]
    for device in layout.devices:
        options += ["--dev-bind", device, device]
    if layout.devices:  # the driver looks its cards up here
        options += ["--ro-bind-try", "/sys/module/nvidia", "/sys/module/nvidia"]
        options += ["--ro-bind-try", "/sys/bus/pci", "/sys/bus/pci"]
        options += ["--ro-bind-try", "/sys/devices", "/sys/devices"]
    for bind in layout.binds:
        options += ["--ro-bind", sources.get(bind, bind), bind]
    options += ["--ro-bind-data", str(fds.boot), "/boot.py"]
    # bubblewrap's own root and /dev are writable and without bound otherwise.
    options += ["--remount-ro", "/dev", "--remount-ro", "/"]
    for name, value in environment(policy).items():
        options += ["--setenv", name, value]
    return [
        *options,
        *("--chdir", "/tmp"),
        *("--info-fd", str(fds.info), "--seccomp", str(fds.seccomp)),
    ]


def program(layout: Layout, boot: str, arguments: Sequence[str]) -> list[str]:
    """Return the interpreter's own command line; `boot` is the boot program's path inside."""
    return [layout.interpreter, "-I", "-B", "-u", boot, *arguments]
