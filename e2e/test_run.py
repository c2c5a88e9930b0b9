"""A program runs in the browser and the page shows what it says."""

from __future__ import annotations

import secrets

import pytest
from desk import Desk
from playwright.sync_api import expect


@pytest.mark.every_browser
def test_a_program_prints_from_pyodide(desk: Desk) -> None:
    number = secrets.randbelow(10**6)
    said = desk.open().run_to_end(
        f"import sys\nprint(sys.platform, sys.version_info[:2], {number} * 7)"
    )
    assert f"emscripten (3, 14) {number * 7}" in said


def test_the_page_shares_memory_with_the_worker(desk: Desk) -> None:
    desk.open()
    assert desk.page.evaluate("() => crossOriginIsolated")


@pytest.mark.every_browser
def test_input_gets_the_line_that_was_typed(desk: Desk) -> None:
    desk.open().run("name = input('Who? ')\nprint('hello', name[::-1])")
    expect(desk.state).to_contain_text("Waiting")
    desk.page.get_by_role("textbox", name="Who?").fill("backlight")
    desk.page.keyboard.press("Enter")
    expect(desk.console).to_contain_text("hello thgilkcab")
    expect(desk.state).to_contain_text("Finished")


def test_an_error_says_its_line(desk: Desk) -> None:
    desk.open().run("x = [1, 2]\n\nprint(x[5])\n")
    expect(desk.state).to_contain_text("line 3")
    expect(desk.console).to_contain_text("IndexError")


@pytest.mark.every_browser
def test_a_crash_of_python_keeps_the_code_and_the_page(desk: Desk) -> None:
    code = "import os\nos.abort()  # keep me"
    desk.open().run(code)
    expect(desk.page.get_by_role("alert")).to_contain_text("Your code is kept", timeout=15_000)
    expect(desk.editor).to_contain_text("keep me")
    assert "alive" in desk.run_to_end("print('alive')")


@pytest.mark.every_browser
def test_deep_recursion_is_an_ordinary_error(desk: Desk) -> None:
    said = desk.open().run_to_end(
        "class Loop:\n    def __repr__(self): return repr(self)\n"
        "try: repr(Loop())\nexcept RecursionError: print('caught it')"
    )
    assert "caught it" in said


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("for i in range(200_000): print(i)\n", "199999"),
        (
            "import sys\nfor i in range(20_000): sys.stdout.write('x' * 500 + '\\n')\nprint('end')",
            "end",
        ),
    ],
)
def test_the_page_answers_while_a_program_prints_a_lot(desk: Desk, code: str, last: str) -> None:
    desk.open()
    # The longest time in which the page drew nothing.
    desk.page.evaluate(
        """() => {
          window.longest = 0;
          let last = performance.now();
          const watch = (now) => {
            window.longest = Math.max(window.longest, now - last);
            last = now;
            requestAnimationFrame(watch);
          };
          requestAnimationFrame(watch);
        }"""
    )
    said = desk.run_to_end(code)
    assert last in said
    assert desk.page.evaluate("() => window.longest") < 1000


def test_ctrl_enter_after_choosing_an_example_runs_it_and_opens_nothing(desk: Desk) -> None:
    desk.open()
    desk.page.get_by_role("button", name="Examples").click()
    desk.page.get_by_role("menuitem", name="Regression by hand").click()
    expect(desk.page.get_by_role("menu")).to_have_count(0)
    desk.page.keyboard.press("ControlOrMeta+Enter")
    expect(desk.state).to_contain_text("Finished", timeout=30_000)
    expect(desk.page.get_by_role("menu")).to_have_count(0)


TWINS = """\
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)
    def forward(self, x):
        return torch.tanh(self.layer(x))

a, b, alone = Net(), Net(), nn.Linear(4, 1)
opt = torch.optim.SGD([*a.parameters(), *b.parameters(), *alone.parameters()], lr=0.1)
for step in range(5):
    loss = alone(b(a(torch.ones(2, 4)))).mean()
    other = alone(a(torch.ones(2, 4))).mean()
    opt.zero_grad()
    loss.backward()
    other.backward()
    opt.step()
"""


@pytest.mark.parametrize("view", ["Graph", "Gradients", "Plots"])
def test_what_bears_the_same_name_twice_is_drawn(desk: Desk, view: str) -> None:
    desk.open()
    desk.page.get_by_role("tab", name=view).click()
    desk.run_to_end(TWINS)
    inspector = desk.page.get_by_role("region", name="Inspector")
    expect(inspector).to_contain_text("alone.weight")
    assert desk.errors == []
