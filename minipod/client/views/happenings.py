"""What happened: events and port conflicts, read and put in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minipod.client.kinds import CONFLICTS, EVENTS
from minipod.client.values.conflict import PortConflict
from minipod.client.values.event import Event

if TYPE_CHECKING:
    from minipod.client.api import Api
    from minipod.client.kinds import Where


def events(api: Api, where: Where) -> list[Event]:
    """Return what happened, newest last."""
    found = [Event.of(event) for event in api.list_of(EVENTS, where)["items"]]
    return sorted(found, key=lambda event: event.last_seen.timestamp() if event.last_seen else 0)


def conflicts(api: Api, where: Where) -> list[PortConflict]:
    """Return the port conflicts, newest last."""
    found = [PortConflict.of(conflict) for conflict in api.list_of(CONFLICTS, where)["items"]]
    return sorted(found, key=lambda conflict: conflict.time)
