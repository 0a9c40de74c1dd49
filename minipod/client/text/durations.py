"""Durations as Go writes them (time.ParseDuration)."""

from __future__ import annotations

import math
import re

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")


def seconds(text: str) -> int:
    """Return whole seconds, rounded up, as kubectl sends them. ValueError if it is no duration."""
    if not re.fullmatch(f"(?:{_PART.pattern})+", text):
        raise _no_duration(text)
    return math.ceil(_sum(text))


def signed(text: str) -> float:
    """Return seconds, which may be negative; a bare 0 is a duration too. ValueError."""
    rest = text[1:] if text[:1] in {"+", "-"} else text
    if rest != "0" and not re.fullmatch(f"(?:{_PART.pattern})+", rest):
        raise _no_duration(text)
    return -_sum(rest) if text[0] == "-" else _sum(rest)


def _sum(text: str) -> float:
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def _no_duration(text: str) -> ValueError:
    return ValueError(f'"{text}" is not a duration such as 90s, 5m or 1h30m')
