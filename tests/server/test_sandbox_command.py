"""The boundary as text: the arguments of the sandbox, and its filter of system calls."""

from __future__ import annotations

import errno
import struct
from pathlib import Path
from typing import Any

import pytest
from backlight_server.sandbox import cgroup, command, detect, seccomp
from backlight_server.sandbox.cgroup import Cgroups
from backlight_server.sandbox.command import Descriptors, Layout
from backlight_server.sandbox.policy import MIB, Policy
from backlight_server.sandbox.process import ChildFailed

LAYOUT = Layout(
    "/opt/python/bin/python3.11",
    ("/opt/python", "/home/ada/venv/site-packages", "/home/ada/backlight/engine/backlight"),
    ("/home/ada/backlight/engine", "/home/ada/venv/site-packages"),
)
FDS = Descriptors(boot=10, passwd=11, info=12, seccomp=13)


def options(sources: Any = None, layout: Layout = LAYOUT, **policy: Any) -> list[str]:
    return command.bubblewrap(Policy(**policy), layout, sources or {}, FDS)


def following(words: list[str], *start: str) -> list[str]:
    """Return the word after each place where `start` stands."""
    n = len(start)
    return [words[i + n] for i in range(len(words) - n) if tuple(words[i : i + n]) == start]


@pytest.mark.parametrize(
    "option",
    [
        "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
        "--unshare-cgroup-try", "--disable-userns", "--die-with-parent", "--new-session",
        "--clearenv",
    ],
)  # fmt: skip
def test_what_is_always_there(option: str) -> None:
    assert option in options()


def test_the_whole_command_line() -> None:
    words = options(scratch=5 * MIB)
    assert following(words, "--cap-drop") == ["ALL"]
    assert following(words, "--uid") == following(words, "--gid") == ["65534"]
    assert following(words, "--seccomp") == ["13"]
    assert following(words, "--remount-ro") == ["/dev", "/"]
    assert following(words, "--tmpfs") == ["/dev/shm", "/tmp"]
    assert following(words, "--size") == [str(MIB), str(5 * MIB)]
    assert "--bind" not in words
    assert "--dev-bind" not in words
    assert following(words, "--ro-bind") == ["/usr", *LAYOUT.binds]
    # /tmp is covered before anything is bound, as it may lie below; all is bound before the
    # remount takes the right to.
    last = len(words) - 1 - words[::-1].index("--ro-bind")
    assert words.index("/tmp") < words.index("/opt/python") < last < words.index("--remount-ro")


def test_binds_come_from_where_root_shows_them() -> None:
    words = options({"/opt/python": "/tmp/0"})
    assert following(words, "--ro-bind", "/tmp/0") == ["/opt/python"]


def test_a_gpus_nodes_are_bound_as_devices() -> None:
    layout = Layout(LAYOUT.interpreter, LAYOUT.binds, LAYOUT.path, ("/dev/nvidiactl",))
    words = options(layout=layout)
    assert following(words, "--dev-bind", "/dev/nvidiactl") == ["/dev/nvidiactl"]
    assert words.index("--dev-bind") > words.index("--dev")
    assert words.index("--dev-bind") < words.index("--remount-ro")


def test_gpu_nodes_are_found(tmp_path: Path) -> None:
    assert command.gpu_devices(str(tmp_path)) == ()
    for name in ("nvidiactl", "nvidia-uvm", "nvidia0", "nvidia1", "nvidia-modeset"):
        (tmp_path / name).touch()
    found = [Path(p).name for p in command.gpu_devices(str(tmp_path))]
    assert found == ["nvidiactl", "nvidia-uvm", "nvidia0", "nvidia1"]


def test_nothing_of_the_host_is_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    words = options(cpus=2.0)
    names = following(words, "--setenv")
    assert set(names) == set(command.environment(Policy()))
    assert following(words, "--setenv", "OPENBLAS_NUM_THREADS") == ["2"]


def test_this_machines_layout_shows_the_interpreter_and_the_packages_alone() -> None:
    layout = Layout.here()
    assert Path(layout.interpreter).is_file()
    assert not Path(layout.interpreter).is_symlink()
    assert any((Path(p) / "backlight" / "__init__.py").is_file() for p in layout.path)
    assert any((Path(p) / "numpy" / "__init__.py").is_file() for p in layout.path)
    root = Path(__file__).parents[2]
    assert not any(root.is_relative_to(bind) for bind in layout.binds)


# The filter of system calls, run by a BPF machine of a few lines ------------------------------


def run_filter(program: bytes, machine: str, number: int, *arguments: int) -> int:
    """Interpret a filter on one call, as the kernel does."""
    values = [*arguments, 0, 0, 0, 0, 0, 0][:6]
    data = struct.pack("<iIQ6Q", number, seccomp.ARCHITECTURES[machine], 0, *values)
    code = [struct.unpack("<HBBI", program[i : i + 8]) for i in range(0, len(program), 8)]
    accumulator, place = 0, 0
    for _ in range(len(code)):
        op, if_true, if_false, k = code[place]
        place += 1
        if op == seccomp.LOAD:
            (accumulator,) = struct.unpack("<I", data[k : k + 4])
        elif op == seccomp.RETURN:
            return k
        else:
            holds = {
                seccomp.JUMP_EQUAL: accumulator == k,
                seccomp.JUMP_GREATER_EQUAL: accumulator >= k,
                seccomp.JUMP_SET: bool(accumulator & k),
            }[op]
            place += if_true if holds else if_false
    raise AssertionError("the filter has no end")


EPERM, ENOSYS = seccomp.ERRNO | errno.EPERM, seccomp.ERRNO | errno.ENOSYS
BOTH = list(seccomp.ARCHITECTURES)


@pytest.mark.parametrize("machine", BOTH)
def test_refused_calls_are_refused(machine: str) -> None:
    program, column = seccomp.assemble(machine), BOTH.index(machine)
    for name, numbers in seccomp.REFUSED.items():
        if (number := numbers[column]) is not None:
            assert run_filter(program, machine, number) == EPERM, name


@pytest.mark.parametrize("machine", BOTH)
@pytest.mark.parametrize(
    ("call", "arguments", "result"),
    [
        (seccomp.CLONE, (0x10000000,), EPERM),  # a user namespace
        (seccomp.CLONE, (0x3D0F00,), seccomp.ALLOW),  # what pthread_create asks for
        (seccomp.CLONE, (17,), seccomp.ALLOW),  # fork
        (seccomp.CLONE3, (), ENOSYS),
        (seccomp.SOCKET, (1,), seccomp.ALLOW),
        *[(seccomp.SOCKET, (family,), EPERM) for family in (0, 2, 10, 16, 17, 38, 40)],
        (seccomp.IOCTL, (0, 0x5412), EPERM),
        (seccomp.IOCTL, (0, 0x541C), EPERM),
        (seccomp.IOCTL, (0, 0x5401), seccomp.ALLOW),
        (seccomp.IOCTL, (0, 0xFFFFFFFF00005412), EPERM),  # the kernel looks at the low half
    ],
)
def test_calls_are_judged_by_their_arguments(
    machine: str, call: tuple[int, int], arguments: tuple[int, ...], result: int
) -> None:
    program = seccomp.assemble(machine)
    assert run_filter(program, machine, call[BOTH.index(machine)], *arguments) == result


@pytest.mark.parametrize("machine", BOTH)
def test_ordinary_calls_pass(machine: str) -> None:
    ordinary = {"x86_64": (0, 1, 9, 12, 39, 60, 202), "aarch64": (63, 64, 222, 214, 172, 93, 98)}
    program = seccomp.assemble(machine)
    for number in ordinary[machine]:
        assert run_filter(program, machine, number) == seccomp.ALLOW


def test_other_machines_and_x32_are_refused() -> None:
    program = seccomp.assemble("x86_64")
    assert run_filter(program, "aarch64", 63) == seccomp.KILL_PROCESS
    assert run_filter(program, "x86_64", 0x40000000) == ENOSYS
    with pytest.raises(KeyError):
        seccomp.assemble("riscv64")


def test_every_program_fits_the_kernel() -> None:
    for machine in BOTH:
        assert len(seccomp.assemble(machine)) % 8 == 0
        assert len(seccomp.assemble(machine)) // 8 < 4096


# Control groups -------------------------------------------------------------------------------


def test_version_2_writes_the_limits(tmp_path: Path) -> None:
    group = tmp_path / "unit"
    group.mkdir()
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    (group / "cgroup.subtree_control").write_text("cpu memory pids")
    own = tmp_path / "own"
    own.write_text("0::/unit\n")
    found = Cgroups.find(str(tmp_path), str(own))
    assert found.unified
    assert found
    run = found.make(Policy(memory=100, processes=7, cpus=1.5), overhead=11)
    directory = run.directories["memory"]
    assert directory.parent == group
    assert (directory / "memory.max").read_text() == "111"
    assert (directory / "pids.max").read_text() == "7"
    assert (directory / "cpu.max").read_text() == "150000 100000"
    (directory / "memory.events").write_text("low 0\noom_kill 2\n")
    (directory / "pids.events").write_text("max 5\n")
    (directory / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1\n")
    assert run.usage() == cgroup.Usage(1.5, 2, 5)
    assert run.join_files() == [str(directory / "cgroup.procs")]


def test_a_group_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.write_text("0::/unit\n")
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    assert not Cgroups.find(str(tmp_path), str(own))
    assert not Cgroups.find(str(tmp_path), str(tmp_path / "missing"))
    none = Cgroups().make(Policy(), 0)
    assert not none.counts_memory
    assert none.usage() == cgroup.Usage()


# Detection ------------------------------------------------------------------------------------


class Broken:
    """A launcher whose child says something and dies."""

    sandboxed = True

    def __init__(self, said: str) -> None:
        self.said = said

    def start(self) -> Any:
        raise ChildFailed(self.said)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("bwrap: Unknown option --disable-userns", "0.8 or newer"),
        ("bwrap: No permissions to create new namespace", "user namespaces"),
        ("bwrap: setting up uid map: Permission denied", "user namespaces"),
    ],
)
def test_what_stops_the_sandbox_is_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, said: str, advice: str
) -> None:
    monkeypatch.setattr(detect, "_missing", lambda: None)
    monkeypatch.setattr(detect, "_reads", lambda switch, value: False)
    found = detect.detect(Broken(said))  # type: ignore[arg-type]
    assert not found.available
    assert said in found.why
    assert advice in found.advice


def test_a_missing_bubblewrap_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detect.platform, "system", lambda: "Linux")
    monkeypatch.setattr(detect.platform, "machine", lambda: "x86_64")
    monkeypatch.setattr(detect.shutil, "which", lambda name: None)
    assert "apt install bubblewrap" in detect.detect(Broken("")).advice  # type: ignore[arg-type]
    monkeypatch.setattr(detect.platform, "system", lambda: "Darwin")
    assert "Linux" in detect.detect(Broken("")).why  # type: ignore[arg-type]
