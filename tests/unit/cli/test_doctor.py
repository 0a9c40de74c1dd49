"""`minipod doctor`: what it prints of findings, with a server, without one, and without root."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from minipod.client.server import host_checks
from minipod.errors import HostError
from tests.support.fake_server import Answer, FakeServer, failure

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Run

DOCTOR = "/apis/minipod.dev/v1/doctor"
WATCHER = {
    "mechanism": "tracepoint",
    "pid": 7,
    "reasons": {"fexit": "not permitted", "kernel_fields": "no BTF"},
    "missing": ["this", "that"],
    "trouble": None,
    "lost": 2,
    "cost": {"bindNanoseconds": 2, "bindRatio": 1.126, "otherNanoseconds": 3, "otherRatio": 1.0},
}
NO_SERVER = "Refused binds: no server runs that could say how they are seen\n"


def finding(check: str, level: str, why: str | None = None, fix: str | None = None) -> Any:
    return {"check": check, "level": level, "seen": f"{check} is seen", "why": why, "fix": fix}


WELL = finding("disk", "OK")
WARNS = finding("inotify", "WARN", "It may be short.", "sysctl -w a=1")
FAILS = finding("nft", "FAIL", "No way out. " * 10, "apt-get install -y nftables")
UNSEEN = finding("veth", "UNKNOWN", "Only root may look.")


class Machine:
    """Answers as the process that looks at the machine, and keeps what it was asked."""

    def __init__(self) -> None:
        self.findings = [WELL]
        self.asked: list[tuple[Any, ...]] = []

    def __call__(self, *asked: Any) -> list[Any]:
        self.asked.append(asked)
        return self.findings


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine()
    monkeypatch.setattr(host_checks, "look", machine)
    return machine


def test_what_is_well_is_only_counted(machine: Machine, run: Run) -> None:
    assert run("doctor") == (0, f"1 check: 1 ok\n\n{NO_SERVER}", "")


def test_what_is_not_well_is_told_in_full_the_worst_first(machine: Machine, run: Run) -> None:
    machine.findings = [WELL, WARNS, FAILS, WELL | {"check": "x"}, UNSEEN]
    done = run("doctor")
    assert (done.code, done.err) == (1, "")
    assert done.out == (
        "5 checks: 2 ok, 1 not looked at, 1 warning, 1 failed\n"
        "\n"
        "FAIL  nft: nft is seen\n"
        f"      {' '.join(['No way out.'] * 7)} No way\n"
        "      out. No way out. No way out.\n"
        "      Fix: apt-get install -y nftables\n"
        "\n"
        "WARN  inotify: inotify is seen\n"
        "      It may be short.\n"
        "      Fix: sysctl -w a=1\n"
        "\n"
        "Not looked at: veth\n"
        "\n"
        f"{NO_SERVER}"
    )


def test_warnings_are_no_failure_and_findings_of_one_check_are_one(
    machine: Machine, run: Run
) -> None:
    machine.findings = [WARNS, WARNS, WELL]
    done = run("doctor")
    assert (done.code, done.out.splitlines()[0]) == (0, "2 checks: 1 ok, 1 warning")


@pytest.mark.parametrize("flag", ["--all", "-v"])
def test_every_check_is_listed_when_asked(machine: Machine, run: Run, flag: str) -> None:
    machine.findings = [WELL, UNSEEN]
    listed = "-     veth: veth is seen\nOK    disk: disk is seen\n"
    assert run("doctor", flag).out == f"2 checks: 1 ok, 1 not looked at\n{listed}\n{NO_SERVER}"


def test_levels_have_colour_where_it_is_wanted(
    machine: Machine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.findings = [FAILS]
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[31mFAIL  \x1b[0mnft: " in run("doctor").out


def test_a_server_adds_its_watcher_and_its_network(
    server: FakeServer, machine: Machine, run: Run
) -> None:
    none = {"mechanism": "none", "pid": None, "reasons": {}, "trouble": "it ended", "cost": None}
    server.answers = {
        f"GET {DOCTOR}": [
            Answer({"watcher": WATCHER, "clusterCIDR": "10.9.0.0/16"}),
            Answer({"watcher": WATCHER | none, "clusterCIDR": None}),
        ],
        f"GET {DOCTOR}?measure=true": Answer({"watcher": WATCHER}),
        "PUT /apis/minipod.dev/v1/network": Answer({"clusterCIDR": "10.8.0.0/16"}),
    }
    assert run("doctor").out == (
        "1 check: 1 ok\n"
        "\n"
        "Refused binds are seen by: tracepoint (pid 7)\n"
        "  not fexit: not permitted\n"
        "  not kernel fields: no BTF\n"
        "  not seen: this\n"
        "  not seen: that\n"
        "Lost, for memory was full: 2\n"
        "Cost of a bind in a pod: 1.13 x\n"
        "Cost of any other system call, anywhere: 1.00 x\n"
    )
    done = run("doctor").out
    assert "Refused binds are seen by: none\n  there is no watcher: it ended\n" in done
    assert done.endswith("Cost: not measured\n")
    shown = run("--cluster-cidr", "10.8.0.0/16", "doctor", "--measure", "-o", "json").out
    assert json.loads(shown) == {"checks": [WELL], "watcher": WATCHER}
    assert [asked[:2] for asked in machine.asked] == [
        (str(server.root), "10.9.0.0/16"),
        (str(server.root), None),
        (str(server.root), "10.8.0.0/16"),
    ]


def test_a_server_that_fails_is_told_after_the_checks(
    server: FakeServer, machine: Machine, run: Run
) -> None:
    server.answers[f"GET {DOCTOR}"] = failure(500, "InternalError", "cannot measure")
    done = run("doctor")
    assert (done.code, done.err) == (1, "Error: cannot measure\n")
    assert done.out.startswith("1 check: 1 ok\n")


def test_without_root_no_server_is_asked(
    server: FakeServer, machine: Machine, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", ["/usr/bin/minipod", "doctor", "-v"])
    assert run("doctor", "-v").code == 0
    assert server.asked == []
    # Who asks again as root does not have the environment's root then.
    root = os.environ["MINIPOD_ROOT"]
    assert machine.asked[0][2] == ("minipod", "--root", root, "doctor", "-v")


def test_a_process_that_cannot_look_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho first >&2\necho it is broken >&2\nexit 3\n")
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    done = run("doctor")
    assert (done.code, done.err) == (1, "Error: cannot look at this machine: it is broken\n")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(HostError, match="no such file or directory"):
        host_checks.look("/r", None, ())


@pytest.mark.parametrize("argv", ["doctor pod", "doctor -o yaml", "doctor --cluster-cidr nonsense"])
def test_usage_errors_exit_2(run: Run, argv: str) -> None:
    done = run(*argv.split())
    assert (done.code, done.out) == (2, "")
    assert "Usage: minipod" in done.err
