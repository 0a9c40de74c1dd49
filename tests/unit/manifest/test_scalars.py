"""Plain scalars, as go-yaml resolves them for Kubernetes."""

from __future__ import annotations

import pytest

from minipod.manifest.scalars import NotJSON, resolve


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("NULL", None),
        ("yes", True),
        ("On", True),
        ("y", True),
        ("TRUE", True),
        ("no", False),
        ("OFF", False),
        ("N", False),
        ("tRUE", "tRUE"),
        ("nope", "nope"),
        ("12", 12),
        ("-12", -12),
        ("+12", 12),
        ("0", 0),
        ("-0", 0),
        ("010", 8),
        ("0o10", 8),
        ("0x1F", 31),
        ("-0x1f", -31),
        ("0b101", 5),
        ("1_000", 1000),
        ("9223372036854775807", 2**63 - 1),
        ("-9223372036854775808", -(2**63)),
        ("1.5", 1.5),
        (".5", 0.5),
        ("5.", 5),
        ("1.0", 1),
        ("1e3", 1000),
        ("-1.5e-3", -0.0015),
        ("08", 8),
        ("2001-12-14", "2001-12-14"),
        ("2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z"),
        ("12:30:45", "12:30:45"),
        ("1.2.3", "1.2.3"),
        ("10.0.0.1", "10.0.0.1"),
        ("-", "-"),
        ("+", "+"),
        (".", "."),
        ("0x", "0x"),
        ("5m", "5m"),
        ("infinity", "infinity"),
        ("nan", "nan"),
    ],
)
def test_a_plain_scalar_means(text, meant):
    value = resolve(text)
    assert value == meant
    assert type(value) is type(meant)


@pytest.mark.parametrize(
    "text",
    [
        ".inf",
        "-.Inf",
        "+.INF",
        ".nan",
        ".NaN",
        "9223372036854775808",
        "1e999",
        "1" + "0" * 9999,
        "0x" + "f" * 99,
    ],
)
def test_what_json_cannot_hold_is_no_value(text):
    with pytest.raises(NotJSON) as caught:
        resolve(text)
    assert len(str(caught.value)) < 100
