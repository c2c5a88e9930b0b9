"""Structured logs: one JSON object a line on stderr, with no secret and no user code in it."""

from __future__ import annotations

import json
import logging
import sys
import time

_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {
    "message",
    "asctime",
}


class JsonLines(logging.Formatter):
    """Formats a record as JSON: time, level, event, and the fields given by `extra`."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "event": record.getMessage(),
        }
        fields |= {k: v for k, v in record.__dict__.items() if k not in _STANDARD}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str)


def install(level: int = logging.INFO) -> None:
    """Send this package's logs, and the web server's complaints, to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in ("backlight_server", "gunicorn.error"):
        logger = logging.getLogger(name)
        least = level if name == "backlight_server" else logging.WARNING
        logger.handlers[:] = [handler]
        logger.setLevel(least)
        logger.propagate = False
