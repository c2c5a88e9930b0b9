"""Pictures of the page's states, in `out/shots`, and what must hold in each of them.

`UPDATE_PAGE=1 make e2e ARGS="-k readme"` makes the README's picture anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from desk import Desk
from playwright.sync_api import Browser, expect

ROOT = Path(__file__).resolve().parent.parent
SHOTS = ROOT / "out" / "shots"

#: What stands in the editor for each state, and the word that the state's chip then has.
STATES = {
    "ready": (None, "Ready"),
    "finished": ((ROOT / "examples" / "two_spirals.py").read_text("utf-8"), "Finished"),
    "error": (
        "import torch\nfrom torch import nn\n\nnet = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), "
        "nn.Linear(64, 10))\nx = torch.randn(8, 64)\nprint(net(x))\n",
        "line 6",
    ),
}


def visit(desk: Desk, state: str) -> None:
    """Bring the page into one of the states."""
    code, word = STATES[state]
    desk.open()
    if code is not None:
        desk.run(code)
    expect(desk.state).to_contain_text(word, timeout=60_000)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("state", STATES)
def test_nothing_overflows_at_1440_pixels(browser: Browser, server, state: str, theme: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme)
    desk = Desk(context.new_page(), server)
    visit(desk, state)
    check(desk, f"{state}-{theme}-1440")
    for region in ("Editor", "Inspector", "Time"):
        expect(desk.page.get_by_role("region", name=region, exact=True)).to_be_in_viewport()
    context.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_overflows_on_a_phone(browser: Browser, server, theme: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=theme, has_touch=True
    )
    desk = Desk(context.new_page(), server)
    visit(desk, "ready")
    desk.run_button.click()
    expect(desk.state).to_contain_text("Finished", timeout=60_000)
    for tab in ("Code", "Graph", "Gradients", "Plots", "Console"):
        desk.page.get_by_role("navigation", name="Panels").get_by_role("button", name=tab).click()
        check(desk, f"{tab.lower()}-{theme}-390")
    context.close()


def check(desk: Desk, name: str) -> None:
    """Keep a picture, and see that nothing is wider than the window and no script failed."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    desk.page.screenshot(path=SHOTS / f"{name}.png", animations="disabled")
    wide = desk.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{name}: {wide} px too wide"
    assert desk.errors == []


def test_the_readme_shows_the_opening_example(browser: Browser, server) -> None:
    context = browser.new_context(
        viewport={"width": 1440, "height": 900}, color_scheme="dark", device_scale_factor=2
    )
    desk = Desk(context.new_page(), server)
    desk.open().run_button.click()
    expect(desk.state).to_contain_text("Finished", timeout=60_000)
    expect(desk.page.get_by_role("img", name="Graph of the training step")).to_be_visible()
    check(desk, "readme")
    if os.environ.get("UPDATE_PAGE"):
        desk.page.screenshot(path=ROOT / "docs" / "page.png", animations="disabled")
    context.close()
