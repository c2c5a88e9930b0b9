"""What is said once in a process, about something that is accepted and means less here."""

from __future__ import annotations

import warnings

_said: set[str] = set()


def say_once(sentence: str) -> None:
    """Warn with a sentence that was not said yet."""
    if sentence not in _said:
        _said.add(sentence)
        warnings.warn(sentence, stacklevel=3)
