"""One child process, with the pipes that lead into it: started, asked, ended, read back.

Whether it is in a sandbox is decided here and nowhere else: `Launcher` starts both kinds, and the
rest of the server sees a `Child`.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import command, seccomp
from .cgroup import Cgroups, Group, Usage
from .policy import MIB, Policy

BOOT = Path(__file__).with_name("child.py")
LAUNCH = Path(__file__).with_name("launch.py")

#: Memory of the interpreter, NumPy and the engine, given on top of what the program may use.
LOADED = 192 * MIB


class ChildFailed(Exception):
    """The child did not come up; the text says why, for the operator."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended."""

    exit_code: int | None  # of the program
    signal: int | None  # that ended the program
    usage: Usage


@dataclass(slots=True)
class Child:
    """A process waiting for a run, or running it."""

    process: subprocess.Popen[bytes]
    init: int  # its namespace's first process; killing it ends all the others. 0: none
    events: int  # we read envelopes here
    commands: int  # we write commands here
    stdout: int  # what the process wrote past sys.stdout
    stderr: int
    group: Group
    ready: dict[str, Any] = field(default_factory=dict)
    closed: bool = False

    def ended(self) -> bool:
        """Whether the process has ended."""
        return self.process.poll() is not None

    def wait_ready(self, timeout: float) -> None:
        """Block until the child has loaded the engine; raise ChildFailed where it does not."""
        deadline, line = time.monotonic() + timeout, b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.events], [], [], left)[0]:
                self.close()
                raise ChildFailed(f"the child was not ready after {timeout:.0f} s")
            piece = os.read(self.events, 65536)
            if not piece:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(1)
                said = self._read_errors()
                self.close()
                raise ChildFailed(said or "the child ended before it was ready")
            line += piece
        try:
            self.ready = json.loads(line)["ready"]
        except (ValueError, KeyError, TypeError):
            self.close()
            raise ChildFailed("the child's first line was not its greeting") from None

    def _read_errors(self) -> str:
        os.set_blocking(self.stderr, False)
        with contextlib.suppress(OSError):
            return os.read(self.stderr, 65536).decode(errors="replace").strip()[-2000:]
        return ""

    def kill(self) -> None:
        """End the child and everything it started, at once."""
        self.group.kill()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if not self.init:  # its process group outlives it
                os.killpg(self.process.pid, signal.SIGKILL)
            elif not self.ended():
                os.kill(self.init, signal.SIGKILL)

    def ending(self) -> Ending:
        """Wait for the killed or ended process and read back what it used."""
        status = self.process.wait()
        usage = self.group.usage()
        # bubblewrap reports its program's death by a signal as 128 + signal.
        if status < 0:
            return Ending(None, -status, usage)
        if self.init and status > 128:
            return Ending(None, status - 128, usage)
        return Ending(status, None, usage)

    def close(self) -> None:
        """Kill what is left and give everything back."""
        if self.closed:
            return
        self.closed = True
        self.kill()
        self.process.wait()
        for fd in (self.events, self.commands, self.stdout, self.stderr):
            os.close(fd)
        for _ in range(50):  # the kernel empties a group a moment after its last process
            if not self.group.pids():
                break
            time.sleep(0.01)
        self.group.remove()


def memory_file(data: bytes) -> int:
    """Return a descriptor from which `data` is read, by a process that inherits it."""
    fd = os.memfd_create("backlight", 0)
    os.write(fd, data)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


@dataclass(slots=True)
class Launcher:
    """Starts children under one policy, inside a sandbox or (`sandboxed=False`) bare."""

    policy: Policy
    layout: command.Layout
    cgroups: Cgroups
    sandboxed: bool = True
    entry: Path = BOOT  # the boot program; a test puts a cheaper one here
    root: bool = field(default_factory=lambda: os.geteuid() == 0)
    _fork: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> Child:
        """Start a child; it is not ready yet.

        bubblewrap dies with the *thread* that started it, so this is called from one that stays.
        """
        with contextlib.ExitStack() as temporary, contextlib.ExitStack() as on_error:

            def pipe(owner: contextlib.ExitStack) -> tuple[int, int]:
                ends = os.pipe()
                owner.callback(os.close, ends[0])
                return ends

            def for_child(fd: int) -> int:
                temporary.callback(os.close, fd)
                return fd

            events, child_events = pipe(on_error)
            stdout, child_stdout = pipe(on_error)
            stderr, child_stderr = pipe(on_error)
            child_commands, commands = os.pipe()
            on_error.callback(os.close, commands)
            for fd in (child_events, child_stdout, child_stderr, child_commands):
                for_child(fd)

            group = self.cgroups.make(self.policy, LOADED)
            on_error.callback(group.remove)
            spec = json.dumps(self._boot_spec(child_events, child_commands, group))
            info = -1
            if self.sandboxed:
                info, child_info = pipe(temporary)
                fds = command.Descriptors(
                    boot=for_child(memory_file(self.entry.read_bytes())),
                    passwd=for_child(memory_file(command.PASSWD)),
                    info=child_info,
                    seccomp=for_child(memory_file(seccomp.assemble(os.uname().machine))),
                )
                argv, passed = self._bubblewrap(fds, spec, for_child)
            else:
                child_info = -1
                argv = command.program(self.layout, str(self.entry), [spec])
                passed = []
            process = self._spawn(
                argv,
                group,
                [*passed, child_events, child_commands],
                (child_stdout, child_stderr),
            )
            if child_info >= 0:
                os.close(child_info)
            init = self._read_pid(info, process) if self.sandboxed else 0
            on_error.pop_all()
        return Child(process, init, events, commands, stdout, stderr, group)

    def _boot_spec(self, events: int, commands: int, group: Group) -> dict[str, Any]:
        policy, cuda = self.policy, bool(self.layout.devices)
        limits = {
            "RLIMIT_CORE": 0,
            "RLIMIT_FSIZE": policy.file,
            "RLIMIT_NOFILE": policy.descriptors,
            "RLIMIT_MEMLOCK": 64 * 1024,
            "RLIMIT_MSGQUEUE": 0,
        }
        if self.sandboxed:  # counted by user outside: it would count the user's other programs
            limits["RLIMIT_NPROC"] = policy.processes
        return {
            "events": events,
            "commands": commands,
            "path": list(self.layout.path),
            "limits": limits,
            "cpu": int(policy.cpu) + 1,
            # The address space is no measure where CUDA maps the GPU's.
            "memory": 0 if cuda else policy.memory,
        }

    def _bubblewrap(
        self, fds: command.Descriptors, spec: str, for_child: Any
    ) -> tuple[list[str], list[int]]:
        sources = self._staged()
        options = command.bubblewrap(self.policy, self.layout, sources, fds)
        arguments = for_child(memory_file("\0".join(options).encode() + b"\0"))
        argv = [shutil.which("bwrap") or "bwrap", "--args", str(arguments), "--"]
        argv += command.program(self.layout, "/boot.py", [spec])
        return argv, [arguments, fds.boot, fds.passwd, fds.info, fds.seccomp]

    def _staged(self) -> dict[str, str]:
        """Say where root shows the binds to the user it runs the sandbox as."""
        if not self.root:
            return {}
        return {bind: f"/tmp/{i}" for i, bind in enumerate(self.layout.binds)}

    def _spawn(
        self, argv: list[str], group: Group, passed: list[int], streams: tuple[int, int]
    ) -> subprocess.Popen[bytes]:
        if self.sandboxed or group.directories:
            spec = {
                "argv": argv,
                "join": group.join_files(),
                "stage": self._staged() if self.sandboxed else {},
                "uid": command.SANDBOX_UID if self.root and self.sandboxed else None,
            }
            argv = [self.layout.interpreter, "-I", "-S", str(LAUNCH), json.dumps(spec)]
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=streams[0],
            stderr=streams[1],
            pass_fds=passed,
            env=command.environment(self.policy),
            cwd="/",
            start_new_session=True,
        )

    @staticmethod
    def _read_pid(info: int, process: subprocess.Popen[bytes]) -> int:
        text, deadline = b"", time.monotonic() + 10
        while b"}" not in text:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([info], [], [], left)[0]:
                break
            piece = os.read(info, 4096)
            if not piece:
                break
            text += piece
        try:
            return int(json.loads(text)["child-pid"])
        except (ValueError, KeyError):
            # It failed before it had a child; its last words are on stderr.
            return process.pid
