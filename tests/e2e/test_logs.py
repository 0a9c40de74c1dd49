"""`logs`: what containers printed, whoever was or was not listening."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

from tests.support.manifests import IDLE, container, pod, shell
from tests.support.wait import eventually

if TYPE_CHECKING:
    from tests.support.command import Minipod

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
COUNT = shell("for n in 1 2 3 4 5; do echo line $n; done; echo oops >&2; " + IDLE[2])


def test_everything_that_was_printed(minipod: Minipod) -> None:
    minipod.create(pod("web", container("main", COUNT)))
    wanted = "".join(f"line {n}\n" for n in range(1, 6)) + "oops\n"
    eventually(lambda: minipod.ok("logs", "web") == wanted)


def test_the_file_is_in_the_cri_format(minipod: Minipod) -> None:
    minipod.create(pod("web", container("main", COUNT)))
    uid = minipod.pod("web")["metadata"]["uid"]
    log = minipod.root / f"pods/{uid}/containers/main/0.log"
    eventually(lambda: len(log.read_text().splitlines()) == 6)
    for line in log.read_text().splitlines():
        assert re.fullmatch(rf"{STAMP} (stdout F line \d|stderr F oops)", line)


def test_tail_timestamps_and_since(minipod: Minipod) -> None:
    minipod.create(pod("web", container("main", COUNT)))
    eventually(lambda: "oops" in minipod.ok("logs", "web"))
    assert minipod.ok("logs", "web", "--tail", "2") == "line 5\noops\n"
    assert minipod.ok("logs", "web", "--tail", "0") == ""
    (line,) = minipod.ok("logs", "web", "--tail=1", "--timestamps").splitlines()
    assert re.fullmatch(f"{STAMP} oops", line)
    assert minipod.ok("logs", "web", "--since", "5m").count("\n") == 6
    eventually(lambda: minipod.ok("logs", "web", "--since", "1s") == "")
    minipod.fails("logs", "web", "--since", "soon", code=2)


def test_several_containers_need_a_choice(minipod: Minipod) -> None:
    say = "echo from {}; " + IDLE[2]
    minipod.create(
        pod(
            "web",
            container("a", shell(say.format("a"))),
            container("b", shell(say.format("b"))),
        )
    )
    eventually(lambda: minipod.ok("logs", "web", "-c", "b") == "from b\n")
    both = minipod.ok("logs", "web", "--all-containers", "--prefix")
    assert both == "[pod/web/a] from a\n[pod/web/b] from b\n"
    complaint = minipod("logs", "web").stderr
    assert "a" in complaint
    assert "b" in complaint
    assert "nope" in minipod.fails("logs", "web", "-c", "nope")


def test_follow_shows_what_comes_and_ends_with_the_container(minipod: Minipod) -> None:
    script = "echo begun; while [ ! -e /tmp/go ]; do sleep 0.05; done; echo over"
    minipod.create(pod("web", container("main", shell(script)), restartPolicy="Never"))
    with minipod.start("logs", "-f", "web") as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "begun\n"
        minipod.ok("exec", "web", "--", "touch", "/tmp/go")
        assert following.stdout.readline() == "over\n"
        assert following.wait(timeout=10) == 0
    assert minipod.ok("logs", "web") == "begun\nover\n"


def test_following_loses_no_line_to_a_server_that_is_killed_or_stopped_and_ends_with_its_pod(
    minipod: Minipod,
) -> None:
    count = shell("n=0; while n=$((n+1)); do echo $n; sleep 0.02; done")
    minipod.create(pod("web", container("main", count)))
    with minipod.start("logs", "-f", "web") as following:
        assert following.stdout is not None
        lines = [following.stdout.readline() for _ in range(20)]
        os.kill(minipod.server_pid(), signal.SIGKILL)
        lines += [following.stdout.readline() for _ in range(100)]
        minipod.ok("server", "stop")
        minipod.fails("server", "status", code=1)
        minipod.ok("server", "start")
        lines += [following.stdout.readline() for _ in range(100)]
        minipod.ok("delete", "pod", "web", "--force")
        lines += following.stdout.readlines()
        assert following.wait(timeout=10) == 0
    assert lines == [f"{n}\n" for n in range(1, len(lines) + 1)]


def test_ctrl_c_ends_following_with_130(minipod: Minipod) -> None:
    minipod.create(pod("web", container("main", COUNT)))
    with minipod.start("logs", "-f", "web") as following:
        assert following.stdout is not None
        following.stdout.readline()
        following.send_signal(2)
        assert following.wait(timeout=10) == -2
        assert following.stderr is not None
        assert "Traceback" not in following.stderr.read()


def test_a_closed_pipe_ends_quietly(minipod: Minipod) -> None:
    script = shell("seq 1 20000; " + IDLE[2])
    minipod.create(pod("web", container("main", script)))
    eventually(lambda: "20000" in minipod.ok("logs", "web", "--tail", "1"))
    with minipod.start("logs", "web") as printing:
        assert printing.stdout is not None
        printing.stdout.readline()
        printing.stdout.close()
        printing.wait(timeout=10)
        assert printing.stderr is not None
        assert printing.stderr.read() == ""


def test_a_flood_loses_nothing(minipod: Minipod) -> None:
    minipod.create(pod("web", container("main", shell("seq 1 100000; " + IDLE[2]))))
    wanted = "".join(f"{n}\n" for n in range(1, 100001))
    eventually(lambda: minipod.ok("logs", "web") == wanted)
