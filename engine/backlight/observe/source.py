"""The user's program as text: where an instruction stands, what an expression is called.

Python knows for each instruction the range of source it came from; the syntax tree knows what
stands there. Together they name values ("x[i]", "loss"), find the variable that a line assigns, the
loops around it, and how often these will run. Nothing of the user's is called: names are looked up
in plain dictionaries only.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from types import CodeType, FrameType
from typing import Any

from ..session.protocol import Frame

#: Names longer than this are not names any more.
LONGEST_NAME = 80

Range = tuple[int, int, int, int]  # line, column, end line, end column; columns in UTF-8 bytes

LOOPS = (ast.For, ast.AsyncFor, ast.While)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.Module)


class Loop:
    """A `for` or `while` statement of the program."""

    def __init__(self, statement: Any) -> None:
        self.line: int = statement.lineno
        self.place = (statement.lineno, statement.col_offset)
        self.statement = statement
        target = getattr(statement, "target", None)
        self.target = ast.unparse(target)[:LONGEST_NAME] if target is not None else ""
        #: Whether its body goes through training steps: such a loop is no part of the graph.
        self.trains = False


class Program:
    """One program: its text, its tree, and where its instructions stand."""

    def __init__(self, filename: str, text: str) -> None:
        self.filename = filename
        self.lines = text.splitlines()
        self._text = text
        self._positions: dict[int, tuple[CodeType, list[Any]]] = {}
        self._by_range: dict[Range, ast.AST] | None = None
        self._call_ends: dict[tuple[int, int], ast.AST] = {}
        self._parents: dict[ast.AST, ast.AST] = {}
        self._texts: dict[ast.AST, str] = {}
        self._loops: dict[ast.AST, Loop] = {}
        self._functions: dict[str, list[ast.stmt]] = {}

    # Where ---------------------------------------------------------------------------------

    def line(self, number: int) -> str:
        """The source of a line, empty where there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def owns(self, code: CodeType) -> bool:
        """Whether code is the program's own."""
        return code.co_filename == self.filename

    def range_of(self, code: CodeType, lasti: int) -> Range:
        """Where an instruction stands; zeros where that is unknown."""
        known = self._positions.get(id(code))
        if known is None:
            known = self._positions[id(code)] = (code, list(code.co_positions()))
        place = lasti // 2
        line, end_line, column, end_column = known[1][place] if 0 <= place < len(known[1]) else (
            None, None, None, None,
        )  # fmt: skip
        line = line or code.co_firstlineno
        return line, column or 0, end_line or line, end_column or 0

    def frame(self, code: CodeType, lasti: int) -> Frame:
        """A call of the user's code, as the page shows it: columns in UTF-16 units."""
        line, column, end_line, end_column = self.range_of(code, lasti)
        return Frame(
            function=code.co_qualname,
            line=line,
            column=self.utf16(line, column),
            end_line=end_line,
            end_column=self.utf16(end_line, end_column),
            text=self.line(line),
            branch=self.branch(self.expression(self.range_of(code, lasti))),
        )

    def utf16(self, line: int, column: int) -> int:
        """A column in bytes of UTF-8 as the page counts it."""
        text = self.line(line)
        if text.isascii():
            return min(column, len(text))
        before = text.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "ignore")
        return len(before) + sum(character > "\uffff" for character in before)

    def innermost(self, frame: FrameType | None) -> FrameType | None:
        """The nearest frame outwards that is the program's own."""
        while frame is not None and frame.f_code.co_filename != self.filename:
            frame = frame.f_back
        return frame

    # What ----------------------------------------------------------------------------------

    def _read(self) -> dict[Range, ast.AST]:
        if self._by_range is None:
            self._by_range = {}
            try:
                tree = ast.parse(self._text)
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return self._by_range
            for node in ast.walk(tree):
                for child in ast.iter_child_nodes(node):
                    self._parents[child] = node
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    self._functions.setdefault(node.name, node.body)
                if hasattr(node, "lineno"):
                    end = (node.end_lineno, node.end_col_offset)
                    self._by_range[node.lineno, node.col_offset, *end] = node
                    if isinstance(node, ast.Call):
                        self._call_ends[end] = node
        return self._by_range

    def expression(self, place: Range) -> ast.AST | None:
        """What stands in a range of the source."""
        found = self._read().get(place)
        # A call in a chain over several lines is reported from the line of its name.
        return found or self._call_ends.get(place[2:])

    def text_of(self, node: ast.AST) -> str:
        """An expression on one line, empty where it is too long for a name."""
        text = self._texts.get(node)
        if text is None:  # asked for at every step, and the whole program is read for it
            text = " ".join((ast.get_source_segment(self._text, node) or "").split())
            text = self._texts[node] = text if len(text) <= LONGEST_NAME else ""
        return text

    def target(self, node: ast.AST | None) -> str:
        """The variable or attribute that gets the value of this expression, where it is plain."""
        if isinstance(node, ast.AugAssign):
            return self.text_of(node.target)
        parent = self._parents.get(node) if node is not None else None
        if isinstance(parent, ast.Assign) and parent.value is node and len(parent.targets) == 1:
            target = parent.targets[0]
        elif isinstance(parent, (ast.AnnAssign, ast.NamedExpr)) and parent.value is node:
            target = parent.target
        else:
            return ""
        return self.text_of(target) if isinstance(target, (ast.Name, ast.Attribute)) else ""

    def loops(self, node: ast.AST | None) -> list[Loop]:
        """The loops of the same function whose body holds this, outermost first."""
        found: list[Loop] = []
        while node is not None and not isinstance(node, SCOPES):
            parent = self._parents.get(node)
            if isinstance(parent, LOOPS) and node in parent.body:
                found.append(self._loop(parent))
            node = parent
        return found[::-1]

    def _loop(self, node: ast.AST) -> Loop:
        loop = self._loops.get(node)
        if loop is None:
            loop = self._loops[node] = Loop(node)
            loop.trains = self._trains(node.body, set())  # type: ignore[attr-defined]
        return loop

    def branch(self, node: ast.AST | None) -> int:
        """The line of the innermost condition or loop on which it hangs whether, and how often, this
        is reached; 0 where there is none but the training loop.
        """
        while node is not None and not isinstance(node, SCOPES):
            parent = self._parents.get(node)
            if isinstance(parent, (ast.If, ast.IfExp)) and node is not parent.test:
                return parent.test.lineno
            if isinstance(parent, ast.match_case) and node in parent.body:
                return self._parents[parent].lineno  # type: ignore[attr-defined]
            if isinstance(parent, LOOPS) and node in parent.body and not self._loop(parent).trains:
                return parent.lineno
            node = parent
        return 0

    def _trains(self, body: list[ast.stmt], seen: set[str]) -> bool:
        """Whether statements call `backward()` or `step()`, or a function that does."""
        for node in (each for statement in body for each in ast.walk(statement)):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else (
                node.func.id if isinstance(node.func, ast.Name) else ""
            )  # fmt: skip
            if isinstance(node.func, ast.Attribute) and name in ("backward", "step"):
                return True
            if name in self._functions and name not in seen:
                seen.add(name)
                if self._trains(self._functions[name], seen):
                    return True
        return False

    def statement_at(self, line: int) -> ast.AST | None:
        """A statement that begins on this line."""
        for place, node in self._read().items():
            if place[0] == line and isinstance(node, ast.AST):
                return node
        return None

    # Names of values -----------------------------------------------------------------------

    def arguments(self, node: ast.AST | None) -> Iterator[ast.AST]:
        """The expressions that an operation is given, in order, the receiver of a method first."""
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Attribute):
                yield node.func.value
            for each in node.args:
                if isinstance(each, (ast.List, ast.Tuple)):
                    yield from each.elts
                else:
                    yield each.value if isinstance(each, ast.Starred) else each
            for keyword in node.keywords:
                yield keyword.value
        elif isinstance(node, ast.BinOp):
            yield node.left
            yield node.right
        elif isinstance(node, ast.AugAssign):
            yield node.target
            yield node.value
        elif isinstance(node, ast.Compare):
            yield node.left
            yield from node.comparators
        elif isinstance(node, ast.UnaryOp):
            yield node.operand
        elif isinstance(node, ast.Subscript):
            yield node.value
            yield from node.slice.elts if isinstance(node.slice, ast.Tuple) else (node.slice,)

    def label(self, node: ast.AST | None, frame: FrameType | None, value: Any) -> str:
        """What the program calls this value, where `node` is the operation that takes it."""
        rest: list[ast.AST] = []
        for each in self.arguments(node):
            found, known = self.value_of(each, frame)
            if known and found is value:
                return self.text_of(each)
            if not known and not isinstance(each, ast.Constant):
                rest.append(each)
        if len(rest) == 1:  # the only argument that could not be looked up
            return self.text_of(rest[0])
        return ""

    def value_of(self, node: ast.AST, frame: FrameType | None) -> tuple[Any, bool]:
        """The value of a plain expression, and whether it could be had without calling anything."""
        if isinstance(node, ast.Name):
            if frame is None:
                return None, False
            for names in (frame.f_locals, frame.f_globals):
                if node.id in names:
                    return names[node.id], True
        elif isinstance(node, ast.Attribute):
            owner, known = self.value_of(node.value, frame)
            if known:
                return attribute(owner, node.attr)
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            owner, known = self.value_of(node.value, frame)
            if known and type(owner) in (list, tuple, dict):
                try:
                    return owner[node.slice.value], True
                except (KeyError, IndexError, TypeError):
                    pass
        return None, False

    # How often -----------------------------------------------------------------------------

    def total(self, stack: list[tuple[ast.AST | None, FrameType]]) -> int:
        """How often the innermost counted loops around a call will run; 0 where unknown.

        `stack` has the expression and the frame of each user frame, outermost first. Loops over
        `range` and over things with a length multiply.
        """
        total = 0
        for node, frame in stack:
            for loop in self.loops(node):
                count = self._count(loop.statement, frame)
                if not count:
                    return 0
                total = count * (total or 1)
        return total if total < 2**53 else 0

    def _count(self, loop: ast.AST, frame: FrameType) -> int:
        over = getattr(loop, "iter", None)
        if not isinstance(over, ast.Call) or not isinstance(over.func, ast.Name):
            value, known = self.value_of(over, frame) if over is not None else (None, False)
            return length(value) if known else 0
        name, arguments = over.func.id, over.args
        if name == "range" and 1 <= len(arguments) <= 3:
            numbers = [self._integer(each, frame) for each in arguments]
            if None in numbers or (len(numbers) == 3 and numbers[2] == 0):
                return 0
            return len(range(*numbers))  # type: ignore[arg-type]
        if name in ("enumerate", "tqdm", "trange", "reversed") and arguments:
            return self._count(ast.For(target=None, iter=arguments[0], body=[]), frame)
        return 0

    def _integer(self, node: ast.AST, frame: FrameType) -> int | None:
        if isinstance(node, ast.Constant):
            return node.value if type(node.value) is int else None
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            value = self._integer(node.operand, frame)
            return None if value is None else -value
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub, ast.Mult)):
            left, right = self._integer(node.left, frame), self._integer(node.right, frame)
            if left is None or right is None:
                return None
            if isinstance(node.op, ast.Add):
                return left + right
            return left - right if isinstance(node.op, ast.Sub) else left * right
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
            value, known = self.value_of(node.args[0], frame) if node.args else (None, False)
            return (length(value) or None) if known else None
        value, known = self.value_of(node, frame)
        return value if known and type(value) is int else None


def attribute(owner: Any, name: str) -> tuple[Any, bool]:
    """An attribute that lies in a dictionary of its owner, and whether there is one."""
    try:
        own = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return None, False
    for names in (own, own.get("_parameters"), own.get("_buffers"), own.get("_modules")):
        if isinstance(names, dict) and dict.__contains__(names, name):
            return names[name], True
    return None, False


def length(value: Any) -> int:
    """The length of a list, a tuple, a tensor or a loader of the engine's; 0 for anything else."""
    if type(value) in (list, tuple, dict, range):
        return len(value)
    module = sys.modules.get(type(value).__module__)
    if getattr(module, "__package__", "").split(".")[0] == "backlight":
        try:
            return len(value)
        except Exception:  # an iterable without a length
            return 0
    return 0
