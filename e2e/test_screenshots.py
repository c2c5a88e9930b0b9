"""Pictures of the page's states, in `out/shots`, and what must hold in each of them.

`UPDATE_PAGE=1 make e2e ARGS="-k readme"` makes the README's picture anew.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from desk import Desk
from looks import DESKTOP, PHONE, ZOOMED, faults
from playwright.sync_api import Browser, expect
from states import STATES

ROOT = Path(__file__).resolve().parent.parent
SHOTS = ROOT / "out" / "shots"

VIEWS = ("Code", "Graph", "Gradients", "Plots", "Console")


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_cut_covered_or_too_wide(browser: Browser, server, state: str) -> None:
    context = browser.new_context(viewport=DESKTOP, color_scheme="dark", has_touch=True)
    desk = Desk(context.new_page(), server)
    STATES[state](desk)
    for theme in ("dark", "light"):
        desk.page.emulate_media(color_scheme=theme)
        desk.page.set_viewport_size(DESKTOP)
        check(desk, f"{state}-{theme}-1440")
        for region in ("Editor", "Inspector", "Time"):
            expect(desk.page.get_by_role("region", name=region, exact=True)).to_be_in_viewport()
        desk.page.set_viewport_size(PHONE)
        for view in VIEWS:
            panels = desk.page.get_by_role("navigation", name="Panels")
            panels.get_by_role("button", name=view).click()
            check(desk, f"{state}-{theme}-390-{view.lower()}")
    desk.page.set_viewport_size(ZOOMED)
    check(desk, f"{state}-light-200-percent")
    context.close()


def check(desk: Desk, name: str) -> None:
    """Keep a picture, and see that nothing is cut or covered and no script failed."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    desk.page.screenshot(path=SHOTS / f"{name}.png", animations="disabled")
    assert faults(desk.page) == [], name
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
