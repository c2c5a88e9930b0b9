"""The last line of `make test`: what counts as passed, failed and skipped, and who may skip."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import stages
from stages import Stage, Totals

ROOT = Path(__file__).resolve().parents[2]

PYTEST_XML = """<testsuites name="pytest tests">
<testsuite name="pytest" errors="1" failures="2" skipped="3" tests="10"/></testsuites>"""
VITEST_XML = """<testsuites name="vitest tests" tests="5" failures="1" errors="0">
<testsuite name="a.test.ts" tests="3" failures="1" errors="0" skipped="0"/>
<testsuite name="b.test.ts" tests="2" failures="0" errors="0" skipped="1"/></testsuites>"""
CLEAN_XML = '<testsuites><testsuite errors="0" failures="0" skipped="0" tests="4"/></testsuites>'
EMPTY_XML = '<testsuites><testsuite errors="0" failures="0" skipped="0" tests="0"/></testsuites>'


@pytest.mark.parametrize(
    ("xml", "ok", "totals"),
    [
        (PYTEST_XML, False, Totals(4, 3, 3)),
        (VITEST_XML, False, Totals(3, 1, 1)),
        (CLEAN_XML, True, Totals(4, 0, 0)),
        (CLEAN_XML, False, Totals(4, 1, 0)),
        (EMPTY_XML, True, Totals(0, 1, 0)),
        ("<testsuites><test", True, Totals(0, 1, 0)),
        (None, True, Totals(0, 1, 0)),
    ],
    ids=["pytest", "vitest", "clean", "crashed at the end", "no test", "half a file", "no file"],
)
def test_what_a_suite_counts(xml, ok, totals, tmp_path, monkeypatch):
    monkeypatch.setattr(stages, "RESULTS", tmp_path)
    if xml is not None:
        (tmp_path / "suite.xml").write_text(xml)
    assert stages.result(Stage([], "suite.xml"), ok) == totals


def test_a_check_without_tests_counts_only_when_it_fails():
    assert stages.result(Stage([]), True) == Totals()
    assert stages.result(Stage([]), False) == Totals(failed=1)


@pytest.mark.parametrize(
    ("totals", "line"),
    [(Totals(12, 0), "12 passed, 0 failed"), (Totals(1, 2, 3), "1 passed, 2 failed, 3 skipped")],
)
def test_the_line_itself(totals, line):
    assert str(totals) == line


def test_a_stage_that_fails_shows_its_output(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(stages, "LOGS", tmp_path)
    command = [sys.executable, "-c", "print('what went wrong'); raise SystemExit(3)"]
    monkeypatch.setitem(stages.STAGES, "lint", Stage([command]))
    assert stages.run_stage("lint", dict(os.environ), [], quiet=True).failed == 1
    said = capsys.readouterr().out
    assert "what went wrong" in said
    assert "== lint: failed" in said


SKIPS = """
import pytest
def test_no_sandbox(): pytest.skip("bubblewrap is not installed")
def test_no_gpu(): pytest.skip("no NVIDIA GPU")
@pytest.mark.wasm
def test_marked(): pytest.skip("not built")
"""
SKIPPED_MODULE = "import pytest\npytest.skip('no Chromium here', allow_module_level=True)"


@pytest.mark.parametrize(
    ("ci", "passed"), [("true", {"failed": 2, "skipped": 1}), ("", {"skipped": 3})]
)
def test_in_ci_a_needed_test_may_not_be_skipped(ci, passed, tmp_path):
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "test_skips.py").write_text(SKIPS)
    done = pytest_in(tmp_path, ci)
    last = done.stdout.strip().splitlines()[-1]
    assert all(f"{count} {word}" in last for word, count in passed.items())
    assert ("failed" in last) is bool(ci)


@pytest.mark.parametrize("ci", ["true", ""])
def test_in_ci_a_needed_module_may_not_be_skipped(ci, tmp_path):
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "test_module.py").write_text(SKIPPED_MODULE)
    done = pytest_in(tmp_path, ci)
    assert ("may not be skipped in CI: Skipped: no Chromium here" in done.stdout) is bool(ci)


def pytest_in(folder: Path, ci: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c"]
    return subprocess.run(
        [*command, str(ROOT / "pyproject.toml"), "--rootdir", str(folder), str(folder)],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"CI": ci},
    )
