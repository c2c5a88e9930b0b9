"""The named tuples that functions return: `torch.return_types.max` and its like."""

from __future__ import annotations

from typing import Any

from . import errors
from .ops import ROWS
from .ops.apply import results_type, return_types


def __getattr__(name: str) -> Any:
    for row in ROWS.values():
        if row.shown == name and len(row.outputs) > 1:
            return results_type(row)
    if name in return_types:
        return return_types[name]
    raise errors.missing_name("torch.return_types", name, return_types)
