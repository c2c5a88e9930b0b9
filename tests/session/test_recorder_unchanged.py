"""A program does the same to the last bit, recorded or not.

Each program runs in one session at each level, and then prints what it has: every tensor with its
bytes, type, strides, version and gradient, modules and optimisers with all they hold, the state of
every generator. What is printed must be equal.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from session.levels import run

pytestmark = pytest.mark.skipif(
    sys.platform == "emscripten", reason="an interpreter of its own needs processes"
)

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
#: Steps of an example: some are recorded in Light, and some are not.
STEPS = 20

PROLOGUE = "import random, numpy, torch; random.seed(1); numpy.random.seed(2); torch.manual_seed(3)"

EPILOGUE = """
def _digest():
    import hashlib, random
    import numpy
    import torch

    def say(name, value, depth=0):
        if isinstance(value, torch.Tensor):
            array = value.detach().numpy()
            digest = hashlib.sha256(array.tobytes()).hexdigest()
            print(name, value.dtype, tuple(value.shape), value.stride(), value.requires_grad,
                  value.is_leaf, value._version, type(value.grad_fn).__name__, digest)
            if value.is_leaf and value.grad is not None:
                say(name + ".grad", value.grad)
        elif isinstance(value, torch.nn.Module):
            print(name, [(n, m.training) for n, m in value.named_modules()])
            for key, each in [*value.named_parameters(), *value.named_buffers()]:
                say(f"{name}.{key}", each)
        elif isinstance(value, torch.optim.Optimizer):
            say(name, value.state_dict())
        elif isinstance(value, torch.Generator):
            say(name, value.get_state())
        elif isinstance(value, dict) and depth < 6:
            for key, each in value.items():
                say(f"{name}[{key!r}]", each, depth + 1)
        elif isinstance(value, (list, tuple)) and depth < 6:
            for i, each in enumerate(value):
                say(f"{name}[{i}]", each, depth + 1)
        elif isinstance(value, (bool, int, float, str, complex)):
            print(name, repr(value))

    for name, value in list(globals().items()):
        if not name.startswith("_"):
            say(name, value)
    say("engine", torch.get_rng_state())
    print(hashlib.sha256(repr(random.getstate()).encode()).hexdigest())
    print(hashlib.sha256(repr(numpy.random.get_state()).encode()).hexdigest())
_digest()
"""

TRICKY = {
    "dropout": """
        net = nn.Sequential(nn.Linear(4, 8), nn.Dropout(0.5), nn.Linear(8, 1))
        x = torch.randn(6, 4)
        for step in range(4):
            out = F.dropout(net(x), 0.3)
            out.sum().backward()
        """,
    "batch norm": """
        net = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2), nn.ReLU())
        opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
        for step in range(4):
            loss = net(torch.randn(5, 3)).pow(2).mean()
            opt.zero_grad()
            loss.backward()
            opt.step()
        net.eval()
        seen = net(torch.ones(1, 3))
        """,
    "in place": """
        w = torch.randn(4, requires_grad=True)
        for step in range(4):
            h = w * 2
            h += 1
            h.mul_(torch.rand(4))
            h[1:3] = 0.5
            h.clamp_(min=0)
            h.sum().backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
        """,
    "views": """
        w = torch.randn(3, 4, requires_grad=True)
        for step in range(4):
            h = w.clone()
            row, column = h[0], h.t()[1]
            row.add_(1)
            column.mul_(2)
            flat = h.view(-1)
            flat[::2] *= 3
            parts = h.chunk(2, dim=1)
            (parts[0].sum() * parts[1].mean() + row.sum()).backward()
        """,
    "hooks": """
        net = nn.Sequential(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 1))
        net[1].register_forward_hook(lambda m, i, o: print("forward", tuple(o.shape)) or o * 1.5)
        net[0].register_full_backward_hook(lambda m, i, o: print("backward", o[0].sum().item()))
        net[0].weight.register_hook(lambda g: g * 0.5)
        net[2].weight.register_post_accumulate_grad_hook(lambda p: print(p.grad.sum().item()))
        for step in range(3):
            h = net(torch.randn(2, 3))
            h.retain_grad()
            h.register_hook(lambda g: g + 1)
            h.sum().backward()
            print(h.grad)
        """,
    "half": """
        net = nn.Linear(4, 4).half()
        x = torch.randn(3, 4, dtype=torch.float16)
        for step in range(3):
            loss = (net(x).float() * 1e4).sum()
            loss.backward()
        low = torch.tensor([6e-8, 65504.0, float("inf"), float("nan")], dtype=torch.float16)
        """,
    "generators": """
        g = torch.Generator().manual_seed(7)
        data = torch.utils.data.TensorDataset(torch.arange(10.0).view(10, 1))
        loader = torch.utils.data.DataLoader(data, 3, shuffle=True, generator=g)
        w = torch.ones(1, 1, requires_grad=True)
        for epoch in range(2):
            for (x,) in loader:
                (x @ w * torch.rand(1, generator=g)).sum().backward()
                print(random.random(), numpy.random.rand(), torch.rand(1).item())
        """,
    "double backward": """
        w = torch.randn(3, requires_grad=True)
        for step in range(3):
            y = (w.sin() * w.exp()).sum()
            (g,) = torch.autograd.grad(y, w, create_graph=True)
            (g.pow(2).sum() + y).backward()
            print(g)
        """,
    "twice through a graph": """
        a, b = torch.randn(3, requires_grad=True), torch.randn(3, requires_grad=True)
        for step in range(3):
            y = (a * b).tanh().sum()
            y.backward(retain_graph=True)
            y.backward()
            try:
                y.backward()
            except RuntimeError as error:
                print(error)
        """,
    "failures that are caught": """
        w = torch.randn(3, 4, requires_grad=True)
        for step in range(3):
            try:
                w @ w
            except RuntimeError as error:
                print(error)
            h = w.exp()
            z = h * 2
            h += 1
            try:
                h.sum().backward()
            except RuntimeError as error:
                print(error)
        """,
    "function of one's own": """
        class Twice(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * 2

            @staticmethod
            def backward(ctx, g):
                print("backward", ctx.saved_tensors[0].sum().item())
                return g * 2

        w = torch.randn(3, requires_grad=True)
        for step in range(3):
            Twice.apply(w).sum().backward()
        """,
    "numbers of all kinds": """
        w = torch.randn(2, 2, dtype=torch.float64, requires_grad=True)
        z = torch.randn(2, 2, dtype=torch.complex64, requires_grad=True)
        empty = torch.empty(0, 3, requires_grad=True)
        tiny = torch.tensor([1e-45, -1e-40, 0.0, -0.0, 3e38], requires_grad=True)
        for step in range(3):
            mask = w > 0
            ids = torch.randint(5, (2, 2))
            (w[mask].sum() + (w * ids).sum()).backward()
            z.abs().sum().backward()
            empty.sum().backward()
            (tiny * 1e-3).sum().backward()
        """,
    "not connected, frozen, detached": """
        net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        net[0].weight.requires_grad_(False)
        alone = torch.ones(2, requires_grad=True)
        for step in range(3):
            h = net(torch.randn(1, 2)).detach() + alone
            h.data.add_(1)
            with torch.no_grad():
                q = h * 2
            k = h.sum().item()
            n = h.detach().numpy() * 2
            h.sum().backward()
            print(k, n, q)
        """,
    "when tensors die": """
        import gc, weakref
        gc.disable()
        w = torch.ones(2, requires_grad=True)
        for step in range(3):
            h = w.exp()
            weakref.finalize(h, print, "h is gone", step)
            loss = h.sum()
            weakref.finalize(loss, print, "loss is gone", step)
            loss.backward()
            del h
            print("between")
            del loss
            print("end of step")
        gc.enable()
        """,
    "an optimiser with a closure": """
        w = torch.randn(3, requires_grad=True)
        opt = torch.optim.SGD([w], lr=0.1)
        def closure():
            opt.zero_grad()
            loss = (w ** 4).sum()
            loss.backward()
            return loss
        for step in range(3):
            print(opt.step(closure))
        """,
    "an error at the end": """
        w = torch.randn(3, requires_grad=True)
        for step in range(3):
            (w * 2).sum().backward()
        print(w.grad)
        _digest = None
        w + torch.ones(4)
        """,
}


def whole(code: str) -> str:
    return f"{PROLOGUE}\n{code}\n{EPILOGUE}"


def body(text: str) -> str:
    lines = [line[8:] for line in text.splitlines()]
    return "\n".join(["from torch import nn", "import torch.nn.functional as F", *lines])


def compare(row: dict) -> None:
    off = row["off"]
    for level in ("light", "full"):
        assert row[level]["printed"].splitlines() == off["printed"].splitlines()
        assert (row[level]["end"], row[level]["errors"]) == (off["end"], off["errors"])
    assert off["recorded"] == 0
    assert row["full"]["recorded"] >= 1


@pytest.fixture(scope="module")
def tricky() -> dict[str, dict]:
    names = list(TRICKY)
    return dict(zip(names, run([whole(body(TRICKY[name])) for name in names])))


@pytest.mark.parametrize("name", TRICKY)
def test_a_tricky_program_does_the_same_at_every_level(name: str, tricky: dict) -> None:
    row = tricky[name]
    assert row["off"]["end"] == ("failed" if name.startswith("an error") else "finished"), row
    compare(row)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_does_the_same_at_every_level(path: Path) -> None:
    code = re.sub(r"in range\(\d{3,}\):", f"in range({STEPS}):", path.read_text("utf-8"))
    (row,) = run([whole(code)])
    assert row["off"]["end"] == "finished", row["off"]
    assert row["full"]["recorded"] >= STEPS
    compare(row)
