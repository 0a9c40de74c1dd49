"""What happens when containers end, as restartPolicy says."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.support.host import run
from tests.support.manifests import container, pod, shell
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.command import Minipod


def row(minipod: Minipod, name: str) -> list[str]:
    return minipod.ok("get", "pod", name, "--no-headers").split()


def seen(minipod: Minipod, name: str) -> dict[str, Any]:
    (container_status,) = minipod.pod(name)["status"]["containerStatuses"]
    return dict(container_status)


def test_never_keeps_the_exit_code_and_the_times(minipod: Minipod) -> None:
    minipod.create(pod("bad", container("main", shell("exit 3")), restartPolicy="Never"))
    minipod.create(pod("good", container("main", shell("exit 0")), restartPolicy="Never"))
    eventually(lambda: row(minipod, "bad")[2] == "Error")
    eventually(lambda: row(minipod, "good")[2] == "Completed")
    assert minipod.pod("bad")["status"]["phase"] == "Failed"
    assert minipod.pod("good")["status"]["phase"] == "Succeeded"
    ended = seen(minipod, "bad")["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (3, "Error")
    assert datetime.fromisoformat(ended["startedAt"]) <= datetime.fromisoformat(ended["finishedAt"])
    assert row(minipod, "bad")[3] == "0"


def test_a_signal_is_recorded(minipod: Minipod) -> None:
    minipod.create(pod("shot", container("main", ["sleep", "4242"]), restartPolicy="Never"))
    os.kill(int(run("pgrep", "-xf", "sleep 4242")), signal.SIGKILL)
    eventually(lambda: row(minipod, "shot")[2] == "Error")
    ended = seen(minipod, "shot")["state"]["terminated"]
    assert (ended["exitCode"], ended["signal"], ended["reason"]) == (137, 9, "Error")


def test_always_starts_again_and_then_backs_off(minipod: Minipod) -> None:
    minipod.create(pod("crash", container("main", shell("echo here; exit 3"))))
    eventually(lambda: row(minipod, "crash")[2:4] == ["CrashLoopBackOff", "1"])
    status = seen(minipod, "crash")
    waiting = status["state"]["waiting"]
    uid = minipod.pod("crash")["metadata"]["uid"]
    assert waiting["reason"] == "CrashLoopBackOff"
    assert waiting["message"] == (
        f"back-off 10s restarting failed container=main pod=crash_default({uid})"
    )
    assert status["lastState"]["terminated"]["exitCode"] == 3
    assert status["ready"] is False
    assert minipod.pod("crash")["status"]["phase"] == "Running"
    assert minipod.ok("logs", "crash") == "here\n"
    eventually(lambda: row(minipod, "crash")[3] == "2")


def test_on_failure_starts_again_until_it_works(minipod: Minipod) -> None:
    folder = minipod.folder / "shared"
    folder.mkdir()
    script = f"[ -e {folder}/tried ] || {{ touch {folder}/tried; exit 1; }}"
    minipod.create(
        pod(
            "job",
            container("main", shell(script)),
            restartPolicy="OnFailure",
            annotations={"minipod.dev/rootfs": "host"},
        )
    )
    eventually(lambda: row(minipod, "job")[1:4] == ["0/1", "Completed", "1"])
    assert minipod.pod("job")["status"]["phase"] == "Succeeded"


def test_a_program_that_cannot_be_started_is_a_start_error(minipod: Minipod) -> None:
    minipod.create(pod("nothing", container("main", ["/no/such/program"]), restartPolicy="Never"))
    minipod.create(pod("text", container("main", ["/etc/passwd"]), restartPolicy="Never"))
    for name, cause in (("nothing", "no such file or directory"), ("text", "permission denied")):
        ended = seen(minipod, name)["state"]["terminated"]
        assert (ended["reason"], ended["exitCode"]) == ("StartError", 128)
        assert cause in ended["message"].lower()
        assert row(minipod, name)[2] == "StartError"


def test_containers_start_in_order(minipod: Minipod) -> None:
    names = [f"c{n}" for n in range(5)]
    minipod.create(pod("web", *(container(name) for name in names)))
    started = [
        int(minipod.ok("exec", "web", "-c", name, "--", "cut", "-d ", "-f22", "/proc/1/stat"))
        for name in names
    ]
    assert started == sorted(started)


def test_command_args_environment_and_folder(minipod: Minipod) -> None:
    minipod.create(
        pod(
            "web",
            container(
                "main",
                ["sh", "-c", 'echo "$A|$B|$0|$1|$(pwd)"; sleep 1000', "$(A)"],
                args=["$$(A) $(NONE)"],
                workingDir="/not/there/yet",
                env=[{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)2"}],
            ),
            terminationGracePeriodSeconds=0,
        )
    )
    wanted = "1|12|1|$(A) $(NONE)|/not/there/yet\n"
    eventually(lambda: minipod.ok("logs", "web") == wanted)


def test_what_a_container_prints_while_nobody_looks_is_kept(minipod: Minipod) -> None:
    script = "echo before; until [ -e /tmp/go ]; do sleep 0.05; done; echo after; sleep 1000"
    minipod.create(pod("web", container("main", shell(script)), terminationGracePeriodSeconds=0))
    minipod.ok("exec", "web", "--", "touch", "/tmp/go")
    minipod.ok("server", "stop")
    eventually(lambda: minipod.ok("logs", "web") == "before\nafter\n")
