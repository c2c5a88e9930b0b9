"""The page for everyone: axe-core finds nothing serious in any state, and the keyboard does it all."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from desk import Desk
from looks import DESKTOP, PHONE, ZOOMED, faults, violations
from playwright.sync_api import expect
from states import FAILS, SHORT, STATES, finished, idle

TABS = ("Code", "Graph", "Gradients", "Plots", "Console")


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_serious(desk: Desk, state: str) -> None:
    STATES[state](desk)
    page = desk.page
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size(DESKTOP)
        assert violations(page) == [], theme
    # The colours are the same on a phone: what is there to find is how its panels are made.
    page.set_viewport_size(PHONE)
    for tab in TABS:
        page.get_by_role("navigation", name="Panels").get_by_role("button", name=tab).click()
        assert violations(page) == [], tab


@pytest.mark.parametrize(
    "button", ["Examples", re.compile("^Backend:"), "Share", "Settings"], ids=str
)
def test_axe_finds_nothing_serious_in_menus_and_dialogs(
    desk: Desk, button: str | re.Pattern[str]
) -> None:
    idle(desk)
    page = desk.page
    page.get_by_role("button", name=button).first.click()
    expect(page.get_by_role("menu").or_(page.get_by_role("dialog")).first).to_be_visible()
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        assert violations(page) == [], theme


def test_the_list_of_keys_is_accessible(desk: Desk) -> None:
    idle(desk)
    desk.page.get_by_role("button", name="Step", exact=True).focus()
    desk.page.keyboard.press("?")
    expect(desk.page.get_by_role("dialog")).to_contain_text("Play the run")
    assert violations(desk.page) == []


@pytest.mark.parametrize("state", ["idle", "finished", "error"])
def test_forced_colours_and_zoom_break_nothing(desk: Desk, state: str) -> None:
    STATES[state](desk)
    page = desk.page
    page.emulate_media(forced_colors="active")
    for size in (DESKTOP, ZOOMED, PHONE):
        page.set_viewport_size(size)
        assert faults(page) == [], size
    # Run is still told from the other buttons, by its line.
    page.set_viewport_size(DESKTOP)
    width = "el => getComputedStyle(el).borderTopWidth"
    assert desk.run_button.evaluate(width) == "2px"
    assert desk.page.get_by_role("button", name="Step", exact=True).evaluate(width) == "1px"


def test_it_is_read_out_where_the_run_is_but_not_all_the_time(desk: Desk) -> None:
    desk.open()
    page = desk.page
    page.evaluate(
        """() => {
          window.said = [];
          const live = document.querySelector('[data-announcer]');
          new MutationObserver(() => window.said.push([performance.now(), live.textContent]))
            .observe(live, { childList: true, characterData: true, subtree: true });
        }"""
    )
    # A print every few milliseconds for about eight seconds.
    desk.run("import time\nfor i in range(400):\n    print('line', i)\n    time.sleep(0.02)\n")
    expect(desk.state).to_contain_text("Finished", timeout=30_000)
    live = page.locator("[data-announcer]")
    expect(live).to_have_text(re.compile(r"Finished.*line 399"), timeout=10_000)
    said = page.evaluate("() => window.said")
    gaps = [b[0] - a[0] for a, b in pairwise(said)]
    assert all(gap >= 4_900 for gap in gaps), said
    # Nothing else speaks up by itself: the editor and Copy answer to what was pressed.
    others = page.locator("[aria-live=polite]:not([data-announcer]):not(.cm-announced, button)")
    assert others.evaluate_all("all => all.map((el) => el.outerHTML.slice(0, 200))") == []


def test_the_keyboard_alone_edits_runs_walks_the_graph_and_shares(desk: Desk) -> None:
    desk.open()
    page, keys = desk.page, desk.page.keyboard

    def tab_to(name: str | re.Pattern[str], role: str = "button", most: int = 60) -> None:
        wanted = page.get_by_role(role, name=name, exact=isinstance(name, str)).first
        for _ in range(most):
            if wanted.evaluate("el => el === document.activeElement"):
                return
            if desk.editor.evaluate("el => el.contains(document.activeElement)"):
                keys.press("Escape")  # in the editor Tab indents, but for the one after Escape
            keys.press("Tab")
        raise AssertionError(f"{most} times Tab do not reach {name}")

    # Into the editor, all of it replaced, and run from there.
    tab_to("Code editor", "textbox")
    keys.press("ControlOrMeta+a")
    keys.insert_text(SHORT)
    keys.press("ControlOrMeta+Enter")
    expect(desk.state).to_contain_text("Finished", timeout=30_000)

    # Out of the editor, and back in time.
    tab_to("Step", "slider")
    step = page.get_by_role("slider", name="Step", exact=True)
    keys.press("Home")
    expect(step).to_have_attribute("aria-valuenow", "1")
    keys.press("l")
    expect(step).to_have_attribute("aria-valuenow", "60")

    # Through the outline of the graph to an operation, and from there to its line.
    tab_to("Outline of the graph", "tree")
    keys.press("ArrowDown")
    keys.press("F12")
    expect(page.get_by_text("Ln 10, ")).to_be_visible()
    assert desk.editor.evaluate("el => el.contains(document.activeElement)")

    # A program that fails: its line is in the console, and Enter there goes to it.
    keys.press("ControlOrMeta+a")
    keys.insert_text(FAILS)
    keys.press("ControlOrMeta+Enter")
    expect(desk.state).to_contain_text("line 6")
    tab_to(re.compile("line 6"))
    keys.press("Enter")
    expect(page.get_by_text("Ln 6, ")).to_be_visible()

    # And passed on.
    tab_to("Share", most=100)
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Copy")
    keys.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_focus_is_always_to_be_seen(desk: Desk) -> None:
    finished(desk)
    page = desk.page
    page.get_by_role("button", name="Examples").focus()
    unseen, seen = [], 0
    for _ in range(60):
        page.keyboard.press("Tab")
        found = page.evaluate(
            """() => {
              const el = document.activeElement;
              if (!el || el === document.body || el.closest('.cm-editor')) return null;
              const style = getComputedStyle(el);
              // The outline is not seen itself: the graph rings the box that it is at.
              const ring = style.outlineStyle !== 'none' || style.boxShadow !== 'none';
              return ring || el.matches('[role=tree]') ? '' : el.outerHTML.slice(0, 120);
            }"""
        )
        seen += found is not None
        unseen += [found] if found else []
        page.keyboard.press("Escape")  # leaves the editor's own use of Tab
    assert unseen == []
    assert seen > 20
