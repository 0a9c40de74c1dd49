"""A zygote of the test's own, its sandboxes, and what the kernel says of them."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import uuid
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import minipod.sandbox.zygote
from minipod.sandbox.remote import SandboxConnection, Sandboxed, Zygote, read_journal
from minipod.syscalls import mounts
from tests.support.wait import PATIENCE, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from minipod.sandbox.protocol import ContainerSpec, SandboxSpec

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Plays the server: gives the control socket to the test, and ends with the code that it is sent.
_SERVER = """
import os, socket, sys
peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
peer.connect(sys.argv[1])
socket.send_fds(peer, [str(os.getpid()).encode()], [int(os.environ["MINIPOD_ZYGOTE"])])
os.close(int(os.environ["MINIPOD_ZYGOTE"]))
sys.exit(int(peer.recv(16) or b"1"))
"""


class Lab:
    """One root with a zygote. `fork` and `connect` need a running asyncio loop.

    `python` runs the stand-in of a server.
    """

    def __init__(self, folder: Path, python: Path | str = sys.executable) -> None:
        self._python = python
        self.root = folder / "root"
        self.root.mkdir(parents=True)
        self.log = folder / "zygote.log"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._place = os.open(folder, os.O_PATH)  # it makes a long path short
        self._listener.bind(f"/proc/self/fd/{self._place}/test.sock")
        self._listener.listen()
        self._listener.settimeout(10 * PATIENCE)
        self._groups = mounts.detached("cgroup2")
        self._group = f"minipod-test-{uuid.uuid4().hex[:8]}"
        os.mkdir(self._group, dir_fd=self._groups)
        self._pidfds: list[int] = []
        self.zygote_process = self.spawn_zygote()
        self.accept_server()

    def zygote_argv(self) -> list[str]:
        """Return the zygote's command line, with the stand-in of a server."""
        address = f"/proc/{os.getpid()}/fd/{self._place}/test.sock"
        server = [str(self._python), "-I", "-S", "-c", _SERVER, address]
        script = minipod.sandbox.zygote.__file__
        own = ["--root", str(self.root)]
        return [sys.executable, "-I", "-S", script, *own, "--", *server]

    def spawn_zygote(self) -> subprocess.Popen[bytes]:
        """Start a zygote, detached as the client does it."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.zygote_argv(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def accept_server(self) -> None:
        """Wait for the next stand-in of a server, and take the control socket from it."""
        self.server, _ = self._listener.accept()
        text, (control,), _, _ = socket.recv_fds(self.server, 16, 1)
        self.server_pid = int(text)
        self.control = socket.socket(fileno=control)

    def zygote(self) -> Zygote:
        """Return the zygote's asyncio end; once for each server."""
        return Zygote(self.control)

    async def pod(self, uid: str = "a", **more: Any) -> SandboxConnection:
        """Fork a sandbox and connect to it as its server."""
        zygote = self.zygote()
        await self.fork(zygote, uid, **more)
        return await self.connect(uid)

    def spec(self, uid: str, **more: Any) -> SandboxSpec:
        """Return a sandbox's spec; its folder is made, with the files of its own."""
        folder = self.root / "pods" / uid
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("hosts", "hostname", "resolv.conf"):
            (folder / name).write_text(f"{name} of {uid}\n")
        spec: SandboxSpec = {
            "uid": uid,
            "title": f"minipod: sandbox of {uid}",
            "hostname": uid,
            "folder": str(folder),
            "masked": [str(self.root)],
            "files": {f"/etc/{name}": name for name in ("hosts", "hostname", "resolv.conf")},
        }
        return {**spec, **more}

    async def fork(self, zygote: Zygote, uid: str, **more: Any) -> Sandboxed:
        """Fork a sandbox into a group of its own."""
        path = f"{self._group}/{uid}"
        with suppress(FileExistsError):
            os.mkdir(path, dir_fd=self._groups)
        group = os.open(path, os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._groups)
        try:
            born = await zygote.fork(self.spec(uid, **more), group)
        finally:
            os.close(group)
        self._pidfds.append(born.pidfd)
        return born

    async def connect(self, uid: str, **more: Any) -> SandboxConnection:
        """Connect to a sandbox."""
        return await SandboxConnection.connect(str(self.root / "pods" / uid), **more)

    @property
    def server_group(self) -> Path:
        """Return the group of zygote and server, as /proc/PID/cgroup shows it."""
        root_id = sha256(os.fsencode(self.root.resolve())).hexdigest()[:6]
        return Path(f"/minipod/{root_id}/_server")

    def journal(self, uid: str, event: str | None = None) -> list[dict[str, Any]]:
        """Return a pod's journal, or only the records of one event."""
        records, _ = read_journal(str(self.root / "pods" / uid))
        return [record for record in records if event in (None, record["event"])]

    def exits(self, uid: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait for that many exits in the journal, and return them."""
        eventually(lambda: len(self.journal(uid, "exited")) >= count)
        return self.journal(uid, "exited")

    def output(self, uid: str, name: str = "c", attempt: int = 0) -> str:
        """Return what a container wrote, without time and stream."""
        lines = self.log_lines(uid, name, attempt)
        return "".join(text + ("\n" if tag == "F" else "") for _, _, tag, text in lines)

    def log_lines(self, uid: str, name: str = "c", attempt: int = 0) -> list[tuple[str, ...]]:
        """Return a log's lines as (time, stream, tag, text)."""
        path = self.root / "pods" / uid / "containers" / name / f"{attempt}.log"
        return [tuple(line.split(" ", 3)) for line in path.read_text().split("\n")[:-1]]

    def group_pids(self, uid: str, name: str) -> list[int]:
        """Return what the kernel says lives in a container's group."""
        path = f"{self._group}/{uid}/{name}/cgroup.procs"
        with open(os.open(path, os.O_RDONLY, dir_fd=self._groups)) as procs:
            return [int(line) for line in procs]

    def close(self) -> None:
        """End every sandbox and the zygote, and remove the groups."""
        for pidfd in self._pidfds:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            os.close(pidfd)
        self.zygote_process.kill()
        self.zygote_process.wait()
        for resource in (self.server, self.control, self._listener):
            resource.close()
        for group in (self._group, self.server_group.parent.as_posix().lstrip("/")):
            eventually(lambda group=group: self._removed(group))
        os.close(self._groups)
        os.close(self._place)

    def _removed(self, path: str) -> bool:
        try:
            place = os.open(path, os.O_RDONLY | os.O_DIRECTORY, dir_fd=self._groups)
        except FileNotFoundError:
            return True
        children = [entry.name for entry in os.scandir(place) if entry.is_dir()]
        os.close(place)
        gone = [self._removed(f"{path}/{child}") for child in children]
        try:
            os.rmdir(path, dir_fd=self._groups)
        except OSError:
            return False
        return all(gone)


def in_loop(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test in a loop of its own."""

    @functools.wraps(test)
    def run(*arguments: Any, **named: Any) -> None:
        asyncio.run(asyncio.wait_for(test(*arguments, **named), 180))

    return run


def container(*argv: str, **more: Any) -> ContainerSpec:
    """Return a container named "c", with what differs from the usual."""
    spec: ContainerSpec = {
        "name": "c",
        "attempt": 0,
        "argv": list(argv),
        "env": {"PATH": PATH},
        "cwd": "/",
        "cgroup": "c",
        "image": "",
        "share_host_files": False,
        "restart": None,
    }
    spec = {**spec, **more}
    return {**spec, "cgroup": spec["name"]}


def status_of(pid: int) -> dict[str, str]:
    """Return /proc/PID/status by its keys."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def run(*argv: str | Path, within: int | None = None) -> None:
    """Run a program, inside a network namespace by its descriptor; its failure fails the test."""
    enter = [] if within is None else ["nsenter", f"--net=/proc/self/fd/{within}"]
    descriptors = [] if within is None else [within]
    subprocess.run([*enter, *argv], pass_fds=descriptors, check=True)


def ip_in(netns: int, *argv: str) -> Any:
    """Return what `ip -json` says inside a network namespace."""
    command = ["nsenter", f"--net=/proc/self/fd/{netns}", "ip", "-json", *argv]
    done = subprocess.run(command, pass_fds=[netns], capture_output=True, text=True, check=True)
    return json.loads(done.stdout or "[]")
