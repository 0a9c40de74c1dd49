"""What changed between two looks at the ports of pods."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    JSON = dict[str, Any]

CLOSED = "Closed"
"""The only mark of a row that is told for the last time: that socket, or declaration, is gone."""

_IDENTITY = ("namespace", "pod", "container", "protocol", "address", "port", "pid")


class PortChanges:
    """Remembers the rows of `minipod ports`, and tells those that are new, changed or gone."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], JSON] = {}

    def since(self, rows: Iterable[JSON]) -> list[JSON]:
        """Take in the rows as they are now; return those that have gone, then the changed ones."""
        before, self._known = self._known, _keyed(rows)
        gone = [
            row | {"marks": [CLOSED], "note": None}
            for key, row in before.items()
            if key not in self._known
        ]
        return gone + [row for key, row in self._known.items() if before.get(key) != row]


def _keyed(rows: Iterable[JSON]) -> dict[tuple[Any, ...], JSON]:
    """Return rows by what they are of; one process may well have the same socket twice."""
    seen: Counter[tuple[Any, ...]] = Counter()
    keyed = {}
    for row in rows:
        key = tuple(row[name] for name in _IDENTITY)
        keyed[*key, seen[key]] = row
        seen[key] += 1
    return keyed
