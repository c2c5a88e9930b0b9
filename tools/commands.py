"""Runs the programs that set-up needs, and says in one sentence why one of them failed."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from failure import SetupFailure

ROOT = Path(__file__).resolve().parent.parent
LOGS = ROOT / ".cache" / "logs"

# What the output of a program says, and what that means.
OF_THE_MACHINE = [
    (
        r"No space left on device|ENOSPC|Disk quota exceeded|EDQUOT",
        "the disk is full: free about 1 GB and run the same command again",
    ),
    (
        r"Permission denied|EACCES|EPERM",
        "a file cannot be written: run from a checkout that you own",
    ),
]
OF_THE_NETWORK = [  # asked only of what fetches: a compiler "could not resolve" something else
    (
        r"CERT_IN_CHAIN|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|CERTIFICATE_VERIFY_FAILED",
        "this network has a certificate of its own: set SSL_CERT_FILE and NODE_EXTRA_CA_CERTS to "
        "the file that holds it and run the same command again",
    ),
    (
        r"name resolution|NewConnectionError|ConnectTimeout|ReadTimeout|Max retries|ENOTFOUND"
        r"|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|Network is unreachable"
        r"|Could not resolve|ProxyError|Connection refused|No matching distribution found",
        "the package index cannot be reached: connect to a network (or set up the proxy) "
        "and run the same command again",
    ),
    (
        r"EINTEGRITY|DO NOT MATCH THE HASHES|hash mismatch",
        "a downloaded file is not the one that the lock file names: run the same command again, "
        "and if it repeats, use another network or package index",
    ),
]
COLOURS = r"\x1b\[[0-9;]*m"
# A line that says more than the last one.
TELLING = r"[Ee]rror: \S|^\[[A-Z_]+\] \S|npm error (?!code |A complete log)\S"


def why(output: str, fetches: bool) -> str:
    """Say what to do about the output of a program that failed."""
    for pattern, sentence in [*OF_THE_MACHINE, *(OF_THE_NETWORK if fetches else [])]:
        if re.search(pattern, output):
            return sentence
    lines = [line.strip() for line in re.sub(COLOURS, "", output).splitlines() if line.strip()]
    telling = [line for line in lines if re.search(TELLING, line)] or lines[-1:]
    return f"it said: {telling[0][:200]}" if telling else "it said nothing"


def run(
    doing: str,
    command: list[str],
    *,
    log: str,
    fetches: bool = True,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
) -> None:
    """Announce and run one program; its output goes to a log, which a failure names.

    fetches: the program uses the network, so a failure may come from there.
    """
    print(f"{doing} ...", end="", flush=True)
    began = time.monotonic()
    try:
        done = subprocess.run(
            command,
            check=False,
            cwd=cwd,
            env=dict(env or os.environ) | {"NO_COLOR": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except FileNotFoundError:
        print()
        raise SetupFailure(f"{doing} failed: {command[0]} is not installed.") from None
    LOGS.mkdir(parents=True, exist_ok=True)
    path = LOGS / f"{log}.log"
    path.write_text(done.stdout, "utf-8")
    if done.returncode:
        print()
        reason = why(done.stdout, fetches)
        raise SetupFailure(
            f"{doing} failed, {reason} (the whole output is in {path.relative_to(ROOT)})."
        )
    print(f" {time.monotonic() - began:.1f} s")
