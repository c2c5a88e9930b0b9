"""The graph that the page draws is the one that the program built."""

from __future__ import annotations

import random
import re

from desk import Desk
from playwright.sync_api import Locator, expect

NAMES = ["embed", "gate", "mixer", "trunk", "probe", "lens", "bridge", "anchor"]
ACTIVATIONS = ["relu", "tanh", "sigmoid"]


def outline(desk: Desk) -> Locator:
    """Return the graph in words."""
    return desk.page.get_by_role("tree", name="Outline of the graph")


def items(desk: Desk) -> list[str]:
    """Return what the boxes and chips say."""
    return [
        " ".join(text.split()) for text in outline(desk).get_by_role("treeitem").all_inner_texts()
    ]


def test_a_program_made_up_at_random_is_drawn_as_it_is(desk: Desk) -> None:
    draw = random.Random()
    layers = draw.sample(NAMES, draw.randint(2, 4))
    batch = draw.randint(3, 9)
    widths = [draw.randint(2, 40) for _ in range(len(layers) + 1)]
    uses = [draw.choice(ACTIVATIONS) for _ in layers]
    branch = draw.random() < 0.5
    lines = ["import torch", "from torch import nn", "", "class Model(nn.Module):"]
    lines += ["    def __init__(self):", "        super().__init__()"]
    for name, a, b in zip(layers, widths, widths[1:]):
        lines.append(f"        self.{name} = nn.Linear({a}, {b})")
    lines += ["    def forward(self, x):"]
    where: dict[str, tuple[int, list[int]]] = {}
    for name, use, width in zip(layers, uses, widths[1:]):
        lines.append(f"        x = self.{name}(x)")
        where[name] = (len(lines), [batch, width])
        lines.append(f"        x = torch.{use}(x)")
        where[f"{use} of {name}"] = (len(lines), [batch, width])
    lines += [
        f"        if {branch}:",
        "            x = x * 3",
        "        else:",
        "            x = x - 3",
    ]
    where["mul" if branch else "sub"] = (len(lines) - (2 if branch else 0), [batch, widths[-1]])
    lines += ["        return x", "", "model = Model()"]
    lines += [f"loss = model(torch.ones({batch}, {widths[0]})).pow(2).mean()", "loss.backward()"]
    desk.open().run_to_end("\n".join(lines))

    expect(outline(desk).get_by_role("treeitem").first).to_be_attached()
    said = items(desk)
    seed = f"{layers} {batch} {widths} {uses} {branch}: {said}"
    for what, (line, shape) in where.items():
        name = what.partition(" of ")[0]
        expected = f"{name}.*, line {line}, float32 \\[{', '.join(map(str, shape))}\\]"
        assert any(re.match(expected, text) for text in said), f"{what}: {expected} in {seed}"
    other = "sub" if branch else "mul"
    assert not any(re.match(f"{other}\\b", text) for text in said), seed
    for name, a, b in zip(layers, widths, widths[1:]):
        assert any("weight" in text and f"[{b}, {a}]" in text for text in said), f"{name} {seed}"


def test_a_node_and_its_line_find_each_other(desk: Desk) -> None:
    desk.open().run_to_end(
        "import torch\n"
        "w = torch.ones(2, 3, requires_grad=True)\n"
        "h = w.tanh()\n"
        "loss = h.sum()\n"
        "loss.backward()\n"
    )
    node = outline(desk).get_by_role("treeitem").filter(has_text="tanh")
    expect(node).to_have_attribute("data-line", "3")
    outline(desk).focus()
    while "tanh" not in _focused(desk):
        desk.page.keyboard.press("ArrowDown")
    desk.page.keyboard.press("Space")
    inspector = desk.page.get_by_role("region", name="Inspector")
    expect(inspector).to_contain_text("tanh")
    expect(inspector).to_contain_text("line 3")
    expect(inspector).to_contain_text("f32[2, 3]")
    # tanh(1) = 0.7616; its gradient is that of a sum: 1.
    expect(inspector).to_contain_text("0.762")
    expect(inspector).to_contain_text("TanhBackward0")
    expect(desk.page.locator(".cm-line").nth(2)).to_have_class(
        re.compile("selected|hover|node|linked")
    )


def test_an_error_keeps_the_graph_up_to_it(desk: Desk) -> None:
    desk.open().run(
        "import torch\n"
        "a = torch.ones(4, 3, requires_grad=True)\n"
        "h = a.exp()\n"
        "y = h @ torch.ones(4, 2)\n"
    )
    expect(desk.state).to_contain_text("line 4")
    expect(outline(desk).get_by_role("treeitem").filter(has_text="exp")).to_be_attached()
    expect(outline(desk).get_by_role("treeitem").filter(has_text="raised the error")).to_have_text(
        re.compile("mm, line 4")
    )
    inspector = desk.page.get_by_role("region", name="Inspector")
    expect(inspector).to_contain_text("mat1 and mat2 shapes cannot be multiplied (4x3 and 4x2)")
    expect(inspector).to_contain_text("f32[4, 3]")
    expect(inspector).to_contain_text("f32[4, 2]")


def _focused(desk: Desk) -> str:
    return desk.page.evaluate(
        """() => {
          const tree = document.querySelector('[role=tree]');
          return document.getElementById(tree.getAttribute('aria-activedescendant'))?.textContent ?? '';
        }"""
    )
