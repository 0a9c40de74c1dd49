"""JSON as Go's encoding/json writes it, and so kubectl."""

from __future__ import annotations

import json
from typing import Any

_HTML = str.maketrans(
    {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
"""What it escapes besides, for it does not trust it to HTML."""


def compact(value: Any) -> str:
    """Return a value on one line, keys sorted."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")).translate(
        _HTML
    )


def indented(value: Any) -> str:
    """Return a value on many lines, four spaces a level, keys sorted."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, indent=4).translate(_HTML)
