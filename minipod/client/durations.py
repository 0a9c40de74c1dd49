"""Durations as Go writes them (time.ParseDuration)."""

from __future__ import annotations

import math
import re

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)")


def seconds(text: str) -> int:
    """Return whole seconds, rounded up, as kubectl sends them. ValueError if it is no duration."""
    if not re.fullmatch(f"(?:{_PART.pattern})+", text):
        raise ValueError(f'"{text}" is not a duration such as 90s, 5m or 1h30m')
    return math.ceil(sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)))
