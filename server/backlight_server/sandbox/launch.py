"""The last trusted step outside: join the cgroup, drop root, become bubblewrap.

Run by path in a bare interpreter (`python -I -S launch.py SPEC`), so it imports nothing of ours.
SPEC is JSON: `argv`, `join` (cgroup.procs files), and for root `uid` and `stage`, the directories
an unprivileged user may not be able to reach (an interpreter under /root, say): they are bound
into a private /tmp first, by descriptor, as `argv` expects.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys

CLONE_NEWNS = 0x20000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000


def mount(source: str, target: str, kind: str | None, flags: int) -> None:
    """Call mount(2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(source.encode(), target.encode(), kind and kind.encode(), flags, None):
        error = ctypes.get_errno()
        raise OSError(error, f"mount {target}: {os.strerror(error)}")


def stage(directories: dict[str, str]) -> None:
    """Bind each directory (source -> place under /tmp) in a mount namespace of our own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNS):
        error = ctypes.get_errno()
        raise OSError(error, f"unshare: {os.strerror(error)}")
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    # Opened before /tmp is covered: one of them may lie there.
    held = {place: os.open(source, os.O_PATH) for source, place in directories.items()}
    mount("tmpfs", "/tmp", "tmpfs", 0)
    for place, fd in held.items():
        os.mkdir(place)
        mount(f"/proc/self/fd/{fd}", place, None, MS_BIND | MS_REC)
        os.close(fd)


def main() -> None:
    """Do what SPEC says; nothing of it survives but the process."""
    spec = json.loads(sys.argv[1])
    for group in spec["join"]:
        with open(group, "w") as f:
            f.write(str(os.getpid()))
    if spec["stage"]:
        stage(spec["stage"])
    if spec["uid"] is not None:
        os.setgroups([])
        os.setgid(spec["uid"])
        os.setuid(spec["uid"])
    os.umask(0o077)
    os.chdir("/")
    os.execv(spec["argv"][0], spec["argv"])


if __name__ == "__main__":
    main()
