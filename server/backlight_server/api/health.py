"""The route that says what this server is, before anything is asked of it."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

from apiflask import APIBlueprint
from backlight.session import protocol

from ..sandbox.detect import Sandbox
from ..sandbox.policy import MIB, Policy
from .guard import Guard
from .schemas import Health


def blueprint(
    guard: Guard,
    version: str,
    policy: Policy,
    sandbox: Sandbox,
    load: Callable[[], dict[str, int]] | None,
    unsafe: bool,
) -> APIBlueprint:
    """Make the route; `load` is None where no programs run here."""
    routes = APIBlueprint("health", __name__, url_prefix="/api", tag="Server")
    inside = sandbox.environment

    @routes.get("/health")
    @routes.output(Health)
    def health() -> dict[str, Any]:
        """Say what this server is and can do.

        Needs no token; with one, `authorized` says whether it is the right one.
        """
        return {
            "version": version,
            "protocol": protocol.PROTOCOL,
            "python": inside.get("python", platform.python_version()),
            "engine": inside.get("engine", ""),
            "array": inside.get("array", ""),
            "devices": inside.get("devices", []) if load else [],
            "enabled": load is not None,
            "unsafe": unsafe,
            "authorized": guard.authorized(),
            "sandbox": {
                "available": sandbox.available,
                "why": sandbox.why,
                "advice": sandbox.advice,
                "warnings": list(sandbox.warnings),
            },
            "limits": {
                "wall_seconds": policy.wall,
                "cpu_seconds": policy.cpu,
                "cpus": policy.cpus,
                "memory_mib": policy.memory / MIB,
                "processes": policy.processes,
                "output_mib": policy.output / MIB,
                "event_mib": policy.event_bytes / MIB,
                "events": policy.events,
            },
            **(load() if load else {"running": 0, "queued": 0}),
        }

    return routes
