"""`minipod doctor` on this machine."""

from __future__ import annotations

from tests.support.host import control_groups, run


def test_it_says_what_is_in_use_and_what_that_costs(minipod):
    watcher = minipod.json("doctor")["watcher"]
    assert watcher["mechanism"] in {"fexit", "tracepoint"}
    assert run("ps", "-o", "comm=", "-p", str(watcher["pid"])).strip() == "minipod-watcher"
    assert 0.5 < watcher["cost"]["otherRatio"] < 5
    assert 0.5 < watcher["cost"]["bindRatio"] < 5
    assert watcher["lost"] == 0
    again = minipod.json("doctor")["watcher"]
    assert again["cost"] == watcher["cost"]  # it was not measured again
    text = minipod.ok("doctor")
    assert text.startswith(f"Refused binds are seen by: {watcher['mechanism']} (pid ")


def test_only_what_is_allowed_is_tried(minipod):
    minipod.environment["MINIPOD_WATCHER"] = "none"
    text = minipod.ok("doctor")
    assert "Refused binds are seen by: none (pid " in text
    assert "not fexit: MINIPOD_WATCHER does not allow it" in text
    assert text.endswith("Cost: not measured\n")


def test_a_mechanism_that_there_is_not_is_named(minipod):
    minipod.environment["MINIPOD_WATCHER"] = "fexit,bogus"
    assert "cannot start the watcher: MINIPOD_WATCHER: 'bogus' is not" in minipod.ok("doctor")


def test_a_measurement_leaves_no_process_behind(minipod):
    first = minipod.json("doctor", "--measure")["watcher"]
    second = minipod.json("doctor", "--measure")["watcher"]
    assert first["pid"] == second["pid"]
    (group,) = control_groups(minipod.root)
    pids = (group / "_watcher/cgroup.procs").read_text().split()
    assert pids == [str(first["pid"])]
