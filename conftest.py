"""The rule on skipping, for every Python test in tests/ and e2e/.

A test that needs a sandbox, a browser or Pyodide may be skipped on a machine without one, with the
reason. In CI the machine is ours, so such a skip means that set-up is broken, and it is a failure.
"""

from __future__ import annotations

import os
import re

import pytest

NEEDED_IN_CI = ("sandbox", "browser", "wasm")
NEEDED_WORDS = re.compile(
    r"\b(sandbox|bubblewrap|bwrap|browser|chromium|firefox|playwright|wasm|pyodide)", re.IGNORECASE
)
IN_CI = os.environ.get("CI", "").lower() in ("1", "true")


def needed_in_ci(marks: set[str], reason: str) -> bool:
    """Tell whether a skip with this reason counts as a failure in CI."""
    return bool(marks.intersection(NEEDED_IN_CI) or NEEDED_WORDS.search(reason))


def _fail_if_needed(report: pytest.TestReport | pytest.CollectReport, marks: set[str]) -> None:
    if not (IN_CI and report.skipped) or hasattr(report, "wasxfail"):
        return
    reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if needed_in_ci(marks, reason):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} may not be skipped in CI: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Turn the skip of a test into a failure where the rule says so."""
    report = yield
    _fail_if_needed(report, {mark.name for mark in item.iter_markers()})
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):
    """Turn the skip of a whole module into a failure where the rule says so."""
    report = yield
    _fail_if_needed(report, set())
    return report
