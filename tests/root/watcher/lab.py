"""A root with control groups, its watcher, and programs in the groups; gone after the test."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from minipod.errors import MinipodError
from minipod.kernel.cgroups import find_or_mount
from minipod.model.root import Root
from minipod.watcher import watcher
from minipod.watcher.remote import Position, WatcherConnection, connect, spawn
from tests.support.groups import folder, inside
from tests.support.wait import DEADLINE, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from minipod.model.binds import BindCall

POD, CONTAINER = "uid-1", "web"

HOLD = """
import socket, sys
family, kind, address, port, *flags = sys.argv[1:]
made = socket.socket(getattr(socket, family), getattr(socket, kind))
for flag in flags:
    if flag == "V6ONLY":
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    elif flag != "LISTEN":
        made.setsockopt(socket.SOL_SOCKET, getattr(socket, flag), 1)
try:
    made.bind(address.replace("@", chr(0)) if family == "AF_UNIX" else (address, int(port)))
    if "LISTEN" in flags:
        made.listen()
except OSError as error:
    print(error.errno, flush=True)
else:
    print("ok", flush=True)
    sys.stdin.read()
"""
"""Binds as it is told, says how that went, and holds the port until its stdin ends."""


class Lab:
    """Starts watchers and talks with them, as the server does."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        self.root = Root(str(path))
        self.tree = find_or_mount(self.root.id)
        self.tree.ensure(POD, [CONTAINER])
        self.calls: list[BindCall] = []
        self.messages = 0
        self.delays: list[float] = []
        self.closed = 0
        self.connection: WatcherConnection | None = None
        self._runner = asyncio.Runner()
        self._programs: list[subprocess.Popen[str]] = []

    @property
    def cgroup(self) -> int:
        """The id of the container's group, as cgroupfs has it."""
        return folder(self.tree, POD, CONTAINER).stat().st_ino

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do something on the loop."""
        return self._runner.run(work)

    def watch(self, mechanisms: str | None = None) -> WatcherConnection:
        """Start a watcher as the server does, and connect to it."""
        group = self.tree.open_root()
        try:
            self.run(spawn(self.root, group, mechanisms))
        finally:
            os.close(group)
        return self.meet()

    def start(self, *options: str, through: Sequence[str] = ()) -> subprocess.Popen[str]:
        """Start a watcher with options of its own; return it when it listens."""
        group = self.tree.open_root()
        reader, writer = os.pipe()
        argv = [*through, sys.executable, "-I", "-S", watcher.__file__, "--root", self.root.path]
        argv += ["--root-id", self.root.id, "--cgroup-fd", str(group), "--ready-fd", str(writer)]
        with open(f"{self.root.path}/watcher.log", "a") as log:
            process = subprocess.Popen(
                [*argv, *options], stderr=log, text=True, pass_fds=(group, writer)
            )
        self._programs.append(process)
        os.close(group)
        os.close(writer)
        with open(reader) as ready:
            ready.readline()
        return process

    def meet(self, after: Position | None = None) -> WatcherConnection:
        """Connect as a server."""
        self.connection = self.run(connect(self.root, after, self._take, self._close))
        return self.connection

    def leave(self) -> None:
        """Hang up, as a server that is killed does."""
        self.connection.close()
        self.connection = None

    def eventually(self, probe: Callable[[], Any], within: float = DEADLINE) -> Any:
        """Wait for a condition while the loop runs."""

        def turned() -> Any:
            self.run(asyncio.sleep(0.001))
            return probe()

        return eventually(turned, within=within)

    def failures(self) -> list[BindCall]:
        """Return the failures that were told, each as it was told last."""
        newest = {call.seq: call for call in self.calls if call.failed}
        return [newest[seq] for seq in sorted(newest)]

    def settled(self) -> None:
        """Return when all is told that had happened: a failure of our own comes last."""
        seen = sum(call.port == 1 for call in self.failures())
        holder, loser = (self.program("AF_INET", "SOCK_STREAM", "127.0.0.1", "1") for _ in "12")
        assert loser == "98", loser
        assert holder == "ok", holder
        self.eventually(lambda: sum(call.port == 1 for call in self.failures()) > seen)

    def program(self, *words: str, container: str = CONTAINER) -> str:
        """Run HOLD in a container, and return how its bind went; what it holds stays held."""
        return self.popen(sys.executable, "-c", HOLD, *words, container=container)[1]

    def popen(
        self, *argv: str | Path, container: str | None = CONTAINER
    ) -> tuple[subprocess.Popen[str], str]:
        """Start a program in a container (None: outside); return it and its first line."""
        words = [str(word) for word in argv]
        if container is not None:
            self.tree.ensure(POD, [container])
            words = inside(self.tree, POD, container, *words)
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._programs.append(process)
        return process, process.stdout.readline().strip()

    def group_of_watcher(self) -> Path:
        """Return the watcher's own group."""
        return folder(self.tree, "_watcher")

    def close(self) -> None:
        """End everything, and show what the watcher said."""
        if self.connection is not None and not self.connection.closed:
            with suppress(MinipodError):
                self.run(self.connection.quit())
        for process in self._programs:
            with suppress(ProcessLookupError):
                process.kill()
            process.communicate()
        for pid in self._left():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        eventually(lambda: not self._left())
        self._runner.run(self.tree.remove(POD))
        self.tree.remove_root()
        self.tree.close()
        self._runner.close()
        log = Path(self.root.path, "watcher.log")
        print(log.read_text() if log.exists() else "")

    def _left(self) -> list[int]:
        procs = self.group_of_watcher() / "cgroup.procs"
        with suppress(OSError):
            return [int(pid) for pid in procs.read_text().split()]
        return []

    def _take(self, calls: Sequence[BindCall]) -> None:
        self.messages += 1
        self.delays += [time.time() - call.time for call in calls]
        self.calls += calls

    def _close(self) -> None:
        self.closed += 1
