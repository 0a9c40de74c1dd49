"""Which events a journal is worth."""

from minipod.plan.narration import EventType, narrate, narrate_status

from .pods import exited, started


def test_a_start_is_a_normal_event_about_its_container() -> None:
    note = narrate(started("web"))
    assert note is not None
    assert (note.type, note.reason, note.container) == (EventType.NORMAL, "Started", "web")


def test_a_failed_start_warns_with_its_step() -> None:
    error = {"step": 'execute "x"', "errno": 2, "message": "No such file or directory"}
    note = narrate(started("web") | {"event": "failed", "error": error})
    assert note is not None
    assert note.type is EventType.WARNING
    assert note.message == 'Error: cannot execute "x": No such file or directory'


def test_an_end_is_an_event_only_if_the_restart_has_to_wait() -> None:
    assert narrate(exited(time=100, restart_at=None)) is None
    assert narrate(exited(time=100, restart_at=100.0)) is None
    note = narrate(exited(time=100, restart_at=110.0))
    assert note is not None
    assert note.reason == "BackOff"


def test_a_new_sandbox_is_no_event_of_its_own() -> None:
    assert narrate({"event": "sandbox", "time": 1.0, "pid": 2}) is None


def test_a_container_that_begins_to_wait_for_its_image_is_told_of_once() -> None:
    waiting = {"waiting": {"reason": "ImageNotMapped", "message": 'image "x" is not mapped'}}
    running = {"name": "log", "state": {"running": {}}}
    status = {"containerStatuses": [running, {"name": "web", "state": waiting}]}
    (note,) = narrate_status({"phase": "Pending"}, status)
    assert (note.type, note.reason, note.container) == (EventType.WARNING, "Failed", "web")
    assert note.message == 'Error: image "x" is not mapped'
    assert list(narrate_status(status, status)) == []
