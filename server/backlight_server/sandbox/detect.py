"""Finds out whether a sandbox can be had here, by making one and looking from inside.

A kernel setting, a container, an old bubblewrap can each take it away, so nothing is concluded
from a version or a file: a child is started under the very options that runs get, and says what it
sees.
"""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import seccomp
from .process import ChildFailed, Launcher

#: What a confined process reads in /proc/self/status: no capability, no way to gain one, a filter.
CONFINED = {"CapEff": "0000000000000000", "NoNewPrivs": "1", "Seccomp": "2"}
START_TIMEOUT = 60.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What was found. `why` and `advice` are sentences, empty where there is nothing to say."""

    available: bool
    why: str = ""
    advice: str = ""
    warnings: tuple[str, ...] = ()
    environment: dict[str, Any] = field(default_factory=dict)  # versions and devices, as inside


def detect(launcher: Launcher) -> Sandbox:
    """Start one child, sandboxed if the launcher does that, and report."""
    if launcher.sandboxed and (missing := _missing()):
        return missing
    try:
        child = launcher.start()
        child.wait_ready(START_TIMEOUT)
    except ChildFailed as e:
        if not launcher.sandboxed:
            return Sandbox(False, f"A program could not be started: {_last_line(str(e))}")
        return _explain(str(e))
    except OSError as e:
        return _explain(f"{e.filename or 'bwrap'}: {e.strerror}")
    ready = child.ready
    counted = child.group.counts_memory
    child.close()
    environment = {name: value for name, value in ready.items() if name != "bounds"}
    if not launcher.sandboxed:
        return Sandbox(False, "Switched off by --unsafe-local.", environment=environment)
    if ready.get("bounds") != CONFINED:
        return Sandbox(
            False,
            f"The sandbox started but does not confine: {ready.get('bounds')}.",
            "Report this with the version of the kernel and of bubblewrap.",
        )
    warnings = () if counted else (NO_CGROUP,)
    return Sandbox(True, warnings=warnings, environment=environment)


NO_CGROUP = (
    "No control group can be made here, so memory and processor time are limited for each process "
    "of a run, not for the run: give the service a group of its own (systemd: Delegate=yes)."
)


def _missing() -> Sandbox | None:
    """Say what keeps a sandbox from being tried at all."""
    system, machine = platform.system(), platform.machine()
    if system != "Linux":
        return Sandbox(
            False,
            f"The sandbox needs Linux; this is {system}.",
            "Run the server in a Linux machine, or in the Windows subsystem for Linux.",
        )
    if machine not in seccomp.ARCHITECTURES:
        known = " and ".join(seccomp.ARCHITECTURES)
        return Sandbox(
            False, f"The sandbox knows the system calls of {known}; this machine is {machine}."
        )
    if shutil.which("bwrap") is None:
        return Sandbox(
            False,
            "bubblewrap is not installed.",
            "Install it (Debian, Ubuntu: apt install bubblewrap; Fedora: dnf install bubblewrap) "
            "and start again.",
        )
    return None


def _explain(said: str) -> Sandbox:
    """Turn bubblewrap's last words into what to do."""
    line = _last_line(said)
    why = f"bubblewrap could not make a sandbox: {line}"
    if "nknown option" in said:
        return Sandbox(False, why, "Install bubblewrap 0.8 or newer; this one is older.")
    refused = ("namespace", "uid map", "ermission", "not permitted", "unshare", "No space left")
    if any(word in said for word in refused):
        for switch, wrong, advice in SWITCHES:
            if _reads(switch, wrong):
                return Sandbox(False, why, advice)
        return Sandbox(
            False,
            why,
            "Allow user namespaces to this process: in Docker with "
            "--security-opt seccomp=unconfined --security-opt apparmor=unconfined "
            "--cap-add SYS_ADMIN, or run outside a container.",
        )
    return Sandbox(False, why)


#: kernel switch, its value that forbids user namespaces, what to do.
SWITCHES = (
    (
        "kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor keeps user namespaces from programs without a profile: install the profile "
        "bwrap-userns-restrict (package apparmor-profiles) or start the server as root.",
    ),
    (
        "kernel/unprivileged_userns_clone",
        "0",
        "User namespaces are for root alone here: sysctl -w kernel.unprivileged_userns_clone=1.",
    ),
    (
        "user/max_user_namespaces",
        "0",
        "User namespaces are switched off: sysctl -w user.max_user_namespaces=15000.",
    ),
)


def _reads(switch: str, value: str) -> bool:
    try:
        return Path("/proc/sys", switch).read_text().strip() == value
    except OSError:
        return False


def _last_line(text: str) -> str:
    return text.strip().splitlines()[-1] if text.strip() else "it said nothing"
