"""What comes back after a restart of the machine, and what does not.

The machine is restarted as far as minipod can tell: everything of the root is killed, the host has
neither link nor route nor table nor name of it, and the kernel tells another boot.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support import host as playing_host
from tests.support.host import run
from tests.support.manifests import IDLE, container, documents, pod, shell, web
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.support.command import Minipod

BOOT_ID = "/proc/sys/kernel/random/boot_id"
PORT = {"containerPort": 8080, "hostPort": 8088}
DEAF = shell("trap '' TERM; while :; do sleep 1; done")


@pytest.fixture
def reboot(minipod: Minipod, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Give what restarts the machine, and returns the id of the new boot."""
    before = playing_host.snapshot()
    boots: list[str] = []

    def restart() -> str:
        minipod.ok("server", "stop")
        playing_host.sweep(minipod.root, before)
        eventually(lambda: not playing_host.processes(minipod.root))
        eventually(lambda: _without_groups(minipod.root))
        Path("/proc/sys/net/ipv4/ip_forward").write_text("0")
        boots.append(f"00000000-0000-4000-8000-{len(boots):012}")
        told = tmp_path / "boot_id"
        told.write_text(boots[-1] + "\n")
        if len(boots) == 1:
            run("mount", "--bind", told, BOOT_ID)
        return boots[-1]

    yield restart
    if boots:
        run("umount", BOOT_ID)


def columns(minipod: Minipod) -> dict[str, list[str]]:
    """Return READY, STATUS and RESTARTS by name; of "1 (3s ago)" the number."""
    rows = [line.split() for line in minipod.ok("get", "pods", "--no-headers").splitlines()]
    return {row[0]: row[1:4] for row in rows}


def folder(minipod: Minipod, name: str) -> Path:
    return minipod.root / "pods" / minipod.pod(name)["metadata"]["uid"]


def test_pods_come_back_as_their_restart_policy_says(
    minipod: Minipod, reboot: Callable[[], str]
) -> None:
    minipod.create(
        documents(
            pod("always", container("main", web(8080), ports=[PORT])),
            pod("retry", container("done", shell("exit 0")), container("main", web(8080)),
                restartPolicy="OnFailure"),
            pod("once", container("main", IDLE), container("done", shell("exit 0")),
                restartPolicy="Never"),
            pod("over", container("main", shell("exit 3")), restartPolicy="Never"),
            pod("ends", container("main", DEAF), terminationGracePeriodSeconds=600),
            pod("bare", container("main", shell("echo first; " + IDLE[2]))),
        )
    )  # fmt: skip
    eventually(lambda: columns(minipod)["over"][1] == "Error")
    eventually(lambda: columns(minipod)["retry"] == ["1/2", "NotReady", "0"])
    eventually(lambda: "first" in minipod.ok("logs", "bare"))
    minipod.ok("delete", "pod", "ends", "--wait=false")
    before = {each["metadata"]["name"]: each for each in minipod.json("get", "pods")["items"]}

    stranger = subprocess.Popen(["sleep", "600"])
    try:
        boot = reboot()
        _age(minipod, before, stranger.pid)
        eventually(lambda: "ends" not in columns(minipod))
        eventually(lambda: _came_back(minipod))
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()

    after = {each["metadata"]["name"]: each for each in minipod.json("get", "pods")["items"]}
    for name in after:
        assert after[name]["metadata"]["uid"] == before[name]["metadata"]["uid"]
        assert after[name]["status"]["podIP"] == before[name]["status"]["podIP"]
        assert after[name]["status"]["startTime"] == before[name]["status"]["startTime"]
    assert after["over"]["status"] == before["over"]["status"]
    assert after["once"]["status"]["phase"] == "Failed"
    _ended_unseen(after["once"]["status"]["containerStatuses"][0]["state"])
    _ended_unseen(after["always"]["status"]["containerStatuses"][0]["lastState"])
    _ended_unseen(after["bare"]["status"]["containerStatuses"][0]["lastState"])
    (done, _) = after["retry"]["status"]["containerStatuses"]
    assert (done["restartCount"], done["state"]["terminated"]["exitCode"]) == (0, 0)

    for name in ("always", "retry"):
        address = after[name]["status"]["podIP"]
        curl = ("curl", "-sS", "--retry-connrefused", "--retry", "5")
        assert run(*curl, f"http://{address}:8080/") == f"{name} /\n"
    assert run("curl", "-sS", f"http://{playing_host.HOST_ADDRESS}:8088/") == "always /\n"
    assert minipod.ok("exec", "always", "--", "hostname") == "always\n"
    eventually(lambda: minipod.ok("logs", "bare") == "first\n")
    _told_once(minipod, boot)
    _nothing_is_left_over(minipod, stranger.pid)


def _without_groups(root: Path) -> bool:
    """Remove the control groups; false as long as one that was killed is still ending."""
    for group in playing_host.control_groups(root):
        find = ["find", group, "-depth", "-type", "d", "-delete"]
        subprocess.run(find, capture_output=True, check=False)
    return not playing_host.control_groups(root)


def _came_back(minipod: Minipod) -> bool:
    assert columns(minipod) == {
        "always": ["1/1", "Running", "1"],
        "bare": ["1/1", "Running", "1"],
        "once": ["0/2", "Unknown", "0"],
        "over": ["0/1", "Error", "0"],
        "retry": ["1/2", "NotReady", "1"],
    }
    return True


def _age(minipod: Minipod, before: dict[str, object], stranger: int) -> None:
    """Do to the state what a machine without power, and time, may do."""
    uids = {name: obj["metadata"]["uid"] for name, obj in before.items()}  # type: ignore[index]
    shutil.rmtree(minipod.root / "pods" / uids["bare"])
    (minipod.root / "pods" / "00000000-gone" / "containers").mkdir(parents=True)
    journal = minipod.root / "pods" / uids["always"] / "journal"
    text = journal.read_text()
    pid = next(json.loads(line)["pid"] for line in text.splitlines() if '"started"' in line)
    journal.write_text(text.replace(f'"pid": {pid}', f'"pid": {stranger}') + '{"event": "exi')
    with sqlite3.connect(minipod.root / "state.db") as db:
        ours = "bucket = 'sandboxes' AND key = ?", (uids["always"],)
        ((value,),) = db.execute(f"SELECT value FROM records WHERE {ours[0]}", ours[1])
        record = json.dumps(json.loads(value) | {"pid": stranger})
        db.execute(f"UPDATE records SET value = ? WHERE {ours[0]}", (record.encode(), *ours[1]))
    db.close()


def _ended_unseen(state: dict[str, dict[str, object]]) -> None:
    assert (state["terminated"]["exitCode"], state["terminated"]["reason"]) == (255, "Unknown")


def _told_once(minipod: Minipod, boot: str) -> None:
    (node,) = minipod.json("get", "nodes")["items"]
    assert node["status"]["nodeInfo"]["bootID"] == boot
    events = minipod.json("get", "events")["items"]
    (told,) = [each for each in events if each["reason"] == "Rebooted"]
    name = node["metadata"]["name"]
    assert told["message"] == f"Node {name} has been rebooted, boot id: {boot}"
    assert (told["type"], told["involvedObject"]["kind"]) == ("Warning", "Node")
    changed = {e["involvedObject"]["name"] for e in events if e["reason"] == "SandboxChanged"}
    assert changed == {"always", "retry", "bare"}
    assert not [each for each in events if each["reason"] == "SandboxLost"]


def _nothing_is_left_over(minipod: Minipod, stranger: int) -> None:
    assert not (minipod.root / "pods" / "00000000-gone").exists()
    uids = {each["metadata"]["uid"] for each in minipod.json("get", "pods")["items"]}
    assert {each.name for each in (minipod.root / "pods").iterdir()} == uids
    for name in ("once", "over"):
        assert not list(folder(minipod, name).glob("containers/*/*.rootfs"))
    assert len(list(folder(minipod, "always").glob("containers/*/*.rootfs"))) == 1
    names = {each.name for each in Path("/run/netns").iterdir()}
    assert {name for name in names if name.startswith("root.default.")} == {
        f"root.default.{name}" for name in ("always", "retry", "bare")
    }
    assert Path("/proc/sys/net/ipv4/ip_forward").read_text() == "1\n"


def test_what_hears_of_the_machine_s_end_ends_politely_and_counts_as_running(
    minipod: Minipod, reboot: Callable[[], str]
) -> None:
    """As at a clean shutdown: SIGTERM to everybody, when the server has stopped."""
    polite = shell("trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done")
    minipod.create(pod("polite", container("main", polite), restartPolicy="OnFailure"))
    log = folder(minipod, "polite") / "containers" / "main" / "0.log"
    sandbox = int(Path("/run/netns/root.default.polite").readlink().parts[2])
    minipod.ok("server", "stop")
    run("kill", "-TERM", str(sandbox))
    eventually(lambda: not Path(f"/proc/{sandbox}/exe").exists())
    assert log.read_text().endswith("stdout F bye\n")
    reboot()
    eventually(lambda: columns(minipod)["polite"][:2] == ["1/1", "Running"])
