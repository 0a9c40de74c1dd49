"""`up` and `down`: pods in the foreground, as long as somebody wants them."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from tests.support.manifests import container, documents, pod, shell
from tests.support.terminal import Terminal
from tests.support.wait import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.command import Minipod

POLITE = shell('trap "echo bye; exit 0" TERM; echo hello; while :; do sleep 0.05; done')
STUBBORN = shell('trap "" TERM; echo here; while :; do sleep 0.05; done')
CRASHING = shell("echo boom; sleep 0.2; exit 3")


def names(minipod: Minipod) -> list[str]:
    return minipod.ok("get", "pods", "-o", "name").split()


def write(folder: Path, *manifests: str) -> str:
    path = folder / "pods.yaml"
    path.write_text(documents(*manifests))
    return str(path)


def test_ctrl_c_stops_and_removes_what_was_made_and_nothing_else(
    minipod: Minipod, tmp_path: Path
) -> None:
    minipod.create(pod("old", container("main", POLITE)))
    new = pod("new", container("main", POLITE), container("crash", CRASHING))
    file = write(tmp_path, pod("old", container("main", POLITE)), new)
    terminal = Terminal(minipod, "up", "-f", file)
    try:
        before = terminal.read_until("\x1b[33mnew/main  | \x1b[0mhello")
        assert "pod/old is there already\r\npod/new created" in before
        terminal.read_until("minipod   | \x1b[0mnew/crash exited with code 3")
        terminal.read_until("minipod   | \x1b[0mnew/crash has started again (restart 1)")
        terminal.read_until("boom")
        minipod.ok("exec", "old", "--", "sh", "-c", "echo from old > /proc/1/fd/1")
        assert "hello" not in terminal.read_until("old/main  | \x1b[0mfrom old")
        terminal.type("\x03")
        terminal.read_until("Gracefully stopping... (press Ctrl+C again to force)")
        terminal.read_until("new/main  | \x1b[0mbye")
        assert terminal.process.wait(timeout=10) == 0
    finally:
        terminal.close()
    assert names(minipod) == ["pod/old"]
    assert minipod.ok("down", "-f", file) == 'pod "old" deleted\npod "new" is not there\n'
    assert minipod.ok("down", "-f", file) == 'pod "old" is not there\npod "new" is not there\n'


def test_a_second_signal_kills_and_bad_files_make_nothing(minipod: Minipod, tmp_path: Path) -> None:
    file = write(tmp_path, pod("web", container("main", STUBBORN)))
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        with minipod.start("up", "-f", file) as up:
            assert up.stdout is not None
            assert up.stdout.readline() == "web/main | here\n"
            up.send_signal(number)
            eventually(lambda: "deletionTimestamp" in minipod.pod("web")["metadata"])
            up.send_signal(number)
            assert up.wait(timeout=10) == -number
        assert names(minipod) == []
    file = write(tmp_path, pod("web"), pod("Bad"), '{"apiVersion": "v1", "kind": "Nope"}')
    complaint = minipod.fails("up", "-f", file)
    assert "Error: nothing was created" in complaint
    assert f"{file}:" in complaint
    assert "does not exist" in minipod.fails("up", "-f", "/nope.yaml")
    assert "does not exist" in minipod.fails("down", "-f", "/nope.yaml")
    minipod.fails("up", code=2)
    minipod.fails("up", "-f", file, "-d", "--abort-on-container-exit", code=2)
    minipod.fails("up", "-f", file, "--timeout", "3s", code=2)
    minipod.fails("up", "-f", file, "--exit-code-from", "web", code=2)
    assert names(minipod) == []


def test_a_server_that_is_killed_costs_no_line_and_no_line_comes_twice(
    minipod: Minipod, tmp_path: Path
) -> None:
    count = shell("trap exit TERM; n=0; while n=$((n+1)); do echo $n; sleep 0.02; done")
    with minipod.start(
        "up", "--no-log-prefix", "-f", write(tmp_path, pod("web", container("main", count)))
    ) as up:
        assert up.stdout is not None
        lines = [up.stdout.readline() for _ in range(20)]
        os.kill(minipod.server_pid(), signal.SIGKILL)
        lines += [up.stdout.readline() for _ in range(100)]
        up.send_signal(signal.SIGINT)
        lines += up.stdout.readlines()
        assert up.wait(timeout=10) == 0
    assert lines == [f"{n}\n" for n in range(1, len(lines) + 1)]
    assert names(minipod) == []


def test_programs_get_as_long_to_end_as_is_said(minipod: Minipod, tmp_path: Path) -> None:
    """They would get 30 seconds."""
    file = write(tmp_path, pod("web", container("main", STUBBORN)))
    with minipod.start("up", "-f", file, "--grace-period=1") as up:
        assert up.stdout is not None
        assert up.stdout.readline() == "web/main | here\n"
        up.send_signal(signal.SIGTERM)
        assert up.wait(timeout=20) == 0
    minipod.ok("create", "-f", file)
    assert minipod.ok("down", "-f", file, "--grace-period=0") == 'pod "web" deleted\n'


def test_it_ends_with_its_pods_and_with_their_codes(minipod: Minipod, tmp_path: Path) -> None:
    def job(name: str, script: str) -> dict[str, object]:
        return container(name, shell(script))

    good = pod("good", job("main", "echo done"), restartPolicy="Never")
    bad = pod("bad", job("a", POLITE[2]), job("b", "echo oops >&2; exit 4"), restartPolicy="Never")
    done = minipod("up", "-f", "-", stdin=good)
    assert (done.returncode, done.stdout) == (0, "good/main | done\n")
    assert done.stderr == "pod/good created\nminipod   | good/main exited with code 0\n"
    from_b = minipod("up", "--abort-on-container-exit", "-f", write(tmp_path, bad))
    assert from_b.returncode == 4
    assert "bad/b has ended: all stop" in from_b.stderr
    assert "bad/a   | bye" in from_b.stdout
    both = write(tmp_path, good, bad)
    assert minipod("up", "-f", both, "--exit-code-from", "good/main").returncode == 0
    assert minipod("up", "-f", both, "--exit-code-from", "bad/a").returncode == 0
    complaint = minipod.fails("up", "-f", both, "--exit-code-from", "bad/z")
    assert "bad/z: the files have no such container" in complaint
    with minipod.start("up", "-f", write(tmp_path, pod("web", job("main", POLITE[2])))) as up:
        assert up.stdout is not None
        assert up.stdout.readline() == "web/main | hello\n"
        minipod.ok("down", "-f", tmp_path / "pods.yaml")
        assert up.wait(timeout=10) == 0
        assert up.stderr is not None
        assert "pod/web was deleted" in up.stderr.read()
    alone = pod("bad", job("b", "exit 4"), restartPolicy="Never")
    assert minipod("up", "-f", write(tmp_path, alone)).returncode == 1
    assert names(minipod) == []


def test_conflicts_are_told_and_a_closed_pipe_ends_all(minipod: Minipod, tmp_path: Path) -> None:
    serve = "exec python3 -m http.server 8080"
    file = write(
        tmp_path,
        pod(
            "web",
            container("first", shell(serve)),
            container("second", shell("sleep 1; " + serve)),
            terminationGracePeriodSeconds=1,
        ),
    )
    with minipod.start("up", "-f", file) as up:
        assert up.stderr is not None
        assert up.stdout is not None
        line = next(line for line in up.stderr if "PortConflict" in line)
        assert line.startswith('minipod    | Warning: web: PortConflict: container "second"')
        assert 'held by container "first"' in line
        up.stdout.close()
        minipod.ok("exec", "web", "-c", "first", "--", "sh", "-c", "seq 1 20000 > /proc/1/fd/1")
        assert up.wait(timeout=20) == 1
        assert "Error" not in up.stderr.read()
    assert names(minipod) == []


def test_detached_it_waits_and_says_why_not(minipod: Minipod, tmp_path: Path) -> None:
    file = write(tmp_path, pod("web", container("main", POLITE)))
    assert minipod.ok("up", "-d", "-f", file) == "pod/web created\npod/web ready\n"
    assert minipod.ok("up", "--wait", "-f", file) == "pod/web is there already\npod/web ready\n"
    other = write(tmp_path, pod("more"), pod("web", container("main", STUBBORN)))
    complaint = minipod.fails("up", "-f", other)
    assert complaint.startswith("Error: pod/web is there already, and is not what the files say\n")
    assert names(minipod) == ["pod/web"]
    failing = write(tmp_path, pod("x", container("main", ["/nope"]), restartPolicy="Never"))
    complaint = minipod.fails("up", "-d", "-f", failing)
    assert 'Error: pod/x is not ready: container "main": StartError: ' in complaint
    at_once = write(tmp_path, pod("z", container("main", shell("sleep 0.1; exit 7"))))
    complaint = minipod.fails("up", "-d", "-f", at_once)  # it was ready, for a tenth of a second
    assert 'Error: pod/z is not ready: container "main": ' in complaint
    assert "exit code 7" in complaint
    minipod.ok("down", "-f", at_once)
    image = pod("y")
    late = write(
        tmp_path, image.replace('"command"', '"args"').replace('"image": "test"', '"image": "no"')
    )
    assert "ImageNotMapped" in minipod.fails("up", "-d", "-f", late)
    assert minipod.ok("down", "-f", late) == 'pod "y" deleted\n'


def test_two_of_one_file_share_the_pods_and_each_removes_what_it_made(
    minipod: Minipod, tmp_path: Path
) -> None:
    file = write(tmp_path, *(pod(f"web-{n}", container("main", POLITE)) for n in range(4)))
    with minipod.start("up", "-f", file) as one, minipod.start("up", "-f", file) as other:
        for up in (one, other):  # who finds a pod there sees what it writes from then on
            assert up.stderr is not None
            told = [up.stderr.readline() for _ in range(4)]
            assert all(line.endswith((" created\n", " is there already\n")) for line in told), told
        one.send_signal(signal.SIGTERM)
        assert one.wait(timeout=20) == 0
        assert one.stderr is not None
        ours = one.stderr.read().count("exited with code 0")
        assert len(names(minipod)) == 4 - ours
        other.send_signal(signal.SIGTERM)
        assert other.wait(timeout=20) == 0
    assert names(minipod) == []


def test_a_server_killed_while_pods_are_made_leaves_none(minipod: Minipod, tmp_path: Path) -> None:
    file = write(tmp_path, *(pod(f"web-{n}", container("main", POLITE)) for n in range(8)))
    minipod.ok("server", "start")
    server = minipod.server_pid()
    with minipod.start("up", "-f", file) as up:
        assert up.stderr is not None
        assert up.stderr.readline() == "pod/web-0 created\n"
        os.kill(server, signal.SIGKILL)
        told = [up.stderr.readline() for _ in range(7)]
        assert told == [f"pod/web-{n} created\n" for n in range(1, 8)]
        up.send_signal(signal.SIGTERM)
        assert up.wait(timeout=20) == 0
    assert names(minipod) == []


def test_a_third_signal_does_not_wait_for_a_deaf_server(minipod: Minipod, tmp_path: Path) -> None:
    file = write(tmp_path, pod("web", container("main", POLITE)))
    minipod.ok("server", "start")
    server = minipod.server_pid()
    with minipod.start("up", "-f", file) as up:
        assert up.stdout is not None
        assert up.stdout.readline() == "web/main | hello\n"
        os.kill(server, signal.SIGSTOP)
        try:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                up.send_signal(number)
            assert -up.wait(timeout=20) in {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
        finally:
            os.kill(server, signal.SIGCONT)
        assert up.stderr is not None
        assert "Hint: pods may still be there: 'minipod down -f' removes them\n" in up.stderr.read()
    minipod.ok("down", "-f", file)
