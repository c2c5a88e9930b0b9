"""The gradients of a run: the light that plays, the map of layers and steps, its scales."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest
from desk import Desk, Server
from playwright.sync_api import Browser, Locator, expect

DEEP = """
import torch
from torch import nn
import torch.nn.functional as F

torch.manual_seed(0)
x = torch.randn(64, 8)
y = (x[:, 0] * x[:, 1] > 0).long()


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(16, 16)

    def forward(self, h):
        return torch.sigmoid(self.fc(h))


net = nn.Sequential(nn.Linear(8, 16), *[Block() for _ in range(12)], nn.Linear(16, 2))
opt = torch.optim.SGD(net.parameters(), lr=0.01)
for step in range(20):
    loss = F.cross_entropy(net(x), y)
    opt.zero_grad()
    loss.backward()
    opt.step()
"""

#: fc2 gets a NaN in step 8, `far` is never reached, and half of `off` is off.
BROKEN = """
import torch
from torch import nn

torch.manual_seed(0)
x, y = torch.randn(32, 4), torch.randn(32, 1)
net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
off = nn.Parameter(torch.ones(2))
opt = torch.optim.SGD([*net.parameters(), off], lr=0.1)
for step in range(10):
    loss = ((net(x) * (off * torch.tensor([1.0, 0.0])).sum() - y) ** 2).mean()
    opt.zero_grad()
    loss.backward()
    opt.step()
    if step == 7:
        with torch.no_grad():
            net[2].weight[0, 0] = float("nan")
"""


def record_all(desk: Desk) -> None:
    """Have every step of the next runs recorded, on a dark stage with room for all rows."""
    desk.page.set_viewport_size({"width": 1440, "height": 900})
    desk.page.emulate_media(color_scheme="dark")
    desk.page.get_by_role("button", name="Settings").click()
    desk.page.get_by_role("menuitemradio", name=re.compile("^Full")).click()
    desk.page.keyboard.press("Escape")


def ran(desk: Desk, code: str) -> Desk:
    """Run this with every step recorded."""
    desk.open(f"token={desk.server.token}")
    record_all(desk)
    desk.run_to_end(code)
    return desk


def tab(desk: Desk, name: str) -> Locator:
    """One of the tabs over the centre."""
    return desk.page.get_by_role("tablist", name="Views").get_by_role("tab", name=name)


def panel(desk: Desk) -> Locator:
    """The Gradients tab, opened."""
    tab(desk, "Gradients").click()
    return desk.page.get_by_role("region", name="Gradients", exact=True)


def heat(desk: Desk) -> Locator:
    """The map in the Gradients tab."""
    map_ = panel(desk).get_by_role("application")
    map_.page.wait_for_function(
        """canvas => canvas.getContext('2d').getImageData(
            0, 0, canvas.width, canvas.height).data.some(Boolean)""",
        arg=map_.locator("canvas").element_handle(),
    )
    return map_


def point(map_: Locator, row: int, rows: int, share: float) -> tuple[float, float]:
    """Where a cell of the map is on the page."""
    box = map_.locator("canvas").bounding_box()
    return box["x"] + share * box["width"], box["y"] + (row + 0.5) / rows * box["height"]


def colour(map_: Locator, row: int, rows: int, share: float) -> tuple[int, ...]:
    """The colour of a cell of the map."""
    return tuple(
        map_.locator("canvas").evaluate(
            """(canvas, [x, y]) => [...canvas.getContext('2d').getImageData(
                Math.round(x * canvas.width), Math.round(y * canvas.height), 1, 1).data]""",
            [share, (row + 0.5) / rows],
        )
    )


def changes(map_: Locator, row: int, rows: int, old: Iterable[tuple[int, ...]]) -> None:
    """Wait until a cell in the middle has another colour than these."""
    map_.page.wait_for_function(
        """([canvas, share, old]) => !old.includes(String(canvas.getContext('2d').getImageData(
            canvas.width >> 1, Math.round(share * canvas.height), 1, 1).data))""",
        arg=[
            map_.locator("canvas").element_handle(),
            (row + 0.5) / rows,
            [",".join(map(str, one)) for one in old],
        ],
    )


def moment(desk: Desk) -> Locator:
    """Where in the step the time cursor is."""
    return desk.page.get_by_role("slider", name="Phase of the step")


# The views --------------------------------------------------------------------------------------


def test_views_are_tabs_for_pointer_and_keys_and_are_remembered(desk: Desk) -> None:
    desk.open(ready=False)
    expect(tab(desk, "Graph")).to_have_attribute("aria-selected", "true")
    tab(desk, "Graph").focus()
    desk.page.keyboard.press("ArrowRight")
    expect(tab(desk, "Gradients")).to_be_focused()
    expect(tab(desk, "Gradients")).to_have_attribute("aria-selected", "true")
    expect(desk.page.get_by_role("tabpanel")).to_contain_text("Run the program to see the gradient")
    desk.page.reload()
    expect(tab(desk, "Gradients")).to_have_attribute("aria-selected", "true")
    tab(desk, "Plots").click()
    expect(desk.page.get_by_role("tabpanel")).to_contain_text("Loss")


def test_a_phone_has_the_views_among_its_tabs(browser: Browser, server: Server) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    desk = Desk(context.new_page(), server).open()
    desk.run_button.click()
    expect(desk.state).to_contain_text("Finished", timeout=60_000)
    desk.page.get_by_role("navigation", name="Panels").get_by_role("button", name="Gradients").tap()
    shown = desk.page.get_by_role("region", name="Gradients", exact=True)
    expect(shown.get_by_role("application")).to_be_in_viewport()
    wide = desk.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    assert desk.errors == []
    context.close()


# The map ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["browser", "server"])
def test_a_vanishing_gradient_is_seen_at_once(desk: Desk, backend: str) -> None:
    desk.open(f"token={desk.server.token}")
    record_all(desk)
    if backend == "server":
        desk.use_server()
    desk.run_to_end(DEEP)
    shown = panel(desk)
    expect(shown).to_contain_text(
        re.compile(r"net\.0 gets a gradient .* times weaker than net\.13")
    )
    # The whole net, and its fourteen layers in forward order, with a number each.
    norms = [float(text) for text in shown.locator(".number").all_inner_texts() if text]
    assert len(norms) == 14
    assert norms == sorted(norms)
    assert norms[-1] / norms[0] > 1e6
    map_ = heat(desk)
    first, last = colour(map_, 1, 15, 0.5), colour(map_, 14, 15, 0.5)
    assert sum(last[:3]) - sum(first[:3]) > 120  # dim at the far end, bright at the loss
    # Two of the same layer are alike, also at another step.
    assert colour(map_, 14, 15, 0.2) == pytest.approx(last, abs=40)


def test_the_map_leads_to_steps_and_nodes_by_pointer_and_keys(desk: Desk) -> None:
    ran(desk, DEEP)
    a_click_goes_to_the_step_and_the_node(desk)
    the_chosen_row_has_histograms_and_curves(desk)
    it_is_also_a_table(desk)
    it_is_walked_with_keys(desk)


def a_click_goes_to_the_step_and_the_node(desk: Desk) -> None:
    """See that a click in the map moves the time cursor, the selection and the line."""
    map_ = heat(desk)
    desk.page.mouse.move(*point(map_, 4, 15, 0.52))
    expect(map_).to_contain_text(re.compile(r"net\.3\.fc, step 11: \d"))
    desk.page.mouse.click(*point(map_, 4, 15, 0.52))
    step = desk.page.get_by_role("slider", name="Step", exact=True)
    expect(step).to_have_attribute("aria-valuenow", "11")
    inspector = desk.page.get_by_role("region", name="Inspector")
    expect(inspector).to_contain_text("net.3.fc.weight")
    expect(inspector).to_contain_text("line 16")
    expect(panel(desk)).to_contain_text("Step 11")


def it_is_walked_with_keys(desk: Desk) -> None:
    """See that arrows move the crosshair, Enter goes there and Space opens a group."""
    desk.page.mouse.move(0, 0)
    desk.page.keyboard.press("Escape")  # selects nothing
    desk.page.keyboard.press("l")  # the newest step
    map_ = heat(desk)
    said = panel(desk).locator("p[aria-live]")
    map_.focus()
    press = desk.page.keyboard.press
    press("ArrowDown")
    expect(said).to_have_text(re.compile(r"^net, step 20: "))
    press("ArrowDown")
    press("Home")
    press("ArrowRight")
    expect(said).to_have_text(re.compile(r"^net\.0, step 2: "))
    press("Enter")
    expect(desk.page.get_by_role("slider", name="Step", exact=True)).to_have_attribute(
        "aria-valuenow", "2"
    )
    rows = map_.locator(".row")
    expect(rows).to_have_count(15)
    press("Space")  # opens the group
    expect(rows).to_have_count(17)
    press("Space")
    expect(rows).to_have_count(15)


def the_chosen_row_has_histograms_and_curves(desk: Desk) -> None:
    """See how values and gradients of a row were spread over the run."""
    shown = panel(desk)
    desk.page.mouse.click(*point(heat(desk), 14, 15, 0.9))
    expect(shown.get_by_role("heading")).to_contain_text("net.13")
    about = r"over 20 recorded steps; at step \d+ most are about -?\d"
    for title in ("Gradients", "Values"):
        picture = shown.get_by_role("img", name=re.compile(f"^{title} {about}"))
        expect(picture).to_be_visible()
        # Something is drawn, and not the same everywhere.
        seen = picture.locator("canvas").evaluate(
            """canvas => new Set(new Uint32Array(canvas.getContext('2d').getImageData(
                0, 0, canvas.width, canvas.height).data.buffer)).size"""
        )
        assert seen > 3
    curves = shown.get_by_role("img", name=re.compile("^Gradient norm and update ratio of net.13"))
    expect(curves).to_be_visible()


def it_is_also_a_table(desk: Desk) -> None:
    """See that the numbers can be read without the picture."""
    table = panel(desk).get_by_role("table")
    expect(table.get_by_role("row")).to_have_count(16)
    expect(table).to_contain_text(re.compile(r"Gradient norm, net\.0 gets"))
    cells = table.get_by_role("row").nth(2).get_by_role("cell").all_inner_texts()
    assert len(cells) == 3
    assert all(float(cell) < 1e-6 for cell in cells)


def test_what_is_no_number_or_not_there_has_its_mark(desk: Desk) -> None:
    ran(desk, BROKEN)
    shown = panel(desk)
    expect(shown).to_contain_text("gradient norm not finite in")
    desk.page.get_by_role("slider", name="Step", exact=True).press("Home")
    expect(shown).not_to_contain_text("not finite")
    what = shown.get_by_role("combobox", name="What is shown")
    what.select_option("Update ratio")
    expect(shown).to_contain_text("1e-3 is usual")
    what.select_option("Zero gradients")
    # One of the two numbers of `off` has no part in the loss.
    expect(shown).to_contain_text("most zero gradients: 50% of off")
    shown.get_by_role("button", name="Operations").click()
    what.select_option("Zero values")
    expect(shown).to_contain_text(re.compile(r"most zero values: \d+% of .*relu"))
    expect(what.locator("option", has_text="Update ratio")).to_have_count(0)


def test_few_recorded_steps_say_so(desk: Desk) -> None:
    desk.open()
    desk.run_to_end(DEEP.replace("range(20)", "range(400)"), timeout=60_000)
    shown = panel(desk)
    expect(shown).to_contain_text(re.compile(r"\d+ of 400 steps recorded"))
    shown.get_by_role("button", name="Record every step next time").click()
    expect(shown).to_contain_text("The next run records every step.")


# The scale --------------------------------------------------------------------------------------


def test_the_colours_have_other_scales_and_palettes(desk: Desk) -> None:
    ran(desk, DEEP)
    they_are_absolute_or_relative_to_the_median(desk)
    they_are_of_four_palettes(desk)


def they_are_absolute_or_relative_to_the_median(desk: Desk) -> None:
    """See both scales in the map and on the stage."""
    map_ = heat(desk)
    before = colour(map_, 7, 15, 0.5)
    shown = panel(desk)
    relative = shown.get_by_role("button", name="× median")
    relative.click()
    expect(relative).to_have_attribute("aria-pressed", "true")
    expect(
        shown.get_by_role("img", name=re.compile("relative to the median of the step"))
    ).to_be_visible()
    for text in ("×0.001", "×1000"):
        expect(shown.get_by_text(text, exact=True)).to_be_visible()
    changes(map_, 7, 15, [before])
    # The stage has the same colours.
    tab(desk, "Graph").click()
    graph = desk.page.get_by_role("tabpanel")
    expect(graph.get_by_role("img", name=re.compile("relative to the median"))).to_be_visible()
    graph.get_by_role("button", name="gradient rms").click()
    expect(graph.get_by_role("img", name="Scale of the gradient rms, 1e-8 to 1e2")).to_be_visible()


def they_are_of_four_palettes(desk: Desk) -> None:
    """See that each palette has a colour of its own, and grey none."""
    map_ = heat(desk)
    usual = colour(map_, 14, 15, 0.5)
    seen = {usual}
    for name in ("Cividis", "Viridis", "Grey"):
        desk.page.get_by_role("button", name="Settings").click()
        desk.page.get_by_role("menuitemradio", name=re.compile(f"^{name}")).click()
        desk.page.keyboard.press("Escape")
        changes(map_, 14, 15, seen)
        seen.add(colour(map_, 14, 15, 0.5))
    red, green, blue, _ = colour(map_, 14, 15, 0.5)
    assert red == green == blue


# The played step --------------------------------------------------------------------------------


def test_a_step_plays_forward_then_backward_and_can_be_held(desk: Desk) -> None:
    ran(desk, DEEP)
    play = desk.page.get_by_role("group", name="Play the step")
    play.get_by_role("button", name="Play the light").click()
    expect(moment(desk)).to_have_attribute("aria-valuetext", re.compile("^forward"))
    expect(moment(desk)).to_have_attribute("aria-valuetext", re.compile("^backward"))
    play.get_by_role("button", name="Pause the light").click()
    held = moment(desk).get_attribute("aria-valuetext")
    at = int(re.search(r"(\d+) of", held)[1])
    outline = desk.page.get_by_role("tree")
    expect(outline).to_contain_text("waiting")
    play.get_by_role("button", name="One operation on").click()
    on = moment(desk)
    expect(on).not_to_have_attribute("aria-valuetext", held)
    assert int(re.search(r"(\d+) of", on.get_attribute("aria-valuetext"))[1]) > at
    play.get_by_role("button", name="One operation back").click()
    expect(on).to_have_attribute("aria-valuetext", held)
    # It goes on eight times as fast, to its end.
    play.get_by_role("combobox", name="Speed").select_option("8×")
    play.get_by_role("button", name="Play the light").click()
    expect(moment(desk)).to_have_attribute("aria-valuetext", "end of the step")
    expect(outline).not_to_contain_text("waiting")
    # Its end is one click away.
    play.get_by_role("combobox", name="Speed").wait_for(state="detached")
    play.get_by_role("button", name="Play the light").click()
    play.get_by_role("combobox", name="Speed").select_option("0.25×")
    play.get_by_role("button", name="Show the end of the step").click()
    expect(moment(desk)).to_have_attribute("aria-valuetext", "end of the step")


def test_with_reduced_motion_numbers_tell_the_order(browser: Browser, server: Server) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    desk = ran(Desk(context.new_page(), server), DEEP)
    desk.page.get_by_role("button", name="Play the light").click()
    expect(moment(desk)).to_have_attribute("aria-valuetext", re.compile(r"^backward (\d+) of \1\b"))
    expect(desk.page.get_by_role("button", name="Play the light")).to_be_visible()
    assert desk.errors == []
    context.close()
