"""`delete`: politely first, then surely, and nothing stays."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.host import ip_json, processes
from tests.support.manifests import container, documents, pod, shell
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.command import Minipod

DEAF = shell('trap "" TERM; while :; do sleep 1000; done')
"""A program that does not hear SIGTERM."""


def pids_in(netns: str) -> set[int]:
    """Return the pids of the processes in a network namespace."""
    wanted = Path(f"/run/netns/{netns}").stat().st_ino
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "ns/net").stat().st_ino == wanted:
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def test_sigterm_comes_first(minipod: Minipod) -> None:
    folder = minipod.folder / "out"
    folder.mkdir()
    script = f'trap "echo bye >{folder}/note; exit 0" TERM; sleep infinity & wait'
    minipod.create(
        pod("web", container("main", shell(script)), annotations={"minipod.dev/rootfs": "host"})
    )
    assert minipod.ok("delete", "pod", "web") == 'pod "web" deleted\n'
    assert (folder / "note").read_text() == "bye\n"
    minipod.fails("get", "pod", "web")


def test_what_hears_nothing_is_killed_after_the_grace_period(minipod: Minipod) -> None:
    script = f"(setsid sh -c 'trap \"\" TERM; sleep 1000' &); {DEAF[2]}"
    minipod.create(pod("deaf", container("main", shell(script)), terminationGracePeriodSeconds=30))
    # The sandbox, the shell with its sleep, and what it forked with another.
    eventually(lambda: len(pids_in("root.default.deaf")) == 5)
    inside = pids_in("root.default.deaf")
    began = time.monotonic()
    minipod.ok("delete", "pod", "deaf", "--grace-period", "1", "--timeout", "30s")
    assert 0.9 < time.monotonic() - began < 20  # the pod itself says 30
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in inside))
    assert not Path("/run/netns/root.default.deaf").is_symlink()


def test_force_does_not_wait(minipod: Minipod) -> None:
    minipod.create(pod("deaf", container("main", DEAF)))
    began = time.monotonic()
    done = minipod("delete", "pod", "deaf", "--grace-period", "0", "--force")
    assert done.returncode == 0
    assert time.monotonic() - began < 20  # the pod itself says 30
    assert "Warning: " in done.stderr
    assert 'pod "deaf" force deleted' in done.stdout


def test_without_waiting_or_after_too_long_the_pod_is_terminating(minipod: Minipod) -> None:
    minipod.create(pod("deaf", container("main", DEAF)))
    minipod.ok("delete", "pod", "deaf", "--grace-period", "20", "--wait=false")
    for timeout in ("50ms", "-1s"):
        said = minipod.fails("delete", "pod/deaf", "--timeout", timeout)
        assert said == "Error: timed out waiting for the condition on pods/deaf\n"
    assert minipod.ok("get", "pods", "--no-headers").split()[2] == "Terminating"
    minipod.ok("delete", "pod", "deaf", "--grace-period", "1")
    minipod.fails("get", "pod", "deaf")


def test_by_file_by_label_and_all(minipod: Minipod) -> None:
    (minipod.folder / "two.yaml").write_text(documents(pod("a"), pod("b")))
    minipod.ok("create", "-f", "two.yaml")
    minipod.create(documents(pod("c", labels={"app": "web"}), pod("d"), pod("e")))
    assert minipod.ok("delete", "-f", "two.yaml").splitlines() == [
        'pod "a" deleted',
        'pod "b" deleted',
    ]
    assert minipod.ok("delete", "pod", "-l", "app=web") == 'pod "c" deleted\n'
    minipod.ok("delete", "pod", "--all")
    assert minipod.ok("get", "pods", "-o", "name") == ""


def test_namespaces_links_and_processes_are_gone(minipod: Minipod) -> None:
    minipod.create(pod("stays"))
    node = minipod.pod("stays")["spec"]["nodeName"]
    before = {link["ifname"] for link in ip_json("-n", f"root.{node}", "link")}
    running = set(processes(minipod.root))
    minipod.create(pod("goes"))
    minipod.ok("delete", "pod", "goes")
    assert {link["ifname"] for link in ip_json("-n", f"root.{node}", "link")} == before
    eventually(lambda: set(processes(minipod.root)) == running)


def test_a_free_address_is_reused_last(minipod: Minipod) -> None:
    minipod.create(pod("first"))
    used = minipod.address("first")
    minipod.ok("delete", "pod", "first")
    minipod.create(documents(*(pod(f"next-{n}") for n in range(5))))
    assert used not in {minipod.address(f"next-{n}") for n in range(5)}
