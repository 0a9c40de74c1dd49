"""`minipod doctor`, and a server, to whom the kernel refuses calls, as in a container.

What has a filter is mended by being without: no command takes one away.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support import seccomp
from tests.support.command import PROGRAM, TIMEOUT, Minipod
from tests.support.doctor import LOOK, broken, levels, look
from tests.support.host import run
from tests.support.manifests import pod
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.doctor import Findings

WITHOUT_GROUPS = """
    for each in $(awk '/ - cgroup2 /{print $5}' /proc/self/mountinfo); do umount $each; done
"""
READ_ONLY_GROUPS = """
    for each in $(awk '/ - cgroup2 /{print $5}' /proc/self/mountinfo); do
        mount -o remount,bind,ro $each
    done
"""


def refusing(*calls: str) -> tuple[str, ...]:
    """Return the words before a program to whom these calls are refused."""
    return (sys.executable, "-I", seccomp.__file__, *calls, "--")


def looked_at(minipod: Minipod, *calls: str) -> Findings:
    """Return what doctor finds under a filter."""
    found: Findings = json.loads(run(*refusing(*calls), *LOOK, str(minipod.root)))["checks"]
    return found


def filtered(minipod: Minipod, call: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run a command to which a call is refused, and to the server that it starts."""
    return subprocess.run(
        [*refusing(call), str(PROGRAM), *args],
        env=minipod.environment,
        cwd=minipod.folder,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def test_calls_that_a_filter_refuses_are_well_without_it(minipod: Minipod) -> None:
    found = looked_at(minipod, "clone3", "pidfd_open", "sock_diag", "fsopen")
    warned, failing = ("clone3", "overlayfs"), ("pidfd", "sock-diag")
    assert levels(found) == dict.fromkeys(warned, "WARN") | dict.fromkeys(failing, "FAIL")
    for finding in found:
        if finding["check"] in {*warned, *failing}:
            assert "A seccomp filter on this process refuses it" in finding["why"]
            # Where systemd runs, it is the way out; modprobe is none.
            assert (finding["fix"] or "systemd-run").startswith("systemd-run")
    assert levels(look(minipod)) == {}


@pytest.mark.parametrize("breaks", [WITHOUT_GROUPS, READ_ONLY_GROUPS], ids=["none", "read-only"])
def test_a_tree_of_control_groups_that_nobody_mounted_and_minipod_may_not(
    minipod: Minipod, breaks: str
) -> None:
    """minipod's private mount is refused; mount(8) has another call for it."""
    way = refusing("fsopen")
    outcome = broken(minipod, breaks, "control-groups", way=way)
    assert levels(outcome.before) == {"control-groups": "FAIL", "overlayfs": "WARN"}
    assert levels(outcome.after) == {"overlayfs": "WARN"}


def test_without_clone3_containers_start_the_slower_way_with_the_same_outcome(
    minipod: Minipod,
) -> None:
    done = filtered(
        minipod, "clone3", "run", "web", "--image", "x", "--command", "--", "sleep", "99"
    )
    assert done.returncode == 0, done.stderr
    eventually(lambda: minipod.pod("web")["status"]["phase"] == "Running")
    first = minipod.ok("exec", "web", "--", "cat", "/proc/1/cgroup", "/proc/1/comm").splitlines()
    assert first[-1] == "sleep"
    assert first[-2].endswith(f"/{minipod.pod('web')['metadata']['uid']}/web")
    assert "\nSeccomp:\t2\n" in minipod.ok("exec", "web", "--", "cat", "/proc/1/status")


def test_without_pidfds_a_pod_says_why_it_does_not_come_up_and_does_with_them(
    minipod: Minipod,
) -> None:
    done = filtered(
        minipod, "pidfd_open", "run", "web", "--image", "x", "--command", "--", "sleep", "9"
    )
    assert "Traceback" not in done.stderr
    assert "Hint: pidfd: Function not implemented" in done.stderr
    minipod.ok("server", "stop")
    minipod.ok("server", "start")
    eventually(lambda: minipod.pod("web")["status"]["phase"] == "Running")


def test_without_a_list_of_sockets_pods_run_and_ports_are_not_told(minipod: Minipod) -> None:
    assert filtered(minipod, "sock_diag", "server", "start").returncode == 0
    minipod.create(pod("web"))
    eventually(lambda: minipod.pod("web")["status"]["phase"] == "Running")
    told = (
        "cannot list sockets: cannot ask the kernel for them (sock_diag): Operation not permitted"
    )
    for command in ("ports", "check"):
        said = minipod.fails(command)
        assert told in said
        assert "'minipod doctor'" in said
    minipod.ok("delete", "pod", "web")  # its sandbox has the filter for ever
    minipod.ok("server", "stop")
    minipod.create(pod("web"))
    eventually(lambda: minipod.pod("web")["status"]["phase"] == "Running")
    minipod.ok("ports")
