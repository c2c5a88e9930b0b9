"""Stop ends whatever a program does, in both backends, and the next program runs."""

from __future__ import annotations

import time

import pytest
from desk import Desk
from playwright.sync_api import Route, expect

SPIN = "print('started')\nwhile True: pass"
CATCH = (
    "print('started')\nwhile True:\n    try:\n        while True: pass\n"
    "    except BaseException: pass"
)
SLEEP = "import time\nprint('started')\ntime.sleep(60)"
INPUT = "print('started')\ninput()"
ONE_C_CALL = "sum(iter(int, 1))  # not even the tick gets a turn, so nothing is shown"

WORST_S = 2.5  # 2 s are promised; the rest is for reading the page


def stop(desk: Desk, code: str) -> float:
    """Press Stop while this program runs; return the seconds until the page says so."""
    if "print('started')" in code:
        expect(desk.console).to_contain_text("started")
    else:
        expect(desk.state).to_contain_text("Running")
    began = time.monotonic()
    desk.stop_button.click()
    expect(desk.state).to_contain_text("Stopped", timeout=10_000)
    return time.monotonic() - began


def assert_alive(desk: Desk) -> None:
    assert "still here" in desk.run_to_end("print('still here')")


@pytest.mark.every_browser
@pytest.mark.parametrize("code", [SPIN, SLEEP, INPUT], ids=["spin", "sleep", "input"])
def test_stop_interrupts(desk: Desk, code: str) -> None:
    desk.open().run(code)
    assert stop(desk, code) < 1
    expect(desk.state).to_contain_text("by you")
    assert_alive(desk)


@pytest.mark.every_browser
@pytest.mark.parametrize("code", [CATCH, ONE_C_CALL], ids=["catch", "one-c-call"])
def test_stop_replaces_what_does_not_react(desk: Desk, code: str) -> None:
    desk.open().run(code)
    assert stop(desk, code) < WORST_S
    expect(desk.state).to_contain_text("replaced")
    assert_alive(desk)


def test_stop_right_after_run(desk: Desk) -> None:
    """A Stop that comes before the program's first line is not lost."""
    desk.open()
    for _ in range(5):
        desk.write("while True: pass")
        desk.page.keyboard.press("ControlOrMeta+Enter")
        desk.stop_button.click()
        expect(desk.state).to_contain_text("Stopped", timeout=3000)
    assert_alive(desk)


def test_stop_while_python_loads(desk: Desk) -> None:
    held: list[Route] = []
    desk.page.route("**/runtime/numpy*", lambda route: held.append(route))
    desk.open(ready=False).run("print('never')")
    expect(desk.state).to_contain_text("Starts when ready")
    desk.stop_button.click()
    expect(desk.state).to_contain_text("Stopped")
    for route in held:
        route.continue_()
    expect(desk.run_button).to_be_enabled()
    assert "never" not in desk.console.inner_text()
    assert_alive(desk)
    assert "never" not in desk.console.inner_text()


@pytest.mark.sandbox
@pytest.mark.parametrize(
    "code", [SPIN, CATCH, SLEEP, INPUT], ids=["spin", "catch", "sleep", "input"]
)
def test_stop_on_the_server(desk: Desk, code: str) -> None:
    desk.open(f"token={desk.server.token}").use_server()
    expect(desk.state).to_contain_text("Ready", timeout=20_000)
    desk.run(code)
    assert stop(desk, code) < WORST_S
    assert_alive(desk)
