"""What holds for the project as a whole: what may be named where, pins, and that words are kept."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import tokenize
import tomllib
from functools import cache
from pathlib import Path

import pytest
import stamps

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PAGE = json.loads((ROOT / "web" / "package.json").read_text("utf-8"))


@cache
def tracked() -> list[Path]:
    """Give the files that belong to the project: those that git has or would take."""
    if not (ROOT / ".git").exists():  # an unpacked archive: all but what set-up made
        made = [".venv", ".cache", "results", "web/node_modules", "web/dist", "web/public/runtime"]
        return list(stamps.files_below(ROOT, [ROOT / name for name in made]))
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def texts(*suffixes: str):
    """Yield each text file (with one of the suffixes) and what it says."""
    for path in tracked():
        if not suffixes or path.suffix in suffixes:
            try:
                yield path, path.read_text("utf-8")
            except UnicodeDecodeError:
                continue


def places(pattern: str, *suffixes: str) -> list[str]:
    """List where a pattern occurs, as path:line."""
    found = []
    for path, text in texts(*suffixes):
        for match in re.finditer(pattern, text):
            line = text.count("\n", 0, match.start()) + 1
            found.append(f"{path.relative_to(ROOT)}:{line}")
    return found


def test_only_one_file_of_the_engine_imports_cupy():
    importing = places(r"(?m)^\s*(import|from) cupy", ".py")
    in_engine = {place.rpartition(":")[0] for place in importing if place.startswith("engine/")}
    assert in_engine <= {"engine/backlight/backend/cuda.py"}
    outside = []
    for path in (ROOT / "engine" / "backlight").rglob("*.py"):
        if path.parent.name != "backend":
            tokens = tokenize.generate_tokens(io.StringIO(path.read_text("utf-8")).readline)
            outside += [
                f"{path.name}:{token.start[0]}"
                for token in tokens
                if token.type == tokenize.NAME and "cupy" in token.string.lower()
            ]
    assert outside == [], "only backend/ knows CuPy"


def test_the_engine_needs_numpy_alone():
    allowed = {*sys.stdlib_module_names, "numpy", "backlight"}
    at_the_edge = {
        "__main__.py": {"backlight_server"},  # `backlight serve`, where it is installed
        "backend/cuda.py": {"cupy", "cupyx"},
        "session/worker.py": {"js", "pyodide"},
    }
    wrong = []
    for path in (ROOT / "engine" / "backlight").rglob("*.py"):
        name = path.relative_to(ROOT / "engine" / "backlight").as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules = [node.module or ""]
            else:
                continue
            tops = {module.split(".")[0] for module in modules}
            extra = tops - allowed - at_the_edge.get(name, set())
            wrong += [f"{name}:{node.lineno} {module}" for module in sorted(extra)]
    assert wrong == []


@pytest.mark.parametrize(
    "what",
    [
        r"registry\.npm" + r"js\.org|registry\.yarn" + r"pkg|pypi\.(org|python\.org)",
        r"files\.python" + r"hosted|js" + r"delivr|un" + r"pkg\.com|deb\.debian\.org",
        re.escape(f"{ROOT}/"),
    ],
    ids=["package registries", "download hosts", "this checkout's place"],
)
def test_no_file_names(what):
    assert places(what) == []


def test_lock_files_name_no_host():
    lock = json.loads((ROOT / "web" / "package-lock.json").read_text("utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


def test_every_python_dependency_is_pinned_with_a_reason():
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    extras = PROJECT["optional-dependencies"].values()
    for requirement in [*PROJECT["dependencies"], *(item for extra in extras for item in extra)]:
        (line,) = [line for line in lines if f'"{requirement}"' in line]
        assert re.search(r"==|>=.*<", requirement), f"{requirement} is not pinned"
        assert re.search(r"# \S", line), f"{requirement} has no reason beside it"


def test_every_dependency_of_the_page_is_pinned_with_a_reason():
    reasons = (ROOT / "web" / "README.md").read_text("utf-8")
    for name, version in {**PAGE["dependencies"], **PAGE["devDependencies"]}.items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} {version} is not one version"
        scope, _, short = name.rpartition("/")
        assert f"`{name}`" in reasons or (scope and f"`{short}`" in reasons), name


def test_the_tests_in_wasm_run_the_same_pytest():
    pins = dict(
        line.split()[0].split("==")
        for line in (ROOT / "tools" / "wasm-requirements.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    )
    dev = dict(item.split("==") for item in PROJECT["optional-dependencies"]["dev"])
    assert {name: dev[name] for name in pins if name in dev} == {
        name: version for name, version in pins.items() if name in dev
    }
    assert "pytest" in pins


def make_verbs() -> set[str]:
    return set(re.findall(r"(?m)^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text("utf-8")))


def test_every_verb_is_phony_and_has_its_line_of_help():
    text = (ROOT / "Makefile").read_text("utf-8")
    (phony,) = re.findall(r"(?m)^\.PHONY: (.*)$", text)
    targets = set(re.findall(r"(?m)^([a-z0-9-]+):", text))
    assert set(phony.split()) == targets == make_verbs()


def test_commands_in_the_documents_exist():
    known = make_verbs()
    said = [
        (path.relative_to(ROOT), verb)
        for path, text in texts(".md")
        for verb in re.findall(r"(?m)(?:`|^\s*\$? ?)make ([a-z][a-z0-9-]*)", text)
    ]
    assert [place for place in said if place[1] not in known] == []


def test_links_between_documents_lead_somewhere():
    broken = []
    for path, text in texts(".md"):
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
            if not (path.parent / target).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert broken == []


def test_third_party_names_what_is_fetched_and_shipped():
    said = (ROOT / "THIRD_PARTY.md").read_text("utf-8")
    engine = [re.split(r"[<>=\[]", item)[0] for item in PROJECT["dependencies"]]
    server = [item.split("==")[0] for item in PROJECT["optional-dependencies"]["server"]]
    missing = [
        name for name in [*PAGE["dependencies"], *engine, *server] if f"`{name}`" not in said
    ]
    assert missing == []
    for name, version in PAGE["dependencies"].items():
        assert f"| `{name}` | {version} |" in said, f"{name} is {version}"
