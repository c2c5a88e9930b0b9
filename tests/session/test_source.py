"""What the source says of a place: the condition or loop on which it hangs."""

from __future__ import annotations

import ast

import pytest
from backlight.observe.source import Program

CODE = """\
def forward(x, deep):
    if x > 1:
        a = f(x)
    elif x > 2:
        b = f(x + 1)
    else:
        c = f(x + 2)
    for t in range(f(3)):
        d = f(x + 4)
    while f(5):
        e = f(x + 6)
    g = f(7) if deep else f(8)
    return f(9)

for step in range(3):
    loss = f(10)
    loss.backward()
    match step:
        case 1:
            f(11)
"""


@pytest.mark.parametrize(
    ("call", "line"),
    [
        ("f(x)", 2),
        ("f(x + 1)", 4),
        ("f(x + 2)", 4),
        ("f(3)", 0),
        ("f(x + 4)", 8),
        ("f(5)", 0),
        ("f(x + 6)", 10),
        ("f(7)", 12),
        ("f(8)", 12),
        ("f(9)", 0),
        ("f(10)", 0),  # the training loop is no choice
        ("f(11)", 18),
    ],
)
def test_branch(call: str, line: int) -> None:
    program = Program("main.py", CODE)
    node = next(n for n in ast.walk(ast.parse(CODE)) if ast.unparse(n) == call)
    place = (node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
    assert program.branch(program.expression(place)) == line
