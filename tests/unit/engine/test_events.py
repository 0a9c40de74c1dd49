"""Events are named so that they sort as they came."""

from __future__ import annotations

from minipod.engine.events import Events
from minipod.plan.narration import EventType, Note
from minipod.store.memory import MemoryStore

POD = {"metadata": {"name": "web", "namespace": "default", "uid": "u"}}


def test_events_of_one_second_are_listed_as_they_came() -> None:
    """Their times are whole seconds, and a list is by name."""
    store = MemoryStore()
    events = Events(store, lambda: 1_764_000_000.5, "vm")
    reasons = [f"R{number}" for number in range(20)]
    for reason in reasons:
        events.record(POD, Note(EventType.NORMAL, reason, "m"))
    assert [event["reason"] for event in store.list("Event", "default")] == reasons
