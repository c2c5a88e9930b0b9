"""The families of operations that are loaded on first use declare just what `later.py` says."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from backlight.ops.later import LATER, METHODS_LATER, TOP_LATER

own_interpreter = pytest.mark.skipif(
    sys.platform == "emscripten", reason="an interpreter of its own needs processes"
)

PROGRAM = """
import json, sys
import backlight
from backlight.ops import table
from backlight.ops.later import LATER

def names():
    return [set(dict.keys(table.FUNCTIONS)), set(table.TOP), set(table.METHODS),
            {n for n, f in vars(backlight.Tensor).items() if f.__doc__ is not None or n in table.METHODS}]

before = names()
table.load_later(sys.argv[1])
functions, top, methods, on_class = (now - then for now, then in zip(names(), before))
methods |= {n for n in on_class if n.endswith("_")}
print(json.dumps({"both": sorted(top & methods), "functions": sorted(top - methods),
                  "methods": sorted(methods - top)}))
"""


@own_interpreter
@pytest.mark.parametrize("module", LATER)
def test_a_module_declares_what_the_table_says(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, module], capture_output=True, text=True, check=True
    )
    found = {kind: " ".join(names) for kind, names in json.loads(done.stdout).items()}
    said = {kind: " ".join(sorted(getattr(LATER[module], kind).split())) for kind in found}
    assert said == found


@own_interpreter
def test_each_name_is_said_once_and_no_module_is_loaded_by_the_import() -> None:
    names = [name for each in LATER.values() for name in " ".join(each).split()]
    assert len(names) == len(set(names))
    done = subprocess.run(
        [sys.executable, "-c", "import backlight, sys; print(*sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert not {f"backlight.ops.{module}" for module in LATER} & set(done.stdout.split())


@pytest.mark.parametrize("name", sorted(TOP_LATER))
def test_a_name_of_torch_loads_its_module(name: str) -> None:
    import backlight

    assert callable(getattr(backlight, name))


@pytest.mark.parametrize("name", METHODS_LATER)
def test_tensor_has_the_method_before_its_module_is_loaded(name: str) -> None:
    import backlight

    assert callable(getattr(backlight.Tensor, name))
