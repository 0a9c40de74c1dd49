"""Network namespaces held by an idle process, with what the engine has of one through a sandbox."""

from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from tests.support.host import CLONE_NEWNET
from tests.support.wait import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

OWN = Path("/proc/self/ns/net")


class HeldNamespace:
    """A network namespace that lives as long as its process; plays `protocols.Namespace`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(["unshare", "-n", "sleep", "infinity"])
        self.pid = self._process.pid
        self._path = Path(f"/proc/{self.pid}/ns/net")
        eventually(lambda: self._path.readlink() != OWN.readlink())
        self.netns = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)

    async def socket(self, family: int, kind: int, protocol: int) -> socket.socket:
        """Return a socket made inside, as a sandbox would pass it."""
        return self.inside(lambda: socket.socket(family, kind, protocol))

    async def sysctl(self, values: Mapping[str, str]) -> None:
        """Set kernel settings inside."""
        self.inside(lambda: [Path("/proc/sys", name).write_text(values[name]) for name in values])

    def inside(self, action: Callable[[], T]) -> T:
        """Do something in the namespace: a thread enters it, and ends there."""
        results: list[T] = []

        def enter() -> None:
            libc = ctypes.CDLL(None, use_errno=True)
            assert libc.setns(self.netns, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            results.append(action())

        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        return results[0]

    def run(self, *argv: str) -> subprocess.CompletedProcess[str]:
        """Run a program inside."""
        return subprocess.run(
            ["nsenter", "-t", str(self.pid), "-n", *argv],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def ok(self, *argv: str) -> str:
        """Run a program inside that must succeed, and return its output."""
        done = self.run(*argv)
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        return done.stdout

    def ip_json(self, *argv: str) -> list[dict[str, Any]]:
        """Return what `ip -json ARGV` says inside."""
        rows: list[dict[str, Any]] = json.loads(self.ok("ip", "-json", *argv) or "[]")
        return rows

    def end(self) -> None:
        """End the process, and the namespace with it; once is enough, twice no harm."""
        if self.netns >= 0:
            self._process.kill()
            self._process.wait()
            os.close(self.netns)
            self.netns = -1
