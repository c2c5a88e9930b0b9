"""Short programs whose results are PyTorch's: `behaviour/*.txt`, a file for each topic.

A case is a title line (`## ...`) and a program. What counts is what it prints, the `repr` of its last
line where that is an expression, or the exception: its type and its first line. The answers in
`golden/behaviour.json` are PyTorch's; where it is installed they are asked for again.

    BEHAVIOUR=write pytest tests/engine/test_behaviour.py     writes the answers anew
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import io
import json
import os
import re
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parent
ANSWERS = HERE / "golden" / "behaviour.json"
WRITE = os.environ.get("BEHAVIOUR") == "write"
#: What differs from process to process and says nothing: addresses, and where a file lies.
PASSING = re.compile(r" at 0x[0-9a-f]+")


class Case(NamedTuple):
    """A title and the program below it."""

    topic: str
    title: str
    code: str

    @property
    def name(self) -> str:
        return f"{self.topic}: {self.title}"


def cases() -> list[Case]:
    """All cases, in the order of the files."""
    found = []
    for path in sorted((HERE / "behaviour").glob("*.txt")):
        for part in re.split(r"^## ", path.read_text("utf-8"), flags=re.M)[1:]:
            title, _, code = part.partition("\n")
            found.append(Case(path.stem, title.strip(), code.strip() + "\n"))
    return found


CASES = cases()


def answer(case: Case, torch: Any) -> str:
    """What a program gives where `torch` is this module."""
    tree = ast.parse(case.code)
    names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}
    said = io.StringIO()
    torch.manual_seed(0)
    try:
        with contextlib.redirect_stdout(said), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, "<case>", "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), "<case>", "eval"), names)
                if value is not None:
                    print(repr(value))
    except Exception as error:
        first = str(error).partition("\n")[0]
        print(f"{type(error).__name__}: {first}", file=said)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)
        torch.set_printoptions(profile="default")
    return PASSING.sub("", said.getvalue()).rstrip()


def stored() -> dict[str, str]:
    return json.loads(ANSWERS.read_text("utf-8")) if ANSWERS.exists() else {}


def test_titles_are_unique_and_answered() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    if not WRITE:
        assert sorted(names) == sorted(stored())


@pytest.mark.skipif(not WRITE, reason="only with BEHAVIOUR=write")
def test_write_the_answers() -> None:
    torch = importlib.import_module("torch")
    answers = {case.name: answer(case, torch) for case in CASES}
    ANSWERS.write_text(json.dumps(answers, indent=0, ensure_ascii=False) + "\n", "utf-8")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_behaves_like_pytorch(case: Case) -> None:
    if WRITE:
        pytest.skip("the answers are being written")
    expected = stored()[case.name]
    if importlib.util.find_spec("torch") is not None:
        assert answer(case, importlib.import_module("torch")) == expected, "PyTorch says otherwise"
    assert answer(case, importlib.import_module("backlight")) == expected
