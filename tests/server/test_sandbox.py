"""Hostile programs in the real sandbox: what each tries, and that it gets nowhere."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from backlight_server.sandbox.detect import detect
from backlight_server.sandbox.pool import Pool
from backlight_server.sandbox.process import Launcher

pytestmark = pytest.mark.sandbox

ROOT = Path(__file__).parents[2]
MIB = 1 << 20
AUTHORIZED = {"Authorization": "Bearer " + "t" * 43}

#: A program ends quickly and in small bounds, unless a test says otherwise.
SMALL: dict[str, Any] = {"wall": 20.0, "cpu": 20.0, "memory": 256 * MIB, "processes": 24}

#: How a program finds the pipe that its session writes to.
FORGE = """
import json, os
fd = json.loads(open('/proc/self/cmdline').read().split(chr(0))[-2])['events']
def forge(text):
    os.write(fd, text.encode() + b'\\n')
"""


@pytest.fixture
def box(serve: Any, sandboxed: Callable[..., Launcher]) -> Callable[..., Any]:
    """Make an application whose programs run in the sandbox, under the given limits."""

    def make(grouped: bool = True, **policy: Any) -> Any:
        bounds = {**SMALL, **policy}
        launcher = sandboxed(grouped, **bounds)
        return serve(launcher=launcher, policy=bounds)

    return make


def run(api: Any, code: str, seconds: float = 40) -> list[dict[str, Any]]:
    return api.end(api.start(code), seconds)


def printed(events: list[dict[str, Any]]) -> str:
    return "".join(e["text"] for e in events if e.get("stream") == "stdout")


def test_the_sandbox_confines_and_says_what_is_inside(sandboxed: Any) -> None:
    found = detect(sandboxed())
    assert found.available
    assert found.environment["devices"][0] == "cpu"
    assert found.environment["array"].startswith("NumPy ")
    assert "bounds" not in found.environment


def test_an_ordinary_program_runs(box: Any) -> None:
    events = run(box(), "import numpy\nprint(numpy.arange(4).sum(), __name__)")
    assert printed(events) == "6 __main__\n"
    assert events[-1]["state"] == "finished"


def test_files_of_the_host_are_not_there(box: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    paths = ["/etc/shadow", "/etc/hostname", "/root/.ssh", "/home", "/var", "/mnt", "/run", "/srv",
             "/proc/1/root/etc/shadow", str(secret), str(ROOT / "pyproject.toml"),
             str(ROOT / "server"), str(ROOT / ".git")]  # fmt: skip
    code = f"""
import os
for path in {paths!r}:
    try:
        print('LEAK', path, os.listdir(path) if os.path.isdir(path) else open(path).read()[:50])
    except OSError:
        pass
os.symlink({str(secret)!r}, '/tmp/link')
try:
    print('LEAK', open('/tmp/link').read())
except OSError:
    pass
print('done')
"""
    assert printed(run(box(), code)) == "done\n"


def test_nothing_but_scratch_can_be_written(box: Any) -> None:
    code = """
import os, sys, numpy
places = ['/', '/etc', '/usr', '/usr/lib', '/dev', '/proc', '/boot.py', '/sys',
          os.path.dirname(sys.executable), os.path.dirname(numpy.__file__), '/proc/sys/kernel']
for place in places:
    try:
        open(place if place.endswith('.py') else place + '/x', 'w')
        print('LEAK', place)
    except OSError:
        pass
try:
    with open('/proc/self/oom_score_adj', 'w') as f:
        f.write('-1000')
    print('LEAK oom')
except OSError:
    pass
open('/tmp/x', 'w').write('scratch')
print(open('/tmp/x').read())
"""
    assert printed(run(box(), code)) == "scratch\n"


def test_scratch_is_bounded(box: Any) -> None:
    code = """
import errno
for name, block, limit in (('/tmp/one', 1 << 20, 1 << 40), ('/dev/shm/one', 1 << 20, 1 << 40)):
    try:
        with open(name, 'wb', 0) as f:
            while True:
                f.write(bytes(block))
    except OSError as e:
        print(errno.errorcode[e.errno])
try:
    for i in range(100):
        open(f'/tmp/{i}', 'wb').write(bytes(1 << 20))
except OSError as e:
    print(errno.errorcode[e.errno])
"""
    events = run(box(scratch=8 * MIB, file=4 * MIB), code)
    assert printed(events) == "EFBIG\nENOSPC\nENOSPC\n"


def test_the_environment_holds_no_secret(box: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "the-secret")
    code = """
import glob, os
print(dict(os.environ))
for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/cmdline'):
    try:
        print(path, open(path, 'rb').read())
    except OSError:
        pass
"""
    said = printed(run(box(), code))
    assert "HOME" in said
    assert "the-secret" not in said
    assert "t" * 43 not in said
    assert "--ro-bind" not in said  # bubblewrap's options name places of the host
    assert str(ROOT / "server") not in said


def test_there_is_no_network(box: Any, tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as named,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        path = os.path.relpath(tmp_path / "socket")
        named.bind(path)
        named.listen()
        abstract.bind(f"\0backlight-test-{os.getpid()}")
        abstract.listen()
        code = f"""
import socket
def attempt(what, f):
    try:
        f()
        print('LEAK', what)
    except OSError:
        pass
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET, 40, 38):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        attempt((family, kind), lambda: socket.socket(family, kind))
attempt('tcp', lambda: socket.create_connection(('127.0.0.1', {server.getsockname()[1]})))
attempt('dns', lambda: socket.getaddrinfo('example.com', 80))
for name in ({str(tmp_path / "socket")!r}, '\\0backlight-test-{os.getpid()}'):
    attempt(name, lambda: socket.socket(socket.AF_UNIX).connect(name))
print('done')
"""
        assert printed(run(box(), code)) == "done\n"


def test_other_processes_are_out_of_sight_and_reach(box: Any) -> None:
    code = f"""
import os, signal
print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit()))
for pid in ({os.getpid()}, {os.getppid()}, 1):
    try:
        os.kill(pid, signal.SIGKILL)
        print('killed', pid)
    except OSError:
        pass
"""
    said = printed(run(box(), code)).split("\n")
    assert json.loads(said[0]) == [1, 2]
    assert said[1] in ("", "killed 1")  # its own namespace's; the kernel shields pid 1 from it


def test_privileges_cannot_be_had(box: Any) -> None:
    code = """
import ctypes, errno, os, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *args):
    ctypes.set_errno(0)
    if getattr(libc, name)(*args) != -1:
        print('LEAK', name)
call('unshare', 0x10000000)
call('unshare', 0x20000)
call('mount', b'none', b'/tmp', b'tmpfs', 0, None)
call('umount2', b'/tmp', 2)
call('chroot', b'/tmp')
call('ptrace', 16, 1, 0, 0)
call('setns', 0, 0)
call('mknod', b'/tmp/null', 0o20666, 0x103)
for number in (425, 321, 298, 323, 250, 246, 175, 435):  # io_uring, bpf, perf, ..., clone3
    call('syscall', number, 0, 0, 0, 0, 0, 0)
for f in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.nice(-10)):
    try:
        f()
        print('LEAK')
    except OSError:
        pass
status = dict(l.split(':', 1) for l in open('/proc/self/status').read().splitlines())
print([status[k].strip() for k in ('CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp')], os.getuid())
"""
    zero = "0" * 16
    assert printed(run(box(), code)) == f"{[zero, zero, '1', '2']} 65534\n"


def test_limits_cannot_be_raised(box: Any) -> None:
    code = """
import resource
for name in ('NPROC', 'FSIZE', 'NOFILE', 'CPU', 'CORE', 'AS'):
    kind = getattr(resource, 'RLIMIT_' + name)
    soft, hard = resource.getrlimit(kind)
    try:
        resource.setrlimit(kind, (hard + 1, hard + 1))
        print('LEAK', name)
    except (ValueError, OSError):
        pass
files = []
try:
    while True:
        files.append(open('/usr'.replace('usr', 'boot.py')))
except OSError as e:
    for f in files: f.close()
    print(len(files) < 64)
"""
    assert printed(run(box(descriptors=64), code)) == "True\n"


def left_over(launcher: Launcher) -> list[Path]:
    return [
        g for d in launcher.cgroups.parents.values() for g in d.glob(f"backlight-{os.getpid()}-*")
    ]


def wait_for(what: Callable[[], Any], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("code", "policy", "reasons"),
    [
        pytest.param(
            "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass",
            {"wall": 5.0},
            {"processes", "wall", "cpu"},
            id="fork bomb",
        ),
        pytest.param(
            "import signal, time\n"
            "for s in range(1, 65):\n  try: signal.signal(s, signal.SIG_IGN)\n  except: pass\n"
            "while True:\n  try:\n    while True: time.sleep(9)\n  except BaseException: pass",
            {"wall": 0.5},
            {"wall"},
            id="deaf sleeper",
        ),
        pytest.param(
            "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\n"
            "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
            {"cpu": 1.0},
            {"cpu"},
            id="deaf spinner",
        ),
        pytest.param(
            "while True: print('x' * 1000)", {"output": 100_000}, {"output"}, id="print flood"
        ),
        pytest.param(
            "import os\nwhile True: os.write(2, b'x' * 4096)",
            {"output": 100_000},
            {"output"},
            id="stderr flood",
        ),
        pytest.param(
            FORGE + 'while True: forge(\'{"event": {"type": "progress"}}\')',
            {"events": 5000},
            {"events"},
            id="event flood",
        ),
        pytest.param(
            FORGE + "while True: os.write(fd, b'x' * 4096)",
            {"line": 1 << 20},
            {"events"},
            id="endless line",
        ),
    ],
)
def test_a_bomb_ends_with_its_reason_and_leaves_nothing(
    box: Any, sandboxed: Any, code: str, policy: dict[str, Any], reasons: set[str]
) -> None:
    api = box(**policy)
    bomb = api.start(code)
    last = api.end(bomb, 40)[-1]
    assert last["state"] == "stopped"
    assert last["reason"] in reasons
    api.client.delete(f"/api/runs/{bomb}", headers=AUTHORIZED)
    wait_for(lambda: not left_over(sandboxed()))
    assert printed(run(api, "print('next')")) == "next\n"


@pytest.mark.parametrize("ignore", ["", "import signal\nsignal.signal(24, signal.SIG_IGN)\n"])
def test_processor_time_is_bounded_without_a_group(box: Any, ignore: str) -> None:
    last = run(box(grouped=False, cpu=0.5), ignore + "while True: pass")[-1]
    assert (last["state"], last["reason"]) == ("stopped", "cpu")


def test_processes_are_bounded_without_a_group(box: Any) -> None:
    code = """
import os
pipe = os.pipe()
children = 0
try:
    while not (child := os.fork()) == 0:
        children += 1
except OSError:
    print(children < 24)
    os.close(pipe[1])
else:
    os.close(pipe[1])
    os.read(pipe[0], 1)
    os._exit(0)
"""
    assert "True" in printed(run(box(grouped=False), code))


@pytest.mark.parametrize("grouped", [True, False])
def test_one_process_that_wants_too_much_memory_gets_an_error(box: Any, grouped: bool) -> None:
    events = run(box(grouped=grouped), "import numpy\nnumpy.ones(1 << 28)")
    assert events[-1]["state"] == "failed"
    assert "memory" in json.dumps(events).lower()


def test_many_processes_share_one_memory(box: Any, cgroups: Any) -> None:
    if not cgroups:
        pytest.skip("no control group can be made, so memory is bounded for each process")
    code = """
import os, time
for _ in range(8):
    if not os.fork():
        held = bytearray(100 << 20)
        for i in range(0, len(held), 4096): held[i] = 1
        time.sleep(30)
        os._exit(0)
time.sleep(30)
"""
    last = run(box(memory=200 * MIB), code)[-1]
    assert (last["state"], last["reason"]) == ("stopped", "memory")


def test_forged_events_change_nothing(box: Any) -> None:
    code = (
        FORGE
        + """
forge(json.dumps({'run': 'other', 'seq': 999, 'event': {'type': 'output', 'stream': 'stdout',
                  'text': 'forged'}}))
forge('not json')
forge('{"event": {"type": "output", "text": 1e999}}')
forge('{"event": {"type": "state", "state": {"a": 1}}}')
forge('{"event": {"type": "state", "state": "finished", "reason": "", "text": ""}}')
print('after')
while True: pass
"""
    )
    api = box(wall=3.0)
    identity = api.start(code)
    api.end(identity)
    api.client.delete(f"/api/runs/{identity}", headers=AUTHORIZED)
    identity = api.start(code)
    seen = []
    for message in api.stream(identity):
        if message.name != "message":
            continue
        seen.append(message.data)
        if message.data["event"].get("state") == "finished":
            break
    assert [m["seq"] for m in seen] == list(range(len(seen)))
    assert {m["run"] for m in seen} == {identity}
    assert all(isinstance(m["event"].get("state", ""), str) for m in seen)


def test_a_program_that_pretends_to_be_over_is_not_left_running(
    box: Any, cgroups: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not cgroups:
        pytest.skip("no control group can be made, so processor time is bounded by process")
    monkeypatch.setattr("backlight_server.runs.supervisor.IDLE_CPU", 0.3)
    code = (
        FORGE
        + """
forge('{"event": {"type": "state", "state": "finished"}}')
while True: pass
"""
    )
    api = box()
    began = time.monotonic()
    assert list(api.stream(api.start(code)))[-1].name == "end"
    assert time.monotonic() - began < 15


def test_a_daemon_does_not_outlive_its_run(box: Any, sandboxed: Any, cgroups: Any) -> None:
    code = """
import os, time
if not os.fork():
    os.setsid()
    if not os.fork():
        time.sleep(600)
    os._exit(0)
os.wait()
os._exit(0)
"""
    api = box()
    stream = api.stream(api.start(code))
    assert list(stream)[-1].name == "end"  # which comes when the process has been waited for
    wait_for(lambda: not left_over(sandboxed()))  # a group with a process cannot be removed


def test_a_crash_is_told_and_leaves_no_core(box: Any) -> None:
    events = run(box(), "import ctypes\nctypes.string_at(0)")
    assert (events[-1]["state"], events[-1]["reason"]) == ("lost", "crash")
    assert "segmentation" in events[-1]["text"]


@pytest.mark.parametrize(
    "body",
    [
        "while True: pass",
        "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
        "import time\ntime.sleep(100)",
        "input()",
    ],
)
def test_stop_takes_two_seconds_at_worst(box: Any, body: str) -> None:
    api = box()
    identity = api.start("print('begun')\n" + body)
    api.watch(identity, lambda e: e["type"] == "output")
    began = time.monotonic()
    api.command(identity, "stop")
    last = api.end(identity)[-1]
    assert time.monotonic() - began < 2
    assert (last["state"], last["reason"]) == ("stopped", "user")


def test_a_warm_child_is_used_once(sandboxed: Callable[..., Launcher]) -> None:
    pool = Pool(sandboxed(), warm=1)
    try:
        first, second = pool.take().result(30), pool.take().result(30)
        assert first.process.pid != second.process.pid
        assert first.ready["python"]
        for child in (first, second):
            child.close()
            assert child.ended()
    finally:
        pool.close()
