"""Networks train in the page as they should, and alike on both backends."""

from __future__ import annotations

import array
import base64
import re
import time
from pathlib import Path

import pytest
from desk import Desk
from playwright.sync_api import expect

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"

#: Seconds that the opening example may take once Python is ready.
DIGITS_SECONDS = 10
#: How many losses an example has, where that is not one, ...
BACKWARDS = {"deep_sigmoid.py": 2}
#: ... and how many are compared, where that is not all: in these rounding grows with the steps.
COMPARED = {"deep_sigmoid.py": 100, "char_gpt.py": 60}


def test_the_opening_example_learns_the_digits(desk: Desk) -> None:
    desk.open()
    expect(desk.editor).to_contain_text("from backlight.data import digits")
    begun = time.monotonic()
    desk.run_button.click()
    expect(desk.state).to_contain_text("Finished", timeout=60_000)
    took = time.monotonic() - begun
    said = desk.console.inner_text()
    accuracy = float(re.search(r"([\d.]+)% of 360 held-out", said)[1])
    assert accuracy >= 97.0
    assert took <= DIGITS_SECONDS, f"{took:.1f} s"


@pytest.mark.parametrize("example", sorted(path.name for path in EXAMPLES.glob("*.py")))
def test_both_backends_have_the_same_loss_at_every_step(desk: Desk, example: str) -> None:
    # The program itself says each loss in full, so that nothing of the page stands between; packed,
    # since the console shows the newest lines only, and of a long one the beginning.
    code = (EXAMPLES / example).read_text("utf-8")
    code, found = re.subn(
        r"^( *)(loss\w*)\.backward\(\)$", r"\1\2.backward(); L.append(\2.item())", code, flags=re.M
    )
    assert found == BACKWARDS.get(example, 1)
    code = f"import array, base64\nL = []\n{code}\n"
    code += "print('LOSSES', base64.b64encode(array.array('f', L).tobytes()).decode())\n"

    def losses() -> list[float]:
        said = desk.run_to_end(code, timeout=90_000)
        return list(array.array("f", base64.b64decode(re.search(r"LOSSES (\S+)", said)[1])))

    desk.open(f"token={desk.server.token}")
    here = losses()
    desk.use_server()
    there = losses()
    assert len(here) == len(there) >= 200
    n = COMPARED.get(example)
    assert max(abs(a - b) for a, b in zip(here[:n], there[:n])) <= 1e-5


def test_the_loss_is_drawn_and_the_time_bar_walks_the_steps(desk: Desk) -> None:
    desk.open()
    desk.page.get_by_role("button", name="Settings").click()
    desk.page.get_by_role("menuitemradio", name="Full").click()
    desk.page.keyboard.press("Escape")
    desk.run_to_end((EXAMPLES / "regression_raw.py").read_text("utf-8"))
    chart = desk.page.get_by_role("region", name="Loss", exact=True).get_by_role("img")
    expect(chart).to_have_attribute("aria-label", re.compile(r"loss [\d.]+ to [\d.]+ over 200"))
    step = desk.page.get_by_role("slider", name="Step", exact=True)
    expect(step).to_have_attribute("aria-valuetext", re.compile("^step 200 of 200"))
    step.focus()
    for expected in ("199", "198"):
        desk.page.keyboard.press("ArrowLeft")
        expect(step).to_have_attribute("aria-valuenow", expected)
    expect(desk.page.get_by_role("region", name="Inspector")).to_contain_text("Step 198")
    desk.page.keyboard.press("End")
    expect(step).to_have_attribute("aria-valuenow", "200")


def test_a_fast_loop_leaves_the_page_responsive(desk: Desk) -> None:
    desk.open()
    desk.run(
        "import torch\n"
        "w = torch.zeros(1, requires_grad=True)\n"
        "for step in range(20_000):\n"
        "    loss = (w - 1) ** 2\n"
        "    loss.backward()\n"
        "    with torch.no_grad():\n"
        "        w -= 1e-4 * w.grad\n"
        "        w.grad = None\n"
        "print('w', w.item())\n"
    )
    # The page answers while the loop runs: a menu opens and closes.
    expect(desk.state).to_contain_text("Running")
    desk.page.get_by_role("button", name="Examples").click()
    expect(desk.page.get_by_role("menuitem").first).to_be_visible()
    desk.page.keyboard.press("Escape")
    expect(desk.state).to_contain_text("Finished", timeout=60_000)
    expect(desk.console).to_contain_text("w 0.9")
    # Steps that were not recorded are counted, and their losses drawn.
    expect(desk.state).to_contain_text(re.compile("20,?000 steps"))
