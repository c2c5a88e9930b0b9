"""Call sites: the stack of calls that led to an operation, told once for each stack.

The stack names a node: it is the same in every step. It also says which frames are the user's,
where modules were called, and which function of the engine (`cross_entropy`) an operation is a part
of.
"""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from ..session.protocol import Frame
from .source import Loop, Program

ENGINE = str(Path(__file__).resolve().parents[1])
LOADER = str(Path(ENGINE) / "data")
STAMPED = "<backlight"

MOST_SITES = 50_000
MOST_FRAMES = 32
LONGEST_KEY = 360


class Call:
    """A call that one of the program's own functions was entered by."""

    __slots__ = ("function", "line", "loops", "place")

    def __init__(self, function: str, line: int, place: str, loops: list[Loop]) -> None:
        self.function = function  # the function that is running
        self.line = line  # where it is
        self.place = place
        self.loops = loops  # that are around this place, without training loops


class Site:
    """One stack of calls, told as what the page needs of it."""

    def __init__(self, chain: list[tuple[CodeType, int]], program: Program, entries: set[int]):
        """`chain` is innermost first; `entries` are the ids of the code that calls modules."""
        self.codes = [code for code, _ in chain]  # their ids stay theirs
        self.calls: list[Call] = []
        #: For each module call, how many of the user's frames are outside of it.
        self.depths: list[int] = []
        self.engine = ""
        self.loads = False
        self.expression: ast.AST | None = None
        self.targets: list[str] = []
        self.training: tuple[int, int] | None = None
        frames: list[Frame] = []
        own: tuple[int, int] = (0, 0)
        inner: list[CodeType] = []
        for code, lasti in reversed(chain):
            if program.owns(code):
                frame = program.frame(code, lasti)
                frames.append(frame)
                self.expression = program.expression(program.range_of(code, lasti))
                self.targets.append(program.target(self.expression))
                loops = program.loops(self.expression)
                if self.training is None:
                    self.training = next((each.place for each in loops if each.trains), None)
                self.calls.append(
                    Call(code.co_qualname, frame.line, place_of(frame),
                         [each for each in loops if not each.trains])
                )  # fmt: skip
                own = (id(code), lasti)
                inner = []
            elif id(code) in entries:
                self.depths.append(len(self.calls))
                inner.append(code)
            else:
                inner.append(code)
                self.loads = self.loads or code.co_filename.startswith(LOADER)
        self.own = own  # the innermost place in the program
        self.frames = frames[-MOST_FRAMES:]
        if inner and not any(id(code) in entries for code in inner):
            self.engine = engine_function(inner)
        self.key = key_of(self.calls)

    @property
    def line(self) -> int:
        """The innermost line of the program."""
        return self.calls[-1].line if self.calls else 0

    @property
    def target(self) -> str:
        """The variable that gets the value, looked for outwards."""
        return next((each for each in reversed(self.targets) if each), "")


def place_of(frame: Frame) -> str:
    """The range of a frame as a short text."""
    end = f"{frame.end_column}" if frame.end_line == frame.line else (
        f"{frame.end_line}:{frame.end_column}"
    )  # fmt: skip
    return f"{frame.line}:{frame.column}-{end}"


def key_of(calls: list[Call]) -> str:
    """The places of a stack as one text; a very long one keeps its inner end and a digest."""
    text = ">".join(each.place for each in calls)
    if len(text) > LONGEST_KEY:
        digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
        text = f"{digest}>{text[-LONGEST_KEY // 2 :]}"
    return text


def engine_function(inner: list[CodeType]) -> str:
    """The function of the engine that the user called, where it is one that has a name."""
    code = inner[0]
    if code.co_filename.startswith(STAMPED) or code.co_name.startswith(("_", "<")):
        return ""
    return code.co_name


class Sites:
    """All sites of a program, found by the stack."""

    def __init__(self, program: Program) -> None:
        self.program = program
        #: Ids of the code objects that call modules' `forward`, and the objects.
        self.entries: dict[int, CodeType] = {}
        self._known: dict[tuple[int, ...], Site] = {}

    def at(self, frame: FrameType | None) -> Site | None:
        """The site of a stack; None where the program is not on it."""
        ids = []
        walk = frame
        while walk is not None:
            code = walk.f_code
            ids.append(id(code))
            ids.append(walk.f_lasti)
            if code.co_name == "<module>" and code.co_filename == self.program.filename:
                break
            walk = walk.f_back
        key = tuple(ids)
        site = self._known.get(key)
        if site is None:
            chain = []
            walk = frame
            for _ in range(len(ids) // 2):
                assert walk is not None
                chain.append((walk.f_code, walk.f_lasti))
                walk = walk.f_back
            site = Site(chain, self.program, set(self.entries))
            if len(self._known) >= MOST_SITES:
                self._known.clear()
            self._known[key] = site
        return site if site.calls else None

    def stack(self, frame: FrameType | None) -> list[tuple[Any, FrameType]]:
        """The program's frames with the expression each is at, outermost first."""
        found = []
        while frame is not None:
            code = frame.f_code
            if self.program.owns(code):
                place = self.program.range_of(code, frame.f_lasti)
                found.append((self.program.expression(place), frame))
                if code.co_name == "<module>":
                    break
            frame = frame.f_back
        return found[::-1]
