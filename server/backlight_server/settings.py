"""Every setting of the server: its name, its default and a sentence, once.

A setting comes from its default, then from the environment (`BACKLIGHT_WALL_SECONDS`), then from
the command line (`--wall-seconds`). `docs/settings.md` is made from this table (`python -m
backlight_server.settings > docs/settings.md`).
"""

from __future__ import annotations

import argparse
import dataclasses
import ipaddress
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .sandbox.policy import MIB, Policy

PREFIX = "BACKLIGHT_"


class BadSetting(Exception):
    """A setting has a value it cannot have; the text is a sentence for the operator."""


def _setting(default: Any, sentence: str, least: float | None = None) -> Any:
    return field(default=default, metadata={"sentence": sentence, "least": least})


@dataclass(frozen=True, slots=True)
class Settings:
    """The table."""

    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8765, "Port to listen on; 0 takes a free one.", 0)
    open: bool = _setting(True, "Open the page in a browser, where there is a screen.")
    page: str = _setting("", "Directory of the built page; empty finds it beside the code.")
    token: str = _setting("", "Secret the API asks for; empty makes a new one at each start.")
    hosts: str = _setting("", "Names under which the server is reached, with commas between.")
    origins: str = _setting(
        "", "Other pages that may use the API, as https://a.example, with commas."
    )
    unsafe_local: bool = _setting(
        False, "Run programs without a sandbox, with all that this user may do."
    )
    threads: int = _setting(96, "Requests answered at once; each watched run takes one.", 24)
    warm: int = _setting(1, "Interpreters kept ready for the next run.", 0)
    running: int = _setting(2, "Runs at once.", 1)
    running_each: int = _setting(2, "Runs at once for each token.", 1)
    queue: int = _setting(32, "Runs that may wait.", 0)
    queue_each: int = _setting(8, "Runs that may wait for each token.", 0)
    kept: int = _setting(2, "Ended programs whose recorded values can still be inspected.", 0)
    keep_seconds: float = _setting(600.0, "How long an ended program can be inspected.", 0)
    remembered: int = _setting(8, "Closed runs whose events can still be read.", 0)
    remember_seconds: float = _setting(1800.0, "How long they can be read.", 0)
    log_mib: int = _setting(32, "Events kept for each run; older recorded numbers give way.", 1)
    wall_seconds: float = _setting(600.0, "Time a run may take.", 0.1)
    cpu_seconds: float = _setting(600.0, "Processor time a run may use.", 1)
    cpus: float = _setting(1.0, "Processors a run may use at once.", 0.1)
    memory_mib: int = _setting(1024, "Memory a run may use beyond the engine's own.", 32)
    processes: int = _setting(64, "Processes and threads of a run.", 8)
    scratch_mib: int = _setting(64, "Files a run may write under /tmp, lost at its end.", 1)
    output_mib: float = _setting(8.0, "Text a run may print.", 0.001)
    event_mib: float = _setting(256.0, "Events a run may send, in MiB.", 0.01)
    events: int = _setting(500_000, "Events a run may send, in number.", 10)
    body_kib: int = _setting(4096, "Size of a request.", 8)
    runs_rate: str = _setting("60/minute", "Runs started for each token.")
    commands_rate: str = _setting("1200/minute", "Commands for each token.")
    failures_rate: str = _setting("30/minute", "Wrong tokens from each address.")
    stream_seconds: float = _setting(
        900.0, "After how long an event stream is cut; the page resumes it.", 1
    )

    def __post_init__(self) -> None:
        for f in dataclasses.fields(self):
            least, value = f.metadata["least"], getattr(self, f.name)
            if least is not None and value < least:
                raise BadSetting(f"{f.name} is {value}; it must be at least {least:g}.")
        if self.port > 65535:
            raise BadSetting(f"port is {self.port}; it must be at most 65535.")
        if self.token and len(self.token) < 32:
            raise BadSetting("token is too short to be a secret: give at least 32 characters.")
        for rate in (self.runs_rate, self.commands_rate, self.failures_rate):
            _check_rate(rate)

    @property
    def public(self) -> bool:
        """Whether other machines can reach the address."""
        try:
            return not ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host != "localhost"

    @property
    def trusted_hosts(self) -> list[str]:
        """Names and addresses a request may be for."""
        names = ["localhost", "127.0.0.1", "[::1]", *_split(self.hosts)]
        if self.host not in ("0.0.0.0", "::", ""):
            names.append(f"[{self.host}]" if ":" in self.host else self.host)
        return list(dict.fromkeys(names))

    @property
    def trusted_origins(self) -> list[str]:
        """Origins of other pages that may use the API."""
        return [origin.rstrip("/") for origin in _split(self.origins)]

    @property
    def page_directory(self) -> Path:
        """Where the built page lies: as set, inside the package, or in the checkout."""
        if self.page:
            return Path(self.page).resolve()
        packaged = Path(__file__).with_name("page")
        return packaged if packaged.is_dir() else Path(__file__).parents[2] / "web" / "dist"

    def policy(self) -> Policy:
        """Return the limits of a run."""
        return Policy(
            wall=self.wall_seconds,
            cpu=self.cpu_seconds,
            cpus=self.cpus,
            memory=self.memory_mib * MIB,
            processes=self.processes,
            scratch=self.scratch_mib * MIB,
            output=int(self.output_mib * MIB),
            event_bytes=int(self.event_mib * MIB),
            events=self.events,
            keep=self.keep_seconds,
        )


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _check_rate(rate: str) -> None:
    import limits

    try:
        limits.parse(rate)
    except ValueError:
        raise BadSetting(f"{rate!r} is no rate: write it like 60/minute.") from None


_TYPES = typing.get_type_hints(Settings)


def _convert(name: str, text: str) -> Any:
    kind = _TYPES[name]
    if kind is bool:
        words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        if text.lower() not in words:
            raise BadSetting(f"{PREFIX}{name.upper()} is {text!r}; say 1 or 0.")
        return words[text.lower()]
    try:
        return kind(text)
    except ValueError:
        raise BadSetting(f"{PREFIX}{name.upper()} is {text!r}; a number is needed.") from None


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that the environment gives."""
    return {
        f.name: _convert(f.name, environ[PREFIX + f.name.upper()])
        for f in dataclasses.fields(Settings)
        if PREFIX + f.name.upper() in environ
    }


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser, made from the table."""
    out = argparse.ArgumentParser(
        prog="backlight serve", description="Serve Backlight's page and run programs for it."
    )
    for f in dataclasses.fields(Settings):
        flag, kind = "--" + f.name.replace("_", "-"), _TYPES[f.name]
        sentence = f.metadata["sentence"].replace("%", "%%")
        default = f"(default: {f.default})" if f.default != "" else ""
        common: dict[str, Any] = {"default": argparse.SUPPRESS, "help": f"{sentence} {default}"}
        if kind is bool:
            out.add_argument(flag, action=argparse.BooleanOptionalAction, **common)
        else:
            out.add_argument(flag, type=kind, metavar=kind.__name__.upper(), **common)
    return out


def read(argv: Sequence[str], environ: Mapping[str, str]) -> Settings:
    """Return the settings of a start; raise BadSetting, or exit on a wrong command line."""
    given = vars(parser().parse_args(argv))
    return Settings(**{**from_environment(environ), **given})


def document() -> str:
    """Return the settings page of the documentation."""
    rows = [
        f"| `{f.name}` | `{f.default}` | {f.metadata['sentence']} |"
        if f.default != ""
        else f"| `{f.name}` | | {f.metadata['sentence']} |"
        for f in dataclasses.fields(Settings)
    ]
    return "\n".join(
        [
            "# Settings of the server",
            "",
            "Each can be given as an environment variable (`BACKLIGHT_WALL_SECONDS=60`) or to",
            "`backlight serve` (`--wall-seconds 60`; `--no-open` for a switch). This page is made",
            "from `server/backlight_server/settings.py`.",
            "",
            "| Setting | Default | What it is |",
            "| --- | --- | --- |",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    import sys

    sys.stdout.write(document())
