"""`import torch` means Backlight after `install()`, and what is missing says so.

Each program runs in an interpreter of its own: here `torch` may be PyTorch.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform == "emscripten", reason="an interpreter of its own needs processes"
)

ENGINE = Path(__file__).resolve().parents[2] / "engine"


def interpreter(*arguments, cwd=None, **environment):
    """Run Python with the engine on its path; what it printed and how it ended."""
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ENGINE), **environment},
    )


def program(text: str):
    return interpreter("-c", "from backlight import compat\ncompat.install()\n" + text)


def test_every_module_is_backlights():
    done = program(
        """
import torch, backlight
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torch.optim.lr_scheduler
import torch.utils.data
import torch.nn.utils
import torch.cuda
import torch.random
from torch import nn as again, Tensor, no_grad
from torch.nn import Linear, functional
from torch.nn.functional import relu
from torch.nn.parameter import Parameter
from torch.nn.modules import Sequential
from torch.nn.utils import clip_grad_norm_
from torch.optim import Adam
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset
from torch.autograd import Function, grad
assert torch is backlight and nn is again is torch.nn is backlight.nn
assert F is functional is nn.functional and F.relu is relu
assert torch.utils.data is backlight.data
assert torch.optim.lr_scheduler.StepLR is StepLR
assert torch.autograd.Function is Function
assert torch.nn.Parameter is Parameter and Sequential is nn.Sequential
assert not torch.cuda.is_available() and torch.cuda.device_count() == 0
assert not torch.backends.mps.is_available() and not torch.accelerator.is_available()
torch.backends.cudnn.deterministic = True
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
model = nn.Linear(2, 1).to(device)
assert model(torch.ones(1, 2, device=device)).device.type == "cpu"
assert isinstance(torch.__version__, str)
import pickle, copy
state = pickle.loads(pickle.dumps(model.state_dict()))
assert list(state) == ["weight", "bias"] and state["bias"].tolist() == model.bias.tolist()
print("fine")
"""
    )
    assert (done.stdout, done.stderr) == ("fine\n", "")


# program: what its error says
MISSING = {
    "import torch.onnx": "Backlight has no module torch.onnx",
    "import torch.nn.quantized": "Backlight has no module torch.nn.quantized",
    "import torch.util.data": "The nearest that there is: torch.utils",
    "import torchaudio": "Backlight has no module torchaudio",
    "from torchtext import datasets": "Backlight has no module torchtext",
    "import torch; torch.quantization": "Backlight does not have `torch.quantization` (yet)",
    "import torch; torch.arrange(3)": "The nearest name that it has is `arange`",
    "from torch import arrange": "The nearest name that it has is `arange`",
    "from torch.nn import Linera": "`torch.nn.Linera` (yet). The nearest name that it has is `Li",
    "from torch.nn.functional import cross_entropi": "is `cross_entropy`",
    "from torch.optim import Lion": "Backlight does not have `torch.optim.Lion`",
    "from torch.optim.lr_scheduler import CosineLR": "`torch.optim.lr_scheduler.CosineLR`",
    "from torch.utils.data import functional_datapipe": "`torch.utils.data.functional_datapipe`",
    "import torch.nn as nn; nn.Lstm(1, 1)": "Backlight does not have `torch.nn.Lstm`",
    "import torch; torch.ones(1).colesky()": "Backlight does not have `Tensor.colesky`",
}


def test_what_is_missing_says_so():
    # One interpreter for all: each statement is tried and its error printed.
    done = program(
        "import traceback\n"
        f"for statement in {list(MISSING)!r}:\n"
        "    try:\n"
        "        exec(statement)\n"
        "    except Exception as error:\n"
        "        kinds = [cls.__name__ for cls in type(error).__mro__]\n"
        "        either = {'ImportError', 'AttributeError'} & set(kinds)\n"
        "        print('NotImplementedError' in kinds and bool(either), str(error))\n"
        "    else:\n"
        "        print('no error')\n"
    )
    lines = done.stdout.splitlines()
    assert done.stderr == ""
    assert len(lines) == len(MISSING)
    for line, (statement, wanted) in zip(lines, MISSING.items()):
        assert line.startswith("True "), (statement, line)
        assert wanted in line, (statement, line)


def test_what_is_missing_can_be_asked_for():
    done = program(
        """
import importlib.util
import torch
assert not hasattr(torch, "export") and not hasattr(torch.nn, "Lstm")
try:
    import torch.onnx
except ImportError:
    pass
try:
    from torch.cuda import nvtx
except ImportError:
    pass
print("fine")
"""
    )
    assert (done.stdout, done.stderr) == ("fine\n", "")


def test_installing_twice_and_uninstalling():
    done = program(
        """
import sys
compat.install()
import torch.nn
from backlight.compat.torch_alias import uninstall
uninstall()
assert not [name for name in sys.modules if name.split(".")[0] == "torch"]
import backlight
assert backlight.nn.Linear(1, 1) is not None
print("fine")
"""
    )
    assert (done.stdout, done.stderr) == ("fine\n", "")


def test_pytorch_imported_before_is_refused(tmp_path):
    (tmp_path / "torch.py").write_text("")
    done = interpreter(
        "-c",
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import torch\nfrom backlight import compat\ncompat.install()",
    )
    assert done.returncode == 1
    assert "RuntimeError: PyTorch is imported already" in done.stderr


SCRIPT = """
import sys
import torch
import beside
if __name__ == "__main__":
    print(torch.__name__, sys.argv[1:], beside.value)
"""


@pytest.fixture
def script(tmp_path):
    (tmp_path / "beside.py").write_text("value = 7\n")
    path = tmp_path / "program.py"
    path.write_text(SCRIPT)
    return path


def test_the_command_runs_a_program(script, tmp_path):
    done = interpreter("-m", "backlight", "run", str(script), "--lr", "0.1", cwd=tmp_path.parent)
    assert (done.stdout, done.stderr) == ("backlight ['--lr', '0.1'] 7\n", "")


def test_the_command_passes_on_how_a_program_ends(script):
    script.write_text("raise SystemExit(3)")
    assert interpreter("-m", "backlight", "run", str(script)).returncode == 3
    script.write_text("import torch\ntorch.ones(2) + torch.ones(3)")
    done = interpreter("-m", "backlight", "run", str(script))
    assert done.returncode == 1
    assert f'File "{script}", line 2' in done.stderr
    assert "RuntimeError: The size of tensor a (2)" in done.stderr


def test_the_command_says_its_version_and_what_is_wrong():
    import backlight

    done = interpreter("-m", "backlight", "--version")
    assert done.stdout == f"backlight {backlight.__version__}\n"
    done = interpreter("-m", "backlight", "run", "nowhere.py")
    assert done.returncode == 1
    assert done.stderr == "backlight: there is no file nowhere.py\n"
    assert interpreter("-m", "backlight", "dance").returncode == 2


ACCEPTED = {
    "torch.compile(model)": "torch.compile: Backlight has no compiler",
    "torch.compile(mode='x')(model)": "torch.compile: Backlight has no compiler",
    "torch.jit.script(model)": "torch.jit.script: Backlight has no compiler",
    "torch.jit.trace(model, None)": "torch.jit.trace: Backlight has no compiler",
    "torch.autocast('cpu')(model)": "autocast: Backlight computes",
    "torch.amp.autocast('cuda')(model)": "CUDA is not available. Disabling",
    "torch.cuda.amp.GradScaler() and model": "CUDA is not available.  Disabling",
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_means_less_here_runs_and_is_said_once(text):
    done = program(
        f"""
import torch, warnings
model = lambda x: x + 1
with warnings.catch_warnings(record=True) as heard:
    warnings.simplefilter("always")
    for _ in range(2 if {text!r}[-1] != "n" else 1):
        assert ({text})(2) == 3
print(*(w.message for w in heard), sep="\\n")
"""
    )
    assert ACCEPTED[text] in done.stdout, done.stderr
    assert done.stdout.count("Backlight") <= 1


ABSENT = {
    "torch.hub.load('a', 'b')": "neither code nor weights",
    "torch.distributed.init_process_group('nccl')": "runs in one process",
    "torch.jit.load('f')": "no TorchScript files",
    "torch.cuda.nvtx": "Backlight does not have `torch.cuda.nvtx`",
}


@pytest.mark.parametrize("text", ABSENT)
def test_what_is_absent_says_why(text):
    done = program(
        f"import torch\ntry:\n    {text}\nexcept NotImplementedError as e:\n    print(e)"
    )
    assert ABSENT[text] in done.stdout, done.stderr


def test_settings_are_kept():
    done = program(
        """
import torch
torch.set_num_threads(3)
torch.use_deterministic_algorithms(True, warn_only=True)
torch.set_float32_matmul_precision("high")
print(torch.get_num_threads(), torch.are_deterministic_algorithms_enabled(),
      torch.get_float32_matmul_precision(), torch.distributed.is_available(), torch.jit.is_scripting())
"""
    )
    assert done.stdout == "3 True high False False\n", done.stderr
