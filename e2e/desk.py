"""The page as its user sees it: by role and name, as a screen reader would."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

READY_MS = 60_000  # Python in the browser, on a machine that does other things, too


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    address: str  # of the page, without the token
    token: str
    log: Path

    def requests(self) -> list[str]:
        """Return what its log has about requests to the API, but for what asks its health."""
        lines = self.log.read_text("utf-8").splitlines()
        return [line for line in lines if '"route"' in line and "/api/health" not in line]


class Desk:
    """The page as its user sees it."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, fragment: str = "", ready: bool = True) -> Desk:
        """Visit the page; `fragment` is what stands behind its #."""
        self.page.goto(self.server.address + (f"#{fragment}" if fragment else ""))
        if ready:
            expect(self.state).to_contain_text("Ready", timeout=READY_MS)
        return self

    @property
    def state(self) -> Locator:
        """What the page says about the run."""
        return self.page.get_by_role("status", name="State of the run")

    @property
    def console(self) -> Locator:
        """What the program wrote."""
        return self.page.get_by_role("log", name="Console")

    @property
    def editor(self) -> Locator:
        """Where the code is."""
        return self.page.get_by_role("textbox", name="Code editor")

    @property
    def run_button(self) -> Locator:
        """Run, while nothing is paused."""
        return self.page.get_by_role("button", name="Run", exact=True)

    @property
    def stop_button(self) -> Locator:
        """Stop."""
        return self.page.get_by_role("button", name="Stop", exact=True)

    def press(self, button: str) -> None:
        """Press the button of this name."""
        self.page.get_by_role("button", name=button, exact=True).click()

    def write(self, code: str) -> None:
        """Put this into the editor in place of what is there."""
        self.editor.click()
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.insert_text(code)

    def run(self, code: str) -> None:
        """Run this program."""
        self.write(code)
        self.run_button.click()

    def run_to_end(self, code: str, timeout: float = 30_000) -> str:
        """Run this program until it has finished; return what the console shows."""
        self.run(code)
        expect(self.state).to_contain_text("Finished", timeout=timeout)
        return self.console.inner_text()

    def use_server(self) -> None:
        """Choose the server as the place where programs run."""
        self.page.get_by_role("button", name=re.compile("^Backend:")).click()
        self.page.get_by_role("menuitemradio", name="Server").click()
        expect(self.page.get_by_role("button", name=re.compile("^Backend: Server"))).to_be_visible()
