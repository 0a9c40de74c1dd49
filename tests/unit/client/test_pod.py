"""What a program does with a pod: commands, files, ports, with a sandbox that plays it."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest

from minipod import Client, Pod
from minipod.errors import BadRequest, Conflict, HostError, NotFound, Unavailable
from tests.support.fake_sandbox import FakeSandbox, Said, inside

if TYPE_CHECKING:
    from pathlib import Path

    from minipod.client.ports.listening import Listener

RAW: dict[str, Any] = {
    "kind": "Pod",
    "metadata": {"namespace": "lab", "name": "web", "uid": "u"},
    "spec": {
        "containers": [
            {"name": "main", "ports": [{"name": "http", "containerPort": 80}]},
            {"name": "side"},
        ]
    },
    "status": {"phase": "Running"},
}


@pytest.fixture
def warnings() -> list[str]:
    return []


@pytest.fixture
def web(tmp_path: Path, warnings: list[str]) -> Pod:
    return Pod(Client(tmp_path, start=False, warn=warnings.append), RAW)


def spawned(said: Said) -> list[Said]:
    """Run what is asked for on this machine, as a sandbox does in its pod."""
    done = subprocess.run(
        said.content["argv"],
        stdin=said.descriptors[0],
        stdout=said.descriptors[1],
        stderr=said.descriptors[2],
        check=False,
    )
    seq = said.content["seq"]
    return [
        Said({"seq": seq, "ok": {"pid": 1}}, []),
        Said({"seq": seq, "exit": {"code": done.returncode, "signal": 0}}, []),
    ]


def test_a_container_is_the_one_that_is_named_or_the_first(web: Pod) -> None:
    assert web.container_names == ("main", "side")
    assert (web.container_name(), web.container_name("side")) == ("main", "side")
    with pytest.raises(NotFound, match='container "sid" not found') as caught:
        web.container_name("sid")
    assert "side" in str(caught.value.hint)


def test_a_call_writes_where_we_write(
    web: Pod, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with FakeSandbox(tmp_path, "u", spawned):
        code = web.call(["sh", "-c", "echo out; echo err >&2; exit 3"], stdin=False)
    assert (code, *capfd.readouterr()) == (3, "out\n", "err\n")
    with pytest.raises(TypeError, match="a list of words"):
        web.call("true")
    with pytest.raises(Conflict, match="is not running"):
        web.call(["true"])


def test_a_terminal_needs_ours(web: Pod, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.isatty", lambda _: False)
    with FakeSandbox(tmp_path, "u", spawned):
        with pytest.raises(BadRequest, match="cannot use a terminal"):
            web.call(["true"], tty=True)
        with pytest.raises(BadRequest, match="cannot use a terminal"):
            web.attach(stdin=True, tty=True)


def test_a_run_that_is_over_is_shown_all_the_same(
    web: Pod, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "pods/u/containers/main/0.log"
    log.parent.mkdir(parents=True)
    log.write_text("2026-01-02T03:04:05.000000000Z stdout F done\n")
    ended = {"name": "main", "state": {"terminated": {"exitCode": 0}}}
    was = Pod(web.client, RAW | {"status": {"containerStatuses": [ended]}})
    assert was.attach(attempt=0) is False
    assert capfd.readouterr().out == "done\n"
    with pytest.raises(Conflict, match="is not running"):
        was.attach()


def test_files_go_in_and_come_out(web: Pod, tmp_path: Path, warnings: list[str]) -> None:
    here, there, back = (tmp_path / name for name in ("here", "there", "back"))
    (here / "deep").mkdir(parents=True)
    (here / "deep" / "a").write_text("one")
    there.mkdir()
    with FakeSandbox(tmp_path, "u", spawned):
        web.copy_in(here, str(there))
        assert (there / "here/deep/a").read_text() == "one"
        (there / "here/link").symlink_to("deep/a")
        web.copy_out(str(there / "here"), back)
    assert (back / "deep/a").read_text() == "one"
    assert not (back / "link").exists()
    assert warnings == ['"here/link" is a symlink, skipping']


def test_what_cannot_be_copied_is_told_with_its_pod(web: Pod, tmp_path: Path) -> None:
    with FakeSandbox(tmp_path, "u", spawned):
        with pytest.raises(HostError, match=r"cannot copy web:/no/such to x: .*No such file"):
            web.copy_out("/no/such", "x")
        with pytest.raises(BadRequest, match="nope doesn't exist"):
            web.copy_in(tmp_path / "nope", "/")
        with pytest.raises(BadRequest, match="can not be empty"):
            web.copy_in(tmp_path, "")


def test_ports_are_forwarded_until_the_pod_ends(web: Pod, tmp_path: Path) -> None:
    heard: list[Any] = []
    with (
        FakeSandbox(tmp_path, "u", inside) as sandbox,
        socket.create_server(("127.0.0.1", 0)) as served,
        socket.create_server(("127.0.0.1", 0)) as closed,
    ):
        remote, nobody = served.getsockname()[1], closed.getsockname()[1]
        closed.close()

        def use(listener: Listener) -> None:
            """Come to each port as soon as it is there; end the pod at the last."""
            heard.append(listener.remote)
            if len(heard) == 2:
                threading.Thread(target=come, args=(listener.local,)).start()

        def come(local: int) -> None:
            with socket.create_connection(("127.0.0.1", local), timeout=10) as connection:
                connection.recv(1)
            sandbox.close()

        with pytest.raises(Unavailable, match="lost connection to pod"):
            web.forward_forever(
                f":{remote}",
                f"0:{nobody}",
                addresses=["127.0.0.1"],
                on_listening=use,
                on_connection=lambda port: heard.append(("came", port > 0)),
                on_failure=lambda port, why: heard.append((port, why)),
            )
    assert heard == [remote, nobody, ("came", True), (nobody, "connection refused")]


def test_nothing_is_forwarded_unless_all_makes_sense(web: Pod) -> None:
    with pytest.raises(ValueError, match="is not a port"):
        web.forward_forever("http:")
    with pytest.raises(BadRequest, match='no port named "https"'):
        web.forward_forever(80, "https")
    with pytest.raises(Conflict, match="pod is not running"):
        web.forward_forever(80)


def test_the_library_s_own_descriptors_are_closed(web: Pod, tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with FakeSandbox(tmp_path, "u", inside), socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        within = len(os.listdir("/proc/self/fd"))
        with pytest.raises(HostError, match="unable to listen"):
            web.forward_forever(f"{number}:80", addresses=["127.0.0.1"])
        assert len(os.listdir("/proc/self/fd")) <= within + 1  # the sandbox's end of the call
    assert len(os.listdir("/proc/self/fd")) <= before + 1
