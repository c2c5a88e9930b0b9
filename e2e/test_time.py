"""One cursor in time for every panel: scrubbing, phases, marks, playback, Live, and Pause."""

from __future__ import annotations

import re

import pytest
from desk import Desk
from playwright.sync_api import Locator, expect
from states import FAILS, FOREVER, NAN, SHORT

BRANCH = """import torch

w = torch.ones(3, requires_grad=True)
x = torch.tensor([1.0, -2.0, 3.0])
for step in range(30):
    y = w * x
    if step >= 20:
        y = y.tanh()
    loss = (y - 1).square().sum()
    loss.backward()
    with torch.no_grad():
        w -= 0.01 * w.grad
        w.grad = None
"""

BACKENDS = pytest.mark.parametrize(
    "backend", ["browser", pytest.param("server", marks=pytest.mark.sandbox)]
)


def open_on(desk: Desk, backend: str) -> Desk:
    """Open the page with programs running in one of the two places."""
    if backend == "browser":
        return desk.open()
    desk.open(f"token={desk.server.token}").use_server()
    expect(desk.state).to_contain_text("Ready", timeout=20_000)
    return desk


def record_all(desk: Desk) -> None:
    """Record every step from the next run on."""
    desk.press("Settings")
    desk.page.get_by_role("menuitemradio", name="Full").click()
    desk.page.keyboard.press("Escape")


def time_slider(desk: Desk, name: str = "Step") -> Locator:
    return desk.page.get_by_role("slider", name=name, exact=True)


def shown_step(desk: Desk) -> int:
    return int(time_slider(desk).get_attribute("aria-valuenow") or 0)


@BACKENDS
def test_pause_holds_the_program_between_two_steps(desk: Desk, backend: str) -> None:
    open_on(desk, backend).run(FOREVER)
    expect(desk.state).to_contain_text(re.compile(r"Running.*step", re.DOTALL))
    desk.press("Pause")
    expect(desk.state).to_contain_text("Paused")
    said = desk.state.inner_text()
    step = int(re.search(r"(\d+) of", said)[1])
    # The step it is held after is recorded, and on show.
    expect(time_slider(desk)).to_have_attribute("aria-valuenow", str(step))
    desk.press("Step")
    expect(desk.state).to_contain_text(f"{step + 1} of")
    expect(time_slider(desk)).to_have_attribute("aria-valuenow", str(step + 1))
    # It stands still: a whole other step is asked of the page, and nothing moved meanwhile.
    time_slider(desk).press("[")
    expect(time_slider(desk)).to_have_attribute("aria-valuenow", str(step))
    expect(desk.state).to_contain_text(f"{step + 1} of")
    desk.press("Continue run")
    expect(desk.state).to_contain_text("Running")
    desk.press("Stop")
    expect(desk.state).to_contain_text("Stopped")


@BACKENDS
def test_every_panel_follows_the_cursor(desk: Desk, backend: str) -> None:
    open_on(desk, backend)
    record_all(desk)
    desk.run(SHORT)
    expect(desk.state).to_contain_text("Finished", timeout=30_000)
    inspector = desk.page.get_by_role("region", name="Inspector")
    expect(inspector).to_contain_text("Step 60")
    hint = desk.page.locator(".cm-hint", has_text="loss")
    last = hint.inner_text()
    time_slider(desk).press("Home")
    expect(inspector).to_contain_text("Step 1")
    expect(hint).not_to_have_text(last)
    for key, step in (("]", 2), ("]", 3), ("[", 2), ("PageUp", 12)):
        time_slider(desk).press(key)
        expect(inspector).to_contain_text(f"Step {step}")
    live = desk.page.get_by_role("button", name="Live")
    expect(live).to_have_attribute("aria-pressed", "false")
    live.click()
    expect(inspector).to_contain_text("Step 60")
    expect(hint).to_have_text(last)


def test_a_step_is_walked_operation_by_operation(desk: Desk) -> None:
    desk.open().run_to_end(SHORT)
    phase = time_slider(desk, "Phase of the step")
    expect(phase).to_have_attribute("aria-valuetext", "end of the step")
    phase.press("Home")
    expect(phase).to_have_attribute("aria-valuetext", "forward begins")
    phase.press("}")
    expect(phase).to_have_attribute("aria-valuetext", re.compile(r"^forward 1 of \d+: .*line 10$"))
    seen = []
    for _ in range(30):
        seen.append(phase.get_attribute("aria-valuetext"))
        phase.press("ArrowRight")
    assert any(re.match(r"backward 1 of \d+: \w+Backward0, line 10", each) for each in seen), seen
    assert any(each.startswith("update ") for each in seen), seen


def test_marks_say_what_happened_and_lead_there(desk: Desk) -> None:
    desk.open()
    record_all(desk)
    desk.run_to_end(BRANCH)
    mark = desk.page.get_by_role("button", name=re.compile("graph A to B"))
    expect(mark).to_have_attribute("title", "step 21, graph A to B: line 7 took another branch")
    mark.click()
    expect(time_slider(desk)).to_have_attribute(
        "aria-valuetext", re.compile("^step 21 of 30, graph B, loss ")
    )
    time_slider(desk).press("[")
    expect(time_slider(desk)).to_have_attribute("aria-valuetext", re.compile("step 20.*graph A"))


@pytest.mark.parametrize(
    ("code", "mark"), [(NAN, "First NaN, step 22"), (FAILS, "error, line 6")], ids=["nan", "error"]
)
def test_what_went_wrong_is_marked(desk: Desk, code: str, mark: str) -> None:
    desk.open().run(code)
    expect(desk.page.get_by_role("button", name=f"Go to {mark}")).to_be_visible(timeout=30_000)


def test_the_pointer_is_told_what_it_is_over(desk: Desk) -> None:
    desk.open()
    record_all(desk)
    desk.run_to_end(SHORT)
    box = time_slider(desk).bounding_box()
    desk.page.mouse.move(box["x"] + 1, box["y"] + 12)
    tip = desk.page.locator(".time .tip")
    expect(tip).to_contain_text(re.compile(r"step 1\s*loss \d"))
    phases = time_slider(desk, "Phase of the step").bounding_box()
    desk.page.mouse.move(phases["x"] + phases["width"] / 2, phases["y"] + 12)
    expect(tip).to_contain_text(re.compile(r"backward \d+ of \d+\s*\w+Backward0, line 10"))


def test_the_run_is_played_to_its_end_at_the_speed_that_was_chosen(desk: Desk) -> None:
    desk.open()
    record_all(desk)
    desk.run_to_end(SHORT)
    desk.page.evaluate(
        """() => {
          window.steps = [];
          const slider = document.querySelector('[role=slider][aria-label=Step]');
          new MutationObserver(() => window.steps.push(+slider.getAttribute('aria-valuenow')))
            .observe(slider, { attributes: true, attributeFilter: ['aria-valuenow'] });
        }"""
    )
    desk.page.get_by_role("combobox", name="Speed of the playback").select_option("8")
    desk.press("Play the run, step by step")
    expect(desk.page.get_by_role("button", name="Pause the playback")).to_be_visible()
    expect(desk.page.get_by_role("button", name="Play the run, step by step")).to_be_visible(
        timeout=10_000
    )
    steps = desk.page.evaluate("() => window.steps")
    assert steps == sorted(steps)
    assert steps[-1] == 60
    assert len(steps) > 20


def test_live_the_bar_says_how_far_the_program_is(desk: Desk) -> None:
    desk.open().run(FOREVER)
    expect(desk.state).to_contain_text(re.compile(r"Running.*step", re.DOTALL))
    count = desk.page.locator(".time .count")
    expect(count).to_contain_text("/ 1,000,000")
    reached = "el => +el.querySelector('b').textContent.replaceAll(',', '')"
    before = count.evaluate(reached)
    expect(count).not_to_contain_text(re.compile(rf"^{before:,}/"))
    assert count.evaluate(reached) > before
    time_slider(desk).press("Home")
    expect(count).to_contain_text(re.compile(r"^1/ 1,000,000now at [\d,]+$"))
    desk.page.get_by_role("button", name="Live").click()
    expect(count).not_to_contain_text("now at")
    desk.press("Stop")
    expect(desk.state).to_contain_text("Stopped")
