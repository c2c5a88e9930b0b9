"""The first number that is none is named with its line and step, and the page leads there."""

from __future__ import annotations

import pytest
from desk import Desk
from playwright.sync_api import expect

PROGRAM = """\
import torch
w = torch.ones(4, requires_grad=True)
opt = torch.optim.SGD([w], lr=0.0)
for step in range(120):
    h = w * 2
    z = h - 2 if step == 70 else h - 1
    loss = torch.log(z).sum() + (h ** 2).sum()
    opt.zero_grad()
    loss.backward()
    opt.step()
"""
SAID = "`log` at line 7 made the first -inf, out of finite numbers."


@pytest.mark.parametrize("place", ["browser", "server"])
def test_the_first_infinity_is_named_and_leads_to_its_step_and_line(desk: Desk, place: str) -> None:
    desk.open(f"token={desk.server.token}")
    if place == "server":
        desk.use_server()
    console = desk.run_to_end(PROGRAM)
    assert f"Step 71: {SAID}" in console
    finding = desk.page.get_by_role("note", name="Finding: First -inf")
    expect(finding).to_contain_text(SAID)
    finding.get_by_role("button", name="line 7").click()
    expect(desk.page.get_by_text("Ln 7, Col 12")).to_be_visible()
    expect(desk.page.get_by_title("First -inf, step 71")).to_be_visible()
    finding.get_by_role("button", name="show in graph").click()
    expect(desk.page.get_by_role("region", name="Inspector")).to_contain_text("log")
