"""Events are named so that they sort as they came."""

from __future__ import annotations

from minipod.engine.events import Events
from minipod.plan.narration import EventType, Note
from minipod.store.memory import MemoryStore

POD = {"kind": "Pod", "metadata": {"name": "web", "namespace": "default", "uid": "u"}}


def test_events_of_one_second_are_listed_as_they_came() -> None:
    """Their times are whole seconds, and a list is by name."""
    store = MemoryStore()
    events = Events(store, lambda: 1_764_000_000.5, "vm")
    reasons = [f"R{number}" for number in range(20)]
    for reason in reasons:
        events.record(POD, Note(EventType.NORMAL, reason, "m"))
    assert [event["reason"] for event in store.list("Event", "default")] == reasons


def test_notes_of_one_topic_are_one_event_that_says_the_newest() -> None:
    store = MemoryStore()
    events = Events(store, lambda: 1_764_000_000.5, "vm")
    for pid, times in ((7, 1), (9, 4)):
        message = f"pid {pid} cannot bind"
        events.record(POD, Note(EventType.WARNING, "PortConflict", message, "b", "8080"), times)
    (event,) = store.list("Event")
    assert (event["count"], event["message"]) == (5, "pid 9 cannot bind")


def test_notes_of_two_topics_are_two_events() -> None:
    store = MemoryStore()
    events = Events(store, lambda: 1_764_000_000.5, "vm")
    for topic in ("8080", "9090"):
        events.record(POD, Note(EventType.WARNING, "PortConflict", "m", "b", topic))
    assert len(store.list("Event")) == 2
