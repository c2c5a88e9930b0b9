"""Families of operations that are loaded when one of their names is first used.

Most programs use none of them, and the start in the browser is paid for by what is imported. A test
compares this with what the modules declare.
"""

from __future__ import annotations

from typing import NamedTuple


class Names(NamedTuple):
    """What a module of this folder declares; all are names with a space between two."""

    both: str = ""  # functions of `torch` that are methods of Tensor, too
    functions: str = ""  # functions of `torch` only
    methods: str = ""  # methods only, in-place ones, too
    own: str = ""  # rows and functions that only the engine's own modules name


LATER: dict[str, Names] = {}

#: Where each name is.
MODULE_OF: dict[str, str] = {
    name: module for module, names in LATER.items() for name in " ".join(names).split()
}

#: What `torch` itself has of them, and what Tensor has.
TOP_LATER = frozenset(
    n for names in LATER.values() for n in f"{names.both} {names.functions}".split()
)
METHODS_LATER = [n for names in LATER.values() for n in f"{names.both} {names.methods}".split()]
