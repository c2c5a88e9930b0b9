"""A line and what it made are one: pointing at either lights the other, and each leads to the other."""

from __future__ import annotations

import re

from desk import Desk
from looks import PHONE, settle
from playwright.sync_api import Locator, expect
from states import SHORT

NET = """import torch
from torch import nn

torch.manual_seed(0)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(8, 4)
        self.b = nn.Linear(4, 1)

    def forward(self, x):
        h = torch.relu(self.a(x))
        return self.b(h)


net = Net()
x = torch.randn(16, 8)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(5):
    loss = (net(x) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
"""


def hint(desk: Desk, text: str) -> Locator:
    """The end of the line with this text."""
    return desk.page.locator(".cm-line", has_text=text).locator(".cm-hint")


def test_line_ends_say_what_the_last_run_saw(desk: Desk) -> None:
    desk.open().run_to_end(NET)
    expect(hint(desk, "h = torch.relu")).to_have_text(
        re.compile(r"^h f32\[16, 4\]  \|g\| \d\.\de-\d$")
    )
    expect(hint(desk, "return self.b")).to_have_text(re.compile(r"^f32\[16, 1\]  \|g\| "))
    expect(hint(desk, "loss = (net")).to_have_text(re.compile(r"^loss \d"))
    desk.press("Gradients")
    expect(hint(desk, "h = torch.relu")).to_have_text("h f32[16, 4]")
    desk.press("Shapes")
    expect(hint(desk, "h = torch.relu")).to_have_count(0)


def test_they_go_with_their_lines_and_dim_when_the_program_is_another(desk: Desk) -> None:
    desk.open().run_to_end(NET)
    page, keys = desk.page, desk.page.keyboard
    stale = page.locator(".cm-hint-stale")
    # A comment changes no program, only where the lines are.
    desk.editor.click()
    keys.press("ControlOrMeta+Home")
    keys.insert_text("# a note\n")
    expect(hint(desk, "h = torch.relu")).to_be_visible()
    expect(stale).to_have_count(0)
    page.get_by_text("h = torch.relu").click()
    keys.press("End")
    keys.insert_text(" * 2")
    expect(hint(desk, "return self.b")).to_have_class(re.compile("stale"))
    expect(hint(desk, "h = torch.relu")).to_have_text(re.compile(r"^was h f32\[16, 4\]"))
    keys.press("ControlOrMeta+Enter")
    expect(desk.state).to_contain_text("Finished")
    expect(stale).to_have_count(0)


def test_pointing_at_a_line_lights_its_nodes_and_at_a_node_its_line(desk: Desk) -> None:
    desk.open().run_to_end(NET)
    page = desk.page
    ink = """() => {
      const canvas = document.querySelector('.picture canvas');
      return canvas.toDataURL();
    }"""
    # All but two of its boxes are dimmed, as long as the pointer is there.
    page.get_by_text("h = torch.relu").hover()
    dimmed = ""
    while dimmed != (dimmed := page.evaluate(ink)):
        settle(page)
    page.mouse.move(5, 5)
    page.wait_for_function(f"(dimmed) => ({ink})() !== dimmed", arg=dimmed)
    page.get_by_text("h = torch.relu").hover()
    page.wait_for_function(f"(dimmed) => ({ink})() === dimmed", arg=dimmed)

    linked = page.locator(".cm-line.cm-linked")
    expect(linked).to_have_count(0)
    box = page.get_by_role("img", name="Graph of the training step").bounding_box()
    for part in range(10, 90):
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * part / 100)
        settle(page)
        if linked.count() and "relu" in linked.first.inner_text():
            break
    expect(linked).to_contain_text("torch.relu")
    # The expression, and the call that led there.
    expect(page.locator(".cm-linked-range").first).to_be_visible()
    expect(page.locator(".cm-linked-call").first).to_contain_text("net")


def test_alt_click_and_f12_lead_from_a_line_to_the_graph_and_back(desk: Desk) -> None:
    desk.open().run_to_end(NET)
    page = desk.page
    inspector = page.get_by_role("region", name="Inspector")
    page.get_by_role("tab", name="Plots").click()
    page.get_by_text("h = torch.relu").click(modifiers=["Alt"])
    expect(page.get_by_role("tab", name="Graph")).to_have_attribute("aria-selected", "true")
    expect(inspector).to_contain_text("relu")
    expect(inspector).to_contain_text("line 14")
    # The calls that led there are a path, and each leads to its line.
    inspector.get_by_role("button", name=re.compile("line 22")).first.click()
    expect(page.get_by_text("Ln 22, ")).to_be_visible()
    page.keyboard.press("F12")
    expect(inspector).to_contain_text("mean")
    page.get_by_role("tree", name="Outline of the graph").focus()
    page.keyboard.press("F12")
    expect(page.get_by_text(re.compile("Ln (14|15|22), "))).to_be_visible()


def test_hints_lie_over_no_code_and_end_in_dots_where_it_is_narrow(desk: Desk) -> None:
    desk.open().run_to_end(SHORT.replace("loss = ", "the_loss_of_this_step = loss = "))
    desk.page.set_viewport_size(PHONE)
    settle(desk.page)
    faults = desk.page.locator(".cm-hint-place").evaluate_all(
        """all => all.flatMap((el) => {
          const line = el.closest('.cm-line');
          const range = document.createRange();
          range.selectNodeContents(line);
          range.setEndBefore(el);
          const code = range.getBoundingClientRect();
          const box = el.getBoundingClientRect();
          const width = el.closest('.cm-scroller').clientWidth;
          const faults = [];
          if (box.left < code.right) faults.push(`over the code: ${el.textContent}`);
          if (box.width && box.right > Math.max(width, code.right + 20))
            faults.push(`runs out of sight: ${el.textContent}`);
          return faults;
        })"""
    )
    assert faults == []
