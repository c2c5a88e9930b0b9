"""Imports point one way: a module may import from its own layer and from those before it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[1] / "engine"

# docs/internals.md, rule 3. The first row has leaves that everybody may import (`session.protocol`
# is messages as data); the bare name `backlight` is the public list, after what it lists.
LAYERS = [
    "errors autograd.modes observe.tap session.protocol",
    "dtypes device",
    "backend",
    "tensor",
    "autograd.graph",
    "ops",
    "autograd",
    "methods creation random printing return_types images plotting linalg "
    "fft special func masked sparse testing ops.products",
    "nn serialization optim data utils amp cuda distributions signal ops.natives ops.windows",
    "backlight",
    "compat observe",
    "session",
    "__main__",
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names.split()}


def rank(module: str) -> int:
    """Find a module's layer by the longest name that is listed."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        if (name := ".".join(parts[:length])) in RANK:
            return RANK[name]
    raise AssertionError(f"{module} is in no layer: add it to LAYERS and to docs/internals.md")


def is_module(name: str) -> bool:
    path = ENGINE / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def imported(path: Path):
    """Yield the engine's modules that a file imports, and the line; not those for types only."""
    package = ".".join(path.relative_to(ENGINE).with_suffix("").parts[:-1])
    tree = ast.parse(path.read_text("utf-8"))
    for_types = [
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    ]
    for node in ast.walk(tree):
        if node in for_types:
            continue
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            up = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(up if node.level else []), *([node.module] if node.module else [])])
            inner = [f"{base}.{alias.name}" for alias in node.names]
            names = [name if is_module(name) else base for name in inner]
        for name in names:
            if name.split(".")[0] == "backlight":
                yield name.removeprefix("backlight.") or "backlight", node.lineno


@pytest.mark.parametrize(
    "path",
    sorted((ENGINE / "backlight").rglob("*.py")),
    ids=lambda path: str(path.relative_to(ENGINE / "backlight")),
)
def test_imports_point_one_way(path):
    module = ".".join(path.relative_to(ENGINE / "backlight").with_suffix("").parts)
    module = module.removesuffix(".__init__").replace("__init__", "backlight")
    wrong = [f"line {line}: {name}" for name, line in imported(path) if rank(name) > rank(module)]
    assert wrong == [], f"{module} imports from a later layer"


def test_every_way_of_importing_is_seen(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ENGINE", tmp_path)
    for name in ("backlight/__init__.py", "backlight/nn/__init__.py", "backlight/tensor.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    path = tmp_path / "backlight" / "nn" / "linear.py"
    path.write_text(
        "import backlight\n"
        "import backlight.tensor as t\n"
        "from .. import tensor\n"
        "from ..tensor import Tensor\n"
        "from . import linear\n"
        "from backlight import nn, no_grad\n"
        "def later():\n    from ..tensor import Tensor\n"
        "if TYPE_CHECKING:\n    from ..session import runner\n"
        "import numpy\n"
    )
    assert sorted((line, name) for name, line in imported(path)) == [
        (1, "backlight"),
        (2, "tensor"),
        (3, "tensor"),
        (4, "tensor"),
        (5, "nn.linear"),
        (6, "backlight"),
        (6, "nn"),
        (8, "tensor"),
    ]
