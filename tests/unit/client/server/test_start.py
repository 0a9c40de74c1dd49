"""Starting a server: what the zygote says, and what is made of it. The zygote is a shell script."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import minipod
from minipod.client.server import start
from minipod.client.wire.transport import SOCKET
from minipod.errors import HostError, Unavailable


@pytest.fixture
def root(tmp_path: Path) -> str:
    return str(tmp_path / "deep" / "root")


def zygote(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Let a shell run `script` in the zygote's place; $FD is the descriptor that it reports to."""

    def command(root: str, cluster_cidr: str | None, ready: int | None = None) -> list[str]:
        return ["bash", "-c", f"FD={ready}; ROOT='{root}'; CIDR={cluster_cidr}; {script}"]

    monkeypatch.setattr(start, "command", command)


def test_it_returns_when_the_server_is_ready(monkeypatch: pytest.MonkeyPatch, root: str) -> None:
    zygote(monkeypatch, 'echo "$CIDR $PWD"; echo oops >&2; echo ready >&$FD; exec sleep 0.1')
    start.start(root, "10.9.0.0/16", print)
    assert (Path(root) / "server.log").read_text() == "10.9.0.0/16 /\noops\n"
    assert Path(root).stat().st_mode & 0o777 == 0o700


def test_warnings_are_handed_on(monkeypatch: pytest.MonkeyPatch, root: str) -> None:
    zygote(monkeypatch, 'echo "warning: it uses: another" >&$FD; echo ready >&$FD')
    said: list[str] = []
    start.start(root, None, said.append)
    assert said == ["it uses: another"]


def test_an_error_is_told(monkeypatch: pytest.MonkeyPatch, root: str) -> None:
    zygote(monkeypatch, 'echo "error: cannot x: y" >&$FD; exit 1')
    with pytest.raises(Unavailable, match="cannot start the server: cannot x: y"):
        start.start(root, None, print)


def test_a_silent_end_is_told_with_the_log(monkeypatch: pytest.MonkeyPatch, root: str) -> None:
    zygote(monkeypatch, "exit 1")
    with pytest.raises(Unavailable, match="it ended with code 1 before") as caught:
        start.start(root, None, print)
    assert caught.value.hint == f"its log is {root}/server.log"


def test_another_command_s_server_is_waited_for(monkeypatch: pytest.MonkeyPatch, root: str) -> None:
    zygote(monkeypatch, "touch $ROOT/tried; exit 3")
    answered = threading.Event()

    def serve() -> None:
        while not (Path(root) / "tried").exists():
            answered.wait(0.001)
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(f"{root}/{SOCKET}")
            listening.listen()
            listening.accept()
            answered.set()

    threading.Thread(target=serve, daemon=True).start()
    start.start(root, None, print)
    assert answered.wait(5)


def test_a_lock_whose_holder_ends_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    monkeypatch.setattr(start, "_TRY_AGAIN", 0.01)
    script = "[ -e $ROOT/tried ] && { echo ready >&$FD; exit 0; }; touch $ROOT/tried; exit 3"
    zygote(monkeypatch, script)
    start.start(root, None, print)


def test_a_lock_that_is_held_for_ever_is_told(monkeypatch: pytest.MonkeyPatch, root: str) -> None:
    monkeypatch.setattr(start, "_TRY_AGAIN", 0.0)
    monkeypatch.setattr(start, "_DEADLINE", 0.0)
    zygote(monkeypatch, "exit 3")
    with pytest.raises(Unavailable, match="its lock is held, but nothing answers"):
        start.start(root, None, print)


def test_a_server_that_dies_again_and_again_is_not_awaited_for_ever(
    monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    """Its zygote lives on, and has let go of the descriptor that nobody reports to any more."""
    monkeypatch.setattr(start, "_TRY_AGAIN", 0.01)
    monkeypatch.setattr(start, "_DEADLINE", 0.0)
    zygote(monkeypatch, "eval exec $FD\\>\\&-; exec sleep 2")
    with pytest.raises(Unavailable, match="nothing answers") as caught:
        start.start(root, None, print)
    assert caught.value.hint == f"its log is {root}/server.log"


def test_a_root_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match=r"cannot make .*file/root: not a directory"):
        start.start(str(tmp_path / "file" / "root"), None, print)


def test_the_command_line() -> None:
    argv = start.command("/r", "10.9.0.0/16", 7)
    zygote_part, server_part = argv[: argv.index("--")], argv[argv.index("--") + 1 :]
    assert zygote_part[1:3] == ["-I", "-S"]
    assert Path(zygote_part[3]).parts[-2:] == ("sandbox", "zygote.py")
    assert zygote_part[4:] == ["--root", "/r", "--ready-fd", "7"]
    assert server_part[-4:] == ["--root", "/r", "--cluster-cidr", "10.9.0.0/16"]
    assert "--ready-fd" not in start.command("/r", None)


def test_the_server_finds_the_package_where_we_found_it(monkeypatch: pytest.MonkeyPatch) -> None:
    home = str(Path(minipod.__file__).parents[1])
    monkeypatch.setenv("PYTHONPATH", "/other")
    monkeypatch.setattr("site.getsitepackages", lambda: ["/elsewhere"])
    assert start.environment()["PYTHONPATH"] == f"{home}:/other"
    monkeypatch.setattr("site.getsitepackages", lambda: [home])
    assert start.environment()["PYTHONPATH"] == "/other"


def test_the_server_reads_no_certificates() -> None:
    """What its HTTP library makes at its import has none in it."""
    program = "import ssl; print(ssl.create_default_context().cert_store_stats()['x509'])"
    argv = [sys.executable, "-c", program]
    said = subprocess.run(argv, env=start.environment(), capture_output=True, check=True).stdout
    assert int(said) == 0


def test_nothing_starts_in_a_folder_that_others_may_write_to(
    monkeypatch: pytest.MonkeyPatch, root: str
) -> None:
    """Nor is anything written to it."""
    zygote(monkeypatch, "echo ready >&$FD")
    Path(root).mkdir(parents=True)
    Path(root).chmod(0o777)
    with pytest.raises(HostError, match=r"others may write to it \(mode 0777\)"):
        start.start(root, None, print)
    assert list(Path(root).iterdir()) == []
