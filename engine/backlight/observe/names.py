"""What the program calls its modules and parameters.

The name of a module is its path from the outermost module that was called, which has the name of
the variable that held it. Names are found by identity, and nothing is kept alive by them.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from types import FrameType
from typing import Any

from .source import Program, attribute

MOST_MODULES = 10_000


class Names:
    """Names of the modules and tensors of one program."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._roots: dict[int, tuple[Any, str]] = {}
        self._modules: dict[int, tuple[Any, str]] = {}  # path from its root, the root's name first
        self._tensors: dict[int, tuple[Any, str, str]] = {}  # path, shown name

    def module(self, module: Any, outer: Any, frame: FrameType | None) -> tuple[str, str]:
        """The path of a module that is being called, and its name within the module around it."""
        if outer is None:
            path = self._root(module, frame)
            return path, path
        around = _alive(self._modules.get(id(outer)), outer)
        known = _alive(self._modules.get(id(module)), module)
        if known is None:
            root = around.partition(".")[0] if around else ""
            for each, (_, name) in list(self._roots.items()):
                held = self._roots[each][0]()
                if held is not None and name == root:
                    self._read(held, name)
            known = _alive(self._modules.get(id(module)), module)
        if known is None:  # made on the way, or held in a list of Python's
            name = type(module).__name__.lower()
            return (f"{around}.{name}" if around else name), name
        if around and known.startswith(around + "."):
            return known, known[len(around) + 1 :]
        return known, known

    def _root(self, module: Any, frame: FrameType | None) -> str:
        known = self._roots.get(id(module))
        if known is not None and known[0]() is module:
            return known[1]
        inside = _alive(self._modules.get(id(module)), module)
        if inside is not None:  # a part of another root, called by itself
            return inside
        user = self._program.innermost(frame)
        name = self._variable(module, user) or type(module).__name__.lower()
        self._roots[id(module)] = (weakref.ref(module), name)
        self._read(module, name)
        return name

    def _variable(self, value: Any, frame: FrameType | None) -> str:
        if frame is None:
            return ""
        code, lasti = frame.f_code, frame.f_lasti
        node = self._program.expression(self._program.range_of(code, lasti))
        function = getattr(node, "func", None)
        if function is not None:
            found, known = self._program.value_of(function, frame)
            if known and found is value:
                return self._program.text_of(function)
        for names in (frame.f_locals, frame.f_globals):
            for name, each in list(names.items()):
                if each is value and not name.startswith("__"):
                    return name
        return ""

    def _read(self, root: Any, name: str) -> None:
        """Learn the names of everything in a root."""
        for module, path in walk(root, name):
            self._modules[id(module)] = (weakref.ref(module), path)
            for kind in ("_parameters", "_buffers"):
                tensors, known = attribute(module, kind)
                if not known or not isinstance(tensors, dict):
                    continue
                for word, tensor in list(tensors.items()):
                    if tensor is None or self.tensor(tensor) is not None:
                        continue
                    inner = f"{path}.{word}"[len(name) + 1 :]
                    alone = inner[0].isdigit() or "." not in inner  # says nothing by itself
                    shown = f"{name}.{inner}" if alone else inner
                    self._tensors[id(tensor)] = (weakref.ref(tensor), f"{path}.{word}", shown)

    def tensor(self, tensor: Any) -> tuple[str, str] | None:
        """The path and the shown name of a parameter or buffer of a module that was called."""
        known = self._tensors.get(id(tensor))
        if known is None or known[0]() is not tensor:
            return None
        return known[1], known[2]

    def read_again(self) -> None:
        """Learn the names anew: a tensor that was not known needs a gradient."""
        for reference, name in list(self._roots.values()):
            root = reference()
            if root is not None:
                self._read(root, name)


def _alive(known: tuple[Any, str] | None, module: Any) -> str | None:
    return known[1] if known is not None and known[0]() is module else None


def walk(root: Any, name: str) -> Iterator[tuple[Any, str]]:
    """A module and all inside it, each once, with its path. Calls nothing of the user's."""
    seen = {id(root)}
    todo = [(root, name)]
    while todo and len(seen) < MOST_MODULES:
        module, path = todo.pop()
        yield module, path
        children, known = attribute(module, "_modules")
        for word, child in reversed(list(children.items()) if known else []):
            if child is not None and id(child) not in seen:
                seen.add(id(child))
                todo.append((child, f"{path}.{word}"))
