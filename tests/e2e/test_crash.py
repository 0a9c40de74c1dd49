"""Whatever dies, nothing is lost and nothing is loose."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.host import processes, run
from tests.support.manifests import IDLE, container, pod, shell, web
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.command import Minipod


def pids_of(command: str) -> list[int]:
    """Return the pids, on the host, of the processes with this whole command line."""
    listed = os.popen(f"pgrep -xf '{command}'").read()
    return [int(pid) for pid in listed.split()]


def sandbox_pid(minipod: Minipod, name: str) -> int:
    """Return the process that holds a pod's namespaces: the link below /run/netns names it."""
    link = Path(f"/run/netns/root.default.{name}")
    assert link.is_symlink()
    return int(link.readlink().parts[2])


def command_of(pid: str) -> bytes:
    """Return a process's command line; nothing if it has just ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def test_a_killed_server_comes_back_with_every_pod(minipod: Minipod) -> None:
    script = "n=0; while :; do n=$((n + 1)); echo $n; sleep 0.05; done"
    minipod.create(pod("counts", container("main", shell(script)), terminationGracePeriodSeconds=0))
    minipod.create(pod("ends", container("main", shell("sleep 1; exit 42")), restartPolicy="Never"))
    before = minipod.pod("counts")
    killed = minipod.server_pid()
    os.kill(killed, signal.SIGKILL)
    # No command is typed: the exit is recorded, and the server comes back by itself.
    eventually(lambda: any("minipod.server" in each for each in processes(minipod.root).values()))
    ended = eventually(
        lambda: minipod.pod("ends")["status"]["containerStatuses"][0]["state"].get("terminated")
    )
    assert ended["exitCode"] == 42
    assert minipod.server_pid() != killed
    after = minipod.pod("counts")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    for field in ("podIP", "startTime"):
        assert after["status"][field] == before["status"][field]
    (first,), (second,) = (each["status"]["containerStatuses"] for each in (before, after))
    assert (second["containerID"], second["restartCount"]) == (first["containerID"], 0)
    numbers = [int(line) for line in minipod.ok("logs", "counts").split()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_what_ends_while_no_server_runs_is_known_afterwards(minipod: Minipod) -> None:
    script = "until [ -e /tmp/go ]; do sleep 0.05; done; exit 7"
    minipod.create(pod("ends", container("main", shell(script)), restartPolicy="Never"))
    pid = sandbox_pid(minipod, "ends")
    minipod.ok("server", "stop")
    assert "not running" in minipod("server", "status").stdout + minipod("server", "status").stderr
    (shell_pid,) = [
        int(each) for each in run("ip", "netns", "pids", "root.default.ends").split()
        if int(each) != pid and b"until" in command_of(each)
    ]  # fmt: skip
    Path(f"/proc/{shell_pid}/root/tmp/go").touch()
    eventually(lambda: not Path(f"/proc/{shell_pid}/exe").exists())
    status = eventually(lambda: minipod.pod("ends")["status"])
    assert status["phase"] == "Failed"
    assert status["containerStatuses"][0]["state"]["terminated"]["exitCode"] == 7


def test_a_stopped_server_leaves_pods_running(minipod: Minipod) -> None:
    minipod.create(pod("web", container("main", web(8080))))
    eventually(lambda: minipod.json("ports", "web"))
    address = minipod.address("web")
    minipod.ok("server", "stop")
    eventually(lambda: not any("minipod.server" in c for c in processes(minipod.root).values()))
    assert run("curl", "-sS", f"http://{address}:8080/") == "web /\n"
    assert minipod.ok("get", "pods", "--no-headers").split()[2:4] == ["Running", "0"]


def test_a_restart_is_made_while_no_server_runs(minipod: Minipod) -> None:
    script = "until [ -e /tmp/go ]; do sleep 0.05; done; exit 7"
    minipod.create(pod("again", container("main", shell(script))))
    pid = sandbox_pid(minipod, "again")
    (shell_pid,) = [
        int(each) for each in run("ip", "netns", "pids", "root.default.again").split()
        if int(each) != pid and b"until" in command_of(each)
    ]  # fmt: skip
    minipod.ok("server", "stop")
    Path(f"/proc/{shell_pid}/root/tmp/go").touch()

    def another() -> bool:
        pids = run("ip", "netns", "pids", "root.default.again").split()
        return any(
            int(each) not in {pid, shell_pid} and b"until" in command_of(each) for each in pids
        )

    eventually(another)
    assert minipod.ok("get", "pods", "--no-headers").split()[2:4] == ["Running", "1"]


def test_a_killed_sandbox_takes_its_containers_and_the_pod_comes_back(minipod: Minipod) -> None:
    script = f"(setsid sleep 31415 &); {IDLE[2]}"
    minipod.create(pod("web", container("a", shell(script)), container("b", web(8080))))
    before = minipod.pod("web")
    (loose,) = eventually(lambda: pids_of("sleep 31415"))
    killed = sandbox_pid(minipod, "web")
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: not Path(f"/proc/{loose}").exists())
    eventually(lambda: sandbox_pid(minipod, "web") != killed)

    def running_again() -> bool:
        name, ready, status, restarts = minipod.ok("get", "pods", "--no-headers").split()[:4]
        return (name, ready, status, restarts) == ("web", "2/2", "Running", "2")

    eventually(running_again)
    after = minipod.pod("web")
    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["podIP"] == before["status"]["podIP"]
    assert run("curl", "-sS", "--retry-connrefused", "--retry", "5",
               f"http://{after['status']['podIP']}:8080/") == "web /\n"  # fmt: skip
    events = minipod.api("/api/v1/namespaces/default/events")["items"]
    said = [each for each in events if each["involvedObject"]["uid"] == after["metadata"]["uid"]]
    assert any(each["reason"] == "SandboxChanged" for each in said), [e["reason"] for e in said]


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def test_a_killed_zygote_comes_back_too(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    uid = minipod.pod("web")["metadata"]["uid"]
    server = minipod.server_pid()
    zygote = parent(server)
    assert "zygote.py" in processes(minipod.root)[zygote]
    os.kill(zygote, signal.SIGKILL)
    eventually(lambda: server not in processes(minipod.root))
    minipod.create(pod("next"))
    assert minipod.pod("web")["metadata"]["uid"] == uid
    rows = minipod.ok("get", "pods", "--no-headers").splitlines()
    assert [row.split()[:4] for row in rows] == [
        ["next", "1/1", "Running", "0"],
        ["web", "1/1", "Running", "0"],
    ]


def test_purge_finds_what_is_left_of_a_root_whose_folder_was_removed(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    living = sandbox_pid(minipod, "web")
    server = minipod.server_pid()
    zygote = parent(server)
    shutil.rmtree(minipod.root)
    # The server sees it, and does not stay behind where no command finds it.
    eventually(lambda: not {server, zygote} & processes(minipod.root).keys())
    assert Path(f"/proc/{living}").exists()
    assert minipod.ok("purge", "--yes").startswith("purged ")
    # The root's fixture looks at the host: link, routes, table, names, groups.
    assert not Path("/run/netns/root.default.web").is_symlink()
    eventually(lambda: not Path(f"/proc/{living}").exists())
