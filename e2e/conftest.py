"""The real server with the built page, and the page in real browsers.

Chromium runs every test; stock Firefox runs those marked `every_browser`. Traces and screenshots of
failures are in `out/e2e`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from desk import Desk, Server
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parent.parent


def pytest_configure(config: pytest.Config) -> None:
    """Choose the browsers, and keep what explains a failure."""
    config.addinivalue_line("markers", "every_browser: runs in Firefox as well as in Chromium")
    # pytest-playwright's own fixture `base_url` is meant.
    config.addinivalue_line(
        "filterwarnings", "ignore:Session-scoped fixtures defined as instance methods"
    )
    option = config.option
    option.browser = option.browser or ["chromium", "firefox"]
    if option.tracing == "off":
        option.tracing = "retain-on-failure"
    if option.screenshot == "off":
        option.screenshot = "only-on-failure"
    if option.output == "test-results":
        option.output = str(ROOT / "out" / "e2e")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a browser need not run, and start each browser once."""

    def browser(item: pytest.Item) -> str:
        return item.callspec.params.get("browser_name", "") if hasattr(item, "callspec") else ""

    dropped = [
        i for i in items if browser(i) == "firefox" and not any(i.iter_markers("every_browser"))
    ]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [i for i in items if i not in dropped]
    for item in items:
        item.add_marker(pytest.mark.browser)
    items.sort(key=browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], browser_name: str
) -> dict[str, Any]:
    """Start the system's browsers; Chromium may also be Playwright's own."""
    if browser_name == "chromium":
        flags = ["--no-sandbox", "--disable-quic", "--disable-gpu"]
        return browser_type_launch_args | {
            "executable_path": shutil.which("chromium"),
            "args": flags,
        }
    firefox = shutil.which("firefox-esr") or shutil.which("firefox")
    if firefox is None:
        pytest.skip("Firefox is not installed (on Debian: apt install firefox-esr)")
    # The channel lets Playwright drive a stock build.
    return browser_type_launch_args | {"channel": "moz-firefox", "executable_path": firefox}


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start the project's server on a free port."""
    log = tmp_path_factory.mktemp("server") / "server.log"
    command = [sys.executable, "-m", "backlight_server", "--port", "0", "--no-open"]
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True, env=os.environ
        )
    try:
        line = process.stdout.readline()
        found = re.search(r"(http://\S+/)#token=(\S+)", line)
        if not found:
            process.wait(10)
            pytest.fail(f"the server did not start: {line}{log.read_text('utf-8')}")
        yield Server(found[1], found[2], log)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


@pytest.fixture
def desk(page: Page, server: Server) -> Iterator[Desk]:
    """A fresh page; a script that fails in it fails the test."""
    desk = Desk(page, server)
    yield desk
    # Firefox reports what Playwright itself adds to the frame for a screenshot.
    assert [error for error in desk.errors if "inline style" not in error] == []
