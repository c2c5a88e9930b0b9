"""Events become dicts that the page's checks accept."""

from __future__ import annotations

import json

import numpy as np
import pytest
from backlight.session import protocol
from backlight.session.messages import as_dict, command_of, cut, utf16_length
from backlight.session.transport import encode


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("abc", 3),
        ("abcd", 3),
        ("ü" * 9, 4),
        ("😀" * 9, 4),
        ("😀" * 9, 5),
        ("a😀b", 4),
        ("a😀bc", 3),
    ],
)
def test_texts_are_cut_as_javascript_counts(text, most):
    result = cut(text, most)
    assert utf16_length(result) == len(result.encode("utf-16-le")) // 2
    assert utf16_length(result) <= most
    assert result == text if utf16_length(text) <= most else result.endswith("…")


def test_every_bound_of_a_message_is_kept_deep_inside():
    frame = protocol.Frame("f" * 9_999, 1, 0, 1, 1, "t" * 9_999)
    error = protocol.ErrorRaised("E", "m" * 999_999, [frame] * 99, 0, 0)
    fields = as_dict(error)
    assert len(fields["message"]) == 262_144
    assert len(fields["frames"]) == 64
    assert {len(each["function"]) for each in fields["frames"]} == {512}
    assert {len(each["text"]) for each in fields["frames"]} == {4_096}
    assert fields["type"] == "error"


def test_a_missing_sample_stays_none():
    fields = as_dict(
        protocol.Inspection(1, 2, "n", "", None, protocol.Sample([1], [1], np.ones(1)))
    )
    assert fields["value"] is None
    assert fields["gradient"]["shape"] == [1]
    assert fields["gradient"]["data"].dtype == np.float64


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (np.array([1.5, np.nan], np.float32), "f32"),
        (np.array([[1, 2], [3, 4]], np.int32).T, "i32"),
        (np.zeros(0, np.float64), "f64"),
        (np.array([1, 255], np.uint8), "u8"),
    ],
)
def test_arrays_travel_by_their_bytes(array, kind):
    taken = []
    text = encode({"a": array}, lambda part: taken.append(bytes(part)) or 0)
    assert json.loads(text) == {"a": {"$array": [kind, 0]}}
    assert taken == [array.tobytes()]


@pytest.mark.parametrize("value", [np.zeros(1, np.int64), {1}, float("nan"), float("inf")])
def test_what_is_no_json_is_refused(value):
    with pytest.raises((TypeError, ValueError)):
        encode({"a": value}, lambda part: 0)


def test_commands():
    assert command_of({"type": "stop", "run": "1", "more": 2}) == protocol.Stop("1")
    assert command_of({"type": "run", "run": "1", "code": "x"}).record == "light"
    for bad in ({}, {"type": "nothing"}, {"type": "input", "run": "1"}):
        with pytest.raises(ValueError, match="command"):
            command_of(bad)
