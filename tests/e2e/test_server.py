"""The server that starts by itself, and the commands around it."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from minipod import __version__
from tests.support.command import Minipod
from tests.support.host import processes, run, snapshot
from tests.support.manifests import container, documents, pod, web
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_the_first_command_starts_it(minipod: Minipod) -> None:
    assert minipod.ok("get", "pods", "-o", "name") == ""
    status = minipod.json("server", "status")
    assert set(status) == {"pid", "socket", "root", "version", "service"}
    assert status["service"] is None
    assert status["root"] == str(minipod.root)
    assert status["socket"] == str(minipod.root / "server.sock")
    assert status["version"] == __version__
    assert "minipod" in Path(f"/proc/{status['pid']}/cmdline").read_text()
    for file in ("server.sock", "server.log", "state.db"):
        assert (minipod.root / file).stat().st_mode & 0o777 == 0o600


def test_start_stop_and_status(minipod: Minipod) -> None:
    assert minipod("server", "status").returncode == 1
    minipod.ok("server", "start")
    first = minipod.server_pid()
    minipod.ok("server", "start")
    assert minipod.server_pid() == first
    minipod.ok("server", "stop")
    eventually(lambda: not processes(minipod.root))
    assert minipod("server", "status").returncode == 1
    minipod.ok("server", "stop")


def test_version(minipod: Minipod) -> None:
    assert __version__ in minipod.ok("version")


def test_twenty_commands_at_once_make_twenty_pods(minipod: Minipod) -> None:
    """No server runs yet: they also race to start it."""

    def create(number: int) -> subprocess.CompletedProcess[str]:
        return minipod("create", "-f", "-", stdin=pod(f"p{number}"))

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        done = list(pool.map(create, range(20)))
    assert [each.returncode for each in done] == [0] * 20, [each.stderr for each in done]
    pods = minipod.json("get", "pods")["items"]
    assert len({each["status"]["podIP"] for each in pods}) == 20
    assert {each["status"]["phase"] for each in pods} == {"Running"}


def test_a_crowd_of_clients_is_let_in_while_the_server_is_busy(minipod: Minipod) -> None:
    """A client that does not block, as those of aiohttp and Go, is refused where none may wait."""
    minipod.ok("server", "start")
    pid = minipod.server_pid()
    folder = os.open(minipod.root, os.O_PATH)  # a Unix socket's path ends at 108 bytes
    os.kill(pid, signal.SIGSTOP)
    with contextlib.ExitStack() as crowd:
        crowd.callback(os.close, folder)
        try:
            for _ in range(300):
                client = crowd.enter_context(socket.socket(socket.AF_UNIX))
                client.setblocking(False)
                client.connect(f"/proc/self/fd/{folder}/server.sock")
        finally:
            os.kill(pid, signal.SIGCONT)
    assert minipod.ok("get", "pods", "-o", "name") == ""


def test_a_server_whose_socket_was_removed_makes_another(minipod: Minipod) -> None:
    """Else nothing could reach it, not even to end it, and its lock keeps others away."""
    minipod.create(pod("web"))
    pid = minipod.server_pid()
    with minipod.start("get", "pods", "-w", "-o", "name") as watching:
        assert watching.stdout is not None
        assert watching.stdout.readline() == "pod/web\n"
        for _ in range(2):
            (minipod.root / "server.sock").unlink()
            eventually((minipod.root / "server.sock").exists)
            assert minipod.server_pid() == pid
        minipod.ok("label", "pod", "web", "a=b")
        assert watching.stdout.readline() == "pod/web\n", "who was connected stays so"
        watching.terminate()


def test_the_same_name_at_once_makes_one_pod(minipod: Minipod) -> None:
    minipod.ok("server", "start")
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        codes = list(
            pool.map(lambda _: minipod("create", "-f", "-", stdin=pod("web")).returncode, range(5))
        )
    assert sorted(codes) == [0, 1, 1, 1, 1]


def test_a_node_is_the_same_when_its_machine_is_renamed(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    before = minipod.json("get", "nodes")["items"]
    minipod.ok("server", "stop")
    renamed = ["unshare", "--uts", "sh", "-c", 'hostname renamed && exec "$@"', "sh"]
    argv = [*renamed, *minipod.argv(["server", "start"])]
    subprocess.run(argv, check=True, timeout=60, env=minipod.environment, stdout=subprocess.DEVNULL)
    after = minipod.json("get", "nodes")["items"]
    assert [node["metadata"]["uid"] for node in after] == [
        node["metadata"]["uid"] for node in before
    ]
    assert minipod.pod("web")["spec"]["nodeName"] == after[0]["metadata"]["name"]
    minipod.create(pod("next"))


def test_pods_are_not_as_nice_as_the_command_that_started_the_server(minipod: Minipod) -> None:
    argv = ["nice", "-n", "10", *minipod.argv(["server", "start"])]
    subprocess.run(argv, check=True, timeout=60, env=minipod.environment, stdout=subprocess.DEVNULL)
    minipod.create(pod("web"))
    assert minipod.ok("exec", "web", "--", "nice") == "0\n"


def test_purge_leaves_nothing(minipod: Minipod) -> None:
    before = snapshot()
    minipod.create(documents(pod("a", container("x", web(8080))), pod("b")))
    pids = set(processes(minipod.root))
    assert before.difference(snapshot())
    minipod.ok("purge", "--yes")
    eventually(lambda: before.difference(snapshot()) == [])
    minipod.ok("server", "stop")
    eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in pids))
    assert minipod.ok("get", "pods", "-o", "name") == ""


def test_purge_asks_first(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    minipod("purge", stdin="n\n")
    assert minipod.ok("get", "pods", "-o", "name") == "pod/web\n"
    minipod("purge")
    assert minipod.ok("get", "pods", "-o", "name") == "pod/web\n"
    minipod.ok("purge", stdin="y\n")
    assert minipod.ok("get", "pods", "-o", "name") == ""


def test_two_roots_know_nothing_of_each_other(minipod: Minipod, tmp_path: Path) -> None:
    other = Minipod(tmp_path / "other", tmp_path)
    try:
        minipod.create(pod("web"))
        done = other("create", "-f", "-", stdin=pod("web"))
        assert done.returncode == 0, done.stderr
        assert "10.245.0.0/16" in done.stderr
        assert minipod.address("web").startswith("10.244.")
        assert other.address("web").startswith("10.245.")
        other.ok("purge", "--yes")
        assert minipod.ok("get", "pods", "--no-headers").split()[:3] == ["web", "1/1", "Running"]
    finally:
        other("purge", "--yes")
        other("server", "stop")


@pytest.fixture
def far_away(tmp_path: Path, minipod: Minipod) -> Iterator[Minipod]:
    """Give the command on a root whose path is longer than a Unix socket's may be."""
    far = Minipod(tmp_path / ("long-" * 20) / ("way-" * 20) / "root", tmp_path)
    far.root.parent.mkdir(parents=True)
    yield far
    far("purge", "--yes")
    far("server", "stop")


def test_a_root_with_a_long_path_works(far_away: Minipod) -> None:
    assert len(str(far_away.root)) > 200
    far_away.create(pod("web", container("main", web(8080))))
    assert far_away.ok("exec", "web", "--", "echo", "hello") == "hello\n"
    eventually(lambda: "listening" in far_away.ok("logs", "web"))
    assert far_away.server_pid() in processes(far_away.root)


def test_not_root_is_one_line(minipod: Minipod) -> None:
    """The one capability lets it read the interpreter, wherever that is."""
    minipod.create(pod("web"))
    capability = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
    plain = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *capability)
    for args in (("get", "pods"), ("create", "-f", "-"), ("server", "start")):
        done = subprocess.run(
            [*plain, *minipod.argv(args)],
            input="",
            capture_output=True,
            text=True,
            env=minipod.environment,
            cwd="/",
            check=False,
        )
        assert done.returncode == 1
        assert len(done.stderr.splitlines()) == 1
        assert "root" in done.stderr
        assert "sudo" in done.stderr


def test_no_program_of_a_pod_inherits_the_server_s_files(minipod: Minipod) -> None:
    minipod.create(pod("web"))
    listed = minipod.ok("exec", "web", "--", "ls", "/proc/1/fd").split()
    assert set(listed) <= {"0", "1", "2"}


def test_help_is_there_without_root_or_server(minipod: Minipod) -> None:
    assert "Usage: minipod" in minipod.ok("--help")
    assert not minipod.root.exists()


def test_a_root_may_be_given_as_an_option(minipod: Minipod, tmp_path: Path) -> None:
    minipod.create(pod("web"))
    done = subprocess.run(
        [*minipod.argv(()), "--root", str(minipod.root), "get", "pods", "-o", "name"],
        capture_output=True,
        text=True,
        check=False,
        env={key: value for key, value in os.environ.items() if key != "MINIPOD_ROOT"},
    )
    assert done.stdout == "pod/web\n"


def test_run_serves_in_the_foreground_and_pods_outlive_it(minipod: Minipod) -> None:
    with minipod.start("server", "run") as server:
        eventually(lambda: minipod("server", "status").returncode == 0)
        minipod.create(pod("web", container("main", web(8080))))
        eventually(lambda: minipod.json("ports", "web"))
        address = minipod.address("web")
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=10) in {0, 130}
        assert server.stderr is not None
        os.set_blocking(server.stderr.fileno(), False)
        assert "Traceback" not in (server.stderr.read() or "")
    assert minipod("server", "status").returncode == 1
    assert run("curl", "-sS", f"http://{address}:8080/") == "web /\n"
