"""The table of objects that a client makes by itself: of any kind, names and ages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from minipod.client.describe.clock import Clock

if TYPE_CHECKING:
    JSON = dict[str, Any]

_COLUMNS = [
    {"name": "Name", "type": "string", "format": "name", "priority": 0},
    {"name": "Age", "type": "string", "format": "", "priority": 0},
]


def plain_table(answer: JSON, now: float) -> JSON:
    """Return a `Table` of an object or a list of them; `now` is in seconds since the epoch."""
    clock = Clock(now)
    rows = [
        {
            "cells": [one["metadata"]["name"], clock.since(one["metadata"]["creationTimestamp"])],
            "object": one,
        }
        for one in answer.get("items", [answer])
    ]
    return {"columnDefinitions": _COLUMNS, "rows": rows, "metadata": answer["metadata"]}
