"""Runs a user's program and turns it into one stream of events, wherever it runs.

A session belongs to one interpreter and runs one program at a time, in the main thread. While the
program runs, the session gets a turn in three ways: when the program prints or asks for input, when
a training step ends, and at the tick, a signal some ten times a second. A signal that arrives
inside the session's own code does nothing there: a Stop is kept until the program's code runs
again, so that no event is ever cut in half.
"""

from __future__ import annotations

import builtins
import gc
import linecache
import platform
import random
import signal
import sys
import threading
import time
import types
import warnings
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np

import backlight

from .. import compat
from ..observe import tap
from ..observe.recorder import Recorder
from ..observe.source import Program
from . import protocol
from .failure import error_raised
from .messages import command_of
from .outbox import INTERVAL, Outbox
from .streams import Reader, Writer
from .transport import Transport

TICK = 0.1
#: A pause holds at the end of a step; a program that ends none for so long is held where it is.
PATIENCE = 1.0
#: Seconds over which the speed is measured.
RATE_WINDOW = 1.0

#: Folders whose code a signal must not interrupt.
OWN = (
    str(Path(__file__).parent),
    str(Path(__file__).parent.parent / "observe"),
)


class Session:
    """Runs programs for one page."""

    def __init__(
        self,
        transport: Transport,
        memory: int = 256 << 20,
        sleep: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        """`memory`: bytes for kept values. `sleep`: replace `time.sleep` by the transport's."""
        self._transport = transport
        self._memory = memory
        self._replace_sleep = sleep
        self._clock = clock
        self._active: Active | None = None
        self._ended: Active | None = None
        #: Starts and (with 0) stops the tick, where the other side does not make it.
        self.set_timer: Callable[[float], None] = lambda seconds: None

    def command(self, fields: dict[str, Any]) -> None:
        """Carry out one command that came while no program runs."""
        try:
            command = command_of(fields)
        except ValueError:
            return
        if isinstance(command, protocol.Run):
            self._ended = None
            self._active = Active(self, command)
            try:
                self._active.run()
            finally:
                self._ended, self._active = self._active, None
        elif isinstance(command, protocol.Inspect) and self._ended is not None:
            self._ended.inspect(command)
            self._ended.outbox.flush(force=True)


class Active:
    """One program from its first line to its end, and what is kept of it afterwards."""

    def __init__(self, session: Session, command: protocol.Run) -> None:
        self.session = session
        self.request = command
        self.transport = session._transport
        self.clock = session._clock
        self.outbox = Outbox(self.transport, command.run, self.clock)
        self.program = Program(command.filename, command.code)
        self.recorder: Recorder | None = None
        if command.record != "off":
            self.recorder = Recorder(
                self.program, self.outbox, command.record, session._memory, self.clock
            )
            self.recorder.on_step = self.step_ended
        self.started = self.clock()
        self.main = threading.get_ident()
        self.stopping = False  # a Stop arrived
        self.pending = False  # ... and could not be raised yet
        self.blocked = False  # the program waits inside the session, and may be interrupted there
        self.over = False
        self.pausing = False
        self.pause_asked = 0.0
        self.steps_left = 0
        self.inputs: list[str] = []
        self._rates: list[tuple[float, int]] = []

    # The run -------------------------------------------------------------------------------

    @property
    def step(self) -> int:
        """Training steps completed."""
        return self.recorder.step if self.recorder else 0

    @property
    def elapsed(self) -> float:
        return self.clock() - self.started

    def state(self, state: protocol.State, reason: protocol.Reason = "", text: str = "") -> None:
        """Say that the run entered a state, with everything that came before it."""
        self.outbox.add(
            protocol.StateChanged(state, reason, text, round(self.elapsed, 6), self.step)
        )
        self.outbox.flush(force=True)

    def run(self) -> None:
        """Run the program to its end. Nothing that it does comes out as an exception."""
        self.outbox.add(environment(self.request.record))
        error = self._run()
        # What the program left behind goes before the last words, in case it was out of memory.
        self.over = True
        try:
            self._conclude(error)
        except MemoryError:
            gc.collect()
            self._conclude(error)
        finally:
            self.outbox.closed = True
            if error is not None:
                clear_frames(error)

    def _run(self) -> BaseException | None:
        surroundings = Surroundings(self)
        try:
            surroundings.enter()
            try:
                self.state("running")  # only now is somebody there to take a Stop
                self.started = self.clock()
                code = compile(self.request.code, self.request.filename, "exec", dont_inherit=True)
                # Running a program is the point; what it may do is for the sandbox to say.
                exec(code, surroundings.module.__dict__)  # noqa: S102
                error: BaseException | None = None
            except BaseException as raised:
                error = raised
            self.over = True  # from here on a Stop has nothing to interrupt
        except KeyboardInterrupt as raised:  # it came between two of these lines
            self.over = True
            error = raised
        surroundings.leave()
        return error

    def _conclude(self, error: BaseException | None) -> None:
        interrupted = self.stopping and isinstance(error, KeyboardInterrupt)
        failed = error is not None and not interrupted and not isinstance(error, SystemExit)
        if self.recorder is not None:
            self.recorder.finish(error if failed else None)
            self.progress(0)  # a program shorter than a tick has said nothing of its steps yet
        if isinstance(error, SystemExit):
            code = error.code
            if code is not None and not isinstance(code, int):
                self.outbox.write("stderr", f"{code}\n")
            self.state("finished")
        elif interrupted:
            self.state("stopped", "user")
        elif error is None:
            self.state("finished")
        else:
            event = error_raised(error, self.program, self.step)
            if self.recorder is not None:
                self.recorder.describe_failure(event, error)
            self.outbox.add(event)
            self.state("failed")

    # Signals -------------------------------------------------------------------------------

    def inside(self, frame: FrameType | None) -> bool:
        """Whether a signal arrived in the session's or the recorder's own code."""
        while frame is not None:
            code = frame.f_code
            if self.program.owns(code):
                return False
            if code.co_filename.startswith(OWN):
                return True
            frame = frame.f_back
        return False

    def on_interrupt(self, signum: int, frame: FrameType | None) -> None:
        """A Stop."""
        self.stopping = True
        if self.over:
            return
        if self.inside(frame) and not self.blocked:
            self.pending = True
        else:
            raise KeyboardInterrupt

    def on_tick(self, signum: int, frame: FrameType | None) -> None:
        """Send what has gathered, sample the current line, read commands."""
        if self.over or self.blocked or self.inside(frame):
            return
        self.raise_pending()
        user = self.program.innermost(frame)
        self.progress(user.f_lineno if user is not None else 0)
        self.read_commands()
        if self.pausing and (self.recorder is None or self.clock() - self.pause_asked > PATIENCE):
            self.hold()
        self.outbox.flush()

    def raise_pending(self) -> None:
        """Raise the Stop that came where it could not be raised."""
        if self.pending and not self.over:
            self.pending = False
            raise KeyboardInterrupt

    def progress(self, line: int) -> None:
        """Say where the program is."""
        now, step = self.clock(), self.step
        self._rates.append((now, step))
        while len(self._rates) > 2 and now - self._rates[0][0] > RATE_WINDOW:
            del self._rates[0]
        begin, first = self._rates[0]
        rate = (step - first) / (now - begin) if now > begin else 0.0
        total = self.recorder.total if self.recorder else 0
        self.outbox.add(
            protocol.Progress(
                step,
                total,
                line,
                round(rate, 3),
                round(self.elapsed, 6),
                round(self.recorder.budget.share, 4) if self.recorder else 0.0,
            )
        )

    # Commands ------------------------------------------------------------------------------

    def read_commands(self) -> None:
        """Take every command that has come."""
        while (fields := self.transport.receive(0)) is not None:
            self.heed(fields)

    def heed(self, fields: dict[str, Any]) -> protocol.Command | None:
        """Act on a command; returns it."""
        try:
            command = command_of(fields)
        except ValueError:
            return None
        if isinstance(command, protocol.Pause):
            self.pausing, self.pause_asked = True, self.clock()
            if self.recorder is not None:
                self.recorder.record_next()
        elif isinstance(command, protocol.Resume):
            self.pausing = False
            self.steps_left = max(0, command.steps)
            if self.steps_left and self.recorder is not None:
                self.recorder.record_next(self.steps_left)
        elif isinstance(command, protocol.Input):
            self.inputs.append(command.text)
        elif isinstance(command, protocol.Inspect):
            self.inspect(command)
        elif isinstance(command, protocol.Stop):
            self.stopping = self.pending = True
        return command

    def inspect(self, command: protocol.Inspect) -> None:
        """Answer from what the recorder kept."""
        if self.recorder is None:
            answer = protocol.Inspection(
                command.request, command.step, command.node,
                "Recording is off: no values were kept.",
            )  # fmt: skip
        else:
            answer = self.recorder.inspect(command.request, command.step, command.node)
        self.outbox.add(answer)

    def step_ended(self) -> None:
        """A training step is over: hold here if that was asked for."""
        if self.over or threading.get_ident() != self.main:
            return
        self.raise_pending()
        if self.steps_left:
            self.steps_left -= 1
            if not self.steps_left:
                self.hold()
                return
        # A step that was not recorded would leave nothing to look at: then after the next one.
        if self.pausing and self.recorder is not None and self.recorder.recorded:
            self.hold()
        elif self.outbox.due:
            self.read_commands()
            self.outbox.flush()
            self.raise_pending()

    def hold(self) -> None:
        """Wait between two steps until the page says to go on."""
        self.pausing = False
        self.state("paused")
        self.wait_for(protocol.Resume)
        self.state("running")

    def wait_for(self, kind: type[protocol.Command]) -> protocol.Command | None:
        """Take commands until one of this kind has come; None where none can come any more."""
        self.blocked = True
        try:
            while True:
                self.raise_pending()
                fields = self.transport.receive(None)
                if fields is None:
                    return None
                command = self.heed(fields)
                if isinstance(command, protocol.Inspect):
                    self.outbox.flush(force=True)
                if command is not None and isinstance(command, kind):
                    return command
        except BaseException:
            # The channel's wait may report a Stop in its own words.
            if self.stopping:
                self.pending = False
                raise KeyboardInterrupt from None
            raise
        finally:
            self.blocked = False

    # What the program calls ----------------------------------------------------------------

    def write(self, stream: str, text: str) -> None:
        """Take what the program printed."""
        self.outbox.write(stream, text)
        if threading.get_ident() != self.main or self.over:
            return
        self.outbox.flush()
        self.raise_pending()

    def ask(self, prompt: str) -> str:
        """The next line of input, waited for."""
        if threading.get_ident() != self.main:
            raise RuntimeError("input() works in the main thread only")
        if not self.inputs:
            self.state("waiting", text=prompt)
            if self.wait_for(protocol.Input) is None:
                raise EOFError("EOF when reading a line")
            self.state("running")
        return self.inputs.pop(0)

    def sleep(self, seconds: float, /) -> None:
        """`time.sleep`, where the interpreter's own cannot be stopped."""
        if not isinstance(seconds, (int, float)):
            seconds = seconds.__index__()
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        # Nothing else could send what was printed until the sleep is over.
        self.outbox.flush(force=seconds >= INTERVAL)
        self.blocked = True
        try:
            self.transport.sleep(seconds)
        except BaseException:
            if self.stopping:
                self.pending = False
                raise KeyboardInterrupt from None
            raise
        finally:
            self.blocked = False
        self.raise_pending()


class Surroundings:
    """What a program finds around it, as a fresh interpreter would have it; and puts it back."""

    def __init__(self, active: Active) -> None:
        self.active = active
        self.module = types.ModuleType("__main__")
        self.module.__dict__.update(
            __file__=active.request.filename, __builtins__=builtins, __annotations__={}
        )
        self._before: dict[str, Any] = {}

    def enter(self) -> None:
        """Set everything; signals last."""
        active = self.active
        filename, code = active.request.filename, active.request.code
        self._before = {
            "streams": (sys.stdin, sys.stdout, sys.stderr),
            "input": builtins.input,
            "main": sys.modules.get("__main__"),
            "argv": sys.argv,
            "sleep": time.sleep,
            "filters": warnings.filters[:],
            "showwarning": warnings.showwarning,
            "recursion": sys.getrecursionlimit(),
            "hooks": (sys.excepthook, sys.displayhook, sys.gettrace(), sys.getprofile()),
        }
        linecache.cache[filename] = (len(code), None, code.splitlines(True), filename)
        sys.modules["__main__"] = self.module
        sys.argv = [filename]
        warnings.resetwarnings()
        warnings.simplefilter("default")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        random.seed()
        np.random.seed()
        reset_engine()
        sys.stdin = Reader(active.ask)
        sys.stdout, sys.stderr = Writer("stdout", active.write), Writer("stderr", active.write)
        builtins.input = self._input
        if active.session._replace_sleep:
            time.sleep = active.sleep  # type: ignore[assignment]
        compat.install()
        if active.recorder is not None:
            tap.attach(active.recorder)
        self._handlers = {
            number: signal.signal(number, handler)
            for number, handler in (
                (signal.SIGINT, active.on_interrupt),
                (signal.Signals(14), active.on_tick),
            )
        }
        active.session.set_timer(TICK)

    def leave(self) -> None:
        """Put everything back, whatever the program did to it."""
        active, before = self.active, self._before
        active.session.set_timer(0)
        for number in getattr(self, "_handlers", ()):
            signal.signal(number, signal.SIG_IGN)
        if tap.listener is not None:
            tap.detach()
        sys.settrace(before["hooks"][2])
        sys.setprofile(before["hooks"][3])
        sys.excepthook, sys.displayhook = before["hooks"][:2]
        sys.setrecursionlimit(before["recursion"])
        sys.stdin, sys.stdout, sys.stderr = before["streams"]
        builtins.input = before["input"]
        time.sleep = before["sleep"]
        sys.argv = before["argv"]
        warnings.filters[:] = before["filters"]  # type: ignore[index]
        warnings.showwarning = before["showwarning"]
        if before["main"] is not None:
            sys.modules["__main__"] = before["main"]
        # Between two programs a Stop is a KeyboardInterrupt again, and the tick nothing.
        for number, handler in getattr(self, "_handlers", {}).items():
            signal.signal(number, signal.SIG_IGN if handler is signal.SIG_DFL else handler)

    def _input(self, prompt: object = "", /) -> str:
        """Ask the page for a line."""
        if isinstance(sys.stdin, Reader):
            return self.active.ask(str(prompt))
        print(prompt, end="", flush=True)  # noqa: T201
        line: str = sys.stdin.readline()
        if not line:
            raise EOFError("EOF when reading a line")
        return line.rstrip("\n")


def reset_engine() -> None:
    """Undo what an earlier program of this interpreter may have set."""
    backlight.set_grad_enabled(True)
    backlight.set_default_dtype(backlight.float32)
    backlight.seed()


def clear_frames(error: BaseException) -> None:
    """Let go of the variables that a traceback holds."""
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        traceback = each.__traceback__
        while traceback is not None:
            try:
                traceback.tb_frame.clear()
            except RuntimeError:
                pass  # it runs still: the session's own
            traceback = traceback.tb_next
        each = each.__cause__ or each.__context__


def environment(record: protocol.RecordLevel) -> protocol.Environment:
    """What runs the program."""
    return protocol.Environment(
        python=platform.python_version(),
        engine=backlight.__version__,
        array=f"NumPy {np.__version__}",
        device="cpu",
        record=record,
    )
