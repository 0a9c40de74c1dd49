"""What changed between two looks at the ports of pods."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from minipod.client.values.port import Port

if TYPE_CHECKING:
    from collections.abc import Iterable

CLOSED = "Closed"
"""The only mark of a port that is told for the last time: that socket, or declaration, is gone."""

_identity = attrgetter("namespace", "pod", "container", "protocol", "address", "port", "pid")


class PortChanges:
    """Remembers the ports that there are, and tells those that are new, changed or gone."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Port] = {}

    def since(self, ports: Iterable[Port]) -> list[Port]:
        """Take in the ports as they are now; return those that have gone, then the changed ones."""
        before, self._known = self._known, _keyed(ports)
        gone = [
            Port.of(port.raw | {"marks": [CLOSED], "note": None})
            for key, port in before.items()
            if key not in self._known
        ]
        return gone + [port for key, port in self._known.items() if before.get(key) != port]


def _keyed(ports: Iterable[Port]) -> dict[tuple[Any, ...], Port]:
    """Return ports by what they are of; one process may well have the same socket twice."""
    seen: Counter[tuple[Any, ...]] = Counter()
    keyed = {}
    for port in ports:
        key = _identity(port)
        keyed[*key, seen[key]] = port
        seen[key] += 1
    return keyed
